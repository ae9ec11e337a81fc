/* SPDX-License-Identifier: MIT */
#include "cmd/ls.h"

#include <errno.h>
#include <string.h>

#include "cmd/document.h"
#include "cmd/facts_source.h"
#include "cmd/verb.h"
#include "lib/base/cleanup.h"
#include "lib/base/escape.h"

static const struct shmg_section_shape ls_shapes[] = {
	{ "host", &shmg_host_type, true },
	{ "objects", &shmg_ls_type, false },
	{ "coverage", &shmg_coverage_type, false },
};
const struct shmg_document shmg_document_ls = {
	"ls", "What shmguard ls prints: shared-memory objects and who holds them", ls_shapes,
	sizeof ls_shapes / sizeof *ls_shapes
};

static const struct shmg_section_shape ls_by_shapes[] = {
	{ "host", &shmg_host_type, true },
	{ "consumers", &shmg_consumer_type, false },
	{ "coverage", &shmg_coverage_type, false },
};
const struct shmg_document shmg_document_ls_by = {
	"ls-by", "What shmguard ls --by prints: who holds how much shared memory", ls_by_shapes,
	sizeof ls_by_shapes / sizeof *ls_by_shapes
};

enum {
	OPTION_KIND = SHMG_OPTION_OWN,
	OPTION_USER,
	OPTION_PID,
	OPTION_NAMESPACE,
	OPTION_UNIT,
	OPTION_ORPHANS,
	OPTION_LARGE,
	OPTION_ALL,
	OPTION_BY,
	OPTION_COLUMNS,
	OPTION_SORT,
};

static const char *kind_at(size_t index)
{
	return shmg_record_field(&shmg_object_type, "kind")->names[index];
}

static const char *kind_name_at(const void *context, size_t index)
{
	(void)context;
	return kind_at(index);
}

static const char *column_at(size_t index)
{
	for (size_t i = 0; i < shmg_ls_type.field_count; i++)
		if (shmg_ls_type.fields[i].heading && index-- == 0)
			return shmg_ls_type.fields[i].name;
	return NULL;
}

static const char *const bys[] = { "process", "user", "unit", NULL };

static const struct shmg_option options[] = {
	{ .id = OPTION_KIND, .name = "kind", .letter = 'k', .argument = "KIND[,KIND]", .value_at = kind_at,
	  .help = "only these kinds: sysv, posix, semaphore, memfd, anonymous, hugetlb, tmpfs" },
	{ .id = OPTION_USER, .name = "user", .letter = 'u', .argument = "USER",
	  .help = "only objects that this user (name or number) owns" },
	{ .id = OPTION_PID, .name = "pid", .letter = 'p', .argument = "PID",
	  .help = "only objects that this process maps or has open" },
	{ .id = OPTION_NAMESPACE, .name = "namespace", .letter = 'n', .argument = "NAMESPACE",
	  .help = "only objects of this namespace: host, ipc:INODE, mnt:INODE, or the inode alone" },
	{ .id = OPTION_UNIT, .name = "unit", .argument = "PATTERN",
	  .help = "only objects of systemd units or containers whose name matches (*, ? and [] as in a shell)" },
	{ .id = OPTION_ORPHANS, .name = "orphans",
	  .help = "only objects that nobody holds and nothing explains, with the verdict and why" },
	{ .id = OPTION_LARGE, .name = "large", .argument = "N", .help = "only the N largest" },
	{ .id = OPTION_ALL, .name = "all", .letter = 'a',
	  .help = "also directories, links and other entries that are not memory, and files on tmpfs mounts that are "
		  "not meant for sharing, such as /run" },
	{ .id = OPTION_BY, .name = "by", .argument = "WHOM", .values = bys,
	  .help = "totals of each process, user or unit instead, the largest first" },
	{ .id = OPTION_COLUMNS, .name = "columns", .letter = 'c', .argument = "LIST", .value_at = column_at,
	  .help = "columns by name, separated by commas; +NAME adds to the usual ones; all: every one" },
	{ .id = OPTION_SORT, .name = "sort", .letter = 's', .argument = "[-]COLUMN", .value_at = column_at,
	  .help = "sort by this column, with - the largest first" },
	SHMG_OPTION_ROW_FORMAT(shmg_formats),
	SHMG_OPTION_ROW_FROM,
	SHMG_OPTION_ROW_ROOT,
	SHMG_OPTION_ROW_POLICY,
	SHMG_OPTION_ROW_HELP,
	SHMG_OPTION_ROWS_END,
};

