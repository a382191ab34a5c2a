/* SPDX-License-Identifier: MIT
 *
 * What another thread may do to a loop: have a future cancelled, have a coroutine run,
 * and wait for its result.
 */
#include <coil.h>
#include <inttypes.h>
#include <stdio.h>

struct arguments {
	coil_loop *loop;
	coil_future *fut;
};

static coil_result coro_func(void *unused)
{
	(void)unused;
	return coil_sleep_result(1, coil_number(42));
}

static coil_result cancel(void *fut)
{
	coil_future_cancel(fut);
	return coil_ok(NULL);
}

static coil_result other_thread(void *arg)
{
	struct arguments *a = arg;

	coil_loop_call_soon_threadsafe(a->loop, cancel, a->fut);
	coil_concurrent_future *future =
		coil_run_coroutine_threadsafe(coil_coro(coro_func, NULL), a->loop);
	coil_result result = coil_concurrent_future_result(future, -1);
	coil_release(future);
	if (result.error)
		return result;
	printf("result: %" PRId64 "\n", result.number);
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	struct arguments a = { coil_get_running_loop(), coil_create_future() };

	(void)unused;
	coil_task *thread = coil_create_task(coil_to_thread(other_thread, &a));
	coil_result r = coil_await(coil_retain(a.fut)); /* the thread has it too */
	if (r.error == COIL_CANCELLED)
		printf("fut is cancelled\n");
	r = coil_await(thread);
	coil_release(a.fut);
	return r;
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
