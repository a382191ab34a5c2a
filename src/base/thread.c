/* SPDX-License-Identifier: MIT
 *
 * The thread's own things, and giving them back when it ends.  See thread.h.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/fork.h"
#include "base/log.h"
#include "base/thread.h"
#include "coroutine/overflow.h"
#include "loop/registry.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "trace/recorder.h"

__thread struct coil__thread coil__self;

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool has_key;

static void thread_leave(void *unused)
{
	(void)unused;
	coil__lifetime_end_thread();
	coil__trace_leave();
	coil__keep_free(&coil__self.keep);
	coil__context_values_unref(coil__self.values);
	coil__self.values = NULL;
	coil__overflow_leave();
	for (int kind = 0; kind < OBJECT_KINDS; kind++)
		coil__pool_leave(pool_of(kind), kind);
	coil__pool_leave_foreign();
	coil__self.registered = false;
}

/* The thread that ends the process does not run its destructors. */
static void process_end(void)
{
	coil__lifetime_end_thread();
}

/* The parent's loops stay with it. */
static void after_fork_in_child(void)
{
	coil__loops_leave_behind();
	coil__fork_unlock();
}

static void make_key(void)
{
	has_key = pthread_key_create(&key, thread_leave) == 0;
	if (atexit(process_end) != 0 ||
	    pthread_atfork(coil__fork_lock, coil__fork_unlock, after_fork_in_child) != 0)
		coil__log("no memory to be told of the end of the process, or of a fork");
}

void coil__thread_register(void)
{
	/* Without a key the thread's pools stay unused after its end: no harm. */
	pthread_once(&once, make_key);
	if (has_key)
		pthread_setspecific(key, &coil__self);
	coil__self.registered = true;
}
