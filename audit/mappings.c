/* SPDX-License-Identifier: MIT */
/* What processes make of shared memory: code, core dumps, swapped pages. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/family.h"
#include "audit/place.h"
#include "audit/scratch.h"
#include "facts/settings.h"

#define MAPS "/proc/PID/maps"
#define EXAMPLES 3

/* What all holders of one object do with it together, and one holder of each kind. */
struct use {
	uint32_t access;
	uint32_t both, writer, runner; /* rows of holds; both: writable and executable in one mapping */
	uint32_t others;               /* how many more run it */
};

static struct use use_of(struct shmg_audit *audit, const struct shmg_object *object)
{
	const uint32_t *rows;
	size_t count = shmg_scratch_holders(audit, (uint32_t)(object - audit->facts->objects.items), &rows);
	struct use use = { 0 };

	for (size_t i = 0; i < count; i++) {
		uint32_t access = audit->facts->holds.items[rows[i]].access;
		if (access == SHMG_U32_UNKNOWN)
			continue;
		if (access & SHMG_ACCESS_WRITE_EXECUTE && !(use.access & SHMG_ACCESS_WRITE_EXECUTE))
			use.both = rows[i];
		if (access & SHMG_ACCESS_WRITE && !(use.access & SHMG_ACCESS_WRITE))
			use.writer = rows[i];
		if (access & SHMG_ACCESS_EXECUTE && !(use.access & SHMG_ACCESS_EXECUTE))
			use.runner = rows[i];
		else if (access & SHMG_ACCESS_EXECUTE)
			use.others++;
		use.access |= access;
	}
	return use;
}

static const char *name_of(const struct shmg_process *process)
{
	return process->comm ? process->comm : "?";
}

static void find_use(struct shmg_audit *audit, const struct shmg_object *object, uint32_t hold, uint32_t others,
		     const char *expected, const char *what)
{
	const struct shmg_process *process = shmg_scratch_process(audit, hold);
	const char *more = others ? shmg_audit_text(audit, " and %" PRIu32 " more", others) : "";

	shmg_audit_find_hold(audit, &audit->facts->holds.items[hold], expected, MAPS,
			     "pid %" PRIu32 " (%s)%s: %s of %s at 0x%" PRIx64, process->pid, name_of(process), more,
			     what, object->kind == SHMG_KIND_MEMFD ? "a memfd" : "shared memory",
			     audit->facts->holds.items[hold].address);
}

static enum shmg_outcome probe_write_execute(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		struct use use = use_of(audit, object);
		if (use.access & SHMG_ACCESS_WRITE_EXECUTE)
			find_use(audit, object, use.both, 0, "writable or executable, never both",
				 "one mapping, writable and executable,");
	}
	return shmg_audit_complete(audit);
}

static enum shmg_outcome probe_two_mappings(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		struct use use = use_of(audit, object);
		if (!(use.access & SHMG_ACCESS_WRITE) || !(use.access & SHMG_ACCESS_EXECUTE) ||
		    use.access & SHMG_ACCESS_WRITE_EXECUTE)
			continue;
		const struct shmg_process *writer = shmg_scratch_process(audit, use.writer);
		const struct shmg_process *runner = shmg_scratch_process(audit, use.runner);
		shmg_audit_set_severity(audit,
					writer->uid != runner->uid ? SHMG_SEVERITY_HIGH : audit->current->severity);
		shmg_audit_find_hold(
			audit, &audit->facts->holds.items[use.runner], "writable or executable, never both", MAPS,
			"pid %" PRIu32 " (%s) writes what pid %" PRIu32 " (%s) can execute, by two mappings",
			writer->pid, name_of(writer), runner->pid, name_of(runner));
	}
	return shmg_audit_complete(audit);
}

/* Code that somebody can still change is another check's. */
static bool is_only_run(const struct use *use)
{
	return use->access & SHMG_ACCESS_EXECUTE && !(use->access & (SHMG_ACCESS_WRITE | SHMG_ACCESS_WRITE_EXECUTE));
}

static enum shmg_outcome probe_memfd_code(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (object->kind != SHMG_KIND_MEMFD)
			continue;
		struct use use = use_of(audit, object);
		if (is_only_run(&use))
			find_use(audit, object, use.runner, use.others, "not executable", "an executable mapping");
	}
	return shmg_audit_complete(audit);
}

