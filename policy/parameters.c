/* SPDX-License-Identifier: MIT */
/* The thresholds and their defaults: one row each, for the parser, the manual and `--list-checks`. */
#include <errno.h>
#include <string.h>

#include "policy/policy.h"

#define KIB ((uint64_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)
#define EIB (GIB * GIB)
#define DAY ((uint64_t)24 * 60 * 60)

const struct shmg_policy_parameter shmg_policy_parameters[SHMG_PARAMETER_COUNT] = {
	[SHMG_PARAMETER_USAGE_PERCENT] = { "usage-percent", 80, 1, 100, "percent",
		"how full a limit, a mount or its inodes may be" },
	[SHMG_PARAMETER_ORPHANS] = { "orphans", 10, 0, 1000000, "",
		"objects left behind; more than these are a finding of their own" },
	[SHMG_PARAMETER_ORPHAN_AGE] = { "orphan-age", 600, 0, 3650 * DAY, "seconds",
		"how long an object that nobody holds may rest before it counts as left behind" },
	[SHMG_PARAMETER_ORPHAN_GROWTH] = { "orphan-growth", 1, 1, 1000000, "",
		"how many more orphans than in the earlier snapshot are growth" },
	[SHMG_PARAMETER_PROCESS_GROWTH_PERCENT] = { "process-growth-percent", 50, 1, 1000000, "percent",
		"growth of a process's shared memory since the earlier snapshot that is unusual" },
	[SHMG_PARAMETER_PROCESS_GROWTH_BYTES] = { "process-growth-bytes", 64 * MIB, 0, EIB, "bytes",
		"growth of a process's shared memory below this is never unusual" },
	[SHMG_PARAMETER_TINY_SEGMENTS] = { "tiny-segments", 1000, 1, 1000000, "",
		"how many tiny segments are too many" },
	[SHMG_PARAMETER_TINY_BYTES] = { "tiny-bytes", 4 * KIB, 1, GIB, "bytes",
		"the largest segment that counts as tiny" },
	[SHMG_PARAMETER_SEGMENT_RAM_PERCENT] = { "segment-ram-percent", 50, 1, 100, "percent",
		"how much of the RAM the limit of a single segment (shmmax) may reach" },
	[SHMG_PARAMETER_KERNEL_RESERVE_PERCENT] = { "kernel-reserve-percent", 10, 0, 99, "percent",
		"RAM that the limit of all segments together (shmall) must leave to the kernel" },
	[SHMG_PARAMETER_TEMPERATURE] = { "temperature", 85000, 10000, 150000, "",
		"thousandths of a degree Celsius that are too hot, where a sensor names no maximum" },
	[SHMG_PARAMETER_CORRECTED_ERRORS] = { "corrected-errors", 1, 1, 1000000000, "",
		"corrected memory errors since boot that are a finding" },
	[SHMG_PARAMETER_SHARED_GROUP_SIZE] = { "shared-group-size", 2, 2, 1000000, "",
		"members that make a group a shared one" },
};

const char *const shmg_severity_names[] = { "info", "low", "medium", "high", "critical", NULL };

int shmg_severity_parse(const char *text, enum shmg_severity *ret_severity)
{
	for (size_t i = 0; shmg_severity_names[i]; i++) {
		if (strcmp(shmg_severity_names[i], text) == 0) {
			*ret_severity = (enum shmg_severity)i;
			return 0;
		}
	}
	return -EINVAL;
}
