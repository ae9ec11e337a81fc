/* SPDX-License-Identifier: MIT */
/* Settings of the kernel and the system. Adding one is one row of the table; its name is written down in settings.h. */
#include "facts/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/collect.h"
#include "facts/listing.h"
#include "facts/value.h"

#define SCRATCH 32
#define LARGEST ((size_t)4 * 1024 * 1024)

struct setting_row {
	const char *name;
	const char *path;
	/* Makes the value of the text, in place or in `scratch`; NULL: the machine does not have the setting. */
	const char *(*parse)(const char *argument, char *text, char scratch[static SCRATCH]);
	const char *argument;
};

static const char *parse_as_is(const char *argument, char *text, char scratch[static SCRATCH])
{
	(void)argument;
	(void)scratch;
	return text;
}

static const char *parse_meminfo(const char *key, char *text, char scratch[static SCRATCH])
{
	uint64_t bytes = shmg_value_meminfo(text, key);
	if (bytes == SHMG_U64_UNKNOWN)
		return NULL;
	(void)snprintf(scratch, SCRATCH, "%" PRIu64, bytes);
	return scratch;
}

/* "none [integrity] confidentiality" */
static const char *parse_chosen(const char *argument, char *text, char scratch[static SCRATCH])
{
	(void)argument;
	(void)scratch;
	char *open = strchr(text, '[');
	char *close = open ? strchr(open, ']') : NULL;
	if (!close)
		return NULL;
	*close = '\0';
	return open + 1;
}

static const char *parse_selinux(const char *argument, char *text, char scratch[static SCRATCH])
{
	(void)argument;
	(void)scratch;
	return strcmp(text, "1") == 0 ? "enforcing" : strcmp(text, "0") == 0 ? "permissive" : NULL;
}

static const char *parse_yes_no(const char *argument, char *text, char scratch[static SCRATCH])
{
	(void)argument;
	(void)scratch;
	return strcmp(text, "Y") == 0 ? "enabled" : strcmp(text, "N") == 0 ? "disabled" : NULL;
}

/* How many lines end with the argument. */
static const char *parse_count(const char *end, char *text, char scratch[static SCRATCH])
{
	size_t count = 0, end_length = strlen(end);

	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		if (length >= end_length && memcmp(line + length - end_length, end, end_length) == 0)
			count++;
		line += length + (line[length] == '\n');
	}
	(void)snprintf(scratch, SCRATCH, "%zu", count);
	return scratch;
}

#define SYSCTL(name, path) { name, "proc/sys/" path, parse_as_is, NULL }
static const struct setting_row rows[] = {
	{ SHMG_SETTING_RELEASE, "proc/sys/kernel/osrelease", parse_as_is, NULL },
	{ SHMG_SETTING_MEMORY, "proc/meminfo", parse_meminfo, "MemTotal" },
	{ SHMG_SETTING_MEMORY_SHARED, "proc/meminfo", parse_meminfo, "Shmem" },
	{ SHMG_SETTING_SWAP_TOTAL, "proc/meminfo", parse_meminfo, "SwapTotal" },
	{ SHMG_SETTING_LSM, "sys/kernel/security/lsm", parse_as_is, NULL },
	{ SHMG_SETTING_LOCKDOWN, "sys/kernel/security/lockdown", parse_chosen, NULL },
	{ SHMG_SETTING_SELINUX, "sys/fs/selinux/enforce", parse_selinux, NULL },
	{ SHMG_SETTING_APPARMOR, "sys/module/apparmor/parameters/enabled", parse_yes_no, NULL },
	{ SHMG_SETTING_APPARMOR_PROFILES, "sys/kernel/security/apparmor/profiles", parse_count, " (enforce)" },
	SYSCTL("kernel.shmmax", "kernel/shmmax"),
	SYSCTL("kernel.shmall", "kernel/shmall"),
	SYSCTL("kernel.shmmni", "kernel/shmmni"),
	SYSCTL("kernel.shm_rmid_forced", "kernel/shm_rmid_forced"),
	SYSCTL("kernel.yama.ptrace_scope", "kernel/yama/ptrace_scope"),
	SYSCTL("kernel.unprivileged_bpf_disabled", "kernel/unprivileged_bpf_disabled"),
	SYSCTL("kernel.unprivileged_userns_clone", "kernel/unprivileged_userns_clone"),
	SYSCTL("kernel.core_pattern", "kernel/core_pattern"),
	SYSCTL("kernel.core_uses_pid", "kernel/core_uses_pid"),
	SYSCTL("kernel.kptr_restrict", "kernel/kptr_restrict"),
	SYSCTL("kernel.randomize_va_space", "kernel/randomize_va_space"),
	SYSCTL("fs.suid_dumpable", "fs/suid_dumpable"),
	SYSCTL("fs.protected_symlinks", "fs/protected_symlinks"),
	SYSCTL("fs.protected_hardlinks", "fs/protected_hardlinks"),
	SYSCTL("fs.protected_regular", "fs/protected_regular"),
	SYSCTL("fs.protected_fifos", "fs/protected_fifos"),
	SYSCTL("vm.memfd_noexec", "vm/memfd_noexec"),
	SYSCTL("vm.unprivileged_userfaultfd", "vm/unprivileged_userfaultfd"),
	SYSCTL("vm.overcommit_memory", "vm/overcommit_memory"),
	SYSCTL("vm.overcommit_ratio", "vm/overcommit_ratio"),
	SYSCTL("vm.swappiness", "vm/swappiness"),
	SYSCTL("vm.nr_hugepages", "vm/nr_hugepages"),
	SYSCTL("vm.nr_overcommit_hugepages", "vm/nr_overcommit_hugepages"),
	SYSCTL("vm.hugetlb_shm_group", "vm/hugetlb_shm_group"),
	SYSCTL("vm.max_map_count", "vm/max_map_count"),
	SYSCTL("user.max_user_namespaces", "user/max_user_namespaces"),
	SYSCTL("user.max_ipc_namespaces", "user/max_ipc_namespaces"),
};
#undef SYSCTL

