# SPDX-License-Identifier: MIT
"""The scenario language: its operations as a table, and its parser.

A scenario is text; parse() makes a Program of it: the objects to make first, and
the bodies ("coro" and "func") as trees of statements.  Nothing here knows asyncio:
the reference interpreter, the generator and the coverage table all start from the
tables of this file.
"""

import re
from dataclasses import dataclass, field

# Each line: section of the language's text, name, arguments.
#
#   1  logs once, afterwards; never suspends       \  these two are all that a
#   2  logs before it acts; never suspends         /  func may use
#   3  logs before and after; may suspend
#
# An argument is one of
#   fut task handle timer event lockable cond lock barrier queue timeout group
#           a variable that must hold such an object, else the operation is skipped
#   var     a variable that is set            coro, func    the name of a body
#   item    fut, or @CORO                     value         none, an integer, $
#   int, delay (an integer or none), word, or alternatives as in first|all
# and may end in ? (may be left out) or * (any number of them).
OPERATIONS_TABLE = """
1 log           word*
1 cancel        fut word?
1 uncancel      task
1 cancelling    task
1 set_result    fut value
1 set_exception fut word
1 result        fut
1 exception     fut
1 state         fut
1 add_cb        fut func
1 rm_cb         fut func
1 call_soon     var func
1 call_later    var int func
1 call_at       var int func
1 hcancel       handle
1 hcancelled    handle
1 hwhen         timer
1 stop
1 event.set     event
1 event.clear   event
1 event.is_set  event
1 release       lockable
1 locked        lockable
1 cond.notify   cond int
1 cond.notify_all cond
1 barrier.info  barrier
1 put_nowait    queue value
1 get_nowait    queue
1 task_done     queue
1 qsize         queue
1 shutdown      queue 0|1
1 reschedule    timeout delay
1 expired       timeout
1 when          timeout
1 name          task
1 set_name      task word
1 current
1 all_tasks
1 ctx.set       word value
1 ctx.get       word
2 spawn         var coro word?
2 tg.spawn      group var coro word?
2 gather_new    var raise|return item*
2 shield_new    var item
3 await         fut
3 call          coro
3 sleep         int
3 gather        raise|return item*
3 wait          first|exception|all delay fut*
3 wait_for      delay item
3 shield        item
3 as_completed  delay fut*
3 event.wait    event
3 acquire       lockable
3 cond.wait     cond
3 cond.wait_for cond event
3 barrier.wait  barrier
3 barrier.reset barrier
3 barrier.abort barrier
3 put           queue value
3 get           queue
3 join          queue
"""

# "new KIND NAME ARGUMENTS" is an operation of section 1.
KINDS_TABLE = """
future
event
lock
cond    lock?
sem     int
bsem    int
barrier int
queue   int
pqueue  int
lqueue  int
"""

# The blocks that are opened by a line and closed by "end", and their arguments.
BLOCKS_TABLE = """
try
repeat      int
timeout     delay var
timeout_at  delay var
taskgroup   var
with        lockable
"""

VARIABLES = {"fut", "task", "handle", "timer", "event", "lockable", "cond", "lock",
             "barrier", "queue", "timeout", "group"}


@dataclass(frozen=True)
class Operation:
    name: str
    section: int
    args: tuple            # as written in the table


def _table(text, section=None):
    """{name: Operation} of the lines of a table; the section may be in the line."""
    rows = [line.split() for line in text.split("\n") if line]
    if section is None:
        return {name: Operation(name, int(number), tuple(args)) for number, name, *args in rows}
    return {name: Operation(name, section, tuple(args)) for name, *args in rows}


OPERATIONS = _table(OPERATIONS_TABLE)
KINDS = _table(KINDS_TABLE, 1)
BLOCKS = _table(BLOCKS_TABLE, 0)


class ScenarioError(Exception):
    """A scenario that is not well formed; the text names its line."""


@dataclass
class Statement:
    """One line, or one block with the statements in it.

    name is the operation, the block, "new", "return" or "raise".  args pairs each
    kind of argument with its word.  The parts of a block are in body, handler and
    cleanup (the last two only in a try: None when it has no such part).
    """
    line: int
    name: str
    text: str
    words: list
    args: list = field(default_factory=list)
    operation: Operation | None = None
    body: list = field(default_factory=list)
    classes: list = field(default_factory=list)
    handler: list | None = None
    cleanup: list | None = None


@dataclass
class Body:
    kind: str                  # coro or func
    name: str
    line: int
    statements: list = field(default_factory=list)


@dataclass
class Program:
    name: str
    options: dict = field(default_factory=dict)
    news: list = field(default_factory=list)
    coros: dict = field(default_factory=dict)
    funcs: dict = field(default_factory=dict)


def parse(text, name="scenario"):
    """The Program of a scenario's text; ScenarioError if it is not well formed."""
    return _Parser(text, name).program()


def is_name(word):
    return re.fullmatch(r"[A-Za-z0-9_-]+", word) is not None


def is_int(word):
    return re.fullmatch(r"-?[0-9]+", word) is not None


