/* SPDX-License-Identifier: MIT
 *
 * Executors (concurrent.futures): blocking work in threads or processes of its own,
 * while the loop goes on.
 *
 *	coil_result r = coil_await(coil_run_in_executor(NULL, read_file, path));
 *
 * A job is a function as a callback is one: coil_result f(void *arg).  It runs to its
 * end in a worker; it may block, and must not await.  It may raise (coil_raise), and
 * return a number (coil_number), a pointer, or bytes (coil_bytes).
 *
 * Executors may be used by any thread.  Nothing here suspends, if it does not say so.
 */
#ifndef COIL_EXECUTOR_H
#define COIL_EXECUTOR_H

#include <coil/concurrent.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct coil_executor coil_executor;

/* ---- thread pools -------------------------------------------------------- */

/* A pool of up to MAX_WORKERS threads (0: 4 more than there are CPUs, at most 32), which
 * are made when there is a job and none of them is idle, named PREFIX_0, PREFIX_1, ...
 * (NULL: "ThreadPoolExecutor-N").  Jobs begin in the order they were submitted.  The
 * caller owns it, and ends it by coil_executor_shutdown.
 * Errors: NULL with COIL_MEMORY, COIL_OS.
 * (ThreadPoolExecutor(max_workers, thread_name_prefix)) */
COIL_API coil_executor *coil_thread_pool_executor(unsigned max_workers, const char *prefix);

/* ---- process pools ------------------------------------------------------- */

/* What a process pool may be told; zeros are the usual. */
typedef struct coil_process_pool_options {
	unsigned max_workers;  /* 0: as many as there are CPUs                   */
	double job_timeout;    /* seconds that a job may take before its worker is
	                          taken for stuck, and killed; 0: no limit        */
	unsigned max_tasks_per_child; /* jobs until a worker is replaced; 0: never */
} coil_process_pool_options;

/* A pool of worker processes: coil_process_pool_executor(.max_workers = 4).  They see the
 * program's memory as it was when the pool was made, libraries that were loaded later
 * not at all: so make it early, before there are threads.  They have its standard output
 * and error, and no other descriptor of it; its signals as exec leaves them, but SIGINT is
 * ignored; what it wants done at exit is not done there.
 * Arguments and results are flat bytes that are copied: submit by the _copy calls (or with
 * NULL), return numbers or coil_bytes().  Errors come with message and place.  A list is
 * COIL_TYPE; a pointer cannot be told from a number, and means nothing here.
 * A worker that ends, crashes, is killed or stuck is an error of its job,
 * COIL_BROKEN_PROCESS_POOL, which says what became of it; the pool goes on with a new
 * one.  (In Python the pool is broken from then on.)  One that cannot be started is
 * COIL_OS.
 * The program has one child more, which reaps the workers; it does not mind who reaps it.
 * The caller owns it, and ends it by coil_executor_shutdown.
 * Errors: NULL with COIL_MEMORY, COIL_OS, COIL_VALUE (job_timeout is negative).
 * (ProcessPoolExecutor(max_workers)) */
