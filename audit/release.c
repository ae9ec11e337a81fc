/* SPDX-License-Identifier: MIT */
#include "audit/release.h"

#include <errno.h>
#include <stddef.h>

/* A component of more than six digits is none that a kernel had. */
static bool parse_component(const char **text, unsigned *ret_value)
{
	unsigned value = 0, digits = 0;

	for (; **text >= '0' && **text <= '9'; ++*text) {
		if (++digits > 6)
			return false;
		value = value * 10 + (unsigned)(**text - '0');
	}
	*ret_value = value;
	return digits > 0;
}

int shmg_release_parse(const char *text, struct shmg_release *ret_release)
{
	struct shmg_release release = { 0 };

	if (!parse_component(&text, &release.major) || *text++ != '.' || !parse_component(&text, &release.minor))
		return -EINVAL;
	if (*text == '.') {
		text++;
		if (*text >= '0' && *text <= '9' && !parse_component(&text, &release.patch))
			return -EINVAL;
	}
	*ret_release = release;
	return 0;
}

bool shmg_release_is_before(struct shmg_release left, struct shmg_release right)
{
	if (left.major != right.major)
		return left.major < right.major;
	if (left.minor != right.minor)
		return left.minor < right.minor;
	return left.patch < right.patch;
}

bool shmg_release_has_dirty_cow(struct shmg_release release)
{
	static const struct shmg_release first = { 2, 6, 22 }, fixed = { 4, 8, 3 };
	/* The stable series that were repaired, and from which release on. */
	static const struct shmg_release repaired[] = {
		{ 3, 12, 66 }, { 3, 16, 38 }, { 3, 18, 44 }, { 4, 1, 35 }, { 4, 4, 26 }, { 4, 7, 9 },
	};

	if (shmg_release_is_before(release, first) || !shmg_release_is_before(release, fixed))
		return false;
	for (size_t i = 0; i < sizeof repaired / sizeof *repaired; i++)
		if (release.major == repaired[i].major && release.minor == repaired[i].minor)
			return release.patch < repaired[i].patch;
	return true;
}
