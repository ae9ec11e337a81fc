/* SPDX-License-Identifier: MIT */
/*
 * Records that describe themselves.
 *
 * A record type is a C struct and one row a field: its JSON name, column heading, type
 * and offset, and a sentence of help. Tables, JSON (out and in), the JSON schema,
 * sorting and `--columns` all read these rows; none of them knows what a record is about.
 *
 * Unknown is a value of its own, never 0: JSON null, "?" in tables.
 */
#ifndef SHMG_BASE_RECORD_H
#define SHMG_BASE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unknown values. UINT64_MAX stays usable: it is what the kernel calls unlimited. */
#define SHMG_U64_UNKNOWN (UINT64_MAX - 1)
#define SHMG_U32_UNKNOWN UINT32_MAX
#define SHMG_U8_UNKNOWN UINT8_MAX
#define SHMG_TIME_UNKNOWN INT64_MIN

/* Adds to a total: what is unknown adds nothing, and a total that does not fit stays UINT64_MAX. */
static inline void shmg_total_add(uint64_t *total, uint64_t value)
{
	if (value == SHMG_U64_UNKNOWN)
		return;
	if (__builtin_add_overflow(*total, value, total) || *total == SHMG_U64_UNKNOWN)
		*total = UINT64_MAX;
}

enum shmg_type {
	SHMG_TYPE_NUMBER, /* u8, u16, u32 or u64 */
	SHMG_TYPE_SIZE,   /* u64, bytes; 1.5M in tables */
	SHMG_TYPE_TIME,   /* i64, nanoseconds since the epoch; RFC 3339 */
	SHMG_TYPE_MODE,   /* u32, permission and set-id bits; "0640" */
	SHMG_TYPE_HEX,    /* u32 or u64; "0x0052e2c1" */
	SHMG_TYPE_TEXT,   /* const char *: bytes, escaped on the way out */
	SHMG_TYPE_BOOL,   /* u8: 0, 1 or unknown */
	SHMG_TYPE_ENUM,   /* u8: index into names */
	SHMG_TYPE_FLAGS,  /* u32: bit n is names[n]; a list in JSON, "a,b" in tables */
	SHMG_TYPE_LIST,   /* an embedded SHMG_ARRAY of records described by `of` */
};

struct shmg_record_type;

struct shmg_field {
	const char *name;    /* JSON key and --columns name */
	const char *heading; /* NULL: not a column */
	const char *help;
	enum shmg_type type;
	uint16_t offset;
	uint8_t size;                      /* bytes of the member */
	uint8_t digits;                    /* HEX, FLAGS: no fewer than these */
	bool common;                       /* a column unless --columns says otherwise */
	const char *const *names;          /* ENUM, FLAGS: ends with NULL */
	const struct shmg_record_type *of; /* LIST */
};

struct shmg_record_type {
	const char *name; /* singular: "object" */
	const char *help;
	size_t size; /* sizeof the struct */
	const struct shmg_field *fields;
	size_t field_count;
};

#define SHMG_DIGITS(record, member) (sizeof(((record *)NULL)->member) == sizeof(uint32_t) ? 8 : 1)
#define SHMG_FIELD(record, member, type_, heading_, common_, help_)                             \
	{                                                                                       \
		.name = #member, .heading = (heading_), .help = (help_), .type = (type_),       \
		.offset = offsetof(record, member), .size = sizeof(((record *)NULL)->member),   \
		.digits = SHMG_DIGITS(record, member), .common = (common_)                      \
	}
/* A 32-bit number in a 64-bit member, where every one of them is a value, and unknown yet another. */
#define SHMG_FIELD_HEX32(record, member, heading_, common_, help_)                                                \
	{                                                                                                         \
		.name = #member, .heading = (heading_), .help = (help_), .type = SHMG_TYPE_HEX, .digits = 8,      \
		.offset = offsetof(record, member), .size = sizeof(((record *)NULL)->member), .common = (common_) \
	}
#define SHMG_FIELD_NAMES(record, member, type_, heading_, common_, names_, help_)               \
	{                                                                                       \
		.name = #member, .heading = (heading_), .help = (help_), .type = (type_),       \
		.offset = offsetof(record, member), .size = sizeof(((record *)NULL)->member),   \
		.digits = SHMG_DIGITS(record, member), .common = (common_), .names = (names_)   \
	}
#define SHMG_FIELD_LIST(record, member, of_, help_)                                             \
	{                                                                                       \
		.name = #member, .help = (help_), .type = SHMG_TYPE_LIST,                       \
		.offset = offsetof(record, member), .size = sizeof(((record *)NULL)->member),   \
		.of = (of_)                                                                     \
	}
#define SHMG_RECORD_TYPE(name_, help_, struct_, fields_)                                        \
	{                                                                                       \
		.name = (name_), .help = (help_), .size = sizeof(struct_), .fields = (fields_), \
		.field_count = sizeof(fields_) / sizeof *(fields_)                              \
	}

/* The field of that name, or NULL. */
const struct shmg_field *shmg_record_field(const struct shmg_record_type *type, const char *name);

bool shmg_field_is_known(const struct shmg_field *field, const void *record);

/* NUMBER, SIZE, MODE, HEX, BOOL, ENUM, FLAGS; unknown values come back as stored. */
uint64_t shmg_field_number(const struct shmg_field *field, const void *record);
int64_t shmg_field_time(const struct shmg_field *field, const void *record);
const char *shmg_field_text(const struct shmg_field *field, const void *record);

/* Sets a number field, truncated to its size. */
void shmg_field_set_number(const struct shmg_field *field, void *record, uint64_t value);

/* Sets every field to unknown (lists to empty). */
void shmg_record_set_unknown(const struct shmg_record_type *type, void *record);

/* <0, 0, >0; unknown sorts last. Text compares as bytes. */
int shmg_field_compare(const struct shmg_field *field, const void *left, const void *right);

#endif
