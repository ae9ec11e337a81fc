/* SPDX-License-Identifier: MIT */
/*
 * What is: one host's shared memory, as it was during one look.
 *
 * Facts are gathered in one read-only pass (shmg_facts_collect) or read back from a
 * snapshot by the report room, and never change afterwards. They are plain tables of
 * records that refer to each other by row number. Text lives in the facts' pool.
 *
 * What could not be seen is unknown (record.h) and has a row in `coverage`: nothing is guessed.
 *
 * Thread-safety: collected facts may be read by many threads.
 */
#ifndef SHMG_FACTS_FACTS_H
#define SHMG_FACTS_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/array.h"
#include "lib/base/error.h"
#include "lib/base/pool.h"
#include "lib/base/record.h"

enum shmg_kind {
	SHMG_KIND_SYSV,      /* shmget */
	SHMG_KIND_POSIX,     /* shm_open: a regular file directly on a mount at /dev/shm */
	SHMG_KIND_SEMAPHORE, /* sem_open: /dev/shm/sem.NAME */
	SHMG_KIND_MEMFD,
	SHMG_KIND_ANONYMOUS, /* MAP_SHARED|MAP_ANONYMOUS, /dev/zero; known only by its mappings */
	SHMG_KIND_HUGETLB,   /* a file on hugetlbfs, or shared anonymous huge pages */
	SHMG_KIND_TMPFS,     /* a file on another tmpfs, or in a subdirectory of /dev/shm */
};

enum shmg_file_type {
	SHMG_FILE_REGULAR, /* memory; every other type is kept because checks ask for it */
	SHMG_FILE_DIRECTORY,
	SHMG_FILE_SYMLINK,
	SHMG_FILE_FIFO,
	SHMG_FILE_SOCKET,
	SHMG_FILE_DEVICE,
};

/* Whether a recorded pid is still the process that it meant. */
enum shmg_pid_state {
	SHMG_PID_RUNNING,
	SHMG_PID_GONE,
	SHMG_PID_REUSED,    /* runs, but started after the event that recorded it */
	SHMG_PID_ELSEWHERE, /* 0: a process of a pid namespace that this one cannot see */
};

enum shmg_content {
	SHMG_CONTENT_DATA,
	SHMG_CONTENT_EMPTY,
	SHMG_CONTENT_ELF,
	SHMG_CONTENT_SCRIPT, /* begins with #! */
};

/* The kernel's own answer to "does anybody have this file open or mapped?" */
enum shmg_lease {
	SHMG_LEASE_FREE,    /* granted, and given back: nobody */
	SHMG_LEASE_REFUSED, /* somebody, perhaps only a descriptor in flight */
};

enum shmg_object_flag {
	SHMG_OBJECT_UNLINKED = 1u << 0,       /* no name; lives while held */
	SHMG_OBJECT_MARKED = 1u << 1,         /* SysV IPC_RMID done; lives while attached */
	SHMG_OBJECT_LOCKED = 1u << 2,         /* SysV SHM_LOCK */
	SHMG_OBJECT_HUGE = 1u << 3,           /* huge pages */
	SHMG_OBJECT_UNSEEN_HOLDERS = 1u << 4, /* nattch counts more mappings than could be seen */
};

/* F_SEAL_*, the same bits as the kernel's. */
enum shmg_seal {
	SHMG_SEAL_SEAL = 0x01,
	SHMG_SEAL_SHRINK = 0x02,
	SHMG_SEAL_GROW = 0x04,
	SHMG_SEAL_WRITE = 0x08,
	SHMG_SEAL_FUTURE_WRITE = 0x10,
	SHMG_SEAL_EXEC = 0x20,
};

