/* SPDX-License-Identifier: MIT
 *
 * A coroutine that is called and not awaited never runs.  coil says so, and with
 * COIL_DEBUG=1 also by which calls it was made.
 */
#include <coil.h>
#include <stdio.h>

static coil_result test(void *unused)
{
	(void)unused;
	printf("never scheduled\n");
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_coro(test, NULL);
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
