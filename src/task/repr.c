/* SPDX-License-Identifier: MIT
 *
 * The words of reports.  See repr.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/place.h"
#include "loop/loop.h"
#include "task/chain.h"
#include "task/exception.h"
#include "task/repr.h"
#include "task/sleep.h"
#include "task/task.h"

#define NESTED 3 /* who waits for whom: a chain may be long, or a ring */

/* ---- texts that grow ---------------------------------------------------- */

bool coil__text_begin(struct text *text)
{
	text->text = NULL;
	text->length = 0;
	text->file = open_memstream(&text->text, &text->length);
	return text->file;
}

bool coil__text_end(struct text *text)
{
	bool good = text->file && !ferror(text->file);

	if (text->file && fclose(text->file) != 0)
		good = false;
	if (good)
		return true;
	free(text->text);
	text->text = NULL;
	return false;
}

/* ---- strings and places ------------------------------------------------ */

void coil__repr_string(const char *string, FILE *file)
{
	unsigned char quote = strchr(string, '\'') && !strchr(string, '"') ? '"' : '\'';

	fputc(quote, file);
	for (const unsigned char *c = (const unsigned char *)string; *c; c++) {
		if (*c == quote || *c == '\\')
			fprintf(file, "\\%c", *c);
		else if (*c == '\n')
			fputs("\\n", file);
		else if (*c == '\t')
			fputs("\\t", file);
		else if (*c < ' ' || *c == 127)
			fprintf(file, "\\x%02x", *c);
		else
			fputc(*c, file);
	}
	fputc(quote, file);
}

void coil__repr_call(const coil_site *site, FILE *file)
{
	fprintf(file, "%s(%s)", site->callee,
		strcmp(site->argument, "NULL") == 0 ? "" : site->argument);
}

static void write_at(const char *how, const coil_site *site, FILE *file)
{
	if (site)
		fprintf(file, " %s %s:%d", how, site->file, site->line);
}

static void write_frame(const coil_site *site, FILE *file)
{
	fprintf(file, "\n  File \"%s\", line %d, in %s", site->file, site->line, site->function);
	if (!site->callee[0])
		return;
	fputs("\n    ", file);
	if (site->argument[0])
		coil__repr_call(site, file);
	else
		fputs(site->callee, file);
}

void coil__repr_traceback(const coil_site *site, const char *head, FILE *file)
{
	const struct place *place = site ? coil__place_find(site) : NULL;

	if (!place)
		return;
	fputs(head, file);
	for (size_t i = 0; i < place->count; i++)
		write_frame(place->chain[i], file);
	write_frame(place->of, file);
}

/* As few decimals as tell it from every other, but one. */
static void write_real(double real, FILE *file)
{
	char text[400];

	for (int decimals = 1; decimals <= 17; decimals++) {
		snprintf(text, sizeof(text), "%.*f", decimals, real);
		if (strtod(text, NULL) == real)
			break;
	}
	fputs(text, file);
}

/* ---- futures ------------------------------------------------------------ */

static void write_future(const struct future *future, FILE *file, int depth);

static const char *class_of(const struct future *future)
{
	switch (future->object.kind) { /* the names of asyncio's classes */
	case OBJECT_TASK:
		return "Task";
	case OBJECT_GATHER:
		return "_GatheringFuture";
	default:
		return "Future";
	}
}

static const char *state_of(const struct future *future)
{
	static const char *const states[] = { "pending", "finished", "cancelled" };
	const struct task *task = (const struct task *)future;

	if (future->object.kind == OBJECT_TASK && future->state == FUTURE_PENDING &&
	    task->cancel_requests)
		return "cancelling";
	return states[future->state];
}

static void write_callback(const struct handle *handle, FILE *file)
{
	if (handle->object.flags & HANDLE_STEP) {
		fputs("Task.task_wakeup()", file);
	} else if (handle->site) {
		fprintf(file, "%s()", handle->site->callee);
		write_at("at", handle->site, file);
	} else {
		fputs("?()", file);
	}
}

