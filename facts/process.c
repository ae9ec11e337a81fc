/* SPDX-License-Identifier: MIT */
/* The user processes of the machine, each read at one go through its own /proc directory. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

#define PF_KTHREAD 0x00200000u
#define CAP_IPC_LOCK_BIT 14
#define SMALL_FILE 4096

typedef SHMG_ARRAY(uint32_t) pid_list;

/*
 * PID (COMM) STATE PPID …; COMM may hold anything, parentheses included: its end is the last ')'. 1: a kernel thread.
 * Headless: its first thread has ended, others run on.
 */
static int parse_stat(struct shmg_look *look, const char *text, struct shmg_process *process, bool *ret_headless)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return -ESRCH;
	const char *at = close + 3; /* past the state */
	int64_t ppid, skipped, threads = 0;
	uint64_t flags;
	if (!shmg_scan_signed(&at, &ppid))
		return -ESRCH;
	for (int field = 5; field <= 8; field++) /* pgrp, session, tty_nr, tpgid */
		if (!shmg_scan_signed(&at, &skipped))
			return -ESRCH;
	if (!shmg_scan_number(&at, 10, &flags))
		return -ESRCH;
	if (flags & PF_KTHREAD)
		return 1;
	for (int field = 10; field <= 21; field++)
		if (!shmg_scan_signed(&at, field == 20 ? &threads : &skipped))
			return -ESRCH;
	*ret_headless = (close[2] == 'Z' || close[2] == 'X') && threads > 1;
	if (!shmg_scan_number(&at, 10, &process->start_ticks))
		return -ESRCH;
	process->ppid = (uint32_t)ppid;
	process->comm = shmg_pool_intern(&look->facts->pool, open + 1, (size_t)(close - open - 1));
	return process->comm ? 0 : -ENOMEM;
}

static bool take_key(const char **line, const char *key)
{
	size_t length = strlen(key);
	if (strncmp(*line, key, length) != 0)
		return false;
	*line += length;
	return true;
}

static void parse_status(const char *text, struct shmg_process *process)
{
	for (const char *line = text; *line; line = shmg_scan_line(line)) {
		const char *at = line;
		uint64_t real, value;
		switch (*line) {
		case 'U':
			if (take_key(&at, "Uid:") && shmg_scan_number(&at, 10, &real) &&
			    shmg_scan_number(&at, 10, &value))
				process->uid = (uint32_t)value;
			break;
		case 'G':
			if (take_key(&at, "Gid:") && shmg_scan_number(&at, 10, &real) &&
			    shmg_scan_number(&at, 10, &value))
				process->gid = (uint32_t)value;
			break;
		case 'V':
			if (take_key(&at, "VmLck:") && shmg_scan_number(&at, 10, &value))
				process->locked = value * 1024;
			break;
		case 'R':
			if (take_key(&at, "RssShmem:") && shmg_scan_number(&at, 10, &value))
				process->rss_shmem = value * 1024;
			break;
		case 'C':
			if (take_key(&at, "CapEff:") && shmg_scan_number(&at, 16, &value))
				process->capabilities_ipc_lock = value >> CAP_IPC_LOCK_BIT & 1;
			break;
		default:
			break;
		}
	}
}

/* "ipc:[4026531839]" */
uint64_t shmg_captured_namespace(const struct shmg_look *look, int directory, const char *type)
{
	char target[64];
	uint64_t inode;
	SHMG_AUTO_FD links =
		directory < 0 ? -1 : shmg_root_open_below(&look->root, directory, "ns", O_PATH | O_DIRECTORY);
	ssize_t length = links < 0 ? -1 : readlinkat(links, type, target, sizeof target - 1);

	if (length < 0)
		return SHMG_U64_UNKNOWN;
	target[length] = '\0';
	const char *at = strchr(target, '[');
	return at && (at++, shmg_scan_number(&at, 10, &inode)) ? inode : SHMG_U64_UNKNOWN;
}

static uint64_t namespace_of(const struct shmg_look *look, int directory, const char *type)
{
	struct stat status;
	char path[16];

	if (!look->root.live)
		return shmg_captured_namespace(look, directory, type);
	(void)snprintf(path, sizeof path, "ns/%s", type);
	return fstatat(directory, path, &status, 0) < 0 ? SHMG_U64_UNKNOWN : status.st_ino;
}

