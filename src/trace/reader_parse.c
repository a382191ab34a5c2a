/* SPDX-License-Identifier: MIT
 *
 * See reader_parse.h.  A line is taken apart from the left: `at` is what is left
 * of it, and every take_ function moves it past what it took.
 */
#include "reader_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reader_layout.h"
#include "reader_memory.h"
#include "reader_write.h"

struct parser {
	const char *name;
	unsigned long line;
	char *at;
	char *error;
	struct coil__writer *writer;
	char text[TRACE_MAX_WORDS * 8 + 1];
};

static bool fail(struct parser *parser, const char *format, ...) COIL_PRINTF(2, 3);

/* Keeps the first error. */
static bool fail(struct parser *parser, const char *format, ...)
{
	va_list arguments;
	char what[200];

	va_start(arguments, format);
	vsnprintf(what, sizeof what, format, arguments);
	va_end(arguments);
	if (!parser->error)
		parser->error = coil__sentence("%s:%lu: %s", parser->name, parser->line,
					       what);
	return false;
}

/* ---- pieces ---------------------------------------------------------------- */

static bool take(struct parser *parser, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(parser->at, text, length))
		return false;
	parser->at += length;
	return true;
}

static bool need(struct parser *parser, const char *text)
{
	return take(parser, text) ||
	       fail(parser, "\"%s\" is expected at \"%.30s\"", text, parser->at);
}

static bool take_number(struct parser *parser, uint64_t *number, uint64_t largest)
{
	char *end;

	errno = 0;
	*number = strtoull(parser->at, &end, strncmp(parser->at, "0x", 2) ? 10 : 16);
	if (end == parser->at || *parser->at == '-' || errno)
		return fail(parser, "a number is expected at \"%.30s\"", parser->at);
	if (*number > largest)
		return fail(parser, "%" PRIu64 " is too large (at most %" PRIu64 ")",
			    *number, largest);
	parser->at = end;
	return true;
}

