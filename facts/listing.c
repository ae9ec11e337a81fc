/* SPDX-License-Identifier: MIT */
#include "facts/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "facts/value.h"

static int compare_names(const void *left, const void *right)
{
	const char *const *a = left;
	const char *const *b = right;
	return strverscmp(*a, *b);
}

static int open_directory(struct shmg_look *look, const char *path, DIR **ret_directory)
{
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	if (fd < 0) {
		int failed = shmg_value_note_unread(look, path, fd);
		return failed ? failed : -ENOENT;
	}
	DIR *directory = fdopendir(fd);
	if (!directory)
		return -ENOMEM;
	(void)SHMG_TAKE_FD(fd);
	*ret_directory = directory;
	return 0;
}

int shmg_listing_read(struct shmg_look *look, const char *path, const char *pattern, struct shmg_listing *listing)
{
	SHMG_AUTO_DIR directory = NULL;
	int code = open_directory(look, path, &directory);
	if (code)
		return code == -ENOENT ? 0 : code;

	size_t first = listing->count;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		if (entry->d_name[0] == '.' || fnmatch(pattern, entry->d_name, 0) != 0)
			continue;
		char **name = SHMG_APPEND(listing);
		if (!name)
			return -ENOMEM;
		*name = strdup(entry->d_name);
		if (!*name)
			return -ENOMEM;
	}
	if (listing->count > first)
		qsort(listing->items + first, listing->count - first, sizeof *listing->items, compare_names);
	return 0;
}

void shmg_listing_clear(struct shmg_listing *listing)
{
	SHMG_FOREACH(name, listing)
		free(*name);
	shmg_array_clear(listing);
}
