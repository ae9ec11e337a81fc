/* SPDX-License-Identifier: MIT */
/* The kernel under shared memory: its age, its switches, and whether a security module watches. */
#include "audit/family.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/release.h"
#include "facts/settings.h"

/* --- release --- */

static enum shmg_outcome unseen_release(struct shmg_audit *audit, const char *text)
{
	return shmg_audit_unseen(
		audit, text ? shmg_audit_text(audit, "the kernel's release \"%s\" begins with no version", text)
			    : "the kernel's release could not be read");
}

static void find_release(struct shmg_audit *audit, const char *expected, const char *found)
{
	shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "kernel release", expected, "uname -r", "%s",
			found);
}

static enum shmg_outcome probe_release(struct shmg_audit *audit)
{
	const char *text = audit->facts->host.items[0].release;
	struct shmg_release release, oldest = { 5, 4, 0 };

	if (!text || shmg_release_parse(text, &release) < 0)
		return unseen_release(audit, text);
	if (shmg_release_is_before(release, oldest))
		find_release(audit, "5.4 or later", text);
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_dirty_cow(struct shmg_audit *audit)
{
	const char *text = audit->facts->host.items[0].release;
	struct shmg_release release;

	if (!text || shmg_release_parse(text, &release) < 0)
		return unseen_release(audit, text);
	if (shmg_release_has_dirty_cow(release))
		find_release(
			audit,
			"4.8.3 or later, or 4.7.9, 4.4.26, 4.1.35, 3.18.44, 3.16.38, 3.12.66 or later of their series",
			shmg_audit_text(audit, "%s; whether the distribution repaired it does not show in the release",
					text));
	return SHMG_OUTCOME_PASSED;
}

/* --- switches --- */

struct rule {
	const char *setting;
	uint64_t wrong; /* the one value that is */
	const char *expected;
	const char *meaning; /* of the wrong value */
	const char *absent;  /* why a kernel may not have it */
};

/* "vm.memfd_noexec" → "/proc/sys/vm/memfd_noexec" */
static const char *path_of(struct shmg_audit *audit, const char *setting)
{
	char path[128];
	(void)snprintf(path, sizeof path, "/proc/sys/%s", setting);
	for (char *dot = path; (dot = strchr(dot, '.'));)
		*dot = '/';
	return shmg_audit_text(audit, "%s", path);
}

/* Settings that are missing: not there, or not readable? Only coverage knows. */
static enum shmg_outcome outcome_without(struct shmg_audit *audit, const char *path, const char *absent)
{
	if (!audit->facts->settings.count)
		return shmg_audit_unseen(audit, "no settings of the kernel could be seen");
	SHMG_FOREACH(gap, &audit->facts->coverage)
		if (gap->what && strcmp(gap->what, path) == 0)
			return shmg_audit_unseen(
				audit, shmg_audit_text(audit, "%s: %s", path, gap->why ? gap->why : "not readable"));
	return shmg_audit_not_applicable(audit, absent);
}

static enum shmg_outcome probe_rule(struct shmg_audit *audit, const struct rule *rule)
{
	const struct shmg_setting *setting = shmg_facts_setting(audit->facts, rule->setting);
	const char *path = path_of(audit, rule->setting);
	uint64_t value;

