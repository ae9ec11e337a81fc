/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <libmount/libmount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts/limit.h"
#include "lib/base/cleanup.h"

/* A temporary directory with control groups under v1/ and v2/, and a process's directory under proc/. */
struct tree {
	char path[64];
	struct shmg_pool pool;
	struct shmg_limits limits;
	int proc;
};

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Writes a file below the tree, and the directories that lead to it. */
static void put(const struct tree *tree, const char *name, const char *text)
{
	char path[512];

	(void)snprintf(path, sizeof path, "%s/%s", tree->path, name);
	for (char *slash = path + strlen(tree->path) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
		*slash = '/';
	}
	SHMG_AUTO_FILE file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static int set_up(void **state)
{
	struct tree *tree = calloc(1, sizeof *tree);
	char mountinfo[512], path[128];

	assert_non_null(tree);
	strcpy(tree->path, "/tmp/shmguard-limit-XXXXXX");
	assert_non_null(mkdtemp(tree->path));
	(void)snprintf(mountinfo, sizeof mountinfo,
		       "20 1 0:20 / %s/v1m rw - cgroup cgroup rw,cpu,memory\n"
		       "21 1 0:21 /pod %s/v2 rw - cgroup2 cgroup2 rw\n"
		       "22 1 0:22 / %s/v1h rw - cgroup cgroup rw,hugetlb\n",
		       tree->path, tree->path, tree->path);
	put(tree, "mountinfo", mountinfo);
	put(tree, "proc/cgroup", "");
	(void)snprintf(path, sizeof path, "%s/mountinfo", tree->path);
	tree->limits.pool = &tree->pool;
	tree->limits.mounts = mnt_new_table_from_file(path);
	assert_non_null(tree->limits.mounts);
	(void)snprintf(path, sizeof path, "%s/proc", tree->path);
	tree->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*state = tree;
	return tree->proc < 0;
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	shmg_limits_clear(&tree->limits);
	shmg_pool_clear(&tree->pool);
	(void)close(tree->proc);
	(void)nftw(tree->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(tree);
	return 0;
}

static const struct shmg_limit *find(const struct tree *tree, const char *scope, const char *name)
{
	SHMG_FOREACH(row, &tree->limits.rows)
		if (strcmp(row->scope, scope) == 0 && strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* v2: its own limit, and those above that are set; the mount shows a part of the hierarchy. */
static void unified(void **state)
{
	struct tree *tree = *state;

	put(tree, "proc/cgroup", "0::/pod/a/b\n");
	put(tree, "v2/a/b/memory.max", "max\n");
	put(tree, "v2/a/b/memory.current", "4096\n");
	put(tree, "v2/a/b/memory.swap.max", "max\n");
	put(tree, "v2/a/b/hugetlb.2MB.max", "max\n");
	put(tree, "v2/a/b/hugetlb.2MB.rsvd.max", "2097152\n");
	put(tree, "v2/a/b/hugetlb.2MB.rsvd.current", "0\n");
	put(tree, "v2/a/memory.max", "1048576\n");
	put(tree, "v2/a/memory.current", "8192\n");
	assert_int_equal(shmg_limits_of_cgroup(tree->proc, &tree->limits), 0);
	assert_int_equal(tree->limits.rows.count, 3);
	const struct shmg_limit *row = find(tree, "cgroup /a/b", "memory.max");
	assert_non_null(row);
	assert_true(row->limit == UINT64_MAX && row->used == 4096);
	row = find(tree, "cgroup /a", "memory.max");
	assert_non_null(row);
	assert_true(row->limit == 1048576 && row->used == 8192);
	row = find(tree, "cgroup /a/b", "hugetlb.2MB.rsvd.max");
	assert_non_null(row);
	assert_true(row->limit == 2097152 && row->used == 0);
	assert_non_null(strstr(row->effect, "ENOMEM"));

	/* Another process of the same group, or of the one above, adds nothing. */
	assert_int_equal(shmg_limits_of_cgroup(tree->proc, &tree->limits), 0);
	put(tree, "proc/cgroup", "0::/pod/a\n");
	assert_int_equal(shmg_limits_of_cgroup(tree->proc, &tree->limits), 0);
	assert_int_equal(tree->limits.rows.count, 3);
}

static void separate_hierarchies(void **state)
{
	struct tree *tree = *state;

	put(tree, "proc/cgroup", "5:cpu,memory:/x y\n4:hugetlb:/h\n3:pids:/\n0::/elsewhere\n");
	put(tree, "v1m/x y/memory.limit_in_bytes", "9223372036854771712\n");
	put(tree, "v1m/x y/memory.usage_in_bytes", "77\n");
	put(tree, "v1h/h/hugetlb.2MB.limit_in_bytes", "0\n");
	put(tree, "v1h/h/hugetlb.2MB.usage_in_bytes", "0\n");
	assert_int_equal(shmg_limits_of_cgroup(tree->proc, &tree->limits), 0);
	const struct shmg_limit *row = find(tree, "cgroup /x y", "memory.limit_in_bytes");
	assert_non_null(row);
	assert_true(row->limit == UINT64_MAX && row->used == 77);
	row = find(tree, "cgroup /h", "hugetlb.2MB.limit_in_bytes");
	assert_non_null(row);
	assert_true(row->limit == 0);
	assert_int_equal(tree->limits.rows.count, 2);
}

/* A group that is not mounted here, or lies outside our own namespace, is not guessed at. */
static void unseen_groups(void **state)
{
	struct tree *tree = *state;
	static const char *const texts[] = { "",        "0::/../other\n", "0::/podium\n", "0::/pod/gone\n",
					     "garbage", "1:memory\n" };

	put(tree, "v2/ium/memory.max", "1\n");
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		put(tree, "proc/cgroup", texts[i]);
		assert_int_equal(shmg_limits_of_cgroup(tree->proc, &tree->limits), -ENOENT);
		assert_int_equal(tree->limits.rows.count, 0);
	}
}

static void limits_of_a_segment(void **state)
{
	struct tree *tree = *state;
	struct shmg_facts *facts = shmg_facts_new();
	struct shmg_namespace *namespace = SHMG_APPEND(&facts->namespaces);
	struct shmg_object object;

	shmg_record_set_unknown(&shmg_namespace_type, namespace);
	namespace->type = SHMG_NAMESPACE_IPC;
	namespace->inode = 4026532177;
	namespace->shmmax = 4096;
	namespace->shmall = 10;
	namespace->pages = 9;
	namespace->segments = 3;
	shmg_record_set_unknown(&shmg_object_type, &object);
	object.kind = SHMG_KIND_SYSV;
	object.namespace = "ipc:4026532177";
	object.size = 100;
	object.ns = 1;
	assert_int_equal(shmg_limits_of_object(facts, &object, &tree->limits), 0);
	assert_int_equal(tree->limits.rows.count, 0); /* another namespace's limits are not its own */
	object.ns = 4026532177;
	assert_int_equal(shmg_limits_of_object(facts, &object, &tree->limits), 0);
	assert_int_equal(tree->limits.rows.count, 3);
	const struct shmg_limit *row = find(tree, "ipc namespace ipc:4026532177", "kernel.shmall");
	assert_true(row && row->limit == 10 && row->used == 9 && row->unit == SHMG_LIMIT_PAGES);
	row = find(tree, "ipc namespace ipc:4026532177", "kernel.shmmni");
	assert_true(row && row->limit == SHMG_U64_UNKNOWN && row->used == 3);
	shmg_facts_free(&facts);
}

static void limits_of_a_file(void **state)
{
	struct tree *tree = *state;
	struct shmg_facts *facts = shmg_facts_new();
	struct shmg_mount *mount = SHMG_APPEND(&facts->mounts);
	struct shmg_setting *total = SHMG_APPEND(&facts->settings);
	*total = (struct shmg_setting){ "hugepages.2048.total", "8", "/sys" };
	struct shmg_setting *available = SHMG_APPEND(&facts->settings);
	*available = (struct shmg_setting){ "hugepages.2048.free", "5", "/sys" };
	struct shmg_object object;

	shmg_record_set_unknown(&shmg_mount_type, mount);
	mount->target = "/dev/hugepages";
	mount->fstype = "hugetlbfs";
	mount->size = UINT64_MAX;
	mount->used = 6 << 20;
	shmg_record_set_unknown(&shmg_object_type, &object);
	object.kind = SHMG_KIND_HUGETLB;
	object.mount = 0;
	assert_int_equal(shmg_limits_of_object(facts, &object, &tree->limits), 0);
	assert_int_equal(tree->limits.rows.count, 2); /* inodes are unknown altogether */
	const struct shmg_limit *row = find(tree, "mount /dev/hugepages", "size");
	assert_true(row && row->limit == UINT64_MAX && row->used == 6 << 20);
	row = find(tree, "huge pages of 2048 KiB", "nr_hugepages");
	assert_true(row && row->limit == 8 && row->used == 3);
	shmg_facts_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(unified, set_up, tear_down),
		cmocka_unit_test_setup_teardown(separate_hierarchies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unseen_groups, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_of_a_segment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(limits_of_a_file, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
