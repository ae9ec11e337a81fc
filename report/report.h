/* SPDX-License-Identifier: MIT */
/*
 * Records → table, JSON, SARIF, Prometheus text; and JSON → records.
 *
 * Knows records (lib/base/record.h), not what they are about.
 *
 * Tables are written by this room and not by a library: libsmartcols took 200 ms and 10 MB for
 * 14,000 rows of 10 columns, three times what the whole look at such a host takes. JSON is jansson's,
 * one record at a time.
 */
#ifndef SHMG_REPORT_REPORT_H
#define SHMG_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/base/array.h"
#include "lib/base/error.h"
#include "lib/base/pool.h"
#include "lib/base/record.h"

/* Where records come from: an array, or a callback that makes the record of each row. */
struct shmg_source {
	const struct shmg_record_type *type;
	size_t count;
	/* Its result is good until the next call. NULL: `context` is the array itself. */
	const void *(*at)(void *context, size_t index);
	void *context;
};

static inline const void *shmg_source_at(const struct shmg_source *source, size_t index)
{
	return source->at ? source->at(source->context, index)
			  : (const char *)source->context + index * source->type->size;
}

/* --- table.c --- */

#define SHMG_COLUMNS_MAX 64

struct shmg_columns {
	const struct shmg_field *fields[SHMG_COLUMNS_MAX];
	size_t count;
	/* How a table of these gives way to a narrow terminal; zero: text is cut, the widest first. */
	const struct shmg_field *subject; /* names the row: keeps room longest, and is cut in its middle */
	const char *dispensable;          /* names, the first to go first, "a,b"; they make room for the subject */
	bool wrap;                        /* text but the subject's is not cut, and goes on in the next line */
};

/*
 * `list` is NULL (the common columns), "all", or names separated by commas; a list that begins with '+'
 * adds to the common ones. -EINVAL names the unknown column and lists those that exist.
 */
int shmg_columns_choose(const struct shmg_record_type *type, const char *list, struct shmg_columns *ret_columns,
			struct shmg_error *error);

struct shmg_style {
	unsigned width; /* of the terminal; 0: not a terminal, never cut */
	bool colour;
	bool bare; /* no heading */
};

/*
 * Rows are cut with "…" at the width, the widest text columns first, never numbers, never within a character or an
 * escape; struct shmg_columns says what else gives way. Unknown is "?".
 * Text is escaped; nothing that a name holds reaches the terminal. Numbers align right.
 * Returns 0, -ENOMEM, or the stream's -errno.
 */
int shmg_table_print(FILE *stream, const struct shmg_source *source, const struct shmg_columns *columns,
		     const struct shmg_style *style);

/* A style for this stream: its terminal's width, colour unless NO_COLOR or TERM=dumb; none of it elsewhere. */
struct shmg_style shmg_style_of(FILE *stream);

/* One value as a table shows it, escaped; returns its length in bytes. `buffer` holds at least 64 bytes. */
size_t shmg_cell_format(const struct shmg_field *field, const void *record, char *buffer, size_t size);

/* "1.5M", "312K", "0"; and "3h12m". Both return `buffer`. */
const char *shmg_format_size(uint64_t bytes, char buffer[static 24]);
const char *shmg_format_age(int64_t nanoseconds, char buffer[static 24]);
/* RFC 3339 in UTC, with a fraction only when there is one. */
const char *shmg_format_time(int64_t nanoseconds, char buffer[static 40]);

/* Terminal columns that escaped text takes. */
size_t shmg_text_width(const char *text, size_t length);

/* --- json.c --- */

/* One member of a document: an array of records, or, when `single`, its first record as an object. */
struct shmg_section {
	const char *name;
	struct shmg_source source;
	bool single;
};

/* The version of every document; raised when a member changes its meaning or goes. */
#define SHMG_JSON_SCHEMA_VERSION 1

/*
 * {"schema": "shmguard/KIND", "version": 1, SECTION: …}, one record a line.
 * u64 above INT64_MAX is a decimal string; every other number an integer. Unknown is null. Text is escaped (escape.h).
 * Returns 0, -ENOMEM, or the stream's -errno.
 */
int shmg_json_print(FILE *stream, const char *kind, const struct shmg_section *sections, size_t count);

/* Where the records of one section go when a document is read. */
struct shmg_section_target {
	const char *name;
	const struct shmg_record_type *type;
	struct shmg_array *array; /* appended to */
};

/*
 * Reads a document of that kind. Sections that are missing stay empty, members that are missing stay unknown,
 * members that are not described are an error, as are wrong types, numbers out of range and names of no enum:
 * the error says which record and member, and the arrays are as they were. Lists inside records live in the
 * pool: do not append to them. -EINVAL, -ENOMEM, or why the file cannot be read (-ENOENT, …).
 */
int shmg_json_read(const char *path, const char *kind, const struct shmg_section_target *targets, size_t count,
		   struct shmg_pool *pool, struct shmg_error *error);

/* A JSON schema (draft 2020-12) of such a document, from the same rows. */
struct shmg_section_shape {
	const char *name;
	const struct shmg_record_type *type;
	bool single;
};
int shmg_json_schema_print(FILE *stream, const char *kind, const char *title, const struct shmg_section_shape *shapes,
			   size_t count);

/* --- sarif.c: SARIF 2.1.0 --- */

struct shmg_sarif_rule {
	const char *id, *title, *description, *help, *level; /* level: "error", "warning", "note" */
	double security_severity; /* 0..10 */
};
struct shmg_sarif_result {
	const char *rule, *level;
	const char *message;	   /* raw bytes */
	const char *subject;	   /* logical location, raw bytes */
	const char *kind;	   /* of the subject: "object", "process", … */
	const char *justification; /* why it is suppressed, raw bytes; NULL: it is not */
};
/* Something that the tool could not do, so that no result does not mean that all is well. */
struct shmg_sarif_notification {
	const char *rule;    /* that could not be applied */
	const char *message; /* raw bytes */
};
struct shmg_sarif_run {
	const char *version; /* of the tool */
	const struct shmg_sarif_rule *rules;
	size_t rule_count;
	const struct shmg_sarif_notification *notifications;
	size_t notification_count;
	size_t result_count;
	struct shmg_sarif_result (*result)(void *context, size_t index);
	void *context;
};
int shmg_sarif_print(FILE *stream, const struct shmg_sarif_run *run);

/* --- prometheus.c: text exposition format 0.0.4 --- */

struct shmg_label {
	const char *name, *value; /* value: raw bytes, escaped on the way out */
};
/* Begins a metric: HELP and TYPE lines. `type` is "gauge" or "counter". */
int shmg_prometheus_metric(FILE *stream, const char *name, const char *type, const char *help);
/*
 * One sample of it; labels end with a NULL name (the array may be NULL). Unknown values print nothing,
 * UINT64_MAX is +Inf. Both functions leave what they print in the stream's buffer: flush it at the end, and look.
 */
int shmg_prometheus_sample(FILE *stream, const char *name, const struct shmg_label *labels, uint64_t value);

#endif
