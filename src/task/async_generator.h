/* SPDX-License-Identifier: MIT
 *
 * Async generators: a coroutine that runs in whichever task asks for the next value.
 *
 *	loop --> the task's stack: coil_anext --> the generator's stack: its body
 *
 * The body has a stack of its own, from its first step to its end.  coil_anext enters
 * it; the body comes back by a yield, by its end, or because it awaits something that
 * is not done: then the task suspends where it called coil_anext, and enters the body
 * again with what it was resumed with.  While the body runs it is the task's `inside`,
 * and what the body is given (errors, lists) is the generator's to keep, because it
 * outlives the call that asked.
 *
 * Invariants: NEW (no stack), STANDS at a yield, RUNS (asked by a task), ENDED (no
 * stack); it is chained to the loop while it has a stack, and not after its close.
 * Cost: a step is two context switches, and two more for each time the body suspends.
 */
#ifndef COIL_TASK_ASYNC_GENERATOR_H
#define COIL_TASK_ASYNC_GENERATOR_H

#include <coil/async_generator.h>

#include "base/object.h"

struct coil_loop;
struct keep;
struct task;

enum async_generator_state {
	ASYNC_GENERATOR_NEW,
	ASYNC_GENERATOR_STANDS,
	ASYNC_GENERATOR_RUNS,
	ASYNC_GENERATOR_ENDED
};

struct async_generator {
	struct object object;
	struct coil_loop *loop;        /* that it was first asked in, or NULL     */
	struct async_generator *older, **newer; /* the loop's chain              */
	const coil_site *site;
	coil_function function;
	void *arg;
	struct task *stack;            /* borrowed                                */
	struct keep *keep;             /* what the body was given                 */
	coil_result passed;            /* by a yield, or into one                 */
	uint64_t id;                   /* in the trace                            */
	uint8_t state;                 /* enum async_generator_state              */
	bool yielded;                  /* came back by a yield                    */
	bool closing;                  /* GeneratorExit was raised in it          */
	bool abandoned;                /* a callback or task of coil's closes it  */
};

/* Raises ERROR (GeneratorExit, or a cancellation) in one that stands at a yield, and runs
 * it to its end in TASK. */
coil_result coil__async_generator_close(struct async_generator *generator,
	struct task *task, coil_result error, const coil_site *site);
extern const coil_result coil__generator_exit internal;

/* Its body will not go on: the stack goes back, with what the body was given. */
void coil__async_generator_end(struct async_generator *generator);

/* The last reference is gone.  False: it is in the middle, and a task will close it,
 * which has it from now on. */
bool coil__async_generator_destroy(struct async_generator *generator);

/* LOOP is closed: its generators are given up where they stand. */
void coil__async_generators_end_loop(struct coil_loop *loop);

/* Closes all of LOOP, which does not run, by a run of its own if there are any. */
coil_result coil__async_generators_shutdown(struct coil_loop *loop, const coil_site *site);

#endif
