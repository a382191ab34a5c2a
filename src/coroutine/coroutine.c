/* SPDX-License-Identifier: MIT
 *
 * Stackful coroutines on the context switch.  See coroutine.h.
 */
#include "coroutine/coroutine.h"
#include "coroutine/switch.h"

#include <stdlib.h>

/* ---- what the checkers are told -------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define ASAN 1
#else
#define ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#define TSAN 1
#else
#define TSAN 0
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0
#endif

static void told_born(struct coroutine *c)
{
	(void)c;
#if TSAN
	c->fiber = __tsan_create_fiber(0);
#endif
#if ASAN
	/* The last tenant's frames may have left their poison behind. */
	__asan_unpoison_memory_region(c->low, c->size);
	c->fake_inside = NULL;
#endif
}

static void told_dead(struct coroutine *c)
{
	(void)c;
#if TSAN
	if (c->fiber)
		__tsan_destroy_fiber(c->fiber);
	c->fiber = NULL;
#endif
}

static inline void told_entering(struct coroutine *c, void **fake)
{
	(void)c, (void)fake;
#if TSAN
	c->fiber_outside = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(c->fiber, 0);
#endif
#if ASAN
	__sanitizer_start_switch_fiber(fake, c->low, c->size);
#endif
}

static inline void told_back_outside(void *fake)
{
	(void)fake;
#if ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

static inline void told_inside(struct coroutine *c)
{
	(void)c;
#if ASAN
	__sanitizer_finish_switch_fiber(c->fake_inside, &c->outside_low,
					&c->outside_size);
#endif
}

static inline void told_leaving(struct coroutine *c, bool for_ever)
{
	(void)c, (void)for_ever;
#if TSAN
	__tsan_switch_to_fiber(c->fiber_outside, 0);
#endif
#if ASAN
	__sanitizer_start_switch_fiber(for_ever ? NULL : &c->fake_inside,
				       c->outside_low, c->outside_size);
#endif
}

/* ---- the coroutine --------------------------------------------------- */

static void coroutine_begin(void *pass)
{
	struct coroutine *c = pass;

	told_inside(c);
	c->function(c->arg);
	abort(); /* it must end by coil__coroutine_finish */
}

void coil__coroutine_stack(struct coroutine *c, char *low, void *top)
{
	c->low = low;
	c->size = (size_t)((char *)top - low);
	(void)VALGRIND_STACK_REGISTER(low, top); /* a slot is a stack for ever */
}

void coil__coroutine_init(struct coroutine *c, void (*function)(void *), void *arg)
{
	c->function = function;
	c->arg = arg;
	told_born(c);
	c->inside = coil__switch_prepare(c->low + c->size, c->size, coroutine_begin);
}

/* Where no checker is told, these end in a jump to the switch: a return between a
 * switch and the code it serves is one that the processor guesses wrong, for it has
 * seen the calls of the other stack last. */
static inline void enter(struct coroutine *c, coil_result pass)
{
	void *fake = NULL;

	told_entering(c, &fake);
	coil__switch(&c->outside, c->inside, pass);
	told_back_outside(fake);
}

void coil__coroutine_start(struct coroutine *c)
{
	enter(c, coil_ok(c));
}

void coil__coroutine_resume(struct coroutine *c, coil_result result)
{
	enter(c, result);
}

coil_result coil__coroutine_suspend(struct coroutine *c)
{
	coil_result result;

	told_leaving(c, false);
	result = coil__switch(&c->inside, c->outside, coil_ok(NULL));
	told_inside(c);
	return result;
}

void coil__coroutine_finish(struct coroutine *c)
{
	told_leaving(c, true);
	coil__switch(&c->inside, c->outside, coil_ok(NULL));
	abort(); /* resumed after its end */
}

void coil__coroutine_fini(struct coroutine *c)
{
	told_dead(c);
}
