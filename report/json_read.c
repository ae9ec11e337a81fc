/* SPDX-License-Identifier: MIT */
/* JSON as records: exactly what json.c writes, whoever wrote it. Nothing of a document is trusted. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/base/cleanup.h"
#include "lib/base/escape.h"
#include "report/report.h"
#include "report/value.h"

#define DOCUMENT_MAX ((size_t)1 << 30)

/* Where in the document: a chain from the member being read to the top. */
struct place {
	const struct place *outer;
	const char *name; /* of a member; NULL: an element */
	size_t index;
};

struct reader {
	struct shmg_pool *pool;
	const char *path;
	struct shmg_error *error;
};

static size_t write_place(const struct place *place, char *text, size_t size)
{
	size_t used = place->outer ? write_place(place->outer, text, size) : 0;
	int length = place->name ? snprintf(text + used, size - used, "%s%s", used ? "." : "", place->name)
				 : snprintf(text + used, size - used, "[%zu]", place->index);

	return length < 0 || (size_t)length >= size - used ? size - 1 : used + (size_t)length;
}

/* -EINVAL, and says where. */
__attribute__((format(printf, 3, 4))) static int refuse(const struct reader *reader, const struct place *place,
							const char *format, ...)
{
	char where[128], why[sizeof reader->error->message - sizeof where];
	va_list arguments;

	(void)write_place(place, where, sizeof where);
	va_start(arguments, format);
	(void)vsnprintf(why, sizeof why, format, arguments);
	va_end(arguments);
	return shmg_error_set(reader->error, -EINVAL, reader->path, "%s: %s", where, why);
}

static int refuse_memory(const struct reader *reader)
{
	return shmg_error_set(reader->error, -ENOMEM, reader->path, "out of memory");
}

/* The front of a text from the document, safe to show. Returns `shown`. */
static const char *excerpt(const char *text, char shown[static SHMG_ESCAPED_MAX(32)])
{
	size_t length = strnlen(text, 32);

	if (shmg_escape(text, length, shown, SHMG_ESCAPED_MAX(32)) < 0)
		shown[0] = '\0';
	return shown;
}

static const char *const expected[] = {
	[SHMG_TYPE_NUMBER] = "a number, or one above 2^63-1 as a decimal string",
	[SHMG_TYPE_SIZE] = "a number, or one above 2^63-1 as a decimal string",
	[SHMG_TYPE_TIME] = "a time like \"2024-01-31T23:59:59Z\"",
	[SHMG_TYPE_MODE] = "permission bits like \"0640\"",
	[SHMG_TYPE_HEX] = "a number like \"0x0052e2c1\"",
	[SHMG_TYPE_TEXT] = "text, with \\xNN for bytes that do not print",
	[SHMG_TYPE_BOOL] = "true or false",
	[SHMG_TYPE_ENUM] = "one of the names that the schema lists",
	[SHMG_TYPE_FLAGS] = "a list of the names that the schema lists, each once",
	[SHMG_TYPE_LIST] = "a list of objects",
};

static int refuse_type(const struct reader *reader, const struct place *place, const struct shmg_field *field,
		       json_t *value)
{
	char shown[SHMG_ESCAPED_MAX(32)];

	if (json_is_string(value))
		return refuse(reader, place, "\"%s\" is not %s", excerpt(json_string_value(value), shown),
			      expected[field->type]);
	return refuse(reader, place, "is not %s", expected[field->type]);
}

static int parse_number(const struct shmg_field *field, json_t *value, uint64_t *ret_number)
{
	if (json_is_string(value) && field->size == 8)
		return shmg_value_parse_decimal(json_string_value(value), ret_number);
	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return -EINVAL;
	*ret_number = (uint64_t)json_integer_value(value);
	return 0;
}

static int parse_enum(const struct shmg_field *field, json_t *value, uint64_t *ret_number)
{
	size_t index = json_is_string(value) ? shmg_value_named(field, json_string_value(value)) : SIZE_MAX;

	if (index == SIZE_MAX)
		return -EINVAL;
	*ret_number = index;
	return 0;
}

