/* SPDX-License-Identifier: MIT
 *
 * Debug mode tells of callbacks, and of steps of tasks, that hold the loop up for too
 * long: 100 ms, if the program says nothing else.
 */
#include <coil.h>
#include <unistd.h>

static coil_result callback(void *unused)
{
	(void)unused;
	usleep(150000);
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	coil_loop *loop = coil_get_running_loop();

	(void)unused;
	coil_loop_call_soon(loop, callback, NULL); /* logged: over 100 ms */
	coil_result r = coil_sleep(0);
	if (r.error)
		return r;
	coil_loop_set_slow_callback_duration(loop, 10);
	coil_loop_call_soon(loop, callback, NULL); /* not logged */
	r = coil_sleep(0);
	if (r.error)
		return r;
	coil_loop_set_slow_callback_duration(loop, 0.1);
	return callback(NULL); /* logged: a step of a task is a callback too */
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL), .debug = COIL_DEBUG_ON));
}
