/* SPDX-License-Identifier: MIT */
/* What each fact is called, in tables, in snapshots and in the schema: one row a field. */
#include "facts/facts.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const kinds[] = { "sysv", "posix", "semaphore", "memfd", "anonymous", "hugetlb", "tmpfs", NULL };
static const char *const file_types[] = { "file", "directory", "symlink", "fifo", "socket", "device", NULL };
static const char *const pid_states[] = { "running", "gone", "reused", "elsewhere", NULL };
static const char *const contents[] = { "data", "empty", "elf", "script", NULL };
static const char *const leases[] = { "free", "refused", NULL };
static const char *const object_flags[] = { "unlinked", "marked", "locked", "huge", "unseen-holders", NULL };
static const char *const seals[] = { "seal", "shrink", "grow", "write", "future-write", "exec", NULL };
static const char *const process_flags[] = { "maps-unseen", "fds-unseen", "ourself", "vanished", NULL };
static const char *const accesses[] = { "read",    "write",  "execute",  "write-execute",
					"private", "shared", "fd-write", NULL };
static const char *const namespace_types[] = { "ipc", "mount", NULL };
static const char *const mount_flags[] = { "ro", "nodev", "nosuid", "noexec", "noswap", NULL };
static const char *const config_origins[] = { "fstab", "unit", NULL };
static const char *const sensor_kinds[] = { "memory", "temperature", NULL };

