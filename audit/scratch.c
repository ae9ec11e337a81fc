/* SPDX-License-Identifier: MIT */
#include "audit/scratch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/orphan.h"
#include "audit/place.h"

struct shmg_scratch {
	uint32_t *first; /* by object row: its first place in `order`; one more at the end */
	uint32_t *order; /* rows of holds, by object, then process */
	uint8_t *orphans;
	const struct shmg_namespace **mount_namespaces; /* by inode */
	size_t mount_namespace_count;
	struct shmg_place_index places;
};

void *shmg_scratch_alloc(struct shmg_audit *audit, size_t count, size_t size)
{
	size_t bytes;
	void *memory = __builtin_mul_overflow(count, size, &bytes) ? NULL : shmg_pool_alloc(&audit->pool, bytes);
	if (!memory)
		audit->failed = -ENOMEM;
	return memory;
}

static struct shmg_scratch *scratch_of(struct shmg_audit *audit)
{
	if (!audit->scratch)
		audit->scratch = shmg_scratch_alloc(audit, 1, sizeof *audit->scratch);
	return audit->scratch;
}

static bool counts(const struct shmg_facts *facts, const struct shmg_hold *hold)
{
	return hold->object < facts->objects.count && hold->process < facts->processes.count &&
	       !shmg_has(facts->processes.items[hold->process].flags, SHMG_PROCESS_OURSELF);
}

/* A counting sort: holds come by process, and stay so within an object. */
static bool sort_holds(struct shmg_audit *audit, struct shmg_scratch *scratch)
{
	const struct shmg_facts *facts = audit->facts;
	size_t objects = facts->objects.count;
	uint32_t *first = shmg_scratch_alloc(audit, objects + 2, sizeof *first);
	uint32_t *order = shmg_scratch_alloc(audit, facts->holds.count + 1, sizeof *order);
	if (!first || !order)
		return false;

	/* Counted two places ahead; placing them moves each start to its own place. */
	SHMG_FOREACH(hold, &facts->holds)
		if (counts(facts, hold))
			first[hold->object + 2]++;
	for (size_t object = 2; object < objects + 2; object++)
		first[object] += first[object - 1];
	SHMG_FOREACH(hold, &facts->holds)
		if (counts(facts, hold))
			order[first[hold->object + 1]++] = (uint32_t)(hold - facts->holds.items);
	scratch->first = first;
	scratch->order = order;
	return true;
}

size_t shmg_scratch_holders(struct shmg_audit *audit, uint32_t object, const uint32_t **ret_rows)
{
	struct shmg_scratch *scratch = scratch_of(audit);
	if (!scratch || (!scratch->first && !sort_holds(audit, scratch)))
		return 0;
	*ret_rows = scratch->order + scratch->first[object];
	return scratch->first[object + 1] - scratch->first[object];
}

const uint8_t *shmg_scratch_orphans(struct shmg_audit *audit)
{
	struct shmg_scratch *scratch = scratch_of(audit);
	if (!scratch || scratch->orphans)
		return scratch ? scratch->orphans : NULL;
	uint8_t *orphans = shmg_scratch_alloc(audit, audit->facts->objects.count + 1, sizeof *orphans);
	if (!orphans)
		return NULL;
	SHMG_FOREACH(object, &audit->facts->objects)
		orphans[object - audit->facts->objects.items] =
			(uint8_t)shmg_object_orphan_unasked(audit->facts, audit->policy, object, NULL, 0);
	scratch->orphans = orphans;
	return orphans;
}

static int compare_namespaces(const void *left, const void *right)
{
	const struct shmg_namespace *const *a = left, *const *b = right;
	return ((*a)->inode > (*b)->inode) - ((*a)->inode < (*b)->inode);
}

static bool sort_namespaces(struct shmg_audit *audit, struct shmg_scratch *scratch)
{
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_namespace **sorted = shmg_scratch_alloc(audit, facts->namespaces.count + 1, sizeof *sorted);
	size_t count = 0;

	if (!sorted)
		return false;
	SHMG_FOREACH(ns, &facts->namespaces)
		if (ns->type == SHMG_NAMESPACE_MOUNT)
			sorted[count++] = ns;
	qsort(sorted, count, sizeof *sorted, compare_namespaces);
	scratch->mount_namespaces = sorted;
	scratch->mount_namespace_count = count;
	return true;
}

const struct shmg_namespace *shmg_scratch_mount_namespace(struct shmg_audit *audit, uint64_t inode)
{
	const struct shmg_namespace wanted = { .inode = inode }, *key = &wanted;
	struct shmg_scratch *scratch = scratch_of(audit);

	if (!scratch || (!scratch->mount_namespaces && !sort_namespaces(audit, scratch)))
		return NULL;
	const struct shmg_namespace *const *found = bsearch(
		&key, scratch->mount_namespaces, scratch->mount_namespace_count, sizeof key, compare_namespaces);
	return found ? *found : NULL;
}

struct shmg_place_index *shmg_scratch_places(struct shmg_audit *audit)
{
	struct shmg_scratch *scratch = scratch_of(audit);
	return scratch ? &scratch->places : NULL;
}

const struct shmg_process *shmg_scratch_process(const struct shmg_audit *audit, uint32_t hold)
{
	return &audit->facts->processes.items[audit->facts->holds.items[hold].process];
}

static int compare_pid(const void *key, const void *row)
{
	uint32_t pid = *(const uint32_t *)key;
	const struct shmg_process *process = row;
	return (pid > process->pid) - (pid < process->pid);
}

const struct shmg_process *shmg_scratch_find_process(const struct shmg_facts *facts, uint32_t pid)
{
	if (!facts->processes.count)
		return NULL;
	return bsearch(&pid, facts->processes.items, facts->processes.count, sizeof *facts->processes.items,
		       compare_pid);
}

const char *shmg_scratch_age(int64_t nanoseconds, char buffer[static 24])
{
	int64_t seconds = nanoseconds / 1000000000, minutes = seconds / 60, hours = minutes / 60;

	if (seconds < 60)
		(void)snprintf(buffer, 24, "%" PRId64 " s", seconds);
	else if (minutes < 60)
		(void)snprintf(buffer, 24, "%" PRId64 " min", minutes);
	else if (hours < 48)
		(void)snprintf(buffer, 24, "%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
	else
		(void)snprintf(buffer, 24, "%" PRId64 " days", hours / 24);
	return buffer;
}
