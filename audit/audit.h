/* SPDX-License-Identifier: MIT */
/*
 * Where what is and what should be differ: (facts, policy) → findings.
 *
 * A check is one table row. A family is a file, which ends with its rows; audit.c lists the families.
 * Probes are pure: they read facts and policy, and call shmg_audit_find. No I/O, no clock: "now" is facts' `taken`.
 */
#ifndef SHMG_AUDIT_AUDIT_H
#define SHMG_AUDIT_AUDIT_H

#include "facts/facts.h"
#include "policy/policy.h"

struct shmg_audit;
struct shmg_check;

/* What a probe says of itself; findings are told apart. */
enum shmg_outcome {
	SHMG_OUTCOME_PASSED,	     /* looked; (if it made findings, this is turned into FOUND) */
	SHMG_OUTCOME_FOUND,	     /* set by the engine */
	SHMG_OUTCOME_UNSEEN,	     /* the facts that it needs could not be seen; say why with shmg_audit_unseen */
	SHMG_OUTCOME_NOT_APPLICABLE, /* the machine does not have what the check is about */
	SHMG_OUTCOME_DISABLED,	     /* by the policy or --skip; set by the engine */
};

struct shmg_check {
	const char *id; /* SHM-OBJ-001; never reused */
	const char *family;
	const char *title; /* what is wrong when it finds: "Shared memory that everybody can write" */
	enum shmg_severity severity;
	const char *why;    /* why it matters: one to three sentences */
	const char *fix;    /* in words; may name a command */
	const char *breaks; /* what the fix could break */
	const char *references; /* "shm_overview(7); CWE-732"; separated by "; " */
	const enum shmg_parameter *parameters; /* ends with SHMG_PARAMETER_COUNT; NULL: none */
	unsigned needs; /* enum shmg_facts_want beyond SHMG_WANT_OBJECTS */
	bool compares;	/* needs an earlier snapshot (audit --since) */
	enum shmg_outcome (*probe)(struct shmg_audit *audit);
};

enum shmg_subject {
	SHMG_SUBJECT_HOST,
	SHMG_SUBJECT_OBJECT,
	SHMG_SUBJECT_PROCESS,
	SHMG_SUBJECT_MOUNT,
	SHMG_SUBJECT_NAMESPACE,
};

/* One difference, with its evidence. Text lives as long as the audit and its facts. */
struct shmg_finding {
	const char *check;    /* id */
	const char *title;
	const char *subject;  /* ident of an object, "pid 42 (postgres)", a mount point, a setting's name: raw bytes */
	const char *expected; /* "mode 0660 or less" */
	const char *found;    /* "mode 0666" */
	const char *where;    /* where it was read: "shmctl SHM_STAT_ANY", "/proc/42/maps" */
	const char *unit;     /* systemd unit or container concerned; NULL: none */
	const char *namespace; /* of an object: where it lives, as its record says; NULL: none */
	uint32_t row;	      /* of the subject, in the table of its type; unknown for the host */
	uint8_t severity;
	uint8_t subject_type; /* enum shmg_subject */
};

/* What would be a finding, and is wanted. Text lives as long as the audit, its facts and its policy. */
struct shmg_allowed {
	const char *check;     /* id */
	const char *subject;   /* ident of the object: raw bytes */
	const char *namespace; /* as in a finding */
	const char *exception; /* the NAME of its [allow NAME]; "[sharing] groups" */
	const char *reason;
	const char *source; /* "FILE:LINE" of the exception; NULL: not known */
};

/* What became of one check. */
struct shmg_result {
	const char *check;
	const char *title;
	const char *family;
	const char *reason; /* UNSEEN, NOT_APPLICABLE, DISABLED: why; NULL otherwise */
	uint32_t findings;
	uint32_t allowed; /* by exceptions of the policy */
	uint8_t severity;
	uint8_t outcome;
};

/* The reason of a check that the options leave out: this very text, so that it can be told from the policy's. */
extern const char shmg_reason_not_chosen[];

