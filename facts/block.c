/* SPDX-License-Identifier: MIT */
#include "facts/block.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "facts/listing.h"
#include "facts/mount_table.h"
#include "facts/value.h"

/* Long enough for a path of any block device; what would be cut is unknown. */
#define PATH_LENGTH 512
/* Devices visited for one answer: a captured tree may stack them in a circle. */
#define BUDGET 256

enum { PLAIN = 0, ENCRYPTED = 1, UNKNOWN = SHMG_U8_UNKNOWN };

struct walk {
	struct shmg_look *look;
	unsigned budget;
	int failed; /* -ENOMEM */
};

static uint8_t device_encrypted(struct walk *walk, const char *device);
static uint8_t file_encrypted(struct walk *walk, const char *path);

static bool join(char path[static PATH_LENGTH], const char *directory, const char *name)
{
	int length = snprintf(path, PATH_LENGTH, "%s/%s", directory, name);
	return length > 0 && length < PATH_LENGTH;
}

static bool exists(const struct shmg_look *look, const char *path)
{
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, path, O_PATH);
	return fd >= 0;
}

/* The attribute of a device, or false when it has none. */
static bool read_attribute(struct walk *walk, const char *device, const char *name, char *buffer, size_t size)
{
	char path[PATH_LENGTH];
	int code = join(path, device, name) ? shmg_value_read(walk->look, path, buffer, size) : -ENOENT;
	if (code == -ENOMEM)
		walk->failed = code;
	return code == 0;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* One part plain: plain. Else one unknown: unknown. */
static uint8_t combine(uint8_t left, uint8_t right)
{
	if (left == PLAIN || right == PLAIN)
		return PLAIN;
	return left == ENCRYPTED && right == ENCRYPTED ? ENCRYPTED : UNKNOWN;
}

/* Every device named in a directory of sysfs ("slaves"). `none` when there is not one. */
static uint8_t all_encrypted(struct walk *walk, const char *directory, uint8_t none)
{
	SHMG_AUTO_LISTING names = { 0 };
	uint8_t result = none;

	if (shmg_listing_read(walk->look, directory, "*", &names) != 0) {
		walk->failed = -ENOMEM;
		return UNKNOWN;
	}
	for (size_t i = 0; i < names.count; i++) {
		char device[PATH_LENGTH];
		uint8_t part =
			join(device, "sys/class/block", names.items[i]) ? device_encrypted(walk, device) : UNKNOWN;
		result = i ? combine(result, part) : part;
	}
	return result;
}

/* cryptsetup names its devices CRYPT-LUKS2-…; two of its kinds check what they read, and hide nothing. */
static bool is_crypt(const char *uuid)
{
	return starts_with(uuid, "CRYPT-") && !starts_with(uuid, "CRYPT-VERITY-") &&
	       !starts_with(uuid, "CRYPT-INTEGRITY-");
}

static uint8_t mapped_encrypted(struct walk *walk, const char *device, const char *uuid)
{
	char slaves[PATH_LENGTH];

	if (is_crypt(uuid))
		return ENCRYPTED;
	uint8_t below = join(slaves, device, "slaves") ? all_encrypted(walk, slaves, UNKNOWN) : UNKNOWN;
	/* Without a name anything may sit here, plain dm-crypt made by dmsetup too. */
	return *uuid || below == ENCRYPTED ? below : UNKNOWN;
}

/* `device` is its directory in sysfs: "sys/class/block/dm-1". */
static uint8_t device_encrypted(struct walk *walk, const char *device)
{
	char text[PATH_LENGTH], path[PATH_LENGTH];

	if (!walk->budget)
		return UNKNOWN;
	walk->budget--;
	if (!exists(walk->look, device))
		return UNKNOWN;
	if (read_attribute(walk, device, "dm/uuid", text, sizeof text))
		return mapped_encrypted(walk, device, text);
	if (read_attribute(walk, device, "loop/backing_file", text, sizeof text))
		return file_encrypted(walk, text);
	if (read_attribute(walk, device, "partition", text, sizeof text))
		return join(path, device, "..") ? device_encrypted(walk, path) : UNKNOWN;
	/* ZFS encrypts, or not, where sysfs does not show it. */
	const char *name = strrchr(device, '/');
	if (name && starts_with(name, "/zd"))
		return UNKNOWN;
	return join(path, device, "slaves") ? all_encrypted(walk, path, PLAIN) : UNKNOWN;
}

/* "/dev/mapper/NAME" is a link that a captured tree may lack; sysfs knows the names. */
static bool find_mapped(struct walk *walk, const char *wanted, char device[static PATH_LENGTH])
{
	SHMG_AUTO_LISTING names = { 0 };

	if (shmg_listing_read(walk->look, "sys/class/block", "dm-*", &names) != 0)
		walk->failed = -ENOMEM;
	for (size_t i = 0; i < names.count; i++) {
		char name[256];
		if (join(device, "sys/class/block", names.items[i]) &&
		    read_attribute(walk, device, "dm/name", name, sizeof name) && strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* The directory in sysfs of the device with this number. */
static bool find_number(struct walk *walk, dev_t number, char device[static PATH_LENGTH])
{
	char link[PATH_LENGTH], target[PATH_LENGTH];

	(void)snprintf(link, sizeof link, "sys/dev/block/%u:%u", major(number), minor(number));
	SHMG_AUTO_FD fd = shmg_root_openat(&walk->look->root, link, O_PATH | O_NOFOLLOW);
	ssize_t length = fd < 0 ? -1 : readlinkat(fd, "", target, sizeof target - 1);
	if (length <= 0)
		return false;
	target[length] = '\0';
	const char *name = strrchr(target, '/');
	return name && join(device, "sys/class/block", name + 1) && exists(walk->look, device);
}

/* The directory in sysfs of the device at `path`. */
static bool find_device(struct walk *walk, const char *path, char device[static PATH_LENGTH])
{
	struct stat status;

	if (!starts_with(path, "/dev/"))
		return false;
	if (walk->look->root.live && fstatat(walk->look->root.fd, path + 1, &status, AT_NO_AUTOMOUNT) == 0 &&
	    S_ISBLK(status.st_mode))
		return find_number(walk, status.st_rdev, device);
	path += strlen("/dev/");
	if (starts_with(path, "mapper/"))
		return find_mapped(walk, path + strlen("mapper/"), device);
	if (!join(device, "sys/class/block", path))
		return false;
	/* /dev/cciss/c0d0 is cciss!c0d0 in sysfs. */
	for (char *name = device + strlen("sys/class/block/"); (name = strchr(name, '/')) != NULL;)
		*name = '!';
	return exists(walk->look, device);
}

static bool holds_path(const char *target, const char *path)
{
	size_t length = strlen(target);
	if (length == 1)
		return true;
	return strncmp(target, path, length) == 0 && path[length] == '/';
}

/* The mount that `path` lies on: of those whose target holds it the longest, of these the last. */
static struct libmnt_fs *find_mount(struct walk *walk, struct libmnt_table *table, const char *path)
{
	struct libmnt_fs *fs, *best = NULL;
	size_t best_length = 0;

	SHMG_AUTO_MOUNT_ITERATOR iterator = mnt_new_iter(MNT_ITER_FORWARD);
	if (!iterator) {
		walk->failed = -ENOMEM;
		return NULL;
	}
	while (mnt_table_next_fs(table, iterator, &fs) == 0) {
		const char *target = mnt_fs_get_target(fs);
		size_t length = target ? strlen(target) : 0;
		if (length && length >= best_length && holds_path(target, path)) {
			best = fs;
			best_length = length;
		}
	}
	return best;
}

/* btrfs spreads a file over any of its devices; /sys/fs/btrfs/UUID/devices lists them. */
static uint8_t btrfs_encrypted(struct walk *walk, const char *source)
{
	char device[PATH_LENGTH], path[PATH_LENGTH], devices[PATH_LENGTH];
	SHMG_AUTO_LISTING systems = { 0 };

	if (!find_device(walk, source, device))
		return UNKNOWN;
	const char *name = strrchr(device, '/') + 1;
	if (shmg_listing_read(walk->look, "sys/fs/btrfs", "*-*", &systems) != 0)
		walk->failed = -ENOMEM;
	for (size_t i = 0; i < systems.count; i++) {
		if (!join(path, "sys/fs/btrfs", systems.items[i]) || !join(devices, path, "devices"))
			continue;
		if (join(path, devices, name) && exists(walk->look, path))
			return all_encrypted(walk, devices, UNKNOWN);
	}
	return UNKNOWN;
}

/*
 * /proc/swaps shows a host's paths in a container too, where they lead elsewhere or nowhere. On a running system the
 * file itself must be there, on that very file system.
 */
static bool is_the_file(const struct shmg_look *look, const char *path, dev_t device)
{
	struct stat status;

	if (!look->root.live)
		return true;
	return fstatat(look->root.fd, path + 1, &status, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0 &&
	       S_ISREG(status.st_mode) && (!device || status.st_dev == device);
}

static uint8_t mount_encrypted(struct walk *walk, struct libmnt_fs *fs, const char *path)
{
	char device[PATH_LENGTH];
	const char *type = mnt_fs_get_fstype(fs);
	const char *source = mnt_fs_get_source(fs);
	dev_t number = mnt_fs_get_devno(fs);

	/* The files of btrfs bear the numbers of subvolumes. */
	bool btrfs = type && strcmp(type, "btrfs") == 0;
	if (!source || !is_the_file(walk->look, path, btrfs ? 0 : number))
		return UNKNOWN;
	if (btrfs)
		return btrfs_encrypted(walk, source);
	/* No device of its own: network, overlay, ZFS. */
	if (major(number) == 0)
		return UNKNOWN;
	bool found = find_number(walk, number, device) || find_device(walk, source, device);
	return found ? device_encrypted(walk, device) : UNKNOWN;
}

static uint8_t file_encrypted(struct walk *walk, const char *path)
{
	static const char *const tables[] = { "proc/self/mountinfo", "proc/1/mountinfo" };
	size_t broken;
	SHMG_AUTO_MOUNT_TABLE table = NULL;

	/* Files can hold loop devices that hold files: each of them counts. */
	if (path[0] != '/' || !walk->budget)
		return UNKNOWN;
	walk->budget--;
	int code = -ENOENT;
	for (size_t i = 0; i < sizeof tables / sizeof *tables && code && code != -ENOMEM; i++)
		code = shmg_mount_table_read(&walk->look->root, tables[i], &table, &broken);
	if (code == -ENOMEM)
		walk->failed = code;
	if (code)
		return UNKNOWN;
	struct libmnt_fs *fs = find_mount(walk, table, path);
	return fs ? mount_encrypted(walk, fs, path) : UNKNOWN;
}

/* zram can be told to write old pages back to a disk ("backing_dev" is then that disk, else "none"). */
static void answer_zram(struct walk *walk, const char *device, struct shmg_block_traits *traits)
{
	char backing[PATH_LENGTH], below[PATH_LENGTH];

	traits->memory = 1;
	traits->encrypted = PLAIN;
	if (!read_attribute(walk, device, "backing_dev", backing, sizeof backing) || strcmp(backing, "none") == 0)
		return;
	traits->memory = 0;
	traits->encrypted = find_device(walk, backing, below) ? device_encrypted(walk, below) : UNKNOWN;
}

int shmg_block_of_device(struct shmg_look *look, const char *path, struct shmg_block_traits *ret_traits)
{
	struct walk walk = { .look = look, .budget = BUDGET };
	struct shmg_block_traits traits = { .encrypted = UNKNOWN, .memory = 0 };
	char device[PATH_LENGTH];

	if (starts_with(path, "/dev/zram")) {
		if (join(device, "sys/class/block", path + strlen("/dev/")))
			answer_zram(&walk, device, &traits);
	} else if (find_device(&walk, path, device)) {
		traits.encrypted = device_encrypted(&walk, device);
	}
	if (!walk.failed)
		*ret_traits = traits;
	return walk.failed;
}

int shmg_block_of_file(struct shmg_look *look, const char *path, struct shmg_block_traits *ret_traits)
{
	struct walk walk = { .look = look, .budget = BUDGET };
	uint8_t encrypted = file_encrypted(&walk, path);

	if (!walk.failed)
		*ret_traits = (struct shmg_block_traits){ .encrypted = encrypted, .memory = 0 };
	return walk.failed;
}
