/* SPDX-License-Identifier: MIT */
/* Who can write: one row a case. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <linux/capability.h>

#include "facts/holder.h"

#define UNKNOWN SHMG_U8_UNKNOWN
#define NO_SEALS 0u

struct row {
	const char *name;
	uint8_t kind;
	uint32_t mode, seals, access;
	uint32_t uid, gid, group; /* of the process; the object is 100:200 */
	uint64_t capabilities;
	uint8_t capabilities_count, may_mprotect, reachable;
	uint8_t writes;
	uint32_t ways;
};

#define SHARED_READ (SHMG_ACCESS_READ | SHMG_ACCESS_SHARED)
#define SHARED_WRITE (SHARED_READ | SHMG_ACCESS_WRITE)

static const struct row rows[] = {
	{ "maps it writable", SHMG_KIND_POSIX, 0600, SHMG_U32_UNKNOWN, SHARED_WRITE, 7, 7, 7, 0, 1, 0, 1,
	  SHMG_WRITES_NOW, SHMG_WAY_MAPPING },
	{ "reads, and no more", SHMG_KIND_POSIX, 0644, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 7, 0, 1, 0, 1,
	  SHMG_WRITES_NO, 0 },
	{ "owner who reads", SHMG_KIND_POSIX, 0400, SHMG_U32_UNKNOWN, SHARED_READ, 100, 7, 7, 0, 1, 0, 1,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_OWNER },
	{ "owner's own bits count, not the others'", SHMG_KIND_POSIX, 0066, SHMG_U32_UNKNOWN, SHARED_READ, 100, 200, 7,
	  0, 1, 0, 1, SHMG_WRITES_POSSIBLE, SHMG_WAY_OWNER },
	{ "group by its first group", SHMG_KIND_POSIX, 0660, SHMG_U32_UNKNOWN, SHARED_READ, 7, 200, 7, 0, 1, 0, 1,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_MODE },
	{ "group by another group", SHMG_KIND_SYSV, 0660, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 200, 0, 1, 0, 1,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_MODE },
	{ "a member that the group's bits shut out", SHMG_KIND_POSIX, 0606, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 200, 0,
	  1, 0, 1, SHMG_WRITES_NO, 0 },
	{ "others", SHMG_KIND_POSIX, 0606, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 7, 0, 1, 0, 1, SHMG_WRITES_POSSIBLE,
	  SHMG_WAY_MODE },
	{ "root", SHMG_KIND_POSIX, 0600, SHMG_U32_UNKNOWN, SHARED_READ, 0, 0, 0, 1ull << CAP_DAC_OVERRIDE, 1, 0, 1,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_CAPABILITY },
	{ "uid 0 without capabilities", SHMG_KIND_POSIX, 0600, SHMG_U32_UNKNOWN, SHARED_READ, 0, 0, 0, 0, 1, 0, 1,
	  SHMG_WRITES_NO, 0 },
	{ "a file's capability opens no segment", SHMG_KIND_SYSV, 0600, SHMG_U32_UNKNOWN, SHARED_READ, 0, 0, 0,
	  1ull << CAP_DAC_OVERRIDE, 1, 0, 1, SHMG_WRITES_NO, 0 },
	{ "root of another user namespace", SHMG_KIND_POSIX, 0600, SHMG_U32_UNKNOWN, SHARED_READ, 0, 0, 0,
	  1ull << CAP_DAC_OVERRIDE, UNKNOWN, 0, 1, UNKNOWN, 0 },
	{ "mprotect", SHMG_KIND_ANONYMOUS, SHMG_U32_UNKNOWN, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 7, 0, 1, 1, 0,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_MPROTECT },
	{ "unseen flags of its mapping", SHMG_KIND_ANONYMOUS, SHMG_U32_UNKNOWN, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 7,
	  0, 1, UNKNOWN, 0, UNKNOWN, 0 },
	{ "descriptor", SHMG_KIND_MEMFD, 0600, NO_SEALS, SHMG_ACCESS_FD_WRITE, 7, 7, 7, 0, 1, 0, 1,
	  SHMG_WRITES_POSSIBLE, SHMG_WAY_DESCRIPTOR },
	{ "read-only descriptor of a memfd opens again for writing", SHMG_KIND_MEMFD, 0777, NO_SEALS, 0, 7, 7, 7, 0, 1,
	  0, 1, SHMG_WRITES_POSSIBLE, SHMG_WAY_MODE },
	{ "descriptor of a sealed memfd", SHMG_KIND_MEMFD, 0777, SHMG_SEAL_WRITE, SHMG_ACCESS_FD_WRITE, 7, 7, 7, 0, 1,
	  UNKNOWN, 1, SHMG_WRITES_SEALED, SHMG_WAY_DESCRIPTOR | SHMG_WAY_MODE },
	{ "future writes sealed, but mapped before", SHMG_KIND_MEMFD, 0777, SHMG_SEAL_FUTURE_WRITE, SHARED_WRITE, 7, 7,
	  7, 0, 1, 0, 1, SHMG_WRITES_NOW, SHMG_WAY_MAPPING },
	{ "future writes sealed", SHMG_KIND_MEMFD, 0777, SHMG_SEAL_FUTURE_WRITE, SHARED_READ | SHMG_ACCESS_FD_WRITE, 7,
	  7, 7, 0, 1, 0, 1, SHMG_WRITES_SEALED, SHMG_WAY_DESCRIPTOR | SHMG_WAY_MODE },
	{ "future writes sealed, unseen mapping", SHMG_KIND_MEMFD, 0777, SHMG_SEAL_FUTURE_WRITE, SHARED_READ, 7, 7, 7,
	  0, 1, UNKNOWN, 1, UNKNOWN, SHMG_WAY_MODE },
	{ "unseen seals", SHMG_KIND_MEMFD, 0777, SHMG_U32_UNKNOWN, SHMG_ACCESS_FD_WRITE, 7, 7, 7, 0, 1, 0, 1, UNKNOWN,
	  SHMG_WAY_DESCRIPTOR | SHMG_WAY_MODE },
	{ "unseen seals, but mapped writable", SHMG_KIND_MEMFD, 0777, SHMG_U32_UNKNOWN, SHARED_WRITE, 7, 7, 7, 0, 1, 0,
	  1, SHMG_WRITES_NOW, SHMG_WAY_MAPPING },
	{ "cannot reach it again", SHMG_KIND_POSIX, 0666, SHMG_U32_UNKNOWN, SHARED_READ, 100, 7, 7, 0, 1, 0, 0,
	  SHMG_WRITES_NO, 0 },
	{ "unknown whether it can", SHMG_KIND_POSIX, 0666, SHMG_U32_UNKNOWN, SHARED_READ, 7, 7, 7, 0, 1, 0, UNKNOWN,
	  UNKNOWN, 0 },
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		const struct shmg_object object = { .kind = row->kind,
						    .uid = 100,
						    .gid = 200,
						    .creator_uid = 100,
						    .mode = row->mode,
						    .seals = row->seals };
		const struct shmg_hold hold = { .access = row->access, .maps = 1 };
		const struct shmg_credentials credentials = {
			.capabilities = row->capabilities,
			.capabilities_count = row->capabilities_count,
			.euid = row->uid,
			.fsuid = row->uid,
			.egid = row->gid,
			.fsgid = row->gid,
			.groups = &row->group,
			.group_count = 1,
			.groups_known = true,
		};
		const struct shmg_access_question question = { &object, &hold, &credentials, row->may_mprotect,
							       row->reachable };
		struct shmg_holder holder = { .writes = 99 };

		shmg_holder_judge(&question, &holder);
		if (holder.writes != row->writes || holder.ways != row->ways)
			fail_msg("%s: writes %u not %u, ways %#x not %#x", row->name, holder.writes, row->writes,
				 holder.ways, row->ways);
		assert_non_null(holder.reason);
	}
}

