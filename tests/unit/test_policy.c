/* SPDX-License-Identifier: MIT */
/* The policy: what it may say, and what it must not. */
#include "tests/unit/policy_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "lib/base/cleanup.h"
#include "policy/parse.h"
#include "policy/value.h"

/* --- defaults and thresholds --- */

static void test_defaults(void **state)
{
	(void)state;
	static const uint64_t defaults[SHMG_PARAMETER_COUNT] = {
		[SHMG_PARAMETER_USAGE_PERCENT] = 80,
		[SHMG_PARAMETER_ORPHANS] = 10,
		[SHMG_PARAMETER_ORPHAN_AGE] = 600,
		[SHMG_PARAMETER_ORPHAN_GROWTH] = 1,
		[SHMG_PARAMETER_PROCESS_GROWTH_PERCENT] = 50,
		[SHMG_PARAMETER_PROCESS_GROWTH_BYTES] = 67108864,
		[SHMG_PARAMETER_TINY_SEGMENTS] = 1000,
		[SHMG_PARAMETER_TINY_BYTES] = 4096,
		[SHMG_PARAMETER_SEGMENT_RAM_PERCENT] = 50,
		[SHMG_PARAMETER_KERNEL_RESERVE_PERCENT] = 10,
		[SHMG_PARAMETER_TEMPERATURE] = 85000,
		[SHMG_PARAMETER_CORRECTED_ERRORS] = 1,
		[SHMG_PARAMETER_SHARED_GROUP_SIZE] = 2,
	};
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *built_in = shmg_policy_new();
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *empty = read_good("");

	assert_memory_equal(built_in->parameters, defaults, sizeof defaults);
	assert_memory_equal(empty->parameters, defaults, sizeof defaults);
	assert_int_equal(empty->allows.count + empty->checks.count + empty->shared_groups.count, 0);
}

static void test_parameter_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++) {
		const struct shmg_policy_parameter *row = &shmg_policy_parameters[i];
		assert_non_null(row->name);
		assert_true(row->minimum <= row->value && row->value <= row->maximum);
		assert_true(strlen(row->help) > 10);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(row->name, shmg_policy_parameters[j].name);
	}
}

static void test_thresholds(void **state)
{
	(void)state;
	static const struct {
		const char *line;
		enum shmg_parameter parameter;
		uint64_t value;
	} cases[] = {
		{ "usage-percent = 90", SHMG_PARAMETER_USAGE_PERCENT, 90 },
		{ "usage-percent=90%", SHMG_PARAMETER_USAGE_PERCENT, 90 },
		{ "usage-percent : 90 ; a comment", SHMG_PARAMETER_USAGE_PERCENT, 90 },
		{ "usage-percent = 1", SHMG_PARAMETER_USAGE_PERCENT, 1 },
		{ "usage-percent = 100", SHMG_PARAMETER_USAGE_PERCENT, 100 },
		{ "orphans = 0", SHMG_PARAMETER_ORPHANS, 0 },
		{ "orphan-age = 90", SHMG_PARAMETER_ORPHAN_AGE, 90 },
		{ "orphan-age = 90s", SHMG_PARAMETER_ORPHAN_AGE, 90 },
		{ "orphan-age = 90m", SHMG_PARAMETER_ORPHAN_AGE, 5400 },
		{ "orphan-age = 2h", SHMG_PARAMETER_ORPHAN_AGE, 7200 },
		{ "orphan-age = 3d", SHMG_PARAMETER_ORPHAN_AGE, 259200 },
		{ "process-growth-bytes = 5", SHMG_PARAMETER_PROCESS_GROWTH_BYTES, 5 },
		{ "process-growth-bytes = 5K", SHMG_PARAMETER_PROCESS_GROWTH_BYTES, 5120 },
		{ "process-growth-bytes = 5M", SHMG_PARAMETER_PROCESS_GROWTH_BYTES, 5242880 },
		{ "process-growth-bytes = 5G", SHMG_PARAMETER_PROCESS_GROWTH_BYTES, 5368709120 },
		{ "process-growth-bytes = 5T", SHMG_PARAMETER_PROCESS_GROWTH_BYTES, 5497558138880 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "[thresholds]\n%s\n", cases[i].line);
		SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = read_good(text);
		assert_int_equal(policy->parameters[cases[i].parameter], cases[i].value);
	}
}

