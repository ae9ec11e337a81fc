/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "facts/detail.h"
#include "facts/smaps.h"
#include "lib/base/cleanup.h"

#define MAPPINGS_MAX 16

struct seen {
	struct shmg_vma vmas[MAPPINGS_MAX];
	char names[MAPPINGS_MAX][256];
	size_t count;
	uint64_t only_inode; /* 0: all */
	int answer;
};

static bool wants(void *context, const struct shmg_vma *vma)
{
	const struct seen *seen = context;
	return !seen->only_inode || seen->only_inode == vma->ino;
}

static int visit(void *context, const struct shmg_vma *vma)
{
	struct seen *seen = context;

	assert_true(seen->count < MAPPINGS_MAX);
	seen->vmas[seen->count] = *vma;
	strncpy(seen->names[seen->count], vma->name, sizeof seen->names[0] - 1);
	seen->vmas[seen->count].name = seen->names[seen->count];
	seen->count++;
	return seen->answer;
}

static int parse(const char *text, struct seen *seen)
{
	const struct shmg_smaps_visitor visitor = { wants, visit, seen };
	return shmg_smaps_parse(text, strlen(text), &visitor);
}

/* From a machine with protection keys: a keyed memfd, locked and with huge pages. */
static const char keyed[] =
	"7f0000000000-7f0000400000 rw-s 00001000 00:01 1046                       /memfd:a\\012b c (deleted)\n"
	"Size:               4096 kB\n"
	"KernelPageSize:        4 kB\n"
	"MMUPageSize:           4 kB\n"
	"Rss:                2052 kB\n"
	"Pss:                2052 kB\n"
	"Swap:                  8 kB\n"
	"SwapPss:               4 kB\n"
	"AnonHugePages:         0 kB\n"
	"ShmemPmdMapped:     2048 kB\n"
	"FilePmdMapped:         0 kB\n"
	"Locked:             2052 kB\n"
	"THPeligible:           1\n"
	"ProtectionKey:         5\n"
	"VmFlags: rd wr sh mr mw me ms lo sd \n";

static const char host[] =
	"560000000000-560000002000 r-xp 00000000 fe:00 247498                     /usr/bin/cat\n"
	"Rss:                   8 kB\n"
	"VmFlags: rd ex mr mw me \n"
	"7e0000000000-7e0000200000 r--s 00000000 00:0f 77                         /anon_hugepage (deleted)\n"
	"KernelPageSize:     2048 kB\n"
	"MMUPageSize:        2048 kB\n"
	"Rss:                   0 kB\n"
	"Shared_Hugetlb:     2048 kB\n"
	"Private_Hugetlb:       0 kB\n"
	"VmFlags: rd mr mw me ms de ht sl \n"
	"7fff00000000-7fff00021000 rw-p 00000000 00:00 0                          [stack]\n"
	"VmFlags: rd wr mr mw me gd ac \n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
	"VmFlags: ex \n";

static void values_of_a_mapping(void **state)
{
	struct seen seen = { .count = 0 };

	(void)state;
	assert_int_equal(parse(keyed, &seen), 0);
	assert_int_equal(seen.count, 1);
	const struct shmg_vma *vma = &seen.vmas[0];
	assert_true(vma->start == 0x7f0000000000 && vma->end == 0x7f0000400000 && vma->offset == 0x1000);
	assert_true(vma->dev == makedev(0, 1) && vma->ino == 1046);
	assert_string_equal(vma->name, "/memfd:a\\012b c (deleted)");
	assert_int_equal(vma->permissions, SHMG_VMA_READ | SHMG_VMA_WRITE | SHMG_VMA_SHARED);
	assert_int_equal(vma->page_size, 4096);
	assert_int_equal(vma->resident, 2052 * 1024);
	assert_int_equal(vma->swapped, 8 * 1024);
	assert_int_equal(vma->locked, 2052 * 1024);
	assert_int_equal(vma->huge, 2048 * 1024);
	assert_int_equal(vma->protection_key, 5);
	assert_int_equal(vma->flags, SHMG_VMA_MAY_READ | SHMG_VMA_MAY_WRITE | SHMG_VMA_MAY_EXECUTE | SHMG_VMA_LOCKED |
					     SHMG_VMA_SOFT_DIRTY);
	assert_int_equal(shmg_vma_enforced(vma), SHMG_PROTECTION_READ | SHMG_PROTECTION_WRITE | SHMG_PROTECTION_USER |
							 SHMG_PROTECTION_SHARED | SHMG_PROTECTION_LOCKED |
							 SHMG_PROTECTION_HUGE | SHMG_PROTECTION_KEYED);
}

static void many_mappings(void **state)
{
	struct seen seen = { .count = 0 };

	(void)state;
	assert_int_equal(parse(host, &seen), 0);
	assert_int_equal(seen.count, 4);
	assert_int_equal(shmg_vma_enforced(&seen.vmas[0]),
			 SHMG_PROTECTION_READ | SHMG_PROTECTION_EXECUTE | SHMG_PROTECTION_USER);
	assert_int_equal(seen.vmas[0].protection_key, SHMG_U32_UNKNOWN);
	assert_int_equal(seen.vmas[1].huge, 2048 * 1024);
	assert_true(seen.vmas[1].flags & SHMG_VMA_HUGETLB);
	assert_true(seen.vmas[1].flags & SHMG_VMA_MSEALED);
	assert_int_equal(shmg_vma_enforced(&seen.vmas[1]),
			 SHMG_PROTECTION_READ | SHMG_PROTECTION_USER | SHMG_PROTECTION_SHARED | SHMG_PROTECTION_HUGE);
	assert_int_equal(seen.vmas[2].resident, SHMG_U64_UNKNOWN);
	/* The one page that user code may call into but not touch. */
	assert_true(seen.vmas[3].start == 0xffffffffff600000);
	assert_false(shmg_vma_enforced(&seen.vmas[3]) & SHMG_PROTECTION_USER);
}

