/* SPDX-License-Identifier: MIT */
/*
 * What state the pages of a mapping are in, counted from a process's page tables (/proc/PID/pagemap).
 *
 * PAGEMAP_SCAN (6.7) skips the holes of a sparse mapping; without it every page is an entry to read, and the
 * reading stops at a limit, which the result says.
 */
#ifndef SHMG_FACTS_PAGEMAP_H
#define SHMG_FACTS_PAGEMAP_H

#include <stdbool.h>
#include <stdint.h>

/* What this kernel can tell about pages. */
struct shmg_pagemap_support {
	uint64_t page_size;
	uint64_t scan_categories; /* that PAGEMAP_SCAN knows; 0: it is not there */
	bool soft_dirty;          /* the kernel keeps soft-dirty bits */
	bool guard;               /* guard regions show */
	bool no_guard;            /* the kernel has no guard regions: there is none to show */
	uint64_t budget;          /* entries that may still be read one by one */
};

/* Counts of pages; unknown where the kernel cannot tell. Guard pages are neither present nor swapped. */
struct shmg_page_counts {
	uint64_t pages; /* of the range */
	uint64_t present;
	uint64_t swapped;    /* without shared pages: the page tables forget where those went */
	uint64_t soft_dirty; /* present or swapped, and written since /proc/PID/clear_refs was */
	uint64_t guard;
	uint64_t counted; /* pages that were looked at: fewer than `pages` when the limit was reached */
};

#define SHMG_PAGEMAP_BUDGET (16u << 20)

/* Tries what the kernel has on a page of its own. Touches only the calling process. */
struct shmg_pagemap_support shmg_pagemap_probe(void);

/* Counts the pages of [start, end) in an open /proc/PID/pagemap. 0 or -errno (-ESRCH: the process is gone). */
int shmg_pagemap_count(int fd, struct shmg_pagemap_support *support, uint64_t start, uint64_t end,
		       struct shmg_page_counts *ret_counts);

/* Adds what `count` entries, as pagemap has them, say. */
void shmg_pagemap_add(const struct shmg_pagemap_support *support, const uint64_t *entries, uint64_t count,
		      struct shmg_page_counts *counts);

#endif
