/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "report/report.h"
#include "report/value.h"
#include "report/writer.h"

/* [a-zA-Z_][a-zA-Z0-9_]*, and colons in the names of metrics. */
static bool is_name(const char *name, bool colons)
{
	for (const char *at = name; *at; at++) {
		bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '_' ||
			      (colons && *at == ':');
		if (!letter && !(at > name && *at >= '0' && *at <= '9'))
			return false;
	}
	return *name != '\0';
}

/* Backslash and newline, and the quote inside quotes, are what the format escapes. */
static void print_escaped(struct shmg_writer *writer, const char *text, size_t length, const char *special)
{
	while (length) {
		size_t plain = strcspn(text, special);
		if (plain > length)
			plain = length;
		shmg_writer_bytes(writer, text, plain);
		if (plain == length)
			return;
		shmg_writer_text(writer, text[plain] == '\n' ? "\\n" : text[plain] == '"' ? "\\\"" : "\\\\");
		text += plain + 1;
		length -= plain + 1;
	}
}

int shmg_prometheus_metric(FILE *stream, const char *name, const char *type, const char *help)
{
	struct shmg_writer writer;

	if (!is_name(name, true))
		return -EINVAL;
	shmg_writer_begin(&writer, stream);
	shmg_writer_text(&writer, "# HELP ");
	shmg_writer_text(&writer, name);
	shmg_writer_text(&writer, " ");
	print_escaped(&writer, help, strlen(help), "\\\n");
	shmg_writer_text(&writer, "\n# TYPE ");
	shmg_writer_text(&writer, name);
	shmg_writer_text(&writer, " ");
	shmg_writer_text(&writer, type);
	shmg_writer_text(&writer, "\n");
	return shmg_writer_end(&writer);
}

/* A label without a value is the same as no label. */
static void print_labels(struct shmg_writer *writer, const struct shmg_label *labels)
{
	const char *before = "{";

	for (const struct shmg_label *label = labels; label && label->name; label++) {
		size_t length;
		if (!label->value)
			continue;
		/* Always escaped as names are everywhere: two names that differ stay two series. */
		const char *value = shmg_writer_escape(writer, label->value, &length);
		shmg_writer_text(writer, before);
		shmg_writer_text(writer, label->name);
		shmg_writer_text(writer, "=\"");
		if (value)
			print_escaped(writer, value, length, "\\\n\"");
		shmg_writer_text(writer, "\"");
		before = ",";
	}
	if (*before == ',')
		shmg_writer_text(writer, "}");
}

int shmg_prometheus_sample(FILE *stream, const char *name, const struct shmg_label *labels, uint64_t value)
{
	char number[SHMG_VALUE_MAX] = "+Inf"; /* unlimited */
	struct shmg_writer writer;

	if (!is_name(name, true))
		return -EINVAL;
	for (const struct shmg_label *label = labels; label && label->name; label++)
		if (!is_name(label->name, false))
			return -EINVAL;
	if (value == SHMG_U64_UNKNOWN)
		return 0;
	if (value != UINT64_MAX)
		(void)shmg_value_decimal(value, number);
	shmg_writer_begin(&writer, stream);
	shmg_writer_text(&writer, name);
	print_labels(&writer, labels);
	shmg_writer_text(&writer, " ");
	shmg_writer_text(&writer, number);
	shmg_writer_text(&writer, "\n");
	return shmg_writer_end(&writer);
}