/* One, two, or the first and the last of more. */
static void write_callbacks(const struct future *future, FILE *file)
{
	size_t count = 0;

	for (const struct handle *h = future->first; h; h = h->next)
		count++;
	if (!count)
		return;
	fputs(" cb=[", file);
	write_callback(future->first, file);
	if (count > 2)
		fprintf(file, ", <%zu more>", count - 2);
	if (count > 1) {
		fputs(", ", file);
		write_callback(future->last, file);
	}
	fputs("]", file);
}

static void write_outcome(const struct future *future, FILE *file)
{
	const char *message = coil_error_message(future->result);

	if (future->state != FUTURE_FINISHED)
		return;
	if (future->result.error) {
		fprintf(file, " exception=%s(", coil_error_name(future->result.error));
		if (message[0])
			coil__repr_string(message, file);
		fputs(")", file);
	} else if (future->is_list || !future->result.value) {
		fputs(future->is_list ? " result=[...]" : " result=None", file);
	}
}

static void write_coroutine(const struct task *task, FILE *file)
{
	const coil_site *made = task_coroutine_site(task);
	bool done = task->future.state != FUTURE_PENDING;
	const coil_site *now = done ? NULL : coil__chain_outermost(task);

	if (!made)
		return;
	fprintf(file, " coro=<%s()", made->callee);
	if (done)
		write_at("done, defined at", made, file);
	else
		write_at("running at", now ? now : made, file);
	fputs(">", file);
}

static void write_task(const struct task *task, FILE *file, int depth)
{
	fputs(" name=", file);
	coil__repr_string(coil__task_name(task), file);
	write_coroutine(task, file);
	if (!task->waiting_on || task->future.state != FUTURE_PENDING)
		return;
	fputs(" wait_for=", file);
	write_future(task->waiting_on, file, depth + 1);
}

static void write_future(const struct future *future, FILE *file, int depth)
{
	if (depth > NESTED) {
		fputs("...", file);
		return;
	}
	fprintf(file, "<%s %s", class_of(future), state_of(future));
	if (future->object.kind == OBJECT_TASK)
		write_task((const struct task *)future, file, depth);
	write_outcome(future, file);
	write_callbacks(future, file);
	write_at("created at", future->site, file);
	fputs(">", file);
}

void coil__repr_future(const struct future *future, FILE *file)
{
	write_future(future, file, 0);
}

void coil__repr_coroutine(const struct coroutine_object *coroutine, FILE *file)
{
	fprintf(file, "<coroutine %s()", coroutine->awaitable.site->callee);
	write_at("created at", coroutine->awaitable.site, file);
	fputs(">", file);
}

/* ---- handles ------------------------------------------------------------ */

void coil__repr_handle(const struct handle *handle, FILE *file)
{
	unsigned flags = handle->object.flags;

	if (flags & HANDLE_STEP) {
		coil__repr_future(handle->arg, file);
		return;
	}
	fputs(flags & HANDLE_IS_TIMER ? "<TimerHandle" : "<Handle", file);
	if (flags & HANDLE_CANCELLED)
		fputs(" cancelled", file);
	if (flags & HANDLE_IS_TIMER) {
		fputs(" when=", file);
		write_real(handle->when, file);
	}
	if (handle->site) {
		const coil_site *sleeper = coil__sleep_site(handle);

		fputs(" ", file);
		coil__repr_call(handle->site, file);
		write_at("at", sleeper ? sleeper : handle->site, file);
	}
	fputs(">", file);
}

void coil__repr_site(const coil_site *site, FILE *file)
{
	fputs("<Handle", file);
	if (site) {
		fputs(" ", file);
		coil__repr_call(site, file);
		write_at("at", site, file);
	}
	fputs(">", file);
}
