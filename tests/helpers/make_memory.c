/* SPDX-License-Identifier: MIT */
/* Factories of memory that never had a name in a directory. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/helpers/mkobjects.h"

static void map(const struct mk *mk, size_t size, const char *protection, int flags, int fd)
{
	void *memory = mmap(NULL, size, mk_protection(mk, protection), flags, fd, 0);

	if (memory == MAP_FAILED)
		mk_fail(mk, "mmap");
	if (mk_number(mk, "touch", 0) && strchr(protection, 'w'))
		mk_touch(memory, size);
}

/* A child that inherits the mapping becomes another user, and stays for as long as we do. */
static void share_with(struct mk *mk, uid_t uid)
{
	int done[2];
	char byte;

	if (pipe2(done, O_CLOEXEC) < 0)
		mk_fail(mk, "pipe");
	pid_t child = fork();
	if (child < 0)
		mk_fail(mk, "fork");
	if (child == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
			_exit(1);
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (write(done[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(done[1]);
	if (read(done[0], &byte, 1) != 1)
		mk_skip(mk, "cannot become another user here");
	(void)close(done[0]);
}

static void make_memfd(struct mk *mk)
{
	size_t size = mk_number(mk, "size", 4096);
	const char *how = mk_text(mk, "hold", "map");
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (mk_number(mk, "huge", 0) ? MFD_HUGETLB : 0);
	int fd = memfd_create(mk_text(mk, "name", "test"), flags);
	struct stat status;

	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || fstat(fd, &status) < 0)
		mk_fail(mk, "memfd_create");
	if (strcmp(how, "fd") != 0)
		map(mk, size, mk_text(mk, "prot", "rw"), mk_number(mk, "private", 0) ? MAP_PRIVATE : MAP_SHARED, fd);
	if (mk_number(mk, "rx", 0))
		map(mk, size, "rx", MAP_PRIVATE, fd);
	if (fcntl(fd, F_ADD_SEALS, (int)mk_number(mk, "seals", 0)) < 0)
		mk_fail(mk, "seals");
	if (mk_number(mk, "mode", 0) && fchmod(fd, (mode_t)mk_number(mk, "mode", 0)) < 0)
		mk_fail(mk, "mode");
	for (uint64_t i = 0; i < mk_number(mk, "dups", 0); i++)
		if (dup(fd) < 0)
			mk_fail(mk, "dup");
	if (mk_text(mk, "with", NULL))
		share_with(mk, (uid_t)mk_number(mk, "with", 0));
	if (strcmp(how, "closed") == 0)
		(void)close(fd);
	mk_ready(mk, "ino=%ju dev=%ju size=%zu fd=%d", (uintmax_t)status.st_ino, (uintmax_t)status.st_dev, size, fd);
}

static void make_anonymous(struct mk *mk)
{
	size_t size = mk_number(mk, "size", 8192);
	int fd = -1;

	if (mk_number(mk, "zero", 0) && (fd = open("/dev/zero", O_RDWR | O_CLOEXEC)) < 0)
		mk_fail(mk, "/dev/zero");
	map(mk, size, mk_text(mk, "prot", "rw"), MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd);
	if (fd >= 0)
		(void)close(fd);
	mk_ready(mk, "size=%zu", size);
}

static void make_hugetlb(struct mk *mk)
{
	size_t size = mk_number(mk, "size", 2u << 20);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (memory == MAP_FAILED)
		mk_skip(mk, "no huge pages reserved");
	mk_ready(mk, "size=%zu", size);
}

/* A descriptor that is in nobody's table: it waits in a socket that the process keeps. */
static void make_inflight(struct mk *mk)
{
	const char *name = mk_text(mk, "name", NULL);
	size_t size = mk_number(mk, "size", 4096);
	char path[4096];
	int fd, sockets[2];
	struct stat status;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof control };

	if (name) {
		(void)snprintf(path, sizeof path, "/dev/shm/%s", name);
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		mk_undo_file(mk, path);
	} else {
		fd = memfd_create("inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	}
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 || fstat(fd, &status) < 0)
		mk_fail(mk, "open");
	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0 || sendmsg(sockets[0], &message, 0) != 1)
		mk_fail(mk, "sendmsg");
	(void)close(fd);
	mk_ready(mk, "ino=%ju dev=%ju size=%zu", (uintmax_t)status.st_ino, (uintmax_t)status.st_dev, size);
}

const struct mk_factory mk_memory_factories[] = {
	{ "memfd", "name size seals=BITS hold=map|closed|fd prot private rx mode touch huge dups=N with=UID",
	  "a memfd; with: that a process of that user maps too", make_memfd },
	{ "anonymous", "size zero prot touch", "shared anonymous memory, or with zero=1 a mapping of /dev/zero",
	  make_anonymous },
	{ "hugetlb", "size", "shared anonymous huge pages", make_hugetlb },
	{ "inflight", "name size", "a memfd, or with name= a file, whose only descriptor is on its way",
	  make_inflight },
	{ 0 },
};
