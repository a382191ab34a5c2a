/* SPDX-License-Identifier: MIT
 *
 * Two words, a second apart: a coroutine, and the loop that runs it, in the shortest way.
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
		return r; /* cancelled: pass it on */
	print_with_time("Goodbye!");
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
