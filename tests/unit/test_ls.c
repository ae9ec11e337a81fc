/* SPDX-License-Identifier: MIT */
/* Which objects ls lists, in which order, and what it says of each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/ls.h"
#include "lib/base/cleanup.h"

#define SECOND ((int64_t)1000000000)
#define NOW (1700000000 * SECOND)

struct host {
	struct shmg_facts *facts;
	struct shmg_policy *policy;
	struct shmg_names names;
	struct shmg_ls ls;
};

static struct shmg_object *add_object(struct host *host, enum shmg_kind kind, const char *name)
{
	struct shmg_object *object = SHMG_APPEND(&host->facts->objects);

	assert_non_null(object);
	shmg_record_set_unknown(&shmg_object_type, object);
	object->kind = (uint8_t)kind;
	object->name = name;
	object->namespace = kind == SHMG_KIND_MEMFD ? NULL : "host";
	object->file_type = SHMG_FILE_REGULAR;
	object->uid = object->gid = 0;
	object->mappers = object->openers = object->maps = 0;
	object->flags = 0;
	return object;
}

static void add_process(struct host *host, uint32_t pid, uint32_t uid, const char *comm, const char *unit)
{
	struct shmg_process *process = SHMG_APPEND(&host->facts->processes);

	assert_non_null(process);
	shmg_record_set_unknown(&shmg_process_type, process);
	process->pid = pid;
	process->uid = uid;
	process->comm = comm;
	process->unit = unit;
}

static void add_hold(struct host *host, uint32_t process, uint32_t object, uint64_t bytes, uint32_t access)
{
	struct shmg_hold *hold = SHMG_APPEND(&host->facts->holds);

	assert_non_null(hold);
	*hold = (struct shmg_hold){ .process = process, .object = object, .bytes = bytes, .access = access };
	hold->maps = bytes ? 1 : 0;
	hold->fds = bytes ? 0 : 1;
}

enum { ROW_FILE, ROW_SEGMENT, ROW_SHARED, ROW_DIRECTORY, ROW_RUN, ROW_RUN_MAPPED, ROW_MEMFD, ROW_ELSEWHERE };

static void fill(struct host *host)
{
	struct shmg_object *object;

	add_object(host, SHMG_KIND_POSIX, "/zebra")->size = 100;
	object = add_object(host, SHMG_KIND_SYSV, NULL);
	object->id = 7;
	object->size = 5000;
	object->nattch = 5;
	object->mappers = 2;
	object->maps = 3;
	object->creator = 11;
	object->creator_state = SHMG_PID_RUNNING;
	object->last = 12;
	object->last_state = SHMG_PID_GONE;
	object->changed = NOW - 90 * SECOND;
	object->resident = 4096;
	object = add_object(host, SHMG_KIND_POSIX, "/apple");
	object->size = UINT64_C(1) << 40;
	object->uid = 70;
	object->mappers = 1;
	object->maps = 1;
	object->openers = 1;
	object->unit = "postgresql.service";
	object->resident = 8192;
	object->created = NOW - 10 * SECOND;
	object = add_object(host, SHMG_KIND_TMPFS, "/dev/shm/dir");
	object->file_type = SHMG_FILE_DIRECTORY;
	add_object(host, SHMG_KIND_TMPFS, "/run/state")->mount = 0;
	add_object(host, SHMG_KIND_TMPFS, "/run/mapped")->mount = 0;
	add_object(host, SHMG_KIND_MEMFD, "buffer")->openers = 1;
	add_object(host, SHMG_KIND_POSIX, "/apple")->namespace = "mnt:4026532000";

	add_process(host, 11, 70, "postgres", "postgresql.service");
	add_process(host, 20, 70, "postgres", "postgresql.service");
	add_process(host, 30, 1000, "viewer", NULL);
	add_process(host, 40, 1000, "idle", NULL);
	add_hold(host, 0, ROW_SEGMENT, 5000, SHMG_ACCESS_SHARED);
	add_hold(host, 0, ROW_SHARED, 1 << 20, SHMG_ACCESS_SHARED);
	add_hold(host, 1, ROW_SEGMENT, 10000, SHMG_ACCESS_SHARED);
	add_hold(host, 2, ROW_SHARED, 0, 0);
	add_hold(host, 2, ROW_RUN_MAPPED, 4096, SHMG_ACCESS_SHARED);
	add_hold(host, 2, ROW_RUN, 4096, SHMG_ACCESS_PRIVATE);
}

static int set_up(void **state)
{
	struct host *host = calloc(1, sizeof *host);

	assert_non_null(host);
	host->facts = shmg_facts_new();
	host->policy = shmg_policy_new();
	assert_non_null(host->facts);
	assert_non_null(host->policy);
	host->facts->host.items->taken = NOW;
	host->facts->host.items->complete = 1;
	struct shmg_mount *mount = SHMG_APPEND(&host->facts->mounts);
	assert_non_null(mount);
	shmg_record_set_unknown(&shmg_mount_type, mount);
	mount->target = "/run";
	mount->sharing = 0;
	fill(host);
	shmg_names_open(&host->names, host->facts, NULL);
	host->ls = (struct shmg_ls){ .facts = host->facts, .policy = host->policy, .names = &host->names };
	*state = host;
	return 0;
}

static int tear_down(void **state)
{
	struct host *host = *state;

	shmg_ls_close(&host->ls);
	shmg_names_close(&host->names);
	shmg_policy_free(&host->policy);
	shmg_facts_free(&host->facts);
	free(host);
	return 0;
}

static const struct shmg_ls_filter everything = { .uid = SHMG_U32_UNKNOWN, .pid = SHMG_U32_UNKNOWN };

static void expect_rows(struct host *host, const struct shmg_ls_filter *filter, size_t count, const uint32_t *rows)
{
	shmg_ls_close(&host->ls);
	assert_int_equal(shmg_ls_choose(&host->ls, filter), 0);
	assert_int_equal(host->ls.count, count);
	assert_memory_equal(host->ls.rows, rows, count * sizeof *rows);
}

#define EXPECT_ROWS(host, filter, ...)                                                         \
	expect_rows((host), (filter), sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t),  \
		    (const uint32_t[]){ __VA_ARGS__ })

static void test_leaves_out_what_is_not_shared_memory(void **state)
{
	struct host *host = *state;
	struct shmg_ls_filter filter = everything;

	/* A file of /run is listed only because somebody maps it shared; a private mapping does not count. */
	EXPECT_ROWS(host, &filter, ROW_FILE, ROW_SEGMENT, ROW_SHARED, ROW_RUN_MAPPED, ROW_MEMFD, ROW_ELSEWHERE);
	assert_int_equal(host->ls.left_out, 1);
	filter.all = true;
	EXPECT_ROWS(host, &filter, ROW_FILE, ROW_SEGMENT, ROW_SHARED, ROW_DIRECTORY, ROW_RUN, ROW_RUN_MAPPED, ROW_MEMFD,
		    ROW_ELSEWHERE);
	assert_int_equal(host->ls.left_out, 0);
}

