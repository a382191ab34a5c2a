/* SPDX-License-Identifier: MIT
 *
 * Memory of which all is freed at once, and texts that grow.
 *
 * A program that was parsed, and a run of it, each have an arena: what they make
 * stays until they end, and nobody counts who still needs it.
 */
#ifndef COIL_PLAY_ARENA_H
#define COIL_PLAY_ARENA_H

#include <coil/base.h>
#include <stdarg.h>

struct arena {
	struct arena_chunk *chunks; /* newest first */
	char *next, *end;           /* what is free in that */
};

/* SIZE bytes, all zero, aligned for anything; NULL without memory. */
void *coil__arena_take(struct arena *arena, size_t size);

/* A copy of LENGTH bytes, and a zero behind them. */
char *coil__arena_copy(struct arena *arena, const char *bytes, size_t length);

void coil__arena_free(struct arena *arena);

/* {0} is an empty text.  Once there was no memory it stays as it is. */
struct text {
	char *bytes;         /* NULL, or ended by a zero */
	size_t length, room;
	bool failed;
};

/* Puts something behind what is there, by printf. */
void coil__text_add(struct text *text, const char *format, ...) COIL_PRINTF(2, 3);
void coil__text_add_list(struct text *text, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

#endif
