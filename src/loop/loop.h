/* SPDX-License-Identifier: MIT
 *
 * The event loop: its state, and how the rest of the library schedules.
 *
 * Invariants:
 *  - the ready queue has room for every handle of the loop (handles counts them);
 *  - what other threads schedule is in `incoming`, newest first, until the loop's
 *    own thread takes it over; it does so before it schedules anything itself,
 *    so that the ready queue is in the order of the calls;
 *  - `living` chains every awaitable of the loop, the newest first: close frees
 *    them, and all tasks are found there;
 *  - `refuses` is 0 while the loop takes calls as they come: all that they look at;
 *  - `attention` is 0 while there is nothing to be done between two handles: all that
 *    is looked at there.
 *
 * A closed loop's struct is kept for a while (registry.c), so that a stale pointer to
 * it still says "closed".
 */
#ifndef COIL_LOOP_LOOP_H
#define COIL_LOOP_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/thread.h"
#include "loop/handle.h"
#include "loop/poller.h"
#include "loop/ready_queue.h"
#include "loop/timer_heap.h"

struct task;
struct async_generator;
struct context_values;
struct executor;
struct outside;
struct signals;

/* Why a loop takes no calls (registry.h), or looks at them twice (debug.h). */
enum loop_refuses {
	LOOP_CLOSED = 1,
	LOOP_LEFT_BEHIND = 2,  /* it is the parent's, and this is a forked child  */
	LOOP_DEBUG = 4,        /* it takes them, but not from every thread        */
};

/* What is to be done between two handles. */
enum loop_attention {
	LOOP_LEAVES = 1,       /* `leaving` is set: leave                         */
	LOOP_LOST = 2,         /* it was left behind: leave, too                  */
	LOOP_INTERRUPTED = 4,  /* Ctrl-C (interrupt.h)                            */
	LOOP_SIGNALLED = 8,    /* signals are noted (signals.h): after the poll   */
};

struct coil_loop {
	/* The next iteration. */
	struct ready_queue ready;
	struct timer_heap timers;
	struct clock clock;
	struct poller poller;

	/* This one. */
	struct handle *running_handle; /* NULL between handles                    */
	struct task *current;          /* the task whose step runs, or NULL       */
	uint64_t iteration;            /* begun so far                            */
	struct context_values *values; /* that the callback has set which runs, or */
	size_t values_of;              /*   ran, by its number (context.c)        */
	atomic_uint attention;         /* enum loop_attention                     */
	atomic_uint refuses;           /* enum loop_refuses                       */
	bool stopping;
	bool running;                  /* some thread is in run_forever           */
	coil_result leaving;           /* SystemExit or KeyboardInterrupt         */

	/* On the virtual clock, when nothing is ready, timed or watched, nothing of
	 * this thread will ever happen again: then leave, instead of waiting. */
	bool leaves_deadlock;
	bool deadlocked;               /* that is why it was left                 */

	bool debug;                    /* debug mode (debug.h)                    */
	const coil_site *run_site;     /* where it was last run                   */
	double slow_callback_duration; /* seconds; debug mode                     */
	bool is_counted;               /* in coil__watched, as in debug mode      */

	/* What belongs to it. */
	size_t handles;
	struct awaitable *living;      /* newest first                            */
	struct async_generator *async_generators; /* in the middle, newest first  */
	bool async_generators_shut_down;
	struct signals *signals;       /* NULL: never had a handler of any        */
	struct outside *outside;       /* what other threads may come with (outside.h) */
	size_t awaited;                /* how many of these will, sooner or later */
	struct executor *executor;     /* the default one, or NULL                */
	bool executor_shut_down;       /* shutdown_default_executor was called    */
	uint32_t id;                   /* in the trace                            */
	pid_t process;                 /* that made it                            */
	struct coil_loop *next, **link; /* of the open, or the closed (registry.c) */

	unsigned task_flags;           /* that its tasks begin with: the factory's */
	coil_exception_handler handler; /* NULL: the default one                  */
	void *handler_arg;

