/* SPDX-License-Identifier: MIT */
/* An audit for people: what is wrong, the worst first, why it matters and what to do about it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cmd/audit_output.h"
#include "cmd/wrap.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "report/report.h"

#define SHOWN 3 /* findings of a check, unless all are asked for */
#define SHOWN_BRIEF 2
#define FOUND_WIDTH 640
#define INDENT 4
#define SEVERITY_WIDTH 10

struct page {
	FILE *stream;
	const struct shmg_audit *audit;
	const struct shmg_audit_summary *summary;
	const struct shmg_facts_source *source;
	unsigned width;
	bool colour;
	bool verbose; /* everything */
	bool brief;   /* a line a finding and the first step of the fix, so that the whole fits a screen or two */
};

static void put_labelled(const struct page *page, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	(void)fprintf(page->stream, "%*s%s ", INDENT, "", label);
	shmg_wrap_print(page->stream, text, INDENT + (unsigned)strlen(label) + 1, INDENT + 5, page->width);
}

static size_t next_character(const char *text, size_t at)
{
	do
		at++;
	while ((text[at] & 0xc0) == 0x80);
	return at;
}

/* Leaves out the middle of escaped text that is wider than that: names differ at both ends. There is room for dots. */
static void elide(char *text, size_t length, unsigned width)
{
	static const char dots[] = "…";
	size_t head = 0, tail;
	size_t rest = shmg_text_width(text, length), used = 0;

	if (width < 3 || rest <= width)
		return;
	for (size_t next; head < length; head = next) {
		next = next_character(text, head);
		size_t columns = shmg_text_width(text + head, next - head);
		if (used + columns > width / 2)
			break;
		used += columns;
	}
	rest -= used;
	for (tail = head; rest > width - width / 2 - 1;) {
		size_t next = next_character(text, tail);
		rest -= shmg_text_width(text + tail, next - tail);
		tail = next;
	}
	memmove(text + head + sizeof dots - 1, text + tail, length - tail + 1);
	memcpy(text + head, dots, sizeof dots - 1);
}

/* Escaped, and elided where a name alone would fill the screen. */
static void escape_short(const char *bytes, unsigned width, char *ret_text, size_t size)
{
	long length = shmg_escape(bytes, strlen(bytes), ret_text, size);

	/* What does not fit is told as far as it surely does. */
	if (length < 0)
		length = shmg_escape(bytes, (size - 1) / 4, ret_text, size);
	if (length > 0)
		elide(ret_text, (size_t)length, width);
}

/* Ids and names repeat from one namespace to the next: what is not the host's own says where it is. */
static bool is_elsewhere(const struct shmg_finding *finding)
{
	return finding->namespace && strcmp(finding->namespace, "host") != 0;
}

static void put_finding(const struct page *page, const struct shmg_finding *finding)
{
	char subject[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX) + 4], unit[SHMG_ESCAPED_MAX(256) + 4] = "";
	char found[SHMG_ESCAPED_MAX(1024) + 4], expected[SHMG_ESCAPED_MAX(1024)];
	char line[sizeof subject + sizeof unit + sizeof found + sizeof expected + 64];
	unsigned room = page->width - INDENT;

	escape_short(finding->subject ? finding->subject : "?",
		     page->verbose ? UINT32_MAX
		     : page->brief ? room / 2
				   : room - 2,
		     subject, sizeof subject);
	/* Evidence is told in full, unless a hostile name in it would fill the screen. */
	escape_short(finding->found ? finding->found : "?", page->verbose ? UINT32_MAX : FOUND_WIDTH, found,
		     sizeof found);
	escape_short(finding->expected ? finding->expected : "", UINT32_MAX, expected, sizeof expected);
	if (page->verbose && finding->unit && strcmp(finding->unit, finding->subject ? finding->subject : "") != 0)
		escape_short(finding->unit, UINT32_MAX, unit, sizeof unit);
	else if (is_elsewhere(finding))
		escape_short(finding->namespace, UINT32_MAX, unit, sizeof unit);
	(void)snprintf(line, sizeof line, "%s%s%s%s: %s%s%s%s", subject, *unit ? " (" : "", unit, *unit ? ")" : "",
		       found, *expected ? " (expected " : "", expected, *expected ? ")" : "");
	(void)fprintf(page->stream, "%*s", INDENT, "");
	shmg_wrap_print(page->stream, line, INDENT, INDENT + 4, page->width);
	if (page->verbose && finding->where) {
		escape_short(finding->where, UINT32_MAX, line, sizeof line);
		(void)fprintf(page->stream, "%*sread: ", INDENT + 4, "");
		shmg_wrap_print(page->stream, line, INDENT + 10, INDENT + 10, page->width);
	}
}

