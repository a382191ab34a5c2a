# SPDX-License-Identifier: MIT
"""How values, exceptions and states print in a log, and what "except CLASS" catches."""

import asyncio

ERRORS = (Exception, asyncio.CancelledError)       # what a scenario can catch

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
    # A question mark is a mistake of the scenario or of the reference.
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
