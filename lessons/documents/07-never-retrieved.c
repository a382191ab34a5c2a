/* SPDX-License-Identifier: MIT
 *
 * The error of a task that nobody awaits is not lost: it is reported when the task
 * goes, and with COIL_DEBUG=1 also where the task was made.
 */
#include <coil.h>

static coil_result bug(void *unused)
{
	(void)unused;
	return coil_raise(COIL_EXCEPTION, "not consumed");
}

static coil_result amain(void *unused)
{
	(void)unused;
	coil_create_task(coil_coro(bug, NULL));
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
