/* SPDX-License-Identifier: MIT */
#include "tests/unit/look.h"

#include <stdio.h>

#define STACKED SHMG_FIXTURES "/hosts/stacked-crypt"
#define UNKNOWN SHMG_U8_UNKNOWN

static const struct {
	const char *path;
	uint8_t encrypted, zram;
} expected[] = {
	{ "/dev/dm-2", 1, 0 }, /* a logical volume on dm-crypt */
	{ "/dev/sda2", 0, 0 },
	{ "/dev/mapper/vg-swap", 1, 0 },
	{ "/dev/mapper/nosuch", UNKNOWN, 0 },
	{ "/dev/zram0", 0, 1 },
	{ "/dev/zram1", 0, 0 },      /* writes back to a plain disk */
	{ "/dev/dm-4", UNKNOWN, 0 }, /* device mapper without a name, on a plain disk */
	{ "/dev/dm-5", UNKNOWN, 0 }, /* stacked in a circle */
	{ "/dev/dm-7", 0, 0 },       /* dm-verity bears cryptsetup's name, and encrypts nothing */
	{ "/dev/dm-8", 0, 0 },       /* half of it is plain */
	{ "/dev/dm-9", 1, 0 },       /* without a name, but all below is encrypted */
	{ "/dev/md0p1", 1, 0 },      /* a partition of a mirror of two encrypted devices */
	{ "/dev/zd0", UNKNOWN, 0 },  /* ZFS does not tell */
	{ "/dev/loop0", 1, 0 },      /* its file lies on /home */
	{ "/dev/cciss/c0d0", 0, 0 },
	{ "/dev/gone", UNKNOWN, 0 },
	{ "/swap file", 0, 0 },
	{ "/home/swapfile", 1, 0 },
	{ "/homeless/swapfile", 0, 0 }, /* not below /home */
	{ "/btrfs/swapfile", 0, 0 },    /* one of two devices is plain */
	{ "/whole/swapfile", 1, 0 },
	{ "/net/swapfile", UNKNOWN, 0 },
	{ "/over/swapfile", 1, 0 },          /* the later of two mounts */
	{ "/unknown/swapfile", UNKNOWN, 0 }, /* a device that sysfs does not have */
	{ "/home/gone", 1, 0 },
};

static void tells_what_is_encrypted(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, STACKED);
	assert_int_equal(shmg_collect_swaps(&look), 0);
	assert_int_equal(look.facts->swaps.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < look.facts->swaps.count; i++) {
		const struct shmg_swap *row = &look.facts->swaps.items[i];
		assert_string_equal(row->path, expected[i].path);
		if (row->encrypted != expected[i].encrypted || row->zram != expected[i].zram)
			fail_msg("%s: encrypted %u, zram %u", row->path, row->encrypted, row->zram);
	}
	assert_int_equal(look.facts->swaps.items[0].size, 1024 * 1024);
	assert_int_equal(look.facts->swaps.items[0].used, 8 * 1024);
	assert_int_equal(gaps(&look, "swap areas"), 1); /* the broken line */
	close_look(&look);
}

static void has_no_rows_without_swaps(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, SHMG_FIXTURES "/hosts/hardened");
	assert_int_equal(shmg_collect_swaps(&look), 0);
	assert_int_equal(look.facts->swaps.count, 0);
	assert_int_equal(look.facts->coverage.count, 0);
	close_look(&look);
}

static void agrees_with_this_machine(void **state)
{
	struct shmg_look look;
	char text[8192];
	size_t lines = 0;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_swaps(&look), 0);
	ssize_t length = shmg_root_read(&look.root, "proc/swaps", text, sizeof text);
	for (ssize_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	assert_int_equal(look.facts->swaps.count, lines ? lines - 1 : 0);
	SHMG_FOREACH(row, &look.facts->swaps)
		assert_in_range(row->used, 0, row->size);
	close_look(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_what_is_encrypted),
		cmocka_unit_test(has_no_rows_without_swaps),
		cmocka_unit_test(agrees_with_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
