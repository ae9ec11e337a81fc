/* SPDX-License-Identifier: MIT */
#include "audit/place.h"

#include <string.h>

#include "audit/scratch.h"

static bool has_name(const struct shmg_object *object)
{
	return object->name && *object->name && !shmg_has(object->flags, SHMG_OBJECT_UNLINKED);
}

const struct shmg_mount *shmg_place_mount(const struct shmg_facts *facts, const struct shmg_object *object)
{
	if (object->mount >= facts->mounts.count || !has_name(object))
		return NULL;
	return &facts->mounts.items[object->mount];
}

bool shmg_place_is_shared(const struct shmg_facts *facts, const struct shmg_object *object)
{
	switch (object->kind) {
	case SHMG_KIND_POSIX:
	case SHMG_KIND_SEMAPHORE:
		return has_name(object); /* at /dev/shm by definition */
	case SHMG_KIND_HUGETLB:
	case SHMG_KIND_TMPFS: {
		const struct shmg_mount *mount = shmg_place_mount(facts, object);
		return mount && mount->sharing == 1;
	}
	default:
		return false;
	}
}

bool shmg_place_is_shared_file(const struct shmg_facts *facts, const struct shmg_object *object)
{
	/* Only what came from a snapshot may lack its type, and then it is memory like most. */
	return (object->file_type == SHMG_FILE_REGULAR || object->file_type == SHMG_U8_UNKNOWN) &&
	       shmg_place_is_shared(facts, object);
}

bool shmg_place_is_temporary(const struct shmg_facts *facts, const struct shmg_object *object)
{
	static const char *const directories[] = { "/tmp", "/var/tmp", "/run/lock", "/var/lock" };
	const struct shmg_mount *mount = object->kind == SHMG_KIND_TMPFS ? shmg_place_mount(facts, object) : NULL;

	if (!mount || !mount->target)
		return false;
	for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
		if (strcmp(mount->target, directories[i]) == 0)
			return true;
	return false;
}

const char *shmg_place_tail(const struct shmg_facts *facts, const struct shmg_object *object)
{
	const struct shmg_mount *mount = shmg_place_mount(facts, object);
	if (!mount)
		return NULL;
	if (object->kind == SHMG_KIND_POSIX || object->kind == SHMG_KIND_SEMAPHORE)
		return object->name + (object->name[0] == '/');
	size_t length = mount->target ? strlen(mount->target) : 0;
	if (length == 1)
		length = 0; /* "/" */
	if (!mount->target || strncmp(object->name, mount->target, length) != 0 || object->name[length] != '/')
		return NULL;
	return object->name + length + 1;
}

/* Semaphores are told from files by their kind, not by a "sem." that would have to be put before each. */
struct key {
	const char *path;
	size_t length;
	uint32_t mount;
	bool semaphore;
};

static size_t hash_key(const struct key *key)
{
	uint64_t hash = 0xcbf29ce484222325 ^ key->mount ^ (uint64_t)key->semaphore << 32;
	for (size_t i = 0; i < key->length; i++)
		hash = (hash ^ (unsigned char)key->path[i]) * 0x100000001b3;
	return (size_t)(hash ^ hash >> 32);
}

static bool is_entry(const struct shmg_facts *facts, const struct shmg_object *object, const struct key *key)
{
	if (object->mount != key->mount || (object->kind == SHMG_KIND_SEMAPHORE) != key->semaphore)
		return false;
	const char *tail = shmg_place_tail(facts, object);
	return tail && strncmp(tail, key->path, key->length) == 0 && tail[key->length] == '\0';
}

static uint32_t *find_slot(const struct shmg_facts *facts, const struct shmg_place_index *index, const struct key *key)
{
	size_t slot = hash_key(key) & (index->slot_count - 1);
	while (index->slots[slot] && !is_entry(facts, &facts->objects.items[index->slots[slot] - 1], key))
		slot = (slot + 1) & (index->slot_count - 1);
	return &index->slots[slot];
}

static bool build(struct shmg_audit *audit, struct shmg_place_index *index)
{
	const struct shmg_facts *facts = audit->facts;
	size_t slot_count = 64;

	while (slot_count < facts->objects.count * 2)
		slot_count *= 2;
	index->slots = shmg_scratch_alloc(audit, slot_count, sizeof *index->slots);
	if (!index->slots)
		return false;
	index->slot_count = slot_count;
	SHMG_FOREACH(object, &facts->objects) {
		const char *tail = shmg_place_tail(facts, object);
		if (!tail)
			continue;
		struct key key = { tail, strlen(tail), object->mount, object->kind == SHMG_KIND_SEMAPHORE };
		*find_slot(facts, index, &key) = (uint32_t)(object - facts->objects.items) + 1;
	}
	return true;
}

const struct shmg_object *shmg_place_find(struct shmg_audit *audit, uint32_t mount, const char *path, size_t length)
{
	static const char prefix[] = "sem.";
	size_t skip = sizeof prefix - 1;
	struct shmg_place_index *index = shmg_scratch_places(audit);

	if (!index || (!index->slots && !build(audit, index)))
		return NULL;
	struct key key = { path, length, mount, false };
	uint32_t row = *find_slot(audit->facts, index, &key);
	if (!row && length > skip && memcmp(path, prefix, skip) == 0) {
		key = (struct key){ path + skip, length - skip, mount, true };
		row = *find_slot(audit->facts, index, &key);
	}
	return row ? &audit->facts->objects.items[row - 1] : NULL;
}

bool shmg_place_is_reachable(struct shmg_audit *audit, const struct shmg_object *object, uint32_t bits)
{
	const struct shmg_mount *mount = shmg_place_mount(audit->facts, object);
	const char *tail = shmg_place_tail(audit->facts, object);

	if (mount && !(mount->mode & bits)) /* unknown has every bit */
		return false;
	for (const char *slash = tail ? strchr(tail, '/') : NULL; slash; slash = strchr(slash + 1, '/')) {
		const struct shmg_object *directory =
			shmg_place_find(audit, object->mount, tail, (size_t)(slash - tail));
		if (directory && !(directory->mode & bits))
			return false;
	}
	return true;
}

uint32_t shmg_place_directory_mode(struct shmg_audit *audit, const struct shmg_object *object, uint32_t *ret_owner)
{
	const struct shmg_mount *mount = shmg_place_mount(audit->facts, object);
	const char *tail = shmg_place_tail(audit->facts, object);
	const char *slash = tail ? strrchr(tail, '/') : NULL;

	*ret_owner = SHMG_U32_UNKNOWN;
	if (!tail)
		return SHMG_U32_UNKNOWN;
	if (!slash) {
		*ret_owner = mount->uid;
		return mount->mode;
	}
	const struct shmg_object *directory = shmg_place_find(audit, object->mount, tail, (size_t)(slash - tail));
	if (!directory)
		return SHMG_U32_UNKNOWN;
	*ret_owner = directory->uid;
	return directory->mode;
}
