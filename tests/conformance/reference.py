#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference interpreter of scenarios: it plays them on CPython's asyncio.

    reference.py [--iter] FILE.scn              the log goes to the standard output
    reference.py [--iter] --out DIR FILE.scn...  DIR/NAME.log or .ilog for each

The tasks, futures, locks, queues and groups are CPython's own; so is the loop, but
for its clock, which jumps.  Where CPython leaves an order to a hash or to its heap
the language fixes one, and the classes at the top of this file see to it; so they do
for the accidents of 3.13.0 that no implementation has to copy.

Python 3.12 plays scenarios too, by its own semantics.  Logs are compared only with
those of 3.13 or later.
"""

import argparse
import asyncio
import contextvars
import heapq
import itertools
import sys
import warnings
from asyncio import tasks as asyncio_tasks
from pathlib import Path

from language import ScenarioError, VARIABLES, parse

DEFAULT_LIMIT = 5000
ERRORS = (Exception, asyncio.CancelledError)       # what a scenario can catch


# -- The loop ---------------------------------------------------------------------------

class Deadlock(BaseException):
    """Nothing is ready, no timer runs, and there is no other input."""


class RunOver(SystemExit):
    """The log has reached its limit.  A SystemExit, as nothing in asyncio keeps it."""


class Timer(asyncio.TimerHandle):
    """Equal deadlines are due in the order in which the timers were made."""
    __slots__ = ("serial",)

    def __lt__(self, other):
        return (self._when, self.serial) < (other._when, other.serial)


class VirtualLoop(asyncio.BaseEventLoop):
    """A loop whose clock jumps to the next deadline, and which counts its iterations."""

    def __init__(self, eager):
        super().__init__()
        self.set_debug(False)
        self._selector = self
        self._clock_resolution = 1e-6              # ticks are whole numbers
        self.eager = eager
        self.now = 0
        self.iteration = 0
        self.tasks = {}                            # in order of creation
        self.serials = itertools.count()
        self.numbers = itertools.count(1)

    def time(self):
        return self.now

    def select(self, timeout):
        """Stands in for the poll of the descriptors."""
        if timeout is None:
            raise Deadlock
        self.now += timeout
        return ()

    def _process_events(self, events):
        pass

    def _run_once(self):
        self.iteration += 1
        super()._run_once()

    def call_at(self, when, callback, *args, context=None):
        self._check_closed()
        timer = Timer(when, callback, args, self, context)
        timer.serial = next(self.serials)
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True
        return timer

    def create_task(self, coro, *, name=None, context=None):
        """Numbers the tasks without a name, eager ones too (3.13.0 calls those None)."""
        self._check_closed()
        if name is None:
            name = f"Task-{next(self.numbers)}"
        task = asyncio.Task(coro, loop=self, name=name, context=context, eager_start=self.eager)
        self.tasks.setdefault(task)
        return task

    def tasks_left(self):
        return [task for task in self.tasks if not task.done()]


class OrderedSet(dict):
    """What a TaskGroup needs of a set, in the order of addition."""

    def add(self, item):
        self[item] = None

    def discard(self, item):
        self.pop(item, None)


class TaskGroup(asyncio.TaskGroup):
    """Aborts in the order of creation; hears of each child through a done callback."""

    def __init__(self):
        super().__init__()
        self._tasks = OrderedSet()

    at_once = False        # 3.13.0 deals with an eager child that is done in create_task

    def create_task(self, coro, *, name=None, context=None):
        refusal = (self._exiting and not self._tasks and "is finished"
                   or self._aborting and "is shutting down")
        if refusal:
            coro.close()
            raise RuntimeError(f"TaskGroup {refusal}")
        task = self._loop.create_task(coro, name=name, context=context)
        if self.at_once and task.done():
            self._on_task_done(task)
        elif not (task.done() and (task.cancelled() or task._exception is None)):
            self._tasks.add(task)
            task.add_done_callback(self._on_task_done)
        return task


class PriorityQueue(asyncio.PriorityQueue):
    """Items of equal priority leave in the order they came."""

    def _init(self, maxsize):
        super()._init(maxsize)
        self._serials = itertools.count()

    def _put(self, item):
        super()._put((item, next(self._serials)))

    def _get(self):
        return super()._get()[0]


# -- Texts ------------------------------------------------------------------------------

EXCEPTION_NAMES = {
    TimeoutError: "Timeout",
    asyncio.InvalidStateError: "InvalidState",
    RuntimeError: "RuntimeError",
    ValueError: "ValueError",
    asyncio.BrokenBarrierError: "BrokenBarrier",
    asyncio.QueueEmpty: "QueueEmpty",
    asyncio.QueueFull: "QueueFull",
    getattr(asyncio, "QueueShutDown", None): "QueueShutDown",
}


class TagError(Exception):
    """An error of the scenario's own; its only argument is its tag."""