static bool take_signed(struct parser *parser, int64_t *number, int64_t least,
			int64_t largest)
{
	char *end;

	errno = 0;
	*number = strtoll(parser->at, &end, 10);
	if (end == parser->at || errno || *number < least || *number > largest)
		return fail(parser, "a number is expected at \"%.30s\"", parser->at);
	parser->at = end;
	return true;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* The character behind a backslash; -1 if there is no such. */
static int take_escape(struct parser *parser)
{
	char c = *parser->at;
	int high, low;

	if (c)
		parser->at++;
	switch (c) {
	case '\\': case '"': case ']':
		return c;
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x':
		high = hex_digit(parser->at[0]);
		low = high < 0 ? -1 : hex_digit(parser->at[1]);
		if (low < 0)
			return -1;
		parser->at += 2;
		return high << 4 | low;
	default:
		return -1;
	}
}

/* A text in quotes, at most SIZE - 1 bytes, into BUFFER. */
static bool take_quoted(struct parser *parser, char *buffer, size_t size, size_t *length)
{
	size_t n = 0;

	if (!need(parser, "\""))
		return false;
	while (*parser->at && *parser->at != '"') {
		int c = (unsigned char)*parser->at++;

		if (c == '\\' && (c = take_escape(parser)) <= 0)
			return fail(parser, "an escape is damaged at \"%.30s\"", parser->at);
		if (n + 1 >= size)
			return fail(parser, "the text is too long (at most %zu bytes)", size - 1);
		buffer[n++] = (char)c;
	}
	buffer[n] = '\0';
	*length = n;
	return need(parser, "\"");
}

/* What stands in brackets is for eyes only. */
static bool skip_bracket(struct parser *parser)
{
	if (!take(parser, "["))
		return true;
	while (*parser->at && *parser->at != ']')
		parser->at += *parser->at == '\\' && parser->at[1] ? 2 : 1;
	return need(parser, "]");
}

/* ---- the header ------------------------------------------------------------ */

static bool take_clock(struct parser *parser, struct trace_header *header)
{
	if (take(parser, "virtual"))
		header->clock = TRACE_CLOCK_VIRTUAL;
	else if (take(parser, "real"))
		header->clock = TRACE_CLOCK_REAL;
	else
		return fail(parser, "the clock is real or virtual, not \"%.30s\"", parser->at);
	return true;
}

static bool parse_header(struct parser *parser, struct trace_header *header)
{
	uint64_t version, run, pid, parent;
	size_t length;

	*header = (struct trace_header){ 0 };
	if (!need(parser, "coil-trace ") || !take_number(parser, &version, UINT32_MAX))
		return false;
	if (version != TRACE_VERSION)
		return fail(parser, "version %" PRIu64 " is not known; this coil writes %d",
			    version, TRACE_VERSION);
	if (!need(parser, " clock=") || !take_clock(parser, header) ||
	    !need(parser, " run=") || !take_number(parser, &run, UINT64_MAX) ||
	    !need(parser, " pid=") || !take_number(parser, &pid, UINT32_MAX) ||
	    !need(parser, " parent=") || !take_number(parser, &parent, UINT32_MAX) ||
	    !need(parser, " monotonic=") ||
	    !take_signed(parser, &header->monotonic, INT64_MIN, INT64_MAX) ||
	    !need(parser, " wall=") ||
	    !take_signed(parser, &header->wall, INT64_MIN, INT64_MAX) ||
	    !need(parser, " program=") ||
	    !take_quoted(parser, header->program, sizeof header->program, &length))
		return false;
	if (*parser->at)
		return fail(parser, "\"%.30s\" is left over", parser->at);
	header->run = run;
	header->pid = (uint32_t)pid;
	header->parent = (uint32_t)parent;
	return true;
}

/* ---- an event -------------------------------------------------------------- */

static bool take_time(struct parser *parser, uint64_t *time)
{
	uint64_t seconds, nanoseconds;
	char *end;

	if (!take_number(parser, &seconds, UINT64_C(1) << 33) || !need(parser, "."))
		return false;
	nanoseconds = strtoull(parser->at, &end, 10);
	if (end != parser->at + 9 || *parser->at < '0' || *parser->at > '9')
		return fail(parser, "a time has nine digits behind the point");
	parser->at = end;
	*time = seconds * 1000000000 + nanoseconds;
	return true;
}

static bool same(const char *name, size_t length, const char *word, size_t word_length)
{
	return length == word_length && !memcmp(name, word, length);
}

static bool take_event_name(struct parser *parser, struct coil__event *event)
{
	const struct coil__layout *own = coil__layout_own();
	size_t length = strcspn(parser->at, " ");

	for (unsigned type = 1; type < TRACE_TYPES; type++)
		if (own->events[type] && same(own->events[type]->name,
					      own->events[type]->name_length,
					      parser->at, length)) {
			event->type = event->number = (uint8_t)type;
			parser->at += length;
			return true;
		}
	if (!same("UNKNOWN", 7, parser->at, length))
		return fail(parser, "there is no event \"%.*s\"", (int)length, parser->at);
	parser->at += length;
	return true;
}

static bool take_tag(struct parser *parser, struct coil__event *event)
{
	size_t length;
	uint64_t number;

	if (take(parser, " tag=")) {
		if (!take_number(parser, &number, UINT16_MAX))
			return false;
		event->tag = (uint16_t)number;
		return true;
	}
	length = *parser->at == ' ' ? strcspn(parser->at + 1, " ") : 0;
	if (!length || memchr(parser->at + 1, '=', length))
		return true; /* a field, or the end */
	for (unsigned tag = 0; *coil__event_tag(event->type, tag); tag++) {
		const char *name = coil__event_tag(event->type, tag);

		if (same(name, strlen(name), parser->at + 1, length)) {
			event->tag = (uint16_t)tag;
			parser->at += length + 1;
			return true;
		}
	}
	return fail(parser, "%s has no tag \"%.*s\"", coil__event_name(event->type),
		    (int)length, parser->at + 1);
}

static bool take_value(struct parser *parser, const struct coil__field *field,
		       struct coil__event *event)
{
	char *to = (char *)&event->as + field->offset, *end;
	uint64_t value;
	uint32_t narrow;
	int64_t number;
	double real;

	if (field->type == COIL__FIELD_F64) {
		real = strtod(parser->at, &end);
		if (end == parser->at)
			return fail(parser, "a number is expected at \"%.30s\"", parser->at);
		parser->at = end;
		memcpy(to, &real, sizeof real);
		return true;
	}
	if (field->type == COIL__FIELD_I32) {
		if (!take_signed(parser, &number, INT32_MIN, INT32_MAX))
			return false;
		value = (uint64_t)number;
	} else if (!take_number(parser, &value, field->size == 8 ? UINT64_MAX : UINT32_MAX)) {
		return false;
	}
	narrow = (uint32_t)value;
	memcpy(to, field->size == 8 ? (void *)&value : (void *)&narrow, field->size);
	return skip_bracket(parser);
}

/* " name=value" of one of the event's fields, or its text. */
static bool take_field(struct parser *parser, const struct coil__event_layout *layout,
		       struct coil__event *event)
{
	size_t length;

	if (!need(parser, " "))
		return false;
	length = strcspn(parser->at, "= ");
	if (layout->text && same(layout->text, layout->text_length, parser->at, length)) {
		parser->at += length;
		return need(parser, "=") &&
		       take_quoted(parser, parser->text,
				   (TRACE_MAX_WORDS - 2 - layout->words) * 8 + 1,
				   &event->text_length);
	}
	for (size_t i = 0; i < layout->field_count; i++)
		if (same(layout->fields[i].name, layout->fields[i].name_length,
			 parser->at, length)) {
			parser->at += length;
			return need(parser, "=") &&
			       take_value(parser, &layout->fields[i], event);
		}
	return fail(parser, "%.*s has no field \"%.*s\"", (int)layout->name_length,
		    layout->name, (int)length, parser->at);
}

static bool take_fields(struct parser *parser, struct coil__event *event)
{
	const struct coil__event_layout *layout = coil__layout_own()->events[event->type];
	uint64_t number;

	if (layout) {
		while (*parser->at)
			if (!take_field(parser, layout, event))
				return false;
		return true;
	}
	if (!need(parser, " number=") || !take_number(parser, &number, TRACE_TYPES - 1))
		return false;
	event->number = (uint8_t)number;
	if (!number || coil__layout_own()->events[number])
		return fail(parser, "event %" PRIu64 " is not unknown", number);
	return !*parser->at || fail(parser, "\"%.30s\" is left over", parser->at);
}

static bool parse_event(struct parser *parser, struct coil__event *event)
{
	uint64_t thread, loop = 0;

	*event = (struct coil__event){ .text = parser->text };
	if (!take_number(parser, &event->index, UINT64_MAX) || !need(parser, " ") ||
	    !take_time(parser, &event->time) || !need(parser, " t") ||
	    !take_number(parser, &thread, UINT32_MAX) ||
	    (take(parser, "/") && !take_number(parser, &loop, UINT32_MAX)) ||
	    !need(parser, " ctx=") || !take_number(parser, &event->ctx, TRACE_MAX_CTX) ||
	    !need(parser, " ") || !take_event_name(parser, event) ||
	    !take_tag(parser, event) || !take_fields(parser, event))
		return false;
	if (!thread)
		return fail(parser, "threads are numbered from 1");
	event->thread = (uint32_t)thread;
	event->loop = (uint32_t)loop;
	return true;
}

/* ---- the whole ------------------------------------------------------------- */

static bool parse_line(struct parser *parser, const char *path)
{
	struct trace_header header;
	struct coil__event event;

	if (parser->writer)
		return parse_event(parser, &event) &&
		       coil__writer_put(parser->writer, &event);
	if (!parse_header(parser, &header))
		return false;
	parser->writer = coil__writer_open(path, &header, &parser->error);
	return parser->writer != NULL;
}

char *coil__parse(FILE *input, const char *name, const char *path)
{
	struct parser parser = { .name = name };
	char *line = NULL;
	size_t room = 0;
	ssize_t length;
	bool good = true;

	while (good && (length = getline(&line, &room, input)) >= 0) {
		parser.line++;
		if (length && line[length - 1] == '\n')
			line[--length] = '\0';
		parser.at = line;
		if (length && *line != '#')
			good = strlen(line) == (size_t)length ? parse_line(&parser, path) :
			       fail(&parser, "there is a NUL in it");
	}
	free(line);
	if (good && ferror(input))
		fail(&parser, "%s", strerror(errno));
	else if (good && !parser.writer)
		fail(&parser, "it has no header (coil-trace 1 ...)");
	if (parser.error && parser.writer)
		coil__writer_abandon(parser.writer);
	else if (parser.writer) /* writing may have failed: this tells */
		parser.error = coil__writer_close(parser.writer);
	return parser.error;
}