/* The worst of a check's findings first; all of them where that is asked for. */
static void put_findings(const struct page *page, const struct shmg_finding *first, size_t count)
{
	size_t most = page->brief ? SHOWN_BRIEF : SHOWN;
	size_t room = page->verbose || count == most + 1 ? count : most;
	size_t shown = 0;

	for (int severity = SHMG_SEVERITY_CRITICAL; severity >= SHMG_SEVERITY_INFO; severity--)
		for (size_t i = 0; i < count && shown < room; i++) {
			if (first[i].severity != severity)
				continue;
			put_finding(page, &first[i]);
			shown++;
		}
	if (shown < count)
		(void)fprintf(page->stream, "%*s… and %zu more\n", INDENT, "", count - shown);
}

static void put_severity(const struct page *page, enum shmg_severity severity)
{
	static const char *const colours[] = { "\033[2m", "\033[36m", "\033[33m", "\033[31m", "\033[1;31m" };
	char tag[16];
	size_t length = 0;

	for (const char *name = shmg_severity_names[severity]; *name && length + 1 < sizeof tag; name++)
		tag[length++] = (char)(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name);
	tag[length] = '\0';
	(void)fprintf(page->stream, "%s%-*s%s", page->colour ? colours[severity] : "", SEVERITY_WIDTH, tag,
		      page->colour ? "\033[0m" : "");
}

static size_t first_sentence(const char *text)
{
	const char *stop = strstr(text, ". ");
	return stop ? (size_t)(stop - text) + 1 : strlen(text);
}

static void put_check(const struct page *page, const struct shmg_audit_group *group)
{
	const struct shmg_check *check = shmg_check_find(group->result->check);
	char title[512];

	(void)fputc('\n', page->stream);
	put_severity(page, group->worst);
	(void)snprintf(title, sizeof title, "%s %s (%zu)", group->result->check, group->result->title, group->count);
	shmg_wrap_print(page->stream, title, SEVERITY_WIDTH, SEVERITY_WIDTH + 12, page->width);
	put_findings(page, group->first, group->count);
	if (!check)
		return;
	if (page->brief) {
		(void)snprintf(title, sizeof title, "%.*s", (int)first_sentence(check->fix), check->fix);
		put_labelled(page, "fix:", title);
		return;
	}
	(void)snprintf(title, sizeof title, "%.*s", (int)first_sentence(check->why), check->why);
	put_labelled(page, "why:", page->verbose ? check->why : title);
	put_labelled(page, "fix:", check->fix);
	if (!page->verbose)
		return;
	put_labelled(page, "breaks:", check->breaks);
	put_labelled(page, "see:", check->references);
}

static int put_checks_with_findings(const struct page *page)
{
	SHMG_AUTO_FREE struct shmg_audit_group *groups = shmg_audit_group_findings(page->audit);

	if (!groups)
		return -ENOMEM;
	for (int severity = SHMG_SEVERITY_CRITICAL; severity >= SHMG_SEVERITY_INFO; severity--)
		for (size_t i = 0; i < page->audit->results.count; i++)
			if (groups[i].count && (int)groups[i].worst == severity)
				put_check(page, &groups[i]);
	return 0;
}

