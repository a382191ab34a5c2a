/* SPDX-License-Identifier: MIT
 *
 * An event: two tasks wait for it, a callback sets it, and both go on.
 */
#include <coil.h>
#include <inttypes.h>
#include <stdio.h>

/* event trigger function */
static coil_result trigger(void *event)
{
	printf("EVENT SET\n");
	return coil_event_set(event); /* wake up coroutines waiting */
}

/* event consumers */
static coil_result consumer_a(void *event)
{
	const char *consumer_name = "Consumer A";

	printf("%s waiting\n", consumer_name);
	coil_result r = coil_event_wait(event);
	if (r.error)
		return r;
	printf("%s triggered\n", consumer_name);
	return coil_ok(NULL);
}

static coil_result consumer_b(void *event)
{
	const char *consumer_name = "Consumer B";

	printf("%s waiting\n", consumer_name);
	coil_result r = coil_event_wait(event);
	if (r.error)
		return r;
	printf("%s triggered\n", consumer_name);
	return coil_ok(NULL);
}

static coil_result both(void *consumers)
{
	return coil_wait(consumers, 2, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED);
}

int main(void)
{
	coil_event *event = coil_event_new();
	coil_loop *event_loop = coil_get_event_loop();
	coil_task *consumers[] = {
		coil_loop_create_task(event_loop, coil_coro(consumer_a, event)),
		coil_loop_create_task(event_loop, coil_coro(consumer_b, event)),
	};

	coil_loop_call_later(event_loop, 0.1, trigger, event); /* trigger event in 0.1 sec */
	coil_result done = coil_loop_run_until_complete(event_loop, coil_coro(both, consumers));
	if (!done.error)
		printf("%" PRId64 " done, %" PRId64 " pending\n", done.number, 2 - done.number);
	int status = coil_exit_status(done);

	coil_release(consumers[0]); /* wait does not take them over */
	coil_release(consumers[1]);
	coil_release(event);
	coil_loop_close(event_loop);
	return status;
}
