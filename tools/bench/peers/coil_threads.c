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
	report("ns", measure(wake_batch, 20000));
}
