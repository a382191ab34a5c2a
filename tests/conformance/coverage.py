#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How often each operation of the language succeeded, failed, was cancelled, was skipped.

    coverage.py DIR...            the scenarios in DIR, whose logs are NAME.ilog there
    coverage.py --seeds A:B       random scenarios, played by the reference
(both at once count together)

Prints a table, and ends with status 1 if something that can happen never did.  What the
language makes impossible is a "-" in the table: IMPOSSIBLE says why.
"""

import argparse
import re
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

from language import KINDS, OPERATIONS, VARIABLES

CELLS = ("success", "error", "cancelled", "skip")

# What cannot happen: the cells, the reason, and the operations or blocks.  That an
# operation without an argument that must be a certain object is never skipped is known
# from the tables of the language and is not repeated here.
IMPOSSIBLE = [
    ("error cancelled", "it never raises", """
        log cancel uncancel cancelling state add_cb rm_cb call_soon call_later call_at
        hcancel hcancelled hwhen stop event.set event.clear event.is_set locked
        barrier.info qsize shutdown expired when name set_name current all_tasks
        ctx.set ctx.get
        new-future new-event new-lock new-cond new-queue new-pqueue new-lqueue"""),
    ("cancelled", "it raises, but not CancelledError", """
        set_result set_exception release cond.notify cond.notify_all put_nowait get_nowait
        task_done reschedule tg.spawn new-sem new-bsem new-barrier"""),
    ("error cancelled", "it only starts something; what fails, fails there", """
        spawn gather_new shield_new"""),
    ("error", "a whole number of ticks can always be slept", "sleep"),
    ("error", "it ends well or is cancelled", "event.wait acquire join"),
    ("error cancelled", "the lock of a barrier is never held over a suspension", """
        barrier.reset barrier.abort"""),
    ("skip", "names of futures that are not there are left out", """
        gather wait as_completed gather_new"""),
    ("skip", "the block makes its own object", "timeout timeout_at taskgroup"),
]

# Lines that are not those of an operation, and which every one of has to appear.
EVENTS = {
    "exit = VALUE": r"exit \S+ = ",
    "exit ! EXC": r"exit \S+ ! (?!Cancelled)",
    "exit ! Cancelled": r"exit \S+ ! Cancelled",
    "return V": r"return \S+$",
    "return": r"return$",
    "raise TAG": r"raise (?!Cancelled)\S+$",
    "raise Cancelled": r"raise Cancelled$",
    "raise": r"raise$",
    "catch EXC": r"catch (?!Cancelled)",
    "catch Cancelled": r"catch Cancelled$",
    "catch Cancelled:msg": r"catch Cancelled:",
    "catch Group": r"catch Group",
    "finally": r"finally$",
    "iter N": r"iter \d+$",
    "next = VALUE": r"next = ",
    "enter NAME": r"enter \S+$",
    "leave NAME": r"leave \S+$",
    "leave NAME ! EXC": r"leave \S+ ! (?!Cancelled)",
    "leave NAME ! Cancelled": r"leave \S+ ! Cancelled",
    "expired=1 ! Timeout": r"< timeout \S+ expired=1 ! Timeout",
    "expired=1, swallowed": r"< timeout \S+ expired=1$",
    "expired=1 ! Cancelled": r"< timeout \S+ expired=1 ! Cancelled",
    "expired=0 ! Cancelled": r"< timeout \S+ expired=0 ! Cancelled",
    "run NAME": r"run \S+$",
    "run NAME finished": r"run \S+ finished$",
    "run NAME cancelled": r"run \S+ cancelled$",
    "handler callback": r"handler callback ",
    "stopped": r"stopped$",
    "main = VALUE": r"main = ",
    "main ! EXC": r"main ! (?!Cancelled)",
    "main ! Cancelled": r"main ! Cancelled",
    "shutdown": r"shutdown [^ ]+$",
    "shutdown-exc": r"shutdown-exc ",
    "unretrieved": r"unretrieved ",
    "leftover": r"leftover ",
    "deadlock": r"deadlock ",
    "end": r"end$",
}

# Rare, and only by accident in a random scenario.
NOT_REQUIRED = {
    "handler taskgroup": r"handler taskgroup ",
    "limit": r"limit$",
}

BLOCKS = ("timeout", "timeout_at", "taskgroup", "with")


def row_names():
    return [*OPERATIONS, *(f"new-{kind}" for kind in KINDS), *BLOCKS]


def impossible():
    """{(row, cell): reason}"""
    cells = {}
    for which, reason, names in IMPOSSIBLE:
        for name in names.split():
            cells.update({(name, cell): reason for cell in which.split()})
    arguments = {name: operation.args for name, operation in OPERATIONS.items()}
    arguments.update({f"new-{kind}": operation.args for kind, operation in KINDS.items()})
    for name, args in arguments.items():
        kinds = {argument.rstrip("?*") for argument in args}
        if not kinds & (VARIABLES | {"item"}):
            cells[name, "skip"] = "it needs no object"
    return cells


def row_and_cell(text):
    """The row and cell that a line of a log (what follows the actor) counts for, or none."""
    words = text.split()
    if words[0] == ">":
        return None
    ended = words[0] == "<"
    name = words[1] if ended else words[0]
    if name == "new":
        name = f"new-{words[1]}"
    if not ended and (name in BLOCKS or name in OPERATIONS and OPERATIONS[name].section == 3):
        return (name, "skip") if text.endswith(" skip") else None
    if name not in OPERATIONS and name not in BLOCKS and not name.startswith("new-"):
        return None
    if name == "shutdown" and len(words) == 2:     # not the operation: the end of a run
        return None
    if text.startswith("tg.spawn ! "):
        return name, "error"
    if name != "log" and text.endswith(" skip"):
        return name, "skip"
    match = re.search(r" ! (Cancelled)?", text) if name != "log" else None
    if match is None:
        return name, "success"
    return name, "cancelled" if match[1] else "error"


class Coverage:
    """Counts over any number of logs."""

    def __init__(self):
        self.cells = Counter()
        self.events = Counter()
        self.scenarios = self.lines = 0
        self.patterns = {name: re.compile(pattern)
                         for name, pattern in {**EVENTS, **NOT_REQUIRED}.items()}

    def add(self, log):
        self.scenarios += 1
        opened = {}                                # actor -> timeout blocks it is in
        for line in log.splitlines():
            self.lines += 1
            text, actor = line, None
            if line != "limit":
                _, actor, text = line.split(" ", 2)
            self.count_event(text)
            self.count_cell(text, opened.setdefault(actor, []))

    def count_event(self, text):
        for name, pattern in self.patterns.items():
            if pattern.match(text):
                self.events[name] += 1

    def count_cell(self, text, opened):
        """A "timeout_at" ends with the word "timeout": the blocks an actor is in tell."""
        if text.startswith(("> timeout ", "> timeout_at ")):
            opened.append(text.split()[1])
        found = row_and_cell(text)
        if found and text.startswith("< timeout ") and opened:
            found = opened.pop(), found[1]
        if found:
            self.cells[found] += 1

    def missing(self):
        no = impossible()
        cells = [f"{name}: {cell}" for name in row_names() for cell in CELLS
                 if (name, cell) not in no and not self.cells[name, cell]]
        return cells + [name for name in EVENTS if not self.events[name]]

    def contradictions(self):
        """What happened although IMPOSSIBLE says that it cannot."""
        no = impossible()
        return [f"{name}: {cell} ({no[name, cell]})" for name, cell in self.cells
                if (name, cell) in no]

    def table(self):
        no = impossible()
        rows = [f"{self.scenarios} scenarios, {self.lines} lines", "",
                f"{'':<16}" + "".join(f"{cell:>11}" for cell in CELLS)]
        for name in row_names():
            texts = ["-" if (name, cell) in no else str(self.cells[name, cell]) for cell in CELLS]
            rows.append(f"{name:<16}" + "".join(f"{text:>11}" for text in texts))
        rows += ["", *(f"{name:<24}{self.events[name]:>7}" for name in {**EVENTS, **NOT_REQUIRED})]
        return "\n".join(rows)


def of_seeds(seeds):
    import reference
    from generate import scenario
    reference.quiet()
    for seed in seeds:
        yield reference.play(scenario(seed), str(seed)).text(iterations=True)


def of_directories(directories):
    for directory in directories:
        for path in sorted(Path(directory).glob("*.ilog")):
            yield path.read_text()


def main():
    from generate import seed_range
    parser = argparse.ArgumentParser(description="What a set of scenarios covers.")
    parser.add_argument("--seeds", type=seed_range, metavar="A:B")
    parser.add_argument("directories", nargs="*")
    options = parser.parse_args()
    coverage = Coverage()
    for log in chain(of_directories(options.directories), of_seeds(options.seeds or ())):
        coverage.add(log)
    print(coverage.table())
    for what in coverage.contradictions():
        print(f"cannot happen, but did: {what}")
    for what in coverage.missing():
        print(f"never happened: {what}")
    sys.exit(1 if coverage.missing() or coverage.contradictions() else 0)


if __name__ == "__main__":
    main()
