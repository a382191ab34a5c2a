/* SPDX-License-Identifier: MIT
 *
 * One line of a terminal, to be composed of pieces that lie over each other.
 *
 * Invariant: a cell holds a character with its combining marks, or nothing, when
 * the cell before it holds a wide one.  Putting something on half of a wide
 * character leaves a space for the other half.  In ASCII, lines and boxes are
 * made of -, |, + and the like, and other characters are question marks.
 */
#ifndef COIL_FORMAT_TEXT_CANVAS_H
#define COIL_FORMAT_TEXT_CANVAS_H

#include <stdbool.h>
#include <stdio.h>

struct text_cell {
	char bytes[20];          /* UTF-8; "": the right half of a wide one */
};

struct text_canvas {
	struct text_cell *cells;
	int width;
	bool ascii;
};

struct text_canvas *coil__canvas_create(int width, bool ascii);
void coil__canvas_destroy(struct text_canvas *canvas);

/* Puts TEXT (one line, clean) from the cell X on; what lies beyond the canvas
 * is not put. */
void coil__canvas_text(struct text_canvas *canvas, int x, const char *text);

/* Puts the character GLYPH on the cells FROM to TO, both included. */
void coil__canvas_line(struct text_canvas *canvas, int from, int to, const char *glyph);

/* Writes the line without the spaces at its end, and clears it. */
void coil__canvas_print(struct text_canvas *canvas, FILE *out);

#endif
