/* SPDX-License-Identifier: MIT */
/* A record that holds every type of field in every size, and streams that end up in memory. */
#ifndef SHMG_TESTS_SAMPLE_H
#define SHMG_TESTS_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/array.h"
#include "lib/base/record.h"

struct part {
	const char *label;
	uint64_t weight;
};

struct sample {
	const char *name;
	SHMG_ARRAY(struct part) parts;
	uint64_t size, count, address;
	int64_t when;
	uint32_t id, mode, key, flags, wide_bool;
	uint16_t port;
	uint8_t level, on, kind;
};

static const char *const sample_kinds[] = { "first", "second", NULL };
static const char *const sample_flags[] = { "alpha", "beta", "gamma", NULL };

static const struct shmg_field part_fields[] = {
	SHMG_FIELD(struct part, label, SHMG_TYPE_TEXT, "LABEL", true, "what it is called"),
	SHMG_FIELD(struct part, weight, SHMG_TYPE_NUMBER, "WEIGHT", true, "how heavy it is"),
};
static const struct shmg_record_type part_type =
	SHMG_RECORD_TYPE("part", "one part of a sample", struct part, part_fields);

static const struct shmg_field sample_fields[] = {
	SHMG_FIELD(struct sample, name, SHMG_TYPE_TEXT, "NAME", true, "name"),
	SHMG_FIELD(struct sample, size, SHMG_TYPE_SIZE, "SIZE", true, "bytes"),
	SHMG_FIELD(struct sample, count, SHMG_TYPE_NUMBER, "COUNT", true, "a 64-bit number"),
	SHMG_FIELD(struct sample, id, SHMG_TYPE_NUMBER, "ID", false, "a 32-bit number"),
	SHMG_FIELD(struct sample, port, SHMG_TYPE_NUMBER, "PORT", false, "a 16-bit number"),
	SHMG_FIELD(struct sample, level, SHMG_TYPE_NUMBER, "LEVEL", false, "an 8-bit number"),
	SHMG_FIELD(struct sample, when, SHMG_TYPE_TIME, "WHEN", false, "time"),
	SHMG_FIELD(struct sample, mode, SHMG_TYPE_MODE, "MODE", false, "mode"),
	SHMG_FIELD(struct sample, key, SHMG_TYPE_HEX, "KEY", false, "32 bits"),
	SHMG_FIELD(struct sample, address, SHMG_TYPE_HEX, "ADDRESS", false, "64 bits"),
	SHMG_FIELD(struct sample, on, SHMG_TYPE_BOOL, "ON", false, "yes or no"),
	SHMG_FIELD(struct sample, wide_bool, SHMG_TYPE_BOOL, NULL, false, "yes or no in 32 bits; not a column"),
	SHMG_FIELD_NAMES(struct sample, kind, SHMG_TYPE_ENUM, "KIND", false, sample_kinds, "one of two"),
	SHMG_FIELD_NAMES(struct sample, flags, SHMG_TYPE_FLAGS, "FLAGS", false, sample_flags, "any of three"),
	{ .name = "parts",
	  .heading = "PARTS",
	  .help = "its parts",
	  .type = SHMG_TYPE_LIST,
	  .offset = offsetof(struct sample, parts),
	  .of = &part_type },
};
static const struct shmg_record_type sample_type =
	SHMG_RECORD_TYPE("sample", "one sample", struct sample, sample_fields);

/* Text printed into memory: open, print, close, then look at `text`. */
struct printed {
	char *text;
	size_t length;
	FILE *stream;
};

static inline FILE *printed_open(struct printed *printed)
{
	free(printed->text);
	printed->text = NULL;
	printed->stream = open_memstream(&printed->text, &printed->length);
	return printed->stream;
}

static inline const char *printed_close(struct printed *printed)
{
	return fclose(printed->stream) == 0 ? printed->text : NULL;
}

#endif
