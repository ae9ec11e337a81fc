/* SPDX-License-Identifier: MIT */
/*
 * Reading a symbolic link updates its access time, and unlike open(2) readlink(2) has no O_NOATIME. Where it would, the
 * link is read through a private copy of the mount that has noatime set; where that cannot be made (no privilege,
 * another mount namespace, before Linux 5.12), it is not read.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

#define SECONDS_A_DAY (24 * 60 * 60)

/* The rule of relatime, the default: an access time that is older than the last change, or than a day, is updated. */
static bool would_touch(const struct statx *link)
{
	int64_t accessed = shmg_statx_time(link->stx_atime.tv_sec, link->stx_atime.tv_nsec);

	return accessed <= shmg_statx_time(link->stx_mtime.tv_sec, link->stx_mtime.tv_nsec) ||
	       accessed <= shmg_statx_time(link->stx_ctime.tv_sec, link->stx_ctime.tv_nsec) ||
	       time(NULL) - link->stx_atime.tv_sec >= SECONDS_A_DAY - 1;
}

static int make_view(int mount)
{
	struct mount_attr quiet = { .attr_set = MOUNT_ATTR_NOATIME, .attr_clr = MOUNT_ATTR__ATIME };
	SHMG_AUTO_FD view = (int)syscall(SYS_open_tree, mount, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (view < 0 || syscall(SYS_mount_setattr, view, "", AT_EMPTY_PATH, &quiet, sizeof quiet) < 0)
		return -2;
	return SHMG_TAKE_FD(view);
}

ssize_t shmg_read_link_quietly(int mount, int *view, const char *path, const struct statx *link, char *target,
			       size_t size)
{
	bool quiet = would_touch(link);

	if (quiet && *view == -1)
		*view = make_view(mount);
	if (quiet && *view < 0)
		return -EPERM;
	struct open_how how = {
		.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	SHMG_AUTO_FD fd = (int)syscall(SYS_openat2, quiet ? *view : mount, path, &how, sizeof how);
	if (fd < 0)
		return -errno;
	ssize_t length = readlinkat(fd, "", target, size);
	return length < 0 ? -errno : length;
}