static void unknown_groups(void **state)
{
	const struct shmg_object object = {
		.kind = SHMG_KIND_POSIX, .uid = 100, .gid = 200, .mode = 0660, .seals = SHMG_U32_UNKNOWN
	};
	const struct shmg_hold hold = { .access = SHARED_READ };
	const struct shmg_credentials credentials = { .euid = 7, .fsuid = 7, .egid = 7, .fsgid = 7 };
	const struct shmg_access_question question = { &object, &hold, &credentials, 0, 1 };
	struct shmg_holder holder = { .writes = 99 };

	(void)state;
	shmg_holder_judge(&question, &holder);
	assert_int_equal(holder.writes, SHMG_U8_UNKNOWN);
}

static void credentials_of_a_status(void **state)
{
	static const char status[] = "Name:\tx\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nFDSize:\t64\nGroups:\t10 20 30 \n"
				     "CapEff:\t000001ffffffffff\n";
	uint32_t groups[8];
	struct shmg_credentials credentials;

	(void)state;
	assert_int_equal(shmg_credentials_parse(status, groups, 8, &credentials), 0);
	assert_int_equal(credentials.euid, 2);
	assert_int_equal(credentials.fsuid, 4);
	assert_int_equal(credentials.egid, 6);
	assert_int_equal(credentials.fsgid, 8);
	assert_true(credentials.groups_known);
	assert_int_equal(credentials.group_count, 3);
	assert_int_equal(groups[2], 30);
	assert_true(credentials.capabilities == 0x1ffffffffff);

	assert_int_equal(shmg_credentials_parse(status, groups, 2, &credentials), 0);
	assert_false(credentials.groups_known);
	assert_int_equal(
		shmg_credentials_parse("Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t\n", groups, 8, &credentials), 0);
	assert_true(credentials.groups_known);
	assert_int_equal(credentials.group_count, 0);
	assert_true(credentials.capabilities == SHMG_U64_UNKNOWN);
	assert_int_equal(shmg_credentials_parse("Uid:\t1\t2\nGid:\t1\n", groups, 8, &credentials), -EINVAL);
	assert_int_equal(shmg_credentials_parse("", groups, 8, &credentials), -EINVAL);
}

/* The same bits have the same names wherever they are shown. */
static void words_of_access(void **state)
{
	const char *const *here = shmg_record_field(&shmg_holder_type, "access")->names;
	const char *const *there = shmg_record_field(&shmg_hold_type, "access")->names;

	(void)state;
	for (; *here && *there; here++, there++)
		assert_string_equal(*here, *there);
	assert_true(!*here && !*there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(unknown_groups),
		cmocka_unit_test(credentials_of_a_status),
		cmocka_unit_test(words_of_access),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
