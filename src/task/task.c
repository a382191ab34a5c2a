/* SPDX-License-Identifier: MIT
 *
 * Tasks: made and ended.  The step is in task_step.c, cancelling in task_cancel.c, what
 * the program calls in task_api.c.  See task.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#define SINGLE_THREADED __libc_single_threaded
#else
#define SINGLE_THREADED 0
#endif

#include "coroutine/stack.h"
#include <coil/await.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/context.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/misuse.h"
#include "task/task.h"
#include "trace/recorder.h"

/* The N of Task-N, in this process.  An atomic add costs as much as a tenth of
 * making a task, so it is one only where there are threads. */
static uint32_t last_number;

static uint32_t next_number(void)
{
	if (SINGLE_THREADED)
		return ++last_number;
	return __atomic_add_fetch(&last_number, 1, __ATOMIC_RELAXED);
}

void coil__task_numbers_restart(void)
{
	__atomic_store_n(&last_number, 0, __ATOMIC_RELAXED);
}

/* ---- the coroutine's stack -------------------------------------------- */

/* What runs on the task's own stack, from its beginning to its end. */
static void task_body(void *arg)
{
	struct task *task = arg;

	task->returned = task->function(task->arg);
	task->flags |= TASK_RETURNED;
	coil__coroutine_finish(&task->coroutine);
}

static void prepare_stack(struct task *task)
{
	if (unlikely(!task->coroutine.low)) /* a new stack, and it is ours for ever */
		coil__coroutine_stack(&task->coroutine, coil__stack_low(task), task);
	coil__coroutine_init(&task->coroutine, task_body, task);
	task->inside = &task->coroutine;
}

struct task *coil__stack_borrow(coil_function function, void *arg, const coil_site *site)
{
	struct task *stack = pool_take(pool_of(OBJECT_TASK), OBJECT_TASK);

	if (!stack)
		return NULL;
	stack->future.object.kind = OBJECT_STACK;
	stack->function = function;
	stack->arg = arg;
	stack->coroutine_site = site;
	stack->generator = NULL;
	stack->flags = 0;
	prepare_stack(stack);
	return stack;
}

void coil__stack_return(struct task *stack)
{
	coil__coroutine_fini(&stack->coroutine);
	pool_give(pool_of(OBJECT_TASK), stack);
}

/* ---- making ---------------------------------------------------------- */

void coil__task_record(struct task *task, const struct task *parent)
{
	task->future.id = coil__trace_object_id();
	TRACE_TEXT(TASK_CREATED, task->flags & TASK_MAIN ? TRACE_TASK_MAIN :
		   TRACE_TASK_PLAIN, task->name ? task->name : "",
		   .task = task->future.id, .parent = parent ? parent->future.id : 0,
		   .loop = task->future.loop->id, .number = task->number,
		   .coroutine = TRACE_SITE(task_coroutine_site(task)),
		   .site = TRACE_SITE(task->future.site));
}

/* Tasks lie far apart, each on its own page: the next one that will be made is asked
 * for from memory while this one is set up. */
static inline void prefetch_task(const void *task)
{
	for (intptr_t i = -64; i < (intptr_t)sizeof(struct task); i += 64)
		prefetch_line(task, i); /* from its first frame on */
}

static struct task *task_alloc(struct coil_loop *loop)
{
	struct task *task;

	if (unlikely(!loop_make_room(loop)))
		return NULL;
	task = pool_take(pool_of(OBJECT_TASK), OBJECT_TASK);
	if (unlikely(!task))
		loop->handles--;
	prefetch_task(pool_of(OBJECT_TASK)->free);
	return task;
}

static apart struct task *generator_task_alloc(struct coil_loop *loop,
					       const struct coroutine_object *coroutine)
{
	struct task *task;

	if (unlikely(!loop_make_room(loop)))
		return NULL;
	task = pool_take(pool_of(OBJECT_GENERATOR_TASK), OBJECT_GENERATOR_TASK);
	if (task) {
		task->future.object.kind = OBJECT_TASK;
		task->inside = NULL;
		task->generator_site = coroutine->awaitable.site;
		task->frame = coil__frame_new(coroutine->type, coroutine->arg, NULL);
		if (task->frame)
			return task;
		pool_give(pool_of(OBJECT_GENERATOR_TASK), task);
	}
	loop->handles--;
	return NULL;
}

static void take_context(struct task *task, struct context *context)
{
	if (likely(!context)) {
		task->values = context_copy();
		return;
	}
	object_ref(context);
	task->context = context;
	task->flags |= TASK_IN_CONTEXT;
}

