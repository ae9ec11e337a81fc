/* SPDX-License-Identifier: MIT */
/* Which fields of a record a table shows. */
#include <errno.h>
#include <string.h>

#include "lib/base/escape.h"
#include "report/report.h"

static bool is_chosen(const struct shmg_columns *columns, const struct shmg_field *field)
{
	for (size_t i = 0; i < columns->count; i++)
		if (columns->fields[i] == field)
			return true;
	return false;
}

/* A column stands once, where it was first named. */
static int choose(struct shmg_columns *columns, const struct shmg_field *field, struct shmg_error *error)
{
	if (is_chosen(columns, field))
		return 0;
	if (columns->count == SHMG_COLUMNS_MAX)
		return shmg_error_set(error, -EINVAL, "", "more than %d columns", SHMG_COLUMNS_MAX);
	columns->fields[columns->count++] = field;
	return 0;
}

static int choose_all(const struct shmg_record_type *type, bool common_only, struct shmg_columns *columns,
		      struct shmg_error *error)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct shmg_field *field = &type->fields[i];
		int status = field->heading && (field->common || !common_only) ? choose(columns, field, error) : 0;
		if (status < 0)
			return status;
	}
	return 0;
}

static const struct shmg_field *find_column(const struct shmg_record_type *type, const char *name, size_t length)
{
	for (size_t i = 0; i < type->field_count; i++) {
		const struct shmg_field *field = &type->fields[i];
		if (field->heading && strncmp(field->name, name, length) == 0 && field->name[length] == '\0')
			return field;
	}
	return NULL;
}

static int refuse(const struct shmg_record_type *type, const char *name, size_t length, struct shmg_error *error)
{
	char shown[64];
	char known[sizeof error->message] = "";
	size_t used = 0;

	if (length > (sizeof shown - 1) / 4)
		length = (sizeof shown - 1) / 4;
	if (shmg_escape(name, length, shown, sizeof shown) < 0)
		shown[0] = '\0';
	/* As many names as the message holds, the last one whole. */
	for (size_t i = 0; i < type->field_count; i++) {
		const struct shmg_field *field = &type->fields[i];
		size_t room = sizeof known - strlen(shown) - sizeof "no column \"\"; there are: , …" - used;
		if (!field->heading)
			continue;
		if (strlen(field->name) + 2 > room) {
			strcpy(known + used, ", …");
			break;
		}
		used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", used ? ", " : "", field->name);
	}
	return shmg_error_set(error, -EINVAL, "", "no column \"%s\"; there are: %s", shown, known);
}

int shmg_columns_choose(const struct shmg_record_type *type, const char *list, struct shmg_columns *ret_columns,
			struct shmg_error *error)
{
	struct shmg_columns columns = { .count = 0 };
	int status = 0;

	if (!list || *list == '+')
		status = choose_all(type, true, &columns, error);
	else if (strcmp(list, "all") == 0)
		status = choose_all(type, false, &columns, error);
	if (status < 0)
		return status;

	const char *names = !list || strcmp(list, "all") == 0 ? NULL : list + (*list == '+');
	while (names) {
		size_t length = strcspn(names, ",");
		const struct shmg_field *field = find_column(type, names, length);
		if (!field)
			return refuse(type, names, length, error);
		status = choose(&columns, field, error);
		if (status < 0)
			return status;
		names = names[length] ? names + length + 1 : NULL;
	}
	*ret_columns = columns;
	return 0;
}
