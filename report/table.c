/* SPDX-License-Identifier: MIT */
/*
 * A table in two passes: the first formats every cell into one store and finds the widths, the second
 * prints with them. The store takes little more than the bytes that are printed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "report/report.h"
#include "report/value.h"
#include "report/width.h"
#include "report/writer.h"

#define GAP 2             /* blanks between columns */
#define TEXT_WIDTH_MIN 8  /* no text column is cut below this */
#define CELL_BYTES 64     /* every cell but text and lists of names fits */
#define CHUNK_BYTES 65000 /* with its header and malloc's, within 16 pages */

/*
 * Cells one after the other, each a length byte and its text. What is longer or has more bytes than
 * columns is LONG_CELL, then length and width.
 */
#define LONG_CELL 0xff

struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[];
};

struct store {
	struct chunk *first, *last;
};

static void store_clear(struct store *store)
{
	while (store->first) {
		struct chunk *next = store->first->next;
		free(store->first);
		store->first = next;
	}
}

/* Room for a cell of up to `bytes` of text, or NULL. */
static char *store_reserve(struct store *store, size_t bytes)
{
	size_t needed = 1 + 2 * sizeof(uint32_t) + bytes;

	if (!store->last || needed > store->last->size - store->last->used) {
		size_t size = needed > CHUNK_BYTES ? needed : CHUNK_BYTES;
		struct chunk *chunk = malloc(sizeof *chunk + size);
		if (!chunk)
			return NULL;
		*chunk = (struct chunk){ .size = size };
		*(store->last ? &store->last->next : &store->first) = chunk;
		store->last = chunk;
	}
	return store->last->bytes + store->last->used + 1;
}

/* The reserved cell has this length and width. */
static void store_commit(struct store *store, size_t length, size_t width)
{
	char *cell = store->last->bytes + store->last->used;

	if (length < LONG_CELL && width == length) {
		*cell = (char)length;
		store->last->used += 1 + length;
		return;
	}
	uint32_t numbers[] = { (uint32_t)length, (uint32_t)width };
	memmove(cell + 1 + sizeof numbers, cell + 1, length);
	*cell = (char)LONG_CELL;
	memcpy(cell + 1, numbers, sizeof numbers);
	store->last->used += 1 + sizeof numbers + length;
}

struct cell {
	const char *text;
	size_t length, width;
};

struct cursor {
	const struct chunk *chunk;
	size_t at;
};

static struct cell store_next(struct cursor *cursor)
{
	while (cursor->at == cursor->chunk->used)
		*cursor = (struct cursor){ .chunk = cursor->chunk->next };
	const char *text = cursor->chunk->bytes + cursor->at;
	size_t length = (unsigned char)*text++, width = length;
	if (length == LONG_CELL) {
		uint32_t numbers[2];
		memcpy(numbers, text, sizeof numbers);
		text += sizeof numbers;
		length = numbers[0];
		width = numbers[1];
	}
	cursor->at = (size_t)(text - cursor->chunk->bytes) + length;
	return (struct cell){ text, length, width };
}

struct column {
	const struct shmg_field *field;
	size_t room; /* bytes that any cell but a text fits in */
	size_t width;
	size_t least; /* that it may be cut to */
	bool right;
};

static size_t room_of(const struct shmg_field *field)
{
	size_t room = CELL_BYTES;

	for (size_t i = 0; field->names && field->names[i]; i++)
		room += strlen(field->names[i]) + 1;
	return room;
}

/* Printable ASCII without backslash: its own escaped form, a column a byte. Eight bytes at a time. */
static bool is_simple(const char *text, size_t length)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
	uint64_t odd = 0;

	for (; length >= 8; text += 8, length -= 8) {
		uint64_t word;
		memcpy(&word, text, sizeof word);
		uint64_t backslash = word ^ ones * '\\', delete = word ^ ones * 0x7f;
		/* A byte's top bit is set where it is not ASCII, or where the subtraction passed zero. */
		odd |= (word | (word - ones * ' ') | (backslash - ones) | (delete - ones)) & tops;
	}
	for (; length; text++, length--)
		odd |= (unsigned char)*text < ' ' || (unsigned char)*text >= 0x7f || *text == '\\';
	return !odd;
}

/* Text is most of the bytes, and nearly all of it simple: looked at once, then copied. */
static int store_text(struct store *store, const struct column *column, const void *record, size_t *ret_width)
{
	const char *text = shmg_field_text(column->field, record);
	size_t length = strlen(text);
	bool simple = is_simple(text, length);

	if (length > UINT32_MAX / 4 - CELL_BYTES)
		return -ENOMEM;
	size_t room = simple ? length : SHMG_ESCAPED_MAX(length) + CELL_BYTES;
	char *cell = store_reserve(store, room);
	if (!cell)
		return -ENOMEM;
	if (simple)
		memcpy(cell, text, length);
	else
		length = shmg_cell_format(column->field, record, cell, room);
	*ret_width = simple ? length : shmg_text_width(cell, length);
	store_commit(store, length, *ret_width);
	return 0;
}

/* Everything else is ASCII. */
static int store_value(struct store *store, const struct column *column, const void *record, size_t *ret_width)
{
	char *cell = store_reserve(store, column->room);

	if (!cell)
		return -ENOMEM;
	*ret_width = shmg_cell_format(column->field, record, cell, column->room);
	store_commit(store, *ret_width, *ret_width);
	return 0;
}

