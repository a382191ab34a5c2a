# SPDX-License-Identifier: MIT
import asyncio


async def coro_func():
    return await asyncio.sleep(1, 42)


def other_thread(loop, fut):
    loop.call_soon_threadsafe(fut.cancel)
    future = asyncio.run_coroutine_threadsafe(coro_func(), loop)
    result = future.result()
    print(f"result: {result}")


async def main():
    loop = asyncio.get_running_loop()
    fut = loop.create_future()
    thread = asyncio.create_task(asyncio.to_thread(other_thread, loop, fut))
    try:
        await fut
    except asyncio.CancelledError:
        print("fut is cancelled")
    await thread


asyncio.run(main())
