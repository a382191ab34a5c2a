# SPDX-License-Identifier: MIT
import asyncio
import functools


# event trigger function
def trigger(event):
    print("EVENT SET")
    event.set()  # wake up coroutines waiting


# event consumers
async def consumer_a(event):
    consumer_name = "Consumer A"
    print("{} waiting".format(consumer_name))
    await event.wait()
    print("{} triggered".format(consumer_name))


async def consumer_b(event):
    consumer_name = "Consumer B"
    print("{} waiting".format(consumer_name))
    await event.wait()
    print("{} triggered".format(consumer_name))


# event
event = asyncio.Event()

# event loop
event_loop = asyncio.get_event_loop()

# wrap coroutines in one future (since Python 3.11 wait takes tasks, not coroutines)
main_future = asyncio.wait([event_loop.create_task(consumer_a(event)),
                            event_loop.create_task(consumer_b(event))])

event_loop.call_later(0.1, functools.partial(trigger, event))  # trigger event in 0.1 sec

# complete main_future
done, pending = event_loop.run_until_complete(main_future)
print(f"{len(done)} done, {len(pending)} pending")
event_loop.close()
