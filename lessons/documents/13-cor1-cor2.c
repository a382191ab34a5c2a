/* SPDX-License-Identifier: MIT
 *
 * Two coroutines that run at the same time, each at its own pace.  They take 15 seconds;
 * with COIL_CLOCK=virtual, none.
 */
#include <coil.h>
#include <stdio.h>

static coil_result cor1(void *unused)
{
	(void)unused;
	printf("cor1 start\n");
	for (int i = 0; i < 10; i++) {
		coil_result r = coil_sleep(1.5);
		if (r.error)
			return r;
		printf("cor1 %d\n", i);
	}
	return coil_ok(NULL);
}

static coil_result cor2(void *unused)
{
	(void)unused;
	printf("cor2 start\n");
	for (int i = 0; i < 15; i++) {
		coil_result r = coil_sleep(1);
		if (r.error)
			return r;
		printf("cor2 %d\n", i);
	}
	return coil_ok(NULL);
}

static coil_result cors(void *tasks)
{
	return coil_wait(tasks, 2, COIL_NO_TIMEOUT, COIL_ALL_COMPLETED);
}

int main(void)
{
	coil_loop *loop = coil_get_event_loop();
	coil_task *tasks[] = {
		coil_loop_create_task(loop, coil_coro(cor1, NULL)),
		coil_loop_create_task(loop, coil_coro(cor2, NULL)),
	};
	coil_result r = coil_loop_run_until_complete(loop, coil_coro(cors, tasks));
	int status = coil_exit_status(r);

	coil_release(tasks[0]); /* wait does not take them over */
	coil_release(tasks[1]);
	coil_loop_close(loop);
	return status;
}
