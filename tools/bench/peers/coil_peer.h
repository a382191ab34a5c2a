/* SPDX-License-Identifier: MIT
 *
 * The peer that is coil, in four files:
 *
 *	coil.c          main, callbacks, recording, the bare switch
 *	coil_tasks.c    tasks: made, gathered, asleep, limited in time, cancelled
 *	coil_sync.c     tasks that hand over to each other
 *	coil_threads.c  other threads and processes
 *
 * By its public API; but for the bare context switch, and for the reader that
 * counts the events of a trace.
 */
#ifndef BENCH_COIL_PEER_H
#define BENCH_COIL_PEER_H

#include <coil.h>
#include "../measure.h"

/* A word whose work is done by a task: a batch that is measured, or what measures
 * and reports by itself. */
struct task_work {
	const char *word;
	void (*batch)(long ops);
	long ops;
	void (*itself)(void);
};

/* They end with NULL. */
extern const struct task_work task_words[], sync_words[], thread_words[];

/* Ends the peer at an error. */
static inline void check(coil_result r, const char *what)
{
	if (r.error)
		coil_print_exception(r, stderr);
	require(r.error == COIL_OK, what);
}

/* 1,000 tasks that each yield so often that it is OPS in all; for the recorder. */
void yield_batch(long ops);

/* Other threads call into a loop of their own making. */
void threadsafe(void);
void wake(void);

#endif
