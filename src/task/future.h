/* SPDX-License-Identifier: MIT
 *
 * What can be awaited: the part that coroutines, futures, gathers and tasks share,
 * and futures.
 *
 *	awaitable        the loop it belongs to, where it was made and handed over
 *	  coroutine      a function and its argument, not started
 *	  future         state, result, done callbacks
 *	    gather       (gather.h)
 *	    shield       (shield.h)
 *	    task         (task.h)
 *
 * Invariants of a future: pending, then finished or cancelled, once; callbacks is
 * empty when it is done; result.error is COIL_CANCELLED when it is cancelled.
 *
 * A done callback is a handle that waits in the future's list.  It was made, with
 * room for it in the ready queue, when it was added: completing a future cannot
 * fail.  A task that awaits waits there with its own step.
 */
#ifndef COIL_TASK_FUTURE_H
#define COIL_TASK_FUTURE_H

#include "base/thread.h"
#include "loop/handle.h"

struct awaitable {
	struct object object;
	struct coil_loop *loop;    /* NULL: a coroutine made outside of loops       */
	struct awaitable *older;   /* the chain of the loop's living, or the        */
	struct awaitable **newer;  /*   thread's strays; what points to this one    */
	const coil_site *site;     /* where it was made                             */
	const coil_site *handed;   /* where the program last let go of it           */
};

/* Puts an awaitable into a chain, and takes it out. */
static inline void awaitable_chain(struct awaitable *awaitable, struct awaitable **chain)
{
	awaitable->older = *chain;
	awaitable->newer = chain;
	if (*chain)
		(*chain)->newer = &awaitable->older;
	*chain = awaitable;
}

static inline void awaitable_unchain(struct awaitable *awaitable)
{
	*awaitable->newer = awaitable->older;
	if (awaitable->older)
		awaitable->older->newer = awaitable->newer;
}

enum coroutine_flags {
	COROUTINE_GENERATOR = 1,
	COROUTINE_COPIED = 2, /* arg is the bytes of a list (list.h), with a reference */
};

struct coroutine_object {
	struct awaitable awaitable;
	union {
		coil_function function;
		const struct coil_generator_type *type; /* COROUTINE_GENERATOR */
	};
	void *arg;
};

void coil__coroutine_drop_copy(struct coroutine_object *coroutine);

/* Whoever runs COROUTINE keeps its argument, if that is a copy, until the coroutine,
 * which is at DEPTH, returns.  To be called before it is consumed; false without memory. */
struct keep;
bool coil__coroutine_keep_copy(const struct coroutine_object *coroutine,
			       struct keep **keep, unsigned depth);

static inline bool coroutine_keep_copy(const struct coroutine_object *coroutine,
				       struct keep **keep, unsigned depth)
{
	return likely(!(coroutine->awaitable.object.flags & COROUTINE_COPIED)) ||
	       coil__coroutine_keep_copy(coroutine, keep, depth);
}

/* The coroutine is used up at SITE: its handles are stale from now on. */
static inline void coroutine_consume(struct coroutine_object *coroutine,
				     const coil_site *site)
{
	coroutine->awaitable.handed = site;
	coroutine->awaitable.object.handed_epoch = coroutine->awaitable.object.epoch;
	awaitable_unchain(&coroutine->awaitable);
	if (unlikely(coroutine->awaitable.object.flags & COROUTINE_COPIED))
		coil__coroutine_drop_copy(coroutine);
	pool_give(pool_of(OBJECT_COROUTINE), coroutine);
}

enum future_state { FUTURE_PENDING, FUTURE_FINISHED, FUTURE_CANCELLED };

struct future {
	union {
		struct awaitable awaitable;
		struct {
			struct object object;
			struct coil_loop *loop;
			struct awaitable *older, **newer;
			const coil_site *site, *handed;
		};
	};
	coil_result result;          /* of one that is done                         */
	struct handle *first, *last; /* done callbacks, in the order they were added */
	uint64_t id;                 /* in the trace                                */
	uint8_t state;               /* enum future_state                           */
	uint8_t made_for;            /* TRACE_FUTURE_*: for the trace               */
	bool is_list;                /* result.value is a coil_list it refers to    */
	bool unretrieved;            /* an error that nobody has looked at          */
};

/* Tasks, gathers, ... are futures; coroutines, timeouts and task groups, which are in
 * the chain of the living too, are not. */
static inline bool object_is_future(const struct object *object)
{
	return object->kind == OBJECT_FUTURE || object->kind == OBJECT_GATHER ||
	       object->kind == OBJECT_TASK || object->kind == OBJECT_WAITER ||
	       object->kind == OBJECT_SHIELD || object->kind == OBJECT_WAIT;
}

/* asyncio looks at every future once, however often it is an argument: object.spare
 * has the number of the last look. */
uint32_t coil__new_look(void);

static inline bool first_look(struct future *future, uint32_t look)
{
	if (future->object.spare == look)
		return false;
	future->object.spare = look;
	return true;
}

/* A pending future with one reference; KIND is FUTURE or GATHER.  NULL without
 * memory. */
struct future *coil__future_new(struct coil_loop *loop, enum object_kind kind,
				const coil_site *site);

/* Sets up a new future in memory from a pool. */
void coil__future_init(struct future *future, struct coil_loop *loop,
		       const coil_site *site);

/* Completes a pending future; takes references to what RESULT carries.
 * finish: a result, or an error (also COIL_CANCELLED, as gather does it);
 * end_cancelled: cancelled, with the detail in RESULT if it has one. */
void coil__future_finish(struct future *future, coil_result result, bool is_list);
void coil__future_end_cancelled(struct future *future, coil_result cancelled);

/* What a future is given for ERROR: as in Python, no StopIteration. */
coil_result coil__future_no_stop(coil_result error);

static inline coil_result coil__future_error(coil_result result)
{
	return unlikely(result.error == COIL_STOP_ITERATION) ? coil__future_no_stop(result) :
							       result;
}

/* Cancels a future, a gather or a task, each in its way; false if it was done.
 * CANCELLED: the error that its awaiter gets (a detail if there is a message). */
bool coil__future_cancel(struct future *future, coil_result cancelled);

/* Puts HANDLE behind the callbacks of a pending future. */
void coil__future_wait(struct future *future, struct handle *handle);

/* Adds HANDLE, a done callback, also to a future that is done.  TARGET: whom it is
 * for, in the trace. */
void coil__future_attach(struct future *future, struct handle *handle, uint64_t target);

/* Makes a done callback and adds it; COIL_MEMORY. */
coil_result coil__future_add_callback(struct future *future,
	coil_done_callback function, void *arg, const coil_site *site);

/* The same; IN_CONTEXT: to run in CONTEXT, or, for NULL, in a copy of the current one. */
struct context;
coil_result coil__future_add_callback_in(struct future *future, struct context *context,
	bool in_context, coil_done_callback function, void *arg, const coil_site *site);

/* Takes away every callback with this FUNCTION and ARG.  Result: how many. */
size_t coil__future_remove_callbacks(struct future *future, coil_done_callback function,
				     void *arg);

/* Takes HANDLE, which waits among the callbacks of a pending future, out of them. */
void coil__future_detach(struct future *future, struct handle *handle);

/* Its result for someone who takes note of it. */
coil_result coil__future_retrieve(struct future *future);

/* How it ended, and its id, in the trace. */
unsigned coil__future_outcome(const struct future *future);
static inline uint64_t future_id(const struct future *future)
{
	return future ? future->id : 0;
}

#endif
