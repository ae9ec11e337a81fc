/* SPDX-License-Identifier: MIT */
#include "audit/mount_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/scratch.h"

bool shmg_mount_is_type(const struct shmg_mount *mount, const char *fstype)
{
	return mount->fstype && strcmp(mount->fstype, fstype) == 0;
}

bool shmg_mount_is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/* The host's view of what engines mount into containers. It is judged as the container sees it: perhaps read-only. */
static bool is_container_volume(const struct shmg_mount *mount)
{
	static const char *const directories[] = {
		"/var/lib/kubelet", "/var/lib/docker", "/var/lib/containers",
		"/run/containerd",  "/run/containers", "/run/docker",
	};

	if (mount->host != 1)
		return false;
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (shmg_mount_is_below(mount->target, directories[i]))
			return true;
	return false;
}

bool shmg_mount_is_looked_at(const struct shmg_mount *mount)
{
	return mount->sharing == 1 && mount->hidden != 1 && mount->target && !is_container_volume(mount);
}

/* "statfs of /proc/42/root/dev/shm"; the host's mounts are those that everybody outside of containers sees. */
static const char *where_of(struct shmg_audit *audit, const struct shmg_mount *mount, const struct shmg_namespace *ns,
			    const char *how)
{
	bool elsewhere = mount->host != 1 && ns && ns->pid != SHMG_U32_UNKNOWN;

	if (strcmp(how, SHMG_MOUNT_BY_MOUNTINFO) == 0)
		return elsewhere ? shmg_audit_text(audit, "/proc/%" PRIu32 "/mountinfo", ns->pid)
				 : "/proc/self/mountinfo";
	return elsewhere ? shmg_audit_text(audit, "%s of /proc/%" PRIu32 "/root%s", how, ns->pid, mount->target)
			 : shmg_audit_text(audit, "%s of %s", how, mount->target);
}

static void find_at(struct shmg_audit *audit, const struct shmg_mount *mount, const struct shmg_namespace *ns,
		    const char *subject, const char *expected, const char *how, const char *found)
{
	shmg_audit_find(audit, SHMG_SUBJECT_MOUNT, (uint32_t)(mount - audit->facts->mounts.items), subject, expected,
			where_of(audit, mount, ns, how), "%s", found);
}

void shmg_mount_find(struct shmg_audit *audit, const struct shmg_mount *mount, const char *expected, const char *how,
		     const char *found)
{
	find_at(audit, mount, NULL, mount->target, expected, how, found);
}

/* --- mounts of other namespaces --- */

struct fault {
	const struct shmg_mount *mount;
	const struct shmg_namespace *ns; /* NULL: the host's, or not known */
};

struct survey {
	SHMG_ARRAY(struct fault) faults;
	shmg_mount_judge *judge;
	const char *expected, *how;
	size_t looked, judged;
};

static const char *label_of(const struct fault *fault)
{
	return fault->ns ? fault->ns->label : NULL;
}

static int compare_labels(const struct fault *left, const struct fault *right)
{
	const char *a = label_of(left), *b = label_of(right);
	if (!a || !b)
		return (a == NULL) - (b == NULL);
	return strcmp(a, b);
}

static int compare_rows(const struct fault *left, const struct fault *right)
{
	return (left->mount > right->mount) - (left->mount < right->mount);
}

/* By device; the host's first, then those that have a label. */
static int compare_devices(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;
	if (a->mount->dev != b->mount->dev)
		return a->mount->dev < b->mount->dev ? -1 : 1;
	if ((a->mount->host == 1) != (b->mount->host == 1))
		return a->mount->host == 1 ? -1 : 1;
	int order = compare_labels(a, b);
	return order ? order : compare_rows(a, b);
}

static bool is_alike(const struct fault *left, const struct fault *right)
{
	return compare_labels(left, right) == 0 && strcmp(left->mount->target, right->mount->target) == 0;
}

static int compare_groups(const void *left, const void *right)
{
	const struct fault *a = left, *b = right;
	int order = compare_labels(a, b);
	if (!order)
		order = strcmp(a->mount->target, b->mount->target);
	return order ? order : compare_rows(a, b);
}

