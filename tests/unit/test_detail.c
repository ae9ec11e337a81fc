/* SPDX-License-Identifier: MIT */
/* One object in depth, asked about this very process, with hand-made facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "facts/detail.h"
#include "facts/pagemap.h"
#include "lib/base/cleanup.h"

#define PAGES 8
/* A read fault maps what the file has around it too: so the two mappings are of parts that lie far apart. */
#define FAR (4 << 20)
#define GUARD_INSTALL 102

static uint64_t own_start_ticks(void)
{
	char text[4096];
	unsigned long long ticks = 0;
	SHMG_AUTO_FILE file = fopen("/proc/self/stat", "re");
	size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;

	text[length] = '\0';
	const char *at = strrchr(text, ')');
	assert_non_null(at);
	assert_int_equal(sscanf(at,
				") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
				&ticks),
			 1);
	return ticks;
}

/* Facts of this process, which holds the file `fd` once. */
static struct shmg_facts *make_facts(int fd, uint32_t access)
{
	struct shmg_facts *facts = shmg_facts_new();
	struct stat status;

	assert_non_null(facts);
	assert_int_equal(fstat(fd, &status), 0);
	struct shmg_object *object = SHMG_APPEND(&facts->objects);
	struct shmg_process *process = SHMG_APPEND(&facts->processes);
	struct shmg_hold *hold = SHMG_APPEND(&facts->holds);
	assert_true(object && process && hold);
	shmg_record_set_unknown(&shmg_object_type, object);
	object->kind = SHMG_KIND_MEMFD;
	object->name = "depth";
	object->dev = status.st_dev;
	object->ino = status.st_ino;
	object->uid = status.st_uid;
	object->gid = status.st_gid;
	object->mode = status.st_mode & 07777;
	object->seals = (uint32_t)fcntl(fd, F_GET_SEALS);
	object->flags = SHMG_OBJECT_UNLINKED;
	shmg_record_set_unknown(&shmg_process_type, process);
	process->comm = "test";
	process->pid = (uint32_t)getpid();
	process->uid = getuid();
	process->gid = getgid();
	process->start_ticks = own_start_ticks();
	process->flags = 0;
	process->memlock_soft = 65536;
	process->locked = 4096;
	*hold = (struct shmg_hold){ .maps = 2, .fds = 1, .access = access };
	return facts;
}

static const struct shmg_mapping *mapping_at(const struct shmg_detail *detail, const void *address)
{
	SHMG_FOREACH(mapping, &detail->mappings)
		if (mapping->start == (uintptr_t)address)
			return mapping;
	fail_msg("no mapping at %p", address);
	return NULL;
}

static bool has_coverage(const struct shmg_detail *detail, const char *why)
{
	SHMG_FOREACH(row, &detail->coverage)
		if (strstr(row->why, why))
			return true;
	return false;
}

static void an_object_in_depth(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct shmg_pagemap_support support = shmg_pagemap_probe();
	struct shmg_detail *detail;
	SHMG_AUTO_FD fd = memfd_create("depth\n", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)(FAR + PAGES * page)), 0);
	char *writable = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *readable = mmap(NULL, PAGES * page, PROT_READ, MAP_SHARED, fd, FAR);
	assert_true(writable != MAP_FAILED && readable != MAP_FAILED);
	writable[0] = writable[2 * page] = writable[3 * page] = 1;
	*(volatile char *)&readable[2 * page];
	bool locked = syscall(SYS_mlock, readable + 7 * page, page) == 0; /* sanitizers make mlock do nothing */
	bool guarded = madvise(writable + 5 * page, 2 * page, GUARD_INSTALL) == 0 && support.guard;

	struct shmg_facts *facts = make_facts(fd, SHMG_ACCESS_READ | SHMG_ACCESS_WRITE | SHMG_ACCESS_SHARED);
	assert_int_equal(shmg_detail_object(facts, 0, true, &detail), 0);
	assert_int_equal(detail->mappings.count, locked ? 3 : 2);

	const struct shmg_mapping *mapping = mapping_at(detail, writable);
	assert_string_equal(mapping->declared, "rw-s");
	assert_int_equal(mapping->enforced,
			 SHMG_PROTECTION_READ | SHMG_PROTECTION_WRITE | SHMG_PROTECTION_USER | SHMG_PROTECTION_SHARED);
	assert_int_equal(mapping->pages, PAGES);
	assert_int_equal(mapping->present, 3);
	assert_int_equal(mapping->swapped, 0);
	assert_true(mapping->soft_dirty == (support.soft_dirty ? 3 : SHMG_U64_UNKNOWN));
	if (guarded)
		assert_int_equal(mapping->guard, 2);
	assert_int_equal(mapping->flags, 0);
	assert_int_equal(mapping->object, 0);

	mapping = mapping_at(detail, readable);
	assert_string_equal(mapping->declared, "r--s");
	assert_int_equal(mapping->present, 1);
	assert_true(mapping->may & SHMG_MAY_WRITE); /* its descriptor is writable */
	if (locked) {
		mapping = mapping_at(detail, readable + 7 * page);
		assert_true(mapping->enforced & SHMG_PROTECTION_LOCKED);
		assert_int_equal(mapping->pages, 1);
		assert_int_equal(mapping->present, 1);
		/* What locks memory is bound by RLIMIT_MEMLOCK. */
		bool found = false;
		SHMG_FOREACH(limit, &detail->limits.rows)
			found = found || (strcmp(limit->name, "RLIMIT_MEMLOCK") == 0 && limit->limit == 65536);
		assert_true(found);
	}
	assert_int_equal(detail->holders.count, 1);
	assert_int_equal(detail->holders.items[0].writes, SHMG_WRITES_NOW);
	assert_true(detail->holders.items[0].ways & SHMG_WAY_MPROTECT);
	assert_true(has_coverage(detail, "CONFIG_MEM_SOFT_DIRTY") == !support.soft_dirty);
	shmg_detail_free(&detail);
	shmg_facts_free(&facts);
	(void)munmap(writable, PAGES * page);
	(void)munmap(readable, PAGES * page);
}

