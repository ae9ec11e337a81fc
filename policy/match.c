/* SPDX-License-Identifier: MIT */
/* Does the policy allow it? The first exception in the order of the file answers. */
#include <fnmatch.h>
#include <string.h>

#include "policy/policy.h"

static bool holds_id(const struct shmg_array *ids, uint32_t id)
{
	const uint32_t *items = ids->items;

	for (size_t i = 0; i < ids->count; i++)
		if (items[i] == id)
			return true;
	return false;
}

/* An empty list lets everybody pass; an unknown id passes no list that names anybody. */
static bool passes(const void *list, uint32_t id)
{
	const struct shmg_array *ids = list;
	return ids->count == 0 || (id != SHMG_U32_UNKNOWN && holds_id(ids, id));
}

static bool speaks_of_check(const struct shmg_policy_allow *allow, const char *check)
{
	if (allow->checks.count == 0)
		return true;
	SHMG_FOREACH(id, &allow->checks)
	if (check && strcmp(*id, check) == 0)
		return true;
	return false;
}

static bool speaks_of_object(const struct shmg_policy_allow *allow, const struct shmg_policy_question *question)
{
	return (question->ident && fnmatch(allow->object, question->ident, 0) == 0) ||
	       (question->name && fnmatch(allow->object, question->name, 0) == 0);
}

static bool allows_mode(const struct shmg_policy_allow *allow, uint32_t mode)
{
	if (allow->mode == SHMG_U32_UNKNOWN)
		return true;
	return mode != SHMG_U32_UNKNOWN && (mode & ~allow->mode) == 0;
}

const struct shmg_policy_allow *shmg_policy_match(const struct shmg_policy *policy,
						  const struct shmg_policy_question *question)
{
	/* The pattern comes last: it costs most. */
	SHMG_FOREACH(allow, &policy->allows)
	if (passes(&allow->owners, question->owner) && passes(&allow->users, question->user) &&
	    allows_mode(allow, question->mode) && speaks_of_check(allow, question->check) &&
	    speaks_of_object(allow, question))
		return allow;
	return NULL;
}

const struct shmg_policy_check *shmg_policy_find_check(const struct shmg_policy *policy, const char *id)
{
	SHMG_FOREACH(check, &policy->checks)
	if (strcmp(check->id, id) == 0)
		return check;
	return NULL;
}

bool shmg_policy_group_is_shared(const struct shmg_policy *policy, uint32_t gid)
{
	return policy->shared_groups.count && passes(&policy->shared_groups, gid);
}
