/* SPDX-License-Identifier: MIT */
/* The pools of huge pages: RAM that only programs which ask for huge pages can have. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/limits.h"
#include "facts/settings.h"

struct pool {
	uint64_t size_kb;
	uint64_t total;
	uint64_t unused; /* neither in use nor promised to a mapping */
};

/* "hugepages.2048.total" → 2048; false for every other setting. */
static bool parse_name(const char *name, uint64_t *ret_size_kb)
{
	size_t length = strlen(SHMG_SETTING_HUGEPAGES);
	char *end;

	if (!name || strncmp(name, SHMG_SETTING_HUGEPAGES, length) != 0)
		return false;
	unsigned long long size = strtoull(name + length, &end, 10);
	if (end == name + length || strcmp(end, ".total") != 0)
		return false;
	*ret_size_kb = size;
	return true;
}

static bool read_count(const struct shmg_facts *facts, uint64_t size_kb, const char *what, uint64_t *ret_count)
{
	char name[64];

	(void)snprintf(name, sizeof name, SHMG_SETTING_HUGEPAGES "%" PRIu64 ".%s", size_kb, what);
	return shmg_facts_setting_number(facts, name, ret_count) == 0;
}

static bool read_pool(const struct shmg_facts *facts, uint64_t size_kb, struct pool *ret_pool)
{
	uint64_t total, free_pages, reserved;

	if (!read_count(facts, size_kb, "total", &total) || !read_count(facts, size_kb, "free", &free_pages) ||
	    !read_count(facts, size_kb, "reserved", &reserved))
		return false;
	/* A mapping reserves its pages when it is made and takes them when it is touched. */
	uint64_t unused = free_pages > reserved ? free_pages - reserved : 0;
	*ret_pool = (struct pool){ size_kb, total, unused < total ? unused : total };
	return true;
}

static void tell(struct shmg_audit *audit, const struct pool *pool, const char *expected)
{
	char unused[SHMG_AMOUNT_MAX], total[SHMG_AMOUNT_MAX];
	uint64_t page = shmg_amount_times(pool->size_kb, 1024);

	shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN,
			shmg_audit_text(audit, "%" PRIu64 " kB huge pages", pool->size_kb), expected,
			shmg_audit_text(audit, "/sys/kernel/mm/hugepages/hugepages-%" PRIu64 "kB", pool->size_kb),
			"%" PRIu64 " of %" PRIu64 " neither used nor reserved (%s of %s)", pool->unused, pool->total,
			shmg_amount_bytes(shmg_amount_times(pool->unused, page), unused),
			shmg_amount_bytes(shmg_amount_times(pool->total, page), total));
}

/* Finds a pool of which at least usage-percent are unused, or used. */
static enum shmg_outcome probe(struct shmg_audit *audit, bool unused, const char *expected)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT);
	size_t pools = 0, sizes = 0;

	SHMG_FOREACH(setting, &facts->settings) {
		struct pool pool;
		uint64_t size_kb;
		if (!parse_name(setting->name, &size_kb))
			continue;
		sizes++;
		if (!read_pool(facts, size_kb, &pool) || !pool.total)
			continue;
		pools++;
		if (shmg_amount_reaches(unused ? pool.unused : pool.total - pool.unused, pool.total, percent))
			tell(audit, &pool, expected);
	}
	if (!facts->settings.count)
		return shmg_audit_unseen(audit, "no settings of the kernel could be seen");
	if (!pools)
		return shmg_audit_not_applicable(audit, sizes ? "no huge pages are set aside"
							      : "the kernel has no huge pages");
	return SHMG_OUTCOME_PASSED;
}

enum shmg_outcome shmg_hugepage_probe_unused(struct shmg_audit *audit)
{
	return probe(audit, true, "most of them used or reserved");
}

enum shmg_outcome shmg_hugepage_probe_exhausted(struct shmg_audit *audit)
{
	return probe(audit, false,
		     shmg_audit_text(audit, "less than %" PRIu64 " %% used or reserved",
				     shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT)));
}
