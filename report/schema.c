/* SPDX-License-Identifier: MIT */
/* The shape of a document as a JSON schema (draft 2020-12), from the rows that also print and read it. */
#include <errno.h>

#include "report/report.h"
#include "report/value.h"
#include "report/writer.h"

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

#define TEXT_PATTERN "^([^\\\\]|\\\\\\\\|\\\\x[0-9a-f]{2})*$"
#define TIME_PATTERN "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?Z$"
#define MODE_PATTERN "^([0-7]{4}|[1-7][0-7]{4,10})$"
#define HEX32_PATTERN "^0x[0-9a-f]{8}$"
#define HEX64_PATTERN "^0x(0|[1-9a-f][0-9a-f]{0,15})$"
#define DECIMAL_PATTERN "^(0|[1-9][0-9]{0,19})$"

static const char *hex_pattern(const struct shmg_field *field)
{
	return field->digits == 8 ? HEX32_PATTERN : HEX64_PATTERN;
}

/* Names of an ENUM or FLAGS field, and null when that is one of its values. */
static json_t *names_of(const struct shmg_field *field, bool nullable)
{
	json_t *names = json_array();
	int status = 0;

	for (size_t i = 0; field->names && field->names[i]; i++)
		status |= json_array_append_new(names, json_string(field->names[i]));
	if (nullable)
		status |= json_array_append_new(names, json_null());
	if (status < 0) {
		json_decref(names);
		return NULL;
	}
	return names;
}

static json_t *schema_of_number(const struct shmg_field *field)
{
	if (field->size < 8)
		return json_pack("{s:[s,s], s:i, s:I}", "type", "integer", "null", "minimum", 0, "maximum",
				 (json_int_t)shmg_value_largest(field));
	return json_pack("{s:[s,s,s], s:i, s:I, s:s}", "type", "integer", "string", "null", "minimum", 0, "maximum",
			 (json_int_t)INT64_MAX, "pattern", DECIMAL_PATTERN);
}

static json_t *schema_of_field(const struct shmg_field *field)
{
	switch (field->type) {
	case SHMG_TYPE_TEXT:
		return json_pack("{s:[s,s], s:s}", "type", "string", "null", "pattern", TEXT_PATTERN);
	case SHMG_TYPE_TIME:
		return json_pack("{s:[s,s], s:s, s:s}", "type", "string", "null", "format", "date-time", "pattern",
				 TIME_PATTERN);
	case SHMG_TYPE_MODE:
		return json_pack("{s:[s,s], s:s}", "type", "string", "null", "pattern", MODE_PATTERN);
	case SHMG_TYPE_HEX:
		return json_pack("{s:[s,s], s:s}", "type", "string", "null", "pattern", hex_pattern(field));
	case SHMG_TYPE_BOOL:
		return json_pack("{s:[s,s]}", "type", "boolean", "null");
	case SHMG_TYPE_ENUM:
		return json_pack("{s:o}", "enum", names_of(field, true));
	case SHMG_TYPE_FLAGS: /* bits that have no name yet are one hexadecimal number */
		return json_pack("{s:[s,s], s:b, s:{s:[{s:o}, {s:s, s:s}]}}", "type", "array", "null", "uniqueItems", 1,
				 "items", "anyOf", "enum", names_of(field, false), "type", "string", "pattern",
				 hex_pattern(field));
	case SHMG_TYPE_LIST:
		return json_pack("{s:s, s:{s:o}}", "type", "array", "items", "$ref",
				 json_sprintf("#/$defs/%s", field->of->name));
	default:
		return schema_of_number(field);
	}
}

/* Adds the definition of a record, and of the records in its lists, unless they are there. */
static int define(json_t *definitions, const struct shmg_record_type *type)
{
	json_t *properties = json_object();

	if (json_object_get(definitions, type->name)) {
		json_decref(properties);
		return 0;
	}
	int status = json_object_set_new(definitions, type->name,
					 json_pack("{s:s, s:s, s:O, s:b}", "description", type->help, "type", "object",
						   "properties", properties, "additionalProperties", 0));
	for (size_t i = 0; i < type->field_count && !status; i++) {
		const struct shmg_field *field = &type->fields[i];
		json_t *schema = schema_of_field(field);
		status |= json_object_set_new(schema, "description", json_string(field->help));
		status |= json_object_set_new(properties, field->name, schema);
		if (field->of)
			status |= define(definitions, field->of);
	}
	json_decref(properties);
	return status < 0 ? -ENOMEM : 0;
}

static json_t *schema_of_section(const struct shmg_section_shape *shape)
{
	json_t *reference = json_sprintf("#/$defs/%s", shape->type->name);

	if (shape->single) /* null: there is none */
		return json_pack("{s:[{s:o}, {s:s}]}", "anyOf", "$ref", reference, "type", "null");
	return json_pack("{s:s, s:{s:o}}", "type", "array", "items", "$ref", reference);
}

int shmg_json_schema_print(FILE *stream, const char *kind, const char *title, const struct shmg_section_shape *shapes,
			   size_t count)
{
	struct shmg_writer writer;
	json_auto_t *properties = json_pack("{s:{s:o}, s:{s:i}}", "schema", "const", json_sprintf("shmguard/%s", kind),
					    "version", "const", SHMG_JSON_SCHEMA_VERSION);
	json_auto_t *definitions = json_object();
	int status = 0;

	shmg_writer_begin(&writer, stream);
	for (size_t i = 0; i < count; i++) {
		status |= json_object_set_new(properties, shapes[i].name, schema_of_section(&shapes[i]));
		status |= define(definitions, shapes[i].type);
	}
	json_auto_t *schema = json_pack("{s:s, s:s, s:s, s:O, s:[s,s], s:b, s:O}", "$schema", DRAFT, "title", title,
					"type", "object", "properties", properties, "required", "schema", "version",
					"additionalProperties", 0, "$defs", definitions);
	shmg_writer_json_indented(&writer, status < 0 ? NULL : schema);
	shmg_writer_text(&writer, "\n");
	return shmg_writer_finish(&writer);
}
