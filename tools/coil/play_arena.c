/* SPDX-License-Identifier: MIT
 *
 * See play_arena.h.
 */
#include "play_arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory that is freed at once ----------------------------------------- */

#define CHUNK 8000
#define ALIGNMENT _Alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *older;
	_Alignas(max_align_t) char bytes[];
};

void *coil__arena_take(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk;
	size_t room;
	void *taken;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (size > (size_t)(arena->end - arena->next)) {
		room = size > CHUNK ? size : CHUNK;
		chunk = calloc(1, sizeof *chunk + room);
		if (!chunk)
			return NULL;
		chunk->older = arena->chunks;
		arena->chunks = chunk;
		arena->next = chunk->bytes;
		arena->end = chunk->bytes + room;
	}
	taken = arena->next;
	arena->next += size;
	return taken;
}

char *coil__arena_copy(struct arena *arena, const char *bytes, size_t length)
{
	char *copy = coil__arena_take(arena, length + 1);

	return copy ? memcpy(copy, bytes, length) : NULL;
}

void coil__arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->older;
		free(chunk);
	}
	arena->next = arena->end = NULL;
}

/* ---- texts ------------------------------------------------------------------ */

static bool make_room(struct text *text, size_t more)
{
	size_t room = text->room ? text->room : 256;
	char *bytes;

	while (room - text->length <= more)
		room *= 2;
	if (room == text->room)
		return true;
	bytes = realloc(text->bytes, room);
	if (!bytes)
		return false;
	text->bytes = bytes;
	text->room = room;
	return true;
}

void coil__text_add_list(struct text *text, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (text->failed || length < 0 || !make_room(text, (size_t)length)) {
		text->failed = true;
		return;
	}
	vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
	text->length += (size_t)length;
}

void coil__text_add(struct text *text, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	coil__text_add_list(text, format, arguments);
	va_end(arguments);
}
