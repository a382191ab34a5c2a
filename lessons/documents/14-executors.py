# SPDX-License-Identifier: MIT
import asyncio
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor


def func(a, b):
    # Do time intensive stuff...
    return a + b


async def main(threads, processes):
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(threads, func, "Hello,", " world!"))

    loop.set_default_executor(threads)
    print(await loop.run_in_executor(None, func, "Hello,", " world!"))

    print(await loop.run_in_executor(processes, func, "Hello,", " world!"))


if __name__ == "__main__":
    with ProcessPoolExecutor() as processes:
        asyncio.run(main(ThreadPoolExecutor(), processes))
