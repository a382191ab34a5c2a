/* SPDX-License-Identifier: MIT
 *
 * A function that blocks runs in a thread of the loop's default executor, and the
 * loop goes on meanwhile.
 */
#include <coil.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static void print_with_time(const char *words)
{
	time_t now = time(NULL);
	char text[26];

	printf("%.24s %s\n", ctime_r(&now, text), words);
}

static coil_result blocking(void *unused)
{
	(void)unused;
	usleep(500000);
	print_with_time("Hello from a thread!");
	return coil_ok(NULL);
}

static coil_result amain(void *unused)
{
	(void)unused;
	print_with_time("Hello!");
	coil_result r = coil_await(coil_run_in_executor(NULL, blocking, NULL));
	if (r.error)
		return r;
	r = coil_sleep(1.0);
	if (r.error)
		return r;
	print_with_time("Goodbye!");
	return coil_ok(NULL);
}

int main(void)
{
	return coil_exit_status(coil_run(coil_coro(amain, NULL)));
}
