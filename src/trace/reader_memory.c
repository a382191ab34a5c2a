/* SPDX-License-Identifier: MIT
 *
 * See reader_memory.h.
 */
#include "reader_memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
	if (memory)
		return memory;
	fputs("coil: out of memory\n", stderr);
	exit(2);
}

void *coil__take(size_t count, size_t size)
{
	return need(calloc(count ? count : 1, size));
}

void *coil__grow(void *array, size_t *room, size_t needed, size_t size)
{
	size_t wanted = *room ? *room : 4;

	if (needed <= *room)
		return array;
	while (wanted < needed)
		wanted = wanted > SIZE_MAX / 2 ? needed : wanted * 2;
	*room = wanted;
	return need(wanted > SIZE_MAX / size ? NULL : realloc(array, wanted * size));
}

char *coil__copy(const char *text, size_t length)
{
	char *copy = need(malloc(length + 1));

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *coil__sentence(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return need(length < 0 ? NULL : text);
}
