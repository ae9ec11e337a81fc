/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/amount.h"

#define DEFAULT_SHMALL (UINT64_MAX - (1u << 24))

static void test_bytes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 bytes" },
		{ 1, "1 byte" },
		{ 1023, "1023 bytes" },
		{ 1024, "1.0 KiB" },
		{ 1536, "1.5 KiB" },
		{ 1024 * 1024 - 1, "1023.9 KiB" },
		{ 1024 * 1024, "1.0 MiB" },
		{ UINT64_C(1) << 40, "1.0 TiB" },
		{ (UINT64_C(1) << 62) - 1, "3.9 EiB" },
		{ DEFAULT_SHMALL, "practically unlimited (18446744073692774399)" },
		{ UINT64_MAX, "unlimited" },
	};
	char buffer[SHMG_AMOUNT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(shmg_amount_bytes(cases[i].bytes, buffer), cases[i].text);
}

/* The kernel's default shmall times the page size is more than 2^64: it must not come out small. */
static void test_nothing_wraps(void **state)
{
	(void)state;
	assert_true(shmg_amount_times(DEFAULT_SHMALL, 4096) == UINT64_MAX);
	assert_true(shmg_amount_times(1000, 4096) == 4096000);
	assert_true(shmg_amount_plus(UINT64_MAX - 1, 2) == UINT64_MAX);
	assert_true(shmg_amount_share(UINT64_MAX, 50) == UINT64_MAX / 2);
	assert_true(shmg_amount_share(UINT64_MAX, 200) == UINT64_MAX);
	assert_true(shmg_amount_percent(UINT64_MAX, UINT64_MAX) == 100);
	assert_true(shmg_amount_percent(UINT64_MAX, 1) == UINT64_MAX);
	assert_true(shmg_amount_reaches(UINT64_MAX, UINT64_MAX, 100));
	assert_false(shmg_amount_reaches(UINT64_MAX / 2, UINT64_MAX, 80));
}

static void test_reaches_is_exact(void **state)
{
	(void)state;
	assert_true(shmg_amount_reaches(80, 100, 80));
	assert_false(shmg_amount_reaches(79, 100, 80));
	/* 80 % of 4096 is 3276.8. */
	assert_false(shmg_amount_reaches(3276, 4096, 80));
	assert_true(shmg_amount_reaches(3277, 4096, 80));
	assert_false(shmg_amount_reaches(5, 0, 80));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_nothing_wraps),
		cmocka_unit_test(test_reaches_is_exact),
	};
	return cmocka_run_group_tests_name("amount", tests, NULL, NULL);
}
