/* SPDX-License-Identifier: MIT */
/* One object as a record for the eye and for JSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/ls.h"

/* The words of facts/tables.c, which a constant record cannot take from there; a test compares them. */
static const char *const kinds[] = { "sysv", "posix", "semaphore", "memfd", "anonymous", "hugetlb", "tmpfs", NULL };
static const char *const file_types[] = { "file", "directory", "symlink", "fifo", "socket", "device", NULL };
static const char *const pid_states[] = { "running", "gone", "reused", "elsewhere", NULL };
static const char *const flags[] = { "unlinked", "marked", "locked", "huge", "unseen-holders", NULL };
static const char *const states[] = { "live", "unlinked", "marked", NULL };
static const char *const seals[] = { "seal", "shrink", "grow", "write", "future-write", "exec", NULL };

#define HOLDER(member, type, help) SHMG_FIELD(struct shmg_ls_holder, member, SHMG_TYPE_##type, NULL, false, help)
static const struct shmg_field holder_fields[] = {
	HOLDER(pid, NUMBER, "process"),
	HOLDER(command, TEXT, "its name"),
	HOLDER(uid, NUMBER, "its effective user"),
	HOLDER(maps, NUMBER, "how many mappings of the object it has"),
	HOLDER(fds, NUMBER, "how many descriptors of the object it has"),
	HOLDER(bytes, SIZE, "bytes that it maps"),
};
#undef HOLDER
static const struct shmg_record_type holder_type =
	SHMG_RECORD_TYPE("ls_holder", "one process that holds an object", struct shmg_ls_holder, holder_fields);