/* What was asked for. */
struct wish {
	struct shmg_facts_source source;
	struct shmg_ls_filter filter;
	const char *user;
	const char *columns;
	const struct shmg_record_type *type;
	const struct shmg_field *sort; /* NULL: the usual order */
	bool descending;
	bool json;
	bool grouped; /* by `by` */
	enum shmg_ls_by by;
	size_t large; /* 0: all */
};

static int parse_kinds(const char *list, unsigned *ret_kinds, struct shmg_error *error)
{
	unsigned kinds = 0;

	for (const char *word = list; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL) {
		char name[32], escaped[SHMG_ESCAPED_MAX(sizeof name)];
		size_t index = 0;
		(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word, ","), word);
		while (kind_at(index) && strcmp(kind_at(index), name) != 0)
			index++;
		if (!kind_at(index)) {
			const char *nearest = shmg_nearest(name, kind_name_at, NULL);
			(void)shmg_escape(name, strlen(name), escaped, sizeof escaped);
			return shmg_error_set(error, -EINVAL, "", "no kind \"%s\"%s%s%s", escaped,
					      nearest ? "; did you mean " : "", nearest ? nearest : "",
					      nearest ? "?" : "; --help lists them");
		}
		kinds |= 1u << index;
	}
	*ret_kinds = kinds;
	return 0;
}

static int parse_count(const char *option, const char *text, unsigned long long maximum, uint64_t *ret_number,
		       struct shmg_error *error)
{
	unsigned long long number;

	if (shmg_parse_number(text, maximum, &number) < 0 || number == 0)
		return shmg_error_set(error, -EINVAL, "", "--%s needs a number from 1 to %llu", option, maximum);
	*ret_number = number;
	return 0;
}

static int take_option(struct wish *wish, int id, const char *value, const char **ret_sort, struct shmg_error *error)
{
	uint64_t number = 0;
	int code = 0;

	if (shmg_facts_source_option(&wish->source, id, value))
		return 0;
	switch (id) {
	case OPTION_KIND:
		return parse_kinds(value, &wish->filter.kinds, error);
	case OPTION_USER:
		wish->user = value;
		break;
	case OPTION_PID:
		code = parse_count("pid", value, INT32_MAX, &number, error);
		wish->filter.pid = code < 0 ? SHMG_U32_UNKNOWN : (uint32_t)number;
		break;
	case OPTION_NAMESPACE:
		wish->filter.namespace = value;
		break;
	case OPTION_UNIT:
		wish->filter.unit = value;
		break;
	case OPTION_ORPHANS:
		wish->filter.orphans = true;
		break;
	case OPTION_LARGE:
		code = parse_count("large", value, UINT32_MAX, &number, error);
		wish->large = code < 0 ? 0 : number;
		break;
	case OPTION_ALL:
		wish->filter.all = true;
		break;
	case OPTION_BY:
		wish->grouped = true;
		wish->by = value[0] == 'p' ? SHMG_LS_BY_PROCESS : value[1] == 's' ? SHMG_LS_BY_USER : SHMG_LS_BY_UNIT;
		break;
	case OPTION_COLUMNS:
		wish->columns = value;
		break;
	case OPTION_SORT:
		*ret_sort = value;
		break;
	case SHMG_OPTION_FORMAT:
		wish->json = strcmp(value, "json") == 0;
		break;
	}
	return code;
}

