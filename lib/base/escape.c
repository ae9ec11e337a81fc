/* SPDX-License-Identifier: MIT */
#include "lib/base/escape.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Characters that show as nothing or reorder what is around them (Unicode's Default_Ignorable_Code_Point, the C1
 * controls, separators and interlinear annotation): first and last of each range. */
static const struct {
	uint32_t first, last;
} unprintable[] = {
	{ 0x0080, 0x009f },   { 0x00ad, 0x00ad },   { 0x034f, 0x034f },   { 0x061c, 0x061c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x200b, 0x200f },   { 0x2028, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 }, { 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

static bool is_plain_ascii(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '\\';
}

/* The length of the printable multi-byte character at the front of `bytes`, or 0 (RFC 3629). */
static size_t printable_character(const unsigned char *bytes, size_t length)
{
	unsigned char lead = bytes[0];
	size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };

	if (lead < 0xc2 || lead > 0xf4 || size > length)
		return 0;
	uint32_t character = lead & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < smallest[size] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
		return 0;
	for (size_t i = 0; i < sizeof unprintable / sizeof *unprintable; i++)
		if (character >= unprintable[i].first && character <= unprintable[i].last)
			return 0;
	return size;
}

bool shmg_escape_is_plain(const char *text, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < length;) {
		size_t size = is_plain_ascii(bytes[i]) ? 1
			      : bytes[i] >= 0x80       ? printable_character(bytes + i, length - i)
						       : 0;
		if (!size)
			return false;
		i += size;
	}
	return true;
}

long shmg_escape(const char *text, size_t length, char *ret_text, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = (const unsigned char *)text;
	size_t used = 0;

	for (size_t i = 0; i < length;) {
		char piece[4];
		size_t taken = is_plain_ascii(bytes[i]) ? 1
			       : bytes[i] >= 0x80       ? printable_character(bytes + i, length - i)
							: 0;
		size_t written = taken;
		if (taken) {
			memcpy(piece, bytes + i, taken);
		} else {
			taken = 1;
			piece[0] = piece[1] = '\\';
			written = 2;
			if (bytes[i] != '\\') {
				piece[1] = 'x';
				piece[2] = digits[bytes[i] >> 4];
				piece[3] = digits[bytes[i] & 0xf];
				written = 4;
			}
		}
		if (used >= size || written >= size - used) {
			if (size)
				ret_text[0] = '\0';
			return -ENOSPC;
		}
		memcpy(ret_text + used, piece, written);
		used += written;
		i += taken;
	}
	if (used >= size)
		return -ENOSPC;
	ret_text[used] = '\0';
	return (long)used;
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* The byte that the escape at `text` stands for, or -1; its length goes to `ret_length`. */
static int escaped_byte(const char *text, size_t *ret_length)
{
	*ret_length = 2;
	if (text[1] == '\\')
		return '\\';
	if (text[1] != 'x' || hex_digit(text[2]) < 0 || hex_digit(text[3]) < 0)
		return -1;
	*ret_length = 4;
	int byte = hex_digit(text[2]) << 4 | hex_digit(text[3]);
	return byte ? byte : -1; /* no name holds a NUL */
}

long shmg_unescape(char *text)
{
	size_t length;

	for (const char *from = text; *from; from += length) {
		length = 1;
		if (*from == '\\' && escaped_byte(from, &length) < 0)
			return -EINVAL;
	}
	char *to = text;
	for (const char *from = text; *from; from += length) {
		length = 1;
		*to++ = *from == '\\' ? (char)escaped_byte(from, &length) : *from;
	}
	*to = '\0';
	return to - text;
}
