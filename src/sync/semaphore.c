/* SPDX-License-Identifier: MIT
 *
 * Semaphores.  See semaphore.h and <coil/sync.h>.
 */
#include "sync/semaphore.h"
#include "task/keep.h"
#include "task/misuse.h"

static void change(struct semaphore *semaphore, int64_t by)
{
	semaphore->value += by;
	resource_changed(&semaphore->resource,
			 by < 0 ? TRACE_ACTION_ACQUIRE : TRACE_ACTION_RELEASE,
			 (uint64_t)semaphore->value);
}

static bool is_locked(const struct semaphore *semaphore)
{
	return semaphore->value == 0 || !line_is_idle(&semaphore->line);
}

/* False if nobody waits. */
static bool wake_next(struct semaphore *semaphore)
{
	struct waiter *next = coil__waiters_pending(&semaphore->line);

	if (!next)
		return false;
	change(semaphore, -1);
	coil__waiter_wake(next);
	return true;
}

/* Those who came meanwhile had to stand in line, though there may be tokens. */
static void wake_who_can_go(struct semaphore *semaphore)
{
	while (semaphore->value > 0 && wake_next(semaphore))
		;
}

coil_result coil__semaphore_acquire(struct semaphore *semaphore, struct visit *visit)
{
	coil_result result;

	if (!is_locked(semaphore)) {
		change(semaphore, -1);
		return coil_ok(NULL);
	}
	result = coil__visit_join(visit, &semaphore->resource, &semaphore->line,
				  TRACE_FUTURE_SEMAPHORE);
	if (unlikely(result.error))
		return result;
	result = coil__visit_wait(visit);
	coil__waiter_leave(visit->waiter);
	if (unlikely(result.error) && visit->waiter->future.state == FUTURE_FINISHED)
		change(semaphore, 1);
	wake_who_can_go(semaphore);
	return result;
}

bool coil__semaphore_release(struct semaphore *semaphore)
{
	if (semaphore->value >= semaphore->bound)
		return false;
	change(semaphore, 1);
	wake_next(semaphore);
	return true;
}

/* ---- the program's side ---------------------------------------------- */

static coil_semaphore *make(int64_t value, bool bounded, const coil_site *site)
{
	struct semaphore *semaphore;

	if (value < 0)
		return coil__null(COIL_VALUE, site,
				  "Semaphore initial value must be >= 0");
	semaphore = coil__resource_new(OBJECT_SEMAPHORE, site);
	if (!semaphore)
		return NULL;
	semaphore->line = (struct waiters){ NULL, NULL };
	semaphore->value = value;
	semaphore->bound = bounded ? value : INT64_MAX;
	semaphore->bounded = bounded;
	coil__resource_init(&semaphore->resource, site, TRACE_FUTURE_SEMAPHORE,
			    (uint64_t)value, NULL);
	return object_handle(semaphore);
}

coil_semaphore *coil_semaphore_new_site(int64_t value, const coil_site *site)
{
	return make(value, false, site);
}

coil_semaphore *coil_bounded_semaphore_new_site(int64_t value, const coil_site *site)
{
	return make(value, true, site);
}

coil_result coil_semaphore_acquire_site(coil_semaphore *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = coil__visit_begin(&visit, public, OBJECT_SEMAPHORE,
					       "semaphore.acquire", site);

	if (unlikely(result.error))
		return result;
	result = coil__semaphore_acquire((struct semaphore *)visit.resource, &visit);
	return visit_end(&visit, result);
}

coil_result coil_semaphore_release(coil_semaphore *public)
{
	struct semaphore *semaphore = coil__open(public, NULL, "semaphore.release",
						 OBJECT_SEMAPHORE);

	if (!semaphore || !line_admits(&semaphore->line))
		return coil__not_opened();
	if (coil__semaphore_release(semaphore))
		return coil_ok(NULL);
	if (!semaphore->bounded)
		return coil_raise_site(NULL, COIL_OVERFLOW, "Semaphore value is too large");
	return coil_raise_site(NULL, COIL_VALUE,
			       "BoundedSemaphore released too many times");
}

bool coil_semaphore_locked(const coil_semaphore *public)
{
	const struct semaphore *semaphore = coil__open(public, NULL, "semaphore.locked",
						       OBJECT_SEMAPHORE);

	return semaphore && is_locked(semaphore);
}
