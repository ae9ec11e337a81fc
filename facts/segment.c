/* SPDX-License-Identifier: MIT */
/*
 * Which segment a mapping is of.
 *
 * The kernel gives a segment's file its id as inode number and its key as name, and no namespace. Ids repeat from one
 * IPC namespace to the next, IPC_PRIVATE keys are all 0, a segment that was removed while attached has lost its key in
 * the list (not in the name), and an attach outlives the process's change of namespace. So the candidates are all
 * segments with that id; key, size and owner rule out, and the process's own namespace decides only what is left.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "facts/collect.h"

static int compare_ids(const void *left, const void *right)
{
	const struct shmg_segment *a = left, *b = right;
	return a->id != b->id ? (a->id > b->id) - (a->id < b->id) : (a->row > b->row) - (a->row < b->row);
}

int shmg_index_segments(struct shmg_look *look)
{
	for (size_t row = 0; row < look->facts->objects.count; row++) {
		if (look->facts->objects.items[row].kind != SHMG_KIND_SYSV)
			continue;
		struct shmg_segment *segment = SHMG_APPEND(&look->segments);
		if (!segment)
			return -ENOMEM;
		*segment = (struct shmg_segment){ look->facts->objects.items[row].id, (uint32_t)row };
	}
	if (look->segments.count)
		qsort(look->segments.items, look->segments.count, sizeof *look->segments.items, compare_ids);
	return 0;
}

/* The first with that id, or where it would be. */
static size_t first_with(const struct shmg_look *look, uint64_t id)
{
	size_t low = 0, high = look->segments.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (look->segments.items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool shmg_is_segment_id(const struct shmg_look *look, uint64_t id)
{
	size_t at = first_with(look, id);
	return at < look->segments.count && look->segments.items[at].id == id;
}

static bool is_possible(const struct shmg_object *segment, uint64_t key, const struct statx *file)
{
	if (segment->key != key && !(segment->flags & SHMG_OBJECT_MARKED))
		return false;
	if (!file)
		return true;
	/* Huge segments are rounded up to their pages. */
	bool size = file->stx_size == segment->size ||
		    (segment->flags & SHMG_OBJECT_HUGE && file->stx_size > segment->size);
	/* The file's owner is the creator, whatever IPC_SET made of the segment's since. */
	return size && (segment->creator_uid == SHMG_U32_UNKNOWN || file->stx_uid == segment->creator_uid);
}

int64_t shmg_find_segment(struct shmg_look *look, uint64_t id, uint64_t key, const struct statx *file)
{
	uint64_t home = look->facts->processes.items[look->process].ipc_ns;
	int64_t at_home = -ENOENT, elsewhere = -ENOENT;
	bool several = false;

	for (size_t at = first_with(look, id); at < look->segments.count && look->segments.items[at].id == id; at++) {
		uint32_t row = look->segments.items[at].row;
		const struct shmg_object *segment = &look->facts->objects.items[row];
		if (!is_possible(segment, key, file))
			continue;
		if (segment->ns == home) {
			at_home = row;
		} else if (segment->nattch != 0) {
			several |= elsewhere >= 0;
			elsewhere = row;
		}
	}
	/* One at home that nobody had attached when it was listed gives way to one elsewhere that somebody had. */
	bool attached = at_home >= 0 && look->facts->objects.items[at_home].nattch != 0;
	if (at_home >= 0 && (attached || elsewhere < 0))
		return at_home;
	return several ? -ENOENT : elsewhere;
}

int64_t shmg_look_segment(struct shmg_look *look, uint64_t dev, uint64_t id, uint64_t key, const struct statx *file)
{
	int64_t row = shmg_find_segment(look, id, key, file);
	bool fresh;

	if (row < 0) {
		row = shmg_look_object(look, (struct shmg_identity){ true, SHMG_U64_UNKNOWN, id }, &fresh);
		if (row < 0)
			return -ENOMEM;
		struct shmg_object *object = &look->facts->objects.items[row];
		if (fresh) {
			object->key = key;
			if (file) {
				shmg_object_set_stat(object, file);
				object->creator_uid = file->stx_uid;
				object->mode = SHMG_U32_UNKNOWN; /* the file's mode is not the segment's */
				object->uid = object->gid = SHMG_U32_UNKNOWN;
			}
		}
		int status = fresh ? shmg_facts_note_gap(look->facts, "namespaces of attached System V segments",
							 "they were made in an IPC namespace that could not be listed, "
							 "or after the list was read",
							 true)
				   : 0;
		if (status)
			return status;
	}
	look->facts->objects.items[row].dev = dev;
	return row;
}