/* Mapped read-only and then sealed: neither mprotect nor the descriptor helps. */
static void a_sealed_object(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct shmg_detail *detail;
	SHMG_AUTO_FD fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	char *memory = mmap(NULL, page, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(memory != MAP_FAILED);
	assert_int_equal(mprotect(memory, page, PROT_READ | PROT_WRITE), -1);
	struct shmg_facts *facts = make_facts(fd, SHMG_ACCESS_READ | SHMG_ACCESS_SHARED | SHMG_ACCESS_FD_WRITE);
	assert_int_equal(shmg_detail_object(facts, 0, true, &detail), 0);
	assert_false(mapping_at(detail, memory)->may & SHMG_MAY_WRITE);
	assert_int_equal(detail->holders.items[0].writes, SHMG_WRITES_SEALED);
	assert_true(detail->holders.items[0].ways & SHMG_WAY_DESCRIPTOR);
	shmg_detail_free(&detail);
	shmg_facts_free(&facts);
	(void)munmap(memory, page);
}

/* Another process has the pid by now: nothing of it is shown as the old one's. */
static void a_reused_pid(void **state)
{
	SHMG_AUTO_FD fd = memfd_create("reused", MFD_CLOEXEC);
	struct shmg_facts *facts = make_facts(fd, SHMG_ACCESS_READ | SHMG_ACCESS_SHARED);
	struct shmg_detail *detail;

	(void)state;
	facts->processes.items[0].start_ticks++;
	assert_int_equal(shmg_detail_process(facts, 0, true, &detail), 0);
	assert_int_equal(detail->mappings.count, 0);
	assert_true(has_coverage(detail, "ended during the look"));
	shmg_detail_free(&detail);
	shmg_facts_free(&facts);
}

/* From a snapshot nothing is read here, and it says so. */
static void facts_only(void **state)
{
	SHMG_AUTO_FD fd = memfd_create("snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct shmg_facts *facts = make_facts(fd, SHMG_ACCESS_READ | SHMG_ACCESS_WRITE | SHMG_ACCESS_SHARED);
	struct shmg_detail *detail;

	(void)state;
	assert_int_equal(shmg_detail_object(facts, 0, false, &detail), 0);
	assert_int_equal(detail->mappings.count, 0);
	assert_int_equal(detail->holders.items[0].writes, SHMG_WRITES_NOW);
	assert_true(has_coverage(detail, "not in a snapshot"));
	shmg_detail_free(&detail);
	shmg_facts_free(&facts);
}

/* Of a process: what it shares, and what it may both write and execute; nothing else. */
static void a_process_in_depth(void **state)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	SHMG_AUTO_FD fd = memfd_create("process", MFD_CLOEXEC);
	struct shmg_detail *detail;

	(void)state;
	assert_int_equal(ftruncate(fd, (off_t)page), 0);
	char *shared = mmap(NULL, page, PROT_NONE, MAP_SHARED, fd, 0);
	char *both = mmap(NULL, page, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED && both != MAP_FAILED);
	struct shmg_facts *facts = make_facts(fd, SHMG_ACCESS_SHARED);
	assert_int_equal(shmg_detail_process(facts, 0, true, &detail), 0);
	const struct shmg_mapping *mapping = mapping_at(detail, shared);
	assert_int_equal(mapping->enforced, SHMG_PROTECTION_SHARED);
	mapping = mapping_at(detail, both);
	assert_string_equal(mapping->declared, "rwxp");
	assert_int_equal(mapping->object, SHMG_U32_UNKNOWN);
	SHMG_FOREACH(each, &detail->mappings)
		assert_true(each->declared[3] == 's' || strcmp(each->declared, "rwxp") == 0);
	shmg_detail_free(&detail);
	shmg_facts_free(&facts);
	(void)munmap(shared, page);
	(void)munmap(both, page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_object_in_depth), cmocka_unit_test(a_sealed_object),
		cmocka_unit_test(a_reused_pid),       cmocka_unit_test(facts_only),
		cmocka_unit_test(a_process_in_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
