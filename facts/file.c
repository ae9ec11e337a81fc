/* SPDX-License-Identifier: MIT */
/*
 * The files of every tmpfs and hugetlbfs that some mount namespace shows, each file system once.
 *
 * Nothing is followed: links are read as links, FIFOs and devices are not opened, mounts below are not entered (they
 * have rows of their own). Reading is with O_NOATIME or not at all.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

#define DEPTH_MAX 64
#define PATH_MAX_BYTES 4352

typedef SHMG_ARRAY(uint32_t) row_list;

struct walk {
	struct shmg_look *look;
	const struct shmg_mount *mount;
	uint32_t mount_row;
	const char *namespace;
	bool is_shm; /* a mount at /dev/shm: its entries are what shm_open and sem_open name */
	bool is_huge;
	char path[PATH_MAX_BYTES]; /* of the directory being read, in its mount namespace; no slash at the end */
	size_t length;
	int root; /* its root directory */
	int view; /* quiet.c's */
};

/*
 * Opens an entry of a directory, and nothing that is mounted over it: rootless containers mount devices over files of a
 * tmpfs, and a device, or a file of a dead server, must not be opened. -EXDEV where something is.
 */
static int open_here(const struct walk *walk, int directory, const char *name, int flags)
{
	struct open_how how = { .flags = (unsigned)flags, .resolve = RESOLVE_NO_XDEV };
	struct statx status;
	int fd = (int)syscall(SYS_openat2, directory, name, &how, sizeof how);

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd < 0 ? -errno : fd;
	/* Linux before 5.6, a filter that knows no openat2(2), or O_NOATIME on somebody else's file. */
	if (statx(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_BASIC_STATS,
		  &status) < 0)
		return -errno;
	if (makedev(status.stx_dev_major, status.stx_dev_minor) != walk->mount->dev ||
	    status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT || !S_ISREG(status.stx_mode))
		return -EXDEV;
	fd = openat(directory, name, flags);
	return fd < 0 ? -errno : fd;
}

/* Opens a regular file for what is to be read of it; -errno where that is nothing, or may not be. */
static int open_file(const struct walk *walk, int directory, const char *name, bool *ret_may_read)
{
	/* O_NONBLOCK: if it was replaced by a FIFO since it was listed, opening must not wait. */
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	*ret_may_read = walk->look->want & SHMG_WANT_CONTENT;
	if (!walk->look->root.live || !(walk->look->want & (SHMG_WANT_CONTENT | SHMG_WANT_LEASE)))
		return -EINVAL;
	int fd = open_here(walk, directory, name, flags | O_NOATIME);
	if (fd == -EPERM && walk->look->want & SHMG_WANT_LEASE) {
		*ret_may_read = false; /* somebody else's: reading would change its atime */
		fd = open_here(walk, directory, name, flags);
	}
	return fd;
}

static void probe(const struct walk *walk, int fd, bool may_read, struct shmg_object *object)
{
	char head[4];

	if (object->file_type != SHMG_FILE_REGULAR)
		return;
	if (walk->look->want & SHMG_WANT_LEASE) {
		if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0) {
			object->lease = SHMG_LEASE_FREE;
			(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		} else if (errno == EAGAIN) {
			object->lease = SHMG_LEASE_REFUSED;
		}
	}
	if (!may_read)
		return;
	ssize_t got = object->size ? pread(fd, head, sizeof head, 0) : 0;
	if (got >= 0)
		object->content = got == 4 && memcmp(head, "\177ELF", 4) == 0 ? SHMG_CONTENT_ELF
				  : got >= 2 && memcmp(head, "#!", 2) == 0    ? SHMG_CONTENT_SCRIPT
				  : got                                       ? SHMG_CONTENT_DATA
									      : SHMG_CONTENT_EMPTY;
}

static int read_target(struct walk *walk, const char *name, const struct statx *link, struct shmg_object *object)
{
	char path[PATH_MAX_BYTES + 260], target[4096];
	size_t above = strlen(walk->mount->target);

	(void)snprintf(path, sizeof path, "%s%s%s", walk->length > above ? walk->path + above + 1 : "",
		       walk->length > above ? "/" : "", name);
	ssize_t length = shmg_read_link_quietly(walk->root, &walk->view, path, link, target, sizeof target);
	if (length == -EPERM || length == -EACCES)
		return shmg_facts_note_gap(walk->look->facts, "targets of symbolic links",
					   "reading them would change their access times; only root, in its own mount "
					   "namespace, reads them without that",
					   false);
	if (length < 0)
		return 0;
	object->target = shmg_pool_copy(&walk->look->facts->pool, target, (size_t)length);
	return object->target ? 0 : -ENOMEM;
}