static int parse_flags(const struct shmg_field *field, json_t *value, uint64_t *ret_number)
{
	uint64_t flags = 0;

	if (!json_is_array(value))
		return -EINVAL;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *name = json_string_value(json_array_get(value, i));
		size_t bit = name ? shmg_value_named(field, name) : SIZE_MAX;
		uint64_t more;
		if (bit < 64)
			more = UINT64_C(1) << bit;
		else if (!name || shmg_value_parse_hex(name, field->digits, &more) < 0 || !more)
			return -EINVAL;
		if (flags & more)
			return -EINVAL;
		flags |= more;
	}
	*ret_number = flags;
	return 0;
}

static int parse(const struct shmg_field *field, json_t *value, uint64_t *ret_number)
{
	const char *text = json_string_value(value);

	switch (field->type) {
	case SHMG_TYPE_MODE:
		return text ? shmg_value_parse_mode(text, ret_number) : -EINVAL;
	case SHMG_TYPE_HEX:
		return text ? shmg_value_parse_hex(text, field->digits, ret_number) : -EINVAL;
	case SHMG_TYPE_BOOL:
		*ret_number = json_is_true(value);
		return json_is_boolean(value) ? 0 : -EINVAL;
	case SHMG_TYPE_ENUM:
		return parse_enum(field, value, ret_number);
	case SHMG_TYPE_FLAGS:
		return parse_flags(field, value, ret_number);
	default:
		return parse_number(field, value, ret_number);
	}
}

static int read_text(const struct reader *reader, const struct place *place, const struct shmg_field *field,
		     json_t *value, void *record)
{
	if (!json_is_string(value))
		return refuse_type(reader, place, field, value);
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	if (memchr(text, '\\', length)) {
		SHMG_AUTO_FREE char *copy = strdup(text);
		if (!copy)
			return refuse_memory(reader);
		long bytes = shmg_unescape(copy);
		if (bytes < 0)
			return refuse_type(reader, place, field, value);
		text = shmg_pool_intern(reader->pool, copy, (size_t)bytes);
	} else {
		text = shmg_pool_intern(reader->pool, text, length);
	}
	if (!text)
		return refuse_memory(reader);
	memcpy((char *)record + field->offset, &text, sizeof text);
	return 0;
}

static int read_time(const struct reader *reader, const struct place *place, const struct shmg_field *field,
		     json_t *value, void *record)
{
	const char *text = json_string_value(value);
	int64_t time;
	int status = text ? shmg_value_parse_time(text, &time) : -EINVAL;

	if (status == -ERANGE)
		return refuse(reader, place, "is out of range");
	if (status < 0)
		return refuse_type(reader, place, field, value);
	memcpy((char *)record + field->offset, &time, sizeof time);
	return 0;
}

static int read_record(const struct reader *reader, const struct place *place, const struct shmg_record_type *type,
		       json_t *object, void *record);

/* Lists inside a record live in the pool, as its text does: freed with it, and not to be appended to. */
static int read_list(const struct reader *reader, const struct place *place, const struct shmg_field *field,
		     json_t *value, void *record)
{
	size_t bytes, count = json_array_size(value);
	struct shmg_array list = { .count = count, .capacity = count };

	if (!json_is_array(value))
		return refuse_type(reader, place, field, value);
	if (__builtin_mul_overflow(count, field->of->size, &bytes))
		return refuse_memory(reader);
	list.items = count ? shmg_pool_alloc(reader->pool, bytes) : NULL;
	if (count && !list.items)
		return refuse_memory(reader);
	for (size_t i = 0; i < count; i++) {
		struct place element = { .outer = place, .index = i };
		int status = read_record(reader, &element, field->of, json_array_get(value, i),
					 (char *)list.items + i * field->of->size);
		if (status < 0)
			return status;
	}
	memcpy((char *)record + field->offset, &list, sizeof list);
	return 0;
}

