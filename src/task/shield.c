/* SPDX-License-Identifier: MIT
 *
 * shield.  See shield.h.
 */
#include <coil/wait.h>

#include "loop/loop.h"
#include "loop/registry.h"
#include "task/chain.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "task/shield.h"
#include "trace/recorder.h"

static const coil_result cancelled = { .error = COIL_CANCELLED, { NULL } };

/* ---- following ------------------------------------------------------- */

static void follow_to(struct future *outer, struct future *inner)
{
	if (outer->state != FUTURE_PENDING) {
		if (inner->state != FUTURE_CANCELLED)
			coil__future_retrieve(inner); /* nobody will be told of it */
	} else if (inner->state == FUTURE_CANCELLED) {
		coil__future_end_cancelled(outer, cancelled);
	} else {
		coil__future_finish(outer, coil__future_retrieve(inner), inner->is_list);
	}
}

static coil_result follow(coil_future *unused, void *arg)
{
	struct shield *shield = arg;

	(void)unused;
	follow_to(&shield->future, shield->inner);
	object_unref(shield);
	return coil_ok(NULL);
}

static coil_result part(coil_future *unused, void *arg)
{
	struct shield *shield = arg;

	(void)unused;
	if (shield->inner->state == FUTURE_PENDING) {
		coil__future_detach(shield->inner, &shield->follow);
		object_unref(shield);
	}
	object_unref(shield);
	return coil_ok(NULL);
}

static void connect(struct handle *handle, struct shield *shield,
		    coil_done_callback function, const coil_site *site)
{
	handle_init(handle, shield->future.loop, site, HANDLE_ON_DONE);
	handle->done_function = function;
	handle->arg = shield;
	object_ref(shield); /* the callback's */
}

/* ---- making ---------------------------------------------------------- */

void coil__shield_fini(struct shield *shield)
{
	struct coil_loop *loop = shield->future.loop;

	if (!loop_is_closed(loop)) /* else it is freed for itself */
		object_unref(shield->inner);
	loop->handles -= 2;
}

static void record_made(struct shield *shield, const coil_site *site)
{
	struct future *future = &shield->future;

	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, TRACE_FUTURE_SHIELD, .future = future->id,
		  .loop = TRACE_LOOP(future->loop), .site = TRACE_SITE(site));
	TRACE(GATHER_MEMBER, 0, .gather = future->id, .child = shield->inner->id,
	      .position = 0, .count = 1);
}

/* Takes over the reference to INNER if it does not fail. */
static struct shield *shield_new(struct future *inner, const coil_site *site)
{
	struct coil_loop *loop = inner->loop;
	struct shield *shield;

	if (!coil__ready_queue_reserve(&loop->ready, loop->handles + 2))
		return NULL;
	shield = (struct shield *)coil__future_new(loop, OBJECT_SHIELD,
						  place_here(loop, site));
	if (!shield)
		return NULL;
	loop->handles += 2;
	shield->future.made_for = TRACE_FUTURE_SHIELD;
	shield->inner = inner;
	return shield;
}

static struct shield *shield_of(struct future *inner, const coil_site *site)
{
	static const coil_site follow_site = {
		"coil_shield", __FILE__, __LINE__, "shield.follow", ""
	};
	static const coil_site part_site = {
		"coil_shield", __FILE__, __LINE__, "shield.part", ""
	};
	struct shield *shield = shield_new(inner, site);

	if (!shield)
		return NULL;
	if (TRACING)
		record_made(shield, site);
	connect(&shield->follow, shield, follow, &follow_site);
	coil__future_attach(inner, &shield->follow, shield->future.id);
	connect(&shield->part, shield, part, &part_site);
	coil__future_attach(&shield->future, &shield->part, shield->future.id);
	return shield;
}

/* ---- the program's side ---------------------------------------------- */

/* A future has its loop; a coroutine's is the running one. */
static struct future *inner_of(coil_awaitable *public, const coil_site *site)
{
	const struct object *object = handle_open(public);
	struct coil_loop *loop = coil__self.running;

	if (object && object_is_future(object))
		loop = ((const struct awaitable *)object)->loop;
	if (loop)
		return coil__ensure_future(loop, public, site);
	coil__awaitable_discard(public, site);
	return coil__not_running(site);
}

coil_future *coil_shield_site(coil_awaitable *awaitable, const coil_site *site)
{
	struct future *outer, *inner = inner_of(awaitable, site);

	if (!inner)
		return NULL;
	outer = inner;
	if (inner->state == FUTURE_PENDING)
		outer = (struct future *)shield_of(inner, site);
	if (!outer) {
		object_unref(inner);
		return coil__null_memory(site);
	}
	outer->object.owned++;
	return object_handle(outer);
}
