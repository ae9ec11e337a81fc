/* SPDX-License-Identifier: MIT */
#include "cmd/show.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cmd/document.h"
#include "cmd/facts_source.h"
#include "cmd/ls.h"
#include "cmd/verb.h"
#include "cmd/wrap.h"
#include "facts/detail.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"

static const struct shmg_section_shape object_shapes[] = {
	{ "host", &shmg_host_type, true },         { "object", &shmg_ls_type, true },
	{ "mappings", &shmg_mapping_type, false }, { "holders", &shmg_holder_type, false },
	{ "limits", &shmg_limit_type, false },     { "coverage", &shmg_coverage_type, false },
};
const struct shmg_document shmg_document_show = { "show",
						  "What shmguard show OBJECT prints: one shared-memory object in depth",
						  object_shapes, sizeof object_shapes / sizeof *object_shapes };

static const struct shmg_section_shape process_shapes[] = {
	{ "host", &shmg_host_type, true },         { "process", &shmg_process_type, true },
	{ "mappings", &shmg_mapping_type, false }, { "holders", &shmg_holder_type, false },
	{ "limits", &shmg_limit_type, false },     { "coverage", &shmg_coverage_type, false },
};
const struct shmg_document shmg_document_show_process = {
	"show-process", "What shmguard show PID prints: the shared memory of one process in depth", process_shapes,
	sizeof process_shapes / sizeof *process_shapes
};

enum { OPTION_NAMESPACE = SHMG_OPTION_OWN };

static const struct shmg_option options[] = {
	{ .id = OPTION_NAMESPACE,
	  .name = "namespace",
	  .letter = 'n',
	  .argument = "NAMESPACE",
	  .help = "of several objects of one name, that of this namespace: host, ipc:INODE, mnt:INODE, or the inode "
		  "alone" },
	SHMG_OPTION_ROW_FORMAT(shmg_formats),
	SHMG_OPTION_ROW_FROM,
	SHMG_OPTION_ROW_ROOT,
	SHMG_OPTION_ROW_POLICY,
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

#define CANDIDATES_MAX 20

/* What was asked for, and what it was asked of. */
struct show {
	struct shmg_facts_source source;
	const char *operand, *namespace;
	bool json;
	struct shmg_facts *facts;
	struct shmg_policy *policy;
	struct shmg_names names;
	struct shmg_detail *detail;
};

static void close_show(struct show *show)
{
	shmg_detail_free(&show->detail);
	shmg_names_close(&show->names);
	shmg_policy_free(&show->policy);
	shmg_facts_free(&show->facts);
}

static bool is_number(const char *text)
{
	return *text && text[strspn(text, "0123456789")] == '\0';
}

/* --- as tables --- */

#define LABEL_WIDTH 12

static void print_field(const struct shmg_record_type *type, const void *record, const char *label, const char *name)
{
	const struct shmg_field *field = shmg_record_field(type, name);
	char value[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX)];

	if (!field || !shmg_field_is_known(field, record))
		return;
	if (strcmp(name, "flags") == 0 && shmg_field_number(field, record) == 0)
		return; /* nothing that is out of the ordinary */
	(void)shmg_cell_format(field, record, value, sizeof value);
	(void)printf("%-*s", LABEL_WIDTH, label);
	if (strcmp(name, "why") == 0)
		shmg_wrap_print(stdout, value, LABEL_WIDTH, LABEL_WIDTH, shmg_wrap_width(stdout));
	else
		(void)puts(value);
}

struct line {
	const char *label, *field;
};

static void print_lines(const struct shmg_record_type *type, const void *record, const struct line *lines)
{
	for (; lines->label; lines++)
		print_field(type, record, lines->label, lines->field);
}

static const struct line object_lines[] = {
	{ "object", "object" },
	{ "kind", "kind" },
	{ "namespace", "namespace" },
	{ "unit", "unit" },
	{ "size", "size" },
	{ "resident", "resident" },
	{ "swapped", "swapped" },
	{ "owner", "owner" },
	{ "group", "group" },
	{ "mode", "mode" },
	{ "type", "type" },
	{ "target", "target" },
	{ "key", "key" },
	{ "inode", "ino" },
	{ "links", "nlink" },
	{ "flags", "flags" },
	{ "seals", "seals" },
	{ "created", "created" },
	{ "changed", "changed" },
	{ "modified", "modified" },
	{ "attached", "attached" },
	{ "detached", "detached" },
	{ "age", "age" },
	{ "creator", "creator" },
	{ "last user", "last" },
	{ "holders", "holders" },
	{ "verdict", "verdict" },
	{ "because", "why" },
	{ NULL, NULL },
};

