/* SPDX-License-Identifier: MIT */
/* The JSON documents that the command prints: one description serves the output and its schema. */
#ifndef SHMG_CMD_DOCUMENT_H
#define SHMG_CMD_DOCUMENT_H

#include "report/report.h"

struct shmg_document {
	const char *kind;  /* "ls" */
	const char *title; /* one sentence, for the schema */
	const struct shmg_section_shape *shapes;
	size_t count;
};

extern const struct shmg_document shmg_document_ls, shmg_document_ls_by, shmg_document_audit, shmg_document_checks,
	shmg_document_show, shmg_document_show_process;

/* A snapshot: shmg_facts_tables as shapes; `shapes` holds shmg_facts_table_count of them. */
void shmg_document_snapshot(struct shmg_section_shape *shapes, struct shmg_document *ret_document);

#define SHMG_SECTIONS_MAX 16

/* sources[i] are the records of shapes[i]; their types are filled in here. 0 or -errno. */
int shmg_document_print(FILE *stream, const struct shmg_document *document, const struct shmg_source *sources);

/* An array as a source: for the elements of `sources`. */
#define SHMG_SOURCE_OF(array) { .count = (array)->count, .context = (array)->items }

#endif
