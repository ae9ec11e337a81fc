/* SPDX-License-Identifier: MIT */
#include "facts/mount_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_UNKNOWN, STATE_ASKED, STATE_VISIBLE, STATE_HIDDEN };

/* For qsort_r: rows of a tree. */
static int compare_ids(const void *left, const void *right, void *context)
{
	const struct shmg_mount_node *nodes = context;
	int a = nodes[*(const uint32_t *)left].id, b = nodes[*(const uint32_t *)right].id;
	return (a > b) - (a < b);
}

static int compare_places(const void *left, const void *right, void *context)
{
	const struct shmg_mount_node *nodes = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	if (nodes[a].parent != nodes[b].parent)
		return (nodes[a].parent > nodes[b].parent) - (nodes[a].parent < nodes[b].parent);
	int order = strcmp(nodes[a].target, nodes[b].target);
	return order ? order : (a > b) - (a < b);
}

static uint32_t *sorted_rows(struct shmg_mount_node *nodes, size_t count,
			     int (*compare)(const void *, const void *, void *))
{
	uint32_t *rows = calloc(count + 1, sizeof *rows);
	if (!rows)
		return NULL;
	for (size_t row = 0; row < count; row++)
		rows[row] = (uint32_t)row;
	qsort_r(rows, count, sizeof *rows, compare, nodes);
	return rows;
}

int shmg_mount_tree_build(struct libmnt_table *table, struct shmg_mount_tree *ret_tree, size_t *broken)
{
	struct shmg_mount_tree tree = { 0 };
	struct libmnt_fs *fs;

	SHMG_AUTO_MOUNT_ITERATOR iterator = mnt_new_iter(MNT_ITER_FORWARD);
	tree.nodes = calloc((size_t)mnt_table_get_nents(table) + 1, sizeof *tree.nodes);
	while (iterator && tree.nodes && mnt_table_next_fs(table, iterator, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);
		if (!target || !mnt_fs_get_root(fs)) {
			++*broken;
			continue;
		}
		tree.nodes[tree.count++] = (struct shmg_mount_node){
			.fs = fs, .target = target, .id = mnt_fs_get_id(fs), .parent = mnt_fs_get_parent_id(fs)
		};
	}
	if (iterator && tree.nodes) {
		tree.by_id = sorted_rows(tree.nodes, tree.count, compare_ids);
		tree.by_place = sorted_rows(tree.nodes, tree.count, compare_places);
	}
	if (!tree.by_id || !tree.by_place) {
		shmg_mount_tree_free(&tree);
		return -ENOMEM;
	}
	*ret_tree = tree;
	return 0;
}

void shmg_mount_tree_free(struct shmg_mount_tree *tree)
{
	free(tree->nodes);
	free(tree->by_id);
	free(tree->by_place);
	*tree = (struct shmg_mount_tree){ 0 };
}

/* The last mounted of the children that `parent` has at the first `length` bytes of `target`; NULL: none. */
static const struct shmg_mount_node *last_at(const struct shmg_mount_tree *tree, int parent, const char *target,
					     size_t length)
{
	size_t low = 0, high = tree->count;

	while (low < high) { /* the first that sorts behind it */
		size_t middle = low + (high - low) / 2;
		const struct shmg_mount_node *node = &tree->nodes[tree->by_place[middle]];
		int order = (node->parent > parent) - (node->parent < parent);
		if (order == 0)
			order = strncmp(node->target, target, length);
		if (order == 0)
			order = node->target[length] != '\0';
		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	const struct shmg_mount_node *node = &tree->nodes[tree->by_place[low - 1]];
	bool same = node->parent == parent && strncmp(node->target, target, length) == 0 && !node->target[length];
	return same ? node : NULL;
}

/*
 * Two mounts of the same parent, one at /dev and one at /dev/shm: had /dev been there first, it would be the parent of
 * /dev/shm. So it came later, and lies over the directory that the other was mounted on.
 */
static bool has_covering_sibling(const struct shmg_mount_tree *tree, const struct shmg_mount_node *node)
{
	/* The kernel's first root is its own parent, and has no siblings. */
	if (node->id == node->parent)
		return false;
	const struct shmg_mount_node *other = last_at(tree, node->parent, node->target, strlen(node->target));
	if (other && other > node)
		return true;
	if (!node->target[0] || !node->target[1])
		return false;
	other = last_at(tree, node->parent, "/", 1);
	if (other && other != node)
		return true;
	for (const char *slash = node->target; (slash = strchr(slash + 1, '/'));)
		if (last_at(tree, node->parent, node->target, (size_t)(slash - node->target)))
			return true;
	return false;
}

static struct shmg_mount_node *find_parent(const struct shmg_mount_tree *tree, const struct shmg_mount_node *node)
{
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct shmg_mount_node *other = &tree->nodes[tree->by_id[middle]];
		if (other->id == node->parent)
			return other != node ? other : NULL;
		if (other->id < node->parent)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Whether it or a mount that it stands on is covered. Every answer on the way is kept, so each is found once. */
static bool is_covered(struct shmg_mount_tree *tree, struct shmg_mount_node *node)
{
	struct shmg_mount_node *top = node;
	uint8_t answer = STATE_VISIBLE;

	/* A captured tree may hold any numbers: parents that go round in a circle end where they were met before. */
	while (top && top->state == STATE_UNKNOWN) {
		top->state = STATE_ASKED;
		if (has_covering_sibling(tree, top)) {
			answer = STATE_HIDDEN;
			break;
		}
		top = find_parent(tree, top);
	}
	if (top && top->state == STATE_HIDDEN)
		answer = STATE_HIDDEN;
	for (struct shmg_mount_node *at = node; at && at->state == STATE_ASKED; at = find_parent(tree, at)) {
		at->state = answer;
		if (at == top)
			break;
	}
	return node->state == STATE_HIDDEN;
}

bool shmg_mount_tree_is_hidden(struct shmg_mount_tree *tree, struct shmg_mount_node *node)
{
	const struct shmg_mount_node *above = last_at(tree, node->id, node->target, strlen(node->target));

	return (above && above != node) || is_covered(tree, node);
}
