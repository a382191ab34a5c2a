/* SPDX-License-Identifier: MIT
 *
 * Threads, worker processes and what they do, in both views: see view_base.h.
 *
 *	MainThread      the first thread of a program
 *	asyncio_0       a thread that has a name of its own
 *	thread 2        another
 *	worker 1234     a worker process; on the virtual clock, where a trace is to be the
 *	                same each time, worker 1
 *
 * A job is a message from whoever submitted it to the thread that runs it, when it
 * begins, and one back when it ends.
 * O(1), but linear in the number of threads where one is made a lifeline.
 */
#include "view_base.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "render_text.h"
#include "trace/reader_memory.h"

#define WAITED_LEAST 1000000 /* ns; a shorter wait for a worker is not told */

/* ---- lifelines of threads --------------------------------------------------- */

/* The name that threads have which were given none: the program's, cut. */
static bool is_program(const struct view *view, const char *name)
{
	const char *program = coil__reader_header(view->reader)->program;
	size_t length = strcspn(program, " ");
	const char *base = program;

	for (const char *c = program; c < program + length; c++)
		if (*c == '/')
			base = c + 1;
	length = (size_t)(program + length - base);
	if (length > 15)
		length = 15; /* what the system keeps */
	return strlen(name) == length && !memcmp(base, name, length);
}

/* How many processes have a lifeline already. */
static size_t count_processes(const struct view *view)
{
	struct coil__map_entry *entry = NULL;
	size_t count = 0;

	while ((entry = coil__map_next(&view->threads, entry)))
		count += ((struct actor *)entry->value)->is_process;
	return count;
}

static bool is_used(const struct view *view, const char *name)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&view->threads, entry)))
		if (!strcmp(((struct actor *)entry->value)->name, name))
			return true;
	return false;
}

static char *name_process(const struct view *view, uint32_t process)
{
	if (coil__reader_header(view->reader)->clock == TRACE_CLOCK_VIRTUAL)
		return coil__text_format("worker %zu", count_processes(view) + 1);
	return coil__text_format("worker %lu", (unsigned long)process);
}

/* To be freed. */
static char *name_thread(const struct view *view, const struct coil__state_thread *thread)
{
	const char *name = thread->name ? thread->name : "";
	char *plain;

	if (thread->process)
		plain = name_process(view, thread->process);
	else if (*name && !is_program(view, name))
		plain = coil__text_format("%s", name);
	else
		plain = coil__text_format("thread %lu", (unsigned long)thread->id);
	if (is_used(view, plain)) {
		char *longer = coil__text_format("%s (thread %lu)", plain,
						 (unsigned long)thread->id);

		free(plain);
		return longer;
	}
	return plain;
}

struct actor *coil__view_thread(struct view *view, uint32_t thread)
{
	struct actor *actor = coil__map_get(&view->threads, thread);
	struct coil__state_thread *state;
	char *name;

	if (actor)
		return actor;
	state = coil__state_thread(view->state, thread);
	name = name_thread(view, state);
	actor = coil__view_new_actor(DIAGRAM_THREAD, name);
	actor->is_process = state->process != 0;
	coil__map_put(&view->threads, thread, actor);
	free(name);
	return actor;
}

struct actor *coil__view_caller(struct view *view)
{
	struct actor *actor = coil__view_current(view);

	return actor || view->event.loop ? actor : coil__view_thread(view, view->event.thread);
}

/* ---- jobs -------------------------------------------------------------------- */

static void free_job(struct view_job *job)
{
	if (job)
		free(job->what);
	free(job);
}

void coil__view_free_jobs(struct view *view)
{
	struct coil__map_entry *entry = NULL;

	while ((entry = coil__map_next(&view->jobs, entry)))
		free_job(entry->value);
	coil__map_clear(&view->jobs);
}

char *coil__view_work(const struct view *view, uint32_t site)
{
	const char *argument = coil__view_argument(view, site);

	return coil__text_format(*argument ? "%s(%s)" : "%s", coil__view_callee(view, site),
				 argument);
}

struct view_job *coil__view_job_submitted(struct view *view, const struct coil__event *event,
					  struct actor *by)
{
	const struct trace_JOB_SUBMITTED *submitted = &event->as.JOB_SUBMITTED;
	struct view_job *job = coil__take(1, sizeof *job);

	free_job(coil__map_remove(&view->jobs, submitted->job)); /* in a damaged trace */
	job->by = by;
	job->submitted = view->time;
	job->what = coil__view_work(view, submitted->site);
	coil__map_put(&view->jobs, submitted->job, job);
	return job;
}

