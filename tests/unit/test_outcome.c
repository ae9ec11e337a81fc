/* SPDX-License-Identifier: MIT */
/*
 * What a check says when the facts that it needs are missing, or are nonsense: never "passed" for what nobody saw,
 * never "unseen" for what the machine does not have. Whether it finds is the business of test_checks.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/audit.h"

#define GIB (UINT64_C(1) << 30)
#define IPC 100u
#define MNT 200u

struct fixture {
	struct shmg_facts *facts;
	struct shmg_policy *policy;
	struct shmg_audit *audit;
};

static int set_up(void **state)
{
	static struct fixture fixture;

	fixture.facts = shmg_facts_new();
	fixture.policy = shmg_policy_new();
	assert_non_null(fixture.facts);
	assert_non_null(fixture.policy);
	struct shmg_host *host = &fixture.facts->host.items[0];
	host->memory = 16 * GIB;
	host->page_size = 4096;
	host->uid = 0;
	host->complete = 1;
	*state = &fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	shmg_audit_free(&fixture->audit);
	shmg_policy_free(&fixture->policy);
	shmg_facts_free(&fixture->facts);
	return 0;
}

static const struct shmg_result *run(struct fixture *fixture, const char *id)
{
	const struct shmg_audit_options options = { .size = sizeof options, .only = &id, .only_count = 1 };

	shmg_audit_free(&fixture->audit);
	assert_int_equal(shmg_audit_run(fixture->facts, NULL, fixture->policy, &options, &fixture->audit), 0);
	SHMG_FOREACH(result, &fixture->audit->results)
		if (strcmp(result->check, id) == 0)
			return result;
	fail_msg("no such check: %s", id);
	return NULL;
}

static void assert_outcome(struct fixture *fixture, const char *id, enum shmg_outcome outcome)
{
	const struct shmg_result *result = run(fixture, id);

	if (result->outcome != outcome)
		fail_msg("%s: outcome %d, not %d: %s", id, result->outcome, outcome,
			 result->reason ? result->reason : "");
	assert_true((result->reason != NULL) ==
		    (outcome == SHMG_OUTCOME_UNSEEN || outcome == SHMG_OUTCOME_NOT_APPLICABLE));
}

static void assert_found(struct fixture *fixture, const char *id, const char *found)
{
	assert_outcome(fixture, id, SHMG_OUTCOME_FOUND);
	assert_string_equal(fixture->audit->findings.items[0].found, found);
}

static void add_setting(struct fixture *fixture, const char *name, const char *value)
{
	struct shmg_setting *setting = SHMG_APPEND(&fixture->facts->settings);

	assert_non_null(setting);
	*setting = (struct shmg_setting){ name, value, NULL };
}

static struct shmg_namespace *add_namespace(struct fixture *fixture, enum shmg_namespace_type type, uint64_t inode)
{
	struct shmg_namespace *ns = SHMG_APPEND(&fixture->facts->namespaces);

	assert_non_null(ns);
	shmg_record_set_unknown(&shmg_namespace_type, ns);
	ns->type = (uint8_t)type;
	ns->inode = inode;
	ns->host = inode == IPC || inode == MNT;
	ns->pid = 1;
	return ns;
}

static struct shmg_process *add_process(struct fixture *fixture, uint32_t pid, const char *unit, bool container)
{
	struct shmg_process *process = SHMG_APPEND(&fixture->facts->processes);

	assert_non_null(process);
	shmg_record_set_unknown(&shmg_process_type, process);
	process->pid = pid;
	process->comm = "program";
	process->unit = unit;
	process->container = container;
	process->ipc_ns = IPC;
	process->mnt_ns = MNT;
	return process;
}

static struct shmg_mount *add_mount(struct fixture *fixture, const char *target)
{
	struct shmg_mount *mount = SHMG_APPEND(&fixture->facts->mounts);

	assert_non_null(mount);
	shmg_record_set_unknown(&shmg_mount_type, mount);
	mount->target = target;
	mount->fstype = "tmpfs";
	mount->mnt_ns = MNT;
	mount->host = mount->sharing = 1;
	mount->hidden = 0;
	return mount;
}

static void test_nothing_seen(void **state)
{
	static const char *const blind[] = {
		"SHM-MNT-001", "SHM-MNT-004", "SHM-MNT-009", "SHM-LIM-001", "SHM-LIM-003", "SHM-LIM-004",
		"SHM-LIM-007", "SHM-LIM-010", "SHM-ISO-001", "SHM-ISO-002", "SHM-ISO-003", "SHM-ISO-006",
		"SHM-KRN-001", "SHM-KRN-002", "SHM-KRN-003", "SHM-KRN-012", "SHM-KRN-013", "SHM-KRN-014",
	};

	for (size_t i = 0; i < sizeof blind / sizeof *blind; i++)
		assert_outcome(*state, blind[i], SHMG_OUTCOME_UNSEEN);
	assert_outcome(*state, "SHM-HWR-001", SHMG_OUTCOME_NOT_APPLICABLE);
	assert_outcome(*state, "SHM-HWR-003", SHMG_OUTCOME_NOT_APPLICABLE);
}

/* A sysctl without a row is one that the kernel lacks, unless somebody was refused it. */
static void test_setting_absent_or_refused(void **state)
{
	struct fixture *fixture = *state;

	add_setting(fixture, "release", "6.1.0");
	assert_outcome(fixture, "SHM-KRN-007", SHMG_OUTCOME_NOT_APPLICABLE);
	assert_int_equal(
		shmg_facts_note_gap(fixture->facts, "/proc/sys/fs/protected_symlinks", "permission denied", false), 0);
	assert_outcome(fixture, "SHM-KRN-007", SHMG_OUTCOME_UNSEEN);
	assert_outcome(fixture, "SHM-KRN-008", SHMG_OUTCOME_NOT_APPLICABLE);
	add_setting(fixture, "vm.memfd_noexec", "many");
	assert_outcome(fixture, "SHM-KRN-003", SHMG_OUTCOME_UNSEEN);
}

