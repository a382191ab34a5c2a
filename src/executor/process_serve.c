/* SPDX-License-Identifier: MIT
 *
 * What the process server does: forks workers, reaps them, reports.  See
 * process_server.h.
 *
 * All signals are blocked here, and two are read from a signalfd: SIGCHLD, when a worker has
 * ended, and SIGHUP, when a thread of the program has that was the server's parent.  The next
 * is another thread, unless the program has ended: getppid() tells.  That is seen as the end
 * of the control socket, too, but not if forks of the program have it open.
 *
 * Invariant: a worker is in the table from its fork until it is reaped; so its pid is its
 * own for as long, and killing it can hit nobody else.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "executor/process_server.h"

struct worker {
	uint64_t id;
	pid_t pid;
	int report;
};

struct server {
	int control, signals; /* descriptors */
	pid_t program;
	struct worker *workers;
	size_t count, capacity;
};

/* ---- leaving what is the program's -------------------------------------- */

/* Each descriptor but the standard ones and KEEP becomes /dev/null; and there goes what the
 * program has in its streams: it is the program's to write, and would be written again when
 * a worker flushes what a job has printed.
 *
 * They are not closed: a number that is used again would be taken for theirs by streams, and
 * by libraries, some of which close what they know when the server forks a worker. */
static void leave_descriptors(int keep)
{
	const struct dirent *entry;
	DIR *dir;

	close(STDIN_FILENO);
	if (open("/dev/null", O_RDWR) != STDIN_FILENO)
		_exit(EXIT_FAILURE);
	dir = opendir("/proc/self/fd");
	if (!dir)
		_exit(EXIT_FAILURE);
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd != keep && fd != dirfd(dir))
			(void)dup3(STDIN_FILENO, fd, O_CLOEXEC); /* fails if a checker's */
	}
	closedir(dir);
	__fpurge(stdout);
	__fpurge(stderr);
	fflush(NULL);
}

/* The program's handlers, as exec would leave them. */
static void leave_handlers(void)
{
	struct sigaction action;

	for (int signo = 1; signo < NSIG; signo++) {
		if (sigaction(signo, NULL, &action) != 0)
			continue; /* there is no such signal */
		if (action.sa_handler != SIG_IGN || signo == SIGCHLD)
			signal(signo, SIG_DFL);
	}
}

static int watch(void)
{
	sigset_t signals;

	if (prctl(PR_SET_PDEATHSIG, SIGHUP) != 0)
		return -1;
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGHUP);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* ---- reports ------------------------------------------------------------ */

/* If nobody listens any more, nobody wants to know. */
static void report(int fd, int what, int value)
{
	struct server_report body = { .what = what, .value = value };

	while (write(fd, &body, sizeof(body)) < 0 && errno == EINTR)
		;
}

static struct worker *worker_of(struct server *server, pid_t pid)
{
	for (size_t i = 0; i < server->count; i++)
		if (server->workers[i].pid == pid)
			return &server->workers[i];
	return NULL;
}

static void worker_ended(struct server *server, struct worker *worker, int status)
{
	report(worker->report, SERVER_ENDED, status);
	close(worker->report);
	*worker = server->workers[--server->count];
}

static void reap(struct server *server, int flags)
{
	struct worker *worker;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, flags)) > 0 || (pid < 0 && errno == EINTR)) {
		worker = worker_of(server, pid);
		if (worker)
			worker_ended(server, worker, status);
	}
}

/* ---- requests ----------------------------------------------------------- */

static bool has_room(struct server *server)
{
	size_t capacity = server->capacity ? 2 * server->capacity : 8;
	struct worker *more;

	if (server->count < server->capacity)
		return true;
	more = realloc(server->workers, capacity * sizeof(*more));
	if (!more)
		return false;
	server->workers = more;
	server->capacity = capacity;
	return true;
}

/* In the worker: the server's descriptors are not its own. */
static noreturn void begin_work(const struct server *server, int job, pid_t parent)
{
	close(server->control);
	close(server->signals);
	for (size_t i = 0; i < server->count; i++)
		close(server->workers[i].report);
	coil__process_work(job, parent);
}

static void keep_worker(struct server *server, struct worker worker)
{
	server->workers[server->count++] = worker;
	report(worker.report, SERVER_STARTED, worker.pid);
}

/* When the program hears of it the worker alone has the socket: so its end is that of the
 * worker. */
static void start_worker(struct server *server, uint64_t id, int job, int report_fd)
{
	pid_t self = getpid();
	pid_t pid = has_room(server) ? fork() : -1;
	int error = errno;

	if (pid == 0) {
		close(report_fd);
		begin_work(server, job, self);
	}
	close(job);
	if (pid > 0) {
		keep_worker(server, (struct worker){ id, pid, report_fd });
	} else {
		report(report_fd, SERVER_FAILED, error);
		close(report_fd);
	}
}

static void kill_worker(const struct server *server, uint64_t id)
{
	for (size_t i = 0; i < server->count; i++)
		if (server->workers[i].id == id)
			kill(server->workers[i].pid, SIGKILL);
}

/* The descriptors that came with a message. */
static size_t take_descriptors(struct msghdr *message, int fds[2])
{
	const struct cmsghdr *head = CMSG_FIRSTHDR(message);
	size_t count;

	if (!head || head->cmsg_type != SCM_RIGHTS)
		return 0;
	count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(fds, CMSG_DATA(head), count * sizeof(int));
	return count;
}

/* False at the end of the control socket. */
static bool obey(struct server *server)
{
	struct server_request body;
	struct iovec piece = { &body, sizeof(body) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(server->control, &message, MSG_CMSG_CLOEXEC);
	int fds[2];
	size_t count;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	count = take_descriptors(&message, fds);
	if (body.what == SERVER_START && count == 2) {
		start_worker(server, body.worker, fds[0], fds[1]);
		return true;
	}
	for (size_t i = 0; i < count; i++) /* not both could be had: their closing tells */
		close(fds[i]);
	if (body.what == SERVER_KILL)
		kill_worker(server, body.worker);
	return true;
}

/* ---- life --------------------------------------------------------------- */

static void serve(struct server *server)
{
	struct signalfd_siginfo info;
	struct pollfd fds[] = {
		{ .fd = server->control, .events = POLLIN },
		{ .fd = server->signals, .events = POLLIN },
	};

	while (getppid() == server->program) {
		if (poll(fds, 2, -1) < 0)
			continue;
		while (read(server->signals, &info, sizeof(info)) > 0)
			; /* one may stand for several */
		reap(server, WNOHANG);
		if (fds[0].revents && !obey(server))
			break;
	}
}

noreturn void coil__process_serve(int control, pid_t program)
{
	struct server server = { .control = control, .program = program };

	leave_handlers();
	leave_descriptors(control);
	prctl(PR_SET_NAME, "coil-processes");
	server.signals = watch();
	if (server.signals >= 0)
		serve(&server);
	for (size_t i = 0; i < server.count; i++)
		kill(server.workers[i].pid, SIGKILL);
	reap(&server, 0);
	_exit(server.signals < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}
