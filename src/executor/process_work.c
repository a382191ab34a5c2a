/* SPDX-License-Identifier: MIT
 *
 * What a worker process does: jobs, one after the other, until the program closes the
 * socket.  See worker_process.h.
 *
 * It is the only thread of its process.  It has the signal handlers that exec would leave
 * it, but ignores SIGINT: Ctrl-C goes to all processes of the terminal, and it is for the
 * program to decide what becomes of its jobs.  It goes with its server (SIGKILL).
 *
 * It ends by _exit: what the program wants done at its exit is not done here, also if a job
 * calls exit().
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "coroutine/overflow.h"
#include "executor/job.h"
#include "executor/worker_process.h"
#include "trace/recording.h"

/* ---- beginning and end -------------------------------------------------- */

static noreturn void leave(int status)
{
	fflush(NULL);
	coil__recording_exit();
	_exit(status);
}

/* Before the handlers that the program has installed, which are not called. */
static void on_exit_of_job(int status, void *unused)
{
	(void)unused;
	leave(status);
}

/* The server has left only what is ignored or default, and all blocked. */
static void take_signals(void)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	coil__overflow_forget();
	sigemptyset(&none);
	pthread_sigmask(SIG_SETMASK, &none, NULL);
}

static void go_with(pid_t server)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != server)
		_exit(EXIT_FAILURE);
}

/* ---- a job -------------------------------------------------------------- */

/* Lists are objects of this process. */
static void refuse_list(struct parcel *parcel, const coil_site *site)
{
	coil__parcel_free(parcel);
	coil__parcel_error(parcel, COIL_TYPE, site,
			   "a job in a worker process cannot return a list: only numbers "
			   "and coil_bytes()");
}

static void run(const struct work_request *request, void *arg, struct parcel *parcel)
{
	struct job job = { .function = request->function, .arg = arg,
			   .size = COIL_NOT_COPIED };

	*parcel = (struct parcel){ .size = 0 };
	coil__job_run(NULL, &job, parcel);
	if (parcel->items && !parcel->result.error)
		refuse_list(parcel, request->site);
}

/* What it has printed comes before its result.  The program records begin and end, too: also
 * of jobs that end with their process. */
static int run_job(const struct wire *wire, const struct work_request *request, void *arg)
{
	struct parcel parcel;
	int error;

	TRACE_NOW(JOB_BEGIN, 0, .job = request->job);
	run(request, arg, &parcel);
	TRACE_NOW(JOB_END, parcel.result.error ? TRACE_OUTCOME_EXCEPTION : TRACE_OUTCOME_RESULT,
		  .job = request->job, .error = (uint32_t)parcel.result.error);
	fflush(NULL);
	error = coil__wire_send_parcel(wire, &parcel);
	coil__parcel_free(&parcel);
	return error;
}

/* ---- requests ----------------------------------------------------------- */

static int refuse_job(const struct wire *wire, uint64_t size)
{
	struct parcel parcel = { .result.error = COIL_MEMORY };
	int error = coil__wire_skip(wire, size);

	return error ? error : coil__wire_send_parcel(wire, &parcel);
}

static int take_job(const struct wire *wire, const struct work_request *request)
{
	void *arg;
	int error;

	if (!request->has_arg)
		return run_job(wire, request, NULL);
	arg = malloc(request->size ? (size_t)request->size : 1);
	if (!arg)
		return refuse_job(wire, request->size);
	error = coil__wire_receive(wire, arg, (size_t)request->size);
	if (!error)
		error = run_job(wire, request, arg);
	free(arg);
	return error;
}

static int take_recording(const struct wire *wire, const struct work_request *request)
{
	struct recording_origin origin;
	int error = 0;

	if (request->size)
		error = coil__wire_receive(wire, &origin, sizeof(origin));
	if (!error)
		coil__recording_follow(request->size ? &origin : NULL);
	return error;
}

noreturn void coil__process_work(int job, pid_t server)
{
	const struct wire wire = { .fd = job, .watch = -1 };
	struct work_request request;
	int error = 0;

	go_with(server);
	prctl(PR_SET_NAME, "coil-worker");
	coil__recording_follow(NULL);
	take_signals();
	if (on_exit(on_exit_of_job, NULL) != 0)
		_exit(EXIT_FAILURE);
	while (!error && coil__wire_receive(&wire, &request, sizeof(request)) == 0)
		error = request.what == WORK_JOB ? take_job(&wire, &request) :
						   take_recording(&wire, &request);
	leave(EXIT_SUCCESS);
}