def exception_text(error):
    if isinstance(error, TagError):
        return f"E:{error.args[0]}"
    if isinstance(error, asyncio.CancelledError):
        message = error.args[0] if error.args else None
        return f"Cancelled:{message}" if message else "Cancelled"
    if isinstance(error, BaseExceptionGroup):
        return f"Group[{','.join(map(exception_text, error.exceptions))}]"
    # A question mark is a mistake of the scenario or of this file: see the selftest.
    return EXCEPTION_NAMES.get(type(error)) or f"?{type(error).__name__}"


def fits_class(error, name):
    """Does "except NAME" catch the error?"""
    if name == "any":
        return True
    if name == "error":
        return not isinstance(error, asyncio.CancelledError)
    if name == "Cancelled":
        return isinstance(error, asyncio.CancelledError)
    if name == "Group":
        return isinstance(error, BaseExceptionGroup)
    if name == "E":
        return isinstance(error, TagError)
    return exception_text(error) == name


def value_text(value):
    if value is None:
        return "none"
    if isinstance(value, BaseException):
        return "!" + exception_text(value)
    if isinstance(value, list):
        return f"[{','.join(map(value_text, value))}]"
    return str(int(value)) if isinstance(value, bool) else str(value)


def state_text(future):
    if not future.done():
        return "pending"
    return "cancelled" if future.cancelled() else "finished"


# -- A run ------------------------------------------------------------------------------

LOCKABLE = (asyncio.Lock, asyncio.Condition, asyncio.Semaphore)
TYPES = {
    "fut": asyncio.Future, "task": asyncio.Task, "handle": asyncio.Handle, "timer": Timer,
    "event": asyncio.Event, "lock": asyncio.Lock, "lockable": LOCKABLE,
    "cond": asyncio.Condition, "barrier": asyncio.Barrier, "queue": asyncio.Queue,
    "timeout": asyncio.Timeout, "group": asyncio.TaskGroup,
}
NOTHING = object()                                 # an operation without a result
SKIP = object()                                    # an argument that is not there


class Returned:
    """A body is being left by "return"; a block hands this on to the block around it."""

    def __init__(self, value):
        self.value = value


class Frame:
    """One run of a body: the value of $, and the exceptions its handlers deal with."""

    def __init__(self):
        self.last = None
        self.handling = []


