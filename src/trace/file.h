/* SPDX-License-Identifier: MIT
 *
 * The file that is being recorded: its header, mapped, and the chunks in it.
 *
 * A chunk is allocated on the disk before it is mapped, so that a full disk is an
 * error here and not a SIGBUS later.  Nothing is written by write(2): the mapping
 * is shared, and the kernel has every byte whatever becomes of the process.
 */
#ifndef COIL_TRACE_FILE_H
#define COIL_TRACE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "trace/format.h"

struct trace_file {
	int fd;                      /* -1: none is open                         */
	char *path;                  /* with %p replaced                         */
	char *pattern;               /* as it was given                          */
	struct trace_header *header; /* the whole first 64 KiB, mapped           */
};

/* Makes the file and its header.  Result: 0, or an errno; FILE is then closed. */
int coil__trace_file_open(struct trace_file *file, const char *pattern,
			  uint32_t clock, uint32_t parent);
void coil__trace_file_close(struct trace_file *file);

/* Allocates, maps and counts the next COUNT chunks, which lie together; NULL with
 * errno set.  Under the recorder's lock.  To be unmapped together. */
struct trace_chunk *coil__trace_file_chunks(struct trace_file *file, size_t count);

/* The path for this process: %p replaced by its id; if CHILD and there is no %p,
 * ".PID" behind it.  To be freed; NULL without memory. */
char *coil__trace_path(const char *pattern, bool child);

#endif
