/* SPDX-License-Identifier: MIT */
/* One value as a table shows it. */
#include <string.h>

#include "lib/base/escape.h"
#include "report/report.h"
#include "report/value.h"

#define ELLIPSIS "…"

/* Text being written into a buffer that may be too small: what does not fit becomes "…". */
struct cell {
	char *bytes;
	size_t used, size;
	bool full;
};

/* Adds the piece whole or not at all; room for "…" and the NUL is always kept. */
static void add(struct cell *cell, const char *piece, size_t length)
{
	size_t room = cell->size - cell->used;

	if (cell->full)
		return;
	if (room < sizeof ELLIPSIS || length > room - sizeof ELLIPSIS) {
		piece = ELLIPSIS;
		length = room < sizeof ELLIPSIS ? 0 : strlen(ELLIPSIS);
		cell->full = true;
	}
	memcpy(cell->bytes + cell->used, piece, length);
	cell->used += length;
	cell->bytes[cell->used] = '\0';
}

static size_t format_flags(const struct shmg_field *field, uint64_t flags, char *buffer, size_t size)
{
	struct cell cell = { .bytes = buffer, .size = size };
	char hex[SHMG_VALUE_MAX];
	const char *name;

	buffer[0] = '\0';
	for (unsigned bit = 0; bit < 64 && (name = shmg_value_name(field, bit)) != NULL; bit++) {
		if (!(flags >> bit & 1))
			continue;
		if (cell.used)
			add(&cell, ",", 1);
		add(&cell, name, strlen(name));
		flags &= ~(UINT64_C(1) << bit);
	}
	if (flags) { /* bits that have no name yet */
		if (cell.used)
			add(&cell, ",", 1);
		add(&cell, hex, shmg_value_hex(flags, field->digits, hex));
	}
	if (!cell.used)
		add(&cell, "-", 1);
	return cell.used;
}

/* For text that does not fit when escaped whole: a character, or an escaped byte, at a time. */
static size_t format_long_text(const char *text, size_t length, char *buffer, size_t size)
{
	struct cell cell = { .bytes = buffer, .size = size };

	for (size_t i = 0, taken; i < length && !cell.full; i += taken) {
		char piece[SHMG_ESCAPED_MAX(1)];
		unsigned char lead = (unsigned char)text[i];
		taken = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
		if (taken > length - i || !shmg_escape_is_plain(text + i, taken))
			taken = 1;
		long written = shmg_escape(text + i, taken, piece, sizeof piece);
		add(&cell, piece, written < 0 ? 0 : (size_t)written);
	}
	return cell.used;
}

static size_t format_text(const char *text, char *buffer, size_t size)
{
	size_t length = strlen(text);
	long written = shmg_escape(text, length, buffer, size);

	return written >= 0 ? (size_t)written : format_long_text(text, length, buffer, size);
}

/* One of this program's own words, which need no escaping. */
static size_t format_word(const char *word, char *buffer, size_t size)
{
	struct cell cell = { .bytes = buffer, .size = size };

	add(&cell, word, strlen(word));
	return cell.used;
}

static size_t format_number(const struct shmg_field *field, uint64_t number, char *buffer, size_t size)
{
	const char *name;

	if (shmg_value_is_unknown(field, number))
		return format_word("?", buffer, size);
	switch (field->type) {
	case SHMG_TYPE_SIZE:
		return strlen(shmg_format_size(number, buffer));
	case SHMG_TYPE_MODE:
		return shmg_value_mode(number, buffer);
	case SHMG_TYPE_HEX:
		return shmg_value_hex(number, field->digits, buffer);
	case SHMG_TYPE_BOOL:
		return format_word(number ? "yes" : "no", buffer, size);
	case SHMG_TYPE_ENUM:
		name = shmg_value_name(field, number);
		return format_word(name ? name : "?", buffer, size);
	case SHMG_TYPE_FLAGS:
		return format_flags(field, number, buffer, size);
	default:
		return number == UINT64_MAX ? format_word("unlimited", buffer, size)
					    : shmg_value_decimal(number, buffer);
	}
}

size_t shmg_cell_format(const struct shmg_field *field, const void *record, char *buffer, size_t size)
{
	const struct shmg_array *list;

	switch (field->type) {
	case SHMG_TYPE_TEXT:
		if (!shmg_field_is_known(field, record))
			return format_word("?", buffer, size);
		return format_text(shmg_field_text(field, record), buffer, size);
	case SHMG_TYPE_TIME: /* whole seconds: a fraction is noise among rows */
		if (!shmg_field_is_known(field, record))
			return format_word("?", buffer, size);
		return shmg_value_time(shmg_field_time(field, record), false, buffer);
	case SHMG_TYPE_LIST:
		list = (const void *)((const char *)record + field->offset);
		return shmg_value_decimal(list->count, buffer);
	default:
		return format_number(field, shmg_field_number(field, record), buffer, size);
	}
}
