#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The generator of random scenarios.

    generate.py --seed N [--profile P] [--size S]     one scenario, to the standard output
    generate.py --seeds A:B --out DIR                 DIR/N.scn for each seed N, A <= N < B

A scenario is a function of its seed (and of profile and size, which the seed chooses
if they are not given).  Three rules make it end, and keep CPython out of recursion:

* Bodies stand in layers.  The body of layer n starts and calls only bodies of higher
  layers, and awaits only what runs in higher layers: no cycle of awaits, no recursion.
* A variable of a task says its layer: t3 and u3 hold tasks of layer 3, w3 a gather or
  shield whose parts are above 3.  Plain futures are above all layers.
* Bodies are written from the highest layer down, so that the price of starting one (the
  lines it may log) is known, and each body has a budget to start others with.

What a scenario waits for may never come; a deadlock is an outcome like any other.
"""

import argparse
import itertools
import random
import sys
from pathlib import Path

from language import OPERATIONS
from profiles import BASE, HELP, HOLDERS, OBJECTS, PROFILES, RACES, weights
from writer import Body, Writer


class Generator:
    """Writes one scenario."""

    def __init__(self, seed, profile=None, size=None):
        self.random = random.Random(f"scenario {seed}")
        chosen = self.random.choice(sorted(PROFILES)), self.random.choice((3, 4, 5, 6, 7, 8))
        self.profile = profile or chosen[0]
        self.size = size or chosen[1]
        self.seed = seed
        self.weights = weights(BASE + " " + PROFILES[self.profile])
        self.names = list(self.weights)
        self.sums = list(itertools.accumulate(self.weights.values()))
        self.options = []
        self.objects = {}                          # kind -> variables that hold such
        self.bodies = []

    # The whole.

    def text(self):
        head = ["scn 1", f"# seed {self.seed}, profile {self.profile}, {self.size} bodies"]
        self.choose_options()
        news = self.make_objects()
        self.plan_bodies()
        for body in reversed(self.bodies):
            Writer(self, body).write()
        helpers = self.helpers()
        bodies = [f"{body.kind} {body.name}\n" + "\n".join(body.lines) + "\nend"
                  for body in self.bodies + helpers]
        return "\n".join(head + self.options + news + bodies) + "\n"

    def choose_options(self):
        if self.profile == "eager" or self.profile == "all" and self.chance(0.15):
            self.options.append("option eager")
        if self.chance(0.5):
            self.options.append("option unretrieved")

    def make_objects(self):
        lines = []
        for kind in OBJECTS:
            count = self.random.choice((2, 2, 3, 4) if kind == "future" else (1, 1, 2))
            self.objects[kind] = [f"{OBJECTS[kind][0]}{number}" for number in range(1, count + 1)]
            if self.needs(kind):
                lines += [self.new_line(kind, name) for name in self.objects[kind]]
        return lines

    def needs(self, kind):
        """Has the profile operations on such objects?  (Else some lines would be skipped.)"""
        arguments = {argument.rstrip("?*") for name in self.weights if name in OPERATIONS
                     for argument in OPERATIONS[name].args}
        holders = {argument for argument, kinds in HOLDERS.items() if kind in kinds}
        return kind == "future" or bool(arguments & holders)

    def new_line(self, kind, name):
        numbers = OBJECTS[kind][1]
        if kind == "cond" and self.chance(0.4):
            lock = "nobody" if self.chance(0.1) else self.random.choice(self.objects["lock"])
            return f"new cond {name} {lock}"
        if not numbers:
            return f"new {kind} {name}"
        number = -1 if self.chance(0.05) else self.random.choice(numbers)
        return f"new {kind} {name} {number}"

    def plan_bodies(self):
        self.bodies = [Body("coro", "main", 0, inline=False)]
        for layer in range(1, self.size):
            func = layer > 1 and self.chance(0.45 if self.profile == "callbacks" else 0.25)
            kind, prefix = ("func", "n") if func else ("coro", "b")
            self.bodies.append(Body(kind, f"{prefix}{layer}", layer, inline=self.chance(0.8)))
            if kind == "coro" and "race" in self.weights and self.chance(0.35):
                self.bodies[-1].waits = self.choose_wait()

    def helpers(self):
        """Often somebody wakes all who wait, some time later: fewer deadlocks."""
        if "race" not in self.weights or self.chance(0.3):
            return []
        helper = Body("coro", "helper", 0, inline=False)
        names = [(kind, name) for kind in HELP if self.needs(kind) for name in self.objects[kind]]
        names = self.random.sample(names, min(5, len(names)))
        wakes = ["    " + line.replace("X", name) for kind, name in names for line in HELP[kind]]
        helper.lines = ["  repeat 2", f"    sleep {self.random.choice('234')}", *wakes, "  end"]
        self.bodies[0].lines.insert(0, "  spawn hh helper")
        return [helper]

    def choose_wait(self):
        """An operation that waits, and what for."""
        name = self.random.choice([name for name in RACES if name in self.weights])
        return name, self.random.choice(self.holders(RACES[name][0]))

    def holders(self, argument):
        """The variables made for an argument of that kind."""
        kinds = ["future"] if argument == "fut" else HOLDERS[argument]
        return self.objects[self.random.choice(kinds)]

    # Chances and choices.

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self):
        """An operation, block or pattern, by the weights of the profile."""
        return self.random.choices(self.names, cum_weights=self.sums)[0]

def scenario(seed, profile=None, size=None):
    """The text of the scenario of a seed."""
    return Generator(seed, profile, size).text()


def seed_range(text):
    first, last = text.split(":")
    return range(int(first), int(last))


def main():
    parser = argparse.ArgumentParser(description="Write random scenarios.")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int)
    which.add_argument("--seeds", type=seed_range, metavar="A:B")
    parser.add_argument("--profile", choices=sorted(PROFILES))
    parser.add_argument("--size", type=int, choices=range(1, 21), metavar="1..20")
    parser.add_argument("--out", type=Path, help="the directory for --seeds")
    options = parser.parse_args()
    if options.seed is not None:
        sys.stdout.write(scenario(options.seed, options.profile, options.size))
        return
    if options.out is None:
        parser.error("--seeds needs --out")
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in options.seeds:
        text = scenario(seed, options.profile, options.size)
        (options.out / f"{seed}.scn").write_text(text)


if __name__ == "__main__":
    main()
