"""Random schemas and documents: is the verdict `jsonschema`'s, and does every state keep the contract?

    python -m bltgen.testing.differential --cases 100000 --seed 0

A case is a schema and a text: documents drawn for the schema and spelled at random, samples of the
language, the same with something small changed, and with one byte changed. Besides, for each schema:

- along a sample, `allowed` is the bytes with a live successor (its completion is valid), `shortest` is
  what the completion takes and one more than the least of the successors', `forced` is the only way;
- walks at random within `allowed_within(n)`, n = `shortest` .. `shortest` + 20, end valid within n.

A disagreement is shown with the least schema and text that still show it, and with the seed that
repeats it. Where `jsonschema` is known to err, the case is left out and counted: see `known_to_err`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bltgen.automata.contract import Constraint, State
from bltgen.constraints.json_schema import json_schema
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported
from bltgen.testing.random_schemas import changed, documents_for, in_python, random_schema, spelled
from bltgen.testing.reference import SchemaReference
from bltgen.testing.schema_strategies import DRAFTS

__all__ = ["Disagreement", "compare", "known_to_err", "main", "reduced"]

WALKS = range(21)
"""Bytes beyond the shortest text that the walks may take."""


@dataclass(frozen=True)
class Disagreement:
    """What was promised and not kept, by a schema and a text."""

    claim: str
    schema: Any
    text: bytes
    found: str
    seed: str = ""

    def __str__(self) -> str:
        return (
            f"{self.seed}: {self.claim}: {self.found}\n"
            f"    schema {json.dumps(self.schema, ensure_ascii=False)}\n    text   {self.text!r}"
        )


class CannotJudge(Exception):
    """The judge fails on the case: recursion without an end, numbers beyond it."""


class _Judge:
    """`jsonschema`, with its failures told from its verdicts."""

    def __init__(self, schema: Any) -> None:
        self._reference = SchemaReference(in_python(schema))
        self._errs = known_to_err(schema) is not None

    def accepts(self, text: bytes) -> bool:
        if self._errs:
            raise CannotJudge
        try:
            return self._reference.accepts(text)
        except Exception:  # whatever fails in it is no verdict
            raise CannotJudge from None


def known_to_err(schema: Any) -> str | None:
    """Why jsonschema's verdicts about a schema are not to be trusted; None where they are.

    In draft 2019-09 it takes what `contains` finds as evaluated, which `unevaluatedItems` learnt only
    in 2020-12 (section 11.2 there; 9.3.1.3 in 2019-09 names `items` and `additionalItems`), and it does
    not take as evaluated what a `unevaluatedProperties` further in evaluates (9.3.2.4 there does), nor what
    an `additionalProperties` does that is no boolean: `{}` and `true` differ.
    """
    text = json.dumps(schema)
    if "2019-09" in text and '"contains"' in text and '"unevaluatedItems"' in text:
        return "contains evaluates items in 2019-09"
    if "2019-09" in text and text.count('"unevaluatedProperties"') > 1:
        return "unevaluatedProperties evaluates in 2019-09"
    if "2019-09" in text and '"unevaluatedProperties"' in text and '"additionalProperties": {' in text:
        return "additionalProperties evaluates in 2019-09"
    return None


def _constraint(schema: Any, **options: Any) -> Constraint | None:
    try:
        return json_schema(schema, **options)
    except EmptyLanguage:
        return None


def compare(schema: Any, rng: random.Random, texts: int, tally: Counter[str]) -> Iterator[Disagreement]:
    """Try `texts` texts on the schema, and the contract along samples. Counts in `tally`."""
    try:
        judge = _Judge(schema)
        loose = _constraint(schema, whitespace="any", numbers="any")
    except LimitExceeded:
        tally["schemas refused (LimitExceeded)"] += 1
        return
    except Unsupported:
        tally["schemas refused (Unsupported)"] += 1
        return
    tally["schemas"] += 1
    tally["schemas that nothing satisfies"] += loose is None
    for text in _texts(schema, loose, rng, texts):
        try:
            expected = judge.accepts(text)
            accepted = loose is not None and loose.accepts(text)
        except CannotJudge:
            tally["texts not judged"] += 1
            continue
        except LimitExceeded:
            tally["texts refused (LimitExceeded)"] += 1
            continue
        tally["cases"] += 1
        tally["cases valid"] += expected
        if accepted != expected:
            yield Disagreement("verdict", schema, text, f"accepted: {accepted}, by jsonschema: {expected}")
    if loose is None:
        return
    options = {
        "whitespace": rng.choice(("bounded", "compact", 1)),
        "numbers": rng.choice(("plain", "interoperable", "any")),
        "escapes": rng.choice(("plain", "any")),
        "property_order": "any",
    }
    try:
        strict = _constraint(schema, **options)
        if strict is None:
            yield Disagreement("options leave texts", schema, b"", f"none with {options}")
            return
        for check in (_contract, _walks):
            for claim, text, found in check(strict, judge, rng, tally):
                yield Disagreement(f"{claim} {options}", schema, text, found)
    except LimitExceeded:
        tally["contracts not walked (LimitExceeded)"] += 1


def _texts(schema: Any, constraint: Constraint | None, rng: random.Random, count: int) -> Iterator[bytes]:
    """Documents for the schema in random spellings, samples, and near misses of both."""
    for value in documents_for(schema, rng, count - count // 2):
        yield spelled(value, rng)
    for index in range(count // 2):
        text = b"[1, 2]"
        if constraint is not None:
            try:
                text = constraint.sample(rng, constraint.start().shortest + rng.choice((0, 2, 8, 30)))
            except LimitExceeded:
                continue
        if index % 3 == 1:
            try:
                text = spelled(changed(json.loads(text), rng), rng)
            except ValueError:
                continue
        elif index % 3 == 2:
            at = rng.randrange(len(text) + 1)
            byte = bytes((rng.choice(b'0123456789abe+-.,:"{}[]\\ \n\x80\xc3'),))
            text = text[:at] + rng.choice((b"", byte)) + text[at + rng.randint(0, 1) :]
        yield text


Broken = tuple[str, bytes, str]


def _contract(
    constraint: Constraint, judge: _Judge, rng: random.Random, tally: Counter[str]
) -> Iterator[Broken]:
    state = constraint.start()
    text = constraint.sample(rng, state.shortest + rng.randrange(30))
    for at in range(len(text) + 1):
        prefix = text[:at]
        tally["prefixes"] += 1
        after = {byte: one for byte in range(256) if (one := state.advance(byte)) is not None}
        if {*state.allowed} != {*after}:
            yield "allowed is the bytes with a successor", prefix, f"{state.allowed!r}, {sorted(after)}"
        one_of_each = {id(following): (byte, following) for byte, following in after.items()}
        for byte, following in one_of_each.values():
            yield from _finished(prefix + bytes((byte,)), following, judge, tally)
        yield from _finished(prefix, state, judge, tally)
        if (state.shortest == 0) != state.accepting:
            yield "shortest is 0 where accepting", prefix, f"{state.shortest}, {state.accepting}"
        if not state.accepting:
            nearest = 1 + min((one.shortest for one in after.values()), default=10**9)
            if state.shortest != nearest:
                yield "shortest is one more than a successor's", prefix, f"{state.shortest}, not {nearest}"
        only = len(after) == 1 and not state.accepting
        if bool(state.forced) != only or (only and state.forced[0] not in after):
            yield "forced is the only way", prefix, f"{state.forced!r} of {sorted(after)}"
        farthest = max((one.shortest for one in after.values()), default=0)
        for n in (*(state.shortest + more for more in (0, 1, 3)), *range(farthest, farthest + 12)):
            within = {byte for byte, one in after.items() if one.shortest <= n - 1}
            if {*state.allowed_within(n)} != within:
                yield f"allowed_within({n})", prefix, f"{state.allowed_within(n)!r}, not {sorted(within)}"
        if at < len(text):
            state = after[text[at]]


def _finished(prefix: bytes, state: State, judge: _Judge, tally: Counter[str]) -> Iterator[Broken]:
    """Greedy completion takes exactly `shortest` bytes and is valid."""
    completion = state.completion()
    if len(completion) != state.shortest:
        yield "a completion has `shortest` bytes", prefix, f"{completion!r}, shortest {state.shortest}"
    tally["completions"] += 1
    try:
        valid = judge.accepts(prefix + completion)
    except CannotJudge:
        return
    if not valid:
        yield "a completion is valid", prefix + completion, "jsonschema refuses it"


def _walks(
    constraint: Constraint, judge: _Judge, rng: random.Random, tally: Counter[str]
) -> Iterator[Broken]:
    for extra in WALKS:
        state, text = constraint.start(), bytearray()
        left = state.shortest + extra
        tally["walks"] += 1
        while not (state.accepting and rng.random() < 0.3):
            choices = bytes(state.allowed_within(left))
            if not choices:
                break
            byte = rng.choice(choices)
            following = state.advance(byte)
            assert following is not None
            text.append(byte)
            state, left = following, left - 1
        found = bytes(text)
        if not state.accepting or left < 0:
            yield "a walk within a budget ends", found, f"accepting: {state.accepting}, {left} bytes left"
            continue
        try:
            if not judge.accepts(found):
                yield "a walk within a budget ends valid", found, "jsonschema refuses it"
        except CannotJudge:
            pass


def reduced(found: Disagreement, seconds: float = 20.0) -> Disagreement:
    """The least schema, and text where the verdict is at stake, that still disagree."""
    until = time.monotonic() + seconds
    if not found.claim.startswith(("verdict", "a completion is valid", "a walk within a budget ends valid")):
        return found

    def differs(schema: Any, text: bytes) -> bool:
        try:
            constraint = _constraint(schema, whitespace="any", numbers="any")
            return (constraint is not None and constraint.accepts(text)) != _Judge(schema).accepts(text)
        except Exception:
            return False

    schema, text = found.schema, found.text
    changing = True
    while changing and time.monotonic() < until:
        changing = False
        for smaller in _smaller(schema):
            if time.monotonic() > until:
                break
            if differs(smaller, text):
                schema, changing = smaller, True
                break
        for smaller_text in _smaller_texts(text):
            if time.monotonic() > until:
                break
            if differs(schema, smaller_text):
                text, changing = smaller_text, True
                break
    return Disagreement(found.claim, schema, text, found.found, found.seed)


def _smaller(value: Any) -> Iterator[Any]:
    """The value with one thing less, the largest steps first."""
    if isinstance(value, dict):
        for key in value:
            yield {name: one for name, one in value.items() if name != key}
        for inner in value.values():
            if isinstance(inner, (dict, bool)):
                yield inner
            elif isinstance(inner, list):
                yield from (one for one in inner if isinstance(one, dict))
        for key, inner in value.items():
            yield from ({**value, key: one} for one in _smaller(inner))
    elif isinstance(value, list):
        for at in range(len(value)):
            yield value[:at] + value[at + 1 :]
        for at, inner in enumerate(value):
            yield from ([*value[:at], one, *value[at + 1 :]] for one in _smaller(inner))


def _smaller_texts(text: bytes) -> Iterator[bytes]:
    try:
        value = json.loads(text)
    except ValueError:
        yield from (text[:at] + text[at + 1 :] for at in range(len(text)))
        return
    plain = json.dumps(value, ensure_ascii=False).encode()
    if plain != text and len(plain) < len(text):
        yield plain
    for smaller in _smaller(value):
        yield json.dumps(smaller, ensure_ascii=False).encode()
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield json.dumps(inner, ensure_ascii=False).encode()


def run(
    cases: int,
    seed: str,
    *,
    texts: int = 10,
    first: int = 0,
    drafts: tuple[str, ...] = DRAFTS,
    say: Callable[[str], None] = lambda line: None,
) -> tuple[Counter[str], list[Disagreement]]:
    """At least `cases` cases; schemas are numbered from `first`. `say` gets a line now and then."""
    tally: Counter[str] = Counter()
    found: list[Disagreement] = []
    begun, slowest, number = time.monotonic(), (0.0, ""), first
    while tally["cases"] < cases:
        name = f"{seed}/{number}"
        rng = random.Random(name)
        schema = random_schema(rng, rng.choice((*drafts, drafts[-1])))
        before = time.process_time()
        try:
            disagreements = list(compare(schema, rng, texts, tally))
        except Exception as error:
            disagreements = [Disagreement("no other error", schema, b"", f"{type(error).__name__}: {error}")]
        slowest = max(slowest, (time.process_time() - before, name))
        for one in disagreements[:1]:
            one = reduced(Disagreement(one.claim, one.schema, one.text, one.found, name))
            found.append(one)
            say(str(one))
        number += 1
        if number % 200 == 0:
            say(
                f"... {tally['cases']} cases, {number} schemas, {time.monotonic() - begun:.0f} s, "
                f"{len(found)} disagreements; slowest {slowest[0]:.1f} s ({slowest[1]})"
            )
    return tally, found


def main(arguments: list[str] | None = None) -> int:
    """The command line; 1 where something disagrees."""
    parser = argparse.ArgumentParser(
        prog="python -m bltgen.testing.differential",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cases", type=int, default=2000, help="schema and text pairs to judge")
    parser.add_argument("--texts", type=int, default=10, help="texts a schema")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--first", type=int, default=0, help="number of the first schema")
    parser.add_argument("--drafts", default=",".join(DRAFTS))
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")

    def say(line: str) -> None:
        print(line, flush=True)

    drafts = tuple(given.drafts.split(","))
    tally, found = run(given.cases, given.seed, texts=given.texts, first=given.first, drafts=drafts, say=say)
    print("; ".join(f"{what} {count}" for what, count in sorted(tally.items())))
    print(f"seed {given.seed}: {tally['cases']} cases, {len(found)} disagreements")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
