# SPDX-License-Identifier: MIT
#
# asyncio and uvloop: the same programs, run by one loop or by the other.
# Called as peer.py asyncio|uvloop WORD SCRATCH.  Measured as measure.h does, but
# once is enough where a batch takes longer than a third of a second.
import asyncio
import concurrent.futures
import multiprocessing
import os
import platform
import statistics
import sys
import threading
import time

assert sys.version_info >= (3, 11), "needs Python 3.11"


async def measure(batch, ops):
    await batch(ops // 10)
    took, began = [], time.monotonic()
    while not took or time.monotonic() - began < 0.33:
        start = time.monotonic_ns()
        await batch(ops)
        took.append(time.monotonic_ns() - start)
    print("ns", statistics.median(took) / ops)


# What this Python lacks: the row is left out, which is no failure.
def leave_out(lacking):
    print("needs", lacking)
    sys.stdout.flush()
    os._exit(0)


async def yielder(times):
    for _ in range(times):
        await asyncio.sleep(0)


async def yield_(ops):
    await asyncio.gather(*(yielder(ops // 1000) for _ in range(1000)))


async def nothing():
    pass


async def spawn(ops):
    for _ in range(0, ops, 1000):
        tasks = [asyncio.create_task(nothing()) for _ in range(1000)]
        await asyncio.gather(*tasks)


async def gather(ops):
    for _ in range(0, ops, 10000):
        await asyncio.gather(*(nothing() for _ in range(10000)))


async def eager(ops):
    if not hasattr(asyncio, "eager_task_factory"):
        leave_out("Python 3.12")
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    await spawn(ops)


async def cancel(ops):
    for _ in range(0, ops, 1000):
        tasks = [asyncio.create_task(asyncio.sleep(3600)) for _ in range(1000)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert all(task.cancelled() for task in tasks)


# With a turn of the loop now and then, in which it clears its cancelled timers away.
async def wait_for(ops):
    for _ in range(0, ops, 1000):
        for _ in range(1000):
            await asyncio.wait_for(nothing(), 1)
        await asyncio.sleep(0)


# Two tasks, a flag for there and a flag for back.
async def event(ops):
    ping, pong = asyncio.Event(), asyncio.Event()

    async def pinger():
        for _ in range(ops // 2):
            ping.set()
            await pong.wait()
            pong.clear()

    async def ponger():
        for _ in range(ops // 2):
            await ping.wait()
            ping.clear()
            pong.set()

    await asyncio.gather(pinger(), ponger())


# Held until both are in line, from where on each takes it from the other.
async def lock(ops):
    mutex, holder = asyncio.Lock(), None

    async def taker(self):
        nonlocal holder
        for _ in range(ops // 2):
            await mutex.acquire()
            assert holder != self
            holder = self
            mutex.release()

    await mutex.acquire()
    both = asyncio.gather(taker(1), taker(2))
    await asyncio.sleep(0)
    mutex.release()
    await both


async def queue(ops):
    items = asyncio.Queue(1)

    async def producer():
        for n in range(ops):
            await items.put(n)

    async def consumer():
        for n in range(ops):
            assert await items.get() == n

    await asyncio.gather(producer(), consumer())


async def callbacks(ops, pending):
    loop = asyncio.get_running_loop()
    call_soon, done, left = loop.call_soon, loop.create_future(), ops

    def tick():
        nonlocal left
        left -= 1
        if left >= pending:
            call_soon(tick)
        elif left == 0:
            done.set_result(None)

    for _ in range(pending):
        call_soon(tick)
    await done


async def soon(ops):
    await callbacks(ops, 1000)


async def chain(ops):
    loop = asyncio.get_running_loop()
    reader, writer = os.pipe()
    loop.add_reader(reader, lambda: sys.exit("nothing is written to this pipe"))
    await callbacks(ops, 1)
    loop.remove_reader(reader)
    os.close(reader)
    os.close(writer)


async def threadsafe(ops):
    loop = asyncio.get_running_loop()
    done, left = loop.create_future(), ops

    def tick():
        nonlocal left
        left -= 1
        if left == 0:
            done.set_result(None)

    def flood():
        call = loop.call_soon_threadsafe
        for _ in range(ops):
            call(tick)

    thread = threading.Thread(target=flood)
    thread.start()
    await done
    thread.join()


# Pins the calling thread to one of the two processors, as threads.h does.
def pin_thread(nth, allowed=sorted(os.sched_getaffinity(0))):
    os.sched_setaffinity(0, {allowed[nth]})


# A Lock that is released by another thread is a semaphore of the system, which
# threading.Semaphore is not.
async def wake(ops):
    loop = asyncio.get_running_loop()
    woken, done = threading.Lock(), loop.create_future()

    def waker():
        pin_thread(1)
        for _ in range(ops):
            loop.call_soon_threadsafe(woken.release)
            woken.acquire()
        loop.call_soon_threadsafe(done.set_result, None)

    woken.acquire()
    pin_thread(0)
    thread = threading.Thread(target=waker)
    thread.start()
    await done
    thread.join()


def job():
    pass


async def executor_one(ops, executor=None):
    run_in_executor = asyncio.get_running_loop().run_in_executor
    for _ in range(ops):
        await run_in_executor(executor, job)


async def executor_batch(ops):
    run_in_executor = asyncio.get_running_loop().run_in_executor
    with concurrent.futures.ThreadPoolExecutor(2) as executor:
        for _ in range(0, ops, 1000):
            for future in [run_in_executor(executor, job) for _ in range(1000)]:
                await future


async def to_thread(ops):
    for _ in range(ops):
        await asyncio.to_thread(job)


# One pool for all batches: making it and ending it is not what is measured.
async def process_pool(ops, pools=[]):
    if not pools:
        fork = multiprocessing.get_context("fork")
        pools.append(concurrent.futures.ProcessPoolExecutor(1, mp_context=fork))
    await executor_one(ops, pools[0])


WORK = {
    "yield": (yield_, 1000000),
    "spawn": (spawn, 100000),
    "gather": (gather, 100000),
    "eager": (eager, 100000),
    "cancel": (cancel, 10000),
    "wait-for": (wait_for, 100000),
    "event": (event, 100000),
    "lock": (lock, 100000),
    "queue": (queue, 100000),
    "soon": (soon, 300000),
    "chain": (chain, 100000),
    "threadsafe": (threadsafe, 200000),
    "wake": (wake, 5000),
    "executor-one": (executor_one, 5000),
    "executor-batch": (executor_batch, 20000),
    "to-thread": (to_thread, 5000),
    "process-pool": (process_pool, 2000),
}


def main():
    loop, word = sys.argv[1], sys.argv[2]
    if loop == "uvloop":
        import uvloop

        uvloop.install()
    if word == "version":
        name = f"uvloop {uvloop.__version__} on " if loop == "uvloop" else ""
        print(f"{name}CPython {platform.python_version()}")
    else:
        asyncio.run(measure(*WORK[word]))


main()
