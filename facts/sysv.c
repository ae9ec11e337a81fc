/* SPDX-License-Identifier: MIT */
/*
 * System V segments, from /proc/sysvipc/shm: the one place that has the resident bytes of each, and that needs no
 * permission on the segment. The file shows the reader's own IPC namespace, so others are entered, read and left.
 * Where /proc does not have it (subset=pid) shmctl(2) is asked, which knows all but the resident bytes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

#ifndef SHM_STAT_ANY
#define SHM_STAT_ANY 15
#endif
#define MODE_DEST 01000u
#define MODE_LOCKED 02000u
#define MODE_HUGETLB 04000u

/* The columns of /proc/sysvipc/shm, in its order. */
struct row {
	int64_t key, id;
	uint64_t mode, size;
	int64_t cpid, lpid;
	uint64_t nattch, uid, gid, cuid, cgid;
	int64_t attached, detached, changed;
	uint64_t resident, swapped;
};

static bool parse_row(const char *line, struct row *ret_row)
{
	return shmg_scan_signed(&line, &ret_row->key) && shmg_scan_signed(&line, &ret_row->id) &&
	       shmg_scan_number(&line, 8, &ret_row->mode) && shmg_scan_number(&line, 10, &ret_row->size) &&
	       shmg_scan_signed(&line, &ret_row->cpid) && shmg_scan_signed(&line, &ret_row->lpid) &&
	       shmg_scan_number(&line, 10, &ret_row->nattch) && shmg_scan_number(&line, 10, &ret_row->uid) &&
	       shmg_scan_number(&line, 10, &ret_row->gid) && shmg_scan_number(&line, 10, &ret_row->cuid) &&
	       shmg_scan_number(&line, 10, &ret_row->cgid) && shmg_scan_signed(&line, &ret_row->attached) &&
	       shmg_scan_signed(&line, &ret_row->detached) && shmg_scan_signed(&line, &ret_row->changed) &&
	       shmg_scan_number(&line, 10, &ret_row->resident) && shmg_scan_number(&line, 10, &ret_row->swapped);
}

/* 0 is how the kernel says never. */
static int64_t time_of(int64_t seconds)
{
	return seconds ? shmg_statx_time(seconds, 0) : SHMG_TIME_UNKNOWN;
}

static int add_segment(struct shmg_look *look, const struct shmg_namespace *ns, const char *label,
		       const struct row *row)
{
	bool fresh;
	int64_t index = shmg_look_object(look, (struct shmg_identity){ true, ns->inode, (uint64_t)row->id }, &fresh);
	if (index < 0)
		return -ENOMEM;

	struct shmg_object *object = &look->facts->objects.items[index];
	object->namespace = label;
	object->key = (uint32_t)row->key; /* the list has it with a sign */
	object->mode = row->mode & 0777;
	object->flags |= (row->mode & MODE_DEST ? SHMG_OBJECT_MARKED : 0u) |
			 (row->mode & MODE_LOCKED ? SHMG_OBJECT_LOCKED : 0u) |
			 (row->mode & MODE_HUGETLB ? SHMG_OBJECT_HUGE : 0u);
	object->size = row->size;
	object->resident = row->resident;
	object->swapped = row->swapped;
	object->nattch = row->nattch;
	object->uid = (uint32_t)row->uid;
	object->gid = (uint32_t)row->gid;
	object->creator_uid = (uint32_t)row->cuid;
	object->creator = (uint32_t)row->cpid;
	object->last = (uint32_t)row->lpid;
	object->attached = time_of(row->attached);
	object->detached = time_of(row->detached);
	object->changed = time_of(row->changed);
	return 0;
}

static const char *label_of(struct shmg_look *look, const struct shmg_namespace *ns)
{
	return ns->host ? shmg_pool_intern(&look->facts->pool, "host", 4)
			: shmg_pool_format(&look->facts->pool, "ipc:%llu", (unsigned long long)ns->inode);
}

static int read_list(struct shmg_look *look, const struct shmg_namespace *ns, const char *label, FILE *file)
{
	SHMG_AUTO_FREE char *line = NULL;
	size_t size = 0;
	int status = 0;
	struct row row;

	while (!status && getline(&line, &size, file) > 0)
		if (parse_row(line, &row)) /* the heading is none */
			status = add_segment(look, ns, label, &row);
	return status;
}

