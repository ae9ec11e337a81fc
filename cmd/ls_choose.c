/* SPDX-License-Identifier: MIT */
/* Which objects are listed. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ls.h"
#include "lib/base/cleanup.h"

/* What is marked about an object while choosing. */
enum { MARK_SHARED = 1u << 0, MARK_HELD = 1u << 1 };

static void mark_shared(const struct shmg_facts *facts, uint8_t *marks)
{
	SHMG_FOREACH(hold, &facts->holds)
		if (hold->access != SHMG_U32_UNKNOWN && (hold->access & SHMG_ACCESS_SHARED))
			marks[hold->object] |= MARK_SHARED;
}

static void mark_held(const struct shmg_facts *facts, uint32_t pid, uint8_t *marks)
{
	SHMG_FOREACH(process, &facts->processes) {
		const struct shmg_hold *hold;
		if (process->pid != pid)
			continue;
		uint32_t row = (uint32_t)(process - facts->processes.items);
		for (size_t count = shmg_facts_holds_of_process(facts, row, &hold); count; count--, hold++)
			marks[hold->object] |= MARK_HELD;
	}
}

static bool is_memory(const struct shmg_object *object)
{
	return object->file_type == SHMG_FILE_REGULAR || object->file_type == SHMG_U8_UNKNOWN;
}

/*
 * A file on /run and the like is somebody's state, not memory that is shared, unless somebody maps it so: thousands
 * of them would bury what matters.
 */
static bool is_incidental(const struct shmg_facts *facts, const struct shmg_object *object, uint8_t marks)
{
	if (object->kind != SHMG_KIND_TMPFS || object->mount == SHMG_U32_UNKNOWN || (marks & MARK_SHARED))
		return false;
	return facts->mounts.items[object->mount].sharing == 0;
}

bool shmg_ls_is_in_namespace(const struct shmg_object *object, const char *wanted)
{
	char text[32];

	if (!object->namespace)
		return false;
	const char *colon = strchr(object->namespace, ':');
	if (strcmp(object->namespace, wanted) == 0 || (colon && strcmp(colon + 1, wanted) == 0))
		return true;
	/* The host's own has a number too. */
	(void)snprintf(text, sizeof text, "%s:%" PRIu64, object->kind == SHMG_KIND_SYSV ? "ipc" : "mnt", object->ns);
	return object->ns != SHMG_U64_UNKNOWN && (strcmp(text, wanted) == 0 || strcmp(text + 4, wanted) == 0);
}

static bool passes(const struct shmg_object *object, const struct shmg_ls_filter *filter, uint8_t marks)
{
	if (filter->kinds && !(filter->kinds >> object->kind & 1u))
		return false;
	if (filter->uid != SHMG_U32_UNKNOWN && object->uid != filter->uid)
		return false;
	if (filter->pid != SHMG_U32_UNKNOWN && !(marks & MARK_HELD))
		return false;
	if (filter->namespace && !shmg_ls_is_in_namespace(object, filter->namespace))
		return false;
	if (filter->unit && (!object->unit || fnmatch(filter->unit, object->unit, 0) != 0))
		return false;
	return filter->all || is_memory(object);
}

static bool is_left_behind(const struct shmg_ls *ls, const struct shmg_object *object)
{
	enum shmg_orphan verdict = shmg_object_orphan(ls->facts, ls->policy, object, NULL, 0);
	return verdict == SHMG_ORPHAN_UNREFERENCED || verdict == SHMG_ORPHAN_ORPHANED;
}

static void add_up(struct shmg_ls *ls)
{
	ls->bytes = ls->resident = 0;
	for (size_t i = 0; i < ls->count; i++) {
		const struct shmg_object *object = &ls->facts->objects.items[ls->rows[i]];
		shmg_total_add(&ls->bytes, object->size);
		shmg_total_add(&ls->resident, object->resident);
	}
}

int shmg_ls_choose(struct shmg_ls *ls, const struct shmg_ls_filter *filter)
{
	const struct shmg_facts *facts = ls->facts;
	SHMG_AUTO_FREE uint8_t *marks = calloc(facts->objects.count + 1, 1);
	/* Asking for the kind, or for what a process holds, is asking for these files too. */
	bool incidental = filter->all || (filter->kinds >> SHMG_KIND_TMPFS & 1u) || filter->pid != SHMG_U32_UNKNOWN;

	ls->rows = malloc((facts->objects.count + 1) * sizeof *ls->rows);
	if (!marks || !ls->rows)
		return -ENOMEM;
	ls->count = ls->left_out = 0;
	mark_shared(facts, marks);
	if (filter->pid != SHMG_U32_UNKNOWN)
		mark_held(facts, filter->pid, marks);
	for (uint32_t i = 0; i < facts->objects.count; i++) {
		const struct shmg_object *object = &facts->objects.items[i];
		if (!passes(object, filter, marks[i]))
			continue;
		if (!incidental && is_incidental(facts, object, marks[i]))
			ls->left_out++;
		else if (!filter->orphans || is_left_behind(ls, object))
			ls->rows[ls->count++] = i;
	}
	add_up(ls);
	return 0;
}

void shmg_ls_cut(struct shmg_ls *ls, size_t count)
{
	if (count < ls->count)
		ls->count = count;
	add_up(ls);
}

void shmg_ls_close(struct shmg_ls *ls)
{
	free(ls->rows);
	ls->rows = NULL;
	ls->count = 0;
}
