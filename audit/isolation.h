/* SPDX-License-Identifier: MIT */
/* The probe of the isolation family that has a file of its own. Internal to the room. */
#ifndef SHMG_AUDIT_ISOLATION_H
#define SHMG_AUDIT_ISOLATION_H

#include "audit/audit.h"

/* service.c: one finding for all services of the host that hold objects which nobody else uses. */
enum shmg_outcome shmg_service_probe_alone(struct shmg_audit *audit);

#endif
