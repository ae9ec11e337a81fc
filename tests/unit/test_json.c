/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "tests/unit/sample.h"

/* The document of these samples, to be freed. */
static char *print(const void *samples, size_t count)
{
	struct printed printed = { 0 };
	struct shmg_section sections[] = {
		{ .name = "samples", .source = { .type = &sample_type, .count = count } },
		{ .name = "first", .source = { .type = &sample_type, .count = count }, .single = true },
		{ .name = "none", .source = { .type = &part_type } },
	};

	memcpy(&sections[0].source.context, &samples, sizeof samples);
	memcpy(&sections[1].source.context, &samples, sizeof samples);
	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_json_print(printed.stream, "test", sections, 3), 0);
	assert_non_null(printed_close(&printed));
	return printed.text;
}

struct document {
	SHMG_ARRAY(struct sample) samples, first;
	SHMG_ARRAY(struct part) none;
	struct shmg_pool pool;
	struct shmg_error error;
};

static void document_clear(struct document *document)
{
	shmg_array_clear(&document->samples);
	shmg_array_clear(&document->first);
	shmg_array_clear(&document->none);
	shmg_pool_clear(&document->pool);
}

static int read_text(const char *text, size_t length, struct document *ret_document)
{
	char path[] = "/tmp/shmguard-test-XXXXXX";
	int fd = mkstemp(path);
	const struct shmg_section_target targets[] = {
		{ "samples", &sample_type, (struct shmg_array *)&ret_document->samples },
		{ "first", &sample_type, (struct shmg_array *)&ret_document->first },
		{ "none", &part_type, (struct shmg_array *)&ret_document->none },
	};

	*ret_document = (struct document){ 0 };
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	(void)close(fd);
	int status = shmg_json_read(path, "test", targets, 3, &ret_document->pool, &ret_document->error);
	(void)unlink(path);
	return status;
}

/* What is read and printed again is the same, byte for byte. */
static void assert_round_trip(const struct sample *samples, size_t count)
{
	struct document document;
	char *text = print(samples, count);

	int status = read_text(text, strlen(text), &document);
	if (status)
		print_message("%s: %s\n", document.error.where, document.error.message);
	assert_int_equal(status, 0);
	assert_int_equal(document.samples.count, count);
	assert_int_equal(document.first.count, count ? 1 : 0);
	char *again = print(document.samples.items, document.samples.count);
	assert_string_equal(again, text);
	free(again);
	free(text);
	document_clear(&document);
}

static void test_extremes_come_back(void **state)
{
	struct part parts[] = { { "", 0 }, { NULL, SHMG_U64_UNKNOWN }, { "a\\b\"c\n", UINT64_MAX } };
	struct sample samples[6] = {
		{ .name = "", .kind = 1, .on = 1, .when = 0 },
		{ .name = "all set",
		  .parts = { parts, 3, 3 },
		  .size = UINT64_MAX,
		  .count = UINT64_MAX,
		  .address = UINT64_MAX,
		  .when = INT64_MAX,
		  .id = UINT32_MAX - 1,
		  .mode = UINT32_MAX - 1,
		  .key = UINT32_MAX - 1,
		  .flags = UINT32_MAX - 1,
		  .wide_bool = 1,
		  .port = UINT16_MAX - 1,
		  .level = UINT8_MAX - 1,
		  .on = 1 },
		{ .name = "around the largest signed",
		  .size = INT64_MAX,
		  .count = (uint64_t)INT64_MAX + 1,
		  .address = 1,
		  .when = INT64_MIN + 1,
		  .mode = 07777,
		  .key = 1,
		  .flags = 7,
		  .level = 1 },
		{ .name = "\xff\xfe\x01\x7f\xc2\x85\xe2\x80\xae\xed\xa0\x80\\x41 \xe5\x85\xb1",
		  .when = -1,
		  .mode = 01000,
		  .size = SHMG_U64_UNKNOWN - 1 },
		{ .name = "fractions", .when = 1700000000120000000, .mode = 010000, .flags = 8 },
	};
	(void)state;

	shmg_record_set_unknown(&sample_type, &samples[5]);
	assert_round_trip(samples, 6);
	assert_round_trip(samples + 5, 1);
	assert_round_trip(samples, 0);
}

