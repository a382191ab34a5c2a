# SPDX-License-Identifier: MIT
import asyncio
import time


async def say_hello(name):
    print(f"say_hello_{name} -> asyncio.sleep : sleep")
    start_time = time.time()
    await asyncio.sleep(1)
    end_time = time.time()
    print(f"asyncio.sleep -> say_hello_{name} : total({end_time - start_time})")


async def main():
    print("@startuml")
    print("main -> say_hello_AAA")
    start_time = time.time()
    await asyncio.gather(
        say_hello("AAA"),
        say_hello("BBB"),
        say_hello("CCC"),
    )
    end_time = time.time()
    print(f"say_hello_CCC -> main : total({end_time - start_time})")
    print("@enduml")


if __name__ == "__main__":
    asyncio.run(main())
