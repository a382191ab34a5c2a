/* SPDX-License-Identifier: MIT
 *
 * A loop's life: made, set for a thread, run, stopped, closed.  See loop.h.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/io.h>

#include "coroutine/overflow.h"
#include "executor/executor.h"
#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/outside.h"
#include "loop/registry.h"
#include "loop/signals.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

static atomic_uint last_id;

/* ---- making ---------------------------------------------------------- */

/* The lock of a struct that is used again is left alone: a thread that was slow may be
 * about to take it, and will find there that it has nothing to do here any more. */
static struct coil_loop *alloc(int *error)
{
	struct coil_loop *loop = coil__loop_recycled();

	*error = 0;
	if (!loop) {
		loop = aligned_alloc(64, sizeof(*loop));
		*error = loop ? coil__loop_init_closing(loop) : ENOMEM;
	}
	if (!*error)
		memset(loop, 0, offsetof(struct coil_loop, closing));
	else
		free(loop);
	return *error ? NULL : loop;
}

struct coil_loop *coil__loop_new(const struct driver *driver, enum coil_clock clock)
{
	struct coil_loop *loop;
	int error;

	coil__trace_from_environment(clock);
	thread_register();
	loop = alloc(&error);
	if (!loop)
		return coil__null_memory(NULL);
	loop->clock.kind = clock;
	coil__ready_queue_init(&loop->ready);
	coil__timer_heap_init(&loop->timers);
	error = coil__poller_init(&loop->poller, driver);
	if (error) {
		atomic_fetch_or(&loop->refuses, LOOP_CLOSED);
		coil__loop_retire(loop);
		return coil__null(COIL_OS, NULL, "cannot make an event loop: %s",
				  strerror(error));
	}
	loop->id = atomic_fetch_add(&last_id, 1) + 1;
	loop->process = getpid();
	coil__loop_opened(loop);
	loop->timers.serial = (uint64_t)loop->id << 40; /* no two loops' are alike */
	TRACE_NOW(LOOP_CREATED, clock, .loop = loop->id);
	coil__debug_open(loop);
	return loop;
}

/* ---- which loop ------------------------------------------------------ */

void coil_set_event_loop(coil_loop *loop)
{
	coil__self.set = loop;
	coil__self.was_set = true;
}

coil_loop *coil_get_event_loop(void)
{
	if (coil__self.running)
		return coil__self.running;
	if (!coil__self.set && !coil__self.was_set && thread_is_main()) {
		coil_loop *loop = coil_new_event_loop();

		if (loop)
			coil_set_event_loop(loop);
		return loop; /* or its error */
	}
	if (!coil__self.set)
		return coil__null(COIL_RUNTIME, NULL,
				  "There is no current event loop in thread");
	return coil__self.set;
}

coil_loop *coil_get_running_loop(void)
{
	if (!coil__self.running)
		return coil__not_running(NULL);
	return coil__self.running;
}

bool coil_loop_is_running(const coil_loop *loop)
{
	return __atomic_load_n(&loop->running, __ATOMIC_RELAXED);
}

bool coil_loop_is_closed(const coil_loop *loop)
{
	return loop_is_closed(loop);
}

double coil_loop_time(const coil_loop *loop)
{
	return clock_now(&loop->clock);
}

double coil_time(void)
{
	return coil__self.running ? clock_now(&coil__self.running->clock) :
				    clock_monotonic();
}

/* ---- running --------------------------------------------------------- */

static coil_result check_can_run(struct coil_loop *loop, const coil_site *site)
{
	if (loop_refuses(loop))
		return coil__loop_refusal(loop, site);
	if (coil_loop_is_running(loop))
		return coil_raise_site(site, COIL_RUNTIME,
				       "This event loop is already running");
	if (coil__self.running)
		return coil_raise_site(site, COIL_RUNTIME,
			"Cannot run the event loop while another loop is running");
	return coil_ok(NULL);
}

coil_result coil_loop_run_forever_site(coil_loop *loop, const coil_site *site)
{
	coil_result result = check_can_run(loop, site);
	struct context_values **context;

	if (result.error)
		return result;
	thread_register();
	coil__overflow_watch();
	__atomic_store_n(&loop->running, true, __ATOMIC_RELAXED);
	loop->run_site = site;
	loop->leaving = coil_ok(NULL);
	loop_take_attention(loop, LOOP_LEAVES);
	coil__self.running = loop;
	context = coil__context_enter(NULL); /* each thing that runs has its own */
	coil__trace_run(loop->id, &loop->clock);
	TRACE_NOW(LOOP_RUN_BEGIN, 0, .loop = loop->id, .site = TRACE_SITE(site));
	do
		result = coil__run_once(loop);
	while (!loop->stopping && !result.error);
	TRACE_NOW(LOOP_RUN_END, 0, .loop = loop->id);
	coil__trace_run(0, NULL);
	loop->stopping = false;
	__atomic_store_n(&loop->running, false, __ATOMIC_RELAXED);
	coil__self.running = NULL;
	if (unlikely(coil__self.left_behind == loop))
		coil__self.left_behind = NULL;
	coil__context_enter(context);
	return result;
}

