/* SPDX-License-Identifier: MIT
 *
 * A diagram as a Graphviz graph in which every node is pinned, so that the
 * picture is the one laid out here, and `dot -Tsvg FILE` needs no options.
 *
 * Lines are edges between points that are not seen; text is in nodes without a
 * shape.  Graphviz draws the edges in the order in which their tails are
 * declared, and (outputorder=edgesfirst) all nodes over them, so what is written
 * later lies above:
 *
 *	lifelines < activations < dividers, messages < heads, labels, notes
 *
 * Two passes over the items: the first gives each its height (format_dot_rows.h),
 * the second draws.  Our y grows downwards, Graphviz's upwards.
 */
#include "format_writers.h"
#include <stdlib.h>
#include <string.h>
#include "format_dot_rows.h"
#include "render_layout.h"
#include "render_text.h"
#include "trace/reader_memory.h"

#define FONT "DejaVu Sans,Verdana,Helvetica,sans-serif"
#define INK "#26323E"
#define GREY "#8A96A3"
#define PALE "#C3CBD3"
#define ACCENT "#2F6DA8"
#define ACCENT_PALE "#A9C8E6"
#define ERROR "#A8473F"

enum {
	TIMES = 56,         /* the column of times at the left           */
	BAR = 8,            /* the width of an activation                */
	NEST = 4,           /* so far to the right is one within another */
	NEST_MOST = 4,
	LOOP = 26           /* the width of a message to oneself         */
};

struct writer {
	const struct diagram *diagram;
	struct layout *layout;
	FILE *out;
	struct dot_row *rows;
	int *level;             /* of each participant: activations now */
	int height, width;
	unsigned points;        /* so far: their names are numbers      */
	uint64_t shown_time;    /* ms; the last in the column of times  */
};

/* ---- primitives ------------------------------------------------------- */

static void put_quoted(FILE *out, const char *text, const char *line_end)
{
	for (fputc('"', out); *text; text++) {
		if (*text == '\n')
			fputs(line_end, out);
		else if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text == '&') /* or it could begin an entity */
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
	fprintf(out, "%s\"", strcmp(line_end, "\\l") == 0 ? line_end : "");
}

static unsigned put_point(struct writer *writer, int x, int y)
{
	fprintf(writer->out, "\t%u [pos=\"%d,%d!\"];\n", writer->points, x,
		writer->height - y);
	return writer->points++;
}

static void put_line(struct writer *writer, int x1, int y1, int x2, int y2,
		     const char *attributes)
{
	unsigned from = put_point(writer, x1, y1);
	unsigned to = put_point(writer, x2, y2);

	fprintf(writer->out, "\t%u -> %u [%s];\n", from, to, attributes);
}

/* Text centred on (x, y), or beginning at x where LINE_END is "\\l". */
static void put_text(struct writer *writer, int x, int y, const char *text,
		     const char *line_end, const char *attributes)
{
	int width = coil__text_points(text);

	if (strcmp(line_end, "\\l") == 0)
		x += width / 2;
	fprintf(writer->out, "\tt%u [pos=\"%d,%d!\", width=%.3f, %s, label=",
		writer->points++, x, writer->height - y, width / 72.0, attributes);
	put_quoted(writer->out, text, line_end);
	fputs("];\n", writer->out);
}

#define TEXT_NODE "style=solid, shape=plain"

/* A note may be wider than what the lifelines take. */
static void measure_width(struct writer *writer)
{
	const struct diagram *diagram = writer->diagram;

	writer->width = writer->layout->width;
	for (size_t i = 0; i < diagram->item_count; i++) {
		int need = TIMES + DOT_MARGIN + coil__text_points(diagram->items[i].text) + 24;

		if (diagram->items[i].what == DIAGRAM_NOTE && need > writer->width)
			writer->width = need;
	}
	writer->width += DOT_MARGIN;
}

