/* SPDX-License-Identifier: MIT */
/* What each detail of a mapping is called, in tables, JSON and the schema. */
#include "facts/detail.h"

static const char *const protections[] = {
	"read", "write", "execute", "user", "shared", "locked", "huge", "keyed", NULL
};
static const char *const mays[] = { "read", "write", "execute", NULL };
static const char *const flags[] = { "changed", "capped", NULL };

#define F(member, type, heading, common, help)                                                                         \
	SHMG_FIELD(struct shmg_mapping, member, SHMG_TYPE_##type, heading, common, help)
#define N(member, type, heading, common, names, help)                                                                  \
	SHMG_FIELD_NAMES(struct shmg_mapping, member, SHMG_TYPE_##type, heading, common, names, help)
static const struct shmg_field fields[] = {
	F(pid, NUMBER, "PID", true, "process"),
	F(start, HEX, "ADDRESS", true, "where it begins"),
	F(size, SIZE, "SIZE", true, "bytes"),
	F(declared, TEXT, "PERM", true, "protection as declared: /proc/PID/maps"),
	N(enforced, FLAGS, "ENFORCED", true, protections,
	  "protection as the processor enforces it; keyed: each thread's PKRU decides about reads and writes"),
	N(may, FLAGS, "MAY", false, mays, "what mprotect could make of it"),
	F(protection_key, NUMBER, "PKEY", true, "protection key; unknown where the processor has none"),
	F(pages, NUMBER, "PAGES", true, "pages"),
	F(present, NUMBER, "PRESENT", true, "pages in this process's page tables"),
	F(swapped, NUMBER, "SWAPPED", true, "pages in swap"),
	F(soft_dirty, NUMBER, "DIRTY", true, "pages written since /proc/PID/clear_refs was (soft-dirty)"),
	F(guard, NUMBER, "GUARD", true, "pages of guard regions: touching one is SIGSEGV"),
	F(page_size, SIZE, "PAGE", false, "bytes of a page of it"),
	F(resident, SIZE, "RESIDENT", false, "bytes that this process has touched (Rss)"),
	F(offset, HEX, "OFFSET", false, "where in the object it begins"),
	F(name, TEXT, "WHAT", true, "the object, else the file as the kernel prints it"),
	N(flags, FLAGS, "NOTE", false, flags, "changed during the look; capped: only the beginning was counted"),
};
#undef F
#undef N
const struct shmg_record_type shmg_mapping_type =
	SHMG_RECORD_TYPE("mapping", "one mapping, with the state of its pages", struct shmg_mapping, fields);
