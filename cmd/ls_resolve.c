/* SPDX-License-Identifier: MIT */
/* Names in a filter that only the facts can resolve: a slip must not look like an empty host. */
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/ls.h"
#include "cmd/verb.h"
#include "lib/base/escape.h"

static bool has_process(const struct shmg_facts *facts, uint32_t pid)
{
	SHMG_FOREACH(process, &facts->processes)
		if (process->pid == pid)
			return true;
	return false;
}

/* A namespace that was seen, or that an object says it is of. */
static bool has_namespace(const struct shmg_facts *facts, const char *wanted)
{
	char text[32];

	if (strcmp(wanted, "host") == 0)
		return true;
	SHMG_FOREACH(namespace, &facts->namespaces) {
		(void)snprintf(text, sizeof text, "%s:%" PRIu64, namespace->type == SHMG_NAMESPACE_IPC ? "ipc" : "mnt",
			       namespace->inode);
		if (strcmp(text, wanted) == 0 || strcmp(text + 4, wanted) == 0)
			return true;
	}
	SHMG_FOREACH(object, &facts->objects)
		if (shmg_ls_is_in_namespace(object, wanted))
			return true;
	return false;
}

#define NAMESPACES_SHOWN 8

static int say_no_namespace(const struct shmg_facts *facts, const char *wanted)
{
	char escaped[SHMG_ESCAPED_MAX(64)], list[NAMESPACES_SHOWN * 32] = "host";
	size_t used = strlen(list), shown = 0, more = 0;

	SHMG_FOREACH(namespace, &facts->namespaces) {
		if (namespace->host)
			continue;
		if (shown++ >= NAMESPACES_SHOWN - 1)
			more++;
		else
			used += (size_t)snprintf(list + used, sizeof list - used, ", %s:%" PRIu64,
						 namespace->type == SHMG_NAMESPACE_IPC ? "ipc" : "mnt",
						 namespace->inode);
	}
	(void)shmg_escape(wanted, strnlen(wanted, 64), escaped, sizeof escaped);
	if (more)
		return shmg_say_usage("ls", "no namespace %s was seen; there are: %s and %zu more", escaped, list,
				      more);
	return shmg_say_usage("ls", "no namespace %s was seen; there %s: %s", escaped, shown ? "are" : "is only", list);
}

/* Nothing of that name runs or is held: perhaps a slip, perhaps only stopped. */
static void warn_no_unit(const struct shmg_facts *facts, const char *pattern)
{
	char escaped[SHMG_ESCAPED_MAX(64)];

	SHMG_FOREACH(process, &facts->processes)
		if (process->unit && fnmatch(pattern, process->unit, 0) == 0)
			return;
	SHMG_FOREACH(object, &facts->objects)
		if (object->unit && fnmatch(pattern, object->unit, 0) == 0)
			return;
	(void)shmg_escape(pattern, strnlen(pattern, 64), escaped, sizeof escaped);
	(void)fprintf(stderr, "shmguard ls: no unit or container %s was seen; ls --by unit lists those that hold any\n",
		      escaped);
}

int shmg_ls_resolve(const struct shmg_ls *ls, const char *user, struct shmg_ls_filter *filter)
{
	char escaped[SHMG_ESCAPED_MAX(64)];

	if (user && shmg_names_find_user(ls->names, user, &filter->uid) < 0) {
		(void)shmg_escape(user, strnlen(user, 64), escaped, sizeof escaped);
		return shmg_say_usage("ls", "no user %s here; a number always works", escaped);
	}
	if (filter->pid != SHMG_U32_UNKNOWN && !has_process(ls->facts, filter->pid)) {
		struct shmg_error error;
		(void)shmg_error_set(&error, -ESRCH, "", "no process %u was seen; ls --by process lists the holders",
				     filter->pid);
		return shmg_say_failure("ls", &error);
	}
	if (filter->namespace && !has_namespace(ls->facts, filter->namespace))
		return say_no_namespace(ls->facts, filter->namespace);
	if (filter->unit)
		warn_no_unit(ls->facts, filter->unit);
	return SHMG_EXIT_CLEAN;
}
