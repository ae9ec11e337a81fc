/* SPDX-License-Identifier: MIT */
/*
 * Who holds an object that somebody else made: other users, containers and namespaces. Checks of the family "objects".
 *
 * Root on the host may hold anything: it needs no permission, and a display server or a tracer does. It is left out,
 * but for memfds, where it is root that the other side can kill.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/family.h"
#include "audit/place.h"
#include "audit/scratch.h"

#define PROCESSES "/proc/PID/maps, /proc/PID/fd"

/* One hold by a stranger, and what makes it one: a number, and where numbers are not enough a name. */
struct stranger {
	uint64_t number;
	const char *name;
	uint32_t hold;
};

static int compare_kin(const struct stranger *left, const struct stranger *right)
{
	if (left->number != right->number)
		return left->number < right->number ? -1 : 1;
	return left->name && right->name ? strcmp(left->name, right->name) : 0;
}

static int compare_strangers(const void *left, const void *right)
{
	const struct stranger *a = left, *b = right;
	int order = compare_kin(a, b);
	return order ? order : (a->hold > b->hold) - (a->hold < b->hold);
}

/* The strangers among one object's holders, room for all of them. */
struct strangers {
	struct stranger *items;
	size_t count;
};

static bool make_room(struct shmg_audit *audit, struct strangers *strangers)
{
	if (!strangers->items)
		strangers->items = shmg_scratch_alloc(audit, audit->facts->holds.count + 1, sizeof *strangers->items);
	strangers->count = 0;
	return strangers->items != NULL;
}

static void add_stranger(struct strangers *strangers, uint32_t hold, uint64_t number, const char *name)
{
	strangers->items[strangers->count++] = (struct stranger){ number, name, hold };
}

/* Alike strangers, one after the other once sorted. */
struct kin {
	const struct stranger *first;
	size_t count;
	bool writes;
};

static bool next_kin(const struct shmg_audit *audit, const struct strangers *strangers, struct kin *kin)
{
	const struct stranger *end = strangers->items + strangers->count;
	const struct stranger *at = kin->first ? kin->first + kin->count : strangers->items;

	*kin = (struct kin){ .first = at };
	for (; at < end && compare_kin(at, kin->first) == 0; at++, kin->count++)
		if (shmg_has(audit->facts->holds.items[at->hold].access, SHMG_ACCESS_WRITE))
			kin->writes = true;
	return kin->count != 0;
}

/* "pid 42 (postgres) and 3 more" */
static const char *describe(struct shmg_audit *audit, const struct kin *kin)
{
	const struct shmg_process *process = shmg_scratch_process(audit, kin->first->hold);
	const char *comm = process->comm ? process->comm : "?";

	if (kin->count == 1)
		return shmg_audit_text(audit, "pid %" PRIu32 " (%s)", process->pid, comm);
	return shmg_audit_text(audit, "pid %" PRIu32 " (%s) and %zu more", process->pid, comm, kin->count - 1);
}

static bool is_mapped_by(const struct shmg_audit *audit, uint32_t hold)
{
	return shmg_some(audit->facts->holds.items[hold].maps);
}

/* Memory that has a name or key of its own, which programs meet by; others are handed over on purpose. */
static bool is_met_by_name(const struct shmg_facts *facts, const struct shmg_object *object)
{
	return object->kind == SHMG_KIND_SYSV || shmg_place_is_shared_file(facts, object);
}

/* --- memfds --- */

static bool is_shrinkable(const struct shmg_object *object)
{
	return !(object->seals & SHMG_SEAL_SHRINK);
}

/* Two users who hold a memfd; those who map it come first. */
struct pair {
	uint32_t users[2];
	size_t count, mappers;
};

static void add_user(struct pair *pair, uint32_t uid, bool maps)
{
	if (uid == SHMG_U32_UNKNOWN || pair->count == 2 || (pair->count && pair->users[0] == uid))
		return;
	pair->users[pair->count++] = uid;
	pair->mappers += maps;
}

/* At least two users hold it, and somebody maps it. */
static bool is_between_users(struct shmg_audit *audit, uint32_t object, struct pair *ret_pair)
{
	const uint32_t *rows;
	size_t count = shmg_scratch_holders(audit, object, &rows);
	bool mapped = false;

	*ret_pair = (struct pair){ 0 };
	for (int maps = 1; maps >= 0; maps--)
		for (size_t i = 0; i < count; i++) {
			if (is_mapped_by(audit, rows[i]) != (maps == 1))
				continue;
			mapped = mapped || maps;
			add_user(ret_pair, shmg_scratch_process(audit, rows[i])->uid, maps);
		}
	return mapped && ret_pair->count == 2;
}

