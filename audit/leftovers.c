/* SPDX-License-Identifier: MIT */
/* What crashed programs left behind. Checks of the family "objects"; the verdict itself is orphan.c's. */
#include <inttypes.h>
#include <stdio.h>

#include "audit/amount.h"
#include "audit/family.h"
#include "audit/orphan.h"
#include "audit/scratch.h"

#define BY_SYSVIPC "/proc/sysvipc/shm"
#define BY_LEASE "fcntl(2) F_SETLEASE on the file"
#define BY_PROCESSES "/proc/*/maps and /proc/*/fd"

/* What the verdict on this object rests on. */
static const char *where_of(const struct shmg_object *object)
{
	if (object->kind == SHMG_KIND_SYSV)
		return BY_SYSVIPC;
	return object->lease == SHMG_LEASE_FREE ? BY_LEASE : BY_PROCESSES;
}

#define SIZES_MAX (2 * SHMG_AMOUNT_MAX + 32)

/* "75.0 MiB, 7.3 MiB of it resident": what is asked for, and what is taken. Returns `buffer`. */
static const char *say_sizes(uint64_t size, uint64_t resident, char buffer[static SIZES_MAX])
{
	char whole[SHMG_AMOUNT_MAX] = "unknown size", part[SHMG_AMOUNT_MAX];

	if (size != SHMG_U64_UNKNOWN)
		(void)shmg_amount_bytes(size, whole);
	if (resident != SHMG_U64_UNKNOWN)
		(void)snprintf(buffer, SIZES_MAX, "%s, %s of it resident", whole, shmg_amount_bytes(resident, part));
	else
		(void)snprintf(buffer, SIZES_MAX, "%s", whole);
	return buffer;
}

/* Holders that could not be seen matter only where the kernel's own answer (nattch, a lease) is missing. */
static enum shmg_outcome judged(struct shmg_audit *audit, const uint8_t *verdicts)
{
	const struct shmg_facts *facts = audit->facts;
	bool whole = facts->host.count && (facts->host.items[0].complete == 1 || facts->host.items[0].listed == 1);

	for (size_t row = 0; verdicts && whole && row < facts->objects.count; row++)
		whole = verdicts[row] != SHMG_ORPHAN_UNSEEN;
	return whole ? SHMG_OUTCOME_PASSED : shmg_audit_complete(audit);
}

static enum shmg_outcome find_each(struct shmg_audit *audit, enum shmg_orphan wanted)
{
	const uint8_t *verdicts = shmg_scratch_orphans(audit);
	char reason[256], sizes[SIZES_MAX];

	for (size_t row = 0; verdicts && row < audit->facts->objects.count; row++) {
		const struct shmg_object *object = &audit->facts->objects.items[row];
		if (verdicts[row] != wanted)
			continue;
		(void)shmg_object_orphan_unasked(audit->facts, audit->policy, object, reason, sizeof reason);
		shmg_audit_find_object(audit, object, "held, or removed by its program", where_of(object), "%s: %s",
				       say_sizes(object->size, object->resident, sizes), reason);
	}
	return judged(audit, verdicts);
}

static enum shmg_outcome probe_orphan(struct shmg_audit *audit)
{
	return find_each(audit, SHMG_ORPHAN_ORPHANED);
}

static enum shmg_outcome probe_unreferenced(struct shmg_audit *audit)
{
	return find_each(audit, SHMG_ORPHAN_UNREFERENCED);
}

/* The policy's exceptions do not count as orphans. */
static enum shmg_outcome probe_count(struct shmg_audit *audit)
{
	const uint8_t *verdicts = shmg_scratch_orphans(audit);
	uint64_t count = 0, size = 0, resident = 0, most = shmg_audit_parameter(audit, SHMG_PARAMETER_ORPHANS);
	char sizes[SIZES_MAX];

	for (size_t row = 0; verdicts && row < audit->facts->objects.count; row++) {
		const struct shmg_object *object = &audit->facts->objects.items[row];
		if (verdicts[row] != SHMG_ORPHAN_ORPHANED ||
		    (audit->policy->allows.count &&
		     shmg_object_orphan(audit->facts, audit->policy, object, NULL, 0) == SHMG_ORPHAN_ALLOWED))
			continue;
		count++;
		if (object->size != SHMG_U64_UNKNOWN)
			size = shmg_amount_plus(size, object->size);
		if (object->resident != SHMG_U64_UNKNOWN)
			resident = shmg_amount_plus(resident, object->resident);
	}
	if (count > most)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "host",
				shmg_audit_text(audit, "at most %" PRIu64 " orphans", most),
				BY_SYSVIPC "; " BY_LEASE "; " BY_PROCESSES, "%" PRIu64 " orphans: %s", count,
				say_sizes(size, resident, sizes));
	return judged(audit, verdicts);
}

