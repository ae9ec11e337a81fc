/* SPDX-License-Identifier: MIT */
#include "cmd/names.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "cmd/option.h"
#include "facts/root.h"
#include "lib/base/cleanup.h"

#define ACCOUNTS_MAX (16u << 20)

void shmg_names_open(struct shmg_names *names, const struct shmg_facts *facts, const char *root)
{
	char hostname[256] = "";
	const struct shmg_host *host = facts->host.items;

	(void)gethostname(hostname, sizeof hostname - 1);
	*names = (struct shmg_names){
		.root = root,
		.local = !root && host->hostname && strcmp(hostname, host->hostname) == 0,
	};
}

void shmg_names_close(struct shmg_names *names)
{
	free(names->users.slots);
	free(names->groups.slots);
	shmg_pool_clear(&names->pool);
	*names = (struct shmg_names){ 0 };
}

static struct shmg_name *slot_of(const struct shmg_name_table *table, uint32_t number)
{
	size_t mask = table->size - 1;
	size_t index = (number * 2654435769u) & mask;

	while (table->slots[index].text && table->slots[index].number != number)
		index = (index + 1) & mask;
	return &table->slots[index];
}

static int make_room(struct shmg_name_table *table)
{
	if (table->count * 2 < table->size)
		return 0;
	struct shmg_name_table larger = { .size = table->size ? table->size * 2 : 64, .count = table->count };
	larger.slots = calloc(larger.size, sizeof *larger.slots);
	if (!larger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < table->size; i++)
		if (table->slots[i].text)
			*slot_of(&larger, table->slots[i].number) = table->slots[i];
	free(table->slots);
	*table = larger;
	return 0;
}

/*
 * Finds a line "NAME:…:NUMBER:…" of a captured etc/passwd or etc/group, by the name or (`wanted` NULL) the number.
 */
static const char *find_line(struct shmg_names *names, const char *path, const char *wanted, uint32_t *number)
{
	SHMG_AUTO_FREE char *text = NULL;
	struct shmg_root root;
	size_t length;
	const char *found = NULL;
	char *rest = NULL;

	if (shmg_root_open(names->root, &root) < 0)
		return NULL;
	int code = shmg_root_read_all(&root, path, ACCOUNTS_MAX, &text, &length);
	shmg_root_close(&root);
	if (code < 0)
		return NULL;
	for (char *line = strtok_r(text, "\n", &rest); line && !found; line = strtok_r(NULL, "\n", &rest)) {
		unsigned long long value;
		char *name = strsep(&line, ":");
		(void)strsep(&line, ":");
		char *digits = strsep(&line, ":");
		if (!digits || shmg_parse_number(digits, UINT32_MAX, &value) < 0)
			continue;
		if (wanted ? strcmp(name, wanted) == 0 : value == *number) {
			*number = (uint32_t)value;
			found = shmg_pool_copy(&names->pool, name, strlen(name));
		}
	}
	return found;
}

static const char *look_up(struct shmg_names *names, uint32_t number, bool group)
{
	const char *name = NULL;

	if (names->root) {
		name = find_line(names, group ? "etc/group" : "etc/passwd", NULL, &number);
	} else if (names->local && group) {
		const struct group *entry = getgrgid(number);
		name = entry ? shmg_pool_copy(&names->pool, entry->gr_name, strlen(entry->gr_name)) : NULL;
	} else if (names->local) {
		const struct passwd *entry = getpwuid(number);
		name = entry ? shmg_pool_copy(&names->pool, entry->pw_name, strlen(entry->pw_name)) : NULL;
	}
	return name ? name : shmg_pool_format(&names->pool, "%u", number);
}

static const char *name_of(struct shmg_names *names, struct shmg_name_table *table, uint32_t number, bool group)
{
	if (number == SHMG_U32_UNKNOWN || make_room(table) < 0)
		return NULL;
	struct shmg_name *slot = slot_of(table, number);
	if (slot->text)
		return slot->text;
	const char *name = look_up(names, number, group);
	if (!name)
		return NULL;
	*slot = (struct shmg_name){ .text = name, .number = number };
	table->count++;
	return name;
}

const char *shmg_names_user(struct shmg_names *names, uint32_t uid)
{
	return name_of(names, &names->users, uid, false);
}

const char *shmg_names_group(struct shmg_names *names, uint32_t gid)
{
	return name_of(names, &names->groups, gid, true);
}

int shmg_names_find_user(struct shmg_names *names, const char *text, uint32_t *ret_uid)
{
	unsigned long long number;
	uint32_t uid;

	if (shmg_parse_number(text, UINT32_MAX - 1, &number) == 0) {
		*ret_uid = (uint32_t)number;
		return 0;
	}
	if (names->root) {
		if (!find_line(names, "etc/passwd", text, &uid))
			return -ENOENT;
		*ret_uid = uid;
		return 0;
	}
	const struct passwd *entry = names->local ? getpwnam(text) : NULL;
	if (!entry)
		return -ENOENT;
	*ret_uid = entry->pw_uid;
	return 0;
}