/* "uid 1000 and uid 1001 map it", "uid 1000 maps it, uid 0 holds a descriptor". */
static const char *describe_pair(struct shmg_audit *audit, const struct pair *pair)
{
	const uint32_t *users = pair->users;

	if (pair->mappers == 1)
		return shmg_audit_text(audit, "uid %" PRIu32 " maps it, uid %" PRIu32 " holds a descriptor", users[0],
				       users[1]);
	return shmg_audit_text(audit, "uid %" PRIu32 " and uid %" PRIu32 " %s it", users[0], users[1],
			       pair->mappers ? "map" : "hold");
}

static enum shmg_outcome probe_memfd(struct shmg_audit *audit)
{
	size_t unknown = 0;

	SHMG_FOREACH(object, &audit->facts->objects) {
		struct pair pair;
		if (object->kind != SHMG_KIND_MEMFD ||
		    !is_between_users(audit, (uint32_t)(object - audit->facts->objects.items), &pair))
			continue;
		if (object->seals == SHMG_U32_UNKNOWN) {
			unknown++;
			continue;
		}
		bool shrinkable = is_shrinkable(object);
		bool writable = !(object->seals & (SHMG_SEAL_WRITE | SHMG_SEAL_FUTURE_WRITE));
		if (!shrinkable && !writable)
			continue;
		shmg_audit_set_severity(audit, shrinkable ? audit->current->severity : SHMG_SEVERITY_LOW);
		shmg_audit_find_object(audit, object, "seals shrink, and write or future-write", "fcntl(2) F_GET_SEALS",
				       "%s; not sealed against: %s%s%s", describe_pair(audit, &pair),
				       shrinkable ? "shrinking" : "", shrinkable && writable ? ", " : "",
				       writable ? "writing" : "");
	}
	if (unknown)
		return shmg_audit_unseen(audit,
					 shmg_audit_text(audit, "the seals of %zu memfds could not be read", unknown));
	return shmg_audit_complete(audit);
}

/* --- other users --- */

static enum shmg_outcome probe_user(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct strangers strangers = { 0 };

	SHMG_FOREACH(object, &facts->objects) {
		const uint32_t *rows;
		size_t count = 0;
		if (object->uid != SHMG_U32_UNKNOWN && is_met_by_name(facts, object))
			count = shmg_scratch_holders(audit, (uint32_t)(object - facts->objects.items), &rows);
		if (!count)
			continue;
		if (!make_room(audit, &strangers))
			break;
		for (size_t i = 0; i < count; i++) {
			uint32_t uid = shmg_scratch_process(audit, rows[i])->uid;
			/* The kernel gives a segment's creator the rights of its owner. */
			if (uid != SHMG_U32_UNKNOWN && uid != 0 && uid != object->uid && uid != object->creator_uid &&
			    is_mapped_by(audit, rows[i]))
				add_stranger(&strangers, rows[i], uid, NULL);
		}
		qsort(strangers.items, strangers.count, sizeof *strangers.items, compare_strangers);
		for (struct kin kin = { 0 }; next_kin(audit, &strangers, &kin);) {
			shmg_audit_set_severity(audit, kin.writes ? audit->current->severity : SHMG_SEVERITY_LOW);
			shmg_audit_find_hold(audit, &facts->holds.items[kin.first->hold],
					     shmg_audit_text(audit, "mapped by uid %" PRIu32 " alone", object->uid),
					     PROCESSES, "uid %" PRIu64 " maps it %s: %s; mode %04" PRIo32,
					     kin.first->number, kin.writes ? "for writing" : "for reading",
					     describe(audit, &kin), object->mode);
		}
	}
	return shmg_audit_complete(audit);
}

/* --- other containers --- */

static bool is_in_container(const struct shmg_process *process)
{
	return process->container == 1 && process->unit;
}

/* One who is of no container has no name. */
static const char *container_of(const struct shmg_process *process)
{
	return is_in_container(process) ? process->unit : "";
}

/* The container of the creator where that still runs, else of the first holder; NULL: neither is known. */
static const char *home_container(const struct shmg_audit *audit, const struct shmg_object *object,
				  const struct strangers *strangers)
{
	if (object->kind == SHMG_KIND_SYSV && object->creator_state == SHMG_PID_RUNNING) {
		const struct shmg_process *creator = shmg_scratch_find_process(audit->facts, object->creator);
		if (creator && creator->container != SHMG_U8_UNKNOWN)
			return container_of(creator);
	}
	return strangers->count ? strangers->items[0].name : NULL;
}