static void put_outcomes(const struct page *page, enum shmg_outcome outcome, const char *heading)
{
	bool begun = false;

	SHMG_FOREACH(result, &page->audit->results) {
		char line[2048], reason[SHMG_ESCAPED_MAX(300)] = "";
		if (result->outcome != outcome || result->reason == shmg_reason_not_chosen)
			continue;
		if (!begun)
			(void)fprintf(page->stream, "\n%s\n", heading);
		begun = true;
		if (result->reason)
			(void)shmg_escape(result->reason, strnlen(result->reason, 300), reason, sizeof reason);
		(void)snprintf(line, sizeof line, "%s  %s%s%s", result->check, result->title, *reason ? ": " : "",
			       reason);
		(void)fputs("  ", page->stream);
		shmg_wrap_print(page->stream, line, 2, 6, page->width);
	}
}

/* Who names the checks to make knows that no other was: they are only counted. */
static void put_left_out(const struct page *page)
{
	size_t count = 0;

	put_outcomes(page, SHMG_OUTCOME_DISABLED, "These were left out by the policy:");
	SHMG_FOREACH(result, &page->audit->results)
		count += result->reason == shmg_reason_not_chosen;
	if (count)
		(void)fprintf(page->stream, "\n%zu check%s not chosen (--check, --skip).\n", count,
			      count == 1 ? " was" : "s were");
}

/* Each exception with what it covers, so that it can be reviewed. */
static void put_allowed(const struct page *page)
{
	const struct shmg_audit *audit = page->audit;

	if (audit->allowed.count)
		(void)fputs("\nAllowed by the policy:\n", page->stream);
	SHMG_FOREACH(allowed, &audit->allowed) {
		char subject[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX) + 4], exception[SHMG_ESCAPED_MAX(256) + 4];
		char source[SHMG_ESCAPED_MAX(512) + 4] = "", reason[SHMG_ESCAPED_MAX(1024)];
		char line[sizeof subject + sizeof exception + sizeof source + sizeof reason + 64];
		escape_short(allowed->subject, UINT32_MAX, subject, sizeof subject);
		escape_short(allowed->exception, UINT32_MAX, exception, sizeof exception);
		escape_short(allowed->reason, UINT32_MAX, reason, sizeof reason);
		if (allowed->source)
			escape_short(allowed->source, UINT32_MAX, source, sizeof source);
		(void)snprintf(line, sizeof line, "%s  %s: %s%s%s%s: %s", allowed->check, subject, exception,
			       *source ? " (" : "", source, *source ? ")" : "", reason);
		(void)fputs("  ", page->stream);
		shmg_wrap_print(page->stream, line, 2, 6, page->width);
	}
}

static bool is_same_reason(const struct shmg_result *left, const struct shmg_result *right)
{
	return strcmp(left->reason ? left->reason : "", right->reason ? right->reason : "") == 0;
}

/* Whether an earlier check could not look for the same reason, and so has told of this one. */
static bool is_told(const struct shmg_audit *audit, const struct shmg_result *result)
{
	for (const struct shmg_result *other = audit->results.items; other < result; other++)
		if (other->outcome == SHMG_OUTCOME_UNSEEN && is_same_reason(other, result))
			return true;
	return false;
}

/* The checks that could not look, by the reason: one gap often blinds many. */
static void put_unseen(const struct page *page)
{
	const struct shmg_audit *audit = page->audit;
	const struct shmg_result *end = audit->results.items + audit->results.count;

	if (page->summary->unseen)
		(void)fputs("\nThese checks could not look:\n", page->stream);
	SHMG_FOREACH(result, &audit->results) {
		char line[8192], reason[SHMG_ESCAPED_MAX(300)] = "";
		size_t used = 0;
		if (result->outcome != SHMG_OUTCOME_UNSEEN || is_told(audit, result))
			continue;
		for (const struct shmg_result *other = result; other < end && used + 64 < sizeof line; other++)
			if (other->outcome == SHMG_OUTCOME_UNSEEN && is_same_reason(other, result))
				used += (size_t)snprintf(line + used, sizeof line - used, "%s%.32s", used ? ", " : "",
							 other->check);
		if (result->reason)
			(void)shmg_escape(result->reason, strnlen(result->reason, 300), reason, sizeof reason);
		(void)snprintf(line + used, sizeof line - used, "%s%s", *reason ? ": " : "", reason);
		(void)fputs("  ", page->stream);
		shmg_wrap_print(page->stream, line, 2, 6, page->width);
	}
}

