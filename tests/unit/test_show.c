/* SPDX-License-Identifier: MIT */
/* What the operand of show may mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/show.h"

struct made {
	uint8_t kind;
	const char *name, *namespace;
	uint32_t id;
	uint64_t key;
	uint32_t flags;
	uint64_t ino;
};

static const struct made objects[] = {
	/* 0 */ { SHMG_KIND_SYSV, NULL, "host", 32768, 0x52e2c1, 0, 32768 },
	/* 1 */ { SHMG_KIND_SYSV, NULL, "ipc:4026532177", 32768, 0, 0, 32768 },
	/* 2 */ { SHMG_KIND_POSIX, "/x", "host", SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, 0, 11 },
	/* 3 */ { SHMG_KIND_POSIX, "/x", "mnt:99", SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, 0, 12 },
	/* 4 */ { SHMG_KIND_POSIX, "/x", "host", SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, SHMG_OBJECT_UNLINKED, 13 },
	/* 5 */ { SHMG_KIND_SEMAPHORE, "/s", "host", SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, 0, 14 },
	/* 6 */ { SHMG_KIND_MEMFD, "m#7", NULL, SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, SHMG_OBJECT_UNLINKED, 15 },
	/* 7 */
	{ SHMG_KIND_MEMFD, "line\nfeed\\x41", NULL, SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, SHMG_OBJECT_UNLINKED, 16 },
	/* 8 */ { SHMG_KIND_ANONYMOUS, NULL, NULL, SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, SHMG_OBJECT_UNLINKED, 17 },
	/* 9 */ { SHMG_KIND_TMPFS, "/run/a b", "host", SHMG_U32_UNKNOWN, SHMG_U64_UNKNOWN, 0, 18 },
	/* 10 */ { SHMG_KIND_SYSV, NULL, "host", 5, 0xffffffff, 0, 5 },
};

static const struct {
	const char *text, *namespace;
	int matches[4]; /* ends with -1 */
} rows[] = {
	{ "sysv:32768", NULL, { 0, 1, -1 } },
	{ "sysv:32768", "host", { 0, -1 } },
	{ "sysv:32768", "4026532177", { 1, -1 } },
	{ "sysv:32768", "ipc:4026532177", { 1, -1 } },
	{ "sysv:3276", NULL, { -1 } },
	{ "key:0x52e2c1", NULL, { 0, -1 } },
	{ "key:0x0052e2c1", NULL, { 0, -1 } },
	{ "key:5432001", NULL, { 0, -1 } },
	{ "key:", NULL, { -1 } },
	{ "key:0x10052e2c1", NULL, { -1 } },
	{ "key:0xffffffff", NULL, { 10, -1 } },
	{ "key:-1", NULL, { -1 } },
	{ "/x", NULL, { 2, 3, 4, -1 } },
	{ "/x", "mnt:99", { 3, -1 } },
	{ "/x#13", NULL, { 4, -1 } },
	{ "/x#12", NULL, { 3, -1 } },
	{ "/x#", NULL, { -1 } },
	{ "/dev/shm/x#11", NULL, { 2, -1 } },
	{ "/dev/shmx", NULL, { -1 } },
	{ "sem:/s", NULL, { 5, -1 } },
	{ "/s", NULL, { -1 } },
	{ "/dev/shm/sem.s", NULL, { 5, -1 } },
	{ "/dev/shm/s", NULL, { -1 } },
	{ "/dev/shm/sem.x", NULL, { -1 } },
	{ "memfd:m#7", NULL, { 6, -1 } },
	{ "memfd:m#7#15", NULL, { 6, -1 } },
	{ "memfd:m", NULL, { -1 } },
	{ "m#7", NULL, { -1 } },
	{ "memfd:line\nfeed\\x41#16", NULL, { 7, -1 } },
	{ "memfd:line\\x0afeed\\\\x41#16", NULL, { 7, -1 } },
	{ "memfd:line\\x0afeed\\\\x41", NULL, { 7, -1 } },
	{ "memfd:line\\x0afeedA", NULL, { -1 } },
	{ "\\x00", NULL, { -1 } },
	{ "memfd:line\\x…41#16", NULL, { 7, -1 } }, /* as a narrow table prints it */
	{ "sysv:…8", NULL, { 0, 1, -1 } },
	{ "sysv:…8", "host", { 0, -1 } },
	{ "memfd:…#15", NULL, { 6, -1 } },
	{ "sysv:327…2768", NULL, { -1 } }, /* nothing was cut that overlaps */
	{ "sysv:…9", NULL, { -1 } },
	{ "anon:17", NULL, { 8, -1 } },
	{ "/run/a b", NULL, { 9, -1 } },
};

static void every_row(void **state)
{
	struct shmg_facts *facts = shmg_facts_new();

	(void)state;
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		struct shmg_object *object = SHMG_APPEND(&facts->objects);
		assert_non_null(object);
		shmg_record_set_unknown(&shmg_object_type, object);
		object->kind = objects[i].kind;
		object->name = objects[i].name;
		object->namespace = objects[i].namespace;
		object->id = objects[i].id;
		object->key = objects[i].key;
		object->flags = objects[i].flags;
		object->ino = objects[i].ino;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shmg_show_matches matches = { 0 };
		assert_int_equal(shmg_show_find(facts, rows[i].text, rows[i].namespace, &matches), 0);
		size_t wanted = 0;
		while (rows[i].matches[wanted] >= 0)
			wanted++;
		if (matches.rows.count != wanted)
			fail_msg("%s: %zu objects, not %zu", rows[i].text, matches.rows.count, wanted);
		for (size_t j = 0; j < wanted; j++)
			assert_int_equal(matches.rows.items[j], rows[i].matches[j]);
		shmg_array_clear(&matches.rows);
	}
	shmg_facts_free(&facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_row) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