class Run:
    """One run of a scenario: its loop, its variables, and the log it writes."""

    def __init__(self, program):
        self.program = program
        self.loop = VirtualLoop(program.options.get("eager", False))
        self.loop.set_exception_handler(self.report)
        self.limit = program.options.get("limit", DEFAULT_LIMIT)
        self.lines = []                            # (time, iteration, rest of the line)
        self.over = False
        self.variables = {}
        self.futures = {}                          # made by the scenario -> first variable
        self.kept = []                             # objects live until the end of the run
        self.coroutines = []
        self.contextvars = {}
        self.callbacks = {name: self.done_callback(body) for name, body in program.funcs.items()}

    # The log.

    def current(self):
        return asyncio.current_task(self.loop)

    def log(self, text):
        task = self.current()
        self.write(f"{task.get_name() if task else '-'} {text}")

    def write(self, text):
        if self.over:
            raise RunOver
        self.lines.append((self.loop.now, self.loop.iteration, text))
        if len(self.lines) >= self.limit:
            self.over = True
            raise RunOver

    def report(self, loop, context):
        """The exception handler of the loop."""
        if self.over:
            return
        if "handle" in context:
            self.log(f"handler callback {exception_text(context['exception'])}")
        elif "has errored out" in context["message"]:
            self.log(f"handler taskgroup {exception_text(context['exception'])}")

    def text(self, iterations=False):
        limit = ["limit"] if len(self.lines) >= self.limit else []
        if iterations:
            lines = [f"{time}/{iteration} {text}" for time, iteration, text in self.lines]
        else:
            lines = [f"{time} {text}" for time, _, text in self.lines]
        return "\n".join(lines + limit) + "\n"

    # Beginning and end.

    def play(self):
        try:
            self.begin()
            self.main_part()
            self.shutdown_part()
            self.last_part()
        except Deadlock:
            self.write(f"- deadlock {self.names(self.loop.tasks_left())}")
        except RunOver:
            pass
        finally:
            self.clean_up()
        return self

    def begin(self):
        for statement in self.program.news:
            arguments = self.resolve(statement, None)
            if arguments is not SKIP:
                try:
                    self.make(statement, arguments)
                except ERRORS:
                    pass

    def main_part(self):
        main = self.loop.create_task(self.coroutine("main"))
        self.variables["main"] = main
        try:
            result = self.until_complete(main)
        except ERRORS as error:
            self.write(f"- main ! {exception_text(error)}")
        else:
            self.write(f"- main = {value_text(result)}")

    def until_complete(self, future):
        while True:
            try:
                return self.loop.run_until_complete(future)
            except RuntimeError:
                if future.done():
                    raise
                self.write("- stopped")

    def shutdown_part(self):
        left = self.loop.tasks_left()
        if not left:
            return
        self.write(f"- shutdown {self.names(left)}")
        for task in left:
            task.cancel()
        self.until_complete(asyncio.gather(*left, return_exceptions=True))
        for task in left:
            if not task.cancelled() and task.exception() is not None:
                self.write(f"- shutdown-exc {task.get_name()} {exception_text(task.exception())}")

    def last_part(self):
        if "unretrieved" in self.program.options:
            for task in self.loop.tasks:
                if task._log_traceback:
                    self.write(f"- unretrieved {task.get_name()}")
            for future, name in self.futures.items():
                if future._log_traceback:
                    self.write(f"- unretrieved {name}")
        if left := self.loop.tasks_left():
            self.write(f"- leftover {self.names(left)}")
        self.write("- end")

    def clean_up(self):
        """Leave nothing behind that could disturb the next run, or complain."""
        self.over = True
        for task in self.loop.tasks:
            task._log_destroy_pending = False
        for coroutine in self.coroutines:
            try:
                coroutine.close()
            except BaseException:                  # a lock that wants to be taken again
                pass
        self.loop.close()

    @staticmethod
    def names(tasks):
        return ",".join(task.get_name() for task in tasks)

    # Bodies.

    def coroutine(self, name):
        coroutine = self.body(self.program.coros[name])
        self.coroutines.append(coroutine)
        return coroutine

    async def body(self, coro):
        self.loop.tasks.setdefault(self.current())     # an eager task is not known before
        self.log(f"start {coro.name}")
        try:
            outcome = await self.block(coro.statements, Frame())
        except ERRORS as error:
            self.log(f"exit {coro.name} ! {exception_text(error)}")
            raise
        value = outcome.value if outcome else None
        self.log(f"exit {coro.name} = {value_text(value)}")
        return value

    def done_callback(self, func):
        def callback(future):
            self.function(func, " " + state_text(future))
        return callback

    def function(self, func, state=""):
        self.log(f"run {func.name}{state}")
        frame = Frame()
        for statement in func.statements:
            self.execute(statement, frame)

    async def block(self, statements, frame):
        """None, or a Returned that leaves the blocks around."""
        for statement in statements:
            operation = statement.operation
            if operation is None or operation.section in (1, 2):
                outcome = self.execute(statement, frame)
            elif operation.section == 3:
                outcome = await self.suspending(statement, frame)
            else:
                outcome = await BLOCKS[statement.name](self, statement, frame)
            if outcome:
                return outcome

    # Operations that do not suspend.

    def execute(self, statement, frame):
        name = statement.name
        if name == "return":
            return self.leave(statement, frame)
        if name == "raise":
            self.throw(statement, frame)
        elif statement.operation.section == 2:
            self.starting(statement, frame)
        else:
            self.simple(statement, frame)

    def leave(self, statement, frame):
        self.log(statement.text)
        arguments = self.resolve(statement, frame)
        return Returned(arguments[0] if arguments else None)

    def throw(self, statement, frame):
        self.log(statement.text)
        if len(statement.words) == 2:
            tag = statement.words[1]
            raise asyncio.CancelledError if tag == "Cancelled" else TagError(tag)
        if frame.handling:
            raise frame.handling[-1]

    def simple(self, statement, frame):
        """Section 5.1: one line afterwards, errors are swallowed."""
        arguments = self.resolve(statement, frame)
        if arguments is SKIP:
            self.log(f"{statement.text} skip")
            return
        try:
            if statement.name == "new":
                result = self.make(statement, arguments)
            else:
                result = SIMPLE[statement.name](self, *arguments)
        except ERRORS as error:
            ending = f" ! {exception_text(error)}"
        else:
            ending = "" if result is NOTHING else f" = {value_text(result)}"
        self.log(statement.text + ending)

    def starting(self, statement, frame):
        """Section 5.2: one line before."""
        arguments = self.resolve(statement, frame)
        if arguments is SKIP:
            self.log(f"{statement.text} skip")
            return
        self.log(statement.text)
        STARTING[statement.name](self, *arguments)

    # Operations that may suspend.

    async def suspending(self, statement, frame):
        """Section 5.3: a line before and one after."""
        arguments = self.resolve(statement, frame)
        if arguments is SKIP:
            self.log(f"{statement.text} skip")
            return
        self.log(f"> {statement.text}")
        try:
            value = await SUSPENDING[statement.name](self, *arguments)
        except ERRORS as error:
            self.log(f"< {statement.text} ! {exception_text(error)}")
            raise
        if statement.name == "wait":
            self.log(f"< {statement.text} {value}")
            value = None
        else:
            self.log(f"< {statement.text} = {value_text(value)}")
        frame.last = value

    # Arguments and variables.

    def resolve(self, statement, frame):
        """The values of the arguments, or SKIP.

        In a list those that are not there are left out; the futures of "wait" and
        "as_completed" come with their names.
        """
        values = []
        many = statement.operation and statement.operation.args[-1:] in (("item*",), ("fut*",))
        for kind, word in statement.args:
            value = self.argument(kind, word, frame)
            if value is not SKIP:
                values.append((word, value) if kind == "fut" and many else value)
            elif not many:
                return SKIP
        return values

    def argument(self, kind, word, frame):
        if kind == "item" and word.startswith("@"):
            return self.coroutine(word[1:])
        if kind == "item" or kind in VARIABLES:
            return self.lookup("fut" if kind == "item" else kind, word)
        if kind == "value" and word == "$":
            return frame.last if frame else None
        if kind in ("int", "delay", "value"):
            return None if word == "none" else int(word)
        return word

    def lookup(self, kind, name):
        value = self.current() if name == "self" else self.variables.get(name)
        return value if isinstance(value, TYPES[kind]) else SKIP

    def assign(self, name, value):
        self.variables[name] = value
        self.kept.append(value)

    def assign_future(self, name, future):
        self.assign(name, future)
        if not isinstance(future, asyncio.Task):
            self.futures.setdefault(future, name)

    def make(self, statement, arguments):
        kind, name = statement.words[1:3]
        made = KINDS[kind](self, *arguments)
        if kind == "future":
            self.assign_future(name, made)
        else:
            self.assign(name, made)
        return NOTHING


