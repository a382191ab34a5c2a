# SPDX-License-Identifier: MIT
"""Writes the bodies of a random scenario, line by line: see generate.py for the rules.

A Writer goes from block() to statement() to operation() to arguments(): each chooses by
chance among what the profile, the place and the budget allow.
"""

from language import BLOCKS, OPERATIONS
from profiles import AWAITS, CLASSES, HOLDERS, MADE_ON_THE_WAY, RACES, STARTS, TAGS


class Place:
    """Where a statement stands: in which body, how deep, and how often it may run."""

    def __init__(self, body, depth=0, times=1, handler=False, cleanup=False):
        self.body, self.depth, self.times = body, depth, times
        self.handler, self.cleanup = handler, cleanup

    def inside(self, times=1, **changes):
        return Place(self.body, self.depth + 1, self.times * times,
                     **{"handler": self.handler, "cleanup": self.cleanup, **changes})


class Body:
    """A coro or func being written, or written already."""

    def __init__(self, kind, name, layer, inline):
        self.kind, self.name, self.layer = kind, name, layer
        self.inline = inline                       # may be called; if not it may await itself
        self.cost = 1                              # how many lines it may lead to
        self.used = layer == 0
        self.waits = None                          # (operation, object) for which it waits
        self.recent = []                           # variables that it has set so far
        self.lines = []

