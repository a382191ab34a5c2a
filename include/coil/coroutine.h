/* SPDX-License-Identifier: MIT
 *
 * Coroutines.  A coroutine function takes one pointer and returns a result; it
 * may await.  Calling coil_coro makes a coroutine object and runs nothing, as
 * calling an `async def` does.
 */
#ifndef COIL_COROUTINE_H
#define COIL_COROUTINE_H

#include <coil/loop.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A coroutine object for FUNCTION(ARG), not started.  The caller owns it until
 * it is awaited, gathered or made a task of.  ARG is borrowed: it must live as
 * long as the coroutine runs.
 * Errors: NULL with COIL_MEMORY, or COIL_TYPE for a NULL function.
 * Does not suspend.  (say_hello("AAA"), not awaited) */
#define coil_coro(function, arg)                                               \
	coil_coro_site((function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_coroutine *coil_coro_site(coil_function function, const void *arg,
					const coil_site *site);

/* The same with a copy of *ARG, which lives as long as the coroutine: for functions
 * that take more than one thing.
 *	coil_coro_copy(factorial, &(struct call){ "A", 2 })
 * ARG is a pointer to what is copied, and must have a complete type.  (It is written
 * `...` here for the sake of the comma.) */
#define coil_coro_copy(function, ...)                                          \
	coil_coro_copy_site((function), (__VA_ARGS__), sizeof(*(__VA_ARGS__)), \
			    COIL_SITE(#function, #__VA_ARGS__))
COIL_API coil_coroutine *coil_coro_copy_site(coil_function function, const void *arg,
					     size_t size, const coil_site *site);

/* The bytes of stack that coroutines made from now on run on, 65536 unless
 * COIL_STACK_SIZE says otherwise; rounded up to whole pages.  To be called
 * before the first coroutine starts.
 * Errors: COIL_VALUE below 16 KiB or above 1 GiB; COIL_RUNTIME once a coroutine
 * has started. */
COIL_API coil_result coil_set_stack_size(size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
