/* SPDX-License-Identifier: MIT
 *
 * The formats that a diagram can be written in.  Each escapes what it has to, so
 * that names and labels of any bytes give a file that its tools accept.  Writers
 * do not check the stream: whoever closes it does.
 */
#ifndef COIL_FORMAT_WRITERS_H
#define COIL_FORMAT_WRITERS_H

#include <stdio.h>
#include "render_diagram.h"

/* https://plantuml.com/sequence-diagram */
void coil__format_plantuml(const struct diagram *diagram, FILE *out);

/* Graphviz, with every node pinned: `dot -Tsvg FILE` needs no options. */
void coil__format_dot(const struct diagram *diagram, FILE *out);

struct format_text_options {
	int width;   /* cells */
	bool ascii;
};

/* For a terminal.  A diagram that is too wide becomes a list. */
void coil__format_text(const struct diagram *diagram, FILE *out,
		       const struct format_text_options *options);

/* That list: the participants go by number, so that it fits any width. */
void coil__format_list(const struct diagram *diagram, FILE *out,
		       const struct format_text_options *options);

#endif
