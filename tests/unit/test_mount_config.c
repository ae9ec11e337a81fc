/* SPDX-License-Identifier: MIT */
#include "tests/unit/look.h"

#define CONFIGURED SHMG_FIXTURES "/hosts/configured-mounts"

struct expected {
	const char *target, *fstype, *options, *source;
};

static void compare(const struct shmg_look *look, enum shmg_config_origin origin, const struct expected *expected,
		    size_t count)
{
	size_t i = 0;
	SHMG_FOREACH(row, &look->facts->mount_configs) {
		if (row->origin != origin)
			continue;
		assert_in_range(i, 0, count - 1);
		assert_string_equal(row->source, expected[i].source);
		assert_string_equal(row->target, expected[i].target);
		assert_string_equal(row->fstype, expected[i].fstype);
		assert_string_equal(row->options, expected[i].options);
		i++;
	}
	assert_int_equal(i, count);
}

static void reads_fstab(void **state)
{
	static const struct expected expected[] = {
		{ "/dev/shm", "tmpfs", "rw,nosuid,nodev,noexec,size=2G", "/etc/fstab:4" },
		{ "/mnt/a b", "tmpfs", "context=\"system_u:object_r:tmp_t:s0:c1,c2\",size=1m", "/etc/fstab:7" },
		{ "/mnt/cache", "tmpfs", "defaults", "/etc/fstab:8" },
		{ "/dev/hugepages", "hugetlbfs", "mode=1770,gid=36", "/etc/fstab:10" },
		{ "/dev/shm", "tmpfs", "size=1G", "/etc/fstab:12" },
	};
	struct shmg_look look;

	(void)state;
	open_look(&look, CONFIGURED);
	assert_int_equal(shmg_collect_mount_configs(&look), 0);
	compare(&look, SHMG_CONFIG_FSTAB, expected, sizeof expected / sizeof *expected);
	assert_int_equal(gaps(&look, "lines of /etc/fstab"), 1);
	close_look(&look);
}

static void reads_units_with_drop_ins(void **state)
{
	static const struct expected expected[] = {
		{ "/dev/shm", "tmpfs", "mode=1777,nosuid, nodev,size=50%", "/etc/systemd/system/dev-shm.mount:10" },
		{ "/mnt/cache", "tmpfs", "size=5G,noexec", "/etc/systemd/system/mnt-cache.mount.d/size.conf:2" },
		{ "/dev/hugepages", "hugetlbfs", "defaults", "/usr/lib/systemd/system/dev-hugepages.mount" },
		{ "/srv/a-b", "ramfs", "defaults", "/usr/lib/systemd/system/srv-a\\x2db.mount:5" },
		{ "/tmp", "tmpfs", "mode=1777,nosuid,nodev,noexec,size=1G",
		  "/etc/systemd/system/tmp.mount.d/50-size.conf:4" },
	};
	struct shmg_look look;

	(void)state;
	open_look(&look, CONFIGURED);
	assert_int_equal(shmg_collect_mount_configs(&look), 0);
	compare(&look, SHMG_CONFIG_UNIT, expected, sizeof expected / sizeof *expected);
	close_look(&look);
}

/* A line too long for the parser is not half of an answer. */
static void leaves_out_what_does_not_fit(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, CONFIGURED);
	assert_int_equal(shmg_collect_mount_configs(&look), 0);
	SHMG_FOREACH(row, &look.facts->mount_configs)
		assert_string_not_equal(row->target, "/long");
	assert_int_equal(gaps(&look, "systemd mount units"), 1);
	close_look(&look);
}

static void has_nothing_to_say_of_an_empty_tree(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, SHMG_FIXTURES "/hosts/permissive");
	assert_int_equal(shmg_collect_mount_configs(&look), 0);
	assert_int_equal(look.facts->mount_configs.count, 0);
	assert_int_equal(look.facts->coverage.count, 0);
	close_look(&look);
}

static void looks_at_this_machine(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_mount_configs(&look), 0);
	SHMG_FOREACH(row, &look.facts->mount_configs) {
		const char *name = row->origin == SHMG_CONFIG_FSTAB ? "/etc/fstab:" : "/systemd/system/";
		assert_int_equal(row->target[0], '/');
		assert_non_null(strstr(row->source, name));
		assert_true(*row->options);
	}
	close_look(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_fstab),
		cmocka_unit_test(reads_units_with_drop_ins),
		cmocka_unit_test(leaves_out_what_does_not_fit),
		cmocka_unit_test(has_nothing_to_say_of_an_empty_tree),
		cmocka_unit_test(looks_at_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
