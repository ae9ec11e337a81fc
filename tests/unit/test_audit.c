/* SPDX-License-Identifier: MIT */
/* The engine: which checks run, what becomes of them, and what the policy changes. Not what single checks find. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "audit/audit.h"

/* Checks that these tests run; their findings depend on one object's mode alone. */
#define WRITABLE "SHM-OBJ-001"
#define READABLE "SHM-OBJ-002"
#define GROUP "SHM-OBJ-003"
#define SET_ID "SHM-OBJ-005"
#define CONTENT "SHM-OBJ-011"
#define MAPPED "SHM-OBJ-013"
#define COMPARING "SHM-GRO-001"

#define SECOND INT64_C(1000000000)

struct world {
	struct shmg_facts *facts;
	struct shmg_policy *policy;
	struct shmg_audit_options options;
	struct shmg_audit *audit;
};

static struct shmg_object *add_object(struct shmg_facts *facts, const char *name, uint32_t mode)
{
	struct shmg_object *object = SHMG_APPEND(&facts->objects);
	assert_non_null(object);
	shmg_record_set_unknown(&shmg_object_type, object);
	object->kind = SHMG_KIND_POSIX;
	object->file_type = SHMG_FILE_REGULAR;
	object->name = name;
	object->unit = "feed.service";
	object->uid = 1000;
	object->gid = 1000;
	object->mode = mode;
	object->mount = 0;
	object->flags = 0;
	return object;
}

static void add_mount(struct shmg_facts *facts, uint32_t flags)
{
	struct shmg_mount *mount = SHMG_APPEND(&facts->mounts);
	assert_non_null(mount);
	shmg_record_set_unknown(&shmg_mount_type, mount);
	mount->target = "/dev/shm";
	mount->sharing = 1;
	mount->flags = flags;
}

static void add_holder(struct shmg_facts *facts, uint32_t pid, uint32_t uid, uint32_t object)
{
	struct shmg_process *process = SHMG_APPEND(&facts->processes);
	struct shmg_hold *hold = SHMG_APPEND(&facts->holds);
	assert_true(process && hold);
	shmg_record_set_unknown(&shmg_process_type, process);
	process->pid = pid;
	process->uid = uid;
	process->comm = "reader";
	process->flags = 0;
	*hold = (struct shmg_hold){ .process = (uint32_t)facts->processes.count - 1, .object = object, .maps = 1,
				    .access = SHMG_ACCESS_READ | SHMG_ACCESS_SHARED };
}

static int set_up(void **state)
{
	static struct world world;
	world = (struct world){
		.facts = shmg_facts_new(),
		.policy = shmg_policy_new(),
		.options = { .size = sizeof world.options },
	};
	if (!world.facts || !world.policy)
		return -1;
	world.facts->host.items[0].complete = 1;
	add_mount(world.facts, 0);
	*state = &world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	if (world->audit)
		shmg_audit_free(&world->audit);
	shmg_facts_free(&world->facts);
	shmg_policy_free(&world->policy);
	return 0;
}

static void only(struct world *world, const char *const *ids, size_t count)
{
	world->options.only = ids;
	world->options.only_count = count;
}

static void run(struct world *world)
{
	if (world->audit)
		shmg_audit_free(&world->audit);
	assert_int_equal(shmg_audit_run(world->facts, NULL, world->policy, &world->options, &world->audit), 0);
}

static const struct shmg_result *result_of(const struct world *world, const char *id)
{
	SHMG_FOREACH(result, &world->audit->results)
		if (strcmp(result->check, id) == 0)
			return result;
	fail_msg("%s has no result", id);
	return NULL;
}

static struct shmg_policy_check *add_wish(struct world *world, const char *id)
{
	struct shmg_policy_check *wish = SHMG_APPEND(&world->policy->checks);
	assert_non_null(wish);
	*wish = (struct shmg_policy_check){ .id = id, .enabled = 1, .severity = SHMG_U8_UNKNOWN };
	return wish;
}

