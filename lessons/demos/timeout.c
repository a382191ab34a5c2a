/* SPDX-License-Identifier: MIT
 *
 * Limits of time: what takes too long is cancelled, and a TimeoutError comes instead.
 *
 *	async def fetch():
 *	    await asyncio.sleep(2)
 *	    return 200
 *
 *	async def main():
 *	    try:
 *	        await asyncio.wait_for(fetch(), timeout=0.5)
 *	    except TimeoutError:
 *	        print("wait_for: too late")
 *	    try:
 *	        async with asyncio.timeout(1):
 *	            await asyncio.sleep(2)
 *	    except TimeoutError:
 *	        print("timeout: too late")
 *	    print("in time:", await asyncio.wait_for(fetch(), timeout=3))
 *
 *	asyncio.run(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_result fetch(void *unused)
{
	(void)unused;
	coil_result r = coil_sleep(2);
	return r.error ? r : coil_number(200);
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_result r = coil_wait_for(coil_coro(fetch, NULL), 0.5);
	if (r.error == COIL_TIMEOUT)
		printf("wait_for: too late\n");

	coil_timeout *timeout = coil_timeout_new(1);
	r = coil_timeout_enter(timeout);
	if (!r.error)
		r = coil_sleep(2);
	r = coil_timeout_exit(timeout, r);
	if (r.error == COIL_TIMEOUT)
		printf("timeout: too late\n");

	r = coil_wait_for(coil_coro(fetch, NULL), 3);
	if (r.error)
		return r;
	printf("in time: %d\n", (int)r.number);
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
