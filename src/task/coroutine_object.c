/* SPDX-License-Identifier: MIT
 *
 * Coroutine objects: a function and its argument, not started (coil_coro).
 */
#include <coil/await.h>

#include "loop/loop.h"
#include "task/future.h"
#include "task/keep.h"

coil_coroutine *coil_coro_site(coil_function function, const void *arg,
			       const coil_site *site)
{
	struct coil_loop *loop = coil__self.running;
	struct coroutine_object *coroutine;

	if (unlikely(!function))
		return coil__null(COIL_TYPE, site, "a coroutine function was expected, not NULL");
	coroutine = pool_take(pool_of(OBJECT_COROUTINE), OBJECT_COROUTINE);
	if (unlikely(!coroutine))
		return coil__null_memory(site);
	coroutine->awaitable.object.owned = 1;
	coroutine->awaitable.loop = loop;
	coroutine->awaitable.site = site;
	coroutine->function = function;
	coroutine->arg = (void *)(uintptr_t)arg;
	awaitable_chain(&coroutine->awaitable,
			      loop ? &loop->living : &coil__self.strays);
	return object_handle(coroutine);
}
