/* SPDX-License-Identifier: MIT */
/* The machine itself: the one row of the host table. What the look cost, and when it was, is the caller's to say. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts/collect.h"
#include "facts/value.h"
#include "lib/base/cleanup.h"

#define LARGEST ((size_t)16 * 1024 * 1024)

static int read_text(struct shmg_look *look, const char *path, const char **ret_text)
{
	char text[1024];
	int code = shmg_value_read(look, path, text, sizeof text);
	if (code)
		return code == -ENOENT ? 0 : code;
	if (!*text)
		return 0;
	*ret_text = shmg_pool_copy(&look->facts->pool, text, strlen(text));
	return *ret_text ? 0 : -ENOMEM;
}

static int read_whole(struct shmg_look *look, const char *path, char **ret_text)
{
	size_t length;
	int code = shmg_root_read_all(&look->root, path, LARGEST, ret_text, &length);
	return code && code != -ENOMEM ? shmg_value_note_unread(look, path, code) : code;
}

static int fill_memory(struct shmg_look *look, struct shmg_host *host)
{
	SHMG_AUTO_FREE char *text = NULL;
	int code = read_whole(look, "proc/meminfo", &text);
	if (code || !text)
		return code;
	host->memory = shmg_value_meminfo(text, "MemTotal");
	host->memory_available = shmg_value_meminfo(text, "MemAvailable");
	return 0;
}

static int fill_booted(struct shmg_look *look, struct shmg_host *host)
{
	SHMG_AUTO_FREE char *text = NULL;
	int code = read_whole(look, "proc/stat", &text);
	if (code || !text)
		return code;
	const char *line = strstr(text, "\nbtime ");
	int64_t seconds;
	if (line && sscanf(line, "\nbtime %" SCNd64, &seconds) == 1 && seconds > 0 && seconds < INT64_MAX / 1000000000)
		host->booted = seconds * 1000000000;
	return 0;
}

/* A captured tree does not say how large its pages were, except by architectures that have only one size. */
static int fill_page_size(struct shmg_look *look, struct shmg_host *host)
{
	static const char *const four_kilobytes[] = { "x86_64", "i686", "s390x", "riscv64" };
	const char *architecture = NULL;

	if (look->root.live) {
		host->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
		return 0;
	}
	int code = read_text(look, "proc/sys/kernel/arch", &architecture);
	for (size_t i = 0; architecture && i < sizeof four_kilobytes / sizeof *four_kilobytes; i++)
		if (strcmp(architecture, four_kilobytes[i]) == 0)
			host->page_size = 4096;
	return code;
}

static int fill_names(struct shmg_look *look, struct shmg_host *host)
{
	int code = read_text(look, "proc/sys/kernel/hostname", &host->hostname);
	if (!code && !host->hostname && !look->root.live)
		code = read_text(look, "etc/hostname", &host->hostname);
	return code ? code : read_text(look, "proc/sys/kernel/osrelease", &host->release);
}

int shmg_collect_host(struct shmg_look *look)
{
	static int (*const parts[])(struct shmg_look *, struct shmg_host *) = {
		fill_names,
		fill_memory,
		fill_booted,
		fill_page_size,
	};
	struct shmg_host *host = &look->facts->host.items[0];
	int code = 0;

	host->live = look->root.live;
	host->version = SHMG_VERSION;
	/* Who captured a tree is not known. */
	host->uid = look->root.live ? geteuid() : SHMG_U32_UNKNOWN;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && !code; i++)
		code = parts[i](look, host);
	return code;
}