static int set_name(struct walk *walk, const char *name, struct shmg_object *object)
{
	struct shmg_pool *pool = &walk->look->facts->pool;
	bool top = walk->is_shm && walk->path[walk->length] == '\0' && walk->length == strlen(walk->mount->target);
	char text[PATH_MAX_BYTES + 260];
	size_t length = strlen(name);

	if (top && object->file_type == SHMG_FILE_REGULAR) {
		bool semaphore = strncmp(name, "sem.", 4) == 0 && name[4];
		object->kind = semaphore ? SHMG_KIND_SEMAPHORE : SHMG_KIND_POSIX;
		text[0] = '/';
		memcpy(text + 1, name + (semaphore ? 4 : 0), length - (semaphore ? 4 : 0));
		length -= semaphore ? 3 : (size_t)-1;
	} else {
		object->kind = walk->is_huge ? SHMG_KIND_HUGETLB : SHMG_KIND_TMPFS;
		memcpy(text, walk->path, walk->length);
		text[walk->length] = '/';
		memcpy(text + walk->length + 1, name, length);
		length += walk->length + 1;
	}
	object->name = shmg_pool_copy(pool, text, length);
	return object->name ? 0 : -ENOMEM;
}

static int note_entry(struct shmg_look *look, int error)
{
	if (error == ENOENT) /* removed since it was listed */
		return 0;
	return shmg_facts_note_gap(
		look->facts, "files on tmpfs",
		error == EACCES ? "permission denied: run as root to see them" : strerrordesc_np(error), true);
}

/* Adds one entry; *ret_directory says whether it is a directory of this file system. */
static int add_entry(struct walk *walk, int directory, const struct dirent *entry, bool *ret_directory)
{
	const char *name = entry->d_name;
	bool may_read = false;
	struct statx status;
	*ret_directory = false;
	/* Where it is opened anyway, all that is said of it is said of what was opened. */
	bool leased = shmg_look_is_leased(walk->look, walk->mount->dev, entry->d_ino);
	SHMG_AUTO_FD fd = entry->d_type == DT_REG && !leased ? open_file(walk, directory, name, &may_read) : -1;
	if (statx(fd >= 0 ? fd : directory, fd >= 0 ? "" : name,
		  (fd >= 0 ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW) | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_BASIC_STATS | STATX_BTIME, &status) < 0)
		return note_entry(walk->look, errno);
	uint64_t dev = makedev(status.stx_dev_major, status.stx_dev_minor);
	if (walk->look->root.live && dev != walk->mount->dev)
		return 0; /* another file system is mounted here */
	if (fd < 0 && status.stx_attributes & status.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
		return 0; /* and here the same one again: each mount has a row of its own */
	*ret_directory = S_ISDIR(status.stx_mode);

	struct shmg_look *look = walk->look;
	bool fresh;
	struct shmg_identity identity = { false, look->root.live ? dev : walk->mount->dev, status.stx_ino };
	int64_t row = shmg_look_object(look, identity, &fresh);
	if (row < 0)
		return -ENOMEM;
	struct shmg_object *object = &look->facts->objects.items[row];
	if (object->mount != SHMG_U32_UNKNOWN)
		return *ret_directory = false, 0; /* another name, or another mount, of what was seen before */
	shmg_object_set_stat(object, &status);
	if (walk->is_huge)
		object->flags |= SHMG_OBJECT_HUGE;
	object->mount = walk->mount_row;
	object->namespace = walk->namespace;
	object->ns = walk->mount->mnt_ns;
	int failed = set_name(walk, name, object);
	if (failed)
		return failed;
	if (object->file_type == SHMG_FILE_SYMLINK)
		return read_target(walk, name, &status, object);
	if (fd >= 0)
		probe(walk, fd, may_read, object);
	else if (leased && look->want & SHMG_WANT_LEASE)
		object->lease = SHMG_LEASE_REFUSED; /* whoever has the lease has the file open */
	return 0;
}

static int walk_directory(struct walk *walk, int fd, unsigned depth);

static int note_directory(struct shmg_look *look, int error)
{
	static const char what[] = "directories on tmpfs";

	switch (error) {
	case ENOENT: /* removed, or replaced, since it was listed */
	case ENOTDIR:
	case ELOOP:
		return 0;
	case EACCES:
	case EPERM:
		return shmg_facts_note_gap(look->facts, what, "permission denied: run as root to see them", true);
	default:
		return shmg_facts_note_gap(look->facts, what, strerror(error), true);
	}
}

static int descend(struct walk *walk, int directory, const char *name, unsigned depth)
{
	size_t length = strlen(name), before = walk->length;

	if (depth >= DEPTH_MAX || before + 1 + length >= sizeof walk->path)
		return shmg_facts_note_gap(walk->look->facts, "directories on tmpfs", "nested too deeply", true);
	SHMG_AUTO_FD fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
	if (fd < 0 && errno == EPERM) /* reading a directory that is not ours would change its atime: relatime only */
		fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return note_directory(walk->look, errno);
	walk->path[before] = '/';
	memcpy(walk->path + before + 1, name, length + 1);
	walk->length = before + 1 + length;
	int status = walk_directory(walk, SHMG_TAKE_FD(fd), depth + 1);
	walk->length = before;
	walk->path[before] = '\0';
	return status;
}

/* Takes the descriptor. */
static int walk_directory(struct walk *walk, int fd, unsigned depth)
{
	SHMG_AUTO_DIR list = fdopendir(fd);
	if (!list) {
		(void)close(fd);
		return -ENOMEM;
	}
	for (struct dirent *entry; errno = 0, (entry = readdir(list)) != NULL;) {
		const char *name = entry->d_name;
		bool directory;
		if (name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2])))
			continue;
		int status = add_entry(walk, fd, entry, &directory);
		if (!status && directory)
			status = descend(walk, fd, name, depth);
		if (status)
			return status;
	}
	return errno ? note_directory(walk->look, errno) : 0;
}

