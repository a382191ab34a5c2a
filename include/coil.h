/* SPDX-License-Identifier: MIT
 *
 * coil: Python's asyncio, in C, that you can watch.
 *
 * This header is a tour.  A program on coil looks like the Python it mirrors:
 *
 *	#include <coil.h>
 *	#include <stdio.h>
 *
 *	static coil_result say_hello(void *name)          // async def say_hello(name):
 *	{
 *		coil_result r = coil_sleep(1.0);          //     await asyncio.sleep(1)
 *
 *		if (r.error)                              //     (cancelled: pass it on)
 *			return r;
 *		printf("hello, %s\n", (char *)name);      //     print("hello,", name)
 *		return coil_ok(NULL);
 *	}
 *
 *	static coil_result amain(void *unused)            // async def main():
 *	{
 *		(void)unused;
 *		return coil_await(coil_gather(            //     await asyncio.gather(
 *			coil_coro(say_hello, "AAA"),      //         say_hello("AAA"),
 *			coil_coro(say_hello, "BBB")));    //         say_hello("BBB"))
 *	}
 *
 *	int main(void)
 *	{
 *		return coil_run(coil_coro(amain, NULL)).error;   // asyncio.run(main())
 *	}
 *
 * Read on in this order, which is the order of the lessons:
 */
#ifndef COIL_H
#define COIL_H

#include <coil/base.h>       /* types, call sites, who owns what            */
#include <coil/error.h>      /* results and errors: coil_ok, coil_raise     */
#include <coil/loop.h>       /* the event loop: call_soon, timers, run      */
#include <coil/policy.h>     /* what a loop waits by: libevent or libuv     */
#include <coil/io.h>         /* file descriptors: add_reader, add_writer    */
#include <coil/signal.h>     /* signals: add_signal_handler                 */
#include <coil/coroutine.h>  /* coil_coro: a coroutine that has not started */
#include <coil/future.h>     /* futures: set_result, callbacks, cancel      */
#include <coil/task.h>       /* tasks: create_task, current_task            */
#include <coil/await.h>      /* await, sleep, gather                        */
#include <coil/generator.h>  /* the other kind of coroutine: yield from     */
#include <coil/async_generator.h> /* yield, anext, async for                */
#include <coil/timeout.h>    /* timeout, wait_for                           */
#include <coil/wait.h>       /* wait, as_completed, shield                  */
#include <coil/task_group.h> /* TaskGroup                                   */
#include <coil/sync.h>       /* Event, Lock, Condition, Semaphore, Barrier  */
#include <coil/queue.h>      /* Queue, PriorityQueue, LifoQueue             */
#include <coil/context.h>    /* context variables                           */
#include <coil/concurrent.h> /* several threads: run_coroutine_threadsafe   */
#include <coil/executor.h>   /* blocking work: thread and process pools     */
#include <coil/run.h>        /* coil_run, Runner: a loop from end to end    */
#include <coil/debug.h>      /* debug mode: what is easily done wrong       */
#include <coil/log.h>        /* the logger, and a thread that writes        */
#include <coil/trace.h>      /* recording what all of the above do          */

#endif
