/* SPDX-License-Identifier: MIT */
/*
 * Who can reach whose shared memory: IPC namespaces keep System V objects apart, mount namespaces with a /dev/shm of
 * their own keep POSIX objects apart, and it takes both.
 */
#include "audit/family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/isolation.h"
#include "audit/scratch.h"

#define NAMES_MAX 512

/* What every probe here compares with. */
struct host {
	uint64_t ipc_ns;
	uint64_t shm_dev; /* unknown: it has no /dev/shm, or it could not be seen */
	const char *unit; /* of pid 1: not NULL when we ourselves look from inside a container */
};

static struct host host_of(const struct shmg_facts *facts)
{
	struct host host = { .ipc_ns = SHMG_U64_UNKNOWN, .shm_dev = SHMG_U64_UNKNOWN };

	SHMG_FOREACH(ns, &facts->namespaces) {
		if (ns->host != 1)
			continue;
		if (ns->type == SHMG_NAMESPACE_IPC)
			host.ipc_ns = ns->inode;
		else if (ns->type == SHMG_NAMESPACE_MOUNT)
			host.shm_dev = ns->shm_dev;
	}
	if (facts->processes.count && facts->processes.items[0].pid == 1 && facts->processes.items[0].container == 1)
		host.unit = facts->processes.items[0].unit;
	return host;
}

static bool is_container(const struct shmg_process *process, const struct host *host)
{
	return process->container == 1 && process->unit && !(host->unit && strcmp(process->unit, host->unit) == 0);
}

static uint64_t shm_dev_of(struct shmg_audit *audit, const struct shmg_process *process)
{
	if (process->mnt_ns == SHMG_U64_UNKNOWN)
		return SHMG_U64_UNKNOWN;
	const struct shmg_namespace *ns = shmg_scratch_mount_namespace(audit, process->mnt_ns);
	return ns ? ns->shm_dev : SHMG_U64_UNKNOWN;
}

/* Processes that are one finding: of one unit or container or, where they have none, of one IPC namespace. */
struct group {
	const char *unit;
	uint64_t ipc_ns;
	uint64_t held; /* objects that they hold, of the kinds asked about */
	uint32_t row;  /* of the first process */
	uint32_t processes;
};

typedef SHMG_ARRAY(struct group) group_list;

static bool is_of(const struct group *group, const struct shmg_process *process)
{
	if (!group->unit || !process->unit)
		return group->unit == process->unit && group->ipc_ns == process->ipc_ns;
	return strcmp(group->unit, process->unit) == 0;
}

static struct group *group_of(struct shmg_audit *audit, group_list *groups, const struct shmg_process *process)
{
	SHMG_FOREACH(group, groups)
		if (is_of(group, process))
			return group;
	struct group *group = SHMG_APPEND(groups);
	if (!group) {
		audit->failed = -ENOMEM;
		return NULL;
	}
	*group = (struct group){
		.unit = process->unit,
		.ipc_ns = process->ipc_ns,
		.row = (uint32_t)(process - audit->facts->processes.items),
	};
	return group;
}

static bool is_kind(const struct shmg_object *object, unsigned kinds)
{
	return object->kind != SHMG_U8_UNKNOWN && (kinds & 1u << object->kind);
}

static void add_process(struct shmg_audit *audit, group_list *groups, const struct shmg_process *process,
			unsigned kinds)
{
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_hold *holds;
	uint32_t row = (uint32_t)(process - facts->processes.items);
	struct group *group = group_of(audit, groups, process);

	if (!group)
		return;
	group->processes++;
	size_t count = shmg_facts_holds_of_process(facts, row, &holds);
	for (size_t i = 0; i < count; i++)
		if (holds[i].object < facts->objects.count && is_kind(&facts->objects.items[holds[i].object], kinds))
			group->held++;
}

static void tell(struct shmg_audit *audit, const struct group *group, const char *expected, const char *file,
		 const char *found)
{
	const struct shmg_process *process = &audit->facts->processes.items[group->row];
	const char *subject = group->unit ? group->unit : shmg_audit_text(audit, "ipc:%" PRIu64, group->ipc_ns);

	shmg_audit_find(audit, SHMG_SUBJECT_PROCESS, group->row, subject, expected,
			shmg_audit_text(audit, "/proc/%" PRIu32 "/%s", process->pid, file),
			"%s, pid %" PRIu32 " (%s)%s", found, process->pid, process->comm ? process->comm : "?",
			group->processes > 1 ? shmg_audit_text(audit, " and %" PRIu32 " more", group->processes - 1)
					     : "");
}

