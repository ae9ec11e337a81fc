/* SPDX-License-Identifier: MIT */
/* Limits of control groups: found from a process's own, upwards. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libmount/libmount.h>
#include <stdlib.h>
#include <string.h>

#include "facts/limit.h"
#include "facts/root.h"
#include "lib/base/cleanup.h"

/* The two layouts of one controller's files; a name with '*' stands for every file that it matches. */
struct files {
	const char *controller;
	bool unified;
	const char *prefix, *limit, *usage; /* files are PREFIX + LIMIT */
	bool optional;                      /* shown only where it is set */
	const char *effect;
};
static const struct files rows[] = {
	{ "memory", true, "memory.", "max", "current", false, "reclaim, then the OOM killer" },
	{ "memory", true, "memory.swap.", "max", "current", true, "pages stay in memory" },
	{ "memory", false, "memory.", "limit_in_bytes", "usage_in_bytes", false, "reclaim, then the OOM killer" },
	{ "hugetlb", true, "hugetlb.*.rsvd.", "max", "current", true, "mmap and shmget: ENOMEM" },
	{ "hugetlb", true, "hugetlb.*.", "max", "current", true, "a store into a new page: SIGBUS" },
	{ "hugetlb", false, "hugetlb.*.rsvd.", "limit_in_bytes", "usage_in_bytes", true, "mmap and shmget: ENOMEM" },
	{ "hugetlb", false, "hugetlb.*.", "limit_in_bytes", "usage_in_bytes", true, "a store into a new page: SIGBUS" },
};

/* v1 has no word for "none": it shows the largest number of whole pages. */
#define V1_UNLIMITED (UINT64_MAX / 2 / 65536 * 65536)

static uint64_t read_value(int directory, const char *name)
{
	char text[64], *end;

	if (shmg_read_at(directory, name, text, sizeof text) <= 0)
		return SHMG_U64_UNKNOWN;
	if (strncmp(text, "max", 3) == 0)
		return UINT64_MAX;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno || end == text)
		return SHMG_U64_UNKNOWN;
	return value >= V1_UNLIMITED ? UINT64_MAX : value;
}

struct group {
	int fd;
	const char *path; /* as /proc/PID/cgroup has it */
	const char *directory;
	bool first; /* no group below it had this controller's files */
};

/* Adds the row of one pair of files; *ret_found says whether they exist. */
static int add_pair(struct shmg_limits *limits, const struct group *group, const struct files *files,
		    const char *prefix, bool *ret_found)
{
	char limit_name[NAME_MAX + 1], usage_name[NAME_MAX + 1];

	if ((size_t)snprintf(limit_name, sizeof limit_name, "%s%s", prefix, files->limit) >= sizeof limit_name ||
	    (size_t)snprintf(usage_name, sizeof usage_name, "%s%s", prefix, files->usage) >= sizeof usage_name)
		return 0;
	uint64_t limit = read_value(group->fd, limit_name);
	if (limit == SHMG_U64_UNKNOWN)
		return 0;
	*ret_found = true;
	if (limit == UINT64_MAX && (files->optional || !group->first))
		return 0;
	struct shmg_limit *row = SHMG_APPEND(&limits->rows);
	if (!row)
		return -ENOMEM;
	*row = (struct shmg_limit){
		.scope = shmg_pool_format(limits->pool, "cgroup %s", group->path),
		.name = shmg_pool_copy(limits->pool, limit_name, strlen(limit_name)),
		.source = shmg_pool_format(limits->pool, "%s/%s", group->directory, limit_name),
		.effect = files->effect,
		.limit = limit,
		.used = read_value(group->fd, usage_name),
		.unit = SHMG_LIMIT_BYTES,
	};
	return row->scope && row->name && row->source ? 0 : -ENOMEM;
}

/* "hugetlb.2MB." of "hugetlb.2MB.max" where the row says "hugetlb.*."; false when the file is not of the row. */
static bool match_prefix(const char *name, const struct files *files, char *ret_prefix, size_t size)
{
	const char *star = strchr(files->prefix, '*'), *dot;
	size_t before = (size_t)(star - files->prefix);

	if (strncmp(name, files->prefix, before) != 0 || !(dot = strchr(name + before, '.')))
		return false;
	size_t length = (size_t)(dot - name);
	return (size_t)snprintf(ret_prefix, size, "%.*s%s", (int)length, name, star + 1) < size &&
	       strncmp(name, ret_prefix, strlen(ret_prefix)) == 0 &&
	       strcmp(name + strlen(ret_prefix), files->limit) == 0;
}

