/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/document.h"
#include "cmd/facts_source.h"
#include "cmd/verb.h"
#include "lib/base/cleanup.h"

static const struct shmg_option options[] = {
	SHMG_OPTION_ROW_ROOT,
	SHMG_OPTION_ROW_FROM,
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

static int print(const struct shmg_facts *facts, FILE *stream)
{
	struct shmg_section_shape shapes[SHMG_SECTIONS_MAX];
	struct shmg_source sources[SHMG_SECTIONS_MAX];
	struct shmg_document document;

	shmg_document_snapshot(shapes, &document);
	for (size_t i = 0; i < document.count; i++) {
		const struct shmg_array *array = (const void *)((const char *)facts + shmg_facts_tables[i].offset);
		sources[i] = (struct shmg_source)SHMG_SOURCE_OF(array);
	}
	return shmg_document_print(stream, &document, sources);
}

/* Writes all of it and sees it on the disk. */
static int write_file(const struct shmg_facts *facts, int fd)
{
	SHMG_AUTO_FD copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	SHMG_AUTO_FILE stream = copy < 0 ? NULL : fdopen(copy, "w");
	if (!stream)
		return -errno;
	(void)SHMG_TAKE_FD(copy);
	int code = print(facts, stream);
	if (code < 0)
		return code;
	if (fflush(stream) != 0 || ferror(stream))
		return errno ? -errno : -EIO;
	return fsync(fd) < 0 ? -errno : 0;
}

static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	SHMG_AUTO_FREE char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	SHMG_AUTO_FD fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd >= 0)
		(void)fsync(fd); /* the snapshot is whole either way; this only makes its name last */
}

/* What else may run at the same time for the same FILE, and take our second name away. */
#define NAMING_ATTEMPTS 16

/*
 * Gives a nameless file its name. Where that is taken, for an instant a second one, which then replaces the first:
 * Linux has no call that does both. The second name is always the same, so that what a run leaves there that is killed
 * in that instant is gone after the next.
 */
static int name_file(int fd, const char *path, const char *second)
{
	char self[40];

	(void)snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	for (int attempt = 0; attempt < NAMING_ATTEMPTS; attempt++) {
		if (linkat(AT_FDCWD, self, AT_FDCWD, second, AT_SYMLINK_FOLLOW) == 0) {
			if (rename(second, path) == 0)
				return 0;
			int code = -errno;
			(void)unlink(second);
			if (code != -ENOENT)
				return code;
		} else if (errno != EEXIST || (unlink(second) < 0 && errno != ENOENT)) {
			return -errno;
		}
	}
	return -EBUSY;
}

