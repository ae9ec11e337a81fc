/* SPDX-License-Identifier: MIT */
#include "audit/audit.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/family.h"

static const struct shmg_family *const families[] = {
	&shmg_family_objects,  &shmg_family_sharing, &shmg_family_leftovers, &shmg_family_mappings,
	&shmg_family_mounts,   &shmg_family_limits,  &shmg_family_isolation, &shmg_family_kernel,
	&shmg_family_hardware, &shmg_family_growth,
};
#define FAMILY_COUNT (sizeof families / sizeof *families)

#define CHECKS_MAX 256

const struct shmg_check *const *shmg_checks(size_t *ret_count)
{
	/* Filled on every call with the same values: callers in several threads see one and the same table. */
	static const struct shmg_check *checks[CHECKS_MAX];
	size_t count = 0;

	for (size_t f = 0; f < FAMILY_COUNT; f++)
		for (size_t c = 0; c < families[f]->count && count < CHECKS_MAX; c++)
			__atomic_store_n(&checks[count++], &families[f]->checks[c], __ATOMIC_RELAXED);
	*ret_count = count;
	return checks;
}

const struct shmg_check *shmg_check_find(const char *id)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(checks[i]->id, id) == 0)
			return checks[i];
	return NULL;
}

bool shmg_check_exists(const char *id)
{
	return shmg_check_find(id) != NULL;
}

static bool is_listed(const char *id, const char *const *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static bool is_chosen(const struct shmg_audit_options *options, const char *id)
{
	return (!options->only_count || is_listed(id, options->only, options->only_count)) &&
	       !is_listed(id, options->skip, options->skip_count);
}

unsigned shmg_audit_needs(const struct shmg_audit_options *options)
{
	unsigned needs = SHMG_WANT_OBJECTS;
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	for (size_t i = 0; i < count; i++)
		if (is_chosen(options, checks[i]->id))
			needs |= checks[i]->needs;
	return needs;
}

const char shmg_reason_not_chosen[] = "not chosen";

static void run_check(struct shmg_audit *audit, const struct shmg_check *check,
		      const struct shmg_audit_options *options)
{
	const struct shmg_policy_check *wish = shmg_policy_find_check(audit->policy, check->id);
	struct shmg_result *result = SHMG_APPEND(&audit->results);
	if (!result) {
		audit->failed = -ENOMEM;
		return;
	}
	*result = (struct shmg_result){
		.check = check->id,
		.title = check->title,
		.family = check->family,
		.severity = (uint8_t)check->severity,
	};
	if (wish && wish->severity != SHMG_U8_UNKNOWN)
		result->severity = wish->severity;
	if (!is_chosen(options, check->id)) {
		result->outcome = SHMG_OUTCOME_DISABLED;
		result->reason = shmg_reason_not_chosen;
		return;
	}
	if (wish && !wish->enabled) {
		result->outcome = SHMG_OUTCOME_DISABLED;
		result->reason = wish->reason;
		return;
	}
	if (check->compares && !audit->since) {
		result->outcome = SHMG_OUTCOME_NOT_APPLICABLE;
		result->reason = "compares with an earlier snapshot: audit --since FILE";
		return;
	}
	audit->current = check;
	audit->severity = result->severity;
	enum shmg_outcome outcome = check->probe(audit);
	audit->current = NULL;
	if (result->findings) {
		result->outcome = SHMG_OUTCOME_FOUND;
		result->reason = NULL;
	} else {
		result->outcome = (uint8_t)outcome;
	}
}

int shmg_audit_run(const struct shmg_facts *facts, const struct shmg_facts *since, const struct shmg_policy *policy,
		   const struct shmg_audit_options *options, struct shmg_audit **ret_audit)
{
	struct shmg_audit *audit = calloc(1, sizeof *audit);
	if (!audit)
		return -ENOMEM;
	audit->facts = facts;
	audit->since = since;
	audit->policy = policy;

	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);
	for (size_t i = 0; i < count && !audit->failed; i++)
		run_check(audit, checks[i], options);
	if (audit->failed) {
		int failed = audit->failed;
		shmg_audit_free(&audit);
		return failed;
	}
	*ret_audit = audit;
	return 0;
}