static void test_every_threshold_has_its_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++) {
		const struct shmg_policy_parameter *row = &shmg_policy_parameters[i];
		char text[128];

		(void)snprintf(text, sizeof text, "[thresholds]\n%s = %llu\n", row->name,
			       (unsigned long long)row->maximum);
		SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = read_good(text);
		assert_int_equal(policy->parameters[i], row->maximum);

		(void)snprintf(text, sizeof text, "[thresholds]\n%s = %llu\n", row->name,
			       (unsigned long long)row->maximum + 1);
		refuse(text, 2, row->name);
		if (row->minimum) {
			(void)snprintf(text, sizeof text, "[thresholds]\n%s = %llu\n", row->name,
				       (unsigned long long)row->minimum - 1);
			refuse(text, 2, "give ");
		}
	}
}

static void test_bad_thresholds(void **state)
{
	(void)state;
	refuse("[thresholds]\nusage-percent = many\n", 2, "\"many\" is not a number");
	refuse("[thresholds]\nusage-percent = -1\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = +1\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = 0x10\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = 80.5\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = 80 %\n", 2, "perhaps followed by %");
	refuse("[thresholds]\nusage-percent = 80%%\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = 80K\n", 2, "is not a number");
	refuse("[thresholds]\nusage-percent = 0\n", 2, "usage-percent cannot be 0: give 1 to 100 percent");
	refuse("[thresholds]\nusage-percent = 18446744073709551616\n", 2, "cannot be 18446744073709551616");
	refuse("[thresholds]\nusage-percent = 18446744073709551696\n", 2, "cannot be"); /* 80 in 64 bits */
	refuse("[thresholds]\nprocess-growth-bytes = 16777216T\n", 2, "cannot be");     /* 0 in 64 bits */
	refuse("[thresholds]\nprocess-growth-bytes = 5KB\n", 2, "perhaps followed by K, M, G or T");
	refuse("[thresholds]\norphan-age = 5w\n", 2, "perhaps followed by s, m, h or d");
	refuse("[thresholds]\norphans = 5K\n", 2, "is not a number: orphans takes digits");
	refuse("[thresholds]\norphans =\n", 2, "\"orphans\" has no value");
	refuse("[thresholds]\norphans = ; ten\n", 2, "\"orphans\" has no value");
	refuse("[thresholds]\norphan = 5\n", 2, "unknown key \"orphan\": [thresholds] takes");
	refuse("[thresholds]\norphans = 5\n\norphans = 5\n", 4, "\"orphans\" is there already");
	refuse("[thresholds]\norphans = 5\n  usage-percent = 3\n", 3, "indented");
}

/* --- exceptions --- */

#define MINIMAL "object = /x\nreason = why\n"

static void test_allow(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("# A comment\n"
					       "\n"
					       "[allow  shared \tbuffers ] ; another\n"
					       "object = /app-[0-9]*\n"
					       "owner = postgres, 70 ,web\n"
					       "mode = 0660\n"
					       "users = web,\n"
					       "  # the second half\n"
					       "\n"
					       "\tbatch, 4294967294\n"
					       "checks = SHM-OBJ-001,SHM-MAP-002\n"
					       "reason = they share; on purpose ; and this is a comment\n"
					       "[allow two]\n" MINIMAL);

	assert_int_equal(policy->allows.count, 2);
	const struct shmg_policy_allow *allow = &policy->allows.items[0];
	assert_string_equal(allow->name, "shared \tbuffers");
	assert_string_equal(allow->source, "policy.ini:3");
	assert_string_equal(allow->object, "/app-[0-9]*");
	assert_string_equal(allow->reason, "they share; on purpose");
	assert_int_equal(allow->mode, 0660);
	assert_int_equal(allow->owners.count, 3);
	assert_int_equal(allow->owners.items[0], 70);
	assert_int_equal(allow->owners.items[1], 70);
	assert_int_equal(allow->owners.items[2], 33);
	assert_int_equal(allow->users.count, 3);
	assert_int_equal(allow->users.items[1], 1001);
	assert_int_equal(allow->users.items[2], 4294967294);
	assert_int_equal(allow->checks.count, 2);
	assert_string_equal(allow->checks.items[1], "SHM-MAP-002");

	allow = &policy->allows.items[1];
	assert_string_equal(allow->source, "policy.ini:13");
	assert_int_equal(allow->mode, SHMG_U32_UNKNOWN);
	assert_int_equal(allow->owners.count + allow->users.count + allow->checks.count, 0);
}

