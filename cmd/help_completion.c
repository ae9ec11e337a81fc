/* SPDX-License-Identifier: MIT */
/* Completion for bash, from the same rows as --help. */
#include <string.h>

#include "cmd/help.h"

/* What an argument of this name may be, beyond a list of values. */
static const char *action_of(const char *argument)
{
	if (strcmp(argument, "FILE") == 0)
		return "-f";
	if (strcmp(argument, "DIR") == 0)
		return "-d";
	return strcmp(argument, "USER") == 0 ? "-u" : NULL;
}

static void put_argument(FILE *stream, const struct shmg_verb *verb, const struct shmg_option *row)
{
	const char *action = action_of(row->argument), *value;

	if (!action && !shmg_option_value(row, 0))
		return;
	(void)fprintf(stream, "\t%s:--%s", verb->name, row->name);
	if (row->letter)
		(void)fprintf(stream, "|%s:-%c", verb->name, row->letter);
	(void)fputs(")\n\t\t", stream);
	if (action) {
		(void)fprintf(stream, "COMPREPLY=($(compgen %s -- \"$word\"))", action);
	} else {
		(void)fputs("COMPREPLY=($(compgen -W '", stream);
		for (size_t i = 0; (value = shmg_option_value(row, i)); i++)
			(void)fprintf(stream, "%s%s", i ? " " : "", value);
		(void)fputs("' -- \"$word\"))", stream);
	}
	(void)fputs("\n\t\treturn ;;\n", stream);
}

static void put_options(FILE *stream, const struct shmg_verb *verb)
{
	(void)fprintf(stream, "\t%s)\n\t\toptions='", verb->name);
	for (const struct shmg_option *row = verb->options; row->name; row++)
		(void)fprintf(stream, "%s--%s", row == verb->options ? "" : " ", row->name);
	(void)fputs("' ;;\n", stream);
}

void shmg_help_completion(FILE *stream)
{
	const struct shmg_verb *verb;

	(void)fputs("# bash completion for shmguard; written by: shmguard help --completion bash\n"
		    "_shmguard()\n{\n"
		    "\tlocal word=$2 before=$3 verb=${COMP_WORDS[1]} options=\n"
		    "\tif ((COMP_CWORD == 1)); then\n"
		    "\t\tCOMPREPLY=($(compgen -W '--help --version",
		    stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++)
		(void)fprintf(stream, " %s", verb->name);
	(void)fputs("' -- \"$word\"))\n\t\treturn\n\tfi\n\tcase $verb:$before in\n", stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++)
		for (const struct shmg_option *row = verb->options; row->name; row++)
			if (row->argument)
				put_argument(stream, verb, row);
	(void)fputs("\tesac\n\tcase $verb in\n", stream);
	for (size_t i = 0; (verb = shmg_verb_at(i)); i++)
		put_options(stream, verb);
	(void)fputs("\tesac\n"
		    "\tif [[ $word == -* ]]; then\n"
		    "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
		    "\telse\n"
		    "\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n"
		    "\tfi\n}\n"
		    "complete -o filenames -F _shmguard shmguard\n",
		    stream);
}