static struct shmg_policy_allow *add_allow(struct world *world, const char *object)
{
	struct shmg_policy_allow *allow = SHMG_APPEND(&world->policy->allows);
	assert_non_null(allow);
	allow->name = "wanted";
	allow->object = object;
	allow->reason = "it is a test";
	allow->source = "policy.ini:7";
	allow->mode = SHMG_U32_UNKNOWN;
	return allow;
}

static void test_table(void **state)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(shmg_check_find(checks[i]->id), checks[i]);
		assert_true(shmg_check_exists(checks[i]->id));
	}
	assert_null(shmg_check_find("SHM-OBJ-00"));
	assert_false(shmg_check_exists(""));
}

static void test_every_check_has_a_result(void **state)
{
	struct world *world = *state;
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	run(world);
	assert_int_equal(world->audit->results.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct shmg_result *result = &world->audit->results.items[i];
		assert_string_equal(result->check, checks[i]->id);
		assert_string_equal(result->title, checks[i]->title);
		assert_string_equal(result->family, checks[i]->family);
		if (result->outcome == SHMG_OUTCOME_PASSED || result->outcome == SHMG_OUTCOME_FOUND)
			assert_null(result->reason);
		else if (!result->reason || !*result->reason)
			fail_msg("%s does not say why it has outcome %d", result->check, result->outcome);
	}
}

static void test_only_and_skip(void **state)
{
	static const char *const both[] = { WRITABLE, READABLE }, *const skipped[] = { READABLE };
	struct world *world = *state;

	add_object(world->facts, "/written", 0666);
	add_object(world->facts, "/read", 0644);
	add_object(world->facts, "/run", 04700);
	only(world, both, 2);
	run(world);
	assert_int_equal(result_of(world, WRITABLE)->outcome, SHMG_OUTCOME_FOUND);
	assert_int_equal(result_of(world, READABLE)->outcome, SHMG_OUTCOME_FOUND);
	assert_int_equal(result_of(world, SET_ID)->outcome, SHMG_OUTCOME_DISABLED);
	assert_int_equal(world->audit->findings.count, 2);

	world->options.skip = skipped;
	world->options.skip_count = 1;
	run(world);
	assert_int_equal(result_of(world, READABLE)->outcome, SHMG_OUTCOME_DISABLED);
	assert_non_null(result_of(world, READABLE)->reason);
	assert_int_equal(world->audit->findings.count, 1);
	assert_string_equal(world->audit->findings.items[0].check, WRITABLE);
}

static void test_needs(void **state)
{
	static const char *const content[] = { CONTENT }, *const writable[] = { WRITABLE };
	struct world *world = *state;

	only(world, writable, 1);
	assert_int_equal(shmg_audit_needs(&world->options), SHMG_WANT_OBJECTS);
	only(world, content, 1);
	assert_int_equal(shmg_audit_needs(&world->options), SHMG_WANT_OBJECTS | SHMG_WANT_CONTENT);
	world->options.skip = content;
	world->options.skip_count = 1;
	assert_int_equal(shmg_audit_needs(&world->options), SHMG_WANT_OBJECTS);
	only(world, NULL, 0);
	assert_int_equal(shmg_audit_needs(&world->options) & SHMG_WANT_CONTENT, 0);
	assert_true(shmg_audit_needs(&world->options) & SHMG_WANT_LEASE);
}

