# SPDX-License-Identifier: MIT
import asyncio

try:
    import uvloop
except ImportError:
    policy = asyncio.DefaultEventLoopPolicy()
else:
    policy = uvloop.EventLoopPolicy()


async def main():
    # Do your stuff here ...
    print("Hello!")
    await asyncio.sleep(0.1)
    print("Goodbye!")


if __name__ == "__main__":
    asyncio.set_event_loop_policy(policy)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()
