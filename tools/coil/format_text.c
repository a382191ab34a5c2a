/* SPDX-License-Identifier: MIT
 *
 * A diagram for the terminal.
 *
 *	         ┌──────┐  ┌───────────────┐
 *	         │ main │  │ say_hello_AAA │
 *	         └──┬───┘  └───────┬───────┘
 *	  0.000     ┠─────────────>│
 *
 * A row is composed on a canvas of one line of cells, and then printed.  A wide
 * character takes two cells, of which the second holds nothing (SPENT).  A
 * diagram that is wider than the terminal is laid out tighter, and if that is too
 * wide still, becomes a list in which the participants go by number.
 */
#include "format_writers.h"
#include <stdlib.h>
#include <string.h>
#include "format_text_canvas.h"
#include "render_layout.h"
#include "render_text.h"
#include "trace/reader_memory.h"

enum { TIMES = 9 };

/* From the roomiest to the tightest. */
static const struct way {
	int wrap, wrap_name;
	bool above;          /* labels stand above their arrows, not in them */
} ways[] = {
	{ 28, 32, false }, { 20, 20, false }, { 14, 10, true },
};

struct writer {
	const struct diagram *diagram;
	const struct layout *layout;
	const struct way *way;
	struct text_canvas *canvas;
	int *level;          /* of each participant: activations now */
	uint64_t shown_time; /* ms */
};

static void put_time(struct writer *writer, uint64_t time)
{
	uint64_t ms = time / 1000000;
	char text[32];

	if (ms == writer->shown_time)
		return;
	writer->shown_time = ms;
	snprintf(text, sizeof text, "%4llu.%03u", (unsigned long long)(ms / 1000),
		 (unsigned)(ms % 1000));
	coil__canvas_text(writer->canvas, 0, text);
}

/* ---- rows -------------------------------------------------------------- */

static void put_lifelines(struct writer *writer)
{
	for (size_t i = 0; i < writer->diagram->participant_count; i++)
		coil__canvas_text(writer->canvas, writer->layout->x[i],
				  writer->level[i] > 0 ? "┃" : "│");
}

static void print_row(struct writer *writer, FILE *out)
{
	coil__canvas_print(writer->canvas, out);
}

/* Line NUMBER (from 0) of TEXT, to be freed. */
static char *line_of(const char *text, int number)
{
	while (number-- > 0)
		text = strchr(text, '\n') + 1;
	return coil__copy(text, strcspn(text, "\n"));
}

/* A line of the label of an item, centred in its gap, or farther from the head of
 * its arrow. */
static void put_label(struct writer *writer, size_t index, int number, const char *pad)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	const struct layout_label *label = &writer->layout->labels[index];
	char *line = line_of(label->text, number);
	int cells = coil__text_cells(line);
	int x = coil__diagram_layout_middle(writer->layout, writer->diagram, label->gap,
					    TIMES) - (cells - (item->from > item->to)) / 2;

	if (cells) {
		coil__canvas_text(writer->canvas, x - 1, pad);
		coil__canvas_text(writer->canvas, x, line);
		coil__canvas_text(writer->canvas, x + cells, pad);
	}
	free(line);
}

static const char *dash(enum diagram_style style)
{
	return style == DIAGRAM_CALL ? "─" : style == DIAGRAM_RETURN ? "╌" : "═";
}

/* The lifeline of a participant where an arrow leaves it or crosses it. */
static const char *branch(const struct writer *writer, int participant,
			  enum diagram_style style, bool right)
{
	if (style == DIAGRAM_ERROR)
		return right ? "╞" : "╡";
	if (writer->level[participant] > 0)
		return right ? "┠" : "┨";
	return right ? "├" : "┤";
}

static const char *crossing(const struct writer *writer, int participant,
			    enum diagram_style style)
{
	return style == DIAGRAM_ERROR ? "╪" : writer->level[participant] > 0 ? "╂" : "┼";
}

