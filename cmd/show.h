/* SPDX-License-Identifier: MIT */
/* What is meant by the operand of show. */
#ifndef SHMG_CMD_SHOW_H
#define SHMG_CMD_SHOW_H

#include <stdint.h>

#include "cmd/document.h"
#include "facts/facts.h"

/* Of an object, and of a process. */
extern const struct shmg_document shmg_document_show, shmg_document_show_process;

struct shmg_show_matches {
	SHMG_ARRAY(uint32_t) rows; /* of objects */
};

/*
 * All objects that `text` may mean: an ident as ls prints it, escaped or not; "key:0x52e2c1"; a memfd's or
 * unlinked file's name without its #INODE; a file's path or its name in /dev/shm; any of these with #INODE; an ident
 * that a narrow table cut, with its "…".
 * `namespace` (may be NULL) is "host", "ipc:INODE", "mnt:INODE" or the inode alone. 0 or -ENOMEM.
 */
int shmg_show_find(const struct shmg_facts *facts, const char *text, const char *namespace,
		   struct shmg_show_matches *matches);

#endif