static size_t count_holders(const struct shmg_facts *facts)
{
	size_t count = 0;

	for (size_t i = 0; i < facts->holds.count; i++)
		count += i == 0 || facts->holds.items[i].process != facts->holds.items[i - 1].process;
	return count;
}

static void put_header(const struct page *page)
{
	const struct shmg_facts *facts = page->audit->facts;
	const struct shmg_host *host = facts->host.items;
	char hostname[SHMG_ESCAPED_MAX(256)] = "?", release[SHMG_ESCAPED_MAX(128)] = "?", taken[40] = "?", line[2048];

	if (host->hostname)
		(void)shmg_escape(host->hostname, strnlen(host->hostname, 256), hostname, sizeof hostname);
	if (host->release)
		(void)shmg_escape(host->release, strnlen(host->release, 128), release, sizeof release);
	if (host->taken != SHMG_TIME_UNKNOWN)
		(void)shmg_format_time(host->taken - host->taken % 1000000000, taken);
	size_t holders = count_holders(facts);
	(void)snprintf(line, sizeof line, "%s, Linux %s, %s: %zu object%s, %zu process%s holding them%s", hostname,
		       release, taken, facts->objects.count, facts->objects.count == 1 ? "" : "s", holders,
		       holders == 1 ? "" : "es", host->complete ? "" : "; not all could be seen");
	shmg_wrap_print(page->stream, line, 0, 2, page->width);
}

static void append(char *text, size_t size, const char *separator, uint32_t count, const char *what)
{
	size_t used = strlen(text);

	if (count && used < size)
		(void)snprintf(text + used, size - used, "%s%" PRIu32 " %s", used ? separator : "", count, what);
}

static void put_summary(const struct page *page)
{
	const struct shmg_audit_summary *summary = page->summary;
	char severities[160] = "", outcomes[512] = "", line[1024];

	for (int severity = SHMG_SEVERITY_CRITICAL; severity >= SHMG_SEVERITY_INFO; severity--)
		append(severities, sizeof severities, ", ",
		       shmg_audit_summary_of(summary, (enum shmg_severity)severity), shmg_severity_names[severity]);
	append(outcomes, sizeof outcomes, ", ", summary->passed, "passed");
	append(outcomes, sizeof outcomes, ", ", summary->found, "with findings");
	append(outcomes, sizeof outcomes, ", ", summary->unseen, "could not look");
	append(outcomes, sizeof outcomes, ", ", summary->not_applicable, "not applicable");
	(void)snprintf(line, sizeof line, "%" PRIu32 " check%s%s%s; %" PRIu32 " finding%s%s%s%s", summary->checks,
		       summary->checks == 1 ? "" : "s", *outcomes ? ": " : "", outcomes, summary->findings,
		       summary->findings == 1 ? "" : "s", *severities ? " (" : "", severities, *severities ? ")" : "");
	append(line, sizeof line, "; ", summary->allowed, "allowed by the policy");
	append(line, sizeof line, "; ", summary->disabled,
	       summary->disabled == 1 ? "check left out" : "checks left out");
	(void)fputc('\n', page->stream);
	shmg_wrap_print(page->stream, line, 0, 2, page->width);
}

/* A word that a shell takes as it stands; false when no quoting makes it fit to be shown. */
static bool quote(const char *word, char *ret_text, size_t size)
{
	size_t length = strlen(word);

	if (!length || length + 3 > size || length > 60 || !shmg_escape_is_plain(word, length) || strchr(word, '\''))
		return false;
	bool bare = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.:#@%+=-") == length;
	(void)snprintf(ret_text, size, bare ? "%s" : "'%s'", word);
	return true;
}

