/* SPDX-License-Identifier: MIT */
/* Where a verb's facts and policy come from: --from, --root, --policy, or this machine and its own policy. */
#ifndef SHMG_CMD_FACTS_SOURCE_H
#define SHMG_CMD_FACTS_SOURCE_H

#include <stdbool.h>
#include <stdio.h>

#include "facts/facts.h"
#include "policy/policy.h"

struct shmg_facts_source {
	const char *from;   /* a snapshot; NULL: none */
	const char *root;   /* a captured tree; NULL: none */
	const char *policy; /* NULL: the usual places */
};

/* Takes the options --from, --root and --policy; false when `id` is another. */
bool shmg_facts_source_option(struct shmg_facts_source *source, int id, const char *value);

/* Looks, or reads; `want` is enum shmg_facts_want. The caller frees *ret_facts. */
int shmg_facts_source_open(const struct shmg_facts_source *source, unsigned want, struct shmg_facts **ret_facts,
			   struct shmg_error *error);

/* Reads a snapshot. -EINVAL when the file is none. */
int shmg_snapshot_read(const char *path, struct shmg_facts **ret_facts, struct shmg_error *error);

/* The policy in force. The caller frees *ret_policy. */
int shmg_facts_source_policy(const struct shmg_facts_source *source, struct shmg_policy **ret_policy,
			     struct shmg_error *error);

/* One line a gap on `stream`: what could not be seen, why, and what would help. Nothing when nothing is missing. */
void shmg_coverage_print(const struct shmg_facts *facts, FILE *stream);

#endif