static void test_names_are_not_cut(void **state)
{
	(void)state;
	/* inih keeps 49 bytes of a section's name: these two would be one. */
#define LONG "a name of more than fifty bytes that inih itself cuts off: "
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[allow " LONG "1]\n" MINIMAL "[allow " LONG "2]\n" MINIMAL);

	assert_int_equal(policy->allows.count, 2);
	assert_string_equal(policy->allows.items[1].name, LONG "2");
}

static void test_bad_allow(void **state)
{
	(void)state;
	refuse("\n[allow x]\n", 2, "lacks \"object\"");
	refuse("[allow x]\nreason = why\n\n[sharing]\n", 1, "lacks \"object\"");
	refuse("[allow x]\nobject = /x\n", 1, "lacks \"reason\"");
	refuse("[allow x]\nobject = /x\n[allow y]\n" MINIMAL, 1, "lacks \"reason\"");
	refuse("[allow x]\nobject =\nreason = why\n", 2, "\"object\" has no value");
	refuse("[allow x]\nobject = /x\nreason =\n", 3, "\"reason\" has no value");
	refuse("[allow]\n" MINIMAL, 1, "[allow] lacks its NAME");
	refuse("[allow x]\n" MINIMAL "[allow y]\n" MINIMAL "[allow  x ]\n" MINIMAL, 7, "[allow x] is there already");
	refuse("[allow x]\nobject = /x\nobject = /x\nreason = why\n", 3, "\"object\" is there already");
	refuse("[allow x]\n" MINIMAL "reason = why\n", 4, "\"reason\" is there already");
	refuse("[allow x]\n" MINIMAL "users = web\nmode = 0600\nusers = web\n", 6, "\"users\" is there already");
	refuse("[allow x]\n" MINIMAL "user = web\n", 4, "unknown key \"user\": [allow NAME] takes object, owner");
	refuse("[allow x]\n" MINIMAL "Owner = web\n", 4, "unknown key \"Owner\"");

	refuse("[allow x]\n" MINIMAL "owner = nobody-here\n", 4, "there is no user \"nobody-here\"");
	refuse("[allow x]\n" MINIMAL "users = web, nobody-here\n", 4, "there is no user \"nobody-here\"");
	refuse("[allow x]\n" MINIMAL "users = web,\n\n batch,\n nobody-here\n", 7, "there is no user \"nobody-here\"");
	refuse("[allow x]\n" MINIMAL "users = web\n  mode = 0600\n", 5, "there is no user \"mode = 0600\"");
	refuse("[allow x]\n" MINIMAL "users = web\n  [allow y]\n", 5, "there is no user \"[allow y]\"");
	refuse("[allow x]\n" MINIMAL "owner = 4294967295\n", 4, "no user can have the number 4294967295");
	refuse("[allow x]\n" MINIMAL "owner = 99999999999999999999\n", 4, "no user can have the number");
	refuse("[allow x]\n" MINIMAL "owner = 70x\n", 4, "there is no user \"70x\"");
	refuse("[allow x]\n" MINIMAL "owner = -1\n", 4, "there is no user \"-1\"");
	refuse("[allow x]\n" MINIMAL "owner =\n", 4, "\"owner\" has no value");
	refuse("[allow x]\n" MINIMAL "owner = ,\n", 4, "an item of the list is empty");
	refuse("[allow x]\n" MINIMAL "owner = web,,batch\n", 4, "an item of the list is empty");

	refuse("[allow x]\n" MINIMAL "mode = rw-rw----\n", 4, "\"rw-rw----\" is not a mode");
	refuse("[allow x]\n" MINIMAL "mode = 0680\n", 4, "is not a mode");
	refuse("[allow x]\n" MINIMAL "mode = 10000\n", 4, "is not a mode");
	refuse("[allow x]\n" MINIMAL "mode = 000660\n", 4, "is not a mode");
	refuse("[allow x]\n" MINIMAL "mode = -1\n", 4, "is not a mode");

	refuse("[allow x]\n" MINIMAL "checks = SHM-OBJ-001, SHM-XXX-001\n", 4, "there is no check \"SHM-XXX-001\"");
	refuse("[allow x]\n" MINIMAL "checks = ,SHM-OBJ-001\n", 4, "an item of the list is empty");

	/* Only a list may go on: here the widest mode would have become a part of the reason. */
	refuse("[allow x]\nobject = /x\nreason = why\n  mode = 0600\n", 4, "the line is indented");
	refuse("  [allow x]\n" MINIMAL, 1, "the line is indented");
	/* A list ends with its section. */
	refuse("[allow x]\n" MINIMAL "users = web\n[allow y]\n  batch\n" MINIMAL, 6, "the line is indented");
}

