# SPDX-License-Identifier: MIT
"""What the operations of the scenario language do, in terms of asyncio.

KINDS, SIMPLE, STARTING and SUSPENDING are the operations of the sections of the language
by name: functions of the run and of the arguments, looked up already.  A simple one
returns its result, or NOTHING if it has none.
"""

import asyncio
import contextvars
from asyncio import tasks as asyncio_tasks

from texts import TagError, exception_text, state_text, value_text
from virtual_loop import OrderedSet, PriorityQueue

NOTHING = object()                                 # an operation without a result

KINDS = {
    "future": lambda run: run.loop.create_future(),
    "event": lambda run: asyncio.Event(),
    "lock": lambda run: asyncio.Lock(),
    "cond": lambda run, lock=None: asyncio.Condition(lock),
    "sem": lambda run, n: asyncio.Semaphore(n),
    "bsem": lambda run, n: asyncio.BoundedSemaphore(n),
    "barrier": lambda run, n: asyncio.Barrier(n),
    "queue": lambda run, n: asyncio.Queue(n),
    "pqueue": lambda run, n: PriorityQueue(n),
    "lqueue": lambda run, n: asyncio.LifoQueue(n),
}


def call_soon(run, name, func):
    run.assign(name, run.loop.call_soon(run.function, run.program.funcs[func]))
    return NOTHING


def call_later(run, name, delay, func):
    run.assign(name, run.loop.call_later(delay, run.function, run.program.funcs[func]))
    return NOTHING


def call_at(run, name, when, func):
    run.assign(name, run.loop.call_at(when, run.function, run.program.funcs[func]))
    return NOTHING


def result(run, future):
    return future.result()


def exception(run, future):
    """An exception is a result here, not an element of a list."""
    error = future.exception()
    return None if error is None else exception_text(error)


def shutdown_queue(run, queue, immediate):
    if hasattr(queue, "shutdown"):                 # since 3.13
        queue.shutdown(immediate == "1")
    return NOTHING


def reschedule(run, timeout, delay):
    timeout.reschedule(None if delay is None else run.loop.now + delay)
    return NOTHING


def current(run):
    task = run.current()
    return task.get_name() if task else None


def context_variable(run, name):
    if name not in run.contextvars:
        run.contextvars[name] = contextvars.ContextVar(name, default=None)
    return run.contextvars[name]


def nothing(action):
    """The operation whose effect is the action's, and which has no result."""
    def operation(run, *arguments):
        action(run, *arguments)
        return NOTHING
    return operation


def barrier_info(run, barrier):
    return f"{barrier.n_waiting}/{barrier.parties} broken={int(barrier.broken)}"


SIMPLE = {
    "log": lambda run, *words: NOTHING,
    "cancel": lambda run, future, message=None: future.cancel(msg=message),
    "uncancel": lambda run, task: task.uncancel(),
    "cancelling": lambda run, task: task.cancelling(),
    "set_result": nothing(lambda run, future, value: future.set_result(value)),
    "set_exception": nothing(lambda run, future, tag: future.set_exception(TagError(tag))),
    "result": result,
    "exception": exception,
    "state": lambda run, future: state_text(future),
    "add_cb": nothing(lambda run, future, func: future.add_done_callback(run.callbacks[func])),
    "rm_cb": lambda run, future, func: future.remove_done_callback(run.callbacks[func]),
    "call_soon": call_soon,
    "call_later": call_later,
    "call_at": call_at,
    "hcancel": nothing(lambda run, handle: handle.cancel()),
    "hcancelled": lambda run, handle: handle.cancelled(),
    "hwhen": lambda run, timer: timer.when(),
    "stop": nothing(lambda run: run.loop.stop()),
    "event.set": nothing(lambda run, event: event.set()),
    "event.clear": nothing(lambda run, event: event.clear()),
    "event.is_set": lambda run, event: event.is_set(),
    "release": nothing(lambda run, lock: lock.release()),
    "locked": lambda run, lock: lock.locked(),
    "cond.notify": nothing(lambda run, cond, n: cond.notify(n)),
    "cond.notify_all": nothing(lambda run, cond: cond.notify_all()),
    "barrier.info": barrier_info,
    "put_nowait": nothing(lambda run, queue, value: queue.put_nowait(value)),
    "get_nowait": lambda run, queue: queue.get_nowait(),
    "task_done": nothing(lambda run, queue: queue.task_done()),
    "qsize": lambda run, queue: queue.qsize(),
    "shutdown": shutdown_queue,
    "reschedule": reschedule,
    "expired": lambda run, timeout: timeout.expired(),
    "when": lambda run, timeout: timeout.when(),
    "name": lambda run, task: task.get_name(),
    "set_name": nothing(lambda run, task, name: task.set_name(name)),
    "current": current,
    "all_tasks": lambda run: run.names(run.loop.tasks_left()),
    "ctx.set": nothing(lambda run, name, value: context_variable(run, name).set(value)),
    "ctx.get": lambda run, name: context_variable(run, name).get(),
}