/* The dotted lines say that time has passed. */
static void put_lifelines(struct writer *writer)
{
	const struct diagram *diagram = writer->diagram;
	int foot = writer->height - DOT_MARGIN - DOT_HEAD;

	for (size_t p = 0; p < diagram->participant_count; p++) {
		int x = writer->layout->x[p], y = DOT_MARGIN + DOT_HEAD;

		for (size_t i = 0; i < diagram->item_count; i++) {
			const struct dot_row *row = &writer->rows[i];

			if (diagram->items[i].what != DIAGRAM_DELAY)
				continue;
			put_line(writer, x, y, x, row->top + 6,
				 "style=dashed, color=\"" PALE "\"");
			put_line(writer, x, row->top + 6, x, row->bottom - 6,
				 "style=dotted, penwidth=1.4, color=\"" PALE "\"");
			y = row->bottom - 6;
		}
		put_line(writer, x, y, x, foot, "style=dashed, color=\"" PALE "\"");
	}
}

static int nested(int level)
{
	return level <= 1 ? 0 : (level > NEST_MOST ? NEST_MOST : level) * NEST - NEST;
}

static void put_bar(struct writer *writer, int participant, int level, int from, int to)
{
	int x = writer->layout->x[participant] + nested(level);

	if (to < from + 6)
		to = from + 6;
	put_line(writer, x, from - 1, x, to + 1, level % 2
		 ? "penwidth=8, color=\"" ACCENT_PALE "\""
		 : "penwidth=8, color=\"" ACCENT "\"");
}

/* The END of the activation that begins at the item BEGIN.  (An outer one has to
 * be drawn before an inner one, so it is drawn when it begins.) */
static size_t end_of(const struct diagram *diagram, size_t begin)
{
	int depth = 0;
	size_t i = begin;

	for (; i < diagram->item_count; i++) {
		const struct diagram_item *item = &diagram->items[i];

		if (item->from != diagram->items[begin].from)
			continue;
		depth += (item->what == DIAGRAM_BEGIN) - (item->what == DIAGRAM_END);
		if (depth == 0)
			break;
	}
	return i;
}

static void put_bars(struct writer *writer)
{
	const struct diagram *diagram = writer->diagram;

	for (size_t i = 0; i < diagram->item_count; i++) {
		const struct diagram_item *item = &diagram->items[i];

		if (item->what == DIAGRAM_END)
			writer->level[item->from]--;
		if (item->what != DIAGRAM_BEGIN)
			continue;

		size_t end = end_of(diagram, i);

		put_bar(writer, item->from, ++writer->level[item->from],
			writer->rows[i].line, end < diagram->item_count
			? writer->rows[end].line : writer->height - DOT_MARGIN - DOT_HEAD);
	}
	memset(writer->level, 0, diagram->participant_count * sizeof *writer->level);
}

static void put_time(struct writer *writer, const struct diagram_item *item, int y)
{
	uint64_t ms = item->time / 1000000;
	char text[32];

	if (ms == writer->shown_time)
		return;
	writer->shown_time = ms;
	snprintf(text, sizeof text, "%llu.%03u", (unsigned long long)(ms / 1000),
		 (unsigned)(ms % 1000));
	put_text(writer, DOT_MARGIN, y, text, "\\l",
		 TEXT_NODE ", fontsize=9, fontcolor=\"" GREY "\"");
}

/* Where an arrow meets the lifeline: at the side of its activation, counting one
 * that this very message begins. */
static int side(const struct writer *writer, size_t index, int participant, bool right)
{
	const struct diagram *diagram = writer->diagram;
	int level = writer->level[participant];
	int x = writer->layout->x[participant];

	for (size_t i = index + 1; i < diagram->item_count; i++) {
		const struct diagram_item *item = &diagram->items[i];

		if (item->what != DIAGRAM_BEGIN)
			break;
		level += item->from == participant;
	}
	if (level == 0)
		return x;
	return right ? x + nested(level) + BAR / 2 : x - BAR / 2;
}

static const char *arrow(enum diagram_style style)
{
	switch (style) {
	case DIAGRAM_CALL: return "arrowhead=normal, color=\"" INK "\"";
	case DIAGRAM_RETURN: return "arrowhead=vee, style=dashed, color=\"" INK "\"";
	default: return "arrowhead=vee, style=dashed, color=\"" ERROR "\"";
	}
}

