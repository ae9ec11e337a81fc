/* SPDX-License-Identifier: MIT */
/*
 * Amounts as evidence states them, and shares that cannot overflow: limits of the kernel reach to 2^64 pages.
 * Internal to the room.
 */
#ifndef SHMG_AUDIT_AMOUNT_H
#define SHMG_AUDIT_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#define SHMG_AMOUNT_MAX 48

/* "512 bytes", "64.0 MiB", "practically unlimited (18446744073692774399)"; returns `buffer`. */
const char *shmg_amount_bytes(uint64_t bytes, char buffer[static SHMG_AMOUNT_MAX]);

/* `percent` of `whole`, rounded down; UINT64_MAX where it does not fit. */
uint64_t shmg_amount_share(uint64_t whole, uint64_t percent);

/* Whether `part` is at least `percent` of `whole`; nothing is a share of 0. */
bool shmg_amount_reaches(uint64_t part, uint64_t whole, uint64_t percent);

/* How many percent of `whole` (not 0) `part` is, rounded down. */
uint64_t shmg_amount_percent(uint64_t part, uint64_t whole);

/* count × size; UINT64_MAX where it does not fit. */
uint64_t shmg_amount_times(uint64_t count, uint64_t size);
uint64_t shmg_amount_plus(uint64_t left, uint64_t right);

#endif
