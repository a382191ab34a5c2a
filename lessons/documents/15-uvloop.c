/* SPDX-License-Identifier: MIT
 *
 * Another policy makes other loops, here on libuv, and the program stays the same.
 */
#include <coil.h>
#include <stdio.h>

static coil_result amain(void *unused)
{
	(void)unused;
	printf("Hello!\n");
	coil_result r = coil_sleep(0.1);
	if (r.error)
		return r;
	printf("Goodbye!\n");
	return coil_ok(NULL);
}

int main(void)
{
	coil_set_event_loop_policy(&coil_libuv_event_loop_policy);
	coil_loop *loop = coil_new_event_loop();

	if (!loop) { /* there is no libuv here */
		coil_set_event_loop_policy(NULL);
		loop = coil_new_event_loop();
	}
	int status = coil_exit_status(coil_loop_run_until_complete(loop, coil_coro(amain, NULL)));

	coil_loop_close(loop);
	return status;
}
