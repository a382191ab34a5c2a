/* SPDX-License-Identifier: MIT
 *
 * The driver on libuv: a uv_poll_t for each watch.
 *
 * libuv tells the kernel what to watch only when it waits, and ends the process if the
 * kernel refuses.  So a descriptor is put into libuv's epoll here, where that is an error
 * (libuv then finds it there), and before the wait it is looked whether it still is: it
 * may have been closed since.  If another thread closes it in between, libuv aborts.
 *
 * It also does if it gets no memory for its table of descriptors, so whether there is
 * some is tried before.  And it makes descriptors non-blocking, which is undone.
 *
 * Cost: a wait is one epoll_wait and two clock reads; a change of what is watched two to
 * five epoll_ctl.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <uv.h>

#include "loop/driver.h"

struct libuv;

/* A descriptor that libuv watches.  Its memory ends in libuv's close callback. */
struct uv_watch {
	uv_poll_t poll;
	struct libuv *uv;
	struct watch *watch;
	int fd;
	int events;              /* UV_READABLE, UV_WRITABLE                      */
	size_t fired;            /* where it was reported last, perhaps not now   */
	bool unsure;             /* libuv has still to tell the kernel            */
	struct uv_watch *next_unsure;
};

struct libuv {
	uv_loop_t loop;
	struct uv_watch *unsure; /* all of them that are                          */
	size_t table;            /* descriptors that libuv's table has room for,
	                            at least                                      */
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
static int uv_watch_new(struct libuv *uv, struct watch *watch)
{
	int flags = fcntl(watch->fd, F_GETFL);
	int error = flags < 0 ? errno : reserve_table(uv, watch->fd);
	struct uv_watch *w;

	if (error)
		return error;
	w = malloc(sizeof(*w));
	if (!w)
		return ENOMEM;
	*w = (struct uv_watch){ .uv = uv, .watch = watch, .fd = watch->fd };
	error = init_poll(w, flags);
	if (!error)
		watch->state = w;
	return error;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void stop(struct uv_watch *w)
{
	w->events = 0;
	uv_poll_stop(&w->poll);
}

/* Result: 0; or an errno, and nothing is watched. */
static int start(struct uv_watch *w, int events)
{
	int error = -uv_poll_start(&w->poll, events, on_ready);

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
	const struct poller *poller = w->watch->poller;

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

/* ---- what the poller calls -------------------------------------------- */

static int libuv_wait(struct poller *poller, bool sleep)
{
	struct libuv *uv = poller->state;

	if (uv->unsure)
		make_sure(uv);
	uv_run(&uv->loop, sleep ? UV_RUN_ONCE : UV_RUN_NOWAIT);
	return 0;
}

static int libuv_watch(struct watch *watch, unsigned what)
{
	int error = watch->state ? 0 : uv_watch_new(watch->poller->state, watch);

	if (error)
		return error;
	if (what)
		return start(watch->state, (what & POLLER_READ ? UV_READABLE : 0) |
					   (what & POLLER_WRITE ? UV_WRITABLE : 0));
	stop(watch->state);
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

	uv_run(&uv->loop, UV_RUN_DEFAULT); /* until all are closed */
	if (uv_loop_close(&uv->loop) == 0)
		free(uv);
	poller->state = NULL;
}

static int libuv_open(struct poller *poller)
{
	struct libuv *uv = calloc(1, sizeof(*uv));
	int error = uv && could_allocate(4096) ? 0 : ENOMEM;

	if (!error)
		error = -uv_loop_init(&uv->loop);
	if (error)
		free(uv);
	else
		poller->state = uv;
	return error;
}

const struct driver coil__driver_libuv = {
	.name = "libuv",
	.descriptors = 6, /* epoll, a pipe and an eventfd; once, another pipe */
	.open = libuv_open,
	.close = libuv_close,
	.wait = libuv_wait,
	.watch = libuv_watch,
	.drop = libuv_drop,
};
