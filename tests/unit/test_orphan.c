/* SPDX-License-Identifier: MIT */
/* The verdict on one object: one row a case, each the nearest neighbour of another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "audit/orphan.h"

#define SECOND INT64_C(1000000000)
#define NOW (1777629600 * SECOND)
#define OLD (NOW - 6 * 3600 * SECOND)

struct world {
	struct shmg_facts *facts;
	struct shmg_policy *policy;
};

static struct shmg_process *add_process(struct shmg_facts *facts, uint32_t pid, const char *comm, uint32_t uid)
{
	struct shmg_process *process = SHMG_APPEND(&facts->processes);
	assert_non_null(process);
	shmg_record_set_unknown(&shmg_process_type, process);
	process->pid = pid;
	process->comm = comm;
	process->uid = uid;
	process->started = OLD - SECOND;
	return process;
}

static void add_mount(struct shmg_facts *facts, const char *target, bool sharing)
{
	struct shmg_mount *mount = SHMG_APPEND(&facts->mounts);
	assert_non_null(mount);
	shmg_record_set_unknown(&shmg_mount_type, mount);
	mount->target = target;
	mount->sharing = sharing;
}

static int set_up(void **state)
{
	static struct world world;
	world.facts = shmg_facts_new();
	world.policy = shmg_policy_new();
	if (!world.facts || !world.policy)
		return -1;
	world.facts->host.items[0].taken = NOW;
	world.facts->host.items[0].complete = 1;
	add_process(world.facts, 1, "init", 0);
	add_process(world.facts, 4242, "worker", 1000);
	/* A process of another user that began after the objects below. */
	add_process(world.facts, 4300, "late", 1001)->started = NOW - 60 * SECOND;
	add_process(world.facts, 4301, "late-too", 1000)->started = NOW - 60 * SECOND;
	add_mount(world.facts, "/dev/shm", true);
	add_mount(world.facts, "/run", false);
	add_mount(world.facts, "/tmp", true);
	add_mount(world.facts, "/srv/pid4998", true);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	shmg_facts_free(&world->facts);
	shmg_policy_free(&world->policy);
	return 0;
}

static struct shmg_object file(const char *name)
{
	struct shmg_object object;
	shmg_record_set_unknown(&shmg_object_type, &object);
	object.kind = SHMG_KIND_POSIX;
	object.file_type = SHMG_FILE_REGULAR;
	object.name = name;
	object.namespace = "host";
	object.uid = 1000;
	object.gid = 1000;
	object.created = object.changed = object.modified = OLD;
	object.maps = object.mappers = object.openers = 0;
	object.flags = 0;
	object.mount = 0;
	object.lease = SHMG_LEASE_FREE;
	return object;
}

static struct shmg_object segment(void)
{
	struct shmg_object object;
	shmg_record_set_unknown(&shmg_object_type, &object);
	object.kind = SHMG_KIND_SYSV;
	object.namespace = "host";
	object.id = 7;
	object.uid = 1000;
	object.nattch = 0;
	object.changed = object.attached = object.detached = OLD;
	object.maps = object.mappers = object.openers = 0;
	object.flags = 0;
	object.creator = 5000;
	object.creator_state = SHMG_PID_GONE;
	object.last = 5001;
	object.last_state = SHMG_PID_REUSED;
	return object;
}

static void expect(void **state, const struct shmg_object *object, enum shmg_orphan verdict, const char *part)
{
	const struct world *world = *state;
	char reason[256] = "";
	enum shmg_orphan got = shmg_object_orphan(world->facts, world->policy, object, reason, sizeof reason);

	if (got != verdict)
		fail_msg("%s: %s, not %s: %s", object->name ? object->name : "segment", shmg_orphan_names[got],
			 shmg_orphan_names[verdict], reason);
	if (!strstr(reason, part))
		fail_msg("the reason does not say \"%s\": %s", part, reason);
	assert_int_equal(shmg_object_orphan(world->facts, world->policy, object, NULL, 0), verdict);
}

static void test_segment(void **state)
{
	struct shmg_object object = segment();
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "creator pid 5000 is gone");

	object.creator_state = SHMG_PID_REUSED;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "another process now");
	object.creator_state = SHMG_PID_RUNNING;
	expect(state, &object, SHMG_ORPHAN_CREATOR, "creator, pid 5000");
	object.creator_state = SHMG_PID_ELSEWHERE;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "cannot be seen");
	object.creator_state = SHMG_U8_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "cannot be seen");
}

static void test_segment_last_user(void **state)
{
	struct shmg_object object = segment();

	object.last_state = SHMG_PID_RUNNING;
	expect(state, &object, SHMG_ORPHAN_CREATOR, "last user, pid 5001");
	object.last_state = SHMG_PID_ELSEWHERE;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "last user");
	/* Never attached: there was no last user, whatever lpid 0 looks like. */
	object.attached = object.detached = SHMG_TIME_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "never attached");
}

