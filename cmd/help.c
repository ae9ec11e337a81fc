/* SPDX-License-Identifier: MIT */
#include "cmd/help.h"

#include <string.h>

#include "cmd/wrap.h"

#define TERM_COLUMN 2
#define TEXT_COLUMN 24

const struct shmg_help_status shmg_help_statuses[4] = {
	{ SHMG_EXIT_CLEAN, "nothing to report, or what was asked for is done" },
	{ SHMG_EXIT_FINDINGS, "the audit has findings" },
	{ SHMG_EXIT_USAGE, "the command line or the policy file is wrong" },
	{ SHMG_EXIT_UNSEEN, "could not look, or could not write what was seen; stderr says what" },
};

const struct shmg_help_file shmg_help_files[2] = {
	{ "/etc/shmguard/policy.ini",
	  "what should be on this machine, over the built-in policy; see shmguard-policy(5)" },
	{ "/proc, /sys, /dev/shm", "what is; only ever read" },
};

static void print_row(FILE *stream, const char *term, const char *text)
{
	unsigned length = (unsigned)strlen(term);
	unsigned width = shmg_wrap_width(stream);

	if (TERM_COLUMN + length + 2 > TEXT_COLUMN)
		(void)fprintf(stream, "%*s%s\n%*s", TERM_COLUMN, "", term, TEXT_COLUMN, "");
	else
		(void)fprintf(stream, "%*s%-*s", TERM_COLUMN, "", TEXT_COLUMN - TERM_COLUMN, term);
	shmg_wrap_print(stream, text, TEXT_COLUMN, TEXT_COLUMN, width);
}

void shmg_help_overview(FILE *stream)
{
	const struct shmg_verb *verb;

	(void)fputs("shmguard sees the shared memory of a host, and says what is wrong with it.\n\n"
		    "usage: shmguard VERB [OPTION…] [ARGUMENT…]\n\n",
		    stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++)
		print_row(stream, verb->name, verb->summary);
	(void)fputs("\nBegin with \"shmguard audit\". \"shmguard VERB --help\" explains a verb.\n", stream);
}

static void print_option(FILE *stream, const struct shmg_option *row)
{
	char term[80], text[512], list[256] = "";
	char letter[] = "-?, ";

	letter[1] = row->letter;
	(void)snprintf(term, sizeof term, "%s--%s%s%s", row->letter ? letter : "    ", row->name,
		       row->argument ? " " : "", row->argument ? row->argument : "");
	for (size_t i = 0; row->values && row->values[i]; i++) {
		size_t used = strlen(list);
		(void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : ": ", row->values[i]);
	}
	(void)snprintf(text, sizeof text, "%s%s", row->help, list);
	print_row(stream, term, text);
}

void shmg_help_verb(FILE *stream, const struct shmg_verb *verb)
{
	unsigned width = shmg_wrap_width(stream);

	(void)fprintf(stream, "shmguard %s: %s\n\nusage: shmguard %s %s\n", verb->name, verb->summary, verb->name,
		      verb->usage);
	for (const char *const *paragraph = verb->description; *paragraph; paragraph++) {
		(void)fputc('\n', stream);
		shmg_wrap_print(stream, *paragraph, 0, 0, width);
	}
	(void)fputs("\nOptions:\n", stream);
	for (const struct shmg_option *row = verb->options; row->name; row++)
		print_option(stream, row);
	if (verb->examples && verb->examples->command)
		(void)fputs("\nExamples:\n", stream);
	for (const struct shmg_example *example = verb->examples; example && example->command; example++) {
		(void)fprintf(stream, "  %s\n      ", example->command);
		shmg_wrap_print(stream, example->what, 6, 6, width);
	}
	(void)fputs("\nExit status:\n", stream);
	for (size_t i = 0; i < sizeof shmg_help_statuses / sizeof *shmg_help_statuses; i++) {
		char status[4];
		(void)snprintf(status, sizeof status, "%d", shmg_help_statuses[i].status);
		print_row(stream, status, shmg_help_statuses[i].meaning);
	}
}

enum { OPTION_MAN = SHMG_OPTION_OWN, OPTION_COMPLETION, OPTION_PARAMETERS };

static const char *const shells[] = { "bash", NULL };

static const struct shmg_option options[] = {
	{ .id = OPTION_MAN, .name = "man", .help = "print the manual page instead, in scdoc's language" },
	{ .id = OPTION_COMPLETION, .name = "completion", .argument = "SHELL", .values = shells,
	  .help = "print a completion script instead" },
	{ .id = OPTION_PARAMETERS, .name = "parameters",
	  .help = "print the thresholds of the policy instead, in scdoc's language" },
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

static int print_topic(const struct shmg_verb *verb, int wanted)
{
	if (wanted == OPTION_COMPLETION)
		shmg_help_completion(stdout);
	else if (wanted == OPTION_PARAMETERS)
		shmg_help_parameters(stdout);
	else if (wanted == OPTION_MAN)
		shmg_help_man(stdout, verb);
	else if (verb)
		shmg_help_verb(stdout, verb);
	else
		shmg_help_overview(stdout);
	return shmg_finish_output(0, SHMG_EXIT_CLEAN);
}

static int run(int argc, char **argv)
{
	struct shmg_option_reader reader;
	const struct shmg_verb *verb = NULL;
	const char *value;
	int id, wanted = 0;

	shmg_option_begin(&reader, options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, NULL)) > 0)
		wanted = id;
	if (reader.operand_count > 1)
		return shmg_say_usage(argv[0], "one verb at a time");
	if (reader.operand_count == 1) {
		verb = shmg_verb_find(reader.operands[0]);
		if (!verb)
			return shmg_say_unknown_verb(reader.operands[0]);
	}
	return print_topic(verb, wanted);
}

static const char *const description[] = {
	"Without a verb, lists the verbs. With one, says what it does, its options and examples of its use.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "shmguard help ls", "the options of ls" },
	{ "shmguard help --completion bash > /etc/bash_completion.d/shmguard", "completion for every user of bash" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_help = {
	.name = "help",
	.summary = "say how to use a verb",
	.usage = "[OPTION…] [VERB]",
	.description = description,
	.options = options,
	.examples = examples,
	.run = run,
};