/*
 * What a probe may say that found nothing. Namespaces of other users' processes need privilege to be read; root fails
 * to read only those of processes that have ended.
 */
static enum shmg_outcome outcome_of(struct shmg_audit *audit, size_t unseen, size_t containers_or_any,
				    const char *not_applicable)
{
	if (unseen && audit->facts->host.items[0].uid != 0)
		return shmg_audit_unseen(audit,
					 shmg_audit_text(audit, "the namespaces of %zu processes could not be read%s",
							 unseen, shmg_audit_remedy(audit)));
	if (!containers_or_any)
		return shmg_audit_not_applicable(audit, not_applicable);
	return SHMG_OUTCOME_PASSED;
}

#define NO_CONTAINERS "no container runs here"
#define SYSV (1u << SHMG_KIND_SYSV)
#define POSIX (1u << SHMG_KIND_POSIX | 1u << SHMG_KIND_SEMAPHORE)

static enum shmg_outcome probe_host_ipc(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct host host = host_of(facts);
	group_list groups = { 0 };
	size_t containers = 0, unseen = 0;

	if (host.ipc_ns == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the host's IPC namespace could not be seen");
	SHMG_FOREACH(process, &facts->processes) {
		if (!is_container(process, &host))
			continue;
		containers++;
		unseen += process->ipc_ns == SHMG_U64_UNKNOWN;
		if (process->ipc_ns == host.ipc_ns)
			add_process(audit, &groups, process, SYSV);
	}
	SHMG_FOREACH(group, &groups)
		tell(audit, group, "an IPC namespace of its own", "ns/ipc",
		     shmg_audit_text(audit, "in the host's IPC namespace (System V segments held: %" PRIu64 ")",
				     group->held));
	shmg_array_clear(&groups);
	return outcome_of(audit, unseen, containers, NO_CONTAINERS);
}

/* Of containers in the host's IPC namespace (`shares_ipc`), or of anything in a private one. */
static enum shmg_outcome probe_host_shm(struct shmg_audit *audit, bool shares_ipc, const char *found,
					const char *not_applicable)
{
	const struct shmg_facts *facts = audit->facts;
	struct host host = host_of(facts);
	group_list groups = { 0 };
	size_t asked = 0, unseen = 0;

	if (host.ipc_ns == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the host's IPC namespace could not be seen");
	if (host.shm_dev == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the host has no /dev/shm, or it could not be seen");
	SHMG_FOREACH(process, &facts->processes) {
		if (shares_ipc && !is_container(process, &host))
			continue;
		unseen += process->ipc_ns == SHMG_U64_UNKNOWN || process->mnt_ns == SHMG_U64_UNKNOWN;
		if (process->ipc_ns == SHMG_U64_UNKNOWN || (process->ipc_ns == host.ipc_ns) != shares_ipc)
			continue;
		asked++;
		if (shm_dev_of(audit, process) == host.shm_dev)
			add_process(audit, &groups, process, POSIX);
	}
	SHMG_FOREACH(group, &groups)
		tell(audit, group, "a tmpfs of its own at /dev/shm", "mountinfo",
		     shmg_audit_text(audit, "%s (POSIX objects held: %" PRIu64 ")", found, group->held));
	shmg_array_clear(&groups);
	return outcome_of(audit, unseen, asked, not_applicable);
}

static enum shmg_outcome probe_half_private(struct shmg_audit *audit)
{
	return probe_host_shm(audit, false, "a private IPC namespace, but the host's /dev/shm",
			      "no process has an IPC namespace of its own");
}

static enum shmg_outcome probe_container_shm(struct shmg_audit *audit)
{
	return probe_host_shm(audit, true, "the host's /dev/shm", "no container is in the host's IPC namespace");
}

/* --- containers with each other --- */

struct member {
	uint64_t place; /* the namespace or device that is asked about */
	uint64_t ipc_ns;
	const char *unit;
	uint32_t row;
};

typedef SHMG_ARRAY(struct member) member_list;

static void add_member(struct shmg_audit *audit, member_list *members, uint64_t place,
		       const struct shmg_process *process)
{
	SHMG_FOREACH(member, members)
		if (member->place == place && member->ipc_ns == process->ipc_ns &&
		    strcmp(member->unit, process->unit) == 0)
			return;
	struct member *member = SHMG_APPEND(members);
	if (!member) {
		audit->failed = -ENOMEM;
		return;
	}
	*member = (struct member){
		.place = place,
		.ipc_ns = process->ipc_ns,
		.unit = process->unit,
		.row = (uint32_t)(process - audit->facts->processes.items),
	};
}

/*
 * Writes which other members share the place of `first`; false when none does. Members of one IPC namespace are left
 * out when `apart`: they are meant to be together, and told of as such.
 */
static bool list_partners(const member_list *members, const struct member *first, bool apart,
			  char names[static NAMES_MAX])
{
	size_t length = (size_t)snprintf(names, NAMES_MAX, "%s", first->unit), partners = 0;

	for (const struct member *other = first + 1; other < members->items + members->count; other++) {
		if (other->place != first->place || strcmp(other->unit, first->unit) == 0 ||
		    (apart && other->ipc_ns == first->ipc_ns))
			continue;
		partners++;
		if (length < NAMES_MAX)
			length += (size_t)snprintf(names + length, NAMES_MAX - length, ", %s", other->unit);
	}
	return partners > 0;
}

static bool is_first(const member_list *members, const struct member *member)
{
	for (const struct member *earlier = members->items; earlier < member; earlier++)
		if (earlier->place == member->place)
			return false;
	return true;
}

static bool is_pause(const struct shmg_process *process)
{
	return process->comm && strcmp(process->comm, "pause") == 0;
}

static enum shmg_outcome probe_shared(struct shmg_audit *audit, bool device)
{
	const struct shmg_facts *facts = audit->facts;
	struct host host = host_of(facts);
	member_list members = { 0 };
	size_t containers = 0, unseen = 0;
	char names[NAMES_MAX];

	if (host.ipc_ns == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the host's IPC namespace could not be seen");
	SHMG_FOREACH(process, &facts->processes) {
		/* A pod's pause process only keeps the namespaces of its one real container alive. */
		if (!is_container(process, &host) || is_pause(process))
			continue;
		containers++;
		uint64_t place = device ? shm_dev_of(audit, process) : process->ipc_ns;
		unseen += process->ipc_ns == SHMG_U64_UNKNOWN || process->mnt_ns == SHMG_U64_UNKNOWN;
		if (place != SHMG_U64_UNKNOWN && place != (device ? host.shm_dev : host.ipc_ns))
			add_member(audit, &members, place, process);
	}
	SHMG_FOREACH(member, &members) {
		if (!is_first(&members, member) || !list_partners(&members, member, device, names))
			continue;
		const char *subject = device ? shmg_audit_text(audit, "/dev/shm (device 0x%" PRIx64 ")", member->place)
					     : shmg_audit_text(audit, "ipc:%" PRIu64, member->place);
		uint32_t pid = facts->processes.items[member->row].pid;
		shmg_audit_find(audit, SHMG_SUBJECT_PROCESS, member->row, subject, "one container in each",
				shmg_audit_text(audit, "/proc/%" PRIu32 "/%s", pid, device ? "mountinfo" : "ns/ipc"),
				"shared by %s", names);
	}
	shmg_array_clear(&members);
	return outcome_of(audit, unseen, containers, NO_CONTAINERS);
}

static enum shmg_outcome probe_shared_ipc(struct shmg_audit *audit)
{
	return probe_shared(audit, false);
}

static enum shmg_outcome probe_shared_shm(struct shmg_audit *audit)
{
	return probe_shared(audit, true);
}

static const struct shmg_check checks[] = {
	{
		.id = "SHM-ISO-001",
		.family = "isolation",
		.severity = SHMG_SEVERITY_HIGH,
		.probe = probe_host_ipc,
		.title = "A container in the host's IPC namespace",
		.why = "Its processes see every System V segment, semaphore set and message queue of the host, and "
		       "root in it, without a user namespace, may open, change and remove all of them. A break-in to "
		       "the container is one to every program that shares memory here.",
		.fix = "Start it without --ipc=host (docker, podman) or hostIPC: true (Kubernetes). Where two "
		       "containers must share, give them one namespace of their own: --ipc=shareable and "
		       "--ipc=container:NAME.",
		.breaks = "Programs in it that talk to the host, or to other containers, by System V or POSIX shared "
			  "memory.",
		.references = "ipc_namespaces(7); docker-run(1); podman-run(1); CWE-668; CWE-653",
	},
	{
		.id = "SHM-ISO-002",
		.family = "isolation",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_half_private,
		.title = "A private IPC namespace with the host's /dev/shm",
		.why = "An IPC namespace isolates System V objects and POSIX queues, but not POSIX shared memory and "
		       "semaphores, which are files in /dev/shm: whatever was to be kept apart still meets there. "
		       "systemd's PrivateIPC= alone does this.",
		.fix = "Mount a tmpfs of its own: TemporaryFileSystem=/dev/shm:mode=1777,nosuid,nodev,noexec,size=256M "
		       "beside PrivateIPC=yes in the unit; unshare(1): --ipc --mount, then mount a tmpfs over "
		       "/dev/shm; bwrap: --tmpfs /dev/shm.",
		.breaks = "Programs in it that share POSIX objects with programs outside.",
		.references = "ipc_namespaces(7); shm_overview(7); systemd.exec(5); CWE-653",
	},
	{
		.id = "SHM-ISO-003",
		.family = "isolation",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_shared_ipc,
		.title = "Containers that share one private IPC namespace",
		.why = "Each can read, change and remove the other's System V objects as far as user ids permit, which "
		       "are often the same in both. The containers of a Kubernetes pod always share; elsewhere "
		       "somebody asked for it.",
		.fix = "Start them without --ipc=container:NAME, or in pods of their own, unless they share memory on "
		       "purpose.",
		.breaks = "Containers that share memory with each other on purpose.",
		.references = "ipc_namespaces(7); docker-run(1); podman-run(1); CWE-653",
	},
	{
		.id = "SHM-ISO-004",
		.family = "isolation",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_shared_shm,
		.title = "Containers with IPC namespaces of their own that share one /dev/shm",
		.why = "They look separate, but POSIX shared memory and semaphores of one are files that the other can "
		       "open, and fill up.",
		.fix = "Mount a tmpfs of its own in each: drop the volume at /dev/shm and use --shm-size (docker, "
		       "podman), or an emptyDir with medium: Memory for each (Kubernetes).",
		.breaks = "Containers that share POSIX objects with each other on purpose.",
		.references = "shm_overview(7); mount_namespaces(7); CWE-653",
	},
	{
		.id = "SHM-ISO-005",
		.family = "isolation",
		.severity = SHMG_SEVERITY_HIGH,
		.probe = probe_container_shm,
		.title = "A container with the host's IPC namespace and its /dev/shm",
		.why = "POSIX shared memory and semaphores of the host are files that it can open, plant and fill up, "
		       "besides the System V objects. Root in it, without a user namespace, may open all of them.",
		.fix = "Start it without --ipc=host (docker, podman) or hostIPC: true (Kubernetes), and without a "
		       "volume at /dev/shm.",
		.breaks = "Programs in it that share POSIX objects with the host.",
		.references = "ipc_namespaces(7); shm_overview(7); docker-run(1); CWE-668; CWE-653",
	},
	{
		.id = "SHM-ISO-006",
		.family = "isolation",
		.severity = SHMG_SEVERITY_INFO,
		.probe = shmg_service_probe_alone,
		.title = "Services that could have shared memory to themselves",
		.why = "They hold objects in the host's namespaces that no other unit uses, so every other service "
		       "that is broken into can reach for these for nothing.",
		.fix = "In the unit: PrivateIPC=yes and "
		       "TemporaryFileSystem=/dev/shm:mode=1777,nosuid,nodev,noexec,size=256M, after a trial; or start "
		       "it with shmguard run.",
		.breaks = "Programs that share memory only now and then: clients that attach for a backup, monitors, "
			  "debuggers.",
		.references = "systemd.exec(5); ipc_namespaces(7); CWE-653",
	},
};

SHMG_FAMILY(isolation, checks);
