# SPDX-License-Identifier: MIT
"""The blocks of the scenario language: try, repeat, timeout, taskgroup, with.

BLOCKS are coroutine functions of the run, the statement and the frame.  They return what
run.block() does: None, or a Returned on its way out of the body.
"""

import asyncio

from texts import ERRORS, exception_text, fits_class
from virtual_loop import TaskGroup

SKIP = object()                                    # an argument that is not there


class Returned:
    """A body is being left by "return"; a block hands this on to the block around it."""

    def __init__(self, value):
        self.value = value


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