/* One shared-memory object (or, in a directory meant for them, one entry that is not memory). */
struct shmg_object {
	const char *name;      /* posix "/x"; semaphore "/x" (sem.x); memfd "x"; file: path in its mount namespace */
	const char *namespace; /* "host", or "ipc:INODE" / "mnt:INODE" where it was found; memfd, anonymous: NULL */
	const char *unit;      /* systemd unit or container of its creator or holders */
	const char *target;    /* symlink: where it points */
	uint64_t size;
	uint64_t resident;
	uint64_t swapped; /* SysV */
	uint64_t key;     /* SysV: 32 bits; 0 is IPC_PRIVATE, all ones what ftok(3) answers when it fails */
	uint64_t nattch;  /* SysV: the kernel's count of mappings (VMAs, not processes) */
	uint64_t ns;      /* inode of the IPC namespace (SysV) or mount namespace (files) that it was found in */
	uint64_t dev;     /* st_dev of the file behind it, as stat shows it */
	uint64_t ino;     /* SysV: the shmid again */
	int64_t created;  /* btime of a file; SysV has none */
	int64_t changed;  /* ctime */
	int64_t modified; /* mtime of a file */
	int64_t attached; /* SysV; unknown: never */
	int64_t detached; /* SysV; unknown: never */
	uint32_t id;      /* SysV shmid */
	uint32_t uid, gid;
	uint32_t creator_uid; /* SysV cuid */
	uint32_t mode;        /* permission, set-id and sticky bits */
	uint32_t nlink;
	uint32_t creator; /* SysV cpid */
	uint32_t last;    /* SysV lpid: last shmat or shmdt */
	uint32_t maps;    /* VMAs seen, all processes */
	uint32_t mappers; /* processes that map it */
	uint32_t openers; /* processes that only hold a descriptor */
	uint32_t flags;   /* enum shmg_object_flag */
	uint32_t seals;   /* memfd: enum shmg_seal; unknown elsewhere */
	uint32_t mount;   /* row in mounts; files only */
	uint8_t kind;     /* enum shmg_kind */
	uint8_t file_type;
	uint8_t creator_state, last_state; /* enum shmg_pid_state */
	uint8_t content;                   /* enum shmg_content; only when asked for */
	uint8_t lease;                     /* enum shmg_lease; only when asked for */
};

enum shmg_process_flag {
	SHMG_PROCESS_MAPS_UNSEEN = 1u << 0, /* its mappings could not be read */
	SHMG_PROCESS_FDS_UNSEEN = 1u << 1,
	SHMG_PROCESS_OURSELF = 1u << 2,
	SHMG_PROCESS_VANISHED = 1u << 3, /* it ended during the look: what it held is not known */
};

/* One user process; kernel threads are left out. */
struct shmg_process {
	const char *comm;
	const char *unit;     /* systemd unit or container; NULL: none or unknown */
	uint64_t start_ticks; /* field 22 of stat: with the pid, its identity until the next boot */
	int64_t started;
	uint64_t ipc_ns, mnt_ns, pid_ns, user_ns; /* inode numbers */
	uint64_t shared_bytes;                    /* sum of its shared mappings of objects */
	uint64_t rss_shmem;                       /* RssShmem of status */
	uint64_t locked;                          /* VmLck */
	uint64_t memlock_soft, memlock_hard;      /* RLIMIT_MEMLOCK, UINT64_MAX is unlimited; holders only */
	uint32_t pid, ppid, uid, gid;             /* effective ids */
	uint32_t coredump_filter;                 /* /proc/PID/coredump_filter; holders only */
	uint32_t capabilities_ipc_lock;           /* 1 when CapEff has CAP_IPC_LOCK */
	uint32_t flags;
	uint8_t container; /* bool: unit names a container, not a systemd unit */
};

/* How a process holds an object: bits of `access`. */
enum shmg_access {
	SHMG_ACCESS_READ = 1u << 0,
	SHMG_ACCESS_WRITE = 1u << 1,         /* a shared writable mapping */
	SHMG_ACCESS_EXECUTE = 1u << 2,       /* an executable mapping, shared or private */
	SHMG_ACCESS_WRITE_EXECUTE = 1u << 3, /* one shared mapping with both at once */
	SHMG_ACCESS_PRIVATE = 1u << 4,       /* a private (copy-on-write) mapping */
	SHMG_ACCESS_SHARED = 1u << 5,        /* a shared mapping */
	SHMG_ACCESS_FD_WRITE = 1u << 6,      /* a descriptor open for writing; only with SHMG_WANT_DETAIL */
};

/* One process holding one object: a row a pair, however many mappings. */
struct shmg_hold {
	uint64_t address; /* of its first mapping; 0 where it has none */
	uint64_t bytes;   /* mapped, all its mappings */
	uint32_t process; /* row in processes */
	uint32_t object;  /* row in objects */
	uint32_t maps;
	uint32_t fds;
	uint32_t access; /* enum shmg_access */
};

enum shmg_namespace_type { SHMG_NAMESPACE_IPC, SHMG_NAMESPACE_MOUNT };

