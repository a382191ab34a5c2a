/* SPDX-License-Identifier: MIT
 *
 * Errors that nobody awaits: the loop's exception handler, and the default one.
 */
#include <stdlib.h>

#include "base/log.h"
#include "loop/loop.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/task.h"
#include "trace/recorder.h"

static bool leaves_loop(coil_result result)
{
	return result.error == COIL_SYSTEM_EXIT ||
	       result.error == COIL_KEYBOARD_INTERRUPT;
}

static void describe_future(const coil_future *public, FILE *file)
{
	static const char *const state[] = { "pending", "finished", "cancelled" };
	const struct future *future = handle_open(public);

	if (!future)
		return;
	if (future->object.kind == OBJECT_TASK) {
		const struct task *task = (const struct task *)future;

		fprintf(file, "task: <Task %s name='%s' coro=<%s()>", state[future->state],
			coil__task_name(task), task_coroutine_site(task)->callee);
	} else {
		fprintf(file, "future: <Future %s", state[future->state]);
	}
	if (future->site)
		fprintf(file, " created at %s:%d", future->site->file,
			future->site->line);
	fputs(">\n", file);
}

/* asyncio writes its keys in alphabetical order: exception apart, that is
 * future, handle, task. */
static void describe(const coil_exception_context *context, FILE *file)
{
	const struct handle *handle = handle_open(context->handle);

	fprintf(file, "%s\n", context->message ? context->message :
		"Unhandled exception in event loop");
	if (context->future)
		describe_future(context->future, file);
	if (handle && handle->site)
		fprintf(file, "handle: <Handle %s() scheduled at %s:%d>\n",
			handle->site->callee, handle->site->file, handle->site->line);
	if (context->task)
		describe_future(context->task, file);
	if (context->exception.error)
		coil_print_exception(context->exception, file);
}

void coil_loop_default_exception_handler(coil_loop *loop,
					 const coil_exception_context *context)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	(void)loop;
	if (file) {
		describe(context, file);
		if (fclose(file) != 0)
			size = 0;
	}
	if (text && size) {
		text[--size] = '\0'; /* the last newline is the handler's */
		coil__log_text(context->site, COIL_LOG_ERROR, text, size);
	} else {
		coil__log("%s (no memory to say more)",
			  context->message ? context->message : "Unhandled exception");
	}
	free(text);
}

static void record_report(const coil_exception_context *context)
{
	const struct future *future = handle_open(context->task ? context->task :
						  context->future);

	TRACE_TEXT(EXCEPTION_REPORTED, 0, context->message ? context->message : "",
		   .future = future ? future->id : 0,
		   .error = (uint32_t)context->exception.error);
}

/* A handler runs in the context of what it is told of. */
static struct context_values **place_of(const coil_exception_context *context)
{
	struct task *task = handle_open(context->task);
	const struct handle *handle = handle_open(context->handle);

	if (task && task->future.object.kind == OBJECT_TASK)
		return coil__task_values(task);
	return handle ? coil__context_of(handle) : NULL;
}

static coil_result call_handler(struct coil_loop *loop, const coil_exception_context *context)
{
	struct context_values **before = coil__self.context, **place = place_of(context);
	coil_result result;

	if (place)
		coil__context_enter(place);
	result = loop->handler(loop, context, loop->handler_arg);
	coil__context_enter(before);
	return result;
}

void coil_loop_call_exception_handler(coil_loop *loop,
				      const coil_exception_context *context)
{
	coil_exception_context second = {
		.message = "Unhandled error in exception handler"
	};

	record_report(context);
	if (!loop->handler) {
		coil_loop_default_exception_handler(loop, context);
		return;
	}
	second.exception = call_handler(loop, context);
	if (leaves_loop(second.exception))
		loop_leave(loop, second.exception);
	else if (second.exception.error)
		coil_loop_default_exception_handler(loop, &second);
}

void coil_loop_set_exception_handler(coil_loop *loop, coil_exception_handler handler,
				     void *arg)
{
	loop->handler = handler;
	loop->handler_arg = arg;
}
