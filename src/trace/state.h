/* SPDX-License-Identifier: MIT
 *
 * The state of a recorded program, rebuilt event by event: each loop's ready
 * queue (front to back), timer heap and watched descriptors; which handle and
 * task every thread runs; every task's state, chain of awaits and what it waits
 * for; every future; every job of an executor, and which thread (of which process)
 * runs it.
 *
 *	coil__state_apply(state, &event);	// now it is as it was after event
 *	loop = coil__state_loop(state, event.loop);
 *	for (handle = loop->ready.front; handle; handle = handle->next)
 *
 * Anything may come in, in any order: an event that does not fit (a trace that
 * begins in the middle, a damaged file) is applied as far as it
 * makes sense.  What does not fit is for check.h to say.
 *
 * A cancelled timer leaves the heap as asyncio's does, when an iteration begins:
 * from the top, or, of more than 100 timers, when more than half are cancelled; or
 * when one behind it is due.  Until then it stays, marked.  A cancelled handle in
 * the ready queue stays, marked, until one behind it runs, or the iteration ends.
 *
 * Memory is bounded by what is alive.  A future or task that is done (or that a
 * closed loop left pending) is retired: it stays for as long as it is among the
 * last max(1024, number alive) of these, because whoever waited for it still
 * names it; after that coil__state_object() does not find it.  So what is not
 * found was done long ago, or was never seen.
 *
 * Cost: O(1) per event, O(log n) for timers; O(n) in their number when a gather
 * is counted in an order far from that of its arguments.
 * Out of memory ends the process (reader_memory.h).
 */
#ifndef COIL_TRACE_STATE_H
#define COIL_TRACE_STATE_H

#include "reader.h"
#include "reader_map.h"

enum coil__place {
	COIL__PLACE_NONE,     /* an I/O handle that waits for its descriptor */
	COIL__PLACE_INCOMING, /* from another thread, not yet taken over     */
	COIL__PLACE_TIMERS,
	COIL__PLACE_READY,
	COIL__PLACE_RUNNING
};

struct coil__state_handle {
	uint64_t id;
	uint64_t target;     /* task or future; a descriptor for I/O             */
	uint64_t by;         /* the handle that scheduled it, or 0               */
	uint64_t scheduled;  /* time it was scheduled at                         */
	uint64_t ready;      /* time it went to the ready queue, or began to run */
	uint64_t order;      /* of being scheduled, or put in the ready queue    */
	uint64_t iteration;  /* of its loop, in which a handle of it scheduled
	                        this one; 0: something else did                  */
	double when;         /* of a timer, on the loop's clock                  */
	uint32_t loop, site;
	uint32_t thread;     /* that scheduled it                                */
	uint16_t kind;       /* TRACE_SCHEDULE_*                                 */
	uint8_t place;       /* enum coil__place                                 */
	bool cancelled;
	bool taken;          /* HANDLE_TAKEN said so                             */
	size_t heap_index;                             /* if in the timers       */
	struct coil__state_handle *previous, *next;    /* in its queue           */
};

struct coil__state_queue {
	struct coil__state_handle *front, *back;
	size_t count;
};

struct coil__state_watch {
	int32_t fd;
	uint16_t direction;  /* TRACE_DIRECTION_*                                */
	uint32_t site;
};

struct coil__state_loop {
	uint32_t id;
	uint16_t clock;
	bool running, closed;
	bool stopping;       /* stop was called in this run                      */
	bool polling;
	bool iterating;      /* between ITERATION_BEGIN and _END                 */
	double poll_timeout; /* of the last poll                                 */
	uint64_t iteration;  /* the current or last one's number                 */
	uint32_t ran;        /* handles begun in it                              */
	uint32_t thread;     /* that runs it, or did last                        */
	struct coil__state_queue ready, incoming;
	uint32_t owed;       /* handles taken over that are not recorded yet     */
	struct coil__state_handle **timers;   /* a heap by (when, order)         */
	size_t timer_count, timer_room, timers_cancelled;
	struct coil__state_watch *watches;
	size_t watch_count, watch_room;
};

