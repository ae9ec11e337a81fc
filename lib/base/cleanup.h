/* SPDX-License-Identifier: MIT */
/* Variables that release what they hold when they go out of scope. */
#ifndef SHMG_BASE_CLEANUP_H
#define SHMG_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHMG_CLEANUP(function) __attribute__((cleanup(function)))

/* Hands the value on and leaves `empty` behind, so that the cleanup finds nothing to do. */
#define SHMG_TAKE(variable, empty)                        \
	({                                                \
		__typeof__(variable) taken_ = (variable); \
		(variable) = (empty);                     \
		taken_;                                   \
	})
#define SHMG_TAKE_FD(fd) SHMG_TAKE(fd, -1)
#define SHMG_TAKE_PTR(pointer) SHMG_TAKE(pointer, NULL)

static inline void shmg_close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static inline void shmg_close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
	*dir = NULL;
}

static inline void shmg_close_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
	*file = NULL;
}

static inline void shmg_free_pointer(void *pointer)
{
	void **owned = pointer;
	free(*owned);
	*owned = NULL;
}

#define SHMG_AUTO_FD SHMG_CLEANUP(shmg_close_fd) int
#define SHMG_AUTO_DIR SHMG_CLEANUP(shmg_close_dir) DIR *
#define SHMG_AUTO_FILE SHMG_CLEANUP(shmg_close_file) FILE *
#define SHMG_AUTO_FREE SHMG_CLEANUP(shmg_free_pointer)

#endif