def spawn(run, name, coro, task_name=None):
    run.assign(name, run.loop.create_task(run.coroutine(coro), name=task_name))


def group_spawn(run, group, name, coro, task_name=None):
    try:
        task = group.create_task(run.coroutine(coro), name=task_name)
    except RuntimeError as error:
        run.log(f"tg.spawn ! {exception_text(error)}")
    else:
        run.assign(name, task)


def gather(run, mode, *items):
    return asyncio.gather(*items, return_exceptions=mode == "return")


STARTING = {
    "spawn": spawn,
    "tg.spawn": group_spawn,
    "gather_new": lambda run, name, *rest: run.assign_future(name, gather(run, *rest)),
    "shield_new": lambda run, name, item: run.assign_future(name, asyncio.shield(item)),
}

WAIT_MODES = {"first": asyncio.FIRST_COMPLETED, "exception": asyncio.FIRST_EXCEPTION,
              "all": asyncio.ALL_COMPLETED}


class OneSelf:
    """What a task awaits that awaits itself: an error at +1, as if it really did.

    CPython's accelerator leaves a flag in such a task, and fails when somebody, itself
    or another, awaits it again.
    """

    def __await__(self):
        yield self


async def await_(run, future):
    return await (OneSelf() if future is run.current() else future)


async def gather_await(run, mode, *items):
    return await gather(run, mode, *items)


def first_names(pairs):
    """{future: name} of pairs of name and future: each future once, in order."""
    futures = {}
    for name, future in pairs:
        futures.setdefault(future, name)
    return futures


async def wait(run, mode, delay, *pairs):
    """asyncio.wait() without the set that it makes of its argument."""
    names = first_names(pairs)
    if not names:
        raise ValueError("Set of Tasks/Futures is empty.")
    done, pending = await asyncio_tasks._wait(list(names), delay, WAIT_MODES[mode], run.loop)
    texts = [",".join(name for future, name in names.items() if future in part)
             for part in (done, pending)]
    return f"done=[{texts[0]}] pending=[{texts[1]}]"


async def as_completed(run, delay, *pairs):
    """A loop over as_completed() with an await in it; CPython's own starts from a set."""
    queue = asyncio.Queue()
    todo = OrderedSet.fromkeys(future for _, future in pairs)
    timer = None

    def completed(future):
        if not todo:
            return
        todo.discard(future)
        queue.put_nowait(future)
        if timer and not todo:
            timer.cancel()

    def timed_out():
        for future in todo:
            future.remove_done_callback(completed)
            queue.put_nowait(None)
        todo.clear()

    for future in todo:
        future.add_done_callback(completed)
    if todo and delay is not None:
        timer = run.loop.call_later(delay, timed_out)
    values = []
    for _ in range(len(todo)):
        future = await queue.get()
        if future is None:
            raise TimeoutError
        values.append(future.result())
        run.log(f"next = {value_text(values[-1])}")
    return values


async def wait_for(run, delay, item):
    return await asyncio.wait_for(item, delay)


async def shield(run, item):
    return await asyncio.shield(item)


def awaiting(start):
    """The operation that awaits what start(run, ...) gives."""
    async def operation(run, *arguments):
        return await start(run, *arguments)
    return operation


SUSPENDING = {
    "await": await_,
    "call": awaiting(lambda run, name: run.coroutine(name)),
    "sleep": awaiting(lambda run, delay: asyncio.sleep(delay)),
    "gather": gather_await,
    "wait": wait,
    "wait_for": wait_for,
    "shield": shield,
    "as_completed": as_completed,
    "event.wait": awaiting(lambda run, event: event.wait()),
    "acquire": awaiting(lambda run, lock: lock.acquire()),
    "cond.wait": awaiting(lambda run, cond: cond.wait()),
    "cond.wait_for": awaiting(lambda run, cond, event: cond.wait_for(event.is_set)),
    "barrier.wait": awaiting(lambda run, barrier: barrier.wait()),
    "barrier.reset": awaiting(lambda run, barrier: barrier.reset()),
    "barrier.abort": awaiting(lambda run, barrier: barrier.abort()),
    "put": awaiting(lambda run, queue, value: queue.put(value)),
    "get": awaiting(lambda run, queue: queue.get()),
    "join": awaiting(lambda run, queue: queue.join()),
}