struct opening {
	const struct shmg_mount *mount;
	int flags; /* O_RDONLY | O_DIRECTORY, or O_PATH for a file that is mounted by itself */
	int fd;
};

/* The root of a mount below a directory, and only if it is still that mount. */
static int open_mount_below(const struct shmg_look *look, const struct opening *opening, int directory,
			    const char *path)
{
	const int flags = opening->flags | O_NOFOLLOW | O_CLOEXEC;
	const struct shmg_mount *mount = opening->mount;
	struct stat status;
	SHMG_AUTO_FD fd = openat(directory, path, flags & O_PATH ? flags : flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(directory, path, flags);
	if (fd < 0)
		return -errno;
	if (look->root.live && (fstat(fd, &status) < 0 || status.st_dev != mount->dev))
		return -ENOENT;
	return SHMG_TAKE_FD(fd);
}

static int open_through(struct shmg_look *look, int process, uint32_t row, void *context)
{
	struct opening *opening = context;
	char path[PATH_MAX_BYTES];

	(void)row;
	(void)snprintf(path, sizeof path, "root%s", opening->mount->target);
	opening->fd = open_mount_below(look, opening, process, path);
	return opening->fd < 0 ? opening->fd : 0;
}

static int open_mount(struct shmg_look *look, const struct shmg_mount *mount, int flags)
{
	struct opening opening = { .mount = mount, .flags = flags, .fd = -ENOENT };
	const char *path = mount->target[1] ? mount->target + 1 : ".";

	if (!look->root.live)
		return shmg_root_openat(&look->root, path, flags | O_NOFOLLOW);
	if (mount->mnt_ns == look->own_mnt_ns)
		return open_mount_below(look, &opening, look->root.fd, path);
	SHMG_FOREACH(ns, &look->facts->namespaces)
		if (ns->type == SHMG_NAMESPACE_MOUNT && ns->inode == mount->mnt_ns) {
			int status = shmg_look_in_namespace(look, ns, open_through, &opening);
			return status ? status : opening.fd;
		}
	return -ESRCH;
}

/* What is to be said where a mount could not be opened; 0 or -ENOMEM. */
static int note_unopened(struct shmg_look *look, int status)
{
	switch (status) {
	case -ENOENT: /* unmounted since */
		return 0;
	case -EACCES:
	case -EPERM:
		return shmg_facts_note_gap(look->facts, "tmpfs mounts", "permission denied: run as root to see them",
					   true);
	case -ESRCH:
		return shmg_facts_note_gap(look->facts, "tmpfs mounts",
					   "unmounted, or the processes that see them have gone", true);
	default:
		return shmg_facts_note_gap(look->facts, "tmpfs mounts", strerror(-status), true);
	}
}

static const char *namespace_label(struct shmg_look *look, const struct shmg_mount *mount)
{
	return mount->host ? shmg_pool_intern(&look->facts->pool, "host", 4)
			   : shmg_pool_format(&look->facts->pool, "mnt:%llu", (unsigned long long)mount->mnt_ns);
}

static bool is_huge(const struct shmg_mount *mount)
{
	return mount->fstype && strcmp(mount->fstype, "hugetlbfs") == 0;
}

/* Takes the descriptor of its root directory. */
static int walk_mount(struct shmg_look *look, uint32_t row, int root)
{
	const struct shmg_mount *mount = &look->facts->mounts.items[row];
	SHMG_AUTO_FD fd = root;
	struct walk walk = {
		.look = look,
		.mount = mount,
		.mount_row = row,
		.is_huge = is_huge(mount),
		.is_shm = strcmp(mount->target, "/dev/shm") == 0,
		.length = strlen(mount->target),
		.root = fd,
		.view = -1,
	};
	if (walk.length >= sizeof walk.path)
		return 0;
	memcpy(walk.path, mount->target, walk.length);
	if (walk.length == 1)
		walk.length = 0; /* "/" */
	walk.path[walk.length] = '\0';
	walk.namespace = namespace_label(look, mount);
	int directory = walk.namespace ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	int status = !walk.namespace ? -ENOMEM
		     : directory < 0 ? note_directory(look, errno)
				     : walk_directory(&walk, directory, 0);
	shmg_close_fd(&walk.view);
	return status;
}

/* A file that is mounted by itself, and that no directory shows. It is not opened: what it contains is not known. */
static int add_lone_file(struct shmg_look *look, uint32_t row)
{
	const struct shmg_mount *mount = &look->facts->mounts.items[row];
	SHMG_AUTO_FD fd = open_mount(look, mount, O_PATH);
	struct statx status;
	bool fresh;

	if (fd < 0)
		return note_unopened(look, fd);
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS | STATX_BTIME, &status) < 0)
		return note_entry(look, errno);
	if (!S_ISREG(status.stx_mode))
		return 0;
	int64_t object_row =
		shmg_look_object(look, (struct shmg_identity){ false, mount->dev, status.stx_ino }, &fresh);
	if (object_row < 0)
		return -ENOMEM;
	struct shmg_object *object = &look->facts->objects.items[object_row];
	if (!fresh)
		return 0;
	shmg_object_set_stat(object, &status);
	object->kind = is_huge(mount) ? SHMG_KIND_HUGETLB : SHMG_KIND_TMPFS;
	object->flags |= (is_huge(mount) ? SHMG_OBJECT_HUGE : 0u) | (status.stx_nlink ? 0u : SHMG_OBJECT_UNLINKED);
	object->mount = row;
	object->ns = mount->mnt_ns;
	object->name = mount->target;
	object->namespace = namespace_label(look, mount);
	return object->namespace ? 0 : -ENOMEM;
}

