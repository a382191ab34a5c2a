/* SPDX-License-Identifier: MIT
 *
 * One file of a trace: mapped, and scanned once (reader_scan.h).
 *
 * Of the first file of a trace all numbers are as they stand there; those of the
 * files behind it (worker processes) follow on: threads, strings and sites begin
 * behind the last of the files before, times are moved to the clock of the first.
 */
#ifndef COIL_TRACE_READER_FILE_H
#define COIL_TRACE_READER_FILE_H

#include "reader_scan.h"

struct coil__file {
	struct coil__scan scan;
	char *name;
	void *mapped;                /* to be unmapped, or NULL              */
	void *copy;                  /* to be freed, or NULL                 */
	uint32_t threads, strings, sites; /* the last of the files before    */
	int64_t shift;               /* ns from its time 0 back to the first's */
};

/* NULL when it is no trace, and *ERROR is a sentence, to be freed. */
struct coil__file *coil__file_open(const char *path, char **error);
struct coil__file *coil__file_open_memory(const void *data, size_t size,
					  const char *name, char **error);
void coil__file_close(struct coil__file *file);

/* Makes FILE the one behind LAST, of the trace that FIRST begins. */
void coil__file_follow(struct coil__file *file, const struct coil__file *first,
		       const struct coil__file *last);

/* The time of a record of CHUNK, on the clock of the first file. */
static inline uint64_t coil__file_time(const struct coil__file *file,
				       const struct trace_chunk *chunk, uint64_t word)
{
	uint64_t time = chunk->first_time + WORD_TIME(word);

	if (file->shift >= 0)
		return time + (uint64_t)file->shift;
	return time > -(uint64_t)file->shift ? time - -(uint64_t)file->shift : 0;
}

/* Does it hold more than names? */
bool coil__file_says_something(const struct coil__file *file);

#endif
