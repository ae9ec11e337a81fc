/* SPDX-License-Identifier: MIT */
/* What a process holds open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

static uint32_t fd_access(int directory, const char *fd)
{
	char path[32], text[512];
	uint64_t flags;

	(void)snprintf(path, sizeof path, "fdinfo/%.20s", fd);
	if (shmg_read_at(directory, path, text, sizeof text) < 0)
		return 0;
	const char *line = strstr(text, "flags:");
	if (!line)
		return 0;
	line += strlen("flags:");
	if (!shmg_scan_number(&line, 8, &flags))
		return 0;
	return (flags & O_ACCMODE) == O_RDONLY || flags & O_PATH ? 0 : SHMG_ACCESS_FD_WRITE;
}

static int name_new_object(struct shmg_look *look, int fds, const char *fd, const struct shmg_file_name *file,
			   const struct statx *status, struct shmg_object *object)
{
	int failed = shmg_look_set_name(look, object, file);
	if (failed)
		return failed;
	if (status->stx_nlink == 0)
		object->flags |= SHMG_OBJECT_UNLINKED;
	if (file->kind == SHMG_KIND_MEMFD && look->want & SHMG_WANT_SEALS) {
		SHMG_AUTO_FD memfd = openat(fds, fd, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		int seals = memfd < 0 ? -1 : fcntl(memfd, F_GET_SEALS);
		if (seals >= 0)
			object->seals = (uint32_t)seals;
	}
	return 0;
}

/* The row of the file behind a descriptor; -errno. */
static int64_t find_object(struct shmg_look *look, int fds, const char *fd, enum shmg_device_type type, uint64_t dev,
			   const struct statx *status)
{
	bool kernel = type == SHMG_DEVICE_KERNEL || type == SHMG_DEVICE_KERNEL_HUGE, fresh;
	struct shmg_identity identity = { false, dev, status->stx_ino };
	char target[4352];
	struct shmg_file_name file = { .kind = SHMG_KIND_TMPFS };
	int64_t row = shmg_look_find_object(look, identity);

	if (row >= 0 && !(kernel && shmg_is_segment_id(look, status->stx_ino)))
		return row;
	/* Without a name (closed in the meantime, or a path too long) it is known by its inode. */
	ssize_t length = readlinkat(fds, fd, target, sizeof target);
	if (length >= 0)
		file = shmg_look_file_name(type, target, (size_t)length);
	if (kernel && file.kind == SHMG_KIND_SYSV) /* opened through map_files or /proc/PID/fd */
		return shmg_look_segment(look, dev, status->stx_ino, file.key, status);
	row = shmg_look_object(look, identity, &fresh);
	if (row < 0 || !fresh)
		return row;
	int failed = name_new_object(look, fds, fd, &file, status, &look->facts->objects.items[row]);
	return failed ? failed : row;
}

static int add_descriptor(struct shmg_look *look, int directory, int fds, const char *fd)
{
	struct statx status;

	/* DONT_SYNC: a file of a dead server must not hang the look. */
	if (statx(fds, fd, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &status) < 0)
		return 0;
	if (!S_ISREG(status.stx_mode))
		return 0;
	uint64_t dev = makedev(status.stx_dev_major, status.stx_dev_minor);
	enum shmg_device_type type = shmg_look_device_of(look, dev, fds, fd);
	if (type == SHMG_DEVICE_NONE || type == SHMG_DEVICE_OTHER)
		return 0;

	int64_t row = find_object(look, fds, fd, type, dev, &status);
	if (row < 0)
		return (int)row;
	struct shmg_object *object = &look->facts->objects.items[row];
	if (object->kind != SHMG_KIND_SYSV && object->mode == SHMG_U32_UNKNOWN)
		shmg_object_set_stat(object, &status);
	if (type == SHMG_DEVICE_KERNEL_HUGE || type == SHMG_DEVICE_HUGETLBFS)
		object->flags |= SHMG_OBJECT_HUGE;
	struct shmg_use use = { .fds = 1 };
	if (look->want & SHMG_WANT_DETAIL)
		use.access = fd_access(directory, fd);
	return shmg_look_hold(look, (uint32_t)row, &use);
}

int shmg_collect_descriptors(struct shmg_look *look, int directory)
{
	if (!look->root.live)
		return 0; /* a capture's descriptors are links that lead nowhere */
	SHMG_AUTO_FD fd = openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	int fds = fd;
	SHMG_AUTO_DIR list = fdopendir(fd);
	if (!list)
		return -ENOMEM;
	(void)SHMG_TAKE_FD(fd);

	for (struct dirent *entry; (entry = readdir(list));) {
		if (entry->d_name[0] == '.')
			continue;
		int status = add_descriptor(look, directory, fds, entry->d_name);
		if (status)
			return status;
	}
	return 0;
}
