# SPDX-License-Identifier: MIT
"""A loop of asyncio whose clock jumps, and what the reference does otherwise than CPython.

Where CPython leaves an order to a hash or to its heap the scenario language fixes one,
and the classes of this file see to it; so they do for the accidents of 3.13.0 that no
implementation has to copy.
"""

import asyncio
import heapq
import itertools


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

    def create_task(self, coro, *, name=None, context=None):
        refusal = (self._exiting and not self._tasks and "is finished"
                   or self._aborting and "is shutting down")
        if refusal:
            coro.close()
            raise RuntimeError(f"TaskGroup {refusal}")
        task = self._loop.create_task(coro, name=name, context=context)
        # An eager child may have ended.  Of one that ended well there is nothing to hear; one
        # that failed would, by 3.13.0, cancel the parent here: later versions wait.
        if not task.done() or not task.cancelled() and task._exception:
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
