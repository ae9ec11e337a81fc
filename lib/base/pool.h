/* SPDX-License-Identifier: MIT */
/*
 * Text that lives as long as the whole it belongs to.
 *
 * A pool hands out NUL-terminated copies that stay where they are until the pool is
 * cleared. Interned copies are shared: equal text, equal pointer (within one pool).
 *
 * Thread-safety: one thread at a time a pool.
 */
#ifndef SHMG_BASE_POOL_H
#define SHMG_BASE_POOL_H

#include <stddef.h>
#include <stdint.h>

struct shmg_pool_chunk;

struct shmg_pool {
	struct shmg_pool_chunk *chunks;
	const char **slots; /* interned text, open addressing */
	size_t slot_count;  /* a power of two, or 0 */
	size_t interned;
};

/* A copy of `length` bytes plus NUL; NULL when there is no memory. */
const char *shmg_pool_copy(struct shmg_pool *pool, const char *text, size_t length);

/* The one shared copy of this text; NULL when there is no memory. Text must not hold NUL bytes. */
const char *shmg_pool_intern(struct shmg_pool *pool, const char *text, size_t length);

/* A copy of formatted text; NULL when there is no memory. */
const char *shmg_pool_format(struct shmg_pool *pool, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* `bytes` of zeroed memory aligned for any type, for lists that records point to. */
void *shmg_pool_alloc(struct shmg_pool *pool, size_t bytes);

/* Frees everything; the pool is empty and usable afterwards. */
void shmg_pool_clear(struct shmg_pool *pool);

#endif
