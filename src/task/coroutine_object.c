/* SPDX-License-Identifier: MIT
 *
 * Coroutine objects: what to run and its argument, not started (coil_coro,
 * coil_generator).
 */
#include <coil/generator.h>

#include "loop/loop.h"
#include "task/chain.h"
#include "task/future.h"
#include "task/keep.h"
#include "task/list.h"

static inline __attribute__((always_inline)) struct coroutine_object *
coroutine_new(const void *arg, const coil_site *site)
{
	struct coil_loop *loop = coil__self.running;
	struct coroutine_object *coroutine;

	coroutine = pool_take(pool_of(OBJECT_COROUTINE), OBJECT_COROUTINE);
	if (unlikely(!coroutine))
		return coil__null_memory(site);
	coroutine->awaitable.object.owned = 1;
	coroutine->awaitable.loop = loop;
	coroutine->awaitable.site = site;
	coroutine->arg = (void *)(uintptr_t)arg;
	awaitable_chain(&coroutine->awaitable,
			      loop ? &loop->living : &coil__self.strays);
	return coroutine;
}

static apart coil_coroutine *made_in_debug(struct coroutine_object *coroutine)
{
	struct awaitable *awaitable = &coroutine->awaitable;

	awaitable->site = coil__chain_place(awaitable->loop, awaitable->site);
	return object_handle(coroutine);
}

static inline coil_coroutine *made(struct coroutine_object *coroutine)
{
	return DEBUGGING ? made_in_debug(coroutine) : object_handle(coroutine);
}

coil_coroutine *coil_coro_site(coil_function function, const void *arg,
			       const coil_site *site)
{
	struct coroutine_object *coroutine;

	if (unlikely(!function))
		return coil__null(COIL_TYPE, site, "a coroutine function was expected, not NULL");
	coroutine = coroutine_new(arg, site);
	if (unlikely(!coroutine))
		return NULL;
	coroutine->function = function;
	return made(coroutine);
}

coil_coroutine *coil_generator_site(const coil_generator_type *type, const void *arg,
				    const coil_site *site)
{
	struct coroutine_object *coroutine = coroutine_new(arg, site);

	if (unlikely(!coroutine))
		return NULL;
	coroutine->awaitable.object.flags = COROUTINE_GENERATOR;
	coroutine->type = type;
	return made(coroutine);
}

/* ---- with a copy of the argument -------------------------------------- */

coil_coroutine *coil_coro_copy_site(coil_function function, const void *arg, size_t size,
				    const coil_site *site)
{
	struct list *copy = coil__bytes_new(arg, size);
	coil_coroutine *public = copy ? coil_coro_site(function, &copy->public, site) :
					coil__null_memory(site);
	struct object *object = handle_open(public);

	if (object)
		object->flags = COROUTINE_COPIED;
	else if (copy)
		object_unref(copy);
	return public;
}

bool coil__coroutine_keep_copy(const struct coroutine_object *coroutine,
			       struct keep **keep, unsigned depth)
{
	return coil__keep_add(keep, list_of(coroutine->arg), depth);
}

void coil__coroutine_drop_copy(struct coroutine_object *coroutine)
{
	object_unref(list_of(coroutine->arg));
}
