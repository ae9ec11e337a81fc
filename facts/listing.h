/* SPDX-License-Identifier: MIT */
/* The names in one directory that match a pattern, in version order (temp2 before temp10). Internal to the room. */
#ifndef SHMG_FACTS_LISTING_H
#define SHMG_FACTS_LISTING_H

#include "facts/collect.h"
#include "lib/base/cleanup.h"

/* A SHMG_ARRAY. */
struct shmg_listing {
	char **items;
	size_t count;
	size_t capacity;
};

/*
 * Appends to `listing`; a directory that is not there adds nothing, one that may not be read is a row in coverage.
 * `pattern` is fnmatch(3)'s. 0 or -ENOMEM. The caller clears the listing in either case.
 */
int shmg_listing_read(struct shmg_look *look, const char *path, const char *pattern, struct shmg_listing *listing);

void shmg_listing_clear(struct shmg_listing *listing);

#define SHMG_AUTO_LISTING SHMG_CLEANUP(shmg_listing_clear) struct shmg_listing

#endif