static void put_arrow(struct writer *writer, const struct diagram_item *item)
{
	const int *x = writer->layout->x;
	bool right = item->from < item->to;
	int low = right ? item->from : item->to, high = right ? item->to : item->from;
	int left = low == DIAGRAM_OUTSIDE ? TIMES - 1 : x[low];

	coil__canvas_line(writer->canvas, left + 1, x[high] - 1, dash(item->style));
	for (int i = low + 1; i < high; i++)
		coil__canvas_text(writer->canvas, x[i], crossing(writer, i, item->style));
	if (item->from != DIAGRAM_OUTSIDE)
		coil__canvas_text(writer->canvas, x[item->from],
				  branch(writer, item->from, item->style, right));
	coil__canvas_text(writer->canvas, right ? x[high] - 1 : left + 1, right ? ">" : "<");
}

/* The last line of the label stands in the arrow if that has room, the others above
 * it. */
static void print_message(struct writer *writer, size_t index, FILE *out)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	const struct layout_label *label = &writer->layout->labels[index];
	int last = *label->text ? coil__text_lines(label->text) - 1 : 0;

	if (writer->way->above && *label->text)
		last++;
	for (int i = 0; i < last; i++) {
		put_lifelines(writer);
		put_label(writer, index, i, "");
		print_row(writer, out);
	}
	put_time(writer, item->time);
	put_lifelines(writer);
	put_arrow(writer, item);
	if (last < coil__text_lines(label->text))
		put_label(writer, index, last, " ");
	print_row(writer, out);
}

static void print_self(struct writer *writer, size_t index, FILE *out)
{
	const struct diagram_item *item = &writer->diagram->items[index];
	const struct layout_label *label = &writer->layout->labels[index];
	int x = writer->layout->x[item->from];
	int lines = coil__text_lines(label->text);

	put_time(writer, item->time);
	for (int i = 0; i < (lines > 2 ? lines : 2); i++) {
		put_lifelines(writer);
		if (i < 2)
			coil__canvas_line(writer->canvas, x + 1, x + 2, dash(item->style));
		if (i == 0)
			coil__canvas_text(writer->canvas, x,
					  branch(writer, item->from, item->style, true));
		if (i == 1)
			coil__canvas_text(writer->canvas, x + 1, "<");
		if (i < 2)
			coil__canvas_text(writer->canvas, x + 3, i ? "┘" : "┐");
		if (i < lines) {
			char *line = line_of(label->text, i);

			coil__canvas_text(writer->canvas, x + 5, line);
			free(line);
		}
		print_row(writer, out);
	}
}

static void print_divider(struct writer *writer, size_t index, FILE *out)
{
	coil__canvas_line(writer->canvas, TIMES, writer->layout->width - 1, "═");
	for (size_t i = 0; i < writer->diagram->participant_count; i++)
		coil__canvas_text(writer->canvas, writer->layout->x[i], "╪");
	put_label(writer, index, 0, " ");
	print_row(writer, out);
}

static void print_delay(struct writer *writer, size_t index, FILE *out)
{
	for (int row = 0; row < 3; row++) {
		for (size_t i = 0; i < writer->diagram->participant_count; i++)
			coil__canvas_text(writer->canvas, writer->layout->x[i], "┊");
		if (row == 1)
			put_label(writer, index, 0, " ");
		print_row(writer, out);
	}
}

static void put_box(struct writer *writer, int x, int width, const char *left,
		    const char *line, const char *right)
{
	coil__canvas_line(writer->canvas, x + 1, x + width - 2, line);
	coil__canvas_text(writer->canvas, x, left);
	coil__canvas_text(writer->canvas, x + width - 1, right);
}

static void print_note(struct writer *writer, const struct diagram_item *item, FILE *out)
{
	int lines = coil__text_lines(item->text), width = coil__text_cells(item->text) + 4;
	int x = (item->from == DIAGRAM_OUTSIDE ? (TIMES + writer->canvas->width) / 2
					       : writer->layout->x[item->from]) - width / 2;

	if (x + width > writer->canvas->width)
		x = writer->canvas->width - width;
	if (x < TIMES)
		x = TIMES;
	for (int i = -1; i <= lines; i++) {
		put_lifelines(writer);
		if (i < 0) {
			put_box(writer, x, width, "┌", "─", "┐");
		} else if (i == lines) {
			put_box(writer, x, width, "└", "─", "┘");
		} else {
			char *line = line_of(item->text, i);

			put_box(writer, x, width, "│", " ", "│");
			coil__canvas_text(writer->canvas, x + 2, line);
			free(line);
		}
		print_row(writer, out);
	}
}

