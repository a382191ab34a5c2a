/* SPDX-License-Identifier: MIT
 *
 * A coroutine that awaits another, written twice: as await does it, and as the older
 * generator kind does with yield from.  Awaiting makes no task: it is a call.
 */
#include <coil.h>
#include <stdio.h>

static coil_result func(void *unused)
{
	(void)unused;
	return coil_ok("Hello, world!");
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_result r = coil_await(coil_coro(func, NULL));
	if (r.error)
		return r;
	puts(r.value);
	return coil_ok(NULL);
}

COIL_GENERATOR(old_func)
{
	COIL_BEGIN;
	COIL_END(coil_ok("Hello, world!"));
}

COIL_GENERATOR(old_main)
{
	COIL_BEGIN;
	COIL_YIELD_FROM(coil_generator(old_func, NULL));
	if (COIL_SENT.error)
		COIL_RETURN(COIL_SENT);
	puts(COIL_SENT.value);
	COIL_END(coil_ok(NULL));
}

int main(void)
{
	coil_loop *loop = coil_get_event_loop();
	coil_result r = coil_loop_run_until_complete(loop, coil_coro(amain, NULL));

	if (!r.error)
		r = coil_loop_run_until_complete(loop, coil_generator(old_main, NULL));
	int status = coil_exit_status(r);

	coil_loop_close(loop);
	return status;
}
