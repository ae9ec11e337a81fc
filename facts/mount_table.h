/* SPDX-License-Identifier: MIT */
/*
 * libmount's parser on text that was already read: mountinfo, fstab lines, /proc/swaps; it tells them apart itself.
 * It opens no file, asks no device and follows no link. Internal to the room.
 */
#ifndef SHMG_FACTS_MOUNT_TABLE_H
#define SHMG_FACTS_MOUNT_TABLE_H

#include <libmount.h>
#include <stdbool.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

static inline void shmg_mount_table_free(struct libmnt_table **table)
{
	mnt_unref_table(*table);
	*table = NULL;
}

static inline void shmg_mount_iterator_free(struct libmnt_iter **iterator)
{
	mnt_free_iter(*iterator);
	*iterator = NULL;
}

#define SHMG_AUTO_MOUNT_ITERATOR SHMG_CLEANUP(shmg_mount_iterator_free) struct libmnt_iter *
#define SHMG_AUTO_MOUNT_TABLE SHMG_CLEANUP(shmg_mount_table_free) struct libmnt_table *

/*
 * Parses `length` bytes; lines that it cannot make sense of are left out and counted.
 * 0 or -ENOMEM. The caller frees *ret_table.
 */
int shmg_mount_table_parse(char *text, size_t length, struct libmnt_table **ret_table, size_t *ret_broken);

/* The same of a whole file: 0, -ENOMEM, or the -errno of reading it. */
int shmg_mount_table_read(const struct shmg_root *root, const char *path, struct libmnt_table **ret_table,
			  size_t *ret_broken);

/* Whether it is one of the file systems whose files are memory: tmpfs, hugetlbfs, ramfs. */
bool shmg_mount_table_is_memory(const char *fstype);

#endif
