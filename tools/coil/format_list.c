/* SPDX-License-Identifier: MIT
 *
 * A diagram as a list of numbered participants and their messages: what the
 * terminal gets of a diagram that is too wide for it.
 *
 *	participants
 *	    1  main
 *	    2  say_hello_AAA
 *
 *	   0.000    1 --> 2     main --> say_hello_AAA
 *
 * Number 0 is what is not in the picture.  The names are repeated
 * in a message where there is room.
 */
#include "format_writers.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "format_text_canvas.h"
#include "render_text.h"
#include "trace/reader_memory.h"

enum { INDENT = 26, ROOM = 16 };

struct writer {
	const struct diagram *diagram;
	const struct format_text_options *options;
	FILE *out;
	uint64_t shown_time; /* ms */
};

/* Writes FORMAT as a line; in ASCII if that is wanted. */
static void __attribute__((format(printf, 2, 3)))
print_line(struct writer *writer, const char *format, ...)
{
	struct text_canvas *canvas;
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = coil__text_vformat(format, arguments);
	va_end(arguments);
	canvas = coil__canvas_create(coil__text_cells(text), writer->options->ascii);
	coil__canvas_text(canvas, 0, text);
	coil__canvas_print(canvas, writer->out);
	coil__canvas_destroy(canvas);
	free(text);
}

static void print_participants(struct writer *writer)
{
	fputs("participants\n", writer->out);
	for (size_t i = 0; i < writer->diagram->participant_count; i++)
		print_line(writer, "%5zu  %s", i + 1,
			    writer->diagram->participants[i].name);
	fputc('\n', writer->out);
}

static const char *name_of(const struct writer *writer, int participant)
{
	return participant == DIAGRAM_OUTSIDE ? "(outside)"
	     : writer->diagram->participants[participant].name;
}

/* The time where it is another than in the line before, else "". */
static char *time_of(struct writer *writer, uint64_t time)
{
	uint64_t ms = time / 1000000;

	if (ms == writer->shown_time)
		return coil__copy("", 0);
	writer->shown_time = ms;
	return coil__text_format("%4llu.%03u", (unsigned long long)(ms / 1000),
				 (unsigned)(ms % 1000));
}

/* TEXT behind PREFIX, in lines that fit, those after the first INDENT cells in. */
static void print_wrapped(struct writer *writer, const char *prefix, int indent,
			  const char *string)
{
	int room = writer->options->width - indent;
	char *wrapped = coil__text_wrap(string, (unsigned)(room > ROOM ? room : ROOM));
	char *line, *rest = wrapped;

	print_line(writer, "%s%s", prefix, strsep(&rest, "\n"));
	while ((line = strsep(&rest, "\n")))
		print_line(writer, "%*s%s", indent, "", line);
	free(wrapped);
}

static void print_message(struct writer *writer, const struct diagram_item *item)
{
	const char *line = item->style == DIAGRAM_CALL ? "──>"
			 : item->style == DIAGRAM_RETURN ? "╌╌>" : "══>";
	const char *colon = *item->text ? " : " : "";
	char *time = time_of(writer, item->time);
	char *prefix = coil__text_format("%8s  %4d %s %-4d   ", time, item->from + 1, line,
					 item->to + 1);
	char *names = coil__text_format("%s %s %s%s%s", name_of(writer, item->from), line,
					name_of(writer, item->to), colon, item->text);

	print_wrapped(writer, prefix, INDENT, coil__text_cells(names) + INDENT <=
		      writer->options->width ? names : item->text);
	free(names);
	free(prefix);
	free(time);
}

static void print_note(struct writer *writer, const struct diagram_item *item)
{
	char *prefix = item->from == DIAGRAM_OUTSIDE ? coil__text_format("note: ")
		     : coil__text_format("note on %d: ", item->from + 1);

	print_wrapped(writer, prefix, coil__text_cells(prefix), item->text);
	free(prefix);
}

static void print_item(struct writer *writer, const struct diagram_item *item)
{
	switch (item->what) {
	case DIAGRAM_MESSAGE: print_message(writer, item); break;
	case DIAGRAM_DIVIDER: print_line(writer, "═══ %s ═══", item->text); break;
	case DIAGRAM_DELAY:   print_line(writer, "... %s ...", item->text); break;
	case DIAGRAM_NOTE:    print_note(writer, item); break;
	case DIAGRAM_BEGIN:
	case DIAGRAM_END:     break; /* there are no lifelines to show it on */
	}
}

void coil__format_list(const struct diagram *diagram, FILE *out,
		       const struct format_text_options *options)
{
	struct writer writer = {
		.diagram = diagram, .options = options, .out = out,
		.shown_time = UINT64_MAX,
	};

	print_participants(&writer);
	for (size_t i = 0; i < diagram->item_count; i++)
		print_item(&writer, &diagram->items[i]);
}
