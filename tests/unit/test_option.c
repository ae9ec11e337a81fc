/* SPDX-License-Identifier: MIT */
/* Options as rows: what the parser takes, what help says and what completion offers are the same. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/help.h"
#include "cmd/option.h"
#include "cmd/verb.h"
#include "lib/base/cleanup.h"

enum { OPTION_COUNT = SHMG_OPTION_OWN, OPTION_LOUD };

static const struct shmg_option rows[] = {
	{ .id = OPTION_COUNT, .name = "count", .letter = 'c', .argument = "N", .help = "how many" },
	{ .id = OPTION_LOUD, .name = "loud", .letter = 'l', .help = "louder" },
	SHMG_OPTION_ROW_FORMAT(shmg_formats),
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

#define WORDS_MAX 8

struct words {
	char *argv[WORDS_MAX];
	int argc;
	char text[WORDS_MAX][64];
};

/* A command line that getopt may reorder. */
static void say(struct words *words, const char *line)
{
	char copy[256];
	char *rest = NULL;

	*words = (struct words){ 0 };
	(void)snprintf(copy, sizeof copy, "verb %s", line);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		(void)snprintf(words->text[words->argc], sizeof words->text[0], "%s", word);
		words->argv[words->argc] = words->text[words->argc];
		words->argc++;
	}
}

static int first(const char *line, const char **ret_value, struct shmg_error *error)
{
	static struct words words;
	struct shmg_option_reader reader;

	say(&words, line);
	shmg_option_begin(&reader, rows, words.argc, words.argv);
	return shmg_option_next(&reader, ret_value, error);
}

static void test_reads_options_and_operands(void **state)
{
	(void)state;
	struct shmg_option_reader reader;
	struct words words;
	const char *value = NULL;

	say(&words, "one --count=3 -l two -- --three");
	shmg_option_begin(&reader, rows, words.argc, words.argv);
	assert_int_equal(shmg_option_next(&reader, &value, NULL), OPTION_COUNT);
	assert_string_equal(value, "3");
	assert_int_equal(shmg_option_next(&reader, &value, NULL), OPTION_LOUD);
	assert_null(value);
	assert_int_equal(shmg_option_next(&reader, &value, NULL), 0);
	assert_int_equal(reader.operand_count, 3);
	assert_string_equal(reader.operands[0], "one");
	assert_string_equal(reader.operands[1], "two");
	assert_string_equal(reader.operands[2], "--three");
}

static void test_reads_letters_and_values(void **state)
{
	(void)state;
	const char *value = NULL;

	assert_int_equal(first("-c7", &value, NULL), OPTION_COUNT);
	assert_string_equal(value, "7");
	assert_int_equal(first("--count -1", &value, NULL), OPTION_COUNT);
	assert_string_equal(value, "-1");
	assert_int_equal(first("-f json", &value, NULL), SHMG_OPTION_FORMAT);
	assert_string_equal(value, "json");
}

static void expect_refusal(const char *line, const char *message)
{
	struct shmg_error error = { 0 };
	const char *value = NULL;

	assert_int_equal(first(line, &value, &error), -EINVAL);
	assert_string_equal(error.message, message);
	assert_null(value);
}

static void test_refuses_with_a_suggestion(void **state)
{
	(void)state;
	expect_refusal("--cuont=3", "no option --cuont; did you mean --count?");
	expect_refusal("--xyz", "no option --xyz; --help lists them");
	expect_refusal("-x", "no option -x; --help lists them");
	expect_refusal("--count", "--count needs an argument: --count=N");
	expect_refusal("-c", "--count needs an argument: --count=N");
	expect_refusal("--loud=1", "--loud takes no argument");
	expect_refusal("--format jsn", "--format cannot be jsn; did you mean json?");
	expect_refusal("--format xxxxxx", "--format cannot be xxxxxx, but one of: table, json");
}

static void test_message_holds_no_terminal_escapes(void **state)
{
	(void)state;
	struct shmg_error error = { 0 };
	const char *value;

	assert_int_equal(first("--\033[31mred", &value, &error), -EINVAL);
	assert_null(strchr(error.message, '\033'));
}

static const char *word_at(const void *words, size_t index)
{
	return ((const char *const *)words)[index];
}