static int read_field(const struct reader *reader, const struct place *place, const struct shmg_field *field,
		      json_t *value, void *record)
{
	uint64_t number;

	if (field->type == SHMG_TYPE_LIST)
		return read_list(reader, place, field, value, record);
	if (json_is_null(value))
		return 0; /* unknown, as it was set */
	if (field->type == SHMG_TYPE_TEXT)
		return read_text(reader, place, field, value, record);
	if (field->type == SHMG_TYPE_TIME)
		return read_time(reader, place, field, value, record);
	if (parse(field, value, &number) < 0)
		return refuse_type(reader, place, field, value);
	/* The number that means "unknown" would turn a value into the lack of one. */
	if (number > shmg_value_largest(field) || shmg_value_is_unknown(field, number))
		return refuse(reader, place, "is out of range");
	shmg_field_set_number(field, record, number);
	return 0;
}

static int read_record(const struct reader *reader, const struct place *place, const struct shmg_record_type *type,
		       json_t *object, void *record)
{
	size_t next = 0; /* members mostly come in the order of the fields */

	if (!json_is_object(object))
		return refuse(reader, place, "is not an object");
	shmg_record_set_unknown(type, record);
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *name = json_object_iter_key(at);
		char shown[SHMG_ESCAPED_MAX(32)];
		const struct shmg_field *field = next < type->field_count ? &type->fields[next] : NULL;
		if (!field || strcmp(field->name, name) != 0)
			field = shmg_record_field(type, name);
		if (!field)
			return refuse(reader, place, "has a member \"%s\", which a %s does not have",
				      excerpt(name, shown), type->name);
		next = (size_t)(field - type->fields) + 1;
		struct place member = { .outer = place, .name = field->name };
		int status = read_field(reader, &member, field, json_object_iter_value(at), record);
		if (status < 0)
			return status;
	}
	return 0;
}

static int read_section(const struct reader *reader, const struct shmg_section_target *target, json_t *value)
{
	struct place place = { .name = target->name };
	bool single = json_is_object(value);
	size_t count = single ? 1 : json_array_size(value);

	if (!single && !json_is_array(value) && !json_is_null(value))
		return refuse(reader, &place, "is not an array of records");
	for (size_t i = 0; i < count; i++) {
		struct place element = { .outer = &place, .index = i };
		void *record = shmg_array_append_zeroed(target->array, target->type->size);
		if (!record)
			return refuse_memory(reader);
		int status = read_record(reader, single ? &place : &element, target->type,
					 single ? value : json_array_get(value, i), record);
		if (status < 0)
			return status;
	}
	return 0;
}

static int check_header(const struct reader *reader, const char *kind, json_t *document)
{
	const char *schema = json_string_value(json_object_get(document, "schema"));
	const json_t *version = json_object_get(document, "version");
	char shown[SHMG_ESCAPED_MAX(32)];

	if (!schema)
		return shmg_error_set(reader->error, -EINVAL, reader->path,
				      "not a shmguard document: no \"schema\"; expected \"shmguard/%s\"", kind);
	if (strncmp(schema, "shmguard/", strlen("shmguard/")) != 0 || strcmp(schema + strlen("shmguard/"), kind) != 0)
		return shmg_error_set(reader->error, -EINVAL, reader->path,
				      "a document of another kind: \"%s\" where \"shmguard/%s\" is expected",
				      excerpt(schema, shown), kind);
	if (!json_is_integer(version))
		return shmg_error_set(reader->error, -EINVAL, reader->path, "the \"version\" is missing or no integer");
	if (json_integer_value(version) != SHMG_JSON_SCHEMA_VERSION)
		return shmg_error_set(reader->error, -EINVAL, reader->path,
				      "version %" JSON_INTEGER_FORMAT " of the format, and this shmguard reads version "
				      "%d: read it with the shmguard that wrote it, or write it again with this one",
				      json_integer_value(version), SHMG_JSON_SCHEMA_VERSION);
	return 0;
}

