/* SPDX-License-Identifier: MIT */
#include "report/value.h"

#include <errno.h>
#include <string.h>

#include "report/report.h"

#define SECOND INT64_C(1000000000)
#define DAY_SECONDS 86400

size_t shmg_value_decimal(uint64_t value, char ret_text[static SHMG_VALUE_MAX])
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	for (size_t i = 0; i < count; i++)
		ret_text[i] = digits[count - 1 - i];
	ret_text[count] = '\0';
	return count;
}

/* Octal (3 bits a digit) or hexadecimal (4), padded with zeros to `least` digits. */
static size_t write_digits(uint64_t value, unsigned bits, size_t least, char *ret_text)
{
	size_t count = 1;

	while (count * bits < 64 && value >> (count * bits))
		count++;
	if (count < least)
		count = least;
	for (size_t i = 0; i < count; i++) {
		uint64_t shifted = value >> ((count - 1 - i) * bits);
		ret_text[i] = "0123456789abcdef"[shifted & ((1u << bits) - 1)];
	}
	ret_text[count] = '\0';
	return count;
}

size_t shmg_value_mode(uint64_t value, char ret_text[static SHMG_VALUE_MAX])
{
	return write_digits(value, 3, 4, ret_text);
}

size_t shmg_value_hex(uint64_t value, uint8_t digits, char ret_text[static SHMG_VALUE_MAX])
{
	ret_text[0] = '0';
	ret_text[1] = 'x';
	return 2 + write_digits(value, 4, digits, ret_text + 2);
}

static void write_padded(unsigned value, size_t digits, char *ret_text)
{
	for (size_t i = digits; i-- > 0; value /= 10)
		ret_text[i] = (char)('0' + value % 10);
}

struct date {
	unsigned year, month, day;
};

/*
 * The Gregorian calendar in eras of 400 years, which all have 146,097 days. Years begin in March
 * here: the leap day is then the last of its year and every month's length follows one formula.
 */
static struct date date_of_days(int64_t days)
{
	int64_t shifted = days + 719468; /* since 0000-03-01 */
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	unsigned of_era = (unsigned)(shifted - era * 146097);
	unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned month = (5 * of_year + 2) / 153; /* March is 0 */
	struct date date = {
		.year = (unsigned)(era * 400 + year) + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = of_year - (153 * month + 2) / 5 + 1,
	};

	return date;
}

/* For years above 0. */
static int64_t days_of_date(struct date date)
{
	int64_t year = (int64_t)date.year - (date.month <= 2);
	int64_t era = year / 400;
	int64_t of_era_year = year - era * 400;
	int64_t of_year = (153 * (int64_t)(date.month > 2 ? date.month - 3 : date.month + 9) + 2) / 5 + date.day - 1;

	return era * 146097 + of_era_year * 365 + of_era_year / 4 - of_era_year / 100 + of_year - 719468;
}

size_t shmg_value_time(int64_t nanoseconds, bool fraction, char ret_text[static SHMG_VALUE_MAX])
{
	int64_t seconds = nanoseconds / SECOND;
	int64_t rest = nanoseconds % SECOND;
	if (rest < 0) {
		rest += SECOND;
		seconds--;
	}
	int64_t days = seconds / DAY_SECONDS;
	int64_t of_day = seconds % DAY_SECONDS;
	if (of_day < 0) {
		of_day += DAY_SECONDS;
		days--;
	}
	struct date date = date_of_days(days);
	size_t length = 19;

	memcpy(ret_text, "0000-00-00T00:00:00", length);
	write_padded(date.year, 4, ret_text);
	write_padded(date.month, 2, ret_text + 5);
	write_padded(date.day, 2, ret_text + 8);
	write_padded((unsigned)(of_day / 3600), 2, ret_text + 11);
	write_padded((unsigned)(of_day / 60 % 60), 2, ret_text + 14);
	write_padded((unsigned)(of_day % 60), 2, ret_text + 17);
	if (fraction && rest) {
		size_t digits = rest % 1000 ? 9 : rest % 1000000 ? 6 : 3;
		unsigned value = (unsigned)(digits == 9 ? rest : digits == 6 ? rest / 1000 : rest / 1000000);
		ret_text[length] = '.';
		write_padded(value, digits, ret_text + length + 1);
		length += 1 + digits;
	}
	ret_text[length] = 'Z';
	ret_text[length + 1] = '\0';
	return length + 1;
}

