/* SPDX-License-Identifier: MIT */
/* A whole look at a captured tree, and at this process. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cmocka.h>

#include "facts/facts.h"

static struct shmg_facts *look_at(const char *root, unsigned want)
{
	struct shmg_facts_options options = { .size = sizeof options, .root = root, .want = want };
	struct shmg_error error;
	struct shmg_facts *facts = NULL;

	assert_int_equal(shmg_facts_collect(&options, &facts, &error), 0);
	assert_non_null(facts);
	return facts;
}

static const struct shmg_object *object_named(const struct shmg_facts *facts, const char *ident)
{
	char buffer[SHMG_OBJECT_IDENT_MAX];

	SHMG_FOREACH(object, &facts->objects)
		if (strcmp(shmg_object_ident(object, buffer), ident) == 0)
			return object;
	return NULL;
}

static const struct shmg_hold *hold_of(const struct shmg_facts *facts, uint32_t pid, const struct shmg_object *object)
{
	SHMG_FOREACH(hold, &facts->holds)
		if (&facts->objects.items[hold->object] == object && facts->processes.items[hold->process].pid == pid)
			return hold;
	return NULL;
}

#define CAPTURED SHMG_FIXTURES "/hosts/captured"

static void captured_processes(void **state)
{
	(void)state;
	struct shmg_facts *facts = look_at(CAPTURED, SHMG_WANT_ALL);

	assert_int_equal(facts->processes.count, 2); /* the kernel thread is none */
	const struct shmg_process *postgres = &facts->processes.items[1];
	assert_int_equal(postgres->pid, 42);
	assert_string_equal(postgres->comm, "post) gres (x");
	assert_string_equal(postgres->unit, "postgresql@15-main.service");
	assert_int_equal(postgres->uid, 999);
	assert_int_equal(postgres->locked, 64 * 1024);
	assert_int_equal(postgres->rss_shmem, 128 * 1024);
	assert_int_equal(postgres->capabilities_ipc_lock, 1);
	assert_int_equal(postgres->coredump_filter, 0x33);
	assert_int_equal(postgres->memlock_soft, 65536);
	assert_true(postgres->memlock_hard == UINT64_MAX);
	assert_true(postgres->started == INT64_C(1767225625000000000));
	assert_int_equal(postgres->ipc_ns, 4026531839);
	assert_int_equal(facts->host.items[0].complete, 0); /* a capture has no descriptors, and says so */
	shmg_facts_free(&facts);
}

static void captured_segments(void **state)
{
	(void)state;
	struct shmg_facts *facts = look_at(CAPTURED, SHMG_WANT_OBJECTS);
	const struct shmg_object *segment = object_named(facts, "sysv:7");

	assert_non_null(segment);
	assert_int_equal(segment->key, 0x52e2c1);
	assert_int_equal(segment->mode, 0600);
	assert_int_equal(segment->size, 56);
	assert_int_equal(segment->resident, 4096);
	assert_int_equal(segment->nattch, 3);
	assert_int_equal(segment->maps, 2);
	assert_int_equal(segment->mappers, 1);
	assert_int_equal(segment->creator_state, SHMG_PID_RUNNING);
	assert_int_equal(segment->last_state, SHMG_PID_GONE);
	assert_true(segment->flags & SHMG_OBJECT_UNSEEN_HOLDERS); /* 3 against 2 */
	assert_string_equal(segment->namespace, "host");
	assert_true(segment->detached == SHMG_TIME_UNKNOWN);

	segment = object_named(facts, "sysv:32776");
	assert_non_null(segment);
	assert_true(segment->size == UINT64_C(9663676416));
	assert_int_equal(segment->mode, 0666);
	assert_true(segment->flags & SHMG_OBJECT_MARKED);
	assert_int_equal(segment->creator_state, SHMG_PID_GONE);
	assert_int_equal(segment->last_state, SHMG_U8_UNKNOWN);
	assert_non_null(object_named(facts, "sysv:9"));
	assert_int_equal(object_named(facts, "sysv:9")->swapped, 4096);

	const struct shmg_namespace *ns = &facts->namespaces.items[0];
	while (ns->type != SHMG_NAMESPACE_IPC)
		ns++;
	assert_int_equal(ns->segments, 3);
	assert_int_equal(ns->shmmni, 128);
	assert_true(ns->pages == 1 + UINT64_C(9663676416) / 4096 + 2);
	shmg_facts_free(&facts);
}

