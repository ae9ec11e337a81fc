/* SPDX-License-Identifier: MIT */
/* Mounts meant for sharing: what may be planted in them, how much memory they give away, and whether that lasts. */
#include "audit/family.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/mount_survey.h"

/* --- options in force --- */

static enum shmg_mount_verdict judge_flag(const struct shmg_mount *mount, uint32_t flag, const char *name, char *found)
{
	if (mount->flags == SHMG_U32_UNKNOWN)
		return SHMG_MOUNT_UNSEEN;
	/* Nothing can be planted by users in a directory that only root writes. */
	if (shmg_mount_is_type(mount, "hugetlbfs") && (mount->mode == SHMG_U32_UNKNOWN || !(mount->mode & 022)))
		return SHMG_MOUNT_ELSEWHERE;
	(void)snprintf(found, SHMG_MOUNT_FOUND_MAX, "no %s among %s", name,
		       mount->options ? mount->options : "its options");
	return mount->flags & flag ? SHMG_MOUNT_FINE : SHMG_MOUNT_FAULTY;
}

static enum shmg_mount_verdict judge_nodev(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	(void)audit;
	return judge_flag(mount, SHMG_MOUNT_NODEV, "nodev", found);
}

static enum shmg_mount_verdict judge_nosuid(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	(void)audit;
	return judge_flag(mount, SHMG_MOUNT_NOSUID, "nosuid", found);
}

static enum shmg_mount_verdict judge_noexec(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	(void)audit;
	return judge_flag(mount, SHMG_MOUNT_NOEXEC, "noexec", found);
}

static enum shmg_outcome probe_nodev(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_nodev, "nodev", SHMG_MOUNT_BY_MOUNTINFO);
}

static enum shmg_outcome probe_nosuid(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_nosuid, "nosuid", SHMG_MOUNT_BY_MOUNTINFO);
}

static enum shmg_outcome probe_noexec(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_noexec, "noexec", SHMG_MOUNT_BY_MOUNTINFO);
}

static enum shmg_mount_verdict judge_sticky(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	(void)audit;
	if (mount->mode == SHMG_U32_UNKNOWN)
		return SHMG_MOUNT_UNSEEN;
	(void)snprintf(found, SHMG_MOUNT_FOUND_MAX, "mode %04o", mount->mode);
	return (mount->mode & 0002) && !(mount->mode & 01000) ? SHMG_MOUNT_FAULTY : SHMG_MOUNT_FINE;
}

static enum shmg_outcome probe_sticky(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_sticky, "mode 1777, or not writable by everybody", SHMG_MOUNT_BY_STAT);
}

/* --- how much they give away --- */

static enum shmg_mount_verdict judge_unlimited(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	(void)audit;
	/* hugetlbfs is bounded by its pool; ramfs knows no limit at all. */
	if (shmg_mount_is_type(mount, "hugetlbfs"))
		return SHMG_MOUNT_ELSEWHERE;
	(void)snprintf(found, SHMG_MOUNT_FOUND_MAX, "no limit");
	if (shmg_mount_is_type(mount, "ramfs"))
		return SHMG_MOUNT_FAULTY;
	if (mount->size == SHMG_U64_UNKNOWN)
		return SHMG_MOUNT_UNSEEN;
	return mount->size == UINT64_MAX ? SHMG_MOUNT_FAULTY : SHMG_MOUNT_FINE;
}

static enum shmg_outcome probe_unlimited(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_unlimited, "a size", SHMG_MOUNT_BY_STATFS);
}

static enum shmg_mount_verdict judge_large(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	uint64_t memory = audit->facts->host.items[0].memory;
	char size[SHMG_AMOUNT_MAX], ram[SHMG_AMOUNT_MAX];

	/* No limit at all is another check's. */
	if (shmg_mount_is_type(mount, "hugetlbfs") || mount->size == UINT64_MAX)
		return SHMG_MOUNT_ELSEWHERE;
	if (mount->size == SHMG_U64_UNKNOWN || memory == SHMG_U64_UNKNOWN)
		return SHMG_MOUNT_UNSEEN;
	if (mount->size <= shmg_amount_share(memory, shmg_audit_parameter(audit, SHMG_PARAMETER_SEGMENT_RAM_PERCENT)))
		return SHMG_MOUNT_FINE;
	(void)snprintf(found, SHMG_MOUNT_FOUND_MAX, "%s of %s RAM", shmg_amount_bytes(mount->size, size),
		       shmg_amount_bytes(memory, ram));
	return SHMG_MOUNT_FAULTY;
}

