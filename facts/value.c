/* SPDX-License-Identifier: MIT */
#include "facts/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void shmg_value_path(char path[static SHMG_VALUE_PATH], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(path, SHMG_VALUE_PATH, format, arguments);
	va_end(arguments);
	if (length < 0 || length >= SHMG_VALUE_PATH)
		*path = '\0';
}

int shmg_value_note_unread(struct shmg_look *look, const char *path, int code)
{
	char what[SHMG_VALUE_PATH + 1];
	bool denied = code == -EACCES || code == -EPERM;

	if (!denied && code != -EFBIG)
		return 0;
	(void)snprintf(what, sizeof what, "/%s", path);
	return shmg_facts_note_gap(look->facts, what, denied ? "permission denied; run as root" : "too large", false);
}

int shmg_value_read(struct shmg_look *look, const char *path, char *buffer, size_t size)
{
	ssize_t length = shmg_root_read(&look->root, path, buffer, size);
	if (length < 0) {
		int failed = shmg_value_note_unread(look, path, (int)length);
		return failed ? failed : -ENOENT;
	}
	if (length > 0 && buffer[length - 1] == '\n')
		buffer[length - 1] = '\0';
	return 0;
}

static uint64_t parse_number(const char *text)
{
	char *end;

	/* strtoull takes a minus sign and answers with a huge number. */
	if (*text < '0' || *text > '9')
		return SHMG_U64_UNKNOWN;
	errno = 0;
	unsigned long long number = strtoull(text, &end, 10);
	return errno || *end ? SHMG_U64_UNKNOWN : number;
}

int shmg_value_number(struct shmg_look *look, const char *path, uint64_t *ret_number)
{
	char text[64];
	int code = shmg_value_read(look, path, text, sizeof text);
	if (code == -ENOMEM)
		return code;
	*ret_number = code ? SHMG_U64_UNKNOWN : parse_number(text);
	return 0;
}

uint64_t shmg_value_meminfo(const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) != 0 || line[length] != ':')
			continue;
		uint64_t kilobytes;
		char unit[3];
		if (sscanf(line + length + 1, "%" SCNu64 " %2s", &kilobytes, unit) != 2 || strcmp(unit, "kB") != 0 ||
		    kilobytes > UINT64_MAX / 1024)
			return SHMG_U64_UNKNOWN;
		return kilobytes * 1024;
	}
	return SHMG_U64_UNKNOWN;
}
