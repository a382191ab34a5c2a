/* SPDX-License-Identifier: MIT
 *
 * Where the lifelines of a diagram stand, so that nothing overlaps.
 *
 *	     gap 0       gap 1        gap 2       gap 3
 *	  .         | x[0]      | x[1]      | x[2]      .
 *	            |  label    |           |           |
 *	            |---------->|           |           |
 *
 * Between and beside N lifelines are N + 1 gaps.  The label of a message lies
 * within a single gap, and a gap is at least as wide as the widest label in it,
 * so a label meets neither a lifeline nor another label.  (So do the captions of
 * dividers and delays, in a gap in the middle.)  A long label is broken
 * into lines first, so that it does not make a gap wide.
 *
 * The unit is the format's: points, or a terminal's cells.  Cost: linear in the
 * diagram.
 */
#ifndef COIL_RENDER_LAYOUT_H
#define COIL_RENDER_LAYOUT_H

#include "render_diagram.h"

struct layout_metrics {
	int (*width)(const char *text); /* of its widest line                 */
	int wrap;           /* cells after which labels are broken            */
	int wrap_name;      /* and names                                      */
	int head;           /* a head is so much wider than its name          */
	int between;        /* at least so much between two heads             */
	int label;          /* a gap is so much wider than its label          */
	int self;           /* the same for the label of a message to oneself */
	int left;           /* kept free at the left, for the times           */
};

struct layout_label {
	char *text;         /* in lines; NULL for what has none */
	int gap;
	int width;
};

struct layout {
	int *x;                      /* of each lifeline             */
	int *head;                   /* the width of its head        */
	char **names;                /* in lines, for the heads      */
	int name_lines;              /* of the longest               */
	struct layout_label *labels; /* of each item                 */
	size_t participants, items;
	int width;
};

struct layout *coil__diagram_layout(const struct diagram *diagram,
				   const struct layout_metrics *metrics);
void coil__diagram_layout_destroy(struct layout *layout);

/* The middle of a gap; the first one begins at LEFT. */
int coil__diagram_layout_middle(const struct layout *layout, const struct diagram *diagram,
			int gap, int left);

#endif
