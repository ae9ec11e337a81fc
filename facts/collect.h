/* SPDX-License-Identifier: MIT */
/*
 * One look, and the collectors that share it: each fills its own tables of the facts. Internal to the room.
 *
 * The order matters, and is collect.c's. First every process says who it is and where it lives; that gives all
 * namespaces and so all devices that hold shared memory. Then segments and files are listed. Then every process is
 * asked what it holds: what it maps or opens and no list has shown is unlinked, and becomes an object there. A process
 * is asked both times through one descriptor of its /proc directory, so that the second answer is not another
 * process's.
 */
#ifndef SHMG_FACTS_COLLECT_H
#define SHMG_FACTS_COLLECT_H

#include <dirent.h>
#include <sys/stat.h>

#include "facts/facts.h"
#include "facts/root.h"

/* A file system that holds shared memory. */
enum shmg_device_type {
	SHMG_DEVICE_NONE,        /* of an empty slot */
	SHMG_DEVICE_OTHER,       /* holds no shared memory */
	SHMG_DEVICE_KERNEL,      /* the kernel's own tmpfs: System V, memfd, anonymous */
	SHMG_DEVICE_KERNEL_HUGE, /* its own hugetlbfs, one a page size */
	SHMG_DEVICE_TMPFS,
	SHMG_DEVICE_HUGETLBFS,
};

struct shmg_device {
	uint64_t dev;
	enum shmg_device_type type;
};

/* A hash of devices that were met: most are no shared memory, and are remembered as that. */
struct shmg_device_set {
	struct shmg_device *slots; /* open addressing, type SHMG_DEVICE_NONE is empty */
	size_t slot_count;         /* a power of two, or 0 */
	size_t count;
};

/* System V segments by id: ids repeat from one namespace to the next. */
struct shmg_segment {
	uint32_t id;
	uint32_t row; /* in objects */
};

struct shmg_captured_path {
	const char *path;
	uint32_t row; /* in objects */
};

struct shmg_leased {
	uint64_t dev, ino;
};

struct shmg_slot {
	uint32_t row; /* + 1; 0 is empty */
	uint32_t tag; /* of the hash: most strangers are told apart without a look at the object */
};

struct shmg_look {
	struct shmg_facts *facts;
	struct shmg_root root;
	unsigned want;
	int proc; /* /proc, O_PATH */
	struct shmg_device_set devices;
	SHMG_ARRAY(uint64_t) huge_page_sizes; /* of this machine, bytes */
	/* Objects by identity: open addressing; a power of two. */
	struct shmg_slot *slots;
	size_t slot_count;
	/* By object row: the last row of holds that names it. */
	SHMG_ARRAY(uint32_t) last_hold;
	size_t ipc_namespaces;
	/* Namespaces by type and inode: open addressing, row + 1, 0 is empty; a power of two. */
	uint32_t *namespace_slots;
	size_t namespace_slot_count;
	uint32_t own_pid; /* in the pid namespace of /proc, which need not be ours; 0: not listed there */
	uint64_t host_ipc_ns, host_mnt_ns; /* unknown where they could not be seen */
	uint64_t own_ipc_ns, own_mnt_ns;
	int64_t clock_origin; /* what start times of processes count from; finer than the boot time of /proc/stat */
	SHMG_ARRAY(struct shmg_segment) segments; /* sorted by id */
	SHMG_ARRAY(struct shmg_leased) leased;    /* files that somebody has a lease on: opening them would break it */
	SHMG_ARRAY(struct shmg_captured_path) paths; /* of a captured tree's files, sorted */
	bool all_processes;                          /* every process of the machine is listed in /proc */
	SHMG_ARRAY(int) process_fds; /* by process row: its /proc directory; -1: closed to save descriptors */
	uint32_t process;            /* row of the one that is being asked */
	int fd_limit;                /* descriptors from here on are not kept */
	char *scratch;               /* SHMG_SCRATCH bytes for small files */
};

#define SHMG_SCRATCH ((size_t)64 * 1024)

/* Each returns 0 or -ENOMEM; anything else that goes wrong is a coverage row. */
int shmg_collect_host(struct shmg_look *look);          /* host.c: the one host row */
int shmg_collect_settings(struct shmg_look *look);      /* settings.c: sysctls, kernel, LSM, huge pages */
int shmg_collect_mount_configs(struct shmg_look *look); /* mount_config.c: /etc/fstab and systemd mount units */
int shmg_collect_swaps(struct shmg_look *look);         /* swap.c */
int shmg_collect_sensors(struct shmg_look *look);       /* sensor.c: EDAC and hwmon */

