/* SPDX-License-Identifier: MIT */
/* The tmpfs, hugetlbfs and ramfs mounts of a mount namespace: mountinfo, and what their root directories say. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "facts/collect.h"
#include "facts/mount_table.h"
#include "facts/mount_tree.h"

#define UNSEEN "mounts of mount namespaces"

static uint32_t flags_of(const char *options)
{
	static const struct {
		unsigned long kernel;
		uint32_t flag;
	} map[] = {
		{ MS_RDONLY, SHMG_MOUNT_RO },
		{ MS_NODEV, SHMG_MOUNT_NODEV },
		{ MS_NOSUID, SHMG_MOUNT_NOSUID },
		{ MS_NOEXEC, SHMG_MOUNT_NOEXEC },
	};
	unsigned long kernel = 0;
	uint32_t flags = 0;

	(void)mnt_optstr_get_flags(options, &kernel, mnt_get_builtin_optmap(MNT_LINUX_MAP));
	for (size_t i = 0; i < sizeof map / sizeof *map; i++)
		if (kernel & map[i].kernel)
			flags |= map[i].flag;
	if (mnt_optstr_get_option(options, "noswap", NULL, NULL) == 0)
		flags |= SHMG_MOUNT_NOSWAP;
	return flags;
}

/* A number as tmpfs prints it: "24684096k". SHMG_U64_UNKNOWN when it is none; `absent` when there is no such option. */
static uint64_t number_option(const char *options, const char *name, int base, uint64_t absent)
{
	static const char units[] = "kmgt";
	char *value, *end, text[32];
	size_t length;

	if (mnt_optstr_get_option(options, name, &value, &length) != 0)
		return absent;
	if (!value || length >= sizeof text || *value < '0' || *value > '9')
		return SHMG_U64_UNKNOWN;
	memcpy(text, value, length);
	text[length] = '\0';
	errno = 0;
	unsigned long long number = strtoull(text, &end, base);
	if (errno || (*end && end[1]))
		return SHMG_U64_UNKNOWN;
	if (!*end)
		return number;
	const char *unit = strchr(units, *end | 0x20);
	unsigned shift = unit ? (unsigned)(unit - units + 1) * 10 : 64;
	return shift < 64 && number <= UINT64_MAX >> shift ? number << shift : SHMG_U64_UNKNOWN;
}

static bool is_tmpfs(const struct shmg_mount *row)
{
	return strcmp(row->fstype, "tmpfs") == 0;
}

/*
 * In a captured tree the options are all there is. The kernel leaves out what has its default: no limit, except that a
 * tmpfs without size= or nr_inodes= has one made from the RAM. Mode and owner are those that it was mounted with.
 */
static void fill_from_options(struct shmg_mount_node *node, struct shmg_mount *row)
{
	const char *options = row->options;

	row->size = number_option(options, "size", 10, is_tmpfs(row) ? SHMG_U64_UNKNOWN : UINT64_MAX);
	row->inodes = number_option(options, "nr_inodes", 10, is_tmpfs(row) ? SHMG_U64_UNKNOWN : UINT64_MAX);
	if (is_tmpfs(row) && row->size == 0)
		row->size = UINT64_MAX;
	if (is_tmpfs(row) && row->inodes == 0)
		row->inodes = UINT64_MAX;
	/* A bind mount shows a directory inside, about which the options say nothing. */
	if (strcmp(mnt_fs_get_root(node->fs), "/") != 0)
		return;
	uint64_t mode = number_option(options, "mode", 8, is_tmpfs(row) ? 01777 : 0755);
	if (mode <= 07777)
		row->mode = (uint32_t)mode;
	uint64_t uid = number_option(options, "uid", 10, 0);
	if (uid < UINT32_MAX)
		row->uid = (uint32_t)uid;
	row->sharing = mode <= 07777 ? (mode & S_IWOTH) != 0 : SHMG_U8_UNKNOWN;
}

/* Block and inode counts of 0 mean that there is no limit, and then nothing is counted either. */
static void fill_usage(const struct statfs *fs, struct shmg_mount *row)
{
	uint64_t unit = fs->f_bsize > 0 ? (uint64_t)fs->f_bsize : 1;

	row->size = row->inodes = UINT64_MAX;
	if (fs->f_blocks > 0 && fs->f_blocks <= UINT64_MAX / unit) {
		row->size = fs->f_blocks * unit;
		row->used = fs->f_bfree <= fs->f_blocks ? (fs->f_blocks - fs->f_bfree) * unit : SHMG_U64_UNKNOWN;
	}
	if (fs->f_files > 0 && fs->f_files != UINT64_MAX) {
		row->inodes = fs->f_files;
		row->inodes_used = fs->f_ffree <= fs->f_files ? fs->f_files - fs->f_ffree : SHMG_U64_UNKNOWN;
	}
}

