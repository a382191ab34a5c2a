# SPDX-License-Identifier: MIT
import asyncio


async def cor1():
    print("cor1 start")
    for i in range(10):
        await asyncio.sleep(1.5)
        print("cor1", i)


async def cor2():
    print("cor2 start")
    for i in range(15):
        await asyncio.sleep(1)
        print("cor2", i)


loop = asyncio.get_event_loop()
# Since Python 3.11 wait takes tasks, not coroutines.
cors = asyncio.wait([loop.create_task(cor1()), loop.create_task(cor2())])
loop.run_until_complete(cors)
loop.close()
