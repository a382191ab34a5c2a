/* SPDX-License-Identifier: MIT
 *
 * The same as 02-hello, without coil_run: a loop, a task, and the end of both.
 */
#include <coil.h>
#include <stdio.h>
#include <time.h>

static void print_with_time(const char *word)
{
	time_t now = time(NULL);

	printf("%.24s %s\n", ctime(&now), word);
}

static coil_result amain(void *unused)
{
	(void)unused;
	print_with_time("Hello!");
	coil_result r = coil_sleep(1.0);
	if (r.error)
		return r;
	print_with_time("Goodbye!");
	return coil_ok(NULL);
}

int main(void)
{
	coil_loop *loop = coil_get_event_loop();
	coil_task *task = coil_loop_create_task(loop, coil_coro(amain, NULL));
	int status = coil_exit_status(coil_loop_run_until_complete(loop, task));

	coil_loop_close(loop);
	return status;
}
