/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/array.h"
#include "lib/base/pool.h"

#define MANY 20000

static void test_copies_stay(void **state)
{
	struct shmg_pool pool = { 0 };
	const char **copies = calloc(MANY, sizeof *copies);
	char text[64];
	(void)state;

	assert_non_null(copies);
	for (int i = 0; i < MANY; i++) {
		int length = snprintf(text, sizeof text, "text number %d", i);
		copies[i] = shmg_pool_copy(&pool, text, (size_t)length);
		assert_non_null(copies[i]);
	}
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(text, sizeof text, "text number %d", i);
		assert_string_equal(copies[i], text);
	}
	free(copies);
	shmg_pool_clear(&pool);
}

static void test_copy_takes_length(void **state)
{
	struct shmg_pool pool = { 0 };
	(void)state;

	assert_string_equal(shmg_pool_copy(&pool, "abcdef", 3), "abc");
	assert_string_equal(shmg_pool_copy(&pool, NULL, 0), "");
	assert_memory_equal(shmg_pool_copy(&pool, "a\0b", 3), "a\0b", 4);
	assert_null(shmg_pool_copy(&pool, "", SIZE_MAX));
	shmg_pool_clear(&pool);
}

static void test_interned_once(void **state)
{
	struct shmg_pool pool = { 0 };
	const char **first = calloc(MANY, sizeof *first);
	char text[64];
	(void)state;

	assert_non_null(first);
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < MANY; i++) {
			int length = snprintf(text, sizeof text, "unit-%d.service", i);
			const char *interned = shmg_pool_intern(&pool, text, (size_t)length);
			assert_string_equal(interned, text);
			if (turn == 0)
				first[i] = interned;
			else
				assert_ptr_equal(interned, first[i]);
		}
	assert_int_equal(pool.interned, MANY);
	free(first);
	shmg_pool_clear(&pool);
}

static void test_interned_by_whole_text(void **state)
{
	struct shmg_pool pool = { 0 };
	(void)state;

	const char *whole = shmg_pool_intern(&pool, "abcdef", 6);
	const char *front = shmg_pool_intern(&pool, "abcdef", 3);
	const char *none = shmg_pool_intern(&pool, "", 0);
	assert_string_equal(front, "abc");
	assert_string_equal(whole, "abcdef");
	assert_string_equal(none, "");
	assert_ptr_equal(shmg_pool_intern(&pool, "abc", 3), front);
	assert_ptr_not_equal(shmg_pool_copy(&pool, "abc", 3), front);
	for (int i = MANY; i >= 0; i--) { /* long before short: many slots hold a text that begins like the next */
		char text[16];
		int length = snprintf(text, sizeof text, "%d", i);
		assert_string_equal(shmg_pool_intern(&pool, text, (size_t)length), text);
	}
	shmg_pool_clear(&pool);
}

static void test_format(void **state)
{
	struct shmg_pool pool = { 0 };
	(void)state;

	assert_string_equal(shmg_pool_format(&pool, "%s:%d", "sysv", 7), "sysv:7");
	for (int length = 250; length < 262; length++) { /* around the size that is formatted at once */
		const char *text = shmg_pool_format(&pool, "%*s", length, "x");
		assert_int_equal(strlen(text), length);
		assert_int_equal(text[length - 1], 'x');
	}
	shmg_pool_clear(&pool);
}

static void test_memory_is_aligned_and_zeroed(void **state)
{
	struct shmg_pool pool = { 0 };
	unsigned char *pieces[300];
	(void)state;

	for (size_t i = 0; i < 300; i++) {
		size_t bytes = i % 50 == 49 ? 100000 : i;
		pieces[i] = shmg_pool_alloc(&pool, bytes);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
		for (size_t at = 0; at < bytes; at++)
			assert_int_equal(pieces[i][at], 0);
		if (bytes)
			memset(pieces[i], (int)i, bytes);
		assert_non_null(shmg_pool_copy(&pool, "odd", 3)); /* what comes next must not depend on it */
	}
	for (size_t i = 1; i < 300; i++)
		assert_int_equal(pieces[i][(i % 50 == 49 ? 100000 : i) - 1], (unsigned char)i);
	assert_null(shmg_pool_alloc(&pool, SIZE_MAX));
	shmg_pool_clear(&pool);
}

static void test_usable_after_clear(void **state)
{
	struct shmg_pool pool = { 0 };
	(void)state;

	shmg_pool_clear(&pool);
	for (int turn = 0; turn < 3; turn++) {
		assert_string_equal(shmg_pool_intern(&pool, "again", 5), "again");
		assert_int_equal(pool.interned, 1);
		shmg_pool_clear(&pool);
		assert_null(pool.chunks);
		assert_int_equal(pool.interned, 0);
	}
}

static void test_array_grows(void **state)
{
	SHMG_ARRAY(uint64_t) numbers = { 0 };
	uint64_t sum = 0;
	(void)state;

	for (uint64_t i = 0; i < 1000; i++) {
		uint64_t *number = SHMG_APPEND(&numbers);
		assert_non_null(number);
		assert_int_equal(*number, 0);
		*number = i;
	}
	SHMG_FOREACH(number, &numbers)
	sum += *number;
	assert_int_equal(numbers.count, 1000);
	assert_int_equal(sum, 499500);
	shmg_array_clear(&numbers);
	assert_int_equal(numbers.count, 0);
	assert_null(numbers.items);
	assert_null(shmg_array_append_zeroed(&numbers, SIZE_MAX / 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_stay),
		cmocka_unit_test(test_copy_takes_length),
		cmocka_unit_test(test_interned_once),
		cmocka_unit_test(test_interned_by_whole_text),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_memory_is_aligned_and_zeroed),
		cmocka_unit_test(test_usable_after_clear),
		cmocka_unit_test(test_array_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
