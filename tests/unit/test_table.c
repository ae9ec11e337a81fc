/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/report.h"
#include "tests/unit/sample.h"

static const struct shmg_style plain = { 0 };

/* The table of these samples; freed by the next call. */
static const char *print(const struct sample *samples, size_t count, const char *columns,
			 const struct shmg_style *style)
{
	static struct printed printed;
	struct shmg_source source = { .type = &sample_type, .count = count };
	struct shmg_columns chosen;

	memcpy(&source.context, &samples, sizeof samples);
	if (!samples) { /* the end of a test */
		free(printed.text);
		printed.text = NULL;
		return NULL;
	}
	assert_int_equal(shmg_columns_choose(&sample_type, columns, &chosen, NULL), 0);
	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_table_print(printed.stream, &source, &chosen, style), 0);
	return printed_close(&printed);
}

static int forget(void **state)
{
	(void)state;
	(void)print(NULL, 0, NULL, NULL);
	return 0;
}

static void test_layout(void **state)
{
	const struct sample samples[] = {
		{ .name = "/one", .size = 1536 * 1024, .count = 7 },
		{ .name = "/a-longer-name", .size = 12, .count = 123456 },
		{ .name = NULL, .size = SHMG_U64_UNKNOWN, .count = UINT64_MAX },
	};
	(void)state;

	assert_string_equal(print(samples, 3, NULL, &plain), "NAME            SIZE      COUNT\n"
							     "/one            1.5M          7\n"
							     "/a-longer-name    12     123456\n"
							     "?                  ?  unlimited\n");
	assert_string_equal(print(samples, 0, NULL, &plain), "NAME  SIZE  COUNT\n");
	struct shmg_style bare = { .bare = true };
	assert_string_equal(print(samples, 2, "size", &bare), "1.5M\n  12\n");
	assert_string_equal(print(samples, 0, NULL, &bare), "");
	struct shmg_style colour = { .colour = true };
	assert_string_equal(print(samples, 1, "count,name", &colour), "\033[1mCOUNT  NAME\033[0m\n"
								      "    7  /one\n");
}

static void test_no_trailing_blanks(void **state)
{
	const struct sample samples[] = { { .name = "long enough" }, { .name = "x" }, { .name = "" } };
	(void)state;

	assert_string_equal(print(samples, 3, "id,name", &plain), "ID  NAME\n 0  long enough\n 0  x\n 0\n");
	assert_string_equal(print(samples, 3, "name,id", &plain), "NAME         ID\nlong enough   0\n"
								  "x             0\n              0\n");
}

static void test_every_type(void **state)
{
	struct part parts[3] = { 0 };
	struct sample known = {
		.name = "n",
		.parts = { parts, 3, 3 },
		.size = 1,
		.count = 2,
		.address = 0x1f,
		.when = 1500000000,
		.id = 3,
		.mode = 0640,
		.key = 0x52e2c1,
		.flags = 5,
		.port = 4,
		.level = 5,
		.on = 1,
		.kind = 1,
	};
	struct sample samples[2] = { known };
	struct shmg_style bare = { .bare = true };
	(void)state;

	shmg_record_set_unknown(&sample_type, &samples[1]);
	assert_string_equal(
		print(samples, 2, "all", &bare),
		"n  1  2  3  4  5  1970-01-01T00:00:01Z  0640  0x0052e2c1  0x1f  yes  second  alpha,gamma  3\n"
		"?  ?  ?  ?  ?  ?  ?                     ?     ?           ?     ?    ?       ?            0\n");
	samples[0].flags = 0;
	samples[0].kind = 7; /* has no name */
	samples[0].on = 0;
	assert_string_equal(print(samples, 1, "flags,kind,on", &bare), "-  ?  no\n");
	samples[0].flags = 0x49; /* bits without a name are not dropped */
	assert_string_equal(print(samples, 1, "flags", &bare), "alpha,0x00000048\n");
}

static void test_hostile_names_reach_no_terminal(void **state)
{
	const struct sample samples[] = { { .name = "/a\nb\x1b[31m\xff\\" },
					  { .name = "/\xe2\x80\xae"
						    "evil" } };
	struct shmg_style bare = { .bare = true };
	(void)state;

	assert_string_equal(print(samples, 2, "name,id", &bare), "/a\\x0ab\\x1b[31m\\xff\\\\  0\n"
								 "/\\xe2\\x80\\xaeevil      0\n");
}

