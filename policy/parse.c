/* SPDX-License-Identifier: MIT */
/*
 * inih splits keys from values. It would pass in silence over what it cuts (lines and section names past its buffers),
 * joins (indented lines) or skips (sections without keys, text behind a "]"), and as most builds have it, does not tell
 * its handler the line. So the lines go to it through a reader that counts, refuses and notes where sections begin.
 */
#include "policy/parser.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/escape.h"

#define BLANKS " \t"

/* "FILE:LINE"; of a path that is too long the end stays. */
static void format_where(const char *name, unsigned line, char *ret_where, size_t size)
{
	int digits = snprintf(NULL, 0, ":%u", line);
	size_t room = size - 1 - (size_t)digits, length = strlen(name);

	if (length <= room)
		(void)snprintf(ret_where, size, "%s:%u", name, line);
	else
		(void)snprintf(ret_where, size, "...%s:%u", name + length - room + strlen("..."), line);
}

int shmg_policy_fail(struct shmg_policy_parser *parser, unsigned line, int code, const char *format, ...)
{
	struct shmg_error error = { 0 };
	va_list arguments;

	format_where(parser->source->name, line, error.where, sizeof error.where);
	va_start(arguments, format);
	(void)vsnprintf(error.message, sizeof error.message, format, arguments);
	va_end(arguments);
	parser->code = code;
	return shmg_error_set(parser->error, code, error.where, "%s", error.message);
}

int shmg_policy_fail_memory(struct shmg_policy_parser *parser)
{
	return shmg_policy_fail(parser, parser->line, -ENOMEM, "no memory to read the policy");
}

/* --- sections --- */

static int finish_section(struct shmg_policy_parser *parser)
{
	if (!parser->section || !parser->section->finish)
		return 0;
	return parser->section->finish(parser);
}

/* The interned headers are the set of sections that were there; nothing else is interned. */
static int note_header(struct shmg_policy_parser *parser, const char *name, const char *argument)
{
	struct shmg_pool *pool = &parser->policy->pool;
	size_t before = pool->interned;
	char header[512];

	int length = snprintf(header, sizeof header, *argument ? "%s %s" : "%s%s", name, argument);
	if (length < 0 || (size_t)length >= sizeof header)
		return SHMG_POLICY_REFUSE(parser, "the name of the section is too long");
	if (!shmg_pool_intern(pool, header, (size_t)length))
		return shmg_policy_fail_memory(parser);
	if (pool->interned == before)
		return SHMG_POLICY_REFUSE(parser, "[%s] is there already: join the two, or name one differently",
					  header);
	return 0;
}

static int begin_section(struct shmg_policy_parser *parser, const char *name, const char *argument)
{
	const struct shmg_policy_section *section = NULL;

	for (size_t i = 0; i < shmg_policy_section_count; i++)
		if (strcmp(shmg_policy_sections[i].name, name) == 0)
			section = &shmg_policy_sections[i];
	if (!section)
		return SHMG_POLICY_REFUSE(
			parser, "unknown section [%s]: there are thresholds, sharing, allow NAME and check ID", name);
	if (!section->argument && *argument)
		return SHMG_POLICY_REFUSE(parser, "[%s] takes no name: write [%s]", name, name);
	if (section->argument && !*argument)
		return SHMG_POLICY_REFUSE(parser, "[%s] lacks its %s: write [%s %s]", name, section->argument, name,
					  section->argument);
	int code = note_header(parser, name, argument);
	if (code < 0)
		return code;
	parser->section = section;
	parser->section_line = parser->line;
	parser->keys_seen = 0;
	parser->last_key = NULL;
	return section->begin ? section->begin(parser, argument) : 0;
}

/* "[NAME ARGUMENT]", perhaps with a comment behind it; cuts `line` up. */
static int read_header(struct shmg_policy_parser *parser, char *line)
{
	char *end = strchr(line, ']');

	int code = finish_section(parser);
	if (code < 0)
		return code;
	if (!end)
		return SHMG_POLICY_REFUSE(parser, "the section lacks its \"]\"");
	const char *behind = end + 1 + strspn(end + 1, BLANKS);
	if (*behind && (*behind != ';' || behind == end + 1))
		return SHMG_POLICY_REFUSE(parser, "text behind the section's \"]\": move it to the next line");

	while (end > line + 1 && strchr(BLANKS, end[-1]))
		end--;
	*end = '\0';
	char *name = line + 1 + strspn(line + 1, BLANKS);
	char *argument = name + strcspn(name, BLANKS);
	if (*argument)
		*argument++ = '\0';
	return begin_section(parser, name, argument + strspn(argument, BLANKS));
}

/* --- lines --- */

/* Text that shows as what it is: no controls, no invisible or reordering characters, no broken UTF-8. */
static bool is_text(const char *line, size_t length)
{
	while (length) {
		size_t run = 0;
		while (run < length && line[run] != '\\' && line[run] != '\t')
			run++;
		if (!shmg_escape_is_plain(line, run))
			return false;
		run += run < length;
		line += run;
		length -= run;
	}
	return true;
}

