/* SPDX-License-Identifier: MIT */
/*
 * What an object is, by itself: its mode, its name, its kind and content.
 *
 * Only what lies in a place meant for sharing counts: a service's files in /run are nobody's shared memory.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/family.h"
#include "audit/place.h"
#include "audit/scratch.h"

#define STAT_FILE "statx(2)"
#define STAT_SEGMENT "/proc/sysvipc/shm"

#define OTHERS_READ 04u
#define OTHERS_WRITE 02u
#define GROUP_WRITE 020u
#define EXECUTE 0111u
#define SET_ID 06000u
#define STICKY 01000u

static bool is_segment(const struct shmg_object *object)
{
	return object->kind == SHMG_KIND_SYSV;
}

/* A mode that is unknown grants nothing here: it is no evidence. */
static bool grants(const struct shmg_object *object, uint32_t bits)
{
	return object->mode != SHMG_U32_UNKNOWN && (object->mode & bits) != 0;
}

static const struct shmg_mount *mount_of(const struct shmg_audit *audit, const struct shmg_object *object)
{
	return shmg_place_mount(audit->facts, object);
}

static bool has_option(const struct shmg_mount *mount, enum shmg_mount_flag option)
{
	return mount && shmg_has(mount->flags, option);
}

/* --- who may open it --- */

static enum shmg_outcome probe_others_write(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects)
		if (grants(object, OTHERS_WRITE) && shmg_place_is_shared_file(audit->facts, object) &&
		    shmg_place_is_reachable(audit, object, 01))
			shmg_audit_find_object(audit, object, "no write permission for others", STAT_FILE,
					       "mode %04" PRIo32 ", owner uid %" PRIu32, object->mode, object->uid);
	return SHMG_OUTCOME_PASSED;
}

/* A temporary file that others can read is the umask's doing; it is shared memory when somebody maps it. */
static bool is_readable_memory(struct shmg_audit *audit, const struct shmg_object *object)
{
	if (!grants(object, OTHERS_READ) || grants(object, OTHERS_WRITE))
		return false;
	if (is_segment(object))
		return true;
	/* Using a semaphore takes the right to write it, and its value is no secret. */
	return object->kind != SHMG_KIND_SEMAPHORE && shmg_place_is_shared_file(audit->facts, object) &&
	       (!shmg_place_is_temporary(audit->facts, object) || shmg_some(object->maps)) &&
	       shmg_place_is_reachable(audit, object, 01);
}

static enum shmg_outcome probe_others_read(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects)
		if (is_readable_memory(audit, object))
			shmg_audit_find_object(audit, object, "no read permission for others",
					       is_segment(object) ? STAT_SEGMENT : STAT_FILE,
					       "mode %04" PRIo32 ", owner uid %" PRIu32, object->mode, object->uid);
	return SHMG_OUTCOME_PASSED;
}

struct member {
	uint32_t gid, uid;
};

static int compare_members(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	if (a->gid != b->gid)
		return a->gid < b->gid ? -1 : 1;
	return (a->uid > b->uid) - (a->uid < b->uid);
}

struct members {
	struct member *items;
	size_t count;
};

/* Each user seen to run with each group: the least that a group's membership can be. */
static struct members collect_members(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct members members = { shmg_scratch_alloc(audit, facts->processes.count + 1, sizeof *members.items), 0 };
	if (!members.items)
		return members;
	SHMG_FOREACH(process, &facts->processes)
		if (process->gid != SHMG_U32_UNKNOWN && process->uid != SHMG_U32_UNKNOWN)
			members.items[members.count++] = (struct member){ process->gid, process->uid };
	qsort(members.items, members.count, sizeof *members.items, compare_members);
	size_t unique = 0;
	for (size_t i = 0; i < members.count; i++)
		if (!unique || compare_members(&members.items[unique - 1], &members.items[i]) != 0)
			members.items[unique++] = members.items[i];
	members.count = unique;
	return members;
}

/* How many users run with this group, and whether `uid` is one of them. */
static size_t count_members(const struct members *members, uint32_t gid, uint32_t uid, bool *ret_includes)
{
	size_t low = 0, high = members->count, count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (members->items[middle].gid < gid)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_includes = false;
	for (size_t i = low; i < members->count && members->items[i].gid == gid; i++, count++)
		*ret_includes = *ret_includes || members->items[i].uid == uid;
	return count;
}