static void read_namespaces(const struct shmg_look *look, int directory, struct shmg_process *process)
{
	process->ipc_ns = namespace_of(look, directory, "ipc");
	process->mnt_ns = namespace_of(look, directory, "mnt");
	if (look->want & SHMG_WANT_DETAIL) {
		process->pid_ns = namespace_of(look, directory, "pid");
		process->user_ns = namespace_of(look, directory, "user");
	}
}

static int read_identity(struct shmg_look *look, int directory, struct shmg_process *process, bool *ret_headless)
{
	char *text = look->scratch;
	ssize_t length = shmg_root_read_below(&look->root, directory, "stat", text, SMALL_FILE);

	if (length < 0)
		return (int)length;
	int status = parse_stat(look, text, process, ret_headless);
	if (status)
		return status;
	long ticks = sysconf(_SC_CLK_TCK);
	if (look->clock_origin != SHMG_TIME_UNKNOWN && ticks > 0)
		process->started = look->clock_origin + (int64_t)(process->start_ticks / (uint64_t)ticks) * 1000000000 +
				   (int64_t)(process->start_ticks % (uint64_t)ticks) * (1000000000 / ticks);

	/* Where the list of groups alone fills it, what stands behind them stays unknown. */
	length = shmg_root_read_below(&look->root, directory, "status", text, SHMG_SCRATCH);
	if (length == -EFBIG)
		text[SHMG_SCRATCH - 1] = '\0';
	if (length >= 0 || length == -EFBIG)
		parse_status(text, process);
	else if (look->root.live && length != -ENOENT && length != -ESRCH)
		status = shmg_facts_note_gap(look->facts, "owners of processes", strerrordesc_np((int)-length), false);
	if (status)
		return status;
	if (shmg_root_read_below(&look->root, directory, "cgroup", text, SHMG_SCRATCH) > 0) {
		bool container;
		process->unit = shmg_unit_of_cgroup(&look->facts->pool, text, &container);
		process->container = container;
	}
	read_namespaces(look, directory, process);
	return 0;
}

/*
 * A process whose first thread has ended still maps and holds what it did, but only its other threads' directories
 * tell. A descriptor of one of those, or -ESRCH.
 */
