/* SPDX-License-Identifier: MIT */
/* An audit for other programs: SARIF and Prometheus. */
#include <errno.h>
#include <string.h>

#include "audit/orphan.h"
#include "cmd/audit_output.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "report/report.h"

#define MESSAGE_MAX (SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX) + 4096)

static const char *level_of(unsigned severity)
{
	if (severity >= SHMG_SEVERITY_HIGH)
		return "error";
	return severity == SHMG_SEVERITY_MEDIUM ? "warning" : "note";
}

/* On the scale of CVSS, as readers of SARIF expect it. */
static double score_of(unsigned severity)
{
	static const double scores[] = { 0.0, 3.0, 5.5, 8.0, 9.5 };
	return scores[severity];
}

struct sarif {
	const struct shmg_audit *audit;
	char message[MESSAGE_MAX];
	char subject[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX)];
};

/* What the policy allows is a result that is suppressed, so that a scanner's list of exceptions is ours. */
static struct shmg_sarif_result sarif_allowed(struct sarif *sarif, const struct shmg_allowed *allowed)
{
	const struct shmg_check *check = shmg_check_find(allowed->check);

	(void)shmg_escape(allowed->subject, strlen(allowed->subject), sarif->subject, sizeof sarif->subject);
	(void)snprintf(sarif->message, sizeof sarif->message, "%s: allowed by the policy: %s%s%s%s", sarif->subject,
		       allowed->exception, allowed->source ? " (" : "", allowed->source ? allowed->source : "",
		       allowed->source ? ")" : "");
	return (struct shmg_sarif_result){
		.rule = allowed->check,
		.level = level_of(check ? check->severity : SHMG_SEVERITY_INFO),
		.message = sarif->message,
		.subject = allowed->subject,
		.kind = "object",
		.justification = allowed->reason,
	};
}

static struct shmg_sarif_result sarif_result(void *context, size_t index)
{
	struct sarif *sarif = context;
	size_t findings = sarif->audit->findings.count;
	if (index >= findings)
		return sarif_allowed(sarif, &sarif->audit->allowed.items[index - findings]);
	const struct shmg_finding *finding = &sarif->audit->findings.items[index];
	const struct shmg_field *type = shmg_record_field(&shmg_finding_type, "subject_type");

	(void)shmg_escape(finding->subject, strlen(finding->subject), sarif->subject, sizeof sarif->subject);
	(void)snprintf(sarif->message, sizeof sarif->message, "%s: %s%s%s%s%s", sarif->subject,
		       finding->found ? finding->found : "?", finding->expected ? "; expected " : "",
		       finding->expected ? finding->expected : "", finding->where ? "; read from " : "",
		       finding->where ? finding->where : "");
	return (struct shmg_sarif_result){
		.rule = finding->check,
		.level = level_of(finding->severity),
		.message = sarif->message,
		.subject = finding->subject,
		.kind = type->names[finding->subject_type],
	};
}

/* The checks that could not look; returns their number. */
static size_t fill_notifications(const struct shmg_audit *audit, struct shmg_sarif_notification *notifications)
{
	size_t count = 0;

	SHMG_FOREACH(result, &audit->results)
		if (result->outcome == SHMG_OUTCOME_UNSEEN)
			notifications[count++] = (struct shmg_sarif_notification){
				.rule = result->check,
				.message = result->reason ? result->reason : "could not look",
			};
	return count;
}

int shmg_audit_print_sarif(FILE *stream, const struct shmg_audit *audit)
{
	SHMG_AUTO_FREE struct shmg_sarif_notification *notifications =
		calloc(audit->results.count + 1, sizeof *notifications);
	SHMG_AUTO_FREE struct sarif *sarif = malloc(sizeof *sarif);
	SHMG_AUTO_FREE struct shmg_sarif_rule *rules = calloc(audit->results.count + 1, sizeof *rules);
	size_t count = 0;

	if (!sarif || !rules || !notifications)
		return -ENOMEM;
	sarif->audit = audit;
	SHMG_FOREACH(result, &audit->results) {
		const struct shmg_check *check = shmg_check_find(result->check);
		if (!check || result->outcome == SHMG_OUTCOME_DISABLED)
			continue;
		rules[count++] = (struct shmg_sarif_rule){
			.id = check->id,
			.title = check->title,
			.description = check->why,
			.help = check->fix,
			.level = level_of(result->severity),
			.security_severity = score_of(result->severity),
		};
	}
	struct shmg_sarif_run run = {
		.version = SHMG_VERSION,
		.rules = rules,
		.rule_count = count,
		.notifications = notifications,
		.notification_count = fill_notifications(audit, notifications),
		.result_count = audit->findings.count + audit->allowed.count,
		.result = sarif_result,
		.context = sarif,
	};
	return shmg_sarif_print(stream, &run);
}

/* --- Prometheus --- */

/* Writes until something fails, and remembers what. */
struct exposition {
	FILE *stream;
	int code;
};

static void metric(struct exposition *out, const char *name, const char *help)
{
	if (out->code == 0)
		out->code = shmg_prometheus_metric(out->stream, name, "gauge", help);
}

static void sample(struct exposition *out, const char *name, const char *label, const char *value, uint64_t number)
{
	const struct shmg_label labels[] = { { label, value }, { NULL, NULL } };

	if (out->code == 0)
		out->code = shmg_prometheus_sample(out->stream, name, label ? labels : NULL, number);
}