/* How a group is known to be more than its owner's own; NULL: it is not. Memberships are not among the facts. */
static const char *why_shared(struct shmg_audit *audit, const struct shmg_object *object, const struct members *members)
{
	bool own;
	size_t users = count_members(members, object->gid, object->uid, &own);

	if (users >= shmg_audit_parameter(audit, SHMG_PARAMETER_SHARED_GROUP_SIZE))
		return shmg_audit_text(audit, "with which %zu users run processes", users);
	if (object->gid != object->uid && !own)
		return shmg_audit_text(audit,
				       "with which no process of its owner, uid %" PRIu32 ","
				       " runs (who its members are is not known here)",
				       object->uid);
	return NULL;
}

static void find_group_write(struct shmg_audit *audit, const struct shmg_object *object, const struct members *members)
{
	const char *why = why_shared(audit, object, members);

	if (!why)
		return;
	if (shmg_policy_group_is_shared(audit->policy, object->gid))
		shmg_audit_allow_object(audit, object, "[sharing] groups",
					shmg_audit_text(audit, "the policy says that the members of group %" PRIu32
							       " share on purpose", object->gid));
	else
		shmg_audit_find_object(audit, object, "no write permission for a group that several users share",
				       is_segment(object) ? STAT_SEGMENT : STAT_FILE,
				       "mode %04" PRIo32 ", gid %" PRIu32 ", %s", object->mode, object->gid, why);
}

static enum shmg_outcome probe_group_write(struct shmg_audit *audit)
{
	struct members members = { 0 };

	SHMG_FOREACH(object, &audit->facts->objects) {
		/* What everybody can write is another check's. */
		if (!grants(object, GROUP_WRITE) || grants(object, OTHERS_WRITE) || object->gid == SHMG_U32_UNKNOWN ||
		    object->uid == SHMG_U32_UNKNOWN)
			continue;
		if (!is_segment(object) &&
		    (!shmg_place_is_shared_file(audit->facts, object) || !shmg_place_is_reachable(audit, object, 011)))
			continue;
		if (!members.items)
			members = collect_members(audit);
		if (!members.items)
			break;
		find_group_write(audit, object, &members);
	}
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_segment_write(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (!is_segment(object) || !grants(object, OTHERS_WRITE))
			continue;
		/* shmat(2) for writing asks for both. */
		bool usable = grants(object, OTHERS_READ);
		shmg_audit_set_severity(audit, usable ? audit->current->severity : SHMG_SEVERITY_LOW);
		shmg_audit_find_object(audit, object, "no write permission for others", STAT_SEGMENT,
				       "mode %04" PRIo32 ", owner uid %" PRIu32 ", key 0x%08" PRIx64 "%s", object->mode,
				       object->uid, object->key,
				       usable ? "" : "; others lack the read permission that attaching needs as well");
	}
	return SHMG_OUTCOME_PASSED;
}

/* --- what it may run as --- */

static enum shmg_outcome probe_set_id(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (!grants(object, SET_ID) || !shmg_place_is_shared_file(audit->facts, object))
			continue;
		bool inert = has_option(mount_of(audit, object), SHMG_MOUNT_NOSUID);
		shmg_audit_set_severity(audit, inert ? SHMG_SEVERITY_LOW : audit->current->severity);
		shmg_audit_find_object(audit, object, "no set-id bits", STAT_FILE,
				       "mode %04" PRIo32 ", owner uid %" PRIu32 ", gid %" PRIu32 "%s", object->mode,
				       object->uid, object->gid, inert ? " (the mount is nosuid)" : "");
	}
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_execute(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (!grants(object, EXECUTE) || grants(object, SET_ID) ||
		    !shmg_place_is_shared_file(audit->facts, object))
			continue;
		bool inert = has_option(mount_of(audit, object), SHMG_MOUNT_NOEXEC);
		shmg_audit_set_severity(audit, inert ? SHMG_SEVERITY_INFO : audit->current->severity);
		shmg_audit_find_object(audit, object, "no execute bits", STAT_FILE,
				       "mode %04" PRIo32 ", owner uid %" PRIu32 "%s", object->mode, object->uid,
				       inert ? " (the mount is noexec)" : "");
	}
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_content(struct shmg_audit *audit)
{
	size_t unread = 0;

	SHMG_FOREACH(object, &audit->facts->objects) {
		if (!shmg_place_is_shared_file(audit->facts, object))
			continue;
		if (object->content == SHMG_CONTENT_ELF || object->content == SHMG_CONTENT_SCRIPT) {
			bool elf = object->content == SHMG_CONTENT_ELF;
			shmg_audit_set_severity(audit, elf ? audit->current->severity : SHMG_SEVERITY_MEDIUM);
			shmg_audit_find_object(
				audit, object, "data", "its first bytes", "%s, mode %04" PRIo32 ", owner uid %" PRIu32,
				elf ? "an ELF program or library" : "a script (#!)", object->mode, object->uid);
		} else if (object->content == SHMG_U8_UNKNOWN &&
			   (object->kind == SHMG_KIND_POSIX || object->kind == SHMG_KIND_TMPFS)) {
			unread++;
		}
	}
	if (unread)
		return shmg_audit_unseen(audit, shmg_audit_text(audit, "%zu files could not be read", unread));
	return SHMG_OUTCOME_PASSED;
}

