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
 * the chain has a reference to the source, and, on the loop's side, to the future.
 * Cost: a pooled object, and the future.
 */
#ifndef COIL_EXECUTOR_CHAIN_H
#define COIL_EXECUTOR_CHAIN_H

#include "base/object.h"
#include "executor/concurrent_future.h"
#include "loop/outside.h"

struct future;

struct chain {
	struct object object;
	struct concurrent_callback done; /* of the source                        */
	struct concurrent_future *source;
	struct future *future;
	struct outside outside;
	struct told_handle part;
	bool parted; /* part has run, or never will: the future was done before    */
	bool came;   /* the source is done, but part is in the ready queue yet     */
};

/* A new future of LOOP for SOURCE, with a reference; takes over one to SOURCE.
 * KIND: TRACE_FUTURE_...  NULL without memory. */
struct future *coil__chain(struct coil_loop *loop, struct concurrent_future *source,
			   unsigned kind, const coil_site *site);

#endif
