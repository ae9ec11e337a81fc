/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "cmd/audit_output.h"
#include "cmd/document.h"
#include "cmd/facts_source.h"
#include "cmd/verb.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"

static const struct shmg_section_shape audit_shapes[] = {
	{ "host", &shmg_host_type, true },
	{ "summary", &shmg_audit_summary_type, true },
	{ "findings", &shmg_finding_type, false },
	{ "checks", &shmg_check_type, false }, /* of the findings: why each matters, how to mend it */
	{ "allowed", &shmg_allowed_type, false },
	{ "results", &shmg_result_type, false },
	{ "coverage", &shmg_coverage_type, false },
};
const struct shmg_document shmg_document_audit = {
	"audit", "What shmguard audit prints: where a host's shared memory differs from what it should be",
	audit_shapes, sizeof audit_shapes / sizeof *audit_shapes
};

enum { OPTION_LIST = SHMG_OPTION_OWN, OPTION_CHECK, OPTION_SKIP, OPTION_FAIL_ON, OPTION_SINCE, OPTION_VERBOSE };

static const char *const formats[] = { "table", "json", "sarif", "prometheus", NULL };

#define FAIL_NEVER (SHMG_SEVERITY_CRITICAL + 1)

/* The severities, and then "never". */
static const char *fail_on_at(size_t index)
{
	if (index < FAIL_NEVER)
		return shmg_severity_names[index];
	return index == FAIL_NEVER ? "never" : NULL;
}

static const char *check_at(size_t index)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);
	return index < count ? checks[index]->id : NULL;
}

static const char *candidate_at(const void *at, size_t index)
{
	const char *(*const *function)(size_t index) = at;
	return (*function)(index);
}

static const struct shmg_option options[] = {
	{ .id = OPTION_LIST, .name = "list-checks", .letter = 'l',
	  .help = "list the checks instead; with -v, explain them" },
	{ .id = OPTION_CHECK, .name = "check", .argument = "ID", .value_at = check_at,
	  .help = "only this check; may be given several times" },
	{ .id = OPTION_SKIP, .name = "skip", .argument = "ID", .value_at = check_at,
	  .help = "not this check; may be given several times" },
	{ .id = OPTION_FAIL_ON, .name = "fail-on", .argument = "SEVERITY", .value_at = fail_on_at,
	  .help = "exit with 1 when a finding is of this severity or worse: info, low (without this option), medium, "
		  "high, critical, or never" },
	{ .id = OPTION_SINCE, .name = "since", .argument = "FILE",
	  .help = "also compare with this earlier snapshot: what has grown" },
	{ .id = OPTION_VERBOSE, .name = "verbose", .letter = 'v',
	  .help = "all findings, where each was read, what a fix could break, what the policy allows, and the checks "
		  "that passed" },
	SHMG_OPTION_ROW_FORMAT(formats),
	SHMG_OPTION_ROW_FROM,
	SHMG_OPTION_ROW_ROOT,
	SHMG_OPTION_ROW_POLICY,
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

#define IDS_MAX 256

struct wish {
	struct shmg_facts_source source;
	struct shmg_audit_options audit;
	const char *only[IDS_MAX], *skip[IDS_MAX];
	const char *since;
	const char *format;
	unsigned fail_on; /* enum shmg_severity, or FAIL_NEVER */
	bool list, verbose;
};

static int refuse(const char *what, const char *text, const char *(*at)(size_t index), struct shmg_error *error)
{
	char escaped[SHMG_ESCAPED_MAX(40)];
	const char *nearest = shmg_nearest(text, candidate_at, &at);

	(void)shmg_escape(text, strnlen(text, 40), escaped, sizeof escaped);
	return shmg_error_set(error, -EINVAL, "", "no %s %s%s%s%s", what, escaped, nearest ? "; did you mean " : "",
			      nearest ? nearest : "", nearest ? "?" : "; --help lists them");
}

static int add_id(const char **ids, size_t *count, const char *id, struct shmg_error *error)
{
	if (!shmg_check_exists(id))
		return refuse("check", id, check_at, error);
	if (*count == IDS_MAX)
		return shmg_error_set(error, -EINVAL, "", "more than %d checks named", IDS_MAX);
	ids[(*count)++] = id;
	return 0;
}

static int parse_fail_on(const char *text, unsigned *ret_fail_on, struct shmg_error *error)
{
	for (unsigned i = 0; fail_on_at(i); i++)
		if (strcmp(fail_on_at(i), text) == 0) {
			*ret_fail_on = i;
			return 0;
		}
	return refuse("severity", text, fail_on_at, error);
}

static int take_option(struct wish *wish, int id, const char *value, struct shmg_error *error)
{
	if (shmg_facts_source_option(&wish->source, id, value))
		return 0;
	switch (id) {
	case OPTION_LIST:
		wish->list = true;
		return 0;
	case OPTION_CHECK:
		return add_id(wish->only, &wish->audit.only_count, value, error);
	case OPTION_SKIP:
		return add_id(wish->skip, &wish->audit.skip_count, value, error);
	case OPTION_FAIL_ON:
		return parse_fail_on(value, &wish->fail_on, error);
	case OPTION_SINCE:
		wish->since = value;
		return 0;
	case OPTION_VERBOSE:
		wish->verbose = true;
		return 0;
	case SHMG_OPTION_FORMAT:
		wish->format = value;
		return 0;
	}
	return 0;
}

static int parse(struct wish *wish, int argc, char **argv, struct shmg_error *error)
{
	struct shmg_option_reader reader;
	const char *value;
	int id;

	*wish = (struct wish){ .format = "table", .fail_on = SHMG_SEVERITY_LOW };
	wish->audit.size = sizeof wish->audit;
	wish->audit.only = wish->only;
	wish->audit.skip = wish->skip;
	shmg_option_begin(&reader, options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, NULL)) > 0)
		if (take_option(wish, id, value, error) < 0)
			return -EINVAL;
	if (reader.operand_count)
		return shmg_error_set(error, -EINVAL, "", "takes no arguments; one check is --check ID");
	if (wish->source.from && wish->source.root)
		return shmg_error_set(error, -EINVAL, "", "--from and --root exclude each other");
	if (wish->list && strcmp(wish->format, "table") != 0 && strcmp(wish->format, "json") != 0)
		return shmg_error_set(error, -EINVAL, "", "the list of checks is printed as table or json");
	return 0;
}

