# SPDX-License-Identifier: MIT
"""The plays of tests/sync/play.h, in CPython: python3.13 play.py FILE.c ...

Each play(...) in the files is run, and its log compared with the CHECK_LOG behind it.
In a new test, CHECK_LOG(?); has it written there (with --write)."""
import asyncio
import re
import sys

SUSPENDING = (".", "=", "ewait", "lacquire", "cacquire", "cwait", "cfor", "sacquire",
              "bwait", "breset", "babort", "qget", "qput", "qjoin")


def number(word):
    return int(re.sub(r"\D", "", word) or 0)


class Stage:
    def __init__(self, stage, cast):
        self.loop = asyncio.new_event_loop()
        self.parts = {name: part for names, part in cast for name in names}
        self.tasks, self.log, self.iteration = {}, [], 0
        event, lock = asyncio.Event(), asyncio.Lock()
        made = {word[0]: self.make(word, lock) for word in stage.split()}
        condition = made.get("C") or asyncio.Condition()
        self.on = {"e": event, "l": lock, "c": condition,
                   "s": made.get("S") or made.get("T"), "b": made.get("B"),
                   "q": made.get("Q") or made.get("P") or made.get("K")}

    @staticmethod
    def make(word, lock):
        if word == "CL":
            return asyncio.Condition(lock)
        kinds = {"Q": asyncio.Queue, "P": asyncio.PriorityQueue, "K": asyncio.LifoQueue,
                 "S": asyncio.Semaphore, "T": asyncio.BoundedSemaphore,
                 "B": asyncio.Barrier}
        return kinds[word[0]](number(word))

    def tell(self, kind):
        it = self.on[kind]
        if kind == "e":
            return int(it.is_set())
        if kind == "b":
            return it.n_waiting + 100 * it.broken
        if kind == "q":
            return it.qsize() + 100 * it.full()
        return int(it.locked())

    async def do(self, word):
        kind, it = word[0], self.on.get(word[0])
        if kind == ".":
            return await asyncio.sleep(0)
        if kind == "+":
            self.tasks[word[1]] = self.loop.create_task(self.act(word[1]))
            return None
        if kind == "-":
            return int(self.tasks[word[1]].cancel())
        if kind == "=":
            return await self.tasks[word[1]]
        if word[1] == "?":
            return self.tell(kind)
        name = word[1:].rstrip("~")
        if name == "for":
            return await it.wait_for(self.on["e"].is_set)
        if name == "all":
            return it.notify_all()
        if name == "shut!":
            return it.shutdown(immediate=True)
        method = {"done": "task_done", "shut": "shutdown", "get!": "get_nowait"}.get(
            name, re.sub(r"\d", "", name).replace("!", "_nowait"))
        args = [number(name)] if re.search(r"\d", name) else []
        result = getattr(it, method)(*args)
        return await result if asyncio.iscoroutine(result) else result

    async def act(self, name):
        for word in self.parts[name].split():
            line = f"{name}:{word}"
            try:
                result = await self.do(word)
            except (Exception, asyncio.CancelledError) as error:
                self.log.append(f"{line}!{type(error).__name__}@{self.iteration}")
                if word.startswith(SUSPENDING) and "!" not in word and "~" not in word:
                    raise
                continue
            if "?" in word or word[0] == "-" or word.startswith(("bwait", "qget")):
                line += f"={result}"
            if word[0] not in ".+":
                self.log.append(f"{line}@{self.iteration}")

    def tick(self):
        self.iteration += 1
        self.loop.call_soon(self.tick)

    def run(self):
        self.loop.set_exception_handler(lambda loop, context: None)
        self.loop.call_soon(self.tick)
        try:
            self.loop.run_until_complete(self.act("M"))
        except (Exception, asyncio.CancelledError):
            pass
        return " ".join(self.log)


PLAY = re.compile(r"play\(([^;]*?)\);\n\tCHECK_LOG\(([^;]*?)\);")


def strings(text):
    """Of C: those that stand side by side are one."""
    runs = re.findall(r'"[^"]*"(?:\s*"[^"]*")*', text)
    return ["".join(re.findall(r'"([^"]*)"', run)) for run in runs]


def literal(log):
    lines = [""]
    for word in log.split(" "):
        if len(lines[-1]) + len(word) > 64:
            lines.append("")
        lines[-1] += word + " "
    lines[-1] = lines[-1][:-1]
    return "\n\t\t  ".join(f'"{line}"' for line in lines)


def main(paths, write):
    plays = differ = 0
    for path in paths:
        with open(path) as file:
            text = file.read()

        def look(match):
            nonlocal plays, differ
            stage, *cast = strings(match[1])
            log = Stage(stage, list(zip(cast[::2], cast[1::2]))).run()
            plays += 1
            if match[2] != "?" and "".join(strings(match[2])) != log:
                differ += 1
                print(f"{path}: play({match[1]}):\n  in CPython: {log}")
            given = literal(log) if match[2] == "?" else match[2]
            return f"play({match[1]});\n\tCHECK_LOG({given});"

        written = PLAY.sub(look, text)
        if write:
            with open(path, "w") as file:
                file.write(written)
    print(f"{plays} plays, {differ} differ")
    return 1 if differ or not plays else 0


if __name__ == "__main__":
    sys.exit(main([arg for arg in sys.argv[1:] if arg != "--write"], "--write" in sys.argv))