static void test_security_modules(void **state)
{
	struct fixture *fixture = *state;

	add_setting(fixture, "lsm", "lockdown,selinux");
	assert_outcome(fixture, "SHM-KRN-012", SHMG_OUTCOME_PASSED);
	assert_outcome(fixture, "SHM-KRN-013", SHMG_OUTCOME_UNSEEN); /* active, mode not readable */
	assert_outcome(fixture, "SHM-KRN-014", SHMG_OUTCOME_NOT_APPLICABLE);
	add_setting(fixture, "apparmor", "enabled");
	assert_outcome(fixture, "SHM-KRN-014", SHMG_OUTCOME_UNSEEN);
}

/* Names of others are no module: "apparmor" is not in "notapparmor". */
static void test_module_names_are_whole(void **state)
{
	struct fixture *fixture = *state;

	add_setting(fixture, "lsm", "capability,notapparmor,selinuxish");
	assert_found(fixture, "SHM-KRN-012", "only capability,notapparmor,selinuxish");
}

static void test_one_module_is_enough(void **state)
{
	struct fixture *fixture = *state;

	add_setting(fixture, "apparmor", "enabled"); /* securityfs not mounted */
	assert_outcome(fixture, "SHM-KRN-012", SHMG_OUTCOME_PASSED);
}

static void test_mounts_unseen(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_mount *mount = add_mount(fixture, "/dev/shm");

	assert_outcome(fixture, "SHM-MNT-001", SHMG_OUTCOME_UNSEEN);
	assert_outcome(fixture, "SHM-MNT-009", SHMG_OUTCOME_UNSEEN);
	assert_outcome(fixture, "SHM-MNT-011", SHMG_OUTCOME_UNSEEN);
	mount->size = GIB;
	assert_outcome(fixture, "SHM-MNT-009", SHMG_OUTCOME_UNSEEN);
	mount->size = SHMG_U64_UNKNOWN;
	mount->used = GIB;
	assert_outcome(fixture, "SHM-MNT-009", SHMG_OUTCOME_UNSEEN);
	mount->sharing = 0;
	assert_outcome(fixture, "SHM-MNT-001", SHMG_OUTCOME_NOT_APPLICABLE);
}

