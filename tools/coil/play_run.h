/* SPDX-License-Identifier: MIT
 *
 * A run of a scenario: its loop, its variables, its log.
 *
 * What a run makes stays until it ends: values, frames and texts in its arena; the
 * library's objects in `kept`, with a reference each, so that a variable can be
 * overwritten and the task that waits for the old object go on.
 *
 * A run ends before its main is done when the log is at its limit, when bodies call
 * each other too deep, and when there is no memory: it is `over`.  Then nothing is
 * logged any more, and all statements raise SystemExit, which leaves the loop.
 */
#ifndef COIL_PLAY_RUN_H
#define COIL_PLAY_RUN_H

#include <coil.h>

#include "play_value.h"

struct variable {
	enum thing thing;
	void *object;           /* borrowed from `kept`            */
};

/* A func as a callback: one object for each. */
struct callback {
	struct run *run;
	const struct body *body;
};

struct made {                   /* by new future, gather_new, shield_new */
	coil_future *future;
	size_t name;            /* of the first variable           */
};

struct run {
	const struct program *program;
	coil_loop *loop;
	coil_task *main;
	struct arena arena;

	struct variable *variables;     /* by the number of the name    */
	coil_context_var **contexts;    /* the same; NULL: not used yet */
	struct callback *callbacks;     /* by the number of the body    */

	struct text log;
	struct text scratch;    /* for a piece of a line           */
	uint64_t lines;
	bool iterations;        /* in the log                      */
	bool quiet;             /* nothing is logged now           */
	bool over, at_limit, no_memory;

	void **kept;
	size_t kept_count, kept_room;
	coil_task **tasks;      /* that have begun, in order; kept */
	size_t task_count, task_room;
	struct made *made;
	size_t made_count, made_room;
};

/* Plays PROGRAM.  Result: its log (from malloc); NULL without memory or descriptors,
 * and then *ERROR (from malloc, or NULL) says so. */
char *coil__play_run(const struct program *program, bool iterations, char **error);

/* ---- the log ---------------------------------------------------------------------- */

/* Writes a line: time, actor, and what printf makes of the rest. */
void coil__log_line(struct run *run, const char *format, ...) COIL_PRINTF(2, 3);

/* Pieces of a line; each is good until the next is asked for. */
const char *coil__value_text(struct run *run, const void *value);
const char *coil__error_text(struct run *run, coil_result error);

/* The names of the tasks that are not done, in order of creation. */
const char *coil__tasks_text(struct run *run);

/* ---- objects ----------------------------------------------------------------------- */

/* The run is over, and why. */
void coil__run_at_limit(struct run *run);
void coil__run_no_memory(struct run *run);

/* Memory until the end of the run; NULL: there is none, and the run is over. */
void *coil__run_take(struct run *run, size_t size);

/* keep: the caller's reference becomes the run's.  retain: one more is taken. */
void coil__run_keep(struct run *run, void *object);
void coil__run_retain(struct run *run, const void *object);

/* A task has begun: it is kept, and is the last of `tasks`. */
void coil__run_meet(struct run *run, coil_task *task);

/* RESULT was given to the scenario: what it carries stays. */
coil_result coil__run_hold(struct run *run, coil_result result);

/* Puts an object of the caller's into a variable; or, if OBJECT is NULL (it could not
 * be made), gives the error. */
coil_result coil__run_set(struct run *run, const struct argument *variable,
			  enum thing thing, void *object);

/* The same of a future, which may turn out to be a task. */
coil_result coil__run_set_future(struct run *run, const struct argument *variable,
				 coil_future *future);

#endif