static enum shmg_outcome probe_large(struct shmg_audit *audit)
{
	const char *expected = shmg_audit_text(audit, "at most %" PRIu64 " %% of RAM",
					       shmg_audit_parameter(audit, SHMG_PARAMETER_SEGMENT_RAM_PERCENT));
	return shmg_mount_survey(audit, judge_large, expected, SHMG_MOUNT_BY_STATFS);
}

/* The host's tmpfs with a limit, each device once. Those of containers are bounded by their memory cgroups. */
static bool is_summed(const struct shmg_facts *facts, const struct shmg_mount *mount)
{
	if (mount->host != 1 || !shmg_mount_is_looked_at(mount) || !shmg_mount_is_type(mount, "tmpfs") ||
	    mount->size >= SHMG_U64_UNKNOWN)
		return false;
	for (const struct shmg_mount *earlier = facts->mounts.items; earlier < mount; earlier++)
		if (earlier->host == 1 && earlier->dev == mount->dev && mount->dev != SHMG_U64_UNKNOWN &&
		    shmg_mount_is_looked_at(earlier))
			return false;
	return true;
}

static enum shmg_outcome probe_sum(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	uint64_t memory = facts->host.items[0].memory, sum = 0;
	uint64_t reserve = shmg_audit_parameter(audit, SHMG_PARAMETER_KERNEL_RESERVE_PERCENT);
	char list[SHMG_MOUNT_FOUND_MAX] = "", total[SHMG_AMOUNT_MAX], size[SHMG_AMOUNT_MAX];
	size_t count = 0, length = 0;

	if (memory == SHMG_U64_UNKNOWN)
		return shmg_audit_unseen(audit, "the size of the RAM is unknown");
	SHMG_FOREACH(mount, &facts->mounts) {
		if (!is_summed(facts, mount))
			continue;
		sum = shmg_amount_plus(sum, mount->size);
		count++;
		if (length < sizeof list)
			length += (size_t)snprintf(list + length, sizeof list - length, "%s%s %s", length ? ", " : "",
						   mount->target, shmg_amount_bytes(mount->size, size));
	}
	/* One alone is the business of the check above. */
	if (count < 2)
		return shmg_audit_not_applicable(audit, "the host has fewer than two tmpfs with a size to add up");
	uint64_t limit = memory - shmg_amount_share(memory, reserve);
	if (sum <= limit)
		return SHMG_OUTCOME_PASSED;
	const char *expected = shmg_audit_text(audit, "at most %s together: RAM less %" PRIu64 " %% for the kernel",
					       shmg_amount_bytes(limit, size), reserve);
	shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "tmpfs sizes", expected, "statfs of each mount",
			"%s together: %s", shmg_amount_bytes(sum, total), list);
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_mount_verdict judge_usage(struct shmg_audit *audit, uint64_t used, uint64_t size, char *found)
{
	if (size == UINT64_MAX || size == 0)
		return SHMG_MOUNT_ELSEWHERE;
	if (size == SHMG_U64_UNKNOWN || used == SHMG_U64_UNKNOWN)
		return SHMG_MOUNT_UNSEEN;
	if (!shmg_amount_reaches(used, size, shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT)))
		return SHMG_MOUNT_FINE;
	(void)snprintf(found, SHMG_MOUNT_FOUND_MAX, "%" PRIu64 " %%: ", shmg_amount_percent(used, size));
	return SHMG_MOUNT_FAULTY;
}

static enum shmg_mount_verdict judge_blocks(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	char used[SHMG_AMOUNT_MAX], size[SHMG_AMOUNT_MAX];
	enum shmg_mount_verdict verdict = judge_usage(audit, mount->used, mount->size, found);
	size_t length = strlen(found);

	if (verdict == SHMG_MOUNT_FAULTY)
		(void)snprintf(found + length, SHMG_MOUNT_FOUND_MAX - length, "%s of %s",
			       shmg_amount_bytes(mount->used, used), shmg_amount_bytes(mount->size, size));
	return verdict;
}

