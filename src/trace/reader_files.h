/* SPDX-License-Identifier: MIT
 *
 * Inside of the reader: its files.
 */
#ifndef COIL_TRACE_READER_FILES_H
#define COIL_TRACE_READER_FILES_H

#include "reader_causes.h"
#include "reader_file.h"
#include "reader_merge.h"
#include "reader_scope.h"

struct coil__reader {
	struct coil__file **files;    /* the first is the trace's own      */
	size_t file_count, file_room;
	struct coil__merge merge;
	struct coil__causes causes;
	struct coil__scope scope;
	struct coil__map processes;   /* pid -> its file; of the first, too */
	struct coil__map lost;        /* pids that are named, and have none */
	bool whole;                   /* all that was found of them is here */
	char *missing;                /* a sentence                        */
	char *unreadable;             /* what is wrong with a file that has told nothing */
	uint64_t index;
	bool ended;
	char text[TRACE_MAX_WORDS * 8 + 1]; /* of an event whose text fills its words */
};

/* A reader of FILE, which it takes over; and FILE behind the others. */
struct coil__reader *coil__reader_of(struct coil__file *file);
void coil__reader_add(struct coil__reader *reader, struct coil__file *file);

/* Says that something is missing; takes TEXT over.  More than one is counted. */
void coil__reader_miss(struct coil__reader *reader, char *text);

#endif
