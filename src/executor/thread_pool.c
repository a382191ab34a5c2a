/* SPDX-License-Identifier: MIT
 *
 * Pools of threads.  See thread_pool.h.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/shared.h"
#include "executor/concurrent_future.h"
#include "executor/thread_pool.h"
#include "trace/recorder.h"

struct worker {
	pthread_t thread;
	struct thread_pool *pool;
	struct worker *next, **place; /* in pool->workers; place: NULL if taken  */
	unsigned number;
	char name[];
};

static __thread struct thread_pool *works_for; /* this thread, or NULL */

unsigned coil__cpu_count(void)
{
	cpu_set_t set;
	long online;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	online = sysconf(_SC_NPROCESSORS_ONLN); /* more than fit into the set */
	return online > 0 ? (unsigned)online : 1;
}

/* ---- a pool's life --------------------------------------------------- */

static int init_locks(struct thread_pool *pool)
{
	int error = coil__job_queue_init(&pool->queue, coil__cpu_count() > 1);

	if (error)
		return error;
	error = pthread_mutex_init(&pool->lock, NULL);
	if (error)
		goto fini_queue;
	error = pthread_cond_init(&pool->gone, NULL);
	if (!error)
		return 0;
	pthread_mutex_destroy(&pool->lock);
fini_queue:
	coil__job_queue_fini(&pool->queue);
	return error;
}

struct thread_pool *coil__thread_pool_new(const struct worker_class *class, void *data,
					  unsigned max, const char *prefix, int *error)
{
	size_t size = sizeof(struct thread_pool) + strlen(prefix) + 1;
	struct thread_pool *pool = aligned_alloc(64, (size + 63) & ~(size_t)63);

	*error = pool ? 0 : ENOMEM;
	if (!pool)
		return NULL;
	memset(pool, 0, sizeof(*pool));
	*error = init_locks(pool);
	if (*error) {
		free(pool);
		return NULL;
	}
	pool->class = class;
	pool->data = data;
	pool->max = max;
	atomic_init(&pool->made, 0);
	atomic_init(&pool->submitted, 0);
	atomic_init(&pool->finished, 0);
	atomic_init(&pool->refs, 1);
	strcpy(pool->prefix, prefix);
	coil__thread_pools_add(pool);
	return pool;
}

void coil__thread_pool_ref(struct thread_pool *pool)
{
	atomic_fetch_add(&pool->refs, 1);
}

/* A worker that is about to go may have the lock for yet a moment (leave). */
static void destroy(struct thread_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pthread_mutex_unlock(&pool->lock);
	coil__thread_pools_remove(pool);
	if (pool->class->free)
		pool->class->free(pool->data);
	pthread_cond_destroy(&pool->gone);
	pthread_mutex_destroy(&pool->lock);
	coil__job_queue_fini(&pool->queue);
	free(pool);
}

/* Was it the last reference? */
static bool drop(struct thread_pool *pool)
{
	return atomic_fetch_sub(&pool->refs, 1) == 1;
}

void coil__thread_pool_unref(struct thread_pool *pool)
{
	if (drop(pool))
		destroy(pool);
}

/* ---- after a fork, in the child -------------------------------------- */

static void lose_workers(struct thread_pool *pool)
{
	while (pool->workers) {
		struct worker *worker = pool->workers;

		pool->workers = worker->next;
		free(worker);
	}
	atomic_fetch_sub(&pool->refs, pool->live);
	pool->live = 0;
	atomic_store(&pool->made, 0);
	atomic_store(&pool->submitted, 0);
	atomic_store(&pool->finished, 0);
}

/* Unlocking is for the thread that locked, which is the parent's: so all is made anew. */
void coil__thread_pool_forked(struct thread_pool *pool)
{
	bool closed = coil__job_queue_closed(&pool->queue);

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->gone, NULL);
	lose_workers(pool);
	if (coil__job_queue_init(&pool->queue, coil__cpu_count() > 1) != 0 || closed)
		coil__job_queue_close(&pool->queue);
}

/* ---- what a worker does ---------------------------------------------- */

static void record_end(const struct job *job, const struct parcel *result)
{
	TRACE_NOW(JOB_END, result->result.error ? TRACE_OUTCOME_EXCEPTION : TRACE_OUTCOME_RESULT,
		  .job = job->id, .error = (uint32_t)result->result.error,
		  .process = job->process);
}

/* Whoever is told of the job's end finds its worker idle. */
static inline void run(struct thread_pool *pool, void *state, struct job *job)
{
	struct concurrent_future *future = concurrent_future_of(job);
	bool begun = coil__concurrent_future_begin(future);

	if (likely(begun)) {
		TRACE_NOW(JOB_BEGIN, 0, .job = job->id); /* a process says it as well */
		pool->class->run(state, job, &future->parcel);
		if (TRACING)
			record_end(job, &future->parcel);
		job_fini(job);
	}
	if (thread_pool_may_grow(pool))
		atomic_fetch_add(&pool->finished, 1);
	if (likely(begun))
		coil__concurrent_future_finish(future);
	else
		shared_unref(future);
}

/* One that nobody has taken to join is not waited for; so its reference goes with the lock
 * held: whoever has waited until all are gone has the last, and with it goes the pool. */
