/* SPDX-License-Identifier: MIT
 *
 * A run of a scenario from its beginning to its end (sections 2 and 6 of the
 * language).  What it remembers meanwhile is in play_memory.c.  See play_run.h.
 */
#include "play_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop.h"
#include "play_exec.h"
#include "task/future.h"
#include "task/task.h"

/* ---- the log ------------------------------------------------------------------------ */

void coil__log_line(struct run *run, const char *format, ...)
{
	coil_task *task = coil_current_task();
	va_list arguments;

	if (run->over || run->quiet)
		return;
	coil__text_add(&run->log, "%.0f", coil_loop_time(run->loop));
	if (run->iterations)
		coil__text_add(&run->log, "/%llu", (unsigned long long)run->loop->iteration);
	coil__text_add(&run->log, " %s ", task ? coil_task_get_name(task) : "-");
	va_start(arguments, format);
	coil__text_add_list(&run->log, format, arguments);
	va_end(arguments);
	coil__text_add(&run->log, "\n");
	if (run->log.failed)
		coil__run_no_memory(run);
	else if (++run->lines >= run->program->limit)
		coil__run_at_limit(run);
}

static struct text *empty_scratch(struct run *run)
{
	run->scratch.length = 0;
	coil__text_add(&run->scratch, "%s", "");
	return &run->scratch;
}

static const char *scratch(struct run *run)
{
	if (!run->scratch.failed)
		return run->scratch.bytes;
	coil__run_no_memory(run);
	return "";
}

const char *coil__value_text(struct run *run, const void *value)
{
	coil__add_value(empty_scratch(run), run->program, value);
	return scratch(run);
}

const char *coil__error_text(struct run *run, coil_result error)
{
	if (error.error == COIL_MEMORY)
		coil__run_no_memory(run);
	coil__add_error(empty_scratch(run), run->program, error);
	return scratch(run);
}

static const char *names_of(struct run *run, const coil_list *tasks)
{
	struct text *text = empty_scratch(run);

	for (size_t i = 0; tasks && i < tasks->count; i++)
		coil__text_add(text, "%s%s", i ? "," : "",
			       coil_task_get_name(tasks->items[i].value));
	return scratch(run);
}

/* NULL, and the run is over, without memory. */
static coil_list *all_tasks(struct run *run)
{
	coil_list *tasks = coil_all_tasks(run->loop);

	if (!tasks)
		coil__run_no_memory(run);
	return tasks;
}

const char *coil__tasks_text(struct run *run)
{
	coil_list *tasks = all_tasks(run);
	const char *text = names_of(run, tasks);

	coil_release(tasks);
	return text;
}

/* ---- what the loop reports ------------------------------------------------------------ */

/* Errors of callbacks and of a task group's late children; what is reported when
 * objects go away ("was never retrieved") is no part of the log. */
static coil_result report(coil_loop *loop, const coil_exception_context *context, void *arg)
{
	struct run *run = arg;

	if (context->handle)
		coil__log_line(run, "handler callback %s",
			       coil__error_text(run, context->exception));
	else if (context->message && strstr(context->message, "has errored out"))
		coil__log_line(run, "handler taskgroup %s",
			       coil__error_text(run, context->exception));
	return coil_ok(NULL);
}

/* ---- the beginning --------------------------------------------------------------------- */

static bool make_tables(struct run *run)
{
	const struct program *program = run->program;

	run->variables = coil__run_take(run, program->name_count * sizeof *run->variables);
	run->contexts = coil__run_take(run, program->name_count * sizeof(void *));
	run->callbacks = coil__run_take(run, program->body_count * sizeof *run->callbacks);
	for (const struct body *body = program->bodies; run->callbacks && body;
	     body = body->next)
		run->callbacks[body->number] = (struct callback){ run, body };
	return !run->over;
}

/* The lines in front of the bodies log nothing; what cannot be made is not set. */
static void make_news(struct run *run)
{
	struct frame frame = { .run = run, .body = run->program->main };

	run->quiet = true;
	coil__exec_block(&frame, &run->program->news);
	run->quiet = false;
}

static void make_main(struct run *run)
{
	struct frame frame = { .run = run };
	const struct body *body = run->program->main;
	coil_coroutine *coroutine = coil__new_coroutine(&frame, body, body->site, false);

	run->main = coil_loop_create_task_site(body->site, run->loop, coroutine, NULL);
	if (run->main)
		coil__run_keep(run, run->main);
	else
		coil__run_no_memory(run);
	for (size_t i = 0; i < run->program->name_count; i++)
		if (!strcmp(run->program->names[i], "main"))
			run->variables[i] = (struct variable){ THING_TASK, run->main };
}

static bool begin(struct run *run)
{
	run->loop = coil_new_event_loop_with_clock(COIL_CLOCK_VIRTUAL);
	if (!run->loop)
		return false;
	coil__task_numbers_restart();
	run->loop->leaves_deadlock = true;
	coil_loop_set_exception_handler(run->loop, report, run);
	if (run->program->eager)
		coil_loop_set_task_factory(run->loop, coil_eager_task_factory);
	return make_tables(run);
}

/* ---- its parts --------------------------------------------------------------------------- */

/* Outside of tasks, a list that the loop's run gives is the caller's. */
static coil_result keep_result(struct run *run, const coil_future *public,
			       coil_result result)
{
	const struct future *future = handle_open(public);

	if (result.error || !future || !future->is_list)
		return coil__run_hold(run, result);
	coil__run_keep(run, result.value);
	return result;
}

