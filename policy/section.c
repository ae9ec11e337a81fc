/* SPDX-License-Identifier: MIT */
/* What each section may hold: one row a section, one row a key, and what a value does. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "policy/parser.h"
#include "policy/value.h"

#define BLANKS " \t"
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *keep(struct shmg_policy_parser *parser, const char *text)
{
	return shmg_pool_copy(&parser->policy->pool, text, strlen(text));
}

static const char *keep_source(struct shmg_policy_parser *parser)
{
	return shmg_pool_format(&parser->policy->pool, "%s:%u", parser->source->name, parser->line);
}

/*
 * Calls `add` for each item of a comma-separated list. A comma may end the line, since a list may go on in the next;
 * an empty list is refused, because to the matcher it would mean "any".
 */
static int each_item(struct shmg_policy_parser *parser, const char *list,
		     int (*add)(struct shmg_policy_parser *, const char *, void *), void *target)
{
	char item[256];

	while (*list) {
		size_t whole = strcspn(list, ","), length = whole;
		while (length && strchr(BLANKS, list[length - 1]))
			length--;
		if (!length)
			return SHMG_POLICY_REFUSE(parser,
						  "an item of the list is empty: remove the comma or fill it in");
		if (length >= sizeof item)
			return SHMG_POLICY_REFUSE(parser, "an item of the list is longer than any name can be");
		memcpy(item, list, length);
		item[length] = '\0';
		int code = add(parser, item, target);
		if (code < 0)
			return code;
		list += whole + (list[whole] == ',');
		list += strspn(list, BLANKS);
	}
	return 0;
}

static int add_id(struct shmg_policy_parser *parser, const char *name, void *ids, const char *noun,
		  int (*find)(const char *name, uint32_t *ret_id))
{
	uint32_t id;
	int code = shmg_policy_parse_id(name, &id);

	if (code == -ERANGE)
		return SHMG_POLICY_REFUSE(parser, "no %s can have the number %s", noun, name);
	if (code == -EINVAL)
		code = find(name, &id);
	if (code == -ENOMEM)
		return shmg_policy_fail_memory(parser);
	if (code == -ENOENT)
		return SHMG_POLICY_REFUSE(parser,
					  "there is no %s \"%s\" on this machine: correct the name, or give the number",
					  noun, name);
	if (code < 0)
		return shmg_policy_fail(parser, parser->line, code, "cannot look up the %s \"%s\": %s", noun, name,
					strerror(-code));
	uint32_t *item = shmg_array_append_zeroed(ids, sizeof *item);
	if (!item)
		return shmg_policy_fail_memory(parser);
	*item = id;
	return 0;
}

static int add_user(struct shmg_policy_parser *parser, const char *name, void *ids)
{
	return add_id(parser, name, ids, "user", parser->source->find_user);
}

static int add_group(struct shmg_policy_parser *parser, const char *name, void *ids)
{
	return add_id(parser, name, ids, "group", parser->source->find_group);
}

static int check_exists(struct shmg_policy_parser *parser, const char *id)
{
	if (!parser->source->is_check || parser->source->is_check(id))
		return 0;
	return SHMG_POLICY_REFUSE(parser, "there is no check \"%s\": see shmguard audit --list-checks", id);
}

static int add_check(struct shmg_policy_parser *parser, const char *id, void *target)
{
	struct shmg_policy_allow *allow = target;

	int code = check_exists(parser, id);
	if (code < 0)
		return code;
	const char **item = SHMG_APPEND(&allow->checks);
	if (!item || !(*item = keep(parser, id)))
		return shmg_policy_fail_memory(parser);
	return 0;
}

static int set_text(struct shmg_policy_parser *parser, const char *value, const char **ret_text)
{
	*ret_text = keep(parser, value);
	return *ret_text ? 0 : shmg_policy_fail_memory(parser);
}

/* --- [allow NAME] --- */

static struct shmg_policy_allow *current_allow(struct shmg_policy_parser *parser)
{
	return &parser->policy->allows.items[parser->policy->allows.count - 1];
}

static int begin_allow(struct shmg_policy_parser *parser, const char *name)
{
	struct shmg_policy_allow *allow = SHMG_APPEND(&parser->policy->allows);
	if (!allow)
		return shmg_policy_fail_memory(parser);
	allow->mode = SHMG_U32_UNKNOWN;
	allow->name = keep(parser, name);
	allow->source = keep_source(parser);
	return allow->name && allow->source ? 0 : shmg_policy_fail_memory(parser);
}

static int set_object(struct shmg_policy_parser *parser, const char *value)
{
	return set_text(parser, value, &current_allow(parser)->object);
}

static int set_owner(struct shmg_policy_parser *parser, const char *value)
{
	return each_item(parser, value, add_user, &current_allow(parser)->owners);
}

static int set_mode(struct shmg_policy_parser *parser, const char *value)
{
	if (shmg_policy_parse_mode(value, &current_allow(parser)->mode) == 0)
		return 0;
	return SHMG_POLICY_REFUSE(parser, "\"%s\" is not a mode: give octal digits, such as 0660", value);
}

static int set_users(struct shmg_policy_parser *parser, const char *value)
{
	return each_item(parser, value, add_user, &current_allow(parser)->users);
}

