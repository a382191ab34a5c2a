/* SPDX-License-Identifier: MIT
 *
 * Chains.  See wrap_future.h.
 */
#include "base/shared.h"
#include "executor/wrap_future.h"
#include "loop/loop.h"
#include "task/future.h"
#include "task/keep.h"
#include "task/misuse.h"
#include "trace/recorder.h"

/* ---- its end --------------------------------------------------------- */

/* Nobody has the chain any more, nor its reference to the source. */
static void free_chain(struct chain *chain)
{
	struct concurrent_future *source = chain->source;

	if (unlikely(!chain->is_part))
		shared_give(&chain->object, OBJECT_CHAIN);
	concurrent_unref(source);
}

static void free_outside(struct outside *outside)
{
	free_chain(container_of(outside, struct chain, outside));
}

/* The loop's side ends; what the future's last reference takes with it may be reported. */
static void let_future_go(struct chain *chain)
{
	chain->future->loop->handles--; /* the room of part */
	object_unref(chain->future);
}

/* ---- the source is done ---------------------------------------------- */

/* In any thread.  From here on the chain has a reference to the source. */
static void source_done(struct concurrent_callback *callback,
			struct concurrent_future *source, bool *mine)
{
	struct chain *chain = container_of(callback, struct chain, done);

	if (likely(*mine))
		*mine = false;
	else
		shared_ref(source);
	if (unlikely(!coil__outside_arrive(&chain->outside)))
		coil__outside_leave(&chain->outside);
}

static void copy_state(struct future *future, const struct concurrent_future *source)
{
	bool is_list;
	coil_result result = concurrent_take(source, &is_list);

	if (concurrent_state(source) == CONCURRENT_CANCELLED)
		coil__future_end_cancelled(future, result);
	else
		coil__future_finish(future, coil__future_error(result), is_list);
	coil__parcel_unref(result, is_list);
}

/* It has come, or (WANTED false) its loop was closed since. */
static void come_to(struct chain *chain, bool wanted)
{
	struct future *future = chain->future;

	if (likely(future->state == FUTURE_PENDING)) {
		coil__future_detach(future, &chain->part.handle);
		if (wanted)
			copy_state(future, chain->source);
	} else if (!chain->parted) {
		chain->came = true;
		return;
	}
	let_future_go(chain);
	free_chain(chain);
}

static coil_result come(void *arg)
{
	struct chain *chain = container_of(arg, struct chain, outside);

	outside_taken(&chain->outside);
	come_to(chain, true);
	return coil_ok(NULL);
}

static void left(struct outside *outside)
{
	come_to(container_of(outside, struct chain, outside), false);
}

/* ---- the future is done, before the source ---------------------------- */

/* Nobody wants its result any more.  If the source could be cancelled, or is done, it is
 * on its way. */
static void give_up(struct chain *chain)
{
	coil__concurrent_future_cancel(chain->source);
	if (!coil__outside_forget(&chain->outside))
		return;
	let_future_go(chain);
	coil__outside_leave(&chain->outside);
}

static coil_result part(coil_future *unused, void *arg)
{
	struct chain *chain = arg;

	(void)unused;
	chain->parted = true;
	if (chain->came) {
		let_future_go(chain);
		free_chain(chain);
	} else if (chain->future->state == FUTURE_CANCELLED) {
		give_up(chain);
	}
	return coil_ok(NULL);
}

/* The loop is closed, and nothing runs any more. */
static void part_left(void *arg)
{
	struct chain *chain = arg;

	chain->parted = true;
	if (chain->came) {
		let_future_go(chain);
		free_chain(chain);
	}
}

/* ---- making ---------------------------------------------------------- */

static const coil_site come_site = {
	"coil_wrap_future", __FILE__, __LINE__, "wrap_future.set_state", ""
};
static const coil_site part_site = {
	"coil_wrap_future", __FILE__, __LINE__, "wrap_future.check_cancel", ""
};

static const struct outside_class class = {
	.come = come, .left = left, .free = free_outside, .site = &come_site,
};

static void record_made(struct future *future, unsigned kind)
{
	future->id = coil__trace_object_id();
	TRACE_NOW(FUTURE_CREATED, kind, .future = future->id, .loop = TRACE_LOOP(future->loop),
		  .site = TRACE_SITE(future->site));
}

/* With a future of its own. */
static struct chain *chain_new(struct coil_loop *loop, struct concurrent_future *source,
			       bool is_part, const coil_site *site)
{
	struct chain *chain;

	if (unlikely(!loop_make_room(loop)))
		return NULL;
	chain = is_part ? &source->chain : shared_take(OBJECT_CHAIN);
	if (likely(chain))
		chain->future = coil__future_new(loop, OBJECT_FUTURE, site);
	if (likely(chain && chain->future)) {
		chain->source = source;
		chain->is_part = is_part;
		chain->parted = chain->came = false;
		return chain;
	}
	if (chain && !is_part)
		shared_give(&chain->object, OBJECT_CHAIN);
	loop->handles--;
	return NULL;
}

static void prepare_part(struct chain *chain)
{
	struct handle *handle = &chain->part.handle;

	handle_init(handle, chain->future->loop, &part_site, HANDLE_ON_DONE | HANDLE_TOLD);
	handle->done_function = part;
	handle->arg = chain;
	chain->part.left = part_left;
	coil__future_attach(chain->future, handle, 0);
}

struct future *coil__wrap_future(struct coil_loop *loop, struct concurrent_future *source,
			   bool is_new, unsigned kind, const coil_site *site)
{
	struct chain *chain = chain_new(loop, source, is_new, site);
	struct future *future;

	if (unlikely(!chain))
		return NULL;
	future = chain->future;
	future->made_for = (uint8_t)kind;
	if (TRACING)
		record_made(future, kind);
	object_ref(future); /* the caller's */
	outside_init(&chain->outside, loop, &class);
	outside_expect(&chain->outside, true);
	prepare_part(chain);
	chain->done.function = source_done;
	if (is_new)
		concurrent_attach_first(source, &chain->done);
	else
		coil__concurrent_future_attach(source, &chain->done);
	return future;
}

/* ---- the program's side ---------------------------------------------- */

coil_future *coil_wrap_future_site(coil_concurrent_future *public, const coil_site *site)
{
	struct concurrent_future *source = coil__hand_over_object(public, site,
		"wrap_future", OBJECT_CONCURRENT_FUTURE);
	struct coil_loop *loop = source ? coil_get_running_loop() : NULL;
	struct future *future = NULL;

	if (loop) {
		future = coil__wrap_future(loop, source, false, TRACE_FUTURE_CONCURRENT, site);
		if (!future)
			coil__null_memory(site);
	}
	if (source)
		shared_unref(source);
	if (!future)
		return NULL;
	future->object.owned = 1;
	return object_handle(future);
}
