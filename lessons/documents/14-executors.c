/* SPDX-License-Identifier: MIT
 *
 * The same function by three executors: a pool of threads, the loop's default one, and a
 * pool of processes.  What goes to another process, and comes back, is copied.
 */
#include <coil.h>
#include <stdio.h>

struct words {
	char a[16], b[16];
};

static coil_result func(void *arg)
{
	struct words *w = arg;
	char sum[sizeof(*w)];
	int length = snprintf(sum, sizeof(sum), "%s%s", w->a, w->b);

	return coil_bytes(sum, length + 1);
}

static coil_result print_func_by(coil_executor *executor)
{
	coil_result r = coil_await(coil_run_in_executor_copy(executor, func,
		&(struct words){ "Hello,", " world!" }));
	if (!r.error)
		puts(r.value);
	return r;
}

static coil_result amain(void *processes)
{
	coil_executor *threads = coil_thread_pool_executor(0, NULL);
	coil_result r = print_func_by(threads);

	if (!r.error)
		r = coil_loop_set_default_executor(coil_get_running_loop(), threads);
	if (!r.error)
		r = print_func_by(NULL);
	if (!r.error)
		r = print_func_by(processes);
	return r;
}

int main(void)
{
	coil_executor *processes = coil_process_pool_executor();
	int status = coil_exit_status(coil_run(coil_coro(amain, processes)));

	coil_executor_shutdown(processes, 0);
	return status;
}
