/* SPDX-License-Identifier: MIT
 *
 * The driver on libuv: a uv_poll_t for each watch, a uv_timer_t that bounds the wait.
 *
 * libuv ends the process where others give an error: it tells the kernel what to watch
 * only when it waits, and aborts if the kernel refuses; so it does if it gets no memory
 * for its table of descriptors, or no pipe for the first loop of the process.  All of
 * this is asked before, and refused as an error:
 *  - a descriptor is put into libuv's epoll here, where an error can be returned; when
 *    libuv adds it, it finds it there.  Before the wait it is looked whether it still
 *    is: it may have been closed since.  (If another thread closes it in between, libuv
 *    aborts.)
 *  - uv_poll_init makes the descriptor non-blocking.  It is given back as it was.
 *
 * libuv's clock has milliseconds.  The wait is rounded up to whole ones, as libevent and
 * asyncio do, and goes on if libuv's clock, which may be behind or a part of a
 * millisecond ahead, ends it too early.
 *
 * Cost: a wait is one epoll_wait and a clock read or two, with a timeout six; a change
 * of what is watched two to five epoll_ctl.
 */
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <uv.h>

#include "loop/driver.h"

#define NS_PER_MS 1000000u

struct libuv;

/* A descriptor that libuv watches.  Its memory ends in libuv's close callback. */
struct uv_watch {
	uv_poll_t poll;
	uv_poll_cb callback;
	struct libuv *uv;
	struct watch *watch;     /* NULL: the poller's wake_fd                    */
	int fd;
	int events;              /* UV_READABLE, UV_WRITABLE                      */
	size_t fired;            /* where it was reported last, perhaps not now   */
	bool unsure;             /* libuv has still to tell the kernel            */
	struct uv_watch *next_unsure;
};

struct libuv {
	uv_loop_t loop;
	uv_timer_t timer;
	struct poller *poller;
	struct uv_watch *waker;
	struct uv_watch *unsure; /* all of them that are                          */
	size_t table;            /* descriptors that libuv's table has room for,
	                            at least                                      */
	uint64_t due;            /* when the wait is over, by uv_hrtime           */
	bool over;               /* it is                                         */
};

/* ---- what the kernel may refuse --------------------------------------- */

static bool could_allocate(size_t size)
{
	void *volatile memory = malloc(size); /* volatile, or none would be made */
	bool could = memory != NULL;

	free(memory);
	return could;
}

/* libuv's table is doubled when a descriptor is beyond it. */
static int reserve_table(struct libuv *uv, int fd)
{
	size_t size = 2 * ((size_t)fd + 4);

	if ((size_t)fd < uv->table)
		return 0;
	if (!could_allocate(size * sizeof(void *)))
		return ENOMEM;
	uv->table = (size_t)fd + 1;
	return 0;
}

/* What libuv opens for a loop, and once for the process. */
static int could_open(void)
{
	int fds[8], n = 0, error = 0;

	while (n < 8 && !error) {
		fds[n] = eventfd(0, EFD_CLOEXEC);
		if (fds[n] < 0)
			error = errno;
		else
			n++;
	}
	while (n)
		close(fds[--n]);
	return error;
}

/* Result: 0, or an errno. */
static int tell_kernel(const struct uv_watch *w, int operation)
{
	struct epoll_event event = {
		.events = (w->events & UV_READABLE ? EPOLLIN : 0u) |
			  (w->events & UV_WRITABLE ? EPOLLOUT : 0u),
		.data.fd = w->fd,
	};

	if (epoll_ctl(uv_backend_fd(&w->uv->loop), operation, w->fd, &event) == 0)
		return 0;
	return errno;
}

/* ---- a descriptor ----------------------------------------------------- */

static void make_sure(struct libuv *uv);

static void free_handle(uv_handle_t *poll)
{
	free(poll->data);
}

static void forget(struct uv_watch *w)
{
	if (w->unsure)
		make_sure(w->uv); /* of all at once, else each would be looked for */
	uv_close((uv_handle_t *)&w->poll, free_handle);
}

/* uv_poll_init makes FLAGS non-blocking: back to them.  Result: 0, or an errno. */
static int init_poll(struct uv_watch *w, int flags)
{
	int error = -uv_poll_init(&w->uv->loop, &w->poll, w->fd);

	if (error) {
		free(w);
		return error;
	}
	w->poll.data = w;
	if (flags & O_NONBLOCK || fcntl(w->fd, F_SETFL, flags) == 0)
		return 0;
	error = errno;
	forget(w);
	return error;
}

/* Result: 0, or an errno. */
static int uv_watch_new(struct libuv *uv, int fd, uv_poll_cb callback,
			struct uv_watch **made)
{
	int flags = fcntl(fd, F_GETFL);
	int error = flags < 0 ? errno : reserve_table(uv, fd);
	struct uv_watch *w;

	if (error)
		return error;
	w = malloc(sizeof(*w));
	if (!w)
		return ENOMEM;
	*w = (struct uv_watch){ .uv = uv, .fd = fd, .callback = callback };
	error = init_poll(w, flags);
	if (!error)
		*made = w;
	return error;
}

static void stop(struct uv_watch *w)
{
	w->events = 0;
	uv_poll_stop(&w->poll);
}

/* Result: 0; or an errno, and nothing is watched. */
static int start(struct uv_watch *w, int events)
{
	int error = -uv_poll_start(&w->poll, events, w->callback);

	w->events = events;
	if (!error)
		error = tell_kernel(w, EPOLL_CTL_ADD);
	if (error) {
		stop(w);
		return error;
	}
	if (!w->unsure) {
		w->unsure = true;
		w->next_unsure = w->uv->unsure;
		w->uv->unsure = w;
	}
	return 0;
}

