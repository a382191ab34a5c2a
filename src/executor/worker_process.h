/* SPDX-License-Identifier: MIT
 *
 * A worker process, as the program sees it: it is started, has one job at a time, and is
 * ended.  It belongs to one thread, a worker of the process pool, which blocks in each
 * of these calls.
 *
 * Whatever becomes of the process, a call gives an outcome: the job's, or
 * COIL_BROKEN_PROCESS_POOL with a message that tells what became of it.  Then the worker is
 * gone, reaped, its descriptors are closed, and the next job starts another.
 *
 * A job costs two system calls there and two back, and the switch to the worker and back.
 */
#ifndef COIL_EXECUTOR_WORKER_PROCESS_H
#define COIL_EXECUTOR_WORKER_PROCESS_H

#include "executor/process_server.h"
#include "executor/process_wire.h"

#include <coil/coroutine.h>

struct worker_process {
	struct process_server *server;
	int job, report;       /* descriptors (process_server.h); -1: there is none */
	unsigned life;         /* of the server that has it                      */
	uint64_t id;           /* the server's number for it                     */
	pid_t pid;             /* also when it has ended; 0: none was started    */
	uint32_t recording;    /* the generation that it records; 0: it does not */
	unsigned jobs;         /* that it has had                                */
};

struct process_job {
	coil_function function;
	const void *arg;       /* NULL, or SIZE bytes                            */
	size_t size;
	uint64_t id;           /* in the trace                                   */
	const coil_site *site; /* where it was submitted: the place of errors    */
};

/* There is no process yet; the first job starts one. */
void coil__worker_process_init(struct worker_process *worker,
			       struct process_server *server);

/* The job's outcome, to be freed.  TIMEOUT in seconds, 0: none. */
void coil__worker_process_run(struct worker_process *worker,
			      const struct process_job *job, double timeout,
			      struct parcel *outcome);

/* Lets the process go, and waits until it is gone. */
void coil__worker_process_end(struct worker_process *worker);

/* ---- what goes over the job's socket, from the program ---- */

enum { WORK_JOB, WORK_RECORD };

struct work_request {
	uint32_t what;
	uint32_t has_arg;      /* of a job                                       */
	coil_function function;
	uint64_t size;         /* of what follows: the argument; the struct
	                          recording_origin, or nothing: record no more   */
	uint64_t job;
	const coil_site *site; /* given back with errors                         */
};

#endif
