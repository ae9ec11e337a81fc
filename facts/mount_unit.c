/* SPDX-License-Identifier: MIT */
/* systemd's *.mount units: the unit file of the most important directory, then its drop-ins by their names. */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/collect.h"
#include "facts/listing.h"
#include "facts/mount_config.h"
#include "facts/value.h"

#define LARGEST_UNIT ((size_t)1024 * 1024)
#define DIRECTORIES (sizeof directories / sizeof *directories)

/* The first that has a file of some name wins (systemd.unit(5)). */
static const char *const directories[] = {
	"etc/systemd/system",     "run/systemd/system", "usr/local/lib/systemd/system",
	"usr/lib/systemd/system", "lib/systemd/system",
};

struct unit {
	char *where, *type, *options;
	char *options_file; /* NULL: no file sets options */
	unsigned options_line;
	bool unknown; /* a line that matters could not be read */
};

static void free_unit(struct unit *unit)
{
	free(unit->where);
	free(unit->type);
	free(unit->options);
	free(unit->options_file);
}

/* What inih reads from, and writes to. */
struct reader {
	const char *next, *end;
	unsigned line;      /* the next one's number */
	unsigned line_read; /* the number of the line that inih has */
	int failed;
	const char *path;
	struct unit *unit;
};

/* One physical line, without leading blanks and its end. */
static size_t take_line(struct reader *reader, const char **ret_start)
{
	const char *start = reader->next;
	const char *newline = memchr(start, '\n', (size_t)(reader->end - start));
	const char *end = newline ? newline : reader->end;

	reader->next = newline ? newline + 1 : reader->end;
	reader->line++;
	while (start < end && (*start == ' ' || *start == '\t'))
		start++;
	if (end > start && end[-1] == '\r')
		end--;
	*ret_start = start;
	return (size_t)(end - start);
}

