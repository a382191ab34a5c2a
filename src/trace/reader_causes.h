/* SPDX-License-Identifier: MIT
 *
 * What one thread or process gives and another takes: the links of events.def, while
 * a trace is read.
 *
 * Kept is what was given and not taken yet: what is on its way between threads at
 * that moment.  The one link that is not by the same id is of a job's future, which is
 * done after the end of its job, where that has begun.  A link is followed only where a file has events of both its ends: a
 * trace of before HANDLE_TAKEN reads as it always did.
 *
 * A thing is a number for (cause, id); 0 is none.  O(1).
 */
#ifndef COIL_TRACE_READER_CAUSES_H
#define COIL_TRACE_READER_CAUSES_H

#include "reader.h"
#include "reader_map.h"

struct coil__causes {
	bool on[TRACE_TYPES];   /* effects whose causes are looked for       */
	struct coil__map given; /* thing -> not NULL                         */
	struct coil__map jobs;  /* of futures that wait for them; and ...    */
	struct coil__map futures; /* ... of jobs; until the job has ended    */
};

/* There are events of type SEEN. */
void coil__causes_learn(struct coil__causes *causes, const bool seen[TRACE_TYPES]);
void coil__causes_free(struct coil__causes *causes);

/* What EVENT takes that was not given yet. */
uint64_t coil__causes_lacks(const struct coil__causes *causes,
			    const struct coil__event *event);

/* EVENT is handed out.  Result: what it gives. */
uint64_t coil__causes_note(struct coil__causes *causes, const struct coil__event *event);

#endif
