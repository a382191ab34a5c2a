/* SPDX-License-Identifier: MIT
 *
 * A loop from its beginning to its end: coil_run, and its parts, the runner.
 */
#include <stdio.h>
#include <stdlib.h>

#include <coil/debug.h>
#include <coil/run.h>

#include "base/place.h"
#include "executor/executor.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/async_generator.h"
#include "task/context.h"
#include "task/gather.h"
#include "task/interrupt.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/run.h"
#include "task/task.h"
#include "trace/recorder.h"

#define THREAD_JOIN_TIMEOUT 300.0 /* seconds, as asyncio has it */

/* All tasks that are not done, in order of creation, each with two references: one
 * for the gather, one for us.  NULL if there is none, or no memory. */
static struct future **tasks_left(struct coil_loop *loop, size_t *count)
{
	struct future **left;
	struct task *task;
	size_t n = 0;

	for (task = coil__task_oldest(loop); task; task = coil__task_newer(task))
		n++;
	left = n ? calloc(n, sizeof(*left)) : NULL;
	*count = left ? n : 0;
	n = 0;
	for (task = coil__task_oldest(loop); left && task; task = coil__task_newer(task)) {
		left[n++] = &task->future;
		task->future.object.refs += 2;
	}
	return left;
}

/* What a task that is left raises instead of ending has no other taker. */
static void report_failure(struct coil_loop *loop, struct future *task)
{
	coil_exception_context context = {
		.message = "unhandled exception during asyncio.run() shutdown",
		.exception = task->result, .task = object_handle(task),
		.site = task->site, .source_traceback = coil__place_if_made(task->site),
	};

	if (task->state == FUTURE_FINISHED && task->result.error)
		coil_loop_call_exception_handler(loop, &context);
}

/* Result: an error if the loop was left before all had ended. */
static coil_result cancel_what_is_left(struct coil_loop *loop, const coil_site *site)
{
	static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };
	size_t count;
	struct future **left = tasks_left(loop, &count);
	coil_result result = coil_ok(NULL);
	struct gather *all;

	for (size_t i = 0; i < count; i++)
		coil__future_cancel(left[i], cancelled);
	all = left ? coil__gather(loop, left, count, COIL_RETURN_EXCEPTIONS, site) : NULL;
	if (all) {
		result = coil__run_until_done(loop, &all->future, site);
		object_unref(all);
	}
	for (size_t i = 0; i < count; i++) {
		if (!result.error)
			report_failure(loop, left[i]);
		object_unref(left[i]);
	}
	free(left);
	return result;
}

/* ---- the runner ------------------------------------------------------ */

static void runner_init(struct runner *runner, coil_run_options options)
{
	runner->options = options;
	runner->loop = runner->before = NULL;
	runner->context = NULL;
	runner->closed = false;
}

static struct coil_loop *new_loop(const coil_run_options *options)
{
	struct coil_loop *loop = options->loop_factory ? options->loop_factory() :
							 coil_new_event_loop();

	if (loop && options->debug != COIL_DEBUG_DEFAULT)
		coil_loop_set_debug(loop, options->debug == COIL_DEBUG_ON);
	return loop;
}

/* The loop, made and set for the thread, with a copy of the context. */
static coil_result open_runner(struct runner *runner)
{
	if (runner->closed)
		return coil_raise(COIL_RUNTIME, "Runner is closed");
	if (runner->loop)
		return coil_ok(NULL);
	runner->context = coil_copy_context();
	runner->loop = runner->context ? new_loop(&runner->options) : NULL;
	if (!runner->loop) {
		coil_result error = coil_last_error();

		coil_release(runner->context);
		runner->context = NULL;
		return error;
	}
	runner->before = coil__self.set;
	coil_set_event_loop(runner->loop);
	return coil_ok(NULL);
}

static coil_result run_main(struct runner *runner, struct coroutine_object *coroutine,
			    struct context *context, const coil_site *site)
{
	struct task *task = coil__task_new_in(runner->loop, coroutine, site, NULL, context,
					      TASK_MAIN | TASK_QUIET_IF_PENDING);
	coil_result result;

	if (!task)
		return coil_last_error();
	coil__interrupt_begin(runner->loop, task, site);
	result = coil__run_until_done(runner->loop, &task->future, site);
	result = coil__interrupt_end(runner->loop, result);
	object_unref(task);
	return result;
}

static coil_result refuse(coil_coroutine *coroutine, const coil_site *site, int error,
			  const char *message)
{
	coil__awaitable_discard(coroutine, site);
	return coil__misuse(site, error, "%s", message);
}

