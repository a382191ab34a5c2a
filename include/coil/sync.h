/* SPDX-License-Identifier: MIT
 *
 * Synchronisation of tasks: Event, Lock, Condition, Semaphore, Barrier.
 *
 * All of them are first come, first served.  They are for the tasks of one loop and
 * hold up nobody but tasks; threads have locks of their own.  Each belongs to the
 * loop in which it was first waited for; waiting for it in another is COIL_RUNTIME
 * "... is bound to a different event loop".
 *
 * Whoever makes one owns it, and lets it go by coil_release; tasks that wait for it
 * keep it for as long.  The calls that make one give NULL with COIL_MEMORY, or
 * COIL_VALUE for a wrong number.  A call with a handle that is stale or of another
 * kind reports it, and gives COIL_INVALID_HANDLE, COIL_TYPE, or false.
 */
#ifndef COIL_SYNC_H
#define COIL_SYNC_H

#include <coil/await.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Event: a flag to wait for (asyncio.Event) ----------------------- */

typedef struct coil_event coil_event;

#define coil_event_new() coil_event_new_site(COIL_SITE("Event", ""))
COIL_API coil_event *coil_event_new_site(const coil_site *site);

/* Waits until it is set; SUSPENDS unless it is.  A waiter that set has woken returns
 * even if the event was cleared meanwhile.
 * Errors: COIL_CANCELLED; COIL_RUNTIME (outside of a task, another loop);
 * COIL_MEMORY.  (await event.wait()) */
#define coil_event_wait(event) coil_event_wait_site((event), COIL_SITE(#event, ""))
COIL_API coil_result coil_event_wait_site(coil_event *event, const coil_site *site);

/* Sets it and wakes all waiters, in order.  (event.set()) */
COIL_API coil_result coil_event_set(coil_event *event);
/* (event.clear(), event.is_set()) */
COIL_API coil_result coil_event_clear(coil_event *event);
COIL_API bool coil_event_is_set(const coil_event *event);

/* ---- Lock: one at a time (asyncio.Lock) ------------------------------ */

typedef struct coil_lock coil_lock;

#define coil_lock_new() coil_lock_new_site(COIL_SITE("Lock", ""))
COIL_API coil_lock *coil_lock_new_site(const coil_site *site);

/* Takes the lock; SUSPENDS unless it is free and nobody is in line.
 * Errors: as coil_event_wait; after COIL_CANCELLED the caller does not hold it.
 * (await lock.acquire()) */
#define coil_lock_acquire(lock) coil_lock_acquire_site((lock), COIL_SITE(#lock, ""))
COIL_API coil_result coil_lock_acquire_site(coil_lock *lock, const coil_site *site);

/* Frees it, and wakes the first in line, who has it when it resumes; nobody can take
 * it in between.  Errors: COIL_RUNTIME "Lock is not acquired.".  Does not suspend.
 * (lock.release()) */
COIL_API coil_result coil_lock_release(coil_lock *lock);
/* (lock.locked()) */
COIL_API bool coil_lock_locked(const coil_lock *lock);

/* ---- Condition: a lock, and news for those who wait (asyncio.Condition) -- */

typedef struct coil_condition coil_condition;

/* With LOCK (borrowed, and kept as long as the condition), or, for NULL, one of its
 * own. */
#define coil_condition_new(lock) coil_condition_new_site((lock), COIL_SITE("Condition", #lock))
COIL_API coil_condition *coil_condition_new_site(coil_lock *lock, const coil_site *site);

