# SPDX-License-Identifier: MIT
import asyncio
import time
from concurrent.futures import ProcessPoolExecutor


# A blocking function: nothing else runs until it returns.
async def blocks(name):
    print(f"{name} begins")
    time.sleep(0.1)
    print(f"{name} ends")


# A coroutine that waits: the others run meanwhile.
async def waits(name):
    print(f"{name} begins")
    await asyncio.sleep(0.1)
    print(f"{name} ends")


# Work for the CPU: it neither blocks nor waits, if another process does it.
def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


async def main(processes):
    loop = asyncio.get_running_loop()
    await asyncio.gather(blocks("A"), blocks("B"))
    await asyncio.gather(waits("C"), waits("D"))
    numbers = await asyncio.gather(loop.run_in_executor(processes, fibonacci, 20),
                                   loop.run_in_executor(processes, fibonacci, 21),
                                   waits("E"))
    print(numbers[:2])


if __name__ == "__main__":
    with ProcessPoolExecutor() as processes:
        asyncio.run(main(processes))
