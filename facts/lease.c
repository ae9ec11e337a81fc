/* SPDX-License-Identifier: MIT */
/*
 * Leases that programs have. Even opening a leased file read-only and without blocking makes the kernel take the lease
 * from its holder, so the look stays away from those files. /proc/locks lists them by device and inode
 * (not those of processes in pid namespaces that ours cannot see).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

/* "1: LEASE  ACTIVE    WRITE 2171 00:17:5 0 EOF": false for locks of other kinds. */
static bool parse_line(const char *line, struct shmg_leased *ret_leased)
{
	uint64_t pid, major, minor;
	const char *at = strstr(line, ": LEASE ");

	if (!at)
		return false;
	at += strlen(": LEASE ");
	for (int word = 0; word < 2; word++) { /* ACTIVE, BREAKING or BREAKER; READ, WRITE or UNLCK */
		at = shmg_scan_blanks(at);
		at += strcspn(at, " ");
	}
	if (!shmg_scan_number(&at, 10, &pid) || !shmg_scan_number(&at, 16, &major) || *at++ != ':' ||
	    !shmg_scan_number(&at, 16, &minor) || *at++ != ':' || !shmg_scan_number(&at, 10, &ret_leased->ino))
		return false;
	ret_leased->dev = makedev((unsigned)major, (unsigned)minor);
	return true;
}

static int read_locks(struct shmg_look *look, FILE *file)
{
	SHMG_AUTO_FREE char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) > 0) {
		struct shmg_leased leased;
		if (!parse_line(line, &leased))
			continue;
		struct shmg_leased *kept = SHMG_APPEND(&look->leased);
		if (!kept)
			return -ENOMEM;
		*kept = leased;
	}
	return 0;
}

static int compare_leased(const void *left, const void *right)
{
	const struct shmg_leased *a = left, *b = right;
	return a->ino != b->ino ? (a->ino > b->ino) - (a->ino < b->ino) : (a->dev > b->dev) - (a->dev < b->dev);
}

int shmg_collect_leases(struct shmg_look *look)
{
	if (!(look->want & (SHMG_WANT_CONTENT | SHMG_WANT_LEASE)) || !look->root.live)
		return 0; /* no file will be opened */
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, "proc/locks", O_RDONLY);
	SHMG_AUTO_FILE file = fd < 0 ? NULL : fdopen(fd, "re");
	if (!file) {
		/* Who has leases is not known: none may be taken from them. */
		look->want &= ~(unsigned)(SHMG_WANT_CONTENT | SHMG_WANT_LEASE);
		return shmg_facts_note_gap(look->facts, "contents of files, and whether anybody has them open",
					   "/proc/locks could not be read, and to open a file that somebody has a "
					   "lease on would take it away",
					   false);
	}
	(void)SHMG_TAKE_FD(fd);
	int status = read_locks(look, file);
	if (look->leased.count)
		qsort(look->leased.items, look->leased.count, sizeof *look->leased.items, compare_leased);
	return status;
}

bool shmg_look_is_leased(const struct shmg_look *look, uint64_t dev, uint64_t ino)
{
	const struct shmg_leased wanted = { dev, ino };
	return look->leased.count &&
	       bsearch(&wanted, look->leased.items, look->leased.count, sizeof wanted, compare_leased);
}
