/* SPDX-License-Identifier: MIT
 *
 * The chain from a concurrent future, its source, to a future of a loop: wrap_future, and
 * what run_in_executor returns.  In asyncio's order:
 *
 *	the source is done          in the thread that made it so
 *	the chain comes to the loop the iteration whose poll it wakes: the future is done
 *	the future is cancelled     its first callback, `part`, cancels the source at +1
 *
 * The source's side is its callback, which comes (outside.h); the loop's side is the rest.
 * Invariants: part is the first of the future's callbacks until either side has ended it;
 * the source lives until its callback is called, and the chain has a reference to it from
 * then on; and, on the loop's side, one to the future.
 * The first chain of a future lies in the future itself: its memory lives as long.
 * Cost: the future; for other chains a pooled object.
 */
#ifndef COIL_EXECUTOR_WRAP_FUTURE_H
#define COIL_EXECUTOR_WRAP_FUTURE_H

#include "executor/concurrent_future.h"

struct future;

/* A new future of LOOP for SOURCE, with a reference.  IS_NEW: nobody else has the source
 * yet.  KIND: TRACE_FUTURE_...  NULL without memory. */
struct future *coil__wrap_future(struct coil_loop *loop, struct concurrent_future *source,
			   bool is_new, unsigned kind, const coil_site *site);

#endif