/* WHO cannot be called from a running loop. */
static coil_result run_in(struct runner *runner, coil_coroutine *coroutine,
			  struct context *context, const coil_site *site, const char *who)
{
	char message[80];
	struct coroutine_object *main;
	coil_result result;

	if (coil__self.running) {
		snprintf(message, sizeof(message),
			 "%s cannot be called from a running event loop", who);
		return refuse(coroutine, site, COIL_RUNTIME, message);
	}
	if (handle_open(coroutine) && handle_object(coroutine)->kind != OBJECT_COROUTINE)
		return refuse(coroutine, site, COIL_VALUE, "a coroutine was expected");
	main = (struct coroutine_object *)coil__hand_over(coroutine, site, "run");
	if (!main)
		return coil_last_error();
	result = open_runner(runner);
	if (result.error) {
		coil__awaitable_drop(&main->awaitable, site);
		return result;
	}
	if (!context)
		context = handle_open(runner->context);
	return run_main(runner, main, context, site);
}

/* What runs yet before the loop is closed.  Result: an error that left it on the way. */
static coil_result shut_down(struct coil_loop *loop, const coil_site *site)
{
	coil_result result;

	coil__interrupt_begin(loop, NULL, site);
	result = cancel_what_is_left(loop, site);
	if (!result.error)
		result = coil__async_generators_shutdown(loop, site);
	if (!result.error)
		result = coil__default_executor_shutdown(loop, THREAD_JOIN_TIMEOUT, site);
	return coil__interrupt_end(loop, result);
}

/* Result: an error that left the loop on the way; it is closed all the same. */
static coil_result close_runner(struct runner *runner, const coil_site *site)
{
	coil_result result = coil_ok(NULL);

	if (runner->loop && !runner->closed) {
		if (loop_refuses(runner->loop)) /* closed already, or the parent's */
			result = coil__loop_refusal(runner->loop, site);
		else
			result = shut_down(runner->loop, site);
		coil_loop_close(runner->loop);
		coil_set_event_loop(runner->before);
		coil_release(runner->context);
	}
	runner->closed = true;
	return result;
}

void coil__runner_fini(void *runner)
{
	static const coil_site site = { "coil_release", __FILE__, __LINE__, "runner.close", "" };

	(void)close_runner(runner, &site);
}

/* ---- the program's side ---------------------------------------------- */

coil_result coil_run_site(coil_coroutine *coroutine, coil_run_options options,
			  const coil_site *site)
{
	struct runner runner;
	coil_result result, closed;

	runner_init(&runner, options);
	result = run_in(&runner, coroutine, NULL, site, "asyncio.run()");
	closed = close_runner(&runner, site);
	return closed.error ? closed : result;
}

coil_runner *coil_runner_new_with_options(coil_run_options options)
{
	struct runner *runner = pool_take(pool_of(OBJECT_RUNNER), OBJECT_RUNNER);

	thread_register();
	if (!runner)
		return coil__null_memory(NULL);
	runner->object.owned = 1;
	runner_init(runner, options);
	return object_handle(runner);
}

coil_result coil_runner_run_site(coil_runner *public, coil_coroutine *coroutine,
				 coil_context *public_context, const coil_site *site)
{
	struct runner *runner = coil__open(public, site, "runner.run", OBJECT_RUNNER);
	struct context *context = NULL;
	coil_result result;

	if (runner && public_context)
		context = coil__open(public_context, site, "runner.run", OBJECT_CONTEXT);
	if (!runner || (public_context && !context)) {
		coil__awaitable_discard(coroutine, site);
		return coil_last_error();
	}
	object_ref(runner);
	result = run_in(runner, coroutine, context, site, "Runner.run()");
	object_unref(runner);
	return result;
}

coil_loop *coil_runner_get_loop(coil_runner *public)
{
	struct runner *runner = coil__open(public, NULL, "runner.get_loop", OBJECT_RUNNER);
	coil_result result;

	if (!runner)
		return NULL;
	result = open_runner(runner);
	if (result.error)
		coil__set_last_error(result);
	return result.error ? NULL : runner->loop;
}

coil_result coil_runner_close(coil_runner *public)
{
	static const coil_site site = { "coil_runner_close", __FILE__, __LINE__, "close", "" };
	struct runner *runner = coil__open(public, NULL, "runner.close", OBJECT_RUNNER);
	coil_result result;

	if (!runner)
		return coil_last_error();
	if (coil__self.running)
		return coil__misuse(NULL, COIL_RUNTIME,
				    "Runner.close() cannot be called from a running event loop");
	runner = coil__hand_over_object(public, NULL, "runner.close", OBJECT_RUNNER);
	result = close_runner(runner, &site);
	object_unref(runner);
	return result;
}
