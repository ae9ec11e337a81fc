/* SPDX-License-Identifier: MIT */
/*
 * Growable arrays of records. `SHMG_ARRAY(struct x)` has the same layout for every
 * element type, so code that knows only a record's description can walk any of them.
 *
 * Pointers into an array are good until the next append to it: keep indexes.
 */
#ifndef SHMG_BASE_ARRAY_H
#define SHMG_BASE_ARRAY_H

#include <stddef.h>

#define SHMG_ARRAY(type)         \
	struct {                 \
		type *items;     \
		size_t count;    \
		size_t capacity; \
	}

struct shmg_array {
	void *items;
	size_t count;
	size_t capacity;
};

/* Appends one zeroed element of `size` bytes and returns it, or NULL when there is no memory. */
void *shmg_array_append_zeroed(void *array, size_t size);

/* Frees the elements; the array is empty and usable afterwards. */
void shmg_array_clear(void *array);

#define SHMG_APPEND(array) \
	((__typeof__((array)->items))shmg_array_append_zeroed((array), sizeof *(array)->items))

#define SHMG_FOREACH(item, array) \
	for (__typeof__(*(array)->items) *item = (array)->items; item < (array)->items + (array)->count; item++)

#endif