class Writer:
    """Writes one body, line by line."""

    def __init__(self, generator, body):
        self.generator, self.body = generator, body
        self.random, self.chance = generator.random, generator.chance
        self.budget = 130 if body.layer == 0 else 36
        self.above = [other for other in generator.bodies if other.layer > body.layer]

    def write(self):
        place = Place(self.body)
        if self.body.kind == "func":
            self.write_func(place)
            return
        if self.body.waits:
            self.write_waiter(place)
            return
        if self.body.layer == 0:
            self.write_main(place)
            return
        if self.chance(0.3):
            self.line(place, "sleep", self.random.choice("0012"))
        self.block(place, self.random.randint(2, 5))

    def write_main(self, place):
        """Starts some tasks, does something, and often waits for what is left."""
        races = ["race"] if "race" in self.generator.weights else ["spawn"]
        for _ in range(self.random.randint(1, 3)):
            self.statement(self.random.choice(["spawn", "spawn", "call_later"] + races), place)
        left = self.block(place, self.random.randint(3, 8))
        if not left and self.chance(0.6):
            self.operation("wait", place)

    def write_waiter(self, place):
        """A body that does little but wait: see race()."""
        name, variable = self.body.waits
        caught = self.chance(0.3)
        if caught:
            self.line(place, "try")
            place = place.inside()
        if name == "cond.wait":
            self.line(place, "with", variable)
            self.line(place.inside(), name, variable)
            self.line(place, "end")
        else:
            self.line(place, name, variable, *(["8"] if name == "put" else []))
        if name == "acquire":
            self.line(place, "sleep", self.random.choice("001"))
            self.line(place, "release", variable)
        if caught:
            self.line(Place(self.body), "except", self.random.choice(("Cancelled", "any")))
            self.end_of_handler(place)

    def write_func(self, place):
        for _ in range(self.random.randint(1, 3)):
            self.statement(self.choose(place), place)
        if self.chance(0.15):
            self.line(place, "raise", self.random.choice(TAGS))

    def line(self, place, *words):
        self.body.lines.append("  " * (place.depth + 1) + " ".join(words))
        self.charge(1.5 * place.times)

    def charge(self, lines):
        self.budget -= lines
        self.body.cost += lines

    # Statements.

    def block(self, place, count):
        """count statements, and perhaps a way out at the end: is there one?"""
        for _ in range(count):
            self.statement(self.choose(place), place)
        return self.way_out(place)

    def choose(self, place):
        """What the next statement is: by the weights of the profile, if it may stand here."""
        while True:
            name = self.generator.pick()
            if self.allowed(name, place):
                return name

    def allowed(self, name, place):
        if name == "rm_cb" and not self.funcs():
            return False
        if name in OPERATIONS and self.likely_skipped(OPERATIONS[name].args) and self.chance(0.85):
            return False
        if self.body.kind == "func":
            return (name.startswith("new-")
                    or name in OPERATIONS and OPERATIONS[name].section != 3)
        return name not in BLOCKS or place.depth < 3

    def likely_skipped(self, args):
        """Does it need a handle, a timeout or a group, and this body has made none?"""
        prefixes = [prefix for kind, prefix in MADE_ON_THE_WAY.items() if kind in args]
        return any(not any(name[0] == prefix for name in self.body.recent) for prefix in prefixes)

    def statement(self, name, place):
        if name.startswith("new-"):
            kind = name.removeprefix("new-")
            variable = self.random.choice(self.generator.objects[kind])
            self.line(place, self.generator.new_line(kind, variable))
        elif name == "race":
            self.race(place)
        elif name == "raise":
            self.line(place, "raise", self.random.choice(TAGS))
        elif name in BLOCKS:
            getattr(self, "block_" + name)(place)
        elif OPERATIONS[name].section == 3 and place.depth < 3:
            self.guarded(name, place)
            if name == "acquire" and self.chance(0.6):
                self.line(place, "sleep", self.argument("int", place))
                self.line(place, "release", self.acquired())
        elif name.startswith("cond.") and self.body.kind == "coro" and self.chance(0.75):
            self.holding_condition(name, place)
        else:
            self.operation(name, place)

    def guarded(self, name, place):
        """What may wait for ever or fail: often with a timeout or a try around it."""
        patience = 0.3 if self.body.layer else 0.5
        if name.startswith("cond.") and self.chance(0.75):
            self.holding_condition(name, place)
        elif OPERATIONS[name].args and name not in ("sleep", "call") and self.chance(patience):
            self.line(place, "timeout", self.random.choice("123"), self.timeout_name())
            self.operation(name, place.inside())
            self.line(place, "end")
        elif self.chance(0.35 if self.body.layer else 0.55):
            self.line(place, "try")
            self.operation(name, place.inside())
            self.line(place, "except", self.random.choice(("any", "any", "error", "Cancelled")))
            self.end_of_handler(place.inside(handler=True))
        else:
            self.operation(name, place)

    def holding_condition(self, name, place):
        """An operation of a condition, with its lock."""
        cond = self.random.choice(self.generator.objects["cond"])
        rest = {"cond.wait_for": ["event"], "cond.notify": ["int"]}.get(name, [])
        self.line(place, "with", cond)
        self.line(place.inside(), name, cond, *(self.argument(kind, place) for kind in rest))
        if self.chance(0.3):
            self.operation("sleep", place.inside())
        self.line(place, "end")

    def end_of_handler(self, place):
        if self.chance(0.3):
            self.operation(self.random.choice(("log", "cancelling", "sleep")), place)
        if self.chance(0.2):
            self.line(place, "raise")
        self.line(Place(self.body, place.depth - 1), "end")

    def way_out(self, place):
        """At the end of a block now and then: return, raise.  Is it left for sure?"""
        if self.chance(0.12 if place.depth else 0.4) and not place.cleanup:
            value = self.argument("value", place)
            self.line(place, *(["return", value] if self.chance(0.9) else ["return"]))
        elif place.handler and self.chance(0.4):
            self.line(place, "raise")
        elif self.chance(0.15 if self.body.layer else 0.05):
            self.line(place, "raise", self.random.choice(TAGS + ("Cancelled",)))
        else:
            return False
        return True

    def race(self, place):
        """Some wait; what they wait for comes, and one is cancelled in the same instant."""
        waiters = [other for other in self.above if other.waits and self.affordable(other, place)]
        if not waiters or self.body.kind == "func":
            self.operation("cancel", place)
            return
        other = self.preferred(waiters)
        name, variable = other.waits
        _, before, moves = RACES[name]
        self.move(place, before, variable)
        tasks = [self.start("spawn", other, place) for _ in range(self.random.choice((1, 2, 2, 3)))
                 if self.affordable(other, place)]
        for _ in range(self.random.choice((0, 1, 1, 2))):
            self.line(place, "sleep", "0")
        moves = self.random.sample(moves, self.random.choice((1, 2)))
        cancel = "cancel " + self.random.choice(tasks or ["self"])
        moves += [cancel] * self.random.choice((0, 1, 1, 1, 2))
        self.random.shuffle(moves)
        if name == "cond.wait":
            self.line(place, "with", variable)
        for move in moves:
            self.move(place.inside() if name == "cond.wait" else place, move, variable)
        if name == "cond.wait":
            self.line(place, "end")

    def move(self, place, text, variable):
        words = text.replace("X", variable).split()
        message = self.message() if words[0] == "cancel" and len(words) == 2 else []
        self.line(place, *words, *message)

    # Blocks.

    def block_try(self, place):
        self.line(place, "try")
        self.block(place.inside(), self.random.randint(1, 3))
        parts = self.random.choice(("except", "except", "finally", "both"))
        if parts != "finally":
            self.line(place, "except", *self.random.sample(CLASSES, self.random.choice((1, 1, 2))))
            self.block(place.inside(handler=True), self.random.randint(0, 2))
        if parts != "except":
            self.line(place, "finally")
            self.block(place.inside(cleanup=True), self.random.randint(1, 2))
        self.line(place, "end")

    def block_repeat(self, place):
        times = self.random.choice((0, 2, 2, 2, 3))
        self.line(place, "repeat", str(times))
        self.block(place.inside(times=max(times, 1)), self.random.randint(1, 3))
        self.line(place, "end")

    def block_timeout(self, place):
        self.timed(place, "timeout", self.argument("delay", place))

    def block_timeout_at(self, place):
        self.timed(place, "timeout_at", self.random.choice(("none", "-1", "0", "1", "2", "3", "5")))

    def timed(self, place, name, when):
        self.line(place, name, when, self.timeout_name())
        self.block(place.inside(), self.random.randint(1, 3))
        self.line(place, "end")

    def block_taskgroup(self, place):
        group = self.random.choice(("g1", "g2"))
        self.body.recent.append(group)
        self.line(place, "taskgroup", group)
        for _ in range(self.random.choice((0, 1, 2, 2))):
            self.operation("tg.spawn", place.inside())
        self.block(place.inside(), self.random.randint(0, 2))
        self.line(place, "end")

    def block_with(self, place):
        self.line(place, "with", self.variable("lockable", place))
        self.block(place.inside(), self.random.randint(1, 3))
        self.line(place, "end")

    def acquired(self):
        """What the last acquire in this body was about."""
        return next(line.split()[1] for line in reversed(self.body.lines)
                    if line.split()[0] == "acquire")

    def timeout_name(self):
        name = self.random.choice(("o1", "o2", "o3"))
        self.body.recent.append(name)
        return name

    # Operations.

    def operation(self, name, place):
        if name in STARTS:
            self.starting(name, place)
        elif name == "await" and self.may_await_itself(place):
            self.line(place, "await", "self")
        elif name in ("gather_new", "shield_new"):
            self.combine(name, place)
        else:
            words = []
            for kind in OPERATIONS[name].args:
                words += self.arguments(name, kind, place, words)
            self.line(place, name, *words)

    def starting(self, name, place):
        """An operation that starts a body of a higher layer, if there is one to pay for."""
        wanted = "func" if name in ("call_soon", "call_later", "call_at", "add_cb") else "coro"
        others = [other for other in self.above if other.kind == wanted
                  and self.affordable(other, place) and (name != "call" or other.inline)]
        if others:
            self.start(name, self.preferred(others), place)
        elif self.body.kind == "coro":
            self.line(place, "sleep", self.argument("int", place))
        else:
            self.line(place, "log", "nothing-to-start")

    def preferred(self, bodies):
        """One of them, rather one that nobody has started so far."""
        unused = [body for body in bodies if not body.used]
        return self.random.choice(unused if unused and self.chance(0.6) else bodies)

    def start(self, name, other, place):
        other.used = True
        self.charge(other.cost * place.times)
        words = []
        for kind in OPERATIONS[name].args:
            if kind in ("coro", "func"):
                words.append(other.name)
            elif kind == "var" and name in ("spawn", "tg.spawn"):
                words.append(self.random.choice("ttu") + str(other.layer))
                self.body.recent.append(words[-1])
            elif kind == "word?":
                words += [self.random.choice(("tom", "ann"))] if self.chance(0.15) else []
            else:
                words += self.arguments(name, kind, place, words)
        self.line(place, name, *words)
        return words[0]

    def combine(self, name, place):
        """A gather or shield of layer n: its parts are above n."""
        layer = self.random.randint(self.body.layer, self.generator.size)
        target = f"w{layer}"
        words = [target]
        for kind in OPERATIONS[name].args[1:]:
            words += self.arguments(name, kind, place, words, layer)
        self.body.recent.append(target)
        self.line(place, name, *words)

    def may_await_itself(self, place):
        """Once a task: so only in what is not called, not repeated, and not twice."""
        return (not self.body.inline and place.times == 1 and self.chance(0.06)
                and not any("await self" in line for line in self.body.lines))

    def affordable(self, other, place):
        return other.cost * place.times <= self.budget

    # Arguments: words for each kind of the table in language.py.

    def arguments(self, name, kind, place, words, layer=None):
        """The words for one argument of an operation."""
        if kind.endswith("*"):
            count = self.random.choice((1, 1, 2, 2, 3) if self.chance(0.95) else (0,))
            if kind == "word*":
                return [self.random.choice(("one", "two", "three")) for _ in range(count)]
            return [self.awaitable(name, kind[:-1], place, layer) for _ in range(count)]
        if kind == "word?":
            return self.message()
        if kind in ("fut", "item") and (name in AWAITS or name.endswith("_new")):
            return [self.awaitable(name, kind, place, layer, words)]
        if name in ("set_result", "set_exception") and kind == "fut":
            return [self.settable()]
        if name == "cancel" and kind == "fut" and self.chance(0.6):
            return [self.variable("task", place)]
        if kind == "value" and words[0].startswith("pq"):
            return [str(self.random.randint(0, 9))]
        return [self.argument(kind, place)]

    def message(self):
        often = 0.7 if self.generator.profile == "messages" else 0.2
        return [self.random.choice(("m1", "m2", "m3"))] if self.chance(often) else []

    def argument(self, kind, place):
        if "|" in kind:
            return self.random.choice(kind.split("|"))
        if kind == "int":
            return self.random.choice(("0", "0", "1", "1", "1", "2", "2", "3", "-1"))
        if kind == "delay":
            return self.random.choice(("none", "0", "1", "1", "2", "2", "3", "4", "-1"))
        if kind == "value":
            return self.random.choice(("none", "$", "$", "1", "2", "3", "7"))
        if kind == "word":
            return self.random.choice(TAGS)
        if kind == "func":                         # to remove; to add one costs: start()
            return self.random.choice(self.funcs())
        return self.variable(kind, place)

    def funcs(self):
        return [body.name for body in self.generator.bodies if body.kind == "func"]

    def variable(self, kind, place):
        """A variable of that kind, seldom one of another."""
        if self.chance(0.03):
            return self.random.choice(("f1", "e1", "l1", "q1", "t1", "h1", "nobody"))
        if kind in HOLDERS:
            return self.random.choice(self.generator.holders(kind))
        if kind == "var":
            name = self.random.choice(("h1", "h2", "h3"))
            self.body.recent.append(name)
            return name
        pool = {"fut": self.futures, "task": self.tasks, "handle": self.handles,
                "timer": self.handles, "timeout": self.timeouts, "group": self.groups}[kind]()
        return self.recent_or_any(pool)

    def recent_or_any(self, pool):
        recent = [name for name in self.body.recent if name in pool]
        return self.random.choice(recent if recent and self.chance(0.8) else pool)

    def futures(self, layer=-1):
        """The futures above a layer, by name."""
        names = list(self.generator.objects["future"])
        for other in self.generator.bodies:
            if other.layer > layer and other.kind == "coro" and other.layer > 0:
                names += [f"t{other.layer}", f"u{other.layer}"]
        names += [name for name in self.body.recent if name[0] == "w" and int(name[1:]) > layer]
        return names if layer >= 0 else names + ["self", "main"]

    def settable(self):
        return self.random.choice(self.generator.objects["future"] * 4 + self.tasks())

    def tasks(self):
        return [name for name in self.futures() if name[0] in "tu"] + ["self", "self", "main"]

    def handles(self):
        return ["h1", "h2", "h3"]

    def timeouts(self):
        return ["o1", "o2", "o3"]

    def groups(self):
        return ["g1", "g2"]

    def awaitable(self, name, kind, place, layer, words=()):
        """A future above the layer, or (as an item) a new coroutine of a body above it."""
        layer = self.body.layer if layer is None else layer
        inline = name == "wait_for" and not words[0].startswith(("0", "-"))
        coros = [other for other in self.above if other.kind == "coro" and other.layer > layer
                 and self.affordable(other, place) and (other.inline or not inline)]
        if kind == "item" and coros and self.chance(0.4):
            other = self.preferred(coros)
            other.used = True
            self.charge(other.cost * place.times)
            return "@" + other.name
        names = self.futures(layer)
        if not any(name in names for name in self.body.recent) and self.chance(0.6):
            return self.random.choice(self.generator.objects["future"])
        return self.recent_or_any(names)