static void test_values_come_back(void **state)
{
	struct part part = { "\x1b[2J", 5 };
	struct sample sample = { .name = "n\xff\\",
				 .parts = { &part, 1, 1 },
				 .size = UINT64_MAX,
				 .count = 1,
				 .id = 2,
				 .address = 0xabc,
				 .when = -1500000000,
				 .mode = 0640,
				 .key = 0x10,
				 .flags = 0x46,
				 .port = 3,
				 .level = 4,
				 .on = 1,
				 .kind = 1 };
	struct document document;
	char *text = print(&sample, 1);
	(void)state;

	assert_int_equal(read_text(text, strlen(text), &document), 0);
	const struct sample *read = document.samples.items;
	assert_string_equal(read->name, sample.name);
	assert_int_equal(read->parts.count, 1);
	assert_string_equal(read->parts.items[0].label, part.label);
	assert_int_equal(read->parts.items[0].weight, 5);
	for (size_t i = 0; i < sample_type.field_count; i++)
		assert_int_equal(shmg_field_compare(&sample_fields[i], read, &sample), 0);
	document_clear(&document);
	free(text);
}

static void test_shape(void **state)
{
	struct sample samples[2] = { { .name = "a\x1b\n",
				       .size = UINT64_MAX,
				       .when = 1500000000,
				       .mode = 0640,
				       .key = 0x52e2c1,
				       .flags = 5,
				       .count = 7 } };
	(void)state;

	shmg_record_set_unknown(&sample_type, &samples[1]);
	char *text = print(samples, 2);
	assert_non_null(strstr(text,
			       "{\"schema\": \"shmguard/test\", \"version\": 1,\n\"samples\": [\n"
			       "{\"name\": \"a\\\\x1b\\\\x0a\", \"size\": \"18446744073709551615\", \"count\": 7, "
			       "\"id\": 0, \"port\": 0, \"level\": 0, \"when\": \"1970-01-01T00:00:01.500Z\", "
			       "\"mode\": \"0640\", \"key\": \"0x0052e2c1\", \"address\": \"0x0\", \"on\": false, "
			       "\"wide_bool\": false, \"kind\": \"first\", \"flags\": [\"alpha\", \"gamma\"], "
			       "\"parts\": []},\n"
			       "{\"name\": null, \"size\": null, \"count\": null, \"id\": null, \"port\": null, "
			       "\"level\": null, \"when\": null, \"mode\": null, \"key\": null, "
			       "\"address\": null, \"on\": null, \"wide_bool\": null, \"kind\": null, "
			       "\"flags\": null, \"parts\": []}\n],\n\"first\": {"));
	assert_non_null(strstr(text, "},\n\"none\": []\n}\n"));
	free(text);
	text = print(samples, 0);
	assert_string_equal(text, "{\"schema\": \"shmguard/test\", \"version\": 1,\n"
				  "\"samples\": [],\n\"first\": null,\n\"none\": []\n}\n");
	free(text);
}

static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

static void test_any_bytes_make_valid_json(void **state)
{
	uint64_t random = 7;
	char name[256];
	(void)state;

	for (int turn = 0; turn < 500; turn++) {
		size_t length = next_random(&random) % sizeof name;
		for (size_t i = 0; i < length; i++)
			name[i] = (char)(next_random(&random) % 255 + 1);
		name[length] = '\0';
		struct sample sample = { .name = name,
					 .kind = (uint8_t)next_random(&random),
					 .flags = next_random(&random),
					 .mode = next_random(&random) };
		char *text = print(&sample, 1);
		json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(document);
		json_decref(document);
		free(text);
		if (sample.kind < 2)
			assert_round_trip(&sample, 1);
	}
}

#define HEAD "{\"schema\": \"shmguard/test\", \"version\": 1, "
#define ONE(members) HEAD "\"samples\": [{}, {" members "}]}"