/* A tmpfs that is not meant for sharing may be the root of a machine that was booted from the network. */
static bool may_hold_code(const struct shmg_audit *audit, const struct shmg_object *object)
{
	if (object->kind != SHMG_KIND_TMPFS)
		return false;
	return object->mount < audit->facts->mounts.count && audit->facts->mounts.items[object->mount].sharing != 1;
}

static enum shmg_outcome probe_code(struct shmg_audit *audit)
{
	SHMG_FOREACH(object, &audit->facts->objects) {
		if (object->kind == SHMG_KIND_MEMFD || may_hold_code(audit, object))
			continue;
		struct use use = use_of(audit, object);
		if (is_only_run(&use))
			find_use(audit, object, use.runner, use.others, "not executable", "an executable mapping");
	}
	return shmg_audit_complete(audit);
}

/* --- core dumps --- */

/* The bit of coredump_filter that decides about an object (core(5)); the kernel asks whether its file has a name. */
static uint32_t dump_bit(const struct shmg_object *object)
{
	if (object->kind == SHMG_KIND_HUGETLB || shmg_has(object->flags, SHMG_OBJECT_HUGE))
		return 1u << 6;
	if (object->kind == SHMG_KIND_SYSV || object->kind == SHMG_KIND_MEMFD || object->kind == SHMG_KIND_ANONYMOUS ||
	    shmg_has(object->flags, SHMG_OBJECT_UNLINKED) || object->nlink == 0)
		return 1u << 1;
	return 1u << 3;
}

/* Whether the machine throws every core dump away. */
static bool discards_dumps(const struct shmg_facts *facts)
{
	static const char *const discarding[] = { "|/bin/false", "|/usr/bin/false", "|/bin/true", "|/usr/bin/true",
						  "/dev/null" };
	const struct shmg_setting *pattern = shmg_facts_setting(facts, "kernel.core_pattern");
	uint64_t uses_pid;

	if (!pattern || !pattern->value)
		return false;
	if (!*pattern->value)
		return shmg_facts_setting_number(facts, "kernel.core_uses_pid", &uses_pid) == 0 && !uses_pid;
	for (size_t i = 0; i < sizeof discarding / sizeof *discarding; i++)
		if (strcmp(pattern->value, discarding[i]) == 0)
			return true;
	return false;
}

struct dumps {
	size_t holders, dumping, unknown;
	uint64_t bytes;
	uint32_t examples[EXAMPLES]; /* rows of processes */
};

static void count_dump(struct dumps *dumps, const struct shmg_facts *facts, uint32_t process,
		       const struct shmg_hold *holds, size_t count)
{
	uint32_t filter = facts->processes.items[process].coredump_filter;
	bool shares = false, dumps_it = false;

	for (size_t i = 0; i < count; i++) {
		if (holds[i].object >= facts->objects.count || !shmg_has(holds[i].access, SHMG_ACCESS_SHARED))
			continue;
		shares = true;
		if (filter == SHMG_U32_UNKNOWN || !(filter & dump_bit(&facts->objects.items[holds[i].object])))
			continue;
		dumps_it = true;
		dumps->bytes = shmg_amount_plus(dumps->bytes, holds[i].bytes);
	}
	dumps->holders += shares;
	dumps->unknown += shares && filter == SHMG_U32_UNKNOWN;
	if (dumps_it && dumps->dumping++ < EXAMPLES)
		dumps->examples[dumps->dumping - 1] = process;
}

static const char *list_examples(struct shmg_audit *audit, const struct dumps *dumps)
{
	const char *list = "";

	for (size_t i = 0; i < dumps->dumping && i < EXAMPLES; i++) {
		const struct shmg_process *process = &audit->facts->processes.items[dumps->examples[i]];
		list = shmg_audit_text(audit, "%s%spid %" PRIu32 " (%s, filter 0x%" PRIx32 ")", list, i ? ", " : "",
				       process->pid, name_of(process), process->coredump_filter);
	}
	return list;
}

