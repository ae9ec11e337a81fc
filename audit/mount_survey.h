/* SPDX-License-Identifier: MIT */
/* Asking one question of every mount that is meant for sharing. Internal to the room. */
#ifndef SHMG_AUDIT_MOUNT_SURVEY_H
#define SHMG_AUDIT_MOUNT_SURVEY_H

#include "audit/audit.h"

#define SHMG_MOUNT_FOUND_MAX 640

/* How the evidence was read. */
#define SHMG_MOUNT_BY_MOUNTINFO "mountinfo"
#define SHMG_MOUNT_BY_STATFS "statfs"
#define SHMG_MOUNT_BY_STAT "stat"

enum shmg_mount_verdict {
	SHMG_MOUNT_FINE,
	SHMG_MOUNT_FAULTY,
	SHMG_MOUNT_UNSEEN,
	SHMG_MOUNT_ELSEWHERE, /* the question does not arise for this mount */
};

/* Writes to `found` (SHMG_MOUNT_FOUND_MAX bytes) what is wrong, if it is. */
typedef enum shmg_mount_verdict shmg_mount_judge(struct shmg_audit *audit, const struct shmg_mount *mount, char *found);

/*
 * Every mount meant for sharing that can be written, the host's first. A copy of one that was found wrong already is
 * passed over, and the same mount of many namespaces is one finding.
 */
enum shmg_outcome shmg_mount_survey(struct shmg_audit *audit, shmg_mount_judge *judge, const char *expected,
				    const char *how);

/* Meant for sharing, not hidden, and not the host's view of a container's volume. */
bool shmg_mount_is_looked_at(const struct shmg_mount *mount);
bool shmg_mount_is_type(const struct shmg_mount *mount, const char *fstype);
bool shmg_mount_is_below(const char *path, const char *directory);

/* A finding about one mount of the host. */
void shmg_mount_find(struct shmg_audit *audit, const struct shmg_mount *mount, const char *expected, const char *how,
		     const char *found);

/* mount_drift.c: live mounts against fstab and units. */
enum shmg_outcome shmg_mount_probe_drift(struct shmg_audit *audit);
enum shmg_outcome shmg_mount_probe_unwritten(struct shmg_audit *audit);

#endif
