/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a snapshot that is audited, against itself as the earlier one: whoever runs `audit --from` may be root,
 * and the file may be anybody's. Findings must point into its tables.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "audit/audit.h"
#include "cmd/facts_source.h"
#include "lib/base/cleanup.h"
#include "tests/fuzz/fuzz.h"

/* An exception that fits, so that the matcher runs too. */
static const char policy_text[] = "[allow one]\nobject = /a*\nowner = 70\nreason = why\n";

static void inspect(const struct shmg_audit *audit, const struct shmg_facts *facts)
{
	const size_t rows[] = {
		[SHMG_SUBJECT_OBJECT] = facts->objects.count,
		[SHMG_SUBJECT_PROCESS] = facts->processes.count,
		[SHMG_SUBJECT_MOUNT] = facts->mounts.count,
		[SHMG_SUBJECT_NAMESPACE] = facts->namespaces.count,
	};

	SHMG_FOREACH(finding, &audit->findings)
	{
		REQUIRE(shmg_check_find(finding->check));
		REQUIRE(finding->title && finding->subject && finding->expected && finding->found && finding->where);
		REQUIRE(finding->severity <= SHMG_SEVERITY_CRITICAL);
		REQUIRE(finding->subject_type <= SHMG_SUBJECT_NAMESPACE);
		REQUIRE(finding->subject_type == SHMG_SUBJECT_HOST || finding->row == SHMG_U32_UNKNOWN ||
			finding->row < rows[finding->subject_type]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SHMG_CLEANUP(shmg_facts_free) struct shmg_facts *facts = NULL;
	SHMG_CLEANUP(shmg_policy_free) struct shmg_policy *policy = NULL;
	SHMG_CLEANUP(shmg_audit_free) struct shmg_audit *audit = NULL;
	struct shmg_audit_options options = { .size = sizeof options };
	struct shmg_error error = { 0 };
	char path[64];
	SHMG_AUTO_FD fd = memfd_create("snapshot", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && (!size || write(fd, data, size) == (ssize_t)size));
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (shmg_snapshot_read(path, &facts, &error) < 0)
		return 0;
	REQUIRE(shmg_policy_parse("policy.ini", policy_text, NULL, &policy, NULL) == 0);
	REQUIRE(shmg_audit_run(facts, facts, policy, &options, &audit) == 0);
	inspect(audit, facts);
	return 0;
}
