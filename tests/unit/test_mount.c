/* SPDX-License-Identifier: MIT */
#include "tests/unit/look.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAYERED SHMG_FIXTURES "/hosts/layered-mounts"

static const struct shmg_mount *mount_of(const struct shmg_look *look, uint32_t id)
{
	SHMG_FOREACH(row, &look->facts->mounts)
		if (row->id == id)
			return row;
	return NULL;
}

static void keeps_only_memory_file_systems(void **state)
{
	static const uint32_t expected[] = { 23, 24, 25, 26, 27, 28, 30, 31, 32, 33, 36 };
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 4026531841, true), 0);
	assert_int_equal(look.facts->mounts.count, sizeof expected / sizeof *expected);
	for (size_t i = 0; i < look.facts->mounts.count; i++) {
		assert_int_equal(look.facts->mounts.items[i].id, expected[i]);
		assert_int_equal(look.facts->mounts.items[i].mnt_ns, 4026531841);
		assert_int_equal(look.facts->mounts.items[i].host, 1);
	}
	close_look(&look);
}

static void reads_options_and_escapes(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 1, false), 0);
	const struct shmg_mount *row = mount_of(&look, 24);
	assert_string_equal(row->target, "/dev/shm");
	assert_string_equal(row->fstype, "tmpfs");
	assert_string_equal(row->source, "second");
	assert_string_equal(row->options, "rw,nosuid,nodev,noexec,size=65536k,nr_inodes=1000,noswap");
	assert_int_equal(row->flags, SHMG_MOUNT_NOSUID | SHMG_MOUNT_NODEV | SHMG_MOUNT_NOEXEC | SHMG_MOUNT_NOSWAP);
	assert_int_equal(row->dev, makedev(0, 24));
	assert_int_equal(row->host, 0);
	row = mount_of(&look, 26);
	assert_string_equal(row->target, "/mnt/with space");
	assert_string_equal(row->source, "tmp\tfs");
	row = mount_of(&look, 27);
	assert_string_equal(row->target, "/mnt/with space/in\\side");
	assert_int_equal(row->flags, SHMG_MOUNT_RO);
	assert_string_equal(row->source, "/dev/root");
	assert_int_equal(mount_of(&look, 33)->flags, SHMG_MOUNT_NOEXEC);
	close_look(&look);
}

static void takes_sizes_of_a_captured_tree_from_options(void **state)
{
	static const struct {
		uint32_t id;
		uint64_t size, inodes;
		uint32_t mode, uid;
		uint8_t sharing;
	} expected[] = {
		{ 24, 64ull << 20, 1000, 01777, 0, 1 },
		{ 25, UINT64_MAX, UINT64_MAX, 0755, 0, 1 }, /* hugetlbfs */
		{ 26, 1ull << 30, SHMG_U64_UNKNOWN, 0700, 0, 0 },
		{ 27, UINT64_MAX, UINT64_MAX, 0755, 1000, 0 },           /* size=0, nr_inodes=0 */
		{ 30, SHMG_U64_UNKNOWN, SHMG_U64_UNKNOWN, 01777, 0, 1 }, /* made from the RAM */
		{ 31, SHMG_U64_UNKNOWN, SHMG_U64_UNKNOWN, 01777, 0, 1 }, /* size=12q */
		{ 32, 64ull << 20, 1000, SHMG_U32_UNKNOWN, SHMG_U32_UNKNOWN, SHMG_U8_UNKNOWN }, /* bind */
		{ 33, UINT64_MAX, UINT64_MAX, 0755, 0, 0 },                                     /* ramfs */
	};
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 1, true), 0);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct shmg_mount *row = mount_of(&look, expected[i].id);
		assert_int_equal(row->size, expected[i].size);
		assert_int_equal(row->inodes, expected[i].inodes);
		assert_int_equal(row->mode, expected[i].mode);
		assert_int_equal(row->uid, expected[i].uid);
		assert_int_equal(row->sharing, expected[i].sharing);
		assert_int_equal(row->used, SHMG_U64_UNKNOWN);
		assert_int_equal(row->inodes_used, SHMG_U64_UNKNOWN);
	}
	close_look(&look);
}

static void sees_what_lies_over_what(void **state)
{
	/* 23: another on top. 28: a sibling over its directory. 31: below 28. The rest can be reached. */
	static const uint32_t hidden[] = { 23, 28, 31 };
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 1, true), 0);
	SHMG_FOREACH(row, &look.facts->mounts) {
		bool expected = false;
		for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
			expected |= row->id == hidden[i];
		assert_int_equal(row->hidden, expected);
	}
	close_look(&look);
}