/*
 * mount.c: appends the tmpfs and hugetlbfs mounts of one mount namespace. `pid_path` is "proc/PID" of a process in it
 * ("proc/self" or "proc/1" for the first). Sizes and root directory's mode by statfs and stat through its root.
 */
int shmg_collect_mounts(struct shmg_look *look, const char *pid_path, uint64_t mnt_ns, bool host);

/* hidepid.c: whether /proc leaves out processes that we may not trace. */
bool shmg_look_hides_processes(const struct shmg_look *look);
/* process.c: every user process. hold.c: what each of them holds. */
int shmg_collect_processes(struct shmg_look *look);
int shmg_collect_holds(struct shmg_look *look);
/* The inode in the link "ns/TYPE" of a captured process's directory (or -errno for it); unknown where there is none. */
uint64_t shmg_captured_namespace(const struct shmg_look *look, int directory, const char *type);
/* A process's /proc directory by its pid; -errno. */
int shmg_look_open_pid(const struct shmg_look *look, uint32_t pid);
/*
 * descriptor.c, mapping.c: what the process of a /proc directory holds. To ask is to make the system calls and keep the
 * answers, up to a number; it writes nothing else, so that another thread may (ahead.h). To tell is to enter them in
 * the facts as holds of look->process, the rest too where there were more. 0, -ENOMEM, -ESRCH where the process has
 * ended, or -errno where it may not be asked. Descriptors are told first: they say more.
 */
#define SHMG_ASKED_DESCRIPTORS 64
#define SHMG_ASKED_MAPPINGS 512
struct shmg_asked_descriptors {
	DIR *list; /* open while there is something to tell */
	int status;
	size_t count;
	uint32_t fds[SHMG_ASKED_DESCRIPTORS];
	struct statx files[SHMG_ASKED_DESCRIPTORS];
};
struct shmg_asked_mapping {
	uint64_t start, end, inode;
	uint32_t dev_minor; /* the major number is 0 */
	uint32_t flags;
};
struct shmg_asked_mappings {
	int maps;   /* open while there is something to tell */
	int status; /* 0: there may be more, from `next` on */
	uint64_t next;
	size_t count;
	struct shmg_asked_mapping items[SHMG_ASKED_MAPPINGS];
};
void shmg_ask_descriptors(int directory, struct shmg_asked_descriptors *asked);
void shmg_ask_mappings(int directory, struct shmg_asked_mappings *asked);
int shmg_tell_descriptors(struct shmg_look *look, int directory, struct shmg_asked_descriptors *asked);
int shmg_tell_mappings(struct shmg_look *look, int directory, struct shmg_asked_mappings *asked);
/* Of a captured tree, which has no descriptors. */
int shmg_collect_captured_mappings(struct shmg_look *look, int directory);

/* sysv.c: segments, limits and usage of each IPC namespace. */
int shmg_collect_sysv(struct shmg_look *look);
/* file.c: the entries of every tmpfs and hugetlbfs, once a file system. */
int shmg_collect_files(struct shmg_look *look);

/* captured.c: files by their path; an index is made once the files are listed. A row, or -ENOENT. */
int shmg_index_captured_paths(struct shmg_look *look);
int64_t shmg_find_captured_path(const struct shmg_look *look, const char *path, size_t length);

/* lease.c: who has leases, and whether somebody has one on this file. */
int shmg_collect_leases(struct shmg_look *look);
bool shmg_look_is_leased(const struct shmg_look *look, uint64_t dev, uint64_t ino);

/*
 * quiet.c: a symbolic link's target without touching its access time, or not at all. `mount` is the root directory of
 * the mount, *view a private view of it made when it is first needed (-1 before; -2: cannot be had), `path` leads from
 * it to the link. The target's length, or -errno.
 */
ssize_t shmg_read_link_quietly(int mount, int *view, const char *path, const struct statx *link, char *target,
			       size_t size);

