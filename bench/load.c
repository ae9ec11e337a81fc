/* SPDX-License-Identifier: MIT */
/*
 * load SCALE: a host's worth of shared memory, the same every time. For each unit of SCALE:
 *   4,000 System V segments, of which 3,000 are attached
 *   10,000 files in /dev/shm with one page of content, of which 5,000 are mapped
 *   500 processes with 100 mappings each, 20 of them shared, and 10 descriptors each
 * Prints "READY" with the counts, holds everything until stdin ends, and leaves the removal to the end of its
 * namespaces. To be run as root in a new IPC, mount and pid namespace with an empty /dev/shm.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROCESSES 500
#define SEGMENTS 4000
#define OBJECTS 10000
#define MAPPINGS 100

/* What one process has: these make 20 shared mappings. */
#define POSIX_MAPPINGS 10
#define SEGMENT_MAPPINGS 6
#define MEMFD_MAPPINGS 2
#define ANONYMOUS_MAPPINGS 2
#define PRIVATE_FILE_MAPPINGS 40
#define KEPT_DESCRIPTORS 6

#define PAGE 4096

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void raise_limit(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		die(path);
	(void)close(fd);
}

static void object_path(char path[static 64], unsigned number)
{
	(void)snprintf(path, 64, "/dev/shm/object-%06u", number);
}

static void make_objects(unsigned count)
{
	static char page[PAGE] = "data";
	char path[64];

	for (unsigned i = 0; i < count; i++) {
		object_path(path, i);
		int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 || write(fd, page, sizeof page) != sizeof page)
			die(path);
		(void)close(fd);
	}
}

static int *make_segments(unsigned count)
{
	int *ids = calloc(count, sizeof *ids);

	if (!ids)
		die("calloc");
	for (unsigned i = 0; i < count; i++) {
		ids[i] = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
		if (ids[i] < 0)
			die("shmget");
	}
	return ids;
}

static void map(int protection, int flags, int fd)
{
	if (mmap(NULL, PAGE, protection, flags, fd, 0) == MAP_FAILED)
		die("mmap");
}

static unsigned count_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned lines = 0;

	if (!maps)
		die("/proc/self/maps");
	for (int c; (c = getc(maps)) != EOF;)
		lines += c == '\n';
	(void)fclose(maps);
	return lines;
}

static void map_shared(unsigned process, unsigned objects, const int *ids, unsigned segments)
{
	char path[64];

	for (unsigned i = 0; i < POSIX_MAPPINGS; i++) {
		object_path(path, (process * POSIX_MAPPINGS + i) % objects);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			die(path);
		map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
		if (i >= KEPT_DESCRIPTORS)
			(void)close(fd);
	}
	for (unsigned i = 0; i < SEGMENT_MAPPINGS; i++)
		if (shmat(ids[(process * SEGMENT_MAPPINGS + i) % segments], NULL, 0) == (void *)-1)
			die("shmat");
	for (unsigned i = 0; i < MEMFD_MAPPINGS; i++) {
		int fd = memfd_create("buffer", MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, PAGE) < 0)
			die("memfd_create");
		map(PROT_READ | PROT_WRITE, MAP_SHARED, fd);
		if (i > 0)
			(void)close(fd);
	}
	for (unsigned i = 0; i < ANONYMOUS_MAPPINGS; i++)
		map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
}

/* Libraries and heaps: files and memory of its own. Protections alternate, or the kernel would merge neighbours. */
static void map_private(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("/proc/self/exe");
	for (unsigned i = 0; i < PRIVATE_FILE_MAPPINGS; i++)
		map(i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE, fd);
	(void)close(fd);
	for (unsigned i = count_mappings(); i < MAPPINGS; i++)
		map(i % 2 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void start_process(unsigned process, unsigned objects, const int *ids, unsigned segments)
{
	int told[2];
	char byte;

	if (pipe2(told, O_CLOEXEC) < 0)
		die("pipe");
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(told[0]);
		map_shared(process, objects, ids, segments);
		map_private();
		if (write(told[1], "", 1) != 1)
			die("write");
		(void)close(told[1]);
		for (;;)
			(void)pause();
	}
	(void)close(told[1]);
	if (read(told[0], &byte, 1) != 1)
		exit(EXIT_FAILURE);
	(void)close(told[0]);
}

int main(int argc, char *argv[])
{
	unsigned scale = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
	char ignored[256];

	if (scale < 1 || scale > 8) {
		(void)fprintf(stderr, "usage: load SCALE (1 to 8)\n");
		return EXIT_FAILURE;
	}
	(void)umask(077);
	raise_limit("/proc/sys/kernel/shmmni", "32768");
	make_objects(OBJECTS * scale);
	int *ids = make_segments(SEGMENTS * scale);
	for (unsigned i = 0; i < PROCESSES * scale; i++)
		start_process(i, OBJECTS * scale, ids, SEGMENTS * scale);
	free(ids);

	(void)printf("READY processes=%u mappings=%u segments=%u objects=%u\n", PROCESSES * scale, MAPPINGS,
		     SEGMENTS * scale, OBJECTS * scale);
	(void)fflush(stdout);
	while (read(STDIN_FILENO, ignored, sizeof ignored) > 0)
		;
	return EXIT_SUCCESS;
}
