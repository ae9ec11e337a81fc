/* SPDX-License-Identifier: MIT */
/* The outcome of an audit: counted, and printed for people and for other programs. */
#ifndef SHMG_CMD_AUDIT_OUTPUT_H
#define SHMG_CMD_AUDIT_OUTPUT_H

#include <stdio.h>

#include "audit/audit.h"
#include "cmd/facts_source.h"

struct shmg_audit_summary {
	uint32_t checks;	      /* that were chosen and not disabled */
	uint32_t passed, found, unseen, not_applicable, disabled;
	uint32_t findings, allowed;
	uint32_t critical, high, medium, low, info; /* findings of that severity */
};
extern const struct shmg_record_type shmg_audit_summary_type;

void shmg_audit_summarize(const struct shmg_audit *audit, struct shmg_audit_summary *ret_summary);

/* The number of findings of a severity. */
uint32_t shmg_audit_summary_of(const struct shmg_audit_summary *summary, enum shmg_severity severity);

/* What one check found: its findings stand together, in the order of the results. */
struct shmg_audit_group {
	const struct shmg_result *result;
	const struct shmg_finding *first;
	size_t count;
	enum shmg_severity worst; /* info where there is none */
};

/* One group for each result; NULL when there is no memory. The caller frees. */
struct shmg_audit_group *shmg_audit_group_findings(const struct shmg_audit *audit);

/* audit_report.c: for people. 0 or -ENOMEM. */
int shmg_audit_report(FILE *stream, const struct shmg_audit *audit, const struct shmg_audit_summary *summary,
		      const struct shmg_facts_source *source, bool verbose, bool chosen);

/* audit_export.c: for other programs. 0 or -errno. */
int shmg_audit_print_sarif(FILE *stream, const struct shmg_audit *audit);
int shmg_audit_print_prometheus(FILE *stream, const struct shmg_audit *audit, const struct shmg_audit_summary *summary,
				bool leases);

/* audit_checks.c: the table of checks, those of `options` only. 0 or -errno. */
int shmg_audit_print_checks(FILE *stream, const struct shmg_audit_options *options, bool json, bool verbose);

#endif
