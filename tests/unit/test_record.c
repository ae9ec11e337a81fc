/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/sample.h"

static const struct shmg_field *field_of(const char *name)
{
	const struct shmg_field *field = shmg_record_field(&sample_type, name);

	assert_non_null(field);
	return field;
}

static void test_fields_by_name(void **state)
{
	(void)state;

	assert_ptr_equal(field_of("name"), &sample_fields[0]);
	assert_ptr_equal(field_of("parts"), &sample_fields[sample_type.field_count - 1]);
	assert_null(shmg_record_field(&sample_type, "nam"));
	assert_null(shmg_record_field(&sample_type, "names"));
	assert_null(shmg_record_field(&sample_type, ""));
}

static void test_numbers_of_every_size(void **state)
{
	static const struct {
		const char *name;
		uint64_t largest;
	} cases[] = { { "level", UINT8_MAX }, { "port", UINT16_MAX }, { "id", UINT32_MAX }, { "count", UINT64_MAX } };
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sample sample, before;
		memset(&sample, 0xa5, sizeof sample);
		before = sample;
		const struct shmg_field *field = field_of(cases[i].name);
		shmg_field_set_number(field, &sample, UINT64_MAX); /* truncated to what there is */
		assert_int_equal(shmg_field_number(field, &sample), cases[i].largest);
		shmg_field_set_number(field, &sample, 42);
		assert_int_equal(shmg_field_number(field, &sample), 42);
		/* Nothing beside the member is touched. */
		memcpy((char *)&sample + field->offset, (char *)&before + field->offset, field->size);
		assert_memory_equal(&sample, &before, sizeof sample);
	}
}

static void test_everything_starts_unknown(void **state)
{
	struct sample sample;
	(void)state;

	memset(&sample, 0x5a, sizeof sample);
	shmg_record_set_unknown(&sample_type, &sample);
	for (size_t i = 0; i < sample_type.field_count; i++) {
		const struct shmg_field *field = &sample_fields[i];
		assert_int_equal(shmg_field_is_known(field, &sample), field->type == SHMG_TYPE_LIST);
	}
	assert_null(sample.name);
	assert_int_equal(sample.parts.count, 0);
	assert_int_equal(sample.when, SHMG_TIME_UNKNOWN);
	assert_int_equal(sample.count, SHMG_U64_UNKNOWN);
	assert_int_equal(sample.id, SHMG_U32_UNKNOWN);
	assert_int_equal(sample.kind, SHMG_U8_UNKNOWN);
}

static void test_zero_and_unlimited_are_known(void **state)
{
	struct sample sample = { .name = "", .size = UINT64_MAX };
	(void)state;

	for (size_t i = 0; i < sample_type.field_count; i++)
		assert_true(shmg_field_is_known(&sample_fields[i], &sample));
	sample.size = SHMG_U64_UNKNOWN;
	assert_false(shmg_field_is_known(field_of("size"), &sample));
}

/* `less` comes before `more`, and each is equal to itself. */
static void assert_order(const char *name, const struct sample *less, const struct sample *more)
{
	const struct shmg_field *field = field_of(name);

	assert_true(shmg_field_compare(field, less, more) < 0);
	assert_true(shmg_field_compare(field, more, less) > 0);
	assert_int_equal(shmg_field_compare(field, less, less), 0);
	assert_int_equal(shmg_field_compare(field, more, more), 0);
}

static void test_order(void **state)
{
	struct part part = { 0 };
	struct sample small = { .name = "Z", .size = 1, .id = 2, .when = -5 };
	struct sample large = { .name = "a", .size = UINT64_MAX, .id = 3, .when = 4, .parts = { &part, 1, 1 } };
	struct sample high = { .name = "\xc3\xa9" }, unknown;
	(void)state;

	assert_order("name", &small, &large);
	assert_order("name", &large, &high); /* bytes, not signed characters */
	assert_order("size", &small, &large);
	assert_order("id", &small, &large);
	assert_order("when", &small, &large);
	assert_order("parts", &small, &large);

	shmg_record_set_unknown(&sample_type, &unknown);
	static const char *const nullable[] = { "name", "size", "id", "when", "kind", "flags" };
	for (size_t i = 0; i < sizeof nullable / sizeof *nullable; i++)
		assert_order(nullable[i], &large, &unknown); /* unknown is last, after unlimited too */
}

static void test_totals(void **state)
{
	uint64_t total = 0;
	(void)state;

	shmg_total_add(&total, 5);
	shmg_total_add(&total, SHMG_U64_UNKNOWN);
	assert_int_equal(total, 5);
	shmg_total_add(&total, SHMG_U64_UNKNOWN - 5); /* what fits may still read as unknown */
	assert_int_equal(total, UINT64_MAX);
	total = 0;
	for (int i = 0; i < 4; i++)
		shmg_total_add(&total, UINT64_C(1) << 62);
	assert_int_equal(total, UINT64_MAX);
	shmg_total_add(&total, 1);
	assert_int_equal(total, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_by_name),
		cmocka_unit_test(test_numbers_of_every_size),
		cmocka_unit_test(test_everything_starts_unknown),
		cmocka_unit_test(test_zero_and_unlimited_are_known),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_totals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
