/* SPDX-License-Identifier: MIT */
/* What the configuration wants of a mount, in the terms in which the live one is known. Internal to the room. */
#ifndef SHMG_AUDIT_MOUNT_WISH_H
#define SHMG_AUDIT_MOUNT_WISH_H

#include "facts/facts.h"

struct shmg_mount_wish {
	uint32_t flags; /* enum shmg_mount_flag */
	uint64_t size;	/* bytes; UINT64_MAX: no limit; SHMG_U64_UNKNOWN: not asked for, or not understood */
	uint64_t slack; /* by how much the live size may differ: a percentage is of the RAM at the time of mounting */
	const char *source; /* file and line */
	uint32_t mode;      /* of its root directory; a tmpfs that nobody says it of has 1777 */
	bool deferred;      /* mounted on demand, and so perhaps not now: noauto, automount */
};

/*
 * Reads the options of fstab(5) and systemd.mount(5); what they do not name is mount(8)'s default.
 * `memory` and `page_size` may be unknown; a size that needs them is then unknown too.
 */
void shmg_mount_wish_parse(const char *options, uint64_t memory, uint64_t page_size, struct shmg_mount_wish *ret_wish);

/* The configuration in force for a mount of the host; false when there is none. */
bool shmg_mount_wish_find(const struct shmg_facts *facts, const struct shmg_mount *mount,
			  struct shmg_mount_wish *ret_wish);

/* Whether systemd runs here, and so mount units count. */
bool shmg_mount_wish_has_systemd(const struct shmg_facts *facts);

#endif
