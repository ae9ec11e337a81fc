/* SPDX-License-Identifier: MIT */
/* Prose broken into lines. */
#ifndef SHMG_CMD_WRAP_H
#define SHMG_CMD_WRAP_H

#include <stdio.h>

/* Lines are never wider than this, however wide the terminal: prose reads badly then. */
#define SHMG_WRAP_MAX 100
#define SHMG_WRAP_DEFAULT 80

/* The width for prose on this stream. */
unsigned shmg_wrap_width(FILE *stream);

/*
 * Prints `text` (escaped already) in lines of at most `width`, and ends the last. The caller has printed up to
 * column `column`; all further lines begin at column `indent`. A word that fits nowhere stands on a line of its own.
 */
void shmg_wrap_print(FILE *stream, const char *text, unsigned column, unsigned indent, unsigned width);

#endif
