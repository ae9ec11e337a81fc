/* SPDX-License-Identifier: MIT */
#include "facts/pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/record.h"

/* Entries of pagemap: Documentation/admin-guide/mm/pagemap.rst. */
#define ENTRY_SOFT_DIRTY (1ull << 55)
#define ENTRY_GUARD (1ull << 58)
#define ENTRY_SWAPPED (1ull << 62)
#define ENTRY_PRESENT (1ull << 63)

/* The kernel's ABI for PAGEMAP_SCAN, which older headers lack. */
#define CATEGORY_PRESENT (1ull << 3)
#define CATEGORY_SWAPPED (1ull << 4)
#define CATEGORY_SOFT_DIRTY (1ull << 7) /* 6.8 */
#define CATEGORY_GUARD (1ull << 8)      /* 6.16 */

struct scan_region {
	uint64_t start, end, categories;
};

struct scan_argument {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_REQUEST _IOWR('f', 16, struct scan_argument)

#define ADVICE_GUARD_INSTALL 102

#define SCAN_REGIONS 512
#define READ_ENTRIES 4096

static int scan(int fd, uint64_t categories, uint64_t start, uint64_t end, struct scan_region *regions, size_t count,
		uint64_t *ret_next)
{
	struct scan_argument argument = {
		.size = sizeof argument,
		.start = start,
		.end = end,
		.vec = (uintptr_t)regions,
		.vec_len = count,
		/* Soft-dirty alone is no reason to list a page: a whole fresh mapping counts as it, holes and all. */
		.category_anyof_mask = categories & ~CATEGORY_SOFT_DIRTY,
		.return_mask = categories,
	};
	int got = ioctl(fd, SCAN_REQUEST, &argument);
	if (got < 0)
		return -errno;
	*ret_next = argument.walk_end;
	return got;
}

/* The most that PAGEMAP_SCAN of this kernel understands: it refuses categories that it does not know. */
static uint64_t probe_scan(int fd, uint64_t address, uint64_t page_size)
{
	static const uint64_t tries[] = {
		CATEGORY_PRESENT | CATEGORY_SWAPPED | CATEGORY_SOFT_DIRTY | CATEGORY_GUARD,
		CATEGORY_PRESENT | CATEGORY_SWAPPED | CATEGORY_SOFT_DIRTY,
		CATEGORY_PRESENT | CATEGORY_SWAPPED,
	};
	struct scan_region regions[2];
	uint64_t next;

	for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
		if (scan(fd, tries[i], address, address + page_size, regions, 2, &next) >= 0)
			return tries[i];
	return 0;
}

struct shmg_pagemap_support shmg_pagemap_probe(void)
{
	struct shmg_pagemap_support support = { .budget = SHMG_PAGEMAP_BUDGET };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t entries[2];

