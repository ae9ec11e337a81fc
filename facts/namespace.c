/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "facts/collect.h"

static struct shmg_namespace *find(const struct shmg_look *look, enum shmg_namespace_type type, uint64_t inode)
{
	SHMG_FOREACH(ns, &look->facts->namespaces)
		if (ns->inode == inode && ns->type == type)
			return ns;
	return NULL;
}

/* The device of what is mounted at /dev/shm, nothing lying over it. */
static uint64_t shm_device(const struct shmg_look *look, uint64_t mnt_ns)
{
	SHMG_FOREACH(mount, &look->facts->mounts)
		if (mount->mnt_ns == mnt_ns && !mount->hidden && mount->target &&
		    strcmp(mount->target, "/dev/shm") == 0)
			return mount->dev;
	return SHMG_U64_UNKNOWN;
}

static int add_mounts(struct shmg_look *look, const struct shmg_process *process, bool host, uint64_t *ret_shm_dev)
{
	char path[32];
	size_t first = look->facts->mounts.count;

	(void)snprintf(path, sizeof path, "proc/%u", process->pid);
	int status = shmg_collect_mounts(look, path, process->mnt_ns, host);
	for (size_t row = first; !status && row < look->facts->mounts.count; row++) {
		const struct shmg_mount *mount = &look->facts->mounts.items[row];
		bool huge = mount->fstype && strcmp(mount->fstype, "hugetlbfs") == 0;
		status = shmg_look_add_device(look, mount->dev, huge ? SHMG_DEVICE_HUGETLBFS : SHMG_DEVICE_TMPFS);
	}
	*ret_shm_dev = shm_device(look, process->mnt_ns);
	return status;
}

static int add(struct shmg_look *look, enum shmg_namespace_type type, uint64_t inode,
	       const struct shmg_process *process)
{
	if (inode == SHMG_U64_UNKNOWN)
		return 0;
	struct shmg_namespace *ns = find(look, type, inode);
	if (ns) {
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
	shmg_record_set_unknown(&shmg_namespace_type, ns);
	ns->type = (uint8_t)type;
	ns->inode = inode;
	ns->label = process->unit;
	ns->pid = process->pid;
	ns->processes = 1;
	ns->host = inode == (type == SHMG_NAMESPACE_IPC ? look->host_ipc_ns : look->host_mnt_ns);
	ns->seen = 0;
	if (type == SHMG_NAMESPACE_IPC)
		return 0; /* sysv.c fills it */
	size_t row = look->facts->namespaces.count - 1;
	uint64_t shm_dev;
	int status = add_mounts(look, process, ns->host, &shm_dev);
	look->facts->namespaces.items[row].shm_dev = shm_dev;
	return status;
}

int shmg_collect_namespaces(struct shmg_look *look, const struct shmg_process *process)
{
	int status = add(look, SHMG_NAMESPACE_IPC, process->ipc_ns, process);
	return status ? status : add(look, SHMG_NAMESPACE_MOUNT, process->mnt_ns, process);
}
