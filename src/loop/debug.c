/* SPDX-License-Identifier: MIT
 *
 * Debug mode.  See debug.h and <coil/debug.h>.
 */
#include <stdlib.h>
#include <string.h>

#include <coil/policy.h>

#include "base/log.h"
#include "loop/debug.h"
#include "loop/registry.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/repr.h"
#include "task/task.h"

#define SLOW_CALLBACK 0.1 /* seconds, as asyncio has it */
#define SLOW_POLL 1.0

union coil__watched coil__watched;

/* ---- on and off --------------------------------------------------------- */

static void count(struct coil_loop *loop, bool debugging)
{
	if (loop->is_counted == debugging)
		return;
	loop->is_counted = debugging;
	if (debugging)
		__atomic_add_fetch(&coil__watched.debugging, 1, __ATOMIC_RELAXED);
	else
		__atomic_sub_fetch(&coil__watched.debugging, 1, __ATOMIC_RELAXED);
}

void coil_loop_set_debug(coil_loop *loop, bool enabled)
{
	loop->debug = enabled;
	if (enabled)
		atomic_fetch_or(&loop->refuses, LOOP_DEBUG);
	else
		atomic_fetch_and(&loop->refuses, ~(unsigned)LOOP_DEBUG);
	if (!loop_is_closed(loop))
		count(loop, enabled);
}

bool coil_loop_get_debug(const coil_loop *loop)
{
	return loop->debug;
}

void coil_loop_set_slow_callback_duration(coil_loop *loop, double seconds)
{
	loop->slow_callback_duration = seconds;
}

double coil_loop_get_slow_callback_duration(const coil_loop *loop)
{
	return loop->slow_callback_duration;
}

/* ---- opened and closed -------------------------------------------------- */

static const char *truth(bool truth)
{
	return truth ? "True" : "False";
}

void coil__debug_open(struct coil_loop *loop)
{
	const char *said = getenv("COIL_DEBUG");

	loop->slow_callback_duration = SLOW_CALLBACK;
	if (said && *said && strcmp(said, "0") != 0)
		coil_loop_set_debug(loop, true);
	if (unlikely(coil_log_is_enabled_for(COIL_LOG_DEBUG)))
		coil_log_site(NULL, COIL_LOG_DEBUG, "Using selector: %s",
			      coil_loop_get_driver(loop));
}

void coil__debug_close(const struct coil_loop *loop)
{
	if (loop->debug && coil_log_is_enabled_for(COIL_LOG_DEBUG))
		coil_log_site(NULL, COIL_LOG_DEBUG,
			      "Close <EventLoop selector=%s running=%s closed=%s debug=%s>",
			      coil_loop_get_driver(loop), truth(loop->running),
			      truth(loop_is_closed(loop)), truth(loop->debug));
}

void coil__debug_closed(struct coil_loop *loop)
{
	count(loop, false);
}

/* ---- threads ------------------------------------------------------------ */

bool coil__debug_admits(const struct coil_loop *loop, const coil_site *site)
{
	if (!(loop_looks_twice(loop) & LOOP_DEBUG) || coil__self.running == loop ||
	    !coil_loop_is_running(loop))
		return true;
	coil__set_last_error(coil__misuse(site, COIL_RUNTIME, "Non-thread-safe operation "
		"invoked on an event loop other than the current one"));
	return false;
}

bool coil__loop_admits(const struct coil_loop *loop, const coil_site *site)
{
	if (loop_refuses(loop))
		return coil__loop_refuses(loop, site);
	return coil__debug_admits(loop, site);
}

/* ---- what is slow -------------------------------------------------------- */

void coil__debug_run_begin(struct debug_run *run, struct coil_loop *loop,
			   struct handle *handle)
{
	unsigned flags = handle->object.flags;

	*run = (struct debug_run){ .began = clock_now(&loop->clock) };
	if (flags & HANDLE_STEP) {
		run->task = handle->arg;
		run->site = run->task->future.site;
		object_ref(run->task);
		return;
	}
	run->site = handle->site;
	if (flags & HANDLE_EMBEDDED)
		return;
	run->handle = handle;
	object_ref(handle);
}

static void write_run(const struct debug_run *run, FILE *file)
{
	if (run->task)
		coil__repr_future(&run->task->future, file);
	else if (run->handle)
		coil__repr_handle(run->handle, file);
	else
		coil__repr_site(run->site, file);
}

static void warn_slow(const struct debug_run *run, double took)
{
	struct text text;

	if (!coil_log_is_enabled_for(COIL_LOG_WARNING))
		return;
	if (coil__text_begin(&text)) {
		fputs("Executing ", text.file);
		write_run(run, text.file);
		fprintf(text.file, " took %.3f seconds", took);
	}
	if (coil__text_end(&text))
		coil__log_text(run->site, COIL_LOG_WARNING, text.text, text.length);
	else
		coil__log_warning(run->site, "executing this took %.3f seconds", took);
	free(text.text);
}

void coil__debug_run_end(struct debug_run *run, struct coil_loop *loop, bool ran)
{
	double took = clock_now(&loop->clock) - run->began;

	if (ran && took >= loop->slow_callback_duration)
		warn_slow(run, took);
	if (run->task)
		object_unref(run->task);
	if (run->handle)
		object_unref(run->handle);
}

/* What asyncio once said of every poll that waits. */
static void log_poll(double timeout, double took, int fired)
{
	int level = took >= SLOW_POLL ? COIL_LOG_INFO : COIL_LOG_DEBUG;

	if (!coil_log_is_enabled_for(level))
		return;
	if (timeout < 0)
		coil_log_site(NULL, level, "poll took %.3f ms: %d events", took * 1e3, fired);
	else if (fired)
		coil_log_site(NULL, level, "poll %.3f ms took %.3f ms: %d events",
			      timeout * 1e3, took * 1e3, fired);
	else if (took >= SLOW_POLL)
		coil_log_site(NULL, level, "poll %.3f ms took %.3f ms: timeout",
			      timeout * 1e3, took * 1e3);
}

/* The system was busy elsewhere, or asleep: what waits for the time comes late. */
static void warn_late(const struct coil_loop *loop, double timeout, double took)
{
	const struct handle *late = coil__timer_heap_top(&loop->timers);
	const coil_site *site = late && !(late->object.flags & HANDLE_STEP) ? late->site : NULL;
	struct text text;

	if (!coil_log_is_enabled_for(COIL_LOG_WARNING))
		return;
	if (coil__text_begin(&text)) {
		fprintf(text.file, "the poll was told to wait %.3f ms and took %.3f ms",
			timeout * 1e3, took * 1e3);
		if (late) {
			fputs("; late for ", text.file);
			coil__repr_handle(late, text.file);
		}
	}
	if (coil__text_end(&text))
		coil__log_text(site, COIL_LOG_WARNING, text.text, text.length);
	free(text.text);
}

void coil__debug_poll(const struct coil_loop *loop, double timeout, double took, int fired)
{
	if (timeout == 0)
		return;
	log_poll(timeout, took, fired);
	if (timeout > 0 && took - timeout >= loop->slow_callback_duration)
		warn_late(loop, timeout, took);
}