static void test_filters(void **state)
{
	struct host *host = *state;
	struct shmg_ls_filter filter = everything;

	filter.kinds = 1u << SHMG_KIND_SYSV | 1u << SHMG_KIND_MEMFD;
	EXPECT_ROWS(host, &filter, ROW_SEGMENT, ROW_MEMFD);
	filter.kinds = 1u << SHMG_KIND_TMPFS;
	EXPECT_ROWS(host, &filter, ROW_RUN, ROW_RUN_MAPPED);
	filter = everything;
	filter.uid = 70;
	EXPECT_ROWS(host, &filter, ROW_SHARED);
	filter = everything;
	filter.pid = 30;
	EXPECT_ROWS(host, &filter, ROW_SHARED, ROW_RUN, ROW_RUN_MAPPED);
	filter = everything;
	filter.unit = "postgres*";
	EXPECT_ROWS(host, &filter, ROW_SHARED);
	filter = everything;
	filter.namespace = "4026532000";
	EXPECT_ROWS(host, &filter, ROW_ELSEWHERE);
	filter.namespace = "mnt:4026532000";
	EXPECT_ROWS(host, &filter, ROW_ELSEWHERE);
	filter.namespace = "ipc:4026532000";
	shmg_ls_close(&host->ls);
	assert_int_equal(shmg_ls_choose(&host->ls, &filter), 0);
	assert_int_equal(host->ls.count, 0);
}