struct coil__state_thread {
	uint32_t id;
	uint32_t loop;       /* that it runs, or 0                               */
	uint64_t handle;     /* that it runs, or 0                               */
	uint64_t task;       /* whose step it runs, or 0                         */
	uint64_t begun;      /* time the handle began                            */
	uint64_t job;        /* that it runs as a worker, or 0                   */
	uint64_t job_begun;  /* time                                             */
	uint32_t taken;      /* HANDLE_TAKENs since the last WAKE                */
	uint32_t process;    /* that it is of, or 0: the trace's own             */
	char *name;          /* or NULL                                          */
};

/* What was given to an executor, until it has ended or was cancelled. */
struct coil__state_job {
	uint64_t id, executor;
	uint64_t future;     /* of the loop that waits for it, or 0              */
	uint64_t by;         /* the handle that submitted it, or 0               */
	uint64_t submitted, begun; /* times                                      */
	uint64_t number;     /* among those that its executor was given, from 1  */
	uint32_t loop, site;
	uint32_t submitter;  /* thread                                           */
	uint32_t thread;     /* that runs it, or has a process do so             */
	uint32_t worker;     /* the thread, in another process, that runs it; 0:
	                        there is none (yet, any more)                    */
	bool running;        /* else it waits to be begun                        */
	struct coil__state_job *previous, *next; /* in the queue of its executor */
};

struct coil__state_executor {
	uint64_t id;
	uint32_t workers;    /* at most; 0: not known                            */
	uint32_t site;
	uint16_t kind;       /* TRACE_EXECUTOR_*                                 */
	bool seen;           /* its creation was                                 */
	char *name;          /* or NULL                                          */
	struct coil__state_job *first, *last; /* that wait to be begun, in order */
	uint64_t submitted;  /* so many, ever                                    */
	size_t waiting, running;
};

/* One await in a task's chain, the outermost first. */
struct coil__state_await {
	uint64_t target;     /* future or task; 0 for a coroutine                */
	uint64_t begun;      /* time                                             */
	uint32_t site, coroutine;
	uint32_t depth;      /* coroutines below                                 */
	uint16_t kind;       /* TRACE_AWAIT_*                                    */
};

/* Who waits for a future: a done callback, or a task that is suspended on it. */
struct coil__state_callback {
	uint64_t task;       /* 0: a callback                                    */
	uint32_t site;       /* of a callback                                    */
};

struct coil__state_member {
	uint64_t child;
	bool counted;
};

enum coil__task_state {
	COIL__TASK_READY,    /* its next step is scheduled, or about to be       */
	COIL__TASK_RUNNING,
	COIL__TASK_WAITING,  /* for the future in .waits_for                     */
	COIL__TASK_DONE
};

/* A future or a task. */
struct coil__state_object {
	uint64_t id;
	uint64_t created;    /* time                                             */
	uint64_t changed;    /* of a task: time of its last change of state      */
	uint32_t loop, site;
	uint32_t number;     /* N of Task-N                                      */
	uint32_t coroutine;  /* site                                             */
	double delay;        /* of a sleep                                       */
	uint64_t parent;
	uint64_t outer;      /* of an eager task in its first step: whose step
	                        that is in, or 0                                 */
	uint64_t resource;   /* whose line it stands in                          */
	uint64_t waits_for;
	uint64_t step;       /* the handle of its next step, if scheduled        */
	uint64_t job;        /* whose result it will have, until that has ended  */
	uint32_t error;
	uint32_t cancels;    /* requests                                         */
	uint16_t kind;       /* TRACE_TASK_* or TRACE_FUTURE_*                   */
	uint16_t outcome;    /* TRACE_OUTCOME_*, once done                       */
	bool is_task, done, retired;
	bool seen;           /* its creation was                                 */
	bool unordered;      /* which of its callbacks is left, nobody knows     */
	uint8_t state;       /* enum coil__task_state                            */
	uint64_t steps;
	struct coil__state_await *awaits;
	size_t await_count, await_room;
	struct coil__state_callback *callbacks;     /* in the order they came    */
	size_t callback_count, callback_room;
	struct coil__state_member *members;         /* of a gather, in order     */
	size_t member_count, member_room;
	size_t member_next;  /* where to look first for the next to be counted   */
	uint32_t counted;    /* members so far, each child once                  */
	struct coil__state_object *previous, *next; /* in alive or retired       */
};

