/* SPDX-License-Identifier: MIT */
#include "facts/detail.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts/pagemap.h"
#include "facts/root.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

/* The inode of the initial user namespace, the same in every kernel (PROC_USER_INIT_INO). */
#define INITIAL_USER_NS 0xeffffffdu

/* More supplementary groups than this are called unknown; the kernel's own limit is 65536. */
#define GROUPS_MAX 1024

struct inspector {
	const struct shmg_facts *facts;
	struct shmg_detail *detail;
	struct shmg_pagemap_support support;
	bool live;
};

/* One process while it is looked at. */
struct subject {
	struct inspector *inspector;
	const struct shmg_process *process;
	const struct shmg_hold *holds; /* of it, all or the one that was asked about */
	size_t hold_count;
	bool whole; /* the process was asked about: mappings of no object count too, and its limits in any case */
	int proc;   /* /proc/PID */
	int pagemap;
	bool protection_seen;
	size_t first; /* of its mappings */
};

static int note(struct inspector *inspector, const char *what, const char *why, bool affects_objects)
{
	struct shmg_detail *detail = inspector->detail;

	SHMG_FOREACH(row, &detail->coverage)
		if (strcmp(row->what, what) == 0 && strcmp(row->why, why) == 0) {
			row->count++;
			return 0;
		}
	struct shmg_coverage *row = SHMG_APPEND(&detail->coverage);
	if (!row)
		return -ENOMEM;
	*row = (struct shmg_coverage){ .what = what, .why = why, .count = 1, .affects_objects = affects_objects };
	return 0;
}

static const char *why_not(int code)
{
	switch (code) {
	case -EACCES:
	case -EPERM:
		return geteuid() == 0
			       ? "refused to root: the process has more capabilities, or a security module objects"
			       : "permission denied: it takes the same user, or root";
	case -ENOENT:
		return "the process ended during the look, or this kernel shows no page tables "
		       "(CONFIG_PROC_PAGE_MONITOR)";
	case -ESRCH:
		return "the process ended during the look";
	default:
		return "the kernel refused";
	}
}

/* /proc/PID, provided that it is still the process that the facts mean. */
static int open_process(const struct shmg_process *process)
{
	char path[32], stat[4096];
	uint64_t ticks;

	(void)snprintf(path, sizeof path, "/proc/%u", process->pid);
	SHMG_AUTO_FD fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ssize_t length = shmg_read_at(fd, "stat", stat, sizeof stat);
	if (length < 0)
		return (int)length;
	/* The 20th number after the name, which ends at the last parenthesis. */
	const char *at = strrchr(stat, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || !shmg_scan_number(&at, 10, &ticks) || ticks != process->start_ticks)
		return -ESRCH;
	return SHMG_TAKE_FD(fd);
}

static const struct shmg_hold *find_hold(const struct subject *subject, const struct shmg_vma *vma)
{
	const struct shmg_facts *facts = subject->inspector->facts;

	for (size_t i = 0; i < subject->hold_count; i++)
		if (shmg_vma_is_of(vma, &facts->objects.items[subject->holds[i].object]))
			return &subject->holds[i];
	return NULL;
}

static bool wants_mapping(void *context, const struct shmg_vma *vma)
{
	const struct subject *subject = context;
	const uint32_t both = SHMG_VMA_WRITE | SHMG_VMA_EXECUTE;

	if (subject->whole && ((vma->permissions & SHMG_VMA_SHARED) || (vma->permissions & both) == both))
		return true;
	return find_hold(subject, vma) != NULL;
}

