/* SPDX-License-Identifier: MIT
 *
 * A user's program, for the test of the installation.
 */
#include <coil.h>
#include <stdio.h>

static coil_result answer(void *arg)
{
	const int *number = arg;
	coil_result r = coil_sleep(1);

	return r.error ? r : coil_number(*number);
}

static coil_result amain(void *unused)
{
	int six = 6, seven = 7;
	coil_result r = coil_await(coil_gather(coil_coro(answer, &six),
	                                       coil_coro(answer, &seven)));
	const coil_list *list = r.value;

	(void)unused;
	return r.error ? r : coil_number(list->items[0].number * list->items[1].number);
}

int main(void)
{
	coil_result r = coil_run(coil_coro(amain, NULL));

	if (!r.error)
		printf("%d from C, coil %s\n", (int)r.number, coil_version());
	return coil_exit_status(r);
}
