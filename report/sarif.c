/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/writer.h"

/* Where OASIS keeps the schema of this version, errata included. */
#define SARIF_SCHEMA "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

/* Sets a member; a NULL value fails, as memory that ran out does. */
static void set(struct shmg_writer *writer, json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, value) < 0)
		shmg_writer_fail(writer, -ENOMEM);
}

/* An array of one. */
static json_t *list_of(json_t *value)
{
	json_t *list = json_array();

	if (json_array_append_new(list, value) < 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}

static void set_text(struct shmg_writer *writer, json_t *object, const char *name, json_t *text)
{
	json_t *message = json_object();

	set(writer, message, "text", text);
	set(writer, object, name, message);
}

/* "Shared memory that everybody can write" → SharedMemoryThatEverybodyCanWrite: what SARIF calls a name. */
static json_t *name_of_title(const char *title)
{
	char name[256];
	size_t length = 0;
	bool starts = true;

	for (; *title && length < sizeof name; title++) {
		unsigned char letter = (unsigned char)*title;
		if (isascii(letter) && isalnum(letter))
			name[length++] = (char)(starts ? toupper(letter) : letter);
		starts = !(isascii(letter) && isalnum(letter));
	}
	return json_stringn(name, length);
}

/* "7.5": a string in SARIF, and never with a locale's decimal comma. */
static json_t *json_of_score(double score)
{
	unsigned tenths = score >= 10 ? 100 : score > 0 ? (unsigned)(score * 10 + 0.5) : 0;

	return json_sprintf("%u.%u", tenths / 10, tenths % 10);
}

static json_t *json_of_rule(struct shmg_writer *writer, const struct shmg_sarif_rule *rule)
{
	json_t *object = json_object(), *configuration = json_object(), *properties = json_object();

	set(writer, object, "id", json_string(rule->id));
	set(writer, object, "name", name_of_title(rule->title));
	set_text(writer, object, "shortDescription", json_string(rule->title));
	if (rule->description)
		set_text(writer, object, "fullDescription", json_string(rule->description));
	if (rule->help)
		set_text(writer, object, "help", json_string(rule->help));
	set(writer, configuration, "level", json_string(rule->level));
	set(writer, object, "defaultConfiguration", configuration);
	set(writer, properties, "security-severity", json_of_score(rule->security_severity));
	set(writer, properties, "tags", list_of(json_string("security")));
	set(writer, object, "properties", properties);
	return object;
}

static json_t *json_of_tool(struct shmg_writer *writer, const struct shmg_sarif_run *run)
{
	json_t *tool = json_object(), *driver = json_object(), *rules = json_array();

	for (size_t i = 0; i < run->rule_count; i++)
		if (json_array_append_new(rules, json_of_rule(writer, &run->rules[i])) < 0)
			shmg_writer_fail(writer, -ENOMEM);
	set(writer, driver, "name", json_string("shmguard"));
	set(writer, driver, "semanticVersion", json_string(run->version));
	set(writer, driver, "rules", rules);
	set(writer, tool, "driver", driver);
	return tool;
}

/*
 * A message is a small language: {0} is a placeholder and [text](target) a link, which the name of an
 * object must not be able to make. Braces are doubled, as the standard says; the "(" that would make
 * brackets a link becomes \x28.
 */
static json_t *json_of_message(struct shmg_writer *writer, const char *bytes)
{
	size_t length, used = 0;
	const char *escaped = shmg_writer_escape(writer, bytes, &length);
	char *message = escaped ? malloc(length * 4 + 1) : NULL;

	if (!message)
		return NULL;
	for (size_t i = 0; i < length; i++) {
		if (escaped[i] == '(' && i && escaped[i - 1] == ']') {
			memcpy(message + used, "\\x28", 4);
			used += 4;
			continue;
		}
		message[used++] = escaped[i];
		if (escaped[i] == '{' || escaped[i] == '}')
			message[used++] = escaped[i];
	}
	json_t *text = json_stringn(message, used);
	free(message);
	return text;
}

/* The row of the rule; results come in the order of the rules, so the search goes on from the last one. */
static size_t rule_index(const struct shmg_sarif_run *run, const char *id, size_t last)
{
	for (size_t i = 0; i < run->rule_count; i++) {
		size_t index = (last + i) % run->rule_count;
		if (strcmp(run->rules[index].id, id) == 0)
			return index;
	}
	return run->rule_count;
}

static json_t *json_of_location(struct shmg_writer *writer, const struct shmg_sarif_result *result)
{
	json_t *location = json_object(), *logical = json_object();

	set(writer, logical, "fullyQualifiedName", shmg_writer_escaped(writer, result->subject));
	set(writer, logical, "kind", json_string(result->kind));
	set(writer, location, "logicalLocations", list_of(logical));
	return location;
}

/* What makes it the same result in the next run: the rule and whom it is about, in full, so that nobody can make two
 * meet. */
static json_t *json_of_fingerprints(struct shmg_writer *writer, const struct shmg_sarif_result *result)
{
	json_t *fingerprints = json_object();
	size_t length;
	const char *subject = shmg_writer_escape(writer, result->subject, &length);

	set(writer, fingerprints, "ruleAndSubject/v1",
	    subject ? json_sprintf("%s %s %s", result->rule, result->kind, subject) : NULL);
	return fingerprints;
}

static json_t *json_of_suppression(struct shmg_writer *writer, const char *justification)
{
	json_t *suppression = json_object();

	set(writer, suppression, "kind", json_string("external"));
	set(writer, suppression, "justification", shmg_writer_escaped(writer, justification));
	return suppression;
}

static json_t *json_of_result(struct shmg_writer *writer, const struct shmg_sarif_run *run,
			      const struct shmg_sarif_result *result, size_t *rule)
{
	json_t *object = json_object();

	set(writer, object, "ruleId", json_string(result->rule));
	size_t index = rule_index(run, result->rule, *rule);
	if (index < run->rule_count) {
		set(writer, object, "ruleIndex", json_integer((json_int_t)index));
		*rule = index;
	}
	set(writer, object, "level", json_string(result->level));
	set_text(writer, object, "message", json_of_message(writer, result->message));
	set(writer, object, "locations", list_of(json_of_location(writer, result)));
	set(writer, object, "partialFingerprints", json_of_fingerprints(writer, result));
	/* All results of a run say it or none does: an empty list is "asked, and not suppressed". */
	set(writer, object, "suppressions",
	    result->justification ? list_of(json_of_suppression(writer, result->justification)) : json_array());
	return object;
}

static json_t *json_of_notification(struct shmg_writer *writer, const struct shmg_sarif_notification *notification)
{
	json_t *object = json_object(), *rule = json_pack("{s:s}", "id", notification->rule);

	set(writer, object, "descriptor", json_deep_copy(rule));
	set(writer, object, "level", json_string("warning"));
	set_text(writer, object, "message", json_of_message(writer, notification->message));
	set(writer, object, "associatedRule", rule);
	return object;
}

/* What ran, and what of it could not look: a run without results is no clean bill then. */
static json_t *json_of_invocation(struct shmg_writer *writer, const struct shmg_sarif_run *run)
{
	json_t *invocation = json_object(), *notifications = json_array();

	for (size_t i = 0; i < run->notification_count; i++)
		if (json_array_append_new(notifications, json_of_notification(writer, &run->notifications[i])) < 0)
			shmg_writer_fail(writer, -ENOMEM);
	set(writer, invocation, "executionSuccessful", json_true());
	set(writer, invocation, "toolExecutionNotifications", notifications);
	return invocation;
}

int shmg_sarif_print(FILE *stream, const struct shmg_sarif_run *run)
{
	struct shmg_writer writer;
	size_t rule = 0;

	shmg_writer_begin(&writer, stream);
	shmg_writer_text(&writer, "{\"$schema\": ");
	shmg_writer_json_new(&writer, json_string(SARIF_SCHEMA));
	shmg_writer_text(&writer, ",\n\"version\": \"2.1.0\",\n\"runs\": [{\"tool\": ");
	shmg_writer_json_new(&writer, json_of_tool(&writer, run));
	shmg_writer_text(&writer, ",\n\"invocations\": [");
	shmg_writer_json_new(&writer, json_of_invocation(&writer, run));
	shmg_writer_text(&writer, "],\n\"results\": [");
	for (size_t i = 0; i < run->result_count && !writer.status; i++) {
		struct shmg_sarif_result result = run->result(run->context, i);
		shmg_writer_text(&writer, i ? ",\n" : "\n");
		shmg_writer_json_new(&writer, json_of_result(&writer, run, &result, &rule));
	}
	shmg_writer_text(&writer, "\n]}]}\n");
	return shmg_writer_finish(&writer);
}
