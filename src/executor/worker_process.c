/* SPDX-License-Identifier: MIT
 *
 * The program's side of a worker process.  See worker_process.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <coil/trace.h>

#include "executor/worker_process.h"
#include "trace/recording.h"

/* How long a process may take to end that has closed its socket, or whose socket was
 * closed; then it is killed. */
#define ENDING_MS 1000
#define WITHOUT_END (-1)
#define TIMEOUT_MOST 1e9 /* seconds; a limit above it is none */

void coil__worker_process_init(struct worker_process *worker, struct process_server *server)
{
	*worker = (struct worker_process){ .server = server, .job = -1, .report = -1 };
}

/* ---- the server's reports ----------------------------------------------- */

/* 0; ETIMEDOUT; EPIPE: there will be none. */
static int read_report(int fd, int ms, struct server_report *report)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	ssize_t n;

	do
		n = poll(&ready, 1, ms);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return ETIMEDOUT;
	do
		n = read(fd, report, sizeof(*report));
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*report) ? 0 : EPIPE;
}

static void close_pair(const int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void forget(struct worker_process *worker)
{
	shutdown(worker->job, SHUT_RDWR); /* for forks of the program that have it too */
	close(worker->job);
	close(worker->report);
	worker->job = worker->report = -1;
	worker->recording = 0;
}

/* ---- starting ----------------------------------------------------------- */

/* 0, or an errno; EPIPE: the server went meanwhile. */
static int await_start(struct worker_process *worker)
{
	struct server_report report;
	int error = read_report(worker->report, WITHOUT_END, &report);

	if (error)
		return coil__process_server_gone(worker->server, worker->life) ? EPIPE : EMFILE;
	if (report.what != SERVER_STARTED)
		return report.value;
	worker->pid = report.value;
	worker->jobs = 0;
	return 0;
}

static int start_once(struct worker_process *worker)
{
	int job[2], report[2], error;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, job) != 0)
		return errno;
	if (pipe2(report, O_CLOEXEC) != 0) {
		error = errno;
		close_pair(job);
		return error;
	}
	worker->job = job[0];
	worker->report = report[0];
	error = coil__process_server_ask(worker->server, job[1], report[1], &worker->life,
					 &worker->id);
	close(job[1]);
	close(report[1]);
	if (!error)
		error = await_start(worker);
	if (error)
		forget(worker);
	return error;
}

static int start(struct worker_process *worker)
{
	int error;

	worker->pid = 0;
	error = start_once(worker);
	return error == EPIPE ? start_once(worker) : error;
}

/* ---- what became of it -------------------------------------------------- */

enum fate { ENDED, KILLED_BY_US, WENT_WITH_SERVER };

/* Waits until it is gone, for MS; then kills it. */
static enum fate await_end(struct worker_process *worker, int ms, int *status)
{
	struct server_report report = { 0, 0 };
	int error = read_report(worker->report, ms, &report);
	bool late = error == ETIMEDOUT;

	if (late) {
		coil__process_server_kill(worker->server, worker->life, worker->id);
		error = read_report(worker->report, WITHOUT_END, &report);
	}
	*status = report.value;
	if (error) {
		coil__process_server_gone(worker->server, worker->life);
		return WENT_WITH_SERVER;
	}
	return late ? KILLED_BY_US : ENDED;
}

