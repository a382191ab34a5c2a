/* SPDX-License-Identifier: MIT
 *
 * The numbers of the files behind the first, made different from those of others.
 *
 * A fork copies what the parent had: parent and child go on to give the same ids, for
 * different things.  So in the files of children
 *	threads, strings, sites   follow on those of the files before (reader_file.h)
 *	loops                     are numbered anew, from SCOPE_LOOPS on
 *	handles, and objects      are moved, in ranges of a million as the recorder gives
 *	(tasks, futures ...)      them, to SCOPE_IDS and above, as they are met
 * but for jobs, their results and executors, which are the same in all files: they are the
 * link between a job that is submitted in one process and runs in another.
 *
 * O(1) per field.  Memory: a word pair for every range of ids.
 */
#ifndef COIL_TRACE_READER_SCOPE_H
#define COIL_TRACE_READER_SCOPE_H

#include "reader_file.h"

#define SCOPE_LOOPS 1000000u
#define SCOPE_IDS UINT64_C(100000000000000) /* below TRACE_MAX_CTX */
#define SCOPE_STEP UINT64_C(10000000)

struct coil__scope {
	struct coil__map ranges, loops; /* -> the new number, plus one       */
};

void coil__scope_free(struct coil__scope *scope);

/* EVENT, as decoded from FILE (the NUMBER-th, from 1 on). */
void coil__scope_event(struct coil__scope *scope, const struct coil__file *file,
		       uint32_t number, struct coil__event *event);

/* The loop of a thread of that file. */
uint32_t coil__scope_loop(struct coil__scope *scope, uint32_t number, uint32_t loop);

#endif
