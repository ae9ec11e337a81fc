/* SPDX-License-Identifier: MIT */
#include "facts/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

int shmg_root_open(const char *path, struct shmg_root *ret_root)
{
	int fd = open(path ? path : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_root = (struct shmg_root){ .fd = fd, .live = path == NULL };
	return 0;
}

void shmg_root_close(struct shmg_root *root)
{
	shmg_close_fd(&root->fd);
}

static int check_captured(int fd, int flags)
{
	struct stat status;

	if (flags & (O_PATH | O_DIRECTORY))
		return 0;
	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	return status.st_size > (off_t)SHMG_CAPTURED_MAX ? -EFBIG : 0;
}

static int open_captured(int directory, const char *path, int flags, uint64_t resolve)
{
	int how_flags = flags | O_CLOEXEC | (flags & O_PATH ? 0 : O_NONBLOCK | O_NOCTTY);
	struct open_how how = { .flags = (unsigned)how_flags, .resolve = resolve };
	SHMG_AUTO_FD fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
	int code = fd < 0 ? -errno : check_captured(fd, flags);

	return code ? code : SHMG_TAKE_FD(fd);
}

int shmg_root_openat(const struct shmg_root *root, const char *path, int flags)
{
	/* A captured tree holds links such as /proc/mounts -> self/mounts or absolute ones. */
	if (!root->live)
		return open_captured(root->fd, path, flags, RESOLVE_IN_ROOT);
	int fd = openat(root->fd, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int shmg_root_open_below(const struct shmg_root *root, int directory, const char *path, int flags)
{
	if (!root->live)
		return open_captured(directory, path, flags, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	int fd = openat(directory, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static ssize_t read_small(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0) {
			buffer[length] = '\0';
			return (ssize_t)length;
		}
		length += (size_t)got;
	}
	return -EFBIG;
}

ssize_t shmg_root_read(const struct shmg_root *root, const char *path, char *buffer, size_t size)
{
	SHMG_AUTO_FD fd = shmg_root_openat(root, path, O_RDONLY | O_NONBLOCK);
	return fd < 0 ? fd : read_small(fd, buffer, size);
}

ssize_t shmg_root_read_below(const struct shmg_root *root, int directory, const char *path, char *buffer,
			     size_t size)
{
	SHMG_AUTO_FD fd = shmg_root_open_below(root, directory, path, O_RDONLY | O_NONBLOCK);
	return fd < 0 ? fd : read_small(fd, buffer, size);
}

ssize_t shmg_read_at(int directory, const char *path, char *buffer, size_t size)
{
	SHMG_AUTO_FD fd = openat(directory, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : read_small(fd, buffer, size);
}

int shmg_root_read_all(const struct shmg_root *root, const char *path, size_t limit, char **ret_text,
		       size_t *ret_length)
{
	SHMG_AUTO_FD fd = shmg_root_openat(root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	for (size_t size = 4096;; size *= 4) {
		if (size > limit)
			size = limit + 1;
		SHMG_AUTO_FREE char *text = malloc(size);
		if (!text)
			return -ENOMEM;
		if (lseek(fd, 0, SEEK_SET) < 0)
			return -errno;
		ssize_t length = read_small(fd, text, size);
		if (length >= 0) {
			*ret_length = (size_t)length;
			*ret_text = SHMG_TAKE_PTR(text);
			return 0;
		}
		if (length != -EFBIG || size > limit)
			return (int)length;
	}
}
