/* SPDX-License-Identifier: MIT
 *
 * A lock: what two tasks must not do at the same time, they do one after the other.
 *
 *	async def worker(name):
 *	    print(f"{name} wants the lock")
 *	    async with lock:
 *	        print(f"{name} has the lock")
 *	        await asyncio.sleep(1)
 *	    print(f"{name} is done after {loop.time() - start:.1f} s")
 *
 *	async def main():
 *	    await asyncio.gather(worker("AAA"), worker("BBB"))
 *
 *	lock = asyncio.Lock()
 *	asyncio.run(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_lock *lock;
static double start;

static coil_result worker(void *arg)
{
	const char *name = arg;

	printf("%s wants the lock\n", name);
	coil_result r = coil_lock_acquire(lock);
	if (r.error)
		return r;
	printf("%s has the lock\n", name);
	r = coil_sleep(1);
	coil_lock_release(lock);
	if (r.error)
		return r;
	printf("%s is done after %.1f s\n", name, coil_time() - start);
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	(void)unused;
	start = coil_time();
	return coil_await(coil_gather(coil_coro(worker, "AAA"),
	                              coil_coro(worker, "BBB")));
}

int main(void)
{
	lock = coil_lock_new();
	int status = coil_exit_status(coil_run(coil_coro(amain, NULL)));

	coil_release(lock);
	return status;
}
