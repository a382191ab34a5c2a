/* SPDX-License-Identifier: MIT
 *
 * Text that comes from programs, made fit for pictures.
 *
 * Names hold whatever bytes a program put there.  coil__text_clean makes valid,
 * printable UTF-8 of them, once, when they enter a diagram; all that a diagram
 * holds is clean, so writers have only their own format's marks to escape.
 *
 * Two measures: cells (a terminal's columns: wide characters take two, combining
 * ones none) and points (DejaVu Sans at 11 points, rounded up: most other
 * sans-serif faces are narrower, so what is laid out by it fits).
 */
#ifndef COIL_RENDER_TEXT_H
#define COIL_RENDER_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the first character of the N > 0 bytes at TEXT into *CODE, U+FFFD for
 * what is not UTF-8.  Gives the bytes it took, at least 1. */
size_t coil__text_next(const char *text, size_t n, uint32_t *code);

/* Each of these returns memory to be freed. */

char *coil__text_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
char *coil__text_vformat(const char *format, va_list arguments);

/* Clean text: what is not UTF-8, control characters, and those that are unseen
 * or turn the direction of the text are U+FFFD; tabs and line ends are spaces. */
char *coil__text_clean(const char *text, size_t length);

/* TEXT itself, or as much as leaves room for "…" in CELLS cells. */
char *coil__text_shorten(const char *text, unsigned cells);

/* TEXT in lines of at most CELLS cells, broken at spaces and behind marks
 * where that can be, with '\n' between them.  Lines that it has already stay. */
char *coil__text_wrap(const char *text, unsigned cells);

/* Of one character: 0, 1 or 2. */
int coil__text_cells_of(uint32_t code);

/* Of the widest line. */
int coil__text_cells(const char *text);
int coil__text_points(const char *text);

int coil__text_lines(const char *text);

#endif
