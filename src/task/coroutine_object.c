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
	coroutine->awaitable.site = place_here(loop, site);
	coroutine->arg = (void *)(uintptr_t)arg;
	awaitable_chain(&coroutine->awaitable,
			      loop ? &loop->living : &coil__self.strays);
	return coroutine;
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
	return object_handle(coroutine);
}

coil_coroutine *coil_generator_site(const coil_generator_type *type, const void *arg,
				    const coil_site *site)
{
	struct coroutine_object *coroutine = coroutine_new(arg, site);

	if (unlikely(!coroutine))
		return NULL;
	coroutine->awaitable.object.flags = COROUTINE_GENERATOR;
	coroutine->type = type;
	return object_handle(coroutine);
}
