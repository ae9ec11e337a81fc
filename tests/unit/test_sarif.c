/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/report.h"
#include "tests/unit/sample.h"

static const struct shmg_sarif_rule rules[] = {
	{ "SHM-OBJ-001", "Shared memory that everybody can write", "Why it matters.", "What to do.", "error", 9.04 },
	{ "SHM-OBJ-002", "Other-readable", NULL, NULL, "note", 0 },
	{ "SHM-MNT-003", "Third", "d", "h", "warning", 11 },
};

static struct shmg_sarif_result result_at(void *context, size_t index)
{
	const struct shmg_sarif_result *results = context;

	return results[index];
}

/* The parsed log of these results. */
static json_t *print(struct shmg_sarif_result *results, size_t count)
{
	struct shmg_sarif_run run = { .version = "0.1.0",
				      .rules = rules,
				      .rule_count = 3,
				      .result_count = count,
				      .result = result_at,
				      .context = results };
	struct printed printed = { 0 };

	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_sarif_print(printed.stream, &run), 0);
	json_t *log = json_loads(printed_close(&printed), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(log);
	free(printed.text);
	return log;
}

/* Follows a path like "runs/0/tool" to a value. */
static const json_t *at(const json_t *value, const char *path)
{
	char name[64];

	while (*path) {
		size_t length = strcspn(path, "/");
		assert_true(length < sizeof name);
		memcpy(name, path, length);
		name[length] = '\0';
		value = json_is_array(value) ? json_array_get(value, (size_t)atol(name)) : json_object_get(value, name);
		path += length + (path[length] == '/');
	}
	return value;
}

static void assert_text(const json_t *log, const char *path, const char *text)
{
	assert_non_null(json_string_value(at(log, path)));
	assert_string_equal(json_string_value(at(log, path)), text);
}

static void test_tool_and_rules(void **state)
{
	json_t *log = print(NULL, 0);
	(void)state;

	assert_text(log, "version", "2.1.0");
	assert_int_equal(json_array_size(at(log, "runs")), 1);
	assert_text(log, "runs/0/tool/driver/name", "shmguard");
	assert_text(log, "runs/0/tool/driver/semanticVersion", "0.1.0");
	assert_int_equal(json_array_size(at(log, "runs/0/tool/driver/rules")), 3);
	const json_t *rule = at(log, "runs/0/tool/driver/rules/0");
	assert_text(rule, "id", "SHM-OBJ-001");
	assert_text(rule, "name", "SharedMemoryThatEverybodyCanWrite");
	assert_text(rule, "shortDescription/text", "Shared memory that everybody can write");
	assert_text(rule, "fullDescription/text", "Why it matters.");
	assert_text(rule, "help/text", "What to do.");
	assert_text(rule, "defaultConfiguration/level", "error");
	assert_text(rule, "properties/security-severity", "9.0");
	rule = at(log, "runs/0/tool/driver/rules/1");
	assert_text(rule, "name", "OtherReadable");
	assert_null(at(rule, "fullDescription"));
	assert_null(at(rule, "help"));
	assert_text(rule, "properties/security-severity", "0.0");
	assert_text(log, "runs/0/tool/driver/rules/2/properties/security-severity", "10.0");
	/* An empty list says "looked and found nothing"; a missing one says "did not look". */
	assert_true(json_is_array(at(log, "runs/0/results")));
	assert_int_equal(json_array_size(at(log, "runs/0/results")), 0);
	json_decref(log);
}