/* --- what lies in a directory that everybody shares --- */

/* What a display server keeps in /tmp, hidden by custom. */
static bool is_customary(const struct shmg_object *object, const char *name)
{
	static const char *const directories[] = { ".X11-unix", ".ICE-unix", ".XIM-unix", ".font-unix", ".Test-unix" };

	if (object->file_type == SHMG_FILE_REGULAR && strncmp(name, ".X", 2) == 0 && strstr(name, "-lock"))
		return true;
	if (object->file_type != SHMG_FILE_DIRECTORY || object->uid != 0)
		return false;
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (strcmp(name, directories[i]) == 0)
			return true;
	return false;
}

static enum shmg_outcome probe_hidden(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (!shmg_place_is_shared(audit->facts, object))
			continue;
		const char *tail = shmg_place_tail(audit->facts, object);
		if (!tail && object->kind == SHMG_KIND_POSIX)
			tail = object->name + (object->name[0] == '/');
		/* Inside somebody's directory, a leading dot hides nothing from the one who looks there. */
		if (!tail || tail[0] != '.' || strchr(tail, '/') || object->kind == SHMG_KIND_SEMAPHORE ||
		    (shmg_place_is_temporary(audit->facts, object) && is_customary(object, tail)))
			continue;
		shmg_audit_find_object(audit, object, "a name without a leading dot", "readdir(3)",
				       "a hidden %s, owner uid %" PRIu32,
				       object->file_type == SHMG_FILE_DIRECTORY ? "directory" : "file", object->uid);
	}
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_directory(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects)
		if (object->file_type == SHMG_FILE_DIRECTORY && grants(object, OTHERS_WRITE) &&
		    !grants(object, STICKY) && shmg_place_is_shared(audit->facts, object) &&
		    shmg_place_is_reachable(audit, object, 01))
			shmg_audit_find_object(audit, object, "the sticky bit, or no write permission for others",
					       STAT_FILE, "mode %04" PRIo32 ", owner uid %" PRIu32, object->mode,
					       object->uid);
	return SHMG_OUTCOME_PASSED;
}

enum link_end { END_OUTSIDE, END_MISSING, END_FOREIGN, END_OWN };

/* The path below the root of the link's mount that it leads to, or NULL when that is elsewhere. */
static const char *path_of_end(const struct shmg_mount *mount, const struct shmg_object *link, const char *tail,
			       char *buffer, size_t size)
{
	const char *slash = strrchr(tail, '/'), *path = link->target;
	size_t root = strlen(mount->target);

	if (strncmp(path, "..", 2) == 0 || strstr(path, "/.."))
		return NULL;
	if (path[0] == '/')
		return strncmp(path, mount->target, root) == 0 && path[root] == '/' ? path + root + 1 : NULL;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	int length = snprintf(buffer, size, "%.*s%s", slash ? (int)(slash + 1 - tail) : 0, tail, path);
	return length > 0 && (size_t)length < size ? buffer : NULL;
}

/* Where a link leads, told from what was seen: nothing is followed. */
static enum link_end end_of_link(struct shmg_audit *audit, const struct shmg_mount *mount,
				 const struct shmg_object *link, const char *tail)
{
	char buffer[SHMG_OBJECT_IDENT_MAX];
	const char *path = path_of_end(mount, link, tail, buffer, sizeof buffer);
	if (!path)
		return END_OUTSIDE;
	const struct shmg_object *end = shmg_place_find(audit, link->mount, path, strlen(path));
	if (!end)
		return END_MISSING;
	return end->uid == link->uid ? END_OWN : END_FOREIGN;
}

