# SPDX-License-Identifier: MIT
import asyncio
import threading

# The main thread has the loop of another one work for it.
new_loop = asyncio.new_event_loop()


def run_loop(loop):
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        try:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            asyncio.set_event_loop(None)
            loop.close()


async def work(name):
    print(f"{name} begins")
    await asyncio.sleep(0.1)
    print(f"{name} is done")


t = threading.Thread(target=run_loop, args=(new_loop,))
t.start()

asyncio.run_coroutine_threadsafe(work("first"), new_loop).result()
asyncio.run_coroutine_threadsafe(work("second"), new_loop).result()

new_loop.call_soon_threadsafe(new_loop.stop)
t.join()
print("closed" if new_loop.is_closed() else "open")