#define F(member, type, heading, common, help)                                                                         \
	SHMG_FIELD(struct RECORD, member, SHMG_TYPE_##type, heading, common, help)
#define N(member, type, heading, common, names, help)                                                                  \
	SHMG_FIELD_NAMES(struct RECORD, member, SHMG_TYPE_##type, heading, common, names, help)

#define RECORD shmg_object
static const struct shmg_field object_fields[] = {
	N(kind, ENUM, "KIND", false, kinds, "what kind of shared memory it is"),
	F(name, TEXT, "NAME", false, "name or path, as the programs that use it know it"),
	F(id, NUMBER, "ID", false, "System V identifier (shmid)"),
	SHMG_FIELD_HEX32(struct RECORD, key, "KEY", false, "System V key; 0 is IPC_PRIVATE"),
	F(size, SIZE, "SIZE", false, "size in bytes"),
	F(resident, SIZE, "RESIDENT", false, "bytes of it that take up memory or swap now"),
	F(swapped, SIZE, "SWAPPED", false, "bytes of a System V segment that are in swap"),
	F(uid, NUMBER, "UID", false, "owner"),
	F(gid, NUMBER, "GID", false, "group"),
	F(creator_uid, NUMBER, "CUID", false, "creator's user of a System V segment"),
	F(mode, MODE, "MODE", false, "permission, set-id and sticky bits"),
	N(file_type, ENUM, "TYPE", false, file_types, "file type; everything that holds memory is a file"),
	F(nlink, NUMBER, "LINKS", false, "number of names"),
	F(nattch, NUMBER, "NATTCH", false,
	  "mappings of a System V segment as the kernel counts them: mappings, not processes"),
	F(maps, NUMBER, "MAPS", false, "mappings seen, of all processes"),
	F(mappers, NUMBER, "MAPPERS", false, "processes that map it"),
	F(openers, NUMBER, "OPENERS", false, "processes that only hold a descriptor of it"),
	F(created, TIME, "CREATED", false, "time of birth of a file"),
	F(changed, TIME, "CHANGED", false, "last change of owner, mode or, for System V, creation"),
	F(modified, TIME, "MODIFIED", false, "last write(2) or resize of a file; stores into a mapping do not show"),
	F(attached, TIME, "ATTACHED", false, "last shmat; unknown: never"),
	F(detached, TIME, "DETACHED", false, "last shmdt; unknown: never"),
	F(creator, NUMBER, "CPID", false, "pid that created a System V segment"),
	N(creator_state, ENUM, "CREATOR", false, pid_states, "whether that process still runs"),
	F(last, NUMBER, "LPID", false, "pid of the last shmat or shmdt"),
	N(last_state, ENUM, "LAST", false, pid_states, "whether that process still runs"),
	F(unit, TEXT, "UNIT", false, "systemd unit or container of its creator or holders"),
	F(namespace, TEXT, "NAMESPACE", false, "IPC or mount namespace that it was found in; host: the host's own"),
	F(ns, NUMBER, NULL, false, "inode of that namespace"),
	F(target, TEXT, "TARGET", false, "where a symbolic link points"),
	N(flags, FLAGS, "FLAGS", false, object_flags,
	  "unlinked, marked for removal, locked, huge pages, holders that could not be seen"),
	N(seals, FLAGS, "SEALS", false, seals, "seals of a memfd"),
	N(content, ENUM, "CONTENT", false, contents, "what its first bytes say that it is"),
	N(lease, ENUM, "LEASE", false, leases,
	  "whether the kernel granted a lease, which it does only when nobody holds the file"),
	F(dev, HEX, "DEV", false, "device of the file behind it"),
	F(ino, NUMBER, "INODE", false, "inode of the file behind it"),
	F(mount, NUMBER, NULL, false, "row in mounts"),
};
#undef RECORD

#define RECORD shmg_process
static const struct shmg_field process_fields[] = {
	F(pid, NUMBER, "PID", true, "process"),
	F(ppid, NUMBER, "PPID", false, "its parent"),
	F(uid, NUMBER, "UID", true, "effective user"),
	F(gid, NUMBER, "GID", false, "effective group"),
	F(comm, TEXT, "COMMAND", true, "name"),
	F(unit, TEXT, "UNIT", true, "systemd unit or container"),
	F(container, BOOL, NULL, false, "whether unit names a container"),
	F(started, TIME, "STARTED", false, "start time"),
	F(start_ticks, NUMBER, NULL, false, "start time in clock ticks since boot"),
	F(ipc_ns, NUMBER, "IPC-NS", false, "inode of its IPC namespace"),
	F(mnt_ns, NUMBER, "MNT-NS", false, "inode of its mount namespace"),
	F(pid_ns, NUMBER, "PID-NS", false, "inode of its pid namespace"),
	F(user_ns, NUMBER, "USER-NS", false, "inode of its user namespace"),
	F(shared_bytes, SIZE, "SHARED", true, "bytes of shared-memory objects that it maps"),
	F(rss_shmem, SIZE, "RSS-SHMEM", true, "resident shared memory (RssShmem)"),
	F(locked, SIZE, "LOCKED", false, "locked memory (VmLck)"),
	F(memlock_soft, SIZE, "MEMLOCK", false, "soft RLIMIT_MEMLOCK"),
	F(memlock_hard, SIZE, NULL, false, "hard RLIMIT_MEMLOCK"),
	F(capabilities_ipc_lock, BOOL, NULL, false, "whether it has CAP_IPC_LOCK, which RLIMIT_MEMLOCK does not bind"),
	F(coredump_filter, HEX, NULL, false, "which mappings a core dump of it contains (core(5))"),
	N(flags, FLAGS, "FLAGS", false, process_flags, "what of it could not be seen"),
};
#undef RECORD

#define RECORD shmg_hold
static const struct shmg_field hold_fields[] = {
	F(process, NUMBER, NULL, false, "row in processes"),
	F(object, NUMBER, NULL, false, "row in objects"),
	F(maps, NUMBER, "MAPS", true, "mappings"),
	F(fds, NUMBER, "FDS", true, "open descriptors"),
	F(bytes, SIZE, "MAPPED", true, "bytes mapped"),
	F(address, HEX, "ADDRESS", false, "of the first mapping"),
	N(access, FLAGS, "ACCESS", true, accesses, "what its mappings and descriptors allow"),
};
#undef RECORD

#define RECORD shmg_namespace
static const struct shmg_field namespace_fields[] = {
	N(type, ENUM, "TYPE", true, namespace_types, "ipc or mount"),
	F(inode, NUMBER, "INODE", true, "its number"),
	F(host, BOOL, "HOST", true, "whether it is the host's own"),
	F(label, TEXT, "LABEL", true, "unit or container of its processes"),
	F(pid, NUMBER, "PID", true, "a process that lives in it"),
	F(processes, NUMBER, "PROCESSES", true, "how many live in it"),
	F(seen, BOOL, NULL, false, "whether it could be entered and listed"),
	F(shm_dev, HEX, NULL, false, "device of its /dev/shm"),
	F(shmmax, SIZE, NULL, false, "largest segment, bytes"),
	F(shmall, NUMBER, NULL, false, "pages of all segments together"),
	F(shmmni, NUMBER, NULL, false, "number of segments"),
	F(segments, NUMBER, NULL, false, "segments that exist"),
	F(pages, NUMBER, NULL, false, "pages of the segments that exist"),
	F(resident_pages, NUMBER, NULL, false, "of which in memory"),
	F(swapped_pages, NUMBER, NULL, false, "of which in swap"),
	F(shm_rmid_forced, NUMBER, NULL, false, "whether segments are removed with their last user"),
};
#undef RECORD

#define RECORD shmg_mount
static const struct shmg_field mount_fields[] = {
	F(target, TEXT, "TARGET", true, "where it is mounted, in its mount namespace"),
	F(root, TEXT, NULL, false, "directory of the file system that is mounted there; / unless bound"),
	F(fstype, TEXT, "TYPE", true, "tmpfs, hugetlbfs or ramfs"),
	F(source, TEXT, NULL, false, "what mountinfo calls its source"),
	F(options, TEXT, "OPTIONS", true, "options in force"),
	N(flags, FLAGS, NULL, false, mount_flags, "the options that checks ask about"),
	F(size, SIZE, "SIZE", true, "size limit in bytes"),
	F(used, SIZE, "USED", true, "bytes used"),
	F(inodes, NUMBER, NULL, false, "inode limit"),
	F(inodes_used, NUMBER, NULL, false, "inodes used"),
	F(mode, MODE, NULL, false, "mode of its root directory"),
	F(uid, NUMBER, NULL, false, "owner of its root directory"),
	F(mnt_ns, NUMBER, NULL, false, "inode of its mount namespace"),
	F(host, BOOL, NULL, false, "whether that is the host's own"),
	F(sharing, BOOL, NULL, false, "whether it is meant for sharing: /dev/shm, hugetlbfs, or world-writable"),
	F(hidden, BOOL, NULL, false, "whether another mount lies over it"),
	F(dev, HEX, NULL, false, "device"),
	F(id, NUMBER, NULL, false, "mount id"),
};
#undef RECORD

#define RECORD shmg_mount_config
static const struct shmg_field mount_config_fields[] = {
	F(target, TEXT, "TARGET", true, "where it should be mounted"),
	F(fstype, TEXT, "TYPE", true, "file system"),
	F(options, TEXT, "OPTIONS", true, "options asked for"),
	N(origin, ENUM, "ORIGIN", true, config_origins, "fstab or a systemd unit"),
	F(source, TEXT, "SOURCE", true, "file and line"),
};
#undef RECORD

#define RECORD shmg_setting
static const struct shmg_field setting_fields[] = {
	F(name, TEXT, "NAME", true, "name"),
	F(value, TEXT, "VALUE", true, "value"),
	F(source, TEXT, "SOURCE", true, "where it was read"),
};
#undef RECORD

#define RECORD shmg_swap
static const struct shmg_field swap_fields[] = {
	F(path, TEXT, "PATH", true, "device or file"),
	F(size, SIZE, "SIZE", true, "bytes"),
	F(used, SIZE, "USED", true, "bytes in use"),
	F(encrypted, BOOL, "ENCRYPTED", true, "whether it lies on an encrypted device"),
	F(zram, BOOL, "ZRAM", true, "whether it is compressed memory"),
};
#undef RECORD

#define RECORD shmg_sensor
static const struct shmg_field sensor_fields[] = {
	N(kind, ENUM, "KIND", true, sensor_kinds, "memory controller or temperature"),
	F(name, TEXT, "NAME", true, "name"),
	F(corrected, NUMBER, "CORRECTED", true, "memory errors corrected since boot"),
	F(uncorrected, NUMBER, "UNCORRECTED", true, "memory errors not corrected since boot"),
	F(value, NUMBER, "VALUE", true, "temperature in thousandths of a degree Celsius"),
	F(maximum, NUMBER, NULL, false, "temperature that should not be passed"),
	F(critical, NUMBER, NULL, false, "temperature at which the part fails or shuts down"),
	F(source, TEXT, "SOURCE", true, "where it was read"),
};
#undef RECORD

#define RECORD shmg_coverage
static const struct shmg_field coverage_fields[] = {
	F(what, TEXT, "UNSEEN", true, "what could not be seen"),
	F(count, NUMBER, "COUNT", true, "how many of them"),
	F(why, TEXT, "WHY", true, "why, and what would help"),
	F(example, TEXT, NULL, false, "one of them"),
	F(affects_objects, BOOL, NULL, false, "whether the list of objects or holders may be incomplete"),
	F(only_holders, BOOL, NULL, false,
	  "whether, of what has a name or id, only the holders are affected, not the list itself"),
};
#undef RECORD

#define RECORD shmg_host
static const struct shmg_field host_fields[] = {
	F(hostname, TEXT, "HOST", true, "host name"),
	F(release, TEXT, "KERNEL", true, "kernel release"),
	F(version, TEXT, NULL, false, "version of shmguard"),
	F(taken, TIME, "TAKEN", true, "when the look began"),
	F(booted, TIME, "BOOTED", true, "when the machine was booted"),
	F(memory, SIZE, "MEMORY", true, "RAM"),
	F(memory_available, SIZE, NULL, false, "RAM that programs can still have"),
	F(page_size, NUMBER, NULL, false, "bytes of a page"),
	F(cost_ns, NUMBER, NULL, false, "CPU time of the look, nanoseconds"),
	F(uid, NUMBER, NULL, false, "user that looked"),
	F(live, BOOL, NULL, false, "whether it is a running system, not a captured tree"),
	F(complete, BOOL, NULL, false, "whether all objects and holders could be seen"),
	F(listed, BOOL, NULL, false,
	  "whether every segment and file could be listed, whatever of their holders was seen"),
};
#undef RECORD

#define TYPE(noun, help)                                                                                               \
	const struct shmg_record_type shmg_##noun##_type =                                                             \
		SHMG_RECORD_TYPE(#noun, help, struct shmg_##noun, noun##_fields)
TYPE(host, "the machine, and the look");
TYPE(object, "one shared-memory object");
TYPE(process, "one user process");
TYPE(hold, "one process holding one object");
TYPE(namespace, "one IPC or mount namespace");
TYPE(mount, "one tmpfs or hugetlbfs mount");
TYPE(mount_config, "what the configuration says that a mount should be");
TYPE(setting, "one value of the kernel or the system");
TYPE(swap, "one swap area");
TYPE(sensor, "one hardware sensor or error counter");
TYPE(coverage, "one thing that could not be seen");

#define TABLE(member, noun)                                                                                            \
	{                                                                                                              \
#member, &shmg_##noun##_type, offsetof(struct shmg_facts, member)                                      \
	}
const struct shmg_facts_table shmg_facts_tables[] = {
	TABLE(host, host),
	TABLE(objects, object),
	TABLE(processes, process),
	TABLE(holds, hold),
	TABLE(namespaces, namespace),
	TABLE(mounts, mount),
	TABLE(mount_configs, mount_config),
	TABLE(settings, setting),
	TABLE(swaps, swap),
	TABLE(sensors, sensor),
	TABLE(coverage, coverage),
};
const size_t shmg_facts_table_count = COUNT(shmg_facts_tables);
