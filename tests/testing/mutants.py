"""Seeded bugs: real engines, samplers, sessions and strategies with one thing wrong each.

Each entry of `MUTANTS` runs a check with its default settings on something broken, and must raise
a Violation. `UNTOUCHED` runs the same checks on what is not broken.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

import bltgen
from bltgen.automata.byteset import EMPTY, ByteSet
from bltgen.automata.contract import Constraint
from bltgen.automata.sampling import draw
from bltgen.decoding.generator import Generator
from bltgen.decoding.strategy import Decoded, Mask
from bltgen.model.config import PatcherConfig
from bltgen.testing import conformance
from bltgen.testing.distributions import conditioned
from bltgen.testing.models import whimsical
from bltgen.testing.reference import Reference, RegexReference, SchemaReference
from bltgen.testing.session_checks import defined_starts

PATTERN = "(?:ab|cd){1,3}e?|xyz{2,4}"
SCHEMA = {
    "type": "object",
    "properties": {"k": {"type": "string", "maxLength": 3}},
    "required": ["k"],
    "additionalProperties": False,
}


# -- automata ----------------------------------------------------------------------------------------


class Broken:
    """A state with some members replaced: each a function of the real state."""

    def __init__(self, inner: Any, bugs: dict[str, Callable[[Any], Any]]) -> None:
        self.inner, self.bugs = inner, bugs

    def _asked(self, name: str) -> Any:
        return self.bugs[name](self.inner) if name in self.bugs else getattr(self.inner, name)

    allowed = property(lambda self: self._asked("allowed"))
    accepting = property(lambda self: self._asked("accepting"))
    shortest = property(lambda self: self._asked("shortest"))
    forced = property(lambda self: self._asked("forced"))
    id = property(lambda self: self._asked("id"))

    def completion(self) -> bytes:
        bug = self.bugs.get("completion")
        return bug(self.inner) if bug else self.inner.completion()

    def allowed_within(self, n: int) -> ByteSet:
        bug = self.bugs.get("allowed_within")
        return bug((self.inner, n)) if bug else self.inner.allowed_within(n)

    def advance(self, byte: int) -> Any:
        bug = self.bugs.get("advance")
        following = bug((self, byte)) if bug else self.inner.advance(byte)
        if following is None or isinstance(following, Broken):
            return following
        return Broken(following, self.bugs)


class BrokenConstraint:
    """A constraint whose states, or some of its own methods, are broken."""

    def __init__(self, inner: Constraint, bugs: dict[str, Any], own: dict[str, Any] | None = None) -> None:
        self.inner, self.bugs, self.own = inner, bugs, own or {}

    def start(self) -> Broken:
        return Broken(self.inner.start(), self.bugs)

    def accepts(self, data: bytes) -> bool:
        if "accepts" in self.own:
            return self.own["accepts"](data)
        state: Any = self.start()
        for byte in data:
            state = state.advance(byte)
            if state is None:
                return False
        return state.accepting

    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        if "sample" in self.own:
            return self.own["sample"](rng, max_bytes)
        return self.inner.sample(rng, max_bytes)

    def report(self) -> Any:
        return self.inner.report()

    def describe(self) -> Any:
        return self.own["describe"]() if "describe" in self.own else self.inner.describe()


def automaton(bugs: dict[str, Any] | None = None, own: dict[str, Any] | None = None, **options: Any) -> Any:
    """Run check_automaton on the pattern with these bugs."""

    def run() -> None:
        reference: Reference | None = RegexReference(PATTERN)
        constraint = BrokenConstraint(bltgen.regex(PATTERN), bugs or {}, own)
        conformance.check_automaton(constraint, reference, **options)

    return run


def read_otherwise(pattern: str, truth: str) -> Callable[[], None]:
    """An engine that reads a pattern as if it were another."""
    return lambda: conformance.check_automaton(bltgen.regex(pattern), RegexReference(truth))


def schema_otherwise(schema: Any, truth: Any) -> Callable[[], None]:
    def run() -> None:
        engine = bltgen.json_schema(schema, whitespace="compact")
        conformance.check_automaton(engine, SchemaReference(truth, compact=True))

    return run


def lost_escape() -> None:
    """No backslash in strings, and all members say so."""

    def advance(pair: Any) -> Any:
        return None if pair[1] == 0x5C else pair[0].inner.advance(pair[1])

    bugs = {
        "allowed": lambda state: state.allowed - ByteSet.of(b"\\"),
        "allowed_within": lambda pair: pair[0].allowed_within(pair[1]) - ByteSet.of(b"\\"),
        "advance": advance,
    }
    inner = bltgen.json_schema(SCHEMA, whitespace="compact")
    start: Any = Broken(inner.start(), bugs)
    constraint = BrokenConstraint(inner, bugs, {"sample": lambda rng, most: draw(start, rng, most)})
    conformance.check_automaton(constraint, SchemaReference(SCHEMA, compact=True))


def mutable_state() -> None:
    """The fourth call to advance of each state changes the state itself."""
    calls: dict[int, int] = {}

    def advance(pair: Any) -> Any:
        state, byte = pair
        following = state.inner.advance(byte)
        calls[id(state)] = calls.get(id(state), 0) + 1
        if following is not None and calls[id(state)] > 600:
            state.inner = following
        return following

    conformance.check_automaton(BrokenConstraint(bltgen.regex(PATTERN), {"advance": advance}))


def stale_cache() -> None:
    """Distances are remembered under a key that two states share."""
    cache: dict[int, int] = {}

    def shortest(state: Any) -> int:
        return cache.setdefault(state.id % 3, state.shortest)

    conformance.check_automaton(BrokenConstraint(bltgen.regex(PATTERN), {"shortest": shortest}))


def at(prefix: bytes) -> int:
    """The id of the real state after a prefix."""
    state: Any = bltgen.regex(PATTERN).start()
    for byte in prefix:
        state = state.advance(byte)
    return state.id


def only_at(prefix: bytes, value: Callable[[Any], Any], otherwise: Callable[[Any], Any]) -> Any:
    return lambda state: value(state) if state.id == at(prefix) else otherwise(state)


def sampler_without_budget(rng: random.Random, max_bytes: int | None) -> bytes:
    return b"ababab" if rng.random() < 0.9 else b"ab"


AUTOMATA: dict[str, Callable[[], None]] = {
    "a mask bit too many": automaton(
        {"allowed": only_at(b"x", lambda s: s.allowed | ByteSet.of(b"q"), lambda s: s.allowed)}
    ),
    "a mask bit too few": automaton(
        {"allowed": only_at(b"ab", lambda s: s.allowed - ByteSet.of(b"c"), lambda s: s.allowed)}
    ),
    "an escape lost": lost_escape,
    "accepting too early": automaton({"accepting": only_at(b"xy", lambda s: True, lambda s: s.accepting)}),
    "never accepting at one end": automaton(
        {"accepting": only_at(b"abe", lambda s: False, lambda s: s.accepting)}
    ),
    "shortest too small": automaton({"shortest": lambda s: max(0, s.shortest - 1)}),
    "shortest too large": automaton({"shortest": lambda s: s.shortest + (s.shortest > 1)}),
    "completion ends too early": automaton({"completion": lambda s: s.completion()[:-1]}),
    "completion says something else": automaton({"completion": lambda s: b"q" * s.shortest}),
    "forced where there is a choice": automaton(
        {"forced": only_at(b"ab", lambda s: b"e", lambda s: s.forced)}
    ),
    "forced stops early": automaton({"forced": lambda s: s.forced[:1]}),
    "forced says another byte": automaton({"forced": only_at(b"a", lambda s: b"c", lambda s: s.forced)}),
    "budget off by one, too wide": automaton({"allowed_within": lambda p: p[0].allowed_within(p[1] + 1)}),
    "budget off by one, too narrow": automaton({"allowed_within": lambda p: p[0].allowed_within(p[1] - 1)}),
    "budget ignored": automaton({"allowed_within": lambda p: p[0].allowed}),
    "a dead end": automaton(
        {
            "allowed": only_at(b"xyz", lambda s: EMPTY, lambda s: s.allowed),
            "advance": lambda p: None if p[0].inner.id == at(b"xyz") else p[0].inner.advance(p[1]),
        }
    ),
    "ids that collide": automaton({"id": lambda s: s.id % 4}),
    "a state that changes": mutable_state,
    "a stale cache": stale_cache,
    "samples over budget": automaton(own={"sample": sampler_without_budget}),
    "samples that are invalid": automaton(own={"sample": lambda rng, most: b"ac"}),
    "samples from a global generator": automaton(
        own={"sample": lambda rng, most: bltgen.regex(PATTERN).sample(random.Random(), most)}
    ),
    "accepts what is unfinished": automaton(
        own={"accepts": lambda data: any(text.startswith(data) for text in (b"ab", b"cd", b"xyzz"))}
    ),
    "a description that is no JSON": automaton(own={"describe": lambda: {"pattern": b"bytes"}}),
    "a repeat off by one": read_otherwise("a{2,4}b", "a{2,5}b"),
    "a lookahead lost": read_otherwise("[abc]{2}", "(?!ab)[abc]{2}"),
    "a lookbehind too strict": read_otherwise("[ab](?<!a)c?", "[ab](?<!aa)c?"),
    "a class that lost its negation": read_otherwise("x[ab]", "x[^ab]"),
    "a keyword ignored": schema_otherwise(
        {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2},
        {"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2, "uniqueItems": True},
    ),
    "an exclusive bound read as inclusive": schema_otherwise(
        {"type": "integer", "minimum": 5, "maximum": 9},
        {"type": "integer", "exclusiveMinimum": 5, "maximum": 9},
    ),
    "an optional key required": schema_otherwise(
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "required": ["a"],
            "additionalProperties": False,
        },
    ),
}


# -- decoders ------------------------------------------------------------------------------------------

WORDS = bltgen.choice(["a", "ab", "abba", "bb"])
MODEL = whimsical(4, scale=1.0)
GENERATOR = Generator(MODEL)


def generate(prompt: bytes, max_bytes: int, seed: int) -> Any:
    return GENERATOR.generate(prompt, WORDS, max_bytes=max_bytes, seed=seed)


def stream(prompt: bytes, max_bytes: int, seed: int) -> Any:
    return GENERATOR.stream(prompt, WORDS, max_bytes=max_bytes, seed=seed)


def batch(prompts: Sequence[bytes], max_bytes: int, seed: int) -> Any:
    return GENERATOR.generate_many(prompts, WORDS, max_bytes=max_bytes, seed=seed, batch_size=2)


@dataclass(frozen=True)
class Output:
    data: bytes
    log_probability: float
    log_weight: float


def changed(**changes: Callable[[Any], Any]) -> Callable[..., Any]:
    """The decoder with some members of its output replaced."""

    def broken(prompt: bytes, max_bytes: int, seed: int) -> Output:
        one = generate(prompt, max_bytes, seed)
        plain = Output(one.data, one.log_probability, one.log_weight)
        return replace(plain, **{name: change(one) for name, change in changes.items()})

    return broken


def decoder(broken: Callable[..., Any], **options: Any) -> Callable[[], None]:
    return lambda: conformance.check_decoder(broken, WORDS, **options)


def weights(broken: Callable[..., Any]) -> Callable[[], None]:
    truth = conditioned(MODEL, b"", WORDS)
    return lambda: conformance.check_decoder(broken, WORDS, truth=truth, weighted=True)


def biased(prompt: bytes, max_bytes: int, seed: int) -> Any:
    """The shorter of two draws: valid, reproducible, and not the distribution."""
    return min(
        (generate(prompt, max_bytes, 2 * seed + more) for more in (0, 1)), key=lambda one: len(one.data)
    )


def clamped(prompt: bytes, max_bytes: int, seed: int) -> Any:
    return generate(prompt, max(1, max_bytes), seed)


COUNTER = itertools.count()

DECODERS: dict[str, Callable[[], None]] = {
    "a budget off by one": decoder(lambda p, n, seed: generate(p, n + 1, seed)),
    "a budget error swallowed": decoder(clamped),
    "the end where the text is not valid": decoder(lambda p, n, seed: generate(p, n, seed).data[:-1]),
    "a seed ignored": decoder(lambda p, n, seed: generate(p, n, next(COUNTER))),
    "a stream that loses its last patch": decoder(
        generate, stream=lambda p, n, seed: list(stream(p, n, seed))[:-1]
    ),
    "a batch in the wrong order": decoder(
        generate, prompts=(b"", b"q", b"long prompt"), batch=lambda ps, n, seed: batch(ps, n, seed)[::-1]
    ),
    "rows that share a seed": decoder(
        generate, batch=lambda ps, n, seed: [generate(prompt, n, seed) for prompt in ps]
    ),
    "a log-probability without the end": decoder(
        changed(
            log_probability=lambda one: (
                one.log_probability
                - float(torch.log_softmax(torch.from_numpy(MODEL.logits(one.prompt, one.data)), 0)[256])
            )
        ),
        score=conformance.score_by_model(MODEL),
    ),
    "a log-probability under the mask": decoder(
        changed(log_probability=lambda one: one.log_probability - one.log_weight),
        score=conformance.score_by_model(MODEL),
    ),
    "acceptance that is biased": weights(biased),
    "a weight forgotten": weights(changed(log_weight=lambda one: 0.0)),
    "a weight with the wrong sign": weights(changed(log_weight=lambda one: -one.log_weight)),
}


# -- strategies ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tampered:
    """Mask, with its result or its search tampered with."""

    change: Callable[[Any], Any] = lambda hypothesis: hypothesis
    before: Callable[[Any], None] = lambda search: None
    name: str = "tampered"
    draws_from: str = "something else"

    def decode(self, search: Any, rows: Any) -> Any:
        self.before(search)
        decoded = yield from Mask().decode(search, rows)
        hypothesis = self.change(decoded.hypothesis)
        search.commit(hypothesis)
        return Decoded(hypothesis)


def longer_budget(search: Any) -> None:
    search.budget += 1


def own_entropy(search: Any) -> None:
    search.seed = int(np.random.SeedSequence().generate_state(1)[0])


def strategy(**changes: Any) -> Callable[[], None]:
    return lambda: conformance.check_strategy(Tampered(**changes))


STRATEGIES: dict[str, Callable[[], None]] = {
    "a strategy over budget": strategy(before=longer_budget),
    "a strategy that draws its own seed": strategy(before=own_entropy),
    "a strategy that cuts its text": strategy(change=lambda h: replace(h, data=h.data[:-1])),
    "a strategy that forgets its weight": strategy(change=lambda h: replace(h, log_weight=0.0)),
    "a strategy that forgets a score": strategy(change=lambda h: replace(h, log_probability=0.0)),
}


# -- sessions --------------------------------------------------------------------------------------------


class BrokenSession:
    """A session with one bug by name."""

    def __init__(self, inner: Any, bug: str) -> None:
        self.inner, self.bug = inner, bug
        self.stale = inner.logits
        self.boundary = inner.at_boundary
        self.first_entropies = inner.entropies

    lengths = property(lambda self: self.inner.lengths)

    @property
    def logits(self) -> Any:
        logits = self.inner.logits
        if self.bug == "a rollback forgotten" and len(self.stale) == len(logits):
            return self.stale
        if self.bug == "rows that leak" and len(logits) > 1:
            return torch.cat([logits[:1], logits[:1] * 0.01 + logits[1:]])
        if self.bug == "rounding too coarse":
            return logits.round(decimals=2)
        if self.bug == "NaN after a rollback" and self.stale is None:
            return logits * float("nan")
        return logits

    @property
    def chunk_logits(self) -> Any:
        return [
            torch.roll(part, 1, 0) if self.bug == "chunk logits shifted" else part
            for part in self.inner.chunk_logits
        ]

    @property
    def at_boundary(self) -> Any:
        return self.boundary if self.bug == "boundaries that are stale" else self.inner.at_boundary

    @property
    def entropies(self) -> Any:
        return [
            entropy / (0.6931 if self.bug == "entropies in bits" else 1) for entropy in self.inner.entropies
        ]

    @property
    def patch_starts(self) -> Any:
        shift = self.bug == "patches off by one"
        return [[start + (shift and start > 0) for start in row] for row in self.inner.patch_starts]

    def extend(self, chunks: Any, *, keep_logits: bool = False) -> None:
        if self.bug == "an empty chunk skips its row's neighbour" and b"" in chunks:
            chunks = [b""] * len(chunks)
        self.inner.extend(chunks, keep_logits=keep_logits)
        self.stale = self.inner.logits
        if all(chunks):
            self.boundary = [False] * len(chunks)

    def truncate(self, lengths: Any) -> None:
        cut = list(lengths) != self.inner.lengths
        self.inner.truncate(lengths)
        if self.bug == "NaN after a rollback" and cut:
            self.stale = None

    def select(self, rows: Any) -> Any:
        if self.bug == "a fork that moves its parent":
            taken = self.inner.select(rows)
            self.inner.extend([b"!"] * len(self.lengths))
            return BrokenSession(taken, self.bug)
        rows = sorted(rows) if self.bug == "a reorder that sorts" else rows
        return BrokenSession(self.inner.select(rows), self.bug)

    def concat(self, other: Any) -> Any:
        one, two = self.inner, other.inner
        joined = two.concat(one) if self.bug == "a join in the wrong order" else one.concat(two)
        return BrokenSession(joined, self.bug)


class BrokenModel:
    def __init__(self, bug: str) -> None:
        self.bug, self.inner = bug, whimsical(2)

    def session(self, prompts: Any) -> Any:
        return BrokenSession(self.inner.session(prompts), self.bug)


SESSION_BUGS = (
    *("a rollback forgotten", "rows that leak", "NaN after a rollback", "chunk logits shifted"),
    *("boundaries that are stale", "patches off by one", "an empty chunk skips its row's neighbour"),
    *("a fork that moves its parent", "a reorder that sorts", "a join in the wrong order"),
)


def session(bug: str) -> Callable[[], None]:
    return lambda: conformance.check_model(BrokenModel(bug))


SESSIONS = {bug: session(bug) for bug in SESSION_BUGS}


# -- patchers ----------------------------------------------------------------------------------------------

ENTROPY = PatcherConfig("entropy", threshold=1.2, max_patch_length=4)
MONOTONIC = PatcherConfig("monotonic", threshold=0.5)


def patcher(config: PatcherConfig, starts: Callable[..., Any]) -> Callable[[], None]:
    return lambda: conformance.check_patcher(starts, config=config)


def peeking(data: bytes, entropies: Sequence[float]) -> list[int]:
    return [
        at for at in range(len(data)) if at == 0 or (entropies[at] > 1.2 and data[at + 1 : at + 2] != b"a")
    ]


PATCHERS: dict[str, Callable[[], None]] = {
    "a patcher that looks ahead": patcher(ENTROPY, peeking),
    "a patch one byte too long": patcher(
        ENTROPY, lambda data, e: defined_starts(replace(ENTROPY, max_patch_length=5), data, e)
    ),
    "a threshold not crossed": patcher(
        ENTROPY, lambda data, e: defined_starts(replace(ENTROPY, threshold=1.52), data, e)
    ),
    "a rise read as a level": patcher(
        MONOTONIC, lambda data, e: defined_starts(replace(MONOTONIC, mode="entropy"), data, e)
    ),
    "no first patch": patcher(ENTROPY, lambda data, e: defined_starts(ENTROPY, data, e)[1:]),
}

MUTANTS: dict[str, Callable[[], None]] = {**AUTOMATA, **DECODERS, **STRATEGIES, **SESSIONS, **PATCHERS}

UNTOUCHED: dict[str, Callable[[], None]] = {
    "automaton": automaton(),
    "schema": schema_otherwise(SCHEMA, SCHEMA),
    "decoder": decoder(
        generate,
        prompts=(b"", b"q", b"long prompt"),
        stream=stream,
        batch=batch,
        score=conformance.score_by_model(MODEL),
    ),
    "weights": weights(generate),
    "strategy": strategy(),
    "session": session("none"),
    "patcher": patcher(ENTROPY, lambda data, e: defined_starts(ENTROPY, data, e)),
    "monotonic patcher": patcher(MONOTONIC, lambda data, e: defined_starts(MONOTONIC, data, e)),
}
