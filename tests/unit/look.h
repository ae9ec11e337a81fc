/* SPDX-License-Identifier: MIT */
/* A look at one of the captured trees of tests/fixtures/hosts, or at this machine, for tests of single collectors. */
#ifndef SHMG_TESTS_UNIT_LOOK_H
#define SHMG_TESTS_UNIT_LOOK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "facts/collect.h"

/* `root` NULL: this machine. */
static inline void open_look(struct shmg_look *look, const char *root)
{
	memset(look, 0, sizeof *look);
	look->facts = shmg_facts_new();
	look->want = SHMG_WANT_ALL;
	assert_non_null(look->facts);
	assert_int_equal(shmg_root_open(root, &look->root), 0);
}

static inline void close_look(struct shmg_look *look)
{
	free(look->devices.slots);
	look->devices = (struct shmg_device_set){ 0 };
	shmg_facts_free(&look->facts);
	shmg_root_close(&look->root);
}

/* What was seen of it, counted; 0: nothing is missing. */
static inline uint64_t gaps(const struct shmg_look *look, const char *what)
{
	uint64_t count = 0;
	SHMG_FOREACH(row, &look->facts->coverage)
		if (strcmp(row->what, what) == 0)
			count += row->count;
	return count;
}

#endif
