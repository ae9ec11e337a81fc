/* SPDX-License-Identifier: MIT */
/* What checks, findings and results are called in every output format. */
#include "audit/audit.h"

static const char *const subjects[] = { "host", "object", "process", "mount", "namespace", NULL };
static const char *const outcomes[] = { "passed", "found", "unseen", "not-applicable", "disabled", NULL };

#define F(member, type, heading, common, help)                                                                         \
	SHMG_FIELD(struct RECORD, member, SHMG_TYPE_##type, heading, common, help)

#define RECORD shmg_finding
static const struct shmg_field finding_fields[] = {
	F(check, TEXT, "CHECK", true, "check that found it: the id of one of the checks"),
	{ .name = "severity",
	  .heading = "SEVERITY",
	  .help = "how bad it is",
	  .type = SHMG_TYPE_ENUM,
	  .common = true,
	  .offset = offsetof(struct shmg_finding, severity),
	  .size = 1,
	  .names = shmg_severity_names },
	F(title, TEXT, "TITLE", false, "what is wrong"),
	SHMG_FIELD_NAMES(struct shmg_finding, subject_type, SHMG_TYPE_ENUM, "ABOUT", false, subjects,
			 "what the subject is"),
	F(subject, TEXT, "SUBJECT", true, "object, process, mount or setting concerned"),
	F(unit, TEXT, "UNIT", false, "systemd unit or container concerned"),
	F(namespace, TEXT, "NAMESPACE", false, "IPC or mount namespace that the object is in; host: the host's own"),
	F(expected, TEXT, "EXPECTED", true, "what should be"),
	F(found, TEXT, "FOUND", true, "what is"),
	F(where, TEXT, "WHERE", false, "where it was read"),
	F(row, NUMBER, NULL, false, "row of the subject in its table of a snapshot"),
};
#undef RECORD

#define RECORD shmg_allowed
static const struct shmg_field allowed_fields[] = {
	F(check, TEXT, "CHECK", true, "check that would have found it"),
	F(subject, TEXT, "SUBJECT", true, "object concerned"),
	F(namespace, TEXT, "NAMESPACE", false, "IPC or mount namespace that the object is in; host: the host's own"),
	F(exception, TEXT, "EXCEPTION", true, "NAME of the policy's [allow NAME], or [sharing] groups"),
	F(reason, TEXT, "REASON", true, "why it is wanted, as the policy says"),
	F(source, TEXT, "SOURCE", true, "FILE:LINE of the exception"),
};
#undef RECORD

#define RECORD shmg_result
static const struct shmg_field result_fields[] = {
	F(check, TEXT, "CHECK", true, "check"),
	F(family, TEXT, "FAMILY", true, "what it is about"),
	F(title, TEXT, "TITLE", true, "what is wrong when it finds"),
	SHMG_FIELD_NAMES(struct shmg_result, outcome, SHMG_TYPE_ENUM, "OUTCOME", true, outcomes, "what became of it"),
	SHMG_FIELD_NAMES(struct shmg_result, severity, SHMG_TYPE_ENUM, "SEVERITY", true, shmg_severity_names,
			 "how bad"),
	F(findings, NUMBER, "FINDINGS", true, "how many"),
	F(allowed, NUMBER, "ALLOWED", false, "how many the policy allows"),
	F(reason, TEXT, "REASON", false, "why it could not look, does not apply, or is disabled"),
};
#undef RECORD

#define RECORD shmg_check
static const struct shmg_field check_fields[] = {
	F(id, TEXT, "CHECK", true, "id; never reused"),
	F(family, TEXT, "FAMILY", true, "what it is about"),
	{ .name = "severity",
	  .heading = "SEVERITY",
	  .help = "how bad a finding is",
	  .type = SHMG_TYPE_ENUM,
	  .common = true,
	  .offset = offsetof(struct shmg_check, severity),
	  .size = sizeof(enum shmg_severity),
	  .names = shmg_severity_names },
	F(title, TEXT, "TITLE", true, "what is wrong when it finds"),
	F(why, TEXT, "WHY", false, "why it matters"),
	F(fix, TEXT, "FIX", false, "what to do"),
	F(breaks, TEXT, "BREAKS", false, "what the fix could break"),
	F(references, TEXT, "REFERENCES", false, "where to read more"),
};
#undef RECORD

const struct shmg_record_type shmg_check_type = SHMG_RECORD_TYPE(
	"check", "one check of the table; an audit has those that found something", struct shmg_check, check_fields);
const struct shmg_record_type shmg_finding_type = SHMG_RECORD_TYPE(
	"finding", "one difference between what is and what should be", struct shmg_finding, finding_fields);
const struct shmg_record_type shmg_allowed_type =
	SHMG_RECORD_TYPE("allowed", "what a check found and the policy allows", struct shmg_allowed, allowed_fields);
const struct shmg_record_type shmg_result_type =
	SHMG_RECORD_TYPE("result", "what became of one check", struct shmg_result, result_fields);