static void say(struct parcel *outcome, const coil_site *site, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		coil__parcel_error(outcome, COIL_BROKEN_PROCESS_POOL, site,
				   "worker process %d was killed by signal %d (%s)", pid,
				   WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		coil__parcel_error(outcome, COIL_BROKEN_PROCESS_POOL, site,
				   "worker process %d ended with status %d", pid,
				   WEXITSTATUS(status));
}

static void say_killed(struct parcel *outcome, const coil_site *site, pid_t pid, int error,
		       double timeout)
{
	if (error == ETIMEDOUT)
		coil__parcel_error(outcome, COIL_BROKEN_PROCESS_POOL, site,
				   "worker process %d did not answer within %g second%s, "
				   "and was killed", pid, timeout, timeout == 1 ? "" : "s");
	else
		coil__parcel_error(outcome, COIL_BROKEN_PROCESS_POOL, site,
				   "worker process %d %s, and was killed", pid,
				   error == EPIPE ? "closed its connection" :
				   error == EPROTO ? "answered what is no answer" :
				   strerror(error));
}

/* The exchange failed with ERROR: the worker goes, and OUTCOME tells why. */
static void lose(struct worker_process *worker, int error, double timeout,
		 const coil_site *site, struct parcel *outcome)
{
	int status;
	enum fate fate = await_end(worker, error == EPIPE ? ENDING_MS : 0, &status);

	if (fate == ENDED)
		say(outcome, site, worker->pid, status);
	else if (fate == KILLED_BY_US)
		say_killed(outcome, site, worker->pid, error, timeout);
	else
		coil__parcel_error(outcome, COIL_BROKEN_PROCESS_POOL, site,
				   "worker process %d went with its process server, which "
				   "was killed", worker->pid);
	forget(worker);
}

void coil__worker_process_end(struct worker_process *worker)
{
	int status;

	if (worker->job < 0)
		return;
	shutdown(worker->job, SHUT_RDWR);
	await_end(worker, ENDING_MS, &status);
	forget(worker);
}

/* ---- a job -------------------------------------------------------------- */

/* Tells the worker that what is recorded is another thing than it knows of. */
static int send_recording(struct worker_process *worker, const struct wire *wire)
{
	uint32_t now = coil__recording_now();
	struct recording_origin origin;
	struct work_request request = { .what = WORK_RECORD };
	struct iovec pieces[2] = { { &request, sizeof(request) }, { &origin, 0 } };

	if (now == worker->recording)
		return 0;
	if (coil__recording_origin(&origin))
		pieces[1].iov_len = request.size = sizeof(origin);
	worker->recording = now;
	return coil__wire_send(wire, pieces, 2);
}

static int send_job(const struct wire *wire, const struct process_job *job)
{
	struct work_request request = {
		.what = WORK_JOB, .has_arg = job->arg != NULL, .function = job->function,
		.size = job->arg ? job->size : 0, .job = job->id,
		.site = job->site,
	};
	struct iovec pieces[2] = { { &request, sizeof(request) },
				   { (void *)(uintptr_t)job->arg, (size_t)request.size } };

	return coil__wire_send(wire, pieces, 2);
}

static int64_t deadline_of(double timeout)
{
	if (!(timeout > 0 && timeout < TIMEOUT_MOST))
		return 0;
	return coil__wire_now() + (int64_t)(timeout * 1e9);
}

/* Without a whole request no worker begins: one that was gone before may be replaced. */
static int begin(struct worker_process *worker, const struct process_job *job,
		 double timeout, struct wire *wire)
{
	int error;

	*wire = (struct wire){ worker->job, worker->report, deadline_of(timeout) };
	error = send_recording(worker, wire);
	if (!error)
		error = send_job(wire, job);
	worker->jobs++;
	return error;
}

static bool has_started(struct worker_process *worker, const struct process_job *job,
			struct parcel *outcome)
{
	int error = worker->job < 0 ? start(worker) : 0;

	if (error)
		coil__parcel_error(outcome, COIL_OS, job->site,
				   "cannot start a worker process: %s",
				   error == EPIPE ? "the process server ended" :
				   strerror(error));
	return !error;
}

void coil__worker_process_run(struct worker_process *worker, const struct process_job *job,
			      double timeout, struct parcel *outcome)
{
	struct wire wire;
	int error;

	if (!has_started(worker, job, outcome))
		return;
	error = begin(worker, job, timeout, &wire);
	if (error == EPIPE) {
		coil__worker_process_end(worker);
		if (!has_started(worker, job, outcome))
			return;
		error = begin(worker, job, timeout, &wire);
	}
	if (!error)
		error = coil__wire_receive_parcel(&wire, outcome);
	if (error)
		lose(worker, error, timeout, job->site, outcome);
}