static void print_item(struct writer *writer, size_t index, FILE *out)
{
	const struct diagram_item *item = &writer->diagram->items[index];

	switch (item->what) {
	case DIAGRAM_MESSAGE:
		if (item->from == item->to)
			print_self(writer, index, out);
		else
			print_message(writer, index, out);
		break;
	case DIAGRAM_BEGIN:   writer->level[item->from]++; break;
	case DIAGRAM_END:     writer->level[item->from]--; break;
	case DIAGRAM_DIVIDER: print_divider(writer, index, out); break;
	case DIAGRAM_DELAY:   print_delay(writer, index, out); break;
	case DIAGRAM_NOTE:    print_note(writer, item, out); break;
	}
}

/* One row of a head: its border (-1, or the number of its name's lines) or a line
 * of its name.  The lifeline leaves it below, and at the foot above. */
static void put_head(struct writer *writer, size_t i, int row, bool foot)
{
	const struct layout *layout = writer->layout;
	int x = layout->x[i], width = layout->head[i], left = x - width / 2;
	char *line;

	if (row < 0) {
		put_box(writer, left, width, "┌", "─", "┐");
		if (foot)
			coil__canvas_text(writer->canvas, x, "┴");
	} else if (row == layout->name_lines) {
		put_box(writer, left, width, "└", "─", "┘");
		if (!foot)
			coil__canvas_text(writer->canvas, x, "┬");
	} else {
		put_box(writer, left, width, "│", " ", "│");
		if (row >= coil__text_lines(layout->names[i]))
			return;
		line = line_of(layout->names[i], row);
		coil__canvas_text(writer->canvas, left + 2, line);
		free(line);
	}
}

static void print_heads(struct writer *writer, bool foot, FILE *out)
{
	for (int row = -1; row <= writer->layout->name_lines; row++) {
		for (size_t i = 0; i < writer->diagram->participant_count; i++)
			put_head(writer, i, row, foot);
		print_row(writer, out);
	}
}

static void print_diagram(struct writer *writer, FILE *out)
{
	print_heads(writer, false, out);
	for (size_t i = 0; i < writer->diagram->item_count; i++)
		print_item(writer, i, out);
	print_heads(writer, true, out);
}

/* ---- the choice -------------------------------------------------------- */

/* A note may be wider than what the lifelines take. */
static int width_of(const struct diagram *diagram, const struct layout *layout)
{
	int width = layout->width;

	for (size_t i = 0; i < diagram->item_count; i++) {
		int need = TIMES + coil__text_cells(diagram->items[i].text) + 4;

		if (diagram->items[i].what == DIAGRAM_NOTE && need > width)
			width = need;
	}
	return width;
}

/* False if that would take more than the terminal has. */
static bool try_diagram(const struct diagram *diagram, FILE *out, const struct way *way,
			const struct format_text_options *options)
{
	struct layout_metrics metrics = {
		.width = coil__text_cells, .wrap = way->wrap, .wrap_name = way->wrap_name,
		.head = 4, .between = 1, .label = way->above ? 2 : 6, .self = 7,
		.left = TIMES,
	};
	struct layout *layout = coil__diagram_layout(diagram, &metrics);
	int width = width_of(diagram, layout);

	if (width <= options->width) {
		struct writer writer = {
			.diagram = diagram, .layout = layout, .way = way, .shown_time = UINT64_MAX,
			.canvas = coil__canvas_create(width, options->ascii),
			.level = coil__take(diagram->participant_count + 1, sizeof(int)),
		};

		print_diagram(&writer, out);
		coil__canvas_destroy(writer.canvas);
		free(writer.level);
	}
	coil__diagram_layout_destroy(layout);
	return width <= options->width;
}

void coil__format_text(const struct diagram *diagram, FILE *out,
		       const struct format_text_options *options)
{
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
		if (try_diagram(diagram, out, &ways[i], options))
			return;
	coil__format_list(diagram, out, options);
}
