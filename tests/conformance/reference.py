#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The reference interpreter of scenarios: it plays them on CPython's asyncio.

    reference.py [--iter] FILE.scn              the log goes to the standard output
    reference.py [--iter] --out DIR FILE.scn...  DIR/NAME.log or .ilog for each

The tasks, futures, locks, queues and groups are CPython's own; so is the loop, but
for its clock, which jumps: see virtual_loop.py.  This file has what runs a scenario
and writes its log; the operations are in operations.py, the blocks in blocks.py.

Python 3.12 plays scenarios too, by its own semantics.  Logs are compared only with
those of 3.13 or later.
"""

import argparse
import asyncio
import contextvars
import sys
import warnings
from pathlib import Path

from blocks import BLOCKS, SKIP, Returned
from language import VARIABLES, ScenarioError, parse
from operations import KINDS, NOTHING, SIMPLE, STARTING, SUSPENDING
from texts import ERRORS, TagError, exception_text, state_text, value_text
from virtual_loop import Deadlock, RunOver, Timer, VirtualLoop

DEFAULT_LIMIT = 5000

LOCKABLE = (asyncio.Lock, asyncio.Condition, asyncio.Semaphore)
TYPES = {
    "fut": asyncio.Future, "task": asyncio.Task, "handle": asyncio.Handle, "timer": Timer,
    "event": asyncio.Event, "lock": asyncio.Lock, "lockable": LOCKABLE,
    "cond": asyncio.Condition, "barrier": asyncio.Barrier, "queue": asyncio.Queue,
    "timeout": asyncio.Timeout, "group": asyncio.TaskGroup,
}


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
    parser.add_argument("files", nargs="+", type=Path)
    options = parser.parse_args()
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
