/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share. A target is driven by libFuzzer, or by replay.c on the files of its corpus. */
#ifndef SHMG_TESTS_FUZZ_FUZZ_H
#define SHMG_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input; unlike assert(3) never compiled out. */
#define REQUIRE(condition)                                                                                             \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                  \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

#endif