/* One finding for the machine: with the kernel's default filter nearly every holder does it. */
static enum shmg_outcome probe_dumps(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_setting *pattern = shmg_facts_setting(facts, "kernel.core_pattern");
	struct dumps dumps = { 0 };
	char size[SHMG_AMOUNT_MAX];

	if (discards_dumps(facts))
		return shmg_audit_not_applicable(audit, "kernel.core_pattern throws core dumps away");
	for (size_t first = 0, next; first < facts->holds.count; first = next) {
		const struct shmg_hold *holds = &facts->holds.items[first];
		for (next = first; next < facts->holds.count && facts->holds.items[next].process == holds->process;)
			next++;
		if (holds->process < facts->processes.count &&
		    !shmg_has(facts->processes.items[holds->process].flags, SHMG_PROCESS_OURSELF))
			count_dump(&dumps, facts, holds->process, holds, next - first);
	}
	if (dumps.dumping)
		shmg_audit_find(
			audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "core dumps",
			"coredump_filter without bits 1, 3 and 6 where shared memory holds secrets",
			"/proc/PID/coredump_filter",
			"%zu of %zu processes that map shared memory would dump %s of it; core_pattern %s: %s%s",
			dumps.dumping, dumps.holders, shmg_amount_bytes(dumps.bytes, size),
			pattern && pattern->value ? pattern->value : "unknown", list_examples(audit, &dumps),
			dumps.dumping > EXAMPLES ? ", …" : "");
	if (dumps.unknown)
		return shmg_audit_unseen(
			audit,
			shmg_audit_text(audit, "coredump_filter of %zu processes could not be read", dumps.unknown));
	return shmg_audit_complete(audit);
}

/* --- swap --- */

static bool is_swappable(const struct shmg_facts *facts, const struct shmg_object *object)
{
	if (shmg_has(object->flags, SHMG_OBJECT_LOCKED | SHMG_OBJECT_HUGE) || object->kind == SHMG_KIND_HUGETLB)
		return false;
	if (object->kind == SHMG_KIND_SYSV || object->kind == SHMG_KIND_MEMFD || object->kind == SHMG_KIND_ANONYMOUS)
		return true;
	if (object->mount < facts->mounts.count) {
		const struct shmg_mount *mount = &facts->mounts.items[object->mount];
		if (shmg_has(mount->flags, SHMG_MOUNT_NOSWAP) || (mount->fstype && strcmp(mount->fstype, "tmpfs") != 0))
			return false;
	}
	return shmg_place_is_shared_file(facts, object) || shmg_some(object->maps);
}

static uint64_t count_swappable(const struct shmg_facts *facts, uint64_t *ret_swapped)
{
	uint64_t bytes = 0;

	*ret_swapped = 0;
	SHMG_FOREACH(object, &facts->objects) {
		if (!is_swappable(facts, object))
			continue;
		if (object->resident != SHMG_U64_UNKNOWN)
			bytes = shmg_amount_plus(bytes, object->resident);
		if (object->swapped != SHMG_U64_UNKNOWN)
			*ret_swapped = shmg_amount_plus(*ret_swapped, object->swapped);
	}
	return bytes;
}

/* Swap areas where pages are written to a disk as they are; those of which it is unknown are counted. */
static const char *list_plain_swaps(struct shmg_audit *audit, size_t *ret_unknown)
{
	const char *list = "";

	*ret_unknown = 0;
	SHMG_FOREACH(swap, &audit->facts->swaps) {
		if (swap->zram == 1 || swap->encrypted == 1)
			continue;
		if (swap->encrypted == SHMG_U8_UNKNOWN)
			++*ret_unknown;
		else
			list = shmg_audit_text(audit, "%s%s%s", list, *list ? ", " : "", swap->path ? swap->path : "?");
	}
	return list;
}

static enum shmg_outcome probe_swap(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t total, swapped;
	size_t unknown;
	char size[SHMG_AMOUNT_MAX], out[SHMG_AMOUNT_MAX];

	if (!facts->swaps.count) {
		if (shmg_facts_setting_number(facts, SHMG_SETTING_SWAP_TOTAL, &total) < 0 || total)
			return shmg_audit_unseen(audit, "the swap areas could not be seen (/proc/swaps)");
		return shmg_audit_not_applicable(audit, "no swap");
	}
	const char *areas = list_plain_swaps(audit, &unknown);
	uint64_t bytes = count_swappable(facts, &swapped);
	if (*areas && bytes)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "swap",
				"swap that is encrypted or in memory (zram), or shared memory that is locked",
				"/proc/swaps",
				"%s of shared memory can be swapped, %s of System V segments are, to unencrypted %s",
				shmg_amount_bytes(bytes, size), shmg_amount_bytes(swapped, out), areas);
	if (unknown)
		return shmg_audit_unseen(
			audit, shmg_audit_text(audit, "whether %zu swap areas are encrypted is unknown", unknown));
	return SHMG_OUTCOME_PASSED;
}