static void expect_order(struct host *host, const char *column, bool descending, size_t count, const uint32_t *rows)
{
	const struct shmg_field *field = column ? shmg_record_field(&shmg_ls_type, column) : NULL;

	assert_true(!column || field);
	assert_int_equal(shmg_ls_sort(&host->ls, field, descending), 0);
	assert_int_equal(host->ls.count, count);
	assert_memory_equal(host->ls.rows, rows, count * sizeof *rows);
}

#define EXPECT_ORDER(host, column, descending, ...)                                                                   \
	expect_order((host), (column), (descending), sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t),          \
		     (const uint32_t[]){ __VA_ARGS__ })

static void test_orders(void **state)
{
	struct host *host = *state;
	struct shmg_ls_filter filter = everything;

	filter.kinds = 1u << SHMG_KIND_SYSV | 1u << SHMG_KIND_POSIX;
	assert_int_equal(shmg_ls_choose(&host->ls, &filter), 0);
	EXPECT_ORDER(host, NULL, false, ROW_SEGMENT, ROW_SHARED, ROW_ELSEWHERE, ROW_FILE);
	/* What is not known comes last in both directions. */
	EXPECT_ORDER(host, "size", false, ROW_FILE, ROW_SEGMENT, ROW_SHARED, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "size", true, ROW_SHARED, ROW_SEGMENT, ROW_FILE, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "age", false, ROW_SHARED, ROW_SEGMENT, ROW_FILE, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "age", true, ROW_SEGMENT, ROW_SHARED, ROW_FILE, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "uid", true, ROW_SHARED, ROW_FILE, ROW_SEGMENT, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "holders", true, ROW_SEGMENT, ROW_SHARED, ROW_FILE, ROW_ELSEWHERE);
	EXPECT_ORDER(host, "unit", true, ROW_SHARED, ROW_FILE, ROW_SEGMENT, ROW_ELSEWHERE);
}

static void test_names_that_begin_alike(void **state)
{
	struct host *host = *state;
	struct shmg_ls_filter filter = everything;
	uint32_t base = (uint32_t)host->facts->objects.count;

	add_object(host, SHMG_KIND_SEMAPHORE, "/application-0000000010-b");
	add_object(host, SHMG_KIND_SEMAPHORE, "/application-0000000010");
	add_object(host, SHMG_KIND_SEMAPHORE, "/application-0000000002-a-long-tail-2");
	add_object(host, SHMG_KIND_SEMAPHORE, "/application-0000000002-a-long-tail-1");
	add_object(host, SHMG_KIND_SEMAPHORE, "/application-\xff");
	filter.kinds = 1u << SHMG_KIND_SEMAPHORE;
	assert_int_equal(shmg_ls_choose(&host->ls, &filter), 0);
	EXPECT_ORDER(host, NULL, false, base + 3, base + 2, base + 1, base, base + 4);
}

static void test_largest(void **state)
{
	struct host *host = *state;

	assert_int_equal(shmg_ls_choose(&host->ls, &everything), 0);
	assert_int_equal(host->ls.bytes, (UINT64_C(1) << 40) + 5100);
	assert_int_equal(host->ls.resident, 12288);
	assert_int_equal(shmg_ls_sort(&host->ls, shmg_record_field(&shmg_ls_type, "size"), true), 0);
	shmg_ls_cut(&host->ls, 2);
	assert_int_equal(host->ls.count, 2);
	assert_int_equal(host->ls.rows[0], ROW_SHARED);
	assert_int_equal(host->ls.rows[1], ROW_SEGMENT);
	assert_int_equal(host->ls.bytes, (UINT64_C(1) << 40) + 5000);
	shmg_ls_cut(&host->ls, 100);
	assert_int_equal(host->ls.count, 2);
}

