/* SPDX-License-Identifier: MIT */
/* Page states: from entries as the kernel documents them, and from this process's own page tables. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "facts/pagemap.h"
#include "lib/base/cleanup.h"
#include "lib/base/record.h"

#define PRESENT (1ull << 63)
#define SWAPPED (1ull << 62)
#define FILE_PAGE (1ull << 61)
#define GUARD (1ull << 58)
#define EXCLUSIVE (1ull << 56)
#define SOFT_DIRTY (1ull << 55)

#define PAGES 16
#define GUARD_INSTALL 102

static void entries(void **state)
{
	static const uint64_t captured[] = {
		0,
		PRESENT | FILE_PAGE | EXCLUSIVE,
		PRESENT | FILE_PAGE | SOFT_DIRTY | 0x1234,
		SWAPPED | 0x22,
		SWAPPED | SOFT_DIRTY,
		SWAPPED | GUARD,
		SOFT_DIRTY, /* a hole in a mapping that is dirty as a whole */
	};
	struct shmg_pagemap_support all = { .page_size = 4096, .soft_dirty = true, .guard = true };
	struct shmg_page_counts counts = { .pages = 7 };

	(void)state;
	shmg_pagemap_add(&all, captured, 7, &counts);
	assert_int_equal(counts.present, 2);
	assert_int_equal(counts.swapped, 2);
	assert_int_equal(counts.soft_dirty, 2);
	assert_int_equal(counts.guard, 1);
	assert_int_equal(counts.counted, 7);
}

struct mapped {
	char *memory;
	size_t page;
	int pagemap;
};

static struct mapped map_pages(void)
{
	struct mapped mapped = { .page = (size_t)sysconf(_SC_PAGESIZE) };
	SHMG_AUTO_FD fd = memfd_create("pages", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(PAGES * mapped.page)), 0);
	mapped.memory = mmap(NULL, PAGES * mapped.page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(mapped.memory, MAP_FAILED);
	/* Nothing but what the test touches may become present. */
	assert_int_equal(madvise(mapped.memory, PAGES * mapped.page, MADV_RANDOM), 0);
	(void)madvise(mapped.memory, PAGES * mapped.page, MADV_NOHUGEPAGE);
	mapped.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	assert_true(mapped.pagemap >= 0);
	return mapped;
}

static void unmap_pages(struct mapped *mapped)
{
	(void)munmap(mapped->memory, PAGES * mapped->page);
	(void)close(mapped->pagemap);
}

static struct shmg_page_counts count(const struct mapped *mapped, struct shmg_pagemap_support *support)
{
	struct shmg_page_counts counts = { .pages = 0 };
	uint64_t start = (uintptr_t)mapped->memory;

	assert_int_equal(shmg_pagemap_count(mapped->pagemap, support, start, start + PAGES * mapped->page, &counts), 0);
	assert_int_equal(counts.pages, PAGES);
	assert_int_equal(counts.counted, PAGES);
	return counts;
}

static void check_touched(struct shmg_pagemap_support *support)
{
	struct mapped mapped = map_pages();
	static const size_t touched[] = { 0, 3, 4, 15 };

	assert_int_equal(count(&mapped, support).present, 0);
	for (size_t i = 0; i < 4; i++)
		mapped.memory[touched[i] * mapped.page] = 1;
	struct shmg_page_counts counts = count(&mapped, support);
	assert_int_equal(counts.present, 4);
	assert_int_equal(counts.swapped, 0);
	assert_int_equal(counts.guard, 0);
	assert_true(counts.soft_dirty == (support->soft_dirty ? 4 : SHMG_U64_UNKNOWN));

	/* The page tables follow a mapping that moves. */
	char *moved =
		mremap(mapped.memory, PAGES * mapped.page, PAGES * mapped.page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	if (moved != MAP_FAILED) {
		assert_int_equal(count(&mapped, support).present, 0);
		(void)munmap(mapped.memory, PAGES * mapped.page);
		mapped.memory = moved;
		assert_true(count(&mapped, support).present <= 4);
	}
	unmap_pages(&mapped);
}

static void touched_pages_by_scan(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();

	(void)state;
	if (!support.scan_categories) {
		print_message("this kernel has no PAGEMAP_SCAN (6.7)\n");
		skip();
	}
	check_touched(&support);
}

static void touched_pages_by_reading(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();

	(void)state;
	support.scan_categories = 0;
	check_touched(&support);
}

/* A guard page is neither present nor swapped, by either way of counting. */
static void guard_pages(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();
	struct mapped mapped = map_pages();

	(void)state;
	mapped.memory[0] = mapped.memory[mapped.page] = 1;
	if (madvise(mapped.memory + mapped.page, 3 * mapped.page, GUARD_INSTALL) < 0 || !support.guard) {
		unmap_pages(&mapped);
		print_message("this kernel does not show guard regions of shared memory (6.15)\n");
		skip();
	}
	for (int by_reading = 0; by_reading < 2; by_reading++) {
		if (by_reading)
			support.scan_categories = 0;
		struct shmg_page_counts counts = count(&mapped, &support);
		assert_int_equal(counts.guard, 3);
		assert_int_equal(counts.present, 1);
		assert_int_equal(counts.swapped, 0);
	}
	unmap_pages(&mapped);
}

/* What the kernel cannot tell is unknown, not 0. */
static void unknown_is_said(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();
	struct mapped mapped = map_pages();

	(void)state;
	support.scan_categories = 0;
	support.soft_dirty = support.guard = support.no_guard = false;
	struct shmg_page_counts counts = count(&mapped, &support);
	assert_true(counts.soft_dirty == SHMG_U64_UNKNOWN);
	assert_true(counts.guard == SHMG_U64_UNKNOWN);
	assert_true(counts.swapped == SHMG_U64_UNKNOWN);
	assert_int_equal(counts.present, 0);
	unmap_pages(&mapped);
}

/* Reading stops when its budget is used up, and says how far it came. */
static void the_budget(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();
	struct mapped mapped = map_pages();
	struct shmg_page_counts counts;
	uint64_t start = (uintptr_t)mapped.memory;

	(void)state;
	memset(mapped.memory, 1, PAGES * mapped.page);
	support.scan_categories = 0;
	support.budget = 5;
	assert_int_equal(shmg_pagemap_count(mapped.pagemap, &support, start, start + PAGES * mapped.page, &counts), 0);
	assert_int_equal(counts.counted, 5);
	assert_int_equal(counts.present, 5);
	assert_int_equal(counts.pages, PAGES);
	assert_int_equal(support.budget, 0);
	unmap_pages(&mapped);
}

/* A terabyte of nothing is counted at once. */
static void a_large_hole(void **state)
{
	struct shmg_pagemap_support support = shmg_pagemap_probe();
	const uint64_t size = 1ull << 40;
	struct shmg_page_counts counts;

	(void)state;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!support.scan_categories || memory == MAP_FAILED) {
		print_message("no PAGEMAP_SCAN (6.7), or no room for a terabyte\n");
		skip();
	}
	memory[size / 2] = 1;
	SHMG_AUTO_FD fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t start = (uintptr_t)memory;
	assert_int_equal(shmg_pagemap_count(fd, &support, start, start + size, &counts), 0);
	assert_true(counts.counted == counts.pages);
	assert_true(counts.present >= 1);
	(void)munmap(memory, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(touched_pages_by_scan),
		cmocka_unit_test(touched_pages_by_reading),
		cmocka_unit_test(guard_pages),
		cmocka_unit_test(unknown_is_said),
		cmocka_unit_test(the_budget),
		cmocka_unit_test(a_large_hole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
