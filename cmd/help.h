/* SPDX-License-Identifier: MIT */
/* What the verbs' rows say, to people, to man and to the shell. */
#ifndef SHMG_CMD_HELP_H
#define SHMG_CMD_HELP_H

#include <stdio.h>

#include "cmd/verb.h"

void shmg_help_overview(FILE *stream);

/* What `shmguard VERB --help` prints. */
void shmg_help_verb(FILE *stream, const struct shmg_verb *verb);

/* A manual page in scdoc's language; `verb` NULL: shmguard(1) itself. */
void shmg_help_man(FILE *stream, const struct shmg_verb *verb);

/* The thresholds of shmguard-policy(5), in scdoc's language. */
void shmg_help_parameters(FILE *stream);

/* Completion for bash. */
void shmg_help_completion(FILE *stream);

/* What the exit status means: one row each. */
struct shmg_help_status {
	int status;
	const char *meaning;
};
extern const struct shmg_help_status shmg_help_statuses[4];

/* Files that the command reads: one row each. */
struct shmg_help_file {
	const char *path, *meaning;
};
extern const struct shmg_help_file shmg_help_files[2];

#endif