static void test_rows(void **state)
{
	struct host *host = *state;
	struct shmg_ls_filter filter = everything;
	struct shmg_ls_maker maker;

	filter.all = true;
	assert_int_equal(shmg_ls_choose(&host->ls, &filter), 0);
	assert_int_equal(shmg_ls_maker_open(&maker, &host->ls, NULL), 0);

	const struct shmg_ls_row *row = shmg_ls_maker_at(&maker, ROW_SEGMENT);
	assert_string_equal(row->object, "sysv:7");
	assert_string_equal(row->holders, "2 procs 3/5 maps");
	assert_string_equal(row->creator, "11 postgres");
	assert_string_equal(row->last, "12 gone");
	assert_string_equal(row->age, "1m30s");
	assert_int_equal(row->held_by.count, 2);
	assert_int_equal(row->held_by.items[0].pid, 11);
	assert_int_equal(row->held_by.items[1].pid, 20);
	assert_int_equal(row->held_by.items[1].bytes, 10000);

	row = shmg_ls_maker_at(&maker, ROW_SHARED);
	assert_string_equal(row->object, "/apple");
	assert_string_equal(row->holders, "1 proc +1 fd");
	assert_null(row->creator);
	assert_int_equal(row->held_by.count, 2);

	row = shmg_ls_maker_at(&maker, ROW_MEMFD);
	assert_string_equal(row->holders, "1 fd");
	row = shmg_ls_maker_at(&maker, ROW_FILE);
	/* Even who saw all processes did not see the descriptors on their way between them. */
	assert_string_equal(row->holders, "none seen");
	assert_null(row->age);
	assert_int_equal(row->held_by.count, 0);
	host->facts->objects.items[ROW_FILE].lease = SHMG_LEASE_FREE;
	row = shmg_ls_maker_at(&maker, ROW_FILE);
	assert_string_equal(row->holders, "none");
	shmg_ls_maker_close(&maker);
}

static void test_holders_that_could_not_be_seen(void **state)
{
	struct host *host = *state;
	struct shmg_ls_maker maker;
	struct shmg_object *segment = &host->facts->objects.items[ROW_SEGMENT];
	struct shmg_object *file = &host->facts->objects.items[ROW_FILE];

	segment->mappers = segment->maps = 0;
	segment->creator_state = SHMG_PID_REUSED;
	segment->last = 0;
	segment->last_state = SHMG_PID_ELSEWHERE;
	segment->attached = NOW;
	file->lease = SHMG_LEASE_REFUSED;
	assert_int_equal(shmg_ls_choose(&host->ls, &everything), 0);
	assert_int_equal(shmg_ls_maker_open(&maker, &host->ls, NULL), 0);
	const struct shmg_ls_row *row = shmg_ls_maker_at(&maker, 1);
	assert_string_equal(row->holders, "5 maps unseen");
	assert_string_equal(row->creator, "11 reused");
	assert_string_equal(row->last, "elsewhere");
	segment->nattch = 0;
	segment->attached = SHMG_TIME_UNKNOWN;
	row = shmg_ls_maker_at(&maker, 1);
	assert_string_equal(row->holders, "none");
	assert_string_equal(row->last, "never attached");
	segment->detached = NOW;
	row = shmg_ls_maker_at(&maker, 1);
	assert_string_equal(row->last, "elsewhere");
	row = shmg_ls_maker_at(&maker, 0);
	assert_string_equal(row->holders, "held, unseen");
	shmg_ls_maker_close(&maker);
}

static void test_states(void **state)
{
	struct host *host = *state;
	struct shmg_object *objects = host->facts->objects.items;

	assert_int_equal(shmg_ls_state_of(&objects[ROW_FILE]), SHMG_LS_LIVE);
	objects[ROW_FILE].flags = SHMG_OBJECT_UNLINKED | SHMG_OBJECT_HUGE;
	objects[ROW_SEGMENT].flags = SHMG_OBJECT_MARKED | SHMG_OBJECT_LOCKED;
	objects[ROW_MEMFD].flags = SHMG_OBJECT_UNLINKED; /* it never had a name */
	objects[ROW_SHARED].flags = SHMG_U32_UNKNOWN;
	assert_int_equal(shmg_ls_state_of(&objects[ROW_FILE]), SHMG_LS_UNLINKED);
	assert_int_equal(shmg_ls_state_of(&objects[ROW_SEGMENT]), SHMG_LS_MARKED);
	assert_int_equal(shmg_ls_state_of(&objects[ROW_MEMFD]), SHMG_LS_LIVE);
	assert_int_equal(shmg_ls_state_of(&objects[ROW_SHARED]), SHMG_LS_LIVE);
}

