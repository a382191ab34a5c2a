/* SPDX-License-Identifier: MIT
 *
 * A coroutine that awaits another, written twice: as await does it, and as the older
 * generator kind does with yield from.  Neither makes a task: main runs it all.
 *
 *	async def func():
 *	    return "Hello, world!"
 *
 *	async def native():
 *	    print(await func())
 *
 *	@types.coroutine
 *	def old_func():
 *	    return "Hello, world!"
 *	    yield
 *
 *	@types.coroutine
 *	def old():
 *	    result = yield from old_func()
 *	    print(result)
 *
 *	async def main():
 *	    await native()
 *	    await old()
 *
 *	asyncio.run(main())
 */
#include <coil.h>
#include <stdio.h>

static coil_result func(void *unused)
{
	(void)unused;
	return coil_ok("Hello, world!");
}

static coil_result native(void *unused)
{
	(void)unused;
	coil_result r = coil_await(coil_coro(func, NULL));
	if (r.error)
		return r;
	printf("%s\n", (const char *)r.value);
	return coil_ok(NULL);
}

COIL_GENERATOR(old_func)
{
	COIL_BEGIN;
	COIL_END(coil_ok("Hello, world!"));
}

COIL_GENERATOR(old)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_generator(old_func, NULL));
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	printf("%s\n", (const char *)COIL_SENT.value);
	COIL_END(coil_ok(NULL));
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_result r = coil_await(coil_coro(native, NULL));
	if (r.error)
		return r;
	return coil_await(coil_generator(old, NULL));
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