/* A command to copy: under the name that we were called by, for who has not installed us. */
static void put_hint(const struct page *page, const char *command, const char *what)
{
	static const char name[] = "shmguard ";
	const char *self = strstr(command, name), *called = program_invocation_name;
	char escaped[SHMG_ESCAPED_MAX(256)];

	if (self && (self == command || self[-1] == ' ') && strchr(called, '/') && strlen(called) <= 256 &&
	    shmg_escape(called, strlen(called), escaped, sizeof escaped) > 0)
		(void)fprintf(page->stream, "  %.*s%s %s\n      ", (int)(self - command), command, escaped,
			      self + sizeof name - 1);
	else
		(void)fprintf(page->stream, "  %s\n      ", command);
	shmg_wrap_print(page->stream, what, 6, 6, page->width);
}

/* The worst finding about an object that `show` can be asked about; the host's own before others. */
static const struct shmg_finding *worst_object(const struct shmg_audit *audit)
{
	const struct shmg_finding *worst = NULL;
	char word[80];

	SHMG_FOREACH(finding, &audit->findings)
		if (finding->subject_type == SHMG_SUBJECT_OBJECT && quote(finding->subject, word, sizeof word) &&
		    (!worst || finding->severity > worst->severity ||
		     (finding->severity == worst->severity && is_elsewhere(worst) && !is_elsewhere(finding))))
			worst = finding;
	return worst;
}

static void put_next(const struct page *page)
{
	const struct shmg_audit *audit = page->audit;
	const struct shmg_facts_source *source = page->source;
	const struct shmg_finding *object = worst_object(audit);
	bool here = !source->from && !source->root;
	bool blind = here && geteuid() != 0 && (page->summary->unseen || !audit->facts->host.items->complete);
	char command[256], word[80], place[80] = "";

	if (!audit->findings.count && !blind)
		return;
	if (!here && quote(source->from ? source->from : source->root, word, sizeof word))
		(void)snprintf(place, sizeof place, " %s %.60s", source->from ? "--from" : "--root", word);
	(void)fputs("\nnext:\n", page->stream);
	if (object && quote(object->subject, word, sizeof word)) {
		(void)snprintf(command, sizeof command, "shmguard show %s%s%.40s%s", word,
			       is_elsewhere(object) ? " --namespace " : "",
			       is_elsewhere(object) ? object->namespace : "", place);
		put_hint(page, command, "what it is, who holds it and who can write it");
	}
	if (page->brief && audit->findings.count) {
		(void)snprintf(command, sizeof command, "shmguard audit --verbose%s", place);
		put_hint(page, command, "why each matters, the whole fix, and what the fix could break");
	} else if (audit->findings.count && !page->verbose) {
		const struct shmg_finding *first = object ? object : audit->findings.items;
		(void)snprintf(command, sizeof command, "shmguard audit --check %s --verbose%s", first->check, place);
		put_hint(page, command, "all that a check found, where it was read, and what its fix could break");
	}
	if (audit->findings.count)
		put_hint(page, "man shmguard-policy",
			 "how to write down, with its reason, that something is wanted as it is; in a source tree: "
			 "docs/policy.example.ini");
	if (blind)
		put_hint(page, "sudo shmguard audit", "sees what belongs to other users");
}

int shmg_audit_report(FILE *stream, const struct shmg_audit *audit, const struct shmg_audit_summary *summary,
		      const struct shmg_facts_source *source, bool verbose, bool chosen)
{
	struct page page = {
		.stream = stream,
		.audit = audit,
		.summary = summary,
		.source = source,
		.width = shmg_wrap_width(stream),
		.colour = shmg_style_of(stream).colour,
		.verbose = verbose,
		.brief = !verbose && !chosen,
	};

	put_header(&page);
	if (put_checks_with_findings(&page) < 0)
		return -ENOMEM;
	if (verbose) {
		put_outcomes(&page, SHMG_OUTCOME_UNSEEN, "These checks could not look:");
		put_outcomes(&page, SHMG_OUTCOME_NOT_APPLICABLE, "These do not apply:");
		put_outcomes(&page, SHMG_OUTCOME_PASSED, "These passed:");
		put_left_out(&page);
		put_allowed(&page);
	} else {
		put_unseen(&page);
	}
	if (audit->facts->coverage.count)
		(void)fputc('\n', stream);
	shmg_coverage_print(audit->facts, stream);
	put_summary(&page);
	put_next(&page);
	return 0;
}
