/* SPDX-License-Identifier: MIT
 *
 * Async generators: coroutines that yield values on their way, to whoever asks for
 * the next one.
 *
 *	static coil_result ticker(void *unused)          // async def ticker():
 *	{
 *		for (intptr_t i = 0; i < 3; i++) {               //     for i in range(3):
 *			coil_result r = coil_yield(coil_number(i)); //      yield i
 *
 *			if (r.error)                             //     (closed: pass it on)
 *				return r;
 *			r = coil_sleep(1.0);                     //         await sleep(1)
 *			if (r.error)
 *				return r;
 *		}
 *		return coil_ok(NULL);
 *	}
 *
 *	coil_async_generator *g = coil_async_generator_new(ticker, NULL);
 *	COIL_ASYNC_FOR(r, g)                                     // async for i in g:
 *		printf("%d\n", (int)r.number);                   //     print(i)
 *	if (r.error)                                             // (of ticker's body)
 *		return r;
 *
 * Its body runs in the task that asks, on a stack of its own.
 */
#ifndef COIL_ASYNC_GENERATOR_H
#define COIL_ASYNC_GENERATOR_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_async_generator coil_async_generator;

/* An async generator of FUNCTION(ARG), not started; ARG is borrowed.  The caller
 * owns it, and lets it go by coil_release: if it is in the middle then, a new task
 * closes it (call_soon of create_task of aclose).
 * Errors: NULL with COIL_MEMORY, COIL_TYPE for a NULL function.  Does not suspend.
 * (ticker()) */
#define coil_async_generator_new(function, arg)                                \
	coil_async_generator_new_site((function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_async_generator *coil_async_generator_new_site(coil_function function,
	const void *arg, const coil_site *site);

/* Inside of the body: gives VALUE to whoever asked, and goes on when it asks again.
 * Result: what asend gave, or none; an error is raised at the yield:
 * COIL_GENERATOR_EXIT when the generator is closed (clean up and return it).
 * Errors: COIL_RUNTIME outside of an async generator, or after GeneratorExit
 * ("async generator ignored GeneratorExit").  (yield value) */
#define coil_yield(value) coil_yield_site((value), COIL_SITE("yield", #value))
COIL_API coil_result coil_yield_site(coil_result value, const coil_site *site);

/* Runs the body to its next yield, and gives the value.  SUSPENDS when the body
 * does.  Errors: COIL_STOP_ASYNC_ITERATION when it has returned; what it raised;
 * COIL_RUNTIME while it is being asked already ("anext(): asynchronous generator is
 * already running"), outside of a task; COIL_MEMORY.  (await anext(g)) */
#define coil_anext(generator) coil_anext_site((generator), COIL_SITE("anext", #generator))
COIL_API coil_result coil_anext_site(coil_async_generator *generator,
				     const coil_site *site);

/* The same; the yield that it stands at gives VALUE.  Errors: COIL_TYPE "can't send
 * non-None value to a just-started async generator".  (await g.asend(value)) */
#define coil_asend(generator, value)                                           \
	coil_asend_site((generator), (value), COIL_SITE("asend", #generator))
COIL_API coil_result coil_asend_site(coil_async_generator *generator,
	coil_result value, const coil_site *site);

/* Raises COIL_GENERATOR_EXIT where it stands, and waits until it has ended.
 * SUSPENDS when its clean-up does.  Closing one that has ended, or has not begun, is
 * allowed.  Errors: what the clean-up raised; COIL_RUNTIME.  (await g.aclose()) */
#define coil_aclose(generator) coil_aclose_site((generator), COIL_SITE("aclose", #generator))
COIL_API coil_result coil_aclose_site(coil_async_generator *generator,
				      const coil_site *site);

/* A loop over the values of GENERATOR, which declares the result RESULT for the loop
 * and what follows: COIL_OK when the generator came to its end, else its error.
 * break leaves it in the middle: close it, or release it.  (async for) */
#define COIL_ASYNC_FOR(result_, generator_)                                    \
	coil_result result_ = coil_anext(generator_);                          \
	for (; coil_async_for_more_(&result_); result_ = coil_anext(generator_))
static inline bool coil_async_for_more_(coil_result *r)
{
	if (r->error == COIL_STOP_ASYNC_ITERATION)
		*r = coil_ok(NULL);
	else if (!r->error)
		return true;
	return false;
}

/* Closes all generators of LOOP that are in the middle, at once; errors of their
 * clean-up go to the exception handler.  One first asked for a value after that is
 * reported by a warning.  SUSPENDS; coil_run does it.
 * Errors: COIL_CANCELLED, COIL_MEMORY.  (await loop.shutdown_asyncgens()) */
#define coil_loop_shutdown_asyncgens(loop)                                     \
	coil_loop_shutdown_asyncgens_site((loop), COIL_SITE("shutdown_asyncgens", #loop))
COIL_API coil_result coil_loop_shutdown_asyncgens_site(coil_loop *loop,
						       const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
