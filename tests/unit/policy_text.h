/* SPDX-License-Identifier: MIT */
/* Policies from text, on a machine with known users, groups and checks, for the tests of the policy room. */
#ifndef SHMG_TESTS_UNIT_POLICY_TEXT_H
#define SHMG_TESTS_UNIT_POLICY_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "policy/parse.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* --- a machine with known users, groups and checks --- */

struct account {
	const char *name;
	uint32_t id;
};

static inline int find_account(const struct account *accounts, size_t count, const char *name, uint32_t *ret_id)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(accounts[i].name, name) == 0) {
			*ret_id = accounts[i].id;
			return 0;
		}
	}
	return strcmp(name, "unreachable") == 0 ? -EIO : -ENOENT;
}

static inline int find_user(const char *name, uint32_t *ret_uid)
{
	static const struct account users[] = {
		{ "root", 0 }, { "postgres", 70 }, { "web", 33 }, { "batch", 1001 }, { "ros", 1000 }
	};
	return find_account(users, COUNT(users), name, ret_uid);
}

static inline int find_group(const char *name, uint32_t *ret_gid)
{
	static const struct account groups[] = { { "root", 0 }, { "video", 44 }, { "render", 105 } };
	return find_account(groups, COUNT(groups), name, ret_gid);
}

static inline bool is_check(const char *id)
{
	return strncmp(id, "SHM-OBJ-0", 9) == 0 || strncmp(id, "SHM-MAP-0", 9) == 0 || strncmp(id, "SHM-MNT-0", 9) == 0;
}

static inline int read_bytes(const char *text, size_t length, struct shmg_policy **ret_policy, struct shmg_error *error)
{
	return shmg_policy_read(&(struct shmg_policy_source){ .name = "policy.ini",
							      .text = text,
							      .length = length,
							      .is_check = is_check,
							      .find_user = find_user,
							      .find_group = find_group },
				ret_policy, error);
}

/* A policy that must be accepted. */
static inline struct shmg_policy *read_good(const char *text)
{
	struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	int code = read_bytes(text, strlen(text), &policy, &error);
	if (code < 0)
		fail_msg("%s: %s: %s", text, error.where, error.message);
	assert_non_null(policy);
	return policy;
}

/* A policy that must be refused, at this line and in words that hold `fragment`. */
static inline void refuse_bytes(const char *text, size_t length, unsigned line, const char *fragment)
{
	struct shmg_policy *untouched = (void *)&length, *policy = untouched;
	struct shmg_error error = { 0 };
	char where[32];

	(void)snprintf(where, sizeof where, "policy.ini:%u", line);
	int code = read_bytes(text, length, &policy, &error);
	if (code != -EINVAL || strcmp(error.where, where) != 0 || !strstr(error.message, fragment))
		fail_msg("wanted %s \"%s\", got %d %s \"%s\" for:\n%s", where, fragment, code, error.where,
			 error.message, text);
	assert_int_equal(error.code, -EINVAL);
	assert_ptr_equal(policy, untouched);
	assert_int_equal(read_bytes(text, length, &policy, NULL), -EINVAL);
}

static inline void refuse(const char *text, unsigned line, const char *fragment)
{
	refuse_bytes(text, strlen(text), line, fragment);
}

#endif