static const void *check_of_found(void *context, size_t index)
{
	const struct shmg_check *const *found = context;
	return found[index];
}

static int print_json(const struct shmg_audit *audit, const struct shmg_audit_summary *summary)
{
	struct shmg_audit_summary copy = *summary;
	SHMG_AUTO_FREE const struct shmg_check **found = calloc(audit->results.count + 1, sizeof *found);
	size_t found_count = 0;

	if (!found)
		return -ENOMEM;
	SHMG_FOREACH(result, &audit->results)
		if (result->findings)
			found[found_count++] = shmg_check_find(result->check);
	const struct shmg_facts *facts = audit->facts;
	struct shmg_source sources[] = {
		SHMG_SOURCE_OF(&facts->host),
		{ .count = 1, .context = &copy },
		SHMG_SOURCE_OF(&audit->findings),
		{ .count = found_count, .at = check_of_found, .context = found },
		SHMG_SOURCE_OF(&audit->allowed),
		SHMG_SOURCE_OF(&audit->results),
		SHMG_SOURCE_OF(&facts->coverage),
	};
	return shmg_document_print(stdout, &shmg_document_audit, sources);
}

static int print(const struct wish *wish, const struct shmg_audit *audit, const struct shmg_audit_summary *summary)
{
	switch (wish->format[0]) {
	case 'j':
		return print_json(audit, summary);
	case 's':
		return shmg_audit_print_sarif(stdout, audit);
	case 'p':
		return shmg_audit_print_prometheus(stdout, audit, summary,
						   shmg_audit_needs(&wish->audit) & SHMG_WANT_LEASE);
	default:
		return shmg_audit_report(stdout, audit, summary, &wish->source, wish->verbose,
					 wish->audit.only_count != 0);
	}
}

