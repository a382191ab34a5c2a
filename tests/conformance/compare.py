#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares coil with the reference, on random scenarios or on given ones.

    compare.py --seeds A:B --coil build/coil [--jobs 2]     the seeds from A to B - 1
    compare.py --coil build/coil FILE.scn...                these files
    compare.py --coil build/coil --reduce FILE.scn          the smallest that still differs
    (--self instead of --coil PROGRAM compares the reference with itself)

Both logs are compared, byte for byte.  One run with iteration numbers gives both, as
the other log is the same without them.  Scenarios that differ are kept, with their two
logs.  Ends with status 1 if any differs.

The reference must run on Python 3.13 or later: with 3.12 the semantics are others.
"""

import argparse
import multiprocessing
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import reference
from generate import PROFILES, scenario, seed_range
from language import ScenarioError

BATCH = 250                # scenarios for one process of coil
BATCH_SECONDS = 120        # a batch that takes longer is played one by one
FILE_SECONDS = 10
CONTEXT = 5


@dataclass
class Difference:
    name: str
    text: str
    expected: str
    found: str


# -- Players ------------------------------------------------------------------------------
#
# A player takes {name: text of a scenario} and gives {name: log with iterations}.

def play_reference(scenarios):
    return {name: reference.play(text, name).text(iterations=True)
            for name, text in scenarios.items()}


def play_coil(coil, scenarios):
    """All in one process; those whose log is missing then (a crash, a hang) one by one."""
    with tempfile.TemporaryDirectory(prefix="coil-") as directory:
        files = {}
        for name, text in scenarios.items():
            files[name] = Path(directory, f"{name}.scn")
            files[name].write_text(text)
        finished = run([coil, "play", "--iter", "--out", directory, *files.values()], BATCH_SECONDS)
        logs = {}
        for name, file in files.items():
            log = file.with_suffix(".ilog")
            if finished.returncode == 0 and log.exists():
                logs[name] = read(log)
            else:
                logs[name] = play_file(coil, file)
        return logs


def play_file(coil, file):
    """The log of one scenario, with a last line about how coil ended if that was bad."""
    result = run([coil, "play", "--iter", file], FILE_SECONDS)
    log = result.stdout.decode(errors="replace")
    if result.returncode:
        log += f"(coil ended with {result.returncode}) {result.stderr.decode(errors='replace')}\n"
    return log


def run(command, seconds):
    """A finished process; the status is "no end" if it had to be stopped."""
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(command, "no end", late.stdout or b"", b"")


def read(path):
    return path.read_text(errors="replace")


def player(options):
    if options.self:
        return play_reference
    return lambda scenarios: play_coil(options.coil, scenarios)


# -- Comparing ----------------------------------------------------------------------------

def compare(scenarios, play):
    """The differences between the reference and another player."""
    expected, found = play_reference(scenarios), play(scenarios)
    return [Difference(name, text, expected[name], found[name])
            for name, text in scenarios.items() if expected[name] != found[name]]


def without_iterations(log):
    return re.sub(r"^(\d+)/\d+ ", r"\1 ", log, flags=re.MULTILINE)


def explain(difference):
    """The first line that differs, with some lines around it."""
    expected, found = difference.expected.split("\n"), difference.found.split("\n")
    same = 0
    while same < min(len(expected), len(found)) and expected[same] == found[same]:
        same += 1
    only = without_iterations(difference.expected) == without_iterations(difference.found)
    lines = [f"{difference.name}: line {same + 1}" + " (only iteration numbers differ)" * only]
    lines += ["    " + line for line in expected[max(0, same - CONTEXT):same]]
    lines += ["  - " + line for line in expected[same:same + CONTEXT]]
    lines += ["  + " + line for line in found[same:same + CONTEXT]]
    return "\n".join(lines)


def keep(difference, directory):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{difference.name}.scn"
    path.write_text(difference.text)
    path.with_suffix(".ilog").write_text(difference.expected)
    path.with_suffix(".coil.ilog").write_text(difference.found)
    return path


def compare_seeds(task):
    """One batch, in a process of its own."""
    options, seeds = task
    reference.quiet()
    scenarios = {str(seed): scenario(seed, options.profile, options.size) for seed in seeds}
    return len(scenarios), compare(scenarios, player(options))


def batches(seeds):
    return [seeds[start:start + BATCH] for start in range(0, len(seeds), BATCH)]


def all_differences(options):
    """Pairs of (number of scenarios, differences), batch by batch."""
    if options.files:
        scenarios = {path.stem: read(path) for path in options.files}
        yield len(scenarios), compare(scenarios, player(options))
        return
    tasks = [(options, seeds) for seeds in batches(options.seeds)]
    with multiprocessing.Pool(options.jobs) as pool:
        yield from pool.imap(compare_seeds, tasks)


def compare_and_report(options):
    total = differing = 0
    for number, differences in all_differences(options):
        total += number
        differing += len(differences)
        for difference in differences:
            print(explain(difference))
            print(f"  kept: {keep(difference, options.keep)}\n", flush=True)
    print(f"{total} scenarios, {differing} differ")
    return 1 if differing else 0


# -- Reducing -----------------------------------------------------------------------------

def depths(lines):
    """How deep each line stands: that of an opening word and of its end are the same."""
    depth, result = 0, []
    for line in lines:
        word = line.split()[0]
        if word == "end":
            depth -= 1
        result.append(depth - (word in ("except", "finally")))
        if word in ("coro", "func", "try", "repeat", "timeout", "timeout_at", "taskgroup", "with"):
            depth += 1
    return result


def block_ends(lines):
    """Pairs (first, last) of the lines of every block and body, outer ones first."""
    levels = depths(lines)
    pairs = []
    for first, level in enumerate(levels):
        if lines[first].split()[0] in ("end", "except", "finally"):
            continue
        last = first + 1
        while last < len(lines) and levels[last] > level:
            last += 1
        while last < len(lines) and lines[last].split()[0] in ("except", "finally"):
            last += 1
            while levels[last] > level:
                last += 1
        if last < len(lines) and lines[last].split()[0] == "end" and levels[last] == level:
            pairs.append((first, last))
    return pairs


def smaller(lines):
    """Scenarios that are smaller than this one, the much smaller ones first.

    Whole bodies and blocks; runs of lines; the two ends of a block without what is
    in it.  Many are not well formed: who tries them finds out.
    """
    blocks = sorted(block_ends(lines), key=lambda pair: pair[0] - pair[1])
    for first, last in blocks:
        yield lines[:first] + lines[last + 1:]
    length = len(lines) // 2
    while length:
        for first in range(1, len(lines), length):
            yield lines[:first] + lines[first + length:]
        length //= 2
    for first, last in blocks:
        yield [line for number, line in enumerate(lines) if number not in (first, last)]
        levels = depths(lines)
        middle = [number for number in range(first, last) if levels[number] == levels[first]]
        if len(middle) > 1:                        # a try: only what stands before its except
            yield lines[:first] + lines[first + 1:middle[1]] + lines[last + 1:]


def differs(lines, play):
    try:
        return compare({"reduced": "\n".join(lines) + "\n"}, play)
    except ScenarioError:
        return []


def reduce(path, play):
    """The lines of the smallest scenario found, or none if there is no difference."""
    lines = [line for line in read(path).split("\n") if line.split("#", 1)[0].strip()]
    if not differs(lines, play):
        return None
    found = lines
    while found:
        lines = found
        found = next((other for other in smaller(lines) if differs(other, play)), None)
    return lines


def reduce_and_report(options):
    play = player(options)
    lines = reduce(options.reduce, play)
    if lines is None:
        print(f"{options.reduce}: no difference")
        return 0
    print("\n".join(lines) + "\n")
    difference = differs(lines, play)[0]
    difference.name = f"{options.reduce.stem}-reduced"
    print(explain(difference))
    print(f"  kept: {keep(difference, options.keep)}")
    return 1


def main():
    parser = argparse.ArgumentParser(description="Compare coil with the reference.")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--coil", type=Path, help="the program to compare")
    who.add_argument("--self", action="store_true", help="compare the reference with itself")
    parser.add_argument("--seeds", type=seed_range, metavar="A:B")
    parser.add_argument("--profile", choices=sorted(PROFILES))
    parser.add_argument("--size", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, default=Path("build/conformance"),
                        help="where differing scenarios are kept (build/conformance)")
    parser.add_argument("--reduce", type=Path, metavar="FILE")
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    if sys.version_info < (3, 13):
        sys.exit("compare.py: needs Python 3.13 or later: the semantics of earlier ones differ")
    if sum(map(bool, (options.seeds is not None, options.reduce, options.files))) != 1:
        parser.error("one of --seeds, --reduce, or files")
    reference.quiet()
    sys.exit(reduce_and_report(options) if options.reduce else compare_and_report(options))


if __name__ == "__main__":
    main()
