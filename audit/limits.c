/* SPDX-License-Identifier: MIT */
/* Limits of System V shared memory in each IPC namespace, locked memory, huge pages: too wide, or nearly used up. */
#include "audit/family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/limits.h"

/* Nobody sets a limit beyond this on purpose: it is the kernel's default, ULONG_MAX - 2^24. */
#define PRACTICALLY_UNLIMITED (UINT64_C(1) << 62)

struct limits {
	const struct shmg_namespace *ns;
	uint64_t shmmax; /* bytes */
	uint64_t shmall; /* pages */
	uint64_t shmmni;
	uint64_t page_size;
};

static uint64_t host_limit(const struct shmg_facts *facts, const struct shmg_namespace *ns, uint64_t value,
			   const char *setting)
{
	if (value == SHMG_U64_UNKNOWN && ns->host == 1)
		(void)shmg_facts_setting_number(facts, setting, &value);
	return value;
}

static struct limits limits_of(const struct shmg_facts *facts, const struct shmg_namespace *ns)
{
	return (struct limits){
		.ns = ns,
		.shmmax = host_limit(facts, ns, ns->shmmax, "kernel.shmmax"),
		.shmall = host_limit(facts, ns, ns->shmall, "kernel.shmall"),
		.shmmni = host_limit(facts, ns, ns->shmmni, "kernel.shmmni"),
		.page_size = facts->host.items[0].page_size,
	};
}

static bool is_ipc(const struct shmg_namespace *ns)
{
	return ns->type == SHMG_NAMESPACE_IPC;
}

static const char *name_of(struct shmg_audit *audit, const struct shmg_namespace *ns)
{
	return ns->label ? ns->label : shmg_audit_text(audit, "ipc:%" PRIu64, ns->inode);
}

static void find_limit(struct shmg_audit *audit, const struct shmg_namespace *ns, const char *setting,
		       const char *expected, const char *found)
{
	char file[32];
	const char *subject = ns->host == 1 ? setting : shmg_audit_text(audit, "%s (%s)", setting, name_of(audit, ns));

	(void)snprintf(file, sizeof file, "%s", strrchr(setting, '.') + 1);
	const char *where = ns->host == 1
				    ? shmg_audit_text(audit, "/proc/sys/kernel/%s", file)
				    : shmg_audit_text(audit, "shmctl IPC_INFO and SHM_INFO, as pid %" PRIu32, ns->pid);
	shmg_audit_find(audit, SHMG_SUBJECT_NAMESPACE, (uint32_t)(ns - audit->facts->namespaces.items), subject,
			expected, where, "%s", found);
}

/* --- wider than the machine --- */

/* What the limits let somebody have, in bytes; SHMG_U64_UNKNOWN when they could not be read. */
typedef uint64_t allowance_fn(const struct limits *limits);

static uint64_t all_segments(const struct limits *limits)
{
	if (limits->shmall == SHMG_U64_UNKNOWN || limits->page_size == SHMG_U64_UNKNOWN)
		return SHMG_U64_UNKNOWN;
	return shmg_amount_times(limits->shmall, limits->page_size);
}

/* shmall bounds a single segment too, so a narrow shmall makes any shmmax harmless. */
static uint64_t one_segment(const struct limits *limits)
{
	uint64_t all = all_segments(limits);
	return all != SHMG_U64_UNKNOWN && all < limits->shmmax ? all : limits->shmmax;
}

/* A new IPC namespace begins with the kernel's defaults, so that all private ones are told of at once. */
static void find_private(struct shmg_audit *audit, const char *setting, size_t wide, size_t total,
			 const struct shmg_namespace *example, const char *expected)
{
	if (!wide)
		return;
	shmg_audit_find(audit, SHMG_SUBJECT_NAMESPACE, (uint32_t)(example - audit->facts->namespaces.items),
			shmg_audit_text(audit, "%s (private IPC namespaces)", setting), expected,
			"shmctl IPC_INFO in each namespace", "more in %zu of %zu private IPC namespaces, %s for one",
			wide, total, name_of(audit, example));
}