/* namespace.c: notes that the process lives in these. */
int shmg_collect_namespaces(struct shmg_look *look, const struct shmg_process *process);
/* The mounts of every mount namespace, each through a process that lives in it and sees its root. */
int shmg_collect_all_mounts(struct shmg_look *look);
/*
 * Calls `try` with the /proc directories of processes that live in the namespace, until it answers other than -ESRCH
 * or -ENOENT (that process is gone). -ESRCH when none is left.
 */
int shmg_look_in_namespace(struct shmg_look *look, const struct shmg_namespace *ns,
			   int (*try)(struct shmg_look *look, int process, uint32_t row, void *context), void *context);
/* A descriptor of that process's /proc directory, surely its own; the caller closes it. -ESRCH. */
int shmg_look_open_process(struct shmg_look *look, uint32_t row);

/* device.c */
/* What is known of it; SHMG_DEVICE_NONE: nothing yet. */
enum shmg_device_type shmg_look_device(const struct shmg_look *look, uint64_t dev);
/*
 * The same, asking statfs(2) about a file on it (`path` below `directory`) the first time: a file system that was
 * detached, or that no process's mount table shows, is in no list.
 */
enum shmg_device_type shmg_look_device_of(struct shmg_look *look, uint64_t dev, int directory, const char *path);
int shmg_look_add_device(struct shmg_look *look, uint64_t dev, enum shmg_device_type type);
/* The devices that no mount table shows, by asking the kernel for one empty memfd of each kind. */
int shmg_look_add_kernel_devices(struct shmg_look *look);

/* segment.c: an index by id, once all segments are listed. */
int shmg_index_segments(struct shmg_look *look);
bool shmg_is_segment_id(const struct shmg_look *look, uint64_t id);
/*
 * Which segment a mapping or descriptor of the kernel's tmpfs is: its id, the key in its name, and what statx says of
 * the file (NULL: not known). The row; -ENOENT where it is of no namespace that could be listed.
 */
int64_t shmg_find_segment(struct shmg_look *look, uint64_t id, uint64_t key, const struct statx *file);
/* The row of it, appended without a namespace where it is of none that could be listed; -ENOMEM. */
int64_t shmg_look_segment(struct shmg_look *look, uint64_t dev, uint64_t id, uint64_t key, const struct statx *file);

/* object.c */

/* The identity of an object: System V segments by namespace and id (their inodes repeat), all others by device and
 * inode. */
struct shmg_identity {
	bool sysv;
	uint64_t space;  /* IPC namespace or device */
	uint64_t number; /* shmid or inode */
};
/* The row of the object, appended with everything unknown if it is new; -ENOMEM. */
int64_t shmg_look_object(struct shmg_look *look, struct shmg_identity identity, bool *ret_new);
/* The row, or -ENOENT. */
int64_t shmg_look_find_object(const struct shmg_look *look, struct shmg_identity identity);
/* What maps or a descriptor's link says of a file: "/SYSV0052e2c1 (deleted)", "/memfd:x (deleted)", "/dev/shm/x". */
struct shmg_file_name {
	enum shmg_kind kind;
	const char *name; /* within the text given; not NUL-terminated */
	size_t length;
	bool rooted;      /* a "/" belongs before it: what shm_open and sem_open know it as */
	const char *path; /* the same, as it stood there */
	size_t path_length;
	uint64_t key; /* System V */
	bool deleted;
};
struct shmg_file_name shmg_look_file_name(enum shmg_device_type device, const char *text, size_t length);

/* Kind and name of a new object; 0 or -ENOMEM. */
int shmg_look_set_name(struct shmg_look *look, struct shmg_object *object, const struct shmg_file_name *file);

/* What one process does with an object: one mapping, or one descriptor (`maps` 0). */
struct shmg_use {
	uint64_t address, bytes;
	uint32_t maps, fds, access;
};
/* Adds it to the hold of look->process. 0 or -ENOMEM. */
int shmg_look_hold(struct shmg_look *look, uint32_t object, const struct shmg_use *use);

/* Size, owner, mode and times from a statx of the file behind it. */
void shmg_object_set_stat(struct shmg_object *object, const struct statx *stat);
int64_t shmg_statx_time(int64_t seconds, uint32_t nanoseconds);

/* unit.c: the systemd unit or container that a /proc/PID/cgroup file names; NULL: none. */
const char *shmg_unit_of_cgroup(struct shmg_pool *pool, const char *text, bool *ret_container);

#endif
