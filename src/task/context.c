/* SPDX-License-Identifier: MIT
 *
 * Context variables.  See context.h and <coil/context.h>.
 */
#include <stdlib.h>
#include <string.h>

#include "base/thread.h"
#include "loop/loop.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/task.h"

bool coil__context_used;

/* ---- tables of values ------------------------------------------------ */

static struct context_values *values_ref(struct context_values *values)
{
	if (values)
		atomic_fetch_add_explicit(&values->refs, 1, memory_order_relaxed);
	return values;
}

void coil__context_values_unref(struct context_values *values)
{
	if (values && atomic_fetch_sub_explicit(&values->refs, 1, memory_order_acq_rel) == 1)
		free(values);
}

#define NOT_SET UINT32_MAX

static uint32_t find(const struct context_values *values, const coil_context_var *var)
{
	for (uint32_t i = 0; values && i < values->count; i++)
		if (values->at[i].var == var)
			return i;
	return NOT_SET;
}

static void *value_of(const struct context_values *values, const coil_context_var *var)
{
	uint32_t i = find(values, var);

	return !values || i == NOT_SET ? var->value : values->at[i].value;
}

static struct context_values *values_new(const struct context_values *old, uint32_t count)
{
	struct context_values *values =
		malloc(sizeof(*values) + count * sizeof(values->at[0]));

	if (!values)
		return NULL;
	atomic_init(&values->refs, 1);
	values->count = count;
	if (old)
		memcpy(values->at, old->at, (old->count < count ? old->count : count) *
					    sizeof(values->at[0]));
	return values;
}

/* *PLACE with VAR set to VALUE; false without memory. */
static bool set(struct context_values **place, const coil_context_var *var, void *value)
{
	struct context_values *old = *place, *values;
	uint32_t count = old ? old->count : 0, i = find(old, var);

	values = values_new(old, i == NOT_SET ? count + 1 : count);
	if (!values)
		return false;
	if (i == NOT_SET)
		i = count;
	values->at[i].var = var;
	values->at[i].value = value;
	__atomic_store_n(&coil__context_used, true, __ATOMIC_RELAXED);
	*place = values;
	coil__context_values_unref(old);
	return true;
}

/* *PLACE without VAR; false without memory. */
static bool unset(struct context_values **place, const coil_context_var *var)
{
	struct context_values *old = *place, *values = NULL;
	uint32_t i = find(old, var);

	if (!old || i == NOT_SET)
		return true;
	if (old->count > 1) {
		values = values_new(old, old->count - 1);
		if (!values)
			return false;
		for (; i + 1 < old->count; i++)
			values->at[i] = old->at[i + 1];
	}
	*place = values;
	coil__context_values_unref(old);
	return true;
}

/* ---- which is current ------------------------------------------------ */

/* A callback that is not bound begins with nothing set.  How many handles were ever
 * taken from the ready queue tells whether it is still the one that set them. */
static struct context_values **callback_place(struct coil_loop *loop)
{
	if (loop->values_of != loop->ready.head) {
		coil__context_values_unref(loop->values);
		loop->values = NULL;
		loop->values_of = loop->ready.head;
	}
	return &loop->values;
}

struct context_values **coil__context_here(void)
{
	struct coil_loop *loop = coil__self.running;

	if (coil__self.context)
		return coil__self.context;
	if (loop && loop->current)
		return coil__task_values(loop->current);
	if (loop && loop->running_handle)
		return callback_place(loop);
	return &coil__self.values;
}

struct context_values *coil__context_copy_here(void)
{
	return values_ref(*coil__context_here());
}

struct context_values **coil__context_enter(struct context_values **place)
{
	struct context_values **before = coil__self.context;

	coil__self.context = place;
	return before;
}

/* ---- handles that run in a context ----------------------------------- */

/* Stands in for the callback of a handle; object.spare of the handle says so. */
struct bound {
	union {
		coil_function function;
		coil_done_callback done_function;
	};
	void *arg;
	struct context *context;       /* or NULL:                       */
	struct context_values *values; /* a copy, this callback's alone  */
};

static struct context_values **bound_place(struct bound *bound)
{
	return bound->context ? &bound->context->values : &bound->values;
}