static const char *tell_allowed(struct shmg_audit *audit, const struct limits *limits, uint64_t allowed, bool one)
{
	char text[SHMG_AMOUNT_MAX];

	(void)shmg_amount_bytes(allowed, text);
	if (!one)
		return shmg_audit_text(audit, "%s: %" PRIu64 " pages of %" PRIu64 " bytes", text, limits->shmall,
				       limits->page_size);
	return allowed < limits->shmmax ? shmg_audit_text(audit, "%s, as kernel.shmall allows", text)
					: shmg_audit_text(audit, "%s", text);
}

static enum shmg_outcome probe_width(struct shmg_audit *audit, const char *setting, allowance_fn *allowance,
				     uint64_t most, const char *expected)
{
	const struct shmg_namespace *example = NULL;
	size_t known = 0, private = 0, wide = 0;

	SHMG_FOREACH(ns, &audit->facts->namespaces) {
		struct limits limits = limits_of(audit->facts, ns);
		uint64_t allowed = is_ipc(ns) ? allowance(&limits) : SHMG_U64_UNKNOWN;
		if (allowed == SHMG_U64_UNKNOWN)
			continue;
		known++;
		private += ns->host != 1;
		if (allowed <= most)
			continue;
		if (ns->host == 1) {
			find_limit(audit, ns, setting, expected,
				   tell_allowed(audit, &limits, allowed, allowance == one_segment));
		} else {
			wide++;
			example = example ? example : ns;
		}
	}
	find_private(audit, setting, wide, private, example, expected);
	return known ? SHMG_OUTCOME_PASSED : shmg_audit_unseen(audit, "the limits of no IPC namespace could be read");
}

static enum shmg_outcome probe_shmmax(struct shmg_audit *audit)
{
	uint64_t memory = audit->facts->host.items[0].memory;
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_SEGMENT_RAM_PERCENT);
	uint64_t most = shmg_amount_share(memory, percent);
	char text[SHMG_AMOUNT_MAX];

	if (memory == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the size of the RAM is unknown");
	return probe_width(
		audit, "kernel.shmmax", one_segment, most,
		shmg_audit_text(audit, "at most %s (%" PRIu64 " %% of RAM)", shmg_amount_bytes(most, text), percent));
}

static enum shmg_outcome probe_shmall(struct shmg_audit *audit)
{
	uint64_t memory = audit->facts->host.items[0].memory;
	uint64_t reserve = shmg_audit_parameter(audit, SHMG_PARAMETER_KERNEL_RESERVE_PERCENT);
	uint64_t most = memory - shmg_amount_share(memory, reserve);
	char text[SHMG_AMOUNT_MAX];

	if (memory == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the size of the RAM is unknown");
	return probe_width(audit, "kernel.shmall", all_segments, most,
			   shmg_audit_text(audit, "at most %s: RAM less %" PRIu64 " %% for the kernel",
					   shmg_amount_bytes(most, text), reserve));
}

/* --- out of step --- */

static void compare_limits(struct shmg_audit *audit, const struct limits *limits)
{
	uint64_t all = all_segments(limits);
	char one[SHMG_AMOUNT_MAX], sum[SHMG_AMOUNT_MAX];

	/* With shmmax at its default somebody chose to limit the sum alone. */
	if (limits->shmmax != SHMG_U64_UNKNOWN && limits->shmmax < PRACTICALLY_UNLIMITED && all < limits->shmmax)
		find_limit(audit, limits->ns, "kernel.shmmax",
			   "no more than kernel.shmall allows for all segments together",
			   shmg_audit_text(audit, "%s for one, %s for all (%" PRIu64 " pages)",
					   shmg_amount_bytes(limits->shmmax, one), shmg_amount_bytes(all, sum),
					   limits->shmall));
	/* Every segment takes a page at least. */
	if (limits->shmmni != SHMG_U64_UNKNOWN && limits->shmmni > limits->shmall)
		find_limit(audit, limits->ns, "kernel.shmmni", "no more segments than kernel.shmall has pages",
			   shmg_audit_text(audit, "%" PRIu64 " segments, %" PRIu64 " pages", limits->shmmni,
					   limits->shmall));
}

static enum shmg_outcome probe_step(struct shmg_audit *audit)
{
	size_t known = 0;