/* Every service with a mount namespace of its own has a copy of the host's mounts: one fault, one finding. */
static void drop_copies(struct survey *survey)
{
	struct fault *faults = survey->faults.items;
	uint64_t last = SHMG_U64_UNKNOWN;
	size_t kept = 0;

	if (survey->faults.count)
		qsort(faults, survey->faults.count, sizeof *faults, compare_devices);
	for (size_t i = 0; i < survey->faults.count; i++) {
		uint64_t dev = faults[i].mount->dev;
		bool copy = dev != SHMG_U64_UNKNOWN && dev == last;
		last = dev;
		if (!copy && faults[i].mount->host != 1)
			faults[kept++] = faults[i];
	}
	survey->faults.count = kept;
}

/* One finding for the same mount of one container, or of all namespaces that belong to nothing known: there may be
 * thousands of those. */
static void find_group(struct shmg_audit *audit, const struct survey *survey, const struct fault *first, size_t count)
{
	const struct shmg_mount *mount = first->mount;
	const char *label = label_of(first), *subject;
	char found[SHMG_MOUNT_FOUND_MAX] = "";

	(void)survey->judge(audit, mount, found);
	if (label)
		subject = shmg_audit_text(audit, "%s (%s)", mount->target, label);
	else if (count == 1)
		subject = shmg_audit_text(audit, "%s (mnt:%" PRIu64 ")", mount->target, mount->mnt_ns);
	else
		subject = shmg_audit_text(audit, "%s (other namespaces)", mount->target);
	find_at(audit, mount, first->ns, subject, survey->expected, survey->how,
		count == 1 ? found
			   : shmg_audit_text(audit, "%s; so in %zu mount namespaces, such as mnt:%" PRIu64, found,
					     count, mount->mnt_ns));
}

static void find_elsewhere(struct shmg_audit *audit, struct survey *survey)
{
	drop_copies(survey);
	struct fault *faults = survey->faults.items;
	if (survey->faults.count)
		qsort(faults, survey->faults.count, sizeof *faults, compare_groups);
	for (size_t i = 0, count; i < survey->faults.count; i += count) {
		for (count = 1; i + count < survey->faults.count && is_alike(&faults[i], &faults[i + count]);)
			count++;
		find_group(audit, survey, &faults[i], count);
	}
}

static void survey_mount(struct shmg_audit *audit, const struct shmg_mount *mount, struct survey *survey)
{
	char found[SHMG_MOUNT_FOUND_MAX] = "";
	enum shmg_mount_verdict verdict = survey->judge(audit, mount, found);

	if (verdict == SHMG_MOUNT_ELSEWHERE)
		return;
	survey->looked++;
	survey->judged += verdict != SHMG_MOUNT_UNSEEN;
	if (verdict != SHMG_MOUNT_FAULTY)
		return;
	if (mount->host == 1)
		shmg_mount_find(audit, mount, survey->expected, survey->how, found);
	struct fault *fault = SHMG_APPEND(&survey->faults);
	if (!fault) {
		audit->failed = -ENOMEM;
		return;
	}
	*fault = (struct fault){ mount, NULL };
	if (mount->host != 1)
		fault->ns = shmg_scratch_mount_namespace(audit, mount->mnt_ns);
}

/* Nothing can be planted through a mount that is read-only, nor can it be filled. */
static bool is_asked(const struct shmg_mount *mount)
{
	return shmg_mount_is_looked_at(mount) && !shmg_has(mount->flags, SHMG_MOUNT_RO);
}

enum shmg_outcome shmg_mount_survey(struct shmg_audit *audit, shmg_mount_judge *judge, const char *expected,
				    const char *how)
{
	const struct shmg_facts *facts = audit->facts;
	struct survey survey = { .judge = judge, .expected = expected, .how = how };

	SHMG_FOREACH(mount, &facts->mounts)
		if (is_asked(mount))
			survey_mount(audit, mount, &survey);
	find_elsewhere(audit, &survey);
	shmg_array_clear(&survey.faults);
	if (!facts->mounts.count)
		return shmg_audit_unseen(audit, "no mount of a memory file system could be seen");
	if (!survey.looked)
		return shmg_audit_not_applicable(audit,
						 "no memory file system that this is about is meant for sharing");
	if (!survey.judged)
		return shmg_audit_unseen(audit,
					 shmg_audit_text(audit, "what this asks of the mounts could not be read%s",
							 shmg_audit_remedy(audit)));
	return SHMG_OUTCOME_PASSED;
}