static void test_segment_attached(void **state)
{
	struct shmg_object object = segment();

	object.nattch = 1;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "nattch 1");
	object.mappers = 1;
	expect(state, &object, SHMG_ORPHAN_HELD, "1 process");
	object = segment();
	object.nattch = SHMG_U64_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "could not be seen");
	object = segment();
	object.flags = SHMG_OBJECT_UNSEEN_HOLDERS;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "could not be seen");
}

/* The kernel's own count covers every namespace: an incomplete process list does not weaken a 0. */
static void test_segment_on_incomplete_host(void **state)
{
	struct world *world = *state;
	struct shmg_object object = segment();

	world->facts->host.items[0].complete = 0;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "nattch 0");
}

static void test_age(void **state)
{
	struct world *world = *state;
	struct shmg_object object = segment();
	int64_t grace = (int64_t)world->policy->parameters[SHMG_PARAMETER_ORPHAN_AGE] * SECOND;

	object.detached = NOW - grace + 1;
	expect(state, &object, SHMG_ORPHAN_RECENT, "grace");
	object.detached = NOW - grace;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "last used 10 min ago");
	object.detached = NOW + 1;
	expect(state, &object, SHMG_ORPHAN_RECENT, "future");
	object.changed = object.attached = object.detached = SHMG_TIME_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "nothing tells when");
	object.changed = INT64_MIN + 1;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "nothing tells when");

	struct shmg_object posix = file("/x.pid4998");
	posix.modified = NOW - SECOND;
	expect(state, &posix, SHMG_ORPHAN_RECENT, "1 s ago");
}

static void test_file_holders(void **state)
{
	struct world *world = *state;
	struct shmg_object object = file("/x.pid4998");

	expect(state, &object, SHMG_ORPHAN_ORPHANED, "lease granted");
	object.openers = 1;
	expect(state, &object, SHMG_ORPHAN_HELD, "descriptor");
	object.openers = 0;
	object.lease = SHMG_LEASE_REFUSED;
	expect(state, &object, SHMG_ORPHAN_HELD, "in flight");
	object.lease = SHMG_U8_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "no lease was asked for");
	object.flags = SHMG_OBJECT_UNSEEN_HOLDERS;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "not all");
	object.flags = 0;
	object.mappers = SHMG_U32_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "not all");
	object.mappers = 0;
	world->facts->host.items[0].complete = 0;
	expect(state, &object, SHMG_ORPHAN_UNSEEN, "not all");
	/* The kernel's answer needs no process list, but a pid that is not listed there proves nothing. */
	object.lease = SHMG_LEASE_FREE;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "4998");
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		enum shmg_orphan verdict;
	} cases[] = {
		{ "/torch_4999_1804289383_0", SHMG_ORPHAN_ORPHANED },
		{ "/torch_4242_1804289383_0", SHMG_ORPHAN_CREATOR },
		{ "/pym-4999-abc", SHMG_ORPHAN_ORPHANED },
		{ "/org.mozilla.ipc.4999.12", SHMG_ORPHAN_ORPHANED },
		{ "/cache.pid4998", SHMG_ORPHAN_ORPHANED },
		{ "/cache-PID_4998-x", SHMG_ORPHAN_ORPHANED },
		{ "/work.4998", SHMG_ORPHAN_ORPHANED },
		{ "/work.4242", SHMG_ORPHAN_CREATOR },
		{ "/nccl-AbCd-12-4242", SHMG_ORPHAN_CREATOR },
		{ "/x_4242", SHMG_ORPHAN_CREATOR },
		{ "/both.pid4998-4242", SHMG_ORPHAN_CREATOR },
		{ "/both-4242.pid4998", SHMG_ORPHAN_CREATOR },
		/* Numbers that are no pids, or not surely. */
		{ "/state", SHMG_ORPHAN_UNREFERENCED },
		{ "/x_4998", SHMG_ORPHAN_UNREFERENCED },
		{ "/rapid-4998", SHMG_ORPHAN_UNREFERENCED },
		{ "/my-torch_4998_1", SHMG_ORPHAN_UNREFERENCED },
		{ "/version.12", SHMG_ORPHAN_UNREFERENCED },
		{ "/psm2_shm.1000", SHMG_ORPHAN_UNREFERENCED },
		{ "/cache.pid1", SHMG_ORPHAN_UNREFERENCED },
		{ "/cache.pid4194305", SHMG_ORPHAN_UNREFERENCED },
		{ "/cache.pid4294971538", SHMG_ORPHAN_UNREFERENCED },	       /* 2^32 + 4242 */
		{ "/cache.pid18446744073709555858", SHMG_ORPHAN_UNREFERENCED }, /* 2^64 + 4242 */
		{ "/cache.pid00", SHMG_ORPHAN_UNREFERENCED },
		/* The pid runs again: another user's, begun later, is an impostor; the owner's own is left in doubt. */
		{ "/cache.pid4300", SHMG_ORPHAN_ORPHANED },
		{ "/cache.pid4301", SHMG_ORPHAN_CREATOR },
		{ "/x_4300", SHMG_ORPHAN_UNREFERENCED },
		{ "4998", SHMG_ORPHAN_UNREFERENCED },
		{ "/", SHMG_ORPHAN_UNREFERENCED },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct shmg_object object = file(cases[i].name);
		expect(state, &object, cases[i].verdict, "");
		object.kind = SHMG_KIND_SEMAPHORE;
		expect(state, &object, cases[i].verdict, "");
	}
}

