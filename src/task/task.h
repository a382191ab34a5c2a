/* SPDX-License-Identifier: MIT
 *
 * A task: a future that is completed by running a coroutine, a step at a time.
 * It lies at the top of its coroutine's own stack (stack.h).
 *
 * Invariants, as in asyncio:
 *  - a pending task either waits (waiting_on, its step in that future's callbacks),
 *    or has a step in the ready queue, or runs; never two of these;
 *  - must_cancel: the next step delivers COIL_CANCELLED;
 *  - the loop holds a reference while the task is not done.
 */
#ifndef COIL_TASK_TASK_H
#define COIL_TASK_TASK_H

#include "coroutine/coroutine.h"
#include "loop/loop.h"
#include "task/future.h"
#include "task/keep.h"

struct context;
struct context_values;
struct async_generator;

enum task_flags {
	TASK_QUIET_IF_PENDING = 1, /* not reported when its loop is closed       */
	TASK_STARTED = 2,          /* its coroutine has run                      */
	TASK_RETURNED = 4,         /* its coroutine has ended; `returned` is set */
	TASK_YIELDED = 8,          /* this step ended by sleep(0)                */
	TASK_MAIN = 16,            /* the one that coil_run runs                 */
	TASK_TELLS_ONCE = 32,      /* raised its cancellation: the message of it  */
	TASK_TOLD = 128,           /*   goes to the first who asks; he has had it */
	TASK_ON_CANCEL_PATH = 64,  /* being cancelled, in a walk down the awaits */
	TASK_GENERATOR = 256,      /* runs by frames, and has no stack (generator.h) */
	TASK_IN_CONTEXT = 512,     /* `context` was given, and is shared         */
	TASK_EAGER = 1024,         /* takes its first step at once               */
	TASK_SLEEPS = 4096,        /* its step is in the timer heap, or due
	                              (generator_sleep.c)                        */
	TASK_DELIVERS = 8192,      /* deliver has a reference                    */
	TASK_CLOSES = 2048,        /* an async generator: cancelled, it runs all the same */
};

/* Grouped by who touches it: a step that yields touches two cache lines. */
struct task {
	struct future future;
	char *name;                      /* or NULL: "Task-N"                      */
	uint32_t number;                 /* the N                                  */
	uint32_t cancel_requests;
	union {                          /* see context.h                          */
		struct context_values *values;
		struct context *context; /* TASK_IN_CONTEXT                        */
		struct async_generator *generator; /* OBJECT_STACK: whose, if any  */
	};

	_Alignas(64) struct handle step; /* embedded: see handle.h; site: of a yield */

	struct future *waiting_on;       /* or NULL; whoever awaits has a reference */
	union {
		coil_result deliver;     /* what the step brings: an error, or OK  */
		coil_result returned;    /* TASK_RETURNED: what the coroutine returned */
	};
	struct keep *keep;
	uint32_t depth;                  /* of coroutines awaited inline           */
	uint16_t flags;
	bool must_cancel;
	struct coroutine *inside;        /* the innermost that runs for the task; between
	                                    steps the outermost: its own, or NULL   */
	union {
		struct coroutine coroutine;      /* its hot part first             */
		struct {                         /* TASK_GENERATOR:                */
			struct coil_frame *frame; /*   the innermost               */
			const coil_site *generator_site; /* as coroutine_site      */
		};
	};
	/* A TASK_GENERATOR has no memory from here on. */
	coil_function function;
	void *arg;
	const coil_site *coroutine_site; /* where its coroutine was made, of what  */
};

/* What a TASK_GENERATOR has of it. */
#define GENERATOR_TASK_SIZE (offsetof(struct task, generator_site) + sizeof(coil_site *))
_Static_assert(GENERATOR_TASK_SIZE == 256, "four cache lines");

/* Where its coroutine was made, of what. */
static inline const coil_site *task_coroutine_site(const struct task *task)
{
	return task->flags & TASK_GENERATOR ? task->generator_site : task->coroutine_site;
}

/* What must_cancel will deliver; its message is in keep. */
static inline coil_result task_cancel_error(const struct task *task)
{
	return (coil_result){ .error = COIL_CANCELLED,
			      .exception = task->keep ? task->keep->cancel : NULL };
}

/* The loop's tasks that are not done, in order of creation; NULL at the end. */
struct task *coil__task_oldest(const struct coil_loop *loop);
struct task *coil__task_newer(const struct task *task);

