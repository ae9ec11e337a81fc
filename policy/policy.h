/* SPDX-License-Identifier: MIT */
/*
 * What should be: the policy file, over built-in defaults.
 *
 * INI (inih's dialect). Sections:
 *
 *   [thresholds]            one key a row of shmg_policy_parameters
 *   [sharing]
 *   groups = video, render  groups whose members share on purpose
 *   [allow NAME]            a wanted exception, written down once
 *   object = /myapp-*       fnmatch(3) on the object's ident (facts.h) or name; required
 *   owner = postgres, 70    users by name or number
 *   mode = 0660             the widest mode that is wanted
 *   users = web, batch      users whose processes may hold it
 *   checks = SHM-OBJ-001    the checks that it silences; without: all checks about objects
 *   reason = why            required
 *   [check SHM-MNT-003]
 *   enabled = no
 *   severity = low
 *   reason = why            required when enabled = no
 *
 * Errors name the file and line. An unknown section, key or check id is an error: a typo must not silently allow.
 * Thread-safety: a loaded policy may be read by many threads.
 */
#ifndef SHMG_POLICY_POLICY_H
#define SHMG_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/array.h"
#include "lib/base/error.h"
#include "lib/base/pool.h"
#include "lib/base/record.h"

enum shmg_severity {
	SHMG_SEVERITY_INFO,
	SHMG_SEVERITY_LOW,
	SHMG_SEVERITY_MEDIUM,
	SHMG_SEVERITY_HIGH,
	SHMG_SEVERITY_CRITICAL,
};
extern const char *const shmg_severity_names[]; /* ends with NULL */

enum shmg_parameter {
	SHMG_PARAMETER_USAGE_PERCENT,	       /* usage-percent: 80 */
	SHMG_PARAMETER_ORPHANS,		       /* orphans: 10, more than these is a finding of its own */
	SHMG_PARAMETER_ORPHAN_AGE,	       /* orphan-age: 600 s, grace since the last use */
	SHMG_PARAMETER_ORPHAN_GROWTH,	       /* orphan-growth: 1, more orphans than in the snapshot by this many */
	SHMG_PARAMETER_PROCESS_GROWTH_PERCENT, /* process-growth-percent: 50 */
	SHMG_PARAMETER_PROCESS_GROWTH_BYTES,   /* process-growth-bytes: 64 MiB, growth below it is never unusual */
	SHMG_PARAMETER_TINY_SEGMENTS,	       /* tiny-segments: 1000 */
	SHMG_PARAMETER_TINY_BYTES,	       /* tiny-bytes: 4096 */
	SHMG_PARAMETER_SEGMENT_RAM_PERCENT,    /* segment-ram-percent: 50, a single segment's limit against RAM */
	SHMG_PARAMETER_KERNEL_RESERVE_PERCENT, /* kernel-reserve-percent: 10, RAM left to the kernel */
	SHMG_PARAMETER_TEMPERATURE,	       /* temperature: 85000 (85 degrees), where a sensor has no maximum */
	SHMG_PARAMETER_CORRECTED_ERRORS,       /* corrected-errors: 1 */
	SHMG_PARAMETER_SHARED_GROUP_SIZE,      /* shared-group-size: 2 members make a group shared */
	SHMG_PARAMETER_COUNT
};

/* One row a threshold: name in the file, default, smallest and largest, unit and what it means. */
struct shmg_policy_parameter {
	const char *name;
	uint64_t value, minimum, maximum;
	const char *unit; /* "percent", "bytes", "seconds", "" */
	const char *help;
};
extern const struct shmg_policy_parameter shmg_policy_parameters[SHMG_PARAMETER_COUNT];

struct shmg_policy_allow {
	const char *name;
	const char *object; /* fnmatch pattern */
	const char *reason;
	const char *source;   /* "FILE:LINE" */
	SHMG_ARRAY(uint32_t) owners; /* empty: any */
	SHMG_ARRAY(uint32_t) users;  /* empty: any */
	SHMG_ARRAY(const char *) checks; /* empty: all */
	uint32_t mode; /* SHMG_U32_UNKNOWN: any */
};

struct shmg_policy_check {
	const char *id;
	const char *reason;
	const char *source;
	uint8_t enabled;  /* 1 unless said otherwise */
	uint8_t severity; /* SHMG_U8_UNKNOWN: the check's own */
};

struct shmg_policy {
	uint64_t parameters[SHMG_PARAMETER_COUNT];
	SHMG_ARRAY(struct shmg_policy_allow) allows;
	SHMG_ARRAY(struct shmg_policy_check) checks;
	SHMG_ARRAY(uint32_t) shared_groups;
	struct shmg_pool pool;
};

/* What an exception is asked about; unknown members match only an exception that does not name them. */
struct shmg_policy_question {
	const char *check; /* id */
	const char *ident; /* shmg_object_ident */
	const char *name;  /* may be NULL */
	uint32_t owner;
	uint32_t mode;
	uint32_t user; /* of the process that holds it; SHMG_U32_UNKNOWN: not about a holder */
};

/* The built-in policy; NULL when there is no memory. */
struct shmg_policy *shmg_policy_new(void);

/*
 * Reads `path` over the defaults. `is_check` (may be NULL) says whether a check id exists.
 * -ENOENT, -EACCES, or -EINVAL with "FILE:LINE" in error->where. The caller frees *ret_policy.
 */
int shmg_policy_load(const char *path, bool (*is_check)(const char *id), struct shmg_policy **ret_policy,
		     struct shmg_error *error);

/* The same from text; `name` stands for the file in messages. */
int shmg_policy_parse(const char *name, const char *text, bool (*is_check)(const char *id),
		      struct shmg_policy **ret_policy, struct shmg_error *error);

void shmg_policy_free(struct shmg_policy **policy);

/* The exception that allows it, or NULL. */
const struct shmg_policy_allow *shmg_policy_match(const struct shmg_policy *policy,
						  const struct shmg_policy_question *question);

/* What the policy says of a check, or NULL. */
const struct shmg_policy_check *shmg_policy_find_check(const struct shmg_policy *policy, const char *id);

bool shmg_policy_group_is_shared(const struct shmg_policy *policy, uint32_t gid);

/* "high" → SHMG_SEVERITY_HIGH; -EINVAL. */
int shmg_severity_parse(const char *text, enum shmg_severity *ret_severity);

#endif
