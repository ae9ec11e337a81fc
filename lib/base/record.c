/* SPDX-License-Identifier: MIT */
#include "lib/base/record.h"

#include <string.h>

#include "lib/base/array.h"

const struct shmg_field *shmg_record_field(const struct shmg_record_type *type, const char *name)
{
	for (size_t i = 0; i < type->field_count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

static const void *at(const struct shmg_field *field, const void *record)
{
	return (const char *)record + field->offset;
}

uint64_t shmg_field_number(const struct shmg_field *field, const void *record)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (field->size) {
	case 1:
		memcpy(&u8, at(field, record), sizeof u8);
		return u8;
	case 2:
		memcpy(&u16, at(field, record), sizeof u16);
		return u16;
	case 4:
		memcpy(&u32, at(field, record), sizeof u32);
		return u32;
	default:
		memcpy(&u64, at(field, record), sizeof u64);
		return u64;
	}
}

void shmg_field_set_number(const struct shmg_field *field, void *record, uint64_t value)
{
	void *member = (char *)record + field->offset;
	uint8_t u8 = (uint8_t)value;
	uint16_t u16 = (uint16_t)value;
	uint32_t u32 = (uint32_t)value;

	switch (field->size) {
	case 1:
		memcpy(member, &u8, sizeof u8);
		break;
	case 2:
		memcpy(member, &u16, sizeof u16);
		break;
	case 4:
		memcpy(member, &u32, sizeof u32);
		break;
	default:
		memcpy(member, &value, sizeof value);
	}
}

int64_t shmg_field_time(const struct shmg_field *field, const void *record)
{
	int64_t time;
	memcpy(&time, at(field, record), sizeof time);
	return time;
}

const char *shmg_field_text(const struct shmg_field *field, const void *record)
{
	const char *text;
	memcpy(&text, at(field, record), sizeof text);
	return text;
}

static uint64_t unknown_of(const struct shmg_field *field)
{
	switch (field->size) {
	case 1:
		return SHMG_U8_UNKNOWN;
	case 2:
		return UINT16_MAX;
	case 4:
		return SHMG_U32_UNKNOWN;
	default:
		return SHMG_U64_UNKNOWN;
	}
}

bool shmg_field_is_known(const struct shmg_field *field, const void *record)
{
	switch (field->type) {
	case SHMG_TYPE_TEXT:
		return shmg_field_text(field, record) != NULL;
	case SHMG_TYPE_TIME:
		return shmg_field_time(field, record) != SHMG_TIME_UNKNOWN;
	case SHMG_TYPE_LIST:
		return true;
	default:
		return shmg_field_number(field, record) != unknown_of(field);
	}
}

void shmg_record_set_unknown(const struct shmg_record_type *type, void *record)
{
	static const int64_t no_time = SHMG_TIME_UNKNOWN;

	memset(record, 0, type->size);
	for (size_t i = 0; i < type->field_count; i++) {
		const struct shmg_field *field = &type->fields[i];
		if (field->type == SHMG_TYPE_TIME)
			memcpy((char *)record + field->offset, &no_time, sizeof no_time);
		else if (field->type != SHMG_TYPE_TEXT && field->type != SHMG_TYPE_LIST)
			shmg_field_set_number(field, record, unknown_of(field));
	}
}

int shmg_field_compare(const struct shmg_field *field, const void *left, const void *right)
{
	bool left_known = shmg_field_is_known(field, left);
	bool right_known = shmg_field_is_known(field, right);

	if (!left_known || !right_known)
		return right_known - left_known;

	switch (field->type) {
	case SHMG_TYPE_TEXT:
		return strcmp(shmg_field_text(field, left), shmg_field_text(field, right));
	case SHMG_TYPE_TIME: {
		int64_t a = shmg_field_time(field, left), b = shmg_field_time(field, right);
		return (a > b) - (a < b);
	}
	case SHMG_TYPE_LIST: {
		const struct shmg_array *a = at(field, left), *b = at(field, right);
		return (a->count > b->count) - (a->count < b->count);
	}
	default: {
		uint64_t a = shmg_field_number(field, left), b = shmg_field_number(field, right);
		return (a > b) - (a < b);
	}
	}
}
