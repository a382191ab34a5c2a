/* SPDX-License-Identifier: MIT
 *
 * Placing the lifelines: see render_layout.h.
 */
#include "render_layout.h"
#include <stdlib.h>
#include "render_text.h"
#include "trace/reader_memory.h"

static int max(int a, int b)
{
	return a > b ? a : b;
}

/* Many messages meet at the loop and at what is waited for; a label is easier to
 * place at the other end, where only few do. */
static bool is_hub(const struct diagram *diagram, int participant)
{
	enum diagram_kind kind = diagram->participants[participant].kind;

	return kind == DIAGRAM_LOOP || kind == DIAGRAM_WAITED;
}

/* The gap for the label of a message: at the end that is no hub, and of two such
 * ends at the right one.  For what goes across the picture: in the middle. */
static int gap_of(const struct diagram *diagram, const struct diagram_item *item)
{
	int low = item->from < item->to ? item->from : item->to;
	int high = item->from < item->to ? item->to : item->from;

	if (item->what != DIAGRAM_MESSAGE)
		return ((int)diagram->participant_count + 1) / 2;
	if (low == high)
		return high + 1;
	if (low == DIAGRAM_OUTSIDE)
		return high;
	return is_hub(diagram, high) && !is_hub(diagram, low) ? low + 1 : high;
}

static bool has_label(enum diagram_what what)
{
	return what == DIAGRAM_MESSAGE || what == DIAGRAM_DIVIDER || what == DIAGRAM_DELAY;
}

static bool is_self(const struct diagram_item *item)
{
	return item->what == DIAGRAM_MESSAGE && item->from == item->to;
}

static void place_labels(struct layout *layout, const struct diagram *diagram,
			 const struct layout_metrics *metrics, int *gaps)
{
	for (size_t i = 0; i < diagram->item_count; i++) {
		const struct diagram_item *item = &diagram->items[i];
		struct layout_label *label = &layout->labels[i];

		if (!has_label(item->what))
			continue;
		label->text = coil__text_wrap(item->text, (unsigned)metrics->wrap);
		label->gap = gap_of(diagram, item);
		label->width = metrics->width(label->text);
		gaps[label->gap] = max(gaps[label->gap], label->width +
			(is_self(item) ? metrics->self : metrics->label));
	}
}

static void place_heads(struct layout *layout, const struct diagram *diagram,
			const struct layout_metrics *metrics, int *gaps)
{
	int count = (int)diagram->participant_count, before = 0;

	for (int i = 0; i < count; i++) {
		layout->names[i] = coil__text_wrap(diagram->participants[i].name,
						   (unsigned)metrics->wrap_name);
		layout->name_lines = max(layout->name_lines,
					 coil__text_lines(layout->names[i]));
		layout->head[i] = metrics->width(layout->names[i]) + metrics->head;
		gaps[i] = max(gaps[i], before + metrics->between +
				       (layout->head[i] + 1) / 2);
		before = (layout->head[i] + 1) / 2;
	}
	gaps[count] = max(gaps[count], before + metrics->between);
}

struct layout *coil__diagram_layout(const struct diagram *diagram,
				   const struct layout_metrics *metrics)
{
	size_t count = diagram->participant_count;
	struct layout *layout = coil__take(1, sizeof *layout);
	int *gaps = coil__take(count + 1, sizeof *gaps);

	layout->x = coil__take(count + 1, sizeof *layout->x);
	layout->head = coil__take(count + 1, sizeof *layout->head);
	layout->names = coil__take(count + 1, sizeof *layout->names);
	layout->participants = count;
	layout->items = diagram->item_count;
	layout->labels = coil__take(layout->items + 1, sizeof *layout->labels);
	place_labels(layout, diagram, metrics, gaps);
	place_heads(layout, diagram, metrics, gaps);
	layout->width = metrics->left;
	for (size_t i = 0; i < count; i++)
		layout->x[i] = layout->width += gaps[i];
	layout->width += gaps[count];
	free(gaps);
	return layout;
}

void coil__diagram_layout_destroy(struct layout *layout)
{
	if (!layout)
		return;
	for (size_t i = 0; i < layout->items; i++)
		free(layout->labels[i].text);
	for (size_t i = 0; i < layout->participants; i++)
		free(layout->names[i]);
	free(layout->labels);
	free(layout->names);
	free(layout->head);
	free(layout->x);
	free(layout);
}

int coil__diagram_layout_middle(const struct layout *layout, const struct diagram *diagram,
			int gap, int left)
{
	int from = gap ? layout->x[gap - 1] : left;
	int to = (size_t)gap < diagram->participant_count ? layout->x[gap] : layout->width;

	return from + (to - from) / 2;
}
