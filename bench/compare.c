/* SPDX-License-Identifier: MIT */
/*
 * compare ROUNDS FILE NAME COMMAND [NAME COMMAND]…: runs the commands in turn, ROUNDS times round, so that whatever
 * disturbs the machine disturbs all of them, and prints the medians of CPU time (user and system, with all
 * descendants), wall time and peak memory. The medians also go to FILE: a name, CPU, wall time and kilobytes a line.
 *
 * A NAME that ends with '=' is the base that the commands after it are compared with, round by round: the ratio is the
 * median of the rounds' ratios, which drifts less than the ratio of the medians.
 * A command that takes longer than a second runs in every third round only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 32
#define ROUNDS_MAX 99

struct command {
	const char *name;
	const char *text;
	bool base;
	int status;
	unsigned runs;
	double cpu[ROUNDS_MAX], wall[ROUNDS_MAX], memory[ROUNDS_MAX], ratio[ROUNDS_MAX];
	double last; /* CPU time of its last run */
};

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double milliseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static void run(struct command *command, const struct command *base)
{
	struct rusage usage;
	double begun = now();
	pid_t child = fork();

	if (child == 0) {
		int null = open("/dev/null", O_RDWR);
		if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
		    dup2(null, STDERR_FILENO) < 0)
			_exit(126);
		(void)close(null);
		/* Commands begin with exec, so that the shell costs all of them the same. */
		(void)execl("/bin/sh", "sh", "-c", command->text, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || wait4(child, &command->status, 0, &usage) != child) {
		command->status = -1;
		return;
	}
	command->last = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
	command->cpu[command->runs] = command->last;
	command->ratio[command->runs] = base && base->last > 0 ? command->last / base->last : 0;
	command->wall[command->runs] = now() - begun;
	command->memory[command->runs] = (double)usage.ru_maxrss / 1024;
	command->runs++;
}

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *values, unsigned count)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, compare_numbers);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int report(struct command *commands, unsigned count, FILE *file)
{
	int result = EXIT_SUCCESS;

	(void)printf("%-18s %10s %10s %8s %8s  %s\n", "", "CPU ms", "wall ms", "MB", "ratio", "status");
	for (unsigned i = 0; i < count; i++) {
		struct command *command = &commands[i];
		double cpu = median(command->cpu, command->runs);
		double wall = median(command->wall, command->runs);
		double memory = median(command->memory, command->runs);
		(void)printf("%-18s %10.1f %10.1f %8.1f ", command->name, cpu, wall, memory);
		(void)printf("%8.2f", median(command->ratio, command->runs));
		if (WIFEXITED(command->status))
			(void)printf("  %d\n", WEXITSTATUS(command->status));
		else
			(void)printf("  died\n");
		(void)fprintf(file, "%s %.3f %.3f %.3f\n", command->name, cpu, wall, memory);
		if (!WIFEXITED(command->status) || WEXITSTATUS(command->status) >= 126)
			result = EXIT_FAILURE;
	}
	return result;
}

int main(int argc, char *argv[])
{
	static struct command commands[COMMANDS_MAX];
	unsigned count = 0;
	unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 0;

	if (argc < 5 || argc % 2 == 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "usage: compare ROUNDS FILE NAME COMMAND [NAME COMMAND]…\n");
		return EXIT_FAILURE;
	}
	for (int i = 3; i + 1 < argc && count < COMMANDS_MAX; i += 2, count++) {
		size_t length = strlen(argv[i]);
		commands[count].base = length && argv[i][length - 1] == '=';
		if (commands[count].base)
			argv[i][length - 1] = '\0';
		commands[count].name = argv[i];
		commands[count].text = argv[i + 1];
	}
	FILE *file = fopen(argv[2], "we");
	if (!file) {
		(void)fprintf(stderr, "compare: %s: %s\n", argv[2], strerror(errno));
		return EXIT_FAILURE;
	}
	for (unsigned round = 0; round < rounds; round++) {
		const struct command *base = NULL;
		for (unsigned i = 0; i < count; i++) {
			if (commands[i].base)
				base = &commands[i];
			if (round % 3 == 0 || commands[i].wall[0] < 1000)
				run(&commands[i], base);
		}
	}
	int result = report(commands, count, file);
	return fclose(file) == 0 ? result : EXIT_FAILURE;
}