int shmg_value_parse_decimal(const char *text, uint64_t *ret_value)
{
	char again[SHMG_VALUE_MAX];
	uint64_t value = 0;

	for (const char *at = text; *at; at++)
		if (*at < '0' || *at > '9' || __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (unsigned)(*at - '0'), &value))
			return -EINVAL;
	(void)shmg_value_decimal(value, again);
	if (strcmp(text, again) != 0)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* -EINVAL when there is none, or one that the base does not have. What is too long for 64 bits loses its front. */
static int read_digits(const char *text, unsigned bits, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
				 : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a' + 10)
								: UINT32_MAX;
		if (digit >> bits)
			return -EINVAL;
		value = value << bits | digit;
	}
	*ret_value = value;
	return 0;
}

/* That the text is the one that would be written settles leading zeros and what is too long. */
int shmg_value_parse_mode(const char *text, uint64_t *ret_value)
{
	char again[SHMG_VALUE_MAX];
	uint64_t value;

	if (read_digits(text, 3, &value) < 0)
		return -EINVAL;
	(void)shmg_value_mode(value, again);
	if (strcmp(text, again) != 0)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

int shmg_value_parse_hex(const char *text, uint8_t digits, uint64_t *ret_value)
{
	char again[SHMG_VALUE_MAX];
	uint64_t value;

	if (text[0] != '0' || text[1] != 'x' || read_digits(text + 2, 4, &value) < 0)
		return -EINVAL;
	(void)shmg_value_hex(value, digits, again);
	if (strcmp(text, again) != 0)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

/* Reads exactly `digits` decimal digits and moves past them and the character `then`. */
static bool take_number(const char **text, size_t digits, char then, unsigned *ret_value)
{
	unsigned value = 0;

	for (size_t i = 0; i < digits; i++) {
		char digit = (*text)[i];
		if (digit < '0' || digit > '9')
			return false;
		value = value * 10 + (unsigned)(digit - '0');
	}
	if ((*text)[digits] != then)
		return false;
	*text += digits + 1;
	*ret_value = value;
	return true;
}

static bool take_fraction(const char **text, unsigned *ret_nanoseconds)
{
	size_t digits = strspn(*text, "0123456789");

	if (digits < 1 || digits > 9 || !take_number(text, digits, 'Z', ret_nanoseconds))
		return false;
	for (; digits < 9; digits++)
		*ret_nanoseconds *= 10;
	return true;
}

int shmg_value_parse_time(const char *text, int64_t *ret_nanoseconds)
{
	struct date date;
	unsigned hour, minute, second, fraction = 0;

	if (!take_number(&text, 4, '-', &date.year) || !take_number(&text, 2, '-', &date.month) ||
	    !take_number(&text, 2, 'T', &date.day) || !take_number(&text, 2, ':', &hour) ||
	    !take_number(&text, 2, ':', &minute))
		return -EINVAL;
	if (!take_number(&text, 2, 'Z', &second) &&
	    !(take_number(&text, 2, '.', &second) && take_fraction(&text, &fraction)))
		return -EINVAL;
	if (*text || date.month < 1 || date.month > 12 || date.day < 1 || hour > 23 || minute > 59 || second > 59)
		return -EINVAL;
	if (date.year < 1677 || date.year > 2262)
		return -ERANGE; /* as far as 64 bits of nanoseconds reach */
	int64_t days = days_of_date(date);
	struct date again = date_of_days(days);
	if (again.month != date.month || again.day != date.day)
		return -EINVAL; /* a day that the month does not have */

	/* Through 128 bits: the sum of the earliest day in range overflows before its hours are added. */
	__int128 total = ((__int128)days * DAY_SECONDS + hour * 3600 + minute * 60 + second) * SECOND + fraction;
	if (total <= INT64_MIN || total > INT64_MAX)
		return -ERANGE; /* INT64_MIN itself is "unknown" */
	*ret_nanoseconds = (int64_t)total;
	return 0;
}

uint64_t shmg_value_largest(const struct shmg_field *field)
{
	return field->size >= 8 ? UINT64_MAX : (UINT64_C(1) << field->size * 8) - 2;
}

bool shmg_value_is_unknown(const struct shmg_field *field, uint64_t value)
{
	return value == (field->size >= 8 ? SHMG_U64_UNKNOWN : (UINT64_C(1) << field->size * 8) - 1);
}

const char *shmg_value_name(const struct shmg_field *field, uint64_t value)
{
	for (size_t i = 0; field->names && field->names[i]; i++)
		if (i == value)
			return field->names[i];
	return NULL;
}

size_t shmg_value_named(const struct shmg_field *field, const char *name)
{
	for (size_t i = 0; field->names && field->names[i]; i++)
		if (strcmp(field->names[i], name) == 0)
			return i;
	return SIZE_MAX;
}

const char *shmg_format_time(int64_t nanoseconds, char buffer[static 40])
{
	if (nanoseconds == SHMG_TIME_UNKNOWN)
		return strcpy(buffer, "?");
	(void)shmg_value_time(nanoseconds, true, buffer);
	return buffer;
}

const char *shmg_format_size(uint64_t bytes, char buffer[static 24])
{
	static const char units[] = "BKMGTPE";
	char digits[SHMG_VALUE_MAX];
	unsigned unit = 0;

	if (bytes == UINT64_MAX)
		return strcpy(buffer, "unlimited");
	while (unit < 6 && bytes >> (10 * unit) >= 1024)
		unit++;
	uint64_t one = (uint64_t)1 << (10 * unit);
	uint64_t whole = bytes >> (10 * unit), rest = bytes & (one - 1);
	uint64_t tenths = whole * 10 + (rest * 10 + one / 2) / one; /* rest × 10 < 2^64 */
	if (tenths >= 100 || !unit) {
		whole += rest >= one / 2 && unit;
		tenths = whole * 10;
	}
	if (tenths == 10240 && unit && unit < 6) { /* rounding made it one of the next unit */
		tenths = 10;
		unit++;
	}

	size_t length = shmg_value_decimal(tenths / 10, digits);
	if (tenths % 10) {
		digits[length++] = '.';
		digits[length++] = (char)('0' + tenths % 10);
	}
	if (unit)
		digits[length++] = units[unit];
	digits[length] = '\0';
	return memcpy(buffer, digits, length + 1);
}

static size_t write_count(uint64_t count, char letter, char *ret_text)
{
	char digits[SHMG_VALUE_MAX];
	size_t length = shmg_value_decimal(count, digits);

	digits[length++] = letter;
	digits[length] = '\0';
	memcpy(ret_text, digits, length + 1);
	return length;
}

const char *shmg_format_age(int64_t nanoseconds, char buffer[static 24])
{
	static const struct {
		uint64_t seconds;
		char letter;
	} units[] = { { DAY_SECONDS, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
	size_t length = 0, unit = 0;

	if (nanoseconds == SHMG_TIME_UNKNOWN)
		return strcpy(buffer, "?");
	if (nanoseconds <= -SECOND)
		buffer[length++] = '-';
	uint64_t seconds = (uint64_t)(nanoseconds < 0 ? -nanoseconds : nanoseconds) / SECOND;
	while (unit < 3 && seconds < units[unit].seconds)
		unit++;
	length += write_count(seconds / units[unit].seconds, units[unit].letter, buffer + length);
	seconds %= units[unit].seconds;
	if (unit < 3 && seconds >= units[unit + 1].seconds)
		(void)write_count(seconds / units[unit + 1].seconds, units[unit + 1].letter, buffer + length);
	return buffer;
}
