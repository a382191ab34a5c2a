/* SPDX-License-Identifier: MIT
 *
 * A pool of processes: a pool of threads (thread_pool.h), each of which has a worker process
 * (worker_process.h) and does nothing but give it jobs and wait for their results.  So
 * jobs are queued, cancelled and named, and workers added, as in a pool of threads.
 *
 * A thread's process is started for its first job, and for the first after it was lost, or
 * had max_tasks_per_child jobs.
 *
 * A job costs, beside what it costs in a pool of threads, four system calls and two switches
 * to and from the process; a worker, a fork.
 */
#ifndef COIL_EXECUTOR_PROCESS_POOL_H
#define COIL_EXECUTOR_PROCESS_POOL_H

#include <coil/executor.h>

#include "executor/worker_process.h"

struct process_worker {
	struct worker_process process;
	const coil_process_pool_options *options;
};

struct process_pool {
	struct process_server server;
	coil_process_pool_options options;
	struct process_worker workers[]; /* max_workers of them */
};

#endif