static int fill_from_root_directory(struct shmg_look *look, int namespace_root, struct shmg_mount *row)
{
	struct stat status;
	struct statfs usage;
	int code = namespace_root;

	if (namespace_root >= 0) {
		const char *path = row->target[1] ? row->target + 1 : ".";
		/* O_PATH opens nothing: neither a FIFO nor an automount is set off. */
		SHMG_AUTO_FD fd = openat(namespace_root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		code = fd < 0 || fstat(fd, &status) < 0 || fstatfs(fd, &usage) < 0 ? -errno : 0;
	}
	if (code)
		return shmg_facts_note_gap(look->facts, "size and mode of mounts",
					   code == -EACCES || code == -EPERM
						   ? "permission denied; run as root"
						   : "unmounted or unreachable during the look",
					   false);
	if (status.st_dev != row->dev) {
		row->hidden = 1;
		return 0;
	}
	row->mode = status.st_mode & 07777;
	row->uid = status.st_uid;
	row->sharing = S_ISDIR(status.st_mode) && (status.st_mode & S_IWOTH);
	fill_usage(&usage, row);
	return 0;
}

static const char *intern(struct shmg_look *look, const char *text)
{
	return shmg_pool_intern(&look->facts->pool, text ? text : "", text ? strlen(text) : 0);
}

struct view {
	struct shmg_mount_tree *tree;
	uint64_t inode;
	bool host;
	int root; /* descriptor, or -errno */
};

static int append_mount(struct shmg_look *look, const struct view *view, struct shmg_mount_node *node)
{
	struct shmg_mount *row = SHMG_APPEND(&look->facts->mounts);
	if (!row)
		return -ENOMEM;
	shmg_record_set_unknown(&shmg_mount_type, row);
	row->target = intern(look, node->target);
	row->root = intern(look, mnt_fs_get_root(node->fs));
	row->fstype = intern(look, mnt_fs_get_fstype(node->fs));
	row->source = intern(look, mnt_fs_get_source(node->fs));
	row->options = intern(look, mnt_fs_get_options(node->fs));
	if (!row->target || !row->root || !row->fstype || !row->source || !row->options) {
		look->facts->mounts.count--;
		return -ENOMEM;
	}
	row->mnt_ns = view->inode;
	row->host = view->host;
	row->dev = mnt_fs_get_devno(node->fs);
	row->id = (uint32_t)node->id;
	row->flags = flags_of(row->options);
	row->hidden = shmg_mount_tree_is_hidden(view->tree, node);

	int code = 0;
	if (!look->root.live)
		fill_from_options(node, row);
	else if (!row->hidden)
		code = fill_from_root_directory(look, view->root, row);
	if (strcmp(row->fstype, "hugetlbfs") == 0 || strcmp(row->target, "/dev/shm") == 0)
		row->sharing = 1;
	return code;
}

static int append_mounts(struct shmg_look *look, const struct view *view)
{
	for (size_t i = 0; i < view->tree->count; i++) {
		struct shmg_mount_node *node = &view->tree->nodes[i];
		/* Known devices are not asked about again: statfs(2) of a dead server's file would hang. */
		if (!shmg_mount_table_is_memory(mnt_fs_get_fstype(node->fs))) {
			if (look->root.live &&
			    shmg_look_add_device(look, mnt_fs_get_devno(node->fs), SHMG_DEVICE_OTHER))
				return -ENOMEM;
			continue;
		}
		/* What is mounted nowhere (a root outside of a chroot) has no absolute path. */
		if (node->target[0] != '/')
			continue;
		int code = append_mount(look, view, node);
		if (code)
			return code;
	}
	return 0;
}

static int note_unseen(struct shmg_look *look, int code)
{
	const char *why = code == -EACCES || code == -EPERM   ? "permission denied; run as root"
			  : code == -ENOENT || code == -ESRCH ? "the process that it was to be seen by is gone"
							      : "its mountinfo could not be read";
	return shmg_facts_note_gap(look->facts, UNSEEN, why, true);
}

int shmg_collect_mounts(struct shmg_look *look, const char *pid_path, uint64_t mnt_ns, bool host)
{
	char path[64];
	size_t broken;
	SHMG_AUTO_MOUNT_TABLE table = NULL;
	SHMG_CLEANUP(shmg_mount_tree_free) struct shmg_mount_tree tree = { 0 };
	SHMG_AUTO_FD root = -1;

	(void)snprintf(path, sizeof path, "%s/mountinfo", pid_path);
	int code = shmg_mount_table_read(&look->root, path, &table, &broken);
	if (code)
		return code == -ENOMEM ? code : note_unseen(look, code);
	code = shmg_mount_tree_build(table, &tree, &broken);
	if (!code && broken)
		code = shmg_facts_note_gap(look->facts, UNSEEN, "a line of mountinfo has an unknown form", true);
	if (code)
		return code;
	if (look->root.live) {
		(void)snprintf(path, sizeof path, "%s/root", pid_path);
		root = shmg_root_openat(&look->root, path, O_PATH | O_DIRECTORY);
	}
	const struct view view = { .tree = &tree, .inode = mnt_ns, .host = host, .root = root };
	return append_mounts(look, &view);
}
