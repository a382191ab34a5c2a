/* SPDX-License-Identifier: MIT
 *
 * A recording's beginning and end: by the program, by the environment, by the end
 * of the process, across a fork.  See recording.h and <coil/trace.h>.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <coil/trace.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "loop/loop.h"
#include "trace/recording.h"
#include "trace/snapshot.h"

#define CHILD_ID_BITS 26 /* a child's own ids: 64 ranges, and pids of 22 bits below 2^48 */

uint32_t coil__trace_generation;

struct recording coil__recording = {
	.lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
	.file = { .fd = -1 },
	.strings = { .by_content = true },
};

static struct recording *const the = &coil__recording;

__thread bool coil__fork_unrecorded;

/* ---- beginning and end ----------------------------------------------- */

void coil__recording_exit(void)
{
	if (!coil_trace_active())
		return;
	TRACE_NOW(TRACE_END, TRACE_END_EXIT, );
	coil__recorder_detach(&coil__recorder);
	__atomic_store_n(&coil__tracing, false, __ATOMIC_RELAXED);
}

static void before_fork(void)
{
	pthread_mutex_lock(&the->lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&the->lock);
}

static int start(const char *pattern, uint32_t clock, uint32_t parent);

/* With a file of its own, of the same run. */
static void start_as_fork(const char *pattern, const struct recording_origin *origin)
{
	int error;

	/* Parent and child go on to give ids.  Those of jobs must differ, as a job may be of
	 * one and run in the other; for the rest readers care (reader_scope.h). */
	the->objects_given = (uint64_t)getpid() << CHILD_ID_BITS;
	error = start(pattern, origin->clock, origin->pid);
	if (error)
		coil__log("the forked child %d is not recorded: %s", (int)getpid(),
			  strerror(error));
	else
		the->file.header->run = origin->run;
}

static void fill_origin(struct recording_origin *origin, const struct trace_header *header)
{
	origin->run = header->run;
	origin->clock = header->clock;
	origin->pid = header->pid;
}

/* The child has a file of its own.  What the parent's threads had mapped is left
 * to the parent: nothing more is written to it from here. */
static void after_fork_in_child(void)
{
	struct recorder *r = &coil__recorder;
	struct trace_file parents = the->file;
	bool recorded = coil_trace_active() && !coil__fork_unrecorded;
	struct recording_origin origin;

	/* Unlocking is for the thread that locked, which is the parent's. */
	the->lock = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
	coil__fork_unrecorded = false;
	if (parents.fd < 0)
		return;
	__atomic_store_n(&coil__tracing, false, __ATOMIC_RELAXED);
	fill_origin(&origin, parents.header);
	r->chunk = NULL; /* the parent's: it is not for us to finish it */
	coil__recorder_detach(r);
	the->file = (struct trace_file){ .fd = -1 };
	if (recorded)
		start_as_fork(parents.pattern, &origin);
	coil__trace_file_close(&parents);
}

static pthread_once_t hooks = PTHREAD_ONCE_INIT;

/* Behind those of the thread's: a fork takes the recording's lock before the others, which
 * are taken by who holds it. */