/* A thread has the job run by a process, which will say so itself: the process is drawn,
 * and not the thread. */
static bool is_deputy(struct view *view, const struct coil__event *event, uint64_t id)
{
	const struct coil__state_job *job = coil__state_job(view->state, id);
	const struct coil__state_executor *executor =
		job ? coil__state_executor(view->state, job->executor) : NULL;

	return executor && executor->kind == TRACE_EXECUTOR_PROCESSES && view->has_workers &&
	       !coil__state_is_worker(view->state, job, event->thread);
}

/* Of a worker's file alone, nobody has submitted it. */
static struct view_job *unknown_job(struct view *view, uint64_t id)
{
	struct view_job *job = coil__take(1, sizeof *job);

	job->submitted = view->time;
	job->what = coil__text_format("job %llu", (unsigned long long)id);
	coil__map_put(&view->jobs, id, job);
	return job;
}

void coil__view_job_begin(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.JOB_BEGIN.job, waited;
	struct view_job *job = coil__map_get(&view->jobs, id);

	if (is_deputy(view, event, id))
		return;
	if (!job)
		job = unknown_job(view, id);
	waited = view->time - job->submitted;
	job->worker = coil__view_thread(view, event->thread);
	if (waited >= WAITED_LEAST)
		coil__view_message(view, DIAGRAM_CALL, job->by, job->worker, "%s, waited %.3f",
				   job->what, (double)waited / 1e9);
	else
		coil__view_message(view, DIAGRAM_CALL, job->by, job->worker, "%s", job->what);
	coil__view_begin(view, job->worker);
}

/* A worker that is lost may not even have begun. */
static void answer(struct view *view, const struct coil__event *event, struct view_job *job)
{
	double elapsed = (double)(view->time - job->submitted) / 1e9;
	struct actor *from = job->worker ? job->worker : job->by;
	char *what;

	if (event->tag == TRACE_OUTCOME_RESULT) {
		coil__view_message(view, DIAGRAM_RETURN, from, job->by, "total(%.3f)", elapsed);
	} else {
		what = coil__view_error(view, event->as.JOB_END.error, "");
		coil__view_message(view, DIAGRAM_ERROR, from, job->by, "%s, total(%.3f)", what,
				   elapsed);
		free(what);
	}
	if (job->worker)
		coil__view_end(view, job->worker);
	job->answered = true;
}

/* The end is told by the worker, and then by the thread that had it run it. */
void coil__view_job_end(struct view *view, const struct coil__event *event)
{
	uint64_t id = event->as.JOB_END.job;
	struct view_job *job = coil__map_get(&view->jobs, id);
	const struct coil__state_job *state = coil__state_job(view->state, id);

	if (!job)
		return;
	if (!job->answered)
		answer(view, event, job);
	if (state && coil__state_is_worker(view->state, state, event->thread))
		return;
	free_job(coil__map_remove(&view->jobs, id));
}

void coil__view_job_cancelled(struct view *view, const struct coil__event *event)
{
	struct view_job *job = coil__map_remove(&view->jobs, event->as.JOB_CANCELLED.job);

	if (!job)
		return;
	coil__view_message(view, DIAGRAM_ERROR, coil__view_caller(view), job->by,
			   "cancel %s, which has not begun", job->what);
	free_job(job);
}

/* ---- signals ------------------------------------------------------------------ */

struct actor *coil__view_signal(struct view *view)
{
	if (!view->signal)
		view->signal = coil__view_new_actor(DIAGRAM_WAITED, "signal");
	return view->signal;
}

char *coil__view_signal_name(int signum)
{
	static const struct { int number; const char *name; } names[] = {
		{ SIGHUP, "SIGHUP" }, { SIGINT, "SIGINT" }, { SIGQUIT, "SIGQUIT" },
		{ SIGTERM, "SIGTERM" }, { SIGUSR1, "SIGUSR1" }, { SIGUSR2, "SIGUSR2" },
		{ SIGCHLD, "SIGCHLD" }, { SIGALRM, "SIGALRM" }, { SIGPIPE, "SIGPIPE" },
		{ SIGWINCH, "SIGWINCH" }, { SIGCONT, "SIGCONT" }, { SIGTSTP, "SIGTSTP" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == signum)
			return coil__text_format("%s", names[i].name);
	return coil__text_format("signal %d", signum);
}
