/* SPDX-License-Identifier: MIT */
/*
 * Factories of real shared objects, for tests: each makes one kind and holds it until told to stop.
 *
 * Every factory runs in a process of its own, so that "who holds it" has an answer. It reads its
 * parameters with mk_text and mk_number, notes what must be removed afterwards with mk_undo_*,
 * and calls mk_ready once for each object.
 */
#ifndef TESTS_HELPERS_MKOBJECTS_H
#define TESTS_HELPERS_MKOBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MK_UNDO_MAX 128

struct mk {
	const char *factory;
	char *const *arguments; /* "key=value" */
	size_t argument_count;
	char *undo_files[MK_UNDO_MAX];
	size_t undo_file_count;
	int *undo_segments;
	size_t undo_segment_count, undo_segment_capacity;
	int told; /* the parent waits on the other end */
};

struct mk_factory {
	const char *name;
	const char *parameters;
	const char *help;
	void (*make)(struct mk *mk);
};

/* Each file's table ends with a row that has no name. */
extern const struct mk_factory mk_sysv_factories[], mk_file_factories[], mk_memory_factories[], mk_process_factories[],
	mk_mount_factories[];

const char *mk_text(const struct mk *mk, const char *name, const char *fallback);
uint64_t mk_number(const struct mk *mk, const char *name, uint64_t fallback);

/* "READY factory=NAME pid=PID …": one line, one write. */
void mk_ready(const struct mk *mk, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An event that happened to an object after it was ready. */
void mk_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The machine cannot do it: says why, and ends this process with status 77. */
_Noreturn void mk_skip(const struct mk *mk, const char *reason);

/* It should have worked: says what and errno, and ends this process with status 1. */
_Noreturn void mk_fail(const struct mk *mk, const char *what);

void mk_undo_file(struct mk *mk, const char *path);
void mk_undo_segment(struct mk *mk, int id);

/* Stores into one byte of each page, so that the memory exists. */
void mk_touch(void *memory, size_t size);

/* What `prot` means: letters of "rwx". */
int mk_protection(const struct mk *mk, const char *text);

#endif
