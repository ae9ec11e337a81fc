/* SPDX-License-Identifier: MIT */
/* In which order objects are listed: by keys taken from the facts once, never by text made for the eye. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ls.h"
#include "lib/base/cleanup.h"

struct key {
	uint64_t number;
	const char *text; /* decides where numbers are equal; NULL: none */
	uint32_t row;
	uint8_t group; /* these stay together, in this order, both ways */
	bool unknown;
};

/* The first eight bytes as a number that orders as they do. */
static uint64_t front_of(const char *text)
{
	uint64_t number = 0;

	for (int i = 0; i < 8; i++)
		number = number << 8 | (unsigned char)(*text ? *text++ : 0);
	return number;
}

static struct key text_key(const char *text)
{
	if (!text)
		return (struct key){ .unknown = true };
	return (struct key){ .number = front_of(text), .text = text };
}

static struct key number_key(uint64_t number, bool known)
{
	return (struct key){ .number = number, .unknown = !known };
}

/*
 * Kind, then what tells objects of a kind apart. Names of one kind mostly begin alike ("/dev/shm/", "/app-"): what
 * comes after that fits a number more often than not, and numbers compare without a look at the names.
 */
static struct key default_key(const struct shmg_object *object, const size_t *shared)
{
	struct key key = { .group = object->kind };

	if (object->kind == SHMG_KIND_SYSV)
		key.number = object->id;
	else if (object->name)
		key = text_key(object->name + shared[object->kind]);
	key.group = object->kind;
	return key;
}

/* How many bytes at their beginning all names of a kind share. */
static void measure_shared(const struct shmg_ls *ls, size_t shared[static UINT8_MAX + 1])
{
	const char *names[UINT8_MAX + 1] = { NULL };

	for (size_t i = 0; i < ls->count; i++) {
		const struct shmg_object *object = &ls->facts->objects.items[ls->rows[i]];
		size_t kind = object->kind, length = 0;
		if (!object->name || names[kind] == object->name)
			continue;
		if (!names[kind]) {
			names[kind] = object->name;
			shared[kind] = strlen(object->name);
			continue;
		}
		while (length < shared[kind] && names[kind][length] == object->name[length])
			length++;
		shared[kind] = length;
	}
}

static struct key age_key(const struct shmg_ls *ls, const struct shmg_object *object)
{
	int64_t born = object->created != SHMG_TIME_UNKNOWN ? object->created : object->changed;
	int64_t age;
	bool known = born != SHMG_TIME_UNKNOWN && ls->facts->host.items->taken != SHMG_TIME_UNKNOWN &&
		     !__builtin_sub_overflow(ls->facts->host.items->taken, born, &age);
	return number_key(known && age > 0 ? (uint64_t)age : 0, known);
}

static struct key field_key(const struct shmg_field *field, const struct shmg_object *object)
{
	bool known = shmg_field_is_known(field, object);

	switch (field->type) {
	case SHMG_TYPE_TEXT:
		return text_key(shmg_field_text(field, object));
	case SHMG_TYPE_TIME:
		return number_key((uint64_t)shmg_field_time(field, object) + INT64_MAX + 1, known);
	default:
		return number_key(shmg_field_number(field, object), known);
	}
}

static struct key column_key(const struct shmg_ls *ls, const struct shmg_field *column, const size_t *shared,
			     const struct shmg_object *object)
{
	if (column->offset < sizeof(struct shmg_object))
		return field_key(column, object);
	switch (column->offset) {
	case offsetof(struct shmg_ls_row, owner):
		return text_key(shmg_names_user(ls->names, object->uid));
	case offsetof(struct shmg_ls_row, group):
		return text_key(shmg_names_group(ls->names, object->gid));
	case offsetof(struct shmg_ls_row, holders):
		return number_key((uint64_t)object->mappers + object->openers,
				  object->mappers != SHMG_U32_UNKNOWN && object->openers != SHMG_U32_UNKNOWN);
	case offsetof(struct shmg_ls_row, creator):
		return number_key(object->creator, object->creator != SHMG_U32_UNKNOWN);
	case offsetof(struct shmg_ls_row, last):
		return number_key(object->last, object->last != SHMG_U32_UNKNOWN);
	case offsetof(struct shmg_ls_row, age):
		return age_key(ls, object);
	case offsetof(struct shmg_ls_row, verdict):
	case offsetof(struct shmg_ls_row, why):
		return number_key(shmg_object_orphan(ls->facts, ls->policy, object, NULL, 0), true);
	case offsetof(struct shmg_ls_row, state):
		return number_key(shmg_ls_state_of(object), true);
	default: /* the ident */
		return default_key(object, shared);
	}
}

static int group(const struct key *left, const struct key *right)
{
	int order = left->unknown - right->unknown;
	return order ? order : left->group - right->group;
}

static int compare(const struct key *left, const struct key *right)
{
	if (left->number != right->number)
		return left->number > right->number ? 1 : -1;
	return left->text && right->text ? strcmp(left->text, right->text) : 0;
}

static int compare_rows(const struct key *left, const struct key *right)
{
	return (left->row > right->row) - (left->row < right->row);
}

static int ascending(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = group(a, b);

	if (order == 0)
		order = compare(a, b);
	return order ? order : compare_rows(a, b);
}

static int falling(const void *left, const void *right)
{
	const struct key *a = left, *b = right;
	int order = group(a, b);

	if (order == 0)
		order = compare(b, a);
	return order ? order : compare_rows(a, b);
}

int shmg_ls_sort(struct shmg_ls *ls, const struct shmg_field *column, bool descending)
{
	SHMG_AUTO_FREE struct key *keys = malloc((ls->count + 1) * sizeof *keys);
	size_t shared[UINT8_MAX + 1] = { 0 };

	if (!keys)
		return -ENOMEM;
	if (!column)
		column = shmg_record_field(&shmg_ls_type, "object");
	measure_shared(ls, shared);
	for (size_t i = 0; i < ls->count; i++) {
		keys[i] = column_key(ls, column, shared, &ls->facts->objects.items[ls->rows[i]]);
		keys[i].row = ls->rows[i];
	}
	qsort(keys, ls->count, sizeof *keys, descending ? falling : ascending);
	for (size_t i = 0; i < ls->count; i++)
		ls->rows[i] = keys[i].row;
	return 0;
}
