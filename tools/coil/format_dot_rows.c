/* SPDX-License-Identifier: MIT
 *
 * The heights of items: see format_dot_rows.h.
 */
#include "format_dot_rows.h"
#include "render_text.h"
#include "trace/reader_memory.h"

enum { DELAY = 42, DIVIDER = 34, PAD = 6 };

static int text_height(const char *text)
{
	return text && *text ? DOT_LINE * coil__text_lines(text) : 0;
}

static void place_message(struct dot_row *row, int text)
{
	row->line = row->top + PAD + 2 + text;
	row->bottom = row->line + PAD;
}

/* The label stands beside the loop; both are centred on the same height. */
static void place_self(struct dot_row *row, int text)
{
	int height = text > DOT_LOOP ? text : DOT_LOOP;

	row->line = row->top + PAD + (height + DOT_LOOP) / 2;
	row->bottom = row->top + PAD + height + PAD;
}

static void place_middle(struct dot_row *row, int height)
{
	row->line = row->top + height / 2;
	row->bottom = row->top + height;
}

static struct dot_row row_of(const struct diagram_item *item, const char *label, int top)
{
	struct dot_row row = { .top = top, .line = top, .bottom = top };

	switch (item->what) {
	case DIAGRAM_MESSAGE:
		if (item->from == item->to)
			place_self(&row, text_height(label));
		else
			place_message(&row, text_height(label));
		break;
	case DIAGRAM_DIVIDER: place_middle(&row, DIVIDER); break;
	case DIAGRAM_DELAY:   place_middle(&row, DELAY); break;
	case DIAGRAM_NOTE:    place_middle(&row, text_height(item->text) + 10 + 2 * PAD); break;
	case DIAGRAM_BEGIN:
	case DIAGRAM_END:     break;
	}
	return row;
}

struct dot_row *coil__dot_rows(const struct diagram *diagram,
			       const struct layout *layout, int *height)
{
	struct dot_row *rows = coil__take(diagram->item_count + 1, sizeof *rows);
	int y = DOT_MARGIN + DOT_HEAD + 2 * PAD, line = y;

	for (size_t i = 0; i < diagram->item_count; i++) {
		const struct diagram_item *item = &diagram->items[i];

		rows[i] = row_of(item, layout->labels[i].text, y);
		if (item->what == DIAGRAM_BEGIN || item->what == DIAGRAM_END) {
			rows[i].line = line;
			continue;
		}
		y = rows[i].bottom;
		line = item->what == DIAGRAM_MESSAGE ? rows[i].line : y;
	}
	*height = y + 2 * PAD + DOT_HEAD + DOT_MARGIN;
	return rows;
}