static const struct line process_lines[] = {
	{ "pid", "pid" },
	{ "command", "comm" },
	{ "unit", "unit" },
	{ "parent", "ppid" },
	{ "uid", "uid" },
	{ "gid", "gid" },
	{ "started", "started" },
	{ "shared", "shared_bytes" },
	{ "resident", "rss_shmem" },
	{ "locked", "locked" },
	{ "IPC ns", "ipc_ns" },
	{ "mount ns", "mnt_ns" },
	{ "pid ns", "pid_ns" },
	{ "user ns", "user_ns" },
	{ "core dump", "coredump_filter" },
	{ "flags", "flags" },
	{ NULL, NULL },
};

static int print_table(const char *title, struct shmg_source source, const struct shmg_record_type *type,
		       const char *columns, const char *empty)
{
	struct shmg_style style = shmg_style_of(stdout);
	struct shmg_columns chosen;

	(void)printf("\n%s\n", title);
	if (source.count == 0) {
		(void)puts(empty);
		return 0;
	}
	source.type = type;
	int code = shmg_columns_choose(type, columns, &chosen, NULL);
	chosen.wrap = true;
	return code < 0 ? code : shmg_table_print(stdout, &source, &chosen, &style);
}

/* A limit with its numbers in words. */
struct limit_line {
	const char *of, *limit, *used, *most, *then;
	char used_text[48], most_text[48], name[64];
};
#define F(member, heading) SHMG_FIELD(struct limit_line, member, SHMG_TYPE_TEXT, heading, true, "")
static const struct shmg_field limit_fields[] = {
	F(of, "OF"), F(limit, "LIMIT"), F(used, "USED"), F(most, "AT MOST"), F(then, "THEN"),
};
#undef F
static const struct shmg_record_type limit_line_type =
	SHMG_RECORD_TYPE("limit", "one limit", struct limit_line, limit_fields);

static const char *amount(uint64_t value, uint8_t unit, char *buffer, size_t size)
{
	static const char *const words[] = { "", " pages", " segments", " inodes" };
	char text[24];

	if (value == SHMG_U64_UNKNOWN)
		return NULL;
	if (value == UINT64_MAX)
		return "unlimited";
	if (unit == SHMG_LIMIT_BYTES)
		(void)snprintf(buffer, size, "%s", shmg_format_size(value, text));
	else
		(void)snprintf(buffer, size, "%" PRIu64 "%s", value, words[unit]);
	return buffer;
}

struct limit_lines {
	const struct shmg_limits *limits;
	struct limit_line line;
};

static const void *limit_line_at(void *context, size_t index)
{
	struct limit_lines *lines = context;
	const struct shmg_limit *limit = &lines->limits->rows.items[index];
	struct limit_line *line = &lines->line;

	line->of = limit->scope;
	line->limit = limit->name;
	line->then = limit->effect;
	line->used = amount(limit->used, limit->unit, line->used_text, sizeof line->used_text);
	/* The kernel's shmmax and shmall of "no limit" are a little less than the largest number. */
	uint64_t most = limit->limit != SHMG_U64_UNKNOWN && limit->limit > INT64_MAX ? UINT64_MAX : limit->limit;
	line->most = amount(most, limit->unit, line->most_text, sizeof line->most_text);
	return line;
}

static bool any_mapping(const struct shmg_detail *detail, bool (*is)(const struct shmg_mapping *mapping))
{
	SHMG_FOREACH(mapping, &detail->mappings)
		if (is(mapping))
			return true;
	return false;
}

static bool is_keyed(const struct shmg_mapping *mapping)
{
	return mapping->protection_key != SHMG_U32_UNKNOWN;
}

static bool is_noted(const struct shmg_mapping *mapping)
{
	return mapping->flags != 0;
}

/* What it takes to explain a "?". */
static bool any_unknown(const struct shmg_detail *detail)
{
	SHMG_FOREACH(holder, &detail->holders)
		if (holder->writes == SHMG_U8_UNKNOWN)
			return true;
	return false;
}

