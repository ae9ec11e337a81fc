/* SPDX-License-Identifier: MIT */
/* The table of checks, for --list-checks. */
#include <errno.h>
#include <string.h>

#include "cmd/audit_output.h"
#include "cmd/document.h"
#include "cmd/wrap.h"
#include "lib/base/cleanup.h"

static const struct shmg_section_shape shapes[] = { { "checks", &shmg_check_type, false } };
const struct shmg_document shmg_document_checks = {
	"checks", "What shmguard audit --list-checks prints: the checks that there are", shapes, 1
};

static bool is_listed(const char *id, const char *const *ids, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(ids[i], id) == 0)
			return true;
	return false;
}

static const void *check_at(void *context, size_t index)
{
	const struct shmg_check *const *checks = context;
	return checks[index];
}

static void print_prose(FILE *stream, const struct shmg_check *check)
{
	const struct {
		const char *label, *text;
	} parts[] = { { "why:", check->why },
		      { "fix:", check->fix },
		      { "breaks:", check->breaks },
		      { "see:", check->references } };
	unsigned width = shmg_wrap_width(stream);

	(void)fprintf(stream, "%s  %s, %s\n  ", check->id, check->family, shmg_severity_names[check->severity]);
	shmg_wrap_print(stream, check->title, 2, 2, width);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (!parts[i].text || !*parts[i].text)
			continue;
		(void)fprintf(stream, "  %s ", parts[i].label);
		shmg_wrap_print(stream, parts[i].text, 3 + (unsigned)strlen(parts[i].label), 6, width);
	}
	for (const enum shmg_parameter *parameter = check->parameters;
	     parameter && *parameter != SHMG_PARAMETER_COUNT; parameter++) {
		const struct shmg_policy_parameter *row = &shmg_policy_parameters[*parameter];
		(void)fprintf(stream, "  threshold: %s, %llu unless the policy says otherwise\n", row->name,
			      (unsigned long long)row->value);
	}
	(void)fputc('\n', stream);
}

int shmg_audit_print_checks(FILE *stream, const struct shmg_audit_options *options, bool json, bool verbose)
{
	size_t count, chosen = 0;
	const struct shmg_check *const *all = shmg_checks(&count);
	SHMG_AUTO_FREE const struct shmg_check **checks = calloc(count + 1, sizeof *checks);
	struct shmg_columns columns;

	if (!checks)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if ((!options->only_count || is_listed(all[i]->id, options->only, options->only_count)) &&
		    !is_listed(all[i]->id, options->skip, options->skip_count))
			checks[chosen++] = all[i];
	struct shmg_source source = { &shmg_check_type, chosen, check_at, checks };
	if (json)
		return shmg_document_print(stream, &shmg_document_checks, &source);
	if (verbose) {
		for (size_t i = 0; i < chosen; i++)
			print_prose(stream, checks[i]);
		return 0;
	}
	int code = shmg_columns_choose(&shmg_check_type, NULL, &columns, NULL);
	struct shmg_style style = shmg_style_of(stream);
	return code < 0 ? code : shmg_table_print(stream, &source, &columns, &style);
}
