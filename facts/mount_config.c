/* SPDX-License-Identifier: MIT */
/* What /etc/fstab says that memory file systems should be mounted with. The units are in mount_unit.c. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/collect.h"
#include "facts/mount_config.h"
#include "facts/mount_table.h"
#include "facts/value.h"

#define FSTAB "etc/fstab"
#define LARGEST_FSTAB ((size_t)1024 * 1024)

/* "/dev//shm/" → "/dev/shm", as systemd and mount(8) understand it. */
static void simplify_path(char *path)
{
	char *out = path;

	for (const char *in = path; *in; in++)
		if (*in != '/' || out == path || out[-1] != '/')
			*out++ = *in;
	if (out > path + 1 && out[-1] == '/')
		out--;
	*out = '\0';
}

int shmg_mount_config_append(struct shmg_look *look, enum shmg_config_origin origin, const char *target,
			     const char *fstype, const char *options, const char *file, unsigned line)
{
	struct shmg_pool *pool = &look->facts->pool;

	if (!shmg_mount_table_is_memory(fstype) || target[0] != '/')
		return 0;
	SHMG_AUTO_FREE char *path = strdup(target);
	if (!path)
		return -ENOMEM;
	simplify_path(path);
	/* Neither an fstab nor a unit needs to name options; these are mount(8)'s words for that. */
	if (!options || !*options)
		options = "defaults";
	struct shmg_mount_config *row = SHMG_APPEND(&look->facts->mount_configs);
	if (!row)
		return -ENOMEM;
	row->origin = (uint8_t)origin;
	row->target = shmg_pool_intern(pool, path, strlen(path));
	row->fstype = shmg_pool_intern(pool, fstype, strlen(fstype));
	row->options = shmg_pool_intern(pool, options, strlen(options));
	row->source = line ? shmg_pool_format(pool, "/%s:%u", file, line) : shmg_pool_format(pool, "/%s", file);
	if (!row->target || !row->fstype || !row->options || !row->source) {
		look->facts->mount_configs.count--;
		return -ENOMEM;
	}
	return 0;
}

static int collect_fstab_line(struct shmg_look *look, char *text, size_t length, unsigned line)
{
	struct libmnt_fs *fs;
	size_t broken;
	SHMG_AUTO_MOUNT_TABLE table = NULL;

	int code = shmg_mount_table_parse(text, length, &table, &broken);
	if (code)
		return code;
	if (broken)
		return shmg_facts_note_gap(look->facts, "lines of /" FSTAB, "not in the form that fstab(5) asks for",
					   false);
	if (mnt_table_first_fs(table, &fs) != 0 || !mnt_fs_get_target(fs))
		return 0;
	return shmg_mount_config_append(look, SHMG_CONFIG_FSTAB, mnt_fs_get_target(fs), mnt_fs_get_fstype(fs),
					mnt_fs_get_options(fs), FSTAB, line);
}

/* Line by line, because libmount does not tell which line an entry came from. */
static int collect_fstab(struct shmg_look *look)
{
	size_t length = 0;
	SHMG_AUTO_FREE char *text = NULL;

	int code = shmg_root_read_all(&look->root, FSTAB, LARGEST_FSTAB, &text, &length);
	if (code)
		return code == -ENOMEM ? code : shmg_value_note_unread(look, FSTAB, code);
	unsigned line = 1;
	for (char *start = text; start < text + length; line++) {
		char *newline = memchr(start, '\n', (size_t)(text + length - start));
		char *next = newline ? newline + 1 : text + length;
		code = collect_fstab_line(look, start, (size_t)(next - start), line);
		if (code)
			return code;
		start = next;
	}
	return 0;
}

int shmg_collect_mount_configs(struct shmg_look *look)
{
	int code = collect_fstab(look);
	return code ? code : shmg_collect_mount_units(look);
}