/* Whether a line that starts like this can say something that is asked for here. */
static bool is_of_interest(const char *line, size_t length)
{
	static const char *const names[] = { "Where", "Type", "Options" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (length >= strlen(names[i]) && memcmp(line, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static bool is_continued(const char *line, size_t length)
{
	size_t backslashes = 0;
	while (backslashes < length && line[length - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2;
}

/* A line with those that continue it, into `buffer`. Its length; `size` when it does not fit; 0 at the end. */
static size_t take_whole_line(struct reader *reader, char *buffer, size_t size, bool *ret_of_interest)
{
	size_t length = 0;

	reader->line_read = 0;
	while (reader->next < reader->end) {
		const char *start;
		size_t more = take_line(reader, &start);
		/* Comments may stand between the parts of a line, too. */
		if (!more || *start == '#' || *start == ';')
			continue;
		if (!reader->line_read) {
			reader->line_read = reader->line;
			*ret_of_interest = is_of_interest(start, more);
		}
		bool continued = is_continued(start, more);
		if (length < size && more < size - length) {
			memcpy(buffer + length, start, more);
			length += more;
			if (continued)
				buffer[length - 1] = ' ';
		} else {
			length = size;
		}
		if (!continued)
			break;
	}
	return length;
}

/*
 * inih knows neither systemd's continuation lines nor lines longer than its buffer, which it would take for two: so it
 * gets whole lines that fit.
 */
static char *read_line(char *buffer, int size, void *stream)
{
	struct reader *reader = stream;
	bool of_interest = false;
	size_t length;

	while ((length = take_whole_line(reader, buffer, (size_t)size, &of_interest)) == (size_t)size)
		if (of_interest)
			reader->unit->unknown = true;
	if (!length)
		return NULL;
	buffer[length] = '\0';
	return buffer;
}

/* Replaces *text; "%%" is how a unit writes "%". */
static int set_text(char **text, const char *value)
{
	char *copy = strdup(value);
	if (!copy)
		return -ENOMEM;
	char *out = copy;
	for (const char *in = copy; *in; *out++ = *in++)
		if (in[0] == '%' && in[1] == '%')
			in++;
	*out = '\0';
	free(*text);
	*text = copy;
	return 0;
}

static int read_value(void *stream, const char *section, const char *name, const char *value)
{
	struct reader *reader = stream;
	struct unit *unit = reader->unit;
	int code = 0;

	if (strcmp(section, "Mount") != 0)
		return 1;
	if (strcmp(name, "Where") == 0)
		code = set_text(&unit->where, value);
	else if (strcmp(name, "Type") == 0)
		code = set_text(&unit->type, value);
	else if (strcmp(name, "Options") == 0) {
		code = set_text(&unit->options, value);
		free(unit->options_file);
		unit->options_file = strdup(reader->path);
		unit->options_line = reader->line_read;
		if (!unit->options_file)
			code = -ENOMEM;
	}
	if (code)
		reader->failed = code;
	return 1;
}

/* 0, -ENOENT when there is nothing in it (masked: a link to /dev/null), or -ENOMEM. */
static int read_file(struct shmg_look *look, const char *path, struct unit *unit)
{
	size_t length = 0;
	SHMG_AUTO_FREE char *text = NULL;

	int code = shmg_root_read_all(&look->root, path, LARGEST_UNIT, &text, &length);
	if (code && code != -ENOMEM)
		code = shmg_value_note_unread(look, path, code) ? -ENOMEM : -ENOENT;
	if (code)
		return code;
	if (!length)
		return -ENOENT;
	struct reader reader = { .next = text, .end = text + length, .path = path, .unit = unit };
	/* Like systemd, go on after a line that is not understood. */
	(void)ini_parse_stream(read_line, &reader, read_value, &reader);
	return reader.failed;
}

struct units {
	struct shmg_listing names[DIRECTORIES]; /* both NAME.mount and NAME.mount.d */
};

static void free_units(struct units *units)
{
	for (size_t i = 0; i < DIRECTORIES; i++)
		shmg_listing_clear(&units->names[i]);
}

static bool has_name(const struct shmg_listing *listing, const char *name)
{
	SHMG_FOREACH(other, listing)
		if (strcmp(*other, name) == 0)
			return true;
	return false;
}

/* The most important directory that has this name; DIRECTORIES: none. */
static size_t find_directory(const struct units *units, const char *name)
{
	size_t i = 0;
	while (i < DIRECTORIES && !has_name(&units->names[i], name))
		i++;
	return i;
}

/* One file in a NAME.mount.d. */
struct drop_in {
	const char *name;
	size_t directory;
};

static int compare_drop_ins(const void *left, const void *right)
{
	const struct drop_in *a = left;
	const struct drop_in *b = right;
	int order = strcmp(a->name, b->name);
	return order ? order : (a->directory > b->directory) - (a->directory < b->directory);
}

static int apply_drop_ins(struct shmg_look *look, const char *name, const struct shmg_listing files[DIRECTORIES],
			  struct unit *unit)
{
	size_t count = 0;
	for (size_t i = 0; i < DIRECTORIES; i++)
		count += files[i].count;
	if (!count)
		return 0;
	SHMG_AUTO_FREE struct drop_in *drop_ins = calloc(count, sizeof *drop_ins);
	if (!drop_ins)
		return -ENOMEM;
	count = 0;
	for (size_t i = 0; i < DIRECTORIES; i++)
		SHMG_FOREACH(file, &files[i])
			drop_ins[count++] = (struct drop_in){ *file, i };
	qsort(drop_ins, count, sizeof *drop_ins, compare_drop_ins);
	for (size_t i = 0; i < count; i++) {
		char path[SHMG_VALUE_PATH];
		if (i && strcmp(drop_ins[i].name, drop_ins[i - 1].name) == 0)
			continue;
		shmg_value_path(path, "%s/%s.d/%s", directories[drop_ins[i].directory], name, drop_ins[i].name);
		int code = read_file(look, path, unit);
		if (code && code != -ENOENT)
			return code;
	}
	return 0;
}

static int read_drop_ins(struct shmg_look *look, const struct units *units, const char *name, struct unit *unit)
{
	struct units files = { 0 };
	char path[SHMG_VALUE_PATH];
	int code = 0;

	for (size_t i = 0; i < DIRECTORIES && !code; i++) {
		shmg_value_path(path, "%s.d", name);
		if (!has_name(&units->names[i], path))
			continue;
		shmg_value_path(path, "%s/%s.d", directories[i], name);
		code = shmg_listing_read(look, path, "*.conf", &files.names[i]);
	}
	if (!code)
		code = apply_drop_ins(look, name, files.names, unit);
	free_units(&files);
	return code;
}

static int hex_digit(char digit)
{
	return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* "dev-shm.mount" is for /dev/shm, "a\x2db.mount" for /a-b (systemd-escape --path). */
static char *path_of_name(const char *name)
{
	char *path = malloc(strlen(name) + 2);
	if (!path)
		return NULL;
	char *out = path;
	const char *end = name + strlen(name) - strlen(".mount");

	*out++ = '/';
	for (const char *in = name; in < end; in++) {
		int high = in + 3 < end && in[0] == '\\' && in[1] == 'x' ? hex_digit(in[2]) : -1;
		int low = high >= 0 ? hex_digit(in[3]) : -1;
		if (low >= 0) {
			*out++ = (char)(high * 16 + low);
			in += 3;
		} else {
			*out++ = *in == '-' ? '/' : *in;
		}
	}
	*out = '\0';
	return path;
}

static int append_unit(struct shmg_look *look, const char *name, const char *file, const struct unit *unit)
{
	SHMG_AUTO_FREE char *path = path_of_name(name);
	if (!path)
		return -ENOMEM;
	const char *target = unit->where ? unit->where : path;
	const char *type = unit->type;
	if (unit->unknown)
		return shmg_facts_note_gap(look->facts, "systemd mount units", "a line is too long", false);
	if (!file) {
		/* Drop-ins alone change what was made from fstab. */
		if (!unit->options_file)
			return 0;
		SHMG_FOREACH(row, &look->facts->mount_configs)
			if (!type && row->origin == SHMG_CONFIG_FSTAB && strcmp(row->target, target) == 0)
				type = row->fstype;
	}
	return shmg_mount_config_append(look, SHMG_CONFIG_UNIT, target, type, unit->options,
					unit->options_file ? unit->options_file : file,
					unit->options_file ? unit->options_line : 0);
}

/* `name` ends with ".mount"; `directory` is where its file is, DIRECTORIES when it has only drop-ins. */
static int collect_unit(struct shmg_look *look, const struct units *units, const char *name, size_t directory)
{
	SHMG_CLEANUP(free_unit) struct unit unit = { 0 };
	char file[SHMG_VALUE_PATH];
	bool has_file = directory < DIRECTORIES;

	if (has_file) {
		shmg_value_path(file, "%s/%s", directories[directory], name);
		int code = read_file(look, file, &unit);
		if (code)
			return code == -ENOENT ? 0 : code;
	}
	int code = read_drop_ins(look, units, name, &unit);
	return code ? code : append_unit(look, name, has_file ? file : NULL, &unit);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);
	return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static int collect_name(struct shmg_look *look, const struct units *units, size_t directory, const char *name)
{
	/* Seen already, in a more important directory. */
	if (find_directory(units, name) < directory)
		return 0;
	if (ends_with(name, ".mount"))
		return collect_unit(look, units, name, directory);
	if (!ends_with(name, ".mount.d"))
		return 0;
	SHMG_AUTO_FREE char *unit = strndup(name, strlen(name) - strlen(".d"));
	if (!unit)
		return -ENOMEM;
	return find_directory(units, unit) < DIRECTORIES ? 0 : collect_unit(look, units, unit, DIRECTORIES);
}

int shmg_collect_mount_units(struct shmg_look *look)
{
	SHMG_CLEANUP(free_units) struct units units = { 0 };
	int code = 0;

	for (size_t i = 0; i < DIRECTORIES && !code; i++)
		code = shmg_listing_read(look, directories[i], "*.mount*", &units.names[i]);
	for (size_t i = 0; i < DIRECTORIES && !code; i++)
		for (size_t n = 0; n < units.names[i].count && !code; n++)
			code = collect_name(look, &units, i, units.names[i].items[n]);
	return code;
}