	support.page_size = page;
	SHMG_AUTO_FD fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return support;
	char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return support;
	*(volatile char *)memory = 1;
	int guarded = madvise(memory + page, page, ADVICE_GUARD_INSTALL);
	support.no_guard = guarded < 0 && errno == EINVAL;
	off_t offset = (off_t)((uintptr_t)memory / page * sizeof *entries);
	if (pread(fd, entries, sizeof entries, offset) == sizeof entries) {
		/* A page that was just written is dirty wherever dirt is recorded at all. */
		support.soft_dirty = (entries[0] & ENTRY_SOFT_DIRTY) != 0;
		support.guard = guarded == 0 && (entries[1] & ENTRY_GUARD);
	}
	support.scan_categories = probe_scan(fd, (uintptr_t)memory, page);
	(void)munmap(memory, 2 * page);
	return support;
}

void shmg_pagemap_add(const struct shmg_pagemap_support *support, const uint64_t *entries, uint64_t count,
		      struct shmg_page_counts *counts)
{
	for (uint64_t i = 0; i < count; i++) {
		uint64_t entry = entries[i];

		if (support->guard && (entry & ENTRY_GUARD)) {
			counts->guard++;
			continue; /* a guard is stored like a swap entry, and shows as one */
		}
		counts->present += (entry & ENTRY_PRESENT) != 0;
		counts->swapped += (entry & ENTRY_SWAPPED) != 0;
		if (support->soft_dirty && (entry & ENTRY_SOFT_DIRTY) && (entry & (ENTRY_PRESENT | ENTRY_SWAPPED)))
			counts->soft_dirty++;
	}
	counts->counted += count;
}

static void add_region(const struct scan_region *region, uint64_t page_size, struct shmg_page_counts *counts)
{
	uint64_t pages = (region->end - region->start) / page_size;

	if (region->categories & CATEGORY_GUARD) {
		counts->guard += pages;
		return;
	}
	if (region->categories & CATEGORY_PRESENT)
		counts->present += pages;
	if (region->categories & CATEGORY_SWAPPED)
		counts->swapped += pages;
	if (region->categories & CATEGORY_SOFT_DIRTY)
		counts->soft_dirty += pages;
}

static int count_by_scan(int fd, const struct shmg_pagemap_support *support, uint64_t start, uint64_t end,
			 struct shmg_page_counts *counts)
{
	struct scan_region regions[SCAN_REGIONS];

	while (start < end) {
		uint64_t next = start;
		int got = scan(fd, support->scan_categories, start, end, regions, SCAN_REGIONS, &next);
		if (got == -EINTR)
			continue;
		if (got < 0)
			return got;
		for (int i = 0; i < got; i++)
			add_region(&regions[i], support->page_size, counts);
		if (next <= start || next > end)
			return -EIO;
		counts->counted += (next - start) / support->page_size;
		start = next;
	}
	return 0;
}

static int count_by_reading(int fd, struct shmg_pagemap_support *support, uint64_t start, uint64_t end,
			    struct shmg_page_counts *counts)
{
	uint64_t entries[READ_ENTRIES];
	uint64_t page = start / support->page_size, last = end / support->page_size;

	while (page < last && support->budget) {
		uint64_t want = last - page < READ_ENTRIES ? last - page : READ_ENTRIES;
		want = want < support->budget ? want : support->budget;
		ssize_t got = pread(fd, entries, want * sizeof *entries, (off_t)(page * sizeof *entries));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		uint64_t count = (uint64_t)got / sizeof *entries;
		if (!count)
			return -ESRCH; /* the process, and its page tables with it, are gone */
		shmg_pagemap_add(support, entries, count, counts);
		support->budget -= count;
		page += count;
	}
	return 0;
}

/* 6.15 shows guard regions to readers only: then reading is worth its price where there is not too much of it. */
static bool scan_is_better(const struct shmg_pagemap_support *support, uint64_t pages)
{
	if (!support->scan_categories)
		return false;
	return support->no_guard || !support->guard || (support->scan_categories & CATEGORY_GUARD) ||
	       pages > support->budget;
}

int shmg_pagemap_count(int fd, struct shmg_pagemap_support *support, uint64_t start, uint64_t end,
		       struct shmg_page_counts *ret_counts)
{
	struct shmg_page_counts counts = { .pages = (end - start) / support->page_size };
	bool scans = scan_is_better(support, counts.pages);
	int code = scans ? count_by_scan(fd, support, start, end, &counts)
			 : count_by_reading(fd, support, start, end, &counts);
	if (code)
		return code;
	if (!support->soft_dirty || (scans && !(support->scan_categories & CATEGORY_SOFT_DIRTY)))
		counts.soft_dirty = SHMG_U64_UNKNOWN;
	if (!support->no_guard && (scans ? !(support->scan_categories & CATEGORY_GUARD) : !support->guard)) {
		counts.guard = SHMG_U64_UNKNOWN;
		counts.swapped = SHMG_U64_UNKNOWN; /* guards may be among them */
	}
	*ret_counts = counts;
	return 0;
}