static int count_pages(struct subject *subject, const struct shmg_vma *vma, struct shmg_mapping *mapping)
{
	struct inspector *inspector = subject->inspector;
	struct shmg_page_counts counts;

	mapping->pages = mapping->size / inspector->support.page_size;
	mapping->present = mapping->soft_dirty = mapping->guard = SHMG_U64_UNKNOWN;
	/* Shared pages that are swapped out leave no trace in the page tables; smaps asks the file itself. */
	mapping->swapped =
		vma->swapped == SHMG_U64_UNKNOWN ? SHMG_U64_UNKNOWN : vma->swapped / inspector->support.page_size;
	if (subject->pagemap < 0)
		return 0;
	int code = shmg_pagemap_count(subject->pagemap, &inspector->support, vma->start, vma->end, &counts);
	if (code)
		return note(inspector, "page states of mappings", why_not(code), false);
	mapping->present = counts.present;
	mapping->soft_dirty = counts.soft_dirty;
	mapping->guard = counts.guard;
	if (counts.counted == counts.pages)
		return 0;
	mapping->flags |= SHMG_MAPPING_CAPPED;
	return note(inspector, "page states of all pages of a large mapping",
		    "this kernel cannot skip what is not there (PAGEMAP_SCAN, 6.7); only the beginning was counted",
		    false);
}

static int add_mapping(void *context, const struct shmg_vma *vma)
{
	struct subject *subject = context;
	struct inspector *inspector = subject->inspector;
	struct shmg_pool *pool = &inspector->detail->pool;
	const struct shmg_hold *hold = find_hold(subject, vma);
	struct shmg_mapping *mapping = SHMG_APPEND(&inspector->detail->mappings);
	char ident[SHMG_OBJECT_IDENT_MAX];

	if (!mapping)
		return -ENOMEM;
	*mapping = (struct shmg_mapping){
		.start = vma->start,
		.size = vma->end - vma->start,
		.offset = vma->offset,
		.page_size = vma->page_size,
		.resident = vma->resident,
		.pid = subject->process->pid,
		.enforced = shmg_vma_enforced(vma),
		.protection_key = vma->protection_key,
		.object = hold ? hold->object : SHMG_U32_UNKNOWN,
		.may = SHMG_U32_UNKNOWN,
	};
	if (vma->flags != SHMG_U32_UNKNOWN && vma->flags & SHMG_VMA_MSEALED)
		mapping->may = 0;
	else if (vma->flags != SHMG_U32_UNKNOWN)
		mapping->may = (vma->flags & SHMG_VMA_MAY_READ ? SHMG_MAY_READ : 0u) |
			       (vma->flags & SHMG_VMA_MAY_WRITE ? SHMG_MAY_WRITE : 0u) |
			       (vma->flags & SHMG_VMA_MAY_EXECUTE ? SHMG_MAY_EXECUTE : 0u);
	const char *name = hold ? shmg_object_ident(&inspector->facts->objects.items[hold->object], ident) : vma->name;
	mapping->name = shmg_pool_intern(pool, name, strlen(name));
	const char declared[] = { vma->permissions & SHMG_VMA_READ ? 'r' : '-',
				  vma->permissions & SHMG_VMA_WRITE ? 'w' : '-',
				  vma->permissions & SHMG_VMA_EXECUTE ? 'x' : '-',
				  vma->permissions & SHMG_VMA_SHARED ? 's' : 'p' };
	mapping->declared = shmg_pool_intern(pool, declared, sizeof declared);
	if (!mapping->name || !mapping->declared)
		return -ENOMEM;
	return count_pages(subject, vma, mapping);
}

struct recheck {
	struct shmg_mapping *next, *end;
};

static int confirm_mapping(void *context, const struct shmg_vma *vma)
{
	struct recheck *recheck = context;

	while (recheck->next < recheck->end && recheck->next->start < vma->start)
		recheck->next++->flags |= SHMG_MAPPING_CHANGED;
	if (recheck->next == recheck->end || recheck->next->start != vma->start)
		return 0;
	bool same = recheck->next->size == vma->end - vma->start && recheck->next->offset == vma->offset;
	recheck->next++->flags |= same ? 0u : SHMG_MAPPING_CHANGED;
	return 0;
}