static void test_failing_lookup(void **state)
{
	(void)state;
	const char *text = "[sharing]\ngroups = unreachable\n";
	struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	assert_int_equal(read_bytes(text, strlen(text), &policy, &error), -EIO);
	assert_string_equal(error.where, "policy.ini:2");
	assert_non_null(strstr(error.message, "cannot look up the group \"unreachable\""));
}

/* --- checks and groups --- */

static void test_check(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[check SHM-OBJ-001]\n"
					       "enabled = no\n"
					       "reason = not here\n"
					       "[check SHM-MNT-003]\n"
					       "severity = critical\n");

	const struct shmg_policy_check *check = shmg_policy_find_check(policy, "SHM-OBJ-001");
	assert_non_null(check);
	assert_false(check->enabled);
	assert_int_equal(check->severity, SHMG_U8_UNKNOWN);
	assert_string_equal(check->reason, "not here");
	assert_string_equal(check->source, "policy.ini:1");

	check = shmg_policy_find_check(policy, "SHM-MNT-003");
	assert_non_null(check);
	assert_true(check->enabled);
	assert_int_equal(check->severity, SHMG_SEVERITY_CRITICAL);
	assert_string_equal(check->source, "policy.ini:4");
	assert_null(check->reason);
	assert_null(shmg_policy_find_check(policy, "SHM-MNT-004"));
}

static void test_switch_words(void **state)
{
	(void)state;
	static const char *const words[] = { "yes", "true", "on", "no", "false", "off" };

	for (size_t i = 0; i < COUNT(words); i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "[check SHM-OBJ-001]\nenabled = %s\nreason = why\n", words[i]);
		SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = read_good(text);
		assert_int_equal(policy->checks.items[0].enabled, i < 3);
	}
}

static void test_bad_check(void **state)
{
	(void)state;
	refuse("[check]\nenabled = no\n", 1, "[check] lacks its ID");
	refuse("[check SHM-XXX-001]\nseverity = low\n", 1, "there is no check \"SHM-XXX-001\"");
	refuse("[check SHM-OBJ-001]\nseverity = low\n[check SHM-OBJ-001]\n", 3, "is there already");
	refuse("[check SHM-OBJ-001]\nenabled = no\n", 1, "switched off without a \"reason\"");
	refuse("[check SHM-OBJ-001]\nenabled = nope\n", 2, "\"nope\" is neither yes nor no");
	refuse("[check SHM-OBJ-001]\nseverity = urgent\n", 2, "\"urgent\" is not a severity");
	refuse("[check SHM-OBJ-001]\nseverity = low\nseverity = low\n", 3, "\"severity\" is there already");
	refuse("[check SHM-OBJ-001]\nobject = /x\n", 2, "unknown key \"object\": [check ID] takes enabled");
}

