/* SPDX-License-Identifier: MIT
 *
 * Ctrl-C in what coil_run runs.
 *
 * While a runner runs in the main thread, and SIGINT had its default action, a SIGINT
 * asks its loop for attention, which it gives between two handles or when the poll ends:
 *
 *  - the first cancels the main task, if that is not done;
 *  - any other makes the loop leave with COIL_KEYBOARD_INTERRUPT;
 *  - the third finds the program stuck in a callback, and kills it as if nothing were
 *    here.
 *
 * While a runner is closed there is no main task, so that the first makes the loop leave,
 * and the second kills.
 *
 * Invariants: one at a time in the process; interrupt.loop is NULL when there is none.
 * Cost: a run, four system calls; none while it runs.
 */
#ifndef COIL_TASK_INTERRUPT_H
#define COIL_TASK_INTERRUPT_H

#include <stdbool.h>

#include <coil/error.h>

struct coil_loop;
struct task;

/* From now on SIGINT interrupts LOOP, which will run MAIN (the caller has a reference),
 * or, MAIN being NULL, is being closed; SITE: where it is run. */
void coil__interrupt_begin(struct coil_loop *loop, struct task *main, const coil_site *site);

/* SIGINT does what it did before.  RESULT is how the run ended.  Result: that, or
 * COIL_KEYBOARD_INTERRUPT if a SIGINT was why. */
coil_result coil__interrupt_end(struct coil_loop *loop, coil_result result);

/* From the loop, between two handles: LOOP_INTERRUPTED was asked for. */
void coil__interrupt_attend(struct coil_loop *loop);

/* The program has no handler of SIGINT any more: it interrupts again, if it did.
 * Result: whether it does. */
bool coil__interrupt_again(void);

/* In a forked child: nothing is to be interrupted. */
void coil__interrupt_leave_behind(void);

#endif