static void test_namespaces_by_number(void **state)
{
	struct host *host = *state;
	struct shmg_object *segment = &host->facts->objects.items[ROW_SEGMENT];

	segment->ns = 4026531839;
	assert_true(shmg_ls_is_in_namespace(segment, "host"));
	assert_true(shmg_ls_is_in_namespace(segment, "ipc:4026531839"));
	assert_true(shmg_ls_is_in_namespace(segment, "4026531839"));
	assert_false(shmg_ls_is_in_namespace(segment, "mnt:4026531839"));
	assert_false(shmg_ls_is_in_namespace(segment, "402653183"));
	segment->ns = SHMG_U64_UNKNOWN;
	assert_false(shmg_ls_is_in_namespace(segment, "18446744073709551614"));
}

static void test_totals(void **state)
{
	struct host *host = *state;
	struct shmg_consumers consumers;

	assert_int_equal(shmg_ls_choose(&host->ls, &everything), 0);
	assert_int_equal(shmg_consumers_count(&consumers, &host->ls, SHMG_LS_BY_PROCESS), 0);
	shmg_consumers_sort(&consumers, NULL, true);
	assert_int_equal(consumers.rows.count, 3);
	const struct shmg_consumer *row = consumers.rows.items;
	assert_int_equal(row->pid, 11);
	assert_int_equal(row->objects, 2);
	assert_int_equal(row->mapped, (1 << 20) + 5000);
	/* Half of the segment, and all of the file, which the other process only has open. */
	assert_int_equal(row->resident, 2048 + 8192);
	assert_string_equal(row->largest, "/apple");
	assert_int_equal(row[2].pid, 30);
	assert_int_equal(row[2].resident, 0);
	shmg_consumers_close(&consumers);

	assert_int_equal(shmg_consumers_count(&consumers, &host->ls, SHMG_LS_BY_USER), 0);
	shmg_consumers_sort(&consumers, NULL, true);
	assert_int_equal(consumers.rows.count, 2);
	row = consumers.rows.items;
	assert_int_equal(row->uid, 70);
	assert_int_equal(row->pid, SHMG_U32_UNKNOWN);
	assert_int_equal(row->processes, 2);
	assert_int_equal(row->objects, 2); /* the segment that both map is one object */
	assert_int_equal(row->mapped, (1 << 20) + 15000);
	assert_int_equal(row->resident, 4096 + 8192);
	shmg_consumers_close(&consumers);

	assert_int_equal(shmg_consumers_count(&consumers, &host->ls, SHMG_LS_BY_UNIT), 0);
	shmg_consumers_sort(&consumers, shmg_record_field(&shmg_consumer_type, "processes"), true);
	assert_int_equal(consumers.rows.count, 2);
	assert_string_equal(consumers.rows.items[0].unit, "postgresql.service");
	assert_null(consumers.rows.items[1].unit);
	shmg_consumers_close(&consumers);
}

/* The words that ls repeats are the facts' own, field by field. */
static void test_words_agree_with_the_facts(void **state)
{
	(void)state;
	size_t compared = 0;

	for (size_t i = 0; i < shmg_ls_type.field_count; i++) {
		const struct shmg_field *mine = &shmg_ls_type.fields[i];
		if (!mine->names || mine->offset >= sizeof(struct shmg_object))
			continue;
		const struct shmg_field *fact = NULL;
		for (size_t f = 0; f < shmg_object_type.field_count; f++)
			if (shmg_object_type.fields[f].offset == mine->offset)
				fact = &shmg_object_type.fields[f];
		assert_non_null(fact);
		assert_int_equal(mine->type, fact->type);
		for (size_t n = 0; mine->names[n] || fact->names[n]; n++) {
			assert_non_null(mine->names[n]);
			assert_non_null(fact->names[n]);
			assert_string_equal(mine->names[n], fact->names[n]);
		}
		compared++;
	}
	assert_int_equal(compared, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_leaves_out_what_is_not_shared_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_filters, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_orders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_that_begin_alike, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_largest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_holders_that_could_not_be_seen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_states, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_namespaces_by_number, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_totals, set_up, tear_down),
		cmocka_unit_test(test_words_agree_with_the_facts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