	if (!setting)
		return outcome_without(audit, path, rule->absent);
	if (shmg_facts_setting_number(audit->facts, rule->setting, &value) < 0)
		return shmg_audit_unseen(audit, shmg_audit_text(audit, "%s holds no number", path));
	if (value == rule->wrong)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, rule->setting, rule->expected,
				setting->source ? setting->source : path, "%" PRIu64 ": %s", value, rule->meaning);
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_memfd_noexec(struct shmg_audit *audit)
{
	return probe_rule(audit, &(struct rule){
					 .setting = "vm.memfd_noexec",
					 .wrong = 0,
					 .expected = "1 or 2",
					 .meaning = "memfds are executable unless the program asks otherwise",
					 .absent = "this kernel has no vm.memfd_noexec: it came with Linux 6.3",
				 });
}

static enum shmg_outcome probe_ptrace(struct shmg_audit *audit)
{
	return probe_rule(audit,
			  &(struct rule){
				  .setting = "kernel.yama.ptrace_scope",
				  .wrong = 0,
				  .expected = "1 or more",
				  .meaning = "every process may trace all others of its user",
				  .absent = "the Yama security module is not active, so ptrace has no scope to set",
			  });
}

static enum shmg_outcome probe_userfaultfd(struct shmg_audit *audit)
{
	return probe_rule(audit, &(struct rule){
					 .setting = "vm.unprivileged_userfaultfd",
					 .wrong = 1,
					 .expected = "0",
					 .meaning = "anybody may halt the kernel at a page fault",
					 .absent = "this kernel has no vm.unprivileged_userfaultfd: it came with Linux "
						   "5.2, and needs CONFIG_USERFAULTFD",
				 });
}

static enum shmg_outcome probe_bpf(struct shmg_audit *audit)
{
	return probe_rule(audit, &(struct rule){
					 .setting = "kernel.unprivileged_bpf_disabled",
					 .wrong = 0,
					 .expected = "1 or 2",
					 .meaning = "anybody may load BPF programs",
					 .absent = "this kernel has no kernel.unprivileged_bpf_disabled: it came with "
						   "Linux 4.4, and needs CONFIG_BPF_SYSCALL",
				 });
}

static enum shmg_outcome probe_protected(struct shmg_audit *audit, const char *setting, const char *expected,
					 const char *meaning, const char *absent)
{
	return probe_rule(audit, &(struct rule){ setting, 0, expected, meaning, absent });
}

static enum shmg_outcome probe_symlinks(struct shmg_audit *audit)
{
	return probe_protected(audit, "fs.protected_symlinks", "1",
			       "symbolic links of others are followed in sticky directories",
			       "this kernel has no fs.protected_symlinks: it came with Linux 3.6");
}

static enum shmg_outcome probe_hardlinks(struct shmg_audit *audit)
{
	return probe_protected(audit, "fs.protected_hardlinks", "1", "anybody may make hard links to files of others",
			       "this kernel has no fs.protected_hardlinks: it came with Linux 3.6");
}

static enum shmg_outcome probe_regular(struct shmg_audit *audit)
{
	return probe_protected(audit, "fs.protected_regular", "1 or 2",
			       "O_CREAT opens files that others planted in sticky directories",
			       "this kernel has no fs.protected_regular: it came with Linux 4.19");
}

static enum shmg_outcome probe_fifos(struct shmg_audit *audit)
{
	return probe_protected(audit, "fs.protected_fifos", "1 or 2",
			       "O_CREAT opens FIFOs that others planted in sticky directories",
			       "this kernel has no fs.protected_fifos: it came with Linux 4.19");
}

static enum shmg_outcome probe_suid_dumpable(struct shmg_audit *audit)
{
	return probe_rule(audit, &(struct rule){
					 .setting = "fs.suid_dumpable",
					 .wrong = 1,
					 .expected = "0, or 2 with a handler in kernel.core_pattern",
					 .meaning = "privileged programs dump core, readable by the user who ran them",
					 .absent = "this kernel has no fs.suid_dumpable",
				 });
}

/* --- security modules --- */

#define LSM_FILE "/sys/kernel/security/lsm"

/* Whether a list separated by commas has this word. */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || !at[length]))
			return true;
	}
	return false;
}

static const char *value_of(const struct shmg_facts *facts, const char *name)
{
	const struct shmg_setting *setting = shmg_facts_setting(facts, name);
	return setting ? setting->value : NULL;
}

static bool is_value(const struct shmg_facts *facts, const char *name, const char *value)
{
	const char *text = value_of(facts, name);
	return text && strcmp(text, value) == 0;
}