static int status_of(const struct wish *wish, const struct shmg_audit_summary *summary)
{
	if (wish->fail_on == FAIL_NEVER)
		return SHMG_EXIT_CLEAN; /* asked whether it ran, not what it saw; the report says both */
	for (unsigned severity = wish->fail_on; severity < FAIL_NEVER; severity++)
		if (shmg_audit_summary_of(summary, (enum shmg_severity)severity))
			return SHMG_EXIT_FINDINGS;
	return summary->unseen ? SHMG_EXIT_UNSEEN : SHMG_EXIT_CLEAN;
}

static int audit(const struct wish *wish, const struct shmg_facts *facts, const struct shmg_facts *since,
		 const struct shmg_policy *policy)
{
	struct shmg_audit *audit SHMG_CLEANUP(shmg_audit_free) = NULL;
	struct shmg_audit_summary summary;
	int code = shmg_audit_run(facts, since, policy, &wish->audit, &audit);

	if (code < 0)
		return shmg_say_code(code, "audit");
	shmg_audit_summarize(audit, &summary);
	code = print(wish, audit, &summary);
	int status = shmg_finish_output(code, status_of(wish, &summary));
	if (code == 0 && !ferror(stdout) && status == SHMG_EXIT_UNSEEN)
		(void)fprintf(stderr, "shmguard audit: %u check%s could not look, so this is not a clean bill\n",
			      summary.unseen, summary.unseen == 1 ? "" : "s");
	return status;
}

static int run(int argc, char **argv)
{
	struct shmg_policy *policy SHMG_CLEANUP(shmg_policy_free) = NULL;
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = NULL;
	struct shmg_facts *since SHMG_CLEANUP(shmg_facts_free) = NULL;
	struct shmg_error error;
	struct wish wish;

	if (parse(&wish, argc, argv, &error) < 0)
		return shmg_say_usage(argv[0], "%s", error.message);
	if (wish.list) {
		int code = shmg_audit_print_checks(stdout, &wish.audit, wish.format[0] == 'j', wish.verbose);
		return shmg_finish_output(code, SHMG_EXIT_CLEAN);
	}
	if (shmg_facts_source_policy(&wish.source, &policy, &error) < 0) {
		(void)shmg_say_failure(argv[0], &error);
		return SHMG_EXIT_USAGE;
	}
	if (wish.since && shmg_snapshot_read(wish.since, &since, &error) < 0)
		return shmg_say_failure(argv[0], &error);
	if (shmg_facts_source_open(&wish.source, shmg_audit_needs(&wish.audit), &facts, &error) < 0)
		return shmg_say_failure(argv[0], &error);
	return audit(&wish, facts, since, policy);
}

static bool term_at(size_t index, const char **ret_term, const char **ret_meaning)
{
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	if (index >= count)
		return false;
	*ret_term = checks[index]->id;
	*ret_meaning = checks[index]->title;
	return true;
}

static const char *const description[] = {
	"Compares this host's shared memory with the policy, and says where they differ: each finding with what was "
	"expected, what was found and where it was read, how bad it is, why it matters and how to put it right. "
	"Looking changes nothing.",
	"What is wanted as it is belongs into the policy file, once and with its reason: see shmguard-policy(5).",
	"A check that could not look is not a check that passed: it is listed with the reason, and the exit status is "
	"3 unless there are findings.",
	"The formats sarif (2.1.0) and prometheus (text exposition) are for code scanners and for the textfile "
	"collector of node_exporter.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "sudo shmguard audit", "all of it" },
	{ "sudo shmguard audit --verbose --check SHM-OBJ-001", "one check, in full" },
	{ "sudo shmguard audit --fail-on high --format json > audit.json", "for a pipeline: fail on what is bad only" },
	{ "sudo shmguard audit --since monday.json", "what has grown since then" },
	{ "shmguard audit --list-checks -v", "what is checked, and why" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_audit = {
	.name = "audit",
	.summary = "say what is wrong with this host's shared memory",
	.usage = "[OPTION…]",
	.description = description,
	.options = options,
	.examples = examples,
	.glossary = "CHECKS",
	.term_at = term_at,
	.run = run,
};
