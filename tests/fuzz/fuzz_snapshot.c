/* SPDX-License-Identifier: MIT */
/* Any bytes as a snapshot: an error, or facts that are the same after they were written and read again. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "facts/facts.h"
#include "lib/base/cleanup.h"
#include "report/report.h"
#include "tests/fuzz/fuzz.h"

#define TABLES_MAX 32

/* The reader wants a path: that of a file which is only in memory. */
static int read_snapshot(const char *bytes, size_t size, struct shmg_facts *facts, struct shmg_error *error)
{
	struct shmg_section_target targets[TABLES_MAX];
	char path[64];
	SHMG_AUTO_FD fd = memfd_create("snapshot", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && shmg_facts_table_count <= TABLES_MAX);
	REQUIRE(write(fd, bytes, size) == (ssize_t)size);
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	shmg_array_clear(&facts->host);
	for (size_t i = 0; i < shmg_facts_table_count; i++) {
		const struct shmg_facts_table *table = &shmg_facts_tables[i];
		targets[i] = (struct shmg_section_target){ .name = table->name,
							   .type = table->type,
							   .array = (void *)((char *)facts + table->offset) };
	}
	return shmg_json_read(path, "snapshot", targets, shmg_facts_table_count, &facts->pool, error);
}

/* The caller frees. */
static char *print_snapshot(const struct shmg_facts *facts, size_t *ret_size)
{
	struct shmg_section sections[TABLES_MAX];
	char *text = NULL;

	for (size_t i = 0; i < shmg_facts_table_count; i++) {
		const struct shmg_facts_table *table = &shmg_facts_tables[i];
		const struct shmg_array *array = (const void *)((const char *)facts + table->offset);
		sections[i] = (struct shmg_section){
			.name = table->name,
			.source = { .type = table->type, .count = array->count, .context = array->items }
		};
	}
	FILE *stream = open_memstream(&text, ret_size);
	REQUIRE(stream);
	REQUIRE(shmg_json_print(stream, "snapshot", sections, shmg_facts_table_count) == 0);
	REQUIRE(fclose(stream) == 0);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SHMG_CLEANUP(shmg_facts_free) struct shmg_facts *facts = shmg_facts_new();
	SHMG_CLEANUP(shmg_facts_free) struct shmg_facts *again = shmg_facts_new();
	struct shmg_error error = { 0 };
	size_t first_size = 0, second_size = 0;

	REQUIRE(facts && again);
	int code = read_snapshot(size ? (const char *)data : "", size, facts, &error);
	if (code < 0) {
		REQUIRE(code == -EINVAL && error.code == code && *error.where && *error.message);
		for (size_t i = 0; i < strlen(error.message); i++)
			REQUIRE((unsigned char)error.message[i] >= 0x20);
		for (size_t i = 0; i < shmg_facts_table_count; i++)
			REQUIRE(((const struct shmg_array *)(const void *)((const char *)facts +
									   shmg_facts_tables[i].offset))
					->count == 0);
		return 0;
	}
	SHMG_AUTO_FREE char *first = print_snapshot(facts, &first_size);
	REQUIRE(read_snapshot(first, first_size, again, &error) == 0);
	SHMG_AUTO_FREE char *second = print_snapshot(again, &second_size);
	REQUIRE(first_size == second_size && memcmp(first, second, first_size) == 0);
	return 0;
}