static int print_detail(const struct shmg_detail *detail, bool of_object)
{
	struct shmg_source mappings = SHMG_SOURCE_OF(&detail->mappings), holders = SHMG_SOURCE_OF(&detail->holders);
	struct limit_lines lines = { .limits = &detail->limits };
	struct shmg_source limits = { .count = detail->limits.rows.count, .at = limit_line_at, .context = &lines };
	char columns[128];

	(void)snprintf(columns, sizeof columns, "%s,maps,fds,bytes,writes,ways%s",
		       of_object ? "pid,uid,comm" : "object", any_unknown(detail) ? ",reason" : "");
	int code = print_table(of_object ? "Who holds it, and can write" : "What it holds, and can write", holders,
			       &shmg_holder_type, columns,
			       of_object ? "nobody that could be seen" : "no shared memory that could be seen");
	(void)snprintf(columns, sizeof columns, "%sstart,size,declared,enforced%s%s", of_object ? "pid," : "",
		       any_mapping(detail, is_keyed) ? ",protection_key" : "", of_object ? "" : ",name");
	if (code == 0)
		code = print_table("Mappings: declared, and as the processor enforces it", mappings, &shmg_mapping_type,
				   columns, "none that could be seen");
	(void)snprintf(columns, sizeof columns, "%sstart,pages,present,swapped,soft_dirty,guard%s",
		       of_object ? "pid," : "", any_mapping(detail, is_noted) ? ",flags" : "");
	if (code == 0 && mappings.count)
		code = print_table("Pages of each mapping, by the process's own page tables", mappings,
				   &shmg_mapping_type, columns, "");
	return code ? code : print_table("Limits", limits, &limit_line_type, NULL, "none that could be seen");
}

/* --- one object, one process --- */

/* What the closer look could not see joins what the first one could not. */
static int merge_coverage(struct show *show)
{
	SHMG_FOREACH(gap, &show->detail->coverage) {
		/* Where there is no mapping, nothing is missing of its pages. */
		if (show->detail->mappings.count == 0 && strncmp(gap->what, "pages dirty", strlen("pages dirty")) == 0)
			continue;
		for (uint64_t i = 0; i < gap->count; i++)
			if (shmg_facts_note_gap(show->facts, gap->what, gap->why, gap->affects_objects))
				return -ENOMEM;
	}
	return 0;
}

static int print_object(struct show *show, uint32_t row)
{
	struct shmg_ls ls = {
		.facts = show->facts, .policy = show->policy, .names = &show->names, .rows = &row, .count = 1
	};
	SHMG_AUTO_FREE struct shmg_ls_maker *maker = malloc(sizeof *maker);
	bool live = !show->source.from && !show->source.root;

	if (!maker)
		return -ENOMEM;
	int code = shmg_detail_object(show->facts, row, live, &show->detail);
	if (code == 0)
		code = merge_coverage(show);
	if (code < 0)
		return code;
	code = shmg_ls_maker_open(maker, &ls, NULL);
	struct shmg_source object = { &shmg_ls_type, 1, shmg_ls_maker_at, maker };
	if (code == 0 && show->json) {
		const struct shmg_source sources[] = {
			SHMG_SOURCE_OF(&show->facts->host),         object,
			SHMG_SOURCE_OF(&show->detail->mappings),    SHMG_SOURCE_OF(&show->detail->holders),
			SHMG_SOURCE_OF(&show->detail->limits.rows), SHMG_SOURCE_OF(&show->facts->coverage),
		};
		code = shmg_document_print(stdout, &shmg_document_show, sources);
	} else if (code == 0) {
		print_lines(&shmg_ls_type, shmg_ls_maker_at(maker, 0), object_lines);
		code = print_detail(show->detail, true);
	}
	shmg_ls_maker_close(maker);
	return code;
}

