/* SPDX-License-Identifier: MIT */
/* Whom the exceptions of a policy let pass. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "policy/policy.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct shmg_policy *read_good(const char *text)
{
	struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	if (shmg_policy_parse("policy.ini", text, NULL, &policy, &error) < 0)
		fail_msg("%s: %s: %s", text, error.where, error.message);
	return policy;
}

static const char *match(const struct shmg_policy *policy, struct shmg_policy_question question)
{
	const struct shmg_policy_allow *allow = shmg_policy_match(policy, &question);
	return allow ? allow->name : NULL;
}

/* A check asks about an object itself, not about a holder. */
static const struct shmg_policy_question asked = {
	.check = "SHM-OBJ-001", .ident = "/app-1", .name = "/app-1", .owner = 33, .mode = 0600, .user = SHMG_U32_UNKNOWN
};

/* The same question with some of `q` changed. */
#define ASK(policy, ...)                                                                                               \
	({                                                                                                             \
		struct shmg_policy_question q = asked;                                                                 \
		__VA_ARGS__;                                                                                           \
		match(policy, q);                                                                                      \
	})

static void assert_allows(const char *found, const char *wanted)
{
	if (strcmp(found ? found : "nothing", wanted ? wanted : "nothing") != 0)
		fail_msg("%s allows it, not %s", found ? found : "nothing", wanted ? wanted : "nothing");
}

static void test_match_pattern(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *ident, *name;
		bool matches;
	} cases[] = {
		{ "/app-*", "/app-1", "/app-1", true },
		{ "/app-*", "/app-", "/app-", true },
		{ "/app-*", "/app-1/deep", NULL, true },
		{ "/app-*", "x/app-1", NULL, false },
		{ "/app-?", "/app-12", "/app-12", false },
		{ "/app-[0-9]", "/app-7", NULL, true },
		{ "/app-[!0-9]", "/app-7", NULL, false },
		{ "/app-\\*", "/app-*", NULL, true },
		{ "/app-\\*", "/app-1", NULL, false },
		{ "memfd:gl#*", "memfd:gl#17", "gl", true },
		{ "gl", "memfd:gl#17", "gl", true },
		{ "gl", "memfd:gl#17", NULL, false },
		{ "sysv:*", "sysv:32768", NULL, true },
		{ "*", NULL, NULL, false },
		{ "/\xc3\xa9*", "/\xc3\xa9\xff\x1b", NULL, true },
		{ "/.hidden*", "/.hidden", NULL, true },
		{ "/*", "/.hidden", NULL, true },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "[allow it]\nobject = %s\nreason = why\n", cases[i].pattern);
		SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = read_good(text);
		const char *found = match(policy, (struct shmg_policy_question){ .check = "SHM-OBJ-001",
										 .ident = cases[i].ident,
										 .name = cases[i].name,
										 .owner = SHMG_U32_UNKNOWN,
										 .mode = SHMG_U32_UNKNOWN,
										 .user = SHMG_U32_UNKNOWN });
		if ((found != NULL) != cases[i].matches)
			fail_msg("%s against %s", cases[i].pattern, cases[i].ident ? cases[i].ident : "nothing");
	}
}

static void test_match_owner(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[allow it]\nobject = *\nreason = why\nowner = 33, 0\n");

	assert_allows(ASK(policy), "it");
	assert_allows(ASK(policy, q.owner = 0), "it");
	assert_allows(ASK(policy, q.owner = 70), NULL);
	assert_allows(ASK(policy, q.owner = SHMG_U32_UNKNOWN), NULL);
}

static void test_match_mode(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[allow it]\nobject = *\nreason = why\nmode = 0660\n");
	static const struct {
		uint32_t mode;
		bool matches;
	} cases[] = { { 0, true },
		      { 0600, true },
		      { 0060, true },
		      { 0660, true },
		      { 0440, true },
		      { 0666, false },
		      { 0602, false },
		      { 0670, false },
		      { 04600, false },
		      { 0001, false },
		      { SHMG_U32_UNKNOWN, false } };

	for (size_t i = 0; i < COUNT(cases); i++)
		assert_int_equal(ASK(policy, q.mode = cases[i].mode) != NULL, cases[i].matches);
}

static void test_match_user(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[allow it]\nobject = *\nreason = why\nusers = 33, 1001\n");

	assert_allows(ASK(policy, q.user = 1001), "it");
	assert_allows(ASK(policy, q.user = 70), NULL);
	/* A question that is not about a holder is none for an exception that names holders. */
	assert_allows(ASK(policy), NULL);
}

static void test_match_check(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy =
		read_good("[allow it]\nobject = *\nreason = why\nchecks = SHM-OBJ-001, SHM-MAP-002\n");

	assert_allows(ASK(policy), "it");
	assert_allows(ASK(policy, q.check = "SHM-MAP-002"), "it");
	assert_allows(ASK(policy, q.check = "SHM-OBJ-002"), NULL);
	assert_allows(ASK(policy, q.check = "SHM-OBJ-0010"), NULL);
}

static void test_match_first(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[allow narrow]\nobject = /app-1\nowner = 70\nreason = why\n"
					       "[allow wide]\nobject = /app-*\nreason = why\n"
					       "[allow wider]\nobject = *\nreason = why\n");

	assert_allows(ASK(policy, q.owner = 70), "narrow");
	assert_allows(ASK(policy), "wide");
	assert_allows(ASK(policy, q.ident = "/b", q.name = "/b"), "wider");

	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *none = shmg_policy_new();
	assert_allows(ASK(none), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match_pattern), cmocka_unit_test(test_match_owner),
		cmocka_unit_test(test_match_mode),    cmocka_unit_test(test_match_user),
		cmocka_unit_test(test_match_check),   cmocka_unit_test(test_match_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
