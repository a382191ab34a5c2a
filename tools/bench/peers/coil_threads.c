/* SPDX-License-Identifier: MIT
 *
 * coil: other threads and processes.  See coil_peer.h.
 */
#include "coil_peer.h"
#include "../threads.h"

/* ---- callbacks from another thread ----------------------------------- */

static coil_loop *loop;
static long left;

/* Runs the loop while THREAD(OPS) calls into it, until all calls have come. */
static void run_with(void *(*function)(void *), long ops)
{
	pthread_t thread;

	left = ops;
	start_thread(&thread, function, (void *)ops);
	check(coil_loop_run_forever(loop), "run_forever");
	pthread_join(thread, NULL);
	require(left == 0, "each call ran once");
}

static coil_result arrive(void *unused)
{
	if (--left == 0)
		coil_loop_stop(loop);
	return coil_ok(unused);
}

static void *flood(void *ops)
{
	for (long n = (long)ops; n > 0; n--)
		check(coil_loop_call_soon_threadsafe(loop, arrive, NULL), "threadsafe");
	return NULL;
}

static void threadsafe_batch(long ops)
{
	run_with(flood, ops);
}

void threadsafe(void)
{
	loop = coil_new_event_loop();
	report("ns", measure(threadsafe_batch, 1000000));
}

static coil_result answer(void *unused)
{
	wake_thread();
	return arrive(unused);
}

static void *waker(void *ops)
{
	pin_thread(1);
	for (long n = (long)ops; n > 0; n--) {
		check(coil_loop_call_soon_threadsafe(loop, answer, NULL), "threadsafe");
		await_wake();
	}
	return NULL;
}

static void wake_batch(long ops)
{
	run_with(waker, ops);
}

void wake(void)
{
	two_threads();
	loop = coil_new_event_loop();
	report("ns", measure(wake_batch, 5000));
}

/* ---- executors ------------------------------------------------------- */

#define JOBS 1000

static coil_executor *pool; /* NULL: the loop's default one */

static coil_result job(void *unused)
{
	return coil_ok(unused);
}

static void one_batch(long ops)
{
	for (; ops > 0; ops--) {
		coil_future *future = coil_run_in_executor(pool, job, NULL);

		require(future != NULL, "run_in_executor");
		check(coil_await(future), "the job ran");
	}
}

static void many_batch(long ops)
{
	static coil_future *futures[JOBS];

	for (; ops > 0; ops -= JOBS) {
		for (int i = 0; i < JOBS; i++) {
			futures[i] = coil_run_in_executor(pool, job, NULL);
			require(futures[i] != NULL, "run_in_executor");
		}
		for (int i = 0; i < JOBS; i++)
			check(coil_await(futures[i]), "the job ran");
	}
}

static void to_thread_batch(long ops)
{
	for (; ops > 0; ops--)
		check(coil_await(coil_to_thread(job, NULL)), "the job ran");
}

/* Measures BATCH with the pool that EXECUTOR is, and ends that. */
static void measure_in(coil_executor *executor, void (*batch)(long ops), long ops)
{
	require(executor != NULL, "an executor");
	pool = executor;
	report("ns", measure(batch, ops));
	check(coil_executor_shutdown(executor, 0), "shutdown");
}

static void executor_batch(void)
{
	measure_in(coil_thread_pool_executor(2, NULL), many_batch, 100000);
}

static void process_pool(void)
{
	measure_in(coil_process_pool_executor(.max_workers = 1), one_batch, 5000);
}

/* ---------------------------------------------------------------------- */

const struct task_work thread_words[] = {
	{ "executor-one", .batch = one_batch, .ops = 10000 },
	{ "executor-batch", .itself = executor_batch },
	{ "to-thread", .batch = to_thread_batch, .ops = 10000 },
	{ "process-pool", .itself = process_pool },
	{ .word = NULL }
};
