/* SPDX-License-Identifier: MIT */
#include "audit/amount.h"

#include <inttypes.h>
#include <stdio.h>

typedef unsigned __int128 wide;

/* No machine has this much memory: a limit beyond it limits nothing. */
#define PRACTICALLY_UNLIMITED (UINT64_C(1) << 62)

const char *shmg_amount_bytes(uint64_t bytes, char buffer[static SHMG_AMOUNT_MAX])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;

	if (bytes == UINT64_MAX) {
		(void)snprintf(buffer, SHMG_AMOUNT_MAX, "unlimited");
		return buffer;
	}
	if (bytes >= PRACTICALLY_UNLIMITED) {
		(void)snprintf(buffer, SHMG_AMOUNT_MAX, "practically unlimited (%" PRIu64 ")", bytes);
		return buffer;
	}
	if (bytes < 1024) {
		(void)snprintf(buffer, SHMG_AMOUNT_MAX, "%" PRIu64 " byte%s", bytes, bytes == 1 ? "" : "s");
		return buffer;
	}
	while (unit + 1 < sizeof units / sizeof *units && bytes >> (10 * (unit + 2)))
		unit++;
	unsigned shift = 10 * (unit + 1);
	uint64_t tenths = ((bytes & ((UINT64_C(1) << shift) - 1)) >> (shift - 10)) * 10 / 1024;
	(void)snprintf(buffer, SHMG_AMOUNT_MAX, "%" PRIu64 ".%" PRIu64 " %s", bytes >> shift, tenths, units[unit]);
	return buffer;
}

uint64_t shmg_amount_share(uint64_t whole, uint64_t percent)
{
	wide share = (wide)whole * percent / 100;
	return share > UINT64_MAX ? UINT64_MAX : (uint64_t)share;
}

bool shmg_amount_reaches(uint64_t part, uint64_t whole, uint64_t percent)
{
	return whole && (wide)part * 100 >= (wide)whole * percent;
}

uint64_t shmg_amount_percent(uint64_t part, uint64_t whole)
{
	wide percent = (wide)part * 100 / whole;
	return percent > UINT64_MAX ? UINT64_MAX : (uint64_t)percent;
}

uint64_t shmg_amount_times(uint64_t count, uint64_t size)
{
	uint64_t product;
	return __builtin_mul_overflow(count, size, &product) ? UINT64_MAX : product;
}

uint64_t shmg_amount_plus(uint64_t left, uint64_t right)
{
	uint64_t sum;
	return __builtin_add_overflow(left, right, &sum) ? UINT64_MAX : sum;
}
