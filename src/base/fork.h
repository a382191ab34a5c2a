/* SPDX-License-Identifier: MIT
 *
 * The locks of the library that another thread may hold at the moment of a fork: the
 * child would wait for them for ever, as that thread does not exist there.  So whoever
 * forks holds them all.
 *
 * They are leaves: who holds one takes no other of the library's, so their order does not
 * matter.  (The recorder sees to its own, trace/recording.c.)
 */
#ifndef COIL_BASE_FORK_H
#define COIL_BASE_FORK_H

#include <pthread.h>

/* Before a fork, and after it, in the parent and in the child (base/thread.c). */
void coil__fork_lock(void);
void coil__fork_unlock(void);

/* Each where it is used. */
pthread_mutex_t *coil__depot_lock(void);  /* base/pool.c       */
pthread_mutex_t *coil__stack_lock(void);  /* coroutine/stack.c */
pthread_mutex_t *coil__loops_lock(void);  /* loop/registry.c   */

#endif
