/* SPDX-License-Identifier: MIT */
/*
 * Records as JSON. Every value is jansson's; only the brackets between records are written here, because
 * jansson has no way to write an array that is not in memory.
 */
#include <errno.h>
#include <stdlib.h>

#include "report/report.h"
#include "report/value.h"
#include "report/writer.h"

static json_t *json_of_record(struct shmg_writer *writer, const struct shmg_record_type *type, const void *record);

static json_t *json_of_number(uint64_t number)
{
	char text[SHMG_VALUE_MAX];

	if (number <= INT64_MAX)
		return json_integer((json_int_t)number);
	size_t length = shmg_value_decimal(number, text);
	return json_stringn_nocheck(text, length);
}

static json_t *json_of_flags(const struct shmg_field *field, uint64_t flags)
{
	json_t *list = json_array();
	char hex[SHMG_VALUE_MAX];
	const char *name;
	int status = 0;

	for (unsigned bit = 0; bit < 64 && (name = shmg_value_name(field, bit)) != NULL; bit++) {
		if (flags >> bit & 1)
			status |= json_array_append_new(list, json_string_nocheck(name));
		flags &= ~(UINT64_C(1) << bit);
	}
	if (flags) { /* bits that have no name yet */
		size_t length = shmg_value_hex(flags, field->digits, hex);
		status |= json_array_append_new(list, json_stringn_nocheck(hex, length));
	}
	if (status < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static json_t *json_of_list(struct shmg_writer *writer, const struct shmg_field *field, const void *record)
{
	const struct shmg_array *items = (const void *)((const char *)record + field->offset);
	json_t *list = json_array();

	for (size_t i = 0; i < items->count; i++) {
		const void *item = (const char *)items->items + i * field->of->size;
		if (json_array_append_new(list, json_of_record(writer, field->of, item)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* A new reference; NULL when there is no memory. */
static json_t *json_of_field(struct shmg_writer *writer, const struct shmg_field *field, const void *record)
{
	char text[SHMG_VALUE_MAX];
	const char *name;

	if (!shmg_field_is_known(field, record))
		return json_null();
	if (field->type == SHMG_TYPE_TEXT)
		return shmg_writer_escaped(writer, shmg_field_text(field, record));
	if (field->type == SHMG_TYPE_TIME)
		return json_stringn_nocheck(text, shmg_value_time(shmg_field_time(field, record), true, text));
	if (field->type == SHMG_TYPE_LIST)
		return json_of_list(writer, field, record);

	uint64_t number = shmg_field_number(field, record);
	switch (field->type) {
	case SHMG_TYPE_MODE:
		return json_stringn_nocheck(text, shmg_value_mode(number, text));
	case SHMG_TYPE_HEX:
		return json_stringn_nocheck(text, shmg_value_hex(number, field->digits, text));
	case SHMG_TYPE_BOOL:
		return json_boolean(number);
	case SHMG_TYPE_ENUM:
		name = shmg_value_name(field, number);
		return name ? json_string_nocheck(name) : json_null();
	case SHMG_TYPE_FLAGS:
		return json_of_flags(field, number);
	default:
		return json_of_number(number);
	}
}

/* Sets every member of the object, new or used for the record before. */
static int fill(struct shmg_writer *writer, const struct shmg_record_type *type, const void *record, json_t *object)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct shmg_field *field = &type->fields[i];
		if (json_object_set_new_nocheck(object, field->name, json_of_field(writer, field, record)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static json_t *json_of_record(struct shmg_writer *writer, const struct shmg_record_type *type, const void *record)
{
	json_t *object = json_object();

	if (object && fill(writer, type, record, object) < 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static void print_member(struct shmg_writer *writer, const char *name, json_t *value)
{
	shmg_writer_json_new(writer, json_string(name));
	shmg_writer_text(writer, ": ");
	shmg_writer_json_new(writer, value);
}

static void print_section(struct shmg_writer *writer, const struct shmg_section *section)
{
	const struct shmg_source *source = &section->source;

	if (section->single) {
		const void *record = source->count ? shmg_source_at(source, 0) : NULL;
		print_member(writer, section->name,
			     record ? json_of_record(writer, source->type, record) : json_null());
		return;
	}
	shmg_writer_json_new(writer, json_string(section->name));
	shmg_writer_text(writer, ": [");
	/* One object serves all rows: its names are hashed and allocated once. */
	json_t *object = json_object();
	for (size_t row = 0; row < source->count && !writer->status; row++) {
		int status = fill(writer, source->type, shmg_source_at(source, row), object);
		shmg_writer_text(writer, row ? ",\n" : "\n");
		shmg_writer_json(writer, status < 0 ? NULL : object);
	}
	json_decref(object);
	shmg_writer_text(writer, source->count ? "\n]" : "]");
}

int shmg_json_print(FILE *stream, const char *kind, const struct shmg_section *sections, size_t count)
{
	struct shmg_writer writer;

	shmg_writer_begin(&writer, stream);
	shmg_writer_text(&writer, "{");
	print_member(&writer, "schema", json_sprintf("shmguard/%s", kind));
	shmg_writer_text(&writer, ", ");
	print_member(&writer, "version", json_integer(SHMG_JSON_SCHEMA_VERSION));
	for (size_t i = 0; i < count; i++) {
		shmg_writer_text(&writer, ",\n");
		print_section(&writer, &sections[i]);
	}
	shmg_writer_text(&writer, "\n}\n");
	return shmg_writer_finish(&writer);
}
