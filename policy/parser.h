/* SPDX-License-Identifier: MIT */
/* A policy while it is read: parse.c brings lines, section.c says what they mean. Internal to the room. */
#ifndef SHMG_POLICY_PARSER_H
#define SHMG_POLICY_PARSER_H

#include "policy/parse.h"

struct shmg_policy_parser;

struct shmg_policy_key {
	const char *name;
	bool list; /* may go on in indented lines */
	int (*set)(struct shmg_policy_parser *parser, const char *value);
};

/* A kind of section. Each section, by its whole name, may be there once. */
struct shmg_policy_section {
	const char *name;
	const char *argument; /* what follows the name, for messages; NULL: nothing may */
	const char *keys_help;
	const struct shmg_policy_key *keys; /* NULL: its keys are shmg_policy_parameters */
	size_t key_count;
	int (*begin)(struct shmg_policy_parser *parser, const char *argument);
	int (*finish)(struct shmg_policy_parser *parser);
};

struct shmg_policy_parser {
	const struct shmg_policy_source *source;
	struct shmg_policy *policy;
	struct shmg_error *error;
	int code;               /* of the error that ended it */
	const char *next, *end; /* what is left of the text */
	unsigned line;
	bool indented;                             /* the line goes on with the list of the one before */
	const struct shmg_policy_section *section; /* NULL: before the first */
	unsigned section_line;
	uint32_t keys_seen; /* bit n: the section's key n */
	const struct shmg_policy_key *last_key;
};

extern const struct shmg_policy_section shmg_policy_sections[];
extern const size_t shmg_policy_section_count;

/* Sets the threshold of that row of shmg_policy_parameters. */
int shmg_policy_set_threshold(struct shmg_policy_parser *parser, size_t row, const char *value);

/* Ends the reading; returns `code`, which is negative. */
int shmg_policy_fail(struct shmg_policy_parser *parser, unsigned line, int code, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
int shmg_policy_fail_memory(struct shmg_policy_parser *parser);

/* The same for what is wrong with the line being read. */
#define SHMG_POLICY_REFUSE(parser, ...) shmg_policy_fail((parser), (parser)->line, -EINVAL, __VA_ARGS__)

#endif