/* Removing a segment while attached is good style; it goes wrong when the one who did it dies and others stay. */
static enum shmg_outcome probe_marked(struct shmg_audit *audit)
{
	char sizes[SIZES_MAX];

	SHMG_FOREACH(object, &audit->facts->objects) {
		if (object->kind != SHMG_KIND_SYSV || !shmg_has(object->flags, SHMG_OBJECT_MARKED) ||
		    object->nattch == SHMG_U64_UNKNOWN || !object->nattch ||
		    (object->creator_state != SHMG_PID_GONE && object->creator_state != SHMG_PID_REUSED))
			continue;
		shmg_audit_find_object(audit, object, "detached once its creator has gone", BY_SYSVIPC,
				       "%s, marked for removal, nattch %" PRIu64 ", creator pid %" PRIu32 " is gone",
				       say_sizes(object->size, object->resident, sizes), object->nattch,
				       object->creator);
	}
	return SHMG_OUTCOME_PASSED;
}

static const struct shmg_check rows[] = {
	{
		.id = SHMG_CHECK_ORPHAN,
		.family = "objects",
		.title = "Shared memory left behind by a dead program",
		.severity = SHMG_SEVERITY_LOW,
		.why = "Nobody holds it and whoever made it is gone: its memory stays taken until the next boot, and "
		       "its data stays readable to whom its mode allows.",
		.fix = "shmguard show OBJECT, then rm FILE or ipcrm -m ID. An object that its program wants back "
		       "later belongs in the policy: [allow NAME] with object and reason.",
		.breaks = "A program that stores data there between two runs.",
		.references = "shm_unlink(3); ipcrm(1); shmctl(2); CWE-772; CWE-404",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_ORPHAN_AGE),
		.needs = SHMG_WANT_LEASE,
		.probe = probe_orphan,
	},
	{
		.id = "SHM-OBJ-017",
		.family = "objects",
		.title = "Many objects left behind by dead programs",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "So many say that something crashes again and again, or never cleans up. In the end no segment "
		       "is free (shmmni), or /dev/shm is full and healthy programs die of SIGBUS.",
		.fix = "Find the program that leaves them (their names and owners tell) and let it remove what it "
		       "made; kernel.shm_rmid_forced=1 removes System V segments with their last user.",
		.breaks = "With shm_rmid_forced, programs whose segments outlive their processes on purpose.",
		.references = "proc(5); sysvipc(7); CWE-772; CWE-400",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_ORPHANS, SHMG_PARAMETER_ORPHAN_AGE),
		.needs = SHMG_WANT_LEASE,
		.probe = probe_count,
	},
	{
		.id = "SHM-OBJ-018",
		.family = "objects",
		.title = "Shared memory that nobody holds",
		.severity = SHMG_SEVERITY_INFO,
		.why = "No process maps or opens it, but nothing proves that its creator is dead: some programs keep "
		       "their state in shared memory between calls. It may be a leftover.",
		.fix = "Ask its owner; shmguard show OBJECT tells what is known. State a wanted one in the policy: "
		       "[allow NAME] with object and reason.",
		.breaks = "Nothing by looking; removing it may lose a program's stored state.",
		.references = "shm_overview(7); sysvipc(7)",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_ORPHAN_AGE),
		.needs = SHMG_WANT_LEASE,
		.probe = probe_unreferenced,
	},
	{
		.id = "SHM-OBJ-019",
		.family = "objects",
		.title = "Removed segment that outlives its creator",
		.severity = SHMG_SEVERITY_INFO,
		.why = "The segment was removed and its creator is gone, but other processes stay attached: its "
		       "memory is taken under no key, and no program can reach it to give it back.",
		.fix = "Find the holders (shmguard show sysv:ID) and restart those that no longer need it.",
		.breaks = "Whatever the holders were doing.",
		.references = "shmctl(2); CWE-772",
		.probe = probe_marked,
	},
};

SHMG_FAMILY(leftovers, rows);
