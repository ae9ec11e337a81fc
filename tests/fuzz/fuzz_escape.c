/* SPDX-License-Identifier: MIT */
/* Any bytes as a name: escaped text is safe to show and gives the same bytes back. */
#include <errno.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "tests/fuzz/fuzz.h"

/* Escaped text is printable characters, "\\" and "\xNN", and nothing else. */
static void inspect_escaped(const char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		size_t run = strcspn(text + i, "\\");
		REQUIRE(shmg_escape_is_plain(text + i, run));
		i += run;
		if (text[i] == '\\' && text[i + 1] == '\\')
			i += 2;
		else if (text[i])
			i += strspn(text + i + 2, "0123456789abcdef") >= 2 && text[i + 1] == 'x' ? 4 : length + 1;
		REQUIRE(i <= length);
	}
}

static void escape_and_back(const char *bytes, size_t size)
{
	size_t room = SHMG_ESCAPED_MAX(size);
	SHMG_AUTO_FREE char *text = malloc(room);

	REQUIRE(text);
	long length = shmg_escape(bytes, size, text, room);
	REQUIRE(length >= 0 && (size_t)length < room && strlen(text) == (size_t)length);
	inspect_escaped(text, (size_t)length);
	REQUIRE(shmg_escape_is_plain(bytes, size) == ((size_t)length == size && memcmp(text, bytes, size) == 0));

	/* One byte too few is refused, never cut. */
	SHMG_AUTO_FREE char *tight = malloc((size_t)length + 1);
	REQUIRE(tight);
	REQUIRE(shmg_escape(bytes, size, tight, (size_t)length + 1) == length);
	REQUIRE(shmg_escape(bytes, size, tight, (size_t)length) == -ENOSPC);
	REQUIRE(length == 0 || !*tight);

	if (memchr(bytes, '\0', size))
		return; /* no name holds one */
	REQUIRE(shmg_unescape(text) == (long)size);
	REQUIRE(memcmp(text, bytes, size) == 0);
}

/* The same bytes as text that somebody claims to be escaped. */
static void unescape(const char *bytes, size_t size)
{
	SHMG_AUTO_FREE char *text = malloc(size + 1);

	REQUIRE(text);
	memcpy(text, bytes, size);
	text[size] = '\0';
	size_t before = strlen(text);
	long length = shmg_unescape(text);
	if (length < 0)
		REQUIRE(length == -EINVAL && memcmp(text, bytes, before) == 0);
	else
		REQUIRE((size_t)length <= before && strlen(text) == (size_t)length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* libFuzzer's empty input may have no address. */
	const char *bytes = size ? (const char *)data : "";

	escape_and_back(bytes, size);
	unescape(bytes, size);
	return 0;
}