static void test_severities(void **state)
{
	(void)state;
	enum shmg_severity severity = SHMG_SEVERITY_LOW;

	for (size_t i = 0; i <= SHMG_SEVERITY_CRITICAL; i++) {
		assert_int_equal(shmg_severity_parse(shmg_severity_names[i], &severity), 0);
		assert_int_equal(severity, i);
	}
	assert_null(shmg_severity_names[SHMG_SEVERITY_CRITICAL + 1]);
	assert_int_equal(shmg_severity_parse("High", &severity), -EINVAL);
	assert_int_equal(shmg_severity_parse("", &severity), -EINVAL);
	assert_int_equal(severity, SHMG_SEVERITY_CRITICAL);
}

static void test_sharing(void **state)
{
	(void)state;
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy = read_good("[sharing]\ngroups = video,\n\trender, 2000\n[thresholds]\norphans = 3");

	assert_true(shmg_policy_group_is_shared(policy, 44));
	assert_true(shmg_policy_group_is_shared(policy, 105));
	assert_true(shmg_policy_group_is_shared(policy, 2000));
	assert_false(shmg_policy_group_is_shared(policy, 0));
	assert_false(shmg_policy_group_is_shared(policy, SHMG_U32_UNKNOWN));
	assert_int_equal(policy->parameters[SHMG_PARAMETER_ORPHANS], 3);

	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *none = shmg_policy_new();
	assert_false(shmg_policy_group_is_shared(none, 44));

	refuse("[sharing]\ngroups = web\n", 2, "there is no group \"web\"");
	refuse("[sharing]\ngroup = video\n", 2, "unknown key \"group\": [sharing] takes groups");
	refuse("[sharing]\ngroups = video\ngroups = video\n", 3, "\"groups\" is there already");
}

/* --- lines --- */

static void test_bad_sections(void **state)
{
	(void)state;
	refuse("\n[treshold]\n", 2, "unknown section [treshold]");
	refuse("[Thresholds]\n", 1, "unknown section [Thresholds]");
	refuse("[]\n", 1, "unknown section []");
	refuse("[thresholds of pain]\n", 1, "[thresholds] takes no name");
	refuse("[thresholds]\norphans = 1\n[sharing]\n[thresholds]\n", 4, "[thresholds] is there already");
	refuse("[thresholds\norphans = 1\n", 1, "lacks its \"]\"");
	refuse("[thresholds] orphans = 1\n", 1, "text behind");
	refuse("[thresholds];comment\n", 1, "text behind");
	refuse("[allow a]b]\n" MINIMAL, 1, "text behind");
	refuse("[allow a ;b]\n" MINIMAL, 1, "not understood");
	refuse("orphans = 1\n[thresholds]\n", 1, "\"orphans\" stands before the first [section]");
}

static void test_bad_lines(void **state)
{
	(void)state;
	refuse("[thresholds]\norphans\n", 2, "expected [SECTION] or KEY = VALUE");
	refuse("[thresholds]\nthis is prose\norphans = many\n", 2, "not understood");
	/* The exception lacks a reason only because of line 3. */
	refuse("[allow x]\nobject = /x\nreason why\n[sharing]\n", 3, "not understood");
	refuse("# caf\xe9\n", 1, "not UTF-8");
	refuse("\n# cut \xc3\n", 2, "not UTF-8");
	refuse("# surrogate \xed\xa0\x80\n", 1, "not UTF-8");
	refuse("[allow \x1b[31m]\n", 1, "control");
	refuse("[allow x]\nobject = /\x7f\n", 2, "control");
	refuse("[allow x]\nobject = /x\\\x01\n", 2, "control");
	refuse("[allow x]\nobject = /\xe2\x80\xaex\n", 2, "invisible"); /* right-to-left override */
	refuse("[allow x]\nobject = /x\rmode = 0600\n", 2, "control");
	refuse("[allow x]\nobject = /x\f\n", 2, "control");

	static const char with_nul[] = "[allow x]\nobject = /x\0y\nreason = why\n";
	refuse_bytes(with_nul, sizeof with_nul - 1, 2, "control");
}

