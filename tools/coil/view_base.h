/* SPDX-License-Identifier: MIT
 *
 * What the views share: from a trace to a sequence diagram.
 *
 * A view is a table of functions, one for each type of event it has something to
 * say about.  Each is called before the event is applied to the rebuilt state
 * (trace/state.h), so that it sees the world in which the event happened.
 *
 * It speaks of actors: tasks, loops, callbacks, and what is waited for.  An actor
 * becomes a participant of the diagram with its first message that is drawn.
 * All that is drawn goes through here, where the filters decide; what they leave
 * out is counted, and said in notes of the picture.  NULL as an actor is the
 * outside: main() in front of the loop, the operating system.
 */
#ifndef COIL_VIEW_BASE_H
#define COIL_VIEW_BASE_H

#include "render_diagram.h"
#include "trace/names.h"
#include "trace/state.h"

struct view_options {
	const char **tasks;             /* labels; only messages of these     */
	size_t task_count;              /* 0: all                             */
	uint64_t from, to;              /* ns                                 */
	uint64_t first_iteration, last_iteration;
	unsigned depth;                 /* of coroutines awaited inline       */
	size_t limit;                   /* of messages; 0: none               */
};

struct actor {
	char *name;
	enum diagram_kind kind;
	int participant;                /* or DIAGRAM_OUTSIDE: not drawn yet  */
	uint32_t run_site;              /* of a loop: where its run was begun */
	unsigned depth;                 /* of activations                     */
	uint64_t drawn;                 /* a bit for each: is it drawn?       */
	bool chosen;                    /* by --task                          */
	bool own;                       /* coil's own: drawn only if chosen   */
	bool left_out;                  /* some message of it was             */
	bool is_process;                /* of a thread: a worker process      */
};

/* A job of an executor, from being submitted to its end. */
struct view_job {
	struct actor *by;               /* who waits for it; NULL: the outside */
	struct actor *worker;           /* NULL: it has not begun             */
	bool answered;
	char *what;                     /* "read_file(path)"                  */
	uint64_t submitted;             /* time                               */
};

struct view {
	const struct view_options *options;
	struct coil__reader *reader;
	struct coil__names *names;
	struct coil__state *state;
	struct diagram *diagram;
	struct coil__event event;        /* the current one                   */
	struct coil__map tasks;          /* id -> actor                       */
	struct coil__map loops;
	struct coil__map generators;     /* sites of async generators         */
	struct coil__map threads;        /* that run no loop; and workers     */
	struct coil__map jobs;           /* id -> view_job                    */
	struct coil__map nodes;          /* the view's own                    */
	struct actor **callbacks;        /* by name                           */
	size_t callback_count, callback_room;
	struct actor *sleep, *timeout, *signal;
	size_t task_count;               /* in the whole trace                */
	bool has_workers;                /* there are files of other processes */
	size_t futures;                  /* that have an actor                */
	uint64_t time;                   /* of the last event                 */
	size_t polling;                  /* loops that wait                   */
	size_t running;                  /* loops that run                    */
	uint64_t pause;                  /* ns slept since the last message   */
	uint64_t iteration, divider;     /* divider: to be drawn, or 0        */
	struct actor *divided;           /* the loop that it is of            */
	size_t filtered, too_deep, beyond; /* messages left out, by reason    */
};

typedef void (*view_handler)(struct view *view, const struct coil__event *event);

struct view_kind {
	view_handler on[TRACE_TYPES];
	void (*finish)(struct view *view); /* frees view->nodes; may be NULL  */
};

extern const struct view_kind coil__view_await, coil__view_loop;

/* ---- actors ------------------------------------------------------------- */

struct actor *coil__view_task(struct view *view, uint64_t task); /* 0: NULL */
struct actor *coil__view_loop_actor(struct view *view, uint32_t loop);
struct actor *coil__view_callback(struct view *view, const char *callee);
struct actor *coil__view_sleep(struct view *view);
struct actor *coil__view_timeout(struct view *view);
struct actor *coil__view_future(struct view *view, uint64_t future);
struct actor *coil__view_resource(struct view *view, uint64_t resource);

struct actor *coil__view_new_actor(enum diagram_kind kind, const char *name);