static void test_evidence_names_the_place(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_mount *mount = add_mount(fixture, "/dev/shm");
	struct shmg_namespace *ns = add_namespace(fixture, SHMG_NAMESPACE_MOUNT, 300);

	mount->flags = 0;
	mount->size = UINT64_MAX;
	(void)run(fixture, "SHM-MNT-001");
	assert_string_equal(fixture->audit->findings.items[0].where, "/proc/self/mountinfo");
	(void)run(fixture, "SHM-MNT-004");
	assert_string_equal(fixture->audit->findings.items[0].where, "statfs of /dev/shm");
	mount->host = 0;
	mount->mnt_ns = 300;
	ns->pid = 42;
	(void)run(fixture, "SHM-MNT-001");
	assert_string_equal(fixture->audit->findings.items[0].where, "/proc/42/mountinfo");
	(void)run(fixture, "SHM-MNT-004");
	assert_string_equal(fixture->audit->findings.items[0].where, "statfs of /proc/42/root/dev/shm");
}

/* "Run as root" is advice for who is not root and looks at a machine that is there. */
static void test_advice_fits_the_look(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_host *host = fixture->facts->host.items;

	(void)add_mount(fixture, "/dev/shm");
	host->live = 1;
	assert_string_equal(run(fixture, "SHM-MNT-009")->reason, "what this asks of the mounts could not be read");
	host->uid = 1000;
	assert_string_equal(run(fixture, "SHM-MNT-009")->reason,
			    "what this asks of the mounts could not be read; run as root");
	host->live = 0;
	host->uid = SHMG_U32_UNKNOWN;
	assert_string_equal(run(fixture, "SHM-MNT-009")->reason,
			    "what this asks of the mounts could not be read: a captured tree does not tell");
}

/* The n-th namespace, with a tmpfs of its own at /dev/shm that everybody can run programs from. */
static struct shmg_mount *add_elsewhere(struct fixture *fixture, uint64_t n, const char *label)
{
	struct shmg_namespace *ns = add_namespace(fixture, SHMG_NAMESPACE_MOUNT, 300 + n);
	struct shmg_mount *mount = add_mount(fixture, "/dev/shm");

	ns->label = label;
	ns->pid = (uint32_t)(1000 + n);
	mount->mnt_ns = ns->inode;
	mount->host = 0;
	mount->flags = 0;
	mount->options = "rw";
	mount->dev = 50 + n;
	return mount;
}

static void test_namespaces_are_one_finding(void **state)
{
	struct fixture *fixture = *state;

	add_elsewhere(fixture, 1, NULL);
	add_elsewhere(fixture, 2, "docker:b");
	add_elsewhere(fixture, 3, "docker:a");
	add_elsewhere(fixture, 4, "docker:b")->target = "/scratch";
	for (uint64_t n = 5; n < 105; n++)
		add_elsewhere(fixture, n, NULL);
	add_elsewhere(fixture, 105, NULL)->dev = 51; /* the very file system of the first */
	add_elsewhere(fixture, 106, NULL)->flags = SHMG_MOUNT_RO;
	add_elsewhere(fixture, 107, NULL)->sharing = 0;
	assert_outcome(fixture, "SHM-MNT-003", SHMG_OUTCOME_FOUND);
	assert_int_equal(fixture->audit->findings.count, 4);
	const struct shmg_finding *findings = fixture->audit->findings.items;
	assert_string_equal(findings[0].subject, "/dev/shm (docker:a)");
	assert_string_equal(findings[0].found, "no noexec among rw");
	assert_string_equal(findings[0].where, "/proc/1003/mountinfo");
	assert_string_equal(findings[1].subject, "/dev/shm (docker:b)");
	assert_string_equal(findings[2].subject, "/scratch (docker:b)");
	assert_string_equal(findings[3].subject, "/dev/shm (other namespaces)");
	assert_string_equal(findings[3].found, "no noexec among rw; so in 101 mount namespaces, such as mnt:301");
	assert_string_equal(findings[3].where, "/proc/1001/mountinfo");
}