static void test_width_counts_columns(void **state)
{
	const struct sample samples[] = {
		{ .name = "\xe5\x85\xb1\xe6\x9c\x89" }, /* two wide characters */
		{ .name = "e\xcc\x81"
			  "a" }, /* a combining accent */
		{ .name = "\xc3\xa4"
			  "bc" },
		{ .name = "\xf0\x9f\x98\x80" },
	};
	struct shmg_style bare = { .bare = true };
	(void)state;

	assert_string_equal(print(samples, 4, "name,id", &bare), "\xe5\x85\xb1\xe6\x9c\x89  0\n"
								 "e\xcc\x81"
								 "a    0\n"
								 "\xc3\xa4"
								 "bc   0\n"
								 "\xf0\x9f\x98\x80    0\n");
	assert_int_equal(shmg_text_width("abc", 3), 3);
	assert_int_equal(shmg_text_width("\xea\xb0\x80\xef\xbc\x81", 6), 4);
	assert_int_equal(shmg_text_width("01234567\xe1\x84\x80\xe1\x85\xa1", 14), 10); /* Hangul of two parts */
	assert_int_equal(shmg_text_width("\xff\xfe", 2), 2);                           /* not text at all */
	assert_int_equal(shmg_text_width("\xe5\x85", 2), 2);
}

static void test_cutting(void **state)
{
	const struct sample samples[] = {
		{ .name = "0123456789abcdef", .count = 1234567890123 },
		{ .name = "0123456\x01", .count = 1 },
		{ .name = "012345\xe5\x85\xb1\xe5\x85\xb1", .count = 2 },
		{ .name = "012345e\xcc\x81\xcc\x81xyz", .count = 3 },
		{ .name = "01234567", .count = 4 },
	};
	struct shmg_style narrow = { .width = 23, .bare = true };
	(void)state;

	/* 13 + 2 for the numbers leave 8 columns: no character, escape or accent is split. */
	assert_string_equal(print(samples, 5, "name,count", &narrow), "0123456…  1234567890123\n"
								      "0123456…              1\n"
								      "012345…               2\n"
								      "012345e\xcc\x81\xcc\x81…              3\n"
								      "01234567              4\n");
	const struct sample escape = { .name = "01234\\bcdef", .count = 1234567890123 };
	assert_string_equal(print(&escape, 1, "name,count", &narrow), "01234\\\\…  1234567890123\n");
	const struct sample later = { .name = "012345\\bcdef", .count = 1234567890123 };
	assert_string_equal(print(&later, 1, "name,count", &narrow), "012345…   1234567890123\n");
	/* Never below 8, and numbers never: then the row is wider than the terminal. */
	narrow.width = 5;
	assert_string_equal(print(samples, 1, "name,count", &narrow), "0123456…  1234567890123\n");
	narrow.width = 31; /* wide enough */
	assert_string_equal(print(samples, 1, "name,count", &narrow), "0123456789abcdef  1234567890123\n");
	narrow.width = 30;
	assert_string_equal(print(samples, 1, "name,count", &narrow), "0123456789abcd…  1234567890123\n");
}

/* The same, with what struct shmg_columns says of narrow terminals. */
static const char *print_narrow(const struct sample *samples, size_t count, const char *list, const char *subject,
				const char *dispensable, bool wrap, unsigned width)
{
	static struct printed printed;
	struct shmg_source source = { .type = &sample_type, .count = count };
	struct shmg_style style = { .width = width };
	struct shmg_columns columns;

	if (!samples) { /* the end of a test */
		free(printed.text);
		printed.text = NULL;
		return NULL;
	}
	memcpy(&source.context, &samples, sizeof samples);
	assert_int_equal(shmg_columns_choose(&sample_type, list, &columns, NULL), 0);
	columns.subject = subject ? shmg_record_field(&sample_type, subject) : NULL;
	columns.dispensable = dispensable;
	columns.wrap = wrap;
	assert_non_null(printed_open(&printed));
	assert_int_equal(shmg_table_print(printed.stream, &source, &columns, &style), 0);
	return printed_close(&printed);
}