static const char *container_text(struct shmg_audit *audit, const char *container)
{
	return *container ? shmg_audit_text(audit, "container %s", container) : "the host";
}

static void collect_by_container(struct shmg_audit *audit, uint32_t object, struct strangers *strangers)
{
	const uint32_t *rows;
	size_t count = shmg_scratch_holders(audit, object, &rows);

	for (size_t i = 0; i < count; i++) {
		const struct shmg_process *process = shmg_scratch_process(audit, rows[i]);
		/* Container runtimes start from a private mapping of a memfd of themselves: no sharing. */
		if (process->container == SHMG_U8_UNKNOWN ||
		    !shmg_has(audit->facts->holds.items[rows[i]].access, SHMG_ACCESS_SHARED) ||
		    (!is_in_container(process) && process->uid == 0))
			continue;
		add_stranger(strangers, rows[i], 0, container_of(process));
	}
}

static enum shmg_outcome probe_container(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct strangers strangers = { 0 };

	SHMG_FOREACH(object, &facts->objects) {
		bool memfd = object->kind == SHMG_KIND_MEMFD;
		if (!memfd && !is_met_by_name(facts, object))
			continue;
		if (!make_room(audit, &strangers))
			break;
		collect_by_container(audit, (uint32_t)(object - facts->objects.items), &strangers);
		const char *home = home_container(audit, object, &strangers);
		qsort(strangers.items, strangers.count, sizeof *strangers.items, compare_strangers);
		shmg_audit_set_severity(audit, memfd ? SHMG_SEVERITY_LOW : audit->current->severity);
		for (struct kin kin = { 0 }; next_kin(audit, &strangers, &kin);) {
			if (strcmp(kin.first->name, home) == 0)
				continue;
			shmg_audit_find_hold(audit, &facts->holds.items[kin.first->hold],
					     shmg_audit_text(audit, "mapped in %s alone", container_text(audit, home)),
					     PROCESSES, "%s maps it %s: %s", container_text(audit, kin.first->name),
					     kin.writes ? "for writing" : "for reading", describe(audit, &kin));
		}
	}
	return shmg_audit_complete(audit);
}

/* --- other namespaces --- */

/* A file system that is mounted, and not hidden, in a mount namespace. */
struct sight {
	uint64_t mnt_ns, dev;
};

struct sights {
	struct sight *items;
	size_t count;
};

static int compare_sights(const void *left, const void *right)
{
	const struct sight *a = left, *b = right;
	if (a->mnt_ns != b->mnt_ns)
		return a->mnt_ns < b->mnt_ns ? -1 : 1;
	return (a->dev > b->dev) - (a->dev < b->dev);
}

static bool collect_sights(struct shmg_audit *audit, struct sights *sights)
{
	const struct shmg_facts *facts = audit->facts;

	if (sights->items)
		return true;
	/* Each namespace has one more, of device 0, which says that its mounts were seen. */
	sights->items = shmg_scratch_alloc(audit, facts->mounts.count * 2 + 1, sizeof *sights->items);
	if (!sights->items)
		return false;
	SHMG_FOREACH(mount, &facts->mounts) {
		sights->items[sights->count++] = (struct sight){ mount->mnt_ns, 0 };
		if (mount->hidden != 1)
			sights->items[sights->count++] = (struct sight){ mount->mnt_ns, mount->dev };
	}
	qsort(sights->items, sights->count, sizeof *sights->items, compare_sights);
	return true;
}

static bool has_sight(const struct sights *sights, uint64_t mnt_ns, uint64_t dev)
{
	const struct sight key = { mnt_ns, dev };
	return sights->count &&
	       bsearch(&key, sights->items, sights->count, sizeof *sights->items, compare_sights) != NULL;
}

/* Whether a process reaches an object only from outside of the namespace that it lives in. */
static bool is_outside(const struct shmg_object *object, const struct shmg_process *process,
		       const struct sights *sights)
{
	if (object->kind == SHMG_KIND_SYSV)
		return process->ipc_ns != SHMG_U64_UNKNOWN && process->ipc_ns != object->ns;
	/* Most services have a mount namespace of their own with the very same /dev/shm in it. */
	return process->mnt_ns != SHMG_U64_UNKNOWN && process->mnt_ns != object->ns &&
	       object->dev != SHMG_U64_UNKNOWN && has_sight(sights, process->mnt_ns, 0) &&
	       !has_sight(sights, process->mnt_ns, object->dev);
}

