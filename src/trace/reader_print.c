/* SPDX-License-Identifier: MIT
 *
 * See reader_print.h.  The fields come from the one table of events, so there is
 * nothing here for any single event.
 */
#include "reader_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reader_layout.h"

/* ---- text ---------------------------------------------------------------- */

/* The length of the printable UTF-8 character at TEXT, or 0. */
static size_t printable(const unsigned char *text, size_t left)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 :
			text[0] < 0xf0 ? 3 : text[0] < 0xf5 ? 4 : 0;

	if (length == 1)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (!length || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xc2 && text[1] < 0xa0) ||  /* control characters        */
	    (text[0] == 0xe0 && text[1] < 0xa0) ||  /* longer than they need be  */
	    (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xed && text[1] >= 0xa0) || /* halves of UTF-16          */
	    (text[0] == 0xf4 && text[1] >= 0x90) || /* beyond Unicode            */
	    (text[0] == 0xe2 && text[1] == 0x80 &&  /* turn the direction, end   */
	     text[2] >= 0xa8 && text[2] <= 0xae))   /* the line                  */
		return 0;
	return length;
}

void coil__print_escaped(FILE *file, const char *text, size_t length, char close)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = printable((const unsigned char *)text + i, length - i);
		if (n == 0) {
			n = 1;
			if (text[i] == '\n')
				fputs("\\n", file);
			else if (text[i] == '\t')
				fputs("\\t", file);
			else
				fprintf(file, "\\x%02x", (unsigned char)text[i]);
			continue;
		}
		if (text[i] == '\\' || text[i] == close)
			putc('\\', file);
		fwrite(text + i, 1, n, file);
	}
}

static void print_bracket(FILE *file, const char *text)
{
	coil__print_escaped(file, text, strlen(text), ']');
}

static void print_quoted(FILE *file, const char *text, size_t length)
{
	putc('"', file);
	coil__print_escaped(file, text, length, '"');
	putc('"', file);
}

void coil__print_site(FILE *file, const struct coil__reader_site *site)
{
	const char *slash = strrchr(site->file, '/');

	print_bracket(file, slash ? slash + 1 : site->file);
	fprintf(file, ":%u ", site->line);
	print_bracket(file, site->function);
	fputs(": ", file);
	print_bracket(file, site->callee);
	if (*site->argument) {
		putc('(', file);
		print_bracket(file, site->argument);
		putc(')', file);
	}
}

/* ---- fields -------------------------------------------------------------- */

/* The shortest of the usual notations that reads back as the same number. */
static void print_real(FILE *file, double real)
{
	char text[40];

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, real);
		if (strtod(text, NULL) == real)
			break;
	}
	fputs(text, file);
}

static bool named(const struct coil__field *field, const char *name)
{
	return field->name_length == strlen(name) &&
	       !memcmp(field->name, name, field->name_length);
}

/* Does FIELD say "none" when it is 0? */
static bool none_if_zero(const struct coil__field *field)
{
	switch (field->type) {
	case COIL__FIELD_ID: case COIL__FIELD_STR: case COIL__FIELD_SITE:
	case COIL__FIELD_ERR:
		return true;
	default:
		return named(field, "reserved") || named(field, "loop") || named(field, "process") ||
		       named(field, "when") || named(field, "delay");
	}
}

/* The label behind the id of a task, or of what tasks share; but a handle, or the descriptor that an I/O
 * handle is for, may have the same number. */
static void print_task(FILE *file, const struct coil__names *names,
		       const struct coil__event *event,
		       const struct coil__field *field, uint64_t id)
{
	const char *label = names ? coil__names_task(names, id) : NULL;

	if (names && !label)
		label = coil__names_resource(names, id);
	if (!label || named(field, "handle") || coil__event_target_is_number(event))
		return;
	putc('[', file);
	print_bracket(file, label);
	putc(']', file);
}

static void print_field(FILE *file, const struct coil__reader *reader,
			const struct coil__names *names,
			const struct coil__event *event, const struct coil__field *field)
{
	uint64_t value = coil__field_integer(field, &event->as);

	if (!value && none_if_zero(field))
		return;
	fprintf(file, " %.*s=", (int)field->name_length, field->name);
	if (field->type == COIL__FIELD_F64) {
		print_real(file, coil__field_real(field, &event->as));
		return;
	}
	fprintf(file, field->type == COIL__FIELD_I32 ? "%" PRId64 : "%" PRIu64, value);
	switch (field->type) {
	case COIL__FIELD_ID:
		print_task(file, names, event, field, value);
		break;
	case COIL__FIELD_SITE:
		putc('[', file);
		coil__print_site(file, coil__reader_site(reader, (uint32_t)value));
		putc(']', file);
		break;
	case COIL__FIELD_STR:
	case COIL__FIELD_ERR:
		putc('[', file);
		print_bracket(file, field->type == COIL__FIELD_STR ?
			      coil__reader_string(reader, (uint32_t)value) :
			      coil__reader_error_name(reader, (uint32_t)value));
		putc(']', file);
		break;
	default:
		break;
	}
}

/* ---- lines --------------------------------------------------------------- */

void coil__print_header(FILE *file, const struct trace_header *header)
{
	fprintf(file, "coil-trace %" PRIu32 " clock=%s run=0x%" PRIx64 " pid=%" PRIu32
		" parent=%" PRIu32 " monotonic=%" PRId64 " wall=%" PRId64 " program=",
		header->version,
		header->clock == TRACE_CLOCK_VIRTUAL ? "virtual" : "real",
		header->run, header->pid, header->parent, header->monotonic, header->wall);
	print_quoted(file, header->program,
		     strnlen(header->program, sizeof header->program));
	putc('\n', file);
}

static void print_tag(FILE *file, const struct coil__event *event)
{
	const char *tag = coil__event_tag(event->type, event->tag);

	if (*tag)
		fprintf(file, " %s", tag);
	else if (event->tag)
		fprintf(file, " tag=%u", event->tag);
}

void coil__print_event(FILE *file, const struct coil__reader *reader,
		       const struct coil__names *names, const struct coil__event *event)
{
	const struct coil__event_layout *layout = coil__layout_own()->events[event->type];

	fprintf(file, "%" PRIu64 " %" PRIu64 ".%09" PRIu64 " t%" PRIu32, event->index,
		event->time / 1000000000, event->time % 1000000000, event->thread);
	if (event->loop)
		fprintf(file, "/%" PRIu32, event->loop);
	fprintf(file, " ctx=%" PRIu64 " %s", event->ctx, coil__event_name(event->type));
	print_tag(file, event);
	if (!layout)
		fprintf(file, " number=%u", event->number);
	for (size_t i = 0; layout && i < layout->field_count; i++)
		print_field(file, reader, names, event, &layout->fields[i]);
	if (layout && layout->text && event->text_length) {
		fprintf(file, " %.*s=", (int)layout->text_length, layout->text);
		print_quoted(file, event->text, event->text_length);
	}
	putc('\n', file);
}