struct context_values **coil__task_values(struct task *task)
{
	return task->flags & TASK_IN_CONTEXT ? &task->context->values : &task->values;
}

/* With what it will run: its own stack, or a frame. */
static inline struct task *task_make(struct coil_loop *loop,
				     const struct coroutine_object *coroutine)
{
	struct task *task;

	if (unlikely(coroutine->awaitable.object.flags & COROUTINE_GENERATOR))
		return generator_task_alloc(loop, coroutine);
	task = task_alloc(loop);
	if (unlikely(!task))
		return NULL;
	task->function = coroutine->function;
	task->arg = coroutine->arg;
	task->coroutine_site = coroutine->awaitable.site;
	prepare_stack(task);
	return task;
}

static void begin(struct task *task)
{
	struct coil_loop *loop = task->future.loop;

	if (unlikely(TRACING))
		coil__task_record(task, coil__self.running == loop ? loop->current : NULL);
	if (unlikely(task->flags & TASK_EAGER && coil__self.running == loop)) {
		coil__task_step_eagerly(task);
		return;
	}
	if (unlikely(loop_has_incoming(loop)))
		coil__loop_take_over(loop);
	coil__task_schedule(task, TRACE_SCHEDULE_STEP);
}

/* Dropping may log, but leaves the error of this thread or task alone. */
static cold void *not_made(struct coroutine_object *coroutine, const coil_site *site,
			   char *name)
{
	coil__awaitable_drop(&coroutine->awaitable, site);
	free(name);
	return NULL;
}

struct task *coil__task_new_in(struct coil_loop *loop, struct coroutine_object *coroutine,
			       const coil_site *site, char *name,
			       struct context *context, unsigned flags)
{
	struct keep *keep = NULL;
	struct task *task = NULL;

	if (unlikely(loop_looks_twice(loop))) {
		if (!coil__loop_admits(loop, site))
			return not_made(coroutine, site, name);
		site = place_here(loop, site);
	}
	if (likely(coroutine_keep_copy(coroutine, &keep, 0)))
		task = task_make(loop, coroutine);
	if (unlikely(!task)) {
		coil__keep_free(&keep);
		coil__null_memory(site);
		return not_made(coroutine, site, name);
	}
	coil__future_init(&task->future, loop, site);
	handle_init(&task->step, loop, site, HANDLE_STEP);
	task->step.function = coil__task_step;
	task->step.arg = task;
	task->waiting_on = NULL;
	task->deliver = coil_ok(NULL);
	task->keep = keep;
	task->name = name;
	task->number = name ? 0 : next_number();
	task->cancel_requests = task->depth = 0;
	task->must_cancel = false;
	task->flags = (uint16_t)(flags | loop->task_flags |
		(coroutine->awaitable.object.flags & COROUTINE_GENERATOR ? TASK_GENERATOR : 0));
	take_context(task, context);
	coroutine_consume(coroutine, site);
	object_ref(task); /* the loop's, until it is done */
	begin(task);
	return task;
}

void coil__task_fini(struct task *task)
{
	struct coil_loop *loop = task->future.loop;

	if (unlikely(task->flags & TASK_GENERATOR))
		coil__generator_fini(task);
	else
		coil__coroutine_fini(&task->coroutine);
	if (unlikely(task->flags & TASK_IN_CONTEXT))
		object_unref(task->context);
	else if (unlikely(task->values))
		coil__context_values_unref(task->values);
	if (task->keep)
		coil__keep_free(&task->keep);
	if (task->name)
		free(task->name);
	loop->handles--;
}

/* The chain of the living has the newest first. */
static struct task *pending_from(const struct coil_loop *loop, struct awaitable *a)
{
	while (a) {
		struct task *task = (struct task *)a;

		if (a->object.kind == OBJECT_TASK && task->future.state == FUTURE_PENDING)
			return task;
		a = a->newer == &loop->living ? NULL :
		    container_of(a->newer, struct awaitable, older);
	}
	return NULL;
}

struct task *coil__task_oldest(const struct coil_loop *loop)
{
	struct awaitable *oldest = loop->living;

	while (oldest && oldest->older)
		oldest = oldest->older;
	return pending_from(loop, oldest);
}

struct task *coil__task_newer(const struct task *task)
{
	const struct coil_loop *loop = task->future.loop;
	struct awaitable **newer = task->future.newer;

	return newer == &loop->living ? NULL :
	       pending_from(loop, container_of(newer, struct awaitable, older));
}

void coil__task_schedule(struct task *task, unsigned schedule)
{
	struct handle *step = &task->step;

	if (TRACING)
		coil__handle_record(step, schedule, task->future.id, 0);
	coil__ready_queue_push(&step->loop->ready, step);
}
