/* SPDX-License-Identifier: MIT */
/* Memory that does not keep what was written to it, and parts too hot to trust. */
#include "audit/family.h"

#include <inttypes.h>

static const char *name_of(const struct shmg_sensor *sensor)
{
	return sensor->name ? sensor->name : "?";
}

static const char *source_of(const struct shmg_sensor *sensor)
{
	return sensor->source ? sensor->source : "/sys";
}

static enum shmg_outcome outcome_of(struct shmg_audit *audit, size_t present, size_t read, const char *absent)
{
	if (!present)
		return shmg_audit_not_applicable(audit, absent);
	return read ? SHMG_OUTCOME_PASSED : shmg_audit_unseen(audit, "the sensors are there, but could not be read");
}

static enum shmg_outcome probe_errors(struct shmg_audit *audit, bool corrected, uint64_t least, const char *expected)
{
	size_t present = 0, read = 0;

	SHMG_FOREACH(sensor, &audit->facts->sensors) {
		uint64_t errors = corrected ? sensor->corrected : sensor->uncorrected;
		if (sensor->kind != SHMG_SENSOR_MEMORY)
			continue;
		present++;
		if (errors == SHMG_U64_UNKNOWN)
			continue;
		read++;
		if (errors >= least)
			shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, name_of(sensor), expected,
					source_of(sensor), "%" PRIu64 " %s error%s since boot", errors,
					corrected ? "corrected" : "uncorrected", errors == 1 ? "" : "s");
	}
	return outcome_of(audit, present, read,
			  "the machine shows no memory controller: it has no ECC, no EDAC driver, or is virtual");
}

static enum shmg_outcome probe_corrected(struct shmg_audit *audit)
{
	uint64_t least = shmg_audit_parameter(audit, SHMG_PARAMETER_CORRECTED_ERRORS);
	const char *expected =
		shmg_audit_text(audit, "fewer than %" PRIu64 " corrected error%s", least, least == 1 ? "" : "s");
	return probe_errors(audit, true, least, expected);
}

static enum shmg_outcome probe_uncorrected(struct shmg_audit *audit)
{
	return probe_errors(audit, false, 1, "no uncorrected error");
}

/* What the sensor itself says that it must not reach; some drivers write 0 for "not set". */
static uint64_t limit_of(const struct shmg_audit *audit, const struct shmg_sensor *sensor, const char **ret_whose)
{
	bool maximum = sensor->maximum && sensor->maximum != SHMG_U64_UNKNOWN;
	bool critical = sensor->critical && sensor->critical != SHMG_U64_UNKNOWN;

	if (maximum && !(critical && sensor->critical < sensor->maximum)) {
		*ret_whose = "its maximum";
		return sensor->maximum;
	}
	if (critical) {
		*ret_whose = "its critical temperature";
		return sensor->critical;
	}
	*ret_whose = "the policy's, as it names none";
	return shmg_audit_parameter(audit, SHMG_PARAMETER_TEMPERATURE);
}

static enum shmg_outcome probe_temperature(struct shmg_audit *audit)
{
	size_t present = 0, read = 0;

	SHMG_FOREACH(sensor, &audit->facts->sensors) {
		const char *whose;
		if (sensor->kind != SHMG_SENSOR_TEMPERATURE)
			continue;
		present++;
		if (sensor->value == SHMG_U64_UNKNOWN)
			continue;
		read++;
		uint64_t limit = limit_of(audit, sensor, &whose);
		if (sensor->value >= limit)
			shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, name_of(sensor),
					shmg_audit_text(audit, "below %" PRIu64 ".%" PRIu64 " °C (%s)", limit / 1000,
							limit % 1000 / 100, whose),
					source_of(sensor), "%" PRIu64 ".%" PRIu64 " °C", sensor->value / 1000,
					sensor->value % 1000 / 100);
	}
	return outcome_of(audit, present, read, "the machine shows no temperature sensor");
}

static const struct shmg_check checks[] = {
	{
		.id = "SHM-HWR-001",
		.family = "hardware",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_corrected,
		.title = "Memory errors that were corrected",
		.why = "A cell, a row or a contact is failing. Single bits are corrected now; modules that begin like "
		       "this go on to errors that are not, and then what was in shared memory is lost. Many errors of "
		       "one row can also be Rowhammer.",
		.fix = "Find the module (ras-mc-ctl --errors, edac-util -v), watch its count, plan to replace it.",
		.breaks = "Replacing a module takes the machine down.",
		.references = "https://docs.kernel.org/admin-guide/RAS/main.html; CWE-1384",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_CORRECTED_ERRORS),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-HWR-002",
		.family = "hardware",
		.severity = SHMG_SEVERITY_CRITICAL,
		.probe = probe_uncorrected,
		.title = "Memory errors that could not be corrected",
		.why = "Data was lost: what a program read may not be what was written, and a process that touches the "
		       "page is killed with SIGBUS, all holders of a shared page alike.",
		.fix = "Move work off this machine, find the module (ras-mc-ctl --errors, edac-util -v), replace it; "
		       "check data that was written since.",
		.breaks = "Replacing a module takes the machine down.",
		.references = "https://docs.kernel.org/admin-guide/RAS/main.html; CWE-1384",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-HWR-003",
		.family = "hardware",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_temperature,
		.title = "A part of the machine is too hot",
		.why = "Memory loses its charge faster when hot, so that bits flip; processors slow down, which turns "
		       "time limits between programs that share memory into failures, and at last the machine switches "
		       "itself off.",
		.fix = "Check fans, filters, paste and the room's cooling; lower the load until then.",
		.breaks = "Less load is less work done.",
		.references = "https://docs.kernel.org/hwmon/sysfs-interface.html; CWE-1384",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_TEMPERATURE),
		.needs = SHMG_WANT_HOST,
	},
};

SHMG_FAMILY(hardware, checks);
