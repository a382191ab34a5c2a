/* SPDX-License-Identifier: MIT
 *
 * Reading a trace: any valid file, mapped and not copied, or several (of a program
 * and its worker processes: reader_set.h), events in the order of their times.
 *
 * Of one thread they come in the order they were written, always.  Of several, what
 * takes something comes behind what gave it (LINK in events.def), whatever the
 * clocks say: the taker is held back until then, the others go first, and it and what
 * follows in its thread has at least the time of the giver.  So time does not go back
 * (but where a file's own does, within a thread).  What nobody gives is not held
 * longer than the clocks of threads can differ.
 *
 * A file may come from an earlier or later version: events are decoded by the
 * definitions in the file and handed out in the layout of this version's table;
 * a field that the file does not have is 0, an event that this version does not
 * know is given as TRACE_UNKNOWN (its number in .number), to be counted.
 *
 * A damaged file gives all the events in front of the damage (of each thread),
 * and then coil__reader_error() is not NULL.
 *
 * Cost: opening is O(file) once, to find strings and sites; coil__reader_next is
 * O(log threads).  Memory: the strings, the sites, a cursor per thread, and what is on
 * its way between threads; nothing grows with the number of events.
 */
#ifndef COIL_TRACE_READER_H
#define COIL_TRACE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include "format.h"

#define TRACE_UNKNOWN 0 /* an event that this version does not know */

struct coil__reader; /* opaque */

struct coil__event {
	uint64_t index;      /* from 1, in the order handed out                 */
	uint64_t time;       /* ns since time 0 of the trace                    */
	uint64_t ctx;        /* the handle that ran, or 0                       */
	uint32_t thread;     /* from 1                                          */
	uint32_t loop;       /* the loop that this thread runs then, or 0       */
	uint8_t type;        /* enum trace_type, or TRACE_UNKNOWN               */
	uint8_t number;      /* as in the file                                  */
	uint16_t tag;
	const char *text;    /* the text field; never NULL, NUL-terminated      */
	size_t text_length;
	union {              /* e.g. event.as.TASK_CREATED.parent               */
#define F(type, name) trace_##type name;
#define T(name)
#define EVENT(number, name, tag, fields, doc) struct trace_##name name;
#include "events.def"
#undef F
#undef T
		uint64_t words[8];
	} as;
};

struct coil__reader_site {
	const char *function, *file, *callee, *argument; /* never NULL */
	unsigned line;
};

/* Opens PATH.  On failure *ERROR is set to a message that names the file and
 * says what is wrong with it (to be freed), and NULL is returned. */
struct coil__reader *coil__reader_open(const char *path, char **error);

/* The same over memory that the caller keeps (for tests and the fuzzer). */
struct coil__reader *coil__reader_open_memory(const void *data, size_t size,
					      const char *name, char **error);
void coil__reader_close(struct coil__reader *reader);

/* Adds a file of another process of the same program: its events come among the
 * others', on the clock of the first file, its ids made different (reader_scope.h).
 * Before the first event is read, or followed by coil__reader_rewind.  False: it is
 * no trace, and *ERROR is set. */
bool coil__reader_add_memory(struct coil__reader *reader, const void *data, size_t size,
			     const char *name, char **error);

/* The next event; false at the end, or where the damage begins. */
bool coil__reader_next(struct coil__reader *reader, struct coil__event *event);
void coil__reader_rewind(struct coil__reader *reader);

/* What is wrong with the files behind the events that were handed out: NULL, or
 * a sentence that names the first such file and the place. */
const char *coil__reader_error(const struct coil__reader *reader);

/* What is not there: NULL, or a sentence that names the files of worker processes
 * which the events so far tell of, but which were not found, or cannot be read. */
const char *coil__reader_missing(const struct coil__reader *reader);

/* Of the first file. */
const struct trace_header *coil__reader_header(const struct coil__reader *reader);

/* Interned text; "" for 0 and for numbers that the file does not define. */
const char *coil__reader_string(const struct coil__reader *reader, uint32_t string);
const struct coil__reader_site *coil__reader_site(const struct coil__reader *reader,
						  uint32_t site);
/* "ValueError" for an error code, by the table embedded in the file. */
const char *coil__reader_error_name(const struct coil__reader *reader, uint32_t code);

/* Is the target of EVENT, if it is a HANDLE_SCHEDULED, no task or future, but a
 * descriptor or a signal? */
static inline bool coil__event_target_is_number(const struct coil__event *event)
{
	return event->type == TRACE_HANDLE_SCHEDULED &&
	       (event->tag == TRACE_SCHEDULE_IO || event->tag == TRACE_SCHEDULE_SIGNAL);
}

/* This version's table: names of events ("TASK_CREATED") and tags ("send"). */
const char *coil__event_name(unsigned type);
const char *coil__event_tag(unsigned type, unsigned tag);

#endif
