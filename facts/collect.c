/* SPDX-License-Identifier: MIT */
/* One look at a host: the order of the collectors, and what only the whole can tell. */
#include "facts/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "facts/scan.h"
#include "lib/base/cleanup.h"

static int64_t now(clockid_t clock)
{
	struct timespec time;
	return clock_gettime(clock, &time) < 0 ? SHMG_TIME_UNKNOWN
					       : shmg_statx_time(time.tv_sec, (uint32_t)time.tv_nsec);
}

/* Processes' start times count clock ticks since boot; /proc/stat tells that moment in whole seconds only. */
static int64_t clock_origin(const struct shmg_look *look)
{
	int64_t real = now(CLOCK_REALTIME), boot = now(CLOCK_BOOTTIME);

	if (!look->root.live || real == SHMG_TIME_UNKNOWN || boot == SHMG_TIME_UNKNOWN)
		return look->facts->host.items[0].booted;
	return real - boot;
}

static uint64_t inode_of(const struct shmg_look *look, const char *path)
{
	struct stat status;
	return fstatat(look->proc, path, &status, 0) < 0 ? SHMG_U64_UNKNOWN : status.st_ino;
}

/* The host's namespaces are those of process 1, or ours where it may not be asked. */
static void find_own_namespaces(struct shmg_look *look)
{
	if (!look->root.live) {
		/* Whoever captured the tree is not in it: what it would call its own is the host's. */
		SHMG_AUTO_FD first = shmg_root_open_below(&look->root, look->proc, "1", O_PATH | O_DIRECTORY);
		look->own_ipc_ns = look->host_ipc_ns = shmg_captured_namespace(look, first, "ipc");
		look->own_mnt_ns = look->host_mnt_ns = shmg_captured_namespace(look, first, "mnt");
		return;
	}
	look->own_ipc_ns = inode_of(look, "self/ns/ipc");
	look->own_mnt_ns = inode_of(look, "self/ns/mnt");
	look->host_ipc_ns = inode_of(look, "1/ns/ipc");
	look->host_mnt_ns = inode_of(look, "1/ns/mnt");
	if (look->host_ipc_ns == SHMG_U64_UNKNOWN)
		look->host_ipc_ns = look->own_ipc_ns;
	if (look->host_mnt_ns == SHMG_U64_UNKNOWN)
		look->host_mnt_ns = look->own_mnt_ns;
}

/* Our own mount namespace has a row even where no process may be asked for its. */
static int add_own_namespace(struct shmg_look *look)
{
	struct shmg_process self = {
		.pid = look->root.live ? look->own_pid : 1,
		.ipc_ns = SHMG_U64_UNKNOWN,
		.mnt_ns = look->own_mnt_ns,
	};
	/* A captured tree may have lost its namespaces' links; its mount table is still that of the host. */
	if (!look->root.live && self.mnt_ns == SHMG_U64_UNKNOWN)
		self.mnt_ns = look->own_mnt_ns = look->host_mnt_ns = 0;
	int status = shmg_collect_namespaces(look, &self);
	if (!status && look->facts->namespaces.count)
		look->facts->namespaces.items[0].processes = 0; /* counted with the others */
	return status;
}

/* /proc may be of another pid namespace than ours: what it calls us counts, and may be nothing. */
static uint32_t own_pid(const struct shmg_look *look)
{
	char target[16];
	ssize_t length = look->root.live ? readlinkat(look->proc, "self", target, sizeof target - 1) : -1;
	const char *at = target;
	uint64_t pid;

	if (length <= 0)
		return 0;
	target[length] = '\0';
	return shmg_scan_number(&at, 10, &pid) ? (uint32_t)pid : 0;
}