static enum shmg_mount_verdict judge_inodes(struct shmg_audit *audit, const struct shmg_mount *mount, char *found)
{
	enum shmg_mount_verdict verdict = judge_usage(audit, mount->inodes_used, mount->inodes, found);
	size_t length = strlen(found);

	if (verdict == SHMG_MOUNT_FAULTY)
		(void)snprintf(found + length, SHMG_MOUNT_FOUND_MAX - length, "%" PRIu64 " of %" PRIu64 " inodes",
			       mount->inodes_used, mount->inodes);
	return verdict;
}

static const char *usage_expected(struct shmg_audit *audit)
{
	return shmg_audit_text(audit, "less than %" PRIu64 " %%",
			       shmg_audit_parameter(audit, SHMG_PARAMETER_USAGE_PERCENT));
}

static enum shmg_outcome probe_blocks(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_blocks, usage_expected(audit), SHMG_MOUNT_BY_STATFS);
}

static enum shmg_outcome probe_inodes(struct shmg_audit *audit)
{
	return shmg_mount_survey(audit, judge_inodes, usage_expected(audit), SHMG_MOUNT_BY_STATFS);
}

#define FSTAB_FIX(option)                                                                                              \
	"Now: mount -o remount," option " TARGET. For good: add " option " to the options of its line in /etc/fstab "  \
	"(for example `tmpfs /dev/shm tmpfs rw,nosuid,nodev,noexec,size=2G 0 0`), or to Options= of its mount unit; "  \
	"for a container, to the tmpfs options of its engine."