static void leave(struct worker *worker)
{
	struct thread_pool *pool = worker->pool;
	bool last;

	coil__trace_thread_name(NULL);
	pthread_mutex_lock(&pool->lock);
	if (worker->place) {
		*worker->place = worker->next;
		if (worker->next)
			worker->next->place = worker->place;
		pthread_detach(worker->thread);
		free(worker);
		if (--pool->live == 0)
			pthread_cond_broadcast(&pool->gone);
	}
	last = drop(pool);
	pthread_mutex_unlock(&pool->lock);
	if (last)
		destroy(pool);
}

static void *work(void *arg)
{
	struct worker *worker = arg;
	struct thread_pool *pool = worker->pool;
	const struct worker_class *class = pool->class;
	char name[16]; /* the system's limit */
	void *state;
	struct job *job;

	snprintf(name, sizeof(name), "%s", worker->name);
	pthread_setname_np(pthread_self(), name); /* without it, all works the same */
	coil__trace_thread_name(worker->name);
	works_for = pool;
	thread_register();
	state = class->begin ? class->begin(pool->data, worker->number) : NULL;
	while ((job = coil__job_queue_take(&pool->queue)))
		run(pool, state, job);
	if (class->end)
		class->end(state);
	leave(worker);
	return NULL;
}

/* ---- adding workers -------------------------------------------------- */

/* What a thread does wrong itself is not to be blocked: it would die of it silently. */
static void foreign_signals(sigset_t *set)
{
	static const int own[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS };

	sigfillset(set);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		sigdelset(set, own[i]);
}

int coil__thread_start(pthread_t *thread, void *(*function)(void *), void *arg)
{
	sigset_t blocked, before;
	int error;

	foreign_signals(&blocked);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	error = pthread_create(thread, NULL, function, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

static struct worker *worker_new(struct thread_pool *pool)
{
	size_t room = strlen(pool->prefix) + sizeof("_4294967295");
	struct worker *worker = malloc(sizeof(*worker) + room);

	if (!worker)
		return NULL;
	worker->pool = pool;
	worker->number = pool->made;
	snprintf(worker->name, room, "%s_%u", pool->prefix, worker->number);
	return worker;
}

/* With the lock.  Result: 0, or an errno. */
static int start_worker(struct thread_pool *pool)
{
	struct worker *worker = worker_new(pool);
	int error;

	if (!worker)
		return ENOMEM;
	coil__thread_pool_ref(pool);
	error = coil__thread_start(&worker->thread, work, worker);
	if (error) {
		(void)drop(pool); /* who submits has another */
		free(worker);
		return error;
	}
	worker->place = &pool->workers;
	worker->next = pool->workers;
	if (pool->workers)
		pool->workers->place = &worker->next;
	pool->workers = worker;
	pool->live++;
	atomic_fetch_add(&pool->made, 1);
	return 0;
}

/* A worker more, if there may be one. */
static int add_worker(struct thread_pool *pool)
{
	int error = 0;

	pthread_mutex_lock(&pool->lock);
	if (pool->made < pool->max && !coil__job_queue_closed(&pool->queue))
		error = start_worker(pool);
	if (pool->made)
		error = 0;
	pthread_mutex_unlock(&pool->lock);
	return error;
}

int coil__thread_pool_grow(struct thread_pool *pool)
{
	unsigned number = atomic_fetch_add(&pool->submitted, 1);
	int error = 0;

	if (number - atomic_load(&pool->finished) >= atomic_load(&pool->made))
		error = add_worker(pool);
	if (error)
		atomic_fetch_sub(&pool->submitted, 1);
	return error;
}

/* ---- the end --------------------------------------------------------- */

void coil__thread_pool_close(struct thread_pool *pool, bool cancel)
{
	struct job *job;

	coil__job_queue_close(&pool->queue);
	job = cancel ? coil__job_queue_drain(&pool->queue) : NULL;
	while (job) {
		struct concurrent_future *future = concurrent_future_of(job);

		job = job->next;
		coil__concurrent_future_cancel(future);
		shared_unref(future);
	}
}

/* A worker that nobody joins yet, and that is not the calling thread; or NULL. */
static struct worker *take_worker(struct thread_pool *pool)
{
	struct worker *worker = pool->workers;

	if (worker && pthread_equal(worker->thread, pthread_self()))
		worker = worker->next;
	if (!worker)
		return NULL;
	*worker->place = worker->next;
	if (worker->next)
		worker->next->place = worker->place;
	worker->place = NULL;
	return worker;
}

bool coil__thread_pool_join(struct thread_pool *pool)
{
	struct worker *worker;
	bool is_worker = works_for == pool;

	pthread_mutex_lock(&pool->lock);
	while ((worker = take_worker(pool))) {
		pthread_mutex_unlock(&pool->lock);
		pthread_join(worker->thread, NULL);
		free(worker);
		pthread_mutex_lock(&pool->lock);
		if (--pool->live == 0)
			pthread_cond_broadcast(&pool->gone);
	}
	while (pool->live && !is_worker) /* others may join the rest */
		pthread_cond_wait(&pool->gone, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
	return !is_worker;
}
