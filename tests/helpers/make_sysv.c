/* SPDX-License-Identifier: MIT */
/* Factories of System V segments. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "tests/helpers/mkobjects.h"

static void change_owner(struct mk *mk, int id)
{
	struct shmid_ds segment;

	if (!mk_text(mk, "owner", NULL))
		return;
	if (shmctl(id, IPC_STAT, &segment) < 0)
		mk_fail(mk, "IPC_STAT");
	segment.shm_perm.uid = (uid_t)mk_number(mk, "owner", 0);
	if (shmctl(id, IPC_SET, &segment) < 0)
		mk_fail(mk, "IPC_SET");
}

static void attach(struct mk *mk, int id, size_t size)
{
	int flags = (mk_number(mk, "exec", 0) ? SHM_EXEC : 0) | (mk_number(mk, "readonly", 0) ? SHM_RDONLY : 0);

	for (uint64_t i = 0; i < mk_number(mk, "attach", 1); i++) {
		char *memory = shmat(id, NULL, flags);
		if (memory == (void *)-1)
			mk_fail(mk, "shmat");
		if (mk_number(mk, "touch", 0))
			mk_touch(memory, size);
		/* One mapping becomes three, and the kernel counts mappings. */
		if (mk_number(mk, "split", 0) && mprotect(memory + 4096, 4096, PROT_READ) < 0)
			mk_fail(mk, "mprotect");
	}
}

static void make_sysv(struct mk *mk)
{
	size_t size = mk_number(mk, "size", 4096);
	int mode = (int)mk_number(mk, "mode", 0600);
	int huge = mk_number(mk, "huge", 0) ? SHM_HUGETLB : 0;
	key_t key = (key_t)mk_number(mk, "key", IPC_PRIVATE);
	int id = shmget(key, size, IPC_CREAT | (key == IPC_PRIVATE ? 0 : IPC_EXCL) | huge | mode);

	if (id < 0 && huge)
		mk_skip(mk, "no huge pages reserved");
	if (id < 0)
		mk_fail(mk, "shmget");
	mk_undo_segment(mk, id);
	attach(mk, id, size);
	if (mk_number(mk, "locked", 0) && shmctl(id, SHM_LOCK, NULL) < 0)
		mk_skip(mk, "SHM_LOCK refused");
	change_owner(mk, id);
	if (mk_number(mk, "marked", 0) && shmctl(id, IPC_RMID, NULL) < 0)
		mk_fail(mk, "IPC_RMID");
	mk_ready(mk, "id=%d size=%zu", id, size);
}

static void make_segments(struct mk *mk)
{
	uint64_t count = mk_number(mk, "count", 1000);

	for (uint64_t i = 0; i < count; i++) {
		int id = shmget(IPC_PRIVATE, mk_number(mk, "size", 4096), IPC_CREAT | (int)mk_number(mk, "mode", 0600));
		if (id < 0 && errno == ENOSPC)
			mk_skip(mk, "kernel.shmmni or kernel.shmall reached");
		if (id < 0)
			mk_fail(mk, "shmget");
		mk_undo_segment(mk, id);
	}
	mk_ready(mk, "count=%llu", (unsigned long long)count);
}

const struct mk_factory mk_sysv_factories[] = {
	{ "sysv", "size mode key owner attach=N huge marked locked exec readonly split touch",
	  "one segment; split: one attach that the kernel counts as three", make_sysv },
	{ "segments", "count size mode", "many segments, nobody attached", make_segments },
	{ 0 },
};
