/* SPDX-License-Identifier: MIT */
#include "facts/smaps.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "facts/scan.h"
#include "lib/base/record.h"

/* The longest line is a heading with a path of 4095 bytes whose every byte is a newline, printed as "\012". */
#define LINE_MAX_BYTES (4 * 4096 + 256)
#define CHUNK 65536

struct parser {
	const struct shmg_smaps_visitor *visitor;
	struct shmg_vma vma;
	bool open; /* vma is a mapping that the visitor wants */
	char name[LINE_MAX_BYTES];
};

/* Every line ends with a newline, which ends numbers too. */
static bool skip(const char **at, char byte)
{
	if (**at != byte)
		return false;
	(*at)++;
	return true;
}

static bool read_permissions(const char **at, const char *end, uint32_t *ret_permissions)
{
	const char *p = *at;

	if (end - p < 4)
		return false;
	*ret_permissions = (p[0] == 'r' ? SHMG_VMA_READ : 0u) | (p[1] == 'w' ? SHMG_VMA_WRITE : 0u) |
			   (p[2] == 'x' ? SHMG_VMA_EXECUTE : 0u) | (p[3] == 's' ? SHMG_VMA_SHARED : 0u);
	*at = p + 4;
	return true;
}

/* "7f83-7f85 rw-s 00000000 00:01 1046      /memfd:x (deleted)" */
static bool read_heading(struct parser *parser, const char *line, const char *end)
{
	uint64_t major, minor;
	struct shmg_vma vma = {
		.page_size = SHMG_U64_UNKNOWN,
		.resident = SHMG_U64_UNKNOWN,
		.swapped = SHMG_U64_UNKNOWN,
		.locked = SHMG_U64_UNKNOWN,
		.huge = SHMG_U64_UNKNOWN,
		.flags = SHMG_U32_UNKNOWN,
		.protection_key = SHMG_U32_UNKNOWN,
		.name = parser->name,
	};

	if (!shmg_scan_number(&line, 16, &vma.start) || !skip(&line, '-') || !shmg_scan_number(&line, 16, &vma.end) ||
	    !skip(&line, ' ') || !read_permissions(&line, end, &vma.permissions) ||
	    !shmg_scan_number(&line, 16, &vma.offset) || !shmg_scan_number(&line, 16, &major) || !skip(&line, ':') ||
	    !shmg_scan_number(&line, 16, &minor) || !shmg_scan_number(&line, 10, &vma.ino) || vma.end < vma.start)
		return false;
	vma.dev = makedev((unsigned)major, (unsigned)minor);
	/* Blanks up to the name, which begins with a slash or a bracket. */
	while (line < end && *line == ' ')
		line++;
	memcpy(parser->name, line, (size_t)(end - line));
	parser->name[end - line] = '\0';
	parser->vma = vma;
	return true;
}

static void read_flags(struct shmg_vma *vma, const char *at, const char *end)
{
	static const struct {
		char name[3];
		enum shmg_vma_flag flag;
	} rows[] = {
		{ "mr", SHMG_VMA_MAY_READ }, { "mw", SHMG_VMA_MAY_WRITE }, { "me", SHMG_VMA_MAY_EXECUTE },
		{ "lo", SHMG_VMA_LOCKED },   { "ht", SHMG_VMA_HUGETLB },   { "sd", SHMG_VMA_SOFT_DIRTY },
		{ "sl", SHMG_VMA_MSEALED },  { "dd", SHMG_VMA_DONT_DUMP }, { "dc", SHMG_VMA_NOT_INHERITED },
	};

	vma->flags = 0;
	for (; end - at >= 2; at++) {
		if (*at == ' ')
			continue;
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (at[0] == rows[i].name[0] && at[1] == rows[i].name[1])
				vma->flags |= rows[i].flag;
		at++;
	}
}

/* "Rss:                   4 kB" and its like */
static void read_value(struct shmg_vma *vma, const char *line, const char *end)
{
	const char *colon = memchr(line, ':', (size_t)(end - line));
	if (!colon)
		return;
	size_t length = (size_t)(colon - line);
	const char *at = colon + 1;
	uint64_t value;

#define IS(text) (length == sizeof(text) - 1 && memcmp(line, text, length) == 0)
	if (IS("VmFlags")) {
		read_flags(vma, at, end);
		return;
	}
	if (!shmg_scan_number(&at, 10, &value))
		return;
	if (IS("ProtectionKey")) {
		vma->protection_key = (uint32_t)value;
		return;
	}
	if (__builtin_mul_overflow(value, 1024, &value))
		return;
	if (IS("KernelPageSize"))
		vma->page_size = value;
	else if (IS("Rss"))
		vma->resident = value;
	else if (IS("Swap"))
		vma->swapped = value;
	else if (IS("Locked"))
		vma->locked = value;
	else if (IS("AnonHugePages") || IS("ShmemPmdMapped") || IS("FilePmdMapped") || IS("Shared_Hugetlb") ||
		 IS("Private_Hugetlb"))
		vma->huge = value + (vma->huge == SHMG_U64_UNKNOWN ? 0 : vma->huge);
#undef IS
}

static int finish(struct parser *parser)
{
	if (!parser->open)
		return 0;
	parser->open = false;
	return parser->visitor->visit(parser->visitor->context, &parser->vma);
}

static int read_line(struct parser *parser, const char *line, const char *end)
{
	/* Heading lines begin with a lower-case hexadecimal digit, the others with a capital. */
	if (line == end || (*line >= 'A' && *line <= 'Z')) {
		if (parser->open)
			read_value(&parser->vma, line, end);
		return 0;
	}
	int code = finish(parser);
	if (code)
		return code;
	if (end - line >= LINE_MAX_BYTES)
		return -EFBIG;
	parser->open = read_heading(parser, line, end) &&
		       (!parser->visitor->wants || parser->visitor->wants(parser->visitor->context, &parser->vma));
	return 0;
}

/* Takes the whole lines of `text`; *ret_taken is their length. */
static int read_lines(struct parser *parser, const char *text, size_t length, size_t *ret_taken)
{
	const char *at = text, *end = text + length, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
		int code = read_line(parser, at, newline);
		if (code)
			return code;
		at = newline + 1;
	}
	*ret_taken = (size_t)(at - text);
	return 0;
}

int shmg_smaps_parse(const char *text, size_t length, const struct shmg_smaps_visitor *visitor)
{
	struct parser parser;
	size_t taken;

	parser.visitor = visitor;
	parser.open = false;
	int code = read_lines(&parser, text, length, &taken);
	return code ? code : finish(&parser);
}

int shmg_smaps_read(int fd, const struct shmg_smaps_visitor *visitor)
{
	struct parser parser;
	char chunk[CHUNK];
	size_t held = 0, taken;

	parser.visitor = visitor;
	parser.open = false;
	for (;;) {
		ssize_t got = read(fd, chunk + held, sizeof chunk - held);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return finish(&parser);
		held += (size_t)got;
		int code = read_lines(&parser, chunk, held, &taken);
		if (code)
			return code;
		held -= taken;
		memmove(chunk, chunk + taken, held);
		if (held == sizeof chunk)
			return -EFBIG;
	}
}
