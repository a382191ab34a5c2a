/* SPDX-License-Identifier: MIT
 *
 * Pools of processes.  See process_pool.h and <coil/executor.h>.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "executor/executor.h"
#include "executor/process_pool.h"
#include "task/keep.h"
#include "trace/recorder.h"

/* ---- a worker ---------------------------------------------------------- */

static void *begin(void *data, unsigned number)
{
	struct process_pool *pool = data;
	struct process_worker *worker = &pool->workers[number];

	coil__worker_process_init(&worker->process, &pool->server);
	worker->options = &pool->options;
	return worker;
}

/* An ARG that is not copied is NULL: the class has flat arguments. */
static void run(void *state, struct job *job, struct parcel *result)
{
	struct process_worker *worker = state;
	const struct process_job task = {
		.function = job->function, .arg = job->arg, .id = job->id,
		.size = job->size == COIL_NOT_COPIED ? 0 : job->size, .site = job->site,
	};

	coil__worker_process_run(&worker->process, &task, worker->options->job_timeout, result);
	job->process = (uint32_t)worker->process.pid;
	if (worker->options->max_tasks_per_child &&
	    worker->process.jobs >= worker->options->max_tasks_per_child)
		coil__worker_process_end(&worker->process);
}

static void end(void *state)
{
	struct process_worker *worker = state;

	coil__worker_process_end(&worker->process);
}

/* ---- a pool ------------------------------------------------------------ */

static void free_pool(void *data)
{
	struct process_pool *pool = data;

	coil__process_server_stop(&pool->server);
	free(pool);
}

static const struct worker_class processes = {
	.kind = TRACE_EXECUTOR_PROCESSES, .flat_arguments = true,
	.begin = begin, .run = run, .end = end, .free = free_pool,
};

static struct process_pool *pool_new(const coil_process_pool_options *options,
				     const coil_site *site)
{
	struct process_pool *pool = calloc(1, sizeof(*pool) + options->max_workers *
					      sizeof(pool->workers[0]));
	int error;

	if (!pool)
		return coil__null_memory(site);
	pool->options = *options;
	error = coil__process_server_start(&pool->server);
	if (!error)
		return pool;
	free(pool);
	return error == ENOMEM ? coil__null_memory(site) :
	       coil__null(COIL_OS, site, "cannot make a process pool: %s", strerror(error));
}

coil_executor *coil_process_pool_executor_site(coil_process_pool_options options,
					       const coil_site *site)
{
	static atomic_uint made;
	struct process_pool *pool;
	struct executor *executor;
	char name[40];

	if (!(options.job_timeout >= 0))
		return coil__null(COIL_VALUE, site, "job_timeout must be >= 0");
	if (!options.max_workers)
		options.max_workers = coil__cpu_count();
	pool = pool_new(&options, site);
	if (!pool)
		return NULL;
	snprintf(name, sizeof(name), "ProcessPoolExecutor-%u", atomic_fetch_add(&made, 1));
	executor = coil__executor_new(&processes, pool, options.max_workers, name, site);
	if (!executor) {
		free_pool(pool);
		return NULL;
	}
	executor->object.owned = 1;
	return object_handle(executor);
}
