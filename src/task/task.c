/* SPDX-License-Identifier: MIT
 *
 * Tasks: made, named, ended.  The step is in task_step.c, cancelling in
 * task_cancel.c.  See task.h and <coil/task.h>.
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

#include "loop/loop.h"
#include "task/context.h"
#include "task/exception.h"
#include "task/generator.h"
#include "task/keep.h"
#include "task/lifetime.h"
#include "task/list.h"
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
		   .coroutine = TRACE_SITE(task->coroutine_site),
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

struct task *coil__task_new_in(struct coil_loop *loop, struct coroutine_object *coroutine,
			       const coil_site *site, char *name,
			       struct context *context, unsigned flags)
{
	struct task *task = NULL;

	if (likely(!loop->closed))
		task = task_make(loop, coroutine);
	if (unlikely(!task)) {
		coil__awaitable_drop(&coroutine->awaitable, site);
		free(name);
		return loop->closed ? coil__null(COIL_RUNTIME, site, LOOP_IS_CLOSED) :
				      coil__null_memory(site);
	}
	coil__future_init(&task->future, loop, site);
	handle_init(&task->step, loop, site, HANDLE_STEP);
	task->step.function = coil__task_step;
	task->step.arg = task;
	task->waiting_on = NULL;
	task->deliver = coil_ok(NULL);
	task->cancel_error = coil_ok(NULL);
	task->keep = NULL;
	task->name = name;
	task->number = name ? 0 : next_number();
	task->cancel_requests = task->depth = 0;
	task->must_cancel = false;
	task->flags = (uint16_t)(flags | loop->task_flags |
		(coroutine->awaitable.object.flags & COROUTINE_GENERATOR ? TASK_GENERATOR : 0));
	task->coroutine_site = coroutine->awaitable.site;
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
	coil__exception_unref(task->cancel_error);
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

/* ---- the program's side ---------------------------------------------- */

/* *NAME is NULL without a format; false without memory. */
static bool make_name(char **name, const char *format, va_list args)
{
	*name = NULL;
	return !format || vasprintf(name, format, args) >= 0;
}

static coil_task *create_task(struct coil_loop *loop, coil_coroutine *public,
			      const coil_site *site, struct context *context,
			      unsigned flags, const char *format, va_list args)
{
	struct awaitable *awaitable = coil__hand_over(public, site, "create_task");
	struct task *task;
	char *name;

	if (!awaitable)
		return NULL;
	if (awaitable->object.kind != OBJECT_COROUTINE) {
		const char *kind = coil__kind_name(awaitable->object.kind);

		object_unref(awaitable);
		coil__set_last_error(coil__misuse(site, COIL_TYPE,
			"create_task: a coroutine was expected, not a %s", kind));
		return NULL;
	}
	if (!make_name(&name, format, args)) {
		coil__awaitable_drop(awaitable, site);
		return coil__null_memory(site);
	}
	task = coil__task_new_in(loop, (struct coroutine_object *)awaitable, site, name,
				 context, flags);
	if (!task)
		return NULL;
	task->future.object.owned++; /* an eager one may have been retained already */
	return object_handle(task);
}

/* In the running loop. */
static coil_task *create_here(coil_coroutine *coroutine, const coil_site *site,
			      struct context *context, unsigned flags,
			      const char *format, va_list args)
{
	coil_loop *loop = coil__self.running;

	if (loop)
		return create_task(loop, coroutine, site, context, flags, format, args);
	coil__awaitable_discard(coroutine, site);
	return coil__null(COIL_RUNTIME, site, "no running event loop");
}

coil_task *coil_create_task_site(const coil_site *site, coil_coroutine *coroutine,
				 const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_here(coroutine, site, NULL, 0, format, args);
	va_end(args);
	return task;
}

coil_task *coil_create_eager_task_site(const coil_site *site, coil_coroutine *coroutine,
				       const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_here(coroutine, site, NULL, TASK_EAGER, format, args);
	va_end(args);
	return task;
}

