/* SPDX-License-Identifier: MIT */
/* Manual pages in scdoc's language, from the same rows as --help. */
#include <string.h>

#include "cmd/help.h"
#include "policy/policy.h"

/* Text in which nothing means anything to scdoc. */
static void put(FILE *stream, const char *text)
{
	for (; *text; text++) {
		if (strchr("\\*_#|~`[]<>", *text))
			(void)fputc('\\', stream);
		(void)fputc(*text, stream);
	}
}

static void put_bold(FILE *stream, const char *text)
{
	(void)fputc('*', stream);
	put(stream, text);
	(void)fputc('*', stream);
}

static void put_heading(FILE *stream, const char *text)
{
	(void)fprintf(stream, "# %s\n\n", text);
}

static void put_term(FILE *stream, const char *term, const char *meaning)
{
	put_bold(stream, term);
	(void)fputs("\n\t", stream);
	put(stream, meaning);
	(void)fputs("\n\n", stream);
}

static void put_option(FILE *stream, const struct shmg_option *row)
{
	char name[64];

	if (row->letter) {
		(void)snprintf(name, sizeof name, "-%c", row->letter);
		put_bold(stream, name);
		(void)fputs(", ", stream);
	}
	(void)snprintf(name, sizeof name, "--%s", row->name);
	put_bold(stream, name);
	if (row->argument) {
		(void)fputc(' ', stream);
		put(stream, row->argument);
	}
	(void)fputs("\n\t", stream);
	put(stream, row->help);
	for (size_t i = 0; row->values && row->values[i]; i++) {
		(void)fputs(i ? ", " : ": ", stream);
		put(stream, row->values[i]);
	}
	(void)fputs("\n\n", stream);
}

static void put_statuses(FILE *stream)
{
	put_heading(stream, "EXIT STATUS");
	for (size_t i = 0; i < sizeof shmg_help_statuses / sizeof *shmg_help_statuses; i++) {
		char status[4];
		(void)snprintf(status, sizeof status, "%d", shmg_help_statuses[i].status);
		put_term(stream, status, shmg_help_statuses[i].meaning);
	}
}

static void put_files(FILE *stream)
{
	put_heading(stream, "FILES");
	for (size_t i = 0; i < sizeof shmg_help_files / sizeof *shmg_help_files; i++)
		put_term(stream, shmg_help_files[i].path, shmg_help_files[i].meaning);
}

static void put_references(FILE *stream, const struct shmg_verb *self)
{
	const struct shmg_verb *verb;

	put_heading(stream, "SEE ALSO");
	if (self)
		(void)fputs("*shmguard*(1), ", stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++)
		if (verb != self)
			(void)fprintf(stream, "*shmguard-%s*(1), ", verb->name);
	(void)fputs("*shmguard-policy*(5), *shm\\_overview*(7), *sysvipc*(7), *memfd\\_create*(2)\n", stream);
}

static void put_verb(FILE *stream, const struct shmg_verb *verb)
{
	const char *term, *meaning;

	(void)fprintf(stream, "shmguard-%s(1)\n\n# NAME\n\nshmguard-%s - ", verb->name, verb->name);
	put(stream, verb->summary);
	(void)fprintf(stream, "\n\n# SYNOPSIS\n\n*shmguard %s* ", verb->name);
	put(stream, verb->usage);
	(void)fputs("\n\n# DESCRIPTION\n\n", stream);
	for (const char *const *paragraph = verb->description; *paragraph; paragraph++) {
		put(stream, *paragraph);
		(void)fputs("\n\n", stream);
	}
	put_heading(stream, "OPTIONS");
	for (const struct shmg_option *row = verb->options; row->name; row++)
		put_option(stream, row);
	if (verb->glossary)
		put_heading(stream, verb->glossary);
	for (size_t i = 0; verb->glossary && verb->term_at(i, &term, &meaning); i++)
		put_term(stream, term, meaning);
	put_statuses(stream);
	if (verb->examples && verb->examples->command)
		put_heading(stream, "EXAMPLES");
	for (const struct shmg_example *example = verb->examples; example && example->command; example++)
		put_term(stream, example->command, example->what);
	put_files(stream);
	put_references(stream, verb);
}

static void put_command(FILE *stream)
{
	const struct shmg_verb *verb;

	(void)fputs("shmguard(1)\n\n# NAME\n\nshmguard - see the shared memory of a host, and what is wrong with it\n\n"
		    "# SYNOPSIS\n\n*shmguard* VERB \\[OPTION…\\] \\[ARGUMENT…\\]++\n"
		    "*shmguard* *--help* | *--version*\n\n"
		    "# DESCRIPTION\n\n"
		    "*shmguard* sees every shared-memory object of a Linux host and who holds it: System V segments, "
		    "POSIX shared memory and semaphores, memfds, shared anonymous memory, huge pages and files on "
		    "tmpfs, in every namespace. It compares what is with what should be (the policy), and says where "
		    "they differ.\n\n"
		    "It only looks. It needs no privilege, and sees more with it; what it could not see, it says.\n\n"
		    "# VERBS\n\n",
		    stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++) {
		char term[64];
		(void)snprintf(term, sizeof term, "shmguard %s", verb->name);
		put_term(stream, term, verb->summary);
	}
	put_statuses(stream);
	put_heading(stream, "ENVIRONMENT");
	put_term(stream, "NO_COLOR", "when set, nothing is coloured");
	put_files(stream);
	put_references(stream, NULL);
}

void shmg_help_man(FILE *stream, const struct shmg_verb *verb)
{
	if (verb)
		put_verb(stream, verb);
	else
		put_command(stream);
}

void shmg_help_parameters(FILE *stream)
{
	for (size_t i = 0; i < SHMG_PARAMETER_COUNT; i++) {
		const struct shmg_policy_parameter *row = &shmg_policy_parameters[i];
		put_bold(stream, row->name);
		(void)fprintf(stream, " = %llu\n\t", (unsigned long long)row->value);
		put(stream, row->help);
		(void)fprintf(stream, " (%s%sfrom %llu to %llu)\n\n", row->unit, *row->unit ? ", " : "",
			      (unsigned long long)row->minimum, (unsigned long long)row->maximum);
	}
}