static struct row row_of(int id, const struct shmid_ds *segment)
{
	return (struct row){
		.key = segment->shm_perm.__key,
		.id = id,
		.mode = segment->shm_perm.mode,
		.size = segment->shm_segsz,
		.cpid = segment->shm_cpid,
		.lpid = segment->shm_lpid,
		.nattch = segment->shm_nattch,
		.uid = segment->shm_perm.uid,
		.gid = segment->shm_perm.gid,
		.cuid = segment->shm_perm.cuid,
		.cgid = segment->shm_perm.cgid,
		.attached = segment->shm_atime,
		.detached = segment->shm_dtime,
		.changed = segment->shm_ctime,
		.resident = SHMG_U64_UNKNOWN,
		.swapped = SHMG_U64_UNKNOWN,
	};
}

/* -ENOSYS: a kernel without System V IPC. */
static int ask_kernel(struct shmg_look *look, const struct shmg_namespace *ns, const char *label)
{
	struct shm_info usage;
	struct shmid_ds segment;
	int last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&usage), status = 0;

	if (last < 0)
		return -errno;
	for (int index = 0; !status && index <= last; index++) {
		/* STAT_ANY (4.17) needs no permission on the segment. */
		int id = shmctl(index, SHM_STAT_ANY, &segment);
		if (id < 0 && errno == EINVAL)
			id = shmctl(index, SHM_STAT, &segment);
		if (id >= 0) {
			const struct row row = row_of(id, &segment);
			status = add_segment(look, ns, label, &row);
		} else if (errno == EACCES) {
			status = shmg_facts_note_gap(look->facts, "System V segments",
						     "/proc/sysvipc is not there, and this kernel lists only what may "
						     "be read: run as root",
						     true);
		}
	}
	return status ? status
		      : shmg_facts_note_gap(look->facts, "resident bytes of System V segments",
					    "/proc/sysvipc is not there: /proc is mounted with subset=pid", false);
}

/* The segments of the IPC namespace that we are in. */
static int read_segments(struct shmg_look *look, struct shmg_namespace *ns)
{
	SHMG_AUTO_FD fd = shmg_root_openat(&look->root, "proc/sysvipc/shm", O_RDONLY);
	const char *label = label_of(look, ns);
	int status = fd < 0 ? fd : 0;

	if (!label)
		return -ENOMEM;
	if (fd >= 0) {
		SHMG_AUTO_FILE file = fdopen(fd, "re");
		status = file ? 0 : -errno;
		if (file) {
			(void)SHMG_TAKE_FD(fd);
			status = read_list(look, ns, label, file);
		}
	} else if (fd == -ENOENT && look->root.live) {
		status = ask_kernel(look, ns, label);
		if (status == -ENOSYS) /* there can be none */
			status = 0;
	}
	if (status == 0)
		ns->seen = 1;
	if (status == 0 || status == -ENOMEM)
		return status;
	return shmg_facts_note_gap(look->facts, "System V segments",
				   status == -ENOENT ? "the captured tree does not hold proc/sysvipc/shm"
						     : strerrordesc_np(-status),
				   true);
}

static void read_limits(struct shmg_look *look, struct shmg_namespace *ns)
{
	struct shminfo limits;
	struct shm_info usage;
	char text[32];
	uint64_t value;

	if (shmctl(0, IPC_INFO, (struct shmid_ds *)(void *)&limits) >= 0) {
		ns->shmmax = limits.shmmax;
		ns->shmall = limits.shmall;
		ns->shmmni = limits.shmmni;
	}
	if (shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&usage) >= 0) {
		ns->segments = (uint32_t)usage.used_ids;
		ns->pages = usage.shm_tot;
		ns->resident_pages = usage.shm_rss;
		ns->swapped_pages = usage.shm_swp;
	}
	const char *at = text;
	if (shmg_root_read(&look->root, "proc/sys/kernel/shm_rmid_forced", text, sizeof text) > 0 &&
	    shmg_scan_number(&at, 10, &value))
		ns->shm_rmid_forced = (uint32_t)value;
}