static int read_document(const struct reader *reader, const char *kind, json_t *document,
			 const struct shmg_section_target *targets, size_t count)
{
	if (!json_is_object(document))
		return shmg_error_set(reader->error, -EINVAL, reader->path, "not a shmguard document: no JSON object");
	int status = check_header(reader, kind, document);
	for (void *at = json_object_iter(document); at && !status; at = json_object_iter_next(document, at)) {
		const char *name = json_object_iter_key(at);
		char shown[SHMG_ESCAPED_MAX(32)];
		size_t i = 0;
		if (strcmp(name, "schema") == 0 || strcmp(name, "version") == 0)
			continue;
		while (i < count && strcmp(targets[i].name, name) != 0)
			i++;
		status = i < count ? read_section(reader, &targets[i], json_object_iter_value(at))
				   : shmg_error_set(reader->error, -EINVAL, reader->path,
						    "has a member \"%s\", which a shmguard/%s document does not have",
						    excerpt(name, shown), kind);
	}
	return status;
}

/* The file on its way to the parser, which asks for a kilobyte at a time. */
struct input {
	int fd;
	int status;
	size_t total;
	size_t at, filled;
	char bytes[65536];
};

static size_t feed(void *buffer, size_t size, void *context)
{
	struct input *input = context;

	if (input->at == input->filled) {
		ssize_t count = TEMP_FAILURE_RETRY(read(input->fd, input->bytes, sizeof input->bytes));
		if (count < 0) {
			input->status = -errno;
			return (size_t)-1;
		}
		input->at = 0;
		input->filled = (size_t)count;
		input->total += (size_t)count;
		if (input->total > DOCUMENT_MAX) {
			input->status = -EFBIG;
			return (size_t)-1;
		}
	}
	if (size > input->filled - input->at)
		size = input->filled - input->at;
	memcpy(buffer, input->bytes + input->at, size);
	input->at += size;
	return size;
}

static int refuse_length(const char *path, struct shmg_error *error)
{
	return shmg_error_set(error, -EINVAL, path, "larger than 1 GiB, which no such document is");
}

static int load(const char *path, json_t **ret_document, struct shmg_error *error)
{
	SHMG_AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct input input = { .fd = fd };
	json_error_t problem;
	char shown[SHMG_ESCAPED_MAX(sizeof problem.text)];
	struct stat file;

	if (fd < 0)
		return shmg_error_set(error, -errno, path, "cannot open it: %s", strerrordesc_np(errno));
	if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_size > (off_t)DOCUMENT_MAX)
		return refuse_length(path, error);
	/* jansson's lexer takes want of memory for a fault of the document; malloc(3) says it here. */
	errno = 0;
	*ret_document = json_load_callback(feed, &input, JSON_REJECT_DUPLICATES, &problem);
	if (*ret_document)
		return 0;
	if (input.status == -EFBIG)
		return refuse_length(path, error);
	if (input.status < 0)
		return shmg_error_set(error, input.status, path, "cannot read it: %s", strerrordesc_np(-input.status));
	if (json_error_code(&problem) == json_error_out_of_memory || errno == ENOMEM)
		return shmg_error_set(error, -ENOMEM, path, "out of memory");
	/* jansson quotes the document as it is. */
	if (shmg_escape(problem.text, strlen(problem.text), shown, sizeof shown) < 0)
		shown[0] = '\0';
	return shmg_error_set(error, -EINVAL, path, "not JSON: line %d: %s", problem.line, shown);
}

int shmg_json_read(const char *path, const char *kind, const struct shmg_section_target *targets, size_t count,
		   struct shmg_pool *pool, struct shmg_error *error)
{
	struct reader reader = { .pool = pool, .path = path, .error = error };
	SHMG_AUTO_FREE size_t *before = calloc(count + 1, sizeof *before);
	json_auto_t *document = NULL;

	if (!before)
		return refuse_memory(&reader);
	int status = load(path, &document, error);
	if (status < 0)
		return status;
	for (size_t i = 0; i < count; i++)
		before[i] = targets[i].array->count;
	status = read_document(&reader, kind, document, targets, count);
	if (status < 0) /* no half of a document */
		for (size_t i = 0; i < count; i++)
			targets[i].array->count = before[i];
	return status;
}