	struct handle *late;           /* taken over, in order, but there was no
	                                  memory yet to make them ready         */

	/* Written by other threads: on a cache line of its own. */
	_Alignas(64) _Atomic(struct handle *) incoming;
	pthread_rwlock_t closing;      /* read by them, so that close can wait    */
};

/* What each call looks at first: 0 while the loop takes calls as they come. */
static inline unsigned loop_looks_twice(const struct coil_loop *loop)
{
	return atomic_load_explicit(&loop->refuses, memory_order_relaxed);
}

static inline bool loop_is_closed(const struct coil_loop *loop)
{
	return loop_looks_twice(loop) & LOOP_CLOSED;
}

/* Why it takes no calls; 0: it does. */
static inline unsigned loop_refuses(const struct coil_loop *loop)
{
	return loop_looks_twice(loop) & ~(unsigned)LOOP_DEBUG;
}

static inline unsigned loop_attention(const struct coil_loop *loop)
{
	return atomic_load_explicit(&loop->attention, memory_order_relaxed);
}

/* From any thread, and from signal handlers: asks for attention, and wakes it. */
static inline void loop_call_attention(struct coil_loop *loop, unsigned what)
{
	atomic_fetch_or(&loop->attention, what);
	coil__poller_wake(&loop->poller);
}

/* Is WHAT asked for?  Not any more. */
static inline bool loop_take_attention(struct coil_loop *loop, unsigned what)
{
	return atomic_fetch_and(&loop->attention, ~what) & what;
}

/* It is left when the handle that runs has ended, with ERROR. */
static inline void loop_leave(struct coil_loop *loop, coil_result error)
{
	loop->leaving = error;
	atomic_fetch_or(&loop->attention, LOOP_LEAVES);
}

/* Has another thread scheduled something? */
static inline bool loop_has_incoming(struct coil_loop *loop)
{
	return atomic_load_explicit(&loop->incoming, memory_order_acquire) != NULL;
}

/* Room in the ready queue for one handle more, so that scheduling it cannot fail;
 * false without memory.  To be given back by handles--. */
static inline bool loop_make_room(struct coil_loop *loop)
{
	if (unlikely(loop->handles >= loop->ready.capacity) &&
	    !coil__ready_queue_reserve(&loop->ready, loop->handles + 1))
		return false;
	loop->handles++;
	return true;
}

/* A new handle with one reference; NULL without memory. */
static inline struct handle *loop_new_handle(struct coil_loop *loop,
					     const coil_site *site)
{
	struct handle *handle;

	if (unlikely(!loop_make_room(loop)))
		return NULL;
	handle = pool_take(pool_of(OBJECT_HANDLE), OBJECT_HANDLE);
	if (unlikely(!handle)) {
		loop->handles--;
		return NULL;
	}
	handle->loop = loop;
	handle->site = site;
	handle->id = 0;
	return handle;
}

/* What coil_new_event_loop gives, waiting by DRIVER (loop.c). */
struct coil_loop *coil__loop_new(const struct driver *driver, enum coil_clock clock);

/* Moves what other threads have scheduled to the ready queue. */
void coil__loop_take_over(struct coil_loop *loop);

/* From another thread, while close cannot go on: schedules HANDLE, which is foreign.  Then
 * the loop is to be woken. */
void coil__loop_push_foreign(struct coil_loop *loop, struct handle *handle);

/* A new timer handle in the heap (with the loop's reference); NULL without memory. */
struct handle *coil__loop_timer(struct coil_loop *loop, double when,
				coil_function function, void *arg,
				const coil_site *site, unsigned schedule,
				uint64_t target);

/* Runs until FUTURE is done, whose reference stays the caller's (loop.c). */
coil_result coil__run_until_done(struct coil_loop *loop, struct future *future,
				 const coil_site *site);

/* One iteration (run_once.c); an error only for SystemExit, KeyboardInterrupt, or
 * when the operating system fails the poll. */
coil_result coil__run_once(struct coil_loop *loop);

#endif
