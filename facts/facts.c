/* SPDX-License-Identifier: MIT */
#include "facts/facts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct shmg_facts *shmg_facts_new(void)
{
	struct shmg_facts *facts = calloc(1, sizeof *facts);
	if (!facts)
		return NULL;
	struct shmg_host *host = SHMG_APPEND(&facts->host);
	if (!host) {
		free(facts);
		return NULL;
	}
	shmg_record_set_unknown(&shmg_host_type, host);
	return facts;
}

void shmg_facts_free(struct shmg_facts **facts)
{
	if (!*facts)
		return;
	for (size_t i = 0; i < shmg_facts_table_count; i++)
		shmg_array_clear((char *)*facts + shmg_facts_tables[i].offset);
	shmg_pool_clear(&(*facts)->pool);
	free(*facts);
	*facts = NULL;
}

const struct shmg_setting *shmg_facts_setting(const struct shmg_facts *facts, const char *name)
{
	SHMG_FOREACH(setting, &facts->settings)
		if (setting->name && strcmp(setting->name, name) == 0)
			return setting;
	return NULL;
}

int shmg_facts_setting_number(const struct shmg_facts *facts, const char *name, uint64_t *ret_value)
{
	const struct shmg_setting *setting = shmg_facts_setting(facts, name);
	char *end;

	if (!setting || !setting->value)
		return -ENOENT;
	if (setting->value[0] < '0' || setting->value[0] > '9')
		return -EINVAL;
	errno = 0;
	unsigned long long value = strtoull(setting->value, &end, 10);
	if (errno || *end)
		return -EINVAL;
	*ret_value = value;
	return 0;
}

const char *shmg_object_ident(const struct shmg_object *object, char buffer[static SHMG_OBJECT_IDENT_MAX])
{
	const char *name = object->name ? object->name : "";

	switch (object->kind) {
	case SHMG_KIND_SYSV:
		(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "sysv:%" PRIu32, object->id);
		break;
	case SHMG_KIND_SEMAPHORE:
		if (object->flags & SHMG_OBJECT_UNLINKED)
			(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "sem:%s#%" PRIu64, name, object->ino);
		else
			(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "sem:%s", name);
		break;
	case SHMG_KIND_MEMFD:
		(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "memfd:%s#%" PRIu64, name, object->ino);
		break;
	case SHMG_KIND_ANONYMOUS:
		(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "anon:%" PRIu64, object->ino);
		break;
	default:
		if (!*name)
			(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "huge:%" PRIu64, object->ino);
		else if (object->flags & SHMG_OBJECT_UNLINKED)
			(void)snprintf(buffer, SHMG_OBJECT_IDENT_MAX, "%s#%" PRIu64, name, object->ino);
		else
			return name;
	}
	return buffer;
}

static int compare_process(const void *key, const void *row)
{
	uint32_t process = *(const uint32_t *)key;
	const struct shmg_hold *hold = row;
	return (process > hold->process) - (process < hold->process);
}

size_t shmg_facts_holds_of_process(const struct shmg_facts *facts, uint32_t process, const struct shmg_hold **ret_first)
{
	const struct shmg_hold *all = facts->holds.items;
	const struct shmg_hold *end = all + facts->holds.count;
	const struct shmg_hold *first =
		all ? bsearch(&process, all, facts->holds.count, sizeof *all, compare_process) : NULL;
	if (!first)
		return 0;
	while (first > all && first[-1].process == process)
		first--;
	const struct shmg_hold *last = first;
	while (last < end && last->process == process)
		last++;
	*ret_first = first;
	return (size_t)(last - first);
}

static int note(struct shmg_facts *facts, const char *what, const char *why, bool affects_objects, bool only_holders)
{
	SHMG_FOREACH(row, &facts->coverage)
		if (strcmp(row->what, what) == 0 && strcmp(row->why, why) == 0) {
			row->count++;
			return 0;
		}
	struct shmg_coverage *row = SHMG_APPEND(&facts->coverage);
	if (!row)
		return -ENOMEM;
	row->what = shmg_pool_copy(&facts->pool, what, strlen(what));
	row->why = shmg_pool_copy(&facts->pool, why, strlen(why));
	row->count = 1;
	row->affects_objects = affects_objects;
	row->only_holders = only_holders;
	if (!row->what || !row->why) {
		facts->coverage.count--;
		return -ENOMEM;
	}
	return 0;
}

int shmg_facts_note_gap(struct shmg_facts *facts, const char *what, const char *why, bool affects_objects)
{
	return note(facts, what, why, affects_objects, false);
}

int shmg_facts_note_unseen_holder(struct shmg_facts *facts, const char *what, const char *why,
				  const struct shmg_process *process)
{
	int status = note(facts, what, why, true, true);
	if (status)
		return status;
	SHMG_FOREACH(row, &facts->coverage)
		if (process && !row->example && strcmp(row->what, what) == 0 && strcmp(row->why, why) == 0)
			row->example = shmg_pool_format(&facts->pool, "pid %" PRIu32 " (%s)", process->pid,
							process->comm ? process->comm : "?");
	return 0;
}
