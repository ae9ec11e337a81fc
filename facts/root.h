/* SPDX-License-Identifier: MIT */
/*
 * Where facts are read from: this machine, or a tree captured on another one.
 *
 * All reads of /proc, /sys, /etc and /dev go through a root, with paths that begin
 * with no slash ("proc/swaps"). In a captured tree symbolic links never lead out of it.
 */
#ifndef SHMG_FACTS_ROOT_H
#define SHMG_FACTS_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct shmg_root {
	int fd;    /* of the root directory */
	bool live; /* system calls about this machine make sense */
};

/* `path` NULL: the live machine. Returns 0 or -errno. */
int shmg_root_open(const char *path, struct shmg_root *ret_root);
void shmg_root_close(struct shmg_root *root);

/*
 * openat(2) below the root, with O_CLOEXEC; a descriptor or -errno. Whoever made a captured tree may have put anything
 * in it: what is to be read must be a file there (-EINVAL), of at most SHMG_CAPTURED_MAX bytes (-EFBIG), and is opened
 * without waiting.
 */
#define SHMG_CAPTURED_MAX ((size_t)64 * 1024 * 1024)
int shmg_root_openat(const struct shmg_root *root, const char *path, int flags);

/* The same below an open directory of the root, such as a process's. There a captured tree has no links at all. */
int shmg_root_open_below(const struct shmg_root *root, int directory, const char *path, int flags);

/*
 * The whole of a small file, NUL-terminated, into `buffer`; its length or -errno.
 * A file that does not fit is -EFBIG: nothing is silently cut.
 */
ssize_t shmg_root_read(const struct shmg_root *root, const char *path, char *buffer, size_t size);

ssize_t shmg_root_read_below(const struct shmg_root *root, int directory, const char *path, char *buffer,
			     size_t size);

/* The same relative to an open directory of this machine. */
ssize_t shmg_read_at(int directory, const char *path, char *buffer, size_t size);

/* The whole of a file of any size up to `limit`, allocated, NUL-terminated; 0 or -errno. The caller frees. */
int shmg_root_read_all(const struct shmg_root *root, const char *path, size_t limit, char **ret_text,
		       size_t *ret_length);

#endif
