/* SPDX-License-Identifier: MIT */
/*
 * What has grown since an earlier snapshot of the same machine.
 *
 * A namespace or mount that grows is a finding when as much growth again would reach its limit: that says how soon it
 * matters without a threshold for each size of machine.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/family.h"
#include "audit/orphan.h"
#include "audit/scratch.h"

#define SECOND INT64_C(1000000000)
#define SNAPSHOT "the snapshot, and now"

/* The clock may be corrected by this much between two looks without anybody having booted. */
#define BOOT_TOLERANCE 5

static const char *why_not_comparable(const struct shmg_host *then, const struct shmg_host *now)
{
	if (!then->hostname || !now->hostname || then->booted == SHMG_TIME_UNKNOWN ||
	    now->booted == SHMG_TIME_UNKNOWN || then->taken == SHMG_TIME_UNKNOWN || now->taken == SHMG_TIME_UNKNOWN)
		return "the snapshot does not tell of which machine and boot it is";
	if (strcmp(then->hostname, now->hostname) != 0)
		return "the snapshot is of another machine";
	int64_t difference = now->booted / SECOND - then->booted / SECOND;
	if (difference > BOOT_TOLERANCE || difference < -BOOT_TOLERANCE)
		return "the machine was booted since the snapshot";
	if (then->taken >= now->taken)
		return "the snapshot is not older than this look";
	return NULL;
}

/* What a look with fewer rights did not see would seem to have grown. */
static const char *why_not_alike(const struct shmg_host *then, const struct shmg_host *now)
{
	if (then->complete != now->complete || (now->complete != 1 && then->uid != now->uid))
		return "the snapshot was taken with other rights and could not see the same";
	return NULL;
}

static const char *why_not(const struct shmg_audit *audit, bool holders)
{
	const struct shmg_host *then = audit->since->host.items, *now = audit->facts->host.items;

	if (!audit->since->host.count || !audit->facts->host.count)
		return "the snapshot does not tell of which machine and boot it is";
	const char *why = why_not_comparable(then, now);
	return why || !holders ? why : why_not_alike(then, now);
}

static const char *since_text(const struct shmg_audit *audit, char buffer[static 24])
{
	int64_t apart;
	if (__builtin_sub_overflow(audit->facts->host.items[0].taken, audit->since->host.items[0].taken, &apart))
		apart = INT64_MAX;
	return shmg_scratch_age(apart, buffer);
}

/* --- orphans --- */

static uint64_t count_orphans(const struct shmg_facts *facts, const struct shmg_policy *policy)
{
	uint64_t count = 0;

	SHMG_FOREACH(object, &facts->objects)
		count += shmg_object_orphan(facts, policy, object, NULL, 0) == SHMG_ORPHAN_ORPHANED;
	return count;
}

static enum shmg_outcome probe_orphans(struct shmg_audit *audit)
{
	const char *why = why_not(audit, true);
	char apart[24];

	if (why)
		return shmg_audit_unseen(audit, why);
	uint64_t then = count_orphans(audit->since, audit->policy), now = count_orphans(audit->facts, audit->policy);
	uint64_t most = shmg_audit_parameter(audit, SHMG_PARAMETER_ORPHAN_GROWTH);
	if (now > then && now - then >= most)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "orphans",
				shmg_audit_text(audit, "fewer than %" PRIu64 " more than there were", most), SNAPSHOT,
				"%" PRIu64 " orphans, %" PRIu64 " in the snapshot %s before", now, then,
				since_text(audit, apart));
	return shmg_audit_complete(audit);
}

/* --- processes --- */

/* By more than so many percent, and more than so many bytes. */
static bool is_unusual(const struct shmg_audit *audit, uint64_t then, uint64_t now)
{
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_PROCESS_GROWTH_PERCENT);

	if (then == SHMG_U64_UNKNOWN || now == SHMG_U64_UNKNOWN || now <= then ||
	    now - then <= shmg_audit_parameter(audit, SHMG_PARAMETER_PROCESS_GROWTH_BYTES))
		return false;
	return (long double)(now - then) * 100 > (long double)then * (long double)percent;
}

static enum shmg_outcome probe_processes(struct shmg_audit *audit)
{
	const char *why = why_not(audit, true);
	char apart[24], before[SHMG_AMOUNT_MAX], after[SHMG_AMOUNT_MAX];

