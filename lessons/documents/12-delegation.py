# SPDX-License-Identifier: MIT
import asyncio
import types


async def func():
    # Do time intensive stuff...
    return "Hello, world!"


async def main():
    print(await func())


# Before Python 3.5: @asyncio.coroutine, which is gone; types.coroutine is what it did.
@types.coroutine
def old_func():
    # Do time intensive stuff...
    return "Hello, world!"
    yield


@types.coroutine
def old_main():
    print((yield from old_func()))


if __name__ == "__main__":
    loop = asyncio.get_event_loop()
    loop.run_until_complete(main())
    loop.run_until_complete(asyncio.ensure_future(old_main(), loop=loop))
    loop.close()
