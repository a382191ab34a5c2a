/* SPDX-License-Identifier: MIT
 *
 * coil: tasks that are made, gathered, asleep, limited in time, cancelled.  See coil_peer.h.
 */
#include "coil_peer.h"

#define TASKS 1000
#define MANY 10000
#define MILLION 1000000
#define LONG 3600.0

static coil_result nothing(void *unused)
{
	return coil_ok(unused);
}

static void gather_all(coil_awaitable **all, size_t count)
{
	check(coil_await(coil_gather_array(0, all, count)), "gather");
}

/* ---- yield, spawn, gather, eager ------------------------------------- */

static coil_result yielder(void *times)
{
	for (long n = (long)times; n > 0; n--) {
		coil_result r = coil_sleep(0);

		if (r.error)
			return r;
	}
	return coil_ok(NULL);
}

void yield_batch(long ops)
{
	coil_awaitable *all[TASKS];

	for (int i = 0; i < TASKS; i++)
		all[i] = coil_coro(yielder, (void *)(ops / TASKS));
	gather_all(all, TASKS);
}

static void spawn_batch(long ops)
{
	coil_awaitable *all[TASKS];

	for (long n = 0; n < ops; n += TASKS) {
		for (int i = 0; i < TASKS; i++)
			all[i] = coil_create_task(coil_coro(nothing, NULL));
		gather_all(all, TASKS);
	}
}

/* It is gather that makes the tasks. */
static void gather_batch(long ops)
{
	static coil_awaitable *all[MANY];

	for (long n = 0; n < ops; n += MANY) {
		for (int i = 0; i < MANY; i++)
			all[i] = coil_coro(nothing, NULL);
		gather_all(all, MANY);
	}
}

/* The same calls as spawn, in a loop whose tasks are eager. */
static void eager(void)
{
	coil_loop_set_task_factory(coil_get_running_loop(), coil_eager_task_factory);
	report("ns", measure(spawn_batch, 1000000));
}

/* ---- wait-for, cancel ------------------------------------------------ */

/* With a turn of the loop now and then, in which it clears its cancelled timers away. */
static void wait_for_batch(long ops)
{
	for (long n = 0; n < ops; n += TASKS) {
		for (int i = 0; i < TASKS; i++)
			check(coil_wait_for(coil_coro(nothing, NULL), 1.0), "wait_for");
		check(coil_sleep(0), "a turn");
	}
}

static coil_result long_sleeper(void *unused)
{
	(void)unused;
	return coil_sleep(LONG);
}

/* From create_task on: the sleep and its timer are what a cancellation undoes, and who
 * leaves that for later is to pay for it too. */
static void cancel_batch(long ops)
{
	coil_awaitable *all[TASKS];

	for (long n = 0; n < ops; n += TASKS) {
		for (int i = 0; i < TASKS; i++)
			all[i] = coil_create_task(coil_coro(long_sleeper, NULL));
		check(coil_sleep(0), "all are asleep");
		for (int i = 0; i < TASKS; i++)
			require(coil_task_cancel(all[i]), "cancel");
		for (int i = 0; i < TASKS; i++)
			require(coil_await(all[i]).error == COIL_CANCELLED, "cancelled");
	}
}

/* ---- a million asleep ------------------------------------------------ */

/* The i-th sleeps 0 to 1 s, evenly spread and in no order: as in every peer. */
static double scattered(void *i)
{
	return (uint32_t)((uintptr_t)i * 2654435761u) / 4294967296.0;
}

static coil_result scattered_sleeper(void *i)
{
	return coil_sleep(scattered(i));
}

static coil_result three_seconds(void *unused)
{
	(void)unused;
	return coil_sleep(3);
}

static void million(coil_function sleeper)
{
	coil_awaitable **all = malloc(MILLION * sizeof(all[0]));

	require(all != NULL, "malloc");
	for (uintptr_t i = 0; i < MILLION; i++)
		all[i] = coil_coro(sleeper, (void *)i);
	gather_all(all, MILLION);
	free(all);
}

static void sleepers(void)
{
	double start = now_ns();

	million(scattered_sleeper);
	report("ns", now_ns() - start);
}

static void asleep(void)
{
	double before = resident_bytes();

	million(three_seconds);
	report("bytes", (resident_bytes() - before) / MILLION);
}

/* ---- the same by generators ------------------------------------------ */

/* Nobody holds these tasks: they are counted down, as by Go's WaitGroup. */
static long left;
static coil_future *all_done;

static coil_result count_down(coil_result result)
{
	check(result, "sleep");
	if (--left == 0)
		coil_future_set_result(all_done, coil_ok(NULL));
	return coil_ok(NULL);
}

COIL_GENERATOR(scattered_generator)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(scattered(COIL_ARG));
	COIL_END(count_down(COIL_SENT));
}

COIL_GENERATOR(three_seconds_generator)
{
	COIL_BEGIN;
	COIL_YIELD_FROM_SLEEP(3);
	COIL_END(count_down(COIL_SENT));
}

static void million_generators(const coil_generator_type *type)
{
	left = MILLION;
	all_done = coil_create_future();
	for (uintptr_t i = 0; i < MILLION; i++) {
		coil_task *task = coil_create_task(coil_generator(*type, (void *)i));

		require(task != NULL, "create_task");
		coil_release(task);
	}
	check(coil_await(coil_retain(all_done)), "all have slept");
	coil_release(all_done);
}

static void generators(void)
{
	double start = now_ns();

	million_generators(&scattered_generator);
	report("ns", now_ns() - start);
}

static void generators_asleep(void)
{
	double before = resident_bytes();

	million_generators(&three_seconds_generator);
	report("bytes", (resident_bytes() - before) / MILLION);
}

/* ---------------------------------------------------------------------- */

const struct task_work task_words[] = {
	{ "yield", .batch = yield_batch, .ops = 1000000 },
	{ "spawn", .batch = spawn_batch, .ops = 1000000 },
	{ "gather", .batch = gather_batch, .ops = 1000000 },
	{ "eager", .itself = eager },
	{ "wait-for", .batch = wait_for_batch, .ops = 1000000 },
	{ "cancel", .batch = cancel_batch, .ops = 100000 },
	{ "sleepers", .itself = sleepers },
	{ "asleep", .itself = asleep },
	{ "generators", .itself = generators },
	{ "generators-asleep", .itself = generators_asleep },
	{ .word = NULL }
};
