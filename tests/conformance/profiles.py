# SPDX-License-Identifier: MIT
"""What random scenarios are made of: weights, objects, and patterns, as tables."""

# How often an operation is chosen: what every profile does, and what each does more of.
# "race" is a pattern of lines (see Writer.race); the blocks are those of the language.
BASE = "sleep 6  spawn 7  await 4  call 1  cancel 2  log 1  state 1  try 4  repeat 1"

PROFILES = {
    "tasks": """spawn 4  await 4  call 3  name 2  set_name 2  current 3  all_tasks 3  state 2
        result 2  exception 2  cancelling 1  gather 1  wait 1  add_cb 1""",
    "futures": """new-future 3  set_result 7  set_exception 5  result 4  exception 4  state 4
        add_cb 5  rm_cb 3  await 6  cancel 3  shield 2  wait 2  race 2""",
    "callbacks": """call_soon 8  call_later 5  call_at 3  hcancel 4  hcancelled 2  hwhen 2
        add_cb 6  rm_cb 3  set_result 4  stop 2  current 1  new-future 1  ctx.get 1""",
    "sync": """event.set 4  event.clear 3  event.is_set 2  event.wait 5  acquire 5  release 6
        locked 3  with 6  cond.wait 5  cond.wait_for 4  cond.notify 5  cond.notify_all 4
        barrier.wait 7  barrier.info 2  barrier.reset 1  barrier.abort 1  cancel 3  race 5
        new-event 1  new-lock 1  new-cond 1  new-sem 1  new-bsem 1  new-barrier 1""",
    "queues": """put 8  get 7  join 3  put_nowait 8  get_nowait 5  task_done 5  qsize 3
        shutdown 2  cancel 3  race 5  new-queue 1  new-pqueue 1  new-lqueue 1""",
    "gather": """gather 8  gather_new 5  wait 8  as_completed 7  wait_for 5  shield 5
        shield_new 4  cancel 5  state 2  result 2  exception 2  set_result 2  set_exception 1""",
    "groups": """taskgroup 9  tg.spawn 12  cancel 4  cancelling 2  uncancel 2  name 1
        raise 2  await 2""",
    "cancel": """cancel 10  uncancel 4  cancelling 5  race 6  timeout 4  shield 3  wait_for 3
        gather 2  taskgroup 1  tg.spawn 2  state 3  result 2  try 3  with 2  acquire 1
        release 1""",
    "messages": """cancel 12  result 6  exception 4  await 4  gather 4  gather_new 2  shield 3
        shield_new 2  wait_for 3  wait 2  set_exception 2  try 3  new-future 1""",
    "contexts": """ctx.set 12  ctx.get 14  call_soon 4  call_later 2  add_cb 4  set_result 3
        call 4  wait_for 3  gather 3  shield 2  taskgroup 2  tg.spawn 3""",
    "eager": """spawn 6  tg.spawn 5  taskgroup 3  gather 4  gather_new 2  shield 3  wait_for 4
        current 4  all_tasks 4  cancel 3  state 3  ctx.set 1  ctx.get 1""",
    "timers": """sleep 6  timeout 8  timeout_at 4  reschedule 5  expired 4  when 4  wait_for 5
        wait 3  as_completed 3  call_later 5  call_at 4  hcancel 3  hwhen 3""",
}
PROFILES["all"] = " ".join(PROFILES.values())

# The objects that are made before anything runs: kind, prefix of the variable, and
# what the number that follows may be.
OBJECTS = {
    "future": ("f", ()), "event": ("e", ()), "lock": ("l", ()), "cond": ("c", ()),
    "sem": ("s", (0, 1, 2)), "bsem": ("bs", (0, 1, 2)), "barrier": ("b", (1, 2, 2, 3)),
    "queue": ("q", (0, 1, 1, 2)), "pqueue": ("pq", (0, 1, 2)), "lqueue": ("lq", (0, 1, 2)),
}
HOLDERS = {                                        # argument -> kinds of objects that fit
    "event": ["event"], "lock": ["lock"], "cond": ["cond"], "barrier": ["barrier"],
    "lockable": ["lock", "lock", "sem", "bsem", "cond"],
    "queue": ["queue", "queue", "pqueue", "lqueue"],
}

MADE_ON_THE_WAY = {"handle": "h", "timer": "h", "timeout": "o", "group": "g"}

TAGS = ("a", "b", "c", "d")
CLASSES = ("any", "any", "error", "Cancelled", "Cancelled", "E", "E:a", "E:b", "Group", "Timeout",
           "RuntimeError", "QueueEmpty", "QueueShutDown", "BrokenBarrier", "ValueError",
           "InvalidState", "Cancelled:m1")
# Patterns of "race": what a body waits with; the kind of what it waits for (X); what to do
# before it starts to wait; and moves, some of which come in one instant with a cancel.
RACES = {
    "await": ("fut", "new future X", ("set_result X 1", "set_exception X a", "cancel X m2")),
    "event.wait": ("event", "event.clear X", ("event.set X", "event.set X", "event.clear X")),
    "acquire": ("lockable", "acquire X", ("release X", "release X", "acquire X", "locked X")),
    "cond.wait": ("cond", "locked X", ("cond.notify X 1", "cond.notify X 2", "cond.notify_all X")),
    "get": ("queue", "qsize X", ("put_nowait X 5", "put_nowait X 6", "get_nowait X")),
    "put": ("queue", "put_nowait X 1", ("get_nowait X", "get_nowait X", "put_nowait X 4")),
    "join": ("queue", "put_nowait X 1", ("task_done X", "task_done X", "get_nowait X")),
    "barrier.wait": ("barrier", "barrier.info X",
                     ("barrier.wait X", "barrier.abort X", "barrier.reset X")),
}
# What a helper does to all who wait (see Generator.helpers).
HELP = {
    "event": ["event.set X"], "lock": ["release X"], "sem": ["release X"], "bsem": ["release X"],
    "cond": ["with X", "cond.notify_all X", "end"], "barrier": ["barrier.abort X"],
    "queue": ["put_nowait X 5", "get_nowait X", "task_done X"],
    "pqueue": ["put_nowait X 5"], "lqueue": ["put_nowait X 5"], "future": ["set_result X 6"],
}

STARTS = {"spawn", "tg.spawn", "call", "call_soon", "call_later", "call_at", "add_cb"}
AWAITS = {"await", "gather", "wait", "wait_for", "shield", "as_completed"}


def weights(text):
    """{operation: weight} of the words of a profile; repeated ones add up."""
    words = text.split()
    table = {}
    for name, weight in zip(words[::2], words[1::2]):
        table[name] = table.get(name, 0) + int(weight)
    return table
