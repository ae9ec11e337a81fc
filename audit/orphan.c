/* SPDX-License-Identifier: MIT */
#include "audit/orphan.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "audit/place.h"
#include "audit/scratch.h"

const char *const shmg_orphan_names[] = { "held",         "unseen",   "recent",     "creator", "allowed",
					  "unreferenced", "orphaned", "not-memory", NULL };

#define SECOND INT64_C(1000000000)
#define PID_LIMIT 4194304u /* PID_MAX_LIMIT of 64-bit kernels */
#define PID_FIRST 300u     /* RESERVED_PIDS: pids start again from here, so a daemon's or program's lies above */

/* Where the sentence goes; nobody may want one. */
struct reason {
	char *text;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static void say(const struct reason *reason, const char *format, ...)
{
	if (!reason->text)
		return;
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(reason->text, reason->size, format, arguments);
	va_end(arguments);
}

static const char *name_of(const struct shmg_process *process)
{
	return process && process->comm ? process->comm : "?";
}

/* --- is it held? --- */

static enum shmg_orphan judge_holders(const struct shmg_object *object, const struct reason *reason)
{
	if (shmg_some(object->mappers) || shmg_some(object->openers)) {
		uint32_t mappers = shmg_some(object->mappers) ? object->mappers : 0;
		uint32_t openers = shmg_some(object->openers) ? object->openers : 0;
		say(reason, "%" PRIu32 " process%s, %" PRIu32 " more hold%s a descriptor", mappers,
		    mappers == 1 ? " maps it" : "es map it", openers, openers == 1 ? "s" : "");
		return SHMG_ORPHAN_HELD;
	}
	return SHMG_ORPHAN_UNREFERENCED;
}

/* The kernel counts attachments in every namespace: its 0 needs no process list, its 1 overrules one. */
static enum shmg_orphan judge_segment_holders(const struct shmg_object *object, const struct reason *reason)
{
	enum shmg_orphan verdict = judge_holders(object, reason);
	if (verdict != SHMG_ORPHAN_UNREFERENCED)
		return verdict;
	if (object->nattch == SHMG_U64_UNKNOWN) {
		say(reason, "its number of attachments could not be seen");
		return SHMG_ORPHAN_UNSEEN;
	}
	if (object->nattch || shmg_has(object->flags, SHMG_OBJECT_UNSEEN_HOLDERS)) {
		say(reason, "nattch %" PRIu64 ", and the processes that attach it could not be seen", object->nattch);
		return SHMG_ORPHAN_UNSEEN;
	}
	return SHMG_ORPHAN_UNREFERENCED;
}

static enum shmg_orphan judge_file_holders(const struct shmg_facts *facts, const struct shmg_object *object,
					   const struct reason *reason)
{
	enum shmg_orphan verdict = judge_holders(object, reason);
	if (verdict != SHMG_ORPHAN_UNREFERENCED)
		return verdict;
	if (object->lease == SHMG_LEASE_REFUSED) {
		say(reason, "the kernel refuses a lease: somebody holds it unseen (a descriptor in flight)");
		return SHMG_ORPHAN_HELD;
	}
	if (object->lease == SHMG_LEASE_FREE)
		return SHMG_ORPHAN_UNREFERENCED;
	if (facts->host.items[0].complete != 1 || object->mappers || object->openers ||
	    shmg_has(object->flags, SHMG_OBJECT_UNSEEN_HOLDERS)) {
		say(reason, "no holder was seen, but not all processes could be, and no lease was asked for");
		return SHMG_ORPHAN_UNSEEN;
	}
	return SHMG_ORPHAN_UNREFERENCED;
}

/* --- when was it last used? --- */

/* Nanoseconds since any sign of use; negative: in the future; unknown: no sign. */
static int64_t idle_time(const struct shmg_facts *facts, const struct shmg_object *object)
{
	const int64_t signs[] = { object->created, object->changed, object->modified, object->attached,
				  object->detached };
	int64_t last = SHMG_TIME_UNKNOWN, taken = facts->host.items[0].taken, idle;

	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (signs[i] > last) /* unknown is the least of all */
			last = signs[i];
	if (last == SHMG_TIME_UNKNOWN || taken == SHMG_TIME_UNKNOWN || __builtin_sub_overflow(taken, last, &idle))
		return SHMG_TIME_UNKNOWN;
	return idle;
}

static bool is_recent(int64_t idle, const struct shmg_policy *policy, const struct reason *reason)
{
	char age[24];

	if (idle == SHMG_TIME_UNKNOWN)
		return false;
	if (idle < 0) {
		say(reason, "its last use lies in the future: the clock was set");
		return true;
	}
	if ((uint64_t)(idle / SECOND) >= policy->parameters[SHMG_PARAMETER_ORPHAN_AGE])
		return false;
	say(reason, "used %s ago, within the grace period", shmg_scratch_age(idle, age));
	return true;
}

/* --- is its creator dead? --- */

static bool is_dead(uint8_t state)
{
	return state == SHMG_PID_GONE || state == SHMG_PID_REUSED;
}

static const char *state_text(uint8_t state)
{
	return state == SHMG_PID_REUSED ? "gone (its pid is another process now)" : "gone";
}

/* System V remembers the pids of the creator and of the last user. */
static enum shmg_orphan judge_segment_creator(const struct shmg_facts *facts, const struct shmg_object *object,
					      const char *idle, const struct reason *reason)
{
	bool used = object->attached != SHMG_TIME_UNKNOWN || object->detached != SHMG_TIME_UNKNOWN;

	if (object->creator_state == SHMG_PID_RUNNING) {
		say(reason, "nattch 0, but its creator, pid %" PRIu32 " (%s), still runs", object->creator,
		    name_of(shmg_scratch_find_process(facts, object->creator)));
		return SHMG_ORPHAN_CREATOR;
	}
	if (used && object->last_state == SHMG_PID_RUNNING) {
		say(reason, "nattch 0, but its last user, pid %" PRIu32 " (%s), still runs", object->last,
		    name_of(shmg_scratch_find_process(facts, object->last)));
		return SHMG_ORPHAN_CREATOR;
	}
	if (!is_dead(object->creator_state) || (used && !is_dead(object->last_state))) {
		say(reason, "nattch 0, %s; its %s is a process that cannot be seen from here", idle,
		    is_dead(object->creator_state) ? "last user" : "creator");
		return SHMG_ORPHAN_UNREFERENCED;
	}
	if (!used) {
		say(reason, "nattch 0, never attached, %s; creator pid %" PRIu32 " is %s", idle, object->creator,
		    state_text(object->creator_state));
		return SHMG_ORPHAN_ORPHANED;
	}
	say(reason, "nattch 0, %s; creator pid %" PRIu32 " is %s, last user pid %" PRIu32 " is %s", idle,
	    object->creator, state_text(object->creator_state), object->last, state_text(object->last_state));
	return SHMG_ORPHAN_ORPHANED;
}

/* What stands before a number that is surely a pid: the word itself, or a name that a well-known program makes. */
static const struct pid_prefix {
	const char *text;
	bool first; /* only where a name (or a directory's) begins */
} pid_prefixes[] = {
	{ "pid", false },
	{ "pid-", false },
	{ "pid_", false },
	{ "pid.", false },
	{ "pid=", false },
	{ "mozilla.ipc.", false },             /* Firefox */
	{ "torch_", true },                    /* PyTorch's data loaders */
	{ "pym-", true },                      /* Python's multiprocessing */
	{ "joblib_memmapping_folder_", true }, /* joblib */
};

static bool follows_pid_prefix(const char *name, const char *digits)
{
	for (size_t i = 0; i < sizeof pid_prefixes / sizeof *pid_prefixes; i++) {
		const struct pid_prefix *prefix = &pid_prefixes[i];
		size_t length = strlen(prefix->text), before = (size_t)(digits - name);
		if (before < length || strncasecmp(digits - length, prefix->text, length) != 0)
			continue;
		if (before == length)
			return true;
		/* "rapid-42" holds no pid. */
		char previous = *(digits - length - 1);
		if (prefix->first ? previous == '/' : !isalpha((unsigned char)previous))
			return true;
	}
	return false;
}

/* A number that ends the name after a dot is a pid by old custom, unless it is the owner's or too small for one. */
static bool is_pid_suffix(const struct shmg_object *object, const char *name, const char *digits, const char *end,
			  uint32_t number)
{
	return !*end && digits > name && digits[-1] == '.' && number >= PID_FIRST && number != object->uid &&
	       number != object->gid;
}

enum pid_evidence { EVIDENCE_NONE, EVIDENCE_DEAD, EVIDENCE_ALIVE };

/* Another user's process that began after the object did is not its creator. The same user's may be: clocks are set. */
static bool is_impostor(const struct shmg_process *process, const struct shmg_object *object)
{
	return process->started != SHMG_TIME_UNKNOWN && object->created != SHMG_TIME_UNKNOWN &&
	       process->started / SECOND > object->created / SECOND + 1 && process->uid != SHMG_U32_UNKNOWN &&
	       object->uid != SHMG_U32_UNKNOWN && process->uid != object->uid;
}

static enum pid_evidence weigh(const struct shmg_facts *facts, const struct shmg_object *object, const char *name,
			       const char *digits, const char *end, uint32_t number)
{
	const struct shmg_process *process = shmg_scratch_find_process(facts, number);

	if (process && !is_impostor(process, object))
		return EVIDENCE_ALIVE;
	if (follows_pid_prefix(name, digits) || is_pid_suffix(object, name, digits, end, number))
		return EVIDENCE_DEAD;
	return EVIDENCE_NONE;
}

/* Looks for pids in the name. A live one outweighs any number of dead ones. */
static enum pid_evidence pid_in_name(const struct shmg_facts *facts, const struct shmg_object *object,
				     uint32_t *ret_pid)
{
	enum pid_evidence evidence = EVIDENCE_NONE;
	const char *tail = shmg_place_tail(facts, object);
	const char *name = tail ? tail : object->name;

	for (const char *at = name; *at;) {
		const char *digits = at;
		uint32_t number = 0;
		for (; *at >= '0' && *at <= '9'; at++)
			number = number > PID_LIMIT ? number : number * 10 + (uint32_t)(*at - '0');
		if (at == digits) {
			at++;
			continue;
		}
		if (at - digits < 2 || number > PID_LIMIT || number == 0)
			continue;
		enum pid_evidence found = weigh(facts, object, name, digits, at, number);
		if (found > evidence) {
			evidence = found;
			*ret_pid = number;
		}
		if (found == EVIDENCE_ALIVE)
			break;
	}
	return evidence;
}

/* A file remembers no pid; only its name may. */
static enum shmg_orphan judge_file_creator(const struct shmg_facts *facts, const struct shmg_object *object,
					   const char *idle, const struct reason *reason)
{
	uint32_t pid = 0;
	enum pid_evidence evidence = pid_in_name(facts, object, &pid);

	if (evidence == EVIDENCE_ALIVE) {
		say(reason, "nobody holds it, but pid %" PRIu32 " (%s), which its name mentions, runs", pid,
		    name_of(shmg_scratch_find_process(facts, pid)));
		return SHMG_ORPHAN_CREATOR;
	}
	if (object->lease != SHMG_LEASE_FREE) {
		say(reason, "no process maps or opens it, %s; no lease was asked for, which alone would prove it",
		    idle);
		return SHMG_ORPHAN_UNREFERENCED;
	}
	if (evidence == EVIDENCE_NONE) {
		say(reason, "nobody holds it (lease granted), %s; nothing tells who made it", idle);
		return SHMG_ORPHAN_UNREFERENCED;
	}
	/* A pid means its own pid namespace's process, and its absence only something where all are seen. */
	if (facts->host.items[0].complete != 1 || !object->namespace || strcmp(object->namespace, "host") != 0) {
		say(reason, "nobody holds it (lease granted), %s; pid %" PRIu32 " of its name cannot be seen from here",
		    idle, pid);
		return SHMG_ORPHAN_UNREFERENCED;
	}
	say(reason, "nobody holds it (lease granted), %s; pid %" PRIu32 " of its name is %s", idle, pid,
	    state_text(shmg_scratch_find_process(facts, pid) ? SHMG_PID_REUSED : SHMG_PID_GONE));
	return SHMG_ORPHAN_ORPHANED;
}

/* --- the verdict --- */

static bool is_memory(const struct shmg_facts *facts, const struct shmg_object *object)
{
	if (object->kind == SHMG_KIND_SYSV)
		return true;
	if (shmg_has(object->flags, SHMG_OBJECT_UNLINKED) || object->kind == SHMG_KIND_MEMFD ||
	    object->kind == SHMG_KIND_ANONYMOUS || !object->name)
		return object->file_type == SHMG_FILE_REGULAR || object->file_type == SHMG_U8_UNKNOWN;
	return shmg_place_is_shared_file(facts, object) && !shmg_place_is_temporary(facts, object);
}

enum shmg_orphan shmg_object_orphan_unasked(const struct shmg_facts *facts, const struct shmg_policy *policy,
					    const struct shmg_object *object, char *ret_reason, size_t reason_size)
{
	const struct reason reason = { reason_size ? ret_reason : NULL, reason_size };
	bool segment = object->kind == SHMG_KIND_SYSV;
	char age[24], idle[64] = "of unknown age";

	if (!is_memory(facts, object)) {
		say(&reason, "not shared memory, but a file, directory or link that only lies on a tmpfs");
		return SHMG_ORPHAN_NOT_MEMORY;
	}
	if (!segment && (!object->name || object->kind == SHMG_KIND_MEMFD || object->kind == SHMG_KIND_ANONYMOUS ||
			 shmg_has(object->flags, SHMG_OBJECT_UNLINKED))) {
		say(&reason, "it has no name: it exists only while somebody holds it");
		return SHMG_ORPHAN_HELD;
	}
	enum shmg_orphan verdict =
		segment ? judge_segment_holders(object, &reason) : judge_file_holders(facts, object, &reason);
	if (verdict != SHMG_ORPHAN_UNREFERENCED)
		return verdict;
	int64_t time = idle_time(facts, object);
	if (is_recent(time, policy, &reason))
		return SHMG_ORPHAN_RECENT;
	if (reason.text && time != SHMG_TIME_UNKNOWN)
		(void)snprintf(idle, sizeof idle, "last used %s ago", shmg_scratch_age(time, age));
	verdict = segment ? judge_segment_creator(facts, object, idle, &reason)
			  : judge_file_creator(facts, object, idle, &reason);
	if (verdict == SHMG_ORPHAN_ORPHANED && time == SHMG_TIME_UNKNOWN) {
		say(&reason, "its creator is gone, but nothing tells when it was last used");
		return SHMG_ORPHAN_UNREFERENCED;
	}
	return verdict;
}

enum shmg_orphan shmg_object_orphan(const struct shmg_facts *facts, const struct shmg_policy *policy,
				    const struct shmg_object *object, char *ret_reason, size_t reason_size)
{
	enum shmg_orphan verdict = shmg_object_orphan_unasked(facts, policy, object, ret_reason, reason_size);
	if (!policy->allows.count || (verdict != SHMG_ORPHAN_ORPHANED && verdict != SHMG_ORPHAN_UNREFERENCED))
		return verdict;

	char buffer[SHMG_OBJECT_IDENT_MAX];
	const struct shmg_policy_question question = {
		.check = SHMG_CHECK_ORPHAN,
		.ident = shmg_object_ident(object, buffer),
		.name = object->name,
		.owner = object->uid,
		.mode = object->mode,
		.user = SHMG_U32_UNKNOWN,
	};
	const struct shmg_policy_allow *allow = shmg_policy_match(policy, &question);
	if (!allow)
		return verdict;
	const struct reason reason = { reason_size ? ret_reason : NULL, reason_size };
	say(&reason, "allowed by the policy (%s): %s", allow->name, allow->reason);
	return SHMG_ORPHAN_ALLOWED;
}
