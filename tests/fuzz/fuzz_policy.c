/* SPDX-License-Identifier: MIT */
/* Any bytes as a policy file: an error that says where, or a policy that holds what it promises. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "policy/parse.h"
#include "tests/fuzz/fuzz.h"

/* No look-ups on this machine: the same input must give the same answer everywhere. */
static int find_account(const char *name, uint32_t *ret_id)
{
	if (*name == 'n')
		return -ENOENT;
	*ret_id = (uint32_t)strlen(name);
	return 0;
}

static bool is_check(const char *id)
{
	return strncmp(id, "SHM-", 4) == 0;
}

static void inspect_error(int code, const struct shmg_error *error)
{
	size_t length = strlen(error->message);

	REQUIRE(code == -EINVAL && error->code == code);
	REQUIRE(strncmp(error->where, "policy.ini", 10) == 0);
	REQUIRE(length > 0);
	/* Words of the file that a message repeats must not reach a terminal as controls. */
	for (size_t i = 0; i < length; i++)
		REQUIRE((unsigned char)error->message[i] >= 0x20 || error->message[i] == '\t');
}

static void inspect_policy(const struct shmg_policy *policy)
{
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++)
		REQUIRE(policy->parameters[i] >= shmg_policy_parameters[i].minimum &&
			policy->parameters[i] <= shmg_policy_parameters[i].maximum);
	SHMG_FOREACH(allow, &policy->allows)
	{
		REQUIRE(*allow->name && *allow->object && *allow->reason);
		REQUIRE(strncmp(allow->source, "policy.ini:", 11) == 0);
		REQUIRE(allow->mode == SHMG_U32_UNKNOWN || allow->mode <= 07777);
		SHMG_FOREACH(owner, &allow->owners)
		REQUIRE(*owner != SHMG_U32_UNKNOWN);
		SHMG_FOREACH(user, &allow->users)
		REQUIRE(*user != SHMG_U32_UNKNOWN);
		SHMG_FOREACH(check, &allow->checks)
		REQUIRE(is_check(*check));
	}
	SHMG_FOREACH(check, &policy->checks)
	{
		REQUIRE(check->enabled || *check->reason);
		REQUIRE(shmg_policy_find_check(policy, check->id) == check);
	}
}

/* What an exception forbids never passes through that exception. */
static void inspect_match(const struct shmg_policy *policy)
{
	struct shmg_policy_question question = { .check = "SHM-OBJ-001",
						 .ident = "memfd:\xff\x1b[#1",
						 .name = "\xff\x1b[",
						 .owner = 4,
						 .mode = 0666,
						 .user = SHMG_U32_UNKNOWN };

	const struct shmg_policy_allow *allow = shmg_policy_match(policy, &question);
	if (!allow)
		return;
	REQUIRE(allow->users.count == 0);
	REQUIRE(allow->mode == SHMG_U32_UNKNOWN || (allow->mode & 0666) == 0666);
	SHMG_FOREACH(earlier, &policy->allows)
	{
		if (earlier == allow)
			break;
		REQUIRE(earlier->owners.count || earlier->users.count || earlier->checks.count ||
			earlier->mode != SHMG_U32_UNKNOWN || strcmp(earlier->object, "*") != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	int code = shmg_policy_read(&(struct shmg_policy_source){ .name = "policy.ini",
								  .text = (const char *)data,
								  .length = size,
								  .is_check = is_check,
								  .find_user = find_account,
								  .find_group = find_account },
				    &policy, &error);
	if (code < 0) {
		inspect_error(code, &error);
		REQUIRE(!policy);
		return 0;
	}
	REQUIRE(error.code == 0 && !*error.message);
	inspect_policy(policy);
	inspect_match(policy);
	return 0;
}
