/* SPDX-License-Identifier: MIT */
/* A snapshot is a file that anybody may have written: what does not fit together is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "cmd/facts_source.h"
#include "cmd/names.h"
#include "cmd/option.h"
#include "lib/base/cleanup.h"

#define HOST "\"host\": [{\"hostname\": \"elsewhere\", \"live\": true}]"
#define PROCESSES "\"processes\": [{\"pid\": 7, \"comm\": \"a\"}, {\"pid\": 9, \"comm\": \"b\"}]"
#define OBJECTS "\"objects\": [{\"kind\": \"posix\", \"name\": \"/x\", \"uid\": 1000, \"mount\": null}]"

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	(void)strcpy(directory, "/tmp/shmguard-test-XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static void write_file(const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	SHMG_AUTO_FILE file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static int remove_directory(void **state)
{
	static const char *const names[] = { "etc/passwd", "etc/group", "etc", "snapshot.json", "" };
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		(void)remove(path);
	}
	return 0;
}

/* Reads a snapshot with these sections. */
static int read_sections(const char *sections, struct shmg_facts **ret_facts, struct shmg_error *error)
{
	char text[4096], path[128];

	(void)snprintf(text, sizeof text, "{\"schema\": \"shmguard/snapshot\", \"version\": 1, %s}", sections);
	write_file("snapshot.json", text);
	(void)snprintf(path, sizeof path, "%s/snapshot.json", directory);
	return shmg_snapshot_read(path, ret_facts, error);
}

static void test_reads_a_snapshot(void **state)
{
	(void)state;
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = NULL;
	struct shmg_error error;
	const char *sections = HOST ", " PROCESSES ", " OBJECTS
				    ", \"holds\": [{\"process\": 0, \"object\": 0}, {\"process\": 1, \"object\": 0}]";

	assert_int_equal(read_sections(sections, &facts, &error), 0);
	assert_int_equal(facts->host.count, 1);
	assert_string_equal(facts->host.items->hostname, "elsewhere");
	assert_int_equal(facts->processes.count, 2);
	assert_int_equal(facts->holds.count, 2);
	assert_int_equal(facts->objects.items->uid, 1000);
	assert_int_equal(facts->objects.items->size, SHMG_U64_UNKNOWN);
}

static void expect_refusal(const char *sections, const char *word)
{
	struct shmg_facts *facts = NULL;
	struct shmg_error error = { 0 };

	assert_int_equal(read_sections(sections, &facts, &error), -EINVAL);
	assert_null(facts);
	assert_non_null(strstr(error.where, "snapshot.json"));
	assert_non_null(strstr(error.message, word));
}

static void test_refuses_what_does_not_fit_together(void **state)
{
	(void)state;
	expect_refusal(PROCESSES, "0 hosts");
	expect_refusal("\"host\": [{}, {}]", "2 hosts");
	expect_refusal(HOST ", " PROCESSES ", " OBJECTS ", \"holds\": [{\"process\": 2, \"object\": 0}]", "hold 0");
	expect_refusal(HOST ", " PROCESSES ", " OBJECTS ", \"holds\": [{\"process\": 0, \"object\": 1}]", "hold 0");
	expect_refusal(HOST ", " PROCESSES ", " OBJECTS ", \"holds\": [{\"process\": 0}]", "hold 0");
	expect_refusal(HOST ", " PROCESSES ", " OBJECTS
			    ", \"holds\": [{\"process\": 1, \"object\": 0}, {\"process\": 0, \"object\": 0}]",
		       "order");
	expect_refusal(HOST ", \"processes\": [{\"pid\": 9}, {\"pid\": 7}]", "order");
	expect_refusal(HOST ", \"processes\": [{\"pid\": 7}, {\"pid\": 7}]", "order");
	expect_refusal(HOST ", \"objects\": [{\"kind\": \"posix\", \"mount\": 0}]", "mount");
	expect_refusal(HOST ", \"objects\": [{\"name\": \"/x\"}]", "kind");
}

static void test_no_snapshot(void **state)
{
	(void)state;
	struct shmg_facts *facts = NULL;
	struct shmg_error error = { 0 };

	assert_int_equal(shmg_snapshot_read("/nonexistent/snapshot.json", &facts, &error), -ENOENT);
	assert_null(facts);
	assert_non_null(strstr(error.where, "/nonexistent"));
	assert_non_null(strstr(error.message, "shmguard snapshot"));
}

static void test_takes_its_options_only(void **state)
{
	(void)state;
	struct shmg_facts_source source = { 0 };

	assert_true(shmg_facts_source_option(&source, SHMG_OPTION_FROM, "a"));
	assert_true(shmg_facts_source_option(&source, SHMG_OPTION_ROOT, "b"));
	assert_true(shmg_facts_source_option(&source, SHMG_OPTION_POLICY, "c"));
	assert_false(shmg_facts_source_option(&source, SHMG_OPTION_FORMAT, "d"));
	assert_string_equal(source.from, "a");
	assert_string_equal(source.root, "b");
	assert_string_equal(source.policy, "c");
}

static void test_names_of_a_captured_tree(void **state)
{
	(void)state;
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = shmg_facts_new();
	struct shmg_names names;
	char path[128];
	uint32_t uid = 0;

	(void)snprintf(path, sizeof path, "%s/etc", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nbroken\nweb:x:70000:5::/:\nlast:x:4294967294:5::/:");
	write_file("etc/group", "root:x:0:\nstaff:x:50:web\n");
	assert_non_null(facts);
	shmg_names_open(&names, facts, directory);
	assert_string_equal(shmg_names_user(&names, 70000), "web");
	assert_string_equal(shmg_names_user(&names, 4294967294), "last");
	assert_string_equal(shmg_names_user(&names, 12345), "12345");
	assert_null(shmg_names_user(&names, SHMG_U32_UNKNOWN));
	assert_string_equal(shmg_names_group(&names, 50), "staff");
	assert_string_equal(shmg_names_group(&names, 70000), "70000");
	/* Looked up once: the same text, however many others come between. */
	const char *first = shmg_names_user(&names, 12345);
	for (uint32_t i = 0; i < 200; i++)
		assert_non_null(shmg_names_user(&names, i));
	assert_ptr_equal(shmg_names_user(&names, 12345), first);
	assert_int_equal(shmg_names_find_user(&names, "web", &uid), 0);
	assert_int_equal(uid, 70000);
	assert_int_equal(shmg_names_find_user(&names, "33", &uid), 0);
	assert_int_equal(uid, 33);
	assert_int_equal(shmg_names_find_user(&names, "nobody-here", &uid), -ENOENT);
	shmg_names_close(&names);
}

/* A snapshot of another machine: this machine's names would be a guess. */
static void test_names_of_another_machine(void **state)
{
	(void)state;
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = shmg_facts_new();
	struct shmg_names names;
	uint32_t uid = 99;

	assert_non_null(facts);
	facts->host.items->hostname = "a host that nobody has";
	shmg_names_open(&names, facts, NULL);
	assert_string_equal(shmg_names_user(&names, 0), "0");
	assert_int_equal(shmg_names_find_user(&names, "root", &uid), -ENOENT);
	assert_int_equal(uid, 99);
	shmg_names_close(&names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_a_snapshot),
		cmocka_unit_test(test_refuses_what_does_not_fit_together),
		cmocka_unit_test(test_no_snapshot),
		cmocka_unit_test(test_takes_its_options_only),
		cmocka_unit_test(test_names_of_a_captured_tree),
		cmocka_unit_test(test_names_of_another_machine),
	};
	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
