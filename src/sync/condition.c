/* SPDX-License-Identifier: MIT
 *
 * Conditions.  See condition.h and <coil/sync.h>.
 */
#include "sync/condition.h"
#include "task/misuse.h"

/* ---- making ---------------------------------------------------------- */

static struct lock *take_lock(coil_lock *public, const coil_site *site)
{
	struct lock *lock;

	if (!public)
		return handle_open(coil_lock_new_site(site));
	lock = coil__open(public, site, "Condition", OBJECT_LOCK);
	if (lock)
		object_ref(lock);
	return lock;
}

/* Of a lock of its own the reference is the condition's, not the program's. */
coil_condition *coil_condition_new_site(coil_lock *public, const coil_site *site)
{
	struct lock *lock = take_lock(public, site);
	struct condition *condition;

	if (!lock)
		return NULL;
	if (!public)
		lock->resource.object.owned = 0;
	condition = coil__resource_new(OBJECT_CONDITION, site);
	if (!condition) {
		object_unref(lock);
		return NULL;
	}
	condition->line = (struct waiters){ NULL, NULL };
	condition->lock = lock;
	coil__resource_init(&condition->resource, site, TRACE_FUTURE_CONDITION, 0,
			    &lock->resource);
	return object_handle(condition);
}

void coil__condition_init_part(struct condition *condition, struct lock *lock,
			       struct resource *whole)
{
	*lock = (struct lock){ .locked = false };
	*condition = (struct condition){ .lock = lock };
	coil__resource_init_part(&lock->resource, OBJECT_LOCK, whole);
	coil__resource_init_part(&condition->resource, OBJECT_CONDITION, whole);
}

void coil__condition_fini(void *object)
{
	struct condition *condition = object;

	object_unref(condition->lock);
}

/* ---- notifying ------------------------------------------------------- */

/* How many will still wait when COUNT have been woken. */
static apart void record_notify(struct condition *condition, size_t count)
{
	size_t pending = 0;

	for (const struct waiter *w = condition->line.first; w; w = w->behind)
		pending += waiter_is_pending(w);
	coil__resource_record(&condition->resource, TRACE_ACTION_NOTIFY,
			      pending > count ? pending - count : 0);
}

void coil__condition_notify(struct condition *condition, size_t count)
{
	if (TRACING)
		record_notify(condition, count);
	for (struct waiter *w = condition->line.first; w && count; w = w->behind) {
		if (!waiter_is_pending(w))
			continue;
		coil__waiter_wake(w);
		count--;
	}
}

/* ---- waiting --------------------------------------------------------- */

/* In line before the lock is free, so that it stays held if there is no place. */
static coil_result begin_wait(struct condition *condition, struct visit *visit)
{
	coil_result result = coil__visit_join(visit, &condition->resource,
					      &condition->line,
					      condition->resource.made_for);

	if (!result.error)
		coil__lock_release(condition->lock);
	return result;
}

/* Until it has the lock, whoever cancels.  Result: COIL_OK, or the last cancellation. */
static coil_result take_again(struct condition *condition, struct visit *visit)
{
	coil_result last = coil_ok(NULL), result;

	do {
		result = coil__lock_acquire(condition->lock, visit);
		if (unlikely(result.error))
			last = result;
	} while (unlikely(result.error == COIL_CANCELLED));
	return last;
}

static coil_result end_wait(struct condition *condition, struct visit *visit)
{
	coil_result result = coil__visit_wait(visit), again;

	coil__waiter_leave(visit->waiter);
	again = take_again(condition, visit);
	if (unlikely(again.error))
		result = again;
	if (unlikely(result.error)) /* it may have been notified: pass that on */
		coil__condition_notify(condition, 1);
	return result;
}

static coil_result check_locked(const struct condition *condition, const char *verb,
				const coil_site *site)
{
	if (likely(condition->lock->locked))
		return coil_ok(NULL);
	return coil_raise_site(site, COIL_RUNTIME, "cannot %s on un-acquired lock", verb);
}

coil_result coil__condition_wait(struct condition *condition, struct visit *visit)
{
	coil_result result = check_locked(condition, "wait", visit->site);

	if (!result.error)
		result = begin_wait(condition, visit);
	return result.error ? result : end_wait(condition, visit);
}

/* The predicate may let go of the condition: it is kept until its waiter does that. */
static bool is_over(struct condition *condition, struct visit *visit,
		    bool (*predicate)(void *arg), void *arg, coil_result *result)
{
	struct object *kept = &visit->resource->object;
	bool over;

	object_ref(kept);
	over = predicate(arg);
	if (!over) {
		*result = check_locked(condition, "wait", visit->site);
		if (!result->error)
			*result = begin_wait(condition, visit);
	}
	object_unref(kept);
	return over || result->error;
}

coil_result coil__condition_wait_for(struct condition *condition, struct visit *visit,
				     bool (*predicate)(void *arg), void *arg)
{
	coil_result result = coil_ok(NULL);

	while (!is_over(condition, visit, predicate, arg, &result)) {
		result = end_wait(condition, visit);
		if (result.error)
			break;
	}
	return result;
}

/* ---- the program's side ---------------------------------------------- */

static struct condition *visited(const struct visit *visit)
{
	return (struct condition *)visit->resource;
}

coil_result coil_condition_acquire_site(coil_condition *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_CONDITION,
					       "condition.acquire", site);

	if (unlikely(result.error))
		return result;
	result = coil__lock_acquire(visited(&visit)->lock, &visit);
	return visit_end(&visit, result);
}

coil_result coil_condition_wait_site(coil_condition *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_CONDITION,
					       "condition.wait", site);

	if (unlikely(result.error))
		return result;
	result = coil__condition_wait(visited(&visit), &visit);
	return visit_end(&visit, result);
}

coil_result coil_condition_wait_for_site(coil_condition *public,
	bool (*predicate)(void *arg), void *arg, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_CONDITION,
					       "condition.wait_for", site);

	if (unlikely(result.error))
		return result;
	if (!predicate)
		return coil__misuse(site, COIL_TYPE,
				    "condition.wait_for: a predicate was expected, not NULL");
	result = coil__condition_wait_for(visited(&visit), &visit, predicate, arg);
	return visit_end(&visit, result);
}

coil_result coil_condition_release(coil_condition *public)
{
	struct condition *condition = coil__open(public, NULL, "condition.release",
						 OBJECT_CONDITION);

	if (!condition)
		return coil__not_opened();
	if (!coil__lock_release(condition->lock))
		return coil_raise_site(NULL, COIL_RUNTIME, "Lock is not acquired.");
	return coil_ok(NULL);
}

bool coil_condition_locked(const coil_condition *public)
{
	const struct condition *condition = coil__open(public, NULL, "condition.locked",
						       OBJECT_CONDITION);

	return condition && condition->lock->locked;
}

coil_result coil_condition_notify(coil_condition *public, size_t count)
{
	struct condition *condition = coil__open(public, NULL, "condition.notify",
						 OBJECT_CONDITION);
	coil_result result;

	if (!condition || !line_admits(&condition->line))
		return coil__not_opened();
	result = check_locked(condition, "notify", NULL);
	if (!result.error)
		coil__condition_notify(condition, count);
	return result;
}

coil_result coil_condition_notify_all(coil_condition *public)
{
	return coil_condition_notify(public, SIZE_MAX);
}
