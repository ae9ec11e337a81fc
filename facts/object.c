/* SPDX-License-Identifier: MIT */
/* Objects by identity, and who holds them, while a look goes on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "facts/collect.h"

static uint64_t hash_identity(struct shmg_identity identity)
{
	uint64_t hash =
		(identity.number ^ identity.space << 32 ^ (identity.space >> 32) ^ (uint64_t)identity.sysv << 63) *
		0x9e3779b97f4a7c15;
	return hash ^ hash >> 32;
}

static struct shmg_identity identity_of(const struct shmg_object *object)
{
	bool sysv = object->kind == SHMG_KIND_SYSV;
	return (struct shmg_identity){
		.sysv = sysv,
		.space = sysv ? object->ns : object->dev,
		.number = object->ino,
	};
}

static bool is_same(struct shmg_identity left, struct shmg_identity right)
{
	return left.number == right.number && left.space == right.space && left.sysv == right.sysv;
}

static struct shmg_slot *find_slot(const struct shmg_look *look, struct shmg_identity identity)
{
	uint64_t hash = hash_identity(identity);
	uint32_t tag = (uint32_t)(hash >> 32);

	for (size_t slot = hash & (look->slot_count - 1);; slot = (slot + 1) & (look->slot_count - 1)) {
		struct shmg_slot *at = &look->slots[slot];
		if (!at->row)
			return at;
		if (at->tag == tag && is_same(identity_of(&look->facts->objects.items[at->row - 1]), identity))
			return at;
	}
}

static void fill_slot(struct shmg_slot *slot, struct shmg_identity identity, size_t row)
{
	*slot = (struct shmg_slot){ .row = (uint32_t)row + 1, .tag = (uint32_t)(hash_identity(identity) >> 32) };
}

static int grow_slots(struct shmg_look *look)
{
	size_t slot_count = look->slot_count ? look->slot_count * 2 : 1024;
	struct shmg_slot *slots = calloc(slot_count, sizeof *slots);
	if (!slots)
		return -ENOMEM;
	free(look->slots);
	look->slots = slots;
	look->slot_count = slot_count;
	for (size_t row = 0; row < look->facts->objects.count; row++) {
		struct shmg_identity identity = identity_of(&look->facts->objects.items[row]);
		fill_slot(find_slot(look, identity), identity, row);
	}
	return 0;
}

int64_t shmg_look_find_object(const struct shmg_look *look, struct shmg_identity identity)
{
	if (!look->slot_count)
		return -ENOENT;
	uint32_t row = find_slot(look, identity)->row;
	return row ? (int64_t)row - 1 : -ENOENT;
}

int64_t shmg_look_object(struct shmg_look *look, struct shmg_identity identity, bool *ret_new)
{
	/* At most three quarters full: an object more needs no second search. */
	if (look->facts->objects.count * 4 >= look->slot_count * 3 && grow_slots(look) < 0)
		return -ENOMEM;
	struct shmg_slot *slot = find_slot(look, identity);
	*ret_new = slot->row == 0;
	if (!*ret_new)
		return (int64_t)slot->row - 1;

	struct shmg_object *object = SHMG_APPEND(&look->facts->objects);
	uint32_t *last_hold = SHMG_APPEND(&look->last_hold);
	if (!object || !last_hold)
		return -ENOMEM;
	*last_hold = UINT32_MAX;
	static const struct shmg_object unknown = {
		.size = SHMG_U64_UNKNOWN,
		.resident = SHMG_U64_UNKNOWN,
		.swapped = SHMG_U64_UNKNOWN,
		.nattch = SHMG_U64_UNKNOWN,
		.ns = SHMG_U64_UNKNOWN,
		.dev = SHMG_U64_UNKNOWN,
		.created = SHMG_TIME_UNKNOWN,
		.changed = SHMG_TIME_UNKNOWN,
		.modified = SHMG_TIME_UNKNOWN,
		.attached = SHMG_TIME_UNKNOWN,
		.detached = SHMG_TIME_UNKNOWN,
		.id = SHMG_U32_UNKNOWN,
		.key = SHMG_U64_UNKNOWN,
		.uid = SHMG_U32_UNKNOWN,
		.gid = SHMG_U32_UNKNOWN,
		.creator_uid = SHMG_U32_UNKNOWN,
		.mode = SHMG_U32_UNKNOWN,
		.nlink = SHMG_U32_UNKNOWN,
		.creator = SHMG_U32_UNKNOWN,
		.last = SHMG_U32_UNKNOWN,
		.seals = SHMG_U32_UNKNOWN,
		.mount = SHMG_U32_UNKNOWN,
		.kind = SHMG_KIND_TMPFS,
		.file_type = SHMG_FILE_REGULAR,
		.creator_state = SHMG_U8_UNKNOWN,
		.last_state = SHMG_U8_UNKNOWN,
		.content = SHMG_U8_UNKNOWN,
		.lease = SHMG_U8_UNKNOWN,
	};
	*object = unknown;
	object->ino = identity.number;
	if (identity.sysv) {
		object->kind = SHMG_KIND_SYSV;
		object->ns = identity.space;
		object->id = (uint32_t)identity.number;
	} else {
		object->dev = identity.space;
	}
	fill_slot(slot, identity, look->facts->objects.count - 1);
	return (int64_t)look->facts->objects.count - 1;
}

