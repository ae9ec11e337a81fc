/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/document.h"
#include "cmd/verb.h"

static const struct shmg_document *const documents[] = {
	&shmg_document_ls,
	&shmg_document_ls_by,
	&shmg_document_show,
	&shmg_document_show_process,
	&shmg_document_audit,
	&shmg_document_checks,
};
#define DOCUMENT_COUNT (sizeof documents / sizeof *documents)

static const char *kind_at(const void *context, size_t index)
{
	(void)context;
	if (index < DOCUMENT_COUNT)
		return documents[index]->kind;
	return index == DOCUMENT_COUNT ? "snapshot" : NULL;
}

static int print(const struct shmg_document *document)
{
	int code = shmg_json_schema_print(stdout, document->kind, document->title, document->shapes, document->count);
	return shmg_finish_output(code, SHMG_EXIT_CLEAN);
}

static const struct shmg_option options[] = { SHMG_OPTION_ROW_HELP, SHMG_OPTION_ROWS_END };

static int run(int argc, char **argv)
{
	struct shmg_option_reader reader;
	const char *value;

	shmg_option_begin(&reader, options, argc, argv);
	while (shmg_option_next(&reader, &value, NULL) > 0)
		;
	if (reader.operand_count == 0) {
		const char *kind;
		for (size_t i = 0; (kind = kind_at(NULL, i)); i++)
			(void)puts(kind);
		return shmg_finish_output(0, SHMG_EXIT_CLEAN);
	}
	if (reader.operand_count > 1)
		return shmg_say_usage(argv[0], "one KIND at a time");

	const char *kind = reader.operands[0];
	for (size_t i = 0; i < DOCUMENT_COUNT; i++)
		if (strcmp(documents[i]->kind, kind) == 0)
			return print(documents[i]);
	if (strcmp(kind, "snapshot") == 0) {
		struct shmg_section_shape shapes[SHMG_SECTIONS_MAX];
		struct shmg_document document;
		shmg_document_snapshot(shapes, &document);
		return print(&document);
	}
	const char *nearest = shmg_nearest(kind, kind_at, NULL);
	return shmg_say_usage(argv[0], "no such KIND of document%s%s; shmguard schema lists them",
			      nearest ? "; did you mean " : "", nearest ? nearest : "");
}

static const char *const description[] = {
	"Every command prints JSON with --format json: an object with \"schema\" (shmguard/KIND), \"version\", and one "
	"member for each section. This prints the JSON schema (draft 2020-12) that such documents of KIND fulfil. "
	"Without KIND, lists the kinds.",
	"The version rises when a member changes its meaning or goes away; new members do not raise it.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "shmguard schema audit > audit.schema.json", "what a program that reads audits may rely on" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_schema = {
	.name = "schema",
	.summary = "print the JSON schema of the output",
	.usage = "[KIND]",
	.description = description,
	.options = options,
	.examples = examples,
	.run = run,
};
