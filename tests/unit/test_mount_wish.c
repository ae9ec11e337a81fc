/* SPDX-License-Identifier: MIT */
/* What fstab and mount units ask for, in the terms of the live mount; and which of them is in force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/mount_wish.h"

#define RAM (UINT64_C(16) << 30)
#define PAGE 4096u

#define NODEV SHMG_MOUNT_NODEV
#define NOSUID SHMG_MOUNT_NOSUID
#define NOEXEC SHMG_MOUNT_NOEXEC

static void test_flags(void **state)
{
	static const struct {
		const char *options;
		uint32_t flags;
	} cases[] = {
		{ "", 0 },
		{ "defaults", 0 },
		{ "rw,nosuid,nodev,noexec", NODEV | NOSUID | NOEXEC },
		{ "ro,noswap", SHMG_MOUNT_RO | SHMG_MOUNT_NOSWAP },
		{ "user", NODEV | NOSUID | NOEXEC },
		{ "user,exec,dev,suid", 0 },
		{ "exec,user", NODEV | NOSUID | NOEXEC },
		{ "owner", NODEV | NOSUID },
		{ "noexec,defaults", 0 },
		{ "noexec,exec", 0 },
		{ ",,noexec,", NOEXEC },
		/* Neither a part of a word nor what is quoted counts. */
		{ "xnoexec,noexecx,x-noexec", 0 },
		{ "context=\"system_u:object_r:tmpfs_t:s0:c1,noexec,c2\",nodev", NODEV },
		{ "comment=averyveryveryveryveryveryveryveryveryveryveryveryveryverylongoption,nosuid", NOSUID },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_mount_wish wish;
		shmg_mount_wish_parse(cases[i].options, RAM, PAGE, &wish);
		if (wish.flags != cases[i].flags)
			fail_msg("%s: flags 0x%x, not 0x%x", cases[i].options, wish.flags, cases[i].flags);
		assert_true(wish.size == SHMG_U64_UNKNOWN);
	}
}

