/* SPDX-License-Identifier: MIT */
/*
 * One object or process in depth: its mappings as the processor enforces them, the state of their pages, who
 * can write, and the limits that apply.
 *
 * Reads /proc/PID/smaps and pagemap, which walk page tables and can make a busy process wait: only for what was
 * asked about, never in a look at the whole host. Changes nothing.
 */
#ifndef SHMG_FACTS_DETAIL_H
#define SHMG_FACTS_DETAIL_H

#include "facts/facts.h"
#include "facts/holder.h"
#include "facts/limit.h"
#include "facts/smaps.h"

/* What the memory management unit lets user code do: bits of `enforced`. */
enum shmg_protection {
	SHMG_PROTECTION_READ = 1u << 0,
	SHMG_PROTECTION_WRITE = 1u << 1,
	SHMG_PROTECTION_EXECUTE = 1u << 2,
	SHMG_PROTECTION_USER = 1u << 3,   /* user code may touch it at all */
	SHMG_PROTECTION_SHARED = 1u << 4, /* stores reach the object */
	SHMG_PROTECTION_LOCKED = 1u << 5, /* never swapped out */
	SHMG_PROTECTION_HUGE = 1u << 6,   /* some of it is mapped by huge pages */
	SHMG_PROTECTION_KEYED = 1u << 7,  /* each thread's PKRU decides whether the reads and writes are allowed */
};

/* What mprotect could still add: bits of `may`. */
enum shmg_may {
	SHMG_MAY_READ = 1u << 0,
	SHMG_MAY_WRITE = 1u << 1,
	SHMG_MAY_EXECUTE = 1u << 2,
};

enum shmg_mapping_flag {
	SHMG_MAPPING_CHANGED = 1u << 0, /* moved, replaced or unmapped while it was looked at: its pages are unknown */
	SHMG_MAPPING_CAPPED = 1u << 1,  /* larger than what is counted: the counts are of its beginning */
};

struct shmg_mapping {
	const char *name;     /* ident of the object, else as the kernel prints it */
	const char *declared; /* "rw-s", as /proc/PID/maps has it */
	uint64_t start, size, offset;
	uint64_t page_size;
	uint64_t resident; /* bytes */
	/* Pages, by the process's own page tables: what others have touched is not present here. */
	uint64_t pages, present, swapped, soft_dirty, guard;
	uint32_t pid;
	uint32_t enforced; /* enum shmg_protection */
	uint32_t may;      /* enum shmg_may */
	uint32_t protection_key;
	uint32_t flags;  /* enum shmg_mapping_flag */
	uint32_t object; /* row in objects; unknown: none of them; not shown */
};

struct shmg_detail {
	SHMG_ARRAY(struct shmg_mapping) mappings;
	SHMG_ARRAY(struct shmg_holder) holders;
	struct shmg_limits limits;
	SHMG_ARRAY(struct shmg_coverage) coverage;
	struct shmg_pool pool;
};
extern const struct shmg_record_type shmg_mapping_type;

/*
 * What is to be known about one row of objects, or of processes. Not `live`: facts from a snapshot or captured
 * tree, whose processes are not here to be asked; then nothing is read, and coverage says so.
 * 0 or -ENOMEM; the caller frees *ret_detail. Facts must outlive it.
 */
int shmg_detail_object(const struct shmg_facts *facts, uint32_t object, bool live, struct shmg_detail **ret_detail);
int shmg_detail_process(const struct shmg_facts *facts, uint32_t process, bool live, struct shmg_detail **ret_detail);

void shmg_detail_free(struct shmg_detail **detail);

/* enum shmg_protection of a mapping. */
uint32_t shmg_vma_enforced(const struct shmg_vma *vma);

/* Whether a mapping is of that object. */
bool shmg_vma_is_of(const struct shmg_vma *vma, const struct shmg_object *object);

#endif
