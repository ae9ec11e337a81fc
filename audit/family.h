/* SPDX-License-Identifier: MIT */
/* The families of checks: each file ends with its rows. Internal to the room. */
#ifndef SHMG_AUDIT_FAMILY_H
#define SHMG_AUDIT_FAMILY_H

#include "audit/audit.h"

struct shmg_family {
	const struct shmg_check *checks;
	size_t count;
};

/* A family with many checks takes several files: sharing and leftovers belong to "objects" too. */
extern const struct shmg_family shmg_family_objects, shmg_family_sharing, shmg_family_leftovers, shmg_family_mappings,
	shmg_family_mounts, shmg_family_limits, shmg_family_isolation, shmg_family_kernel, shmg_family_hardware,
	shmg_family_growth;

#define SHMG_FAMILY(name, rows) \
	const struct shmg_family shmg_family_##name = { (rows), sizeof(rows) / sizeof *(rows) }

#define SHMG_PARAMETERS(...) \
	((const enum shmg_parameter[]){ __VA_ARGS__, SHMG_PARAMETER_COUNT })

#endif
