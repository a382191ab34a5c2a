/* SPDX-License-Identifier: MIT
 *
 * Writing a trace file from events, in this version's format: what `coil parse`
 * does, and the tests.  (The recorder writes its own, from many threads at once.)
 *
 * Events of one thread are written in the order given; each thread fills chunks
 * of its own.  The file is complete when coil__writer_close says so.
 */
#ifndef COIL_TRACE_READER_WRITE_H
#define COIL_TRACE_READER_WRITE_H

#include "reader.h"

struct coil__writer; /* opaque */

/* Makes (or empties) PATH.  Of HEADER what says who, when and which clock is
 * taken, and the rest is this version's.  NULL: *ERROR says why, to be freed. */
struct coil__writer *coil__writer_open(const char *path,
				       const struct trace_header *header,
				       char **error);

/* False when writing failed, which close will tell of. */
bool coil__writer_put(struct coil__writer *writer, const struct coil__event *event);

/* Writes what is left and frees WRITER.  NULL, or what went wrong, to be freed;
 * the file is removed then. */
char *coil__writer_close(struct coil__writer *writer);

/* The same without a word: the file is removed. */
void coil__writer_abandon(struct coil__writer *writer);

#endif
