/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target on the files of a corpus, without a fuzzer: `replay DIRECTORY`. Speaks TAP, a line a file; a
 * target that aborts leaves the plan unfulfilled, which fails the test, and the last "# " line names the file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/cleanup.h"
#include "tests/fuzz/fuzz.h"

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int replay_file(int directory, const char *name)
{
	struct stat status;
	SHMG_AUTO_FD fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	/* Of exactly its size, so that the sanitizers see a read past the end. */
	size_t size = (size_t)status.st_size;
	SHMG_AUTO_FREE uint8_t *bytes = malloc(size ? size : 1);
	if (!bytes)
		return -ENOMEM;
	for (size_t length = 0; length < size;) {
		ssize_t got = read(fd, bytes + length, size - length);
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		length += (size_t)got;
	}
	return LLVMFuzzerTestOneInput(bytes, size) == 0 ? 0 : -EINVAL;
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int failed = 0;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	SHMG_AUTO_FD directory = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int count = directory < 0 ? -1 : scandir(argv[1], &entries, is_visible, alphasort);
	if (count <= 0) {
		printf("Bail out! %s: %s\n", argv[1], count ? strerror(errno) : "no files");
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		printf("# %s\n", entries[i]->d_name);
		(void)fflush(stdout);
		int code = replay_file(directory, entries[i]->d_name);
		printf("%sok %d - %s%s%s\n", code < 0 ? "not " : "", i + 1, entries[i]->d_name, code < 0 ? ": " : "",
		       code < 0 ? strerror(-code) : "");
		failed |= code;
		free(entries[i]);
	}
	free(entries);
	return failed ? 1 : 0;
}
