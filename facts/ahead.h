/* SPDX-License-Identifier: MIT */
/*
 * Asking ahead, on a second core.
 *
 * Most of a look's time is the kernel answering. Each item is asked (system calls about it, and nothing shared is
 * written) and then told (its answer is entered in the facts). Items are told in order and by the caller only; a second
 * thread asks about those to come, and so does the caller where the answer that it needs is not there yet.
 *
 * It pays where asking is mostly about what a process has already got. To open the directories of /proc for the first
 * time from two threads took longer than from one (1.07 times): they wait for each other in the kernel.
 *
 * With one core, few items, or where no thread can be had, the caller does both: the facts are the same.
 * Internal to the room.
 */
#ifndef SHMG_FACTS_AHEAD_H
#define SHMG_FACTS_AHEAD_H

#include <stddef.h>

/* At most so many answers wait to be told. Those of processes hold two descriptors each. */
#define SHMG_AHEAD_SLOTS 16

struct shmg_ahead {
	size_t count;
	size_t answer_size; /* bytes; an answer is zeroed before its first use, and used again for later items */
	/* Either thread. `context` is shared: read what no `tell` writes. */
	void (*ask)(const void *context, size_t item, void *answer);
	/* The caller's thread. Not 0: the rest is given up. */
	int (*tell)(void *context, size_t item, void *answer);
	/* Frees what an answer holds, told or not; it may be one that was never asked. */
	void (*release)(void *answer);
	void *context;
};

/* Tells all items. 0, -ENOMEM, or what `tell` returned. */
int shmg_ahead_run(const struct shmg_ahead *work);

#endif
