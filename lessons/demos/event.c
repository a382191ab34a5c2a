/* SPDX-License-Identifier: MIT
 *
 * An event: two tasks wait for it, a callback sets it, and both go on.
 *
 *	async def consumer_a(event):
 *	    print("consumer_a waits")
 *	    await event.wait()
 *	    print("consumer_a goes on")
 *
 *	async def consumer_b(event):
 *	    print("consumer_b waits")
 *	    await event.wait()
 *	    print("consumer_b goes on")
 *
 *	def trigger(event):
 *	    event.set()
 *
 *	async def main():
 *	    event = asyncio.Event()
 *	    loop.call_later(0.1, trigger, event)
 *	    done, pending = await asyncio.wait([create_task(consumer_a(event)),
 *	                                        create_task(consumer_b(event))])
 *	    print(f"{len(done)} done, {len(pending)} pending")
 *
 *	loop.run_until_complete(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_result consumer_a(void *event)
{
	printf("consumer_a waits\n");
	coil_result r = coil_event_wait(event);
	if (r.error)
		return r;
	printf("consumer_a goes on\n");
	return coil_ok(NULL);
}

static coil_result consumer_b(void *event)
{
	printf("consumer_b waits\n");
	coil_result r = coil_event_wait(event);
	if (r.error)
		return r;
	printf("consumer_b goes on\n");
	return coil_ok(NULL);
}

static coil_result trigger(void *event)
{
	return coil_event_set(event);
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_event *event = coil_event_new();

	coil_loop_call_later(coil_get_running_loop(), 0.1, trigger, event);
	coil_task *consumers[] = {
		coil_create_task(coil_coro(consumer_a, event)),
		coil_create_task(coil_coro(consumer_b, event)),
	};
	coil_result done = coil_wait(consumers, 2, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED);
	if (!done.error)
		printf("%d done, %d pending\n", (int)done.number, 2 - (int)done.number);
	coil_release(consumers[0]);
	coil_release(consumers[1]);
	coil_release(event);
	return done;
}

int main(void)
{
	coil_loop *loop = coil_get_event_loop();
	coil_result done = coil_loop_run_until_complete(loop, coil_coro(amain, NULL));

	coil_loop_close(loop);
	return done.error;
}