void shmg_audit_free(struct shmg_audit **audit)
{
	if (!*audit)
		return;
	shmg_array_clear(&(*audit)->findings);
	shmg_array_clear(&(*audit)->allowed);
	shmg_array_clear(&(*audit)->results);
	shmg_pool_clear(&(*audit)->pool);
	free(*audit);
	*audit = NULL;
}

static struct shmg_result *current_result(struct shmg_audit *audit)
{
	return &audit->results.items[audit->results.count - 1];
}

static const char *keep(struct shmg_audit *audit, const char *text, size_t length)
{
	const char *copy = shmg_pool_copy(&audit->pool, text, length);
	if (!copy)
		audit->failed = -ENOMEM;
	return copy;
}

#define TEXT_MAX ((size_t)8192) /* room for a name or two */

/* Returns the length, cut to what fits. */
__attribute__((format(printf, 2, 0))) static size_t format_text(char text[static TEXT_MAX], const char *format,
								va_list arguments)
{
	int length = vsnprintf(text, TEXT_MAX, format, arguments);
	if (length < 0) {
		text[0] = '\0';
		return 0;
	}
	return (size_t)length < TEXT_MAX ? (size_t)length : TEXT_MAX - 1;
}

/* What was found, for the last finding; often it is what the one before says, and then they share it. */
__attribute__((format(printf, 2, 0))) static void say_found(struct shmg_audit *audit, const char *format,
							    va_list arguments)
{
	struct shmg_finding *finding = &audit->findings.items[audit->findings.count - 1];
	const char *before = audit->findings.count > 1 ? finding[-1].found : NULL;
	char text[TEXT_MAX];
	size_t length = format_text(text, format, arguments);

	finding->found = before && strcmp(before, text) == 0 ? before : keep(audit, text, length);
}

/* An ident is either the object's own name, which outlives the audit, or in the buffer that was given for it. */
static const char *keep_ident(struct shmg_audit *audit, const char *ident, const char *buffer)
{
	return ident == buffer ? keep(audit, ident, strlen(ident)) : ident;
}

/* `subject` lives as long as the audit. */
static struct shmg_finding *add(struct shmg_audit *audit, enum shmg_subject type, uint32_t row, const char *subject,
				const char *expected, const char *where)
{
	struct shmg_finding *finding = SHMG_APPEND(&audit->findings);
	if (!finding) {
		audit->failed = -ENOMEM;
		return NULL;
	}
	struct shmg_result *result = current_result(audit);
	if (!result->findings++ || result->severity < audit->severity)
		result->severity = audit->severity;
	*finding = (struct shmg_finding){
		.check = audit->current->id,
		.title = audit->current->title,
		.subject = subject,
		.expected = expected,
		.where = where,
		.row = row,
		.severity = audit->severity,
		.subject_type = (uint8_t)type,
	};
	return finding;
}

static void add_allowed(struct shmg_audit *audit, const struct shmg_object *object, const char *exception,
			const char *reason, const char *source)
{
	char buffer[SHMG_OBJECT_IDENT_MAX];
	struct shmg_allowed *allowed = SHMG_APPEND(&audit->allowed);

	if (!allowed) {
		audit->failed = -ENOMEM;
		return;
	}
	current_result(audit)->allowed++;
	*allowed = (struct shmg_allowed){
		.check = audit->current->id,
		.subject = keep_ident(audit, shmg_object_ident(object, buffer), buffer),
		.namespace = object->namespace,
		.exception = exception,
		.reason = reason,
		.source = source,
	};
}

static bool is_allowed(struct shmg_audit *audit, const struct shmg_object *object, const char *ident, uint32_t user)
{
	if (!audit->policy->allows.count)
		return false;
	struct shmg_policy_question question = {
		.check = audit->current->id,
		.ident = ident,
		.name = object->name,
		.owner = object->uid,
		.mode = object->mode,
		.user = user,
	};
	const struct shmg_policy_allow *allow = shmg_policy_match(audit->policy, &question);
	if (!allow)
		return false;
	add_allowed(audit, object, allow->name, allow->reason, allow->source);
	return true;
}

