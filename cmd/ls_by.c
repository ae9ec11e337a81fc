/* SPDX-License-Identifier: MIT */
/* Who holds how much: totals by process, user or unit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ls.h"
#include "lib/base/cleanup.h"

#define F(member, type, heading, common, help) \
	SHMG_FIELD(struct shmg_consumer, member, SHMG_TYPE_##type, heading, common, help)
static const struct shmg_field consumer_fields[] = {
	F(pid, NUMBER, "PID", false, "process; by process only"),
	F(command, TEXT, "COMMAND", false, "its name; by process only"),
	F(user, TEXT, "USER", false, "effective user; by process and by user"),
	F(uid, NUMBER, "UID", false, "that user's number"),
	F(unit, TEXT, "UNIT", false, "systemd unit or container; by process and by unit"),
	F(processes, NUMBER, "PROCESSES", true, "processes that hold any of the objects"),
	F(objects, NUMBER, "OBJECTS", true, "objects that they hold"),
	F(mapped, SIZE, "MAPPED", true, "what they map, each mapping counted"),
	F(resident, SIZE, "RESIDENT", true,
	  "their share of what is resident: each object's, divided evenly among the processes that map it"),
	F(largest, TEXT, "LARGEST", true, "the largest of the objects"),
	F(largest_size, SIZE, "LARGEST-SIZE", false, "its size"),
};
#undef F
const struct shmg_record_type shmg_consumer_type =
	SHMG_RECORD_TYPE("consumer", "what one process, user or unit holds", struct shmg_consumer, consumer_fields);

const char *shmg_consumers_columns(enum shmg_ls_by by)
{
	switch (by) {
	case SHMG_LS_BY_USER:
		return "user,processes,objects,mapped,resident,largest";
	case SHMG_LS_BY_UNIT:
		return "unit,processes,objects,mapped,resident,largest";
	default:
		return "pid,command,user,unit,objects,mapped,resident,largest";
	}
}

struct grouping {
	const struct shmg_process *processes;
	enum shmg_ls_by by;
};

/* Which group comes first; 0: the same one. */
static int compare_groups(const struct grouping *grouping, uint32_t left, uint32_t right)
{
	const struct shmg_process *a = &grouping->processes[left], *b = &grouping->processes[right];

	switch (grouping->by) {
	case SHMG_LS_BY_USER:
		return (a->uid > b->uid) - (a->uid < b->uid);
	case SHMG_LS_BY_UNIT:
		return strcmp(a->unit ? a->unit : "", b->unit ? b->unit : "");
	default:
		return (left > right) - (left < right);
	}
}

static int compare_in_group(const void *left, const void *right, void *context)
{
	const uint32_t *a = left, *b = right;
	int order = compare_groups(context, *a, *b);
	return order ? order : (*a > *b) - (*a < *b);
}

static struct shmg_consumer *begin(struct shmg_consumers *consumers, const struct shmg_ls *ls, enum shmg_ls_by by,
				   const struct shmg_process *process)
{
	struct shmg_consumer *row = SHMG_APPEND(&consumers->rows);
	if (!row)
		return NULL;
	shmg_record_set_unknown(&shmg_consumer_type, row);
	row->objects = row->mapped = row->resident = 0;
	row->processes = 0;
	if (by == SHMG_LS_BY_PROCESS) {
		row->pid = process->pid;
		row->command = process->comm;
	}
	if (by != SHMG_LS_BY_UNIT) {
		row->uid = process->uid;
		row->user = shmg_names_user(ls->names, process->uid);
	}
	if (by != SHMG_LS_BY_USER)
		row->unit = process->unit;
	return row;
}

/* Its part of what the object takes; one who only holds a descriptor has a part when nobody maps it. */
static uint64_t share_of(const struct shmg_object *object, const struct shmg_hold *hold)
{
	uint32_t sharers = object->mappers;

	if (object->resident == SHMG_U64_UNKNOWN)
		return 0;
	if (sharers == 0 || sharers == SHMG_U32_UNKNOWN)
		sharers = object->openers != SHMG_U32_UNKNOWN && object->openers ? object->openers : 1;
	else if (hold->maps == 0)
		return 0;
	return object->resident / sharers;
}

/* Where the object of a hold was last met. */
struct seen {
	uint32_t *groups; /* object → number of the last group that it was counted for; 0: none */
	uint32_t group;
	const uint8_t *chosen;
	uint32_t largest; /* of this group */
};