static int set_checks(struct shmg_policy_parser *parser, const char *value)
{
	return each_item(parser, value, add_check, current_allow(parser));
}

static int set_allow_reason(struct shmg_policy_parser *parser, const char *value)
{
	return set_text(parser, value, &current_allow(parser)->reason);
}

static const struct shmg_policy_key allow_keys[] = {
	{ "object", false, set_object }, { "owner", true, set_owner },   { "mode", false, set_mode },
	{ "users", true, set_users },    { "checks", true, set_checks }, { "reason", false, set_allow_reason },
};

static int finish_allow(struct shmg_policy_parser *parser)
{
	const struct shmg_policy_allow *allow = current_allow(parser);

	if (!allow->object)
		return shmg_policy_fail(parser, parser->section_line, -EINVAL,
					"the exception lacks \"object\": say with a pattern which objects it is about");
	if (!allow->reason)
		return shmg_policy_fail(parser, parser->section_line, -EINVAL,
					"the exception lacks \"reason\": say why it is wanted");
	return 0;
}

/* --- [check ID] --- */

static struct shmg_policy_check *current_check(struct shmg_policy_parser *parser)
{
	return &parser->policy->checks.items[parser->policy->checks.count - 1];
}

static int begin_check(struct shmg_policy_parser *parser, const char *id)
{
	int code = check_exists(parser, id);
	if (code < 0)
		return code;
	struct shmg_policy_check *check = SHMG_APPEND(&parser->policy->checks);
	if (!check)
		return shmg_policy_fail_memory(parser);
	check->enabled = 1;
	check->severity = SHMG_U8_UNKNOWN;
	check->id = keep(parser, id);
	check->source = keep_source(parser);
	return check->id && check->source ? 0 : shmg_policy_fail_memory(parser);
}

static int set_enabled(struct shmg_policy_parser *parser, const char *value)
{
	bool on;

	if (shmg_policy_parse_switch(value, &on) < 0)
		return SHMG_POLICY_REFUSE(parser, "\"%s\" is neither yes nor no", value);
	current_check(parser)->enabled = on;
	return 0;
}

static int set_severity(struct shmg_policy_parser *parser, const char *value)
{
	enum shmg_severity severity;

	if (shmg_severity_parse(value, &severity) < 0)
		return SHMG_POLICY_REFUSE(parser, "\"%s\" is not a severity: give info, low, medium, high or critical",
					  value);
	current_check(parser)->severity = (uint8_t)severity;
	return 0;
}

static int set_check_reason(struct shmg_policy_parser *parser, const char *value)
{
	return set_text(parser, value, &current_check(parser)->reason);
}

static const struct shmg_policy_key check_keys[] = {
	{ "enabled", false, set_enabled },
	{ "severity", false, set_severity },
	{ "reason", false, set_check_reason },
};

static int finish_check(struct shmg_policy_parser *parser)
{
	const struct shmg_policy_check *check = current_check(parser);

	if (!check->enabled && !check->reason)
		return shmg_policy_fail(parser, parser->section_line, -EINVAL,
					"the check is switched off without a \"reason\": say why");
	return 0;
}

/* --- [sharing] and [thresholds] --- */

static int set_groups(struct shmg_policy_parser *parser, const char *value)
{
	return each_item(parser, value, add_group, &parser->policy->shared_groups);
}

static const struct shmg_policy_key sharing_keys[] = { { "groups", true, set_groups } };

int shmg_policy_set_threshold(struct shmg_policy_parser *parser, size_t row, const char *value)
{
	const struct shmg_policy_parameter *parameter = &shmg_policy_parameters[row];
	uint64_t number = 0;

	int code = shmg_policy_parse_number(value, parameter->unit, &number);
	if (code == -EINVAL)
		return SHMG_POLICY_REFUSE(parser, "\"%s\" is not a number: %s takes digits%s", value, parameter->name,
					  shmg_policy_suffix_help(parameter->unit));
	if (code < 0 || number < parameter->minimum || number > parameter->maximum)
		return SHMG_POLICY_REFUSE(parser, "%s cannot be %s: give %" PRIu64 " to %" PRIu64 "%s%s",
					  parameter->name, value, parameter->minimum, parameter->maximum,
					  *parameter->unit ? " " : "", parameter->unit);
	parser->policy->parameters[row] = number;
	return 0;
}

/* --- the table --- */

const struct shmg_policy_section shmg_policy_sections[] = {
	{ .name = "thresholds", .keys_help = "the names that shmguard-policy(5) lists" },
	{ .name = "sharing", .keys_help = "groups", .keys = sharing_keys, .key_count = COUNT(sharing_keys) },
	{ .name = "allow",
	  .argument = "NAME",
	  .keys_help = "object, owner, mode, users, checks and reason",
	  .keys = allow_keys,
	  .key_count = COUNT(allow_keys),
	  .begin = begin_allow,
	  .finish = finish_allow },
	{ .name = "check",
	  .argument = "ID",
	  .keys_help = "enabled, severity and reason",
	  .keys = check_keys,
	  .key_count = COUNT(check_keys),
	  .begin = begin_check,
	  .finish = finish_check },
};
const size_t shmg_policy_section_count = COUNT(shmg_policy_sections);