static void test_subjects_are_cut_in_their_middle(void **state)
{
	const struct sample samples[] = {
		{ .name = "/torch_123456_3398475987_0" },
		{ .name = "/torch_123456_3398475987_1" },
		{ .name = "/short" },
		{ .name = "/0123456789abc\x1b\x1b\x1b\x1b" }, /* an escape at both ends of the cut */
		{ .name = "/01234567890123456789ae\xcc\x81"
			  "1234567" }, /* an accent where the tail begins */
		{ .name = "/\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1"
			  "\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1" },
	};
	(void)state;

	assert_string_equal(print_narrow(samples, 6, "name,id", "name", NULL, false, 24),
			    "NAME                  ID\n"
			    "/torch_12345…75987_0   0\n"
			    "/torch_12345…75987_1   0\n"
			    "/short                 0\n"
			    "/0123456789abc…\\x1b    0\n"
			    "/01234567890…1234567   0\n"
			    "/\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1…"
			    "\xe5\x85\xb1\xe5\x85\xb1\xe5\x85\xb1   0\n");
	(void)print_narrow(NULL, 0, NULL, NULL, NULL, false, 0);
}

static void test_columns_make_room_for_the_subject(void **state)
{
	const struct sample samples[] = { { .name = "/a-name-of-thirty-two-characters", .count = 1234567, .size = 5 } };
	const char *list = "name,size,count,id";
	(void)state;

	assert_string_equal(print_narrow(samples, 1, list, "name", "count,size", false, 80),
			    "NAME                              SIZE    COUNT  ID\n"
			    "/a-name-of-thirty-two-characters     5  1234567   0\n");
	assert_string_equal(print_narrow(samples, 1, list, "name", "count,size", false, 47),
			    "NAME                          SIZE    COUNT  ID\n"
			    "/a-name-of-thirty…characters     5  1234567   0\n");
	assert_string_equal(print_narrow(samples, 1, list, "name", "count,size", false, 38),
			    "NAME                          SIZE  ID\n"
			    "/a-name-of-thirty…characters     5   0\n");
	assert_string_equal(print_narrow(samples, 1, list, "name", "count,size", false, 20),
			    "NAME              ID\n/a-name-o…acters   0\n");
	/* Not a terminal: everything stays. */
	assert_string_equal(print_narrow(samples, 1, list, "name", "count,size", true, 0),
			    "NAME                              SIZE    COUNT  ID\n"
			    "/a-name-of-thirty-two-characters     5  1234567   0\n");
	(void)print_narrow(NULL, 0, NULL, NULL, NULL, false, 0);
}

static void test_wrapping(void **state)
{
	const struct sample samples[] = {
		{ .name = "write and fallocate: ENOSPC", .id = 1 },
		{ .name = "memory.limit_in_bytes", .id = 2 },
		{ .name = "0123456789\x01\xe5\x85\xb1", .id = 3, .flags = 7 },
	};
	(void)state;

	assert_string_equal(print_narrow(samples, 3, "id,name,flags", NULL, NULL, true, 26),
			    "ID  NAME        FLAGS\n"
			    " 1  write and   -\n"
			    "    fallocate:\n"
			    "    ENOSPC\n"
			    " 2  memory.lim  -\n"
			    "    it_in_\n"
			    "    bytes\n"
			    " 3  0123456789  alpha,\n"
			    "    \\x01\xe5\x85\xb1      beta,gamma\n");
	/* The subject stays one line, that it can be copied from. */
	assert_string_equal(print_narrow(samples + 1, 1, "name,id", "name", NULL, true, 20),
			    "NAME              ID\nmemory.li…_bytes   2\n");
	(void)print_narrow(NULL, 0, NULL, NULL, NULL, false, 0);
}

static const struct shmg_field pair_fields[] = {
	SHMG_FIELD(struct part, label, SHMG_TYPE_TEXT, "A LONG HEADING", true, "text"),
	SHMG_FIELD(struct part, label, SHMG_TYPE_TEXT, "B", true, "the same text again"),
};
static const struct shmg_record_type pair_type = SHMG_RECORD_TYPE("pair", "", struct part, pair_fields);