	if (why)
		return shmg_audit_unseen(audit, why);
	SHMG_FOREACH(process, &audit->facts->processes) {
		const struct shmg_process *earlier = shmg_scratch_find_process(audit->since, process->pid);
		/* The pid alone may have passed to another process. */
		if (!earlier || earlier->start_ticks != process->start_ticks ||
		    process->start_ticks == SHMG_U64_UNKNOWN || shmg_has(process->flags, SHMG_PROCESS_OURSELF) ||
		    !is_unusual(audit, earlier->shared_bytes, process->shared_bytes))
			continue;
		shmg_audit_find(audit, SHMG_SUBJECT_PROCESS, (uint32_t)(process - audit->facts->processes.items),
				shmg_audit_text(audit, "pid %" PRIu32 " (%s)", process->pid,
						process->comm ? process->comm : "?"),
				"steady use", SNAPSHOT, "maps %s, %s in the snapshot %s before",
				shmg_amount_bytes(process->shared_bytes, after),
				shmg_amount_bytes(earlier->shared_bytes, before), since_text(audit, apart));
	}
	return shmg_audit_complete(audit);
}

/* --- namespaces and mounts --- */

/* As much growth again would reach the limit. */
static bool runs_out(uint64_t then, uint64_t now, uint64_t limit)
{
	if (then == SHMG_U64_UNKNOWN || now == SHMG_U64_UNKNOWN || limit == SHMG_U64_UNKNOWN || limit == UINT64_MAX ||
	    now <= then)
		return false;
	return now >= limit || now - then >= limit - now;
}

struct growing {
	const char *what, *limit_name;
	uint64_t then, now, limit;
};

static void find_growing(struct shmg_audit *audit, enum shmg_subject type, uint32_t row, const char *subject,
			 const struct growing *growing)
{
	char apart[24];

	if (runs_out(growing->then, growing->now, growing->limit))
		shmg_audit_find(
			audit, type, row, subject,
			shmg_audit_text(audit, "%s of %" PRIu64 " not in sight", growing->limit_name, growing->limit),
			SNAPSHOT, "%" PRIu64 " %s, %" PRIu64 " in the snapshot %s before: as many more reach the limit",
			growing->now, growing->what, growing->then, since_text(audit, apart));
}

static int compare_namespaces(const void *left, const void *right)
{
	const struct shmg_namespace *a = *(const struct shmg_namespace *const *)left;
	const struct shmg_namespace *b = *(const struct shmg_namespace *const *)right;
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	return (a->inode > b->inode) - (a->inode < b->inode);
}

static enum shmg_outcome probe_segments(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts, *since = audit->since;
	const char *why = why_not(audit, false);

	if (why)
		return shmg_audit_unseen(audit, why);
	const struct shmg_namespace **then = shmg_scratch_alloc(audit, since->namespaces.count + 1, sizeof(void *));
	if (!then)
		return SHMG_OUTCOME_PASSED;
	for (size_t i = 0; i < since->namespaces.count; i++)
		then[i] = &since->namespaces.items[i];
	qsort(then, since->namespaces.count, sizeof(void *), compare_namespaces);
	SHMG_FOREACH(now, &facts->namespaces) {
		const struct shmg_namespace *key = now;
		if (now->type != SHMG_NAMESPACE_IPC)
			continue;
		const struct shmg_namespace **found =
			bsearch(&key, then, since->namespaces.count, sizeof(void *), compare_namespaces);
		if (!found)
			continue;
		const char *subject =
			now->host == 1 ? "ipc (host)" : shmg_audit_text(audit, "ipc:%" PRIu64, now->inode);
		uint32_t row = (uint32_t)(now - facts->namespaces.items);
		find_growing(audit, SHMG_SUBJECT_NAMESPACE, row, subject,
			     &(struct growing){ "segments", "shmmni", (*found)->segments, now->segments, now->shmmni });
		find_growing(
			audit, SHMG_SUBJECT_NAMESPACE, row, subject,
			&(struct growing){ "pages of segments", "shmall", (*found)->pages, now->pages, now->shmall });
	}
	return SHMG_OUTCOME_PASSED;
}

/* A mount is the same one where namespace, device and place are. */
static int compare_mounts(const void *left, const void *right)
{
	const struct shmg_mount *a = *(const struct shmg_mount *const *)left;
	const struct shmg_mount *b = *(const struct shmg_mount *const *)right;
	if (a->mnt_ns != b->mnt_ns)
		return a->mnt_ns < b->mnt_ns ? -1 : 1;
	if (a->dev != b->dev)
		return a->dev < b->dev ? -1 : 1;
	return strcmp(a->target ? a->target : "", b->target ? b->target : "");
}

