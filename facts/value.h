/* SPDX-License-Identifier: MIT */
/*
 * One value in one small file of /proc or /sys. Internal to the room.
 *
 * A file that is not there has no value: -ENOENT, and nothing is said. One that may not be read has none either,
 * and is a row in coverage.
 */
#ifndef SHMG_FACTS_VALUE_H
#define SHMG_FACTS_VALUE_H

#include "facts/collect.h"

#define SHMG_VALUE_PATH 1024

/* Makes a path below the root; one that does not fit becomes "", which no file has. */
void shmg_value_path(char path[static SHMG_VALUE_PATH], const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Notes that `path` is there but could not be read: not allowed, or too large. Else nothing. 0 or -ENOMEM. */
int shmg_value_note_unread(struct shmg_look *look, const char *path, int code);

/* The text without its final newline. 0, -ENOENT or -ENOMEM. */
int shmg_value_read(struct shmg_look *look, const char *path, char *buffer, size_t size);

/* A decimal number; SHMG_U64_UNKNOWN where there is none, or a negative one. 0 or -ENOMEM. */
int shmg_value_number(struct shmg_look *look, const char *path, uint64_t *ret_number);

/* The bytes that a line "KEY:  N kB" of /proc/meminfo tells; SHMG_U64_UNKNOWN when it has no such line. */
uint64_t shmg_value_meminfo(const char *text, const char *key);

#endif