static void test_headings_are_not_cut(void **state)
{
	struct part part = { .label = "0123456789012345678901234567890123456789" };
	struct shmg_source source = { .type = &pair_type, .count = 1, .context = &part };
	struct shmg_columns columns;
	struct printed printed = { 0 };
	struct shmg_style style = { .width = 20 };
	(void)state;

	assert_int_equal(shmg_columns_choose(&pair_type, NULL, &columns, NULL), 0);
	printed_open(&printed);
	assert_int_equal(shmg_table_print(printed.stream, &source, &columns, &style), 0);
	assert_string_equal(printed_close(&printed), "A LONG HEADING  B\n0123456789012…  0123456…\n");
	style.width = 40; /* the widest yields first, so both end up alike */
	printed_open(&printed);
	assert_int_equal(shmg_table_print(printed.stream, &source, &columns, &style), 0);
	assert_string_equal(printed_close(&printed), "A LONG HEADING       B\n"
						     "012345678901234567…  012345678901234567…\n");
	free(printed.text);
}

static const void *count_up(void *context, size_t index)
{
	struct sample *scratch = context;
	static char name[16];

	(void)snprintf(name, sizeof name, "row-%zu", index);
	*scratch = (struct sample){ .name = name, .count = index };
	return scratch;
}

/* Records good only until the next call, and more bytes than any buffer holds at once. */
static void test_many_rows_from_a_callback(void **state)
{
	struct sample scratch;
	struct shmg_source source = { .type = &sample_type, .count = 50000, .at = count_up, .context = &scratch };
	struct shmg_columns columns;
	struct printed printed = { 0 };
	char expected[64];
	(void)state;

	assert_int_equal(shmg_columns_choose(&sample_type, "name,count", &columns, NULL), 0);
	printed_open(&printed);
	assert_int_equal(shmg_table_print(printed.stream, &source, &columns, &plain), 0);
	const char *line = strchr(printed_close(&printed), '\n') + 1;
	for (int i = 0; i < 50000; i++) {
		int length = snprintf(expected, sizeof expected, "row-%-5d  %5d\n", i, i);
		assert_memory_equal(line, expected, (size_t)length);
		line += length;
	}
	assert_string_equal(line, "");
	free(printed.text);
}

static void test_long_names(void **state)
{
	enum { LENGTH = 70000 };
	char *name = malloc(LENGTH + 1);
	struct shmg_style bare = { .bare = true };
	(void)state;

	assert_non_null(name);
	memset(name, '\x01', LENGTH);
	name[LENGTH] = '\0';
	const struct sample samples[] = { { .name = name }, { .name = "b" } };
	const char *text = print(samples, 2, "name,id", &bare);
	assert_int_equal(strspn(text, "\\x01"), LENGTH * 4);
	assert_int_equal(strlen(text), 2 * (LENGTH * 4 + sizeof "  0"));
	bare.width = 20;
	assert_string_equal(print(samples, 2, "name,id", &bare), "\\x01\\x01\\x01\\x01…  0\nb                  0\n");
	free(name);
}

static void test_stream_errors(void **state)
{
	struct sample sample = { .name = "n" };
	struct shmg_source source = { .type = &sample_type, .count = 1, .context = &sample };
	struct shmg_columns columns;
	FILE *full = fopen("/dev/full", "w");
	(void)state;

	assert_non_null(full);
	assert_int_equal(shmg_columns_choose(&sample_type, NULL, &columns, NULL), 0);
	assert_int_equal(shmg_table_print(full, &source, &columns, &plain), -ENOSPC);
	(void)fclose(full);
}

static void assert_refused(const char *list, const char *message)
{
	struct shmg_columns columns = { .count = 77 };
	struct shmg_error error = { 0 };

	assert_int_equal(shmg_columns_choose(&sample_type, list, &columns, &error), -EINVAL);
	assert_non_null(strstr(error.message, message));
	assert_int_equal(columns.count, 77);
}