static const struct shmg_check checks[] = {
	{
		.id = "SHM-MNT-001",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_nodev,
		.title = "A shared memory file system honours device files",
		.why = "Whoever can make a device file there once (a container with CAP_MKNOD, a restored backup) "
		       "gives everybody who may open it the disk or the memory behind it. No shared memory object is a "
		       "device.",
		.fix = FSTAB_FIX("nodev"),
		.breaks = "Nothing known: programs that share memory do not make device files.",
		.references = "mount(8); shm_overview(7); CWE-732",
	},
	{
		.id = "SHM-MNT-002",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_nosuid,
		.title = "A shared memory file system honours set-user-ID files",
		.why = "A set-user-ID program left in a directory that everybody can reach is a way back to the user "
		       "that it belongs to, and one on tmpfs leaves no trace on a disk.",
		.fix = FSTAB_FIX("nosuid"),
		.breaks = "Nothing known: shared memory objects are not programs.",
		.references = "mount(8); shm_overview(7); CWE-732",
	},
	{
		.id = "SHM-MNT-003",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_noexec,
		.title = "A shared memory file system lets its files be executed",
		.why = "An intruder who can write nowhere else puts a program in this directory, runs it and leaves "
		       "nothing on a disk. noexec stops execve, ld.so and executable mappings of its files; it does "
		       "not stop `sh FILE`, nor memfds.",
		.fix = FSTAB_FIX("noexec"),
		.breaks = "Programs that generate code into files there and map it executable (some JIT compilers, "
			  "libffi closures, older Java and Wine) and installers that unpack to and run from /tmp where "
			  "that is a tmpfs.",
		.references = "mount(8); mmap(2); CWE-732",
	},
	{
		.id = "SHM-MNT-004",
		.family = "mounts",
		.severity = SHMG_SEVERITY_HIGH,
		.probe = probe_unlimited,
		.title = "A shared memory file system without a size limit",
		.why = "Any user can fill all RAM and swap with one file. The OOM killer cannot help: it ends "
		       "processes, and the file stays.",
		.fix = "Now: mount -o remount,size=2G TARGET. For good: size= in its line of /etc/fstab or Options= of "
		       "its mount unit. A ramfs has no limit at all: make it a tmpfs.",
		.breaks = "Programs that need more than the new size get ENOSPC, or SIGBUS if they did not call "
			  "fallocate(2).",
		.references = "tmpfs(5); CWE-770",
	},
	{
		.id = "SHM-MNT-005",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_large,
		.title = "A shared memory file system that may take most of the RAM",
		.why = "One user who fills it pushes everybody else into swap or to the OOM killer, which cannot free "
		       "it.",
		.fix = "Now: mount -o remount,size=25% TARGET. For good: size= in its line of /etc/fstab or Options= "
		       "of its mount unit; docker and podman: --shm-size.",
		.breaks = "Programs that need more than the new size get ENOSPC, or SIGBUS if they did not call "
			  "fallocate(2).",
		.references = "tmpfs(5); CWE-770",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_SEGMENT_RAM_PERCENT),
	},
	{
		.id = "SHM-MNT-006",
		.family = "mounts",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_sum,
		.title = "Shared memory file systems that together may take more than the RAM",
		.why = "Without size= each tmpfs may take half of the RAM, so that two of them, filled, leave nothing "
		       "to the kernel and the programs. Each looks harmless by itself.",
		.fix = "Give each a size= that its users need, in /etc/fstab or its mount unit, so that the sum leaves "
		       "room.",
		.breaks = "Programs that need more than the new size get ENOSPC, or SIGBUS if they did not call "
			  "fallocate(2).",
		.references = "tmpfs(5); CWE-770",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_KERNEL_RESERVE_PERCENT),
	},
	{
		.id = "SHM-MNT-007",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = shmg_mount_probe_drift,
		.title = "A mount in force is not what the configuration asks for",
		.why = "Somebody remounted it, or the configuration was changed and never applied: the machine is "
		       "weaker, or has another size, than its files make everybody believe.",
		.fix = "mount -o remount TARGET applies /etc/fstab (mount TARGET, where nothing is mounted); for a "
		       "unit, systemctl reload UNIT.mount. If what is in force is what is wanted, write it to the "
		       "configuration.",
		.breaks = "A remount to a size smaller than what is in use is refused; options take effect for new "
			  "uses only.",
		.references = "fstab(5); systemd.mount(5); mount(8)",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-MNT-008",
		.family = "mounts",
		.severity = SHMG_SEVERITY_INFO,
		.probe = shmg_mount_probe_unwritten,
		.title = "A mount's hardening is in no configuration",
		.why = "nodev, nosuid or noexec was set by hand or by a script. It is gone after the next boot, and "
		       "nobody will notice.",
		.fix = "Write the options in force to its line in /etc/fstab or to Options= of its mount unit.",
		.breaks = "Nothing: it is in force already.",
		.references = "fstab(5); systemd.mount(5)",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-MNT-009",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_blocks,
		.title = "A shared memory file system is nearly full",
		.why = "At 100 % shm_open users get ENOSPC, and a program that grew its object without fallocate(2) is "
		       "killed by SIGBUS in the middle of a store.",
		.fix = "See who fills it (shmguard ls --sort size), remove what was left behind, or enlarge it: mount "
		       "-o remount,size=SIZE TARGET.",
		.breaks = "Removing an object that a program expects makes that program fail; enlarging takes RAM from "
			  "others.",
		.references = "tmpfs(5); shm_open(3); CWE-400",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
	},
	{
		.id = "SHM-MNT-010",
		.family = "mounts",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_inodes,
		.title = "A shared memory file system has nearly no inodes left",
		.why = "When they are used up no object can be made: ENOSPC, while df shows space, perhaps 0 % used. "
		       "Many small or empty files do it, by accident or on purpose.",
		.fix = "df -i TARGET; remove what was left behind, or raise it: mount -o remount,nr_inodes=N TARGET.",
		.breaks = "Removing an object that a program expects makes that program fail; inodes of tmpfs take "
			  "kernel memory.",
		.references = "tmpfs(5); df(1); CWE-400",
		.parameters = SHMG_PARAMETERS(SHMG_PARAMETER_USAGE_PERCENT),
	},
	{
		.id = "SHM-MNT-011",
		.family = "mounts",
		.severity = SHMG_SEVERITY_HIGH,
		.probe = probe_sticky,
		.title = "A world-writable shared memory directory without the sticky bit",
		.why = "Any user can remove or rename another user's object and put one of the same name in its place, "
		       "which the next shm_open then opens: the victim works on the attacker's memory.",
		.fix = "chmod 1777 TARGET, and mode=1777 in the mount options.",
		.breaks = "Programs that remove objects of other users without privilege.",
		.references = "unlink(2); inode(7); shm_open(3); CWE-732; CWE-379",
	},
};

SHMG_FAMILY(mounts, checks);
