/* SPDX-License-Identifier: MIT
 *
 * libuv.  Its callbacks are those of idle handles, the cheapest that it has: a loop calls
 * each active idle handle once a turn, and does not block in its poll meanwhile.  Its
 * thread pool has four threads, if the environment does not say otherwise.
 */
#include <unistd.h>
#include <uv.h>
#include "../threads.h"

#define PENDING 1000
#define JOBS 1000

static uv_loop_t *loop;
static long left;

static void tick(uv_idle_t *idle)
{
	(void)idle;
	if (--left == 0)
		uv_stop(loop);
}

static void never(uv_poll_t *poll, int status, int events)
{
	(void)poll, (void)status, (void)events;
	require(0, "nothing is written to this pipe");
}

static void turn(long ops)
{
	left = ops;
	uv_run(loop, UV_RUN_DEFAULT);
}

static void soon(void)
{
	static uv_idle_t idle[PENDING];

	for (int i = 0; i < PENDING; i++) {
		uv_idle_init(loop, &idle[i]);
		uv_idle_start(&idle[i], tick);
	}
	report("ns", measure(turn, 1000000));
}

static void chain(void)
{
	static uv_idle_t idle;
	static uv_poll_t watched;
	int fds[2];

	require(pipe(fds) == 0, "pipe");
	uv_poll_init(loop, &watched, fds[0]);
	uv_poll_start(&watched, UV_READABLE, never);
	uv_idle_init(loop, &idle);
	uv_idle_start(&idle, tick);
	report("ns", measure(turn, 300000));
}

/* ---- threads --------------------------------------------------------- */

static void job(uv_work_t *work)
{
	(void)work;
}

/* Each of the jobs that are on their way submits itself again when it has run. */
static void job_done(uv_work_t *work, int status)
{
	require(status == 0, "the job ran");
	if (--left > 0)
		uv_queue_work(loop, work, job, job_done);
}

static void one_batch(long ops)
{
	static uv_work_t work;

	left = ops;
	uv_queue_work(loop, &work, job, job_done);
	uv_run(loop, UV_RUN_DEFAULT);
	require(left == 0, "each job ran once");
}

static void executor_one(void)
{
	report("ns", measure(one_batch, 10000));
}

static void one_of_many_done(uv_work_t *work, int status)
{
	(void)work;
	require(status == 0, "the job ran");
	left--;
}

static void many_batch(long ops)
{
	static uv_work_t work[JOBS];

	for (; ops > 0; ops -= JOBS) {
		left = JOBS;
		for (int i = 0; i < JOBS; i++)
			uv_queue_work(loop, &work[i], job, one_of_many_done);
		uv_run(loop, UV_RUN_DEFAULT);
		require(left == 0, "each job ran once");
	}
}

static void executor_batch(void)
{
	require(setenv("UV_THREADPOOL_SIZE", "2", 1) == 0, "setenv");
	report("ns", measure(many_batch, 100000));
}

static void answer(uv_async_t *unused)
{
	(void)unused;
	wake_thread();
	if (--left == 0)
		uv_stop(loop);
}

static uv_async_t async;

static void *waker(void *ops)
{
	pin_thread(1);
	for (long n = (long)ops; n > 0; n--) {
		require(uv_async_send(&async) == 0, "uv_async_send");
		await_wake();
	}
	return NULL;
}

static void wake_batch(long ops)
{
	pthread_t thread;

	left = ops;
	start_thread(&thread, waker, (void *)ops);
	uv_run(loop, UV_RUN_DEFAULT);
	pthread_join(thread, NULL);
	require(left == 0, "each wake-up was answered");
}

static void wake(void)
{
	two_threads();
	require(uv_async_init(loop, &async, answer) == 0, "uv_async_init");
	report("ns", measure(wake_batch, 5000));
}

/* ---------------------------------------------------------------------- */

static void version(void)
{
	printf("libuv %s\n", uv_version_string());
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "soon", soon }, { "chain", chain },
		{ "executor-one", executor_one }, { "executor-batch", executor_batch },
		{ "wake", wake }, { NULL, NULL }
	};

	loop = uv_default_loop();
	return work_main(argc, argv, work);
}
