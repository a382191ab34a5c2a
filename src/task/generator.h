/* SPDX-License-Identifier: MIT
 *
 * Generator-based coroutines: run by frames, without a stack (<coil/generator.h>).
 *
 *	task ---> frame ---> frame ---> frame ---> NULL
 *	          innermost   caller     outermost
 *
 * A step of such a task goes straight to the innermost frame.  That one wants
 * something: what is done it gets at once, and goes on; a generator-based coroutine is
 * a new frame in front; a future that is pending ends the step, with the task's next
 * one among its callbacks; a native coroutine is run on a borrowed stack, which is the
 * task's `inside` for as long.  When a frame returns, its caller goes on.
 *
 * A native coroutine that awaits one of this kind calls it: then its frame is on no
 * list, and what it wants is awaited as the native one would await it.
 *
 * Cost of a step: two calls; of a frame: an allocation.
 */
#ifndef COIL_TASK_GENERATOR_H
#define COIL_TASK_GENERATOR_H

#include <coil/generator.h>

#include "base/object.h"

struct task;

/* What a frame of a task waits for, beyond enum coil_frame_request. */
enum {
	FRAME_WAITS = 16, /* for the future wanted.awaitable (a pointer, with its reference) */
	FRAME_SLEEPS,     /* the same, and wanted.timer is the timer                     */
	FRAME_SLEEPS_BARE, /* for the task's own step, that is in the timer heap        */
	FRAME_YIELDED,    /* for its next step: a sleep of 0                            */
	FRAME_CALLS,      /* for the native coroutine on the borrowed stack             */
};

/* A frame that has not begun, called by CALLER; NULL without memory. */
struct coil_frame *coil__frame_new(const coil_generator_type *type, void *arg,
				   struct coil_frame *caller);

/* One step of a task that runs by frames; what it brings is task->deliver. */
void coil__generator_step(struct task *task);

/* From inside of a native coroutine: runs one to its end. */
coil_result coil__generator_call(const coil_generator_type *type, void *arg);

/* ---- sleeping without a future (generator_sleep.c) ---- */

/* TASK's step goes to the timer heap; false without memory. */
bool coil__generator_sleep(struct task *task, double delay);

/* It has woken; CANCELLED or not.  Result: of the sleep. */
coil_result coil__generator_end_sleep(struct task *task);

/* A task with TASK_SLEEPS is cancelled: its step is scheduled with that. */
void coil__generator_cancel_sleep(struct task *task, coil_result cancelled);

/* The task is destroyed: so are the frames that are left. */
void coil__generator_fini(struct task *task);

#endif
