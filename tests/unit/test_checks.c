/* SPDX-License-Identifier: MIT */
/*
 * Every check of every family against two hosts of its own: tests/fixtures/checks/ID/fail.json, where it must find, and
 * pass.json, the nearest innocent host, where it must look and find nothing. A check that compares has since.json too.
 * A file `expect` beside them lists the findings on the first, in their order: the subject, and where it matters a tab
 * and the severity.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "lib/base/cleanup.h"
#include "report/report.h"

#define TARGETS_MAX 16

static void free_facts(struct shmg_facts **facts)
{
	shmg_facts_free(facts);
}

static void free_policy(struct shmg_policy **policy)
{
	shmg_policy_free(policy);
}

static void free_audit(struct shmg_audit **audit)
{
	shmg_audit_free(audit);
}

static struct shmg_facts *read_host(const char *id, const char *name)
{
	struct shmg_section_target targets[TARGETS_MAX];
	struct shmg_error error = { 0 };
	char path[512];
	struct shmg_facts *facts = shmg_facts_new();

	assert_non_null(facts);
	assert_true(shmg_facts_table_count <= TARGETS_MAX);
	shmg_array_clear(&facts->host);
	for (size_t i = 0; i < shmg_facts_table_count; i++)
		targets[i] = (struct shmg_section_target){
			.name = shmg_facts_tables[i].name,
			.type = shmg_facts_tables[i].type,
			.array = (struct shmg_array *)(void *)((char *)facts + shmg_facts_tables[i].offset),
		};
	(void)snprintf(path, sizeof path, "%s/checks/%s/%s.json", SHMG_FIXTURES, id, name);
	if (shmg_json_read(path, "snapshot", targets, shmg_facts_table_count, &facts->pool, &error) < 0)
		fail_msg("%s: %s", error.where, error.message);
	assert_int_equal(facts->host.count, 1);
	return facts;
}

static struct shmg_audit *run(const char *id, const struct shmg_facts *facts, const struct shmg_facts *since,
			      const struct shmg_policy *policy)
{
	const struct shmg_audit_options options = { .size = sizeof options, .only = &id, .only_count = 1 };
	struct shmg_audit *audit = NULL;

	assert_int_equal(shmg_audit_run(facts, since, policy, &options, &audit), 0);
	return audit;
}

static const struct shmg_result *result_of(const struct shmg_audit *audit, const char *id)
{
	SHMG_FOREACH(result, &audit->results)
		if (strcmp(result->check, id) == 0)
			return result;
	fail_msg("%s: no result", id);
	return NULL;
}

static void assert_expected(const struct shmg_audit *audit, const char *id)
{
	char path[512], line[512];
	size_t count = 0;

	(void)snprintf(path, sizeof path, "%s/checks/%s/expect", SHMG_FIXTURES, id);
	SHMG_AUTO_FILE file = fopen(path, "re");
	if (!file)
		return;
	for (; fgets(line, sizeof line, file); count++) {
		line[strcspn(line, "\n")] = '\0';
		char *severity = strchr(line, '\t');
		if (severity)
			*severity++ = '\0';
		if (count >= audit->findings.count)
			fail_msg("%s: nothing found about %s", id, line);
		const struct shmg_finding *finding = &audit->findings.items[count];
		assert_string_equal(finding->subject, line);
		if (severity)
			assert_string_equal(shmg_severity_names[finding->severity], severity);
	}
	if (count < audit->findings.count)
		fail_msg("%s: not expected: %s: %s", id, audit->findings.items[count].subject,
			 audit->findings.items[count].found);
}

static void assert_evidence(const struct shmg_audit *audit, const char *id)
{
	SHMG_FOREACH(finding, &audit->findings) {
		assert_string_equal(finding->check, id);
		assert_true(finding->subject && *finding->subject);
		assert_true(finding->expected && *finding->expected);
		assert_true(finding->found && *finding->found);
		assert_true(finding->where && *finding->where);
		assert_string_not_equal(finding->expected, finding->found);
	}
}

static void test_fail(void **state)
{
	const struct shmg_check *check = *state;
	SHMG_CLEANUP(free_policy) struct shmg_policy *policy = shmg_policy_new();
	SHMG_CLEANUP(free_facts) struct shmg_facts *facts = read_host(check->id, "fail");
	SHMG_CLEANUP(free_facts) struct shmg_facts *since = check->compares ? read_host(check->id, "since") : NULL;
	SHMG_CLEANUP(free_audit) struct shmg_audit *audit = run(check->id, facts, since, policy);
	const struct shmg_result *result = result_of(audit, check->id);

	if (result->outcome != SHMG_OUTCOME_FOUND)
		fail_msg("%s finds nothing on the host that fails: outcome %d: %s", check->id, result->outcome,
			 result->reason ? result->reason : "no reason");
	assert_true(result->findings >= 1);
	assert_int_equal(result->findings, audit->findings.count);
	assert_null(result->reason);
	assert_evidence(audit, check->id);
	assert_expected(audit, check->id);
}

static void test_pass(void **state)
{
	const struct shmg_check *check = *state;
	SHMG_CLEANUP(free_policy) struct shmg_policy *policy = shmg_policy_new();
	SHMG_CLEANUP(free_facts) struct shmg_facts *facts = read_host(check->id, "pass");
	SHMG_CLEANUP(free_facts) struct shmg_facts *since = check->compares ? read_host(check->id, "since") : NULL;
	SHMG_CLEANUP(free_audit) struct shmg_audit *audit = run(check->id, facts, since, policy);
	const struct shmg_result *result = result_of(audit, check->id);

	if (audit->findings.count)
		fail_msg("%s finds on the innocent host: %s: %s", check->id, audit->findings.items[0].subject,
			 audit->findings.items[0].found);
	if (result->outcome != SHMG_OUTCOME_PASSED)
		fail_msg("%s does not pass: outcome %d: %s", check->id, result->outcome,
			 result->reason ? result->reason : "no reason");
}

/* --- the rows --- */