static void test_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "", "not JSON: line 1" },
		{ "[]", "no JSON object" },
		{ "{}", "expected \"shmguard/test\"" },
		{ "{\"schema\": 1, \"version\": 1}", "no \"schema\"" },
		{ "{\"schema\": \"shmguard/other\", \"version\": 1}", "\"shmguard/other\" where \"shmguard/test\"" },
		{ "{\"schema\": \"test\", \"version\": 1}", "another kind" },
		{ "{\"schema\": \"shmguard/test\"}", "\"version\" is missing" },
		{ "{\"schema\": \"shmguard/test\", \"version\": \"1\"}", "\"version\" is missing" },
		{ "{\"schema\": \"shmguard/test\", \"version\": 2}", "read it with the shmguard that wrote it" },
		{ HEAD "\"more\": []}", "a member \"more\"" },
		{ HEAD "\"samples\": 1}", "samples: is not an array" },
		{ HEAD "\"samples\": [1]}", "samples[0]: is not an object" },
		{ HEAD "\"samples\": [], \"samples\": []}", "duplicate" },
		{ HEAD "\"samples\": []} x", "not JSON" },
		{ ONE("\"id\": 1, \"id\": 2"), "duplicate" },
		{ ONE("\"idd\": 1"), "samples[1]: has a member \"idd\", which a sample does not have" },
		{ ONE("\"\\u001b[31m\": 1"), "a member \"\\x1b[31m\"" },
		{ ONE("\"name\": 1"), "samples[1].name: is not text" },
		{ ONE("\"name\": \"\\u0000\""), "not JSON" },
		{ ONE("\"name\": \"\xff\""), "not JSON" },
		{ ONE("\"name\": \"a\\\\q\""), "samples[1].name: \"a\\\\q\" is not text" },
		{ ONE("\"name\": \"\\\\x00\""), "is not text" },
		{ ONE("\"id\": -1"), "samples[1].id: is not a number" },
		{ ONE("\"id\": 1.0"), "samples[1].id: is not a number" },
		{ ONE("\"id\": true"), "samples[1].id: is not a number" },
		{ ONE("\"id\": \"1\""), "samples[1].id: \"1\" is not a number" },
		{ ONE("\"id\": 4294967295"), "samples[1].id: is out of range" },
		{ ONE("\"id\": 4294967296"), "samples[1].id: is out of range" },
		{ ONE("\"port\": 65535"), "out of range" },
		{ ONE("\"level\": 255"), "out of range" },
		{ ONE("\"count\": 18446744073709551615"), "not JSON" },
		{ ONE("\"count\": \"18446744073709551614\""), "out of range" },
		{ ONE("\"count\": \"18446744073709551616\""), "is not a number" },
		{ ONE("\"count\": \"01\""), "is not a number" },
		{ ONE("\"count\": \"\""), "is not a number" },
		{ ONE("\"count\": \" 1\""), "is not a number" },
		{ ONE("\"count\": \"1 \""), "is not a number" },
		{ ONE("\"count\": \"-1\""), "is not a number" },
		{ ONE("\"count\": \"0x1\""), "is not a number" },
		{ ONE("\"mode\": 416"), "is not permission bits" },
		{ ONE("\"mode\": \"640\""), "is not permission bits" },
		{ ONE("\"mode\": \"00640\""), "is not permission bits" },
		{ ONE("\"mode\": \"0648\""), "is not permission bits" },
		{ ONE("\"mode\": \"0640 \""), "is not permission bits" },
		{ ONE("\"mode\": \"40000000000\""), "out of range" },
		{ ONE("\"mode\": \"7777777777777777777777\""), "is not permission bits" },
		{ ONE("\"key\": \"0x1\""), "is not a number like" },
		{ ONE("\"key\": \"0x0000000G\""), "is not a number like" },
		{ ONE("\"key\": \"0X00000001\""), "is not a number like" },
		{ ONE("\"key\": \"0x0000000A\""), "is not a number like" },
		{ ONE("\"key\": \"0x\""), "is not a number like" },
		{ ONE("\"key\": \"0xffffffff\""), "out of range" },
		{ ONE("\"key\": \"0x100000000\""), "out of range" },
		{ ONE("\"address\": \"0x01\""), "is not a number like" },
		{ ONE("\"address\": \"0x10000000000000000\""), "is not a number like" },
		{ ONE("\"address\": \"0xfffffffffffffffe\""), "out of range" },
		{ ONE("\"on\": 1"), "is not true or false" },
		{ ONE("\"kind\": \"third\""), "\"third\" is not one of the names" },
		{ ONE("\"kind\": 0"), "is not one of the names" },
		{ ONE("\"flags\": \"alpha\""), "is not a list of the names" },
		{ ONE("\"flags\": [\"alpha\", \"alpha\"]"), "each once" },
		{ ONE("\"flags\": [\"delta\"]"), "is not a list of the names" },
		{ ONE("\"flags\": [\"alpha\", \"0x00000009\"]"), "is not a list of the names" },
		{ ONE("\"flags\": [\"0x00000000\"]"), "is not a list of the names" },
		{ ONE("\"flags\": [1]"), "is not a list of the names" },
		{ ONE("\"parts\": null"), "samples[1].parts: is not a list" },
		{ ONE("\"parts\": {}"), "samples[1].parts: is not a list" },
		{ ONE("\"parts\": [{}, []]"), "samples[1].parts[1]: is not an object" },
		{ ONE("\"parts\": [{\"weight\": \"x\"}]"), "samples[1].parts[0].weight: \"x\" is not a number" },
		{ HEAD "\"first\": {\"id\": false}}", "first.id: is not a number" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct document document;
		assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &document), -EINVAL);
		if (!strstr(document.error.message, cases[i].message))
			print_message("%s\n→ %s\n", cases[i].text, document.error.message);
		assert_non_null(strstr(document.error.message, cases[i].message));
		assert_null(strchr(document.error.message, '\x1b'));
		assert_int_equal(document.error.code, -EINVAL);
		assert_non_null(strstr(document.error.where, "/tmp/shmguard-test-"));
		assert_int_equal(document.samples.count, 0); /* no half of a document */
		document_clear(&document);
	}
}