static int print_process(struct show *show, uint32_t row)
{
	bool live = !show->source.from && !show->source.root;
	int code = shmg_detail_process(show->facts, row, live, &show->detail);

	if (code == 0)
		code = merge_coverage(show);
	if (code < 0)
		return code;
	struct shmg_process *process = &show->facts->processes.items[row];
	if (show->json) {
		const struct shmg_source sources[] = {
			SHMG_SOURCE_OF(&show->facts->host),         { .count = 1, .context = process },
			SHMG_SOURCE_OF(&show->detail->mappings),    SHMG_SOURCE_OF(&show->detail->holders),
			SHMG_SOURCE_OF(&show->detail->limits.rows), SHMG_SOURCE_OF(&show->facts->coverage),
		};
		return shmg_document_print(stdout, &shmg_document_show_process, sources);
	}
	print_lines(&shmg_process_type, process, process_lines);
	return print_detail(show->detail, false);
}

static int finish(const struct show *show, int code)
{
	int status = shmg_finish_output(code, SHMG_EXIT_CLEAN);

	if (!show->json)
		shmg_coverage_print(show->facts, stderr);
	return status;
}

/* --- which one is meant --- */

struct idents {
	const struct shmg_facts *facts;
	struct shmg_pool *pool; /* the nearest must outlast the next */
};

static const char *ident_at(const void *context, size_t index)
{
	const struct idents *idents = context;
	char ident[SHMG_OBJECT_IDENT_MAX];

	if (index >= idents->facts->objects.count)
		return NULL;
	const char *text = shmg_object_ident(&idents->facts->objects.items[index], ident);
	return shmg_pool_intern(idents->pool, text, strlen(text));
}

static int say_no_object(const struct show *show)
{
	struct shmg_pool pool SHMG_CLEANUP(shmg_pool_clear) = { 0 };
	const struct idents idents = { show->facts, &pool };
	char escaped[SHMG_ESCAPED_MAX(128)] = "";
	struct shmg_error error;

	const char *nearest = shmg_nearest(show->operand, ident_at, &idents);
	if (nearest && shmg_escape(nearest, strlen(nearest), escaped, sizeof escaped) < 0)
		nearest = NULL;
	(void)shmg_error_set(
		&error, -ENOENT, show->operand, "no such object%s%s among the %zu seen in %zu namespaces%s%s%s",
		show->namespace ? " in " : "", show->namespace ? show->namespace : "", show->facts->objects.count,
		show->facts->namespaces.count, nearest ? "; did you mean " : "", nearest ? escaped : "",
		nearest ? "?" : "; shmguard ls --all lists them");
	int status = shmg_say_failure("show", &error);
	shmg_coverage_print(show->facts, stderr);
	return status;
}

static int say_ambiguous(const struct show *show, const struct shmg_show_matches *matches)
{
	char ident[SHMG_OBJECT_IDENT_MAX], escaped[SHMG_ESCAPED_MAX(SHMG_OBJECT_IDENT_MAX)], size[24];

	(void)shmg_escape(show->operand, strnlen(show->operand, 255), escaped, sizeof escaped);
	int status = shmg_say_usage(
		"show",
		"%s may mean %zu objects; --namespace, or a file's #INODE after its name, tells them apart:", escaped,
		matches->rows.count);
	for (size_t i = 0; i < matches->rows.count && i < CANDIDATES_MAX; i++) {
		const struct shmg_object *object = &show->facts->objects.items[matches->rows.items[i]];
		const char *text = shmg_object_ident(object, ident);
		(void)shmg_escape(text, strlen(text), escaped, sizeof escaped);
		(void)fprintf(stderr, "  %s  inode %" PRIu64 "  %s  namespace %s\n", escaped, object->ino,
			      object->size == SHMG_U64_UNKNOWN ? "?" : shmg_format_size(object->size, size),
			      object->namespace ? object->namespace : "none");
	}
	if (matches->rows.count > CANDIDATES_MAX)
		(void)fprintf(stderr, "  and %zu more\n", matches->rows.count - CANDIDATES_MAX);
	return status;
}

static int show_object(struct show *show)
{
	struct shmg_show_matches matches = { 0 };
	int code = shmg_show_find(show->facts, show->operand, show->namespace, &matches);
	int status;

	if (code < 0)
		status = shmg_say_code(code, "looking for the object");
	else if (matches.rows.count == 0)
		status = say_no_object(show);
	else if (matches.rows.count > 1)
		status = say_ambiguous(show, &matches);
	else
		status = finish(show, print_object(show, matches.rows.items[0]));
	shmg_array_clear(&matches.rows);
	return status;
}

