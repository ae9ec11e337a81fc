/* SPDX-License-Identifier: MIT */
/* What configuration says about mounts, whoever says it. Internal to the room. */
#ifndef SHMG_FACTS_MOUNT_CONFIG_H
#define SHMG_FACTS_MOUNT_CONFIG_H

#include "facts/collect.h"

/*
 * A row, when it is about a memory file system. `options` may be NULL or "": the defaults. `line` 0: the whole file.
 * 0 or -ENOMEM.
 */
int shmg_mount_config_append(struct shmg_look *look, enum shmg_config_origin origin, const char *target,
			     const char *fstype, const char *options, const char *file, unsigned line);

/* mount_unit.c: systemd's *.mount units with their drop-ins. 0 or -ENOMEM. */
int shmg_collect_mount_units(struct shmg_look *look);

#endif