static void test_times_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"2024",
		"2024-01-01",
		"2024-01-01T00:00:00",
		"2024-01-01T00:00:00z",
		"2024-01-01t00:00:00Z",
		"2024-01-01 00:00:00Z",
		"2024-01-01T00:00:00+00:00",
		"2024-1-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2024-01-32T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"2100-02-29T00:00:00Z",
		"2024-04-31T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:60Z",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00.1234567890Z",
		"2024-01-01T00:00:00.12x4Z",
		"2024-01-01T00:00:00ZZ",
		"2024-01-01T00:00:00.5",
		" 2024-01-01T00:00:00Z",
		"+024-01-01T00:00:00Z",
		"1677-09-21T00:12:43.145224192Z",
		"2262-04-11T23:47:16.854775808Z",
		"0000-02-29T00:00:00Z",
		"9999-12-31T23:59:59Z",
	};
	char text[256];
	(void)state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct document document;
		(void)snprintf(text, sizeof text, ONE("\"when\": \"%s\""), bad[i]);
		assert_int_equal(read_text(text, strlen(text), &document), -EINVAL);
		assert_non_null(strstr(document.error.message, "samples[1].when: "));
		document_clear(&document);
	}
}

static void test_accepted(void **state)
{
	static const char text[] =
		ONE("\"count\": \"7\", \"when\": \"2000-02-29T12:30:45.1Z\", \"name\": \"\\u00e9\\\\xff\", "
		    "\"size\": null, \"key\": \"0x0000000a\", \"address\": \"0xa\", \"flags\": []");
	struct document document;
	(void)state;

	assert_int_equal(read_text(text, strlen(text), &document), 0);
	assert_int_equal(document.samples.count, 2);
	const struct sample *read = &document.samples.items[1];
	assert_int_equal(read->count, 7);
	assert_int_equal(read->when, INT64_C(951827445100000000));
	assert_string_equal(read->name, "\xc3\xa9\xff");
	assert_int_equal(read->size, SHMG_U64_UNKNOWN);
	assert_int_equal(read->key, 10);
	assert_int_equal(read->address, 10);
	assert_int_equal(read->flags, 0);
	/* What is missing is unknown. */
	for (size_t i = 0; i + 1 < sample_type.field_count; i++)
		assert_false(shmg_field_is_known(&sample_fields[i], &document.samples.items[0]));
	assert_false(shmg_field_is_known(shmg_record_field(&sample_type, "mode"), read));
	document_clear(&document);
}

