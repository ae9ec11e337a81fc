/* SPDX-License-Identifier: MIT */
/*
 * Names of users and groups, each looked up once: a host of ten thousand objects has a handful of owners, and a
 * look-up of a number that has no name costs more than all else together.
 *
 * Names come from the machine that the facts are about: this one's, or the captured tree's etc/passwd and
 * etc/group. Where neither can be asked (a snapshot of another machine) numbers stand for themselves.
 */
#ifndef SHMG_CMD_NAMES_H
#define SHMG_CMD_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "facts/facts.h"
#include "lib/base/pool.h"

struct shmg_name {
	const char *text;
	uint32_t number;
};

struct shmg_name_table {
	struct shmg_name *slots; /* open addressing */
	size_t size;		 /* a power of two, or 0 */
	size_t count;
};

struct shmg_names {
	struct shmg_pool pool;
	struct shmg_name_table users, groups;
	const char *root; /* a captured tree; NULL: none */
	bool local;	  /* this machine's names are the right ones */
};

/* `root` (may be NULL) must outlive the names. */
void shmg_names_open(struct shmg_names *names, const struct shmg_facts *facts, const char *root);
void shmg_names_close(struct shmg_names *names);

/* The name, or the number as text; NULL when the number is unknown or memory is short. */
const char *shmg_names_user(struct shmg_names *names, uint32_t uid);
const char *shmg_names_group(struct shmg_names *names, uint32_t gid);

/* The number of a user given by name or number: 0, or -ENOENT. */
int shmg_names_find_user(struct shmg_names *names, const char *text, uint32_t *ret_uid);

#endif