static void install_hooks(void)
{
	thread_register();
	if (atexit(coil__recording_exit) != 0 ||
	    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
		coil__log("no memory to finish the recording at exit");
}

static int start(const char *pattern, uint32_t clock, uint32_t parent)
{
	int error;

	pthread_mutex_lock(&the->lock);
	error = coil__trace_file_open(&the->file, pattern, clock, parent);
	if (!error) {
		coil__intern_clear(&the->strings);
		coil__intern_clear(&the->sites);
		the->threads = 0;
		__atomic_store_n(&the->virtual_now, 0, __ATOMIC_RELAXED);
		the->handles_before = __atomic_load_n(&the->handles_given, __ATOMIC_RELAXED);
		__atomic_add_fetch(&coil__trace_generation, 1, __ATOMIC_RELAXED);
		__atomic_store_n(&coil__tracing, true, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&the->lock);
	return error;
}

static coil_result start_recording(const char *path, enum coil_clock clock)
{
	int error;

	if (coil_trace_active())
		return coil_raise(COIL_RUNTIME, "already recording to %s", the->file.path);
	pthread_once(&hooks, install_hooks);
	error = start(path, clock == COIL_CLOCK_VIRTUAL ? TRACE_CLOCK_VIRTUAL :
		      TRACE_CLOCK_REAL, 0);
	if (error)
		return coil_raise(COIL_OS, "cannot record to %s: %s", path,
				  strerror(error));
	coil__trace_snapshot();
	return coil_ok(NULL);
}

/* The running loop's clock, else the one that loops will have. */
coil_result coil_trace_start(const char *path)
{
	const struct coil_loop *loop = coil__self.running;

	return start_recording(path, loop ? loop->clock.kind :
			       coil__clock_from_environment());
}

void coil_trace_stop(void)
{
	if (!coil_trace_active())
		return;
	TRACE_NOW(TRACE_END, TRACE_END_STOPPED, );
	__atomic_store_n(&coil__tracing, false, __ATOMIC_RELAXED);
	coil__recorder_detach(&coil__recorder);
	pthread_mutex_lock(&the->lock);
	__atomic_add_fetch(&coil__trace_generation, 1, __ATOMIC_RELAXED);
	coil__trace_file_close(&the->file);
	pthread_mutex_unlock(&the->lock);
}

bool coil_trace_active(void)
{
	return __atomic_load_n(&coil__tracing, __ATOMIC_RELAXED);
}

void coil__trace_leave(void)
{
	coil__recorder_detach(&coil__recorder);
	coil__recorder.generation = 0;
}

static atomic_bool looked; /* at the environment */

static coil_result start_as_told(enum coil_clock clock)
{
	const char *path = getenv("COIL_TRACE");

	return path && *path ? start_recording(path, clock) : coil_ok(NULL);
}

/* Whoever comes second waits until it records: so no thread's beginning is missing. */
void coil__trace_from_environment(enum coil_clock clock)
{
	coil_result result = coil_ok(NULL);

	if (atomic_load_explicit(&looked, memory_order_acquire))
		return;
	pthread_once(&hooks, install_hooks); /* the lock outlives a fork */
	pthread_mutex_lock(&the->lock);
	if (!looked)
		result = start_as_told(clock);
	atomic_store_explicit(&looked, true, memory_order_release);
	pthread_mutex_unlock(&the->lock);
	if (result.error)
		coil__log("COIL_TRACE: %s", coil_error_message(result));
}

/* ---- processes that work for this one ---------------------------------- */

uint32_t coil__recording_now(void)
{
	return coil_trace_active() ?
	       __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED) : 0;
}

/* PATTERN behind the directory that it is in, if that can be told. */
static bool make_absolute(char *to, size_t size, const char *pattern)
{
	size_t used = 0;

	if (*pattern != '/') {
		if (!getcwd(to, size - 1))
			return false;
		used = strlen(to);
		to[used++] = '/';
	}
	if (strlen(pattern) >= size - used)
		return false;
	strcpy(to + used, pattern);
	return true;
}

bool coil__recording_origin(struct recording_origin *origin)
{
	bool known = false;

	memset(origin, 0, sizeof(*origin));
	pthread_mutex_lock(&the->lock);
	if (coil_trace_active()) {
		fill_origin(origin, the->file.header);
		known = make_absolute(origin->pattern, sizeof(origin->pattern),
				      the->file.pattern);
	}
	pthread_mutex_unlock(&the->lock);
	return known;
}

void coil__recording_follow(const struct recording_origin *origin)
{
	pthread_once(&hooks, install_hooks);
	atomic_store(&looked, true);
	coil__fork_unrecorded = false;
	coil_trace_stop();
	if (origin)
		start_as_fork(origin->pattern, origin);
}

/* ---- the program's own events ----------------------------------------- */

void coil_trace_mark(const char *format, ...)
{
	char text[TRACE_MAX_TEXT + 1];
	va_list args;

	if (!coil_trace_active())
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	TRACE_TEXT(MARK, 0, text, );
}

void coil_trace_counter(const char *name, double value)
{
	TRACE_NOW(COUNTER, 0, .value = value, .name = coil__trace_string(name));
}
