/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cmd/help.h"
#include "cmd/verb.h"

/*
 * A standard descriptor that the caller closed would be the next file that is opened, and what is printed would go
 * there. /dev/null the wrong way round takes its place: writing to it still fails, and is noticed.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* The options are read once before the verb runs, so that a mistake anywhere is found before any work is done. */
static bool options_are_right(const struct shmg_verb *verb, int argc, char **argv, int *ret_status)
{
	struct shmg_option_reader reader;
	struct shmg_error error;
	const char *value;
	int id;

	shmg_option_begin(&reader, verb->options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, &error)) > 0) {
		if (id != SHMG_OPTION_HELP)
			continue;
		shmg_help_verb(stdout, verb);
		*ret_status = shmg_finish_output(0, SHMG_EXIT_CLEAN);
		return false;
	}
	if (id < 0)
		*ret_status = shmg_say_usage(verb->name, "%s", error.message);
	return id == 0;
}

static bool is_one_of(const char *word, const char *one, const char *other)
{
	return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

int main(int argc, char **argv)
{
	int status;

	fill_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of the write, like every other */
	if (argc < 2) {
		shmg_help_overview(stderr);
		return SHMG_EXIT_USAGE;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		(void)puts("shmguard " SHMG_VERSION);
		return shmg_finish_output(0, SHMG_EXIT_CLEAN);
	}
	if (is_one_of(argv[1], "--help", "-h")) {
		shmg_help_overview(stdout);
		return shmg_finish_output(0, SHMG_EXIT_CLEAN);
	}
	const struct shmg_verb *verb = shmg_verb_find(argv[1]);
	if (!verb)
		return shmg_say_unknown_verb(argv[1]);
	if (!options_are_right(verb, argc - 1, argv + 1, &status))
		return status;
	return verb->run(argc - 1, argv + 1);
}
