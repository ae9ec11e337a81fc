/* SPDX-License-Identifier: MIT */
/* What the command says when something is wrong: one line on stderr, and the exit status for it. */
#include "cmd/verb.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/escape.h"

/* Text from outside must not reach the terminal as it is. */
static void put_escaped(const char *text)
{
	char escaped[SHMG_ESCAPED_MAX(512)];

	(void)shmg_escape(text, strnlen(text, 512), escaped, sizeof escaped);
	(void)fputs(escaped, stderr);
}

int shmg_say_usage(const char *verb, const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	(void)fflush(stdout);
	(void)fprintf(stderr, "shmguard%s%s: %s\n", verb ? " " : "", verb ? verb : "", message);
	return SHMG_EXIT_USAGE;
}

/* The maker of a message has escaped what it quotes: backslashes stay. Nothing else reaches the terminal either. */
static void put_message(const char *message)
{
	char escaped[SHMG_ESCAPED_MAX(sizeof((struct shmg_error *)NULL)->message)];

	while (*message) {
		size_t length = strcspn(message, "\\");
		(void)shmg_escape(message, length, escaped, sizeof escaped);
		(void)fputs(escaped, stderr);
		for (message += length; *message == '\\'; message++)
			(void)fputc('\\', stderr);
	}
}

int shmg_say_failure(const char *verb, const struct shmg_error *error)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "shmguard%s%s: ", verb ? " " : "", verb ? verb : "");
	if (error->where[0]) {
		put_escaped(error->where);
		(void)fputs(": ", stderr);
	}
	put_message(error->message[0] ? error->message : strerror(-error->code));
	(void)fputc('\n', stderr);
	return SHMG_EXIT_UNSEEN;
}

int shmg_say_error(const struct shmg_error *error)
{
	return shmg_say_failure(NULL, error);
}

int shmg_say_code(int code, const char *what)
{
	struct shmg_error error = { .code = code };

	(void)snprintf(error.where, sizeof error.where, "%s", what);
	return shmg_say_error(&error);
}

static bool is_pipe_closed(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };
	struct stat status;

	return fstat(STDOUT_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) &&
	       poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

int shmg_finish_output(int code, int status)
{
	bool failed = ferror(stdout); /* the stream remembers that a write failed, not why */

	errno = 0;
	if (fflush(stdout) != 0 && code == 0)
		code = errno ? -errno : -EIO;
	else if (failed && code == 0)
		code = -EIO;
	if (code == 0)
		return status;
	/* Whoever closed the pipe has seen enough, and wants to hear no more. */
	return code == -EPIPE || is_pipe_closed() ? SHMG_EXIT_UNSEEN : shmg_say_code(code, "writing the output");
}
