/* SPDX-License-Identifier: MIT */
#include "lib/base/error.h"

#include <stdarg.h>
#include <stdio.h>

int shmg_error_set(struct shmg_error *error, int code, const char *where, const char *format, ...)
{
	if (!error)
		return code;

	va_list arguments;
	va_start(arguments, format);
	error->code = code;
	(void)snprintf(error->where, sizeof error->where, "%s", where ? where : "");
	(void)vsnprintf(error->message, sizeof error->message, format, arguments);
	va_end(arguments);
	return code;
}
