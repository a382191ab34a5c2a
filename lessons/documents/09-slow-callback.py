# SPDX-License-Identifier: MIT
import asyncio
import time


def callback():
    time.sleep(0.15)


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(callback)  # logged: over 100 ms
    await asyncio.sleep(0)
    loop.slow_callback_duration = 10
    loop.call_soon(callback)  # not logged
    await asyncio.sleep(0)
    loop.slow_callback_duration = 0.1
    callback()  # logged: a step of a task is a callback too


asyncio.run(main(), debug=True)
