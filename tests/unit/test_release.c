/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/release.h"

static struct shmg_release parse(const char *text)
{
	struct shmg_release release = { 99, 99, 99 };

	assert_int_equal(shmg_release_parse(text, &release), 0);
	return release;
}

static void test_parse(void **state)
{
	static const struct {
		const char *text;
		struct shmg_release release;
	} cases[] = {
		{ "6.1.0-18-amd64", { 6, 1, 0 } },
		{ "5.14.0-427.13.1.el9_4.x86_64", { 5, 14, 0 } },
		{ "2.6.32-754.el6.x86_64", { 2, 6, 32 } },
		{ "4.4.302", { 4, 4, 302 } },
		{ "6.9-rc1", { 6, 9, 0 } },
		{ "6.9.", { 6, 9, 0 } },
		{ "6.12+", { 6, 12, 0 } },
		{ "6.18.44-vendor-v5", { 6, 18, 44 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_release release = parse(cases[i].text);
		assert_int_equal(release.major, cases[i].release.major);
		assert_int_equal(release.minor, cases[i].release.minor);
		assert_int_equal(release.patch, cases[i].release.patch);
	}
}

static void test_refused(void **state)
{
	static const char *const cases[] = { "",   "6",    "6-rc1", "six.one",      ".5.4",         "-6.1",
					     "6.", "6..1", " 6.1",  "4294967300.1", "6.4294967300", "6.1.4294967300" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_release release = { 7, 7, 7 };
		assert_int_equal(shmg_release_parse(cases[i], &release), -EINVAL);
		assert_int_equal(release.major, 7);
	}
}

/* 5.10 is later than 5.4, though not as text. */
static void test_order(void **state)
{
	(void)state;
	assert_true(shmg_release_is_before(parse("5.3.18"), parse("5.4")));
	assert_false(shmg_release_is_before(parse("5.10"), parse("5.4")));
	assert_false(shmg_release_is_before(parse("5.4"), parse("5.4.0")));
	assert_true(shmg_release_is_before(parse("4.20.17"), parse("5.0")));
	assert_true(shmg_release_is_before(parse("5.4.9"), parse("5.4.10")));
}

static void test_dirty_cow(void **state)
{
	static const char *const affected[] = {
		"2.6.22",
		"2.6.32-642.el6",
		"3.10.0-327.el7.x86_64",
		"3.12.65",
		"3.14.79",
		"3.16.37",
		"3.18.43",
		"4.1.34",
		"4.2.8",
		"4.4.25",
		"4.4.0-42-generic",
		"4.6.7",
		"4.7.8",
		"4.8.2",
	};
	static const char *const sound[] = {
		"2.6.21", "3.12.66", "3.16.38", "3.18.44", "4.1.35", "4.4.26",
		"4.7.9",  "4.8.3",   "4.9",     "4.10",    "5.4",    "6.1.0-18",
	};

	(void)state;
	for (size_t i = 0; i < sizeof affected / sizeof *affected; i++)
		if (!shmg_release_has_dirty_cow(parse(affected[i])))
			fail_msg("%s has the race", affected[i]);
	for (size_t i = 0; i < sizeof sound / sizeof *sound; i++)
		if (shmg_release_has_dirty_cow(parse(sound[i])))
			fail_msg("%s has not the race", sound[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_dirty_cow),
	};
	return cmocka_run_group_tests_name("release", tests, NULL, NULL);
}
