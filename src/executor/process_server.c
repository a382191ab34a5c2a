/* SPDX-License-Identifier: MIT
 *
 * The program's side of the process server.  See process_server.h.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/thread.h"
#include "executor/process_server.h"
#include "trace/recording.h"

#define ENDING_MS 500

/* ---- starting ---------------------------------------------------------- */

struct birth {
	int ends[2]; /* the program's, the server's */
	pid_t program, pid;
	int error;
};

static void *fork_server(void *arg)
{
	struct birth *birth = arg;

	thread_register(); /* so that coil is told of the fork */
	coil__fork_unrecorded = true;
	birth->pid = fork();
	if (birth->pid == 0) {
		close(birth->ends[0]);
		coil__process_serve(birth->ends[1], birth->program);
	}
	birth->error = birth->pid < 0 ? errno : 0;
	return NULL;
}

/* With all signals blocked: no handler of the program is to run in the server, before
 * that has done with them. */
static int fork_in_thread(struct birth *birth)
{
	pthread_t thread;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	error = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (error)
		return error;
	error = pthread_create(&thread, NULL, fork_server, birth);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return error;
	pthread_join(thread, NULL);
	return birth->error;
}

/* Under the lock, as all that follows. */
static int start(struct process_server *server)
{
	struct birth birth = { .program = getpid() };
	int error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, birth.ends) != 0)
		return errno;
	error = fork_in_thread(&birth);
	close(birth.ends[1]);
	if (error) {
		close(birth.ends[0]);
		return error;
	}
	server->control = birth.ends[0];
	server->pid = birth.pid;
	server->life++;
	return 0;
}

int coil__process_server_start(struct process_server *server)
{
	int error;

	*server = (struct process_server){ .control = -1, .owner = getpid() };
	error = pthread_mutex_init(&server->lock, NULL);
	if (error)
		return error;
	error = start(server);
	if (error)
		pthread_mutex_destroy(&server->lock);
	return error;
}

/* ---- ending ------------------------------------------------------------ */

/* Forks of the program may have the control socket too: it is shut down for all.  It is no
 * error if somebody else has reaped the server. */
static void end(struct process_server *server)
{
	if (server->control < 0)
		return;
	shutdown(server->control, SHUT_RDWR);
	close(server->control);
	server->control = -1;
	while (waitpid(server->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

void coil__process_server_stop(struct process_server *server)
{
	if (server->owner == getpid())
		end(server);
	else if (server->control >= 0)
		close(server->control);
	pthread_mutex_destroy(&server->lock);
}

/* A process that ends closes its descriptors one by one: the control socket may be the
 * last, but is not long in coming. */
static bool has_ended(const struct process_server *server)
{
	struct pollfd fd = { .fd = server->control, .events = POLLIN };

	return poll(&fd, 1, ENDING_MS) > 0;
}

bool coil__process_server_gone(struct process_server *server, unsigned life)
{
	bool gone;

	pthread_mutex_lock(&server->lock);
	gone = server->life != life || server->control < 0 || has_ended(server);
	if (gone && server->life == life)
		end(server);
	pthread_mutex_unlock(&server->lock);
	return gone;
}

/* ---- requests ---------------------------------------------------------- */

/* With COUNT descriptors. */
static int request(const struct process_server *server, uint32_t what, uint64_t worker,
		   const int *fds, size_t count)
{
	struct server_request body = { .what = what, .worker = worker };
	struct iovec piece = { &body, sizeof(body) };
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	if (count) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
		memset(&control, 0, sizeof(control));
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	}
	while (sendmsg(server->control, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return errno;
	return 0;
}

static int ask(struct process_server *server, const int fds[2], unsigned *life,
	       uint64_t *worker)
{
	int error = server->control < 0 ? start(server) : 0;

	if (error)
		return error;
	*life = server->life;
	*worker = ++server->last_id;
	return request(server, SERVER_START, *worker, fds, 2);
}

int coil__process_server_ask(struct process_server *server, int job, int report,
			     unsigned *life, uint64_t *worker)
{
	const int fds[2] = { job, report };
	int error;

	pthread_mutex_lock(&server->lock);
	error = ask(server, fds, life, worker);
	if (error == EPIPE || error == ECONNRESET) { /* it was killed meanwhile */
		end(server);
		error = ask(server, fds, life, worker);
	}
	pthread_mutex_unlock(&server->lock);
	return error;
}

/* If this fails the server is gone, and the worker with it. */
void coil__process_server_kill(struct process_server *server, unsigned life,
			       uint64_t worker)
{
	pthread_mutex_lock(&server->lock);
	if (server->life == life && server->control >= 0)
		(void)request(server, SERVER_KILL, worker, NULL, 0);
	pthread_mutex_unlock(&server->lock);
}