/* In the line of a resource, in the order they came. */
struct coil__state_place {
	uint64_t future;
	uint64_t task;       /* that was woken, once done                        */
	uint16_t kind;       /* TRACE_FUTURE_*                                   */
	bool done, woken;    /* woken: it has not gone on yet                    */
};

/* A lock, a queue, a timeout ... that tasks share. */
struct coil__state_resource {
	uint64_t id;
	uint64_t of;         /* a condition's lock                               */
	uint64_t first;      /* value it was made with                           */
	uint64_t value;      /* now                                              */
	double when;         /* a timeout's deadline                             */
	uint32_t site;
	uint16_t kind;       /* TRACE_RESOURCE_*                                 */
	bool changed;        /* ever: then value is known                        */
	struct coil__state_place *line;
	size_t line_count, line_room;
};

struct coil__state_objects {
	struct coil__state_object *oldest, *newest;
	size_t count;
};

struct coil__state {
	uint64_t time;       /* of the last event                                */
	uint64_t order;      /* of the last handle scheduled or made ready       */
	bool partial;        /* the recording began while a loop ran, or loops on
	                        virtual clocks ran in several threads: what came
	                        first cannot be told                             */
	uint32_t virtual_thread; /* that ran a loop on a virtual clock, or 0     */
	struct coil__map handles, objects, loops, threads, resources, executors, jobs;
	bool takes;          /* HANDLE_TAKEN is recorded: what of other threads
	                        is where is known                                */
	struct coil__state_objects alive;
	struct coil__state_objects retired; /* done, or left by a closed loop    */
	struct coil__state_handle *spare;   /* to be used again                  */
	uint64_t *early;     /* handles that ran in front of their being recorded
	                        as scheduled, by another thread                  */
	size_t early_count, early_room;
	struct coil__state_loop *last_loop; /* caches of the two maps            */
	struct coil__state_thread *last_thread;
};

struct coil__state *coil__state_create(void);
void coil__state_destroy(struct coil__state *state);
void coil__state_apply(struct coil__state *state, const struct coil__event *event);

/* NULL if it is not there (any more). */
struct coil__state_handle *coil__state_handle(const struct coil__state *state, uint64_t id);
struct coil__state_object *coil__state_object(const struct coil__state *state, uint64_t id);
struct coil__state_resource *coil__state_resource(const struct coil__state *state, uint64_t id);
struct coil__state_job *coil__state_job(const struct coil__state *state, uint64_t id);
struct coil__state_executor *coil__state_executor(const struct coil__state *state, uint64_t id);

/* Is THREAD of another process than the one that JOB was submitted in? */
bool coil__state_is_worker(const struct coil__state *state, const struct coil__state_job *job,
			   uint32_t thread);

/* Made, if they are not there. */
struct coil__state_loop *coil__state_loop(struct coil__state *state, uint32_t id);
struct coil__state_thread *coil__state_thread(struct coil__state *state, uint32_t id);

/* Is EVENT, in front of being applied, the run of a handle that another thread
 * scheduled, and whose record of that comes later? */
bool coil__state_is_early(const struct coil__state *state, const struct coil__event *event);

/* NULL if every invariant of the structures holds, else which does not. */
const char *coil__state_validate(const struct coil__state *state);

#endif