/* A pid in the name of another namespace's file is one of another pid namespace, perhaps. */
static void test_name_elsewhere(void **state)
{
	struct shmg_object object = file("/cache.pid4998");

	object.namespace = "mnt:4026532401";
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "cannot be seen");
	object.namespace = NULL;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "cannot be seen");
}

static void test_not_memory(void **state)
{
	struct shmg_object object = file("/dev/shm/dir.4998");

	object.kind = SHMG_KIND_TMPFS;
	object.file_type = SHMG_FILE_DIRECTORY;
	expect(state, &object, SHMG_ORPHAN_NOT_MEMORY, "directory");
	object.file_type = SHMG_FILE_REGULAR;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "4998");
	object.name = "/run/x.4998";
	object.mount = 1;
	expect(state, &object, SHMG_ORPHAN_NOT_MEMORY, "tmpfs");
	object.name = "/tmp/x.4998";
	object.mount = 2;
	expect(state, &object, SHMG_ORPHAN_NOT_MEMORY, "tmpfs");
	/* Only what lies below the mount is the program's to name. */
	object.name = "/srv/pid4998/state";
	object.mount = 3;
	expect(state, &object, SHMG_ORPHAN_UNREFERENCED, "who made it");
	object.mount = 99;
	expect(state, &object, SHMG_ORPHAN_NOT_MEMORY, "tmpfs");
}

static void test_nameless(void **state)
{
	struct shmg_object object = file("frames");

	object.kind = SHMG_KIND_MEMFD;
	expect(state, &object, SHMG_ORPHAN_HELD, "no name");
	object = file("/gone.pid4998");
	object.flags = SHMG_OBJECT_UNLINKED;
	expect(state, &object, SHMG_ORPHAN_HELD, "no name");
	object = file(NULL);
	object.kind = SHMG_KIND_HUGETLB;
	expect(state, &object, SHMG_ORPHAN_HELD, "no name");
}

static void test_allowed(void **state)
{
	struct world *world = *state;
	struct shmg_object object = segment();
	struct shmg_policy_allow *allow = SHMG_APPEND(&world->policy->allows);

	assert_non_null(allow);
	allow->name = "store";
	allow->object = "sysv:7";
	allow->reason = "keeps its state there";
	allow->mode = SHMG_U32_UNKNOWN;
	expect(state, &object, SHMG_ORPHAN_ALLOWED, "keeps its state there");
	assert_int_equal(shmg_object_orphan_unasked(world->facts, world->policy, &object, NULL, 0),
			 SHMG_ORPHAN_ORPHANED);
	/* An exception says nothing of what is no orphan anyway. */
	object.mappers = 1;
	expect(state, &object, SHMG_ORPHAN_HELD, "");
	object = segment();
	object.id = 8;
	expect(state, &object, SHMG_ORPHAN_ORPHANED, "");
}

static void test_reason_is_bounded(void **state)
{
	const struct world *world = *state;
	struct shmg_object object = segment();
	char reason[17];

	memset(reason, 'x', sizeof reason);
	(void)shmg_object_orphan(world->facts, world->policy, &object, reason, 16);
	assert_int_equal(strlen(reason), 15);
	assert_int_equal(reason[16], 'x');
	(void)shmg_object_orphan(world->facts, world->policy, &object, reason, 0);
	assert_int_equal(strlen(reason), 15);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_segment),
		TEST(test_segment_last_user),
		TEST(test_segment_attached),
		TEST(test_segment_on_incomplete_host),
		TEST(test_age),
		TEST(test_file_holders),
		TEST(test_names),
		TEST(test_name_elsewhere),
		TEST(test_not_memory),
		TEST(test_nameless),
		TEST(test_allowed),
		TEST(test_reason_is_bounded),
	};
	return cmocka_run_group_tests_name("orphan", tests, NULL, NULL);
}
