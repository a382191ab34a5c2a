/* SPDX-License-Identifier: MIT
 *
 * Handles: making, cancelling and running them.  See handle.h.
 */

#include "loop/loop.h"
#include "task/context.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

void coil__handle_record(struct handle *handle, unsigned schedule, uint64_t target,
			 double when)
{
	handle->id = coil__trace_handle_id();
	TRACE(HANDLE_SCHEDULED, schedule, .handle = handle->id, .target = target,
	      .loop = TRACE_LOOP(handle->loop),
	      .site = handle->object.flags & HANDLE_STEP ? 0 : TRACE_SITE(handle->site),
	      .when = when);
}

static apart void destroy_other(struct handle *handle)
{
	if (handle->object.spare)
		coil__context_unbind(handle);
	if (handle->object.flags & HANDLE_HAS_FUTURE)
		object_unref(handle->future);
	if (handle->object.flags & HANDLE_FOREIGN)
		coil__pool_give_back(handle, OBJECT_HANDLE);
	else
		pool_give(pool_of(OBJECT_HANDLE), handle);
}

void coil__handle_destroy(struct handle *handle)
{
	handle->loop->handles--;
	if (unlikely((handle->object.flags & (HANDLE_HAS_FUTURE | HANDLE_FOREIGN)) |
		     handle->object.spare))
		destroy_other(handle);
	else
		pool_give(pool_of(OBJECT_HANDLE), handle);
}

void coil__handle_cancel(struct handle *handle)
{
	if (handle->object.flags & HANDLE_CANCELLED)
		return;
	handle->object.flags |= HANDLE_CANCELLED;
	if (handle->object.flags & HANDLE_IN_HEAP)
		handle->loop->timers.cancelled++;
	TRACE(HANDLE_CANCELLED, 0, .handle = handle->id);
}

/* ---- the program's side ---------------------------------------------- */

void coil_handle_cancel(coil_handle *public)
{
	struct handle *handle = handle_open(public);

	if (handle && handle->object.kind == OBJECT_HANDLE)
		coil__handle_cancel(handle);
}

bool coil_handle_cancelled(const coil_handle *public)
{
	const struct handle *handle = handle_open(public);

	return handle && handle->object.kind == OBJECT_HANDLE &&
	       (handle->object.flags & HANDLE_CANCELLED);
}

double coil_handle_when(const coil_handle *public)
{
	const struct handle *handle = handle_open(public);

	return handle && handle->object.kind == OBJECT_HANDLE &&
	       (handle->object.flags & HANDLE_IS_TIMER) ? handle->when : 0;
}