static void survives_parents_in_a_circle(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/3", 1, true), 0);
	assert_int_equal(look.facts->mounts.count, 4);
	close_look(&look);
}

static void says_what_it_could_not_read(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 1, true), 0);
	assert_int_equal(gaps(&look, "mounts of mount namespaces"), 1); /* the broken line */
	assert_int_equal(shmg_collect_mounts(&look, "proc/2", 2, true), 0);
	assert_int_equal(gaps(&look, "mounts of mount namespaces"), 2); /* an fstab for a mountinfo */
	assert_int_equal(shmg_collect_mounts(&look, "proc/4", 4, true), 0);
	assert_int_equal(gaps(&look, "mounts of mount namespaces"), 3); /* no such process */
	SHMG_FOREACH(row, &look.facts->coverage)
		assert_int_equal(row->affects_objects, 1);
	close_look(&look);
}

/* As if it were running: what the path leads to is on another device than mountinfo says, so something lies over it. */
static void believes_the_device_more_than_the_table(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, LAYERED);
	look.root.live = true;
	assert_int_equal(shmg_collect_mounts(&look, "proc/1", 1, true), 0);
	const struct shmg_mount *row = mount_of(&look, 36);
	assert_int_equal(row->hidden, 1);
	assert_int_equal(row->size, SHMG_U64_UNKNOWN);
	assert_int_equal(row->mode, SHMG_U32_UNKNOWN);
	assert_int_equal(row->sharing, SHMG_U8_UNKNOWN);
	/* The other seven that can be reached are not there at all. */
	assert_int_equal(gaps(&look, "size and mode of mounts"), 7);
	assert_int_equal(mount_of(&look, 24)->hidden, 0);
	close_look(&look);
}

/* What is so on any machine, whatever it has mounted. */
static void agrees_with_this_machine(void **state)
{
	struct shmg_look look;
	size_t compared = 0;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_mounts(&look, "proc/self", 7, true), 0);
	SHMG_FOREACH(row, &look.facts->mounts) {
		struct statvfs usage;
		struct stat status;
		if (row->hidden || statvfs(row->target, &usage) < 0 || stat(row->target, &status) < 0)
			continue;
		compared++;
		assert_int_equal(row->dev, status.st_dev);
		assert_int_equal(row->mode, status.st_mode & 07777);
		assert_int_equal(row->uid, status.st_uid);
		assert_int_equal(row->size, usage.f_blocks ? usage.f_blocks * usage.f_frsize : UINT64_MAX);
		if (usage.f_blocks)
			assert_in_range(row->used, 0, row->size);
		else
			assert_int_equal(row->used, SHMG_U64_UNKNOWN);
		assert_int_equal((row->flags & SHMG_MOUNT_NODEV) != 0, (usage.f_flag & ST_NODEV) != 0);
		assert_int_equal((row->flags & SHMG_MOUNT_NOEXEC) != 0, (usage.f_flag & ST_NOEXEC) != 0);
		assert_int_equal((row->flags & SHMG_MOUNT_RO) != 0, (usage.f_flag & ST_RDONLY) != 0);
		if (strcmp(row->target, "/dev/shm") == 0)
			assert_int_equal(row->sharing, 1);
	}
	if (look.facts->mounts.count && !compared)
		fail_msg("no mount of %zu could be compared", look.facts->mounts.count);
	close_look(&look);
}

/* Of all rows for one target at most one is not hidden. */
static void shows_one_mount_per_target(void **state)
{
	struct shmg_look look;

	(void)state;
	open_look(&look, NULL);
	assert_int_equal(shmg_collect_mounts(&look, "proc/self", 7, true), 0);
	SHMG_FOREACH(row, &look.facts->mounts)
		SHMG_FOREACH(other, &look.facts->mounts)
			if (other != row && !row->hidden && strcmp(row->target, other->target) == 0)
				assert_int_equal(other->hidden, 1);
	close_look(&look);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		(void)close(fd);
	return written;
}

/* A mount namespace of one's own; who is not root takes a user namespace too, and is root in it. */
static bool enter_namespaces(void)
{
	char users[32], groups[32];
	bool root = geteuid() == 0;

	(void)snprintf(users, sizeof users, "0 %u 1", geteuid());
	(void)snprintf(groups, sizeof groups, "0 %u 1", getegid());
	if (unshare(CLONE_NEWNS | (root ? 0 : CLONE_NEWUSER)) < 0)
		return false;
	return root || (write_file("/proc/self/uid_map", users) && write_file("/proc/self/setgroups", "deny") &&
			write_file("/proc/self/gid_map", groups));
}

