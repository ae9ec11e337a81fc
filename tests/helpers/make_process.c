/* SPDX-License-Identifier: MIT */
/* Factories whose point is the process: replaced, coming and going, looking on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/helpers/mkobjects.h"

static int make_segment(struct mk *mk, size_t size)
{
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);

	if (id < 0)
		mk_fail(mk, "shmget");
	return id;
}

static _Noreturn void sleep_for_ever(void)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NAME, "innocent");
	(void)sigfillset(&none);
	(void)sigdelset(&none, SIGTERM);
	for (;;)
		(void)sigsuspend(&none);
}

/* A segment whose recorded creator is now the pid of somebody who has nothing to do with it. */
static void make_reused(struct mk *mk)
{
	int id_pipe[2], id;

	if (pipe2(id_pipe, O_CLOEXEC) < 0)
		mk_fail(mk, "pipe");
	pid_t creator = fork();
	if (creator == 0) {
		id = make_segment(mk, mk_number(mk, "size", 4096));
		_exit(write(id_pipe[1], &id, sizeof id) == sizeof id ? 0 : 1);
	}
	if (creator < 0 || read(id_pipe[0], &id, sizeof id) != sizeof id || waitpid(creator, NULL, 0) != creator)
		mk_fail(mk, "creator");
	mk_undo_segment(mk, id);
	/* Segments know seconds, and the clock may have been set: sooner, the new process could be the old one. */
	(void)nanosleep(&(struct timespec){ .tv_sec = 4 }, NULL);

	pid_t wanted = creator;
	struct clone_args arguments = { .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1 };
	long innocent = syscall(SYS_clone3, &arguments, sizeof arguments);
	if (innocent == 0)
		sleep_for_ever();
	if (innocent < 0)
		mk_skip(mk, "cannot choose a pid here (needs CAP_CHECKPOINT_RESTORE)");
	mk_ready(mk, "id=%d creator=%d", id, (int)creator);
}

static void churn_process(unsigned turn)
{
	pid_t child = fork();

	if (child != 0) {
		(void)waitpid(child, NULL, 0);
		return;
	}
	if (turn % 4 == 0)
		(void)unshare(CLONE_NEWIPC | CLONE_NEWNS);
	int fd = memfd_create("churn", MFD_CLOEXEC);
	if (fd >= 0 && ftruncate(fd, 65536) == 0)
		(void)mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	_exit(0);
}

/* A name that is a file, then a link, then a FIFO, then a directory: whoever looks twice sees two things. */
static void churn_file(unsigned turn)
{
	char path[64];

	(void)snprintf(path, sizeof path, "/dev/shm/churn.%u", turn % 7);
	switch (turn % 5) {
	case 0:
		if (symlink("/etc/passwd", path) < 0)
			return;
		break;
	case 1:
		(void)mkfifo(path, 0600);
		break;
	case 2:
		(void)mkdir(path, 0700);
		break;
	default: {
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		if (ftruncate(fd, 8192) == 0) {
			void *memory = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
			if (memory != MAP_FAILED)
				(void)munmap(memory, 8192);
		}
		(void)close(fd);
	}
	}
	(void)remove(path);
}

static void churn_segment(void)
{
	int id = shmget(IPC_PRIVATE, 8192, IPC_CREAT | 0600);

	if (id < 0)
		return;
	void *memory = shmat(id, NULL, 0);
	(void)shmctl(id, IPC_RMID, NULL);
	if (memory != (void *)-1)
		(void)shmdt(memory);
}

/* Objects, processes and namespaces come and go as fast as they can, until this process is killed. */
static void make_churn(struct mk *mk)
{
	pid_t worker = fork();

	if (worker < 0)
		mk_fail(mk, "fork");
	if (worker == 0) {
		sigset_t all;
		(void)sigfillset(&all);
		(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned turn = 0;; turn++) {
			churn_segment();
			churn_file(turn);
			churn_process(turn);
		}
	}
	mk_ready(mk, "worker=%d", (int)worker);
}

/* Says every event of a directory and of what lies in it: "EVENT open name". */
static void make_watcher(struct mk *mk)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} events[] = {
		{ IN_ACCESS, "access" },    { IN_MODIFY, "modify" },	 { IN_ATTRIB, "attrib" },
		{ IN_CLOSE_WRITE, "written" }, { IN_CLOSE_NOWRITE, "close" }, { IN_OPEN, "open" },
		{ IN_MOVED_FROM, "moved" }, { IN_MOVED_TO, "moved" },	 { IN_CREATE, "create" },
		{ IN_DELETE, "delete" },
	};
	const char *dir = mk_text(mk, "dir", "/dev/shm");
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd < 0 || inotify_add_watch(fd, dir, IN_ALL_EVENTS) < 0)
		mk_fail(mk, "inotify");
	pid_t worker = fork();
	if (worker < 0)
		mk_fail(mk, "fork");
	if (worker > 0) {
		mk_ready(mk, "worker=%d", (int)worker);
		return;
	}
	sigset_t all;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_UNBLOCK, &all, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		_Alignas(struct inotify_event) char buffer[65536];
		ssize_t length = read(fd, buffer, sizeof buffer);
		for (ssize_t at = 0; at < length;) {
			const struct inotify_event *event = (const void *)(buffer + at);
			for (size_t i = 0; i < sizeof events / sizeof *events; i++)
				if (event->mask & events[i].bit)
					mk_say("EVENT %s %s", events[i].name, event->len ? event->name : ".");
			at += (ssize_t)(sizeof *event + event->len);
		}
	}
}

const struct mk_factory mk_process_factories[] = {
	{ "reused", "size", "a segment whose creator's pid now belongs to another process", make_reused },
	{ "churn", "", "objects, processes and namespaces that come and go at full speed", make_churn },
	{ "watcher", "dir", "says every inotify event of a directory", make_watcher },
	{ 0 },
};
