/* SPDX-License-Identifier: MIT */
/* Values of the policy file: text → number, mode, switch, user, group. Internal to the room. */
#ifndef SHMG_POLICY_VALUE_H
#define SHMG_POLICY_VALUE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Decimal digits and the suffixes of the unit: K, M, G, T for "bytes" (powers of 1024), s, m, h, d for "seconds",
 * % for "percent". -EINVAL: not that; -ERANGE: past 64 bits.
 */
int shmg_policy_parse_number(const char *text, const char *unit, uint64_t *ret_value);

/* What may follow the digits of a number of that unit, for messages; "" where nothing may. */
const char *shmg_policy_suffix_help(const char *unit);

/* Octal digits up to 07777. -EINVAL. */
int shmg_policy_parse_mode(const char *text, uint32_t *ret_mode);

/* yes, true, on; no, false, off. -EINVAL. */
int shmg_policy_parse_switch(const char *text, bool *ret_on);

/* A user or group number: -EINVAL when it is not all digits, -ERANGE when no user can have it. */
int shmg_policy_parse_id(const char *text, uint32_t *ret_id);

/* This machine's users and groups. -ENOENT: there is none of that name; other errors: it could not be looked up. */
int shmg_policy_find_user(const char *name, uint32_t *ret_uid);
int shmg_policy_find_group(const char *name, uint32_t *ret_gid);

#endif