static void captured_files(void **state)
{
	(void)state;
	struct shmg_facts *facts = look_at(CAPTURED, SHMG_WANT_OBJECTS);
	const struct shmg_object *object = object_named(facts, "/PostgreSQL.42");

	assert_non_null(object);
	assert_int_equal(object->kind, SHMG_KIND_POSIX);
	assert_int_equal(object->size, 8192);
	assert_int_equal(object->mappers, 1);
	assert_string_equal(object->unit, "postgresql@15-main.service");
	assert_int_equal(hold_of(facts, 42, object)->access, SHMG_ACCESS_READ | SHMG_ACCESS_WRITE | SHMG_ACCESS_SHARED);
	assert_non_null(object_named(facts, "sem:/demo"));

	object = object_named(facts, "/dev/shm/planted");
	assert_non_null(object);
	assert_int_equal(object->file_type, SHMG_FILE_SYMLINK);
	assert_string_equal(object->target, "../../etc/passwd");

	object = object_named(facts, "/dev/shm/sub/file");
	assert_non_null(object);
	assert_int_equal(object->kind, SHMG_KIND_TMPFS);

	object = object_named(facts, "memfd:jit#7"); /* the inode of a segment, and not it */
	assert_non_null(object);
	assert_true(hold_of(facts, 42, object)->access & SHMG_ACCESS_WRITE_EXECUTE);

	object = object_named(facts, "/gone\naway#9");
	assert_non_null(object);
	assert_true(object->flags & SHMG_OBJECT_UNLINKED);
	assert_true(object->size == SHMG_U64_UNKNOWN);
	assert_int_equal(hold_of(facts, 42, object)->access, SHMG_ACCESS_READ | SHMG_ACCESS_PRIVATE);

	assert_non_null(object_named(facts, "anon:1025"));
	shmg_facts_free(&facts);
}

/* --- this machine, this process --- */

static void own_objects_are_seen(void **state)
{
	(void)state;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int memfd = memfd_create("test_collect", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(memfd >= 0);
	assert_int_equal(ftruncate(memfd, (off_t)(3 * page)), 0);
	char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	assert_true(map != MAP_FAILED);
	map[0] = 1;
	int segment = shmget(IPC_PRIVATE, 3 * page, IPC_CREAT | 0600);
	assert_true(segment >= 0);
	char *attached = shmat(segment, NULL, 0);
	assert_true(attached != (char *)-1);
	/* One attach, three mappings: nattch counts mappings. */
	assert_int_equal(mprotect(attached + page, page, PROT_READ), 0);

	struct shmg_facts *facts = look_at(NULL, SHMG_WANT_OBJECTS | SHMG_WANT_DETAIL | SHMG_WANT_SEALS);
	char ident[64];
	(void)snprintf(ident, sizeof ident, "sysv:%d", segment);
	const struct shmg_object *object = object_named(facts, ident);
	assert_non_null(object);
	assert_int_equal(object->nattch, 3);
	assert_int_equal(object->maps, 3);
	assert_int_equal(object->mappers, 1);
	assert_false(object->flags & SHMG_OBJECT_UNSEEN_HOLDERS);
	assert_int_equal(object->creator, getpid());
	assert_int_equal(object->creator_state, SHMG_PID_RUNNING);
	assert_int_equal(hold_of(facts, (uint32_t)getpid(), object)->bytes, 3 * page);

	object = NULL;
	SHMG_FOREACH(candidate, &facts->objects)
		if (candidate->kind == SHMG_KIND_MEMFD && candidate->name && !strcmp(candidate->name, "test_collect"))
			object = candidate;
	assert_non_null(object);
	assert_int_equal(object->size, 3 * page);
	assert_int_equal(object->resident, page);
	assert_int_equal(object->seals, 0);
	const struct shmg_hold *hold = hold_of(facts, (uint32_t)getpid(), object);
	assert_non_null(hold);
	assert_int_equal(hold->maps, 1);
	assert_int_equal(hold->fds, 1);
	assert_true(hold->access & SHMG_ACCESS_FD_WRITE);
	assert_true(hold->address == (uintptr_t)map);
	shmg_facts_free(&facts);

	assert_int_equal(shmdt(attached), 0);
	assert_int_equal(shmctl(segment, IPC_RMID, NULL), 0);
	assert_int_equal(munmap(map, 3 * page), 0);
	assert_int_equal(close(memfd), 0);
}

static void missing_root_is_an_error(void **state)
{
	(void)state;
	struct shmg_facts_options options = { .size = sizeof options, .root = "/nonexistent", .want = SHMG_WANT_ALL };
	struct shmg_error error = { 0 };
	struct shmg_facts *facts = NULL;

	assert_int_equal(shmg_facts_collect(&options, &facts, &error), -ENOENT);
	assert_null(facts);
	assert_string_equal(error.where, "/nonexistent");
	assert_true(error.message[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_processes), cmocka_unit_test(captured_segments),
		cmocka_unit_test(captured_files),     cmocka_unit_test(own_objects_are_seen),
		cmocka_unit_test(missing_root_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
