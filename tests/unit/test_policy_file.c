/* SPDX-License-Identifier: MIT */
/* The policy as a file: how one is opened, and the one that is shipped as an example. */
#include "tests/unit/policy_text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"

/* --- files --- */

static int make_directory(void **state)
{
	char *directory = strdup("/tmp/shmg-policy-XXXXXX");

	if (!directory || !mkdtemp(directory))
		return -1;
	*state = directory;
	return 0;
}

static int remove_directory(void **state)
{
	char path[128];

	(void)snprintf(path, sizeof path, "%s/policy.ini", (char *)*state);
	(void)unlink(path);
	int code = rmdir(*state);
	free(*state);
	return code;
}

static void write_file(const char *path, const char *bytes, size_t length)
{
	SHMG_AUTO_FILE file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
}

static void test_load(void **state)
{
	char path[128];
	static const char text[] =
		"[allow x]\nobject = /x\nreason = why\nowner = root\nusers = 4242\n[sharing]\ngroups = root\n";
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	(void)snprintf(path, sizeof path, "%s/policy.ini", (char *)*state);
	write_file(path, text, strlen(text));
	assert_int_equal(shmg_policy_load(path, NULL, &policy, &error), 0);
	assert_int_equal(error.code, 0);
	assert_string_equal(error.message, "");
	assert_int_equal(policy->allows.items[0].owners.items[0], 0);
	assert_int_equal(policy->allows.items[0].users.items[0], 4242);
	assert_true(shmg_policy_group_is_shared(policy, 0));
}

/* What must be refused by shmg_policy_load, with this code, and nothing returned. */
static void refuse_file(const char *path, int wanted, const char *where, const char *fragment)
{
	struct shmg_policy *policy = NULL;
	struct shmg_error error = { 0 };

	assert_int_equal(shmg_policy_load(path, NULL, &policy, &error), wanted);
	assert_int_equal(error.code, wanted);
	assert_string_equal(error.where, where);
	if (!strstr(error.message, fragment))
		fail_msg("\"%s\" lacks \"%s\"", error.message, fragment);
	assert_null(policy);
}

static void test_bad_files(void **state)
{
	char path[128], where[160];
	static const char with_nul[] = "# one\n# two\0\n";
	static const char unknown_user[] = "[allow x]\nobject = /x\nreason = why\nowner = no such user\n";

	(void)snprintf(path, sizeof path, "%s/policy.ini", (char *)*state);
	refuse_file(path, -ENOENT, path, "cannot read the policy: ");
	refuse_file(*state, -EINVAL, *state, "not a regular file");
	refuse_file("/dev/null", -EINVAL, "/dev/null", "not a regular file");

	write_file(path, with_nul, sizeof with_nul - 1);
	(void)snprintf(where, sizeof where, "%s:2", path);
	refuse_file(path, -EINVAL, where, "control");

	write_file(path, unknown_user, strlen(unknown_user));
	(void)snprintf(where, sizeof where, "%s:4", path);
	refuse_file(path, -EINVAL, where, "there is no user \"no such user\"");

	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(10); /* a hang must fail */
	refuse_file(path, -EINVAL, path, "not a regular file");
	(void)alarm(0);
}

static void test_large_files(void **state)
{
	char path[128];
	SHMG_AUTO_FREE char *text = malloc(SHMG_POLICY_BYTES_MAX + 1);
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = NULL;

	(void)snprintf(path, sizeof path, "%s/policy.ini", (char *)*state);
	assert_non_null(text);
	memset(text, '\n', SHMG_POLICY_BYTES_MAX + 1);
	write_file(path, text, SHMG_POLICY_BYTES_MAX);
	assert_int_equal(shmg_policy_load(path, NULL, &policy, NULL), 0);
	write_file(path, text, SHMG_POLICY_BYTES_MAX + 1);
	refuse_file(path, -EINVAL, path, "larger than 1 MiB");
}

/* --- the example --- */

/* Which exception allows it; "nothing": none. */
static void assert_allows(const struct shmg_policy *policy, const char *check, const char *ident, uint32_t owner,
			  uint32_t mode, const char *wanted)
{
	const struct shmg_policy_allow *allow = shmg_policy_match(
		policy,
		&(struct shmg_policy_question){
			.check = check, .ident = ident, .owner = owner, .mode = mode, .user = SHMG_U32_UNKNOWN });
	if (strcmp(allow ? allow->name : "nothing", wanted) != 0)
		fail_msg("%s: %s allows it, not %s", ident, allow ? allow->name : "nothing", wanted);
}

/* The example with its exceptions switched on: "#key = value" and "#[section]" are settings, "# text" is prose. */
static char *read_example(bool switch_on)
{
	char line[512];
	char *text = calloc(1, 64 * 1024);
	SHMG_AUTO_FILE file = fopen(SHMG_FIXTURES "/../../docs/policy.example.ini", "r");

	assert_non_null(text);
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		assert_true(strlen(text) + strlen(line) < 64 * 1024);
		strcat(text, line + (switch_on && line[0] == '#' && line[1] != ' ' && line[1] != '\n'));
	}
	return text;
}

static void test_example(void **state)
{
	(void)state;
	SHMG_AUTO_FREE char *as_it_is = read_example(false);
	SHMG_AUTO_FREE char *switched_on = read_example(true);
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *defaults = shmg_policy_new();
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = read_good(as_it_is);

	/* Copied and not edited, it changes nothing. */
	assert_memory_equal(policy->parameters, defaults->parameters, sizeof defaults->parameters);
	assert_int_equal(policy->allows.count + policy->checks.count + policy->shared_groups.count, 0);

	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *full = read_good(switched_on);
	assert_memory_equal(full->parameters, defaults->parameters, sizeof defaults->parameters);
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++)
		if (!strstr(as_it_is, shmg_policy_parameters[i].name))
			fail_msg("the example lacks %s", shmg_policy_parameters[i].name);
	assert_true(full->checks.count > 0);
	SHMG_FOREACH(check, &full->checks)
	assert_true(shmg_check_exists(check->id));
	SHMG_FOREACH(allow, &full->allows)
	SHMG_FOREACH(id, &allow->checks)
	assert_true(shmg_check_exists(*id));
	assert_true(shmg_policy_group_is_shared(full, 44));

	assert_allows(full, "SHM-OBJ-001", "/PostgreSQL.1804289383", 70, 0600, "postgresql");
	assert_allows(full, "SHM-OBJ-001", "/PostgreSQL.1804289383", 33, 0600, "nothing");
	assert_allows(full, "SHM-OBJ-016", "sysv:0", 70, 0600, "postgresql interlock");
	assert_allows(full, "SHM-OBJ-007", "/.org.chromium.Chromium.aB3dEf", 1000, 0600, "chromium");
	assert_allows(full, "SHM-OBJ-001", "/fastrtps_port7411", 1000, 0666, "ros2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_load, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_bad_files, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(test_large_files, make_directory, remove_directory),
		cmocka_unit_test(test_example),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
