/* SPDX-License-Identifier: MIT */
/*
 * What went wrong, for a caller that asked to be told.
 *
 * Every function that can fail returns 0 or a negative errno. Those that take a
 * last `struct shmg_error *` also fill it in, if it is not NULL: the same code,
 * the object or path concerned, and one sentence for a person. The struct is the
 * caller's, is never allocated, and is untouched on success.
 *
 * Thread-safety: functions here touch only their arguments.
 */
#ifndef SHMG_BASE_ERROR_H
#define SHMG_BASE_ERROR_H

struct shmg_error {
	int code;          /* negative errno */
	char where[128];   /* path, object or "FILE:LINE"; may be "" */
	char message[256]; /* what, why and what to do; no newline */
};

/* Fills `error` (may be NULL) and returns `code`, so that a caller can `return` it. */
int shmg_error_set(struct shmg_error *error, int code, const char *where, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
