/* SPDX-License-Identifier: MIT */
/* Settings, and the host row beside them. */
#include "tests/unit/look.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "facts/settings.h"

static const char *value_of(const struct shmg_look *look, const char *name)
{
	const struct shmg_setting *setting = shmg_facts_setting(look->facts, name);
	return setting ? setting->value : NULL;
}

static void reads_every_kind(void **state)
{
	static const char *const expected[][3] = {
		{ "kernel.shmmax", "18446744073692774399", "/proc/sys/kernel/shmmax" },
		{ "kernel.shmmni", "4096", "/proc/sys/kernel/shmmni" },
		{ "kernel.yama.ptrace_scope", "1", "/proc/sys/kernel/yama/ptrace_scope" },
		{ "kernel.core_pattern", "|/usr/lib/systemd/systemd-coredump %P %u", "/proc/sys/kernel/core_pattern" },
		{ SHMG_SETTING_RELEASE, "6.12.41+deb13-amd64", "/proc/sys/kernel/osrelease" },
		{ SHMG_SETTING_MEMORY, "16693075968", "/proc/meminfo" },
		{ SHMG_SETTING_MEMORY_SHARED, "126418944", "/proc/meminfo" },
		{ SHMG_SETTING_SWAP_TOTAL, "0", "/proc/meminfo" },
		{ SHMG_SETTING_LSM, "lockdown,capability,landlock,yama,apparmor,bpf", "/sys/kernel/security/lsm" },
		{ SHMG_SETTING_LOCKDOWN, "integrity", "/sys/kernel/security/lockdown" },
		{ SHMG_SETTING_APPARMOR, "enabled", "/sys/module/apparmor/parameters/enabled" },
		{ SHMG_SETTING_APPARMOR_PROFILES, "2", "/sys/kernel/security/apparmor/profiles" },
		{ "hugepages.2048.total", "4", "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages" },
		{ "hugepages.2048.free", "6", "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages" },
		{ "hugepages.2048.reserved", "6", "/sys/kernel/mm/hugepages/hugepages-2048kB/resv_hugepages" },
		{ "hugepages.1048576.surplus", "1031",
		  "/sys/kernel/mm/hugepages/hugepages-1048576kB/surplus_hugepages" },
		{ SHMG_SETTING_SYSTEMD, "running", "/run/systemd/system" },
	};
	struct shmg_look look;

	(void)state;
	open_look(&look, SHMG_FIXTURES "/hosts/hardened");
	assert_int_equal(shmg_collect_settings(&look), 0);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct shmg_setting *setting = shmg_facts_setting(look.facts, expected[i][0]);
		if (!setting)
			fail_msg("%s is missing", expected[i][0]);
		assert_string_equal(setting->value, expected[i][1]);
		assert_string_equal(setting->source, expected[i][2]);
	}
	/* What is not there has no row, and nobody misses it. */
	assert_null(value_of(&look, "kernel.shmall"));
	assert_null(value_of(&look, SHMG_SETTING_SELINUX));
	assert_int_equal(look.facts->coverage.count, 0);
	close_look(&look);
}

static void names_no_setting_twice(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_settings(&look), 0);
	assert_in_range(look.facts->settings.count, 10, 1000);
	SHMG_FOREACH(setting, &look.facts->settings)
		assert_ptr_equal(shmg_facts_setting(look.facts, setting->name), setting);
	close_look(&look);
}

