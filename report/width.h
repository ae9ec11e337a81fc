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

#endif