static void add_hold(struct shmg_consumer *row, const struct shmg_facts *facts, const struct shmg_hold *hold,
		     struct seen *seen)
{
	const struct shmg_object *object = &facts->objects.items[hold->object];

	shmg_total_add(&row->mapped, hold->bytes);
	shmg_total_add(&row->resident, share_of(object, hold));
	if (seen->groups[hold->object] == seen->group)
		return;
	seen->groups[hold->object] = seen->group;
	row->objects++;
	if (object->size != SHMG_U64_UNKNOWN &&
	    (row->largest_size == SHMG_U64_UNKNOWN || object->size > row->largest_size)) {
		row->largest_size = object->size;
		seen->largest = hold->object;
	}
}

static void add_process(struct shmg_consumer *row, const struct shmg_facts *facts, uint32_t process, struct seen *seen)
{
	const struct shmg_hold *hold;
	bool holds = false;

	for (size_t count = shmg_facts_holds_of_process(facts, process, &hold); count; count--, hold++) {
		if (!seen->chosen[hold->object])
			continue;
		add_hold(row, facts, hold, seen);
		holds = true;
	}
	row->processes += holds;
}

/* Names the largest object, or takes back a group that holds none of the objects. */
static int end(struct shmg_consumers *consumers, const struct shmg_facts *facts, const struct seen *seen)
{
	struct shmg_consumer *row = &consumers->rows.items[consumers->rows.count - 1];
	char ident[SHMG_OBJECT_IDENT_MAX];

	if (row->processes == 0) {
		consumers->rows.count--;
		return 0;
	}
	if (row->largest_size == SHMG_U64_UNKNOWN)
		return 0;
	const char *text = shmg_object_ident(&facts->objects.items[seen->largest], ident);
	row->largest = shmg_pool_copy(&consumers->pool, text, strlen(text));
	return row->largest ? 0 : -ENOMEM;
}

int shmg_consumers_count(struct shmg_consumers *consumers, const struct shmg_ls *ls, enum shmg_ls_by by)
{
	const struct shmg_facts *facts = ls->facts;
	size_t count = facts->processes.count;
	struct grouping grouping = { facts->processes.items, by };
	SHMG_AUTO_FREE uint32_t *order = malloc((count + 1) * sizeof *order);
	SHMG_AUTO_FREE uint8_t *chosen = calloc(facts->objects.count + 1, 1);
	SHMG_AUTO_FREE uint32_t *groups = calloc(facts->objects.count + 1, sizeof *groups);
	struct seen seen = { .groups = groups, .chosen = chosen };

	*consumers = (struct shmg_consumers){ 0 };
	if (!order || !chosen || !groups)
		return -ENOMEM;
	for (size_t i = 0; i < ls->count; i++)
		chosen[ls->rows[i]] = 1;
	for (uint32_t i = 0; i < count; i++)
		order[i] = i;
	qsort_r(order, count, sizeof *order, compare_in_group, &grouping);

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || compare_groups(&grouping, order[i - 1], order[i]) != 0) {
			if (i && end(consumers, facts, &seen) < 0)
				return -ENOMEM;
			if (!begin(consumers, ls, by, &facts->processes.items[order[i]]))
				return -ENOMEM;
			seen.group++;
		}
		add_process(&consumers->rows.items[consumers->rows.count - 1], facts, order[i], &seen);
	}
	if (count && end(consumers, facts, &seen) < 0)
		return -ENOMEM;
	return 0;
}

struct order {
	const struct shmg_field *field;
	bool descending;
};

static int compare_consumers(const void *left, const void *right, void *context)
{
	const struct order *order = context;
	bool known = shmg_field_is_known(order->field, left) && shmg_field_is_known(order->field, right);
	int result = shmg_field_compare(order->field, left, right);

	return known && order->descending ? -result : result;
}

void shmg_consumers_sort(struct shmg_consumers *consumers, const struct shmg_field *column, bool descending)
{
	struct order order = { column, descending };

	if (!column)
		order = (struct order){ shmg_record_field(&shmg_consumer_type, "mapped"), true };
	if (consumers->rows.count)
		qsort_r(consumers->rows.items, consumers->rows.count, sizeof *consumers->rows.items, compare_consumers,
			&order);
}

void shmg_consumers_close(struct shmg_consumers *consumers)
{
	shmg_array_clear(&consumers->rows);
	shmg_pool_clear(&consumers->pool);
}