static bool is_id(const char *id)
{
	static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", digits[] = "0123456789";

	return strlen(id) == strlen("SHM-AAA-000") && strncmp(id, "SHM-", 4) == 0 && strspn(id + 4, upper) == 3 &&
	       id[7] == '-' && strspn(id + 8, digits) == 3;
}

static char last_of(const char *text)
{
	return *text ? text[strlen(text) - 1] : '\0';
}

static void assert_sentences(const char *id, const char *what, const char *text)
{
	if (!text || !*text)
		fail_msg("%s: no %s", id, what);
	if (last_of(text) != '.')
		fail_msg("%s: %s does not end with a period: %s", id, what, text);
	if (strstr(text, "  ") || strchr(text, '\n'))
		fail_msg("%s: %s has stray blanks: %s", id, what, text);
}

static void test_rows_are_complete(void **state)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	(void)state;
	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		const struct shmg_check *check = checks[i];
		if (!check->id || !is_id(check->id))
			fail_msg("row %zu: not an id: %s", i, check->id ? check->id : "(none)");
		assert_true(check->family && *check->family);
		assert_true(check->title && *check->title);
		if (last_of(check->title) == '.')
			fail_msg("%s: a title ends with no period", check->id);
		assert_sentences(check->id, "why", check->why);
		assert_sentences(check->id, "fix", check->fix);
		assert_sentences(check->id, "breaks", check->breaks);
		assert_true(check->references && *check->references);
		if (strchr(".; ", last_of(check->references)))
			fail_msg("%s: references end with '%c'", check->id, last_of(check->references));
		assert_true(check->severity >= SHMG_SEVERITY_INFO && check->severity <= SHMG_SEVERITY_CRITICAL);
		assert_int_equal(check->needs & ~(unsigned)SHMG_WANT_ALL, 0);
		assert_non_null(check->probe);
		for (size_t p = 0; check->parameters && check->parameters[p] != SHMG_PARAMETER_COUNT; p++)
			assert_true(p < SHMG_PARAMETER_COUNT && check->parameters[p] < SHMG_PARAMETER_COUNT);
	}
}

/* Ids are unique, and a family and its three letters are one. */
static void test_ids_are_unique(void **state)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			if (strcmp(checks[i]->id, checks[j]->id) == 0)
				fail_msg("two checks are %s", checks[i]->id);
			if (strcmp(checks[i]->title, checks[j]->title) == 0)
				fail_msg("%s and %s have one title", checks[j]->id, checks[i]->id);
			bool letters = strncmp(checks[i]->id, checks[j]->id, strlen("SHM-AAA")) == 0;
			bool family = strcmp(checks[i]->family, checks[j]->family) == 0;
			if (letters != family)
				fail_msg("%s and %s: letters and family disagree", checks[j]->id, checks[i]->id);
		}
}

int main(void)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);
	SHMG_AUTO_FREE struct CMUnitTest *tests = calloc(count * 2 + 2, sizeof *tests);
	SHMG_AUTO_FREE char(*names)[24] = calloc(count * 2, sizeof *names);

	if (!tests || !names)
		return 1;
	for (size_t i = 0; i < count; i++) {
		void *check = (void *)(uintptr_t)checks[i]; /* cmocka's state is not const */
		(void)snprintf(names[2 * i], sizeof *names, "%s fails", checks[i]->id);
		(void)snprintf(names[2 * i + 1], sizeof *names, "%s passes", checks[i]->id);
		tests[2 * i] = (struct CMUnitTest){ names[2 * i], test_fail, NULL, NULL, check };
		tests[2 * i + 1] = (struct CMUnitTest){ names[2 * i + 1], test_pass, NULL, NULL, check };
	}
	tests[2 * count] = (struct CMUnitTest)cmocka_unit_test(test_rows_are_complete);
	tests[2 * count + 1] = (struct CMUnitTest)cmocka_unit_test(test_ids_are_unique);
	return _cmocka_run_group_tests("checks", tests, count * 2 + 2, NULL, NULL);
}
