/* SPDX-License-Identifier: MIT
 *
 * The text of reader_print.h, read back into a trace file.  Printing that again
 * gives the same text.  Empty lines and lines that begin with '#' are skipped, so
 * that a trace can be written by hand.
 */
#ifndef COIL_TRACE_READER_PARSE_H
#define COIL_TRACE_READER_PARSE_H

#include <stdio.h>

/* Reads INPUT, called NAME in messages, to its end and writes PATH.  NULL, or what
 * is wrong ("NAME:LINE: ..."), to be freed; then there is no PATH. */
char *coil__parse(FILE *input, const char *name, const char *path);

#endif