	SHMG_FOREACH(ns, &audit->facts->namespaces) {
		struct limits limits = limits_of(audit->facts, ns);
		if (!is_ipc(ns) || all_segments(&limits) == SHMG_U64_UNKNOWN)
			continue;
		known++;
		compare_limits(audit, &limits);
	}
	return known ? SHMG_OUTCOME_PASSED : shmg_audit_unseen(audit, "the limits of no IPC namespace could be read");
}

/* --- nearly used up --- */

static enum shmg_outcome probe_usage(struct shmg_audit *audit, const char *setting, bool pages)
{
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT);
	const char *expected = shmg_audit_text(audit, "less than %" PRIu64 " %% used", percent);
	size_t known = 0;

	SHMG_FOREACH(ns, &audit->facts->namespaces) {
		struct limits limits = limits_of(audit->facts, ns);
		uint64_t used = pages ? ns->pages : ns->segments, limit = pages ? limits.shmall : limits.shmmni;
		if (!is_ipc(ns) || used == SHMG_U64_UNKNOWN || limit == SHMG_U64_UNKNOWN)
			continue;
		known++;
		if (shmg_amount_reaches(used, limit, percent))
			find_limit(audit, ns, setting, expected,
				   shmg_audit_text(audit, "%" PRIu64 " %%: %" PRIu64 " of %" PRIu64 " %s",
						   shmg_amount_percent(used, limit), used, limit,
						   pages ? "pages" : "segments"));
	}
	return known ? SHMG_OUTCOME_PASSED : shmg_audit_unseen(audit, "the usage of no IPC namespace could be read");
}

static enum shmg_outcome probe_pages(struct shmg_audit *audit)
{
	return probe_usage(audit, "kernel.shmall", true);
}

static enum shmg_outcome probe_segments(struct shmg_audit *audit)
{
	return probe_usage(audit, "kernel.shmmni", false);
}

/* The namespace of a segment; `hint` is that of the one before, which is nearly always the same. */
static const struct shmg_namespace *namespace_of(const struct shmg_facts *facts, const struct shmg_object *object,
						 const struct shmg_namespace *hint)
{
	if (hint && hint->inode == object->ns)
		return hint;
	SHMG_FOREACH(ns, &facts->namespaces)
		if (is_ipc(ns) && ns->inode == object->ns)
			return ns;
	return NULL;
}

static enum shmg_outcome probe_largest(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t percent = shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT);
	const struct shmg_namespace *ns = NULL;
	size_t segments = 0, known = 0;

	SHMG_FOREACH(object, &facts->objects) {
		if (object->kind != SHMG_KIND_SYSV)
			continue;
		segments++;
		ns = namespace_of(facts, object, ns);
		uint64_t shmmax = ns ? limits_of(facts, ns).shmmax : SHMG_U64_UNKNOWN;
		if (shmmax == SHMG_U64_UNKNOWN || object->size == SHMG_U64_UNKNOWN)
			continue;
		known++;
		if (!shmg_amount_reaches(object->size, shmmax, percent))
			continue;
		char size[SHMG_AMOUNT_MAX], limit[SHMG_AMOUNT_MAX];
		shmg_audit_find_object(audit, object,
				       shmg_audit_text(audit, "less than %" PRIu64 " %% of shmmax", percent),
				       "shmctl SHM_STAT and IPC_INFO", "%" PRIu64 " %%: %s of %s",
				       shmg_amount_percent(object->size, shmmax), shmg_amount_bytes(object->size, size),
				       shmg_amount_bytes(shmmax, limit));
	}
	return known || !segments
		       ? SHMG_OUTCOME_PASSED
		       : shmg_audit_unseen(audit, "of no System V segment both size and limit could be read");
}

