/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"
#include "tests/unit/sample.h"

static void test_metric(void **state)
{
	struct printed printed = { 0 };
	(void)state;

	printed_open(&printed);
	assert_int_equal(shmg_prometheus_metric(printed.stream, "shmguard_findings", "gauge",
						"Findings, by \"check\";\na \\ and a newline."),
			 0);
	assert_string_equal(printed_close(&printed),
			    "# HELP shmguard_findings Findings, by \"check\";\\na \\\\ and a newline.\n"
			    "# TYPE shmguard_findings gauge\n");
	free(printed.text);
}

/* One sample's line, without its newline; freed by the caller. */
static char *sample(const struct shmg_label *labels, uint64_t value)
{
	struct printed printed = { 0 };

	printed_open(&printed);
	assert_int_equal(shmg_prometheus_sample(printed.stream, "m", labels, value), 0);
	(void)printed_close(&printed);
	return printed.text;
}

static void assert_sample(const struct shmg_label *labels, uint64_t value, const char *line)
{
	char *text = sample(labels, value);

	assert_string_equal(text, line);
	free(text);
}

static void test_samples(void **state)
{
	const struct shmg_label two[] = { { "check", "SHM-OBJ-001" }, { "unit", "a b" }, { 0 } };
	const struct shmg_label missing[] = { { "check", NULL }, { "unit", "u" }, { 0 } };
	const struct shmg_label none[] = { { "check", NULL }, { 0 } };
	(void)state;

	assert_sample(NULL, 0, "m 0\n");
	assert_sample(two, 12, "m{check=\"SHM-OBJ-001\",unit=\"a b\"} 12\n");
	assert_sample(missing, 1, "m{unit=\"u\"} 1\n");
	assert_sample(none, 1, "m 1\n");
	assert_sample(NULL, UINT64_MAX - 2, "m 18446744073709551613\n");
	assert_sample(NULL, UINT64_MAX, "m +Inf\n");
	assert_sample(NULL, SHMG_U64_UNKNOWN, ""); /* no sample is how the format says "unknown" */
}

static void test_label_values(void **state)
{
	const struct shmg_label quoted[] = { { "n", "a\"b\\c" }, { 0 } };
	const struct shmg_label bytes[] = { { "n", "a\nb\xff\x1b\xc3\xa9" }, { 0 } };
	const struct shmg_label alike[] = { { "n", "a\\x0ab\\xff\\x1b\xc3\xa9" }, { 0 } };
	(void)state;

	assert_sample(quoted, 1, "m{n=\"a\\\"b\\\\\\\\c\"} 1\n");
	assert_sample(bytes, 1, "m{n=\"a\\\\x0ab\\\\xff\\\\x1b\xc3\xa9\"} 1\n");
	/* Names that differ stay different series. */
	char *one = sample(bytes, 1), *other = sample(alike, 1);
	assert_string_not_equal(one, other);
	free(one);
	free(other);
}

static void test_bad_names(void **state)
{
	static const char *const bad[] = { "", "9a", "a-b", "a b", "a\n", "\xc3\xa9" };
	struct printed printed = { 0 };
	(void)state;

	printed_open(&printed);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const struct shmg_label labels[] = { { bad[i], "x" }, { 0 } };
		assert_int_equal(shmg_prometheus_metric(printed.stream, bad[i], "gauge", ""), -EINVAL);
		assert_int_equal(shmg_prometheus_sample(printed.stream, bad[i], NULL, 1), -EINVAL);
		assert_int_equal(shmg_prometheus_sample(printed.stream, "m", labels, 1), -EINVAL);
	}
	const struct shmg_label colon[] = { { "a:b", "x" }, { 0 } };
	assert_int_equal(shmg_prometheus_sample(printed.stream, "m", colon, 1), -EINVAL);
	assert_int_equal(shmg_prometheus_metric(printed.stream, "a:b_9", "gauge", ""), 0);
	assert_string_equal(printed_close(&printed), "# HELP a:b_9 \n# TYPE a:b_9 gauge\n");
	free(printed.text);
}

static void test_stream_errors(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	int status = 0;
	(void)state;

	assert_non_null(full);
	for (int i = 0; i < 10000 && !status; i++) /* buffered: not the first is the one that fails */
		status = shmg_prometheus_sample(full, "m", NULL, 1);
	assert_int_equal(status, -ENOSPC);
	assert_true(shmg_prometheus_sample(full, "m", NULL, 1) < 0);
	(void)fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metric),        cmocka_unit_test(test_samples),
		cmocka_unit_test(test_label_values),  cmocka_unit_test(test_bad_names),
		cmocka_unit_test(test_stream_errors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
