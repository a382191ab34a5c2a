/* SPDX-License-Identifier: MIT
 *
 * Contexts: which values the context variables have, where.
 *
 * The values of a context are a small table that is never changed once it is made,
 * so that a copy of a context shares it: setting a variable makes a new table.  What
 * is mutable is the place that points to a table:
 *
 *	a task                task->values, or, made with a context, that context's
 *	a callback            values of its own, copied when it was scheduled
 *	a coil_context        context->values
 *	outside of loops      the thread's
 *
 * coil__context_here() finds the place that is current.
 *
 * Invariants: a table without an entry is NULL; so as long as no variable was ever
 * set in the process (coil__context_used), every place holds NULL, and copying is
 * nothing.  Tables are counted atomically: a callback may come from another thread.
 * Cost: get O(variables set), set the same and one allocation.
 */
#ifndef COIL_TASK_CONTEXT_H
#define COIL_TASK_CONTEXT_H

#include <stdatomic.h>

#include <coil/context.h>

#include "base/object.h"
#include "loop/handle.h"

struct context_values {
	atomic_uint refs;
	uint32_t count;
	struct {
		const coil_context_var *var;
		void *value;
	} at[];
};

struct context {
	struct object object;
	struct context_values *values;
};

/* Was a variable ever set, in any thread? */
extern bool coil__context_used internal;

static inline bool context_used(void)
{
	return __atomic_load_n(&coil__context_used, __ATOMIC_RELAXED);
}

/* The place of the current context's values. */
struct context_values **coil__context_here(void);

/* The values of the current context, for a copy of it: with a reference. */
struct context_values *coil__context_copy_here(void);

static inline struct context_values *context_copy(void)
{
	return unlikely(context_used()) ? coil__context_copy_here() : NULL;
}

void coil__context_values_unref(struct context_values *values);

/* HANDLE, which is not scheduled yet, is to run in CONTEXT, or, for NULL, in a copy
 * of the current one.  False without memory. */
bool coil__context_bind(struct handle *handle, struct context *context);

static inline bool context_bind(struct handle *handle, struct context *context)
{
	return likely(!context_used() && !context) || coil__context_bind(handle, context);
}

/* What was bound is let go: called when the handle is destroyed. */
void coil__context_unbind(struct handle *handle);

/* Is HANDLE, a done callback, one of FUNCTION and ARG? */
bool coil__context_is_callback(const struct handle *handle, coil_done_callback function,
			       const void *arg);

/* While PLACE is not NULL, the current context is there, whatever runs.  Result: what
 * was so before, to be put back. */
struct context_values **coil__context_enter(struct context_values **place);

/* Where HANDLE runs, if it is bound; else NULL. */
struct context_values **coil__context_of(const struct handle *handle);

void coil__context_fini(void *context);

#endif