/* Looks at one line before inih does. */
static int read_line(struct shmg_policy_parser *parser, char *line, size_t length)
{
	size_t blanks = strspn(line, BLANKS);

	parser->indented = false;
	if (!is_text(line, length))
		return SHMG_POLICY_REFUSE(
			parser, "the line holds a control or invisible character, or is not UTF-8: remove it");
	if (!line[blanks] || strchr(";#", line[blanks]))
		return 0;
	if (blanks && !(parser->last_key && parser->last_key->list))
		return SHMG_POLICY_REFUSE(
			parser, "the line is indented, which only the rest of a list may be: begin it at the margin");
	parser->indented = blanks > 0;
	if (*line == '[') {
		char header[512];
		if (length >= sizeof header)
			return SHMG_POLICY_REFUSE(parser, "the name of the section is too long");
		memcpy(header, line, length + 1);
		return read_header(parser, header);
	}
	return 0;
}

/* inih's reader: fgets(3) from the text. */
static char *next_line(char *buffer, int size, void *stream)
{
	struct shmg_policy_parser *parser = stream;
	size_t left = (size_t)(parser->end - parser->next);

	if (parser->code || !left)
		return NULL;
	parser->line++;
	const char *newline = memchr(parser->next, '\n', left);
	size_t length = newline ? (size_t)(newline - parser->next) : left;
	const char *line = parser->next;
	parser->next += length + (newline != NULL);
	if (newline && length && line[length - 1] == '\r')
		length--;
	/* A line that fills the buffer would be cut, or, by some builds, be joined with the next. */
	if (size < 3 || length > (size_t)size - 3) {
		(void)SHMG_POLICY_REFUSE(parser, "the line is longer than %d bytes: shorten it", size - 3);
		return NULL;
	}
	memcpy(buffer, line, length);
	buffer[length] = '\0';
	if (read_line(parser, buffer, length) < 0)
		return NULL;
	memcpy(buffer + length, "\n", 2);
	return buffer;
}

/* --- keys --- */

static int see_key(struct shmg_policy_parser *parser, size_t row, const char *name, const char *value)
{
	if (parser->keys_seen & 1u << row)
		return SHMG_POLICY_REFUSE(parser, "\"%s\" is there already in this section: keep one", name);
	if (!*value)
		return SHMG_POLICY_REFUSE(parser, "\"%s\" has no value: give one, or remove the line", name);
	parser->keys_seen |= 1u << row;
	return 0;
}

static int read_threshold(struct shmg_policy_parser *parser, const char *name, const char *value)
{
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++)
		if (strcmp(shmg_policy_parameters[i].name, name) == 0)
			return see_key(parser, i, name, value) < 0 ? parser->code
								   : shmg_policy_set_threshold(parser, i, value);
	return -ENOENT;
}

static int read_key(struct shmg_policy_parser *parser, const char *name, const char *value)
{
	for (size_t i = 0; i < parser->section->key_count; i++) {
		const struct shmg_policy_key *key = &parser->section->keys[i];
		if (strcmp(key->name, name) != 0)
			continue;
		parser->last_key = key;
		return see_key(parser, i, name, value) < 0 ? parser->code : key->set(parser, value);
	}
	return -ENOENT;
}

/* inih's handler; 0 is failure. Section names come from read_header, where they are not cut. */
static int on_pair(void *user, const char *section, const char *name, const char *value)
{
	struct shmg_policy_parser *parser = user;
	(void)section;

	if (!value)
		return 0;
	if (parser->indented)
		return parser->last_key->set(parser, value) == 0;
	if (!parser->section) {
		(void)SHMG_POLICY_REFUSE(parser, "\"%s\" stands before the first [section]: move it into one", name);
		return 0;
	}
	int code = parser->section->keys ? read_key(parser, name, value) : read_threshold(parser, name, value);
	if (code == -ENOENT)
		(void)SHMG_POLICY_REFUSE(parser, "unknown key \"%s\": [%s%s%s] takes %s", name, parser->section->name,
					 parser->section->argument ? " " : "",
					 parser->section->argument ? parser->section->argument : "",
					 parser->section->keys_help);
	return code == 0;
}

static int parse(struct shmg_policy_parser *parser)
{
	int result = ini_parse_stream(next_line, parser, on_pair, parser);

	if (result == -2)
		return shmg_policy_fail_memory(parser);
	/* inih goes on after a line that it does not understand: what was found later follows from that. */
	if (result > 0 && (!parser->code || (unsigned)result < parser->line))
		return shmg_policy_fail(parser, (unsigned)result, -EINVAL,
					"not understood: expected [SECTION] or KEY = VALUE");
	return parser->code ? parser->code : finish_section(parser);
}

int shmg_policy_read(const struct shmg_policy_source *source, struct shmg_policy **ret_policy, struct shmg_error *error)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = shmg_policy_new();

	if (!policy)
		return shmg_error_set(error, -ENOMEM, source->name, "no memory to read the policy");
	if (source->length > SHMG_POLICY_BYTES_MAX)
		return shmg_error_set(error, -EINVAL, source->name, "larger than 1 MiB: this is no policy file");
	size_t skip = strlen(byte_order_mark);
	if (source->length < skip || memcmp(source->text, byte_order_mark, skip) != 0)
		skip = 0;
	struct shmg_policy_parser parser = { .source = source,
					     .policy = policy,
					     .error = error,
					     .next = source->text + skip,
					     .end = source->text + source->length };
	int code = parse(&parser);
	if (code < 0)
		return code;
	*ret_policy = SHMG_TAKE_PTR(policy);
	return 0;
}
