/* SPDX-License-Identifier: MIT
 *
 * The loops of this process: which are open, what is kept of those that are closed, and
 * what a fork does to them.
 *
 * The struct of a closed loop is used again only when 64 more have been closed: a pointer
 * to it says "closed" long after.
 *
 * A forked child has the memory of its parent's loops, but shares their descriptors: what
 * it took out of the epoll set would be taken from the parent.  So in the child all loops
 * that were open are left behind: they refuse every call, with an error that says why, and
 * a loop that runs is left as soon as the callback in which the process was forked
 * returns.  Nothing of them is closed or freed, and nothing wakes them; the child makes
 * loops of its own, even inside of that callback.
 *
 * Invariants: a loop is in the chain of the open ones from its making until it is closed,
 * or for ever, if it was left behind.
 * Cost: a lock for each loop that is made or closed; a fork, O(loops that are open).
 */
#ifndef COIL_LOOP_REGISTRY_H
#define COIL_LOOP_REGISTRY_H

#include <coil/error.h>

struct coil_loop;

/* The struct of a loop that was closed long ago, to be used again; or NULL. */
struct coil_loop *coil__loop_recycled(void);

/* The lock that close and other threads take.  Result: 0, or an errno. */
int coil__loop_init_closing(struct coil_loop *loop);

/* LOOP was made; LOOP is closed. */
void coil__loop_opened(struct coil_loop *loop);
void coil__loop_retire(struct coil_loop *loop);

/* Raises why LOOP refuses calls, which it does. */
coil_result coil__loop_refusal(const struct coil_loop *loop, const coil_site *site);

/* The same for calls that return NULL: that, and coil_last_error(). */
void *coil__loop_refuses(const struct coil_loop *loop, const coil_site *site);

/* "no running event loop", or, in a callback in which this process was forked, why that
 * is so: NULL, and coil_last_error(). */
void *coil__not_running(const coil_site *site);

/* In a forked child, while it has the locks (base/fork.h). */
void coil__loops_leave_behind(void);

#endif