#define coil_process_pool_executor(...)                                        \
	coil_process_pool_executor_site(                                       \
		COIL_OPTIONS(coil_process_pool_options, __VA_ARGS__),          \
		COIL_SITE("ProcessPoolExecutor", #__VA_ARGS__))
COIL_API coil_executor *coil_process_pool_executor_site(
	coil_process_pool_options options, const coil_site *site);

/* ---- jobs, without a loop ------------------------------------------------ */

/* FUNCTION(ARG) as a job; ARG is borrowed until it has run.
 * Result: a future for its result, the caller's, who releases it.
 * Errors: NULL with COIL_RUNTIME "cannot schedule new futures after shutdown", COIL_TYPE
 * (no function; a process pool and an ARG that is not NULL), COIL_MEMORY, COIL_OS (there
 * is not even one worker).  (executor.submit(function, arg)) */
#define coil_executor_submit(executor, function, arg)                          \
	coil_executor_submit_site((executor), (function), (arg), COIL_NOT_COPIED, \
		COIL_SITE(#function, #arg))
/* The same with a copy of *ARG, which goes when the job has run.
 *	coil_executor_submit_copy(executor, add, &(struct pair){ 1, 2 }) */
#define coil_executor_submit_copy(executor, function, ...)                     \
	coil_executor_submit_site((executor), (function), (__VA_ARGS__),       \
		sizeof(*(__VA_ARGS__)), COIL_SITE(#function, #__VA_ARGS__))
#define COIL_NOT_COPIED SIZE_MAX
COIL_API coil_concurrent_future *coil_executor_submit_site(coil_executor *executor,
	coil_function function, const void *arg, size_t size, const coil_site *site);

enum coil_shutdown_flags {
	COIL_SHUTDOWN_NO_WAIT = 1,        /* (wait=False)          */
	COIL_SHUTDOWN_CANCEL_FUTURES = 2, /* (cancel_futures=True) */
};

/* What was submitted runs to its end, whoever lets go of the executor: coil_release of the
 * last handle is a shutdown without waiting, and a process that ends by exit() or by
 * returning from main first joins the workers that there are (as Python does; _exit and
 * a signal do not).  A forked child has none of the parent's threads and jobs; its copies of
 * executors start threads of their own.
 *
 * Takes no jobs any more, and hands EXECUTOR over.  BLOCKS until all jobs have run and
 * the workers are gone, unless FLAGS say otherwise: without waiting, they go when
 * they have run what was submitted.
 * Errors: COIL_RUNTIME "cannot join current thread" in a job of its own, and then nobody
 * is waited for but the others; COIL_INVALID_HANDLE.  (executor.shutdown(wait=True)) */
COIL_API coil_result coil_executor_shutdown(coil_executor *executor, unsigned flags);

/* ---- jobs of a loop ------------------------------------------------------ */

/* FUNCTION(ARG) as a job of EXECUTOR (borrowed), NULL: of the loop's default one, a
 * thread pool that is made when it is first needed, with threads asyncio_0, ...  The job
 * does not see the caller's context variables (coil_to_thread does).
 * Result: a future of the loop, owned by the caller, done in the iteration whose poll the
 * worker wakes.  Cancelling it keeps a job that has not begun from running; one that has
 * begun runs on, and its result is dropped.
 * Errors: NULL as coil_executor_submit; COIL_RUNTIME "Event loop is closed", "no running
 * event loop", "Executor shutdown has been called".
 * (loop.run_in_executor(executor, function, arg)) */
#define coil_loop_run_in_executor(loop, executor, function, arg)               \
	coil_loop_run_in_executor_site((loop), (executor), (function), (arg),  \
		COIL_NOT_COPIED, COIL_SITE(#function, #arg))
#define coil_loop_run_in_executor_copy(loop, executor, function, ...)          \
	coil_loop_run_in_executor_site((loop), (executor), (function), (__VA_ARGS__), \
		sizeof(*(__VA_ARGS__)), COIL_SITE(#function, #__VA_ARGS__))
/* The same of the running loop. */
#define coil_run_in_executor(executor, function, arg)                          \
	coil_loop_run_in_executor_site(NULL, (executor), (function), (arg),    \
		COIL_NOT_COPIED, COIL_SITE(#function, #arg))
#define coil_run_in_executor_copy(executor, function, ...)                     \
	coil_loop_run_in_executor_site(NULL, (executor), (function), (__VA_ARGS__), \
		sizeof(*(__VA_ARGS__)), COIL_SITE(#function, #__VA_ARGS__))
COIL_API coil_future *coil_loop_run_in_executor_site(coil_loop *loop,
	coil_executor *executor, coil_function function, const void *arg, size_t size,
	const coil_site *site);

/* A coroutine that runs FUNCTION(ARG) in the default executor, in a copy of the context
 * of whoever awaits it, and gives its result:
 *	coil_await(coil_to_thread(read_file, path))
 * The caller owns it, until it is awaited, gathered or made a task of.
 * Errors: NULL with COIL_MEMORY, COIL_TYPE.  Awaiting it SUSPENDS; its errors are the
 * function's and those of run_in_executor.  (asyncio.to_thread(function, arg)) */
#define coil_to_thread(function, arg)                                          \
	coil_to_thread_site((function), (arg), COIL_SITE(#function, #arg))
COIL_API coil_coroutine *coil_to_thread_site(coil_function function, const void *arg,
					     const coil_site *site);

/* Makes EXECUTOR (borrowed; the loop keeps it) the default one.
 * Errors: COIL_TYPE "executor must be ThreadPoolExecutor instance"; COIL_INVALID_HANDLE.
 * (loop.set_default_executor) */
COIL_API coil_result coil_loop_set_default_executor(coil_loop *loop, coil_executor *executor);

/* SUSPENDS the calling task until the default executor has run all its jobs and its threads
 * are gone, for up to TIMEOUT seconds (negative: without end); after that it logs the
 * warning "The executor did not finishing joining its threads within N seconds.", and
 * the threads go when they are done.  From now on the loop has no default executor.
 * Errors: COIL_CANCELLED, COIL_RUNTIME outside of a task, COIL_MEMORY, COIL_OS.
 * (loop.shutdown_default_executor(timeout)) */
#define coil_loop_shutdown_default_executor(loop, timeout)                     \
	coil_loop_shutdown_default_executor_site((loop), (timeout),            \
		COIL_SITE("shutdown_default_executor", #timeout))
COIL_API coil_result coil_loop_shutdown_default_executor_site(coil_loop *loop,
	double timeout, const coil_site *site);

#ifdef __cplusplus
}
#endif
#endif