/* A metric of one sample without labels; nothing where the number is not known. */
static void single(struct exposition *out, const char *name, const char *help, uint64_t number)
{
	if (number == SHMG_U64_UNKNOWN)
		return;
	metric(out, name, help);
	sample(out, name, NULL, NULL, number);
}

/* A check that found nothing is a zero: an absent series would look like a check that is not made. */
static void put_group(struct exposition *out, const struct shmg_audit_group *group)
{
	uint64_t counts[SHMG_SEVERITY_CRITICAL + 1] = { 0 };

	if (group->result->outcome != SHMG_OUTCOME_FOUND && group->result->outcome != SHMG_OUTCOME_PASSED)
		return;
	for (size_t i = 0; i < group->count; i++)
		counts[group->first[i].severity]++;
	for (unsigned severity = 0; severity <= SHMG_SEVERITY_CRITICAL; severity++) {
		const struct shmg_label labels[] = { { "check", group->result->check },
						     { "severity", shmg_severity_names[severity] },
						     { NULL, NULL } };
		bool stands = counts[severity] || (group->count == 0 && severity == group->result->severity);
		if (stands && out->code == 0)
			out->code = shmg_prometheus_sample(out->stream, "shmguard_findings", labels, counts[severity]);
	}
}

static void put_findings(struct exposition *out, const struct shmg_audit *audit)
{
	SHMG_AUTO_FREE struct shmg_audit_group *groups = shmg_audit_group_findings(audit);

	if (!groups) {
		out->code = -ENOMEM;
		return;
	}
	metric(out, "shmguard_findings", "Findings of each check that could look.");
	for (size_t i = 0; i < audit->results.count; i++)
		put_group(out, &groups[i]);
}

static void put_outcomes(struct exposition *out, const struct shmg_audit_summary *summary)
{
	static const char name[] = "shmguard_checks";

	metric(out, name, "Checks by what became of them.");
	sample(out, name, "outcome", "passed", summary->passed);
	sample(out, name, "outcome", "found", summary->found);
	sample(out, name, "outcome", "unseen", summary->unseen);
	sample(out, name, "outcome", "not-applicable", summary->not_applicable);
	sample(out, name, "outcome", "disabled", summary->disabled);
}

static void put_objects(struct exposition *out, const struct shmg_facts *facts)
{
	const char *const *kinds = shmg_record_field(&shmg_object_type, "kind")->names;
	uint64_t counts[SHMG_KIND_TMPFS + 1] = { 0 }, sizes[SHMG_KIND_TMPFS + 1] = { 0 };
	uint64_t residents[SHMG_KIND_TMPFS + 1] = { 0 };

	SHMG_FOREACH(object, &facts->objects) {
		if (object->kind > SHMG_KIND_TMPFS || object->file_type != SHMG_FILE_REGULAR)
			continue;
		counts[object->kind]++;
		shmg_total_add(&sizes[object->kind], object->size);
		shmg_total_add(&residents[object->kind], object->resident);
	}
	metric(out, "shmguard_objects", "Shared-memory objects by kind.");
	for (size_t i = 0; kinds[i]; i++)
		sample(out, "shmguard_objects", "kind", kinds[i], counts[i]);
	metric(out, "shmguard_object_bytes", "Size of all objects of a kind.");
	for (size_t i = 0; kinds[i]; i++)
		sample(out, "shmguard_object_bytes", "kind", kinds[i], sizes[i]);
	metric(out, "shmguard_object_resident_bytes", "Memory and swap that all objects of a kind take up.");
	for (size_t i = 0; kinds[i]; i++)
		sample(out, "shmguard_object_resident_bytes", "kind", kinds[i], residents[i]);
}

static void put_verdicts(struct exposition *out, const struct shmg_audit *audit)
{
	uint64_t orphaned = 0, unreferenced = 0;

	SHMG_FOREACH(object, &audit->facts->objects) {
		enum shmg_orphan verdict = shmg_object_orphan(audit->facts, audit->policy, object, NULL, 0);
		orphaned += verdict == SHMG_ORPHAN_ORPHANED;
		unreferenced += verdict == SHMG_ORPHAN_UNREFERENCED;
	}
	metric(out, "shmguard_orphans", "Objects that nobody holds and nothing explains.");
	sample(out, "shmguard_orphans", "verdict", shmg_orphan_names[SHMG_ORPHAN_ORPHANED], orphaned);
	sample(out, "shmguard_orphans", "verdict", shmg_orphan_names[SHMG_ORPHAN_UNREFERENCED], unreferenced);
}

int shmg_audit_print_prometheus(FILE *stream, const struct shmg_audit *audit, const struct shmg_audit_summary *summary,
				bool leases)
{
	struct exposition out = { .stream = stream };
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_host *host = facts->host.items;

	put_findings(&out, audit);
	put_outcomes(&out, summary);
	single(&out, "shmguard_allowed", "What checks found and the policy's exceptions allow.", summary->allowed);
	put_objects(&out, facts);
	if (leases)
		put_verdicts(&out, audit);
	single(&out, "shmguard_processes", "User processes that were seen.", facts->processes.count);
	single(&out, "shmguard_gaps", "Kinds of things that could not be seen.", facts->coverage.count);
	single(&out, "shmguard_complete", "1 when all objects and holders could be seen.", host->complete == 1);
	single(&out, "shmguard_look_cpu_nanoseconds", "CPU time of the look.", host->cost_ns);
	if (host->taken != SHMG_TIME_UNKNOWN && host->taken > 0)
		single(&out, "shmguard_look_timestamp_seconds", "When the look began, seconds since the epoch.",
		       (uint64_t)host->taken / 1000000000);
	return out.code;
}