static void test_evidence(void **state)
{
	static const char *const ids[] = { WRITABLE };
	struct world *world = *state;

	add_object(world->facts, "/innocent", 0600);
	add_object(world->facts, "/written", 0666);
	add_object(world->facts, "/written-too", 0666);
	add_object(world->facts, "/written-otherwise", 0622);
	only(world, ids, 1);
	run(world);
	const struct shmg_finding *finding = world->audit->findings.items;
	assert_int_equal(world->audit->findings.count, 3);
	assert_string_equal(finding[1].found, finding[0].found);
	assert_non_null(strstr(finding[2].found, "0622"));
	assert_string_equal(finding->subject, "/written");
	assert_string_equal(finding->title, shmg_check_find(WRITABLE)->title);
	assert_string_equal(finding->unit, "feed.service");
	assert_non_null(strstr(finding->found, "0666"));
	assert_int_equal(finding->row, 1);
	assert_int_equal(finding->subject_type, SHMG_SUBJECT_OBJECT);
	assert_int_equal(finding->severity, SHMG_SEVERITY_HIGH);
	assert_int_equal(result_of(world, WRITABLE)->findings, 3);
}

static void test_policy_disables(void **state)
{
	struct world *world = *state;

	add_object(world->facts, "/written", 0666);
	struct shmg_policy_check *wish = add_wish(world, WRITABLE);
	wish->enabled = 0;
	wish->reason = "a laboratory machine";
	run(world);
	assert_int_equal(result_of(world, WRITABLE)->outcome, SHMG_OUTCOME_DISABLED);
	assert_string_equal(result_of(world, WRITABLE)->reason, "a laboratory machine");
	SHMG_FOREACH(finding, &world->audit->findings)
		assert_string_not_equal(finding->check, WRITABLE);
}

/* The policy's severity wins over the row's and over the probe's own. */
static void test_policy_severity(void **state)
{
	static const char *const ids[] = { SET_ID };
	struct world *world = *state;

	add_object(world->facts, "/helper", 04755);
	only(world, ids, 1);
	add_wish(world, SET_ID)->severity = SHMG_SEVERITY_CRITICAL;
	run(world);
	assert_int_equal(world->audit->findings.items[0].severity, SHMG_SEVERITY_CRITICAL);
	assert_int_equal(result_of(world, SET_ID)->severity, SHMG_SEVERITY_CRITICAL);

	world->facts->mounts.items[0].flags = SHMG_MOUNT_NOSUID; /* the probe would call it low */
	run(world);
	assert_int_equal(world->audit->findings.items[0].severity, SHMG_SEVERITY_CRITICAL);
	world->policy->checks.items[0].severity = SHMG_U8_UNKNOWN;
	run(world);
	assert_int_equal(world->audit->findings.items[0].severity, SHMG_SEVERITY_LOW);
	assert_int_equal(result_of(world, SET_ID)->severity, SHMG_SEVERITY_LOW);
}

/* A probe's severity is each finding's own; the result has the highest, whichever came last. */
static void test_severity_of_each(void **state)
{
	static const char *const ids[] = { SET_ID };
	struct world *world = *state;

	add_mount(world->facts, SHMG_MOUNT_NOSUID);
	add_object(world->facts, "/weak", 04755)->mount = 1;
	add_object(world->facts, "/strong", 04755);
	add_object(world->facts, "/weak-too", 04755)->mount = 1;
	only(world, ids, 1);
	run(world);
	assert_int_equal(world->audit->findings.count, 3);
	assert_int_equal(world->audit->findings.items[0].severity, SHMG_SEVERITY_LOW);
	assert_int_equal(world->audit->findings.items[1].severity, SHMG_SEVERITY_HIGH);
	assert_int_equal(world->audit->findings.items[2].severity, SHMG_SEVERITY_LOW);
	assert_int_equal(result_of(world, SET_ID)->severity, SHMG_SEVERITY_HIGH);
}