static bool is_within(const char *directory, const char *ancestor)
{
	size_t length = strlen(ancestor);
	if (length == 1)
		return true;
	return strncmp(directory, ancestor, length) == 0 && (directory[length] == '/' || !directory[length]);
}

/* Whether the same directory of the same file system was walked, or one above it: namespaces share mounts, binds
 * repeat. */
static bool is_walked(const struct shmg_look *look, const row_list *walked, const struct shmg_mount *mount)
{
	SHMG_FOREACH(row, walked) {
		const struct shmg_mount *earlier = &look->facts->mounts.items[*row];
		if (earlier->dev == mount->dev && is_within(mount->root, earlier->root))
			return true;
	}
	return false;
}

/* Its directory shows it no more. */
static bool is_deleted(const struct shmg_mount *mount)
{
	static const char suffix[] = "//deleted";
	size_t length = strlen(mount->root);

	return length >= sizeof suffix - 1 && strcmp(mount->root + length - (sizeof suffix - 1), suffix) == 0;
}

static int append_row(row_list *rows, uint32_t row)
{
	uint32_t *slot = SHMG_APPEND(rows);
	if (!slot)
		return -ENOMEM;
	*slot = row;
	return 0;
}

/* `lone` becomes the mounts of single files. */
static int walk_mounts(struct shmg_look *look, row_list *walked, row_list *lone)
{
	int status = 0;

	for (uint32_t row = 0; !status && row < look->facts->mounts.count; row++) {
		const struct shmg_mount *mount = &look->facts->mounts.items[row];
		if (mount->target[0] != '/' || (!is_deleted(mount) && is_walked(look, walked, mount)))
			continue;
		if (mount->hidden) {
			status = shmg_facts_note_gap(look->facts, "files on tmpfs under other mounts",
						     "nobody can open them by name; held ones are listed", false);
			continue;
		}
		int fd = open_mount(look, mount, O_RDONLY | O_DIRECTORY);
		if (fd >= 0) {
			status = append_row(walked, row);
			if (status)
				(void)close(fd);
			else
				status = walk_mount(look, row, fd);
		} else if (fd == -ENOTDIR && look->root.live) {
			status = append_row(lone, row);
		} else {
			status = note_unopened(look, fd);
		}
	}
	return status;
}

int shmg_collect_files(struct shmg_look *look)
{
	row_list walked = { 0 }, lone = { 0 };
	int status = walk_mounts(look, &walked, &lone);

	for (size_t i = 0; !status && i < lone.count; i++)
		if (is_deleted(&look->facts->mounts.items[lone.items[i]]) ||
		    !is_walked(look, &walked, &look->facts->mounts.items[lone.items[i]]))
			status = add_lone_file(look, lone.items[i]);
	shmg_array_clear(&walked);
	shmg_array_clear(&lone);
	return status;
}
