/* SPDX-License-Identifier: MIT */
/* Which devices hold shared memory: S_ISREG alone, or a file system's magic, does not tell (devtmpfs, /tmp). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

#ifndef MFD_HUGE_SHIFT
#define MFD_HUGE_SHIFT 26
#endif

const struct shmg_device *shmg_look_device(const struct shmg_look *look, uint64_t dev)
{
	SHMG_FOREACH(device, &look->devices)
		if (device->dev == dev)
			return device;
	return NULL;
}

int shmg_look_add_device(struct shmg_look *look, uint64_t dev, enum shmg_device_type type)
{
	if (shmg_look_device(look, dev))
		return 0;
	struct shmg_device *device = SHMG_APPEND(&look->devices);
	if (!device)
		return -ENOMEM;
	*device = (struct shmg_device){ .dev = dev, .type = type };
	return 0;
}

static int add_device_of_memfd(struct shmg_look *look, unsigned flags, enum shmg_device_type type)
{
	SHMG_AUTO_FD fd = memfd_create("shmguard", MFD_CLOEXEC | flags);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return 0; /* a kernel without them has no such objects either */
	return shmg_look_add_device(look, status.st_dev, type);
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