static const char *label_colour(enum diagram_style style)
{
	return style == DIAGRAM_ERROR ? TEXT_NODE ", fontcolor=\"" ERROR "\""
				      : TEXT_NODE;
}

static void put_self(struct writer *writer, size_t index)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	const struct layout_label *label = &writer->layout->labels[index];
	int bottom = writer->rows[index].line, top = bottom - DOT_LOOP;
	int from = writer->layout->x[item->from];
	int to = side(writer, index, item->from, true);
	const char *plain = item->style == DIAGRAM_ERROR ? "color=\"" ERROR "\""
							 : "color=\"" INK "\"";
	int out = to + LOOP;

	if (writer->level[item->from])
		from += nested(writer->level[item->from]) + BAR / 2;
	put_line(writer, from, top, out, top, plain);
	put_line(writer, out, top, out, bottom, plain);
	put_line(writer, out, bottom, to, bottom, arrow(item->style));
	if (*item->text)
		put_text(writer, out + 6, bottom - DOT_LOOP / 2, label->text, "\\l",
			 label_colour(item->style));
}

/* The middle of the gap in which the caption of an item stands. */
static int middle(const struct writer *writer, size_t index)
{
	return coil__diagram_layout_middle(writer->layout, writer->diagram,
				   writer->layout->labels[index].gap, TIMES + DOT_MARGIN);
}

/* DIAGRAM_OUTSIDE is less than any participant, and lies left of them. */
static void put_message(struct writer *writer, size_t index)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	const struct layout_label *label = &writer->layout->labels[index];
	int y = writer->rows[index].line, edge = TIMES + DOT_MARGIN;
	bool right = item->from < item->to;
	int from = item->from == DIAGRAM_OUTSIDE ? edge
		 : side(writer, index, item->from, right);
	int to = item->to == DIAGRAM_OUTSIDE ? edge
	       : side(writer, index, item->to, !right);

	put_line(writer, from, y, to, y, arrow(item->style));
	if (!*item->text)
		return;
	put_text(writer, middle(writer, index),
		 y - 2 - DOT_LINE * coil__text_lines(label->text) / 2,
		 label->text, "\\n", label_colour(item->style));
}

static void put_divider(struct writer *writer, size_t index, int y)
{
	put_line(writer, TIMES, y, writer->width - DOT_MARGIN, y, "color=\"" PALE "\"");
	put_text(writer, middle(writer, index), y, writer->layout->labels[index].text, "\\n",
		 "style=filled, shape=box, margin=\"0.11,0.03\", height=0.25, "
		 "color=\"" PALE "\", fillcolor=\"#F3F5F7\", fontcolor=\"" INK "\"");
}

static void put_delay(struct writer *writer, size_t index, int y)
{
	put_text(writer, middle(writer, index), y, writer->layout->labels[index].text, "\\n",
		 "style=filled, shape=box, margin=\"0.08,0.02\", height=0.2, "
		 "color=white, fillcolor=white, fontcolor=\"" GREY "\"");
}

/* Over its participant, as far as that keeps it inside the picture. */
static void put_note(struct writer *writer, const struct diagram_item *item, int y)
{
	int half = coil__text_points(item->text) / 2 + 10, x = (TIMES + writer->width) / 2;
	bool error = item->style == DIAGRAM_ERROR;
	char attributes[200];

	if (item->from != DIAGRAM_OUTSIDE)
		x = writer->layout->x[item->from];
	if (x + half > writer->width - DOT_MARGIN)
		x = writer->width - DOT_MARGIN - half;
	if (x - half < TIMES)
		x = TIMES + half;
	snprintf(attributes, sizeof attributes,
		 "style=filled, shape=note, margin=\"0.1,0.06\", height=%.3f, "
		 "color=\"%s\", fillcolor=\"%s\", fontcolor=\"%s\"",
		 (DOT_LINE * coil__text_lines(item->text) + 10) / 72.0,
		 error ? ERROR : PALE, error ? "#FAEDEB" : "#FCF8E8",
		 error ? ERROR : INK);
	put_text(writer, x - half + 10, y, item->text, "\\l", attributes);
}

