/* SPDX-License-Identifier: MIT */
/* Reading numbers out of the kernel's text files: no locale, no allocation, never past the NUL. Internal to the room.
 */
#ifndef SHMG_FACTS_SCAN_H
#define SHMG_FACTS_SCAN_H

#include <stdbool.h>
#include <stdint.h>

static inline const char *shmg_scan_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* Skips blanks, then reads digits of `base` (8, 10 or 16). False, and *text unmoved, where there is none or it
 * overflows. */
static inline bool shmg_scan_number(const char **text, unsigned base, uint64_t *ret_value)
{
	const char *at = shmg_scan_blanks(*text), *first = at;
	uint64_t value = 0;

	for (;; at++) {
		unsigned char byte = (unsigned char)*at;
		unsigned digit = byte >= '0' && byte <= '9'   ? byte - 48u
				 : byte >= 'a' && byte <= 'f' ? byte - 87u
							      : 16u;
		if (digit >= base)
			break;
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	if (at == first)
		return false;
	*ret_value = value;
	*text = at;
	return true;
}

/* The same for a number that may be negative, as the kernel prints pids and times. */
static inline bool shmg_scan_signed(const char **text, int64_t *ret_value)
{
	const char *at = shmg_scan_blanks(*text);
	bool negative = *at == '-';
	uint64_t value;

	at += negative;
	if (!shmg_scan_number(&at, 10, &value) || value > INT64_MAX)
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	*text = at;
	return true;
}

static inline const char *shmg_scan_line(const char *text)
{
	while (*text && *text != '\n')
		text++;
	return *text ? text + 1 : text;
}

#endif
