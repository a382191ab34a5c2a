/* SPDX-License-Identifier: MIT
 *
 * How high each item of a diagram stands in a Graphviz picture.  The unit is the
 * point; y grows downwards from the upper edge.  An activation begins and ends where
 * the message before it arrives.
 */
#ifndef COIL_FORMAT_DOT_ROWS_H
#define COIL_FORMAT_DOT_ROWS_H

#include "render_layout.h"

enum {
	DOT_MARGIN = 16,
	DOT_HEAD = 28,             /* the height of a head                 */
	DOT_LINE = 14,             /* of a line of text                    */
	DOT_LOOP = 14              /* of a message to oneself              */
};

struct dot_row {
	int top, line, bottom;     /* line: where its arrow or rule lies   */
};

/* A row for each item, to be freed; *HEIGHT: of the whole picture. */
struct dot_row *coil__dot_rows(const struct diagram *diagram,
			       const struct layout *layout, int *height);

#endif