/* Makes a task of COROUTINE, which is gone in any case; its first step is in the
 * ready queue, or, with an eager factory or TASK_EAGER in a loop that runs, was taken.
 * NAME: NULL, or a string to be freed.  CONTEXT: to run in (borrowed), or NULL: a copy
 * of the current one.  FLAGS: of its own, from the beginning.  The caller gets a
 * reference.  NULL with coil_last_error(). */
struct task *coil__task_new_in(struct coil_loop *loop, struct coroutine_object *coroutine,
			       const coil_site *site, char *name,
			       struct context *context, unsigned flags);

static inline struct task *coil__task_new(struct coil_loop *loop,
	struct coroutine_object *coroutine, const coil_site *site, char *name,
	unsigned flags)
{
	return coil__task_new_in(loop, coroutine, site, name, NULL, flags);
}

/* Where its context's values are. */
struct context_values **coil__task_values(struct task *task);

/* A stack for a while, on which FUNCTION(ARG) is to run, of the coroutine made at
 * SITE: a task's, that serves no task.  NULL without memory. */
struct task *coil__stack_borrow(coil_function function, void *arg, const coil_site *site);
void coil__stack_return(struct task *stack);

static inline struct task *stack_of(struct coroutine *coroutine)
{
	return container_of(coroutine, struct task, coroutine);
}

/* The next task without a name is Task-1 again, for a program that plays others. */
void coil__task_numbers_restart(void);

/* Records that the task was made, by PARENT, or before the recording began (NULL). */
void coil__task_record(struct task *task, const struct task *parent);

/* A task's name by printf, to be freed; *NAME is NULL without a format.  False without
 * memory (task_api.c). */
bool coil__task_make_name(char **name, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Called when it is destroyed. */
void coil__task_fini(struct task *task);

/* Its name; for "Task-N" made when first asked for. */
const char *coil__task_name(const struct task *task);

/* One step (task_step.c): the function of its handle. */
coil_result coil__task_step(void *task);

/* The first step, inside of the call that makes the task (task_step.c). */
void coil__task_step_eagerly(struct task *task);

/* Puts the next step into the ready queue.  SCHEDULE: how, for the trace. */
void coil__task_schedule(struct task *task, unsigned schedule);

/* From inside: gives up control until the next step.  Result: what that brings, an
 * error (COIL_CANCELLED), or COIL_OK. */
static inline coil_result task_suspend(struct task *task)
{
	/* Compared, and so guessed, because a load would have to be waited for. */
	if (likely(task->inside == &task->coroutine))
		return coil__coroutine_suspend(&task->coroutine);
	return coil__coroutine_suspend(task->inside);
}

/* From inside, or from the step of a generator: TASK is to wait for FUTURE, which is
 * pending, or (another loop's, or itself) to get an error.  Its step is arranged for:
 * suspend. */
void coil__task_wait(struct task *task, struct future *future, const coil_site *site);

/* What the await of FUTURE gives, behind the wait, for which the step brought DELIVERED;
 * the reference is dropped. */
coil_result coil__task_end_await(struct task *task, struct future *future,
				 coil_result delivered);
void coil__await_record_begin(struct task *task, unsigned how, uint64_t target,
			      const coil_site *site, const coil_site *coroutine);
coil_result coil__await_record_end(struct task *task, coil_result result);
unsigned coil__await_how(const struct future *future);

/* From inside: waits for a future (the caller's reference goes) and gives its
 * result (await.c). */
coil_result coil__task_await(struct task *task, struct future *future,
			     const coil_site *site, unsigned how);

/* asyncio's Task.cancel of a pending task (task_cancel.c). */
bool coil__task_cancel(struct task *task, coil_result cancelled);

/* asyncio's Task.uncancel: the requests that are left. */
unsigned coil__task_uncancel(struct task *task);

/* The error of an awaiting call where task_that_waits() is NULL. */
coil_result coil__task_missing(const coil_site *site, const char *call);

/* The task of the running step; NULL outside. */
static inline struct task *task_here(void)
{
	struct coil_loop *loop = coil__self.running;

	return likely(loop) ? loop->current : NULL;
}

/* The same for a call that may suspend; NULL also in a frame of a generator-based
 * coroutine, where there is no stack to leave. */
static inline struct task *task_that_waits(void)
{
	struct task *task = task_here();

	return likely(task && task->inside) ? task : NULL;
}

#endif
