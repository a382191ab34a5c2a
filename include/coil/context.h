/* SPDX-License-Identifier: MIT
 *
 * Context variables (Python's contextvars): values that a task and all that it
 * calls see, without being handed down.
 *
 *	static const coil_context_var request = COIL_CONTEXT_VAR("request", NULL);
 *
 *	coil_context_var_set(&request, "GET /", NULL);
 *	puts(coil_context_var_get(&request));
 *
 * A task copies the context that it is made in, a callback the one that it is
 * scheduled in, a done callback the one that it is added in; what they set, nobody
 * else sees.  A coroutine that is awaited inline shares its caller's.  A copy costs
 * nothing while no variable is set, and one small object after that.
 *
 * Values are borrowed: they must live as long as anything that can see them.
 * Nothing here suspends.
 */
#ifndef COIL_CONTEXT_H
#define COIL_CONTEXT_H

#include <coil/future.h>
#include <coil/task.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A variable: static, one for each purpose.  What it is, is its address.
 * (contextvars.ContextVar(name, default=value)) */
typedef struct coil_context_var {
	const char *name;
	void *value; /* where it was not set */
} coil_context_var;
#define COIL_CONTEXT_VAR(name_, default_) { (name_), (default_) }

/* What a variable was before a set, for the reset.  (contextvars.Token) */
typedef struct coil_context_token {
	void *value;
	bool was_set;
} coil_context_token;

/* The value in the current context, or the default.  (var.get()) */
COIL_API void *coil_context_var_get(const coil_context_var *var);

/* Sets it in the current context; what it was before goes to *BEFORE, unless that
 * is NULL.  Errors: COIL_MEMORY, and nothing is changed.  (var.set(value)) */
COIL_API coil_result coil_context_var_set(const coil_context_var *var, void *value,
					  coil_context_token *before);

/* Puts back what it was.  Errors: COIL_MEMORY.  (var.reset(token)) */
COIL_API coil_result coil_context_var_reset(const coil_context_var *var,
					    const coil_context_token *before);

/* A copy of the current context.  The caller owns it, and lets it go by
 * coil_release; what runs in it keeps it for itself.
 * Errors: NULL with COIL_MEMORY.  (contextvars.copy_context()) */
COIL_API coil_context *coil_copy_context(void);

/* An empty one.  (contextvars.Context()) */
COIL_API coil_context *coil_context_new(void);

/* The value in CONTEXT, or the default.  (context.get(var)) */
COIL_API void *coil_context_get(const coil_context *context, const coil_context_var *var);

/* Calls FUNCTION(ARG) in CONTEXT: what it sets stays there.  FUNCTION must not
 * suspend.  Result: what it returned.  (context.run(function, arg)) */
COIL_API coil_result coil_context_run(coil_context *context, coil_function function,
				      void *arg);

/* The calls that make a callback or a task, with the context to run in (borrowed,
 * used as it is and not copied; NULL: a copy of the current one).  Else they are the
 * same, with the same results and errors.
 * (loop.call_soon(..., context=context) and its kin) */
#define coil_loop_call_soon_with_context(loop, context, function, arg)         \
	coil_loop_call_soon_with_context_site((loop), (context), (function),   \
		(arg), COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_soon_with_context_site(coil_loop *loop,
	coil_context *context, coil_function function, void *arg,
	const coil_site *site);
#define coil_loop_call_later_with_context(loop, context, delay, function, arg) \
	coil_loop_call_later_with_context_site((loop), (context), (delay),     \
		(function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_later_with_context_site(coil_loop *loop,
	coil_context *context, double delay, coil_function function, void *arg,
	const coil_site *site);
#define coil_loop_call_at_with_context(loop, context, when, function, arg)     \
	coil_loop_call_at_with_context_site((loop), (context), (when),         \
		(function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_handle *coil_loop_call_at_with_context_site(coil_loop *loop,
	coil_context *context, double when, coil_function function, void *arg,
	const coil_site *site);
#define coil_future_add_done_callback_with_context(future, context, function, arg) \
	coil_future_add_done_callback_with_context_site((future), (context),   \
		(function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_result coil_future_add_done_callback_with_context_site(
	coil_future *future, coil_context *context, coil_done_callback function,
	void *arg, const coil_site *site);
#define coil_create_task_with_context(coroutine, context, ...)                 \
	coil_create_task_with_context_site(COIL_SITE("create_task", #coroutine), \
		(coroutine), (context), COIL_FORMAT(__VA_ARGS__))
COIL_API coil_task *coil_create_task_with_context_site(const coil_site *site,
	coil_coroutine *coroutine, coil_context *context, const char *format, ...)
	COIL_PRINTF(4, 5);

#ifdef __cplusplus
}
#endif
#endif
