/* SPDX-License-Identifier: MIT */
#include "audit/mount_survey.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static const struct shmg_namespace *namespace_of(const struct shmg_facts *facts, const struct shmg_mount *mount)
{
	SHMG_FOREACH(ns, &facts->namespaces)
		if (ns->type == SHMG_NAMESPACE_MOUNT && ns->inode == mount->mnt_ns)
			return ns;
	return NULL;
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

void shmg_mount_find(struct shmg_audit *audit, const struct shmg_mount *mount, const char *expected, const char *how,
		     const char *found)
{
	const struct shmg_namespace *ns = namespace_of(audit->facts, mount);
	const char *subject = mount->target;

	if (mount->host != 1)
		subject = ns && ns->label
				  ? shmg_audit_text(audit, "%s (%s)", mount->target, ns->label)
				  : shmg_audit_text(audit, "%s (mnt:%" PRIu64 ")", mount->target, mount->mnt_ns);
	shmg_audit_find(audit, SHMG_SUBJECT_MOUNT, (uint32_t)(mount - audit->facts->mounts.items), subject, expected,
			where_of(audit, mount, ns, how), "%s", found);
}

struct survey {
	SHMG_ARRAY(uint64_t) devices; /* of the mounts found wrong so far */
	size_t looked, judged;
};

static bool is_told(const struct survey *survey, uint64_t dev)
{
	if (dev == SHMG_U64_UNKNOWN)
		return false;
	SHMG_FOREACH(told, &survey->devices)
		if (*told == dev)
			return true;
	return false;
}

static void survey_mount(struct shmg_audit *audit, const struct shmg_mount *mount, struct survey *survey,
			 shmg_mount_judge *judge, const char *expected, const char *how)
{
	char found[SHMG_MOUNT_FOUND_MAX] = "";
	enum shmg_mount_verdict verdict = judge(audit, mount, found);

	if (verdict == SHMG_MOUNT_ELSEWHERE)
		return;
	survey->looked++;
	survey->judged += verdict != SHMG_MOUNT_UNSEEN;
	/* Every service with a mount namespace of its own has a copy of the host's mounts: one fault, one finding. */
	if (verdict != SHMG_MOUNT_FAULTY || (mount->host != 1 && is_told(survey, mount->dev)))
		return;
	uint64_t *device = SHMG_APPEND(&survey->devices);
	if (!device) {
		audit->failed = -ENOMEM;
		return;
	}
	*device = mount->dev;
	shmg_mount_find(audit, mount, expected, how, found);
}

enum shmg_outcome shmg_mount_survey(struct shmg_audit *audit, shmg_mount_judge *judge, const char *expected,
				    const char *how)
{
	const struct shmg_facts *facts = audit->facts;
	struct survey survey = { 0 };

	for (int host = 1; host >= 0; host--)
		SHMG_FOREACH(mount, &facts->mounts)
			if ((mount->host == 1) == host && shmg_mount_is_looked_at(mount))
				survey_mount(audit, mount, &survey, judge, expected, how);
	shmg_array_clear(&survey.devices);
	if (!facts->mounts.count)
		return shmg_audit_unseen(audit, "no mount of a memory file system could be seen");
	if (!survey.looked)
		return shmg_audit_not_applicable(audit,
						 "no memory file system that this is about is meant for sharing");
	if (!survey.judged)
		return shmg_audit_unseen(audit, "what this asks of the mounts could not be read; run as root");
	return SHMG_OUTCOME_PASSED;
}