static void test_drift_tells_the_difference(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_mount *mount = add_mount(fixture, "/dev/shm");
	struct shmg_mount_config *config = SHMG_APPEND(&fixture->facts->mount_configs);

	assert_non_null(config);
	mount->flags = SHMG_MOUNT_NOSUID;
	mount->size = 4 * GIB;
	*config = (struct shmg_mount_config){ "/dev/shm", "tmpfs", "nosuid,nodev,noexec,size=2G", "/etc/fstab:7",
					      SHMG_CONFIG_FSTAB };
	assert_found(fixture, "SHM-MNT-007", "without nodev,noexec, size 4.0 GiB");
	assert_string_equal(fixture->audit->findings.items[0].expected,
			    "nodev,noexec, size 2.0 GiB, as /etc/fstab:7 says");
	mount->flags |= SHMG_MOUNT_NODEV | SHMG_MOUNT_NOEXEC;
	assert_found(fixture, "SHM-MNT-007", "size 4.0 GiB");
	mount->size = SHMG_U64_UNKNOWN;
	assert_outcome(fixture, "SHM-MNT-007", SHMG_OUTCOME_PASSED);
	assert_int_equal(shmg_facts_note_gap(fixture->facts, "/etc/fstab", "permission denied", false), 0);
	assert_outcome(fixture, "SHM-MNT-007", SHMG_OUTCOME_UNSEEN);
	assert_outcome(fixture, "SHM-MNT-008", SHMG_OUTCOME_UNSEEN);
}

static void test_default_limits(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_namespace *ns = add_namespace(fixture, SHMG_NAMESPACE_IPC, IPC);

	ns->shmmax = ns->shmall = UINT64_MAX - (1u << 24);
	assert_found(fixture, "SHM-LIM-001", "practically unlimited (18446744073692774399)");
	assert_found(fixture, "SHM-LIM-002", "unlimited: 18446744073692774399 pages of 4096 bytes");
	ns->shmall = 3 * GIB / 1024; /* 12 GiB in pages */
	assert_found(fixture, "SHM-LIM-001", "12.0 GiB, as kernel.shmall allows");
	assert_string_equal(fixture->audit->findings.items[0].where, "/proc/sys/kernel/shmmax");
	assert_outcome(fixture, "SHM-LIM-002", SHMG_OUTCOME_PASSED);
	fixture->facts->host.items[0].memory = SHMG_U64_UNKNOWN;
	assert_outcome(fixture, "SHM-LIM-001", SHMG_OUTCOME_UNSEEN);
	assert_outcome(fixture, "SHM-LIM-002", SHMG_OUTCOME_UNSEEN);
}

/* Limits that shmctl was not allowed to tell are in /proc/sys too, the host's at least. */
static void test_limits_from_settings(void **state)
{
	struct fixture *fixture = *state;

	(void)add_namespace(fixture, SHMG_NAMESPACE_IPC, IPC);
	add_setting(fixture, "kernel.shmmax", "17179869184");
	add_setting(fixture, "kernel.shmall", "18446744073692774399");
	add_setting(fixture, "kernel.shm_rmid_forced", "0");
	assert_found(fixture, "SHM-LIM-001", "16.0 GiB");
	assert_outcome(fixture, "SHM-LIM-007", SHMG_OUTCOME_FOUND);
}

static void test_memlock(void **state)
{
	struct fixture *fixture = *state;
	struct shmg_process *process = add_process(fixture, 42, NULL, false);

	assert_outcome(fixture, "SHM-LIM-008", SHMG_OUTCOME_NOT_APPLICABLE);
	process->uid = 1000;
	process->capabilities_ipc_lock = 0;
	process->shared_bytes = 4096;
	assert_outcome(fixture, "SHM-LIM-008", SHMG_OUTCOME_UNSEEN);
	process->memlock_soft = 8 * GIB;
	process->memlock_hard = UINT64_MAX;
	assert_found(fixture, "SHM-LIM-008", "unlimited; pid 42 (program)");
	process->locked = SHMG_U64_UNKNOWN;
	assert_outcome(fixture, "SHM-LIM-009", SHMG_OUTCOME_PASSED);
	process->locked = 8 * GIB;
	assert_found(fixture, "SHM-LIM-009", "100 %: 8.0 GiB of 8.0 GiB locked by mlock; pid 42 (program)");
}

