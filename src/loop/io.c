/* SPDX-License-Identifier: MIT
 *
 * add_reader, add_writer and their counterparts: the program's side of watches.
 */
#include <errno.h>
#include <string.h>

#include <coil/io.h>

#include "loop/debug.h"
#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/context.h"
#include "task/keep.h"
#include "trace/recorder.h"

static struct handle **side(struct watch *watch, unsigned direction)
{
	return direction == TRACE_DIRECTION_READ ? &watch->reader : &watch->writer;
}

/* The old callback does not run, even if it is in the ready queue. */
static void drop(struct handle *handle)
{
	coil__handle_cancel(handle);
	object_unref(handle);
}

static coil_result fail(int error, int fd, const coil_site *site)
{
	if (error == ENOMEM)
		return coil_raise_site(site, COIL_MEMORY, NULL);
	return coil_raise_site(site, COIL_OS, "cannot watch descriptor %d: %s", fd,
			       strerror(error));
}

static coil_result add(struct coil_loop *loop, int fd, coil_function function,
		       void *arg, const coil_site *site, unsigned direction)
{
	struct handle *handle, *old, **place;
	struct watch *watch;
	int error;

	if (unlikely(loop_looks_twice(loop)) && !coil__loop_admits(loop, site))
		return coil_last_error();
	if (fd < 0)
		return coil_raise_site(site, COIL_VALUE, "Invalid file descriptor: %d", fd);
	watch = coil__poller_watch(&loop->poller, fd, true);
	handle = watch ? loop_new_handle(loop, place_here(loop, site)) : NULL;
	if (!handle)
		return fail(ENOMEM, fd, site);
	handle->function = function;
	handle->arg = arg;
	if (unlikely(!context_bind(handle, NULL))) {
		object_unref(handle);
		return fail(ENOMEM, fd, site);
	}
	place = side(watch, direction);
	old = *place;
	*place = handle;
	error = coil__poller_update(watch);
	if (error) {
		*place = old;
		object_unref(handle);
		return fail(error, fd, site);
	}
	if (old)
		drop(old);
	TRACE(FD_ADDED, direction, .loop = loop->id, .fd = fd, .site = TRACE_SITE(site));
	return coil_ok(NULL);
}

static bool remove_side(struct coil_loop *loop, int fd, unsigned direction)
{
	struct watch *watch = loop_refuses(loop) ? NULL :
			      coil__poller_watch(&loop->poller, fd, false);
	struct handle *old = watch ? *side(watch, direction) : NULL;

	if (!old)
		return false;
	*side(watch, direction) = NULL;
	/* If this fails for want of memory, libevent goes on watching more than is
	 * asked for: nothing comes of it, and the next change puts it right. */
	(void)coil__poller_update(watch);
	TRACE(FD_REMOVED, direction, .loop = loop->id, .fd = fd);
	drop(old);
	return true;
}

coil_result coil_loop_add_reader_site(coil_loop *loop, int fd, coil_function function,
				      void *arg, const coil_site *site)
{
	return add(loop, fd, function, arg, site, TRACE_DIRECTION_READ);
}

coil_result coil_loop_add_writer_site(coil_loop *loop, int fd, coil_function function,
				      void *arg, const coil_site *site)
{
	return add(loop, fd, function, arg, site, TRACE_DIRECTION_WRITE);
}

bool coil_loop_remove_reader(coil_loop *loop, int fd)
{
	return remove_side(loop, fd, TRACE_DIRECTION_READ);
}

bool coil_loop_remove_writer(coil_loop *loop, int fd)
{
	return remove_side(loop, fd, TRACE_DIRECTION_WRITE);
}
