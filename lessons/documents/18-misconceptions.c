/* SPDX-License-Identifier: MIT
 *
 * What asyncio is not: it runs nothing in parallel.  What blocks holds up all others,
 * what waits does not; and work for the CPU goes to other threads or processes.
 */
#include <coil.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* A blocking function: nothing else runs until it returns. */
static coil_result blocks(void *arg)
{
	const char *name = arg;

	printf("%s begins\n", name);
	usleep(100000);
	printf("%s ends\n", name);
	return coil_ok(NULL);
}

/* A coroutine that waits: the others run meanwhile. */
static coil_result waits(void *arg)
{
	const char *name = arg;

	printf("%s begins\n", name);
	coil_result r = coil_sleep(0.1);
	if (r.error)
		return r;
	printf("%s ends\n", name);
	return coil_ok(NULL);
}

/* Work for the CPU: it neither blocks nor waits, if another process does it. */
static int64_t fibonacci(int64_t n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static coil_result fibonacci_job(void *arg)
{
	int *n = arg;

	return coil_number(fibonacci(*n));
}

static coil_result amain(void *processes)
{
	coil_result r = coil_await(coil_gather(coil_coro(blocks, "A"), coil_coro(blocks, "B")));
	if (r.error)
		return r;
	r = coil_await(coil_gather(coil_coro(waits, "C"), coil_coro(waits, "D")));
	if (r.error)
		return r;
	r = coil_await(coil_gather(
		coil_run_in_executor_copy(processes, fibonacci_job, &(int){ 20 }),
		coil_run_in_executor_copy(processes, fibonacci_job, &(int){ 21 }),
		coil_coro(waits, "E")));
	if (r.error)
		return r;
	const coil_list *numbers = r.value;
	printf("[%" PRId64 ", %" PRId64 "]\n", numbers->items[0].number,
	       numbers->items[1].number);
	return coil_ok(NULL);
}

int main(void)
{
	coil_executor *processes = coil_process_pool_executor();
	int status = coil_exit_status(coil_run(coil_coro(amain, processes)));

	coil_executor_shutdown(processes, 0);
	return status;
}
