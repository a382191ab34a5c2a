/* SPDX-License-Identifier: MIT
 *
 * Locks.  See lock.h and <coil/sync.h>.
 */
#include "sync/lock.h"
#include "task/misuse.h"

static coil_result take(struct lock *lock)
{
	lock->locked = true;
	resource_changed(&lock->resource, TRACE_ACTION_ACQUIRE, 1);
	return coil_ok(NULL);
}

/* Only the first: if it is cancelled and has not gone on yet, it will do the rest. */
static void wake_first(struct lock *lock)
{
	struct waiter *first = lock->line.first;

	if (first && waiter_is_pending(first))
		coil__waiter_wake(first);
}

coil_result coil__lock_acquire(struct lock *lock, struct visit *visit)
{
	coil_result result;

	if (!lock->locked && line_is_idle(&lock->line))
		return take(lock);
	result = coil__visit_join(visit, &lock->resource, &lock->line,
				  lock->resource.made_for);
	if (unlikely(result.error))
		return result;
	result = coil__visit_wait(visit);
	coil__waiter_leave(visit->waiter);
	if (likely(!result.error))
		return take(lock);
	if (!lock->locked)
		wake_first(lock);
	return result;
}

bool coil__lock_release(struct lock *lock)
{
	if (!lock->locked)
		return false;
	lock->locked = false;
	resource_changed(&lock->resource, TRACE_ACTION_RELEASE, 0);
	wake_first(lock);
	return true;
}

/* ---- the program's side ---------------------------------------------- */

coil_lock *coil_lock_new_site(const coil_site *site)
{
	struct lock *lock = coil__resource_new(OBJECT_LOCK, site);

	if (!lock)
		return NULL;
	lock->line = (struct waiters){ NULL, NULL };
	lock->locked = false;
	coil__resource_init(&lock->resource, site, TRACE_FUTURE_LOCK, 0, NULL);
	return object_handle(lock);
}

coil_result coil_lock_acquire_site(coil_lock *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_LOCK,
					       "lock.acquire", site);

	if (unlikely(result.error))
		return result;
	result = coil__lock_acquire((struct lock *)visit.resource, &visit);
	return visit_end(&visit, result);
}

coil_result coil_lock_release(coil_lock *public)
{
	struct lock *lock = coil__open(public, NULL, "lock.release", OBJECT_LOCK);

	if (!lock || !line_admits(&lock->line))
		return coil__not_opened();
	if (!coil__lock_release(lock))
		return coil_raise_site(NULL, COIL_RUNTIME, "Lock is not acquired.");
	return coil_ok(NULL);
}

bool coil_lock_locked(const coil_lock *public)
{
	const struct lock *lock = coil__open(public, NULL, "lock.locked", OBJECT_LOCK);

	return lock && lock->locked;
}
