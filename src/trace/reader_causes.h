/* SPDX-License-Identifier: MIT
 *
 * What one thread or process gives and another takes: the links of events.def, while
 * a trace is read.
 *
 * Kept is what was given and not taken yet: what is on its way between threads at
 * that moment.  A link is followed only where there are events of the taking side: a
 * trace of before HANDLE_TAKEN reads as it always did.
 *
 * A job that a process runs is begun, and ends, twice: in a thread of the process that
 * it was submitted in, and, between the two, in the worker.  Which of them an event is of
 * is told by the process of its thread.
 *
 * A thing is a number for (what, id); 0 is none.  O(1).
 */
#ifndef COIL_TRACE_READER_CAUSES_H
#define COIL_TRACE_READER_CAUSES_H

#include "reader.h"
#include "reader_map.h"

struct coil__causes {
	bool on[TRACE_TYPES];     /* events that there are                     */
	struct coil__map given;   /* thing -> the loop, or the process, plus one*/
};

/* There are events of type SEEN. */
void coil__causes_learn(struct coil__causes *causes, const bool seen[TRACE_TYPES]);
void coil__causes_free(struct coil__causes *causes);

/* What EVENT, of PROCESS (0: the first), takes that was not given yet. */
uint64_t coil__causes_lacks(const struct coil__causes *causes,
			    const struct coil__event *event, uint32_t process);

/* EVENT is handed out.  Result: what it gives. */
uint64_t coil__causes_note(struct coil__causes *causes, const struct coil__event *event,
			   uint32_t process);

#endif
