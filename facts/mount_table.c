/* SPDX-License-Identifier: MIT */
#include "facts/mount_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_READ ((size_t)64 * 1024)
#define LARGEST ((size_t)64 * 1024 * 1024)

static int count_broken_line(struct libmnt_table *table, const char *filename, int line)
{
	size_t *broken = mnt_table_get_userdata(table);

	(void)filename;
	(void)line;
	++*broken;
	return 1;
}

/*
 * For a mount whose source is "/dev/root" libmount goes and looks for the root device of the machine that it runs on,
 * in sysfs and on the kernel's command line: slow, and wrong for a captured tree. While it parses, the name is another.
 */
static bool hide_root_device(char *text)
{
	static const char source[] = " /dev/root ";
	bool hidden = false;

	for (char *found = text; (found = strstr(found, source)) != NULL; found += sizeof source - 2) {
		const char *type = found;
		while (type > text && type[-1] != ' ' && type[-1] != '\n')
			type--;
		if (type - text < 3 || memcmp(type - 3, " - ", 3) != 0)
			continue;
		memcpy(found, " /dev/ROOT ", sizeof source - 1);
		hidden = true;
	}
	return hidden;
}

static int restore_root_device(struct libmnt_table *table)
{
	struct libmnt_fs *fs;
	SHMG_AUTO_MOUNT_ITERATOR iterator = mnt_new_iter(MNT_ITER_FORWARD);

	if (!iterator)
		return -ENOMEM;
	while (mnt_table_next_fs(table, iterator, &fs) == 0) {
		const char *source = mnt_fs_get_source(fs);
		if (source && strcmp(source, "/dev/ROOT") == 0 && mnt_fs_set_source(fs, "/dev/root") != 0)
			return -ENOMEM;
	}
	return 0;
}

int shmg_mount_table_parse(char *text, size_t length, struct libmnt_table **ret_table, size_t *ret_broken)
{
	size_t broken = 0;

	SHMG_AUTO_MOUNT_TABLE table = mnt_new_table();
	if (!table)
		return -ENOMEM;
	if (length) {
		SHMG_AUTO_FILE stream = fmemopen(text, length, "r");
		if (!stream)
			return -ENOMEM;
		(void)mnt_table_set_userdata(table, &broken);
		(void)mnt_table_set_parser_errcb(table, count_broken_line);
		errno = 0;
		/* The name serves only to find a process id in it, which would cost a realpath(3). */
		int code = mnt_table_parse_stream(table, stream, "");
		(void)mnt_table_set_parser_errcb(table, NULL);
		(void)mnt_table_set_userdata(table, NULL);
		/* To libmount a line for which there was no memory is a broken one. */
		if (code || (broken && errno == ENOMEM))
			return -ENOMEM;
	}
	*ret_table = SHMG_TAKE_PTR(table);
	*ret_broken = broken;
	return 0;
}

int shmg_mount_table_read(const struct shmg_root *root, const char *path, struct libmnt_table **ret_table,
			  size_t *ret_broken)
{
	/* Nearly every table fits at once; reading one twice costs more than all the rest. */
	SHMG_AUTO_FREE char *text = malloc(FIRST_READ);
	if (!text)
		return -ENOMEM;
	ssize_t got = shmg_root_read(root, path, text, FIRST_READ);
	size_t length = (size_t)got;
	if (got == -EFBIG) {
		free(SHMG_TAKE_PTR(text));
		got = shmg_root_read_all(root, path, LARGEST, &text, &length);
	}
	if (got < 0)
		return (int)got;
	SHMG_AUTO_MOUNT_TABLE table = NULL;
	bool hidden = hide_root_device(text);
	int code = shmg_mount_table_parse(text, length, &table, ret_broken);
	if (!code && hidden)
		code = restore_root_device(table);
	if (!code)
		*ret_table = SHMG_TAKE_PTR(table);
	return code;
}

bool shmg_mount_table_is_memory(const char *fstype)
{
	return fstype &&
	       (strcmp(fstype, "tmpfs") == 0 || strcmp(fstype, "hugetlbfs") == 0 || strcmp(fstype, "ramfs") == 0);
}
