/* SPDX-License-Identifier: MIT */
/* The limits that apply to one object or process, how much of each is used, and what happens at it. */
#ifndef SHMG_FACTS_LIMIT_H
#define SHMG_FACTS_LIMIT_H

#include "facts/facts.h"

enum shmg_limit_unit { SHMG_LIMIT_BYTES, SHMG_LIMIT_PAGES, SHMG_LIMIT_SEGMENTS, SHMG_LIMIT_INODES };

struct shmg_limit {
	const char *scope;  /* what it limits: "ipc namespace host", "mount /dev/shm", "cgroup /x", "pid 42" */
	const char *name;   /* "kernel.shmmax", "memory.max", "RLIMIT_MEMLOCK" */
	const char *effect; /* what happens at it */
	const char *source; /* where it was read */
	uint64_t limit;     /* UINT64_MAX: none */
	uint64_t used;
	uint8_t unit; /* enum shmg_limit_unit */
};
extern const struct shmg_record_type shmg_limit_type;

struct libmnt_table;

struct shmg_limits {
	SHMG_ARRAY(struct shmg_limit) rows;
	struct shmg_pool *pool;      /* for their text */
	struct libmnt_table *mounts; /* read once, when the first control group is asked for */
};

/* System V: shmmax, shmall and shmmni of the object's namespace. Files: their mount's size and inodes. Huge pages: the
 * pool's. */
int shmg_limits_of_object(const struct shmg_facts *facts, const struct shmg_object *object, struct shmg_limits *limits);

/* RLIMIT_MEMLOCK. `proc` is the open /proc/PID, or -1. */
int shmg_limits_of_process(const struct shmg_process *process, int proc, struct shmg_limits *limits);

/*
 * Memory and huge-page limits of a process's control groups, v1 and v2, its own and those above that set one.
 * `proc` is the open /proc/PID. A group that already has rows is left out. -ENOENT: no control group could be
 * seen; -ENOMEM.
 */
int shmg_limits_of_cgroup(int proc, struct shmg_limits *limits);

/* Frees the rows; their text is the pool's. */
void shmg_limits_clear(struct shmg_limits *limits);

/* The row in namespaces that the object was found in, or NULL. */
const struct shmg_namespace *shmg_object_ipc_namespace(const struct shmg_facts *facts,
						       const struct shmg_object *object);

#endif
