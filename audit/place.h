/* SPDX-License-Identifier: MIT */
/*
 * Where an object lies, and who can reach it there. Internal to the room.
 */
#ifndef SHMG_AUDIT_PLACE_H
#define SHMG_AUDIT_PLACE_H

#include "audit/audit.h"

/* The mount that a file lies on; NULL: unknown, or not a file with a name. */
const struct shmg_mount *shmg_place_mount(const struct shmg_facts *facts, const struct shmg_object *object);

/* Has a name on a file system that is meant for sharing, whatever kind of entry it is. */
bool shmg_place_is_shared(const struct shmg_facts *facts, const struct shmg_object *object);

/* The same, and it is a regular file. */
bool shmg_place_is_shared_file(const struct shmg_facts *facts, const struct shmg_object *object);

/* Lies where programs put temporary files and locks (/tmp, /run/lock): sharing is not what such files are for. */
bool shmg_place_is_temporary(const struct shmg_facts *facts, const struct shmg_object *object);

/* Its path below the root of its mount, with no slash first; NULL: unknown. A semaphore's lacks its "sem.". */
const char *shmg_place_tail(const struct shmg_facts *facts, const struct shmg_object *object);

/* Entries by path. Built when one of the functions below first asks: on most hosts none does. */
struct shmg_place_index {
	uint32_t *slots; /* open addressing: row + 1 */
	size_t slot_count;
};

/* The entry at a path below the root of a mount (a row in mounts), or NULL. */
const struct shmg_object *shmg_place_find(struct shmg_audit *audit, uint32_t mount, const char *path, size_t length);

/*
 * Whether each directory on the way to it has one of these permission bits (01: everybody, 011: its group too). A
 * directory that was not seen is taken to be open.
 */
bool shmg_place_is_reachable(struct shmg_audit *audit, const struct shmg_object *object, uint32_t bits);

/* The mode of the directory that it lies in; unknown when that was not seen. *ret_owner may be unknown too. */
uint32_t shmg_place_directory_mode(struct shmg_audit *audit, const struct shmg_object *object, uint32_t *ret_owner);

#endif