/* One IPC or mount namespace that some process lives in. */
struct shmg_namespace {
	const char *label; /* unit or container of its processes; NULL: none */
	uint64_t inode;
	uint64_t shm_dev; /* mount: st_dev of /dev/shm; unknown: none or unseen */
	/* IPC only: limits and usage (shmctl IPC_INFO, SHM_INFO). */
	uint64_t shmmax; /* bytes */
	uint64_t shmall; /* pages */
	uint64_t shmmni; /* segments */
	uint64_t segments, pages, resident_pages, swapped_pages;
	uint32_t shm_rmid_forced;
	uint32_t pid;       /* one process that lives in it */
	uint32_t processes; /* how many do */
	uint8_t type;
	uint8_t host; /* bool: the namespace of pid 1 (or, where that is unseen, ours) */
	uint8_t seen; /* bool: could be entered and listed */
};

enum shmg_mount_flag {
	SHMG_MOUNT_RO = 1u << 0,
	SHMG_MOUNT_NODEV = 1u << 1,
	SHMG_MOUNT_NOSUID = 1u << 2,
	SHMG_MOUNT_NOEXEC = 1u << 3,
	SHMG_MOUNT_NOSWAP = 1u << 4,
};

/* One tmpfs or hugetlbfs mount, in one mount namespace. */
struct shmg_mount {
	const char *target; /* in that namespace */
	const char *root;   /* directory of the file system that is mounted here; "/" unless bound */
	const char *fstype; /* "tmpfs", "hugetlbfs", "ramfs" */
	const char *source;
	const char *options; /* live, all of them, as mountinfo has them */
	uint64_t mnt_ns;
	uint64_t dev;
	uint64_t size; /* bytes; UINT64_MAX: no limit */
	uint64_t used;
	uint64_t inodes; /* UINT64_MAX: no limit */
	uint64_t inodes_used;
	uint32_t id;    /* mount id */
	uint32_t flags; /* enum shmg_mount_flag */
	uint32_t mode;  /* of its root directory */
	uint32_t uid;
	uint8_t host;    /* bool: the host's mount namespace */
	uint8_t sharing; /* bool: a place meant for sharing: world-writable, or /dev/shm, or hugetlbfs */
	uint8_t hidden;  /* bool: another mount lies over it */
};

enum shmg_config_origin { SHMG_CONFIG_FSTAB, SHMG_CONFIG_UNIT };

/* What the configuration says that a mount should be. */
struct shmg_mount_config {
	const char *target;
	const char *fstype;
	const char *options;
	const char *source; /* file and line: "/etc/fstab:12" */
	uint8_t origin;
};

/* One value of the kernel or the system: sysctl names ("kernel.shmmax"), and the names listed in settings.h. */
struct shmg_setting {
	const char *name;
	const char *value;
	const char *source; /* where it was read */
};

struct shmg_swap {
	const char *path;
	uint64_t size, used;
	uint8_t encrypted; /* bool or unknown */
	uint8_t zram;      /* bool: compressed memory, never on a disk */
};

enum shmg_sensor_kind { SHMG_SENSOR_MEMORY, SHMG_SENSOR_TEMPERATURE };

struct shmg_sensor {
	const char *name;
	const char *source;
	uint64_t corrected, uncorrected;   /* memory controllers: errors since boot */
	uint64_t value, maximum, critical; /* temperature, in thousandths of a degree Celsius */
	uint8_t kind;
};

/* One thing that could not be seen. */
struct shmg_coverage {
	const char *what;        /* "mappings of processes", "mount namespaces", … */
	const char *why;         /* the reason, and what would help */
	const char *example;     /* one of them: "pid 1 (systemd)"; NULL: the count says it all */
	uint64_t count;          /* how many of them */
	uint8_t affects_objects; /* bool: the list of objects or holders may be incomplete */
	uint8_t only_holders;    /* bool: the lists of what has a name or id are whole all the same */
};

struct shmg_host {
	const char *hostname;
	const char *release; /* uname -r */
	const char *version; /* of shmguard */
	int64_t taken;
	int64_t booted;
	uint64_t memory; /* MemTotal */
	uint64_t memory_available;
	uint64_t page_size;
	uint64_t cost_ns; /* CPU time of the look */
	uint32_t uid;     /* that looked */
	uint8_t live;     /* bool: gathered from a running system, not a captured tree */
	uint8_t complete; /* bool: no coverage row affects objects */
	uint8_t listed;   /* bool: every segment and file could be listed, whatever of their holders was seen */
};