static bool has_selinux(const struct shmg_facts *facts)
{
	return is_value(facts, SHMG_SETTING_SELINUX, "enforcing") ||
	       is_value(facts, SHMG_SETTING_SELINUX, "permissive");
}

static enum shmg_outcome probe_no_lsm(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	const char *list = value_of(facts, SHMG_SETTING_LSM);

	if (has_selinux(facts) || is_value(facts, SHMG_SETTING_APPARMOR, "enabled"))
		return SHMG_OUTCOME_PASSED;
	/* TOMOYO is in the list of every Debian kernel, and enforces nothing until somebody writes a policy. */
	if (list && (has_word(list, "selinux") || has_word(list, "apparmor") || has_word(list, "smack")))
		return SHMG_OUTCOME_PASSED;
	if (!list)
		return shmg_audit_unseen(audit,
					 LSM_FILE " could not be read: securityfs is not mounted, or it takes root");
	shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "security modules",
			"SELinux, AppArmor or Smack active", LSM_FILE, "only %s", *list ? list : "none");
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_permissive(struct shmg_audit *audit)
{
	if (!audit->facts->settings.count)
		return shmg_audit_unseen(audit, "no settings of the kernel could be seen");
	const char *list = value_of(audit->facts, SHMG_SETTING_LSM);
	if (!value_of(audit->facts, SHMG_SETTING_SELINUX) && list && has_word(list, "selinux"))
		return shmg_audit_unseen(audit, "SELinux is active, but its mode could not be read");
	if (!has_selinux(audit->facts))
		return shmg_audit_not_applicable(audit, "SELinux is not active");
	if (is_value(audit->facts, SHMG_SETTING_SELINUX, "permissive"))
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "SELinux", "enforcing",
				"/sys/fs/selinux/enforce", "permissive");
	return SHMG_OUTCOME_PASSED;
}

static enum shmg_outcome probe_profiles(struct shmg_audit *audit)
{
	uint64_t profiles;

	if (!audit->facts->settings.count)
		return shmg_audit_unseen(audit, "no settings of the kernel could be seen");
	if (!is_value(audit->facts, SHMG_SETTING_APPARMOR, "enabled"))
		return shmg_audit_not_applicable(audit, "AppArmor is not active");
	if (shmg_facts_setting_number(audit->facts, SHMG_SETTING_APPARMOR_PROFILES, &profiles) < 0)
		return shmg_audit_unseen(audit, shmg_audit_text(audit, "AppArmor's profiles could not be read%s",
								shmg_audit_remedy(audit)));
	if (!profiles)
		shmg_audit_find(audit, SHMG_SUBJECT_HOST, SHMG_U32_UNKNOWN, "AppArmor", "profiles in enforce mode",
				"/sys/kernel/security/apparmor/profiles", "enabled, with no profile in enforce mode");
	return SHMG_OUTCOME_PASSED;
}

#define SYSCTL_FIX(assignment)                                                                                         \
	"Now: sysctl -w " assignment ". For good: the same line in /etc/sysctl.d/60-shared-memory.conf."