/* Runs the loop until FUTURE, which is kept, is done; again after every stop. */
static coil_result run_until_done(struct run *run, coil_future *future)
{
	coil_result result = coil_ok(NULL);

	while (!run->over) {
		result = coil_loop_run_until_complete_site(run->loop, coil_retain(future),
							   run->program->main->site);
		if (run->over || coil_future_done(future))
			break;
		if (run->loop->deadlocked) {
			coil__log_line(run, "deadlock %s", coil__tasks_text(run));
			run->over = true;
		} else if (result.error == COIL_RUNTIME) {
			coil__log_line(run, "stopped");
		} else {
			coil__run_no_memory(run);
		}
	}
	return keep_result(run, future, result);
}

static void run_main(struct run *run)
{
	coil_result result = run_until_done(run, run->main);

	if (result.error)
		coil__log_line(run, "main ! %s", coil__error_text(run, result));
	else
		coil__log_line(run, "main = %s", coil__value_text(run, result.value));
}

/* Keeps the tasks that are left: the array of them, which a gather takes. */
static coil_awaitable **keep_tasks(struct run *run, const coil_list *tasks)
{
	coil_awaitable **array = coil__run_take(run, tasks->count * sizeof *array);

	for (size_t i = 0; array && i < tasks->count; i++) {
		array[i] = tasks->items[i].value;
		coil__run_retain(run, array[i]);
	}
	return array;
}

/* Cancels all of them, and waits for all. */
static void end_tasks(struct run *run, coil_awaitable **tasks, size_t count)
{
	coil_future *all;

	for (size_t i = 0; i < count; i++)
		coil_future_cancel_site(tasks[i], run->program->main->site, NULL);
	for (size_t i = 0; i < count; i++)
		coil_retain(tasks[i]); /* one for the gather */
	all = coil_gather_site(COIL_RETURN_EXCEPTIONS, tasks, count, run->program->main->site);
	if (!all) {
		coil__run_no_memory(run);
		return;
	}
	coil__run_keep(run, all);
	run_until_done(run, all);
}

static void log_failed(struct run *run, coil_awaitable **tasks, size_t count)
{
	for (size_t i = 0; i < count && !run->over; i++) {
		coil_result error;

		if (!coil_future_exception(tasks[i], &error).error && error.error)
			coil__log_line(run, "shutdown-exc %s %s", coil_task_get_name(tasks[i]),
				       coil__error_text(run, error));
	}
}

static void shut_down(struct run *run)
{
	coil_list *left = run->over ? NULL : all_tasks(run);
	coil_awaitable **tasks;

	if (left && left->count) {
		coil__log_line(run, "shutdown %s", names_of(run, left));
		tasks = keep_tasks(run, left);
		if (!run->over)
			end_tasks(run, tasks, left->count);
		if (!run->over)
			log_failed(run, tasks, left->count);
	}
	coil_release(left);
}

/* Has nobody looked at its error?  To ask is not to look. */
static bool is_unretrieved(const coil_future *public)
{
	const struct future *future = handle_open(public);

	return future && future->unretrieved;
}

static void log_unretrieved(struct run *run)
{
	for (size_t i = 0; i < run->task_count; i++)
		if (is_unretrieved(run->tasks[i]))
			coil__log_line(run, "unretrieved %s", coil_task_get_name(run->tasks[i]));
	for (size_t i = 0; i < run->made_count; i++)
		if (is_unretrieved(run->made[i].future))
			coil__log_line(run, "unretrieved %s",
				       run->program->names[run->made[i].name]);
}

static void log_last(struct run *run)
{
	const char *left;

	if (run->program->unretrieved)
		log_unretrieved(run);
	left = run->over ? "" : coil__tasks_text(run);
	if (*left)
		coil__log_line(run, "leftover %s", left);
	coil__log_line(run, "end");
}

/* ---- the end ----------------------------------------------------------------------------- */

/* What is still suspended when the loop is closed never runs again; its stack holds
 * nothing that must be freed. */
static void end(struct run *run)
{
	run->over = true;
	for (size_t i = 0; i < run->kept_count; i++)
		coil_release(run->kept[i]);
	if (run->loop)
		coil_loop_close(run->loop);
	free(run->kept);
	free(run->tasks);
	free(run->made);
	free(run->scratch.bytes);
	coil__arena_free(&run->arena);
}

static char *tell(const char *file)
{
	char *text;
	coil_result error = coil_last_error();

	bool said = error.error == COIL_OS || error.error == COIL_NOT_IMPLEMENTED;

	if (asprintf(&text, "%s: %s", file, said ? coil_error_message(error) :
						   "out of memory") < 0)
		return NULL;
	return text;
}

char *coil__play_run(const struct program *program, bool iterations, char **error)
{
	struct run run = { .program = program, .iterations = iterations };

	*error = NULL;
	coil_set_stack_size(PLAY_STACK); /* refused when one has run: then it was said */
	if (begin(&run)) {
		make_news(&run);
		make_main(&run);
		run_main(&run);
		shut_down(&run);
		log_last(&run);
	}
	if (run.at_limit)
		coil__text_add(&run.log, "limit\n");
	if (!run.loop || run.no_memory || run.log.failed) {
		*error = tell(program->file);
		free(run.log.bytes);
		run.log.bytes = NULL;
	}
	end(&run);
	return run.log.bytes;
}
