/* SPDX-License-Identifier: MIT */
/* An audit in numbers. */
#include <stdlib.h>

#include "cmd/audit_output.h"

#define F(member, help) SHMG_FIELD(struct shmg_audit_summary, member, SHMG_TYPE_NUMBER, NULL, false, help)
static const struct shmg_field summary_fields[] = {
	F(checks, "checks that were to look"),
	F(passed, "of which found nothing"),
	F(found, "of which found something"),
	F(unseen, "of which could not look"),
	F(not_applicable, "of which are about what this machine does not have"),
	F(disabled, "checks that the policy or the command line left out"),
	F(findings, "findings of all checks"),
	F(allowed, "what the policy's exceptions allow"),
	F(critical, "findings that are critical"),
	F(high, "findings of high severity"),
	F(medium, "findings of medium severity"),
	F(low, "findings of low severity"),
	F(info, "findings that are worth knowing"),
};
#undef F
const struct shmg_record_type shmg_audit_summary_type =
	SHMG_RECORD_TYPE("summary", "an audit in numbers", struct shmg_audit_summary, summary_fields);

static uint32_t *count_of(struct shmg_audit_summary *summary, unsigned severity)
{
	switch (severity) {
	case SHMG_SEVERITY_CRITICAL:
		return &summary->critical;
	case SHMG_SEVERITY_HIGH:
		return &summary->high;
	case SHMG_SEVERITY_MEDIUM:
		return &summary->medium;
	case SHMG_SEVERITY_LOW:
		return &summary->low;
	default:
		return &summary->info;
	}
}

void shmg_audit_summarize(const struct shmg_audit *audit, struct shmg_audit_summary *ret_summary)
{
	struct shmg_audit_summary summary = { 0 };

	SHMG_FOREACH(result, &audit->results) {
		summary.checks += result->outcome != SHMG_OUTCOME_DISABLED;
		summary.passed += result->outcome == SHMG_OUTCOME_PASSED;
		summary.found += result->outcome == SHMG_OUTCOME_FOUND;
		summary.unseen += result->outcome == SHMG_OUTCOME_UNSEEN;
		summary.not_applicable += result->outcome == SHMG_OUTCOME_NOT_APPLICABLE;
		summary.disabled += result->outcome == SHMG_OUTCOME_DISABLED;
		summary.allowed += result->allowed;
	}
	SHMG_FOREACH(finding, &audit->findings)
		++*count_of(&summary, finding->severity);
	summary.findings = (uint32_t)audit->findings.count;
	*ret_summary = summary;
}

uint32_t shmg_audit_summary_of(const struct shmg_audit_summary *summary, enum shmg_severity severity)
{
	struct shmg_audit_summary copy = *summary;
	return *count_of(&copy, severity);
}

struct shmg_audit_group *shmg_audit_group_findings(const struct shmg_audit *audit)
{
	struct shmg_audit_group *groups = calloc(audit->results.count + 1, sizeof *groups);
	const struct shmg_finding *next = audit->findings.items;

	for (size_t i = 0; groups && i < audit->results.count; i++) {
		const struct shmg_result *result = &audit->results.items[i];
		unsigned worst = SHMG_SEVERITY_INFO;
		for (size_t f = 0; f < result->findings; f++)
			worst = next[f].severity > worst ? next[f].severity : worst;
		groups[i] = (struct shmg_audit_group){
			.result = result,
			.first = next,
			.count = result->findings,
			.worst = worst,
		};
		next += result->findings;
	}
	return groups;
}