static void test_results(void **state)
{
	struct shmg_sarif_result results[] = {
		{ "SHM-OBJ-001", "error", "mode 0666", "/a", "object", NULL },
		{ "SHM-OBJ-001", "error", "mode 0662", "/b", "object", "wanted\x1b" },
		{ "SHM-MNT-003", "warning", "m", "/dev/shm", "mount", NULL },
		{ "SHM-OBJ-002", "note", "earlier than the last", "/c", "object", NULL },
		{ "SHM-XXX-999", "note", "a rule that is not listed", "/d", "object", NULL },
	};
	json_t *log = print(results, 5);
	(void)state;

	assert_int_equal(json_array_size(at(log, "runs/0/results")), 5);
	const json_t *result = at(log, "runs/0/results/1");
	assert_text(result, "ruleId", "SHM-OBJ-001");
	assert_text(result, "level", "error");
	assert_text(result, "message/text", "mode 0662");
	assert_text(result, "locations/0/logicalLocations/0/fullyQualifiedName", "/b");
	assert_text(result, "locations/0/logicalLocations/0/kind", "object");
	assert_string_equal(json_string_value(json_object_get(at(result, "partialFingerprints"), "ruleAndSubject/v1")),
			    "SHM-OBJ-001 object /b");
	assert_int_equal(json_array_size(at(result, "suppressions")), 1);
	assert_text(result, "suppressions/0/kind", "external");
	assert_text(result, "suppressions/0/justification", "wanted\\x1b");
	/* All results of a run have the list, or none has. */
	assert_true(json_is_array(at(log, "runs/0/results/0/suppressions")));
	assert_int_equal(json_array_size(at(log, "runs/0/results/0/suppressions")), 0);
	static const int indexes[] = { 0, 0, 2, 1 };
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			json_integer_value(json_object_get(json_array_get(at(log, "runs/0/results"), i), "ruleIndex")),
			indexes[i]);
	assert_null(at(log, "runs/0/results/4/ruleIndex"));
	json_decref(log);
}

static void test_hostile_names(void **state)
{
	struct shmg_sarif_result results[] = {
		{ "SHM-OBJ-001", "error", "see [here](https://example.org) {0}\x1b[31m\xff", "/x\n\xff{0}", "object",
		  NULL },
	};
	json_t *log = print(results, 1);
	(void)state;

	/* No link, no placeholder, no control. */
	assert_text(log, "runs/0/results/0/message/text", "see [here]\\x28https://example.org) {{0}}\\x1b[31m\\xff");
	assert_text(log, "runs/0/results/0/locations/0/logicalLocations/0/fullyQualifiedName", "/x\\x0a\\xff{0}");
	json_decref(log);
}

/* What could not look is said, so that no results are no clean bill. */
static void test_notifications(void **state)
{
	static const struct shmg_sarif_notification notifications[] = {
		{ "SHM-OBJ-002", "the seals of 2 memfds could not be read" },
		{ "SHM-MNT-003", "why \x1b{0}" },
	};
	struct shmg_sarif_run run = { .version = "0.1.0", .notifications = notifications, .notification_count = 2 };
	struct printed printed = { 0 };
	(void)state;

	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_sarif_print(printed.stream, &run), 0);
	json_t *log = json_loads(printed_close(&printed), JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(log);
	assert_int_equal(json_array_size(at(log, "runs/0/invocations")), 1);
	assert_true(json_is_true(at(log, "runs/0/invocations/0/executionSuccessful")));
	const json_t *list = at(log, "runs/0/invocations/0/toolExecutionNotifications");
	assert_int_equal(json_array_size(list), 2);
	assert_text(list, "0/descriptor/id", "SHM-OBJ-002");
	assert_text(list, "0/associatedRule/id", "SHM-OBJ-002");
	assert_text(list, "0/level", "warning");
	assert_text(list, "0/message/text", "the seals of 2 memfds could not be read");
	assert_text(list, "1/message/text", "why \\x1b{{0}}");
	json_decref(log);
	free(printed.text);
}

static void test_stream_errors(void **state)
{
	struct shmg_sarif_run run = { .version = "0", .rules = rules, .rule_count = 3 };
	FILE *full = fopen("/dev/full", "w");
	(void)state;

	assert_non_null(full);
	assert_int_equal(shmg_sarif_print(full, &run), -ENOSPC);
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tool_and_rules), cmocka_unit_test(test_results),
		cmocka_unit_test(test_hostile_names),  cmocka_unit_test(test_notifications),
		cmocka_unit_test(test_stream_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
