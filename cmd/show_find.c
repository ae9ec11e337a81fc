/* SPDX-License-Identifier: MIT */
#include "cmd/show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ls.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"

static bool has_key(const struct shmg_object *object, const char *text)
{
	char *end;

	if (object->kind != SHMG_KIND_SYSV || strncmp(text, "key:", 4) != 0 || !text[4] || strchr("+- ", text[4]))
		return false;
	errno = 0;
	unsigned long key = strtoul(text + 4, &end, 0);
	return !errno && !*end && key <= UINT32_MAX && key == object->key;
}

/* The name as it stands, or in the other ways that people write it. */
static bool has_name(const struct shmg_object *object, const char *text, size_t length)
{
	static const char directory[] = "/dev/shm";
	const char *name = object->name;
	const char *prefix = "";

	if (!name || object->kind == SHMG_KIND_SYSV || object->kind == SHMG_KIND_ANONYMOUS)
		return false;
	if (object->kind == SHMG_KIND_MEMFD)
		prefix = "memfd:";
	else if (object->kind == SHMG_KIND_SEMAPHORE)
		prefix = "sem:";
	size_t skipped = strlen(prefix), bytes = strlen(name);
	if (length == skipped + bytes && memcmp(text, prefix, skipped) == 0 && memcmp(text + skipped, name, bytes) == 0)
		return true;
	/* The file behind it: "/dev/shm/x" is "/x", "/dev/shm/sem.x" is "sem:/x". */
	const char *file = object->kind == SHMG_KIND_POSIX ? "/" : object->kind == SHMG_KIND_SEMAPHORE ? "/sem." : NULL;
	size_t before = sizeof directory - 1;
	if (!file || name[0] != '/' || length != before + strlen(file) + bytes - 1 ||
	    memcmp(text, directory, before) != 0 || memcmp(text + before, file, strlen(file)) != 0)
		return false;
	return memcmp(text + before + strlen(file), name + 1, bytes - 1) == 0;
}

static bool has_name_and_inode(const struct shmg_object *object, const char *text)
{
	const char *hash = strrchr(text, '#');
	char digits[24];

	if (!hash || object->ino == SHMG_U64_UNKNOWN)
		return false;
	(void)snprintf(digits, sizeof digits, "%" PRIu64, object->ino);
	return strcmp(hash + 1, digits) == 0 && has_name(object, text, (size_t)(hash - text));
}

static bool matches_text(const struct shmg_object *object, const char *text)
{
	char ident[SHMG_OBJECT_IDENT_MAX];

	return strcmp(shmg_object_ident(object, ident), text) == 0 || has_key(object, text) ||
	       has_name(object, text, strlen(text)) || has_name_and_inode(object, text);
}

static int find(const struct shmg_facts *facts, const char *text, const char *namespace,
		bool (*matches)(const struct shmg_object *object, const char *text), struct shmg_show_matches *found)
{
	SHMG_FOREACH(object, &facts->objects) {
		if ((namespace && !shmg_ls_is_in_namespace(object, namespace)) || !matches(object, text))
			continue;
		uint32_t *row = SHMG_APPEND(&found->rows);
		if (!row)
			return -ENOMEM;
		*row = (uint32_t)(object - facts->objects.items);
	}
	return 0;
}

#define ELLIPSIS "…"

/* An ident as a narrow table prints it: escaped, with "…" in place of its middle. */
static bool matches_cut(const struct shmg_object *object, const char *text)
{
	char ident[SHMG_OBJECT_IDENT_MAX], escaped[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX)];
	const char *cut = strstr(text, ELLIPSIS);
	const char *bytes = shmg_object_ident(object, ident);
	long length = shmg_escape(bytes, strlen(bytes), escaped, sizeof escaped);

	if (!cut || length < 0)
		return false;
	size_t front = (size_t)(cut - text), tail = strlen(cut + strlen(ELLIPSIS));
	return front + tail < (size_t)length && memcmp(escaped, text, front) == 0 &&
	       memcmp(escaped + (size_t)length - tail, cut + strlen(ELLIPSIS), tail) == 0;
}

int shmg_show_find(const struct shmg_facts *facts, const char *text, const char *namespace,
		   struct shmg_show_matches *matches)
{
	int code = find(facts, text, namespace, matches_text, matches);
	if (code == 0 && matches->rows.count == 0 && strstr(text, ELLIPSIS))
		code = find(facts, text, namespace, matches_cut, matches);
	if (code < 0 || matches->rows.count || !strchr(text, '\\'))
		return code;
	/* As it stands it names nothing; escaped, as tables print it, it may. */
	SHMG_AUTO_FREE char *bytes = strdup(text);
	if (!bytes)
		return -ENOMEM;
	long length = shmg_unescape(bytes);
	if (length < 0 || strlen(bytes) != (size_t)length)
		return 0;
	return find(facts, bytes, namespace, matches_text, matches);
}
