/* SPDX-License-Identifier: MIT */
/*
 * mkobjects FACTORY [KEY=VALUE]… [, FACTORY [KEY=VALUE]…]…
 *
 * Makes the objects in order, prints a line for each and then "HOLDING", and holds them until stdin ends or
 * SIGTERM comes; then it removes them. Status 0; 1 when something failed; 77 when a factory cannot work here.
 *
 * Every factory also understands:
 *   uid=N gid=N    makes it as that user
 *   ns=a,b         in new namespaces first: ipc, mnt, shm (mnt and a fresh tmpfs on /dev/shm)
 *   comm=TEXT      names its process
 *   exit=1         its process ends as soon as the object is made
 *   keep=1         the object stays when its process ends
 */
#include "tests/helpers/mkobjects.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 256
#define STATUS_SKIP 77

static const struct mk_factory *const tables[] = { mk_sysv_factories, mk_file_factories, mk_memory_factories,
						   mk_process_factories, mk_mount_factories };

const char *mk_text(const struct mk *mk, const char *name, const char *fallback)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < mk->argument_count; i++)
		if (strncmp(mk->arguments[i], name, length) == 0 && mk->arguments[i][length] == '=')
			return mk->arguments[i] + length + 1;
	return fallback;
}

uint64_t mk_number(const struct mk *mk, const char *name, uint64_t fallback)
{
	const char *text = mk_text(mk, name, NULL);
	char *end;

	if (!text)
		return fallback;
	errno = 0;
	uint64_t value = strtoull(text, &end, 0);
	if (errno || end == text || *end) {
		errno = EINVAL;
		mk_fail(mk, name);
	}
	return value;
}

static __attribute__((format(printf, 1, 0))) void say(const char *format, va_list arguments)
{
	char line[1024];
	int length = vsnprintf(line, sizeof line - 1, format, arguments);

	if (length < 0)
		return;
	if ((size_t)length > sizeof line - 2)
		length = (int)sizeof line - 2;
	line[length] = '\n';
	if (write(STDOUT_FILENO, line, (size_t)length + 1) < 0)
		_exit(EXIT_FAILURE);
}

void mk_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(format, arguments);
	va_end(arguments);
}

void mk_ready(const struct mk *mk, const char *format, ...)
{
	char text[768];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	mk_say("READY factory=%s pid=%d %s", mk->factory, (int)getpid(), text);
}

static void empty_directory(const char *path)
{
	DIR *directory = opendir(path);

	if (!directory)
		return;
	for (const struct dirent *entry; (entry = readdir(directory));)
		(void)unlinkat(dirfd(directory), entry->d_name, 0);
	(void)closedir(directory);
}

static void undo(const struct mk *mk)
{
	if (mk_number(mk, "keep", 0))
		return;
	for (size_t i = 0; i < mk->undo_segment_count; i++)
		(void)shmctl(mk->undo_segments[i], IPC_RMID, NULL);
	/* Backwards: a directory is noted before what lies in it. */
	for (size_t i = mk->undo_file_count; i-- > 0;) {
		if (remove(mk->undo_files[i]) == 0 || (errno != ENOTEMPTY && errno != EEXIST))
			continue;
		empty_directory(mk->undo_files[i]);
		(void)rmdir(mk->undo_files[i]);
	}
}

_Noreturn void mk_skip(const struct mk *mk, const char *reason)
{
	mk_say("SKIP factory=%s reason=%s", mk->factory, reason);
	undo(mk);
	_exit(STATUS_SKIP);
}

_Noreturn void mk_fail(const struct mk *mk, const char *what)
{
	mk_say("FAILED factory=%s what=%s error=%s", mk->factory, what, strerror(errno));
	undo(mk);
	_exit(EXIT_FAILURE);
}

void mk_undo_file(struct mk *mk, const char *path)
{
	if (mk->undo_file_count == MK_UNDO_MAX || !(mk->undo_files[mk->undo_file_count] = strdup(path)))
		mk_fail(mk, "undo");
	mk->undo_file_count++;
}

void mk_undo_segment(struct mk *mk, int id)
{
	if (mk->undo_segment_count == mk->undo_segment_capacity) {
		size_t capacity = mk->undo_segment_capacity ? 2 * mk->undo_segment_capacity : 16;
		int *grown = realloc(mk->undo_segments, capacity * sizeof *grown);
		if (!grown)
			mk_fail(mk, "undo");
		mk->undo_segments = grown;
		mk->undo_segment_capacity = capacity;
	}
	mk->undo_segments[mk->undo_segment_count++] = id;
}

void mk_touch(void *memory, size_t size)
{
	for (size_t i = 0; i < size; i += 4096)
		((volatile char *)memory)[i] = 1;
}

int mk_protection(const struct mk *mk, const char *text)
{
	int protection = PROT_NONE;

	for (; *text; text++) {
		if (*text == 'r')
			protection |= PROT_READ;
		else if (*text == 'w')
			protection |= PROT_WRITE;
		else if (*text == 'x')
			protection |= PROT_EXEC;
		else if (*text != '-') {
			errno = EINVAL;
			mk_fail(mk, "prot");
		}
	}
	return protection;
}