struct shmg_facts {
	SHMG_ARRAY(struct shmg_host) host; /* exactly one row */
	SHMG_ARRAY(struct shmg_object) objects;
	SHMG_ARRAY(struct shmg_process) processes; /* by pid, rising */
	SHMG_ARRAY(struct shmg_hold) holds;        /* by process */
	SHMG_ARRAY(struct shmg_namespace) namespaces;
	SHMG_ARRAY(struct shmg_mount) mounts;
	SHMG_ARRAY(struct shmg_mount_config) mount_configs;
	SHMG_ARRAY(struct shmg_setting) settings;
	SHMG_ARRAY(struct shmg_swap) swaps;
	SHMG_ARRAY(struct shmg_sensor) sensors;
	SHMG_ARRAY(struct shmg_coverage) coverage;
	struct shmg_pool pool;
};

/* The tables of struct shmg_facts, for code that knows only records. */
struct shmg_facts_table {
	const char *name; /* the member's name, and the key in a snapshot */
	const struct shmg_record_type *type;
	size_t offset; /* of the SHMG_ARRAY in struct shmg_facts */
};
extern const struct shmg_facts_table shmg_facts_tables[];
extern const size_t shmg_facts_table_count;

extern const struct shmg_record_type shmg_host_type, shmg_object_type, shmg_process_type, shmg_hold_type,
	shmg_namespace_type, shmg_mount_type, shmg_mount_config_type, shmg_setting_type, shmg_swap_type,
	shmg_sensor_type, shmg_coverage_type;

enum shmg_facts_want {
	SHMG_WANT_OBJECTS = 1u << 0, /* objects, processes, holds, namespaces, mounts */
	SHMG_WANT_CONTENT = 1u << 1, /* reads the first bytes of each file (atime untouched) */
	SHMG_WANT_LEASE =
		1u << 2, /* asks for a lease on each file, which only an unheld one grants, and gives it back */
	SHMG_WANT_HOST = 1u << 3,   /* settings, mount_configs, swaps, sensors; limits of holders */
	SHMG_WANT_DETAIL = 1u << 4, /* which descriptors are open for writing; pid and user namespaces of processes */
	SHMG_WANT_SEALS = 1u << 5,  /* opens each memfd read-only to ask for its seals */
	SHMG_WANT_ALL = (1u << 6) - 1,
};

struct shmg_facts_options {
	size_t size;      /* sizeof this struct, for growth */
	const char *root; /* a captured tree instead of this machine; NULL: live */
	unsigned want;    /* enum shmg_facts_want */
};

/* An empty set of facts; NULL when there is no memory. */
struct shmg_facts *shmg_facts_new(void);

/*
 * Looks once. -EACCES or -ENOENT only when nothing at all could be seen (no /proc); what is merely
 * incomplete is a coverage row. The caller frees *ret_facts.
 */
int shmg_facts_collect(const struct shmg_facts_options *options, struct shmg_facts **ret_facts,
		       struct shmg_error *error);

/* Frees *facts and sets it to NULL. */
void shmg_facts_free(struct shmg_facts **facts);

/* The value of a setting, or NULL when it was not seen. */
const struct shmg_setting *shmg_facts_setting(const struct shmg_facts *facts, const char *name);

/* A setting as a number: 0, -ENOENT (not seen) or -EINVAL (not a number). */
int shmg_facts_setting_number(const struct shmg_facts *facts, const char *name, uint64_t *ret_value);

/*
 * What to call an object: "sysv:32768", "/name", "sem:/name", "memfd:NAME#INODE", "anon:INODE", or its path.
 * Returns a text in `buffer` (raw bytes: escape before printing); `show` accepts the same text.
 */
#define SHMG_OBJECT_IDENT_MAX 4200
const char *shmg_object_ident(const struct shmg_object *object, char buffer[static SHMG_OBJECT_IDENT_MAX]);

/* Holds of one process (contiguous rows); returns their number. */
size_t shmg_facts_holds_of_process(const struct shmg_facts *facts, uint32_t process,
				   const struct shmg_hold **ret_first);

/* Notes that something could not be seen; rows with the same what and why are one, counted. -ENOMEM or 0. */
int shmg_facts_note_gap(struct shmg_facts *facts, const char *what, const char *why, bool affects_objects);
/* The same for a process whose mappings or descriptors could not be read. */
int shmg_facts_note_unseen_holder(struct shmg_facts *facts, const char *what, const char *why,
				  const struct shmg_process *process);

#endif
