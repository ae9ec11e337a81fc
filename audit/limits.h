/* SPDX-License-Identifier: MIT */
/* Probes of the limits family that have files of their own. Internal to the room. */
#ifndef SHMG_AUDIT_LIMITS_H
#define SHMG_AUDIT_LIMITS_H

#include "audit/audit.h"

/* memlock.c: RLIMIT_MEMLOCK, a finding a user. */
enum shmg_outcome shmg_memlock_probe_limit(struct shmg_audit *audit);
enum shmg_outcome shmg_memlock_probe_usage(struct shmg_audit *audit);

/* hugepage.c: the pools of huge pages, a finding a size. */
enum shmg_outcome shmg_hugepage_probe_unused(struct shmg_audit *audit);
enum shmg_outcome shmg_hugepage_probe_exhausted(struct shmg_audit *audit);

#endif
