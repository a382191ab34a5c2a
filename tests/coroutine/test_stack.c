/* SPDX-License-Identifier: MIT
 *
 * Stacks: how large, how many, used again, and what an overflow says.
 */
#include <pthread.h>
#include <signal.h>
#include "coroutine/stack.h"
#include "journal.h"

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* ---- overflow ------------------------------------------------------------------------- */

__attribute__((noinline)) static int use_stack(int depth)
{
	volatile char frame[1000];

	frame[0] = (char)depth;
	if (depth > 0)
		frame[1] = (char)use_stack(depth - 1);
	return frame[0] + frame[sizeof(frame) - 1] * 0;
}

static coil_result overflowing(void *unused)
{
	return coil_number(use_stack(1 << 30));
}

static coil_result harmless(void *unused)
{
	return coil_sleep(1000);
}

static coil_result overflow_in_a_task(void *unused)
{
	for (int i = 0; i < 20; i++)
		coil_create_task(coil_coro(harmless, NULL));
	coil_create_task(coil_coro(overflowing, NULL));
	return coil_sleep(1000);
}

static void run_overflow(void *unused)
{
	coil_run(coil_coro(overflow_in_a_task, NULL));
}

TEST(an_overflow_names_the_coroutine_and_dies_by_sigsegv)
{
	struct outcome *child = run_fork(run_overflow, NULL);

	CHECK_INT(child->signal, SIGSEGV);
	CHECK_HAS(child->err, "stack overflow in coroutine 'overflowing'");
	CHECK_HAS(child->err, __FILE__);
}

static void run_overflow_as_main(void *unused)
{
	coil_run(coil_coro(overflowing, NULL));
}

TEST(an_overflow_of_the_main_task)
{
	struct outcome *child = run_fork(run_overflow_as_main, NULL);

	CHECK_INT(child->signal, SIGSEGV);
	CHECK_HAS(child->err, "stack overflow in coroutine 'overflowing'");
}

static void *overflow_in_thread(void *unused)
{
	coil_run(coil_coro(overflow_in_a_task, NULL));
	return NULL;
}

static void run_thread(void *unused)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, overflow_in_thread, NULL) == 0)
		pthread_join(thread, NULL);
}

TEST(an_overflow_in_another_thread)
{
	struct outcome *child = run_fork(run_thread, NULL);

	CHECK_INT(child->signal, SIGSEGV);
	CHECK_HAS(child->err, "stack overflow in coroutine 'overflowing'");
}

/* Not every fault is an overflow.  (After a handler has returned, valgrind does not
 * repeat the access as it was: its registers are not exact.) */
#define NOT_UNDER_VALGRIND                                                     \
	if (RUNNING_ON_VALGRIND)                                               \
		SKIP("valgrind does not repeat a fault exactly")

static coil_result bad_pointer(void *unused)
{
	int *volatile nowhere = (int *)16;

	return coil_number(*nowhere);
}

static void run_bad_pointer(void *unused)
{
	signal(SIGSEGV, SIG_DFL); /* also under a checker that has its own */
	coil_run(coil_coro(bad_pointer, NULL));
}

TEST(another_fault_is_not_called_an_overflow)
{
	struct outcome *child;

	NOT_UNDER_VALGRIND;
	child = run_fork(run_bad_pointer, NULL);
	CHECK_INT(child->signal, SIGSEGV);
	CHECK(!strstr(child->err, "stack overflow"));
}

static void on_fault(int signo)
{
	_exit(42);
}

static void run_with_handler(void *unused)
{
	signal(SIGSEGV, on_fault);
	coil_run(coil_coro(bad_pointer, NULL));
}

TEST(the_programs_own_handler_gets_other_faults)
{
	struct outcome *child;

	NOT_UNDER_VALGRIND;
	child = run_fork(run_with_handler, NULL);
	CHECK_INT(child->status, 42);
	CHECK(!strstr(child->err, "stack overflow"));
}

/* ---- the size ----------------------------------------------------------------------------- */

TEST(the_stack_size_has_bounds)
{
	CHECK_ERROR(coil_set_stack_size(0), COIL_VALUE);
	CHECK_ERROR(coil_set_stack_size(16383), COIL_VALUE);
	CHECK_ERROR(coil_set_stack_size((size_t)-1), COIL_VALUE);
	CHECK_ERROR(coil_set_stack_size(((size_t)1 << 30) + 1), COIL_VALUE);
	CHECK_ERROR(coil_set_stack_size(16384), COIL_OK);
	CHECK_ERROR(coil_set_stack_size((size_t)1 << 30), COIL_OK);
}

static coil_result deep(void *depth)
{
	return coil_number(use_stack((int)(intptr_t)depth));
}