struct shmg_audit {
	const struct shmg_facts *facts;
	const struct shmg_facts *since; /* earlier facts, or NULL */
	const struct shmg_policy *policy;
	SHMG_ARRAY(struct shmg_finding) findings; /* by check, in table order */
	SHMG_ARRAY(struct shmg_allowed) allowed;  /* the same */
	SHMG_ARRAY(struct shmg_result) results;
	struct shmg_pool pool;
	const struct shmg_check *current; /* while a probe runs */
	struct shmg_scratch *scratch;	  /* what several probes need, made once; the room's own (scratch.h) */
	uint8_t severity;		  /* of the findings that the running probe makes next */
	int failed;			  /* -ENOMEM once anything could not be kept */
};

extern const struct shmg_record_type shmg_check_type, shmg_finding_type, shmg_allowed_type, shmg_result_type;

struct shmg_audit_options {
	size_t size;
	const char *const *only; /* check ids; NULL: all */
	size_t only_count;
	const char *const *skip;
	size_t skip_count;
};

/* All checks, in order. */
const struct shmg_check *const *shmg_checks(size_t *ret_count);
const struct shmg_check *shmg_check_find(const char *id);
bool shmg_check_exists(const char *id); /* for shmg_policy_load */

/* The facts that the chosen checks need: enum shmg_facts_want. */
unsigned shmg_audit_needs(const struct shmg_audit_options *options);

/* Runs the checks. `since` may be NULL. Facts and policy must outlive the audit; the caller frees *ret_audit. */
int shmg_audit_run(const struct shmg_facts *facts, const struct shmg_facts *since, const struct shmg_policy *policy,
		   const struct shmg_audit_options *options, struct shmg_audit **ret_audit);
void shmg_audit_free(struct shmg_audit **audit);

/* --- for probes --- */

/* A finding about an object, unless the policy allows it. `format` is what was found. */
void shmg_audit_find_object(struct shmg_audit *audit, const struct shmg_object *object, const char *expected,
			    const char *where, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same about an object as held by a process (its user is asked of the policy too). */
void shmg_audit_find_hold(struct shmg_audit *audit, const struct shmg_hold *hold, const char *expected,
			  const char *where, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* A finding about anything else; row is its index in its table (SHMG_U32_UNKNOWN for the host). */
void shmg_audit_find(struct shmg_audit *audit, enum shmg_subject type, uint32_t row, const char *subject,
		     const char *expected, const char *where, const char *format, ...)
	__attribute__((format(printf, 7, 8)));

/* What would be a finding about an object, but is allowed by something of the policy that is no [allow]. */
void shmg_audit_allow_object(struct shmg_audit *audit, const struct shmg_object *object, const char *exception,
			     const char *reason);

/* Formatted text that lives as long as the audit: for expected and where that are not constant. Never NULL. */
const char *shmg_audit_text(struct shmg_audit *audit, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * The current check's next findings are to have this severity instead of its own, until it is set again or the probe
 * returns. A severity that the policy names wins. The check's result has the highest of its findings.
 */
void shmg_audit_set_severity(struct shmg_audit *audit, enum shmg_severity severity);

/* `return shmg_audit_unseen(audit, "…why…");` and the same for not applicable. */
enum shmg_outcome shmg_audit_unseen(struct shmg_audit *audit, const char *why);
enum shmg_outcome shmg_audit_not_applicable(struct shmg_audit *audit, const char *why);

/*
 * The end of a sentence that says what could not be read: "; run as root" where that would help, and so neither for
 * root nor for a captured tree.
 */
const char *shmg_audit_remedy(const struct shmg_audit *audit);

/* For a probe that relies on holders: PASSED when all could be seen, else UNSEEN with the first gap as the reason. */
enum shmg_outcome shmg_audit_complete(struct shmg_audit *audit);

uint64_t shmg_audit_parameter(const struct shmg_audit *audit, enum shmg_parameter parameter);

#endif