/* Opens the second name, which a run that was killed may have left, for this run alone. */
static int open_second(const char *second)
{
	SHMG_AUTO_FD fd = open(second, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat ours, named;

	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	/* It may have taken FILE's name before it was ours. */
	if (fstat(fd, &ours) < 0 || lstat(second, &named) < 0 || ours.st_dev != named.st_dev ||
	    ours.st_ino != named.st_ino)
		return -EBUSY;
	if (!S_ISREG(ours.st_mode) || ours.st_uid != geteuid() || ours.st_nlink != 1)
		return -EEXIST;
	if (fchmod(fd, 0600) < 0 || ftruncate(fd, 0) < 0)
		return -errno;
	return SHMG_TAKE_FD(fd);
}

/* Without nameless files (NFS, FAT): the second name from the start. */
static int replace_by_rename(const struct shmg_facts *facts, const char *path, const char *second)
{
	SHMG_AUTO_FD fd = open_second(second);
	if (fd < 0)
		return fd;
	int code = write_file(facts, fd);
	if (code == 0 && rename(second, path) < 0)
		code = -errno;
	if (code < 0)
		(void)unlink(second);
	return code;
}

/* ".NAME.new" beside FILE, cut where the name would grow too long. */
static char *second_name(const char *path, int directory)
{
	static const char suffix[] = ".new";
	char *second = NULL;
	const int longest = NAME_MAX - (int)strlen(suffix) - 1;

	return asprintf(&second, "%.*s.%.*s%s", directory, path, longest, path + directory, suffix) < 0 ? NULL : second;
}

/*
 * The new file takes the old one's name when it is complete: a reader, or a failure, finds one or the other. It has no
 * name until then, so that being killed leaves nothing behind.
 */
static int replace_file(const struct shmg_facts *facts, const char *path)
{
	const char *slash = strrchr(path, '/');
	int directory = slash ? (int)(slash - path) + 1 : 0;
	SHMG_AUTO_FREE char *second = second_name(path, directory);
	char above[PATH_MAX];

	if (!second)
		return -ENOMEM;
	if (snprintf(above, sizeof above, "%.*s", directory ? directory : 1, directory ? path : ".") >=
	    (int)sizeof above)
		return -ENAMETOOLONG;
	SHMG_AUTO_FD fd = open(above, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	int code;
	if (fd >= 0) {
		code = write_file(facts, fd);
		if (code == 0)
			code = name_file(fd, path, second);
	} else if (errno == EOPNOTSUPP || errno == EISDIR) {
		code = replace_by_rename(facts, path, second);
	} else {
		code = -errno;
	}
	if (code == 0)
		sync_directory(path);
	return code;
}

/* What is there already must be a file: a device, a pipe or a link would be replaced, not written. */
static int check_target(const char *path, struct shmg_error *error)
{
	struct stat status;

	if (lstat(path, &status) < 0 || S_ISREG(status.st_mode))
		return 0;
	return shmg_error_set(error, -EINVAL, path, "is not a regular file; write to stdout with no FILE, or with -");
}

static int write_snapshot(const struct shmg_facts *facts, const char *path)
{
	if (!path)
		return shmg_finish_output(print(facts, stdout), SHMG_EXIT_CLEAN);

	int code = replace_file(facts, path);
	if (code == 0)
		return SHMG_EXIT_CLEAN;
	struct shmg_error error;
	(void)shmg_error_set(&error, code, path, "could not be written: %s", strerror(-code));
	return shmg_say_failure("snapshot", &error);
}

static int run(int argc, char **argv)
{
	struct shmg_facts_source source = { 0 };
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = NULL;
	struct shmg_option_reader reader;
	struct shmg_error error;
	const char *value, *path = NULL;
	int id;

	shmg_option_begin(&reader, options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, NULL)) > 0)
		(void)shmg_facts_source_option(&source, id, value);
	if (reader.operand_count > 1)
		return shmg_say_usage(argv[0], "one FILE at a time");
	if (source.from && source.root)
		return shmg_say_usage(argv[0], "--from and --root exclude each other");
	if (reader.operand_count == 1 && strcmp(reader.operands[0], "-") != 0)
		path = reader.operands[0];
	if (path && check_target(path, &error) < 0) {
		(void)shmg_say_failure(argv[0], &error);
		return SHMG_EXIT_USAGE;
	}
	if (shmg_facts_source_open(&source, SHMG_WANT_ALL, &facts, &error) < 0)
		return shmg_say_failure(argv[0], &error);
	int status = write_snapshot(facts, path);
	if (status == SHMG_EXIT_CLEAN)
		shmg_coverage_print(facts, stderr);
	return status;
}

static const char *const description[] = {
	"Writes all that shmguard can see of this machine's shared memory as one JSON document, to FILE or to stdout. "
	"Every other verb reads it back with --from, on any machine; shmguard audit --since compares with it.",
	"FILE is readable by its owner only, for it names users, programs and files. It appears under its name when it "
	"is complete and on the disk; a FILE that exists is replaced then.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "sudo shmguard snapshot /var/lib/shmguard/monday.json", "remember how things are" },
	{ "sudo shmguard audit --since /var/lib/shmguard/monday.json", "say what has grown since" },
	{ "shmguard ls --from monday.json", "look at it again, anywhere" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_snapshot = {
	.name = "snapshot",
	.summary = "write down all that is seen, for later or for elsewhere",
	.usage = "[OPTION…] [FILE]",
	.description = description,
	.options = options,
	.examples = examples,
	.run = run,
};