# -- The operations, as methods of Run ----------------------------------------------------

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


# -- The blocks ---------------------------------------------------------------------------

async def block_try(run, statement, frame):
    try:
        outcome = await try_and_handle(run, statement, frame)
    except ERRORS:
        await clean(run, statement, frame)
        raise
    await clean(run, statement, frame)
    return outcome


async def try_and_handle(run, statement, frame):
    try:
        return await run.block(statement.body, frame)
    except ERRORS as error:
        if not any(fits_class(error, name) for name in statement.classes):
            raise
        caught = error
    run.log(f"catch {exception_text(caught)}")
    frame.handling.append(caught)
    try:
        return await run.block(statement.handler, frame)
    finally:
        frame.handling.pop()


async def clean(run, statement, frame):
    if statement.cleanup is not None:
        run.log("finally")
        await run.block(statement.cleanup, frame)


async def block_repeat(run, statement, frame):
    for number in range(1, int(statement.words[1]) + 1):
        run.log(f"iter {number}")
        outcome = await run.block(statement.body, frame)
        if outcome:
            return outcome


async def block_timeout(run, statement, frame):
    delay, name = run.resolve(statement, frame)
    run.log(f"> {statement.text}")
    if delay is not None and statement.name == "timeout":
        delay += run.loop.now
    timeout = asyncio.Timeout(delay)
    run.assign(name, timeout)
    try:
        async with timeout:
            outcome = await run.block(statement.body, frame)
    except ERRORS as error:
        run.log(f"< timeout {name} expired={int(timeout.expired())} ! {exception_text(error)}")
        raise
    run.log(f"< timeout {name} expired={int(timeout.expired())}")
    return outcome


