/* SPDX-License-Identifier: MIT
 *
 * A loop in a thread of its own.  The main thread asks it for work, waits for what
 * comes of it, and in the end has it stopped.
 */
#include <coil.h>
#include <pthread.h>
#include <stdio.h>

static coil_result shut_down(void *loop)
{
	coil_result r = coil_loop_shutdown_asyncgens(loop);
	if (r.error)
		return r;
	return coil_loop_shutdown_default_executor(loop, -1);
}

static void *run_loop(void *loop)
{
	coil_set_event_loop(loop);
	coil_loop_run_forever(loop);
	coil_loop_run_until_complete(loop, coil_coro(shut_down, loop));
	coil_set_event_loop(NULL);
	coil_loop_close(loop);
	return NULL;
}

static coil_result work(void *arg)
{
	const char *name = arg;

	printf("%s begins\n", name);
	coil_result r = coil_sleep(0.1);
	if (r.error)
		return r;
	printf("%s is done\n", name);
	return coil_ok(NULL);
}

static coil_result stop(void *loop)
{
	coil_loop_stop(loop);
	return coil_ok(NULL);
}

static void finish(coil_concurrent_future *future)
{
	coil_concurrent_future_result(future, -1);
	coil_release(future);
}

int main(void)
{
	coil_loop *new_loop = coil_new_event_loop();
	pthread_t t;

	pthread_create(&t, NULL, run_loop, new_loop);
	finish(coil_run_coroutine_threadsafe(coil_coro(work, "first"), new_loop));
	finish(coil_run_coroutine_threadsafe(coil_coro(work, "second"), new_loop));
	coil_loop_call_soon_threadsafe(new_loop, stop, new_loop);
	pthread_join(t, NULL);
	printf("%s\n", coil_loop_is_closed(new_loop) ? "closed" : "open");
	return 0;
}