static void protection_enforced(void **state)
{
	static const struct {
		uint32_t permissions;
		uint32_t key;
		uint32_t enforced;
	} rows[] = {
		{ 0, 0, 0 },
		{ SHMG_VMA_WRITE, 0, SHMG_PROTECTION_READ | SHMG_PROTECTION_WRITE | SHMG_PROTECTION_USER },
		{ SHMG_VMA_SHARED, 3, SHMG_PROTECTION_SHARED },
#if defined(__x86_64__)
		{ SHMG_VMA_EXECUTE, 0, SHMG_PROTECTION_READ | SHMG_PROTECTION_EXECUTE | SHMG_PROTECTION_USER },
		{ SHMG_VMA_EXECUTE, 1,
		  SHMG_PROTECTION_READ | SHMG_PROTECTION_EXECUTE | SHMG_PROTECTION_USER | SHMG_PROTECTION_KEYED },
#endif
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct shmg_vma vma = { .permissions = rows[i].permissions,
					      .protection_key = rows[i].key,
					      .flags = SHMG_U32_UNKNOWN,
					      .huge = SHMG_U64_UNKNOWN,
					      .name = "" };
		assert_int_equal(shmg_vma_enforced(&vma), rows[i].enforced);
	}
}

/* What nobody wants is skipped, its values with it. */
static void unwanted_mappings(void **state)
{
	struct seen seen = { .only_inode = 77 };

	(void)state;
	assert_int_equal(parse(host, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_string_equal(seen.vmas[0].name, "/anon_hugepage (deleted)");
	assert_int_equal(seen.vmas[0].resident, 0);
}

static void heading_lines_only(void **state)
{
	struct seen seen = { .count = 0 };

	(void)state;
	assert_int_equal(parse("1000-2000 rw-s 00000000 00:01 5 /SYSV00000000 (deleted)\n"
			       "3000-4000 ---p 00000000 00:00 0 \n",
			       &seen),
			 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.vmas[0].flags, SHMG_U32_UNKNOWN);
	assert_string_equal(seen.vmas[1].name, "");
}

static void broken_lines(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"zzz\n",
		"1000\n",
		"1000-\n",
		"1000-2000 rw\n",
		"2000-1000 rw-s 00000000 00:01 5 /x\n",
		"1000-2000 rw-s 00000000 00:01 99999999999999999999999 /x\n",
		"11111111111111111-2000 rw-s 00000000 00:01 5 /x\n",
		"Rss: 5 kB\nVmFlags: rd\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct seen seen = { .count = 0 };
		assert_int_equal(parse(texts[i], &seen), 0);
		assert_int_equal(seen.count, 0);
	}
}

static void the_visitor_ends_it(void **state)
{
	struct seen seen = { .answer = -ENOMEM };

	(void)state;
	assert_int_equal(parse(host, &seen), -ENOMEM);
	assert_int_equal(seen.count, 1);
}

/* Through a pipe in odd pieces: lines are whole whatever read(2) returns. */
static void pieces(void **state)
{
	struct seen seen = { .count = 0 };
	const struct shmg_smaps_visitor visitor = { wants, visit, &seen };
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	SHMG_AUTO_FD reader = ends[0];
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (size_t at = 0; at < sizeof host - 1; at += 7) {
			size_t left = sizeof host - 1 - at;
			if (write(ends[1], host + at, left < 7 ? left : 7) < 0)
				_exit(1);
			usleep(10);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_int_equal(shmg_smaps_read(reader, &visitor), 0);
	assert_int_equal(seen.count, 4);
	assert_string_equal(seen.vmas[2].name, "[stack]");
}

static void mappings_of_objects(void **state)
{
	struct shmg_object object = { .kind = SHMG_KIND_MEMFD, .dev = makedev(0, 1), .ino = 5, .id = SHMG_U32_UNKNOWN };
	struct shmg_vma vma = { .dev = makedev(0, 1), .ino = 5, .name = "/memfd:x (deleted)" };

	(void)state;
	assert_true(shmg_vma_is_of(&vma, &object));
	vma.name = "/SYSV00000001 (deleted)"; /* shmid 5, not inode 5 */
	assert_false(shmg_vma_is_of(&vma, &object));
	object.kind = SHMG_KIND_SYSV;
	object.id = 5;
	assert_true(shmg_vma_is_of(&vma, &object));
	vma.ino = 6;
	assert_false(shmg_vma_is_of(&vma, &object));
	vma = (struct shmg_vma){ .dev = makedev(0, 2), .ino = 5, .name = "/dev/shm/x" };
	object.kind = SHMG_KIND_POSIX;
	assert_false(shmg_vma_is_of(&vma, &object));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_a_mapping), cmocka_unit_test(many_mappings),
		cmocka_unit_test(protection_enforced), cmocka_unit_test(unwanted_mappings),
		cmocka_unit_test(heading_lines_only),  cmocka_unit_test(broken_lines),
		cmocka_unit_test(the_visitor_ends_it), cmocka_unit_test(pieces),
		cmocka_unit_test(mappings_of_objects),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
