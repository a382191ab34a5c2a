/* SPDX-License-Identifier: MIT
 *
 * Errors that nobody awaits: the loop's exception handler, and the default one.
 */
#include <stdlib.h>

#include "base/log.h"
#include "loop/loop.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/repr.h"
#include "task/task.h"
#include "trace/recorder.h"

static bool leaves_loop(coil_result result)
{
	return result.error == COIL_SYSTEM_EXIT ||
	       result.error == COIL_KEYBOARD_INTERRUPT;
}

static void line(FILE *file, const char *key)
{
	fprintf(file, "\n%s: ", key);
}

/* A task is said once: as what failed, or as what it is about. */
static const struct future *task_of(const coil_exception_context *context)
{
	return context->task == context->future ? NULL : handle_open(context->task);
}

/* What runs was made elsewhere than what failed, and is all that is known. */
static const coil_site *running_site(const struct coil_loop *loop)
{
	const struct handle *handle = loop->running_handle;

	if (!handle)
		return NULL;
	return handle->object.flags & HANDLE_STEP ? ((struct future *)handle->arg)->site :
						    handle->site;
}

/* asyncio's keys, in alphabetical order, and the exception at the end. */
static void describe(const struct coil_loop *loop, const coil_exception_context *context,
		     FILE *file)
{
	const struct future *future = handle_open(context->future);
	const struct future *task = task_of(context);
	const struct handle *handle = handle_open(context->handle);

	fputs(context->message ? context->message : "Unhandled exception in event loop", file);
	if (future) {
		line(file, "future");
		coil__repr_future(future, file);
	}
	if (handle) {
		line(file, "handle");
		coil__repr_handle(handle, file);
	}
	if (!context->source_traceback)
		coil__repr_traceback(running_site(loop), "\nhandle_traceback: Handle created "
				     "at (most recent call last):", file);
	coil__repr_traceback(context->source_traceback, "\nsource_traceback: Object created "
			     "at (most recent call last):", file);
	if (task) {
		line(file, "task");
		coil__repr_future(task, file);
	}
	if (context->exception.error) {
		fputs("\n", file);
		coil_print_exception(context->exception, file);
	}
}

void coil_loop_default_exception_handler(coil_loop *loop,
					 const coil_exception_context *context)
{
	struct text text;

	if (coil__text_begin(&text))
		describe(loop, context, text.file);
	if (coil__text_end(&text)) {
		while (text.length && text.text[text.length - 1] == '\n')
			text.text[--text.length] = '\0'; /* the last is the handler's */
		coil__log_text(context->site, COIL_LOG_ERROR, text.text, text.length);
	} else {
		coil__log("%s (no memory to say more)",
			  context->message ? context->message : "Unhandled exception");
	}
	free(text.text);
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
