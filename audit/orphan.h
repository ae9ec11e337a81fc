/* SPDX-License-Identifier: MIT */
/*
 * Left behind, or only waiting? The verdict on one object, by evidence and never by nattch alone.
 */
#ifndef SHMG_AUDIT_ORPHAN_H
#define SHMG_AUDIT_ORPHAN_H

#include "facts/facts.h"
#include "policy/policy.h"

enum shmg_orphan {
	SHMG_ORPHAN_HELD,	/* somebody maps or opens it */
	SHMG_ORPHAN_UNSEEN,	/* holders could not all be seen: no verdict */
	SHMG_ORPHAN_RECENT,	/* used within the grace period */
	SHMG_ORPHAN_CREATOR,	/* unheld, but its creator (or the pid in its name) still runs */
	SHMG_ORPHAN_ALLOWED,	/* the policy says that it may stay */
	SHMG_ORPHAN_UNREFERENCED, /* nobody holds it; nothing proves that its creator is dead */
	SHMG_ORPHAN_ORPHANED,	/* nobody holds it and its creator is proven dead */
	SHMG_ORPHAN_NOT_MEMORY, /* a directory or link, or a file among temporary files and locks: no verdict */
};
extern const char *const shmg_orphan_names[]; /* ends with NULL */

/* The check that reports orphans: an exception of the policy that names checks must name this one to keep an object. */
#define SHMG_CHECK_ORPHAN "SHM-OBJ-016"

/* Why, in one line without the name, goes to `ret_reason` (NULL: nobody asks). Pure; O(log processes). */
enum shmg_orphan shmg_object_orphan(const struct shmg_facts *facts, const struct shmg_policy *policy,
				    const struct shmg_object *object, char *ret_reason, size_t reason_size);

/* The same, the policy's exceptions not asked: never ALLOWED. */
enum shmg_orphan shmg_object_orphan_unasked(const struct shmg_facts *facts, const struct shmg_policy *policy,
					    const struct shmg_object *object, char *ret_reason, size_t reason_size);

#endif
