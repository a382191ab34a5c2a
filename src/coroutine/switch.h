/* SPDX-License-Identifier: MIT
 *
 * The context switch.  A context is a stack and, while it does not run, the
 * address in it where its saved registers lie.
 *
 * Legal order: coil__switch_prepare once for a stack, then coil__switch into it,
 * and out of it, alternately.  A context that was left for ever needs nothing.
 *
 * Cost: some 2 ns a switch in assembly (x86-64, aarch64); some 240 ns by ucontext,
 * which makes two system calls.
 *
 * Saved: what the C calling convention says a call preserves.  Not saved: the
 * signal mask, and the control words of the floating-point unit (rounding and
 * masked exceptions), which cost as much again as all the rest: a coroutine that
 * changes them puts them back before it awaits.
 */
#ifndef COIL_COROUTINE_SWITCH_H
#define COIL_COROUTINE_SWITCH_H

#if defined(__x86_64__) && !defined(COIL_SWITCH_UCONTEXT)
#define COIL_SWITCH_X86_64 1
#elif defined(__aarch64__) && !defined(COIL_SWITCH_UCONTEXT)
#define COIL_SWITCH_AARCH64 1
#elif !defined(COIL_SWITCH_UCONTEXT)
#define COIL_SWITCH_UCONTEXT 1
#endif

#ifndef __ASSEMBLER__
#include <coil/error.h>

/* Saves the running context, puts where in *SAVE, and goes on in the context TO.
 * Returns when something switches back, with what that passed as PASS: a result, in
 * two registers, so that a coroutine's awaiting call can end in the switch itself. */
coil_result coil__switch(void **save, void *to, coil_result pass);

/* A new context on the stack of SIZE bytes that ends at TOP (16-aligned): the
 * first switch into it calls ENTRY(PASS.value), which must never return. */
void *coil__switch_prepare(void *top, size_t size, void (*entry)(void *pass));
#endif

#endif
