#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the logs of the corpus, and the table in its README.

    make_corpus.py               plays every corpus/NAME.scn and writes NAME.ilog, README.md
    make_corpus.py --check       writes nothing; says what is not up to date
    make_corpus.py --generate    before that, chooses the random scenarios anew

Four sorts of scenarios are in the corpus: samples (NN-*), those written for a line of
checks.txt (named after it: F07-*), those about the language itself (lang-*), and random
ones (random-PROFILE-SEED).  A comment
"# F07 F08: ..." in a scenario says which lines it shows; the table is made from that.

The logs are those of Python 3.13.
"""

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path

import reference
from coverage import Coverage
from generate import PROFILES, scenario

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
CHECKS = HERE / "checks.txt"
CHOSEN = 15                # random scenarios for each profile
CANDIDATES = 250
LONGEST = 150              # lines of the log of a random scenario

SECTIONS = {
    "L": "Loop", "T": "Timers", "F": "Future", "K": "Tasks", "C": "Cancellation", "G": "gather",
    "W": "wait, as_completed", "O": "timeout, wait_for", "S": "shield", "N": "TaskGroup",
    "E": "Event, Lock, Condition, Semaphore, Barrier", "Q": "Queues", "R": "run",
    "V": "Contexts", "Z": "Eager tasks", "D": "Debug mode", "X": "Executors and threads",
    "P": "Streams, transports", "U": "Subprocesses and signals", "A": "Async generators",
}


def checks():
    """{id: (where it is checked: scn, C, later or none; what it says)}"""
    lines = [line.split(None, 2) for line in CHECKS.read_text().split("\n")
             if line and not line.startswith("#")]
    return {name: (where, text) for name, where, text in lines}


def shown_by(text):
    """The checks that a scenario names in its comments."""
    names = []
    for comment in re.findall(r"^# ((?:[A-Z]\d\d ?)+):", text, re.MULTILINE):
        names += comment.split()
    return names


# -- Random scenarios -----------------------------------------------------------------------

def choose(profile, counts):
    """The seeds that add most to what the corpus covers so far; counts is kept up to date."""
    candidates = {}
    for seed in range(CANDIDATES):
        coverage = Coverage()
        log = reference.play(scenario(seed, profile), str(seed)).text(iterations=True)
        coverage.add(log)
        if coverage.lines < LONGEST:
            candidates[seed] = set(coverage.cells) | set(coverage.events)
    chosen = []
    for _ in range(CHOSEN):
        best = max(candidates, key=lambda seed: sum(1 / (1 + counts[cell]) ** 2
                                                    for cell in candidates[seed]))
        for cell in candidates.pop(best):
            counts[cell] += 1
        chosen.append(best)
    return sorted(chosen)


def generate():
    for path in CORPUS.glob("random-*"):
        path.unlink()
    counts = defaultdict(int)
    for profile in PROFILES:
        for seed in choose(profile, counts):
            path = CORPUS / f"random-{profile}-{seed:03}.scn"
            path.write_text(scenario(seed, profile))


# -- The table --------------------------------------------------------------------------------

HEAD = """# The corpus

Scenarios, each with the log that Python {version} makes of it (`NAME.ilog`, with iteration
numbers; without `/ITERATION` it is the plain log).  `tests/conformance/make_corpus.py` makes
the logs and this file; what it says is taken from the comments in the scenarios.

{samples} samples, {written} scenarios written for a line of the table, {language} about the
language itself (`lang-*`), {random} random ones.
What scenarios cannot say is tested in C, in the file that is named; "later" is not part of
the library so far, and of "none" there is nothing in C.

"""


def readme(scenarios):
    """The text of README.md, from {name: text} of the scenarios."""
    shown = defaultdict(list)
    for name in sorted(scenarios):
        for check in shown_by(scenarios[name]):
            shown[check].append(name)
    text = HEAD.format(version=f"{sys.version_info[0]}.{sys.version_info[1]}",
                       samples=count(scenarios, r"\d\d-"), random=count(scenarios, "random-"),
                       language=count(scenarios, "lang-"),
                       written=count(scenarios, r"[A-Z]\d\d-"))
    section = None
    for check, (where, what) in checks().items():
        if check[0] != section:
            section = check[0]
            text += f"\n## {section}. {SECTIONS[section]}\n\n| | | |\n|---|---|---|\n"
        if where == "C":
            where = ", ".join(tested_in_c(check)) or "no test"
        where = ", ".join(shown[check]) or ("no scenario" if where == "scn" else where)
        text += f"| {check} | {what} | {where} |\n"
    return text.replace("\n\n\n", "\n\n")


def tested_in_c(check):
    """The tests that name the check, as a word or at an edge of one."""
    tests = CORPUS.parent.parent
    return [str(path.relative_to(tests)) for path in sorted(tests.glob("*/test_*.c"))
            if re.search(rf"(?<![A-Za-z0-9]){check}(?![0-9A-Za-z])", path.read_text())]


def count(scenarios, pattern):
    return sum(re.match(pattern, name) is not None for name in scenarios)


def faults(scenarios):
    """What is wrong with the comments: unknown checks, and checks without a scenario."""
    known = checks()
    shown = {check: name for name, text in scenarios.items() for check in shown_by(text)}
    wrong = [f"{name}: there is no check {check}" for check, name in shown.items()
             if check not in known]
    return wrong + [f"{check}: no scenario" for check, (where, _) in known.items()
                    if where == "scn" and check not in shown]


# -- The command ------------------------------------------------------------------------------

def made(scenarios):
    """{path: text} of all that is made from the scenarios."""
    files = {CORPUS / f"{name}.ilog": reference.play(text, f"{name}.scn").text(iterations=True)
             for name, text in scenarios.items()}
    files[CORPUS / "README.md"] = readme(scenarios)
    return files


def check(files):
    stale = [path.name for path, text in files.items()
             if not path.exists() or path.read_text() != text]
    stale += [path.name for path in CORPUS.glob("*.ilog") if path not in files]
    for name in sorted(stale):
        print(f"not up to date: {name}")
    return stale


def main():
    parser = argparse.ArgumentParser(description="Make the logs of the corpus.")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--generate", action="store_true")
    options = parser.parse_args()
    if sys.version_info < (3, 13):
        sys.exit("make_corpus.py: needs Python 3.13 or later: the semantics of earlier ones differ")
    reference.quiet()
    if options.generate:
        generate()
    scenarios = {path.stem: path.read_text() for path in sorted(CORPUS.glob("*.scn"))}
    files = made(scenarios)
    wrong = faults(scenarios)
    for fault in wrong:
        print(fault)
    if options.check:
        sys.exit(1 if check(files) or wrong else 0)
    for path, text in files.items():
        path.write_text(text)
    print(f"{len(scenarios)} scenarios, {sum(map(len, files.values()))} bytes of logs")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
