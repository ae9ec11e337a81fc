/* SPDX-License-Identifier: MIT */
/* How much room escaped text takes on a terminal, and where it can be cut. Internal to the room. */
#ifndef SHMG_REPORT_WIDTH_H
#define SHMG_REPORT_WIDTH_H

#include <stddef.h>

/*
 * The bytes of the longest front of `text` that takes at most `columns`: never part of a character or
 * of an escape. What it does take goes to ret_columns.
 */
size_t shmg_text_cut(const char *text, size_t length, size_t columns, size_t *ret_columns);

/* The same from the end: where the longest tail begins. `width` is that of all of it. */
size_t shmg_text_tail(const char *text, size_t length, size_t width, size_t columns, size_t *ret_columns);

/*
 * The bytes of a first line of at most `columns`: all, or up to a blank or behind a comma, or else behind a slash or
 * underscore, or else what shmg_text_cut says, but something always.
 */
size_t shmg_text_line(const char *text, size_t length, size_t columns);

#endif
