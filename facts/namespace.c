/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "facts/collect.h"
#include "lib/base/cleanup.h"

static uint32_t *find_slot(const struct shmg_look *look, enum shmg_namespace_type type, uint64_t inode)
{
	size_t slot = (size_t)(((inode << 1) + type) * 0x9e3779b97f4a7c15 >> 32) & (look->namespace_slot_count - 1);

	for (; look->namespace_slots[slot]; slot = (slot + 1) & (look->namespace_slot_count - 1)) {
		const struct shmg_namespace *ns = &look->facts->namespaces.items[look->namespace_slots[slot] - 1];
		if (ns->inode == inode && ns->type == type)
			break;
	}
	return &look->namespace_slots[slot];
}

static int grow_slots(struct shmg_look *look)
{
	size_t slot_count = look->namespace_slot_count ? look->namespace_slot_count * 2 : 64;
	uint32_t *slots = calloc(slot_count, sizeof *slots);

	if (!slots)
		return -ENOMEM;
	free(look->namespace_slots);
	look->namespace_slots = slots;
	look->namespace_slot_count = slot_count;
	for (size_t row = 0; row < look->facts->namespaces.count; row++) {
		const struct shmg_namespace *ns = &look->facts->namespaces.items[row];
		*find_slot(look, ns->type, ns->inode) = (uint32_t)row + 1;
	}
	return 0;
}

/* The device of what is mounted at /dev/shm, nothing lying over it, among the mounts from that row on. */
static uint64_t shm_device(const struct shmg_look *look, size_t first)
{
	for (size_t row = first; row < look->facts->mounts.count; row++) {
		const struct shmg_mount *mount = &look->facts->mounts.items[row];
		if (!mount->hidden && mount->target && strcmp(mount->target, "/dev/shm") == 0)
			return mount->dev;
	}
	return SHMG_U64_UNKNOWN;
}

static int add(struct shmg_look *look, enum shmg_namespace_type type, uint64_t inode,
	       const struct shmg_process *process)
{
	if (inode == SHMG_U64_UNKNOWN)
		return 0;
	if (look->facts->namespaces.count * 2 >= look->namespace_slot_count && grow_slots(look) < 0)
		return -ENOMEM;
	uint32_t *slot = find_slot(look, type, inode);
	struct shmg_namespace *ns;
	if (*slot) {
		ns = &look->facts->namespaces.items[*slot - 1];
		if (ns->processes++ == 0) {
			/* Known so far only as our own. */
			ns->pid = process->pid;
			ns->label = process->unit;
		}
		/* A namespace is called after its processes only if they are all of one unit or container. */
		if (ns->label != process->unit)
			ns->label = NULL;
		return 0;
	}

	ns = SHMG_APPEND(&look->facts->namespaces);
	if (!ns)
		return -ENOMEM;
	*slot = (uint32_t)look->facts->namespaces.count;
	shmg_record_set_unknown(&shmg_namespace_type, ns);
	ns->type = (uint8_t)type;
	ns->inode = inode;
	ns->label = process->unit;
	ns->pid = process->pid;
	ns->processes = 1;
	ns->host = inode == (type == SHMG_NAMESPACE_IPC ? look->host_ipc_ns : look->host_mnt_ns);
	ns->seen = 0; /* until its mounts or segments are */
	return 0;
}

int shmg_collect_namespaces(struct shmg_look *look, const struct shmg_process *process)
{
	int status = add(look, SHMG_NAMESPACE_IPC, process->ipc_ns, process);
	return status ? status : add(look, SHMG_NAMESPACE_MOUNT, process->mnt_ns, process);
}

static bool lives_in(const struct shmg_process *process, const struct shmg_namespace *ns)
{
	return (ns->type == SHMG_NAMESPACE_IPC ? process->ipc_ns : process->mnt_ns) == ns->inode;
}