/* The lifeline of a thread, or of a worker process; of the outside; of signals. */
struct actor *coil__view_thread(struct view *view, uint32_t thread);
struct actor *coil__view_signal(struct view *view);

/* Is ASKED, of --task, this task: its label or its id? */
bool coil__view_is_called(const char *asked, const char *label, uint64_t id);

void coil__view_free_actors(struct view *view);

/* Who runs: a task, a callback of the program's, or NULL: one of the loop's own,
 * the loop itself, or what is outside of it. */
struct actor *coil__view_current(struct view *view);

/* The same of a thread that runs no loop, and calls into one: its lifeline. */
struct actor *coil__view_caller(struct view *view);

/* Who is behind a callback of coil's own: a timeout that expires, or the task whose
 * end it was called for; NULL: nobody. */
struct actor *coil__view_behind(struct view *view);

/* Is this handle a callback that the program gave?  (Not a task's step, a timer
 * of a sleep, a gather's counting, or what ends the run when main is done.) */
bool coil__view_is_callback(struct view *view, const struct coil__state_handle *handle);

/* Was an async generator made there, and is the await of such a coroutine thus one of
 * its values? */
bool coil__view_is_generator(const struct view *view, uint32_t site);

/* The name of the function that is called at a site. */
const char *coil__view_callee(const struct view *view, uint32_t site);

/* What is given to it, "" if that is nothing. */
const char *coil__view_argument(const struct view *view, uint32_t site);

/* "call_later(0.3, WHAT)": how a handle was scheduled; to be freed. */
char *coil__view_call(const struct view *view, const struct coil__event *event,
		      const char *what);

/* Seconds, to the millisecond, from the event until WHEN on the loop's clock. */
double coil__view_seconds_until(const struct view *view, double when);

/* "timeout(1)", "wait_for(0.5)": of a timeout that is entered; to be freed. */
char *coil__view_limit(const struct view *view,
		       const struct coil__state_resource *timeout, double when);

/* ---- drawing ------------------------------------------------------------ */

void coil__view_message(struct view *view, enum diagram_style style,
			struct actor *from, struct actor *to, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void coil__view_begin(struct view *view, struct actor *actor);
void coil__view_end(struct view *view, struct actor *actor);
void coil__view_note(struct view *view, enum diagram_style style,
		     struct actor *over, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Makes ACTOR a participant, if it is not one and is not filtered out. */
void coil__view_show(struct view *view, struct actor *actor);

/* An iteration of LOOP begins. */
void coil__view_divider(struct view *view, struct actor *loop, uint64_t iteration);

/* Is a coroutine that TASK awaits inline to be drawn, by --depth?  OPEN: 1 if it
 * is among the task's awaits already, else 0. */
bool coil__view_descend(struct view *view, uint64_t task, unsigned open);

/* "ValueError: text", of an error's code and message; to be freed. */
char *coil__view_error(const struct view *view, uint32_t error, const char *message);

/* What an EXCEPTION_REPORTED says, with the error, if there was one; to be freed. */
char *coil__view_report(const struct view *view, const struct coil__event *event);

/* ---- jobs, signals (view_threads.c) ---------------------------------------- */

/* "read_file(path)", of a site; to be freed. */
char *coil__view_work(const struct view *view, uint32_t site);

/* A job was submitted BY somebody (NULL: the outside), to whom it will answer; it
 * begins, ends, is cancelled.  What is said of it is drawn here. */
struct view_job *coil__view_job_submitted(struct view *view, const struct coil__event *event,
					  struct actor *by);
void coil__view_job_begin(struct view *view, const struct coil__event *event);
void coil__view_job_end(struct view *view, const struct coil__event *event);
void coil__view_job_cancelled(struct view *view, const struct coil__event *event);
void coil__view_free_jobs(struct view *view);

/* "SIGUSR1"; to be freed. */
char *coil__view_signal_name(int signum);

/* ---- all of it ---------------------------------------------------------- */

/* The diagram of a trace, to be destroyed; or NULL, and *ERROR a message to be
 * freed.  *LEFT_OUT is how many messages the limit kept out. */
struct diagram *coil__view_build(const struct view_kind *kind,
				 struct coil__reader *reader,
				 const struct view_options *options,
				 size_t *left_out, char **error);

#endif