static void tells_the_states_of_selinux(void **state)
{
	static const struct {
		const char *root, *value;
	} hosts[] = {
		{ SHMG_FIXTURES "/hosts/permissive", "permissive" },
		{ SHMG_FIXTURES "/hosts/selinux-off", "disabled" },
		{ SHMG_FIXTURES "/hosts/selinux-unseen", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct shmg_look look;
		open_look(&look, hosts[i].root);
		assert_int_equal(shmg_collect_settings(&look), 0);
		const char *value = value_of(&look, SHMG_SETTING_SELINUX);
		assert_int_equal(value == NULL, hosts[i].value == NULL);
		if (value)
			assert_string_equal(value, hosts[i].value);
		close_look(&look);
	}
}

/* A file without any permission, seen by somebody who is not root, in a tree made for it. */
static void notes_what_may_not_be_read(void **state)
{
	char root[] = "/tmp/shmguard-settings-XXXXXX", path[128];
	struct shmg_look look;
	uid_t uid = geteuid();

	(void)state;
	assert_non_null(mkdtemp(root));
	assert_int_equal(chmod(root, 0755), 0);
	static const char *const directories[] = { "proc", "proc/sys", "proc/sys/kernel" };
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", root, directories[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	(void)snprintf(path, sizeof path, "%s/proc/sys/kernel/shmmax", root);
	int fd = open(path, O_CREAT | O_WRONLY, 0);
	assert_true(fd >= 0);
	(void)close(fd);

	open_look(&look, root);
	assert_int_equal(uid == 0 ? seteuid(65534) : 0, 0);
	int code = shmg_collect_settings(&look);
	assert_int_equal(seteuid(uid), 0);
	assert_int_equal(code, 0);
	assert_int_equal(look.facts->settings.count, 0);
	assert_int_equal(gaps(&look, "/proc/sys/kernel/shmmax"), 1);
	assert_int_equal(look.facts->coverage.count, 1);
	assert_int_equal(look.facts->coverage.items[0].affects_objects, 0);
	close_look(&look);

	assert_int_equal(unlink(path), 0);
	for (size_t i = 3; i-- > 0;) {
		(void)snprintf(path, sizeof path, "%s/%s", root, directories[i]);
		assert_int_equal(rmdir(path), 0);
	}
	assert_int_equal(rmdir(root), 0);
}

static void fills_the_host_row_of_a_captured_tree(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, SHMG_FIXTURES "/hosts/hardened");
	assert_int_equal(shmg_collect_host(&look), 0);
	const struct shmg_host *host = &look.facts->host.items[0];
	assert_string_equal(host->hostname, "db1");
	assert_string_equal(host->release, "6.12.41+deb13-amd64");
	assert_string_equal(host->version, SHMG_VERSION);
	assert_int_equal(host->booted, INT64_C(1760000000) * 1000000000);
	assert_int_equal(host->memory, UINT64_C(16301832) * 1024);
	assert_int_equal(host->memory_available, UINT64_C(9000000) * 1024);
	assert_int_equal(host->page_size, 4096);
	assert_int_equal(host->uid, SHMG_U32_UNKNOWN);
	assert_int_equal(host->live, 0);
	close_look(&look);
}

/* Nothing of this machine gets into the facts of another. */
static void leaves_unknown_what_a_captured_tree_lacks(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, SHMG_FIXTURES "/hosts/selinux-off");
	assert_int_equal(shmg_collect_host(&look), 0);
	const struct shmg_host *host = &look.facts->host.items[0];
	assert_string_equal(host->hostname, "gamma");
	assert_null(host->release);
	assert_int_equal(host->booted, SHMG_TIME_UNKNOWN);
	assert_int_equal(host->memory, SHMG_U64_UNKNOWN);
	assert_int_equal(host->page_size, SHMG_U64_UNKNOWN);
	close_look(&look);
}

static void agrees_with_this_machine(void **state)
{
	struct shmg_look look;
	struct utsname names;
	struct sysinfo info;

	(void)state;
	assert_int_equal(uname(&names), 0);
	assert_int_equal(sysinfo(&info), 0);
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_host(&look), 0);
	assert_int_equal(shmg_collect_settings(&look), 0);
	const struct shmg_host *host = &look.facts->host.items[0];
	assert_string_equal(host->hostname, names.nodename);
	assert_string_equal(host->release, names.release);
	assert_string_equal(value_of(&look, SHMG_SETTING_RELEASE), names.release);
	assert_int_equal(host->memory, (uint64_t)info.totalram * info.mem_unit);
	assert_int_equal(host->page_size, sysconf(_SC_PAGESIZE));
	assert_int_equal(host->uid, geteuid());
	assert_int_equal(host->live, 1);
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
	/* Both clocks are cut to seconds, and the host row was filled a moment ago. */
	assert_in_range(now.tv_sec - info.uptime - host->booted / 1000000000 + 3, 0, 6);
	uint64_t shmmni;
	assert_int_equal(shmg_facts_setting_number(look.facts, "kernel.shmmni", &shmmni), 0);
	close_look(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_kind),
		cmocka_unit_test(names_no_setting_twice),
		cmocka_unit_test(tells_the_states_of_selinux),
		cmocka_unit_test(notes_what_may_not_be_read),
		cmocka_unit_test(fills_the_host_row_of_a_captured_tree),
		cmocka_unit_test(leaves_unknown_what_a_captured_tree_lacks),
		cmocka_unit_test(agrees_with_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
