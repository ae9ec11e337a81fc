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

static int name_new_object(struct shmg_look *look, int fds, const char *fd, enum shmg_device_type device,
			   struct shmg_object *object)
{
	char target[4352];
	ssize_t length = readlinkat(fds, fd, target, sizeof target);
	if (length < 0)
		return 0; /* closed in the meantime: it stays without a name */

	struct shmg_file_name file = shmg_look_file_name(device, target, (size_t)length);
	int status = shmg_look_set_name(look, object, &file);
	if (status)
		return status;
	if (file.deleted)
		object->flags |= SHMG_OBJECT_UNLINKED;
	if (file.kind == SHMG_KIND_MEMFD && look->want & SHMG_WANT_SEALS) {
		SHMG_AUTO_FD memfd = openat(fds, fd, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		int seals = memfd < 0 ? -1 : fcntl(memfd, F_GET_SEALS);
		if (seals >= 0)
			object->seals = (uint32_t)seals;
	}
	return 0;
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
	const struct shmg_device *device = shmg_look_device(look, dev);
	if (!device)
		return 0;

	bool fresh;
	int64_t row = shmg_look_object(look, (struct shmg_identity){ false, dev, status.stx_ino }, &fresh);
	if (row < 0)
		return -ENOMEM;
	struct shmg_object *object = &look->facts->objects.items[row];
	if (fresh) {
		int failed = name_new_object(look, fds, fd, device->type, object);
		if (failed)
			return failed;
	}
	if (object->mode == SHMG_U32_UNKNOWN)
		shmg_object_set_stat(object, &status);
	if (device->type == SHMG_DEVICE_KERNEL_HUGE || device->type == SHMG_DEVICE_HUGETLBFS)
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