coil_task *coil_create_task_with_context_site(const coil_site *site,
	coil_coroutine *coroutine, coil_context *public, const char *format, ...)
{
	struct context *context = NULL;
	coil_task *task;
	va_list args;

	if (public && !(context = coil__open(public, site, "create_task", OBJECT_CONTEXT))) {
		coil__awaitable_discard(coroutine, site);
		return NULL;
	}
	va_start(args, format);
	task = create_here(coroutine, site, context, 0, format, args);
	va_end(args);
	return task;
}

coil_task *coil_loop_create_task_site(const coil_site *site, coil_loop *loop,
				      coil_coroutine *coroutine, const char *format, ...)
{
	coil_task *task;
	va_list args;

	va_start(args, format);
	task = create_task(loop, coroutine, site, NULL, 0, format, args);
	va_end(args);
	return task;
}

/* ---- how tasks are made ---------------------------------------------- */

struct coil_task_factory {
	unsigned flags; /* that every task begins with */
};

static const struct coil_task_factory eager = { TASK_EAGER };
const coil_task_factory *const coil_eager_task_factory = &eager;

void coil_loop_set_task_factory(coil_loop *loop, const coil_task_factory *factory)
{
	loop->task_flags = factory ? factory->flags : 0;
}

const coil_task_factory *coil_loop_get_task_factory(const coil_loop *loop)
{
	return loop->task_flags ? &eager : NULL;
}

coil_future *coil_ensure_future_site(coil_awaitable *awaitable, const coil_site *site)
{
	const struct object *given = handle_open(awaitable);
	struct future *future;

	if (!coil__self.running) {
		coil__awaitable_discard(awaitable, site);
		return coil__null(COIL_RUNTIME, site, "no running event loop");
	}
	if (given && given->kind != OBJECT_COROUTINE) {
		future = coil__open_future(awaitable, site, "ensure_future");
		if (!future || future->loop == coil__self.running)
			return future ? awaitable : NULL;
	}
	future = coil__ensure_future(coil__self.running, awaitable, site);
	if (!future)
		return NULL;
	future->object.owned++;
	return object_handle(future);
}

coil_list *coil_all_tasks(coil_loop *loop)
{
	struct list *list;
	size_t count = 0;

	for (struct task *t = coil__task_oldest(loop); t; t = coil__task_newer(t))
		count++;
	list = coil__list_new(count);
	if (!list)
		return coil__null_memory(NULL);
	list->object.owned = 1;
	count = 0;
	for (struct task *t = coil__task_oldest(loop); t; t = coil__task_newer(t))
		list->public.items[count++] = coil_ok(object_handle(t));
	return &list->public;
}

/* ---- looking at it --------------------------------------------------- */

coil_task *coil_current_task(void)
{
	struct coil_loop *loop = coil__self.running;

	return loop && loop->current ? object_handle(loop->current) : NULL;
}

coil_result coil__task_missing(const coil_site *site, const char *call)
{
	if (task_here())
		return coil__misuse(site, COIL_RUNTIME, "%s in a generator-based coroutine, "
				    "which waits by COIL_YIELD_FROM alone", call);
	return coil__misuse(site, COIL_RUNTIME, "%s outside of a task%s", call,
			    coil__self.running ? "" : " (no running event loop)");
}

const char *coil__task_name(const struct task *task)
{
	char *name;

	if (task->name)
		return task->name;
	if (asprintf(&name, "Task-%u", task->number) < 0)
		return "Task";
	((struct task *)(uintptr_t)task)->name = name;
	return name;
}

const char *coil_task_get_name(coil_task *public)
{
	const struct task *task = coil__open_task(public, NULL, "get_name");

	return task ? coil__task_name(task) : "";
}

coil_result coil_task_set_name(coil_task *public, const char *format, ...)
{
	struct task *task = coil__open_task(public, NULL, "set_name");
	va_list args;
	char *name;
	bool made;

	if (!task)
		return coil_last_error();
	va_start(args, format);
	made = make_name(&name, format, args);
	va_end(args);
	if (!made)
		return coil_raise_site(NULL, COIL_MEMORY, NULL);
	free(task->name);
	task->name = name;
	TRACE_TEXT(TASK_RENAMED, 0, name, .task = task->future.id);
	return coil_ok(NULL);
}

unsigned coil_task_cancelling(const coil_task *public)
{
	const struct task *task = coil__open_task(public, NULL, "cancelling");

	return task ? task->cancel_requests : 0;
}