static int open_live_thread(int directory)
{
	SHMG_AUTO_FD fd = openat(directory, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int tasks = fd;
	SHMG_AUTO_DIR list = fd < 0 ? NULL : fdopendir(fd);
	if (!list)
		return -ESRCH;
	(void)SHMG_TAKE_FD(fd);
	for (struct dirent *entry; (entry = readdir(list));) {
		char path[32];
		struct stat status;
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof path, "%.15s/ns/ipc", entry->d_name);
		if (fstatat(tasks, path, &status, 0) < 0)
			continue; /* namespaces go with the thread */
		int thread = openat(tasks, entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (thread >= 0)
			return thread;
	}
	return -ESRCH;
}

static int note_hidden(struct shmg_look *look)
{
	look->all_processes = false;
	return shmg_facts_note_gap(look->facts, "processes", "/proc is mounted with hidepid: run as root to see them",
				   true);
}

/* A process that could not be asked who it is, and so is in no list. On a running machine it may just have ended. */
static int note_unasked(struct shmg_look *look, int status)
{
	switch (status) {
	case 1: /* a kernel thread */
		return 0;
	case -ENOMEM:
		return status;
	case -EACCES:
	case -EPERM:
		return note_hidden(look);
	case -ENOENT:
	case -ESRCH:
		if (look->root.live)
			return 0;
		status = -EINVAL;
		break;
	default:
		break;
	}
	look->all_processes = false;
	return shmg_facts_note_gap(look->facts, "processes",
				   look->root.live ? strerrordesc_np(-status)
						   : "their files in the captured tree are missing, or no such files",
				   true);
}

int shmg_look_open_pid(const struct shmg_look *look, uint32_t pid)
{
	char name[16];

	(void)snprintf(name, sizeof name, "%" PRIu32, pid);
	return shmg_root_open_below(&look->root, look->proc, name, O_PATH | O_DIRECTORY);
}

static int add_process(struct shmg_look *look, uint32_t pid)
{
	struct shmg_facts *facts = look->facts;
	bool headless = false;
	SHMG_AUTO_FD directory = shmg_look_open_pid(look, pid);
	if (directory < 0)
		return note_unasked(look, directory);
	struct shmg_process *process = SHMG_APPEND(&facts->processes);
	int *kept = SHMG_APPEND(&look->process_fds);
	if (!process || !kept)
		return -ENOMEM;
	*kept = -1;
	shmg_record_set_unknown(&shmg_process_type, process);
	process->pid = pid;
	process->flags = pid == look->own_pid ? SHMG_PROCESS_OURSELF : 0;
	process->container = 0;

	int status = read_identity(look, directory, process, &headless);
	if (status) {
		facts->processes.count--;
		look->process_fds.count--;
		return note_unasked(look, status);
	}
	if (headless && look->root.live) {
		int thread = open_live_thread(directory);
		if (thread >= 0) {
			shmg_close_fd(&directory);
			directory = thread;
			read_namespaces(look, directory, process);
		}
	}
	if (directory < look->fd_limit)
		*kept = SHMG_TAKE_FD(directory);
	return shmg_collect_namespaces(look, process);
}

int shmg_look_open_process(struct shmg_look *look, uint32_t row)
{
	int kept = look->process_fds.items[row];
	if (kept >= 0) {
		kept = fcntl(kept, F_DUPFD_CLOEXEC, 0);
		return kept < 0 ? -errno : kept;
	}
	/* Opened anew, and checked to be that of the same process. */
	const struct shmg_process *process = &look->facts->processes.items[row];
	struct shmg_process again = { 0 };
	bool headless = false;
	SHMG_AUTO_FD directory = shmg_look_open_pid(look, process->pid);
	if (directory < 0)
		return directory == -ENOENT ? -ESRCH : directory;
	ssize_t length = shmg_root_read_below(&look->root, directory, "stat", look->scratch, SMALL_FILE);
	if (length < 0)
		return length == -ENOENT ? -ESRCH : (int)length;
	if (parse_stat(look, look->scratch, &again, &headless) || again.start_ticks != process->start_ticks)
		return -ESRCH;
	return headless && look->root.live ? open_live_thread(directory) : SHMG_TAKE_FD(directory);
}

static int compare_pids(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	return (a > b) - (a < b);
}

static int list_pids(const struct shmg_look *look, pid_list *ret_pids)
{
	SHMG_AUTO_FD fd = openat(look->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	SHMG_AUTO_DIR list = fd < 0 ? NULL : fdopendir(fd);
	if (!list)
		return -errno;
	(void)SHMG_TAKE_FD(fd);
	for (struct dirent *entry; (entry = readdir(list));) {
		const char *at = entry->d_name;
		uint64_t pid;
		if (!shmg_scan_number(&at, 10, &pid) || *at || pid == 0 || pid > INT32_MAX)
			continue;
		uint32_t *kept = SHMG_APPEND(ret_pids);
		if (!kept)
			return -ENOMEM;
		*kept = (uint32_t)pid;
	}
	/* The kernel lists them in order; a captured tree does not. */
	if (ret_pids->count)
		qsort(ret_pids->items, ret_pids->count, sizeof *ret_pids->items, compare_pids);
	return 0;
}

int shmg_collect_processes(struct shmg_look *look)
{
	pid_list pids = { 0 };
	int status = list_pids(look, &pids);

	look->all_processes = pids.count && pids.items[0] == 1;
	if (!status && shmg_look_hides_processes(look))
		status = note_hidden(look);
	else if (!status && !look->all_processes)
		status = shmg_facts_note_gap(look->facts, "processes of other users",
					     "/proc does not show process 1: it is mounted with hidepid; run as root",
					     true);
	for (size_t i = 0; !status && i < pids.count; i++)
		status = add_process(look, pids.items[i]);
	shmg_array_clear(&pids);
	return status;
}