struct context_values **coil__context_of(const struct handle *handle)
{
	return handle->object.spare ? bound_place(handle->arg) : NULL;
}

static coil_result run_bound(void *arg)
{
	struct bound *bound = arg;
	struct context_values **before = coil__context_enter(bound_place(bound));
	coil_result result = bound->function(bound->arg);

	coil__context_enter(before);
	return result;
}

static coil_result run_bound_on_done(coil_future *future, void *arg)
{
	struct bound *bound = arg;
	struct context_values **before = coil__context_enter(bound_place(bound));
	coil_result result = bound->done_function(future, bound->arg);

	coil__context_enter(before);
	return result;
}

bool coil__context_bind(struct handle *handle, struct context *context)
{
	struct context_values *values = context ? NULL : coil__context_copy_here();
	struct bound *bound;

	if (!context && !values)
		return true;
	bound = malloc(sizeof(*bound));
	if (!bound) {
		coil__context_values_unref(values);
		return false;
	}
	if (context)
		object_ref(context);
	*bound = (struct bound){ .arg = handle->arg, .context = context, .values = values };
	if (handle->object.flags & HANDLE_ON_DONE) {
		bound->done_function = handle->done_function;
		handle->done_function = run_bound_on_done;
	} else {
		bound->function = handle->function;
		handle->function = run_bound;
	}
	handle->arg = bound;
	handle->object.spare = true;
	return true;
}

void coil__context_unbind(struct handle *handle)
{
	struct bound *bound = handle->arg;

	handle->object.spare = false;
	coil__context_values_unref(bound->values);
	if (bound->context)
		object_unref(bound->context);
	free(bound);
}

bool coil__context_is_callback(const struct handle *handle, coil_done_callback function,
			       const void *arg)
{
	const struct bound *bound = handle->arg;

	if (!(handle->object.flags & HANDLE_ON_DONE))
		return false;
	if (handle->object.spare)
		return bound->done_function == function && bound->arg == arg;
	return handle->done_function == function && handle->arg == arg;
}

/* ---- the program's side ---------------------------------------------- */

void *coil_context_var_get(const coil_context_var *var)
{
	return value_of(*coil__context_here(), var);
}

coil_result coil_context_var_set(const coil_context_var *var, void *value,
				 coil_context_token *before)
{
	struct context_values **place = coil__context_here();
	coil_context_token token = { value_of(*place, var), find(*place, var) != NOT_SET };

	if (!set(place, var, value))
		return coil_raise(COIL_MEMORY);
	if (before)
		*before = token;
	return coil_ok(NULL);
}

coil_result coil_context_var_reset(const coil_context_var *var,
				   const coil_context_token *before)
{
	struct context_values **place = coil__context_here();

	if (before->was_set ? set(place, var, before->value) : unset(place, var))
		return coil_ok(NULL);
	return coil_raise(COIL_MEMORY);
}

static coil_context *context_new(struct context_values *values)
{
	struct context *context = pool_take(pool_of(OBJECT_CONTEXT), OBJECT_CONTEXT);

	if (!context) {
		coil__context_values_unref(values);
		return coil__null_memory(NULL);
	}
	context->object.owned = 1;
	context->values = values;
	return object_handle(context);
}

coil_context *coil_copy_context(void)
{
	return context_new(context_copy());
}

coil_context *coil_context_new(void)
{
	return context_new(NULL);
}

void *coil_context_get(const coil_context *public, const coil_context_var *var)
{
	const struct context *context = coil__open(public, NULL, "context.get", OBJECT_CONTEXT);

	return context ? value_of(context->values, var) : var->value;
}

coil_result coil_context_run(coil_context *public, coil_function function, void *arg)
{
	struct context *context = coil__open(public, NULL, "context.run", OBJECT_CONTEXT);
	struct context_values **before;
	coil_result result;

	if (!context)
		return coil_last_error();
	object_ref(context);
	before = coil__context_enter(&context->values);
	result = function(arg);
	coil__context_enter(before);
	object_unref(context);
	return result;
}

void coil__context_fini(void *context)
{
	coil__context_values_unref(((struct context *)context)->values);
}
