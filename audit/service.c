/* SPDX-License-Identifier: MIT */
/* Services in the host's namespaces whose shared memory nobody else uses: they could have their own at no cost. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/isolation.h"
#include "lib/base/cleanup.h"

/* Who holds an object: the index of a unit, or one of these. */
#define NOBODY UINT32_MAX
#define SEVERAL (UINT32_MAX - 1)

struct unit {
	const char *name; /* NULL: the processes that belong to none */
	uint32_t alone;   /* objects that only it holds */
	bool shares;      /* it also holds what others hold */
	bool outside;     /* some of it lives in another IPC namespace */
};

struct survey {
	SHMG_ARRAY(struct unit) units;
	uint32_t *unit_of_process;
	uint32_t *holder_of_object;
};

static void free_survey(struct survey *survey)
{
	shmg_array_clear(&survey->units);
	free(survey->unit_of_process);
	free(survey->holder_of_object);
}

static uint64_t host_ipc_ns(const struct shmg_facts *facts)
{
	SHMG_FOREACH(ns, &facts->namespaces)
		if (ns->type == SHMG_NAMESPACE_IPC && ns->host == 1)
			return ns->inode;
	return SHMG_U64_UNKNOWN;
}

static bool is_service(const struct unit *unit)
{
	size_t length = unit->name ? strlen(unit->name) : 0;

	/* user@UID.service is the session of a person, whose programs come and go. */
	return length > 8 && strcmp(unit->name + length - 8, ".service") == 0 && strncmp(unit->name, "user@", 5) != 0;
}

static bool is_counted(const struct shmg_facts *facts, const struct shmg_hold *hold)
{
	if (hold->object >= facts->objects.count || hold->process >= facts->processes.count)
		return false;
	uint8_t kind = facts->objects.items[hold->object].kind;
	return kind == SHMG_KIND_SYSV || kind == SHMG_KIND_POSIX || kind == SHMG_KIND_SEMAPHORE;
}

/* Names are interned by those who collect them, so that equal pointers decide nearly always. */
static int find_unit(struct survey *survey, const char *name, uint32_t *ret_index)
{
	for (size_t i = 0; i < survey->units.count; i++) {
		const char *other = survey->units.items[i].name;
		if (other == name || (other && name && strcmp(other, name) == 0)) {
			*ret_index = (uint32_t)i;
			return 0;
		}
	}
	struct unit *unit = SHMG_APPEND(&survey->units);
	if (!unit)
		return -ENOMEM;
	unit->name = name;
	*ret_index = (uint32_t)survey->units.count - 1;
	return 0;
}

static int fill_units(const struct shmg_facts *facts, struct survey *survey)
{
	uint64_t host = host_ipc_ns(facts);

	for (size_t row = 0; row < facts->processes.count; row++) {
		const struct shmg_process *process = &facts->processes.items[row];
		int code = find_unit(survey, process->unit, &survey->unit_of_process[row]);
		if (code)
			return code;
		if (process->ipc_ns != host || process->container == 1)
			survey->units.items[survey->unit_of_process[row]].outside = true;
	}
	return 0;
}

static void fill_holders(const struct shmg_facts *facts, struct survey *survey)
{
	memset(survey->holder_of_object, 0xff, facts->objects.count * sizeof *survey->holder_of_object);
	SHMG_FOREACH(hold, &facts->holds) {
		if (!is_counted(facts, hold))
			continue;
		uint32_t *holder = &survey->holder_of_object[hold->object],
			 unit = survey->unit_of_process[hold->process];
		*holder = *holder == NOBODY || *holder == unit ? unit : SEVERAL;
	}
	SHMG_FOREACH(hold, &facts->holds)
		if (is_counted(facts, hold) && survey->holder_of_object[hold->object] == SEVERAL)
			survey->units.items[survey->unit_of_process[hold->process]].shares = true;
	for (size_t row = 0; row < facts->objects.count; row++)
		if (survey->holder_of_object[row] < SEVERAL)
			survey->units.items[survey->holder_of_object[row]].alone++;
}

static void tell(struct shmg_audit *audit, const struct survey *survey)
{
	char names[640] = "";
	size_t length = 0, count = 0;

	SHMG_FOREACH(unit, &survey->units) {
		if (!is_service(unit) || unit->outside || unit->shares || !unit->alone)
			continue;
		count++;
		if (length < sizeof names)
			length += (size_t)snprintf(names + length, sizeof names - length, "%s%s (%" PRIu32 ")",
						   length ? ", " : "", unit->name, unit->alone);
	}
	if (count)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "the host's IPC namespace and /dev/shm",
				"only services that share memory with others",
				"/proc/PID/cgroup, /proc/PID/ns/ipc and /proc/PID/maps of each",
				"%zu service%s with objects that nobody else holds: %s", count, count == 1 ? "" : "s",
				names);
}

enum shmg_outcome shmg_service_probe_alone(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	SHMG_CLEANUP(free_survey) struct survey survey = { 0 };

	if (host_ipc_ns(facts) == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the host's IPC namespace could not be seen");
	/* Without all holders "nobody else" is a guess. */
	if (facts->host.items[0].complete != 1)
		return shmg_audit_complete(audit);
	survey.unit_of_process = calloc(facts->processes.count + 1, sizeof *survey.unit_of_process);
	survey.holder_of_object = calloc(facts->objects.count + 1, sizeof *survey.holder_of_object);
	if (!survey.unit_of_process || !survey.holder_of_object || fill_units(facts, &survey) < 0) {
		audit->failed = -ENOMEM;
		return SHMG_OUTCOME_PASSED;
	}
	fill_holders(facts, &survey);
	tell(audit, &survey);
	return SHMG_OUTCOME_PASSED;
}
