/* SPDX-License-Identifier: MIT */
#include "cmd/wrap.h"

#include <string.h>

#include "report/report.h"

unsigned shmg_wrap_width(FILE *stream)
{
	unsigned width = shmg_style_of(stream).width;

	if (width == 0)
		return SHMG_WRAP_DEFAULT;
	if (width < 40)
		return 40;
	return width < SHMG_WRAP_MAX ? width : SHMG_WRAP_MAX;
}

void shmg_wrap_print(FILE *stream, const char *text, unsigned column, unsigned indent, unsigned width)
{
	bool begun = false; /* this line has a word */

	while (*text) {
		size_t length = strcspn(text, " ");
		size_t wide = shmg_text_width(text, length);
		if (begun && column + 1 + wide > width) {
			(void)fprintf(stream, "\n%*s", (int)indent, "");
			column = indent;
			begun = false;
		}
		(void)fprintf(stream, "%s%.*s", begun ? " " : "", (int)length, text);
		column += (unsigned)wide + begun;
		begun = true;
		text += length;
		text += strspn(text, " ");
	}
	(void)fputc('\n', stream);
}