/* Every front of a document, and documents with bytes changed: refused or read, never worse. */
static void test_damaged(void **state)
{
	struct part part = { "p", 1 };
	struct sample sample = {
		.name = "a\\b\xff", .parts = { &part, 1, 1 }, .flags = 3, .when = 1, .size = UINT64_MAX
	};
	struct document document;
	uint64_t random = 3;
	char *text = print(&sample, 1);
	size_t length = strlen(text);
	(void)state;

	for (size_t front = 0; front < length - 2; front += 7) {
		assert_int_equal(read_text(text, front, &document), -EINVAL);
		document_clear(&document);
	}
	for (int turn = 0; turn < 1500; turn++) {
		char *damaged = strdup(text);
		for (uint32_t i = next_random(&random) % 3 + 1; i; i--)
			damaged[next_random(&random) % length] = "{}[]\",:\\x019\xff"[next_random(&random) % 13];
		int status = read_text(damaged, length, &document);
		assert_true(status == 0 || status == -EINVAL);
		document_clear(&document);
		free(damaged);
	}
	free(text);
}

static void test_deep_nesting(void **state)
{
	enum { DEPTH = 100000 };
	struct document document;
	char *text = malloc(sizeof HEAD + DEPTH + 16);
	(void)state;

	assert_non_null(text);
	size_t used = (size_t)sprintf(text, HEAD "\"samples\": ");
	memset(text + used, '[', DEPTH);
	assert_int_equal(read_text(text, used + DEPTH, &document), -EINVAL);
	document_clear(&document);
	free(text);
}

static void test_files_that_are_none(void **state)
{
	char path[] = "/tmp/shmguard-test-XXXXXX";
	struct shmg_pool pool = { 0 };
	struct shmg_error error = { 0 };
	int fd = mkstemp(path);
	(void)state;

	assert_int_equal(shmg_json_read("/nonexistent/file", "test", NULL, 0, &pool, &error), -ENOENT);
	assert_string_equal(error.where, "/nonexistent/file");
	assert_int_equal(shmg_json_read("/", "test", NULL, 0, &pool, &error), -EISDIR);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, ((off_t)1 << 30) + 1), 0); /* a hole */
	assert_int_equal(shmg_json_read(path, "test", NULL, 0, &pool, &error), -EINVAL);
	assert_non_null(strstr(error.message, "larger than 1 GiB"));
	(void)close(fd);
	(void)unlink(path);
	shmg_pool_clear(&pool);
}

static void test_stream_errors(void **state)
{
	struct sample samples[500] = { { .name = "n" } };
	struct shmg_section section = { .name = "s", .source = { .type = &sample_type, .context = samples } };
	(void)state;

	for (size_t count = 1; count <= 500; count += 499) { /* at the last flush, and in the middle */
		FILE *full = fopen("/dev/full", "w");
		assert_non_null(full);
		section.source.count = count;
		assert_int_equal(shmg_json_print(full, "test", &section, 1), -ENOSPC);
		(void)fclose(full);
	}
}

static void test_schema(void **state)
{
	const struct shmg_section_shape shapes[] = { { "samples", &sample_type, false },
						     { "first", &sample_type, true },
						     { "none", &part_type, false } };
	struct printed printed = { 0 };
	(void)state;

	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_json_schema_print(printed.stream, "test", "A test", shapes, 3), 0);
	json_t *schema = json_loads(printed_close(&printed), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(schema);
	assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
			    "https://json-schema.org/draft/2020-12/schema");
	json_t *definitions = json_object_get(schema, "$defs");
	assert_int_equal(json_object_size(definitions), 2);
	json_t *properties = json_object_get(json_object_get(definitions, "sample"), "properties");
	assert_int_equal(json_object_size(properties), sample_type.field_count);
	for (size_t i = 0; i < sample_type.field_count; i++) {
		json_t *property = json_object_get(properties, sample_fields[i].name);
		assert_string_equal(json_string_value(json_object_get(property, "description")), sample_fields[i].help);
	}
	assert_true(json_is_false(json_object_get(json_object_get(definitions, "part"), "additionalProperties")));
	assert_int_equal(json_integer_value(json_object_get(json_object_get(properties, "port"), "maximum")), 65534);
	json_decref(schema);
	free(printed.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_extremes_come_back),
		cmocka_unit_test(test_values_come_back),
		cmocka_unit_test(test_shape),
		cmocka_unit_test(test_any_bytes_make_valid_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_times_refused),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_files_that_are_none),
		cmocka_unit_test(test_stream_errors),
		cmocka_unit_test(test_schema),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