/* Reads its maps once more: page states belong to an address, and something else may lie there by now. */
static int confirm_mappings(struct subject *subject)
{
	struct shmg_detail *detail = subject->inspector->detail;
	struct recheck recheck = { detail->mappings.items + subject->first,
				   detail->mappings.items + detail->mappings.count };
	const struct shmg_smaps_visitor visitor = { .visit = confirm_mapping, .context = &recheck };
	bool changed = false;

	if (recheck.next == recheck.end)
		return 0;
	SHMG_AUTO_FD fd = openat(subject->proc, "maps", O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)shmg_smaps_read(fd, &visitor);
	while (recheck.next < recheck.end)
		recheck.next++->flags |= SHMG_MAPPING_CHANGED;
	for (size_t i = subject->first; i < detail->mappings.count; i++) {
		struct shmg_mapping *mapping = &detail->mappings.items[i];
		if (!(mapping->flags & SHMG_MAPPING_CHANGED))
			continue;
		mapping->present = mapping->swapped = mapping->soft_dirty = mapping->guard = SHMG_U64_UNKNOWN;
		changed = true;
	}
	return changed ? note(subject->inspector, "page states of mappings", "they changed during the look", false) : 0;
}

static int read_mappings(struct subject *subject)
{
	const struct shmg_smaps_visitor visitor = { wants_mapping, add_mapping, subject };
	struct inspector *inspector = subject->inspector;

	subject->first = inspector->detail->mappings.count;
	SHMG_AUTO_FD smaps = openat(subject->proc, "smaps", O_RDONLY | O_CLOEXEC);
	if (smaps < 0)
		return note(inspector, "protection of mappings", why_not(-errno), true);
	SHMG_AUTO_FD pagemap = openat(subject->proc, "pagemap", O_RDONLY | O_CLOEXEC);
	if (pagemap < 0 && note(inspector, "page states of mappings", why_not(-errno), false))
		return -ENOMEM;
	subject->pagemap = pagemap;
	int code = shmg_smaps_read(smaps, &visitor);
	subject->pagemap = -1;
	if (code == -ENOMEM)
		return code;
	if (code)
		return note(inspector, "protection of mappings", why_not(code), true);
	subject->protection_seen = true;
	return confirm_mappings(subject);
}

/* 0, 1 or unknown: whether a shared mapping of the object, read-only now, may be made writable. */
static uint8_t may_mprotect(const struct subject *subject, const struct shmg_hold *hold)
{
	const struct shmg_detail *detail = subject->inspector->detail;
	bool unknown = !subject->protection_seen && hold->maps != 0;

	for (size_t i = subject->first; i < detail->mappings.count; i++) {
		const struct shmg_mapping *mapping = &detail->mappings.items[i];
		if (mapping->object != hold->object || !(mapping->enforced & SHMG_PROTECTION_SHARED) ||
		    mapping->enforced & SHMG_PROTECTION_WRITE)
			continue;
		if (mapping->may == SHMG_U32_UNKNOWN)
			unknown = true;
		else if (mapping->may & SHMG_MAY_WRITE)
			return 1;
	}
	return unknown ? SHMG_U8_UNKNOWN : 0;
}