/* A captured tree holds one namespace: the host's. Its limits are files, its usage the sum of its segments. */
static void sum_captured(struct shmg_look *look, struct shmg_namespace *ns)
{
	static const struct {
		const char *path;
		size_t offset;
	} limits[] = {
		{ "proc/sys/kernel/shmmax", offsetof(struct shmg_namespace, shmmax) },
		{ "proc/sys/kernel/shmall", offsetof(struct shmg_namespace, shmall) },
		{ "proc/sys/kernel/shmmni", offsetof(struct shmg_namespace, shmmni) },
	};
	uint64_t page = look->facts->host.items[0].page_size, value;
	char text[32];

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		const char *at = text;
		if (shmg_root_read(&look->root, limits[i].path, text, sizeof text) > 0 &&
		    shmg_scan_number(&at, 10, &value))
			memcpy((char *)ns + limits[i].offset, &value, sizeof value);
	}
	const char *at = text;
	if (shmg_root_read(&look->root, "proc/sys/kernel/shm_rmid_forced", text, sizeof text) > 0 &&
	    shmg_scan_number(&at, 10, &value))
		ns->shm_rmid_forced = (uint32_t)value;
	if (page == SHMG_U64_UNKNOWN || page == 0)
		page = 4096;
	ns->segments = ns->pages = 0;
	SHMG_FOREACH(object, &look->facts->objects)
		if (object->kind == SHMG_KIND_SYSV && object->size != SHMG_U64_UNKNOWN) {
			ns->segments++;
			ns->pages += (object->size + page - 1) / page;
		}
}

struct visit {
	uint64_t inode;
	int home;
	int refused; /* the errno, once entering was refused */
};

/* Enters the namespace that this process lives in, if it is (still) the one that is wanted. */
static int enter_through(struct shmg_look *look, int process, uint32_t row, void *context)
{
	struct visit *visit = context;
	struct stat status;
	SHMG_AUTO_FD fd = openat(process, "ns/ipc", O_RDONLY | O_CLOEXEC);

	(void)look;
	(void)row;
	if (fd < 0)
		return errno == EACCES || errno == EPERM ? (visit->refused = errno, -ESRCH) : -ESRCH;
	if (fstat(fd, &status) < 0 || status.st_ino != visit->inode)
		return -ESRCH;
	/* Where coming home would be refused (a user namespace without its own), going is too. */
	if (setns(visit->home, CLONE_NEWIPC) < 0 || setns(fd, CLONE_NEWIPC) < 0) {
		visit->refused = errno;
		return -EPERM;
	}
	return 0;
}

static int read_foreign(struct shmg_look *look, size_t row)
{
	SHMG_AUTO_FD home = open("/proc/thread-self/ns/ipc", O_RDONLY | O_CLOEXEC);
	struct shmg_namespace *ns = &look->facts->namespaces.items[row];
	struct visit visit = { .inode = ns->inode, .home = home };

	int status = home < 0 ? -errno : shmg_look_in_namespace(look, ns, enter_through, &visit);
	if (status && (visit.refused || home < 0))
		return shmg_facts_note_gap(look->facts, "IPC namespaces", "entering them needs root (CAP_SYS_ADMIN)",
					   true);
	if (status)
		return shmg_facts_note_gap(look->facts, "IPC namespaces", "their processes have gone", true);
	status = read_segments(look, ns);
	read_limits(look, ns);
	/* Staying would make every later answer about the wrong namespace. */
	if (setns(home, CLONE_NEWIPC) < 0)
		return -errno;
	return status;
}

/* The namespace row that we are in, made if no process list showed it. */
static int64_t own_namespace(struct shmg_look *look)
{
	SHMG_FOREACH(ns, &look->facts->namespaces)
		if (ns->type == SHMG_NAMESPACE_IPC && (ns->inode == look->own_ipc_ns || !look->root.live))
			return ns - look->facts->namespaces.items;
	struct shmg_namespace *ns = SHMG_APPEND(&look->facts->namespaces);
	if (!ns)
		return -ENOMEM;
	shmg_record_set_unknown(&shmg_namespace_type, ns);
	ns->type = SHMG_NAMESPACE_IPC;
	ns->inode = look->own_ipc_ns;
	ns->host = look->host_ipc_ns == look->own_ipc_ns;
	ns->label = NULL;
	ns->seen = 0;
	return (int64_t)look->facts->namespaces.count - 1;
}

int shmg_collect_sysv(struct shmg_look *look)
{
	int64_t own = own_namespace(look);
	if (own < 0)
		return (int)own;
	struct shmg_namespace *ns = &look->facts->namespaces.items[own];
	int status = read_segments(look, ns);
	if (status)
		return status;
	if (!look->root.live) {
		sum_captured(look, ns);
		return shmg_index_segments(look);
	}
	read_limits(look, ns);

	for (size_t row = 0; row < look->facts->namespaces.count; row++) {
		if (look->facts->namespaces.items[row].type != SHMG_NAMESPACE_IPC)
			continue;
		look->ipc_namespaces++;
		status = (int64_t)row == own ? 0 : read_foreign(look, row);
		if (status)
			return status;
	}
	return shmg_index_segments(look);
}