static void test_columns(void **state)
{
	struct shmg_columns columns;
	(void)state;

	assert_int_equal(shmg_columns_choose(&sample_type, NULL, &columns, NULL), 0);
	assert_int_equal(columns.count, 3);
	assert_int_equal(shmg_columns_choose(&sample_type, "all", &columns, NULL), 0);
	assert_int_equal(columns.count, sample_type.field_count - 1); /* one has no heading */
	assert_int_equal(shmg_columns_choose(&sample_type, "+mode,size", &columns, NULL), 0);
	assert_int_equal(columns.count, 4);
	assert_string_equal(columns.fields[3]->name, "mode");
	assert_int_equal(shmg_columns_choose(&sample_type, "mode,name,mode", &columns, NULL), 0);
	assert_int_equal(columns.count, 2);
	assert_string_equal(columns.fields[0]->name, "mode");

	assert_refused("name,nam", "no column \"nam\"; there are: name, size, count, id");
	assert_refused("wide_bool", "no column \"wide_bool\"");
	assert_refused("", "no column \"\"");
	assert_refused("name,", "no column \"\"");
	assert_refused("+", "no column \"\"");
	assert_refused("a\x1b[31m", "no column \"a\\x1b[31m\"");
	assert_refused("ALL", "no column \"ALL\"");
}

static void test_unknown_column_lists_whole_names(void **state)
{
	static char names[40][32];
	static struct shmg_field fields[40];
	const struct shmg_record_type type = { .name = "wide", .fields = fields, .field_count = 40 };
	struct shmg_columns columns;
	struct shmg_error error = { 0 };
	(void)state;

	for (int i = 0; i < 40; i++) {
		(void)snprintf(names[i], sizeof names[i], "column-%02d", i);
		fields[i] = (struct shmg_field){ .name = names[i], .heading = "X" };
	}
	assert_int_equal(shmg_columns_choose(&type, "none", &columns, &error), -EINVAL);
	assert_non_null(strstr(error.message, "column-00, column-01"));
	size_t length = strlen(error.message);
	assert_in_range(length, 200, sizeof error.message - 1);
	assert_string_equal(error.message + length - strlen(", …"), ", …");
	assert_true(error.message[length - strlen(", …") - 3] == '-');
}

static void test_style_of_a_terminal(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize size = { .ws_col = 93, .ws_row = 20 };
	(void)state;

	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		skip(); /* no pseudo-terminals here */
	FILE *stream = fopen(ptsname(terminal), "w");
	assert_non_null(stream);
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	(void)unsetenv("NO_COLOR");
	(void)setenv("TERM", "xterm", 1);
	(void)setenv("COLUMNS", "51", 1);
	struct shmg_style style = shmg_style_of(stream);
	assert_int_equal(style.width, 93);
	assert_true(style.colour);
	assert_false(style.bare);

	(void)setenv("NO_COLOR", "1", 1);
	assert_false(shmg_style_of(stream).colour);
	(void)setenv("NO_COLOR", "", 1); /* empty is as good as unset */
	assert_true(shmg_style_of(stream).colour);
	(void)setenv("TERM", "dumb", 1);
	assert_false(shmg_style_of(stream).colour);

	size.ws_col = 0; /* a serial line does not know */
	assert_int_equal(ioctl(terminal, TIOCSWINSZ, &size), 0);
	assert_int_equal(shmg_style_of(stream).width, 51);
	(void)setenv("COLUMNS", "wide", 1);
	assert_int_equal(shmg_style_of(stream).width, 80);
	(void)fclose(stream);
	(void)close(terminal);
}

static void test_style_of_a_file(void **state)
{
	struct printed printed = { 0 };
	FILE *null = fopen("/dev/null", "w");
	(void)state;

	(void)setenv("TERM", "xterm", 1);
	(void)setenv("COLUMNS", "51", 1);
	struct shmg_style style = shmg_style_of(null);
	assert_int_equal(style.width, 0);
	assert_false(style.colour);
	(void)fclose(null);
	assert_int_equal(shmg_style_of(printed_open(&printed)).width, 0);
	(void)printed_close(&printed);
	free(printed.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_no_trailing_blanks),
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_hostile_names_reach_no_terminal),
		cmocka_unit_test(test_width_counts_columns),
		cmocka_unit_test(test_cutting),
		cmocka_unit_test(test_subjects_are_cut_in_their_middle),
		cmocka_unit_test(test_columns_make_room_for_the_subject),
		cmocka_unit_test(test_wrapping),
		cmocka_unit_test(test_headings_are_not_cut),
		cmocka_unit_test(test_many_rows_from_a_callback),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_stream_errors),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_unknown_column_lists_whole_names),
		cmocka_unit_test(test_style_of_a_terminal),
		cmocka_unit_test(test_style_of_a_file),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
