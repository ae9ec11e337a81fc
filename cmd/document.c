/* SPDX-License-Identifier: MIT */
#include "cmd/document.h"

#include <errno.h>

#include "facts/facts.h"

void shmg_document_snapshot(struct shmg_section_shape *shapes, struct shmg_document *ret_document)
{
	for (size_t i = 0; i < shmg_facts_table_count; i++)
		shapes[i] = (struct shmg_section_shape){
			.name = shmg_facts_tables[i].name,
			.type = shmg_facts_tables[i].type,
		};
	*ret_document = (struct shmg_document){
		.kind = "snapshot",
		.title = "What shmguard snapshot writes: all that it saw of a host",
		.shapes = shapes,
		.count = shmg_facts_table_count,
	};
}

int shmg_document_print(FILE *stream, const struct shmg_document *document, const struct shmg_source *sources)
{
	struct shmg_section sections[SHMG_SECTIONS_MAX];

	if (document->count > SHMG_SECTIONS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < document->count; i++) {
		sections[i] = (struct shmg_section){
			.name = document->shapes[i].name,
			.source = sources[i],
			.single = document->shapes[i].single,
		};
		sections[i].source.type = document->shapes[i].type;
	}
	return shmg_json_print(stream, document->kind, sections, document->count);
}
