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
};
extern const char *const shmg_orphan_names[]; /* ends with NULL */

/* Why, in one line without the name, goes to `ret_reason`. Pure; O(log processes). */
enum shmg_orphan shmg_object_orphan(const struct shmg_facts *facts, const struct shmg_policy *policy,
				    const struct shmg_object *object, char *ret_reason, size_t reason_size);

#endif
