/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out while a policy is read: at every allocation in turn. Each time the answer is -ENOMEM, the caller's
 * pointer is untouched, and everything that was allocated is free again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "policy/parse.h"

/* The linker sends the allocations of all rooms here (--wrap), and none of libc's own. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static struct {
	unsigned long calls;
	unsigned long fail_at; /* the call that finds no memory, counted from 1; 0: none */
	long outstanding;
} heap;

static bool is_out_of_memory(void)
{
	return ++heap.calls == heap.fail_at;
}

void *__wrap_malloc(size_t size)
{
	if (is_out_of_memory())
		return NULL;
	void *memory = __real_malloc(size);
	heap.outstanding += memory != NULL;
	return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
	if (is_out_of_memory())
		return NULL;
	void *memory = __real_calloc(count, size);
	heap.outstanding += memory != NULL;
	return memory;
}

void *__wrap_realloc(void *memory, size_t size)
{
	if (is_out_of_memory())
		return NULL;
	void *moved = __real_realloc(memory, size);
	heap.outstanding += !memory && moved;
	return moved;
}

void __wrap_free(void *memory)
{
	heap.outstanding -= memory != NULL;
	__real_free(memory);
}

/* Every kind of section and list, with enough of each that arrays grow and the pool needs a second chunk. */
static char *make_policy(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	(void)fputs("[thresholds]\norphans = 3\n[sharing]\ngroups = root, 44, 105\n", file);
	for (int i = 0; i < 200; i++)
		(void)fprintf(file,
			      "[allow %d]\nobject = /app-%d-%0100d\nowner = 0, 70\nusers = 33\n"
			      "checks = SHM-OBJ-001, SHM-OBJ-002\nmode = 0660\nreason = %0100d\n",
			      i, i, i, i);
	(void)fputs("[allow long]\nobject = *\nreason = why\nowner = root\nusers = "
		    "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18\n",
		    file);
	for (int i = 0; i < 20; i++)
		(void)fprintf(file, "[check SHM-X-%03d]\nenabled = no\nreason = why\n", i);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void test_every_allocation_may_fail(void **state)
{
	(void)state;
	SHMG_AUTO_FREE char *text = make_policy();
	struct shmg_policy *policy = NULL;

	heap.calls = heap.fail_at = 0;
	long before = heap.outstanding;
	assert_int_equal(shmg_policy_parse("policy.ini", text, NULL, &policy, NULL), 0);
	unsigned long needed = heap.calls;
	assert_int_equal(policy->allows.count, 201);
	shmg_policy_free(&policy);
	assert_int_equal(heap.outstanding, before);
	assert_true(needed > 600); /* three lists an exception */

	for (unsigned long call = 1; call <= needed; call++) {
		struct shmg_error error = { 0 };
		heap.calls = 0;
		heap.fail_at = call;
		int code = shmg_policy_parse("policy.ini", text, NULL, &policy, &error);
		heap.fail_at = 0;
		if (code != -ENOMEM || error.code != -ENOMEM || policy || heap.outstanding != before)
			fail_msg("allocation %lu of %lu: returned %d, error %d, %ld left over", call, needed, code,
				 error.code, heap.outstanding - before);
		assert_int_equal(strncmp(error.where, "policy.ini", strlen("policy.ini")), 0);
		assert_string_equal(error.message, "no memory to read the policy");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
