/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/escape.h"

/* The same sequence in every run. */
static uint32_t next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 32);
}

/* A decoder of its own, so that the code is not its own judge: the character, or -1 where there is none. */
static long decode(const unsigned char *at, const unsigned char *end, size_t *ret_length)
{
	static const struct {
		unsigned char mask, lead;
		long smallest;
	} forms[] = { { 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t extra = 0; extra < 4; extra++) {
		if ((at[0] & forms[extra].mask) != forms[extra].lead || (size_t)(end - at) <= extra)
			continue;
		long character = at[0] & ~forms[extra].mask & 0xff;
		for (size_t i = 1; i <= extra; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return -1;
			character = character * 64 + (at[i] & 0x3f);
		}
		*ret_length = extra + 1;
		if (character < forms[extra].smallest || character > 0x10ffff || (character >> 11) == 0x1b)
			return -1;
		return character;
	}
	return -1;
}

/* Cc but for ASCII, Zl, Zp, and Unicode 15's Default_Ignorable_Code_Point. */
static bool is_deceptive(long c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x34f || c == 0x61c ||
	       (c >= 0x115f && c <= 0x1160) || (c >= 0x17b4 && c <= 0x17b5) || (c >= 0x180b && c <= 0x180f) ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
	       c == 0x3164 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff || c == 0xffa0 ||
	       (c >= 0xfff0 && c <= 0xfffb) || (c >= 0x1bca0 && c <= 0x1bca3) || (c >= 0x1d173 && c <= 0x1d17a) ||
	       (c >= 0xe0000 && c <= 0xe0fff);
}

static void assert_clean(const char *text, size_t length)
{
	const unsigned char *at = (const unsigned char *)text, *end = at + length;

	for (size_t size = 0; at < end; at += size) {
		long character = decode(at, end, &size);
		assert_true(character >= 0);
		assert_false(is_deceptive(character));
	}
}

/* What must hold for any bytes whatever. */
static void check(const char *bytes, size_t length)
{
	char text[SHMG_ESCAPED_MAX(300)];

	long escaped = shmg_escape(bytes, length, text, sizeof text);
	assert_in_range(escaped, length, length * 4);
	assert_int_equal(strlen(text), escaped);
	assert_clean(text, (size_t)escaped);
	bool same = (size_t)escaped == length && memcmp(text, bytes, length) == 0;
	assert_int_equal(shmg_escape_is_plain(bytes, length), same);
	assert_int_equal(shmg_unescape(text), length);
	assert_memory_equal(text, bytes, length + 1);
}

static void test_random_bytes(void **state)
{
	uint64_t random = 1;
	char bytes[301];
	(void)state;

	for (int turn = 0; turn < 20000; turn++) {
		size_t length = next_random(&random) % 300;
		/* Some from everything, some mostly of what multi-byte characters and escapes are made of. */
		for (size_t i = 0; i < length; i++) {
			unsigned char byte = (unsigned char)(next_random(&random) % 255 + 1);
			bytes[i] = (char)(turn % 3 == 0   ? byte
					  : turn % 3 == 1 ? byte | 0xc0
							  : "\\x0af\xe2\x80"[byte % 7]);
			if (turn % 3 == 1 && byte % 3)
				bytes[i] = (char)(byte % 64 | 0x80);
		}
		bytes[length] = '\0';
		check(bytes, length);
	}
}

static size_t encode(long c, size_t size, char *bytes)
{
	static const int leads[] = { 0, 0x00, 0xc0, 0xe0, 0xf0 };

	for (size_t i = size; i-- > 1; c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(leads[size] | c);
	bytes[size] = '\0';
	return size;
}

static void test_every_character(void **state)
{
	char bytes[8], text[64];
	(void)state;

	for (long c = 1; c <= 0x10ffff; c++) {
		size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		bool surrogate = c >= 0xd800 && c <= 0xdfff;
		check(bytes, encode(c, size, bytes));
		long escaped = shmg_escape(bytes, size, text, sizeof text);
		/* Everything that can be shown is; nothing else is. */
		if (c == '\\')
			assert_string_equal(text, "\\\\");
		else
			assert_int_equal(escaped, is_deceptive(c) || surrogate ? size * 4 : size);
	}
}

static void test_overlong_forms(void **state)
{
	char bytes[8];
	(void)state;

	for (long c = 0; c < 0x10000; c++)
		for (size_t size = c < 0x80 ? 2 : c < 0x800 ? 3 : 4; size <= 4; size++) {
			check(bytes, encode(c, size, bytes));
			assert_false(shmg_escape_is_plain(bytes, size));
		}
	assert_false(shmg_escape_is_plain("\xf4\x90\x80\x80", 4)); /* above U+10FFFF */
	assert_false(shmg_escape_is_plain("\xe2\x82", 2));         /* cut short */
}

static void test_known_forms(void **state)
{
	char text[64];
	(void)state;

	assert_int_equal(shmg_escape("a\nb\x1b[31m\\", 9, text, sizeof text), 16);
	assert_string_equal(text, "a\\x0ab\\x1b[31m\\\\");
	assert_int_equal(shmg_escape("", 0, text, sizeof text), 0);
	assert_string_equal(text, "");
	assert_true(shmg_escape_is_plain("", 0));
}

static void test_sizes(void **state)
{
	static const char bytes[] = "a\\\x01\xc3\xa9";
	char text[16];
	(void)state;

	for (size_t size = 0; size <= 9; size++) { /* the escaped form takes 9 bytes and a NUL */
		memset(text, '#', sizeof text);
		assert_int_equal(shmg_escape(bytes, 5, text, size), -ENOSPC);
		if (size)
			assert_int_equal(text[0], '\0');
		for (size_t i = size; i < sizeof text; i++)
			assert_int_equal(text[i], '#');
	}
	assert_int_equal(shmg_escape(bytes, 5, text, 10), 9);
	assert_string_equal(text, "a\\\\\\x01\xc3\xa9");
}

static void test_unescape_refuses(void **state)
{
	static const char *const bad[] = { "\\",     "\\x",     "\\x4", "\\x4g", "\\xg4",
					   "\\x1B",  "\\q",     "\\n",  "\\x00", "good\\\\then\\x1",
					   "\\\\\\", "a\\x41\\" };
	char text[32];
	(void)state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		strcpy(text, bad[i]);
		assert_int_equal(shmg_unescape(text), -EINVAL);
		assert_string_equal(text, bad[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_bytes),   cmocka_unit_test(test_every_character),
		cmocka_unit_test(test_overlong_forms), cmocka_unit_test(test_known_forms),
		cmocka_unit_test(test_sizes),          cmocka_unit_test(test_unescape_refuses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