static int append_setting(struct shmg_look *look, const char *name, const char *value, const char *path)
{
	struct shmg_pool *pool = &look->facts->pool;
	struct shmg_setting *row = SHMG_APPEND(&look->facts->settings);
	if (!row)
		return -ENOMEM;
	row->name = shmg_pool_intern(pool, name, strlen(name));
	row->value = shmg_pool_intern(pool, value, strlen(value));
	row->source = shmg_pool_format(pool, "/%s", path);
	if (!row->name || !row->value || !row->source) {
		look->facts->settings.count--;
		return -ENOMEM;
	}
	return 0;
}

static int collect_row(struct shmg_look *look, const struct setting_row *row)
{
	char scratch[SCRATCH];
	size_t length = 0;
	SHMG_AUTO_FREE char *text = NULL;

	int code = shmg_root_read_all(&look->root, row->path, LARGEST, &text, &length);
	if (code)
		return code == -ENOMEM ? code : shmg_value_note_unread(look, row->path, code);
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	const char *value = row->parse(row->argument, text, scratch);
	return value ? append_setting(look, row->name, value, row->path) : 0;
}

static int collect_hugepages(struct shmg_look *look)
{
	static const char directory[] = "sys/kernel/mm/hugepages";
	static const struct {
		const char *file, *suffix;
	} counts[] = { { "nr_hugepages", "total" },
		       { "free_hugepages", "free" },
		       { "resv_hugepages", "reserved" },
		       { "surplus_hugepages", "surplus" } };
	SHMG_AUTO_LISTING sizes = { 0 };

	int code = shmg_listing_read(look, directory, "hugepages-*kB", &sizes);
	for (size_t i = 0; i < sizes.count && !code; i++) {
		uint64_t kilobytes;
		if (sscanf(sizes.items[i], "hugepages-%" SCNu64 "kB", &kilobytes) != 1)
			continue;
		for (size_t c = 0; c < sizeof counts / sizeof *counts && !code; c++) {
			char path[SHMG_VALUE_PATH], name[64];
			shmg_value_path(path, "%s/%s/%s", directory, sizes.items[i], counts[c].file);
			(void)snprintf(name, sizeof name, SHMG_SETTING_HUGEPAGES "%" PRIu64 ".%s", kilobytes,
				       counts[c].suffix);
			code = collect_row(look, &(struct setting_row){ name, path, parse_as_is, NULL });
		}
	}
	return code;
}

static bool exists(const struct shmg_look *look, const char *path)
{
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, path, O_PATH);
	return fd >= 0;
}

/*
 * A system that is configured for SELinux but whose kernel does not offer its file system runs without it. A kernel
 * that offers it while its state cannot be read (not mounted here) is unknown.
 */
static int collect_selinux_disabled(struct shmg_look *look)
{
	static const char config[] = "etc/selinux/config", filesystems[] = "proc/filesystems";
	size_t length = 0;
	SHMG_AUTO_FREE char *text = NULL;

	if (shmg_facts_setting(look->facts, SHMG_SETTING_SELINUX) || !exists(look, config))
		return 0;
	int code = shmg_root_read_all(&look->root, filesystems, LARGEST, &text, &length);
	if (code)
		return code == -ENOMEM ? code : shmg_value_note_unread(look, filesystems, code);
	return strstr(text, "\tselinuxfs\n") ? 0 : append_setting(look, SHMG_SETTING_SELINUX, "disabled", filesystems);
}

/* The test that systemd itself recommends (sd_booted(3)). */
static int collect_systemd(struct shmg_look *look)
{
	static const char path[] = "run/systemd/system";
	return exists(look, path) ? append_setting(look, SHMG_SETTING_SYSTEMD, "running", path) : 0;
}

int shmg_collect_settings(struct shmg_look *look)
{
	static int (*const others[])(struct shmg_look *) = { collect_hugepages, collect_selinux_disabled,
							     collect_systemd };
	int code = 0;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !code; i++)
		code = collect_row(look, &rows[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others && !code; i++)
		code = others[i](look);
	return code;
}