static void test_long_lines(void **state)
{
	(void)state;
	char text[1024];

	/* The limit is that of inih's build; with a comment of growing length, either all of it is read or none. */
	bool accepted = false, refused = false;
	for (int length = 100; length < 400; length++) {
		struct shmg_policy *policy = NULL;
		struct shmg_error error = { 0 };
		int written = snprintf(text, sizeof text, "[allow x]\nobject = /x\nreason = %0*d\n", length, 7);
		int code = read_bytes(text, (size_t)written, &policy, &error);
		if (code == 0) {
			assert_false(refused);
			accepted = true;
			assert_int_equal(strlen(policy->allows.items[0].reason), length);
		} else {
			refused = true;
			assert_string_equal(error.where, "policy.ini:3");
			assert_non_null(strstr(error.message, "the line is longer than "));
		}
		shmg_policy_free(&policy);
	}
	assert_true(accepted);
	assert_true(refused);
}

static void test_odd_but_good_lines(void **state)
{
	(void)state;
	/* A byte order mark, carriage returns, tabs, no newline at the end, text of another alphabet, a backslash. */
	SHMG_CLEANUP(shmg_policy_free)
	struct shmg_policy *policy =
		read_good("\xef\xbb\xbf[allow h\xc3\xa9]\r\nobject\t=\t/\\*x\r\n\r\n  ; indented comment\r\n"
			  "reason = \xe4\xb8\xad\xe6\x96\x87");

	assert_string_equal(policy->allows.items[0].name, "h\xc3\xa9");
	assert_string_equal(policy->allows.items[0].object, "/\\*x");
	assert_string_equal(policy->allows.items[0].reason, "\xe4\xb8\xad\xe6\x96\x87");
}

static void test_long_file_name(void **state)
{
	(void)state;
	char path[400];
	struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	memset(path, 'd', sizeof path);
	(void)snprintf(path + sizeof path - sizeof "/end.ini", sizeof "/end.ini", "/end.ini");
	assert_int_equal(shmg_policy_parse(path, "\nx = y\n", NULL, &policy, &error), -EINVAL);
	assert_int_equal(strlen(error.where), sizeof error.where - 1);
	assert_int_equal(strncmp(error.where, "...ddd", 6), 0);
	assert_string_equal(error.where + strlen(error.where) - strlen("/end.ini:2"), "/end.ini:2");
}

/* --- values --- */

static void test_numbers(void **state)
{
	(void)state;
	uint64_t value = 1;

	assert_int_equal(shmg_policy_parse_number("18446744073709551615", "", &value), 0);
	assert_true(value == UINT64_MAX);
	value = 1;
	assert_int_equal(shmg_policy_parse_number("18446744073709551616", "", &value), -ERANGE);
	assert_int_equal(shmg_policy_parse_number("18014398509481984K", "bytes", &value), -ERANGE);
	assert_int_equal(shmg_policy_parse_number("", "bytes", &value), -EINVAL);
	assert_int_equal(shmg_policy_parse_number("K", "bytes", &value), -EINVAL);
	assert_int_equal(value, 1);
}

static void test_accounts_of_this_machine(void **state)
{
	(void)state;
	uint32_t id = 1;

	assert_int_equal(shmg_policy_find_user("root", &id), 0);
	assert_int_equal(id, 0);
	id = 1;
	assert_int_equal(shmg_policy_find_group("root", &id), 0);
	assert_int_equal(id, 0);
	assert_int_equal(shmg_policy_find_user("no such user", &id), -ENOENT);
	assert_int_equal(shmg_policy_find_group("no such group", &id), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_parameter_rows),
		cmocka_unit_test(test_thresholds),
		cmocka_unit_test(test_every_threshold_has_its_range),
		cmocka_unit_test(test_bad_thresholds),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_names_are_not_cut),
		cmocka_unit_test(test_bad_allow),
		cmocka_unit_test(test_failing_lookup),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_switch_words),
		cmocka_unit_test(test_bad_check),
		cmocka_unit_test(test_severities),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_bad_sections),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_odd_but_good_lines),
		cmocka_unit_test(test_long_file_name),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_accounts_of_this_machine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
