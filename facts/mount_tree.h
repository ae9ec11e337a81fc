/* SPDX-License-Identifier: MIT */
/* The mounts of one namespace as a tree, to tell which of them lie under others. Internal to the room. */
#ifndef SHMG_FACTS_MOUNT_TREE_H
#define SHMG_FACTS_MOUNT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts/mount_table.h"

/* One line of mountinfo, of any file system. */
struct shmg_mount_node {
	struct libmnt_fs *fs;
	const char *target;
	int id, parent;
	uint8_t state; /* whether it is hidden, once that was asked */
};

struct shmg_mount_tree {
	struct shmg_mount_node *nodes; /* in mountinfo's order: later ones were mounted later */
	size_t count;
	uint32_t *by_id;    /* rows, sorted by id */
	uint32_t *by_place; /* rows, sorted by parent, target and row */
};

/*
 * Lines that are not mountinfo's (libmount reads fstab and swaps as well) count as broken. 0 or -ENOMEM. The table
 * must outlive the tree; the caller frees the tree.
 */
int shmg_mount_tree_build(struct libmnt_table *table, struct shmg_mount_tree *ret_tree, size_t *broken);
void shmg_mount_tree_free(struct shmg_mount_tree *tree);

/* Whether another mount lies over it, or over a directory above it: nobody can reach it by name. O(log mounts). */
bool shmg_mount_tree_is_hidden(struct shmg_mount_tree *tree, struct shmg_mount_node *node);

#endif