static const struct shmg_check checks[] = {
	{
		.id = "SHM-KRN-001",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_release,
		.title = "A kernel older than 5.4",
		.why = "Upstream repairs none of them any more, and they lack what keeps shared memory safe: "
		       "F_SEAL_FUTURE_WRITE (5.1), the switch for userfaultfd (5.2), pidfds (5.3). A distribution may "
		       "still repair its own, which the release does not show.",
		.fix = "Install a kernel that your distribution maintains, and boot it.",
		.breaks = "Drivers and modules that were built for the old kernel.",
		.references = "https://www.kernel.org/category/releases.html; CWE-1104",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-002",
		.family = "kernel",
		.severity = SHMG_SEVERITY_HIGH,
		.probe = probe_dirty_cow,
		.title = "A kernel whose release has the copy-on-write race of CVE-2016-5195",
		.why = "Any user may write to files and mappings that are read-only to that user, and so become root "
		       "(Dirty COW). Programs for it are public and reliable. Distributions repaired their kernels "
		       "without a new release number: see their advisory.",
		.fix = "Compare the package's version with your distribution's advisory for CVE-2016-5195, update the "
		       "kernel, and boot it.",
		.breaks = "Drivers and modules that were built for the old kernel.",
		.references = "CVE-2016-5195; CWE-362",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-003",
		.family = "kernel",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_memfd_noexec,
		.title = "Memfds are executable by default",
		.why = "An intruder runs a program from memory that no noexec mount and no file scanner ever sees: "
		       "memfd_create, write, fexecve. The switch counts for each pid namespace; 1 makes non-executable "
		       "the default, 2 refuses the others.",
		.fix = SYSCTL_FIX("vm.memfd_noexec=1"),
		.breaks = "With 1 old programs that execute their memfd without MFD_EXEC (some container runtimes and "
			  "loaders); with 2 also those that ask for MFD_EXEC, such as runtimes that run a sealed copy "
			  "of themselves.",
		.references = "memfd_create(2); https://docs.kernel.org/userspace-api/mfd_noexec.html; CWE-732",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-004",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_ptrace,
		.title = "Every process may trace all others of its user",
		.why = "One program that is broken into reads and writes the memory of all others of the same user by "
		       "ptrace, /proc/PID/mem and pidfd_getfd, shared or not: modes and sealed memfds do not matter "
		       "then.",
		.fix = SYSCTL_FIX("kernel.yama.ptrace_scope=1"),
		.breaks = "gdb -p and strace -p of running programs, unless as root or where the program allows it "
			  "(PR_SET_PTRACER).",
		.references = "ptrace(2); https://docs.kernel.org/admin-guide/LSM/Yama.html; CWE-269",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-005",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_userfaultfd,
		.title = "Unprivileged userfaultfd with kernel faults",
		.why = "It lets any user halt the kernel in the middle of a copy from memory that he controls, for as "
		       "long as he likes: the tool that makes most races in the kernel and in users of shared memory "
		       "easy to win.",
		.fix = SYSCTL_FIX("vm.unprivileged_userfaultfd=0"),
		.breaks = "Live migration of virtual machines without privilege, CRIU and some garbage collectors, "
			  "unless they use UFFD_USER_MODE_ONLY (5.11).",
		.references = "userfaultfd(2); proc_sys_vm(5); CWE-362",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-006",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_bpf,
		.title = "Unprivileged users may load BPF programs",
		.why = "The verifier has been wrong before, and each time any user could read or write the kernel's "
		       "memory. It also makes speculative reads of other processes' memory easier.",
		.fix = SYSCTL_FIX(
			"kernel.unprivileged_bpf_disabled=2") " Its value 1 cannot be taken back until the next boot.",
		.breaks = "Programs that attach socket filters with bpf(2) without privilege; few exist.",
		.references =
			"bpf(2); https://docs.kernel.org/admin-guide/sysctl/kernel.html; CVE-2021-3490; CVE-2021-31440",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-007",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_symlinks,
		.title = "Symbolic links planted in sticky directories are followed",
		.why = "In /dev/shm and /tmp a user plants a link under the name that a privileged program is about to "
		       "open, and the program overwrites the file that it points to.",
		.fix = SYSCTL_FIX("fs.protected_symlinks=1"),
		.breaks = "Programs that follow links which another user made in a sticky directory; hardly any.",
		.references = "proc_sys_fs(5); symlink(7); CWE-59; CWE-61",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-008",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_hardlinks,
		.title = "Anybody may make hard links to files of others",
		.why = "A link to a victim's object, planted under another name in the same file system, keeps its "
		       "memory after it is removed, or gets it changed in the victim's stead. It also keeps old "
		       "set-user-ID programs.",
		.fix = SYSCTL_FIX("fs.protected_hardlinks=1"),
		.breaks = "Programs that link to files which they neither own nor can write: some backup and mail "
			  "programs.",
		.references = "proc_sys_fs(5); link(2); CWE-59; CWE-62",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-009",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_regular,
		.title = "Files planted in sticky directories are opened by who meant to create them",
		.why = "A user makes /dev/shm/NAME first; the program that calls shm_open(\"/NAME\", O_CREAT) without "
		       "O_EXCL then works in memory that the other owns and can change at any time.",
		.fix = SYSCTL_FIX("fs.protected_regular=2") " 1 covers directories that everybody can write, 2 also "
							    "those of groups.",
		.breaks = "Programs in which one user opens with O_CREAT what another user made in /dev/shm or /tmp, "
			  "root included.",
		.references = "proc_sys_fs(5); shm_open(3); CWE-379",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-010",
		.family = "kernel",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_fifos,
		.title = "FIFOs planted in sticky directories are opened by who meant to create a file",
		.why = "A program that opens its file in /dev/shm or /tmp with O_CREAT gets another user's FIFO, hangs "
		       "in it, or sends its data to that user.",
		.fix = SYSCTL_FIX("fs.protected_fifos=1"),
		.breaks = "Programs that open FIFOs of other users with O_CREAT; hardly any.",
		.references = "proc_sys_fs(5); fifo(7); CWE-379",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-011",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_suid_dumpable,
		.title = "Privileged programs leave core dumps that their callers can read",
		.why = "A user crashes a set-user-ID program and reads its memory from the dump, shared memory "
		       "included: keys, passwords, other users' data.",
		.fix = SYSCTL_FIX("fs.suid_dumpable=0"),
		.breaks = "Debugging of privileged programs from their dumps; 2 keeps it for root.",
		.references = "proc_sys_fs(5); core(5); CWE-528",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-012",
		.family = "kernel",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_no_lsm,
		.title = "No mandatory access control",
		.why = "Modes and owners are then all that keeps one service from another's shared memory: a service "
		       "that runs as root, or as the same user, meets no second line.",
		.fix = "Enable AppArmor (Debian, Ubuntu, SUSE: apparmor=1 security=apparmor on the kernel's command "
		       "line, package apparmor) or SELinux (Fedora, RHEL: SELINUX=enforcing in /etc/selinux/config), "
		       "and boot.",
		.breaks = "Programs that no policy knows are refused things until one is written: begin in complain or "
			  "permissive mode.",
		.references = "apparmor(7); selinux(8); CWE-284",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-013",
		.family = "kernel",
		.severity = SHMG_SEVERITY_MEDIUM,
		.probe = probe_permissive,
		.title = "SELinux is permissive",
		.why = "It logs what it would refuse and refuses nothing: a confined service that is broken into "
		       "reaches every object that its user may open.",
		.fix = "Look at what it would have refused (ausearch -m AVC), then setenforce 1, and SELINUX=enforcing "
		       "in /etc/selinux/config.",
		.breaks = "Whatever ausearch -m AVC lists is refused from then on.",
		.references = "selinux(8); setenforce(8); CWE-284",
		.needs = SHMG_WANT_HOST,
	},
	{
		.id = "SHM-KRN-014",
		.family = "kernel",
		.severity = SHMG_SEVERITY_LOW,
		.probe = probe_profiles,
		.title = "AppArmor enforces no profile",
		.why = "The module is active and confines nothing: the machine passes for protected and is not.",
		.fix = "Install apparmor-profiles and the profiles of your services, and aa-enforce them.",
		.breaks = "Programs do only what their profile permits from then on: begin with aa-complain.",
		.references = "apparmor(7); aa-enforce(8); CWE-284",
		.needs = SHMG_WANT_HOST,
	},
};

SHMG_FAMILY(kernel, checks);