static void test_allowed_is_counted(void **state)
{
	static const char *const ids[] = { WRITABLE };
	struct world *world = *state;

	add_object(world->facts, "/wanted-1", 0666);
	add_object(world->facts, "/wanted-2", 0666);
	add_object(world->facts, "/other", 0666);
	add_allow(world, "/wanted-*");
	only(world, ids, 1);
	run(world);
	assert_int_equal(world->audit->findings.count, 1);
	assert_string_equal(world->audit->findings.items[0].subject, "/other");
	assert_int_equal(result_of(world, WRITABLE)->allowed, 2);
	assert_int_equal(world->audit->allowed.count, 2);
	const struct shmg_allowed *allowed = &world->audit->allowed.items[1];
	assert_string_equal(allowed->check, WRITABLE);
	assert_string_equal(allowed->subject, "/wanted-2");
	assert_string_equal(allowed->exception, "wanted");
	assert_string_equal(allowed->reason, "it is a test");
	assert_string_equal(allowed->source, "policy.ini:7");

	world->facts->objects.count = 2;
	run(world);
	assert_int_equal(result_of(world, WRITABLE)->outcome, SHMG_OUTCOME_PASSED);
	assert_int_equal(result_of(world, WRITABLE)->allowed, 2);

	/* An exception for another check, or for another mode, is none. */
	world->policy->allows.items[0].mode = 0664;
	run(world);
	assert_int_equal(world->audit->findings.count, 2);
	assert_int_equal(result_of(world, WRITABLE)->allowed, 0);
	assert_int_equal(world->audit->allowed.count, 0);
}

static void test_holder_is_asked_of_the_policy(void **state)
{
	static const char *const ids[] = { MAPPED };
	struct world *world = *state;

	add_object(world->facts, "/feed", 0644);
	add_holder(world->facts, 200, 1001, 0);
	add_holder(world->facts, 201, 1002, 0);
	uint32_t *user = SHMG_APPEND(&add_allow(world, "/feed")->users);
	assert_non_null(user);
	*user = 1001;
	only(world, ids, 1);
	run(world);
	assert_int_equal(world->audit->findings.count, 1);
	assert_non_null(strstr(world->audit->findings.items[0].found, "1002"));
	assert_int_equal(result_of(world, MAPPED)->allowed, 1);
	shmg_array_clear(&world->policy->allows.items[0].users);
}

/* Members of these groups share on purpose: allowed, and counted as such. */
static void test_shared_groups(void **state)
{
	static const char *const ids[] = { GROUP };
	struct world *world = *state;

	add_object(world->facts, "/video", 0660)->gid = 44;
	add_object(world->facts, "/users", 0660)->gid = 100;
	add_object(world->facts, "/own", 0660);
	only(world, ids, 1);
	run(world);
	assert_int_equal(world->audit->findings.count, 2);
	uint32_t *group = SHMG_APPEND(&world->policy->shared_groups);
	assert_non_null(group);
	*group = 44;
	run(world);
	assert_int_equal(world->audit->findings.count, 1);
	assert_string_equal(world->audit->findings.items[0].subject, "/users");
	assert_int_equal(result_of(world, GROUP)->allowed, 1);
	assert_int_equal(world->audit->allowed.count, 1);
	assert_string_equal(world->audit->allowed.items[0].subject, "/video");
	assert_string_equal(world->audit->allowed.items[0].exception, "[sharing] groups");
	assert_null(world->audit->allowed.items[0].source);
}

static void test_comparing_needs_a_snapshot(void **state)
{
	struct world *world = *state;

	run(world);
	assert_int_equal(result_of(world, COMPARING)->outcome, SHMG_OUTCOME_NOT_APPLICABLE);
	assert_non_null(strstr(result_of(world, COMPARING)->reason, "--since"));
}

