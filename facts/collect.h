/* SPDX-License-Identifier: MIT */
/* The collectors: each fills its own tables of the facts. Internal to the room. */
#ifndef SHMG_FACTS_COLLECT_H
#define SHMG_FACTS_COLLECT_H

#include "facts/facts.h"
#include "facts/root.h"

struct shmg_look {
	struct shmg_facts *facts;
	struct shmg_root root;
	unsigned want;
};

/* Each returns 0 or -ENOMEM; anything else that goes wrong is a coverage row. */
int shmg_collect_host(struct shmg_look *look);	    /* host.c: the one host row */
int shmg_collect_settings(struct shmg_look *look);  /* settings.c: sysctls, kernel, LSM, huge pages */
int shmg_collect_mount_configs(struct shmg_look *look); /* mount_config.c: /etc/fstab and systemd mount units */
int shmg_collect_swaps(struct shmg_look *look);	    /* swap.c */
int shmg_collect_sensors(struct shmg_look *look);   /* sensor.c: EDAC and hwmon */

/*
 * mount.c: appends the tmpfs and hugetlbfs mounts of one mount namespace. `pid_path` is "proc/PID" of a process in it
 * ("proc/self" or "proc/1" for the first). Sizes and root directory's mode by statfs and stat through its root.
 */
int shmg_collect_mounts(struct shmg_look *look, const char *pid_path, uint64_t mnt_ns, bool host);

#endif