/* Planted: in a directory that others can write, by somebody who does not own it, and leading to what is not theirs. */
static bool is_planted(struct shmg_audit *audit, const struct shmg_object *link, enum link_end *ret_end)
{
	if (link->file_type != SHMG_FILE_SYMLINK || !link->target || !shmg_place_is_shared(audit->facts, link))
		return false;
	const struct shmg_mount *mount = mount_of(audit, link);
	const char *tail = shmg_place_tail(audit->facts, link);
	if (!mount || !mount->target || !tail)
		return false;
	uint32_t owner, mode = shmg_place_directory_mode(audit, link, &owner);
	if (mode == SHMG_U32_UNKNOWN || !(mode & OTHERS_WRITE) || link->uid == owner || owner == SHMG_U32_UNKNOWN ||
	    link->uid == SHMG_U32_UNKNOWN)
		return false;
	*ret_end = end_of_link(audit, mount, link, tail);
	return *ret_end != END_OWN;
}

static enum shmg_outcome probe_symlink(struct shmg_audit *audit)
{
	static const char *const ends[] = {
		[END_OUTSIDE] = "outside of the file system",
		[END_MISSING] = "where nothing is",
		[END_FOREIGN] = "to what another user owns",
	};
	uint64_t protected;
	enum link_end end;

	if (shmg_facts_setting_number(audit->facts, "fs.protected_symlinks", &protected) == 0)
		shmg_audit_set_severity(audit, protected ? SHMG_SEVERITY_LOW : SHMG_SEVERITY_HIGH);
	SHMG_FOREACH(object, &audit->facts->objects)
		if (is_planted(audit, object, &end))
			shmg_audit_find_object(audit, object, "no symbolic links of other users", "readlink(2)",
					       "a link of uid %" PRIu32 " that leads %s: %s", object->uid, ends[end],
					       object->target);
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_special(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		bool device = object->file_type == SHMG_FILE_DEVICE;
		if (!device && object->file_type != SHMG_FILE_FIFO && object->file_type != SHMG_FILE_SOCKET)
			continue;
		/* FIFOs and sockets are at home in /tmp; a device is in no place for sharing. */
		if (!shmg_place_is_shared(audit->facts, object) ||
		    (!device && shmg_place_is_temporary(audit->facts, object)))
			continue;
		shmg_audit_set_severity(audit, device ? SHMG_SEVERITY_HIGH : audit->current->severity);
		shmg_audit_find_object(audit, object, "shared memory", STAT_FILE,
				       "a %s, mode %04" PRIo32 ", owner uid %" PRIu32,
				       device                                ? "device"
				       : object->file_type == SHMG_FILE_FIFO ? "FIFO"
									     : "socket",
				       object->mode, object->uid);
	}
	return SHMG_OUTCOME_PASSED;
}

