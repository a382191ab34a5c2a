/* SPDX-License-Identifier: MIT
 *
 * A stackful coroutine: a function that runs on a stack of its own, leaves off in
 * the middle, and goes on there later.  It knows nothing of tasks or loops.
 *
 *	coroutine_stack    once, before all else
 *	coroutine_init     once per life
 *	coroutine_start    from outside: runs its function until it suspends or finishes
 *	coroutine_resume   from outside: lets it go on, with a result
 *	coroutine_suspend  from inside: back to whoever resumed it; gives that result
 *	coroutine_finish   from inside, as its last act
 *
 * Invariant: it is either inside (between a resume and a suspend) or has its
 * context in `inside`.  Resuming and suspending are one context switch each.
 *
 * Sanitizers and valgrind are told of the stacks here, and only here.
 */
#ifndef COIL_COROUTINE_COROUTINE_H
#define COIL_COROUTINE_COROUTINE_H

#include <coil/error.h>

struct coroutine {
	void *inside;      /* its context while it does not run          */
	void *outside;     /* the context that resumed it, while it runs */
	char *low;         /* the lowest usable byte of its stack        */
	size_t size;       /* from there to the top                      */
	void (*function)(void *arg);
	void *arg;
#ifdef __SANITIZE_THREAD__
	void *fiber, *fiber_outside;
#endif
#ifdef __SANITIZE_ADDRESS__
	const void *outside_low;
	size_t outside_size;
	void *fake_inside;
#endif
};

/* Once for a stack, from LOW to TOP (16-aligned): it is this coroutine's for all
 * its lives. */
void coil__coroutine_stack(struct coroutine *coroutine, char *low, void *top);

/* FUNCTION(ARG) is to run on it, and ends by coroutine_finish. */
void coil__coroutine_init(struct coroutine *coroutine, void (*function)(void *),
			  void *arg);
void coil__coroutine_start(struct coroutine *coroutine);
void coil__coroutine_resume(struct coroutine *coroutine, coil_result result);
coil_result coil__coroutine_suspend(struct coroutine *coroutine);
void coil__coroutine_finish(struct coroutine *coroutine) __attribute__((noreturn));

/* Forgets a coroutine that finished, or that will never be resumed. */
void coil__coroutine_fini(struct coroutine *coroutine);

#endif