/* --- the rest --- */

static enum shmg_outcome probe_rmid(struct shmg_audit *audit)
{
	SHMG_FOREACH(ns, &audit->facts->namespaces) {
		if (!is_ipc(ns) || ns->host != 1)
			continue;
		uint64_t forced = ns->shm_rmid_forced;
		if (forced == SHMG_U32_UNKNOWN &&
		    shmg_facts_setting_number(audit->facts, "kernel.shm_rmid_forced", &forced) < 0)
			break;
		if (!forced)
			find_limit(audit, ns, "kernel.shm_rmid_forced", "1, where no program keeps segments unattached",
				   "0: segments stay after their last user");
		return SHMG_OUTCOME_PASSED;
	}
	return shmg_audit_unseen(audit, "kernel.shm_rmid_forced could not be read");
}

struct tally {
	const struct shmg_namespace *ns;
	uint64_t tiny, bytes;
	uint32_t uid; /* of the first of them */
};

static enum shmg_outcome probe_tiny(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t most = shmg_audit_parameter(audit, SHMG_PARAMETER_TINY_SEGMENTS);
	uint64_t tiny = shmg_audit_parameter(audit, SHMG_PARAMETER_TINY_BYTES);
	SHMG_ARRAY(struct tally) tallies = { 0 };
	size_t last = 0;

	SHMG_FOREACH(object, &facts->objects) {
		if (object->kind != SHMG_KIND_SYSV || object->size > tiny)
			continue;
		if (last >= tallies.count || tallies.items[last].ns->inode != object->ns) {
			const struct shmg_namespace *ns = namespace_of(facts, object, NULL);
			for (last = 0; last < tallies.count && tallies.items[last].ns != ns;)
				last++;
			struct tally *tally = ns && last == tallies.count ? SHMG_APPEND(&tallies) : NULL;
			if (tally)
				*tally = (struct tally){ .ns = ns, .uid = object->uid };
			if (last >= tallies.count)
				continue;
		}
		tallies.items[last].tiny++;
		tallies.items[last].bytes += object->size;
	}
	SHMG_FOREACH(tally, &tallies) {
		char text[SHMG_AMOUNT_MAX], sum[SHMG_AMOUNT_MAX];
		if (tally->tiny <= most)
			continue;
		find_limit(audit, tally->ns, "kernel.shmmni",
			   shmg_audit_text(audit, "at most %" PRIu64 " segments of %s or less", most,
					   shmg_amount_bytes(tiny, text)),
			   shmg_audit_text(audit, "%" PRIu64 " segments with %s together, of uid %" PRIu32 " for one",
					   tally->tiny, shmg_amount_bytes(tally->bytes, sum), tally->uid));
	}
	shmg_array_clear(&tallies);
	return SHMG_OUTCOME_PASSED;
}

#define SYSCTL_FIX(assignment)                                                                                         \
	"Now: sysctl -w " assignment ". For good: the same line in /etc/sysctl.d/60-shared-memory.conf. "

