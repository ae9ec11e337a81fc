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
#define SUBJECT_WIDTH 28  /* the room that a subject, or a text that goes on in the next line, is worth */
#define SUBJECT_LEAST 24  /* until it has no more, other text is cut first */
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
	bool subject;
	bool wrap;    /* goes on in the next line where it is too long */
	bool dropped; /* a narrow terminal has no room for it */
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

/* What a row takes, if no subject and no text that can wrap took more than `most`. */
static size_t total_width(const struct column *columns, size_t count, size_t most)
{
	size_t total = 0;

	for (const struct column *column = columns; column < columns + count; column++) {
		bool limited = column->width > most && (column->subject || column->wrap);
		if (!column->dropped)
			total += (total ? GAP : 0) + (limited ? most : column->width);
	}
	return total;
}

/* Leaves out what the subject needs the room of. */
static void drop(struct column *columns, size_t count, size_t width, const char *names)
{
	while (names && *names && total_width(columns, count, SUBJECT_WIDTH) > width) {
		size_t length = strcspn(names, ",");
		for (struct column *column = columns; column < columns + count; column++)
			if (strncmp(column->field->name, names, length) == 0 && !column->field->name[length])
				column->dropped = true;
		names += length + (names[length] == ',');
	}
}

/* Whether a column gives way in this turn, and down to which width. */
static bool yields(const struct column *column, size_t turn, size_t *ret_least)
{
	static const enum shmg_type yielding[] = { SHMG_TYPE_TEXT, SHMG_TYPE_TEXT, SHMG_TYPE_FLAGS };
	bool spared = turn == 0 && column->subject && column->least < SUBJECT_LEAST;

	*ret_least = spared ? SUBJECT_LEAST : column->least;
	return !column->dropped && (column->field->type == yielding[turn] || (column->wrap && turn == 0)) &&
	       column->width > *ret_least;
}

/* Takes columns' widths down until the row fits: the widest text first, then the widest list of names. */
static void fit(struct column *columns, size_t count, size_t width)
{
	size_t total = total_width(columns, count, SIZE_MAX);

	for (size_t turn = 0; turn < 3 && total > width;) {
		struct column *widest = NULL;
		size_t widest_least = 0, least;
		for (struct column *column = columns; column < columns + count; column++) {
			if (!yields(column, turn, &least) || (widest && column->width <= widest->width))
				continue;
			widest = column;
			widest_least = least;
		}
		if (!widest) {
			turn++;
			continue;
		}
		/* A hostile name can be long: what is over the whole width goes at once. */
		size_t most = width > widest_least ? width : widest_least;
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
	struct cell tail = { 0 };

	if (cut) { /* one column less than there is: for the "…" */
		/* What tells names apart is more often at their end than in their middle. */
		if (column->subject) {
			size_t most = (column->width - 1) * 2 / 5;
			size_t at = shmg_text_tail(cell.text, cell.length, cell.width, most, &tail.width);
			tail.text = cell.text + at;
			tail.length = cell.length - at;
		}
		cell.length = shmg_text_cut(cell.text, cell.length, column->width - 1 - tail.width, &cell.width);
		cell.width += 1 + tail.width;
	}
	size_t padding = column->width - cell.width;
	output->blanks += column->right ? padding : 0;
	if (cell.length || cut) {
		put_blanks(output, output->blanks);
		output->blanks = 0;
		shmg_writer_bytes(&output->writer, cell.text, cell.length);
		if (cut)
			shmg_writer_text(&output->writer, "…");
		if (tail.length)
			shmg_writer_bytes(&output->writer, tail.text, tail.length);
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
		if (columns[i].dropped)
			continue;
		put_cell(output, &columns[i], (struct cell){ heading, strlen(heading), strlen(heading) });
	}
	if (colour)
		shmg_writer_text(&output->writer, "\033[0m");
	put_newline(output);
}

/* The next line of what is left of a cell, which gets shorter by it. */
static struct cell take_line(const struct column *column, struct cell *rest)
{
	struct cell line = *rest;

	if (!column->wrap || rest->width <= column->width) {
		*rest = (struct cell){ 0 };
		return line;
	}
	size_t length = shmg_text_line(rest->text, rest->length, column->width);
	size_t taken = length + (length < rest->length && rest->text[length] == ' ');
	line.length = length;
	line.width = shmg_text_width(line.text, line.length);
	rest->width -= line.width + (taken - length);
	rest->text += taken;
	rest->length -= taken;
	return line;
}

/* A row, and the lines below it where text goes on. */
static void put_row(struct output *output, const struct column *columns, size_t count, struct cursor *cursor)
{
	struct cell cells[SHMG_COLUMNS_MAX];
	bool more;

	for (size_t i = 0; i < count; i++)
		cells[i] = store_next(cursor);
	do {
		more = false;
		for (size_t i = 0; i < count; i++) {
			if (columns[i].dropped)
				continue;
			put_cell(output, &columns[i], take_line(&columns[i], &cells[i]));
			more = more || cells[i].length;
		}
		put_newline(output);
	} while (more);
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
	for (size_t row = 0; row < rows && !output.writer.status; row++)
		put_row(&output, columns, count, &cursor);
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
			.subject = field == chosen->subject,
			.wrap = chosen->wrap && field != chosen->subject &&
				(field->type == SHMG_TYPE_TEXT || field->type == SHMG_TYPE_FLAGS),
		};
	}
	for (size_t row = 0; row < source->count; row++) {
		int status = store_row(&store, columns, chosen->count, shmg_source_at(source, row));
		if (status < 0)
			return status;
	}
	if (style->width) {
		drop(columns, chosen->count, style->width, chosen->dispensable);
		fit(columns, chosen->count, style->width);
	}
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
