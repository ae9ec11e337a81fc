/* SPDX-License-Identifier: MIT */
#include "cmd/option.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"

/* What getopt_long returns for a long option: beyond every letter, plus the row. */
#define LONG_BASE 256

const char *const shmg_formats[] = { "table", "json", NULL };

void shmg_option_begin(struct shmg_option_reader *reader, const struct shmg_option *rows, int argc, char **argv)
{
	*reader = (struct shmg_option_reader){ .rows = rows, .argc = argc, .argv = argv };
	char *letter = reader->letters;
	int count = 0;

	*letter++ = ':'; /* tell a missing argument from an unknown option */
	for (const struct shmg_option *row = rows; row->name && count < SHMG_OPTIONS_MAX; row++, count++) {
		reader->longs[count] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = LONG_BASE + count,
		};
		if (!row->letter)
			continue;
		*letter++ = row->letter;
		if (row->argument)
			*letter++ = ':';
	}
	opterr = 0;
	optind = 0; /* glibc: begin anew, with these arguments */
}

static const struct shmg_option *row_of(const struct shmg_option_reader *reader, int code)
{
	if (code >= LONG_BASE)
		return &reader->rows[code - LONG_BASE];
	for (const struct shmg_option *row = reader->rows; row->name; row++)
		if (row->letter && row->letter == code)
			return row;
	return NULL;
}

static const char *option_name_at(const void *rows, size_t index)
{
	return ((const struct shmg_option *)rows)[index].name;
}

static const char *value_name_at(const void *row, size_t index)
{
	return shmg_option_value(row, index);
}

/* What a person typed, fit for one line of a message. */
static const char *quoted(const char *text, char buffer[static 128])
{
	size_t length = strnlen(text, 30);
	(void)shmg_escape(text, length, buffer, 128);
	return buffer;
}

static int unknown_option(struct shmg_option_reader *reader, struct shmg_error *error)
{
	char text[128];
	const char *word = reader->argv[optind > 0 ? optind - 1 : 0];

	if (optopt >= LONG_BASE)
		return shmg_error_set(error, -EINVAL, "", "--%s takes no argument", row_of(reader, optopt)->name);
	if (optopt) {
		const char letter[32] = { (char)optopt };
		return shmg_error_set(error, -EINVAL, "", "no option -%s; --help lists them", quoted(letter, text));
	}
	char name[64];
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
	const char *nearest = shmg_nearest(name, option_name_at, reader->rows);
	if (nearest)
		return shmg_error_set(error, -EINVAL, "", "no option --%s; did you mean --%s?", quoted(name, text),
				      nearest);
	return shmg_error_set(error, -EINVAL, "", "no option --%s; --help lists them", quoted(name, text));
}

static int check_value(const struct shmg_option *row, const char *value, struct shmg_error *error)
{
	char text[128];

	if (!row->values)
		return 0;
	for (size_t i = 0; row->values[i]; i++)
		if (strcmp(row->values[i], value) == 0)
			return 0;
	const char *nearest = shmg_nearest(value, value_name_at, row);
	if (nearest)
		return shmg_error_set(error, -EINVAL, "", "--%s cannot be %s; did you mean %s?", row->name,
				      quoted(value, text), nearest);
	char list[160] = "";
	for (size_t i = 0; row->values[i]; i++) {
		size_t used = strlen(list);
		(void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", row->values[i]);
	}
	return shmg_error_set(error, -EINVAL, "", "--%s cannot be %s, but one of: %s", row->name, quoted(value, text),
			      list);
}

int shmg_option_next(struct shmg_option_reader *reader, const char **ret_value, struct shmg_error *error)
{
	int code = getopt_long(reader->argc, reader->argv, reader->letters, reader->longs, NULL);

	if (code == -1) {
		reader->operands = reader->argv + optind;
		reader->operand_count = reader->argc - optind;
		return 0;
	}
	if (code == '?')
		return unknown_option(reader, error);
	if (code == ':') {
		const struct shmg_option *row = row_of(reader, optopt);
		return shmg_error_set(error, -EINVAL, "", "--%s needs an argument: --%s=%s", row->name, row->name,
				      row->argument);
	}
	const struct shmg_option *row = row_of(reader, code);
	if (row->argument && check_value(row, optarg, error) < 0)
		return -EINVAL;
	*ret_value = row->argument ? optarg : NULL;
	return row->id;
}

const char *shmg_option_value(const struct shmg_option *option, size_t index)
{
	if (option->value_at)
		return option->value_at(index);
	if (!option->values)
		return NULL;
	for (size_t i = 0; option->values[i]; i++)
		if (i == index)
			return option->values[i];
	return NULL;
}

#define WORD_MAX 64

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Changes, additions, losses and swaps of neighbours that turn one word into the other. */
static size_t distance(const char *left, const char *right)
{
	size_t width = strlen(right);
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= width; j++)
		rows[0][j] = j;
	size_t i = 0;
	for (; left[i]; i++) {
		size_t *above = rows[i % 3], *row = rows[(i + 1) % 3], *before = rows[(i + 2) % 3];
		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			row[j + 1] = least(least(above[j + 1], row[j]) + 1, above[j] + (left[i] != right[j]));
			if (i && j && left[i] == right[j - 1] && left[i - 1] == right[j])
				row[j + 1] = least(row[j + 1], before[j - 1] + 1);
		}
	}
	return rows[i % 3][width];
}

const char *shmg_nearest(const char *word, const char *(*candidate)(const void *context, size_t index),
			 const void *context)
{
	const char *nearest = NULL, *name;
	size_t length = strlen(word);
	size_t best = (length < 6 ? 1 : length / 3) + 1;

	if (length == 0 || length > WORD_MAX)
		return NULL;
	for (size_t i = 0; (name = candidate(context, i)); i++) {
		if (strlen(name) > WORD_MAX)
			continue;
		if (length > 1 && strncmp(name, word, length) == 0)
			return name;
		size_t changes = distance(word, name);
		if (changes < best) {
			nearest = name;
			best = changes;
		}
	}
	return nearest;
}

int shmg_parse_number(const char *text, unsigned long long maximum, unsigned long long *ret_number)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno || number > maximum)
		return -ERANGE;
	*ret_number = number;
	return 0;
}
