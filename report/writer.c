/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/escape.h"

void shmg_writer_begin(struct shmg_writer *writer, FILE *stream)
{
	flockfile(stream);
	writer->stream = stream;
	writer->status = ferror_unlocked(stream) ? -EIO : 0;
	writer->scratch = NULL;
	writer->scratch_size = 0;
	writer->used = 0;
}

void shmg_writer_fail(struct shmg_writer *writer, int status)
{
	if (!writer->status)
		writer->status = status;
}

static void write_out(struct shmg_writer *writer, const char *bytes, size_t length)
{
	if (writer->status || !length)
		return;
	errno = 0;
	if (fwrite_unlocked(bytes, 1, length, writer->stream) != length)
		shmg_writer_fail(writer, errno ? -errno : -EIO);
}

int shmg_writer_end(struct shmg_writer *writer)
{
	write_out(writer, writer->buffer, writer->used);
	funlockfile(writer->stream);
	free(writer->scratch);
	writer->scratch = NULL;
	return writer->status;
}

int shmg_writer_finish(struct shmg_writer *writer)
{
	write_out(writer, writer->buffer, writer->used);
	writer->used = 0;
	errno = 0;
	if (fflush_unlocked(writer->stream) != 0)
		shmg_writer_fail(writer, errno ? -errno : -EIO);
	return shmg_writer_end(writer);
}

void shmg_writer_bytes(struct shmg_writer *writer, const char *bytes, size_t length)
{
	if (length > sizeof writer->buffer - writer->used) {
		write_out(writer, writer->buffer, writer->used);
		writer->used = 0;
		if (length > sizeof writer->buffer) {
			write_out(writer, bytes, length);
			return;
		}
	}
	memcpy(writer->buffer + writer->used, bytes, length);
	writer->used += length;
}

void shmg_writer_text(struct shmg_writer *writer, const char *text)
{
	shmg_writer_bytes(writer, text, strlen(text));
}

static int dump_piece(const char *bytes, size_t length, void *context)
{
	struct shmg_writer *writer = context;

	shmg_writer_bytes(writer, bytes, length);
	return writer->status ? -1 : 0;
}

static void dump(struct shmg_writer *writer, const json_t *value, size_t flags)
{
	if (!value)
		shmg_writer_fail(writer, -ENOMEM);
	/* All text is escaped and all nesting is ours: what else can fail is memory. */
	else if (!writer->status && json_dump_callback(value, dump_piece, writer, flags | JSON_ENCODE_ANY) < 0)
		shmg_writer_fail(writer, -ENOMEM);
}

void shmg_writer_json(struct shmg_writer *writer, const json_t *value)
{
	dump(writer, value, 0);
}

void shmg_writer_json_indented(struct shmg_writer *writer, const json_t *value)
{
	dump(writer, value, JSON_INDENT(2));
}

void shmg_writer_json_new(struct shmg_writer *writer, json_t *value)
{
	shmg_writer_json(writer, value);
	json_decref(value);
}

const char *shmg_writer_escape(struct shmg_writer *writer, const char *bytes, size_t *ret_length)
{
	size_t length = strlen(bytes);

	if (shmg_escape_is_plain(bytes, length)) {
		*ret_length = length;
		return bytes;
	}
	if (writer->scratch_size < SHMG_ESCAPED_MAX(length)) {
		char *scratch = realloc(writer->scratch, SHMG_ESCAPED_MAX(length));
		if (!scratch)
			return NULL;
		writer->scratch = scratch;
		writer->scratch_size = SHMG_ESCAPED_MAX(length);
	}
	long escaped = shmg_escape(bytes, length, writer->scratch, writer->scratch_size);
	if (escaped < 0)
		return NULL;
	*ret_length = (size_t)escaped;
	return writer->scratch;
}

json_t *shmg_writer_escaped(struct shmg_writer *writer, const char *bytes)
{
	size_t length;
	const char *escaped = shmg_writer_escape(writer, bytes, &length);

	return escaped ? json_stringn_nocheck(escaped, length) : NULL;
}
