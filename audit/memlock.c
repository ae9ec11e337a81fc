/* SPDX-License-Identifier: MIT */
/*
 * RLIMIT_MEMLOCK of users without CAP_IPC_LOCK.
 *
 * The kernel counts mlock(2) in each process and SHM_LOCK over all processes of a user. Neither limits how much shared
 * memory somebody makes, only how much of it is kept from swap.
 */
#include <errno.h>
#include <inttypes.h>

#include "audit/amount.h"
#include "audit/limits.h"

struct user {
	uint64_t limit;  /* the widest hard limit, or soft limit, of its processes */
	uint64_t locked; /* of the process that is nearest to its limit; or by SHM_LOCK, all segments of the user */
	uint32_t uid;
	uint32_t processes; /* that are over what is wanted */
	uint32_t row;       /* of the worst process */
};

typedef SHMG_ARRAY(struct user) user_list;

static struct user *user_of(struct shmg_audit *audit, user_list *users, uint32_t uid)
{
	SHMG_FOREACH(user, users)
		if (user->uid == uid)
			return user;
	struct user *user = SHMG_APPEND(users);
	if (!user) {
		audit->failed = -ENOMEM;
		return NULL;
	}
	*user = (struct user){ .uid = uid };
	return user;
}

/* CAP_IPC_LOCK makes the limit void, and root can take it. */
static bool is_bound(const struct shmg_process *process)
{
	return process->uid != 0 && process->uid != SHMG_U32_UNKNOWN && process->capabilities_ipc_lock == 0;
}

static uint32_t row_of(const struct shmg_audit *audit, const struct shmg_process *process)
{
	return (uint32_t)(process - audit->facts->processes.items);
}

static void tell(struct shmg_audit *audit, const struct user *user, const char *expected, const char *file,
		 const char *found)
{
	const struct shmg_process *process = &audit->facts->processes.items[user->row];

	shmg_audit_find(audit, SHMG_SUBJECT_PROCESS, user->row, shmg_audit_text(audit, "uid %" PRIu32, user->uid),
			expected, shmg_audit_text(audit, "/proc/%" PRIu32 "/%s", process->pid, file),
			"%s; pid %" PRIu32 " (%s)%s", found, process->pid, process->comm ? process->comm : "?",
			user->processes > 1 ? shmg_audit_text(audit, " and %" PRIu32 " more", user->processes - 1)
					    : "");
}

static enum shmg_outcome outcome_of(struct shmg_audit *audit, size_t known)
{
	if (known)
		return SHMG_OUTCOME_PASSED;
	SHMG_FOREACH(process, &audit->facts->processes)
		if (is_bound(process) && process->shared_bytes && process->shared_bytes != SHMG_U64_UNKNOWN)
			return shmg_audit_unseen(
				audit, "the limits of the processes that hold shared memory could not be read");
	return shmg_audit_not_applicable(audit, "no unprivileged process holds shared memory");
}

enum shmg_outcome shmg_memlock_probe_limit(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t memory = facts->host.items[0].memory;
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_SEGMENT_RAM_PERCENT);
	user_list users = { 0 };
	size_t known = 0;
	char text[SHMG_AMOUNT_MAX];

	if (memory == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the size of the RAM is unknown");
	uint64_t most = shmg_amount_share(memory, percent);
	SHMG_FOREACH(process, &facts->processes) {
		/* A process may raise its soft limit to the hard one. */
		if (process->memlock_hard == SHMG_U64_UNKNOWN || !is_bound(process))
			continue;
		known++;
		struct user *user = process->memlock_hard > most ? user_of(audit, &users, process->uid) : NULL;
		if (!user)
			continue;
		if (!user->processes++ || process->memlock_hard > user->limit) {
			user->limit = process->memlock_hard;
			user->row = row_of(audit, process);
		}
	}
	const char *expected = shmg_audit_text(audit, "a hard limit of at most %s (%" PRIu64 " %% of RAM)",
					       shmg_amount_bytes(most, text), percent);
	SHMG_FOREACH(user, &users)
		tell(audit, user, expected, "limits", shmg_amount_bytes(user->limit, text));
	shmg_array_clear(&users);
	return outcome_of(audit, known);
}

static void add_locked_process(struct shmg_audit *audit, user_list *users, const struct shmg_process *process)
{
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT);

	/* More than the limit was locked before privileges were dropped: the limit did not bind it. */
	if (process->locked == SHMG_U64_UNKNOWN || process->memlock_soft == UINT64_MAX ||
	    process->locked > process->memlock_soft ||
	    !shmg_amount_reaches(process->locked, process->memlock_soft, percent))
		return;
	struct user *user = user_of(audit, users, process->uid);
	if (!user)
		return;
	if (!user->processes++ || shmg_amount_percent(process->locked, process->memlock_soft) >
					  shmg_amount_percent(user->locked, user->limit)) {
		user->locked = process->locked;
		user->limit = process->memlock_soft;
		user->row = row_of(audit, process);
	}
}

/* SHM_LOCK counts against the user, whichever process asked for it. */
static void add_locked_segments(struct shmg_audit *audit, user_list *users)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (object->kind != SHMG_KIND_SYSV || object->flags == SHMG_U32_UNKNOWN ||
		    !(object->flags & SHMG_OBJECT_LOCKED) || object->size == SHMG_U64_UNKNOWN)
			continue;
		struct user *user = user_of(audit, users, object->uid);
		if (user)
			user->locked = shmg_amount_plus(user->locked, object->size);
	}
	SHMG_FOREACH(process, &audit->facts->processes) {
		if (process->memlock_soft == SHMG_U64_UNKNOWN || !is_bound(process))
			continue;
		SHMG_FOREACH(user, users)
			if (user->uid == process->uid && process->memlock_soft >= user->limit) {
				user->limit = process->memlock_soft;
				user->row = row_of(audit, process);
			}
	}
}

static void tell_locked(struct shmg_audit *audit, const struct user *user, const char *how, const char *file)
{
	char locked[SHMG_AMOUNT_MAX], limit[SHMG_AMOUNT_MAX];
	const char *expected = shmg_audit_text(audit, "less than %" PRIu64 " %% of RLIMIT_MEMLOCK",
					       shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT));

	tell(audit, user, expected, file,
	     shmg_audit_text(audit, "%" PRIu64 " %%: %s of %s locked %s",
			     shmg_amount_percent(user->locked, user->limit), shmg_amount_bytes(user->locked, locked),
			     shmg_amount_bytes(user->limit, limit), how));
}

static void find_locked_segments(struct shmg_audit *audit)
{
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT);
	user_list owners = { 0 };

	add_locked_segments(audit, &owners);
	SHMG_FOREACH(user, &owners)
		if (user->limit != UINT64_MAX && user->locked <= user->limit &&
		    shmg_amount_reaches(user->locked, user->limit, percent))
			tell_locked(audit, user, "by SHM_LOCK", "limits");
	shmg_array_clear(&owners);
}

enum shmg_outcome shmg_memlock_probe_usage(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	user_list users = { 0 };
	size_t known = 0;

	SHMG_FOREACH(process, &facts->processes) {
		if (process->memlock_soft == SHMG_U64_UNKNOWN || !is_bound(process))
			continue;
		known++;
		add_locked_process(audit, &users, process);
	}
	SHMG_FOREACH(user, &users)
		tell_locked(audit, user, "by mlock", "status");
	shmg_array_clear(&users);
	find_locked_segments(audit);
	return outcome_of(audit, known);
}
