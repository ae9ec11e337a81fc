/* SPDX-License-Identifier: MIT */
/*
 * What several probes need of the same facts: made on first use, in the audit's pool. Internal to the room.
 *
 * Rows that a snapshot refers to and does not have are left out here, so that probes need not ask again.
 */
#ifndef SHMG_AUDIT_SCRATCH_H
#define SHMG_AUDIT_SCRATCH_H

#include "audit/audit.h"

struct shmg_place_index;

/*
 * Rows of holds of one object, by process, our own process left out. Returns their number; 0 also when there is no
 * memory (audit->failed).
 */
size_t shmg_scratch_holders(struct shmg_audit *audit, uint32_t object, const uint32_t **ret_rows);

/* By object row: enum shmg_orphan, the policy's exceptions not asked. NULL when there is no memory (audit->failed). */
const uint8_t *shmg_scratch_orphans(struct shmg_audit *audit);

/* The index of entries by path, perhaps not built yet (place.h). NULL when there is no memory (audit->failed). */
struct shmg_place_index *shmg_scratch_places(struct shmg_audit *audit);

/* The mount namespace of that inode, or NULL. */
const struct shmg_namespace *shmg_scratch_mount_namespace(struct shmg_audit *audit, uint64_t inode);

/* Zeroed memory that lives as long as the audit; NULL when there is none (audit->failed). */
void *shmg_scratch_alloc(struct shmg_audit *audit, size_t count, size_t size);

/* The process of a hold that shmg_scratch_holders gave. */
const struct shmg_process *shmg_scratch_process(const struct shmg_audit *audit, uint32_t hold);

/* The process of that pid, or NULL. */
const struct shmg_process *shmg_scratch_find_process(const struct shmg_facts *facts, uint32_t pid);

/* Flags that are unknown are not set. */
static inline bool shmg_has(uint32_t flags, uint32_t flag)
{
	return flags != SHMG_U32_UNKNOWN && (flags & flag) != 0;
}

/* Counts that are unknown are nothing. */
static inline bool shmg_some(uint32_t count)
{
	return count != SHMG_U32_UNKNOWN && count != 0;
}

/* "3 h 12 min", for evidence; returns `buffer`. */
const char *shmg_scratch_age(int64_t nanoseconds, char buffer[static 24]);

#endif
