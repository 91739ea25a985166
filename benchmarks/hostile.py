"""Constraints made to exhaust an engine: is each question answered or refused in time, and what does it take?

    python benchmarks/hostile.py [--only PART OF A NAME] [--seconds S] [--steps N] [--quick] [--json]

JSON Schemas, regular expressions, grammars and compositions. Each is made, and asked for its first mask, its
shortest text, a mask within a budget; a text is drawn at random, and a way of up to `STEPS` bytes is walked;
all in a process of its own, whose memory is limited. A refusal must be one of the documented errors, and a
question that was refused is asked again. What a schema gives is judged by `jsonschema`.

The aim: every question is answered or refused within 2 seconds of this process and 512 MB above the import,
and what was refused is refused again at once. With `--seconds 0.5` the clock is read (`Limits.seconds`), and
the aim is 0.6 seconds. The table has seconds of this process: `make`, `worst` (the slowest question, and
which), `again` (the slowest that was refused once more, which reads its source at most; a sample is another
question each time), MB, and what came of it.

`--quick`: no walk and no sample. The process exits with 1 where a question missed its aim.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.hostile_patterns import hostile_compositions, hostile_grammars, hostile_regexes
from benchmarks.hostile_schemas import hostile_schemas, is_valid
from bltgen import json_schema
from bltgen.automata.limits import Limits, use_limits
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded, Unsupported

SECONDS, CLOCKED_SECONDS, AGAIN_SECONDS, MEGABYTES = 2.0, 0.6, 0.5, 512
STEPS, WALK_SECONDS, SAMPLED, HANG_GUARD = 40, 2.0, 200, 60
MEMORY = 3 << 30


def cases() -> dict[str, Callable[[], Any]]:
    """How each constraint is made, by its kind and name."""
    made: dict[str, Callable[[], Any]] = {}
    for name, schema in hostile_schemas().items():
        made[f"schema: {name}"] = lambda schema=schema: json_schema(schema, numbers="plain")  # type: ignore[misc]
    for kind, more in (
        ("regex", hostile_regexes()),
        ("grammar", hostile_grammars()),
        ("composition", hostile_compositions()),
    ):
        made |= {f"{kind}: {name}": make for name, make in more.items()}
    return made


class Asked:
    """The questions to one constraint: the slowest, what failed, and how long that took the second time."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {"worst": 0.0, "question": "", "again": 0.0}

    def __call__(self, name: str, question: Callable[[], Any]) -> Any:
        began = time.process_time()
        try:
            return question()
        except (EmptyLanguage, LimitExceeded, Unsupported, BudgetTooSmall) as error:
            self.found.setdefault("refused", f"{type(error).__name__}: {error}")
            self.found.setdefault("stage", name)
            self._note(name, began)
            if isinstance(error, LimitExceeded) and error.counted and name != "sample":
                began = time.process_time()
                with suppress(LimitExceeded):
                    question()
                self.found["again"] = max(self.found["again"], time.process_time() - began)
            began = time.process_time()
            return None
        finally:
            self._note(name, began)

    def _note(self, name: str, began: float) -> None:
        seconds = time.process_time() - began
        if seconds > self.found["worst"]:
            self.found["worst"], self.found["question"] = seconds, name


def examine(make: Callable[[], Any], quick: bool = False) -> dict[str, Any]:
    """What comes of a constraint: see this module."""
    asked = Asked()
    began = time.process_time()
    constraint = asked("make", make)
    asked.found["make"] = time.process_time() - began
    if constraint is None:
        return asked.found
    state = asked("start", constraint.start)
    if state is None:
        return asked.found
    asked("allowed", lambda: state.allowed.mask())
    shortest = asked("shortest", lambda: state.shortest)
    if shortest is not None:
        asked("allowed_within", lambda: state.allowed_within(shortest + 3).mask())
        text = asked("completion", state.completion)
        if text is not None:
            asked.found["length"] = len(text)
            asked.found["text"] = text[:100_000].decode("latin-1")
    if not quick:
        asked("sample", lambda: constraint.sample(random.Random(1), (shortest or 0) + SAMPLED))
        walk(asked, state)
    return asked.found


