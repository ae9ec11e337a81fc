/* SPDX-License-Identifier: MIT */
/* Factories of files where shared memory lives, and of what should not lie there. */
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/helpers/mkobjects.h"

static void object_path(const struct mk *mk, char path[static 4096])
{
	const char *name = mk_text(mk, "name", "object");

	(void)snprintf(path, 4096, "%s/%s", mk_text(mk, "dir", "/dev/shm"), name);
}

static void write_content(const struct mk *mk, int fd)
{
	const char *content = mk_text(mk, "content", NULL);
	size_t length;

	if (!content)
		return;
	if (strcmp(content, "elf") == 0)
		content = "\177ELF\2\1\1";
	else if (strcmp(content, "script") == 0)
		content = "#!/bin/sh\nexit 0\n";
	length = strlen(content);
	if (pwrite(fd, content, length, 0) != (ssize_t)length)
		mk_fail(mk, "content");
}

/* `hold`: map (and keep the descriptor), closed (a mapping alone), fd, none. */
static void hold(const struct mk *mk, int fd, size_t size)
{
	const char *how = mk_text(mk, "hold", "map");
	int flags = mk_number(mk, "private", 0) ? MAP_PRIVATE : MAP_SHARED;

	if (strcmp(how, "map") == 0 || strcmp(how, "closed") == 0) {
		void *memory = mmap(NULL, size, mk_protection(mk, mk_text(mk, "prot", "rw")), flags, fd, 0);
		if (memory == MAP_FAILED)
			mk_fail(mk, "mmap");
		if (mk_number(mk, "touch", 0))
			mk_touch(memory, size);
	}
	/* The second view of the same memory that W^X is meant to forbid. */
	if (mk_number(mk, "rx", 0) && mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		mk_fail(mk, "mmap");
	if (strcmp(how, "closed") == 0 || strcmp(how, "none") == 0)
		(void)close(fd);
}

/* Somebody else's object, held as well. */
static void open_existing(struct mk *mk, const char *path)
{
	bool writes = strchr(mk_text(mk, "prot", "rw"), 'w');
	int fd = open(path, (writes ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		mk_fail(mk, "open");
	hold(mk, fd, (size_t)status.st_size);
	mk_ready(mk, "ino=%ju dev=%ju size=%jd", (uintmax_t)status.st_ino, (uintmax_t)status.st_dev,
		 (intmax_t)status.st_size);
}

static void make_file(struct mk *mk)
{
	size_t size = mk_number(mk, "size", 4096);
	char path[4096];
	struct stat status;

	object_path(mk, path);
	if (mk_number(mk, "existing", 0)) {
		open_existing(mk, path);
		return;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mk_number(mk, "mode", 0600));
	if (fd < 0)
		mk_fail(mk, "open");
	mk_undo_file(mk, path);
	if (ftruncate(fd, (off_t)size) < 0)
		mk_fail(mk, "ftruncate");
	write_content(mk, fd);
	if (mk_text(mk, "owner", NULL) && fchown(fd, (uid_t)mk_number(mk, "owner", 0), (gid_t)-1) < 0)
		mk_fail(mk, "fchown");
	/* Again: umask took bits at open, and chown takes the set-id bits. */
	if (fchmod(fd, (mode_t)mk_number(mk, "mode", 0600)) < 0 || fstat(fd, &status) < 0)
		mk_fail(mk, "fchmod");
	hold(mk, fd, size);
	if (mk_number(mk, "unlink", 0) && unlink(path) < 0)
		mk_fail(mk, "unlink");
	mk_ready(mk, "ino=%ju dev=%ju size=%zu", (uintmax_t)status.st_ino, (uintmax_t)status.st_dev, size);
}

static void make_semaphore(struct mk *mk)
{
	const char *name = mk_text(mk, "name", "semaphore");
	char path[4096];

	(void)snprintf(path, sizeof path, "/dev/shm/sem.%s", name);
	if (sem_open(name, O_CREAT | O_EXCL, (mode_t)mk_number(mk, "mode", 0600), 1u) == SEM_FAILED)
		mk_fail(mk, "sem_open");
	mk_undo_file(mk, path);
	mk_ready(mk, "size=%zu", sizeof(sem_t));
}

static void make_symlink(struct mk *mk)
{
	char path[4096];

	object_path(mk, path);
	if (symlink(mk_text(mk, "target", "/etc/passwd"), path) < 0)
		mk_fail(mk, "symlink");
	mk_undo_file(mk, path);
	mk_ready(mk, "type=symlink");
}

static void make_fifo(struct mk *mk)
{
	char path[4096];

	object_path(mk, path);
	if (mkfifo(path, (mode_t)mk_number(mk, "mode", 0600)) < 0)
		mk_fail(mk, "mkfifo");
	mk_undo_file(mk, path);
	mk_ready(mk, "type=fifo");
}

static void make_socket(struct mk *mk)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[4096];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	object_path(mk, path);
	if (strlen(path) >= sizeof address.sun_path) {
		errno = ENAMETOOLONG;
		mk_fail(mk, "name");
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		mk_fail(mk, "bind");
	mk_undo_file(mk, path);
	mk_ready(mk, "type=socket");
}

static void make_directory(struct mk *mk)
{
	uint64_t entries = mk_number(mk, "entries", 0);
	char path[4096];

	object_path(mk, path);
	if (mkdir(path, (mode_t)mk_number(mk, "mode", 0700)) < 0)
		mk_fail(mk, "mkdir");
	mk_undo_file(mk, path);
	int directory = open(path, O_DIRECTORY | O_CLOEXEC);
	for (uint64_t i = 0; i < entries; i++) {
		char name[32];
		(void)snprintf(name, sizeof name, "%llu", (unsigned long long)i);
		int fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			mk_fail(mk, "entry");
		(void)close(fd);
	}
	(void)close(directory);
	mk_ready(mk, "type=directory entries=%llu", (unsigned long long)entries);
}

/* A program whose file is under a lease: whoever opens it disturbs the program. */
static void make_leased(struct mk *mk)
{
	char path[4096];

	object_path(mk, path);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		mk_fail(mk, "open");
	mk_undo_file(mk, path);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		mk_skip(mk, "no leases here");
	mk_ready(mk, "lease=%d", fcntl(fd, F_GETLEASE));
}

/* The kernel's own answer to who holds a file that is there already. */
static void make_probe(struct mk *mk)
{
	char path[4096];

	object_path(mk, path);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		mk_fail(mk, "open");
	const char *answer = fcntl(fd, F_SETLEASE, F_WRLCK) == 0 ? "free" : errno == EAGAIN ? "refused" : "unknown";
	(void)close(fd);
	mk_ready(mk, "lease=%s", answer);
}

const struct mk_factory mk_file_factories[] = {
	{ "posix",
	  "name dir size mode owner content=elf|script|TEXT hold=map|closed|fd|none prot private rx touch unlink "
	  "existing",
	  "a file in /dev/shm, or with dir= on another tmpfs or hugetlbfs; existing: holds one that is there already",
	  make_file },
	{ "semaphore", "name mode", "a named semaphore", make_semaphore },
	{ "symlink", "name dir target", "a planted symbolic link", make_symlink },
	{ "fifo", "name dir mode", "a FIFO: opening it waits for ever", make_fifo },
	{ "socket", "name dir", "a bound socket", make_socket },
	{ "directory", "name dir mode entries", "a directory with that many empty files", make_directory },
	{ "leased", "name dir", "a file under a write lease; ends by SIGIO when somebody opens it", make_leased },
	{ "probe", "name dir", "asks for a lease of a file: free when nobody holds it, refused when somebody does",
	  make_probe },
	{ 0 },
};
