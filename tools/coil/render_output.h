/* SPDX-License-Identifier: MIT
 *
 * Where a picture goes: to standard output, or to a file that is either whole or
 * as it was before.  What is written to a file goes to a temporary one beside it,
 * which takes its place at the end.  (What is no regular file, such as /dev/null
 * or a pipe, is written directly.)
 *
 * Every function that can fail says so itself on standard error.
 */
#ifndef COIL_RENDER_OUTPUT_H
#define COIL_RENDER_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct render_output {
	FILE *file;
	const char *path;       /* NULL: standard output                 */
	char *temporary;        /* NULL: it is written directly          */
};

/* PATH: NULL or "-" for standard output. */
bool coil__output_open(struct render_output *output, const char *path);

/* Ends the writing.  False if not all could be written; nothing is left then. */
bool coil__output_close(struct render_output *output);

/* Gives up: the file stays as it was. */
void coil__output_drop(struct render_output *output);

/* Runs Graphviz on GRAPH (a file, from its start) and writes the picture of TYPE,
 * "svg" or "png". */
bool coil__output_graphviz(struct render_output *output, FILE *graph, const char *type);

#endif
