/* SPDX-License-Identifier: MIT */
/*
 * bare ls|audit: the lower bound. The system calls that a complete look at the load needs, and nothing else: what
 * they return is used only where it decides which system call comes next.
 *
 * It sees its own IPC and mount namespace only, which is where the load lives.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Linux 6.11; not in the headers of older systems. */
struct bare_procmap_query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};
#define BARE_PROCMAP_QUERY _IOWR('f', 17, struct bare_procmap_query)
#define BARE_COVERING_OR_NEXT 0x10
#define BARE_FILE_BACKED 0x20
#define BARE_SHARED 0x08

#define HELD_SLOTS (1u << 18)

struct bare {
	int proc;
	bool audit;
	dev_t kernel_dev; /* where the kernel keeps segments, memfds and shared anonymous memory */
	uint32_t held[HELD_SLOTS]; /* inodes that somebody maps or has open; 0 is free */
	char buffer[1 << 16];
	char entries[1 << 15];
};

struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t length;
	uint8_t type;
	char name[];
};

static void hold(struct bare *bare, uint64_t inode)
{
	uint32_t slot = (uint32_t)inode * 2654435761u % HELD_SLOTS;

	while (bare->held[slot] && bare->held[slot] != (uint32_t)inode)
		slot = (slot + 1) % HELD_SLOTS;
	bare->held[slot] = (uint32_t)inode;
}

static bool is_held(const struct bare *bare, uint64_t inode)
{
	uint32_t slot = (uint32_t)inode * 2654435761u % HELD_SLOTS;

	while (bare->held[slot] && bare->held[slot] != (uint32_t)inode)
		slot = (slot + 1) % HELD_SLOTS;
	return bare->held[slot] != 0;
}

/* Opens, reads to the end and closes. */
static ssize_t read_file(struct bare *bare, int directory, const char *name)
{
	ssize_t total = 0, length;
	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while ((length = read(fd, bare->buffer + total, sizeof bare->buffer - (size_t)total - 1)) > 0)
		total += length;
	bare->buffer[total] = '\0';
	(void)close(fd);
	return total;
}

