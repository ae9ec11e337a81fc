/* SPDX-License-Identifier: MIT */
/*
 * What a process maps. Every mapping of a file is looked at, shared or private: a private one holds the object too.
 *
 * PROCMAP_QUERY (Linux 6.11) answers in binary and only about mappings of files; elsewhere the text of maps is read.
 * Names cost the kernel a path walk each, so they are asked for only where device and inode do not tell: on the
 * kernel's own file systems (where shmids and memfd inodes are numbered independently and may be equal) and for files
 * seen for the first time.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "facts/collect.h"
#include "facts/scan.h"
#include "lib/base/cleanup.h"

/* The kernel's <linux/fs.h> of 6.11; ours may be older. */
struct procmap_query {
	__u64 size, query_flags, query_addr;
	__u64 vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	__u32 dev_major, dev_minor, vma_name_size, build_id_size;
	__u64 vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY_IOCTL _IOWR('f', 17, struct procmap_query)
#define VMA_READABLE 0x01
#define VMA_WRITABLE 0x02
#define VMA_EXECUTABLE 0x04
#define VMA_SHARED 0x08
#define QUERY_COVERING_OR_NEXT 0x10
#define QUERY_FILE_BACKED 0x20

#define NAME_MAX_BYTES 4352 /* PATH_MAX and " (deleted)" */

struct mapping {
	uint64_t start, end, dev, inode;
	unsigned flags; /* VMA_* */
	const char *name;
	size_t name_length; /* 0: not asked for */
};

/* Whether device and inode say which object it is: on the kernel's own tmpfs a memfd may have the number of a segment.
 */
static bool is_known(const struct shmg_look *look, uint64_t dev, uint64_t inode, bool kernel)
{
	return !(kernel && shmg_is_segment_id(look, inode)) &&
	       shmg_look_find_object(look, (struct shmg_identity){ false, dev, inode }) >= 0;
}

static uint32_t access_of(unsigned flags)
{
	bool shared = flags & VMA_SHARED;
	uint32_t access = shared ? SHMG_ACCESS_SHARED : SHMG_ACCESS_PRIVATE;

	if (flags & VMA_READABLE)
		access |= SHMG_ACCESS_READ;
	if (flags & VMA_EXECUTABLE)
		access |= SHMG_ACCESS_EXECUTE;
	/* Writing to a private mapping changes the process's own copy, not the object. */
	if (shared && flags & VMA_WRITABLE)
		access |= SHMG_ACCESS_WRITE | (flags & VMA_EXECUTABLE ? SHMG_ACCESS_WRITE_EXECUTE : 0);
	return access;
}

/* What the file behind the mapping says of itself; false where it may not be asked, or is not that any more. */
static bool stat_mapping(int directory, const struct mapping *mapping, struct statx *ret_status)
{
	char path[64];

	(void)snprintf(path, sizeof path, "map_files/%" PRIx64 "-%" PRIx64, mapping->start, mapping->end);
	return statx(directory, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME,
		     ret_status) == 0 &&
	       makedev(ret_status->stx_dev_major, ret_status->stx_dev_minor) == mapping->dev &&
	       ret_status->stx_ino == mapping->inode;
}

/* Size, owner and mode of an object that no list shows, through the mapping itself. */
static void fill_from_mapping(const struct shmg_look *look, int directory, const struct mapping *mapping, bool named,
			      struct shmg_object *object)
{
	char path[64];
	struct statx status;

	if (!stat_mapping(directory, mapping, &status))
		return;
	shmg_object_set_stat(object, &status);
	/* A name may end in " (deleted)" all by itself. */
	if (named)
		object->flags = (object->flags & ~(uint32_t)SHMG_OBJECT_UNLINKED) |
				(status.stx_nlink ? 0 : (uint32_t)SHMG_OBJECT_UNLINKED);
	if (object->kind != SHMG_KIND_MEMFD || !(look->want & SHMG_WANT_SEALS))
		return;
	/* Seals belong to the inode; opening it read-only to ask changes nothing. */
	(void)snprintf(path, sizeof path, "map_files/%" PRIx64 "-%" PRIx64, mapping->start, mapping->end);
	SHMG_AUTO_FD fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	if (seals >= 0)
		object->seals = (uint32_t)seals;
}

static enum shmg_device_type captured_device(const char *name, size_t length)
{
	static const char *const kernel_names[] = { "/memfd:", "/SYSV", "/dev/zero (deleted)", "/anon_hugepage" };

