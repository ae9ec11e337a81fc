/* SPDX-License-Identifier: MIT */
/* Whether a live mount is what the configuration asks for, and would be again after the next boot. */
#include <stdio.h>
#include <string.h>

#include "audit/amount.h"
#include "audit/mount_survey.h"
#include "audit/mount_wish.h"

#define HARDENING (SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID | SHMG_MOUNT_NOEXEC)

static void name_flags(uint32_t flags, char text[static 64])
{
	static const char *const names[] = { "ro", "nodev", "nosuid", "noexec", "noswap" };
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (flags & (1u << i))
			length += (size_t)snprintf(text + length, 64 - length, "%s%s", length ? "," : "", names[i]);
}

static bool differs_in_size(const struct shmg_mount *mount, const struct shmg_mount_wish *wish)
{
	if (shmg_mount_is_type(mount, "hugetlbfs") || wish->size == SHMG_U64_UNKNOWN || mount->size == SHMG_U64_UNKNOWN)
		return false;
	uint64_t difference = mount->size > wish->size ? mount->size - wish->size : wish->size - mount->size;
	return difference > wish->slack;
}

static void tell_drift(struct shmg_audit *audit, const struct shmg_mount *mount, const struct shmg_mount_wish *wish)
{
	uint32_t missing = wish->flags & ~mount->flags;
	char flags[64], live[SHMG_AMOUNT_MAX], wanted[SHMG_AMOUNT_MAX], found[SHMG_MOUNT_FOUND_MAX];
	bool size = differs_in_size(mount, wish);

	name_flags(missing, flags);
	(void)shmg_amount_bytes(mount->size, live);
	(void)shmg_amount_bytes(wish->size, wanted);
	const char *expected = shmg_audit_text(audit, "%s%s%s%s, as %s says", flags, missing && size ? ", " : "",
					       size ? "size " : "", size ? wanted : "", wish->source);
	(void)snprintf(found, sizeof found, "%s%s%s%s%s", missing ? "without " : "", flags, missing && size ? ", " : "",
		       size ? "size " : "", size ? live : "");
	shmg_mount_find(audit, mount, expected, SHMG_MOUNT_BY_MOUNTINFO, found);
}

static bool has_target(const struct shmg_facts *facts, const char *target)
{
	SHMG_FOREACH(mount, &facts->mounts)
		if (mount->host == 1 && mount->target && strcmp(mount->target, target) == 0 &&
		    shmg_mount_is_type(mount, "tmpfs"))
			return true;
	return false;
}

static bool is_seen(const struct shmg_facts *facts)
{
	SHMG_FOREACH(mount, &facts->mounts)
		if (mount->host == 1)
			return true;
	return false;
}

/* A line of fstab for a tmpfs that is to be there since the boot, and that everybody is to write. */
static bool is_due(const struct shmg_facts *facts, const struct shmg_mount_config *config,
		   struct shmg_mount_wish *ret_wish)
{
	const struct shmg_host *host = facts->host.items;

	if (config->origin != SHMG_CONFIG_FSTAB || !config->target || !config->fstype ||
	    strcmp(config->fstype, "tmpfs") != 0)
		return false;
	shmg_mount_wish_parse(config->options ? config->options : "", host->memory, host->page_size, ret_wish);
	return !ret_wish->deferred && (ret_wish->mode & 0002);
}

static void tell_absent(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	struct shmg_mount_wish wish;

	if (!is_seen(facts))
		return;
	shmg_audit_set_severity(audit, SHMG_SEVERITY_INFO);
	SHMG_FOREACH(config, &facts->mount_configs)
		if (is_due(facts, config, &wish) && !has_target(facts, config->target))
			shmg_audit_find(audit, SHMG_SUBJECT_MOUNT, SHMG_U32_UNKNOWN, config->target,
					shmg_audit_text(audit, "a tmpfs, as %s says",
							config->source ? config->source : "/etc/fstab"),
					"/proc/self/mountinfo", "not mounted");
}

static const struct shmg_coverage *unseen_configuration(const struct shmg_facts *facts)
{
	SHMG_FOREACH(gap, &facts->coverage)
		if (gap->what && gap->why &&
		    (strstr(gap->what, "fstab") || strstr(gap->what, ".mount") || strstr(gap->what, "/systemd/")))
			return gap;
	return NULL;
}

enum shmg_outcome shmg_mount_probe_drift(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_coverage *gap = unseen_configuration(facts);
	size_t compared = 0;

	SHMG_FOREACH(mount, &facts->mounts) {
		struct shmg_mount_wish wish;
		if (mount->host != 1 || mount->flags == SHMG_U32_UNKNOWN || !shmg_mount_is_looked_at(mount) ||
		    !shmg_mount_wish_find(facts, mount, &wish))
			continue;
		compared++;
		if ((wish.flags & ~mount->flags) || differs_in_size(mount, &wish))
			tell_drift(audit, mount, &wish);
	}
	tell_absent(audit);
	if (gap)
		return shmg_audit_unseen(audit, shmg_audit_text(audit, "%s: %s", gap->what, gap->why));
	if (!compared)
		return shmg_audit_not_applicable(
			audit, "no mount meant for sharing is configured in fstab or a unit in force");
	return SHMG_OUTCOME_PASSED;
}

/* The options of a live mount that nothing would give it again. */
static uint32_t unwritten_flags(const struct shmg_mount *mount, const struct shmg_mount_wish *wish, bool systemd)
{
	uint32_t flags = mount->flags & HARDENING;

	if (wish)
		return flags & ~wish->flags;
	/* What lies below /run was made since the boot, by a program that will make it again. */
	if (shmg_mount_is_below(mount->target, "/run"))
		return 0;
	/* systemd itself mounts /dev/shm with nosuid and nodev. */
	if (systemd && strcmp(mount->target, "/dev/shm") == 0)
		flags &= ~(uint32_t)(SHMG_MOUNT_NODEV | SHMG_MOUNT_NOSUID);
	return flags;
}

enum shmg_outcome shmg_mount_probe_unwritten(struct shmg_audit *audit)
{
	const struct shmg_facts *facts = audit->facts;
	const struct shmg_coverage *gap = unseen_configuration(facts);
	bool systemd = shmg_mount_wish_has_systemd(facts);

	if (gap)
		return shmg_audit_unseen(audit, shmg_audit_text(audit, "%s: %s", gap->what, gap->why));
	if (!systemd && !facts->mount_configs.count)
		return shmg_audit_not_applicable(audit,
						 "neither systemd nor /etc/fstab mounts memory file systems here");
	SHMG_FOREACH(mount, &facts->mounts) {
		struct shmg_mount_wish wish;
		char flags[64], found[SHMG_MOUNT_FOUND_MAX];
		if (mount->host != 1 || mount->flags == SHMG_U32_UNKNOWN || !shmg_mount_is_looked_at(mount))
			continue;
		bool configured = shmg_mount_wish_find(facts, mount, &wish);
		uint32_t unwritten = unwritten_flags(mount, configured ? &wish : NULL, systemd);
		if (!unwritten)
			continue;
		name_flags(unwritten, flags);
		(void)snprintf(found, sizeof found, "%s in force, but not in %s", flags,
			       configured ? wish.source : "/etc/fstab or a mount unit");
		shmg_mount_find(audit, mount, "the same options in the configuration", SHMG_MOUNT_BY_MOUNTINFO, found);
	}
	return SHMG_OUTCOME_PASSED;
}
