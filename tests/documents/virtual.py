# SPDX-License-Identifier: MIT
"""Runs a program of asyncio on a clock that jumps: python virtual.py PROGRAM.py"""

import asyncio
import runpy
import selectors
import sys


class Selector(selectors.DefaultSelector):
    """Time is what was waited for; nobody waits for it."""
    now = 0.0

    def select(self, timeout=None):
        events = super().select(timeout and 0)
        self.now += timeout or 0
        return events


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        super().__init__(Selector())

    def time(self):
        return self._selector.now


class Policy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop


asyncio.set_event_loop_policy(Policy())
runpy.run_path(sys.argv[1], run_name="__main__")
