/* SPDX-License-Identifier: MIT
 *
 * gather: a future that is done when its children are.
 *
 * Invariants: counted <= unique <= count; children has an entry for every
 * argument, each with a reference; every unique child that is not counted has one
 * callback to here, which holds a reference to the gather.
 */
#ifndef COIL_TASK_GATHER_H
#define COIL_TASK_GATHER_H

#include "task/future.h"

struct list;

struct gather {
	struct future future;
	struct future **children; /* in the order of the arguments    */
	struct handle *callbacks; /* one for each, as far as needed   */
	struct list *results;     /* filled when all are counted      */
	size_t count;             /* of the arguments                 */
	size_t room;              /* its callbacks' in the ready queue */
	size_t unique;            /* of the futures among them        */
	size_t counted;           /* of those, done and taken note of */
	bool return_exceptions;
	bool cancel_requested;
};

/* A gather of COUNT futures of LOOP, whose references it takes over also if it
 * fails.  The caller gets a reference.  NULL with coil_last_error(). */
struct gather *coil__gather(struct coil_loop *loop, struct future *const *children,
			    size_t count, unsigned flags, const coil_site *site);

bool coil__gather_cancel(struct gather *gather, coil_result cancelled);

/* Called when it is destroyed. */
void coil__gather_fini(struct gather *gather);

#endif