static const struct shmg_process *find_process(const struct shmg_facts *facts, uint32_t pid)
{
	size_t low = 0, high = facts->processes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (facts->processes.items[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < facts->processes.count && facts->processes.items[low].pid == pid ? &facts->processes.items[low]
										      : NULL;
}

/* Whether `pid`, recorded at `time`, is still the process that it meant. System V keeps whole seconds. */
static uint8_t pid_state(const struct shmg_look *look, uint32_t pid, int64_t time)
{
	const int64_t second = 1000000000;

	if (pid == SHMG_U32_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	if (pid == 0)
		return SHMG_PID_ELSEWHERE;
	const struct shmg_process *process = find_process(look->facts, pid);
	if (!process) {
		/* Kernel threads and, under hidepid, other users' processes are not listed but still there. */
		bool ours = look->own_pid == (uint32_t)getpid(); /* else kill(2) counts pids otherwise */
		bool exists = look->root.live && ours && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
		return exists || (!look->root.live && !look->all_processes) ? SHMG_U8_UNKNOWN : SHMG_PID_GONE;
	}
	if (time == SHMG_TIME_UNKNOWN || process->started == SHMG_TIME_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	/* `time` is cut to whole seconds, the start time to a tick; a clock that is being slewed adds little. */
	const int64_t slack = look->root.live ? second + second / 10 : 2 * second;
	return process->started > time + slack ? SHMG_PID_REUSED : SHMG_PID_RUNNING;
}

static bool is_forgotten(const struct shmg_object *object, bool held)
{
	bool listed =
		object->kind == SHMG_KIND_SYSV ? object->nattch != SHMG_U64_UNKNOWN : object->mount != SHMG_U32_UNKNOWN;
	return !held && !listed;
}

/* What only a process that ended meanwhile had shown may have ended with it. */
static int drop_forgotten(struct shmg_facts *facts)
{
	SHMG_AUTO_FREE uint32_t *places = calloc(facts->objects.count + 1, sizeof *places);
	uint32_t kept = 0;

	if (!places)
		return -ENOMEM;
	SHMG_FOREACH(hold, &facts->holds)
		places[hold->object] = 1;
	for (size_t row = 0; row < facts->objects.count; row++) {
		struct shmg_object *object = &facts->objects.items[row];
		if (is_forgotten(object, places[row]))
			continue;
		if (kept != row)
			facts->objects.items[kept] = *object;
		places[row] = kept++;
	}
	facts->objects.count = kept;
	SHMG_FOREACH(hold, &facts->holds)
		hold->object = places[hold->object];
	return 0;
}

static void count_holders(struct shmg_facts *facts)
{
	SHMG_FOREACH(hold, &facts->holds) {
		struct shmg_object *object = &facts->objects.items[hold->object];
		object->maps += hold->maps;
		object->mappers += hold->maps != 0;
		object->openers += hold->maps == 0 && hold->fds != 0;
		if (!object->unit)
			object->unit = facts->processes.items[hold->process].unit;
	}
}

/* A recorded pid that maps the segment is the process that it meant, whatever was done to the clock since. */
static void confirm_by_holds(const struct shmg_facts *facts)
{
	SHMG_FOREACH(hold, &facts->holds) {
		struct shmg_object *object = &facts->objects.items[hold->object];
		uint32_t pid = facts->processes.items[hold->process].pid;
		if (object->kind != SHMG_KIND_SYSV || !hold->maps)
			continue;
		if (object->creator == pid)
			object->creator_state = SHMG_PID_RUNNING;
		if (object->last == pid)
			object->last_state = SHMG_PID_RUNNING;
	}
}

static void judge_creators(struct shmg_look *look)
{
	SHMG_FOREACH(object, &look->facts->objects) {
		if (object->kind != SHMG_KIND_SYSV)
			continue;
		/* IPC_SET moves the change time, never back: the creator started before it either way. */
		object->creator_state = pid_state(look, object->creator, object->changed);
		int64_t last = object->attached > object->detached ? object->attached : object->detached;
		object->last_state = last == SHMG_TIME_UNKNOWN ? SHMG_U8_UNKNOWN : pid_state(look, object->last, last);
		if (object->nattch != SHMG_U64_UNKNOWN && object->nattch > object->maps)
			object->flags |= SHMG_OBJECT_UNSEEN_HOLDERS;
		if (!object->unit && object->creator_state == SHMG_PID_RUNNING)
			object->unit = find_process(look->facts, object->creator)->unit;
	}
}

static void judge_coverage(const struct shmg_facts *facts, struct shmg_host *host)
{
	host->complete = host->listed = 1;
	SHMG_FOREACH(gap, &facts->coverage) {
		host->complete &= !gap->affects_objects;
		host->listed &= !gap->affects_objects || gap->only_holders;
	}
}

/* What no captured tree can tell. */
static int note_capture(struct shmg_facts *facts)
{
	int status = shmg_facts_note_unseen_holder(facts, "descriptors of processes",
						   "a captured tree does not hold them", NULL);
	return status ? status
		      : shmg_facts_note_gap(facts, "owners and modes of files on the captured machine",
					    "those of the copies stand for them: true if root made and moved the copy",
					    false);
}

static int collect_objects(struct shmg_look *look)
{
	int (*const steps[])(struct shmg_look *) = {
		shmg_look_add_kernel_devices, add_own_namespace,         shmg_collect_processes,
		shmg_collect_all_mounts,      shmg_collect_sysv,         shmg_collect_leases,
		shmg_collect_files,           shmg_index_captured_paths, shmg_collect_holds,
	};
	int status = 0;

	look->own_pid = own_pid(look);
	look->clock_origin = clock_origin(look);
	find_own_namespaces(look);
	for (size_t i = 0; !status && i < sizeof steps / sizeof *steps; i++)
		status = steps[i](look);
	if (status)
		return status;
	status = drop_forgotten(look->facts);
	if (status)
		return status;
	count_holders(look->facts);
	judge_creators(look);
	confirm_by_holds(look->facts);
	return look->root.live ? 0 : note_capture(look->facts);
}

static int collect_host_facts(struct shmg_look *look)
{
	int (*const steps[])(struct shmg_look *) = {
		shmg_collect_settings,
		shmg_collect_mount_configs,
		shmg_collect_swaps,
		shmg_collect_sensors,
	};
	int status = 0;
	for (size_t i = 0; !status && i < sizeof steps / sizeof *steps; i++)
		status = steps[i](look);
	return status;
}

/*
 * Whoever opens a file in the instant that we have a lease on it makes the kernel send us SIGIO, whose default is to
 * kill. It is ignored for the look only.
 */
static int without_sigio(struct shmg_look *look, int (*collect)(struct shmg_look *))
{
	struct sigaction before, ignore = { .sa_handler = SIG_IGN };
	bool ignored = look->want & SHMG_WANT_LEASE && sigaction(SIGIO, &ignore, &before) == 0;
	int status = collect(look);

	if (ignored)
		(void)sigaction(SIGIO, &before, NULL);
	return status;
}

static int collect_quietly(struct shmg_look *look)
{
	return without_sigio(look, collect_objects);
}

/*
 * Keeping every process's directory open takes a descriptor a process. The soft limit is raised for the look only:
 * a program started later must not inherit it.
 */
static int with_descriptors(struct shmg_look *look, int (*collect)(struct shmg_look *))
{
	struct rlimit before, more;
	bool raised = getrlimit(RLIMIT_NOFILE, &before) == 0 && before.rlim_cur < before.rlim_max;

	if (raised) {
		more = (struct rlimit){ before.rlim_max, before.rlim_max };
		raised = setrlimit(RLIMIT_NOFILE, &more) == 0;
	}
	rlim_t limit = raised ? before.rlim_max : before.rlim_cur;
	/* A walk holds a descriptor a level, and a few more. */
	look->fd_limit = limit > INT_MAX ? INT_MAX : (int)limit - 192;
	int status = collect(look);
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &before);
	return status;
}

static int collect_all(struct shmg_look *look)
{
	struct shmg_host *host = look->facts->host.items;
	int64_t started = now(CLOCK_PROCESS_CPUTIME_ID);

	int status = shmg_collect_host(look);
	host->live = look->root.live;
	host->taken = now(CLOCK_REALTIME);
	if (!status && look->want & SHMG_WANT_OBJECTS)
		status = with_descriptors(look, collect_quietly);
	if (!status && look->want & SHMG_WANT_HOST)
		status = collect_host_facts(look);
	judge_coverage(look->facts, host);
	host->cost_ns = (uint64_t)(now(CLOCK_PROCESS_CPUTIME_ID) - started);
	return status;
}

static void release(struct shmg_look *look)
{
	SHMG_FOREACH(fd, &look->process_fds)
		shmg_close_fd(fd);
	shmg_array_clear(&look->process_fds);
	shmg_close_fd(&look->proc);
	shmg_root_close(&look->root);
	free(look->devices.slots);
	shmg_array_clear(&look->huge_page_sizes);
	free(look->namespace_slots);
	shmg_array_clear(&look->segments);
	shmg_array_clear(&look->leased);
	shmg_array_clear(&look->paths);
	shmg_array_clear(&look->last_hold);
	free(look->slots);
	free(look->scratch);
}

int shmg_facts_collect(const struct shmg_facts_options *options, struct shmg_facts **ret_facts,
		       struct shmg_error *error)
{
	SHMG_CLEANUP(release) struct shmg_look look = { .proc = -1, .root = { .fd = -1 }, .want = options->want };

	int status = shmg_root_open(options->root, &look.root);
	if (status)
		return shmg_error_set(error, status, options->root, "cannot open it as the root of a captured tree: %s",
				      strerror(-status));
	look.proc = shmg_root_openat(&look.root, "proc", O_PATH | O_DIRECTORY);
	if (look.proc < 0)
		return shmg_error_set(error, look.proc, options->root ? options->root : "/proc",
				      options->root ? "it holds no proc directory, so it is no captured tree: %s"
						    : "cannot look without it: %s",
				      strerror(-look.proc));
	struct statfs system;
	if (look.root.live && (fstatfs(look.proc, &system) < 0 || system.f_type != PROC_SUPER_MAGIC))
		return shmg_error_set(error, -ENOENT, "/proc",
				      "cannot look without it: no proc file system is mounted there");
	look.facts = shmg_facts_new();
	look.scratch = malloc(SHMG_SCRATCH);
	status = look.facts && look.scratch ? collect_all(&look) : -ENOMEM;
	if (status) {
		shmg_facts_free(&look.facts);
		return shmg_error_set(error, status, "", "the look failed: %s", strerror(-status));
	}
	*ret_facts = look.facts;
	return 0;
}