	for (size_t i = 0; i < sizeof kernel_names / sizeof *kernel_names; i++)
		if (length >= strlen(kernel_names[i]) && memcmp(name, kernel_names[i], strlen(kernel_names[i])) == 0)
			return i == 3 ? SHMG_DEVICE_KERNEL_HUGE : SHMG_DEVICE_KERNEL;
	return SHMG_DEVICE_TMPFS;
}

static int add_segment(struct shmg_look *look, int directory, const struct mapping *mapping,
		       const struct shmg_file_name *file, int64_t *ret_row)
{
	struct statx status;
	/* With one namespace an id and a key say it all. */
	bool ask = look->root.live && look->ipc_namespaces > 1 && stat_mapping(directory, mapping, &status);

	*ret_row = shmg_look_segment(look, mapping->dev, mapping->inode, file->key, ask ? &status : NULL);
	return *ret_row < 0 ? (int)*ret_row : 0;
}

static int add_file(struct shmg_look *look, int directory, const struct mapping *mapping,
		    const struct shmg_file_name *file, bool kernel, int64_t *ret_row)
{
	*ret_row = look->root.live || kernel ? -ENOENT : shmg_find_captured_path(look, file->path, file->path_length);
	if (*ret_row >= 0)
		return 0;
	bool fresh;
	*ret_row = shmg_look_object(look, (struct shmg_identity){ false, mapping->dev, mapping->inode }, &fresh);
	if (*ret_row < 0)
		return -ENOMEM;
	if (!fresh)
		return 0;
	struct shmg_object *object = &look->facts->objects.items[*ret_row];
	int status = shmg_look_set_name(look, object, file);
	if (status)
		return status;
	/* Anonymous memory never had a name to lose. */
	if (kernel ? file->kind == SHMG_KIND_MEMFD : file->deleted)
		object->flags |= SHMG_OBJECT_UNLINKED;
	if (look->root.live && (kernel || file->deleted || !file->length))
		fill_from_mapping(look, directory, mapping, !kernel, object);
	return 0;
}

static int add_mapping(struct shmg_look *look, int directory, const struct mapping *mapping,
		       enum shmg_device_type device)
{
	bool kernel = device == SHMG_DEVICE_KERNEL || device == SHMG_DEVICE_KERNEL_HUGE;
	struct shmg_file_name file = shmg_look_file_name(device, mapping->name, mapping->name_length);
	int64_t row; /* without a name it is a known object, and no segment */
	int status = kernel && file.kind == SHMG_KIND_SYSV ? add_segment(look, directory, mapping, &file, &row)
							   : add_file(look, directory, mapping, &file, kernel, &row);
	if (status)
		return status;

