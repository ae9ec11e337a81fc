/* SPDX-License-Identifier: MIT */
/* What a process holds open. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

/* Enters what a descriptor's file says of itself; `fd` is its number, as text. */
static int add_descriptor(struct shmg_look *look, int directory, int fds, const char *fd, const struct statx *status)
{
	uint64_t dev = makedev(status->stx_dev_major, status->stx_dev_minor);
	enum shmg_device_type type = shmg_look_device_of(look, dev, fds, fd);
	if (type == SHMG_DEVICE_NONE || type == SHMG_DEVICE_OTHER)
		return 0;

	int64_t row = find_object(look, fds, fd, type, dev, status);
	if (row < 0)
		return (int)row;
	struct shmg_object *object = &look->facts->objects.items[row];
	if (object->kind != SHMG_KIND_SYSV && object->mode == SHMG_U32_UNKNOWN)
		shmg_object_set_stat(object, status);
	if (type == SHMG_DEVICE_KERNEL_HUGE || type == SHMG_DEVICE_HUGETLBFS)
		object->flags |= SHMG_OBJECT_HUGE;
	struct shmg_use use = { .fds = 1 };
	if (look->want & SHMG_WANT_DETAIL)
		use.access = fd_access(directory, fd);
	return shmg_look_hold(look, (uint32_t)row, &use);
}

/* The next descriptor of a file that may be memory; false at the end of the list. */
static bool next_descriptor(DIR *list, uint32_t *ret_fd, struct statx *ret_status)
{
	for (struct dirent *entry; (entry = readdir(list));) {
		const char *at = entry->d_name;
		uint64_t fd;
		if (!shmg_scan_number(&at, 10, &fd))
			continue;
		/* DONT_SYNC: a file of a dead server must not hang the look. */
		if (statx(dirfd(list), entry->d_name, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
			  STATX_BASIC_STATS | STATX_BTIME, ret_status) < 0)
			continue;
		/* Memory has no block device behind it. */
		if (!S_ISREG(ret_status->stx_mode) || ret_status->stx_dev_major != 0)
			continue;
		*ret_fd = (uint32_t)fd;
		return true;
	}
	return false;
}

void shmg_ask_descriptors(int directory, struct shmg_asked_descriptors *asked)
{
	asked->count = 0;
	asked->status = 0;
	asked->list = NULL;
	SHMG_AUTO_FD fd = openat(directory, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		asked->status = -errno;
		return;
	}
	asked->list = fdopendir(fd);
	if (!asked->list) {
		asked->status = -ENOMEM;
		return;
	}
	(void)SHMG_TAKE_FD(fd);
	while (asked->count < SHMG_ASKED_DESCRIPTORS &&
	       next_descriptor(asked->list, &asked->fds[asked->count], &asked->files[asked->count]))
		asked->count++;
}

static int tell_one(struct shmg_look *look, int directory, const struct shmg_asked_descriptors *asked, size_t i)
{
	char name[16];

	(void)snprintf(name, sizeof name, "%" PRIu32, asked->fds[i]);
	return add_descriptor(look, directory, dirfd(asked->list), name, &asked->files[i]);
}

int shmg_tell_descriptors(struct shmg_look *look, int directory, struct shmg_asked_descriptors *asked)
{
	int status = asked->status;

	for (size_t i = 0; !status && i < asked->count; i++)
		status = tell_one(look, directory, asked, i);
	if (!status && asked->count == SHMG_ASKED_DESCRIPTORS)
		while (!status && next_descriptor(asked->list, &asked->fds[0], &asked->files[0]))
			status = tell_one(look, directory, asked, 0);
	shmg_close_dir(&asked->list);
	return status;
}
