/* SPDX-License-Identifier: MIT
 *
 * All pools of threads there are: what the end of the process and a fork do to them.  See
 * thread_pool.h.
 *
 * Order of locks: this one, a pool's, its queue's.
 */
#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "executor/thread_pool.h"

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;
static struct thread_pool *pools;
static atomic_bool ended;

bool coil__thread_pools_ended(void)
{
	return atomic_load(&ended);
}

/* ---- the end of the process ------------------------------------------ */

static struct thread_pool *next_to_end(void)
{
	struct thread_pool *pool;

	pthread_mutex_lock(&pools_lock);
	for (pool = pools; pool && pool->ended;)
		pool = pool->next;
	if (pool) {
		pool->ended = true;
		coil__thread_pool_ref(pool);
	}
	pthread_mutex_unlock(&pools_lock);
	return pool;
}

static void process_end(void)
{
	struct thread_pool *pool;

	atomic_store(&ended, true);
	while ((pool = next_to_end())) {
		coil__thread_pool_close(pool, false);
		coil__thread_pool_join(pool);
		coil__thread_pool_unref(pool);
	}
}

/* ---- a fork ---------------------------------------------------------- */

/* A fork waits until no thread is in the middle of something. */
static void before_fork(void)
{
	pthread_mutex_lock(&pools_lock);
	for (struct thread_pool *pool = pools; pool; pool = pool->next) {
		pthread_mutex_lock(&pool->lock);
		mutex_lock(&pool->queue.lock);
	}
}

static void after_fork_in_parent(void)
{
	for (struct thread_pool *pool = pools; pool; pool = pool->next) {
		mutex_unlock(&pool->queue.lock);
		pthread_mutex_unlock(&pool->lock);
	}
	pthread_mutex_unlock(&pools_lock);
}

static void after_fork_in_child(void)
{
	pthread_mutex_init(&pools_lock, NULL);
	for (struct thread_pool *pool = pools; pool; pool = pool->next)
		coil__thread_pool_forked(pool);
}

/* ---- the chain ------------------------------------------------------- */

static void install_hooks(void)
{
	if (atexit(process_end) != 0 ||
	    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0)
		coil__log("no memory to be told of the end of the process, or of a fork");
}

void coil__thread_pools_add(struct thread_pool *pool)
{
	static pthread_once_t hooks = PTHREAD_ONCE_INIT;

	pthread_once(&hooks, install_hooks);
	pthread_mutex_lock(&pools_lock);
	pool->place = &pools;
	pool->next = pools;
	if (pools)
		pools->place = &pool->next;
	pools = pool;
	pthread_mutex_unlock(&pools_lock);
}

void coil__thread_pools_remove(struct thread_pool *pool)
{
	pthread_mutex_lock(&pools_lock);
	*pool->place = pool->next;
	if (pool->next)
		pool->next->place = pool->place;
	pthread_mutex_unlock(&pools_lock);
}