async def block_taskgroup(run, statement, frame):
    name = statement.words[1]
    run.log(f"> {statement.text}")
    group = TaskGroup()
    run.assign(name, group)
    try:
        async with group:
            outcome = await group_body(run, statement, frame)
    except ERRORS as error:
        run.log(f"< {statement.text} ! {exception_text(error)}")
        raise
    run.log(f"< {statement.text}")
    return outcome


async def group_body(run, statement, frame):
    try:
        outcome = await run.block(statement.body, frame)
    except ERRORS as error:
        run.log(f"leave {statement.words[1]} ! {exception_text(error)}")
        raise
    run.log(f"leave {statement.words[1]}")
    return outcome


async def block_with(run, statement, frame):
    arguments = run.resolve(statement, frame)
    if arguments is SKIP:
        run.log(f"{statement.text} skip")
        return None
    run.log(f"> {statement.text}")
    try:
        async with arguments[0]:
            run.log(f"enter {statement.words[1]}")
            outcome = await run.block(statement.body, frame)
    except ERRORS as error:
        run.log(f"< {statement.text} ! {exception_text(error)}")
        raise
    run.log(f"< {statement.text}")
    return outcome


BLOCKS = {"try": block_try, "repeat": block_repeat, "timeout": block_timeout,
          "timeout_at": block_timeout, "taskgroup": block_taskgroup, "with": block_with}


# -- The command --------------------------------------------------------------------------

def play(text, name="scenario"):
    """The Run of a scenario; its text(iterations) is the log."""
    return contextvars.copy_context().run(Run(parse(text, name)).play)


def quiet():
    """Abandoned coroutines are the scenario's business: they do not go to stderr."""
    warnings.simplefilter("ignore")
    sys.unraisablehook = lambda unraisable: None


def main():
    parser = argparse.ArgumentParser(description="Play scenarios on CPython's asyncio.")
    parser.add_argument("--iter", action="store_true", help="iteration numbers in the log")
    parser.add_argument("--out", type=Path, help="one log for each file in this directory")
    parser.add_argument("--accidents", action="store_true",
                        help="task groups deal with eager children as 3.13.0 does")
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
    TaskGroup.at_once = options.accidents
    quiet()
    for path in options.files:
        try:
            log = play(path.read_text(), str(path)).text(options.iter)
        except (ScenarioError, OSError, UnicodeDecodeError) as error:
            sys.exit(str(error))
        if options.out:
            suffix = ".ilog" if options.iter else ".log"
            (options.out / (path.stem + suffix)).write_text(log)
        else:
            sys.stdout.write(log)


if __name__ == "__main__":
    main()
