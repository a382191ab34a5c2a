/* SPDX-License-Identifier: MIT
 *
 * What coil knows of the calling thread: the loop that runs in it, the loop that
 * was set for it, its pools, and what it keeps for the program outside of tasks.
 *
 * A coroutine may be resumed by another thread than the one it was suspended in
 * (a loop that is run again elsewhere), so nothing may hold a pointer to this
 * across a context switch.
 */
#ifndef COIL_BASE_THREAD_H
#define COIL_BASE_THREAD_H

#include <sys/syscall.h>
#include <unistd.h>

#include "base/pool.h"

struct keep;
struct context_values;
struct awaitable;

struct coil__thread {
	struct coil_loop *running;     /* the loop that runs in this thread     */
	struct coil_loop *set;         /* by coil_set_event_loop                */
	struct coil_loop *left_behind; /* that ran when it was forked           */
	bool was_set;                  /* was that ever called here             */
	bool registered;               /* will thread_leave be called           */
	struct pool pools[OBJECT_KINDS];
	struct awaitable *strays;      /* coroutines made outside of loops      */
	struct keep *keep;             /* errors and lists given to no task     */
	struct context_values *values; /* of its context, outside of loops      */
	struct context_values **context; /* where the current context is,
	                                  whatever runs; NULL: that tells (context.h) */
	int last_error;                /* the code, where a keep has no memory   */
	void *signal_stack;            /* for the report of a stack overflow    */
};

extern __thread struct coil__thread coil__self internal
	__attribute__((tls_model("initial-exec")));

static inline struct pool *pool_of(enum object_kind kind)
{
	return &coil__self.pools[kind];
}

/* Is it the first of its process? */
static inline bool thread_is_main(void)
{
	return syscall(SYS_gettid) == getpid();
}

/* Arranges that the thread's things are given back when it ends.  To be called
 * where a thread first makes something. */
void coil__thread_register(void);

static inline void thread_register(void)
{
	if (unlikely(!coil__self.registered))
		coil__thread_register();
}

#endif