class _Parser:
    def __init__(self, text, name):
        self.name = name
        self.lines = [(number, words)
                      for number, line in enumerate(text.split("\n"), 1)
                      if (words := line.split("#", 1)[0].split())]
        self.position = 0
        self.bodies_used = []          # (kind, name, line), checked at the end

    def program(self):
        program = Program(self.name)
        if self.next() != ["scn", "1"]:
            self.fail("a scenario begins with: scn 1")
        while self.position < len(self.lines):
            self.item(program, self.next())
        self.check_bodies(program)
        return program

    def next(self):
        if self.position == len(self.lines):
            self.fail("the end is missing")
        self.line, words = self.lines[self.position]
        self.position += 1
        return words

    def fail(self, message):
        line = getattr(self, "line", 1)
        raise ScenarioError(f"{self.name}:{line}: {message}")

    # What stands outside of bodies.

    def item(self, program, words):
        if words[0] == "option":
            self.option(program.options, words[1:])
        elif words[0] == "new":
            program.news.append(self.new(words))
        elif words[0] in ("coro", "func") and len(words) == 2 and is_name(words[1]):
            self.body(program, *words)
        else:
            self.fail(f"this has no place here: {' '.join(words)}")

    def option(self, options, words):
        if words in (["eager"], ["unretrieved"]):
            options[words[0]] = True
        elif len(words) == 2 and words[0] == "limit" and words[1].isdigit():
            options["limit"] = int(words[1])
        else:
            self.fail(f"no such option: {' '.join(words)}")

    def body(self, program, kind, name):
        bodies = program.coros if kind == "coro" else program.funcs
        if name in bodies:
            self.fail(f"there is a {kind} {name} already")
        bodies[name] = body = Body(kind, name, self.line)
        body.statements, _ = self.block(in_func=kind == "func", in_cleanup=False)

    def check_bodies(self, program):
        if "main" not in program.coros:
            self.fail("there is no coro main")
        for kind, name, self.line in self.bodies_used:
            if name not in (program.coros if kind == "coro" else program.funcs):
                self.fail(f"there is no {kind} {name}")

    # What stands in bodies.

    def block(self, in_func, in_cleanup, until=("end",)):
        """The statements up to one of the words of until, and the line of that."""
        statements = []
        while (words := self.next())[0] not in until:
            statements.append(self.statement(words, in_func, in_cleanup))
        return statements, words

    def statement(self, words, in_func, in_cleanup):
        name = words[0]
        if name == "new":
            return self.new(words)
        if name == "return":
            return self.return_(words, in_func, in_cleanup)
        if name == "raise":
            return self.raise_(words, in_func)
        if name in BLOCKS and not in_func:
            return self.open_block(words, in_cleanup)
        operation = OPERATIONS.get(name)
        if operation is None or in_func and operation.section == 3:
            self.fail(f"no such operation{' in a func' * in_func}: {name}")
        return self.make(words, operation, words[1:])

    def make(self, words, operation, args):
        statement = Statement(self.line, words[0], " ".join(words), words, operation=operation)
        statement.args = self.arguments(operation, args)
        return statement

    def new(self, words):
        if len(words) < 3 or words[1] not in KINDS or not self.fits("var", words[2]):
            self.fail("new KIND NAME, with a kind of the language")
        return self.make(words, KINDS[words[1]], words[3:])

    def return_(self, words, in_func, in_cleanup):
        if in_func or in_cleanup:
            self.fail("return is for coros, outside of finally")
        statement = Statement(self.line, "return", " ".join(words), words)
        statement.args = self.arguments(Operation("return", 0, ("value?",)), words[1:])
        return statement

    def raise_(self, words, in_func):
        if len(words) > 2 or in_func and words[1:] in ([], ["Cancelled"]):
            self.fail("raise, raise Cancelled, raise TAG (a func: raise TAG)")
        return Statement(self.line, "raise", " ".join(words), words)

    def open_block(self, words, in_cleanup):
        statement = self.make(words, BLOCKS[words[0]], words[1:])
        if words[0] == "try":
            self.try_parts(statement, in_cleanup)
        else:
            statement.body, _ = self.block(False, in_cleanup)
        return statement

    def try_parts(self, statement, in_cleanup):
        ends = ("end", "except", "finally")
        statement.body, last = self.block(False, in_cleanup, ends)
        if last[0] == "except":
            statement.classes = last[1:]
            if not last[1:]:
                self.fail("except CLASS...")
            statement.handler, last = self.block(False, in_cleanup, ("end", "finally"))
        if last[0] == "finally":
            statement.cleanup, _ = self.block(False, True)
        if statement.handler is None and statement.cleanup is None:
            self.fail("a try needs an except or a finally")

    # Arguments.

    def arguments(self, operation, words):
        """Pairs of (kind of argument, word), a kind without its ? or *."""
        pairs, rest = [], list(words)
        for kind in operation.args:
            if kind.endswith("*"):
                pairs += [(kind[:-1], word) for word in rest]
                rest = []
            elif rest:
                pairs.append((kind.rstrip("?"), rest.pop(0)))
            elif not kind.endswith("?"):
                self.fail(f"{operation.name} {' '.join(operation.args)}")
        if rest:
            self.fail(f"too many words: {operation.name} {' '.join(operation.args)}")
        for kind, word in pairs:
            if not self.fits(kind, word):
                self.fail(f"this is no {kind}: {word}")
        return pairs

    def fits(self, kind, word):
        if "|" in kind:
            return word in kind.split("|")
        if kind in ("coro", "func") or kind == "item" and word.startswith("@"):
            self.bodies_used.append((kind if kind == "func" else "coro",
                                     word.removeprefix("@") if kind == "item" else word,
                                     self.line))
            return True
        if kind == "int":
            return is_int(word)
        if kind == "delay":
            return word == "none" or is_int(word)
        if kind == "value":
            return word in ("none", "$") or is_int(word)
        if kind == "var":
            return is_name(word) and word != "self"
        return kind == "word" or is_name(word)
