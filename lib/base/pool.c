/* SPDX-License-Identifier: MIT */
#include "lib/base/pool.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)32 * 1024)

struct shmg_pool_chunk {
	struct shmg_pool_chunk *next;
	size_t used;
	size_t size;
	alignas(max_align_t) char bytes[];
};

static void *take(struct shmg_pool *pool, size_t bytes, size_t alignment)
{
	struct shmg_pool_chunk *chunk = pool->chunks;

	if (chunk) {
		size_t start = (chunk->used + alignment - 1) & ~(alignment - 1);
		if (start <= chunk->size && bytes <= chunk->size - start) {
			chunk->used = start + bytes;
			return chunk->bytes + start;
		}
	}
	if (bytes > SIZE_MAX - sizeof *chunk)
		return NULL;
	size_t size = bytes > CHUNK_BYTES / 4 ? bytes : CHUNK_BYTES - sizeof *chunk;
	struct shmg_pool_chunk *fresh = malloc(sizeof *fresh + size);
	if (!fresh)
		return NULL;
	fresh->size = size;
	fresh->used = bytes;
	/* A large piece gets a chunk of its own, behind the one that still has room. */
	if (chunk && size == bytes) {
		fresh->next = chunk->next;
		chunk->next = fresh;
	} else {
		fresh->next = chunk;
		pool->chunks = fresh;
	}
	return fresh->bytes;
}

const char *shmg_pool_copy(struct shmg_pool *pool, const char *text, size_t length)
{
	if (length == SIZE_MAX)
		return NULL;
	char *copy = take(pool, length + 1, 1);
	if (!copy)
		return NULL;
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

static size_t hash_text(const char *text, size_t length)
{
	/* FNV-1a, 64 bits. */
	uint64_t hash = 0xcbf29ce484222325;
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 32);
}

static const char **find_slot(const char **slots, size_t slot_count, const char *text, size_t length)
{
	size_t slot = hash_text(text, length) & (slot_count - 1);
	while (slots[slot] && (strncmp(slots[slot], text, length) != 0 || slots[slot][length] != '\0'))
		slot = (slot + 1) & (slot_count - 1);
	return &slots[slot];
}

static bool grow_slots(struct shmg_pool *pool)
{
	size_t slot_count = pool->slot_count ? pool->slot_count * 2 : 64;
	const char **slots = calloc(slot_count, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < pool->slot_count; i++)
		if (pool->slots[i])
			*find_slot(slots, slot_count, pool->slots[i], strlen(pool->slots[i])) = pool->slots[i];
	free(pool->slots);
	pool->slots = slots;
	pool->slot_count = slot_count;
	return true;
}

const char *shmg_pool_intern(struct shmg_pool *pool, const char *text, size_t length)
{
	if (pool->interned * 2 >= pool->slot_count && !grow_slots(pool))
		return NULL;
	const char **slot = find_slot(pool->slots, pool->slot_count, text, length);
	if (*slot)
		return *slot;
	const char *copy = shmg_pool_copy(pool, text, length);
	if (copy) {
		*slot = copy;
		pool->interned++;
	}
	return copy;
}

const char *shmg_pool_format(struct shmg_pool *pool, const char *format, ...)
{
	char small[256];
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(small, sizeof small, format, arguments);
	va_end(arguments);
	if (length < 0)
		return NULL;
	if ((size_t)length < sizeof small)
		return shmg_pool_copy(pool, small, (size_t)length);

	char *copy = take(pool, (size_t)length + 1, 1);
	if (!copy)
		return NULL;
	va_start(arguments, format);
	(void)vsnprintf(copy, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return copy;
}

void *shmg_pool_alloc(struct shmg_pool *pool, size_t bytes)
{
	void *memory = take(pool, bytes, alignof(max_align_t));
	if (memory)
		memset(memory, 0, bytes);
	return memory;
}

void shmg_pool_clear(struct shmg_pool *pool)
{
	while (pool->chunks) {
		struct shmg_pool_chunk *next = pool->chunks->next;
		free(pool->chunks);
		pool->chunks = next;
	}
	free(pool->slots);
	*pool = (struct shmg_pool){ 0 };
}
