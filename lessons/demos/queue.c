/* SPDX-License-Identifier: MIT
 *
 * A queue: one task makes work, two do it, and join waits until all of it is done.
 *
 *	async def consumer(name):
 *	    while True:
 *	        item = await queue.get()
 *	        await asyncio.sleep(0.5)
 *	        print(f"{name}: {item}")
 *	        queue.task_done()
 *
 *	async def main():
 *	    tasks = [asyncio.create_task(consumer(name)) for name in ("AAA", "BBB")]
 *	    for item in ("one", "two", "three"):
 *	        await queue.put(item)
 *	    await queue.join()
 *	    print("all done")
 *	    for task in tasks:
 *	        task.cancel()
 *	    await asyncio.gather(*tasks, return_exceptions=True)
 *
 *	queue = asyncio.Queue(maxsize=1)
 *	asyncio.run(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_queue *queue;

static coil_result consumer(void *arg)
{
	const char *name = arg;

	for (;;) {
		coil_result item = coil_queue_get(queue);
		if (item.error)
			return item;
		coil_result r = coil_sleep(0.5);
		if (r.error)
			return r;
		printf("%s: %s\n", name, (const char *)item.value);
		coil_queue_task_done(queue);
	}
}

static coil_result amain(void *unused)
{
	static char items[][8] = { "one", "two", "three" };
	(void)unused;
	coil_task *a = coil_create_task(coil_coro(consumer, "AAA"));
	coil_task *b = coil_create_task(coil_coro(consumer, "BBB"));

	for (int i = 0; i < 3; i++) {
		coil_result r = coil_queue_put(queue, items[i]);
		if (r.error)
			return r;
	}
	coil_result r = coil_queue_join(queue);
	if (r.error)
		return r;
	printf("all done\n");
	coil_task_cancel(a);
	coil_task_cancel(b);
	coil_await(coil_gather_return_exceptions(a, b));
	return coil_ok(NULL);
}

int main(void)
{
	queue = coil_queue_new(1);
	int status = coil_exit_status(coil_run(coil_coro(amain, NULL)));

	coil_release(queue);
	return status;
}