static const struct shmg_check rows[] = {
	{
		.id = "SHM-OBJ-001",
		.family = "objects",
		.title = "Shared-memory file that everybody can write",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "Any local user can change what its programs read there, or truncate it under them, which "
		       "kills them with SIGBUS. A semaphore that others can write, others can hold for ever.",
		.fix = "chmod o-w FILE. In the program: shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600), and no "
		       "fchmod to more.",
		.breaks = "Programs of other users that write to it; give them a group of their own and mode 0660.",
		.references = "shm_open(3); sem_open(3); shm_overview(7); CWE-732",
		.probe = probe_others_write,
	},
	{
		.id = "SHM-OBJ-002",
		.family = "objects",
		.title = "Shared memory that everybody can read",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Any local user can map it and follow everything that passes through it: frames, queries, keys.",
		.fix = "chmod o-r FILE; a System V segment by shmctl(IPC_SET) in the program that owns it. In the "
		       "program: create it with mode 0600.",
		.breaks = "Programs of other users that only watch it.",
		.references = "shm_open(3); shmctl(2); CWE-732; CWE-200",
		.probe = probe_others_read,
	},
	{
		.id = "SHM-OBJ-003",
		.family = "objects",
		.title = "Shared memory that a shared group can write",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Every member of the group, and every program that one of them runs, can change what the owner "
		       "reads there. A group that many belong to for other reasons is not a list of whom to trust "
		       "with this.",
		.fix = "chmod g-w FILE, or chgrp it to a group made for those who share it. A group that shares on "
		       "purpose belongs in the policy: [sharing] groups = NAME.",
		.breaks = "Programs of other members of the group that write to it.",
		.references = "chmod(1); shmctl(2); credentials(7); CWE-732",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_SHARED_GROUP_SIZE),
		.probe = probe_group_write,
	},
	{
		.id = "SHM-OBJ-004",
		.family = "objects",
		.title = "System V segment that everybody can write",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "Any local user can attach it by key or id, change what its programs read, and keep it alive "
		       "after they have gone. ipcs shows every user the id.",
		.fix = "In the program: shmget(key, size, IPC_CREAT | IPC_EXCL | 0600). On a live one its owner calls "
		       "shmctl(id, IPC_SET) with a mode of 0600; no standard command does.",
		.breaks = "Programs of other users that attach it.",
		.references = "shmget(2); shmctl(2); sysvipc(7); CWE-732",
		.probe = probe_segment_write,
	},
	{
		.id = "SHM-OBJ-005",
		.family = "objects",
		.title = "Set-user-id or set-group-id file in shared memory",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "Shared memory is data: a set-id program there is a back door left by somebody who was root "
		       "once. A nosuid mount takes its force away, but only on that mount.",
		.fix = "chmod ug-s FILE, find out who put it there, and mount the file system nosuid.",
		.breaks = "Nothing that belongs there.",
		.references = "execve(2); mount(8); CWE-732; CWE-250",
		.probe = probe_set_id,
	},
	{
		.id = "SHM-OBJ-006",
		.family = "objects",
		.title = "Execute bits on a shared-memory file",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Data needs no execute permission. A program that is dropped in memory leaves no trace on a "
		       "disk, and /dev/shm is where intruders put it.",
		.fix = "chmod a-x FILE, and mount the file system noexec.",
		.breaks = "Programs that build code in /dev/shm and run it, as some just-in-time compilers do.",
		.references = "chmod(1); mount(8); CWE-732",
		.probe = probe_execute,
	},
	{
		.id = "SHM-OBJ-007",
		.family = "objects",
		.title = "Hidden name in a directory for shared memory",
		.severity = SHMG_SEVERITY_LOW,
		.why = "ls does not show it: a usual way to keep stolen data or tools out of sight. A few browsers "
		       "name their segments so, and remove the name at once.",
		.fix = "Look who holds it (shmguard show FILE), and remove it if nobody wants it.",
		.breaks = "The program that made it, if it is one you run.",
		.references = "shm_overview(7); tmpfs(5)",
		.probe = probe_hidden,
	},
	{
		.id = "SHM-OBJ-008",
		.family = "objects",
		.title = "Directory in shared memory that everybody can write, without the sticky bit",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "Any user can remove or rename another's segment there and put an own one in its place; the "
		       "next program that opens it by name trusts the attacker's.",
		.fix = "chmod +t DIRECTORY, or chmod o-w DIRECTORY.",
		.breaks = "Programs that remove files of other users there.",
		.references = "chmod(1); inode(7); CWE-379; CWE-732",
		.probe = probe_directory,
	},
	{
		.id = "SHM-OBJ-009",
		.family = "objects",
		.title = "Symbolic link planted in a directory for shared memory",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "A privileged program that creates or truncates a segment by that name without O_NOFOLLOW "
		       "writes where the link leads. fs.protected_symlinks stops most of it, in sticky directories "
		       "only.",
		.fix = "Remove the link after asking who made it; set fs.protected_symlinks to 1 (sysctl -w "
		       "fs.protected_symlinks=1).",
		.breaks = "A program that uses the link on purpose; let the owner of the directory make it.",
		.references = "proc(5); open(2); shm_open(3); CWE-59; CWE-61",
		.needs = SHMG_WANT_HOST,
		.probe = probe_symlink,
	},
	{
		.id = "SHM-OBJ-010",
		.family = "objects",
		.title = "FIFO, socket or device among shared memory",
		.severity = SHMG_SEVERITY_LOW,
		.why = "A program that opens a FIFO by a name where it expects memory waits for ever; a socket is a "
		       "channel that nobody looks for there; a device node gives access to the device itself.",
		.fix = "Remove it, let its program use /run instead, and mount the file system nodev.",
		.breaks = "The program that made it.",
		.references = "fifo(7); unix(7); mknod(2); mount(8)",
		.probe = probe_special,
	},
	{
		.id = "SHM-OBJ-011",
		.family = "objects",
		.title = "Program or script in shared memory",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "An ELF file or a script in memory is how an intruder runs tools that leave nothing on a disk. "
		       "noexec does not stop an interpreter that is given the script by name.",
		.fix = "Keep a copy and find out who made it (shmguard show FILE) before removing it; mount the file "
		       "system noexec.",
		.breaks = "Compilers and installers that unpack code in /dev/shm or a tmpfs on /tmp.",
		.references = "elf(5); execve(2); mount(8)",
		.needs = SHMG_WANT_CONTENT,
		.probe = probe_content,
	},
};

SHMG_FAMILY(objects, rows);