static void enter_namespaces(const struct mk *mk)
{
	const char *names = mk_text(mk, "ns", "");
	int flags = 0;

	if (strstr(names, "ipc"))
		flags |= CLONE_NEWIPC;
	if (strstr(names, "mnt") || strstr(names, "shm"))
		flags |= CLONE_NEWNS;
	if (!flags)
		return;
	if (unshare(flags) < 0)
		mk_skip(mk, "no namespaces here (needs CAP_SYS_ADMIN)");
	if ((flags & CLONE_NEWNS) && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		mk_fail(mk, "mount");
	if (strstr(names, "shm") && mount("own", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") < 0)
		mk_fail(mk, "mount");
}

static void become(const struct mk *mk)
{
	uid_t uid = (uid_t)mk_number(mk, "uid", geteuid());
	gid_t gid = (gid_t)mk_number(mk, "gid", uid == geteuid() ? getegid() : uid);

	if (uid == geteuid() && gid == getegid())
		return;
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		mk_skip(mk, "cannot become another user here");
	/* The change of user took this away, and the tests look at such processes as that user does. */
	(void)prctl(PR_SET_DUMPABLE, 1);
}

static void wait_for_signal(void)
{
	sigset_t signals;
	int number;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigwait(&signals, &number);
}

static const struct mk_factory *find_factory(const char *name)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct mk_factory *row = tables[i]; row->name; row++)
			if (strcmp(row->name, name) == 0)
				return row;
	return NULL;
}

static _Noreturn void run_child(struct mk *mk, const struct mk_factory *factory)
{
	(void)prctl(PR_SET_NAME, mk_text(mk, "comm", factory->name));
	(void)umask(0);
	enter_namespaces(mk);
	become(mk);
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	factory->make(mk);
	if (write(mk->told, "", 1) != 1)
		mk_fail(mk, "told");
	(void)close(mk->told);
	if (!mk_number(mk, "exit", 0))
		wait_for_signal();
	undo(mk);
	_exit(EXIT_SUCCESS);
}

/* Starts one factory and waits until its objects are ready. Returns 0 or an exit status. */
static int start(char *const *arguments, size_t count, pid_t *ret_child)
{
	const struct mk_factory *factory = find_factory(arguments[0]);
	int told[2];
	char byte;

	if (!factory) {
		(void)fprintf(stderr, "mkobjects: no factory %s; try --list\n", arguments[0]);
		return EXIT_FAILURE;
	}
	if (pipe2(told, O_CLOEXEC) < 0)
		return EXIT_FAILURE;

	pid_t child = fork();
	if (child < 0)
		return EXIT_FAILURE;
	if (child == 0) {
		struct mk mk = { .factory = factory->name, .arguments = arguments + 1, .argument_count = count - 1,
				 .told = told[1] };
		(void)close(told[0]);
		run_child(&mk, factory);
	}
	(void)close(told[1]);
	ssize_t length = read(told[0], &byte, 1);
	(void)close(told[0]);
	if (length == 1) {
		/* Reaped at once, or it would still be there as a zombie. */
		struct mk asked = { .arguments = arguments + 1, .argument_count = count - 1 };
		bool ends = mk_number(&asked, "exit", 0);
		*ret_child = ends ? 0 : child;
		return ends && waitpid(child, NULL, 0) != child ? EXIT_FAILURE : 0;
	}
	int status;
	if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
		return EXIT_FAILURE;
	return WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

static void wait_for_end(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	int stop = signalfd(-1, &signals, SFD_CLOEXEC);
	struct pollfd events[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = stop, .events = POLLIN } };

	for (;;) {
		char ignored[256];
		if (poll(events, 2, -1) < 0 && errno != EINTR)
			break;
		if (events[1].revents)
			break;
		if (events[0].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
			break;
	}
	(void)close(stop);
}

static int list(void)
{
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct mk_factory *row = tables[i]; row->name; row++)
			(void)printf("%-12s %s\n             %s\n", row->name, row->help, row->parameters);
	return EXIT_SUCCESS;
}

int main(int argc, char *argv[])
{
	pid_t children[CHILDREN_MAX];
	size_t count = 0;
	int status = 0;
	sigset_t signals;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	if (argc < 2) {
		(void)fprintf(stderr, 
			      "usage: mkobjects FACTORY [KEY=VALUE]… [, FACTORY [KEY=VALUE]…]… | --list\n");
		return EXIT_FAILURE;
	}
	/* Blocked before the first fork, so that no child can be told to stop before it listens. */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);

	for (int first = 1; first < argc && status == 0 && count < CHILDREN_MAX;) {
		int last = first;
		while (last < argc && strcmp(argv[last], ",") != 0)
			last++;
		if (last > first && (status = start(argv + first, (size_t)(last - first), &children[count])) == 0)
			count++;
		first = last + 1;
	}
	if (status == 0) {
		mk_say("HOLDING");
		wait_for_end();
	}
	for (size_t i = 0; i < count; i++)
		if (children[i])
			(void)kill(children[i], SIGTERM);
	for (size_t i = 0; i < count; i++)
		if (children[i])
			(void)waitpid(children[i], NULL, 0);
	return status;
}
