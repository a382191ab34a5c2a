/* SPDX-License-Identifier: MIT
 *
 * The poller: which descriptors are ready, and waiting for one, by libevent.
 *
 * A watch is a descriptor with its reader and its writer.  Polling collects the
 * watches that are ready in `fired`, in the order libevent reports them; run_once
 * takes them from there.  libevent runs none of the program's callbacks.
 *
 * One libevent timer bounds the wait.  Another thread ends it by coil__poller_wake.
 *
 * Invariants: fired has room for every watch, so that collecting cannot fail;
 * watched counts the watches that have a reader or a writer.
 * Cost: nothing for a poll without waiting while no descriptor is watched;
 * otherwise one system call.
 */
#ifndef COIL_LOOP_POLLER_H
#define COIL_LOOP_POLLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct event;
struct event_base;
struct handle;
struct poller;

struct watch {
	struct poller *poller;
	struct event *event;   /* libevent's                                   */
	short what;            /* EV_READ, EV_WRITE: what it is told to watch  */
	struct handle *reader; /* each with a reference, or NULL               */
	struct handle *writer;
	int fd;
};

struct fired {
	struct watch *watch;
	short what;            /* EV_READ, EV_WRITE */
};

struct poller {
	struct event_base *base;
	struct event *timer;      /* bounds the wait                             */
	struct event *waker;      /* wake_fd, always watched                     */
	int wake_fd;              /* an eventfd                                  */
	atomic_bool asleep;       /* the loop is in a wait that must be ended    */
	struct watch **watches;   /* by descriptor; entries may be NULL          */
	size_t size;              /* of watches                                  */
	size_t watched;
	struct fired *fired;      /* of the last poll                            */
	size_t fired_count, fired_capacity;
};

/* Result: 0, or an errno. */
int coil__poller_init(struct poller *poller);
void coil__poller_fini(struct poller *poller);

/* "epoll" */
const char *coil__poller_method(const struct poller *poller);

/* Waits up to TIMEOUT seconds (negative: without end) unless MUST_NOT_SLEEP(ARG)
 * says at the last moment that there is work.  Result: how many fired, or -1 with
 * errno set. */
int coil__poller_poll(struct poller *poller, double timeout,
		      bool (*must_not_sleep)(void *arg), void *arg);

/* From any thread: ends the wait, if there is one. */
void coil__poller_wake(struct poller *poller);

/* The watch of FD, made if MAKE; NULL if there is none, or no memory. */
struct watch *coil__poller_watch(struct poller *poller, int fd, bool make);

/* Tells libevent what WATCH is to watch now.  Result: 0, or an errno, and it watches
 * what it did before. */
int coil__poller_update(struct watch *watch);

#endif