static enum shmg_outcome probe_namespace(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct strangers strangers = { 0 };
	struct sights sights = { 0 };

	SHMG_FOREACH(object, &facts->objects) {
		const uint32_t *rows;
		bool sysv = object->kind == SHMG_KIND_SYSV;
		size_t count = 0;
		if (object->ns != SHMG_U64_UNKNOWN && is_met_by_name(facts, object))
			count = shmg_scratch_holders(audit, (uint32_t)(object - facts->objects.items), &rows);
		if (!count)
			continue;
		if (!make_room(audit, &strangers) || !collect_sights(audit, &sights))
			break;
		for (size_t i = 0; i < count; i++) {
			const struct shmg_process *process = shmg_scratch_process(audit, rows[i]);
			if (is_outside(object, process, &sights))
				add_stranger(&strangers, rows[i], sysv ? process->ipc_ns : process->mnt_ns, NULL);
		}
		qsort(strangers.items, strangers.count, sizeof *strangers.items, compare_strangers);
		for (struct kin kin = { 0 }; next_kin(audit, &strangers, &kin);)
			shmg_audit_find_hold(audit, &facts->holds.items[kin.first->hold],
					     shmg_audit_text(audit, "held in %s namespace %" PRIu64 " alone",
							     sysv ? "IPC" : "mount", object->ns),
					     "/proc/PID/ns, /proc/PID/maps",
					     "held from %s namespace %" PRIu64 " %s: %s", sysv ? "IPC" : "mount",
					     kin.first->number, kin.writes ? "for writing" : "for reading",
					     describe(audit, &kin));
	}
	return shmg_audit_complete(audit);
}

static const struct shmg_check rows[] = {
	{
		.id = "SHM-OBJ-012",
		.family = "objects",
		.title = "Memfd between two users that is not sealed",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Whoever holds a descriptor can truncate it: the other side dies of SIGBUS at its next access. "
		       "Without a write seal it can also change data after the other side has checked it.",
		.fix = "In the program that makes it: memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), ftruncate, "
		       "map it, then fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | "
		       "F_SEAL_SEAL) before it is handed over; the receiver checks with F_GET_SEALS.",
		.breaks = "A receiver that writes back into the same memory; give it a memfd of its own for that.",
		.references = "memfd_create(2); fcntl(2); CWE-367; CWE-732",
		.needs = SHMG_WANT_SEALS,
		.probe = probe_memfd,
	},
	{
		.id = "SHM-OBJ-013",
		.family = "objects",
		.title = "Shared memory mapped by another user than its owner",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Two users who share memory can read, and often change, each other's data as it is used. It "
		       "should be so by decision, not because a mode was too wide.",
		.fix = "If it is not wanted, narrow the mode (see SHM-OBJ-001 to SHM-OBJ-004) and restart the holder: "
		       "a mapping outlives a change of mode. If it is, state it in the policy: [allow NAME] with "
		       "object, users and reason.",
		.breaks = "Programs that exchange data between the two users.",
		.references = "shm_overview(7); shmop(2); CWE-668",
		.probe = probe_user,
	},
	{
		.id = "SHM-OBJ-014",
		.family = "objects",
		.title = "Shared memory mapped from two containers",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Memory that is in two containers, or in one and on the host, is a channel through the wall "
		       "between them: who takes over one can attack the other.",
		.fix = "Run each container with an IPC namespace and a /dev/shm of its own (podman or docker run "
		       "--ipc=private; in Kubernetes no hostIPC). State a wanted pair in the policy: [allow NAME] "
		       "with object and reason.",
		.breaks = "Containers that exchange data through it, such as a pod's sidecars or GPU services.",
		.references = "namespaces(7); ipc_namespaces(7); CWE-668",
		.probe = probe_container,
	},
	{
		.id = "SHM-OBJ-015",
		.family = "objects",
		.title = "Shared memory held from another namespace than its own",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "A mapping or descriptor survives every change of namespace. The process looks isolated and is "
		       "not: it still reads or writes memory of the namespace that it left or looked into.",
		.fix = "Detach and close before the change of namespace (shmdt; close_range(3, ~0U, 0)), or start the "
		       "program with a launcher that does, then restart it.",
		.breaks = "Programs that inherit the memory on purpose, and monitors that read it from outside.",
		.references = "namespaces(7); setns(2); close_range(2); CWE-403; CWE-668",
		.probe = probe_namespace,
	},
};

SHMG_FAMILY(sharing, rows);
