/* SPDX-License-Identifier: MIT
 *
 * What is common to all that tasks wait for.  See resource.h.
 */
#include "loop/loop.h"
#include "sync/resource.h"
#include "task/exception.h"
#include "task/keep.h"
#include "task/task.h"

/* ---- making ---------------------------------------------------------- */

void *coil__resource_new(enum object_kind kind, const coil_site *site)
{
	struct object *object = pool_take(pool_of(kind), kind);

	if (!object)
		return coil__null_memory(site);
	object->owned = 1;
	return object;
}

void coil__resource_init(struct resource *resource, const coil_site *site,
			 unsigned made_for, uint64_t size, struct resource *of)
{
	resource->loop_id = 0;
	resource->generation = 0;
	resource->id = 0;
	resource->site = site;
	resource->of = of;
	resource->size = size;
	resource->made_for = (uint8_t)made_for;
	resource->is_part = false;
	if (TRACING)
		coil__resource_id(resource);
}

void coil__resource_init_part(struct resource *part, enum object_kind kind,
			      struct resource *whole)
{
	*part = (struct resource){
		.object = { .kind = (uint8_t)kind }, .site = whole->site, .of = whole,
		.made_for = whole->made_for, .is_part = true,
	};
}

void coil__resource_fini(void *resource)
{
	(void)resource;
}

coil_result coil__not_opened(void)
{
	coil_result failed = coil_last_error();

	if (!failed.error)
		failed.error = COIL_INVALID_HANDLE;
	return failed;
}

/* ---- the trace ------------------------------------------------------- */

static unsigned kind_in_trace(const struct resource *resource)
{
	switch (resource->object.kind) {
	case OBJECT_EVENT:
		return TRACE_RESOURCE_EVENT;
	case OBJECT_LOCK:
		return TRACE_RESOURCE_LOCK;
	case OBJECT_CONDITION:
		return TRACE_RESOURCE_CONDITION;
	case OBJECT_SEMAPHORE:
		return TRACE_RESOURCE_SEMAPHORE;
	case OBJECT_BARRIER:
		return TRACE_RESOURCE_BARRIER;
	default:
		return TRACE_RESOURCE_QUEUE;
	}
}

uint64_t coil__resource_id(struct resource *resource)
{
	uint32_t generation = __atomic_load_n(&coil__trace_generation, __ATOMIC_RELAXED);
	uint64_t of;

	if (resource->is_part)
		return coil__resource_id(resource->of);
	if (resource->id && resource->generation == generation)
		return resource->id;
	of = resource->of ? coil__resource_id(resource->of) : 0;
	resource->id = coil__trace_object_id();
	resource->generation = generation;
	TRACE_NOW(RESOURCE_CREATED, kind_in_trace(resource), .resource = resource->id,
		  .site = TRACE_SITE(resource->site), .of = of, .value = resource->size);
	return resource->id;
}

void coil__resource_record(struct resource *resource, unsigned action, uint64_t value)
{
	uint64_t id;

	if (resource->is_part)
		return;
	id = coil__resource_id(resource);
	TRACE_NOW(RESOURCE_CHANGED, action, .resource = id, .value = value);
}

/* ---- a call that may wait -------------------------------------------- */

coil_result coil__visit_begin(struct visit *visit, const void *public,
			      enum object_kind kind, const char *call,
			      const coil_site *site)
{
	visit->resource = coil__open(public, site, call, kind);
	if (unlikely(!visit->resource))
		return coil__not_opened();
	visit->task = task_that_waits();
	if (unlikely(!visit->task))
		return coil__task_missing(site, call);
	visit->waiter = NULL;
	visit->site = site;
	return coil_ok(NULL);
}

static const char *class_name(const struct resource *resource)
{
	static const char *const names[OBJECT_KINDS] = {
		[OBJECT_EVENT] = "Event", [OBJECT_LOCK] = "Lock",
		[OBJECT_CONDITION] = "Condition", [OBJECT_SEMAPHORE] = "Semaphore",
		[OBJECT_BARRIER] = "Barrier", [OBJECT_QUEUE] = "Queue",
	};

	return names[resource->object.kind];
}

static cold coil_result bind(struct resource *resource, const struct coil_loop *loop,
			     const coil_site *site)
{
	if (resource->loop_id)
		return coil_raise_site(site, COIL_RUNTIME,
			"<coil.%s> is bound to a different event loop",
			class_name(resource->is_part ? resource->of : resource));
	resource->loop_id = loop->id;
	return coil_ok(NULL);
}

coil_result coil__visit_join(struct visit *visit, struct resource *resource,
			     struct waiters *line, unsigned made_for)
{
	struct coil_loop *loop = visit->task->future.loop;
	uint64_t id = TRACING ? coil__resource_id(resource) : 0;
	coil_result result;

	if (unlikely(resource->loop_id != loop->id)) {
		result = bind(resource, loop, visit->site);
		if (result.error)
			return result;
	}
	if (visit->waiter) {
		coil__waiter_again(visit->waiter, line, made_for, id, visit->site);
		return coil_ok(NULL);
	}
	visit->waiter = coil__waiter_join(line, &visit->resource->object, loop, made_for,
					  id, visit->site);
	return likely(visit->waiter) ? coil_ok(NULL) : coil_last_error();
}

coil_result coil__visit_wait(struct visit *visit)
{
	coil_result result = coil__waiter_wait(visit->task, visit->waiter, visit->site);

	if (unlikely(result.error))
		coil__exception_through(result, visit->site);
	return result;
}

/* ---- lines ----------------------------------------------------------- */

bool coil__line_is_cancelled(const struct waiters *line)
{
	const struct waiter *waiter = line->first;

	while (waiter && waiter->future.state == FUTURE_CANCELLED)
		waiter = waiter->behind;
	return !waiter;
}