static int add_all(struct shmg_limits *limits, const struct group *group, const struct files *files, bool *ret_found)
{
	char prefix[NAME_MAX + 1];

	if (!strchr(files->prefix, '*'))
		return add_pair(limits, group, files, files->prefix, ret_found);
	int copy = openat(group->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SHMG_AUTO_DIR directory = copy < 0 ? NULL : fdopendir(copy);
	if (!directory)
		return 0;
	for (struct dirent *entry; (entry = readdir(directory));)
		if (match_prefix(entry->d_name, files, prefix, sizeof prefix) &&
		    add_pair(limits, group, files, prefix, ret_found))
			return -ENOMEM;
	return 0;
}

static bool has_rows(const struct shmg_limits *limits, const char *source)
{
	size_t length = strlen(source);

	SHMG_FOREACH(row, &limits->rows)
		if (row->source && strncmp(row->source, source, length) == 0 && row->source[length] == '/' &&
		    !strchr(row->source + length + 1, '/'))
			return true;
	return false;
}

/* Walks from the group at `path` below `base` up to the mount's root. 0, -ENOENT or -ENOMEM. */
static int add_chain(struct shmg_limits *limits, const char *base, char *path, const char *controller, bool unified)
{
	bool seen = false;

	for (;;) {
		char directory[PATH_MAX];
		bool found = false;

		if ((size_t)snprintf(directory, sizeof directory, "%s%s", base, strcmp(path, "/") == 0 ? "" : path) >=
		    sizeof directory)
			return seen ? 0 : -ENOENT;
		if (has_rows(limits, directory))
			return 0;
		SHMG_AUTO_FD fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
		struct group group = { .fd = fd, .path = *path ? path : "/", .directory = directory, .first = !seen };
		for (size_t i = 0; fd >= 0 && i < sizeof rows / sizeof *rows; i++)
			if (rows[i].unified == unified &&
			    (!controller || strcmp(rows[i].controller, controller) == 0) &&
			    add_all(limits, &group, &rows[i], &found))
				return -ENOMEM;
		seen = seen || found;
		char *slash = strrchr(path, '/');
		if (!slash || !path[1])
			return seen ? 0 : -ENOENT;
		slash[slash == path] = '\0';
	}
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ','), at += at != NULL)
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	return false;
}

/* Where a hierarchy is mounted: the part of `path` below its mount's root goes to `path`. NULL: nowhere that is seen.
 */
static const char *find_hierarchy(struct libmnt_table *mounts, const char *controller, char **path)
{
	struct libmnt_iter *iterator = mnt_new_iter(MNT_ITER_FORWARD);
	struct libmnt_fs *fs;
	const char *target = NULL;

	while (iterator && !target && mnt_table_next_fs(mounts, iterator, &fs) == 0) {
		const char *type = mnt_fs_get_fstype(fs), *options = mnt_fs_get_fs_options(fs);
		const char *root = mnt_fs_get_root(fs);
		if (!type || !root || strcmp(type, controller ? "cgroup" : "cgroup2") != 0 ||
		    (controller && (!options || !has_word(options, controller))))
			continue;
		size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
		if (strncmp(*path, root, length) != 0 || ((*path)[length] != '/' && (*path)[length]))
			continue;
		*path += length;
		target = mnt_fs_get_target(fs);
	}
	mnt_free_iter(iterator);
	return target;
}

/* "4:memory:/x" or "0::/x" */
static int add_line(struct shmg_limits *limits, char *line)
{
	static const char *const controllers[] = { "memory", "hugetlb" };
	char *list = strchr(line, ':');
	char *path = list ? strchr(++list, ':') : NULL;
	int result = -ENOENT;

	if (!path)
		return -ENOENT;
	*path++ = '\0';
	/* A group outside our cgroup namespace has a path that leads out of what is mounted here. */
	if (strncmp(path, "/..", 3) == 0)
		return -ENOENT;
	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
		const char *controller = *list ? controllers[i] : NULL;
		char below[PATH_MAX], *rest = below;
		if (controller && !has_word(list, controller))
			continue;
		if ((size_t)snprintf(below, sizeof below, "%s", path) >= sizeof below)
			return -ENOENT;
		const char *base = find_hierarchy(limits->mounts, controller, &rest);
		int code = base ? add_chain(limits, base, rest, controller, !controller) : -ENOENT;
		if (code == -ENOMEM)
			return code;
		result = code == 0 ? 0 : result;
		if (!controller)
			break;
	}
	return result;
}

int shmg_limits_of_cgroup(int proc, struct shmg_limits *limits)
{
	char text[16384], *save = NULL;
	int result = -ENOENT;

	if (shmg_read_at(proc, "cgroup", text, sizeof text) < 0)
		return -ENOENT;
	if (!limits->mounts)
		limits->mounts = mnt_new_table_from_file("/proc/self/mountinfo");
	if (!limits->mounts)
		return -ENOENT;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int code = add_line(limits, line);
		if (code == 0 || code == -ENOMEM)
			result = code;
		if (code == -ENOMEM)
			break;
	}
	return result;
}

void shmg_limits_clear(struct shmg_limits *limits)
{
	shmg_array_clear(&limits->rows);
	mnt_unref_table(limits->mounts);
	limits->mounts = NULL;
}
