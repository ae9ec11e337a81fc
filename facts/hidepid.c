/* SPDX-License-Identifier: MIT */
/*
 * Whether /proc leaves out processes of others: what is listed does not tell (process 1 may be our own), the options
 * of the mount do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts/collect.h"
#include "facts/mount_table.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

#define CAP_SYS_PTRACE_BIT 19
#define GROUPS_AT_MOST 65536

static bool may_trace_all(const struct shmg_look *look)
{
	uint64_t capabilities;

	if (shmg_root_read(&look->root, "proc/self/status", look->scratch, SHMG_SCRATCH) <= 0)
		return false;
	const char *line = strstr(look->scratch, "\nCapEff:");
	if (!line)
		return false;
	line += strlen("\nCapEff:");
	return shmg_scan_number(&line, 16, &capabilities) && capabilities >> CAP_SYS_PTRACE_BIT & 1;
}

static bool is_in_group(gid_t wanted)
{
	SHMG_AUTO_FREE gid_t *groups = calloc(GROUPS_AT_MOST, sizeof *groups);
	int count = groups ? getgroups(GROUPS_AT_MOST, groups) : -1;
	bool found = getegid() == wanted;

	for (int i = 0; i < count && !found; i++)
		found = groups[i] == wanted;
	return found;
}

/* The number of an option: gid=; 0 without it, as the kernel has it. */
static gid_t group_option(const char *options)
{
	char *value;
	size_t length;
	uint64_t group = 0;

	if (mnt_optstr_get_option(options, "gid", &value, &length) == 0 && value) {
		const char *at = value;
		(void)shmg_scan_number(&at, 10, &group);
	}
	return (gid_t)group;
}

static bool hides_by_options(const char *options)
{
	char *value;
	size_t length;

	if (mnt_optstr_get_option(options, "hidepid", &value, &length) != 0 || !value || *value == '0' ||
	    strncmp(value, "off", 3) == 0)
		return false;
	bool ptraceable = *value == '4' || strncmp(value, "ptraceable", strlen("ptraceable")) == 0;
	return ptraceable || !is_in_group(group_option(options));
}

/* The mount that /proc's own descriptor stands on; NULL where that cannot be told. */
static struct libmnt_fs *find_mount(const struct shmg_look *look, struct libmnt_table *table)
{
	struct libmnt_fs *fs, *found = NULL;
	struct statx status = { 0 };
	SHMG_AUTO_MOUNT_ITERATOR iterator = mnt_new_iter(MNT_ITER_FORWARD);

	if (statx(look->proc, "", AT_EMPTY_PATH, STATX_MNT_ID, &status) < 0)
		return NULL;
	bool by_id = status.stx_mask & STATX_MNT_ID; /* Linux 5.8 */
	while (iterator && mnt_table_next_fs(table, iterator, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);
		if (by_id ? (uint64_t)mnt_fs_get_id(fs) == status.stx_mnt_id : target && strcmp(target, "/proc") == 0)
			found = fs;
	}
	return found;
}

bool shmg_look_hides_processes(const struct shmg_look *look)
{
	SHMG_AUTO_MOUNT_TABLE table = NULL;
	size_t broken;

	if (!look->root.live || may_trace_all(look) ||
	    shmg_mount_table_read(&look->root, "proc/self/mountinfo", &table, &broken))
		return false;
	struct libmnt_fs *fs = find_mount(look, table);
	const char *options = fs ? mnt_fs_get_options(fs) : NULL;
	return options && hides_by_options(options);
}
