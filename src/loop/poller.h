/* SPDX-License-Identifier: MIT
 *
 * The poller: which descriptors are ready, and waiting for one.
 *
 * A watch is a descriptor with its reader and its writer.  Polling collects the
 * watches that are ready in `fired`, in the order the kernel reports them; run_once
 * takes them from there.  None of the program's callbacks is run meanwhile.
 *
 * What waits is a driver (driver.h): libevent's or libuv's.  Two descriptors of the
 * poller's own end a wait: an eventfd, written by coil__poller_wake from another
 * thread, and a timerfd, because the libraries count in milliseconds, and libevent by a
 * clock that may stand still for four of them.
 *
 * Invariants: fired has room for every watch, so that collecting cannot fail;
 * watched counts the watches that have a reader or a writer, without those two.
 * Cost: nothing for a poll without waiting while no descriptor is watched;
 * otherwise one system call, and what the driver says.  To set the timer is expensive
 * (800 ns on a virtual machine), so what is ready at once is looked for before.
 */
#ifndef COIL_LOOP_POLLER_H
#define COIL_LOOP_POLLER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct driver;
struct handle;
struct poller;

enum { POLLER_READ = 1, POLLER_WRITE = 2 };

struct watch {
	struct poller *poller;
	void *state;           /* the driver's                                 */
	unsigned what;         /* POLLER_READ, POLLER_WRITE: what it is told   */
	int fd;
	bool ends_wait;        /* the poller's own, with nothing to report     */
	struct handle *reader; /* each with a reference, or NULL               */
	struct handle *writer;
};

struct fired {
	struct watch *watch;
	unsigned what;         /* POLLER_READ, POLLER_WRITE */
};

struct poller {
	const struct driver *driver; /* also of a poller that has ended             */
	void *state;              /* the driver's; NULL: it is not open          */
	struct watch waker;       /* an eventfd                                  */
	struct watch timer;       /* a timerfd                                   */
	bool timer_is_set;
	atomic_bool asleep;       /* the loop is in a wait that must be ended    */
	struct watch **watches;   /* by descriptor; entries may be NULL          */
	size_t size;              /* of watches                                  */
	size_t watched;
	struct fired *fired;      /* of the last poll                            */
	size_t fired_count, fired_capacity;
};

/* Result: 0, or an errno. */
int coil__poller_init(struct poller *poller, const struct driver *driver);
void coil__poller_fini(struct poller *poller);

/* Waits up to TIMEOUT seconds (negative: without end) unless MUST_NOT_SLEEP(ARG)
 * says at the last moment that there is work.  Result: how many fired, or -1 with
 * errno set. */
int coil__poller_poll(struct poller *poller, double timeout,
		      bool (*must_not_sleep)(void *arg), void *arg);

/* From any thread, after it has said what there is to do: is there a wait to be ended? */
static inline bool coil__poller_sleeps(struct poller *poller)
{
	return atomic_load(&poller->asleep);
}

/* From any thread: ends the wait, if there is one. */
void coil__poller_wake(struct poller *poller);

/* The watch of FD, made if MAKE; NULL if there is none, or no memory. */
struct watch *coil__poller_watch(struct poller *poller, int fd, bool make);

/* Watches now what WATCH has callbacks for.  Result: 0, or an errno, and it watches
 * what it did before. */
int coil__poller_update(struct watch *watch);

#endif
