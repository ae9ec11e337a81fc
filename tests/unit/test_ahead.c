/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts/ahead.h"

#define ITEMS 5000

struct answer {
	size_t item;
	void *held; /* what release must free */
};

struct context {
	size_t told;
	size_t stop_at;
	pthread_t teller;
	unsigned times_asked[ITEMS]; /* each by one thread */
	pthread_t askers[ITEMS];
	bool wrong;
};

static struct context context;

static void release(void *answer)
{
	struct answer *given = answer;
	free(given->held);
	given->held = NULL;
}

static void ask(const void *shared, size_t item, void *answer)
{
	struct answer *given = answer;

	(void)shared;
	release(given);
	context.times_asked[item]++;
	context.askers[item] = pthread_self();
	given->item = item;
	given->held = malloc(16);
	/* The first of a group waits as a system call may: the others' answers come first. */
	if (item % SHMG_AHEAD_SLOTS == 0)
		(void)usleep(50);
}

static int tell(void *shared, size_t item, void *answer)
{
	struct context *known = shared;
	const struct answer *given = answer;

	known->wrong |= given->item != item || item != known->told || !given->held ||
			!pthread_equal(pthread_self(), known->teller);
	if (item == known->stop_at)
		return -EIO;
	known->told++;
	return 0;
}

static int run(size_t count, size_t stop_at)
{
	memset(&context, 0, sizeof context);
	context.stop_at = stop_at;
	context.teller = pthread_self();
	const struct shmg_ahead work = { count, sizeof(struct answer), ask, tell, release, &context };
	return shmg_ahead_run(&work);
}

static size_t asked_by_others(size_t count)
{
	size_t others = 0;

	for (size_t i = 0; i < count; i++)
		others += !pthread_equal(context.askers[i], context.teller);
	return others;
}

static void test_all_are_told_in_order(void **state)
{
	(void)state;
	for (size_t count = 0; count < 3 * SHMG_AHEAD_SLOTS; count++) {
		assert_int_equal(run(count, SIZE_MAX), 0);
		assert_int_equal(context.told, count);
		assert_false(context.wrong);
	}
	assert_int_equal(run(ITEMS, SIZE_MAX), 0);
	assert_int_equal(context.told, ITEMS);
	assert_false(context.wrong);
	for (size_t i = 0; i < ITEMS; i++)
		assert_int_equal(context.times_asked[i], 1);
}

static void test_a_second_core_asks(void **state)
{
	(void)state;
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	assert_int_equal(run(ITEMS, SIZE_MAX), 0);
	assert_true(asked_by_others(ITEMS) > 0);
	assert_true(asked_by_others(ITEMS) < ITEMS);
}

static void test_one_core_is_enough(void **state)
{
	cpu_set_t before, one;
	(void)state;

	assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &before))
			CPU_SET(cpu, &one);
	assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
	int status = run(ITEMS, SIZE_MAX);
	assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
	assert_int_equal(status, 0);
	assert_int_equal(context.told, ITEMS);
	assert_false(context.wrong);
	assert_int_equal(asked_by_others(ITEMS), 0);
}

/* What was asked ahead and is not told any more is released: the sanitizer build sees what is not. */
static void test_a_failure_ends_it(void **state)
{
	const size_t places[] = { 0, 1, SHMG_AHEAD_SLOTS, ITEMS / 2, ITEMS - 1 };
	(void)state;

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		assert_int_equal(run(ITEMS, places[i]), -EIO);
		assert_int_equal(context.told, places[i]);
		assert_false(context.wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_are_told_in_order),
		cmocka_unit_test(test_a_second_core_asks),
		cmocka_unit_test(test_one_core_is_enough),
		cmocka_unit_test(test_a_failure_ends_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
