/* SPDX-License-Identifier: MIT
 *
 * Unix signals through the loop (<coil/signal.h>).
 *
 * The C-level handler may run in any thread, in the middle of anything.  It notes the
 * number in a ring, asks the loop for attention, and wakes it; that is all.
 *
 *	iteration   k    handles run, and meanwhile a signal comes
 *	          k + 1  after the poll, in front of descriptors and timers, the
 *	                 reader joins the ready queue, a handle that is a part of
 *	                 this struct; it runs: for each number in the ring, in the order
 *	                 in which they came, a handle of its handler joins the queue
 *	          k + 2  those run
 *
 * (asyncio's order, which has a pipe where we have the ring.)  A signal that comes while
 * the ring is full is remembered once, behind all that are in it.
 *
 * Invariants:
 *  - owners[n] is the signals of the loop that has a handler of signal n;
 *  - a number is in the ring before LOOP_SIGNALLED is set, and that is cleared before the
 *    ring is looked at;
 *  - the ready queue has room for the reader;
 *  - the struct is freed at close, when no C-level handler is at work any more
 *    (coil__signals_settle).
 *
 * Cost: none without a signal: no descriptor, nothing in an iteration.  A signal: some
 * atomic operations; a system call if the loop sleeps; an allocation when it is run.
 */
#ifndef COIL_LOOP_SIGNALS_H
#define COIL_LOOP_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>

struct coil_loop;
struct signals;

/* How many handlers LOOP has. */
size_t coil__signals_count(const struct coil_loop *loop);

/* After the poll: LOOP_SIGNALLED was asked for. */
void coil__signals_attend(struct coil_loop *loop);

/* LOOP is being closed: takes all handlers away. */
void coil__signals_remove_all(struct coil_loop *loop);

/* LOOP is closed, and its handles are dropped. */
void coil__signals_free(struct coil_loop *loop);

/* In a forked child: what the parent's loops catch does what it does to any program. */
void coil__signals_leave_behind(void);

/* ---- for C-level handlers (also those of interrupt.c) ------------------- */

/* Around what one does with a loop. */
void coil__signal_enter(void);
void coil__signal_leave(void);

/* Waits until every C-level handler that had begun has ended. */
void coil__signals_settle(void);

/* What the process does at SIGNUM: HANDLER, with FLAGS of sigaction.  It runs on the
 * thread's signal stack, if there is one: a coroutine's may be nearly full.  Result: 0,
 * or an errno. */
int coil__signal_catch(int signum, void (*handler)(int), int flags);
bool coil__signal_does(int signum, void (*handler)(int));

#endif
