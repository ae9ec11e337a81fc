/* SPDX-License-Identifier: MIT */
#include "facts/holder.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

static const char *const writes_names[] = { "now", "possible", "sealed", "no", NULL };
static const char *const way_names[] = { "mapping", "mprotect", "descriptor", "mode", "owner", "capability", NULL };
static const char *const access_names[] = { "read",    "write",  "execute",  "write-execute",
					    "private", "shared", "fd-write", NULL };

#define F(member, type, heading, common, help)                                                                         \
	SHMG_FIELD(struct shmg_holder, member, SHMG_TYPE_##type, heading, common, help)
#define N(member, type, heading, common, names, help)                                                                  \
	SHMG_FIELD_NAMES(struct shmg_holder, member, SHMG_TYPE_##type, heading, common, names, help)
static const struct shmg_field holder_fields[] = {
	F(pid, NUMBER, "PID", true, "process"),
	F(uid, NUMBER, "UID", true, "its effective user"),
	F(comm, TEXT, "COMMAND", true, "its name"),
	F(unit, TEXT, "UNIT", false, "its systemd unit or container"),
	F(object, TEXT, "OBJECT", false, "what it holds"),
	F(maps, NUMBER, "MAPS", true, "mappings"),
	F(fds, NUMBER, "FDS", true, "open descriptors"),
	F(bytes, SIZE, "MAPPED", true, "bytes mapped"),
	N(access, FLAGS, "ACCESS", false, access_names, "what its mappings and descriptors allow"),
	N(writes, ENUM, "WRITES", true, writes_names,
	  "whether it can write the object: now, possible (by its own next system call), sealed, no"),
	N(ways, FLAGS, "WAYS", true, way_names, "by which it can, or could but for the seals"),
	F(reason, TEXT, "WHY", false, "the same in words"),
};
#undef F
#undef N
const struct shmg_record_type shmg_holder_type = SHMG_RECORD_TYPE(
	"holder", "one process that holds an object, and whether it can write it", struct shmg_holder, holder_fields);

static const char *status_value(const char *status, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = status; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (strncmp(line, key, length) == 0 && line[length] == ':')
			return line + length + 1;
	return NULL;
}

/* The `count` numbers at the beginning of a value. */
static bool read_ids(const char *value, uint32_t *ids, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end;
		unsigned long id = strtoul(value, &end, 10);
		if (end == value)
			return false;
		ids[i] = (uint32_t)id;
		value = end;
	}
	return true;
}

static bool read_groups(const char *value, uint32_t *groups, size_t capacity, size_t *ret_count)
{
	size_t count = 0;

	for (;;) {
		while (*value == ' ' || *value == '\t')
			value++;
		if (*value == '\n' || !*value)
			break;
		if (count == capacity || !read_ids(value, &groups[count], 1))
			return false;
		count++;
		while (*value >= '0' && *value <= '9')
			value++;
	}
	*ret_count = count;
	return true;
}

int shmg_credentials_parse(const char *status, uint32_t *groups, size_t capacity,
			   struct shmg_credentials *ret_credentials)
{
	const char *uid = status_value(status, "Uid"), *gid = status_value(status, "Gid");
	const char *list = status_value(status, "Groups"), *effective = status_value(status, "CapEff");
	struct shmg_credentials credentials = { .capabilities = SHMG_U64_UNKNOWN,
						.groups = groups,
						.capabilities_count = SHMG_U8_UNKNOWN };
	uint32_t uids[4], gids[4]; /* real, effective, saved, file system */

	if (!uid || !gid || !read_ids(uid, uids, 4) || !read_ids(gid, gids, 4))
		return -EINVAL;
	credentials.euid = uids[1];
	credentials.fsuid = uids[3];
	credentials.egid = gids[1];
	credentials.fsgid = gids[3];
	if (effective)
		credentials.capabilities = strtoull(effective, NULL, 16);
	credentials.groups_known = list && read_groups(list, groups, capacity, &credentials.group_count);
	*ret_credentials = credentials;
	return 0;
}

/* 1, 0 or unknown: whether one of its groups is `gid`. */
static uint8_t in_group(const struct shmg_credentials *credentials, uint32_t gid, bool sysv)
{
	if (gid == (sysv ? credentials->egid : credentials->fsgid))
		return 1;
	for (size_t i = 0; i < credentials->group_count; i++)
		if (credentials->groups[i] == gid)
			return 1;
	return credentials->groups_known ? 0 : SHMG_U8_UNKNOWN;
}

static bool owns(const struct shmg_object *object, const struct shmg_credentials *credentials)
{
	if (object->kind != SHMG_KIND_SYSV)
		return credentials->fsuid == object->uid;
	return credentials->euid == object->uid || credentials->euid == object->creator_uid;
}

/* 1, 0 or unknown: whether the mode grants writing. One class counts, as in the kernel: owner, else group, else others.
 */
static uint8_t mode_grants(const struct shmg_object *object, const struct shmg_credentials *credentials)
{
	uint32_t mode = object->mode;

	if (mode == SHMG_U32_UNKNOWN || object->uid == SHMG_U32_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	if (owns(object, credentials))
		return (mode & 0200) != 0;
	if ((mode & 0020) == 0 && (mode & 0002) == 0)
		return 0;
	if ((mode & 0020) && (mode & 0002))
		return 1;
	uint8_t member = in_group(credentials, object->gid, object->kind == SHMG_KIND_SYSV);
	if (member == SHMG_U8_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	return member ? (mode & 0020) != 0 : (mode & 0002) != 0;
}

static uint8_t overrides(const struct shmg_object *object, const struct shmg_credentials *credentials)
{
	unsigned capability = object->kind == SHMG_KIND_SYSV ? CAP_IPC_OWNER : CAP_DAC_OVERRIDE;

	if (credentials->capabilities == SHMG_U64_UNKNOWN)
		return SHMG_U8_UNKNOWN;
	if (!(credentials->capabilities >> capability & 1))
		return 0;
	return credentials->capabilities_count;
}

/* Collects the ways; false when one of them could not be looked at. */
static bool find_ways(const struct shmg_access_question *question, uint32_t *ret_ways)
{
	const struct shmg_object *object = question->object;
	const struct shmg_credentials *credentials = question->credentials;
	uint32_t access = question->hold->access, ways = 0;
	bool sure = true;

	if (access == SHMG_U32_UNKNOWN) {
		sure = false;
		access = 0;
	}
	ways |= access & SHMG_ACCESS_WRITE ? SHMG_WAY_MAPPING : 0u;
	ways |= access & SHMG_ACCESS_FD_WRITE ? SHMG_WAY_DESCRIPTOR : 0u;
	ways |= question->may_mprotect == 1 ? SHMG_WAY_MPROTECT : 0u;
	sure = sure && question->may_mprotect != SHMG_U8_UNKNOWN;
	*ret_ways = ways;
	if (question->reachable == 0)
		return sure;
	if (!credentials || question->reachable == SHMG_U8_UNKNOWN)
		return false;

	uint8_t mode = mode_grants(object, credentials), capability = overrides(object, credentials);
	ways |= mode == 1 ? SHMG_WAY_MODE : 0u;
	ways |= object->uid != SHMG_U32_UNKNOWN && owns(object, credentials) ? SHMG_WAY_OWNER : 0u;
	ways |= capability == 1 ? SHMG_WAY_CAPABILITY : 0u;
	*ret_ways = ways;
	return sure && mode != SHMG_U8_UNKNOWN && capability != SHMG_U8_UNKNOWN;
}

/* The ways that seals leave open; a mapping older than F_SEAL_FUTURE_WRITE keeps what it has, nothing new is granted.
 */
static uint32_t unsealed_ways(uint32_t seals)
{
	if (seals == SHMG_U32_UNKNOWN)
		return UINT32_MAX;
	if (seals & SHMG_SEAL_WRITE)
		return 0;
	return seals & SHMG_SEAL_FUTURE_WRITE ? SHMG_WAY_MAPPING | SHMG_WAY_MPROTECT : UINT32_MAX;
}

static const char *reason_of(uint32_t ways)
{
	if (ways & SHMG_WAY_MAPPING)
		return "has a shared writable mapping";
	if (ways & SHMG_WAY_MPROTECT)
		return "mprotect may make its shared mapping writable";
	if (ways & SHMG_WAY_DESCRIPTOR)
		return "has a descriptor open for writing";
	if (ways & SHMG_WAY_MODE)
		return "the mode lets it open or attach it for writing";
	if (ways & SHMG_WAY_OWNER)
		return "owns it and can change its mode";
	return "its capabilities override the mode";
}

void shmg_holder_judge(const struct shmg_access_question *question, struct shmg_holder *holder)
{
	const struct shmg_object *object = question->object;
	uint32_t ways;
	bool sure = find_ways(question, &ways);
	uint32_t unsealed = unsealed_ways(object->seals);
	uint32_t left = ways & unsealed;

	/* Where seals forbid everything but mappings, only these must have been seen. */
	if (unsealed != UINT32_MAX)
		sure = unsealed == 0 ||
		       (question->hold->access != SHMG_U32_UNKNOWN && question->may_mprotect != SHMG_U8_UNKNOWN);
	/* What is no mapping yet, an unseen seal may forbid. */
	if (object->kind == SHMG_KIND_MEMFD && object->seals == SHMG_U32_UNKNOWN && ways) {
		left &= SHMG_WAY_MAPPING | SHMG_WAY_MPROTECT;
		sure = false;
	}

	holder->ways = left ? left : ways;
	if (left) {
		holder->writes = left & SHMG_WAY_MAPPING ? SHMG_WRITES_NOW : SHMG_WRITES_POSSIBLE;
		holder->reason = reason_of(left);
	} else if (!sure) {
		holder->writes = SHMG_U8_UNKNOWN;
		holder->reason = "not all of its mappings, descriptors, seals and credentials could be seen";
	} else if (unsealed != UINT32_MAX) {
		holder->writes = SHMG_WRITES_SEALED;
		holder->reason = "sealed against writing";
	} else {
		holder->writes = SHMG_WRITES_NO;
		holder->reason = "no way was found";
	}
}