static const struct shmg_check checks[] = {
	{
		.id = "SHM-LIM-001",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_shmmax,
		.title = "One System V segment may be larger than a fair share of the RAM",
		.why = "Linux's default for shmmax is practically unlimited: any user may make one segment as large as "
		       "RAM and swap. Its pages stay when its maker ends, and the OOM killer cannot free them. POSIX "
		       "objects and memfds are not bound by shmmax; only a memory cgroup bounds all of them.",
		.fix = SYSCTL_FIX(
			"kernel.shmmax=BYTES") "A lower kernel.shmall bounds single segments too. Where a private "
					       "namespace matters: --sysctl kernel.shmmax=BYTES of docker and podman.",
		.breaks = "Programs that ask for one larger segment get EINVAL: databases configured for System V "
			  "memory.",
		.references = "shmget(2); proc_sys_kernel(5); sysvipc(7); CWE-770",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_SEGMENT_RAM_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-002",
		.family = "limits",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_shmall,
		.title = "All System V segments together may take more than the RAM",
		.why = "Linux's default for shmall is practically unlimited: any user can fill RAM and swap with "
		       "segments that outlive every process, and the OOM killer cannot free them. A common mistake is "
		       "to set it in bytes: it counts pages.",
		.fix = SYSCTL_FIX("kernel.shmall=PAGES") "PAGES is bytes divided by `getconf PAGE_SIZE`. Where a "
							 "private namespace matters: --sysctl kernel.shmall=PAGES of "
							 "docker and podman, or a memory limit of its cgroup.",
		.breaks = "When the pages are used up shmget fails with ENOSPC: add up what databases and other users "
			  "of System V memory need first (shmguard ls --kind sysv).",
		.references = "shmget(2); proc_sys_kernel(5); sysvipc(7); CWE-770",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_KERNEL_RESERVE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-003",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_step,
		.title = "Limits of System V shared memory contradict each other",
		.why = "A segment that shmmax permits fails with ENOSPC because of shmall, or shmmni can never be "
		       "reached: whoever set them meant something else, often bytes where the kernel counts pages.",
		.fix = SYSCTL_FIX("kernel.shmall=PAGES") "Choose PAGES so that PAGES × page size is at least shmmax, "
							 "and at least shmmni pages.",
		.breaks = "Nothing, as long as all of them are raised and not lowered.",
		.references = "shmget(2); proc_sys_kernel(5)",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-004",
		.family = "limits",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_pages,
		.title = "System V shared memory has nearly used up its pages",
		.why = "At the limit every shmget of the namespace fails with ENOSPC, which looks like a full disk: a "
		       "database does not start again after its next stop.",
		.fix = "Remove what was left behind (shmguard ls --orphans), or raise it: sysctl -w "
		       "kernel.shmall=PAGES and the same line in /etc/sysctl.d/60-shared-memory.conf.",
		.breaks = "Removing a segment that a program expects makes that program fail; a wider limit lets more "
			  "RAM be taken.",
		.references = "shmget(2); proc_sys_kernel(5); CWE-400",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-005",
		.family = "limits",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_segments,
		.title = "System V shared memory has nearly used up its segments",
		.why = "At the limit every shmget of the namespace fails with ENOSPC though memory is free. Any user "
		       "can cause it with segments of one byte; so do programs that crash and leave theirs behind.",
		.fix = "Remove what was left behind (shmguard ls --orphans), or raise it: sysctl -w kernel.shmmni=N "
		       "and the same line in /etc/sysctl.d/60-shared-memory.conf (32768 at most, unless booted with "
		       "ipcmni_extend).",
		.breaks = "Removing a segment that a program expects makes that program fail.",
		.references = "shmget(2); proc_sys_kernel(5); CWE-400",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-006",
		.family = "limits",
		.severity = SHMG_SEVERITY_INFO,
		.probe = probe_largest,
		.title = "A System V segment is nearly as large as shmmax allows",
		.why = "The program that made it asks for a larger one when it is given more memory or an upgrade, and "
		       "then does not start: shmget fails with EINVAL.",
		.fix = SYSCTL_FIX("kernel.shmmax=BYTES") "Or leave it, if the size was chosen to fit.",
		.breaks = "A wider limit lets one user take more RAM.",
		.references = "shmget(2); proc_sys_kernel(5)",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-007",
		.family = "limits",
		.severity = SHMG_SEVERITY_INFO,
		.probe = probe_rmid,
		.title = "System V segments outlive their last user",
		.why = "A program that crashes leaves its segments behind, with what was in them, until somebody "
		       "removes them or the machine boots. With kernel.shm_rmid_forced=1 the kernel removes a segment "
		       "with its last attached process.",
		.fix = SYSCTL_FIX("kernel.shm_rmid_forced=1") "Only after making sure that no program here keeps "
							      "segments unattached.",
		.breaks = "Programs that keep data in segments with nobody attached lose it at once: perl's "
			  "IPC::Shareable and other stores, PostgreSQL's interlock segment, cbio. It acts on existing "
			  "unattached segments too.",
		.references = "proc_sys_kernel(5); shmctl(2)",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-008",
		.family = "limits",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = shmg_memlock_probe_limit,
		.title = "An unprivileged user may lock most of the RAM",
		.why = "Locked memory can be neither swapped nor reclaimed, so one such process starves the machine. "
		       "RLIMIT_MEMLOCK limits mlock in each process and SHM_LOCK per user; it does not limit how much "
		       "shared memory somebody makes.",
		.fix = "LimitMEMLOCK= of the systemd unit, or memlock in /etc/security/limits.d/, with the size that "
		       "the program needs; docker and podman: --ulimit memlock=BYTES.",
		.breaks = "Databases that lock their buffers, RDMA, io_uring on old kernels and BPF before Linux 5.11 "
			  "need a wide limit.",
		.references = "getrlimit(2); mlock(2); shmctl(2); CWE-770",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_SEGMENT_RAM_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-009",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = shmg_memlock_probe_usage,
		.title = "A user has locked nearly as much memory as allowed",
		.why = "The next mlock or SHM_LOCK fails with ENOMEM or EPERM. A program that does not check that "
		       "keeps keys and other secrets in memory that goes to swap.",
		.fix = "Raise LimitMEMLOCK= of the systemd unit or memlock in /etc/security/limits.d/, or lock less.",
		.breaks = "A wider limit lets the user keep more RAM from everybody else.",
		.references = "getrlimit(2); mlock(2); shmctl(2)",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-010",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = shmg_hugepage_probe_unused,
		.title = "Huge pages are set aside and nobody uses them",
		.why = "This RAM is lost to everything that does not ask for huge pages: the machine swaps or kills "
		       "while it lies idle.",
		.fix = "sysctl -w vm.nr_hugepages=N with what is needed, and the same line in /etc/sysctl.d/; remove "
		       "hugepages= from the kernel's command line where it came from there.",
		.breaks = "A program that is started later and expects them falls back to small pages, or does not "
			  "start.",
		.references = "proc_sys_vm(5); mmap(2); https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-011",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = shmg_hugepage_probe_exhausted,
		.title = "Huge pages are nearly used up",
		.why = "The next shmget with SHM_HUGETLB or mmap with MAP_HUGETLB fails with ENOMEM: a database does "
		       "not start again, or takes small pages and runs slowly. Where the pool was made for one program "
		       "this is as intended.",
		.fix = "sysctl -w vm.nr_hugepages=N with more, and the same line in /etc/sysctl.d/; early in the boot, "
		       "before memory is fragmented.",
		.breaks = "It takes RAM from everything that does not ask for huge pages.",
		.references = "proc_sys_vm(5); shmget(2); https://docs.kernel.org/admin-guide/mm/hugetlbpage.html",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-LIM-012",
		.family = "limits",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_tiny,
		.title = "Thousands of tiny System V segments",
		.why = "Each takes a whole page, an inode and one of shmmni places. It is how a leak looks, and how "
		       "one user keeps everybody else from making segments.",
		.fix = "Find their maker (shmguard ls --by user), remove what was left behind, let the program put its "
		       "data in one segment.",
		.breaks = "Removing a segment that a program expects makes that program fail.",
		.references = "shmget(2); sysvipc(7); CWE-400; CWE-772",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_TINY_SEGMENTS, SHMG_PARAMETER_TINY_BYTES),
	},
};

SHMG_FAMILY(limits, checks);