/* The first row whose pid is not below. A namespace knows its lowest pid, or the lowest that sees all of it. */
static size_t first_row(const struct shmg_facts *facts, uint32_t pid)
{
	size_t low = 0, high = facts->processes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (facts->processes.items[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int shmg_look_in_namespace(struct shmg_look *look, const struct shmg_namespace *ns,
			   int (*try)(struct shmg_look *look, int process, uint32_t row, void *context), void *context)
{
	const size_t count = look->facts->processes.count;
	const struct shmg_namespace wanted = *ns; /* `try` may append to the table */

	for (size_t row = first_row(look->facts, wanted.pid); row < count; row++) {
		if (!lives_in(&look->facts->processes.items[row], &wanted))
			continue;
		SHMG_AUTO_FD process = shmg_look_open_process(look, (uint32_t)row);
		int status = process < 0 ? process : try(look, process, (uint32_t)row, context);
		if (status != -ESRCH && status != -ENOENT)
			return status;
	}
	return -ESRCH;
}

/* Whether the process sees all of its mount namespace: the root of a chroot has another directory above it. */
static bool sees_the_root(int process)
{
	struct stat root, above;
	SHMG_AUTO_FD fd = openat(process, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fstat(fd, &root) == 0 && fstatat(fd, "..", &above, AT_NO_AUTOMOUNT) == 0 &&
	       root.st_dev == above.st_dev && root.st_ino == above.st_ino;
}

struct mounts_of {
	uint64_t inode;
	bool host;
	bool chrooted_too; /* any process will do */
	uint32_t pid;      /* of the one through which they were seen */
};

static int collect_through(struct shmg_look *look, int process, uint32_t row, void *context)
{
	struct mounts_of *wanted = context;
	uint32_t pid = look->facts->processes.items[row].pid;
	size_t mounts = look->facts->mounts.count;
	struct stat status;
	char path[32];

	if (look->root.live && !wanted->chrooted_too && !sees_the_root(process))
		return -ESRCH;
	(void)snprintf(path, sizeof path, "proc/%" PRIu32, pid);
	int code = shmg_collect_mounts(look, path, wanted->inode, wanted->host);
	if (code)
		return code;
	/* The pid stood for this process all the while if it still has its namespaces. */
	if (look->root.live && (fstatat(process, "ns/mnt", &status, 0) < 0 || status.st_ino != wanted->inode)) {
		look->facts->mounts.count = mounts;
		return -ESRCH;
	}
	wanted->pid = pid;
	return 0;
}

static int add_devices(struct shmg_look *look, size_t first)
{
	int status = 0;

	for (size_t row = first; !status && row < look->facts->mounts.count; row++) {
		const struct shmg_mount *mount = &look->facts->mounts.items[row];
		bool huge = mount->fstype && strcmp(mount->fstype, "hugetlbfs") == 0;
		status = shmg_look_add_device(look, mount->dev, huge ? SHMG_DEVICE_HUGETLBFS : SHMG_DEVICE_TMPFS);
	}
	return status;
}

static int collect_mounts_of(struct shmg_look *look, size_t row)
{
	const struct shmg_namespace *ns = &look->facts->namespaces.items[row];
	struct mounts_of wanted = { .inode = ns->inode, .host = ns->host, .pid = ns->pid };
	size_t first = look->facts->mounts.count;
	int status;

	if (ns->inode == look->own_mnt_ns) {
		status = shmg_collect_mounts(look, look->root.live ? "proc/self" : "proc/1", ns->inode, ns->host);
	} else {
		status = shmg_look_in_namespace(look, ns, collect_through, &wanted);
		wanted.chrooted_too = true;
		if (status == -ESRCH) {
			status = shmg_look_in_namespace(look, ns, collect_through, &wanted);
			if (status == 0)
				status = shmg_facts_note_gap(look->facts, "mounts of mount namespaces",
							     "all their processes are in a chroot and see a part only",
							     true);
		}
		if (status == -ESRCH)
			return shmg_facts_note_gap(look->facts, "mount namespaces", "their processes have gone", true);
	}
	if (status)
		return status;
	status = add_devices(look, first);
	struct shmg_namespace *seen = &look->facts->namespaces.items[row];
	seen->pid = wanted.pid;
	seen->shm_dev = shm_device(look, first);
	seen->seen = 1;
	return status;
}

int shmg_collect_all_mounts(struct shmg_look *look)
{
	int status = 0;

	for (size_t row = 0; !status && row < look->facts->namespaces.count; row++)
		if (look->facts->namespaces.items[row].type == SHMG_NAMESPACE_MOUNT)
			status = collect_mounts_of(look, row);
	return status;
}