static void put_item(struct writer *writer, size_t index)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	int y = writer->rows[index].line;

	switch (item->what) {
	case DIAGRAM_MESSAGE:
		put_time(writer, item, y);
		if (item->from == item->to)
			put_self(writer, index);
		else
			put_message(writer, index);
		break;
	case DIAGRAM_BEGIN:   writer->level[item->from]++; break;
	case DIAGRAM_END:     writer->level[item->from]--; break;
	case DIAGRAM_DIVIDER: put_divider(writer, index, y); break;
	case DIAGRAM_DELAY:   put_delay(writer, index, y); break;
	case DIAGRAM_NOTE:    put_note(writer, item, y); break;
	}
}

static const char *head_style(enum diagram_kind kind)
{
	switch (kind) {
	case DIAGRAM_TASK:
		return "style=filled, color=\"" ACCENT "\", fillcolor=\"#E8F1FA\"";
	case DIAGRAM_LOOP:
		return "style=filled, color=\"" ACCENT "\", fillcolor=\"" ACCENT "\", "
		       "fontcolor=white";
	case DIAGRAM_THREAD:
		return "style=filled, color=\"" GREY "\", fillcolor=\"#E9ECEF\", penwidth=2";
	case DIAGRAM_CALLBACK:
		return "style=\"filled,rounded\", color=\"" GREY "\", fillcolor=white";
	default:
		return "style=\"filled,rounded\", color=\"" GREY "\", fillcolor=\"#F3F5F7\"";
	}
}

static void put_heads(struct writer *writer, int y)
{
	const struct diagram *diagram = writer->diagram;

	for (size_t i = 0; i < diagram->participant_count; i++) {
		const struct diagram_participant *participant = &diagram->participants[i];

		fprintf(writer->out, "\th%u [pos=\"%d,%d!\", shape=box, width=%.3f, "
			"height=%.3f, fixedsize=true, %s, label=", writer->points++,
			writer->layout->x[i], writer->height - y,
			writer->layout->head[i] / 72.0, DOT_HEAD / 72.0,
			head_style(participant->kind));
		put_quoted(writer->out, participant->name, " ");
		fputs(", tooltip=", writer->out);
		put_quoted(writer->out, participant->full ? participant->full
							  : participant->name, " ");
		fputs("];\n", writer->out);
	}
}

static void put_preamble(FILE *out)
{
	fputs("digraph coil {\n"
	      "\tgraph [layout=neato, inputscale=72, splines=line, overlap=true, "
	      "outputorder=edgesfirst, bgcolor=white, pad=0.2];\n"
	      "\tnode [shape=point, style=invis, width=0.01, height=0.01, margin=0, "
	      "penwidth=1, fontname=\"" FONT "\", fontsize=11, fontcolor=\"" INK "\"];\n"
	      "\tedge [arrowhead=none, arrowsize=0.7, penwidth=1];\n", out);
}

void coil__format_dot(const struct diagram *diagram, FILE *out)
{
	static const struct layout_metrics metrics = {
		.width = coil__text_points, .wrap = 30, .wrap_name = 40, .head = 22, .between = 22,
		.label = 40, .self = LOOP + 40, .left = TIMES + DOT_MARGIN,
	};
	struct writer writer = {
		.diagram = diagram, .out = out, .shown_time = UINT64_MAX,
		.layout = coil__diagram_layout(diagram, &metrics),
		.level = coil__take(diagram->participant_count + 1, sizeof(int)),
	};

	writer.rows = coil__dot_rows(diagram, writer.layout, &writer.height);
	measure_width(&writer);
	put_preamble(out);
	put_lifelines(&writer);
	put_bars(&writer);
	for (size_t i = 0; i < diagram->item_count; i++)
		put_item(&writer, i);
	put_heads(&writer, DOT_MARGIN + DOT_HEAD / 2);
	put_heads(&writer, writer.height - DOT_MARGIN - DOT_HEAD / 2);
	fputs("}\n", out);
	free(writer.level);
	free(writer.rows);
	coil__diagram_layout_destroy(writer.layout);
}