def walk(asked: Asked, state: Any) -> None:
    """A random way: each mask, and each step. It ends where one is refused, or after `WALK_SECONDS`."""
    rng = random.Random(0)
    until = time.process_time() + WALK_SECONDS
    for _ in range(STEPS):
        if time.process_time() > until:
            return
        allowed = asked("allowed on the way", lambda: bytes(state.allowed))  # noqa: B023
        if not allowed or asked("allowed_within on the way", lambda: state.allowed_within(40)) is None:  # noqa: B023
            return
        byte = rng.choice(allowed)
        state = asked("advance", lambda: state.advance(byte))  # noqa: B023
        if state is None:
            return


def alone(make: Callable[[], Any], limits: Limits, quick: bool) -> dict[str, Any]:
    """Examine in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_CPU, (HANG_GUARD, HANG_GUARD))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            with use_limits(limits):
                found = examine(make, quick)
        except BaseException as error:
            found = {"failed": f"{type(error).__name__}: {error}"[:300]}
        found["megabytes"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        with os.fdopen(writer, "w") as out:
            json.dump(found, out)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as written:
        text = written.read()
    _, status = os.waitpid(child, 0)
    # Nothing is written by a process that the system ended.
    return json.loads(text) if text else {"failed": f"ended by {status}", "megabytes": 0.0}


def judged(name: str, found: dict[str, Any], most: float) -> list[str]:
    """What is wrong with an outcome."""
    if "failed" in found:
        return [found["failed"]]
    wrong = []
    if found["worst"] > most:
        wrong.append(f"{found['question']} took {found['worst']:.2f} s")
    if found["again"] > AGAIN_SECONDS:
        wrong.append(f"a refusal took {found['again']:.2f} s again")
    if found["megabytes"] > MEGABYTES:
        wrong.append(f"{found['megabytes']:.0f} MB")
    kind, _, rest = name.partition(": ")
    if kind == "schema" and "text" in found:
        text = found["text"].encode("latin-1")
        if len(text) == found["length"] and not is_valid(hostile_schemas()[rest], text):
            wrong.append("an invalid text")
    return wrong


def line(name: str, found: dict[str, Any], wrong: list[str]) -> str:
    """A line of the table."""
    if "failed" in found:
        return f"{name:56} FAILED: {found['failed']}"
    outcome = f"{found.get('length')} bytes"
    if "refused" in found:
        outcome = f"at {found['stage']}: {found['refused'][:70]}"
    times = f"{found['make']:7.2f}{found['worst']:7.2f} {found['question'][:14]:14}{found['again']:6.2f}"
    return f"{name:56}{times}{found['megabytes']:6.0f}  {outcome}" + (f"  !! {wrong}" if wrong else "")


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="no walk and no sample")
    parser.add_argument("--only", default="", help="a part of the names to ask")
    parser.add_argument("--steps", type=int, default=Limits().steps, help="Limits.steps")
    parser.add_argument("--seconds", type=float, help="Limits.seconds")
    parser.add_argument("--json", action="store_true", help="a JSON text a line")
    options = parser.parse_args()
    limits = Limits(steps=options.steps, seconds=options.seconds)
    most = SECONDS if options.seconds is None else options.seconds + CLOCKED_SECONDS - 0.5
    tally = {"answered": 0, "refused": 0, "missed": 0}
    slowest = largest = 0.0
    if not options.json:
        print(f"{'':56}{'make':>7}{'worst':>7} {'question':14}{'again':>6}{'MB':>6}")
    for name, make in cases().items():
        if options.only not in name:
            continue
        found = alone(make, limits, options.quick)
        wrong = judged(name, found, most)
        tally["missed" if wrong else "refused" if "refused" in found else "answered"] += 1
        slowest, largest = max(slowest, found.get("worst", 0.0)), max(largest, found["megabytes"])
        print(
            json.dumps({"name": name, "found": found, "wrong": wrong})
            if options.json
            else line(name, found, wrong),
            flush=True,
        )
    if not options.json:
        counts = ", ".join(f"{count} {what}" for what, count in tally.items())
        print(f"{counts}; slowest question {slowest:.2f} s, most memory {largest:.0f} MB")
    return 1 if tally["missed"] else 0


if __name__ == "__main__":
    sys.exit(main())
