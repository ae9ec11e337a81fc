/* SPDX-License-Identifier: MIT */
/* What lies under a block device or a file: does what is written there reach a disk, and does it encrypted? */
#ifndef SHMG_FACTS_BLOCK_H
#define SHMG_FACTS_BLOCK_H

#include "facts/collect.h"

struct shmg_block_traits {
	uint8_t encrypted; /* bool or unknown: all of it is under dm-crypt */
	uint8_t memory;    /* bool or unknown: zram that has no disk to write back to */
};

/* Of "/dev/dm-1", "/dev/mapper/NAME", "/dev/sda2". 0 or -ENOMEM. */
int shmg_block_of_device(struct shmg_look *look, const char *path, struct shmg_block_traits *ret_traits);

/* Of a file, by the file system that it lies on. 0 or -ENOMEM. */
int shmg_block_of_file(struct shmg_look *look, const char *path, struct shmg_block_traits *ret_traits);

#endif