static void test_nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "ls", "show", "audit", "snapshot", NULL };
	char endless[200];

	assert_string_equal(shmg_nearest("sl", word_at, words), "ls");
	assert_string_equal(shmg_nearest("adit", word_at, words), "audit");
	assert_string_equal(shmg_nearest("snap", word_at, words), "snapshot");
	assert_string_equal(shmg_nearest("snpashto", word_at, words), "snapshot");
	assert_string_equal(shmg_nearest("shwo", word_at, words), "show");
	assert_null(shmg_nearest("harden", word_at, words));
	assert_null(shmg_nearest("", word_at, words));
	memset(endless, 's', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	assert_null(shmg_nearest(endless, word_at, words));
}

static void test_numbers(void **state)
{
	(void)state;
	unsigned long long number = 99;

	assert_int_equal(shmg_parse_number("0", 10, &number), 0);
	assert_int_equal(number, 0);
	assert_int_equal(shmg_parse_number("10", 10, &number), 0);
	assert_int_equal(number, 10);
	assert_int_equal(shmg_parse_number("11", 10, &number), -ERANGE);
	assert_int_equal(shmg_parse_number("99999999999999999999", 10, &number), -ERANGE);
	assert_int_equal(shmg_parse_number("-1", 10, &number), -EINVAL);
	assert_int_equal(shmg_parse_number(" 1", 10, &number), -EINVAL);
	assert_int_equal(shmg_parse_number("1x", 10, &number), -EINVAL);
	assert_int_equal(shmg_parse_number("", 10, &number), -EINVAL);
	assert_int_equal(number, 10);
}

/* Every verb's rows: ids and letters are unique, and the parser takes each as it stands. */
static void test_rows_of_every_verb(void **state)
{
	(void)state;
	const struct shmg_verb *verb;

	for (size_t v = 0; (verb = shmg_verb_at(v)); v++) {
		size_t count = 0;
		bool helps = false;
		for (const struct shmg_option *row = verb->options; row->name; row++, count++) {
			char line[64];
			struct words words;
			struct shmg_option_reader reader;
			const char *value;
			const char *argument = row->values ? row->values[0] : "1";
			(void)snprintf(line, sizeof line, row->argument ? "--%s=%s" : "--%s", row->name, argument);
			say(&words, line);
			shmg_option_begin(&reader, verb->options, words.argc, words.argv);
			assert_int_equal(shmg_option_next(&reader, &value, NULL), row->id);
			helps |= row->id == SHMG_OPTION_HELP;
			for (const struct shmg_option *other = verb->options; other < row; other++) {
				assert_int_not_equal(other->id, row->id);
				assert_true(!row->letter || other->letter != row->letter);
			}
		}
		assert_in_range(count, 1, SHMG_OPTIONS_MAX);
		assert_true(helps);
	}
}

static char *printed(void (*print)(FILE *stream, const struct shmg_verb *verb), const struct shmg_verb *verb)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	print(stream, verb);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void completion(FILE *stream, const struct shmg_verb *verb)
{
	(void)verb;
	shmg_help_completion(stream);
}

/* Help, the manual and completion name every option that there is, and no line of help is too wide. */
static void test_every_option_is_told(void **state)
{
	(void)state;
	const struct shmg_verb *verb;
	SHMG_AUTO_FREE char *completed = printed(completion, NULL);

	for (size_t v = 0; (verb = shmg_verb_at(v)); v++) {
		SHMG_AUTO_FREE char *help = printed(shmg_help_verb, verb);
		SHMG_AUTO_FREE char *page = printed(shmg_help_man, verb);
		assert_non_null(strstr(completed, verb->name));
		for (const struct shmg_option *row = verb->options; row->name; row++) {
			char name[64];
			(void)snprintf(name, sizeof name, "--%s", row->name);
			assert_non_null(strstr(help, name));
			assert_non_null(strstr(page, name));
			assert_non_null(strstr(completed, name));
		}
		for (const char *line = help; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
			assert_in_range(strcspn(line, "\n"), 0, 110);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_options_and_operands),
		cmocka_unit_test(test_reads_letters_and_values),
		cmocka_unit_test(test_refuses_with_a_suggestion),
		cmocka_unit_test(test_message_holds_no_terminal_escapes),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_rows_of_every_verb),
		cmocka_unit_test(test_every_option_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