static const char *field_name_at(const void *type, size_t index)
{
	const struct shmg_record_type *record = type;
	return index < record->field_count ? record->fields[index].name : NULL;
}

static int parse_sort(struct wish *wish, const char *text, struct shmg_error *error)
{
	wish->descending = *text == '-';
	text += wish->descending;
	wish->sort = shmg_record_field(wish->type, text);
	if (wish->sort && wish->sort->heading)
		return 0;

	char name[48], escaped[SHMG_ESCAPED_MAX(sizeof name)];
	(void)snprintf(name, sizeof name, "%s", text);
	(void)shmg_escape(name, strlen(name), escaped, sizeof escaped);
	const char *nearest = shmg_nearest(name, field_name_at, wish->type);
	return shmg_error_set(error, -EINVAL, "", "no column \"%s\" to sort by%s%s%s", escaped,
			      nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int parse(struct wish *wish, int argc, char **argv, struct shmg_error *error)
{
	struct shmg_option_reader reader;
	const char *value, *sort = NULL;
	struct shmg_columns columns;
	int id;

	*wish = (struct wish){ .filter = { .uid = SHMG_U32_UNKNOWN, .pid = SHMG_U32_UNKNOWN } };
	shmg_option_begin(&reader, options, argc, argv);
	while ((id = shmg_option_next(&reader, &value, NULL)) > 0)
		if (take_option(wish, id, value, &sort, error) < 0)
			return -EINVAL;
	wish->type = wish->grouped ? &shmg_consumer_type : &shmg_ls_type;
	if (reader.operand_count)
		return shmg_error_set(error, -EINVAL, "", "takes no arguments; shmguard show OBJECT shows one object");
	if (wish->source.from && wish->source.root)
		return shmg_error_set(error, -EINVAL, "", "--from and --root exclude each other");
	if (wish->grouped && wish->filter.orphans)
		return shmg_error_set(error, -EINVAL, "",
				      "--by and --orphans exclude each other: nobody holds an orphan");
	if (sort && parse_sort(wish, sort, error) < 0)
		return -EINVAL;
	return wish->columns ? shmg_columns_choose(wish->type, wish->columns, &columns, error) : 0;
}

/* The usual columns, unless a list says otherwise; a list that begins with + adds to the usual ones. */
static int choose_columns(const struct wish *wish, const char *usual, struct shmg_columns *columns,
			  struct shmg_error *error)
{
	SHMG_AUTO_FREE char *list = NULL;

	if (wish->columns && wish->columns[0] != '+')
		return shmg_columns_choose(wish->type, wish->columns, columns, error);
	if (asprintf(&list, "%s%s%s", usual, wish->columns ? "," : "", wish->columns ? wish->columns + 1 : "") < 0) {
		list = NULL;
		return shmg_error_set(error, -ENOMEM, "", "no memory");
	}
	return shmg_columns_choose(wish->type, list, columns, error);
}

/* Where objects of several namespaces stand together, a name alone does not say which is meant. */
static bool spans_namespaces(const struct shmg_ls *ls)
{
	for (size_t i = 0; i < ls->count; i++) {
		const char *namespace = ls->facts->objects.items[ls->rows[i]].namespace;
		if (namespace && strcmp(namespace, "host") != 0)
			return true;
	}
	return false;
}

/* Something is on its way out, and would look as if it were to stay. */
static bool any_removed(const struct shmg_ls *ls)
{
	for (size_t i = 0; i < ls->count; i++)
		if (shmg_ls_state_of(&ls->facts->objects.items[ls->rows[i]]) != SHMG_LS_LIVE)
			return true;
	return false;
}

static bool is_named(const char *list, const char *name, size_t length)
{
	for (; list; list = strchr(list, ',')) {
		list += *list == ',' || *list == '+';
		if (strcspn(list, ",") == length && strncmp(list, name, length) == 0)
			return true;
	}
	return false;
}

#define SPARE_MAX 64

/* Of the usual columns, those that a narrow terminal does without; not those that were asked for. */
static void list_spare(const struct wish *wish, char spare[static SPARE_MAX])
{
	const char *usual = wish->filter.orphans ? "kind,creator" : "creator,resident,kind,age,mode";
	size_t used = 0;

	spare[0] = '\0';
	while (*usual && (!wish->columns || wish->columns[0] == '+')) {
		size_t length = strcspn(usual, ",");
		if (!is_named(wish->columns, usual, length))
			used += (size_t)snprintf(spare + used, SPARE_MAX - used, "%s%.*s", used ? "," : "", (int)length,
						 usual);
		usual += length + (usual[length] == ',');
	}
}

/* The columns for these rows; `spare` must last as long. */
static int choose_object_columns(const struct wish *wish, const struct shmg_ls *ls, char spare[static SPARE_MAX],
				 struct shmg_columns *columns, struct shmg_error *error)
{
	bool orphans = wish->filter.orphans;
	char usual[160];

	(void)snprintf(usual, sizeof usual, "object,kind,size,%s,creator,age%s%s%s",
		       orphans ? "owner" : "resident,owner,mode,holders", any_removed(ls) ? ",state" : "",
		       spans_namespaces(ls) ? ",namespace" : "", orphans ? ",verdict,why" : "");
	int code = choose_columns(wish, usual, columns, error);
	if (code < 0)
		return code;
	columns->subject = shmg_record_field(&shmg_ls_type, "object");
	list_spare(wish, spare);
	columns->dispensable = spare;
	columns->wrap = orphans;
	return 0;
}

/* What a person at a terminal wants to know beyond the rows; a program that reads the table does not. */
static void print_footer(const struct wish *wish, const struct shmg_ls *ls, size_t consumers)
{
	char size[24], resident[24];

	if (shmg_style_of(stdout).width == 0)
		return;
	if (ls->count || wish->grouped)
		(void)putchar('\n');
	if (wish->grouped)
		(void)printf("%zu %s%s; ", consumers, bys[wish->by],
			     consumers == 1 ? "" : wish->by == SHMG_LS_BY_PROCESS ? "es" : "s");
	if (ls->count == 0)
		(void)puts(wish->filter.orphans ? "no orphans" : "no objects");
	else
		(void)printf("%zu object%s, %s, of which %s resident\n", ls->count, ls->count == 1 ? "" : "s",
		     shmg_format_size(ls->bytes, size), shmg_format_size(ls->resident, resident));
	if (ls->left_out)
		(void)printf("%zu file%s on tmpfs not meant for sharing %s left out: --all shows them\n", ls->left_out,
			     ls->left_out == 1 ? "" : "s", ls->left_out == 1 ? "is" : "are");
}

static int print_objects(const struct wish *wish, struct shmg_ls *ls, struct shmg_error *error)
{
	struct shmg_columns columns;
	SHMG_AUTO_FREE struct shmg_ls_maker *maker = malloc(sizeof *maker);
	char spare[SPARE_MAX];
	int code = choose_object_columns(wish, ls, spare, &columns, error);

	if (code < 0)
		return code;
	if (!maker)
		return -ENOMEM;
	code = shmg_ls_maker_open(maker, ls, wish->json ? NULL : &columns);
	struct shmg_source objects = { &shmg_ls_type, ls->count, shmg_ls_maker_at, maker };
	if (code == 0 && wish->json) {
		const struct shmg_facts *facts = ls->facts;
		struct shmg_source sources[] = { SHMG_SOURCE_OF(&facts->host), objects,
						 SHMG_SOURCE_OF(&facts->coverage) };
		code = shmg_document_print(stdout, &shmg_document_ls, sources);
	} else if (code == 0) {
		struct shmg_style style = shmg_style_of(stdout);
		if (ls->count || style.width == 0) /* a heading alone tells a person nothing */
			code = shmg_table_print(stdout, &objects, &columns, &style);
		print_footer(wish, ls, 0);
	}
	shmg_ls_maker_close(maker);
	return code;
}

static int print_consumers(const struct wish *wish, struct shmg_ls *ls, struct shmg_error *error)
{
	struct shmg_consumers consumers SHMG_CLEANUP(shmg_consumers_close) = { 0 };
	struct shmg_columns columns;
	int code = choose_columns(wish, shmg_consumers_columns(wish->by), &columns, error);

	if (code == 0)
		code = shmg_consumers_count(&consumers, ls, wish->by);
	if (code < 0)
		return code;
	columns.subject = shmg_record_field(&shmg_consumer_type, "largest");
	shmg_consumers_sort(&consumers, NULL, true);
	if (wish->large && wish->large < consumers.rows.count)
		consumers.rows.count = wish->large;
	if (wish->sort)
		shmg_consumers_sort(&consumers, wish->sort, wish->descending);

	struct shmg_source rows = SHMG_SOURCE_OF(&consumers.rows);
	rows.type = &shmg_consumer_type;
	if (wish->json) {
		const struct shmg_facts *facts = ls->facts;
		struct shmg_source sources[] = { SHMG_SOURCE_OF(&facts->host), rows, SHMG_SOURCE_OF(&facts->coverage) };
		return shmg_document_print(stdout, &shmg_document_ls_by, sources);
	}
	struct shmg_style style = shmg_style_of(stdout);
	code = shmg_table_print(stdout, &rows, &columns, &style);
	print_footer(wish, ls, consumers.rows.count);
	return code;
}

static int select_rows(const struct wish *wish, struct shmg_ls *ls)
{
	int code = shmg_ls_choose(ls, &wish->filter);

	if (code == 0 && wish->large && !wish->grouped) {
		code = shmg_ls_sort(ls, shmg_record_field(&shmg_ls_type, "size"), true);
		shmg_ls_cut(ls, wish->large);
		if (code < 0 || !wish->sort)
			return code;
	}
	if (code < 0 || wish->grouped)
		return code;
	return shmg_ls_sort(ls, wish->sort, wish->descending);
}

static int list(struct wish *wish, struct shmg_ls *ls)
{
	struct shmg_error error = { 0 };
	int status = shmg_ls_resolve(ls, wish->user, &wish->filter);

	if (status != SHMG_EXIT_CLEAN)
		return status;
	int code = select_rows(wish, ls);
	if (code == 0)
		code = wish->grouped ? print_consumers(wish, ls, &error) : print_objects(wish, ls, &error);
	shmg_ls_close(ls);
	status = shmg_finish_output(code, SHMG_EXIT_CLEAN);
	if (!wish->json && status == SHMG_EXIT_CLEAN)
		shmg_coverage_print(ls->facts, stderr);
	return status;
}

/* Whether a verdict on each object is asked for: it needs the policy, and a closer look. */
static bool wants_verdict(const struct wish *wish)
{
	struct shmg_columns columns;

	if (wish->filter.orphans)
		return true;
	if (wish->sort && (strcmp(wish->sort->name, "verdict") == 0 || strcmp(wish->sort->name, "why") == 0))
		return true;
	return !wish->grouped && wish->columns && shmg_columns_choose(wish->type, wish->columns, &columns, NULL) == 0 &&
	       shmg_ls_columns_judge(&columns);
}

/* What costs extra is gathered only when it is shown. */
static unsigned needs(const struct wish *wish, bool verdict)
{
	bool seals = !wish->grouped && (wish->json || (wish->columns && strstr(wish->columns, "seals")) ||
					(wish->columns && strcmp(wish->columns, "all") == 0) ||
					(wish->sort && strcmp(wish->sort->name, "seals") == 0));

	return SHMG_WANT_OBJECTS | (verdict ? SHMG_WANT_LEASE : 0) | (seals ? SHMG_WANT_SEALS : 0);
}

static int run(int argc, char **argv)
{
	struct shmg_policy *policy SHMG_CLEANUP(shmg_policy_free) = NULL;
	struct shmg_facts *facts SHMG_CLEANUP(shmg_facts_free) = NULL;
	struct shmg_names names SHMG_CLEANUP(shmg_names_close) = { 0 };
	struct shmg_error error;
	struct wish wish;

	if (parse(&wish, argc, argv, &error) < 0)
		return shmg_say_usage(argv[0], "%s", error.message);
	bool verdict = wants_verdict(&wish);
	if (verdict && shmg_facts_source_policy(&wish.source, &policy, &error) < 0) {
		(void)shmg_say_failure(argv[0], &error);
		return SHMG_EXIT_USAGE;
	}
	if (shmg_facts_source_open(&wish.source, needs(&wish, verdict), &facts, &error) < 0)
		return shmg_say_failure(argv[0], &error);
	shmg_names_open(&names, facts, wish.source.root);

	struct shmg_ls ls = { .facts = facts, .policy = policy, .names = &names };
	return list(&wish, &ls);
}

static bool term_at(size_t index, const char **ret_term, const char **ret_meaning)
{
	for (size_t i = 0; i < shmg_ls_type.field_count; i++) {
		const struct shmg_field *field = &shmg_ls_type.fields[i];
		if (!field->heading || index-- != 0)
			continue;
		*ret_term = field->name;
		*ret_meaning = field->help;
		return true;
	}
	return false;
}

static const char *const description[] = {
	"Lists every shared-memory object of this host, one a row: System V segments, POSIX objects and semaphores in "
	"/dev/shm, memfds, shared anonymous memory, huge pages and files on other tmpfs mounts, in every IPC and mount "
	"namespace that can be entered; also those that have no name any more and live only because somebody holds "
	"them.",
	"HOLDERS counts processes that map the object, and (+) those that only have it open. The kernel's own count "
	"for System V segments counts mappings, not processes: 2/5 maps says that two of five could be seen. \"none\" "
	"is the kernel's word. \"none seen\" is not: a descriptor on its way from one process to another is in "
	"neither; show and --orphans ask the kernel.",
	"On a narrow terminal CREATOR, RESIDENT, KIND, AGE and MODE make room for OBJECT, in this order, and long "
	"names are cut in their middle; show takes them so, too. With --columns every column that it names stays. "
	"STATE and NAMESPACE are there when they say anything.",
	"Nobody holding an object does not make it an orphan: --orphans lists those that nothing explains, with the "
	"evidence. \"unreferenced\" says that nobody holds it, \"orphaned\" that its creator is proven dead as well.",
	"A user without privilege sees what it may; what could not be seen is said on stderr, and in JSON as coverage.",
	NULL,
};

static const struct shmg_example examples[] = {
	{ "shmguard ls", "everything" },
	{ "shmguard ls --large 10", "what takes the most" },
	{ "shmguard ls --by process", "who takes the most" },
	{ "shmguard ls --kind sysv,posix --user postgres", "what PostgreSQL has" },
	{ "sudo shmguard ls --orphans", "what was left behind" },
	{ "shmguard ls --columns +unit,attached --sort -resident", "more about each, the largest first" },
	{ "shmguard ls --format json | jq -r '.objects[] | select(.mode == \"0666\").object'", "for programs" },
	{ NULL, NULL },
};

const struct shmg_verb shmg_verb_ls = {
	.name = "ls",
	.summary = "list shared-memory objects and who holds them",
	.usage = "[OPTION…]",
	.description = description,
	.options = options,
	.examples = examples,
	.glossary = "COLUMNS",
	.term_at = term_at,
	.run = run,
};
