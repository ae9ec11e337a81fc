/* SPDX-License-Identifier: MIT */
/*
 * Who can write an object: every holder's effective access, from what its mappings and descriptors
 * allow now and from what the kernel would let it open, map or change next.
 *
 * Pure: the caller says what was seen, unknown stays unknown.
 */
#ifndef SHMG_FACTS_HOLDER_H
#define SHMG_FACTS_HOLDER_H

#include "facts/facts.h"

enum shmg_writes {
	SHMG_WRITES_NOW,      /* a shared writable mapping exists */
	SHMG_WRITES_POSSIBLE, /* nothing but its own next system call is needed */
	SHMG_WRITES_SEALED,   /* it could, but for the object's seals */
	SHMG_WRITES_NO,
};

/* The ways by which it can, or (sealed) could: bits of `ways`. */
enum shmg_way {
	SHMG_WAY_MAPPING = 1u << 0,    /* writes through a shared writable mapping */
	SHMG_WAY_MPROTECT = 1u << 1,   /* a shared mapping that mprotect may make writable */
	SHMG_WAY_DESCRIPTOR = 1u << 2, /* a descriptor open for writing */
	SHMG_WAY_MODE = 1u << 3,       /* the mode lets its user or a group of its open or attach it for writing */
	SHMG_WAY_OWNER = 1u << 4,      /* owns it, and so can change the mode first */
	SHMG_WAY_CAPABILITY = 1u << 5, /* CAP_DAC_OVERRIDE, or CAP_IPC_OWNER for System V */
};

/* One process that holds one object. */
struct shmg_holder {
	const char *object; /* ident */
	const char *comm;
	const char *unit;
	const char *reason; /* of `writes`, in words */
	uint64_t bytes;     /* mapped */
	uint32_t pid, uid;
	uint32_t maps, fds;
	uint32_t access; /* enum shmg_access */
	uint32_t ways;   /* enum shmg_way */
	uint8_t writes;  /* enum shmg_writes; unknown: not all could be seen */
};
extern const struct shmg_record_type shmg_holder_type;

/* Who a process is to permission checks. */
struct shmg_credentials {
	uint64_t capabilities; /* effective; SHMG_U64_UNKNOWN */
	uint32_t fsuid, fsgid, euid, egid;
	const uint32_t *groups; /* supplementary */
	size_t group_count;
	bool groups_known;
	uint8_t capabilities_count; /* they count for the object: its user namespace is the initial one; or unknown */
};

/* Parses /proc/PID/status. `groups` has room for `capacity`; more leave groups_known false. 0 or -EINVAL. */
int shmg_credentials_parse(const char *status, uint32_t *groups, size_t capacity,
			   struct shmg_credentials *ret_credentials);

struct shmg_access_question {
	const struct shmg_object *object;
	const struct shmg_hold *hold;
	const struct shmg_credentials *credentials;
	/* A shared mapping of the object, not writable now, that mprotect may make writable: 0, 1 or unknown. */
	uint8_t may_mprotect;
	/* It has a name or descriptor by which to open it again, and that is not on a read-only mount. */
	uint8_t reachable;
};

/* Fills `ways`, `writes` and `reason` (a constant). */
void shmg_holder_judge(const struct shmg_access_question *question, struct shmg_holder *holder);

#endif
