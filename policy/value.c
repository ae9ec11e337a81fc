/* SPDX-License-Identifier: MIT */
#include "policy/value.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"

#define DIGITS "0123456789"

/* Room for one entry of the user database; a group with very many members needs most. */
#define ENTRY_BYTES_MIN ((size_t)1024)
#define ENTRY_BYTES_MAX ((size_t)4 * 1024 * 1024)

static const struct suffix {
	const char *unit;
	char letter;
	uint64_t factor;
} suffixes[] = {
	{ "percent", '%', 1 },
	{ "bytes", 'K', (uint64_t)1 << 10 },
	{ "bytes", 'M', (uint64_t)1 << 20 },
	{ "bytes", 'G', (uint64_t)1 << 30 },
	{ "bytes", 'T', (uint64_t)1 << 40 },
	{ "seconds", 's', 1 },
	{ "seconds", 'm', 60 },
	{ "seconds", 'h', 60 * 60 },
	{ "seconds", 'd', 24 * 60 * 60 },
};

static int parse_digits(const char *text, const char **ret_rest, uint64_t *ret_value)
{
	char *end;

	if (!strspn(text, DIGITS))
		return -EINVAL;
	errno = 0;
	unsigned long long value = strtoull(text, &end, 10);
	if (errno)
		return -errno;
	*ret_rest = end;
	*ret_value = value;
	return 0;
}

int shmg_policy_parse_number(const char *text, const char *unit, uint64_t *ret_value)
{
	const char *rest;
	uint64_t value, factor = 0;

	int code = parse_digits(text, &rest, &value);
	if (code < 0)
		return code;
	if (!*rest)
		factor = 1;
	for (size_t i = 0; *rest && !rest[1] && i < sizeof suffixes / sizeof *suffixes; i++)
		if (suffixes[i].letter == *rest && strcmp(suffixes[i].unit, unit) == 0)
			factor = suffixes[i].factor;
	if (!factor)
		return -EINVAL;
	if (__builtin_mul_overflow(value, factor, &value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

const char *shmg_policy_suffix_help(const char *unit)
{
	if (strcmp(unit, "bytes") == 0)
		return ", perhaps followed by K, M, G or T";
	if (strcmp(unit, "seconds") == 0)
		return ", perhaps followed by s, m, h or d";
	if (strcmp(unit, "percent") == 0)
		return ", perhaps followed by %";
	return "";
}

int shmg_policy_parse_mode(const char *text, uint32_t *ret_mode)
{
	size_t length = strspn(text, "01234567");

	if (!length || text[length] || length > 5)
		return -EINVAL;
	unsigned long mode = strtoul(text, NULL, 8);
	if (mode > 07777)
		return -EINVAL;
	*ret_mode = (uint32_t)mode;
	return 0;
}

int shmg_policy_parse_switch(const char *text, bool *ret_on)
{
	static const struct {
		const char *name;
		bool on;
	} words[] = { { "yes", true }, { "true", true },   { "on", true },
		      { "no", false }, { "false", false }, { "off", false } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i].name, text) == 0) {
			*ret_on = words[i].on;
			return 0;
		}
	}
	return -EINVAL;
}

int shmg_policy_parse_id(const char *text, uint32_t *ret_id)
{
	const char *rest;
	uint64_t id;

	int code = parse_digits(text, &rest, &id);
	if (code < 0)
		return code;
	if (*rest)
		return -EINVAL;
	/* The last one, (uid_t)-1, means "no user" to the kernel. */
	if (id >= UINT32_MAX)
		return -ERANGE;
	*ret_id = (uint32_t)id;
	return 0;
}

/* What getpwnam_r(3) and getgrnam_r(3) may say, besides 0, when there is no such name. */
static int lookup_error(int code)
{
	return code == 0 || code == ENOENT || code == ESRCH || code == EBADF || code == EPERM ? -ENOENT : -code;
}

int shmg_policy_find_user(const char *name, uint32_t *ret_uid)
{
	for (size_t size = ENTRY_BYTES_MIN; size <= ENTRY_BYTES_MAX; size *= 4) {
		SHMG_AUTO_FREE char *buffer = malloc(size);
		struct passwd entry, *found = NULL;
		if (!buffer)
			return -ENOMEM;
		int code = getpwnam_r(name, &entry, buffer, size, &found);
		if (found) {
			*ret_uid = found->pw_uid;
			return 0;
		}
		if (code != ERANGE)
			return lookup_error(code);
	}
	return -ERANGE;
}

int shmg_policy_find_group(const char *name, uint32_t *ret_gid)
{
	for (size_t size = ENTRY_BYTES_MIN; size <= ENTRY_BYTES_MAX; size *= 4) {
		SHMG_AUTO_FREE char *buffer = malloc(size);
		struct group entry, *found = NULL;
		if (!buffer)
			return -ENOMEM;
		int code = getgrnam_r(name, &entry, buffer, size, &found);
		if (found) {
			*ret_gid = found->gr_gid;
			return 0;
		}
		if (code != ERANGE)
			return lookup_error(code);
	}
	return -ERANGE;
}
