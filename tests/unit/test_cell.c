/* SPDX-License-Identifier: MIT */
/* One value as text for people: sizes, ages, times, and whatever a cell may hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "tests/unit/sample.h"

static void test_sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ 1023, "1023" },
		{ 1024, "1K" },
		{ 1536, "1.5K" },
		{ 1024 * 1024 - 1, "1M" },
		{ 10 * 1024 - 1, "10K" },
		{ 9 * 1024 + 972, "9.9K" }, /* 9.949 */
		{ 312 * 1024, "312K" },
		{ 1023 * 1024 + 511, "1023K" },
		{ 1023 * 1024 + 512, "1M" },
		{ UINT64_C(3) << 29, "1.5G" },
		{ UINT64_C(1) << 60, "1E" },
		{ UINT64_MAX - 2, "16E" },
		{ UINT64_MAX, "unlimited" },
	};
	char buffer[24];
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(shmg_format_size(cases[i].bytes, buffer), cases[i].text);
}

static void test_ages(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = {
		{ 0, "0s" },     { 59, "59s" },     { 60, "1m" },       { 61, "1m1s" },
		{ 3600, "1h" },  { 3659, "1h" },    { 11520, "3h12m" }, { 86399, "23h59m" },
		{ 86400, "1d" }, { 90000, "1d1h" }, { -90, "-1m30s" },  { 9223372036, "106751d23h" },
	};
	char buffer[24];
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(shmg_format_age(cases[i].seconds * 1000000000, buffer), cases[i].text);
	assert_string_equal(shmg_format_age(999999999, buffer), "0s");
	assert_string_equal(shmg_format_age(SHMG_TIME_UNKNOWN, buffer), "?");
	assert_string_equal(shmg_format_age(INT64_MIN + 1, buffer), "-106751d23h");
}

static void test_times(void **state)
{
	static const struct {
		int64_t time;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z" },
		{ 1709164799000000000, "2024-02-28T23:59:59Z" },
		{ 1709164800500000000, "2024-02-29T00:00:00.500Z" },
		{ 951868800000001000, "2000-03-01T00:00:00.000001Z" },
		{ -2203891200000000000, "1900-03-01T00:00:00Z" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN + 1, "1677-09-21T00:12:43.145224193Z" },
		{ INT64_MIN, "?" },
	};
	char buffer[40];
	(void)state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(shmg_format_time(cases[i].time, buffer), cases[i].text);
}

static void test_one_cell_in_a_small_buffer(void **state)
{
	char buffer[64], name[200];
	(void)state;

	struct sample sample = { .name = name, .flags = 7 };
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	assert_int_equal(shmg_cell_format(&sample_fields[0], &sample, buffer, sizeof buffer), 63);
	assert_string_equal(buffer + 57, "aaa…");
	memset(name, '\x02', 80); /* escapes stay whole */
	assert_int_equal(shmg_cell_format(&sample_fields[0], &sample, buffer, sizeof buffer), 63);
	assert_string_equal(buffer + 56, "\\x02…");
	for (size_t i = 0; i + 1 < sizeof name; i++)
		name[i] = "\xe5\x85\xb1"[i % 3];
	assert_int_equal(shmg_cell_format(&sample_fields[0], &sample, buffer, sizeof buffer), 63);
	assert_string_equal(buffer + 57, "\xe5\x85\xb1…");
	sample.name = "fits";
	assert_int_equal(shmg_cell_format(&sample_fields[0], &sample, buffer, sizeof buffer), 4);
	assert_string_equal(buffer, "fits");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_ages),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_one_cell_in_a_small_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
