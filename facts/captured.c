/* SPDX-License-Identifier: MIT */
/*
 * In a captured tree inodes are those of the capture's own files, while its maps hold those of the machine that it was
 * taken on: what a process maps is found by path.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "facts/collect.h"

/* The path of a file as maps shows it: shm_open's "/x" is TARGET/x, sem_open's TARGET/sem.x, all others have their own.
 */
static const char *path_of(const struct shmg_look *look, const struct shmg_object *object, struct shmg_pool *pool)
{
	const char *target = look->facts->mounts.items[object->mount].target;

	switch (object->kind) {
	case SHMG_KIND_POSIX:
		return shmg_pool_format(pool, "%s%s", target, object->name);
	case SHMG_KIND_SEMAPHORE:
		return shmg_pool_format(pool, "%s/sem.%s", target, object->name + 1);
	default:
		return object->name;
	}
}

static int compare(const void *left, const void *right)
{
	const struct shmg_captured_path *a = left, *b = right;
	return strcmp(a->path, b->path);
}

int shmg_index_captured_paths(struct shmg_look *look)
{
	if (look->root.live)
		return 0;
	for (size_t row = 0; row < look->facts->objects.count; row++) {
		const struct shmg_object *object = &look->facts->objects.items[row];
		if (!object->name || object->mount == SHMG_U32_UNKNOWN)
			continue;
		struct shmg_captured_path *entry = SHMG_APPEND(&look->paths);
		if (!entry)
			return -ENOMEM;
		entry->row = (uint32_t)row;
		entry->path = path_of(look, object, &look->facts->pool);
		if (!entry->path) {
			look->paths.count--;
			return -ENOMEM;
		}
	}
	if (look->paths.count)
		qsort(look->paths.items, look->paths.count, sizeof *look->paths.items, compare);
	return 0;
}

int64_t shmg_find_captured_path(const struct shmg_look *look, const char *path, size_t length)
{
	size_t low = 0, high = look->paths.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = look->paths.items[middle].path;
		int order = strncmp(other, path, length);
		if (order == 0)
			order = other[length] != '\0';
		if (order == 0)
			return look->paths.items[middle].row;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -ENOENT;
}