/* The mounts of a service of its own, below a directory: no limit; a limit, then hidden; a bind of a directory inside.
 */
static int mount_as_service(const char *directory)
{
	static const char *const places[] = { "free", "covered", "bound" };
	char path[64];

	if (!enter_namespaces() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("top", directory, "tmpfs", 0, "mode=755") < 0 || chdir(directory) < 0)
		return 77;
	for (size_t i = 0; i < 3; i++)
		if (mkdir(places[i], 0700) < 0)
			return 1;
	if (mount("free", "free", "tmpfs", MS_NODEV, "size=0,nr_inodes=0") < 0 || mkdir("free/inside", 0700) < 0 ||
	    mount("low", "covered", "tmpfs", MS_NOEXEC, "size=1m,mode=700") < 0)
		return 1;
	(void)snprintf(path, sizeof path, "%s/covered", directory);
	if (mount("high", path, "tmpfs", MS_NOSUID, "size=2m,nr_inodes=50,mode=750") < 0)
		return 1;
	int fd = open("free/inside/file", O_CREAT | O_WRONLY, 0600);
	return fd < 0 || write(fd, "x", 1) != 1 || mount("free/inside", "bound", NULL, MS_BIND, NULL) < 0;
}

/* Starts the service; its pid, or -1 when this user may not make mounts at all. */
static pid_t start_service(const char *directory)
{
	int ready[2];
	char answer = 1;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char code = (char)mount_as_service(directory);
		if (write(ready[1], &code, 1) == 1)
			(void)pause();
		_exit(0);
	}
	assert_int_equal(read(ready[0], &answer, 1), 1);
	(void)close(ready[0]);
	(void)close(ready[1]);
	if (answer == 0)
		return pid;
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(answer, 77);
	return -1;
}

static void check_service(const struct shmg_look *look, const char *directory)
{
	static const struct {
		const char *place, *source;
		uint64_t size, inodes;
		uint32_t mode, flags;
		uint8_t hidden;
	} expected[] = {
		{ "/free", "free", UINT64_MAX, UINT64_MAX, 01777, SHMG_MOUNT_NODEV, 0 },
		{ "/covered", "low", SHMG_U64_UNKNOWN, SHMG_U64_UNKNOWN, SHMG_U32_UNKNOWN, SHMG_MOUNT_NOEXEC, 1 },
		{ "/covered", "high", 2u << 20, 50, 0750, SHMG_MOUNT_NOSUID, 0 },
		{ "/bound", "free", UINT64_MAX, UINT64_MAX, 0700, SHMG_MOUNT_NODEV, 0 },
	};

	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct shmg_mount *found = NULL;
		char target[64];
		(void)snprintf(target, sizeof target, "%s%s", directory, expected[i].place);
		SHMG_FOREACH(row, &look->facts->mounts)
			if (strcmp(row->target, target) == 0 && strcmp(row->source, expected[i].source) == 0)
				found = row;
		assert_non_null(found);
		assert_int_equal(found->size, expected[i].size);
		assert_int_equal(found->inodes, expected[i].inodes);
		assert_int_equal(found->mode, expected[i].mode);
		assert_int_equal(found->flags, expected[i].flags);
		assert_int_equal(found->hidden, expected[i].hidden);
	}
}

static void looks_into_another_namespace(void **state)
{
	char directory[] = "/tmp/shmguard-mount-XXXXXX", path[32];
	struct shmg_look look;

	(void)state;
	assert_non_null(mkdtemp(directory));
	pid_t pid = start_service(directory);
	if (pid < 0) {
		assert_int_equal(rmdir(directory), 0);
		print_message("may not make mounts\n");
		skip();
	}
	(void)snprintf(path, sizeof path, "proc/%d", (int)pid);
	open_look(&look, NULL);
	int code = shmg_collect_mounts(&look, path, 7, false);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(rmdir(directory), 0);
	assert_int_equal(code, 0);
	check_service(&look, directory);
	close_look(&look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_only_memory_file_systems),
		cmocka_unit_test(reads_options_and_escapes),
		cmocka_unit_test(takes_sizes_of_a_captured_tree_from_options),
		cmocka_unit_test(sees_what_lies_over_what),
		cmocka_unit_test(survives_parents_in_a_circle),
		cmocka_unit_test(says_what_it_could_not_read),
		cmocka_unit_test(believes_the_device_more_than_the_table),
		cmocka_unit_test(agrees_with_this_machine),
		cmocka_unit_test(looks_into_another_namespace),
		cmocka_unit_test(shows_one_mount_per_target),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
