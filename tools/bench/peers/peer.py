# SPDX-License-Identifier: MIT
#
# asyncio and uvloop: the same programs, run by one loop or by the other.
# Called as peer.py asyncio|uvloop WORD SCRATCH.  Measured as measure.h does, but
# once is enough where a batch takes longer than a third of a second.
import asyncio
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


WORK = {
    "yield": (yield_, 1000000),
    "spawn": (spawn, 100000),
    "soon": (soon, 300000),
    "chain": (chain, 100000),
    "threadsafe": (threadsafe, 200000),
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
