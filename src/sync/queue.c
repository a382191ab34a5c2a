/* SPDX-License-Identifier: MIT
 *
 * Queues.  See queue.h and <coil/queue.h>.
 */
#include <stdlib.h>

#include "sync/queue.h"
#include "task/keep.h"
#include "task/misuse.h"

/* ---- making ---------------------------------------------------------- */

static coil_queue *make(size_t max, const struct items_order *order, coil_compare compare,
			const coil_site *site)
{
	struct queue *queue = coil__resource_new(OBJECT_QUEUE, site);

	if (!queue)
		return NULL;
	queue->items = (struct items){ .order = order, .compare = compare };
	queue->getters = queue->putters = (struct waiters){ NULL, NULL };
	queue->max = max;
	queue->unfinished = 0;
	queue->finished = (struct flag){ .set = true };
	queue->shut_down = false;
	coil__resource_init(&queue->resource, site, TRACE_FUTURE_QUEUE_GET, max, NULL);
	return object_handle(queue);
}

coil_queue *coil_queue_new_site(size_t max, const coil_site *site)
{
	return make(max, &coil__items_fifo, NULL, site);
}

coil_queue *coil_priority_queue_new_site(size_t max, coil_compare compare,
					 const coil_site *site)
{
	if (!compare)
		return coil__null(COIL_TYPE, site, "PriorityQueue: a comparison was "
				  "expected, not NULL");
	return make(max, &coil__items_priority, compare, site);
}

coil_queue *coil_lifo_queue_new_site(size_t max, const coil_site *site)
{
	return make(max, &coil__items_lifo, NULL, site);
}

void coil__queue_fini(void *object)
{
	struct queue *queue = object;

	free(queue->items.slots);
}

/* ---- lines ----------------------------------------------------------- */

static bool is_empty(const struct queue *queue)
{
	return queue->items.count == 0;
}

static bool is_full(const struct queue *queue)
{
	return queue->max && queue->items.count >= queue->max;
}

static void changed(struct queue *queue, unsigned action)
{
	resource_changed(&queue->resource, action, queue->items.count);
}

/* The first that is not cancelled; those before it are out of the line as well. */
static void wake_next(struct waiters *line)
{
	struct waiter *waiter;
	bool woken = false;

	while (!woken && (waiter = line->first)) {
		coil__waiter_leave(waiter);
		woken = waiter_is_pending(waiter);
		if (woken)
			coil__waiter_wake(waiter);
	}
}

static void wake_all(struct waiters *line)
{
	while (line->first)
		wake_next(line);
}

/* In LINE until woken.  One that was woken and is cancelled before it could do what it
 * came for, and which can be done, lets the next do it. */
static coil_result stand(struct queue *queue, struct visit *visit, struct waiters *line,
			 unsigned made_for, bool (*is_blocked)(const struct queue *))
{
	coil_result result = coil__visit_join(visit, &queue->resource, line, made_for);

	if (unlikely(result.error))
		return result;
	result = coil__visit_wait(visit);
	coil__waiter_leave(visit->waiter);
	if (unlikely(result.error) && visit->waiter->future.state == FUTURE_FINISHED &&
	    !is_blocked(queue))
		wake_next(line);
	return result;
}

/* ---- put and get ----------------------------------------------------- */

coil_result coil__queue_put_nowait(struct queue *queue, void *item, const coil_site *site)
{
	if (unlikely(queue->shut_down))
		return coil_raise_site(site, COIL_QUEUE_SHUT_DOWN, NULL);
	if (is_full(queue))
		return coil_raise_site(site, COIL_QUEUE_FULL, NULL);
	if (unlikely(!queue->items.order->put(&queue->items, item)))
		return coil_raise_site(site, COIL_MEMORY, NULL);
	queue->unfinished++;
	queue->finished.set = false;
	changed(queue, TRACE_ACTION_PUT);
	wake_next(&queue->getters);
	return coil_ok(NULL);
}

coil_result coil__queue_get_nowait(struct queue *queue, const coil_site *site)
{
	void *item;

	if (is_empty(queue))
		return coil_raise_site(site, queue->shut_down ? COIL_QUEUE_SHUT_DOWN :
					     COIL_QUEUE_EMPTY, NULL);
	item = queue->items.order->get(&queue->items);
	changed(queue, TRACE_ACTION_GET);
	wake_next(&queue->putters);
	return coil_ok(item);
}

