/* SPDX-License-Identifier: MIT
 *
 * Merging the threads of a trace: whose event is next?
 *
 *	cursors   [ heap: count of them | held of them | room ]
 *
 * A cursor stands in front of the next record of one thread.  Those in the heap are
 * ordered by the time of that.  At the same time (virtual clocks stand still), loops go
 * first, as what they take from others holds them; but in a trace of before
 * HANDLE_TAKEN last, for what they do then may be the doing of others.
 *
 * A cursor whose next event takes what no event has given yet (reader_causes.h) is
 * held, until it is given.  From then on its times are not earlier than that of the
 * giver: so what is handed out never goes back in time because of a hold, and each
 * thread keeps its own order.  It is not held for ever: not when its giver's process
 * has come to its end, nor longer than the clocks of threads can differ (`patience`), nor
 * when all are held.
 *
 * Cost: O(log threads); where some are held, O(held).
 */
#ifndef COIL_TRACE_READER_MERGE_H
#define COIL_TRACE_READER_MERGE_H

#include "reader_file.h"

struct coil__cursor {
	const struct coil__run *run, *last; /* of its thread                     */
	const uint64_t *at;                 /* the next record                   */
	uint64_t time;                      /* its time, or `floor`              */
	uint64_t floor;                     /* what it was held for came then    */
	uint64_t awaits;                    /* while it is held: what, and ...   */
	uint32_t giver;                     /* ... of which process; 0: of any   */
	const struct coil__file *file;
	uint32_t number;                    /* of the file                       */
	uint32_t process;                   /* of the thread; 0: the trace's own */
	uint32_t thread, loop;
	bool released;                      /* its next event is not to be held  */
};

struct coil__merge {
	struct coil__cursor *cursors;
	size_t count, held, room;
	uint64_t now;                       /* of the last event                 */
	uint64_t patience;                  /* ns                                */
	bool loops_first;                   /* at the same time                  */
};

/* Adds the threads of FILE, in front of their first records. */
void coil__merge_add(struct coil__merge *merge, const struct coil__file *file,
		     uint32_t number);
void coil__merge_free(struct coil__merge *merge);

/* The thread whose event is next; NULL at the end. */
struct coil__cursor *coil__merge_top(struct coil__merge *merge);

/* Is there more to come of PROCESS? */
bool coil__merge_has(const struct coil__merge *merge, uint32_t process);

/* The top is held until THING is given, or the process GIVER, if not 0, is at its end. */
void coil__merge_hold(struct coil__merge *merge, uint64_t thing, uint32_t giver);

/* The top's record was handed out; it gave THING, or 0. */
void coil__merge_advance(struct coil__merge *merge, uint64_t thing);

#endif