/* 0, 1 or unknown: whether the process sees a file by a mount of its own that is not read-only. */
static uint8_t reachable_by_name(const struct shmg_facts *facts, const struct shmg_object *object,
				 const struct shmg_process *process)
{
	bool seen = false;

	if (object->flags != SHMG_U32_UNKNOWN && object->flags & SHMG_OBJECT_UNLINKED)
		return 0;
	if (process->mnt_ns == SHMG_U64_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	SHMG_FOREACH(mount, &facts->mounts) {
		if (mount->mnt_ns != process->mnt_ns)
			continue;
		seen = true;
		if (mount->dev == object->dev && mount->hidden != 1 && !(mount->flags & SHMG_MOUNT_RO))
			return 1;
	}
	return seen ? 0 : SHMG_U8_UNKNOWN;
}

static uint8_t reachable(const struct shmg_facts *facts, const struct shmg_object *object,
			 const struct shmg_process *process, const struct shmg_hold *hold,
			 const struct shmg_credentials *credentials)
{
	const uint64_t map_files = 1ull << CAP_SYS_ADMIN | 1ull << CAP_CHECKPOINT_RESTORE;

	/* /proc/self/map_files opens what is mapped, a segment or an unlinked file too. */
	if (hold->maps && credentials && credentials->capabilities != SHMG_U64_UNKNOWN &&
	    credentials->capabilities & map_files && credentials->capabilities_count == 1)
		return 1;
	if (object->kind == SHMG_KIND_SYSV) {
		if (process->ipc_ns == SHMG_U64_UNKNOWN || object->ns == SHMG_U64_UNKNOWN)
			return SHMG_U8_UNKNOWN;
		return process->ipc_ns == object->ns;
	}
	/* A descriptor of any kind opens again by /proc/self/fd, and the mode decides for what. */
	if (hold->fds && hold->fds != SHMG_U32_UNKNOWN)
		return 1;
	if (object->kind == SHMG_KIND_ANONYMOUS)
		return 0;
	uint8_t by_name = object->kind == SHMG_KIND_MEMFD ? 0 : reachable_by_name(facts, object, process);
	if (by_name == 0 && process->flags != SHMG_U32_UNKNOWN && process->flags & SHMG_PROCESS_FDS_UNSEEN)
		return SHMG_U8_UNKNOWN;
	return by_name;
}

static int judge(const struct subject *subject, const struct shmg_hold *hold, struct shmg_credentials *credentials)
{
	struct shmg_detail *detail = subject->inspector->detail;
	const struct shmg_facts *facts = subject->inspector->facts;
	const struct shmg_process *process = subject->process;
	const struct shmg_object *object = &facts->objects.items[hold->object];
	char ident[SHMG_OBJECT_IDENT_MAX];
	struct shmg_holder *holder = SHMG_APPEND(&detail->holders);

	if (!holder)
		return -ENOMEM;
	const char *name = shmg_object_ident(object, ident);
	*holder = (struct shmg_holder){
		.object = shmg_pool_intern(&detail->pool, name, strlen(name)),
		.comm = process->comm,
		.unit = process->unit,
		.pid = process->pid,
		.uid = process->uid,
		.bytes = hold->bytes,
		.maps = hold->maps,
		.fds = hold->fds,
		.access = hold->access,
	};
	if (!holder->object)
		return -ENOMEM;
	const struct shmg_access_question question = {
		.object = object,
		.hold = hold,
		.credentials = credentials,
		.may_mprotect = may_mprotect(subject, hold),
		.reachable = reachable(facts, object, process, hold, credentials),
	};
	shmg_holder_judge(&question, holder);
	return 0;
}

/* What the process may do: as it says itself, or as far as the facts know. */
static void read_credentials(const struct subject *subject, uint32_t *groups, struct shmg_credentials *ret_credentials)
{
	const struct shmg_process *process = subject->process;
	char status[16384];

	if (subject->proc < 0 || shmg_read_at(subject->proc, "status", status, sizeof status) < 0 ||
	    shmg_credentials_parse(status, groups, GROUPS_MAX, ret_credentials))
		*ret_credentials = (struct shmg_credentials){
			.capabilities = SHMG_U64_UNKNOWN,
			.euid = process->uid,
			.fsuid = process->uid,
			.egid = process->gid,
			.fsgid = process->gid,
		};
	/* In another user namespace a capability counts for some objects and not for others. */
	ret_credentials->capabilities_count = process->user_ns == INITIAL_USER_NS ? 1 : SHMG_U8_UNKNOWN;
}

/* Whether something here is locked in memory: then its RLIMIT_MEMLOCK applies. */
static bool is_locked(const struct subject *subject)
{
	const struct inspector *inspector = subject->inspector;

	for (size_t i = 0; i < subject->hold_count; i++) {
		uint32_t flags = inspector->facts->objects.items[subject->holds[i].object].flags;
		if (flags != SHMG_U32_UNKNOWN && flags & SHMG_OBJECT_LOCKED)
			return true;
	}
	for (size_t i = subject->first; i < inspector->detail->mappings.count; i++)
		if (inspector->detail->mappings.items[i].enforced & SHMG_PROTECTION_LOCKED)
			return true;
	return false;
}

static int inspect(struct subject *subject)
{
	struct inspector *inspector = subject->inspector;
	struct shmg_limits *limits = &inspector->detail->limits;
	uint32_t groups[GROUPS_MAX];
	struct shmg_credentials credentials;

	SHMG_AUTO_FD proc = inspector->live ? open_process(subject->process) : -1;
	if (inspector->live && proc < 0 && note(inspector, "processes", why_not(proc), true))
		return -ENOMEM;
	subject->proc = proc;
	subject->first = inspector->detail->mappings.count;
	if (proc >= 0 && read_mappings(subject))
		return -ENOMEM;
	read_credentials(subject, groups, &credentials);
	for (size_t i = 0; i < subject->hold_count; i++)
		if (judge(subject, &subject->holds[i], &credentials))
			return -ENOMEM;
	if ((subject->whole || is_locked(subject)) && shmg_limits_of_process(subject->process, proc, limits))
		return -ENOMEM;
	if (proc < 0)
		return 0;
	int code = shmg_limits_of_cgroup(proc, limits);
	return code == -ENOENT ? note(inspector, "limits of control groups", "no control group could be seen", false)
			       : code;
}

static int begin(const struct shmg_facts *facts, bool live, struct inspector *inspector)
{
	struct shmg_detail *detail = calloc(1, sizeof *detail);

	if (!detail)
		return -ENOMEM;
	detail->limits.pool = &detail->pool;
	*inspector = (struct inspector){ .facts = facts, .detail = detail, .live = live };
	if (!live)
		return note(inspector, "protection and page states of mappings, capabilities, control groups",
			    "not in a snapshot or captured tree: look at the running machine", false);
	inspector->support = shmg_pagemap_probe();
	if (inspector->support.soft_dirty)
		return 0;
	return note(inspector, "pages dirty since the last clear",
		    "this kernel does not record it (CONFIG_MEM_SOFT_DIRTY)", false);
}

static int end(struct inspector *inspector, int code, struct shmg_detail **ret_detail)
{
	if (code)
		shmg_detail_free(&inspector->detail);
	else
		*ret_detail = inspector->detail;
	return code;
}

static int inspect_holders(struct inspector *inspector, uint32_t object)
{
	const struct shmg_facts *facts = inspector->facts;

	SHMG_FOREACH(hold, &facts->holds) {
		if (hold->object != object)
			continue;
		struct subject subject = { .inspector = inspector,
					   .process = &facts->processes.items[hold->process],
					   .holds = hold,
					   .hold_count = 1,
					   .pagemap = -1 };
		if (inspect(&subject))
			return -ENOMEM;
	}
	return 0;
}

int shmg_detail_object(const struct shmg_facts *facts, uint32_t object, bool live, struct shmg_detail **ret_detail)
{
	struct inspector inspector = { .detail = NULL };
	int code = begin(facts, live, &inspector);

	if (code == 0)
		code = shmg_limits_of_object(facts, &facts->objects.items[object], &inspector.detail->limits);
	if (code == 0)
		code = inspect_holders(&inspector, object);
	return end(&inspector, code, ret_detail);
}

int shmg_detail_process(const struct shmg_facts *facts, uint32_t process, bool live, struct shmg_detail **ret_detail)
{
	struct inspector inspector = { .detail = NULL };
	struct subject subject = {
		.inspector = &inspector, .process = &facts->processes.items[process], .whole = true, .pagemap = -1
	};
	int code = begin(facts, live, &inspector);

	subject.hold_count = shmg_facts_holds_of_process(facts, process, &subject.holds);
	if (code == 0)
		code = inspect(&subject);
	return end(&inspector, code, ret_detail);
}

void shmg_detail_free(struct shmg_detail **detail)
{
	if (!*detail)
		return;
	shmg_array_clear(&(*detail)->mappings);
	shmg_array_clear(&(*detail)->holders);
	shmg_limits_clear(&(*detail)->limits);
	shmg_array_clear(&(*detail)->coverage);
	shmg_pool_clear(&(*detail)->pool);
	free(*detail);
	*detail = NULL;
}