void shmg_audit_find_object(struct shmg_audit *audit, const struct shmg_object *object, const char *expected,
			    const char *where, const char *format, ...)
{
	char buffer[SHMG_OBJECT_IDENT_MAX];
	const char *ident = shmg_object_ident(object, buffer);

	if (is_allowed(audit, object, ident, SHMG_U32_UNKNOWN))
		return;
	uint32_t row = (uint32_t)(object - audit->facts->objects.items);
	struct shmg_finding *finding =
		add(audit, SHMG_SUBJECT_OBJECT, row, keep_ident(audit, ident, buffer), expected, where);
	if (!finding)
		return;
	finding->unit = object->unit;
	finding->namespace = object->namespace;
	va_list arguments;
	va_start(arguments, format);
	say_found(audit, format, arguments);
	va_end(arguments);
}

void shmg_audit_find_hold(struct shmg_audit *audit, const struct shmg_hold *hold, const char *expected,
			  const char *where, const char *format, ...)
{
	char buffer[SHMG_OBJECT_IDENT_MAX];
	const struct shmg_object *object = &audit->facts->objects.items[hold->object];
	const struct shmg_process *process = &audit->facts->processes.items[hold->process];
	const char *ident = shmg_object_ident(object, buffer);

	if (is_allowed(audit, object, ident, process->uid))
		return;
	struct shmg_finding *finding =
		add(audit, SHMG_SUBJECT_OBJECT, hold->object, keep_ident(audit, ident, buffer), expected, where);
	if (!finding)
		return;
	finding->unit = process->unit ? process->unit : object->unit;
	finding->namespace = object->namespace;
	va_list arguments;
	va_start(arguments, format);
	say_found(audit, format, arguments);
	va_end(arguments);
}

void shmg_audit_find(struct shmg_audit *audit, enum shmg_subject type, uint32_t row, const char *subject,
		     const char *expected, const char *where, const char *format, ...)
{
	struct shmg_finding *finding = add(audit, type, row, keep(audit, subject, strlen(subject)), expected, where);
	if (!finding)
		return;
	if (type == SHMG_SUBJECT_PROCESS && row < audit->facts->processes.count)
		finding->unit = audit->facts->processes.items[row].unit;
	va_list arguments;
	va_start(arguments, format);
	say_found(audit, format, arguments);
	va_end(arguments);
}

void shmg_audit_allow_object(struct shmg_audit *audit, const struct shmg_object *object, const char *exception,
			     const char *reason)
{
	add_allowed(audit, object, exception, reason, NULL);
}

const char *shmg_audit_text(struct shmg_audit *audit, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;
	va_start(arguments, format);
	size_t length = format_text(text, format, arguments);
	va_end(arguments);
	const char *copy = keep(audit, text, length);
	return copy ? copy : "";
}

void shmg_audit_set_severity(struct shmg_audit *audit, enum shmg_severity severity)
{
	const struct shmg_policy_check *wish = shmg_policy_find_check(audit->policy, audit->current->id);

	if (!wish || wish->severity == SHMG_U8_UNKNOWN)
		audit->severity = (uint8_t)severity;
}

enum shmg_outcome shmg_audit_unseen(struct shmg_audit *audit, const char *why)
{
	current_result(audit)->reason = keep(audit, why, strlen(why));
	return SHMG_OUTCOME_UNSEEN;
}

enum shmg_outcome shmg_audit_not_applicable(struct shmg_audit *audit, const char *why)
{
	current_result(audit)->reason = keep(audit, why, strlen(why));
	return SHMG_OUTCOME_NOT_APPLICABLE;
}

const char *shmg_audit_remedy(const struct shmg_audit *audit)
{
	const struct shmg_host *host = audit->facts->host.items;

	if (!audit->facts->host.count || host->live == 0)
		return ": a captured tree does not tell";
	return host->uid == 0 ? "" : "; run as root";
}

enum shmg_outcome shmg_audit_complete(struct shmg_audit *audit)
{
	if (audit->facts->host.count && audit->facts->host.items[0].complete == 1)
		return SHMG_OUTCOME_PASSED;
	SHMG_FOREACH(gap, &audit->facts->coverage)
		if (gap->affects_objects == 1 && gap->what && gap->why)
			return shmg_audit_unseen(audit, shmg_audit_text(audit, "%s: %s", gap->what, gap->why));
	return shmg_audit_unseen(audit, "not all objects and holders could be seen");
}

uint64_t shmg_audit_parameter(const struct shmg_audit *audit, enum shmg_parameter parameter)
{
	return audit->policy->parameters[parameter];
}
