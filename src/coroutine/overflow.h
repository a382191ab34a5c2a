/* SPDX-License-Identifier: MIT
 *
 * The report of a stack overflow: a fault in the guard below a coroutine's stack
 * ends the program with a message that names the coroutine, and then as the fault
 * would have (SIGSEGV), so that a core file is written.  Every other fault goes
 * to the handler that was there before.
 */
#ifndef COIL_COROUTINE_OVERFLOW_H
#define COIL_COROUTINE_OVERFLOW_H

/* Once per thread that runs coroutines: a handler must have a stack to run on. */
void coil__overflow_watch(void);

/* The handlers of signals were taken away: the next to watch sets the handler again. */
void coil__overflow_forget(void);

/* The thread ends: its signal stack is given back. */
void coil__overflow_leave(void);

#endif