TEST(a_larger_stack_bears_a_deeper_recursion)
{
	CHECK_ERROR(coil_set_stack_size(64 << 20), COIL_OK);
	CHECK_ERROR(coil_run(coil_coro(deep, (void *)20000)), COIL_OK);
}

TEST(the_default_stack_bears_40_KiB)
{
	CHECK_ERROR(coil_run(coil_coro(deep, (void *)36)), COIL_OK);
}

static coil_result too_late(void *unused)
{
	CHECK_ERROR(coil_set_stack_size(1 << 20), COIL_RUNTIME);
	return coil_ok(NULL);
}

TEST(the_size_cannot_change_once_a_coroutine_has_started)
{
	CHECK_ERROR(coil_run(coil_coro(too_late, NULL)), COIL_OK);
	CHECK_ERROR(coil_set_stack_size(1 << 20), COIL_RUNTIME);
}

TEST(the_environment_sets_the_size)
{
	setenv("COIL_STACK_SIZE", "8388608", 1);
	CHECK_ERROR(coil_run(coil_coro(deep, (void *)5000)), COIL_OK);
	CHECK(coil__stack_size() >= 8388608);
}

static void ask_for_size(void *expected)
{
	CHECK_INT(coil__stack_size() >= STACK_SIZE_DEFAULT, 1);
	CHECK_ERROR(coil_run(coil_coro(deep, (void *)10)), COIL_OK);
}

TEST(a_size_that_is_no_number_is_told_of_and_not_used)
{
	static const char *const bad[] = { "x", "12", "99999999999999999999", "65536k", "-1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct outcome *child;

		setenv("COIL_STACK_SIZE", bad[i], 1);
		child = run_fork(ask_for_size, NULL);
		CHECK_INT(child->status, 0);
		CHECK_HAS(child->err, text("COIL_STACK_SIZE=%s", bad[i]));
	}
}

/* ---- many, and again ------------------------------------------------------------------------ */

static coil_result return_one(void *unused)
{
	coil_sleep(0);
	return coil_number(1);
}

static coil_result batches(void *count)
{
	coil_awaitable *all[100];

	for (int i = 0; i < (int)(intptr_t)count; i++) {
		for (int j = 0; j < 100; j++)
			all[j] = coil_coro(return_one, NULL);
		if (coil_await(coil_gather_array(0, all, 100)).error)
			return coil_raise(COIL_RUNTIME, "batch %d", i);
	}
	return coil_ok(NULL);
}

static long mapped_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%ld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

TEST(stacks_are_used_again, .seconds = 60)
{
	long before, after;

	CHECK_ERROR(coil_run(coil_coro(batches, (void *)10)), COIL_OK);
	before = mapped_bytes();
	CHECK_ERROR(coil_run(coil_coro(batches, (void *)300)), COIL_OK);
	CHECK_ERROR(coil_run(coil_coro(batches, (void *)300)), COIL_OK);
	after = mapped_bytes();
	/* 60,000 tasks of at least 64 KiB would be 4 GB. */
	CHECK(after - before < 512L << 20);
}

#define TASKS MANY(100000)

static coil_result sleep_long(void *unused)
{
	coil_sleep(3600);
	return coil_number(1);
}

static coil_result hundred_thousand(void *unused)
{
	coil_awaitable **all = malloc(TASKS * sizeof(*all));
	coil_result r;
	int64_t sum = 0;

	for (int i = 0; i < TASKS; i++)
		all[i] = coil_coro(sleep_long, NULL);
	r = coil_await(coil_gather_array(0, all, TASKS));
	free(all);
	if (r.error)
		return r;
	for (int i = 0; i < TASKS; i++)
		sum += ((coil_list *)r.value)->items[i].number;
	return coil_number(sum);
}

TEST(a_hundred_thousand_tasks_alive_at_once, .seconds = 120)
{
	coil_result r;
	char *said;

	capture_begin(2); /* "no guard below further stacks", on older kernels */
	r = coil_run(coil_coro(hundred_thousand, NULL));
	said = capture_end();
	CHECK_ERROR(r, COIL_OK);
	CHECK_INT(r.number, TASKS);
	CHECK(!*said || strstr(said, "no guard below further stacks"));
}

/* Inline awaits are calls: as deep as the stack is. */
static coil_result inline_depth(void *depth)
{
	coil_result r;

	if (!depth) {
		coil_sleep(0);
		return coil_number(0);
	}
	r = coil_await(coil_coro(inline_depth, (char *)depth - 1));
	r.number++;
	return r;
}

TEST(a_hundred_inline_awaits_deep)
{
	CHECK_INT(coil_run(coil_coro(inline_depth, (void *)100)).number, 100);
}