/* What differs between two looks that cannot be compared. */
static void test_comparing_refuses(void **state)
{
	static const char *const ids[] = { COMPARING };
	struct world *world = *state;
	struct shmg_facts *since = shmg_facts_new();
	assert_non_null(since);
	struct shmg_host *then = since->host.items, *now = world->facts->host.items;
	const struct shmg_host good = { .hostname = "one", .booted = SECOND, .taken = 100 * SECOND, .complete = 1 };
	struct shmg_host bad[6];
	static const char *const reasons[] = { "another machine", "booted since", "not older", "other rights",
					       "does not tell", "does not tell" };

	for (size_t i = 0; i < 6; i++)
		bad[i] = good;
	bad[0].hostname = "two";
	bad[1].booted = 20 * SECOND;
	bad[2].taken = 200 * SECOND;
	bad[3].complete = 0;
	bad[4].booted = SHMG_TIME_UNKNOWN;
	bad[5].hostname = NULL;
	*now = good;
	now->taken = 200 * SECOND;
	only(world, ids, 1);
	for (size_t i = 0; i <= 6; i++) {
		*then = i < 6 ? bad[i] : good;
		assert_int_equal(shmg_audit_run(world->facts, since, world->policy, &world->options, &world->audit), 0);
		const struct shmg_result *result = result_of(world, COMPARING);
		assert_int_equal(result->outcome, i < 6 ? SHMG_OUTCOME_UNSEEN : SHMG_OUTCOME_PASSED);
		if (i < 6)
			assert_non_null(strstr(result->reason, reasons[i]));
		shmg_audit_free(&world->audit);
	}
	shmg_facts_free(&since);
}

/* Not having looked is no clean bill: only what was found stands. */
static void test_unseen(void **state)
{
	static const char *const ids[] = { MAPPED };
	struct world *world = *state;

	world->facts->host.items[0].complete = 0;
	assert_int_equal(shmg_facts_note_gap(world->facts, "names", "harmless", false), 0);
	assert_int_equal(shmg_facts_note_gap(world->facts, "mappings of processes", "not root", true), 0);
	add_object(world->facts, "/feed", 0644);
	only(world, ids, 1);
	run(world);
	assert_int_equal(result_of(world, MAPPED)->outcome, SHMG_OUTCOME_UNSEEN);
	assert_string_equal(result_of(world, MAPPED)->reason, "mappings of processes: not root");

	add_holder(world->facts, 200, 1001, 0);
	run(world);
	assert_int_equal(result_of(world, MAPPED)->outcome, SHMG_OUTCOME_FOUND);
	assert_null(result_of(world, MAPPED)->reason);
}

/* A snapshot may refer to rows that it does not have. */
static void test_rows_out_of_range(void **state)
{
	struct world *world = *state;

	add_object(world->facts, "/feed", 0666)->mount = 77;
	add_holder(world->facts, 200, 1001, 0);
	world->facts->holds.items[0].object = 5;
	add_holder(world->facts, 201, 1001, 0);
	world->facts->holds.items[1].process = SHMG_U32_UNKNOWN;
	run(world);
	assert_int_equal(result_of(world, WRITABLE)->outcome, SHMG_OUTCOME_FOUND);
	assert_int_equal(result_of(world, MAPPED)->outcome, SHMG_OUTCOME_PASSED);
}

static void test_long_evidence(void **state)
{
	static const char *const ids[] = { "SHM-OBJ-009" };
	struct world *world = *state;
	static char target[4096];

	memset(target, 'x', sizeof target - 1);
	target[0] = '/';
	struct shmg_object *link = add_object(world->facts, "/dev/shm/link", 0777);
	link->kind = SHMG_KIND_TMPFS;
	link->file_type = SHMG_FILE_SYMLINK;
	link->target = target;
	world->facts->mounts.items[0].mode = 01777;
	world->facts->mounts.items[0].uid = 0;
	only(world, ids, 1);
	run(world);
	assert_int_equal(world->audit->findings.count, 1);
	assert_non_null(strstr(world->audit->findings.items[0].found, target));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_table),
		TEST(test_every_check_has_a_result),
		TEST(test_only_and_skip),
		TEST(test_needs),
		TEST(test_evidence),
		TEST(test_policy_disables),
		TEST(test_policy_severity),
		TEST(test_severity_of_each),
		TEST(test_allowed_is_counted),
		TEST(test_holder_is_asked_of_the_policy),
		TEST(test_shared_groups),
		TEST(test_comparing_needs_a_snapshot),
		TEST(test_comparing_refuses),
		TEST(test_unseen),
		TEST(test_rows_out_of_range),
		TEST(test_long_evidence),
	};
	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