static int show_process(struct show *show)
{
	unsigned long long pid;
	struct shmg_error error;

	if (shmg_parse_number(show->operand, INT32_MAX, &pid) < 0)
		return shmg_say_usage("show", "%.20s is no PID; an object is named as shmguard ls names it",
				      show->operand);
	SHMG_FOREACH(process, &show->facts->processes)
		if (process->pid == pid)
			return finish(show, print_process(show, (uint32_t)(process - show->facts->processes.items)));
	(void)shmg_error_set(&error, -ESRCH, "",
			     "no process %llu among the %zu seen; a segment's id is written sysv:%llu", pid,
			     show->facts->processes.count, pid);
	int status = shmg_say_failure("show", &error);
	shmg_coverage_print(show->facts, stderr);
	return status;
}

static int run(int argc, char **argv)
{
	struct show show SHMG_CLEANUP(close_show) = { 0 };
	struct shmg_option_reader reader;
	struct shmg_error error;
	const char *value;
	int id;

	shmg_option_begin(&reader, options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, NULL)) > 0) {
		if (id == OPTION_NAMESPACE)
			show.namespace = value;
		else if (id == SHMG_OPTION_FORMAT)
			show.json = strcmp(value, "json") == 0;
		else
			(void)shmg_facts_source_option(&show.source, id, value);
	}
	if (reader.operand_count != 1 || !*reader.operands[0])
		return shmg_say_usage(argv[0], "takes one OBJECT or PID; shmguard ls lists the objects");
	if (show.source.from && show.source.root)
		return shmg_say_usage(argv[0], "--from and --root exclude each other");
	show.operand = reader.operands[0];
	if (shmg_facts_source_policy(&show.source, &show.policy, &error) < 0) {
		(void)shmg_say_failure(argv[0], &error);
		return SHMG_EXIT_USAGE;
	}
	bool process = is_number(show.operand);
	unsigned want = SHMG_WANT_OBJECTS | SHMG_WANT_HOST | SHMG_WANT_DETAIL | SHMG_WANT_SEALS |
			(process ? 0 : (unsigned)SHMG_WANT_LEASE);
	if (shmg_facts_source_open(&show.source, want, &show.facts, &error) < 0)
		return shmg_say_failure(argv[0], &error);
	shmg_names_open(&show.names, show.facts, show.source.root);
	return process ? show_process(&show) : show_object(&show);
}

static const char *const description[] = {
	"Shows one shared-memory object, or the shared memory of one process, in depth: each mapping with its "
	"protection "
	"as declared and as the processor enforces it, the state of its pages, who can write, and the limits that "
	"apply.",
	"OBJECT is what shmguard ls calls it: sysv:ID, /NAME, sem:/NAME, memfd:NAME#INODE, anon:INODE or a path; also "
	"key:0xKEY, and a name without its #INODE where only one has it. All digits are a PID.",
	"WRITES says whether a holder can write the object: now (a shared writable mapping), possible (its own next "
	"system "
	"call is enough: mprotect, a write through its descriptor, opening or attaching it again), sealed (it could, "
	"but "
	"for the seals of the memfd), no, or ? where not all could be seen. A security module may still refuse what is "
	"possible by mode, owner and capability.",
	"ENFORCED is what page tables let user code do: writable pages can be read too, and on x86 so can executable "
	"ones. "
	"keyed means that a protection key is set, and that each thread's PKRU register decides about reads and "
	"writes.",
	"PRESENT, SWAPPED, DIRTY and GUARD count pages of the mapping: in this process's page tables, in swap, written "
	"since somebody last wrote to /proc/PID/clear_refs, and guarded by madvise. This reads smaps and pagemap, for "
	"which a busy process may "
	"have to wait some milliseconds. With --from or --root only what the facts hold is shown.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "shmguard show sysv:32768", "a System V segment" },
	{ "shmguard show /dev/shm/PostgreSQL.123", "a POSIX object by its path; /PostgreSQL.123 is the same" },
	{ "sudo shmguard show memfd:wayland-cursor", "a memfd by its name, and its seals" },
	{ "sudo shmguard show 4711 --format json | jq '.mappings[] | {name, enforced}'", "a process" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_show = {
	.name = "show",
	.summary = "show one object or process in depth",
	.usage = "[OPTION…] OBJECT|PID",
	.description = description,
	.options = options,
	.examples = examples,
	.run = run,
};