/* What has been closed meanwhile is not watched any more: so the kernel has it, too. */
static void make_sure(struct libuv *uv)
{
	struct uv_watch *w;

	while ((w = uv->unsure)) {
		uv->unsure = w->next_unsure;
		w->unsure = false;
		if (w->events && tell_kernel(w, EPOLL_CTL_MOD) != 0)
			stop(w);
	}
}

/* ---- what libuv calls ------------------------------------------------- */

/* When more are ready than libuv asks for at a time it asks again, and may come twice. */
static void report(struct uv_watch *w, unsigned what)
{
	struct poller *poller = w->uv->poller;

	if (w->fired < poller->fired_count && poller->fired[w->fired].watch == w->watch) {
		poller->fired[w->fired].what |= what;
		return;
	}
	w->fired = poller->fired_count;
	driver_report(w->watch, what);
}

static bool has_hung_up(int fd)
{
	struct pollfd look = { .fd = fd };

	return poll(&look, 1, 0) > 0 && look.revents & (POLLHUP | POLLERR);
}

/* Of an error libuv says that the descriptor is bad, and stops; of a hang-up nothing if
 * there is something else to say. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
	struct uv_watch *w = poll->data;

	if (status < 0) {
		events = w->events;
		(void)start(w, events); /* or it is gone */
	} else if (events != w->events && has_hung_up(w->fd)) {
		events = w->events;
	}
	report(w, (events & UV_READABLE ? POLLER_READ : 0) |
		  (events & UV_WRITABLE ? POLLER_WRITE : 0));
}

static void on_wake(uv_poll_t *poll, int status, int events)
{
	struct uv_watch *w = poll->data;

	(void)status, (void)events;
	driver_empty(w->fd);
	w->uv->over = true;
}

static void start_timer(struct libuv *uv);

/* libuv may look at its timers before it waits.  Then it must not wait without one. */
static void on_timeout(uv_timer_t *timer)
{
	struct libuv *uv = timer->data;

	uv->over = uv_hrtime() >= uv->due;
	if (uv->over)
		uv_stop(&uv->loop);
	else
		start_timer(uv);
}

/* ---- waiting ---------------------------------------------------------- */

static void start_timer(struct libuv *uv)
{
	uint64_t now = uv_hrtime(), left = uv->due > now ? uv->due - now : 0;

	uv_timer_start(&uv->timer, on_timeout, (left + NS_PER_MS - 1) / NS_PER_MS, 0);
}

static int libuv_wait(struct poller *poller, double timeout)
{
	struct libuv *uv = poller->state;

	if (uv->unsure)
		make_sure(uv);
	if (timeout == 0) {
		uv_run(&uv->loop, UV_RUN_NOWAIT);
		return 0;
	}
	uv->over = false;
	if (timeout > 0) {
		uv->due = uv_hrtime() + (uint64_t)ceil(timeout * 1e9);
		uv_update_time(&uv->loop);
		start_timer(uv);
	}
	do
		uv_run(&uv->loop, UV_RUN_ONCE);
	while (!uv->over && !poller->fired_count);
	if (timeout > 0)
		uv_timer_stop(&uv->timer);
	return 0;
}

/* ---- watches ---------------------------------------------------------- */

static int libuv_watch(struct watch *watch, unsigned what)
{
	struct libuv *uv = watch->poller->state;
	struct uv_watch *w = watch->state;
	int error;

	if (!w) {
		error = uv_watch_new(uv, watch->fd, on_ready, &w);
		if (error)
			return error;
		w->watch = watch;
		watch->state = w;
	}
	if (what)
		return start(w, (what & POLLER_READ ? UV_READABLE : 0) |
				(what & POLLER_WRITE ? UV_WRITABLE : 0));
	stop(w);
	return 0;
}

static void libuv_drop(struct watch *watch)
{
	if (watch->state)
		forget(watch->state);
	watch->state = NULL;
}

/* ---- life ------------------------------------------------------------- */

static void libuv_close(struct poller *poller)
{
	struct libuv *uv = poller->state;

	uv_close((uv_handle_t *)&uv->timer, NULL);
	if (uv->waker)
		forget(uv->waker);
	uv_run(&uv->loop, UV_RUN_DEFAULT); /* until all are closed */
	if (uv_loop_close(&uv->loop) == 0)
		free(uv);
	poller->state = NULL;
}

/* The first loop of a process cannot fail to get its pipe without an abort; what
 * libuv allocates for its own descriptors must be had. */
static int init_loop(struct libuv *uv)
{
	static atomic_bool was_one;
	int error = atomic_load(&was_one) ? 0 : could_open();

	if (!error && !could_allocate(4096))
		error = ENOMEM;
	if (!error)
		error = -uv_loop_init(&uv->loop);
	if (!error)
		atomic_store(&was_one, true);
	return error;
}

static int libuv_open(struct poller *poller)
{
	struct libuv *uv = calloc(1, sizeof(*uv));
	int error = uv ? init_loop(uv) : ENOMEM;

	if (error) {
		free(uv);
		return error;
	}
	poller->state = uv;
	uv->poller = poller;
	uv_timer_init(&uv->loop, &uv->timer);
	uv->timer.data = uv;
	error = uv_watch_new(uv, poller->wake_fd, on_wake, &uv->waker);
	if (!error)
		error = start(uv->waker, UV_READABLE);
	if (error)
		libuv_close(poller);
	return error;
}

const struct driver coil__driver_libuv = {
	.name = "libuv",
	.open = libuv_open,
	.close = libuv_close,
	.wait = libuv_wait,
	.watch = libuv_watch,
	.drop = libuv_drop,
};
