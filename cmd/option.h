/* SPDX-License-Identifier: MIT */
/*
 * Command-line options as rows. The rows drive getopt_long, --help, the man pages' tables and shell
 * completion, so that these cannot disagree.
 *
 *   struct shmg_option_reader reader;
 *   const char *value;
 *   int id;
 *   shmg_option_begin(&reader, rows, argc, argv);
 *   while ((id = shmg_option_next(&reader, &value, &error)) > 0)
 *           switch (id) { … }
 *   … reader.operands, reader.operand_count …
 *
 * main.c has read the options once before a verb runs, refused what is wrong and answered --help: in a
 * verb `shmg_option_next` does not fail.
 */
#ifndef SHMG_CMD_OPTION_H
#define SHMG_CMD_OPTION_H

#include <getopt.h>
#include <stddef.h>

#include "lib/base/error.h"

struct shmg_option {
	const char *name;	   /* long: "from" */
	char letter;		   /* short, or 0 */
	const char *argument;	   /* its placeholder, "FILE"; NULL: takes none */
	const char *help;	   /* one sentence, no capital, no full stop */
	const char *const *values; /* all that the argument may be, ends with NULL; NULL: not a fixed list */
	/* What completion offers where there is no such list; NULL past the last. */
	const char *(*value_at)(size_t index);
	int id;			   /* > 0, unique in its rows */
};

/* Ids below SHMG_OPTION_OWN are the same in every verb; a verb's own start there. */
enum shmg_option_id {
	SHMG_OPTION_HELP = 1,
	SHMG_OPTION_FROM,
	SHMG_OPTION_ROOT,
	SHMG_OPTION_POLICY,
	SHMG_OPTION_FORMAT,
	SHMG_OPTION_OWN = 32,
};

#define SHMG_OPTIONS_MAX 48

/* Rows that verbs share. An array of rows ends with SHMG_OPTION_ROWS_END. */
#define SHMG_OPTION_ROW_FROM                                                                         \
	{                                                                                            \
		.id = SHMG_OPTION_FROM, .name = "from", .argument = "FILE",                          \
		.help = "read the facts from a file that shmguard snapshot wrote, not from this machine" \
	}
#define SHMG_OPTION_ROW_ROOT                                                                   \
	{                                                                                      \
		.id = SHMG_OPTION_ROOT, .name = "root", .argument = "DIR",                     \
		.help = "look at a captured tree (its proc, sys, etc and dev), not at this machine" \
	}
#define SHMG_OPTION_ROW_POLICY                                                                     \
	{                                                                                          \
		.id = SHMG_OPTION_POLICY, .name = "policy", .argument = "FILE",                    \
		.help = "policy file; without it /etc/shmguard/policy.ini if there is one, else the built-in policy" \
	}
#define SHMG_OPTION_ROW_FORMAT(formats)                                                          \
	{                                                                                        \
		.id = SHMG_OPTION_FORMAT, .name = "format", .letter = 'f', .argument = "FORMAT", \
		.help = "how to print the result", .values = (formats)                           \
	}
#define SHMG_OPTION_ROW_HELP                                                                                          \
	{                                                                                                             \
		.id = SHMG_OPTION_HELP, .name = "help", .letter = 'h',                                                \
		.help = "say how to use this, and do nothing else"                                                    \
	}
#define SHMG_OPTION_ROWS_END { .name = NULL }

/* "table", "json": for SHMG_OPTION_ROW_FORMAT. */
extern const char *const shmg_formats[];

struct shmg_option_reader {
	const struct shmg_option *rows;
	int argc;
	char **argv;
	char **operands; /* what is no option, once the options are read */
	int operand_count;
	char letters[2 * SHMG_OPTIONS_MAX + 4];
	struct option longs[SHMG_OPTIONS_MAX + 1];
};

/* argv[0] is the verb; the order of argv changes: operands move to its end. */
void shmg_option_begin(struct shmg_option_reader *reader, const struct shmg_option *rows, int argc, char **argv);

/*
 * The id of the next option and its argument (NULL where it takes none); 0 after the last; -EINVAL with one
 * sentence in `error` (may be NULL): no such option (and the nearest that exists), an argument missing, too many,
 * or not among the values.
 */
int shmg_option_next(struct shmg_option_reader *reader, const char **ret_value, struct shmg_error *error);

/* The index-th value that completion offers for the argument; NULL past the last. */
const char *shmg_option_value(const struct shmg_option *option, size_t index);

/*
 * The nearest of `candidate(context, 0…)` (NULL ends them) to a mistyped word: within a third of its letters
 * changed, added, lost or swapped, or one that begins with it; NULL when none is.
 */
const char *shmg_nearest(const char *word, const char *(*candidate)(const void *context, size_t index),
			 const void *context);

/* A decimal number; 0, -EINVAL or -ERANGE. */
int shmg_parse_number(const char *text, unsigned long long maximum, unsigned long long *ret_number);

#endif
