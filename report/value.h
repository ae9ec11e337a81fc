/* SPDX-License-Identifier: MIT */
/*
 * Values as text, for tables and for JSON alike, and back. Internal to the room.
 *
 * Writers end the text with NUL and return its length; they use no printf, because a table of a busy
 * host has a hundred thousand of them. Readers take exactly what the writers write: -EINVAL otherwise.
 */
#ifndef SHMG_REPORT_VALUE_H
#define SHMG_REPORT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/record.h"

/* Every number, mode, hexadecimal and time fits. */
#define SHMG_VALUE_MAX 40

size_t shmg_value_decimal(uint64_t value, char ret_text[static SHMG_VALUE_MAX]);
size_t shmg_value_mode(uint64_t value, char ret_text[static SHMG_VALUE_MAX]);
/* No fewer than that many digits. */
size_t shmg_value_hex(uint64_t value, uint8_t digits, char ret_text[static SHMG_VALUE_MAX]);
/* RFC 3339, UTC; the fraction in 3, 6 or 9 digits, or left out. */
size_t shmg_value_time(int64_t nanoseconds, bool fraction, char ret_text[static SHMG_VALUE_MAX]);

int shmg_value_parse_decimal(const char *text, uint64_t *ret_value);
int shmg_value_parse_mode(const char *text, uint64_t *ret_value);
int shmg_value_parse_hex(const char *text, uint8_t digits, uint64_t *ret_value);
/* Any fraction of one to nine digits; "Z" only. -ERANGE: no 64-bit number of nanoseconds. */
int shmg_value_parse_time(const char *text, int64_t *ret_nanoseconds);

/* The largest number that a NUMBER, SIZE, MODE, HEX or FLAGS member holds, and whether it means "unknown" there. */
uint64_t shmg_value_largest(const struct shmg_field *field);
bool shmg_value_is_unknown(const struct shmg_field *field, uint64_t value);

/* The name of an ENUM's value, or NULL when it has none. */
const char *shmg_value_name(const struct shmg_field *field, uint64_t value);
/* The number of that name, or SIZE_MAX. */
size_t shmg_value_named(const struct shmg_field *field, const char *name);

#endif
