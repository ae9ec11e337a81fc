/* SPDX-License-Identifier: MIT */
#include "lib/base/array.h"

#include <stdlib.h>
#include <string.h>

void *shmg_array_append_zeroed(void *array, size_t size)
{
	struct shmg_array *any = array;

	if (any->count == any->capacity) {
		size_t capacity = any->capacity ? any->capacity + any->capacity / 2 : 16;
		size_t bytes;
		if (__builtin_mul_overflow(capacity, size, &bytes))
			return NULL;
		void *items = realloc(any->items, bytes);
		if (!items)
			return NULL;
		any->items = items;
		any->capacity = capacity;
	}
	void *item = (char *)any->items + any->count * size;
	memset(item, 0, size);
	any->count++;
	return item;
}

void shmg_array_clear(void *array)
{
	struct shmg_array *any = array;

	free(any->items);
	*any = (struct shmg_array){ 0 };
}
