/* SPDX-License-Identifier: MIT */
/*
 * The list of objects: which of them, in which order, and a record made of each when its turn comes. Ten thousand
 * objects cost an array of numbers, not ten thousand records.
 */
#ifndef SHMG_CMD_LS_H
#define SHMG_CMD_LS_H

#include "audit/orphan.h"
#include "cmd/names.h"
#include "facts/facts.h"
#include "policy/policy.h"
#include "report/report.h"

struct shmg_ls_filter {
	const char *namespace; /* "host", "ipc:N", "mnt:N" or the number alone; NULL: any */
	const char *unit;      /* fnmatch(3) pattern; NULL: any */
	uint32_t uid;	       /* owner; unknown: any */
	uint32_t pid;	       /* that holds it; unknown: any */
	unsigned kinds;	       /* bit n is enum shmg_kind n; 0: all */
	bool orphans;	       /* only what is orphaned or unreferenced */
	bool all;	       /* also what is not memory, and what lies on a tmpfs that is not meant for sharing */
};

struct shmg_ls {
	const struct shmg_facts *facts;
	const struct shmg_policy *policy; /* for verdicts; may be NULL where none are asked for */
	struct shmg_names *names;
	uint32_t *rows; /* of the chosen objects in facts, in order */
	size_t count;
	size_t left_out; /* files on a tmpfs that is not meant for sharing, which the filter would have let pass */
	uint64_t bytes, resident; /* of the chosen objects */
};

/* One process that holds an object. */
struct shmg_ls_holder {
	const char *command;
	uint64_t bytes;
	uint32_t pid, uid, maps, fds;
};

/* One object as ls shows it: the fact, and what people want to read instead of its numbers. */
struct shmg_ls_row {
	struct shmg_object of; /* first: a field of the fact has the same place in both */
	const char *object;    /* shmg_object_ident */
	const char *owner, *group;
	const char *holders;
	const char *creator, *last;
	const char *age;
	const char *why;
	SHMG_ARRAY(struct shmg_ls_holder) held_by;
	uint8_t verdict; /* enum shmg_orphan */
	uint8_t state;	 /* enum shmg_ls_state */
};
extern const struct shmg_record_type shmg_ls_type;

enum shmg_ls_state {
	SHMG_LS_LIVE,
	SHMG_LS_UNLINKED, /* a file that had a name */
	SHMG_LS_MARKED,	  /* a System V segment that goes with its last attach */
};
enum shmg_ls_state shmg_ls_state_of(const struct shmg_object *object);

/* Makes the records of one list, one at a time. */
struct shmg_ls_maker {
	const struct shmg_ls *ls;
	struct shmg_ls_row row;
	unsigned parts;	     /* which members are wanted: the others would cost time for nothing */
	uint32_t *first;     /* object → its first entry in `holds`; objects + 1 of them; NULL: not wanted */
	uint32_t *holds;     /* rows of holds, by object */
	char object[SHMG_OBJECT_IDENT_MAX];
	char holders[96], creator[64], last[64], age[24], why[256];
};

/* --- ls_resolve.c --- */

/*
 * Finds the user (a name or number; NULL: any) and looks whether the filter's process, namespace and units are there
 * at all. Returns enum shmg_exit, and has said why when it is not SHMG_EXIT_CLEAN.
 */
int shmg_ls_resolve(const struct shmg_ls *ls, const char *user, struct shmg_ls_filter *filter);

/* --- ls_choose.c --- */

/* Whether an object is of a namespace as people write it: host, ipc:INODE, mnt:INODE, or the inode alone. */
bool shmg_ls_is_in_namespace(const struct shmg_object *object, const char *wanted);

/* Chooses; the caller frees with shmg_ls_close. 0 or -ENOMEM. */
int shmg_ls_choose(struct shmg_ls *ls, const struct shmg_ls_filter *filter);
void shmg_ls_close(struct shmg_ls *ls);

/* --- ls_sort.c --- */

/* By a column of shmg_ls_type (NULL: by kind, then name). Unknown is last both ways. 0 or -ENOMEM. */
int shmg_ls_sort(struct shmg_ls *ls, const struct shmg_field *column, bool descending);

/* Keeps the `count` first; sums follow. */
void shmg_ls_cut(struct shmg_ls *ls, size_t count);

/* --- ls_row.c --- */

/* `columns` NULL: all members, as JSON wants them. 0 or -ENOMEM. */
int shmg_ls_maker_open(struct shmg_ls_maker *maker, const struct shmg_ls *ls, const struct shmg_columns *columns);
void shmg_ls_maker_close(struct shmg_ls_maker *maker);

/* For struct shmg_source: `context` is the maker. */
const void *shmg_ls_maker_at(void *context, size_t index);

/* Whether a column needs the verdict, and so the kernel's word on who holds what (SHMG_WANT_LEASE). */
bool shmg_ls_columns_judge(const struct shmg_columns *columns);

/* --- ls_by.c --- */

enum shmg_ls_by { SHMG_LS_BY_PROCESS, SHMG_LS_BY_USER, SHMG_LS_BY_UNIT };

/* What one process, user or unit holds of the chosen objects. */
struct shmg_consumer {
	const char *command, *user, *unit;
	const char *largest; /* ident */
	uint64_t objects;
	uint64_t mapped;
	uint64_t resident; /* its share */
	uint64_t largest_size;
	uint32_t pid, uid, processes;
};
extern const struct shmg_record_type shmg_consumer_type;

struct shmg_consumers {
	SHMG_ARRAY(struct shmg_consumer) rows;
	struct shmg_pool pool;
};

/* Adds up, the largest first. Close also after a failure. 0 or -ENOMEM. */
int shmg_consumers_count(struct shmg_consumers *consumers, const struct shmg_ls *ls, enum shmg_ls_by by);
void shmg_consumers_sort(struct shmg_consumers *consumers, const struct shmg_field *column, bool descending);
void shmg_consumers_close(struct shmg_consumers *consumers);

/* The columns shown where none are asked for. */
const char *shmg_consumers_columns(enum shmg_ls_by by);

#endif
