/* SPDX-License-Identifier: MIT
 *
 * The context switch: what it passes, and what it preserves.
 */
#include <math.h>
#include "coroutine/switch.h"
#include "journal.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high) 0
#endif

/* ---- the switch itself --------------------------------------------------------------- */

#define STACK 65536

static void *outside, *inside[4];

static void *hand(void **save, void *to, void *pass)
{
	return coil__switch(save, to, coil_ok(pass)).value;
}

/* A new context on the N-th of some stacks. */
static void *prepare(char *stacks, int n, void (*entry)(void *))
{
	char *low = stacks + n * STACK;

	(void)VALGRIND_STACK_REGISTER(low, low + STACK);
	return coil__switch_prepare(low + STACK, STACK, entry);
}

static void answer(void *pass)
{
	for (int i = 1;; i++) {
		note("%s%d", (char *)pass, i);
		pass = hand(&inside[0], outside, "out");
	}
}

TEST(a_switch_passes_a_pointer_both_ways)
{
	char *stack = aligned_alloc(16, STACK);
	void *to = prepare(stack, 0, answer);

	CHECK_STR(hand(&outside, to, "a"), "out");
	CHECK_STR(hand(&outside, inside[0], "b"), "out");
	CHECK_STR(hand(&outside, inside[0], "c"), "out");
	CHECK_LOG("a1 b2 c3");
	free(stack);
}

/* Where the stack stands: a compiler that vectorizes trusts in it. */
static void look_at_alignment(void *where)
{
	_Alignas(16) char aligned[16];
	double sum = 0;

	__asm__ volatile("" : : "r"(aligned) : "memory");
	*(uintptr_t *)where = (uintptr_t)aligned;
	for (int i = 0; i < 16; i++)
		sum += sqrt(i);
	*(uintptr_t *)where += sum < 0;
	hand(&inside[1], outside, NULL);
}

TEST(the_stack_is_aligned)
{
	char *stack = aligned_alloc(16, STACK);
	uintptr_t where = 1;

	hand(&outside, prepare(stack, 0, look_at_alignment), &where);
	CHECK_INT(where % 16, 0);
	CHECK(where > (uintptr_t)stack && where < (uintptr_t)stack + STACK);
	free(stack);
}

/* One stack's coroutine switches into another's. */
static void hop(void *n)
{
	intptr_t i = (intptr_t)n;

	for (;;) {
		note("%d", (int)i);
		hand(&inside[i], i < 3 ? inside[i + 1] : outside, (void *)(i + 1));
	}
}

TEST(switches_may_go_in_a_ring)
{
	char *stacks = aligned_alloc(16, 4 * STACK);

	for (int i = 0; i < 4; i++)
		inside[i] = prepare(stacks, i, hop);
	hand(&outside, inside[0], (void *)0);
	hand(&outside, inside[0], (void *)0);
	CHECK_LOG("0 1 2 3 0 1 2 3");
	free(stacks);
}

/* ---- what it preserves ------------------------------------------------------------------ */

#define HIDE(x) __asm__ volatile("" : "+r"(x))
#define HIDE_REAL(x) __asm__ volatile("" : "+m"(x))

/* More live values than there are registers that a call preserves, across a
 * suspension in which other tasks fill the same registers. */
static coil_result hold_integers(void *seed)
{
	uintptr_t s = (uintptr_t)seed, wrong = 0;

	for (int turn = 0; turn < 50; turn++) {
		uintptr_t a = s + 1, b = s * 3, c = s ^ 0x5555, d = ~s, e = s << 7,
			  f = s * s, g = s - 77, h = s | 0xf000;

		HIDE(a); HIDE(b); HIDE(c); HIDE(d); HIDE(e); HIDE(f); HIDE(g); HIDE(h);
		coil_sleep(0);
		HIDE(a); HIDE(b); HIDE(c); HIDE(d); HIDE(e); HIDE(f); HIDE(g); HIDE(h);
		wrong += a != s + 1 || b != s * 3 || c != (s ^ 0x5555) || d != ~s ||
			 e != s << 7 || f != s * s || g != s - 77 || h != (s | 0xf000);
		s = s * 6364136223846793005u + 1;
	}
	return coil_number((int64_t)wrong);
}

static coil_result hold_reals(void *seed)
{
	double x = (double)(uintptr_t)seed + 0.25, sum = 0, expected = 0;

	for (int turn = 0; turn < 50; turn++) {
		double a = x * 1.5, b = sqrt(x), c = x / 3, d = -x;
		float f = (float)x;

		HIDE_REAL(a);
		coil_sleep(0);
		sum += a + b + c + d + (double)f;
		expected += x * 1.5 + sqrt(x) + x / 3 - x + (double)(float)x;
		x += 1.125;
	}
	return coil_number(fabs(sum - expected) > 1e-6);
}

static coil_result hold_all(void *unused)
{
	coil_awaitable *all[40];
	coil_result r;
	const coil_list *list;

	for (uintptr_t i = 0; i < 40; i++)
		all[i] = coil_coro(i % 2 ? hold_integers : hold_reals,
				   (void *)(i * 7919 + 13));
	r = coil_await(coil_gather_array(0, all, 40));
	CHECK_ERROR(r, COIL_OK);
	list = r.value;
	for (int i = 0; i < 40; i++)
		CHECK_INT(list->items[i].number, 0);
	return coil_ok(NULL);
}

TEST(integers_and_reals_survive_a_suspension)
{
	CHECK_INT(run_virtual(hold_all), COIL_OK);
}

/* A large array of its own, whole after many switches. */
static coil_result hold_array(void *seed)
{
	unsigned char array[20000];
	int wrong = 0;

	memset(array, (int)(intptr_t)seed, sizeof(array));
	for (int turn = 0; turn < 20; turn++) {
		coil_sleep(0);
		for (size_t i = 0; i < sizeof(array); i++)
			wrong += array[i] != (unsigned char)(intptr_t)seed;
	}
	return coil_number(wrong);
}

static coil_result hold_arrays(void *unused)
{
	coil_awaitable *all[20];
	coil_result r;

	for (intptr_t i = 0; i < 20; i++)
		all[i] = coil_coro(hold_array, (void *)(i + 1));
	r = coil_await(coil_gather_array(0, all, 20));
	for (int i = 0; i < 20; i++)
		CHECK_INT(((coil_list *)r.value)->items[i].number, 0);
	return coil_ok(NULL);
}

TEST(each_coroutine_has_a_stack_of_its_own)
{
	CHECK_INT(run_virtual(hold_arrays), COIL_OK);
}
