/* SPDX-License-Identifier: MIT */
#include "facts/limit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/root.h"
#include "facts/scan.h"
#include "facts/settings.h"

static const char *const unit_names[] = { "bytes", "pages", "segments", "inodes", NULL };

#define F(member, type, heading, common, help)                                                                         \
	SHMG_FIELD(struct shmg_limit, member, SHMG_TYPE_##type, heading, common, help)
static const struct shmg_field limit_fields[] = {
	F(scope, TEXT, "OF", true, "what it limits"),
	F(name, TEXT, "LIMIT", true, "its name"),
	F(used, NUMBER, "USED", true, "how much of it is used, in its unit"),
	F(limit, NUMBER, "AT MOST", true, "the limit, in its unit; 18446744073709551615 is none"),
	SHMG_FIELD_NAMES(struct shmg_limit, unit, SHMG_TYPE_ENUM, "UNIT", true, unit_names, "what it counts"),
	F(effect, TEXT, "THEN", true, "what happens when it is reached"),
	F(source, TEXT, "SOURCE", false, "where it was read"),
};
#undef F
const struct shmg_record_type shmg_limit_type =
	SHMG_RECORD_TYPE("limit", "one limit that applies", struct shmg_limit, limit_fields);

static int add(struct shmg_limits *limits, const struct shmg_limit *row)
{
	if (row->limit == SHMG_U64_UNKNOWN && row->used == SHMG_U64_UNKNOWN)
		return 0;
	if (!row->scope || !row->name)
		return -ENOMEM;
	struct shmg_limit *place = SHMG_APPEND(&limits->rows);
	if (!place)
		return -ENOMEM;
	*place = *row;
	return 0;
}

const struct shmg_namespace *shmg_object_ipc_namespace(const struct shmg_facts *facts, const struct shmg_object *object)
{
	if (object->kind != SHMG_KIND_SYSV || object->ns == SHMG_U64_UNKNOWN)
		return NULL;
	SHMG_FOREACH(namespace, &facts->namespaces)
		if (namespace->type == SHMG_NAMESPACE_IPC && namespace->inode == object->ns)
			return namespace;
	return NULL;
}

static int add_sysv(const struct shmg_facts *facts, const struct shmg_object *object, struct shmg_limits *limits)
{
	const struct shmg_namespace *namespace = shmg_object_ipc_namespace(facts, object);

	if (!namespace)
		return 0;
	const char *scope =
		shmg_pool_format(limits->pool, "ipc namespace %s", object->namespace ? object->namespace : "?");
	const struct shmg_limit rows[] = {
		{ .scope = scope,
		  .name = "kernel.shmmax",
		  .limit = namespace->shmmax,
		  .used = object->size,
		  .unit = SHMG_LIMIT_BYTES,
		  .effect = "shmget of a larger segment: EINVAL",
		  .source = "shmctl IPC_INFO" },
		{ .scope = scope,
		  .name = "kernel.shmall",
		  .limit = namespace->shmall,
		  .used = namespace->pages,
		  .unit = SHMG_LIMIT_PAGES,
		  .effect = "shmget: ENOSPC",
		  .source = "shmctl IPC_INFO, SHM_INFO" },
		{ .scope = scope,
		  .name = "kernel.shmmni",
		  .limit = namespace->shmmni,
		  .used = namespace->segments,
		  .unit = SHMG_LIMIT_SEGMENTS,
		  .effect = "shmget: ENOSPC",
		  .source = "shmctl IPC_INFO, SHM_INFO" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (add(limits, &rows[i]))
			return -ENOMEM;
	return 0;
}

static int add_mount(const struct shmg_facts *facts, const struct shmg_object *object, struct shmg_limits *limits)
{
	if (object->mount >= facts->mounts.count)
		return 0;
	const struct shmg_mount *mount = &facts->mounts.items[object->mount];
	bool huge = mount->fstype && strcmp(mount->fstype, "hugetlbfs") == 0;
	const char *scope = shmg_pool_format(limits->pool, "mount %s", mount->target ? mount->target : "?");
	const struct shmg_limit size = {
		.scope = scope,
		.name = "size",
		.limit = mount->size,
		.used = mount->used,
		.unit = SHMG_LIMIT_BYTES,
		.effect = huge ? "mmap: ENOMEM" : "write and fallocate: ENOSPC; a store into a new page: SIGBUS",
		.source = "statfs",
	};
	const struct shmg_limit inodes = {
		.scope = scope,
		.name = "nr_inodes",
		.limit = mount->inodes,
		.used = mount->inodes_used,
		.unit = SHMG_LIMIT_INODES,
		.effect = "creating a file: ENOSPC",
		.source = "statfs",
	};
	return add(limits, &size) || add(limits, &inodes) ? -ENOMEM : 0;
}

/* One row a pool of huge pages; which pool an object comes from is not told by every kernel. */
static int add_huge_pools(const struct shmg_facts *facts, struct shmg_limits *limits)
{
	SHMG_FOREACH(setting, &facts->settings) {
		uint64_t kilobytes, total, available;
		char tail[8], name[64];

		if (!setting->name ||
		    sscanf(setting->name, SHMG_SETTING_HUGEPAGES "%" SCNu64 ".%7s", &kilobytes, tail) != 2 ||
		    strcmp(tail, "total") != 0 || shmg_facts_setting_number(facts, setting->name, &total) != 0)
			continue;
		(void)snprintf(name, sizeof name, SHMG_SETTING_HUGEPAGES "%" PRIu64 ".free", kilobytes);
		bool known = shmg_facts_setting_number(facts, name, &available) == 0 && available <= total;
		const struct shmg_limit row = {
			.scope = shmg_pool_format(limits->pool, "huge pages of %" PRIu64 " KiB", kilobytes),
			.name = "nr_hugepages",
			.limit = total,
			.used = known ? total - available : SHMG_U64_UNKNOWN,
			.unit = SHMG_LIMIT_PAGES,
			.effect = "shmget and mmap: ENOMEM",
			.source = setting->source,
		};
		if (add(limits, &row))
			return -ENOMEM;
	}
	return 0;
}

int shmg_limits_of_object(const struct shmg_facts *facts, const struct shmg_object *object, struct shmg_limits *limits)
{
	if (object->kind == SHMG_KIND_SYSV && add_sysv(facts, object, limits))
		return -ENOMEM;
	if (object->kind != SHMG_KIND_SYSV && add_mount(facts, object, limits))
		return -ENOMEM;
	bool huge = object->kind == SHMG_KIND_HUGETLB ||
		    (object->flags != SHMG_U32_UNKNOWN && object->flags & SHMG_OBJECT_HUGE);
	return huge ? add_huge_pools(facts, limits) : 0;
}

/* The soft limit, which everybody may read of everybody; the facts have it only of holders that they saw. */
static uint64_t read_memlock(int proc)
{
	static const char title[] = "Max locked memory";
	char text[4096];
	uint64_t value;

	if (proc < 0 || shmg_read_at(proc, "limits", text, sizeof text) < 0)
		return SHMG_U64_UNKNOWN;
	const char *at = strstr(text, title);
	if (!at)
		return SHMG_U64_UNKNOWN;
	at = shmg_scan_blanks(at + sizeof title - 1);
	if (strncmp(at, "unlimited", 9) == 0)
		return UINT64_MAX;
	return shmg_scan_number(&at, 10, &value) ? value : SHMG_U64_UNKNOWN;
}

int shmg_limits_of_process(const struct shmg_process *process, int proc, struct shmg_limits *limits)
{
	bool known = process->memlock_soft != SHMG_U64_UNKNOWN;
	const struct shmg_limit row = {
		.scope = shmg_pool_format(limits->pool, "pid %" PRIu32, process->pid),
		.name = "RLIMIT_MEMLOCK",
		.limit = known ? process->memlock_soft : read_memlock(proc),
		.used = process->locked,
		.unit = SHMG_LIMIT_BYTES,
		.effect = process->capabilities_ipc_lock == 1
				  ? "none: it has CAP_IPC_LOCK"
				  : "mlock and SHM_LOCK: ENOMEM; it limits no other shared memory",
		.source = "/proc/PID/limits, VmLck of /proc/PID/status",
	};
	return add(limits, &row);
}