static bool take_prefix(struct shmg_file_name *file, const char *prefix)
{
	size_t length = strlen(prefix);
	if (file->length < length || memcmp(file->name, prefix, length) != 0)
		return false;
	file->name += length;
	file->length -= length;
	return true;
}

struct shmg_file_name shmg_look_file_name(enum shmg_device_type device, const char *text, size_t length)
{
	static const char suffix[] = " (deleted)";
	struct shmg_file_name file = { .name = text, .length = length, .key = SHMG_U64_UNKNOWN };
	bool huge = device == SHMG_DEVICE_KERNEL_HUGE;

	if (length >= sizeof suffix - 1 &&
	    memcmp(text + length - (sizeof suffix - 1), suffix, sizeof suffix - 1) == 0) {
		file.deleted = true;
		file.length -= sizeof suffix - 1;
	}
	file.path = file.name;
	file.path_length = file.length;
	if (device == SHMG_DEVICE_HUGETLBFS) {
		file.kind = SHMG_KIND_HUGETLB;
		return file;
	}
	if (device == SHMG_DEVICE_TMPFS) {
		file.kind = SHMG_KIND_TMPFS;
		if (!take_prefix(&file, "/dev/shm/"))
			return file;
		file.rooted = file.length && !memchr(file.name, '/', file.length);
		if (file.rooted)
			file.kind = take_prefix(&file, "sem.") ? SHMG_KIND_SEMAPHORE : SHMG_KIND_POSIX;
		else
			file.name = file.path, file.length = file.path_length;
		return file;
	}
	if (take_prefix(&file, "/memfd:")) {
		file.kind = SHMG_KIND_MEMFD;
	} else if (take_prefix(&file, "/SYSV")) {
		char key[9] = "";
		file.kind = SHMG_KIND_SYSV;
		memcpy(key, file.name, file.length < 8 ? file.length : 8);
		file.key = (uint32_t)strtoul(key, NULL, 16);
		file.length = 0;
	} else {
		file.kind = huge ? SHMG_KIND_HUGETLB : SHMG_KIND_ANONYMOUS;
		/* "/dev/zero" and "/anon_hugepage" name nothing; a driver's own name ("/i915") does. */
		if (take_prefix(&file, "/dev/zero") || take_prefix(&file, "/anon_hugepage"))
			file.length = 0;
	}
	return file;
}

int shmg_look_set_name(struct shmg_look *look, struct shmg_object *object, const struct shmg_file_name *file)
{
	object->kind = (uint8_t)file->kind;
	if (!file->length)
		return 0;
	object->name = file->rooted ? shmg_pool_format(&look->facts->pool, "/%.*s", (int)file->length, file->name)
				    : shmg_pool_copy(&look->facts->pool, file->name, file->length);
	return object->name ? 0 : -ENOMEM;
}

int shmg_look_hold(struct shmg_look *look, uint32_t object, const struct shmg_use *use)
{
	struct shmg_facts *facts = look->facts;
	uint32_t process = look->process;
	uint32_t row = look->last_hold.items[object];
	struct shmg_hold *hold;

	if (row != UINT32_MAX && facts->holds.items[row].process == process) {
		hold = &facts->holds.items[row];
	} else {
		look->last_hold.items[object] = (uint32_t)facts->holds.count;
		hold = SHMG_APPEND(&facts->holds);
		if (!hold)
			return -ENOMEM;
		hold->process = process;
		hold->object = object;
	}
	if (use->maps && !hold->maps)
		hold->address = use->address;
	shmg_total_add(&hold->bytes, use->bytes);
	hold->maps += use->maps;
	hold->fds += use->fds;
	hold->access |= use->access;
	return 0;
}

int64_t shmg_statx_time(int64_t seconds, uint32_t nanoseconds)
{
	int64_t time;
	if (__builtin_mul_overflow(seconds, INT64_C(1000000000), &time) ||
	    __builtin_add_overflow(time, (int64_t)nanoseconds, &time))
		return SHMG_TIME_UNKNOWN;
	return time;
}

static uint8_t file_type_of(uint16_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return SHMG_FILE_REGULAR;
	case S_IFDIR:
		return SHMG_FILE_DIRECTORY;
	case S_IFLNK:
		return SHMG_FILE_SYMLINK;
	case S_IFIFO:
		return SHMG_FILE_FIFO;
	case S_IFSOCK:
		return SHMG_FILE_SOCKET;
	default:
		return SHMG_FILE_DEVICE;
	}
}

void shmg_object_set_stat(struct shmg_object *object, const struct statx *stat)
{
	object->file_type = file_type_of(stat->stx_mode);
	object->size = stat->stx_size;
	object->resident = stat->stx_blocks * 512;
	object->uid = stat->stx_uid;
	object->gid = stat->stx_gid;
	object->mode = stat->stx_mode & 07777;
	object->nlink = stat->stx_nlink;
	if (stat->stx_mask & STATX_BTIME)
		object->created = shmg_statx_time(stat->stx_btime.tv_sec, stat->stx_btime.tv_nsec);
	object->changed = shmg_statx_time(stat->stx_ctime.tv_sec, stat->stx_ctime.tv_nsec);
	object->modified = shmg_statx_time(stat->stx_mtime.tv_sec, stat->stx_mtime.tv_nsec);
}
