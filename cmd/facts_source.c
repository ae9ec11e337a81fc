/* SPDX-License-Identifier: MIT */
#include "cmd/facts_source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "cmd/option.h"
#include "cmd/wrap.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "report/report.h"

#define POLICY_PATH "/etc/shmguard/policy.ini"

bool shmg_facts_source_option(struct shmg_facts_source *source, int id, const char *value)
{
	switch (id) {
	case SHMG_OPTION_FROM:
		source->from = value;
		return true;
	case SHMG_OPTION_ROOT:
		source->root = value;
		return true;
	case SHMG_OPTION_POLICY:
		source->policy = value;
		return true;
	default:
		return false;
	}
}

/* A row number that leads nowhere would be a crash in whoever follows it: a snapshot is a file that anybody wrote. */
static int check_rows(const struct shmg_facts *facts, const char *path, struct shmg_error *error)
{
	if (facts->host.count != 1)
		return shmg_error_set(error, -EINVAL, path, "has %zu hosts; a snapshot has one", facts->host.count);
	uint32_t before = 0;
	SHMG_FOREACH(process, &facts->processes) {
		if (process > facts->processes.items && process->pid <= before)
			return shmg_error_set(error, -EINVAL, path, "processes are not in the order of their pids");
		before = process->pid;
	}
	const struct shmg_hold *last = NULL;
	SHMG_FOREACH(hold, &facts->holds) {
		if (hold->process >= facts->processes.count || hold->object >= facts->objects.count)
			return shmg_error_set(error, -EINVAL, path, "hold %zu names a row that does not exist",
					      (size_t)(hold - facts->holds.items));
		if (last && hold->process < last->process)
			return shmg_error_set(error, -EINVAL, path, "holds are not in the order of their processes");
		last = hold;
	}
	SHMG_FOREACH(object, &facts->objects) {
		if (object->kind > SHMG_KIND_TMPFS)
			return shmg_error_set(error, -EINVAL, path, "object %zu has no kind",
					      (size_t)(object - facts->objects.items));
		if (object->mount != SHMG_U32_UNKNOWN && object->mount >= facts->mounts.count)
			return shmg_error_set(error, -EINVAL, path, "object %zu names a mount that does not exist",
					      (size_t)(object - facts->objects.items));
	}
	return 0;
}

int shmg_snapshot_read(const char *path, struct shmg_facts **ret_facts, struct shmg_error *error)
{
	struct shmg_section_target targets[SHMG_COLUMNS_MAX];
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = shmg_facts_new();

	if (!facts)
		return shmg_error_set(error, -ENOMEM, path, "no memory");
	shmg_array_clear(&facts->host);
	for (size_t i = 0; i < shmg_facts_table_count; i++) {
		const struct shmg_facts_table *table = &shmg_facts_tables[i];
		targets[i] = (struct shmg_section_target){
			.name = table->name,
			.type = table->type,
			.array = (struct shmg_array *)(void *)((char *)facts + table->offset),
		};
	}
	int code = shmg_json_read(path, "snapshot", targets, shmg_facts_table_count, &facts->pool, error);
	if (code == -ENOENT)
		return shmg_error_set(error, code, path, "no such file; shmguard snapshot FILE writes one");
	if (code < 0)
		return code;
	code = check_rows(facts, path, error);
	if (code < 0)
		return code;
	*ret_facts = SHMG_TAKE_PTR(facts);
	return 0;
}

int shmg_facts_source_open(const struct shmg_facts_source *source, unsigned want, struct shmg_facts **ret_facts,
			   struct shmg_error *error)
{
	if (source->from)
		return shmg_snapshot_read(source->from, ret_facts, error);

	struct shmg_facts_options options = { .size = sizeof options, .root = source->root, .want = want };
	return shmg_facts_collect(&options, ret_facts, error);
}

int shmg_facts_source_policy(const struct shmg_facts_source *source, struct shmg_policy **ret_policy,
			     struct shmg_error *error)
{
	if (source->policy)
		return shmg_policy_load(source->policy, shmg_check_exists, ret_policy, error);

	struct shmg_policy *policy = NULL;
	struct shmg_error why;
	int code = shmg_policy_load(POLICY_PATH, shmg_check_exists, &policy, &why);
	if (code == -ENOENT) {
		policy = shmg_policy_new();
		code = policy ? 0 : shmg_error_set(&why, -ENOMEM, "", "no memory");
	}
	if (code < 0) {
		*error = why;
		return code;
	}
	*ret_policy = policy;
	return 0;
}

void shmg_coverage_print(const struct shmg_facts *facts, FILE *stream)
{
	unsigned width = shmg_wrap_width(stream);

	SHMG_FOREACH(gap, &facts->coverage) {
		char line[1024], escaped[SHMG_ESCAPED_MAX(sizeof line)];
		char count[128] = "";
		if (gap->count != SHMG_U64_UNKNOWN && (gap->count > 1 || gap->example))
			(void)snprintf(count, sizeof count, " (%" PRIu64 "%s%.64s)", gap->count,
				       gap->example ? ", for one " : "", gap->example ? gap->example : "");
		(void)snprintf(line, sizeof line, "%s%s: %s", gap->what ? gap->what : "?", count,
			       gap->why ? gap->why : "?");
		(void)shmg_escape(line, strlen(line), escaped, sizeof escaped);
		(void)fputs("could not see: ", stream);
		shmg_wrap_print(stream, escaped, 15, 2, width);
	}
}