/* Those of its lock.  (condition.acquire(), release(), locked()) */
#define coil_condition_acquire(condition)                                      \
	coil_condition_acquire_site((condition), COIL_SITE(#condition, ""))
COIL_API coil_result coil_condition_acquire_site(coil_condition *condition,
						 const coil_site *site);
COIL_API coil_result coil_condition_release(coil_condition *condition);
COIL_API bool coil_condition_locked(const coil_condition *condition);

/* Releases the lock, waits to be notified, and takes it again, also when cancelled.
 * SUSPENDS.  It may wake without having been notified: look again at what you wait
 * for.  Errors: COIL_RUNTIME "cannot wait on un-acquired lock"; as coil_event_wait.
 * (await condition.wait()) */
#define coil_condition_wait(condition)                                         \
	coil_condition_wait_site((condition), COIL_SITE(#condition, ""))
COIL_API coil_result coil_condition_wait_site(coil_condition *condition,
					      const coil_site *site);

/* Waits until PREDICATE(ARG) holds; does not suspend if it does.  Errors: as wait.
 * (await condition.wait_for(predicate)) */
#define coil_condition_wait_for(condition, predicate, arg)                     \
	coil_condition_wait_for_site((condition), (predicate), (arg),          \
				     COIL_SITE(#condition, #predicate))
COIL_API coil_result coil_condition_wait_for_site(coil_condition *condition,
	bool (*predicate)(void *arg), void *arg, const coil_site *site);

/* Wakes the first COUNT waiters, all of them; they go on when they have the lock.
 * Errors: COIL_RUNTIME "cannot notify on un-acquired lock".  Does not suspend.
 * (condition.notify(n), notify_all()) */
COIL_API coil_result coil_condition_notify(coil_condition *condition, size_t count);
COIL_API coil_result coil_condition_notify_all(coil_condition *condition);

/* ---- Semaphore: so many at a time (asyncio.Semaphore) ---------------- */

typedef struct coil_semaphore coil_semaphore;

/* Errors: COIL_VALUE "Semaphore initial value must be >= 0". */
#define coil_semaphore_new(value) coil_semaphore_new_site((value), COIL_SITE("Semaphore", #value))
COIL_API coil_semaphore *coil_semaphore_new_site(int64_t value, const coil_site *site);

/* One that cannot be released more often than acquired.
 * (asyncio.BoundedSemaphore) */
#define coil_bounded_semaphore_new(value)                                      \
	coil_bounded_semaphore_new_site((value), COIL_SITE("BoundedSemaphore", #value))
COIL_API coil_semaphore *coil_bounded_semaphore_new_site(int64_t value,
							 const coil_site *site);

/* Takes one of its tokens; SUSPENDS if there is none, or somebody is in line.
 * Errors: as coil_event_wait.  (await semaphore.acquire()) */
#define coil_semaphore_acquire(semaphore)                                      \
	coil_semaphore_acquire_site((semaphore), COIL_SITE(#semaphore, ""))
COIL_API coil_result coil_semaphore_acquire_site(coil_semaphore *semaphore,
						 const coil_site *site);

/* Gives one back; the first in line has it from this moment.
 * Errors: COIL_VALUE "BoundedSemaphore released too many times".  Does not suspend.
 * (semaphore.release()) */
COIL_API coil_result coil_semaphore_release(coil_semaphore *semaphore);
/* Would acquire suspend?  (semaphore.locked()) */
COIL_API bool coil_semaphore_locked(const coil_semaphore *semaphore);

/* ---- Barrier: all meet (asyncio.Barrier) ----------------------------- */

typedef struct coil_barrier coil_barrier;

/* Errors: COIL_VALUE "parties must be > 0". */
#define coil_barrier_new(parties) coil_barrier_new_site((parties), COIL_SITE("Barrier", #parties))
COIL_API coil_barrier *coil_barrier_new_site(int64_t parties, const coil_site *site);

/* Waits until as many tasks wait.  Result: .number is the place in the order of
 * arrival, from 0.  SUSPENDS, unless the caller is the last.
 * Errors: COIL_BROKEN_BARRIER after reset or abort; as coil_event_wait.
 * (await barrier.wait()) */
#define coil_barrier_wait(barrier) coil_barrier_wait_site((barrier), COIL_SITE(#barrier, ""))
COIL_API coil_result coil_barrier_wait_site(coil_barrier *barrier, const coil_site *site);

/* Empty again; those who wait get COIL_BROKEN_BARRIER.  abort: so does everybody
 * after them, until a reset.  Both may SUSPEND, for the barrier's own lock.
 * Errors: as coil_event_wait.  (await barrier.reset(), abort()) */
#define coil_barrier_reset(barrier) coil_barrier_reset_site((barrier), COIL_SITE(#barrier, ""))
COIL_API coil_result coil_barrier_reset_site(coil_barrier *barrier, const coil_site *site);
#define coil_barrier_abort(barrier) coil_barrier_abort_site((barrier), COIL_SITE(#barrier, ""))
COIL_API coil_result coil_barrier_abort_site(coil_barrier *barrier, const coil_site *site);

/* (barrier.parties, n_waiting, broken) */
COIL_API size_t coil_barrier_parties(const coil_barrier *barrier);
COIL_API size_t coil_barrier_n_waiting(const coil_barrier *barrier);
COIL_API bool coil_barrier_broken(const coil_barrier *barrier);

#ifdef __cplusplus
}
#endif
#endif