/* Others' namespaces take privilege to read; for root only those of processes that ended are missing. */
static void test_namespaces_refused(void **state)
{
	static const char *const checks[] = { "SHM-ISO-001", "SHM-ISO-003", "SHM-ISO-004", "SHM-ISO-005" };
	struct fixture *fixture = *state;

	(void)add_namespace(fixture, SHMG_NAMESPACE_IPC, IPC);
	add_namespace(fixture, SHMG_NAMESPACE_MOUNT, MNT)->shm_dev = 7;
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
		assert_outcome(fixture, checks[i], SHMG_OUTCOME_NOT_APPLICABLE);
	struct shmg_process *process = add_process(fixture, 42, "docker:0123456789ab", true);
	process->ipc_ns = SHMG_U64_UNKNOWN;
	process->mnt_ns = SHMG_U64_UNKNOWN;
	(void)add_process(fixture, 43, "other.service", false);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		fixture->facts->host.items[0].uid = 1000;
		assert_outcome(fixture, checks[i], SHMG_OUTCOME_UNSEEN);
		fixture->facts->host.items[0].uid = 0;
		assert_int_not_equal(run(fixture, checks[i])->outcome, SHMG_OUTCOME_UNSEEN);
	}
}

/* Inside a container everything belongs to it, and "the host" is the container itself. */
static void test_looking_from_inside(void **state)
{
	struct fixture *fixture = *state;

	(void)add_namespace(fixture, SHMG_NAMESPACE_IPC, IPC);
	struct shmg_process *init = add_process(fixture, 1, "docker:0123456789ab", true);
	(void)add_process(fixture, 42, "docker:0123456789ab", true);
	assert_outcome(fixture, "SHM-ISO-001", SHMG_OUTCOME_NOT_APPLICABLE);
	init[0].container = 0;
	assert_outcome(fixture, "SHM-ISO-001", SHMG_OUTCOME_FOUND);
}

/* A snapshot may come from anybody: rows that refer to nothing, and records that say nothing. */
static void test_wild_rows(void **state)
{
	struct fixture *fixture = *state;
	size_t count;
	const struct shmg_check *const *checks = shmg_checks(&count);

	(void)add_namespace(fixture, SHMG_NAMESPACE_IPC, IPC);
	(void)add_namespace(fixture, SHMG_NAMESPACE_MOUNT, MNT);
	(void)add_process(fixture, 42, NULL, true);
	struct shmg_process *blank = add_process(fixture, 43, "docker:0123456789ab", true);
	shmg_record_set_unknown(&shmg_process_type, blank);
	struct shmg_mount *mount = add_mount(fixture, NULL);
	mount->fstype = NULL;
	shmg_record_set_unknown(&shmg_object_type, SHMG_APPEND(&fixture->facts->objects));
	shmg_record_set_unknown(&shmg_sensor_type, SHMG_APPEND(&fixture->facts->sensors));
	shmg_record_set_unknown(&shmg_coverage_type, SHMG_APPEND(&fixture->facts->coverage));
	shmg_record_set_unknown(&shmg_mount_config_type, SHMG_APPEND(&fixture->facts->mount_configs));
	shmg_record_set_unknown(&shmg_namespace_type, SHMG_APPEND(&fixture->facts->namespaces));
	struct shmg_hold *hold = SHMG_APPEND(&fixture->facts->holds);
	*hold = (struct shmg_hold){ .process = 0, .object = 0 };
	hold = SHMG_APPEND(&fixture->facts->holds);
	*hold = (struct shmg_hold){ .process = 0, .object = (uint32_t)fixture->facts->objects.count };
	hold = SHMG_APPEND(&fixture->facts->holds);
	*hold = (struct shmg_hold){ .process = (uint32_t)fixture->facts->processes.count, .object = 0 };
	for (size_t i = 0; i < count; i++)
		if (strstr("mounts limits isolation kernel hardware", checks[i]->family))
			(void)run(fixture, checks[i]->id);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_seen),
		TEST(test_setting_absent_or_refused),
		TEST(test_security_modules),
		TEST(test_module_names_are_whole),
		TEST(test_one_module_is_enough),
		TEST(test_mounts_unseen),
		TEST(test_evidence_names_the_place),
		TEST(test_advice_fits_the_look),
		TEST(test_namespaces_are_one_finding),
		TEST(test_drift_tells_the_difference),
		TEST(test_default_limits),
		TEST(test_limits_from_settings),
		TEST(test_memlock),
		TEST(test_namespaces_refused),
		TEST(test_looking_from_inside),
		TEST(test_wild_rows),
	};
	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