	struct shmg_object *object = &look->facts->objects.items[row];
	if (device == SHMG_DEVICE_KERNEL_HUGE || device == SHMG_DEVICE_HUGETLBFS)
		object->flags |= SHMG_OBJECT_HUGE;
	struct shmg_use use = {
		.address = mapping->start,
		.bytes = mapping->end - mapping->start,
		.maps = 1,
		.access = access_of(mapping->flags),
	};
	return shmg_look_hold(look, (uint32_t)row, &use);
}

static int query(int maps, struct procmap_query *question, uint64_t address, char *name, uint32_t name_size)
{
	*question = (struct procmap_query){
		.size = sizeof *question,
		.query_flags = QUERY_COVERING_OR_NEXT | QUERY_FILE_BACKED,
		.query_addr = address,
		.vma_name_addr = (uintptr_t)name,
		.vma_name_size = name_size,
	};
	return ioctl(maps, PROCMAP_QUERY_IOCTL, question) < 0 ? -errno : 0;
}

static enum shmg_device_type device_of(struct shmg_look *look, uint64_t dev, int directory,
				       const struct procmap_query *mapping)
{
	char path[64];
	enum shmg_device_type type = shmg_look_device(look, dev);

	if (type != SHMG_DEVICE_NONE)
		return type;
	(void)snprintf(path, sizeof path, "map_files/%" PRIx64 "-%" PRIx64, (uint64_t)mapping->vma_start,
		       (uint64_t)mapping->vma_end);
	return shmg_look_device_of(look, dev, directory, path);
}

static int add_answer(struct shmg_look *look, int directory, int maps, const struct procmap_query *answer)
{
	uint64_t dev = makedev(answer->dev_major, answer->dev_minor);
	enum shmg_device_type type = device_of(look, dev, directory, answer);
	if (type == SHMG_DEVICE_NONE || type == SHMG_DEVICE_OTHER)
		return 0;
	bool kernel = type == SHMG_DEVICE_KERNEL || type == SHMG_DEVICE_KERNEL_HUGE;
	char name[NAME_MAX_BYTES];
	struct mapping mapping = {
		.start = answer->vma_start,
		.end = answer->vma_end,
		.dev = dev,
		.inode = answer->inode,
		.flags = (unsigned)answer->vma_flags,
		.name = name,
	};
	if (!is_known(look, dev, answer->inode, kernel)) {
		struct procmap_query again;
		int status = query(maps, &again, mapping.start, name, sizeof name);
		bool nameless = status == -ENAMETOOLONG; /* deeper than any path may be: known by its inode */
		if (!nameless && (status || again.vma_start != mapping.start || again.inode != mapping.inode))
			return 0; /* unmapped between the two */
		mapping.name_length = nameless || !again.vma_name_size ? 0 : again.vma_name_size - 1;
	}
	return add_mapping(look, directory, &mapping, type);
}

/* The next mapping of a file that may be memory. -ENOENT: there is none; -ENOTTY: this kernel cannot say; -errno. */
static int next_answer(int maps, uint64_t *address, struct procmap_query *answer)
{
	for (;;) {
		int status = query(maps, answer, *address, NULL, 0);
		if (status)
			return status != -EINVAL ? status : *address ? -ENOENT : -ENOTTY;
		*address = answer->vma_end;
		if (answer->dev_major == 0) /* memory has no block device behind it */
			return 0;
	}
}

void shmg_ask_mappings(int directory, struct shmg_asked_mappings *asked)
{
	struct procmap_query answer;

	asked->count = 0;
	asked->next = 0;
	asked->status = 0;
	asked->maps = openat(directory, "maps", O_RDONLY | O_CLOEXEC);
	if (asked->maps < 0) {
		asked->status = -errno;
		return;
	}
	while (asked->count < SHMG_ASKED_MAPPINGS) {
		asked->status = next_answer(asked->maps, &asked->next, &answer);
		if (asked->status)
			break;
		asked->items[asked->count++] = (struct shmg_asked_mapping){
			.start = answer.vma_start,
			.end = answer.vma_end,
			.inode = answer.inode,
			.dev_minor = answer.dev_minor,
			.flags = (uint32_t)answer.vma_flags,
		};
	}
}

/* What was asked, and then what more there is. */
static int tell_answers(struct shmg_look *look, int directory, struct shmg_asked_mappings *asked)
{
	struct procmap_query answer = { 0 };
	int status = 0;

	for (size_t i = 0; !status && i < asked->count; i++) {
		answer.vma_start = asked->items[i].start;
		answer.vma_end = asked->items[i].end;
		answer.inode = asked->items[i].inode;
		answer.dev_minor = asked->items[i].dev_minor;
		answer.vma_flags = asked->items[i].flags;
		status = add_answer(look, directory, asked->maps, &answer);
	}
	while (!status && !asked->status) {
		asked->status = next_answer(asked->maps, &asked->next, &answer);
		if (!asked->status)
			status = add_answer(look, directory, asked->maps, &answer);
	}
	return status ? status : asked->status == -ENOENT ? 0 : asked->status;
}

/* Undoes maps' escaping of newlines ("\012"), the only byte it escapes. */
static size_t decode_name(char *name, size_t length)
{
	size_t to = 0;
	for (size_t from = 0; from < length;) {
		bool newline = length - from >= 4 && memcmp(name + from, "\\012", 4) == 0;
		name[to++] = newline ? '\n' : name[from];
		from += newline ? 4 : 1;
	}
	return to;
}

/* START-END rwxp OFFSET MAJOR:MINOR INODE NAME; false where the line is not one of a file. */
static bool parse_line(char *line, size_t length, struct mapping *ret_mapping)
{
	const char *at = line;
	uint64_t offset, major, minor;

	if (!shmg_scan_number(&at, 16, &ret_mapping->start) || *at++ != '-' ||
	    !shmg_scan_number(&at, 16, &ret_mapping->end) || *at++ != ' ' || strnlen(at, 5) < 5)
		return false;
	ret_mapping->flags = (at[0] == 'r' ? VMA_READABLE : 0u) | (at[1] == 'w' ? VMA_WRITABLE : 0u) |
			     (at[2] == 'x' ? VMA_EXECUTABLE : 0u) | (at[3] == 's' ? VMA_SHARED : 0u);
	at += 4;
	if (!shmg_scan_number(&at, 16, &offset) || !shmg_scan_number(&at, 16, &major) || *at++ != ':' ||
	    !shmg_scan_number(&at, 16, &minor) || !shmg_scan_number(&at, 10, &ret_mapping->inode))
		return false;
	ret_mapping->dev = makedev((unsigned)major, (unsigned)minor);
	at = shmg_scan_blanks(at);
	ret_mapping->name = at;
	ret_mapping->name_length = decode_name(line + (at - line), length - (size_t)(at - line));
	return ret_mapping->inode != 0 || ret_mapping->name_length != 0;
}

static int add_line(struct shmg_look *look, int directory, char *line, size_t length)
{
	struct mapping mapping;
	if (!parse_line(line, length, &mapping) || mapping.name[0] != '/')
		return 0;
	struct procmap_query range = { .vma_start = mapping.start, .vma_end = mapping.end };
	enum shmg_device_type type = device_of(look, mapping.dev, directory, &range);
	if (!look->root.live && captured_device(mapping.name, mapping.name_length) != SHMG_DEVICE_TMPFS)
		type = captured_device(mapping.name, mapping.name_length);
	if (type == SHMG_DEVICE_NONE || type == SHMG_DEVICE_OTHER)
		return 0;
	return add_mapping(look, directory, &mapping, type);
}

static int collect_by_text(struct shmg_look *look, int directory, int maps)
{
	SHMG_AUTO_FILE file = fdopen(maps, "re");
	SHMG_AUTO_FREE char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int status = 0;

	if (!file) {
		(void)close(maps);
		return -ENOMEM;
	}
	while (!status && (length = getline(&line, &size, file)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		status = add_line(look, directory, line, (size_t)length);
	}
	return status ? status : ferror(file) ? -ESRCH : 0;
}

int shmg_tell_mappings(struct shmg_look *look, int directory, struct shmg_asked_mappings *asked)
{
	if (asked->maps < 0)
		return asked->status;
	if (asked->status == -ENOTTY) {
		int maps = SHMG_TAKE_FD(asked->maps);
		return collect_by_text(look, directory, maps);
	}
	int status = tell_answers(look, directory, asked);
	shmg_close_fd(&asked->maps);
	return status;
}

int shmg_collect_captured_mappings(struct shmg_look *look, int directory)
{
	int maps = shmg_root_open_below(&look->root, directory, "maps", O_RDONLY);
	return maps < 0 ? maps : collect_by_text(look, directory, maps);
}
