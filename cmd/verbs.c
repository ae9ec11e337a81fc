/* SPDX-License-Identifier: MIT */
/* The table of verbs. */
#include <string.h>

#include "cmd/verb.h"
#include "lib/base/escape.h"

static const struct shmg_verb *const verbs[] = {
	&shmg_verb_ls, &shmg_verb_show, &shmg_verb_audit, &shmg_verb_snapshot, &shmg_verb_schema, &shmg_verb_help,
};

const struct shmg_verb *shmg_verb_at(size_t index)
{
	return index < sizeof verbs / sizeof *verbs ? verbs[index] : NULL;
}

const struct shmg_verb *shmg_verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i]->name, name) == 0)
			return verbs[i];
	return NULL;
}

static const char *name_at(const void *context, size_t index)
{
	(void)context;
	const struct shmg_verb *verb = shmg_verb_at(index);
	return verb ? verb->name : NULL;
}

int shmg_say_unknown_verb(const char *name)
{
	const char *nearest = shmg_nearest(name, name_at, NULL);
	char escaped[SHMG_ESCAPED_MAX(40)];

	(void)shmg_escape(name, strnlen(name, 40), escaped, sizeof escaped);
	if (nearest)
		return shmg_say_usage(NULL, "no verb %s; did you mean %s?", escaped, nearest);
	return shmg_say_usage(NULL, "no verb %s; shmguard --help lists them", escaped);
}
