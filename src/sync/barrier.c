/* SPDX-License-Identifier: MIT
 *
 * Barriers.  See barrier.h and <coil/sync.h>.
 */
#include "sync/barrier.h"
#include "task/keep.h"
#include "task/misuse.h"

coil_barrier *coil_barrier_new_site(int64_t parties, const coil_site *site)
{
	struct barrier *barrier;

	if (parties < 1)
		return coil__null(COIL_VALUE, site, "parties must be > 0");
	barrier = coil__resource_new(OBJECT_BARRIER, site);
	if (!barrier)
		return NULL;
	coil__resource_init(&barrier->resource, site, TRACE_FUTURE_BARRIER,
			    (uint64_t)parties, NULL);
	coil__condition_init_part(&barrier->condition, &barrier->lock, &barrier->resource);
	barrier->parties = (size_t)parties;
	barrier->count = 0;
	barrier->state = BARRIER_FILLING;
	return object_handle(barrier);
}

static void changed(struct barrier *barrier, unsigned action)
{
	resource_changed(&barrier->resource, action, barrier->count);
}

static void tell_all(struct barrier *barrier)
{
	coil__condition_notify(&barrier->condition, SIZE_MAX);
}

/* ---- waiting, with the lock held ------------------------------------- */

static bool can_be_entered(void *arg)
{
	const struct barrier *barrier = arg;

	return barrier->state != BARRIER_DRAINING && barrier->state != BARRIER_RESETTING;
}

static bool is_not_filling(void *arg)
{
	const struct barrier *barrier = arg;

	return barrier->state != BARRIER_FILLING;
}

/* Until it does not drain or reset. */
static coil_result enter(struct barrier *barrier, struct visit *visit)
{
	coil_result result = coil__condition_wait_for(&barrier->condition, visit,
						      can_be_entered, barrier);

	if (!result.error && barrier->state == BARRIER_BROKEN)
		return coil_raise_site(visit->site, COIL_BROKEN_BARRIER, "Barrier aborted");
	return result;
}

/* Until all are there. */
static coil_result meet(struct barrier *barrier, struct visit *visit)
{
	coil_result result = coil__condition_wait_for(&barrier->condition, visit,
						      is_not_filling, barrier);

	if (result.error)
		return result;
	if (barrier->state == BARRIER_BROKEN || barrier->state == BARRIER_RESETTING)
		return coil_raise_site(visit->site, COIL_BROKEN_BARRIER,
				       "Abort or reset of barrier");
	return result;
}

static void drain(struct barrier *barrier)
{
	barrier->state = BARRIER_DRAINING;
	changed(barrier, TRACE_ACTION_DRAIN);
	tell_all(barrier);
}

static void leave(struct barrier *barrier)
{
	barrier->count--;
	changed(barrier, TRACE_ACTION_LEAVE);
	if (barrier->count)
		return;
	if (!can_be_entered(barrier))
		barrier->state = BARRIER_FILLING;
	tell_all(barrier);
}

static coil_result wait_locked(struct barrier *barrier, struct visit *visit)
{
	coil_result result = enter(barrier, visit);
	size_t index;

	if (result.error)
		return result;
	index = barrier->count++;
	changed(barrier, TRACE_ACTION_ARRIVE);
	if (index + 1 == barrier->parties)
		drain(barrier);
	else
		result = meet(barrier, visit);
	leave(barrier);
	return result.error ? result : coil_number((int64_t)index);
}

/* ---- the program's side ---------------------------------------------- */

/* Takes the lock; what failed is over. */
static coil_result begin(struct visit *visit, const coil_barrier *public,
			 const coil_site *site, const char *call)
{
	coil_result result = coil__visit_begin(visit, public, OBJECT_BARRIER, call, site);

	if (unlikely(result.error))
		return result;
	result = coil__lock_acquire(&((struct barrier *)visit->resource)->lock, visit);
	return result.error ? visit_end(visit, result) : result;
}

static coil_result end(struct visit *visit, coil_result result)
{
	coil__lock_release(&((struct barrier *)visit->resource)->lock);
	return visit_end(visit, result);
}

coil_result coil_barrier_wait_site(coil_barrier *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = begin(&visit, public, site, "barrier.wait");

	if (result.error)
		return result;
	result = wait_locked((struct barrier *)visit.resource, &visit);
	return end(&visit, result);
}

coil_result coil_barrier_reset_site(coil_barrier *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = begin(&visit, public, site, "barrier.reset");
	struct barrier *barrier;

	if (result.error)
		return result;
	barrier = (struct barrier *)visit.resource;
	barrier->state = barrier->count ? BARRIER_RESETTING : BARRIER_FILLING;
	changed(barrier, TRACE_ACTION_RESET);
	tell_all(barrier);
	return end(&visit, result);
}

coil_result coil_barrier_abort_site(coil_barrier *public, const coil_site *site)
{
	struct visit visit;
	coil_result result = begin(&visit, public, site, "barrier.abort");
	struct barrier *barrier;

	if (result.error)
		return result;
	barrier = (struct barrier *)visit.resource;
	barrier->state = BARRIER_BROKEN;
	changed(barrier, TRACE_ACTION_ABORT);
	tell_all(barrier);
	return end(&visit, result);
}

size_t coil_barrier_parties(const coil_barrier *public)
{
	const struct barrier *barrier = coil__open(public, NULL, "barrier.parties",
						   OBJECT_BARRIER);

	return barrier ? barrier->parties : 0;
}

size_t coil_barrier_n_waiting(const coil_barrier *public)
{
	const struct barrier *barrier = coil__open(public, NULL, "barrier.n_waiting",
						   OBJECT_BARRIER);

	return barrier && barrier->state == BARRIER_FILLING ? barrier->count : 0;
}

bool coil_barrier_broken(const coil_barrier *public)
{
	const struct barrier *barrier = coil__open(public, NULL, "barrier.broken",
						   OBJECT_BARRIER);

	return barrier && barrier->state == BARRIER_BROKEN;
}
