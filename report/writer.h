/* SPDX-License-Identifier: MIT */
/*
 * Documents written to a stream piece by piece, so that memory does not grow with rows. The first
 * failure is kept and everything after it is nothing, so that only the end needs to be asked.
 * Internal to the room.
 */
#ifndef SHMG_REPORT_WRITER_H
#define SHMG_REPORT_WRITER_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

struct shmg_writer {
	FILE *stream;
	int status; /* 0, or what failed first */
	char *scratch;
	size_t scratch_size;
	size_t used;
	char buffer[4096]; /* jansson writes a few bytes at a time, which stdio makes expensive */
};

/* Locks the stream until shmg_writer_end or shmg_writer_finish. */
void shmg_writer_begin(struct shmg_writer *writer, FILE *stream);

/* Unlocks and frees. Returns 0, -ENOMEM, or the stream's -errno; what stdio still buffers may fail later. */
int shmg_writer_end(struct shmg_writer *writer);
/* The same at the end of a document: flushed, so that 0 means that all of it got out. */
int shmg_writer_finish(struct shmg_writer *writer);

/* Something else failed that the document needs. */
void shmg_writer_fail(struct shmg_writer *writer, int status);

void shmg_writer_bytes(struct shmg_writer *writer, const char *bytes, size_t length);
void shmg_writer_text(struct shmg_writer *writer, const char *text);

/* Writes a value; NULL counts as no memory. The caller keeps its reference. */
void shmg_writer_json(struct shmg_writer *writer, const json_t *value);
/* The same, for people to read. */
void shmg_writer_json_indented(struct shmg_writer *writer, const json_t *value);
/* Writes a value and drops the caller's reference. */
void shmg_writer_json_new(struct shmg_writer *writer, json_t *value);

/* Bytes in escaped form (escape.h), good until the next call; NULL when there is no memory. */
const char *shmg_writer_escape(struct shmg_writer *writer, const char *bytes, size_t *ret_length);
/* The same as a JSON string; a new reference, NULL when there is no memory. */
json_t *shmg_writer_escaped(struct shmg_writer *writer, const char *bytes);

#endif
