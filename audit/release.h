/* SPDX-License-Identifier: MIT */
/* Kernel releases: "6.1.0-18-amd64" is 6.1.0, whatever the distribution appends. Internal to the room. */
#ifndef SHMG_AUDIT_RELEASE_H
#define SHMG_AUDIT_RELEASE_H

#include <stdbool.h>

struct shmg_release {
	unsigned major, minor, patch;
};

/* 0, or -EINVAL when it does not begin with MAJOR.MINOR. A missing patch level is 0. */
int shmg_release_parse(const char *text, struct shmg_release *ret_release);

/* Whether `left` is older than `right`. */
bool shmg_release_is_before(struct shmg_release left, struct shmg_release right);

/*
 * Whether upstream's sources of that release have the race of CVE-2016-5195. A distribution that
 * repaired its kernel keeps the release that it began with, so true means "unless it was repaired".
 */
bool shmg_release_has_dirty_cow(struct shmg_release release);

#endif