/* Memory without a path: its name tells segments, memfds and the rest apart, and only its mapping leads to it. */
static void look_at_nameless(struct bare *bare, int process, int maps, const struct bare_procmap_query *mapping)
{
	char name[256], path[64];
	struct bare_procmap_query query = { .size = sizeof query, .query_addr = mapping->vma_start,
					    .vma_name_size = sizeof name, .vma_name_addr = (uintptr_t)name };
	struct statx status;

	if (ioctl(maps, BARE_PROCMAP_QUERY, &query) < 0 || strncmp(name, "/SYSV", 5) == 0 || is_held(bare, query.inode))
		return;
	(void)snprintf(path, sizeof path, "map_files/%llx-%llx", (unsigned long long)query.vma_start,
		       (unsigned long long)query.vma_end);
	(void)statx(process, path, 0, STATX_BASIC_STATS | STATX_BTIME, &status);
	if (strncmp(name, "/memfd:", 7) != 0)
		return;
	int fd = openat(process, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	(void)fcntl(fd, F_GET_SEALS);
	(void)close(fd);
}

static bool look_at_maps(struct bare *bare, int process)
{
	struct bare_procmap_query query = { .size = sizeof query,
					    .query_flags = BARE_COVERING_OR_NEXT | BARE_FILE_BACKED };
	bool holds = false;
	int fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while (ioctl(fd, BARE_PROCMAP_QUERY, &query) == 0) {
		if (makedev(query.dev_major, query.dev_minor) == bare->kernel_dev)
			look_at_nameless(bare, process, fd, &query);
		if (query.vma_flags & BARE_SHARED) {
			hold(bare, query.inode);
			holds = true;
		}
		query.query_addr = query.vma_end;
	}
	if (errno == ENOTTY)
		while (read(fd, bare->buffer, sizeof bare->buffer) > 0)
			holds = true;
	(void)close(fd);
	return holds;
}

static void look_at_descriptors(struct bare *bare, int process)
{
	long length;
	int fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	while ((length = syscall(SYS_getdents64, fd, bare->entries, sizeof bare->entries)) > 0)
		for (long at = 0; at < length;) {
			const struct entry *entry = (const void *)(bare->entries + at);
			struct stat status;
			if (entry->name[0] != '.' && fstatat(fd, entry->name, &status, 0) == 0 &&
			    S_ISREG(status.st_mode))
				hold(bare, status.st_ino);
			at += entry->length;
		}
	(void)close(fd);
}

static void look_at_process(struct bare *bare, const char *pid)
{
	static const char *const namespaces[] = { "ns/ipc", "ns/mnt", "ns/pid", "ns/user" };
	struct stat status;
	int process = openat(bare->proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (process < 0)
		return;
	(void)read_file(bare, process, "stat");
	(void)read_file(bare, process, "status");
	(void)read_file(bare, process, "cgroup");
	for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
		(void)fstatat(process, namespaces[i], &status, 0);
	bool holds = look_at_maps(bare, process);
	look_at_descriptors(bare, process);
	if (bare->audit && holds) {
		(void)read_file(bare, process, "coredump_filter");
		(void)read_file(bare, process, "limits");
	}
	(void)close(process);
}

static void look_at_processes(struct bare *bare)
{
	static char pids[1 << 18];
	long length;

	while ((length = syscall(SYS_getdents64, bare->proc, pids, sizeof pids)) > 0)
		for (long at = 0; at < length;) {
			const struct entry *entry = (const void *)(pids + at);
			if (entry->name[0] >= '1' && entry->name[0] <= '9')
				look_at_process(bare, entry->name);
			at += entry->length;
		}
}

/* The text, not SHM_STAT_ANY: it alone has the resident bytes of each segment. */
static void look_at_segments(struct bare *bare)
{
	struct shminfo limits;
	struct shm_info usage;
	int fd = openat(bare->proc, "sysvipc/shm", O_RDONLY | O_CLOEXEC);

	(void)shmctl(0, IPC_INFO, (void *)&limits);
	(void)shmctl(0, SHM_INFO, (void *)&usage);
	if (fd < 0)
		return;
	while (read(fd, bare->buffer, sizeof bare->buffer) > 0)
		;
	(void)close(fd);
}

static void look_inside(const struct bare *bare, int directory, const char *name, uint64_t inode)
{
	char first[4];
	int fd = openat(directory, name, O_RDONLY | O_NOATIME | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!pread(fd, first, sizeof first, 0);
	if (!is_held(bare, inode) && fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	(void)close(fd);
}

static void look_at_files(struct bare *bare)
{
	static char names[1 << 18];
	struct statx status;
	long length;
	int directory = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (directory < 0)
		return;
	while ((length = syscall(SYS_getdents64, directory, names, sizeof names)) > 0)
		for (long at = 0; at < length;) {
			const struct entry *entry = (const void *)(names + at);
			at += entry->length;
			if (entry->name[0] == '.' ||
			    statx(directory, entry->name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME,
				  &status) < 0)
				continue;
			if (bare->audit && S_ISREG(status.stx_mode))
				look_inside(bare, directory, entry->name, status.stx_ino);
		}
	(void)close(directory);
}

static void look_at_mounts(struct bare *bare)
{
	struct statfs usage;

	if (read_file(bare, bare->proc, "self/mountinfo") < 0)
		return;
	for (char *line = bare->buffer, *end; (end = strchr(line, '\n')); line = end + 1) {
		char target[4096];
		*end = '\0';
		if (strstr(line, " - tmpfs ") && sscanf(line, "%*s %*s %*s %*s %4095s", target) == 1)
			(void)statfs(target, &usage);
	}
}

static dev_t kernel_device(void)
{
	struct stat status = { 0 };
	int fd = memfd_create("", MFD_CLOEXEC);

	(void)fstat(fd, &status);
	(void)close(fd);
	return status.st_dev;
}

int main(int argc, char *argv[])
{
	struct bare *bare = calloc(1, sizeof *bare);

	if (!bare || argc != 2 || (strcmp(argv[1], "ls") != 0 && strcmp(argv[1], "audit") != 0)) {
		(void)fprintf(stderr, "usage: bare ls|audit\n");
		return EXIT_FAILURE;
	}
	bare->audit = strcmp(argv[1], "audit") == 0;
	bare->kernel_dev = kernel_device();
	bare->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (bare->proc < 0)
		return EXIT_FAILURE;
	look_at_mounts(bare);
	look_at_processes(bare);
	look_at_segments(bare);
	look_at_files(bare);
	(void)close(bare->proc);
	free(bare);
	return EXIT_SUCCESS;
}