#define ROW(member, type, heading, common, help) \
	SHMG_FIELD(struct shmg_ls_row, member, SHMG_TYPE_##type, heading, common, help)
#define FACT_NAMES(name_, member, type_, heading_, common_, names_, help_)                                   \
	{                                                                                                    \
		.name = name_, .heading = (heading_), .help = (help_), .type = SHMG_TYPE_##type_,            \
		.offset = offsetof(struct shmg_object, member),                                              \
		.size = sizeof(((struct shmg_object *)NULL)->member),                                        \
		.digits = SHMG_DIGITS(struct shmg_object, member), .common = (common_), .names = (names_)    \
	}
#define FACT(member, type, heading, common, help) FACT_NAMES(#member, member, type, heading, common, NULL, help)

static const struct shmg_field ls_fields[] = {
	ROW(object, TEXT, "OBJECT", true, "what to call it; shmguard show takes the same"),
	FACT_NAMES("kind", kind, ENUM, "KIND", true, kinds, "what kind of shared memory it is"),
	FACT(size, SIZE, "SIZE", true, "size"),
	FACT(resident, SIZE, "RESIDENT", true, "how much of it takes up memory or swap now"),
	ROW(owner, TEXT, "OWNER", true, "user that owns it"),
	ROW(group, TEXT, "GROUP", false, "group that owns it"),
	FACT(mode, MODE, "MODE", true, "permission, set-id and sticky bits"),
	ROW(holders, TEXT, "HOLDERS", true,
	    "processes that map it, their mappings (2/5: two of five that the kernel counts were seen), and processes "
	    "that only hold a descriptor"),
	ROW(creator, TEXT, "CREATOR", true,
	    "process that created a System V segment; gone, or reused when its number now is another process"),
	ROW(last, TEXT, "LAST", false, "process that last attached or detached a System V segment"),
	ROW(age, TEXT, "AGE", true, "time since it was created or, where that is not recorded, last changed"),
	SHMG_FIELD_NAMES(struct shmg_ls_row, state, SHMG_TYPE_ENUM, "STATE", false, states,
			 "live; unlinked: a file without a name, which goes with its last holder; marked for removal: "
			 "a System V segment that goes with its last attach"),
	FACT(namespace, TEXT, "NAMESPACE", false, "IPC or mount namespace that it was found in; host: the host's own"),
	FACT(unit, TEXT, "UNIT", false, "systemd unit or container of its creator or holders"),
	SHMG_FIELD_NAMES(struct shmg_ls_row, verdict, SHMG_TYPE_ENUM, "VERDICT", false, shmg_orphan_names,
			 "whether it was left behind"),
	ROW(why, TEXT, "WHY", false, "why the verdict is what it is"),
	FACT(name, TEXT, "NAME", false, "name or path, as the programs that use it know it"),
	FACT(id, NUMBER, "ID", false, "System V identifier (shmid)"),
	SHMG_FIELD_HEX32(struct shmg_object, key, "KEY", false, "System V key; 0 is IPC_PRIVATE"),
	FACT_NAMES("type", file_type, ENUM, "TYPE", false, file_types, "file type; all that holds memory is a file"),
	FACT(swapped, SIZE, "SWAPPED", false, "how much of a System V segment is in swap"),
	FACT(uid, NUMBER, "UID", false, "owner's number"),
	FACT(gid, NUMBER, "GID", false, "group's number"),
	FACT(creator_uid, NUMBER, "CUID", false, "number of the user that created a System V segment"),
	FACT_NAMES("creator_pid", creator, NUMBER, "CPID", false, NULL, "pid that created a System V segment"),
	FACT_NAMES("creator_state", creator_state, ENUM, "CSTATE", false, pid_states, "what became of it"),
	FACT_NAMES("last_pid", last, NUMBER, "LPID", false, NULL, "pid of the last shmat or shmdt"),
	FACT_NAMES("last_state", last_state, ENUM, "LSTATE", false, pid_states, "what became of it"),
	FACT(mappers, NUMBER, "MAPPERS", false, "processes that map it"),
	FACT(openers, NUMBER, "OPENERS", false, "processes that only hold a descriptor of it"),
	FACT(maps, NUMBER, "MAPS", false, "mappings seen, of all processes"),
	FACT(nattch, NUMBER, "NATTCH", false, "mappings of a System V segment as the kernel counts them"),
	FACT(created, TIME, "CREATED", false, "when a file was born"),
	FACT(changed, TIME, "CHANGED", false, "last change of owner, mode or, for System V, creation"),
	FACT(modified, TIME, "MODIFIED", false, "last write(2) or resize of a file; stores into a mapping do not show"),
	FACT(attached, TIME, "ATTACHED", false, "last shmat; unknown: never"),
	FACT(detached, TIME, "DETACHED", false, "last shmdt; unknown: never"),
	FACT(nlink, NUMBER, "LINKS", false, "number of names"),
	FACT_NAMES("flags", flags, FLAGS, "FLAGS", false, flags,
		   "unlinked, marked for removal, locked, huge pages, holders that could not be seen"),
	FACT_NAMES("seals", seals, FLAGS, "SEALS", false, seals, "seals of a memfd"),
	FACT(target, TEXT, "TARGET", false, "where a symbolic link points"),
	FACT(dev, HEX, "DEV", false, "device of the file behind it"),
	FACT(ino, NUMBER, "INODE", false, "inode of the file behind it"),
	SHMG_FIELD_LIST(struct shmg_ls_row, held_by, &holder_type, "the processes that hold it"),
};
const struct shmg_record_type shmg_ls_type =
	SHMG_RECORD_TYPE("object", "one shared-memory object", struct shmg_ls_row, ls_fields);

enum {
	PART_OBJECT = 1u << 0,
	PART_OWNER = 1u << 1,
	PART_GROUP = 1u << 2,
	PART_HOLDERS = 1u << 3,
	PART_CREATOR = 1u << 4,
	PART_LAST = 1u << 5,
	PART_AGE = 1u << 6,
	PART_VERDICT = 1u << 7,
	PART_HELD_BY = 1u << 8,
	PART_STATE = 1u << 9,
};

static unsigned part_of(const struct shmg_field *field)
{
	if (field->offset < sizeof(struct shmg_object))
		return 0;
	switch (field->offset) {
	case offsetof(struct shmg_ls_row, object):
		return PART_OBJECT;
	case offsetof(struct shmg_ls_row, owner):
		return PART_OWNER;
	case offsetof(struct shmg_ls_row, group):
		return PART_GROUP;
	case offsetof(struct shmg_ls_row, holders):
		return PART_HOLDERS;
	case offsetof(struct shmg_ls_row, creator):
		return PART_CREATOR;
	case offsetof(struct shmg_ls_row, last):
		return PART_LAST;
	case offsetof(struct shmg_ls_row, age):
		return PART_AGE;
	case offsetof(struct shmg_ls_row, verdict):
	case offsetof(struct shmg_ls_row, why):
		return PART_VERDICT;
	case offsetof(struct shmg_ls_row, state):
		return PART_STATE;
	default:
		return PART_HELD_BY;
	}
}

/* Text put together without printf, which would be most of the cost of a long list. */
struct text {
	char *at, *end; /* *at is the NUL; end is past the buffer */
};

static void put(struct text *text, const char *word)
{
	while (*word && text->at + 1 < text->end)
		*text->at++ = *word++;
	*text->at = '\0';
}

static void put_number(struct text *text, uint64_t number)
{
	char digits[21];
	char *digit = digits + sizeof digits - 1;

	*digit = '\0';
	do
		*--digit = (char)('0' + number % 10);
	while (number /= 10);
	put(text, digit);
}

static void put_count(struct text *text, uint64_t count, const char *noun)
{
	put_number(text, count);
	put(text, noun);
	if (count != 1)
		put(text, "s");
}

#define TEXT(buffer) { (buffer), (buffer) + sizeof(buffer) }

/* Who holds it, as far as that could be seen, against what the kernel counts. */
static const char *describe_holders(struct shmg_ls_maker *maker, const struct shmg_object *object)
{
	struct text text = TEXT(maker->holders);
	bool counted = object->nattch != SHMG_U64_UNKNOWN;

	if (object->mappers == SHMG_U32_UNKNOWN)
		return NULL;
	*text.at = '\0';
	if (object->mappers) {
		put_count(&text, object->mappers, " proc");
		if (counted && object->nattch > object->maps) {
			put(&text, " ");
			put_number(&text, object->maps);
			put(&text, "/");
			put_count(&text, object->nattch, " map");
		} else if (object->maps != object->mappers) {
			put(&text, " ");
			put_count(&text, object->maps, " map");
		}
	} else if (counted && object->nattch) {
		put_count(&text, object->nattch, " map");
		put(&text, " unseen");
	}
	if (object->openers != SHMG_U32_UNKNOWN && object->openers) {
		put(&text, text.at == maker->holders ? "" : " +");
		put_count(&text, object->openers, " fd");
	}
	if (text.at != maker->holders)
		return maker->holders;
	if (object->lease == SHMG_LEASE_REFUSED)
		return "held, unseen";
	/* The kernel's own count, or its lease. No scan sees every holder: a descriptor in flight is in no process. */
	if (counted || object->lease == SHMG_LEASE_FREE)
		return "none";
	return "none seen";
}

static const struct shmg_process *find_process(const struct shmg_facts *facts, uint32_t pid)
{
	size_t low = 0, high = facts->processes.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct shmg_process *process = &facts->processes.items[middle];
		if (process->pid == pid)
			return process;
		if (process->pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const char *describe_pid(const struct shmg_facts *facts, uint32_t pid, uint8_t state, char *buffer, size_t size)
{
	struct text text = { buffer, buffer + size };
	const struct shmg_process *process = NULL;

	if (pid == SHMG_U32_UNKNOWN)
		return NULL;
	if (state == SHMG_PID_ELSEWHERE)
		return "elsewhere";
	if (state == SHMG_PID_RUNNING)
		process = find_process(facts, pid);
	put_number(&text, pid);
	if (state == SHMG_PID_GONE)
		put(&text, " gone");
	else if (state == SHMG_PID_REUSED)
		put(&text, " reused");
	else if (process && process->comm) {
		put(&text, " ");
		put(&text, process->comm);
	}
	return buffer;
}

/* Pid 0 with no time of an attach: the kernel never recorded one. */
static const char *describe_last(struct shmg_ls_maker *maker, const struct shmg_object *object)
{
	if (object->last == 0 && object->attached == SHMG_TIME_UNKNOWN && object->detached == SHMG_TIME_UNKNOWN)
		return "never attached";
	return describe_pid(maker->ls->facts, object->last, object->last_state, maker->last, sizeof maker->last);
}

enum shmg_ls_state shmg_ls_state_of(const struct shmg_object *object)
{
	/* A memfd, and anonymous memory, never had a name. */
	bool nameless = object->kind == SHMG_KIND_MEMFD || object->kind == SHMG_KIND_ANONYMOUS || !object->name;

	if (object->flags == SHMG_U32_UNKNOWN)
		return SHMG_LS_LIVE;
	if (object->kind == SHMG_KIND_SYSV)
		return object->flags & SHMG_OBJECT_MARKED ? SHMG_LS_MARKED : SHMG_LS_LIVE;
	return object->flags & SHMG_OBJECT_UNLINKED && !nameless ? SHMG_LS_UNLINKED : SHMG_LS_LIVE;
}

static const char *describe_age(struct shmg_ls_maker *maker, const struct shmg_object *object)
{
	int64_t born = object->created != SHMG_TIME_UNKNOWN ? object->created : object->changed;
	int64_t now = maker->ls->facts->host.items->taken;
	int64_t age;

	if (born == SHMG_TIME_UNKNOWN || now == SHMG_TIME_UNKNOWN || __builtin_sub_overflow(now, born, &age))
		return NULL;
	return shmg_format_age(age > 0 ? age : 0, maker->age);
}

static void list_holders(struct shmg_ls_maker *maker, uint32_t object)
{
	const struct shmg_facts *facts = maker->ls->facts;

	maker->row.held_by.count = 0;
	for (uint32_t i = maker->first[object]; i < maker->first[object + 1]; i++) {
		const struct shmg_hold *hold = &facts->holds.items[maker->holds[i]];
		const struct shmg_process *process = &facts->processes.items[hold->process];
		/* There is room: shmg_ls_maker_open asked for the largest list. */
		maker->row.held_by.items[maker->row.held_by.count++] = (struct shmg_ls_holder){
			.command = process->comm,
			.bytes = hold->bytes,
			.pid = process->pid,
			.uid = process->uid,
			.maps = hold->maps,
			.fds = hold->fds,
		};
	}
}

const void *shmg_ls_maker_at(void *context, size_t index)
{
	struct shmg_ls_maker *maker = context;
	const struct shmg_ls *ls = maker->ls;
	const struct shmg_object *object = &ls->facts->objects.items[ls->rows[index]];
	struct shmg_ls_row *row = &maker->row;
	unsigned parts = maker->parts;

	row->of = *object;
	if (parts & PART_OBJECT)
		row->object = shmg_object_ident(object, maker->object);
	if (parts & PART_OWNER)
		row->owner = shmg_names_user(ls->names, object->uid);
	if (parts & PART_GROUP)
		row->group = shmg_names_group(ls->names, object->gid);
	if (parts & PART_HOLDERS)
		row->holders = describe_holders(maker, object);
	if (parts & PART_CREATOR)
		row->creator = describe_pid(ls->facts, object->creator, object->creator_state, maker->creator,
					    sizeof maker->creator);
	if (parts & PART_LAST)
		row->last = describe_last(maker, object);
	if (parts & PART_AGE)
		row->age = describe_age(maker, object);
	if (parts & PART_STATE)
		row->state = (uint8_t)shmg_ls_state_of(object);
	if (parts & PART_VERDICT) {
		row->verdict =
			(uint8_t)shmg_object_orphan(ls->facts, ls->policy, object, maker->why, sizeof maker->why);
		row->why = maker->why;
	}
	if (parts & PART_HELD_BY)
		list_holders(maker, ls->rows[index]);
	return row;
}

/* Holds are listed by process; this lists them by object (a counting sort). */
static int index_holds(struct shmg_ls_maker *maker)
{
	const struct shmg_facts *facts = maker->ls->facts;
	uint32_t largest = 0, sum = 0;

	maker->first = calloc(facts->objects.count + 2, sizeof *maker->first);
	maker->holds = malloc((facts->holds.count + 1) * sizeof *maker->holds);
	if (!maker->first || !maker->holds)
		return -ENOMEM;
	uint32_t *next = maker->first + 1; /* counts, then where the next one goes; in the end, where each list ends */
	SHMG_FOREACH(hold, &facts->holds)
		next[hold->object]++;
	for (size_t i = 0; i < facts->objects.count; i++) {
		uint32_t count = next[i];
		largest = count > largest ? count : largest;
		next[i] = sum;
		sum += count;
	}
	SHMG_FOREACH(hold, &facts->holds)
		maker->holds[next[hold->object]++] = (uint32_t)(hold - facts->holds.items);
	maker->row.held_by.items = malloc((largest + (size_t)1) * sizeof *maker->row.held_by.items);
	return maker->row.held_by.items ? 0 : -ENOMEM;
}

int shmg_ls_maker_open(struct shmg_ls_maker *maker, const struct shmg_ls *ls, const struct shmg_columns *columns)
{
	*maker = (struct shmg_ls_maker){ .ls = ls };
	shmg_record_set_unknown(&shmg_ls_type, &maker->row);
	if (!columns)
		for (size_t i = 0; i < shmg_ls_type.field_count; i++)
			maker->parts |= part_of(&shmg_ls_type.fields[i]);
	else
		for (size_t i = 0; i < columns->count; i++)
			maker->parts |= part_of(columns->fields[i]);
	if (!ls->policy)
		maker->parts &= ~(unsigned)PART_VERDICT;
	return maker->parts & PART_HELD_BY ? index_holds(maker) : 0;
}

void shmg_ls_maker_close(struct shmg_ls_maker *maker)
{
	free(maker->first);
	free(maker->holds);
	shmg_array_clear(&maker->row.held_by);
	maker->first = maker->holds = NULL;
}

bool shmg_ls_columns_judge(const struct shmg_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++)
		if (part_of(columns->fields[i]) == PART_VERDICT)
			return true;
	return false;
}