coil_result coil__queue_put(struct queue *queue, void *item, struct visit *visit)
{
	coil_result result;

	while (is_full(queue)) {
		if (queue->shut_down)
			return coil_raise_site(visit->site, COIL_QUEUE_SHUT_DOWN, NULL);
		result = stand(queue, visit, &queue->putters, TRACE_FUTURE_QUEUE_PUT,
			       is_full);
		if (unlikely(result.error))
			return result;
	}
	return coil__queue_put_nowait(queue, item, visit->site);
}

coil_result coil__queue_get(struct queue *queue, struct visit *visit)
{
	coil_result result;

	while (is_empty(queue)) {
		if (queue->shut_down)
			return coil_raise_site(visit->site, COIL_QUEUE_SHUT_DOWN, NULL);
		result = stand(queue, visit, &queue->getters, TRACE_FUTURE_QUEUE_GET,
			       is_empty);
		if (unlikely(result.error))
			return result;
	}
	return coil__queue_get_nowait(queue, visit->site);
}

coil_result coil_queue_put_site(coil_queue *public, void *item, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_QUEUE, "queue.put",
					       site);

	if (unlikely(result.error))
		return result;
	result = coil__queue_put((struct queue *)visit.resource, item, &visit);
	return visit_end(&visit, result);
}

coil_result coil_queue_get_site(coil_queue *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_QUEUE, "queue.get",
					       site);

	if (unlikely(result.error))
		return result;
	result = coil__queue_get((struct queue *)visit.resource, &visit);
	return visit_end(&visit, result);
}

coil_result coil_queue_put_nowait(coil_queue *public, void *item)
{
	struct queue *queue = coil__open(public, NULL, "queue.put_nowait", OBJECT_QUEUE);

	if (!queue || !line_admits(&queue->getters))
		return coil__not_opened();
	return coil__queue_put_nowait(queue, item, NULL);
}

coil_result coil_queue_get_nowait(coil_queue *public)
{
	struct queue *queue = coil__open(public, NULL, "queue.get_nowait", OBJECT_QUEUE);

	if (!queue || !line_admits(&queue->putters))
		return coil__not_opened();
	return coil__queue_get_nowait(queue, NULL);
}

/* ---- task_done and join ---------------------------------------------- */

coil_result coil_queue_task_done(coil_queue *public)
{
	struct queue *queue = coil__open(public, NULL, "queue.task_done", OBJECT_QUEUE);

	if (!queue)
		return coil__not_opened();
	if (!queue->unfinished)
		return coil_raise_site(NULL, COIL_VALUE,
				       "task_done() called too many times");
	queue->unfinished--;
	changed(queue, TRACE_ACTION_TASK_DONE);
	if (!queue->unfinished)
		coil__flag_set(&queue->finished);
	return coil_ok(NULL);
}

coil_result coil_queue_join_site(coil_queue *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_QUEUE, "queue.join",
					       site);
	struct queue *queue;

	if (unlikely(result.error))
		return result;
	queue = (struct queue *)visit.resource;
	result = coil__flag_wait(&queue->finished, &visit, TRACE_FUTURE_QUEUE_JOIN);
	return visit_end(&visit, result);
}

/* ---- shutdown -------------------------------------------------------- */

static void drop_all(struct queue *queue)
{
	size_t count = queue->items.count;

	queue->items.count = queue->items.first = 0;
	queue->unfinished -= count < queue->unfinished ? count : queue->unfinished;
}

coil_result coil_queue_shutdown(coil_queue *public, bool immediate)
{
	struct queue *queue = coil__open(public, NULL, "queue.shutdown", OBJECT_QUEUE);

	if (!queue)
		return coil__not_opened();
	queue->shut_down = true;
	if (immediate)
		drop_all(queue);
	changed(queue, TRACE_ACTION_SHUTDOWN);
	if (!queue->unfinished)
		coil__flag_set(&queue->finished);
	wake_all(&queue->getters);
	wake_all(&queue->putters);
	return coil_ok(NULL);
}

/* ---- looking at it --------------------------------------------------- */

size_t coil_queue_qsize(const coil_queue *public)
{
	const struct queue *queue = coil__open(public, NULL, "queue.qsize", OBJECT_QUEUE);

	return queue ? queue->items.count : 0;
}

size_t coil_queue_maxsize(const coil_queue *public)
{
	const struct queue *queue = coil__open(public, NULL, "queue.maxsize", OBJECT_QUEUE);

	return queue ? queue->max : 0;
}

bool coil_queue_empty(const coil_queue *public)
{
	const struct queue *queue = coil__open(public, NULL, "queue.empty", OBJECT_QUEUE);

	return queue && is_empty(queue);
}

bool coil_queue_full(const coil_queue *public)
{
	const struct queue *queue = coil__open(public, NULL, "queue.full", OBJECT_QUEUE);

	return queue && is_full(queue);
}