void coil_loop_stop(coil_loop *loop)
{
	TRACE(LOOP_STOP, 0, .loop = loop->id);
	loop->stopping = true;
}

/* A main task that ends by SystemExit has left the loop already. */
static coil_result stop_when_done(coil_future *public, void *loop)
{
	const struct future *future = handle_open(public);

	if (future && future->result.error != COIL_SYSTEM_EXIT &&
	    future->result.error != COIL_KEYBOARD_INTERRUPT)
		coil_loop_stop(loop);
	return coil_ok(NULL);
}

coil_result coil__run_until_done(struct coil_loop *loop, struct future *future,
				 const coil_site *site)
{
	static const coil_site stop_site = {
		"coil_loop_run_until_complete", __FILE__, __LINE__,
		"run_until_complete.stop", ""
	};
	coil_future *public = object_handle(future);
	coil_result result = coil__future_add_callback(future, stop_when_done, loop,
						       &stop_site);

	if (result.error)
		return result;
	result = coil_loop_run_forever_site(loop, site);
	coil_future_remove_done_callback(public, stop_when_done, loop);
	if (future->state == FUTURE_PENDING && !result.error)
		return coil_raise_site(site, COIL_RUNTIME,
				       "Event loop stopped before Future completed.");
	if (future->state != FUTURE_PENDING && result.error)
		(void)coil__future_retrieve(future);
	if (result.error)
		return result;
	return coil__keep_value(coil__future_retrieve(future), future->is_list);
}

coil_result coil_loop_run_until_complete_site(coil_loop *loop,
	coil_awaitable *awaitable, const coil_site *site)
{
	coil_result result = check_can_run(loop, site);
	const struct object *given = handle_open(awaitable);
	bool made_here = given && given->kind == OBJECT_COROUTINE;
	struct future *future;

	if (result.error) {
		coil__awaitable_discard(awaitable, site);
		return result;
	}
	future = coil__ensure_future(loop, awaitable, site);
	if (!future)
		return coil_last_error();
	if (made_here)
		((struct task *)future)->flags |= TASK_QUIET_IF_PENDING;
	result = coil__run_until_done(loop, future, site);
	object_unref(future);
	return result;
}

/* ---- closing --------------------------------------------------------- */

static void drop_scheduled(struct coil_loop *loop)
{
	struct handle *handle;

	coil__loop_take_over(loop);
	while ((handle = loop->late)) { /* no memory for them: never were ready */
		loop->late = handle->next;
		loop->handles++;
		handle_leave(handle);
	}
	while ((handle = coil__ready_queue_pop(&loop->ready)))
		handle_leave(handle);
	while ((handle = coil__timer_heap_pop(&loop->timers)))
		handle_leave(handle);
}

static void drop_watches(struct coil_loop *loop)
{
	for (size_t fd = 0; fd < loop->poller.size; fd++) {
		coil_loop_remove_reader(loop, (int)fd);
		coil_loop_remove_writer(loop, (int)fd);
	}
}

coil_result coil_loop_close(coil_loop *loop)
{
	static const coil_site site = { "coil_loop_close", __FILE__, __LINE__, "close", "" };

	if (loop_is_closed(loop))
		return coil_ok(NULL);
	if (loop_refuses(loop))
		return coil__loop_refusal(loop, &site);
	if (loop->running)
		return coil_raise(COIL_RUNTIME, "Cannot close a running event loop");
	coil__debug_close(loop);
	coil__signals_remove_all(loop);
	drop_watches(loop);
	pthread_rwlock_wrlock(&loop->closing);
	atomic_fetch_or(&loop->refuses, LOOP_CLOSED);
	pthread_rwlock_unlock(&loop->closing);
	coil__executor_end_loop(loop);
	coil__outside_abandon(loop);
	drop_scheduled(loop);
	while (coil__outside_arriving(loop)) {
		sched_yield();
		drop_scheduled(loop);
	}
	coil__lifetime_end_loop(loop);
	drop_scheduled(loop); /* what the reports of the last objects scheduled */
	coil__outside_end_loop(loop);
	coil__signals_free(loop);
	TRACE_NOW(LOOP_CLOSE, 0, .loop = loop->id);
	coil__ready_queue_fini(&loop->ready);
	coil__timer_heap_fini(&loop->timers);
	if (!(loop_refuses(loop) & LOOP_LEFT_BEHIND)) /* forked by a report of the above */
		coil__poller_fini(&loop->poller);
	coil__context_values_unref(loop->values);
	if (coil__self.set == loop)
		coil__self.set = NULL;
	coil__debug_closed(loop);
	coil__loop_retire(loop);
	return coil_ok(NULL);
}
