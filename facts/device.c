/* SPDX-License-Identifier: MIT */
/* Which devices hold shared memory: S_ISREG alone, or a file system's magic, does not tell (devtmpfs, /tmp). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif
#ifndef HUGETLBFS_MAGIC
#define HUGETLBFS_MAGIC 0x958458f6
#endif

static struct shmg_device *find_slot(const struct shmg_device_set *set, uint64_t dev)
{
	size_t slot = (size_t)(dev * 0x9e3779b97f4a7c15 >> 32) & (set->slot_count - 1);

	while (set->slots[slot].type != SHMG_DEVICE_NONE && set->slots[slot].dev != dev)
		slot = (slot + 1) & (set->slot_count - 1);
	return &set->slots[slot];
}

static int grow(struct shmg_device_set *set)
{
	struct shmg_device_set bigger = { .slot_count = set->slot_count ? set->slot_count * 2 : 64,
					  .count = set->count };

	bigger.slots = calloc(bigger.slot_count, sizeof *bigger.slots);
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i].type != SHMG_DEVICE_NONE)
			*find_slot(&bigger, set->slots[i].dev) = set->slots[i];
	free(set->slots);
	*set = bigger;
	return 0;
}

enum shmg_device_type shmg_look_device(const struct shmg_look *look, uint64_t dev)
{
	return look->devices.slot_count ? find_slot(&look->devices, dev)->type : SHMG_DEVICE_NONE;
}

int shmg_look_add_device(struct shmg_look *look, uint64_t dev, enum shmg_device_type type)
{
	struct shmg_device_set *set = &look->devices;

	if (set->count * 2 >= set->slot_count && grow(set) < 0)
		return -ENOMEM;
	struct shmg_device *slot = find_slot(set, dev);
	if (slot->type != SHMG_DEVICE_NONE && slot->type != SHMG_DEVICE_OTHER)
		return 0;
	set->count += slot->type == SHMG_DEVICE_NONE;
	*slot = (struct shmg_device){ .dev = dev, .type = type };
	return 0;
}

/*
 * Whether a file is on a tmpfs or hugetlbfs, or on something else that answers statfs(2) by itself. A dead server's
 * file system would never answer, and waiting for it cannot always be killed: so what is asked first is what the kernel
 * knows alone. A tmpfs makes file handles of type 1 and 12 bytes, which no other file system without a block device
 * does; a hugetlbfs makes none, and its blocks are huge pages. 0, 1, or -errno where the kernel may not be asked.
 */
static int may_be_memory(const struct shmg_look *look, int fd)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} answer = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	struct statx status;
	int mount;

	if (name_to_handle_at(fd, "", &answer.handle, &mount, AT_EMPTY_PATH) == 0)
		return answer.handle.handle_type == 1 && answer.handle.handle_bytes == 12;
	if (errno != EOPNOTSUPP)
		return -errno;
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &status) < 0)
		return -errno;
	for (size_t i = 0; i < look->huge_page_sizes.count; i++)
		if (look->huge_page_sizes.items[i] == status.stx_blksize)
			return 1;
	return 0;
}

static enum shmg_device_type ask_file_system(int fd)
{
	struct statfs system;

	if (fstatfs(fd, &system) < 0)
		return SHMG_DEVICE_OTHER;
	return system.f_type == TMPFS_MAGIC       ? SHMG_DEVICE_TMPFS
	       : system.f_type == HUGETLBFS_MAGIC ? SHMG_DEVICE_HUGETLBFS
						  : SHMG_DEVICE_OTHER;
}

enum shmg_device_type shmg_look_device_of(struct shmg_look *look, uint64_t dev, int directory, const char *path)
{
	enum shmg_device_type type = shmg_look_device(look, dev);
	if (type != SHMG_DEVICE_NONE)
		return type;
	type = SHMG_DEVICE_OTHER;
	/* Memory has no block device behind it. */
	if (major(dev) == 0 && look->root.live) {
		SHMG_AUTO_FD fd = openat(directory, path, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return SHMG_DEVICE_NONE; /* gone: the next one may tell */
		int memory = may_be_memory(look, fd);
		if (memory > 0)
			type = ask_file_system(fd);
		else if (memory < 0 &&
			 shmg_facts_note_gap(look->facts, "files of file systems that are mounted nowhere",
					     strerrordesc_np(-memory), true) < 0)
			return SHMG_DEVICE_NONE;
	}
	return shmg_look_add_device(look, dev, type) < 0 ? SHMG_DEVICE_NONE : type;
}

static int add_device_of_memfd(struct shmg_look *look, unsigned flags, enum shmg_device_type type)
{
	SHMG_AUTO_FD fd = memfd_create("shmguard", MFD_CLOEXEC | flags);
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0)
		return shmg_look_add_device(look, status.st_dev, type);
	/* A kernel without them (or without pages of this size) has no such objects either. */
	if (errno == ENOSYS || (flags & MFD_HUGETLB && (errno == EINVAL || errno == ENODEV)))
		return 0;
	return shmg_facts_note_gap(look->facts, "memfds, anonymous memory and mappings of segments",
				   "memfd_create was refused, so the file system that they live on is not known", true);
}

static int add_huge_devices(struct shmg_look *look)
{
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, "sys/kernel/mm/hugepages", O_RDONLY | O_DIRECTORY);
	SHMG_AUTO_DIR directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory)
		return 0;
	(void)SHMG_TAKE_FD(fd);

	for (struct dirent *entry; (entry = readdir(directory));) {
		unsigned long kilobytes;
		if (sscanf(entry->d_name, "hugepages-%lukB", &kilobytes) != 1 || kilobytes == 0)
			continue;
		uint64_t *page = SHMG_APPEND(&look->huge_page_sizes);
		if (!page)
			return -ENOMEM;
		*page = (uint64_t)kilobytes * 1024;
		unsigned shift = (unsigned)__builtin_ctzl(kilobytes) + 10;
		int status = add_device_of_memfd(look, MFD_HUGETLB | shift << MFD_HUGE_SHIFT, SHMG_DEVICE_KERNEL_HUGE);
		if (status)
			return status;
	}
	return 0;
}

int shmg_look_add_kernel_devices(struct shmg_look *look)
{
	if (!look->root.live)
		return 0; /* a captured tree's mappings are known by their names */
	int status = add_device_of_memfd(look, 0, SHMG_DEVICE_KERNEL);
	return status ? status : add_huge_devices(look);
}
