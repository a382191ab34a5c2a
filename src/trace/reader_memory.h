/* SPDX-License-Identifier: MIT
 *
 * Memory for what looks into traces.  There is nothing useful that the command
 * could do without: it says so and exits with status 2.  (The runtime itself
 * never calls these.)
 */
#ifndef COIL_TRACE_READER_MEMORY_H
#define COIL_TRACE_READER_MEMORY_H

#include <stddef.h>

#include <coil/base.h>

/* Zeroed memory, to be freed by free(). */
void *coil__take(size_t count, size_t size);

/* ARRAY of *ROOM elements of SIZE bytes, moved to where at least NEEDED fit. */
void *coil__grow(void *array, size_t *room, size_t needed, size_t size);

/* A NUL-terminated copy of LENGTH bytes. */
char *coil__copy(const char *text, size_t length);

/* A text by printf. */
char *coil__sentence(const char *format, ...) COIL_PRINTF(1, 2);

#endif