static void test_size(void **state)
{
	static const struct {
		const char *options;
		uint64_t size;
	} cases[] = {
		{ "size=2G", UINT64_C(2) << 30 },
		{ "size=2g,nodev", UINT64_C(2) << 30 },
		{ "size=512M", UINT64_C(512) << 20 },
		{ "size=64k", 65536 },
		{ "size=1T", UINT64_C(1) << 40 },
		{ "size=0x1000", 4096 },
		/* A plain number is bytes, in whole pages. */
		{ "size=5242880", 5242880 },
		{ "size=5000", 8192 },
		{ "nr_blocks=2", 8192 },
		{ "nr_blocks=1k", UINT64_C(1024) * PAGE },
		{ "size=25%", RAM / 4 },
		{ "size=50%%", RAM / 2 },
		{ "size=0", UINT64_MAX },
		{ "nr_blocks=0", UINT64_MAX },
		{ "size=1G,size=2G", UINT64_C(2) << 30 },
		{ "size=99999999E", UINT64_MAX },
		/* What the kernel would refuse asks for nothing. */
		{ "size=", SHMG_U64_UNKNOWN },
		{ "size=big", SHMG_U64_UNKNOWN },
		{ "size=-1", SHMG_U64_UNKNOWN },
		{ "size=2GB", SHMG_U64_UNKNOWN },
		{ "size=50%%%", SHMG_U64_UNKNOWN },
		{ "size=99999999999999999999999", SHMG_U64_UNKNOWN },
		{ "huge=always,mpol=local", SHMG_U64_UNKNOWN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_mount_wish wish;
		shmg_mount_wish_parse(cases[i].options, RAM, PAGE, &wish);
		if (wish.size != cases[i].size)
			fail_msg("%s: %llu, not %llu", cases[i].options, (unsigned long long)wish.size,
				 (unsigned long long)cases[i].size);
		assert_true((wish.slack != 0) == (strchr(cases[i].options, '%') && wish.size != SHMG_U64_UNKNOWN));
	}
}

static void test_mode_and_time(void **state)
{
	static const struct {
		const char *options;
		uint32_t mode;
		bool deferred;
	} cases[] = {
		{ "rw", 01777, false },       { "rw,mode=0755", 0755, false },        { "mode=1770", 01770, false },
		{ "noauto,rw", 01777, true }, { "x-systemd.automount", 01777, true }, { "x-noauto,auto", 01777, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_mount_wish wish;
		shmg_mount_wish_parse(cases[i].options, RAM, PAGE, &wish);
		if (wish.mode != cases[i].mode || wish.deferred != cases[i].deferred)
			fail_msg("%s: mode %04o, deferred %d", cases[i].options, wish.mode, wish.deferred);
	}
}

static void test_size_needs_facts(void **state)
{
	struct shmg_mount_wish wish;

	(void)state;
	shmg_mount_wish_parse("size=50%", SHMG_U64_UNKNOWN, PAGE, &wish);
	assert_true(wish.size == SHMG_U64_UNKNOWN);
	shmg_mount_wish_parse("nr_blocks=5", RAM, SHMG_U64_UNKNOWN, &wish);
	assert_true(wish.size == SHMG_U64_UNKNOWN);
	shmg_mount_wish_parse("size=1G", SHMG_U64_UNKNOWN, SHMG_U64_UNKNOWN, &wish);
	assert_true(wish.size == UINT64_C(1) << 30);
}

static void add_config(struct shmg_facts *facts, enum shmg_config_origin origin, const char *options,
		       const char *source)
{
	struct shmg_mount_config *config = SHMG_APPEND(&facts->mount_configs);

	assert_non_null(config);
	*config = (struct shmg_mount_config){ "/tmp", "tmpfs", options, source, (uint8_t)origin };
}

static void set_systemd(struct shmg_facts *facts)
{
	struct shmg_setting *setting = SHMG_APPEND(&facts->settings);

	assert_non_null(setting);
	*setting = (struct shmg_setting){ "systemd", "running", "/run/systemd/system" };
}

/* systemd.mount(5): /etc beats fstab, and fstab beats /usr. */
static void test_who_wins(void **state)
{
	const struct shmg_mount mount = { .target = "/tmp", .fstype = "tmpfs" };
	const struct shmg_mount other = { .target = "/tmp", .fstype = "ramfs" };
	struct shmg_facts *facts = shmg_facts_new();
	struct shmg_mount_wish wish;

	(void)state;
	assert_non_null(facts);
	add_config(facts, SHMG_CONFIG_UNIT, "nodev", "/usr/lib/systemd/system/tmp.mount");
	assert_false(shmg_mount_wish_find(facts, &mount, &wish)); /* nobody reads units here */
	set_systemd(facts);
	assert_true(shmg_mount_wish_find(facts, &mount, &wish));
	assert_string_equal(wish.source, "/usr/lib/systemd/system/tmp.mount");

	add_config(facts, SHMG_CONFIG_FSTAB, "nosuid", "/etc/fstab:3");
	assert_true(shmg_mount_wish_find(facts, &mount, &wish));
	assert_string_equal(wish.source, "/etc/fstab:3");
	assert_int_equal(wish.flags, NOSUID);

	add_config(facts, SHMG_CONFIG_UNIT, "noexec", "/etc/systemd/system/tmp.mount");
	assert_true(shmg_mount_wish_find(facts, &mount, &wish));
	assert_string_equal(wish.source, "/etc/systemd/system/tmp.mount");
	assert_int_equal(wish.flags, NOEXEC);

	assert_false(shmg_mount_wish_find(facts, &other, &wish));
	shmg_facts_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),         cmocka_unit_test(test_size),
		cmocka_unit_test(test_mode_and_time), cmocka_unit_test(test_size_needs_facts),
		cmocka_unit_test(test_who_wins),
	};
	return cmocka_run_group_tests_name("mount_wish", tests, NULL, NULL);
}
