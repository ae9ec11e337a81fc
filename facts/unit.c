/* SPDX-License-Identifier: MIT */
/* Which systemd unit or container a process belongs to, by the names that engines give their control groups. */
#include <string.h>

#include "facts/collect.h"

struct piece {
	const char *text;
	size_t length;
};

static bool starts_with(struct piece piece, const char *prefix)
{
	size_t length = strlen(prefix);
	return piece.length >= length && memcmp(piece.text, prefix, length) == 0;
}

static bool ends_with(struct piece piece, const char *suffix)
{
	size_t length = strlen(suffix);
	return piece.length > length && memcmp(piece.text + piece.length - length, suffix, length) == 0;
}

static bool is_container_id(struct piece piece)
{
	if (piece.length != 64)
		return false;
	for (size_t i = 0; i < piece.length; i++)
		if (!strchr("0123456789abcdef", piece.text[i]))
			return false;
	return true;
}

/* How engines name the control group of a container: the text before and after its id or name. */
static const struct {
	const char *prefix, *suffix, *engine;
	bool id; /* what is between must be 64 hexadecimal digits; it is shortened to 12, as engines show it */
} container_scopes[] = {
	{ "docker-", ".scope", "docker", true },      { "libpod-", ".scope", "podman", true },
	{ "crio-", ".scope", "crio", true },          { "cri-containerd-", ".scope", "containerd", true },
	{ "nerdctl-", ".scope", "containerd", true }, { "machine-", ".scope", "machine", false },
	{ "lxc.payload.", "", "lxc", false },
};

static const char *container_of(struct shmg_pool *pool, struct piece piece, struct piece parent)
{
	for (size_t i = 0; i < sizeof container_scopes / sizeof *container_scopes; i++) {
		if (!starts_with(piece, container_scopes[i].prefix))
			continue;
		size_t before = strlen(container_scopes[i].prefix), after = strlen(container_scopes[i].suffix);
		if (piece.length <= before + after || (after && !ends_with(piece, container_scopes[i].suffix)))
			continue;
		struct piece id = { piece.text + before, piece.length - before - after };
		if (container_scopes[i].id && !is_container_id(id))
			continue;
		return shmg_pool_format(pool, "%s:%.*s", container_scopes[i].engine,
					(int)(container_scopes[i].id ? 12 : id.length), id.text);
	}
	if (is_container_id(piece)) {
		bool docker = parent.length == 6 && starts_with(parent, "docker");
		return shmg_pool_format(pool, "%s:%.12s", docker ? "docker" : "container", piece.text);
	}
	if (parent.length == 3 && starts_with(parent, "lxc"))
		return shmg_pool_format(pool, "lxc:%.*s", (int)piece.length, piece.text);
	return NULL;
}

/* The outermost container of a path, else its innermost unit. */
static const char *unit_of_path(struct shmg_pool *pool, const char *path, size_t length, bool *ret_container)
{
	struct piece unit = { NULL, 0 }, parent = { NULL, 0 };

	for (size_t start = 0; start < length;) {
		const char *slash = memchr(path + start, '/', length - start);
		struct piece piece = { path + start, (slash ? (size_t)(slash - path) : length) - start };
		start += piece.length + 1;
		if (!piece.length)
			continue;
		const char *container = container_of(pool, piece, parent);
		if (container) {
			*ret_container = true;
			return container;
		}
		if (ends_with(piece, ".service") || ends_with(piece, ".scope") || ends_with(piece, ".socket"))
			unit = piece;
		parent = piece;
	}
	return unit.length ? shmg_pool_intern(pool, unit.text, unit.length) : NULL;
}

const char *shmg_unit_of_cgroup(struct shmg_pool *pool, const char *text, bool *ret_container)
{
	const char *unit = NULL;

	*ret_container = false;
	/* Lines are ID:CONTROLLERS:PATH; the path may hold colons. */
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *first = memchr(text, ':', length);
		const char *second = first ? memchr(first + 1, ':', length - (size_t)(first + 1 - text)) : NULL;
		if (second) {
			const char *path = second + 1;
			const char *found = unit_of_path(pool, path, length - (size_t)(path - text), ret_container);
			if (*ret_container)
				return shmg_pool_intern(pool, found, strlen(found));
			if (found)
				unit = found;
		}
		text += length + (text[length] == '\n');
	}
	return unit;
}
