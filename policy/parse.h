/* SPDX-License-Identifier: MIT */
/* The parser behind shmg_policy_load and shmg_policy_parse. Internal to the room and to its tests. */
#ifndef SHMG_POLICY_PARSE_H
#define SHMG_POLICY_PARSE_H

#include "policy/policy.h"

#define SHMG_POLICY_BYTES_MAX ((size_t)1024 * 1024)

struct shmg_policy_source {
	const char *name; /* of the file, in messages */
	const char *text;
	size_t length;
	bool (*is_check)(const char *id); /* NULL: any id will do */
	/* Names → numbers: 0, -ENOENT or another -errno (shmg_policy_find_user and shmg_policy_find_group). */
	int (*find_user)(const char *name, uint32_t *ret_uid);
	int (*find_group)(const char *name, uint32_t *ret_gid);
};

/* -EINVAL with "FILE:LINE" in error->where, -ENOMEM, or the -errno of a lookup that failed. The caller frees. */
int shmg_policy_read(const struct shmg_policy_source *source, struct shmg_policy **ret_policy,
		     struct shmg_error *error);

#endif
