/* SPDX-License-Identifier: MIT */
/* Swap areas, and whether what is written to them is encrypted on its way: block.c and mountinfo tell. */
#include <errno.h>
#include <string.h>

#include "facts/block.h"
#include "facts/collect.h"
#include "facts/mount_table.h"
#include "facts/value.h"

static const char swaps[] = "proc/swaps";

static uint64_t bytes_of(off_t kilobytes)
{
	return kilobytes < 0 || (uint64_t)kilobytes > UINT64_MAX / 1024 ? SHMG_U64_UNKNOWN : (uint64_t)kilobytes * 1024;
}

static int append_swap(struct shmg_look *look, struct libmnt_fs *fs)
{
	const char *path = mnt_fs_get_source(fs);
	const char *type = mnt_fs_get_swaptype(fs);

	if (!path || !type)
		return 0;
	struct shmg_swap *row = SHMG_APPEND(&look->facts->swaps);
	if (!row)
		return -ENOMEM;
	shmg_record_set_unknown(&shmg_swap_type, row);
	row->path = shmg_pool_copy(&look->facts->pool, path, strlen(path));
	if (!row->path) {
		look->facts->swaps.count--;
		return -ENOMEM;
	}
	row->size = bytes_of(mnt_fs_get_size(fs));
	row->used = bytes_of(mnt_fs_get_usedsize(fs));

	struct shmg_block_traits traits;
	int code = strcmp(type, "file") == 0 ? shmg_block_of_file(look, path, &traits)
					     : shmg_block_of_device(look, path, &traits);
	if (code)
		return code;
	row->encrypted = traits.encrypted;
	row->zram = traits.memory;
	return 0;
}

int shmg_collect_swaps(struct shmg_look *look)
{
	struct libmnt_fs *fs;
	size_t broken;
	SHMG_AUTO_MOUNT_TABLE table = NULL;
	SHMG_AUTO_MOUNT_ITERATOR iterator = mnt_new_iter(MNT_ITER_FORWARD);

	if (!iterator)
		return -ENOMEM;
	int code = shmg_mount_table_read(&look->root, swaps, &table, &broken);
	if (code)
		return code == -ENOMEM ? code : shmg_value_note_unread(look, swaps, code);
	if (broken)
		code = shmg_facts_note_gap(look->facts, "swap areas", "a line of /proc/swaps has an unknown form",
					   false);
	while (!code && mnt_table_next_fs(table, iterator, &fs) == 0)
		code = append_swap(look, fs);
	return code;
}
