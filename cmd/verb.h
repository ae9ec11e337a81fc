/* SPDX-License-Identifier: MIT */
/* A verb of the command: `shmguard VERB`. One file a verb, which ends with its row. */
#ifndef SHMG_CMD_VERB_H
#define SHMG_CMD_VERB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/option.h"
#include "lib/base/error.h"

enum shmg_exit {
	SHMG_EXIT_CLEAN = 0,
	SHMG_EXIT_FINDINGS = 1,
	SHMG_EXIT_USAGE = 2,
	SHMG_EXIT_UNSEEN = 3, /* could not look, or could not say what was seen */
};

struct shmg_example {
	const char *command; /* "shmguard ls --orphans"; NULL ends the list */
	const char *what;    /* what it does */
};

struct shmg_verb {
	const char *name;
	const char *summary;		/* one line, no capital, no full stop: "list shared-memory objects" */
	const char *usage;		/* what follows the verb: "[OPTION…] OBJECT|PID" */
	const char *const *description; /* paragraphs, plain text; ends with NULL */
	const struct shmg_option *options; /* ends with SHMG_OPTION_ROWS_END */
	const struct shmg_example *examples;
	/* A section of its own for the manual page: a heading, and terms with their meaning. NULL: none. */
	const char *glossary;
	bool (*term_at)(size_t index, const char **ret_term, const char **ret_meaning); /* false past the last */
	/* argv[0] is the verb's name. Returns enum shmg_exit. */
	int (*run)(int argc, char **argv);
};

/* One line on stderr, "shmguard ls: …", and SHMG_EXIT_USAGE. */
int shmg_say_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for a word that is no verb, with the nearest that is. */
int shmg_say_unknown_verb(const char *name);

/*
 * One line on stderr, "shmguard VERB: WHERE: MESSAGE", and SHMG_EXIT_UNSEEN. Where is escaped; what the message quotes
 * was escaped by its maker.
 */
int shmg_say_failure(const char *verb, const struct shmg_error *error);

/* The same without a verb. */
int shmg_say_error(const struct shmg_error *error);

/* The same for a code without details; `what` is what was being done: "writing the list". */
int shmg_say_code(int code, const char *what);

/*
 * Flushes stdout and notices that it could not be written (a full device, a closed pipe): then the status is
 * SHMG_EXIT_UNSEEN, and said, but for a closed pipe. Otherwise returns `status`. `code` is 0 or the -errno of the
 * printing function.
 */
int shmg_finish_output(int code, int status);

extern const struct shmg_verb shmg_verb_ls, shmg_verb_show, shmg_verb_audit, shmg_verb_snapshot, shmg_verb_schema,
	shmg_verb_help;

/* The verbs in the order of the overview; NULL past the last. */
const struct shmg_verb *shmg_verb_at(size_t index);
const struct shmg_verb *shmg_verb_find(const char *name);

#endif