static enum shmg_outcome probe_mounts(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts, *since = audit->since;
	const char *why = why_not(audit, false);

	if (why)
		return shmg_audit_unseen(audit, why);
	const struct shmg_mount **then = shmg_scratch_alloc(audit, since->mounts.count + 1, sizeof(void *));
	if (!then)
		return SHMG_OUTCOME_PASSED;
	for (size_t i = 0; i < since->mounts.count; i++)
		then[i] = &since->mounts.items[i];
	qsort(then, since->mounts.count, sizeof(void *), compare_mounts);
	SHMG_FOREACH(now, &facts->mounts) {
		const struct shmg_mount *key = now;
		if (now->sharing != 1 || now->hidden == 1)
			continue;
		const struct shmg_mount **found =
			bsearch(&key, then, since->mounts.count, sizeof(void *), compare_mounts);
		if (!found)
			continue;
		const char *subject = now->target ? now->target : "?";
		uint32_t row = (uint32_t)(now - facts->mounts.items);
		find_growing(audit, SHMG_SUBJECT_MOUNT, row, subject,
			     &(struct growing){ "bytes used", "size", (*found)->used, now->used, now->size });
		find_growing(audit, SHMG_SUBJECT_MOUNT, row, subject,
			     &(struct growing){ "inodes used", "nr_inodes", (*found)->inodes_used, now->inodes_used,
						now->inodes });
	}
	return SHMG_OUTCOME_PASSED;
}

static const struct shmg_check rows[] = {
	{
		.id = "SHM-GRO-001",
		.family = "growth",
		.title = "More objects left behind than before",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Something keeps crashing or never cleans up, and each time takes memory that nobody gives "
		       "back.",
		.fix = "List them (shmguard ls --orphans): the newest names and owners tell the program. Let it "
		       "remove what it made (shm_unlink, IPC_RMID), also when it is killed.",
		.breaks = "Nothing by looking; removing one may lose a program's stored state.",
		.references = "shm_unlink(3); shmctl(2); CWE-401; CWE-772",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_ORPHAN_GROWTH, SHMG_PARAMETER_ORPHAN_AGE),
		.needs = SHMG_WANT_LEASE,
		.compares = true,
		.probe = probe_orphans,
	},
	{
		.id = "SHM-GRO-002",
		.family = "growth",
		.title = "Shared memory of a process grows unusually",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "A process that maps ever more segments leaks them, or is being made to: it ends in the "
		       "out-of-memory killer, which may choose another.",
		.fix = "See what it maps (shmguard show PID), and bound it: MemoryMax= in its systemd unit counts "
		       "shared memory that it was first to touch.",
		.breaks = "A service that needs the memory is killed at a limit that is set too low.",
		.references = "systemd.resource-control(5); cgroups(7); CWE-401; CWE-770",
		.parameters =
			SHMG_PARAMETERS(SHMG_PARAMETER_PROCESS_GROWTH_PERCENT, SHMG_PARAMETER_PROCESS_GROWTH_BYTES),
		.compares = true,
		.probe = probe_processes,
	},
	{
		.id = "SHM-GRO-003",
		.family = "growth",
		.title = "System V segments grow towards their limit",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "With as much growth again, shmget fails with ENOSPC for every program of the namespace.",
		.fix = "Find who makes them (shmguard ls --kind sysv --sort changed) and why they stay; raise "
		       "kernel.shmmni or kernel.shmall only for a load that is wanted.",
		.breaks = "Higher limits let one program take more memory from the others.",
		.references = "shmget(2); proc(5); sysvipc(7); CWE-770",
		.compares = true,
		.probe = probe_segments,
	},
	{
		.id = "SHM-GRO-004",
		.family = "growth",
		.title = "File system for shared memory grows towards its limit",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "With as much growth again it is full: shm_open and fallocate fail with ENOSPC, and programs "
		       "that did not reserve their pages die of SIGBUS.",
		.fix = "Find what takes the space (shmguard ls --sort resident) and who leaves it; mount -o "
		       "remount,size=… for a load that is wanted.",
		.breaks = "A larger tmpfs can take more RAM from everything else.",
		.references = "tmpfs(5); mount(8); fallocate(2); CWE-770",
		.compares = true,
		.probe = probe_mounts,
	},
};

SHMG_FAMILY(growth, rows);
