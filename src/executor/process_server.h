/* SPDX-License-Identifier: MIT
 *
 * The process server of a process pool: a process without threads that forks the pool's
 * workers, so that they are what the program was when the pool was made, whatever threads
 * and descriptors it has by then; and that reaps them.
 *
 *	program ---- control (SOCK_SEQPACKET) ----> server
 *	   |  \<---- report, a pipe per worker ----/   |
 *	   |                                         fork
 *	   `-------- job, a stream per worker ----> worker
 *
 * The program makes the job's socket and the report's pipe, and sends the far ends with
 * SERVER_START.  What becomes of that worker comes by its pipe, in this order:
 * SERVER_STARTED with its pid (or SERVER_FAILED with an errno), SERVER_ENDED with what
 * waitpid said of it; and the pipe's end without that: the server is gone.  So requests have
 * no answers on the control socket, and threads need not wait for each other.
 *
 * The server is forked by a thread of its own, that has the usual stack and nothing of
 * coil's: no running loop, no task, no context.  It stays that thread, and so do the
 * workers, wherever in the program (in which coroutine) the pool was made.
 *
 * The server goes, and all its workers, when the program closes the control socket, and
 * when the program ends, in whatever way.  If the server is killed, its workers are too;
 * a new one is started for the next worker.
 *
 * Of the program's descriptors server and workers keep standard output and error; all
 * others are /dev/null there.
 */
#ifndef COIL_EXECUTOR_PROCESS_SERVER_H
#define COIL_EXECUTOR_PROCESS_SERVER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdnoreturn.h>
#include <sys/types.h>

struct process_server {
	pthread_mutex_t lock; /* for the rest; held for a request, not for its answer */
	int control;          /* -1: there is none                               */
	pid_t pid;
	pid_t owner;          /* the program's: what it forks leaves the server alone */
	unsigned life;        /* counts the servers that there were              */
	uint64_t last_id;     /* of a worker                                     */
};

enum { SERVER_START, SERVER_KILL };

struct server_request {
	uint32_t what;
	uint32_t spare;
	uint64_t worker;      /* an id; START comes with two descriptors         */
};

enum { SERVER_STARTED, SERVER_FAILED, SERVER_ENDED };

struct server_report {
	int32_t what;
	int32_t value;        /* pid, errno, wait status                         */
};

/* Starts the server.  Result: 0, or an errno. */
int coil__process_server_start(struct process_server *server);

/* Ends it and all its workers, and waits until they are gone. */
void coil__process_server_stop(struct process_server *server);

/* Asks for a worker, which gets the descriptor JOB; REPORT is the writing end of its pipe.
 * Both stay the caller's.  Starts the server if there is none.  *LIFE is the server's that
 * was asked, *WORKER the worker's id there.  Result: 0, or an errno. */
int coil__process_server_ask(struct process_server *server, int job, int report,
			     unsigned *life, uint64_t *worker);

/* Kills the worker, if it is still there.  It will be reported as ended. */
void coil__process_server_kill(struct process_server *server, unsigned life,
			       uint64_t worker);

/* A report broke off, as when the server of that life is gone: then it is reaped, and the
 * next to ask starts another.  False if it is there yet: it could not take the pipe, for
 * want of descriptors. */
bool coil__process_server_gone(struct process_server *server, unsigned life);

/* ---- in the server, in the workers ---- */

/* The server's life (process_serve.c).  PROGRAM is who forked it. */
noreturn void coil__process_serve(int control, pid_t program);

/* A worker's life (process_work.c). */
noreturn void coil__process_work(int job, pid_t server);

#endif