static int store_row(struct store *store, struct column *columns, size_t count, const void *record)
{
	for (struct column *column = columns; column < columns + count; column++) {
		size_t width;
		bool text = column->field->type == SHMG_TYPE_TEXT && shmg_field_is_known(column->field, record);
		int status = (text ? store_text : store_value)(store, column, record, &width);
		if (status < 0)
			return status;
		if (width > column->width)
			column->width = width;
	}
	return 0;
}

/* Takes columns' widths down until the row fits: the widest text first, then the widest list of names. */
static void fit(struct column *columns, size_t count, size_t width)
{
	static const enum shmg_type yielding[] = { SHMG_TYPE_TEXT, SHMG_TYPE_FLAGS };
	size_t total = count ? (count - 1) * GAP : 0;

	for (size_t i = 0; i < count; i++)
		total += columns[i].width;
	for (size_t turn = 0; turn < 2 && total > width;) {
		struct column *widest = NULL;
		for (struct column *column = columns; column < columns + count; column++) {
			if (column->field->type == yielding[turn] && column->width > column->least &&
			    (!widest || column->width > widest->width))
				widest = column;
		}
		if (!widest) {
			turn++;
			continue;
		}
		/* A hostile name can be long: what is over the whole width goes at once. */
		size_t most = width > widest->least ? width : widest->least;
		size_t less = widest->width > most ? widest->width - most : 1;
		widest->width -= less;
		total -= less;
	}
}

struct output {
	struct shmg_writer writer;
	size_t blanks; /* owed before the next cell that shows anything */
};

static void put_blanks(struct output *output, size_t count)
{
	static const char blanks[] = "                                                                ";

	for (; count > sizeof blanks - 1; count -= sizeof blanks - 1)
		shmg_writer_bytes(&output->writer, blanks, sizeof blanks - 1);
	shmg_writer_bytes(&output->writer, blanks, count);
}

static void put_cell(struct output *output, const struct column *column, struct cell cell)
{
	bool cut = cell.width > column->width;

	if (cut) { /* one column less than there is: for the "…" */
		cell.length = shmg_text_cut(cell.text, cell.length, column->width - 1, &cell.width);
		cell.width++;
	}
	size_t padding = column->width - cell.width;
	output->blanks += column->right ? padding : 0;
	if (cell.length || cut) {
		put_blanks(output, output->blanks);
		output->blanks = 0;
		shmg_writer_bytes(&output->writer, cell.text, cell.length);
		if (cut)
			shmg_writer_text(&output->writer, "…");
	}
	output->blanks += GAP + (column->right ? 0 : padding);
}

static void put_newline(struct output *output)
{
	output->blanks = 0; /* none at the end of a line */
	shmg_writer_text(&output->writer, "\n");
}

static void put_heading(struct output *output, const struct column *columns, size_t count, bool colour)
{
	if (colour)
		shmg_writer_text(&output->writer, "\033[1m");
	for (size_t i = 0; i < count; i++) {
		const char *heading = columns[i].field->heading;
		put_cell(output, &columns[i], (struct cell){ heading, strlen(heading), strlen(heading) });
	}
	if (colour)
		shmg_writer_text(&output->writer, "\033[0m");
	put_newline(output);
}

static int print_rows(FILE *stream, const struct store *store, size_t rows, const struct column *columns, size_t count,
		      const struct shmg_style *style)
{
	struct cursor cursor = { .chunk = store->first };
	struct output output;

	shmg_writer_begin(&output.writer, stream);
	output.blanks = 0;
	if (!style->bare)
		put_heading(&output, columns, count, style->colour);
	for (size_t row = 0; row < rows && !output.writer.status; row++) {
		for (size_t i = 0; i < count; i++)
			put_cell(&output, &columns[i], store_next(&cursor));
		put_newline(&output);
	}
	return shmg_writer_finish(&output.writer);
}

int shmg_table_print(FILE *stream, const struct shmg_source *source, const struct shmg_columns *chosen,
		     const struct shmg_style *style)
{
	SHMG_CLEANUP(store_clear) struct store store = { 0 };
	struct column columns[SHMG_COLUMNS_MAX];

	for (size_t i = 0; i < chosen->count; i++) {
		const struct shmg_field *field = chosen->fields[i];
		size_t heading = style->bare ? 0 : strlen(field->heading);
		columns[i] = (struct column){
			.field = field,
			.room = room_of(field),
			.width = heading,
			.least = heading > TEXT_WIDTH_MIN ? heading : TEXT_WIDTH_MIN,
			.right = field->type == SHMG_TYPE_NUMBER || field->type == SHMG_TYPE_SIZE ||
				 field->type == SHMG_TYPE_LIST,
		};
	}
	for (size_t row = 0; row < source->count; row++) {
		int status = store_row(&store, columns, chosen->count, shmg_source_at(source, row));
		if (status < 0)
			return status;
	}
	if (style->width)
		fit(columns, chosen->count, style->width);
	return print_rows(stream, &store, source->count, columns, chosen->count, style);
}

static unsigned terminal_width(int fd)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");

	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	return width > 0 && width <= UINT16_MAX ? (unsigned)width : 80;
}

struct shmg_style shmg_style_of(FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
	int fd = fileno(stream);

	if (fd < 0 || !isatty(fd))
		return (struct shmg_style){ 0 };
	return (struct shmg_style){
		.width = terminal_width(fd),
		.colour = !(no_colour && *no_colour) && terminal && strcmp(terminal, "dumb") != 0,
	};
}
