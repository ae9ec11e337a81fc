/* SPDX-License-Identifier: MIT */
/*
 * One process's mappings as /proc/PID/smaps (or maps, which has the heading lines only) tells them.
 *
 * The text is parsed as it arrives, a mapping at a time, and nothing of a mapping that nobody asked for
 * is looked at but its heading line.
 */
#ifndef SHMG_FACTS_SMAPS_H
#define SHMG_FACTS_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shmg_vma_permission {
	SHMG_VMA_READ = 1u << 0,
	SHMG_VMA_WRITE = 1u << 1,
	SHMG_VMA_EXECUTE = 1u << 2,
	SHMG_VMA_SHARED = 1u << 3,
};

/* VmFlags of smaps that say something here. */
enum shmg_vma_flag {
	SHMG_VMA_MAY_READ = 1u << 0,      /* mr: mprotect may add it */
	SHMG_VMA_MAY_WRITE = 1u << 1,     /* mw */
	SHMG_VMA_MAY_EXECUTE = 1u << 2,   /* me */
	SHMG_VMA_LOCKED = 1u << 3,        /* lo */
	SHMG_VMA_HUGETLB = 1u << 4,       /* ht */
	SHMG_VMA_SOFT_DIRTY = 1u << 5,    /* sd: all of it counts as dirty */
	SHMG_VMA_MSEALED = 1u << 6,       /* sl: its protection cannot change any more */
	SHMG_VMA_DONT_DUMP = 1u << 7,     /* dd */
	SHMG_VMA_NOT_INHERITED = 1u << 8, /* dc */
};

struct shmg_vma {
	uint64_t start, end, offset;
	uint64_t dev; /* as stat shows it */
	uint64_t ino;
	const char *name; /* as the kernel prints it: a newline is "\012"; "" has none; good until the next mapping */
	uint32_t permissions; /* enum shmg_vma_permission */
	/* From smaps only; unknown otherwise. */
	uint64_t page_size;                       /* that the kernel uses for it */
	uint64_t resident, swapped, locked, huge; /* bytes; `huge` is mapped by huge pages */
	uint32_t flags;                           /* enum shmg_vma_flag */
	uint32_t protection_key;                  /* unknown where the processor has none */
};

struct shmg_smaps_visitor {
	/* Whether this mapping is of interest; only its heading is known. NULL: all are. */
	bool (*wants)(void *context, const struct shmg_vma *vma);
	/* A whole mapping. 0, or a -errno that ends the reading. */
	int (*visit)(void *context, const struct shmg_vma *vma);
	void *context;
};

/* Reads an open smaps or maps file to its end. 0, the visitor's or read's -errno, -EFBIG (no such long line exists). */
int shmg_smaps_read(int fd, const struct shmg_smaps_visitor *visitor);

/* The same from text. */
int shmg_smaps_parse(const char *text, size_t length, const struct shmg_smaps_visitor *visitor);

#endif