static const struct shmg_check rows[] = {
	{
		.id = "SHM-MAP-001",
		.family = "mappings",
		.title = "Shared memory mapped writable and executable at once",
		.severity = SHMG_SEVERITY_HIGH,
		.why = "Whoever can write to the object runs code in the process that maps it so, with no further "
		       "step.",
		.fix = "Map it without PROT_EXEC (shmat without SHM_EXEC). In a systemd unit: "
		       "MemoryDenyWriteExecute=yes; mount the file system noexec, which stops such mappings of its "
		       "files.",
		.breaks = "Just-in-time compilers that write code where they run it.",
		.references = "mmap(2); shmop(2); mount(8); systemd.exec(5); CWE-732",
		.probe = probe_write_execute,
	},
	{
		.id = "SHM-MAP-002",
		.family = "mappings",
		.title = "Shared memory written through one mapping and executed through another",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Two mappings get round every rule against memory that is writable and executable at once "
		       "(PR_SET_MDWE does not see it). Between two users it is a way to run code as the other.",
		.fix = "Seal the object against writing before it is executed (F_SEAL_WRITE), or take the executable "
		       "mapping away. State a just-in-time compiler that works so in the policy: [allow NAME] with "
		       "object and reason.",
		.breaks = "Just-in-time compilers that map their code twice on purpose (.NET, some JavaScript "
			  "engines, libffi).",
		.references = "mmap(2); memfd_create(2); fcntl(2); prctl(2)",
		.probe = probe_two_mappings,
	},
	{
		.id = "SHM-MAP-003",
		.family = "mappings",
		.title = "Memfd mapped executable",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Code that no file system has ever held: how an intruder runs a program without leaving a "
		       "file, past every noexec mount. Container runtimes do it for a moment when they start.",
		.fix = "Find out what it is (shmguard show PID). sysctl -w vm.memfd_noexec=1 makes memfds not "
		       "executable unless asked for; 2 refuses those that ask.",
		.breaks = "Container runtimes that start from a sealed copy of themselves, and some just-in-time "
			  "compilers.",
		.references = "memfd_create(2); https://docs.kernel.org/userspace-api/mfd_noexec.html",
		.probe = probe_memfd_code,
	},
	{
		.id = "SHM-MAP-004",
		.family = "mappings",
		.title = "Shared memory mapped executable",
		.severity = SHMG_SEVERITY_MEDIUM,
		.why = "Code that another process put there, or can replace by the next start, runs with the rights "
		       "of the one that maps it.",
		.fix = "Install code on a file system that only root can write. Mount /dev/shm noexec; map without "
		       "PROT_EXEC, shmat without SHM_EXEC.",
		.breaks = "Programs that build code in /dev/shm, and those that put their text on huge pages.",
		.references = "mmap(2); shmop(2); mount(8)",
		.probe = probe_code,
	},
	{
		.id = "SHM-MAP-005",
		.family = "mappings",
		.title = "Core dumps contain shared memory",
		.severity = SHMG_SEVERITY_LOW,
		.why = "When one of these processes crashes, its dump holds what all of them shared: other users' "
		       "data too, and as many bytes as are mapped. The kernel's default (0x33) includes System V "
		       "segments, memfds and shared anonymous memory. Whether the limit of core sizes (RLIMIT_CORE) "
		       "forbids the dump is not looked at.",
		.fix = "CoredumpFilter=private-anonymous elf-headers in the systemd unit, or echo 0x11 > "
		       "/proc/PID/coredump_filter; in the program madvise(MADV_DONTDUMP) for the segment.",
		.breaks = "Debugging a crash with the shared data at hand.",
		.references = "core(5); madvise(2); systemd.exec(5); CWE-528",
		.needs = SHMG_WANT_HOST,
		.probe = probe_dumps,
	},
	{
		.id = "SHM-MAP-006",
		.family = "mappings",
		.title = "Shared memory can be swapped to an unencrypted disk",
		.severity = SHMG_SEVERITY_LOW,
		.why = "What is in shared memory is written to the disk as it is when memory runs short, and stays "
		       "readable there after the programs and even the machine are gone.",
		.fix = "Put swap on an encrypted device (crypttab with swap and a random key) or on zram; or mount "
		       "the tmpfs noswap (Linux 6.4), or lock the memory (mlock(2), shmctl SHM_LOCK).",
		.breaks = "Locked memory and noswap take RAM that nothing can have back; encryption takes some CPU.",
		.references = "swapon(8); tmpfs(5); mlock(2); crypttab(5); CWE-311",
		.needs = SHMG_WANT_HOST,
		.probe = probe_swap,
	},
};

SHMG_FAMILY(mappings, rows);
