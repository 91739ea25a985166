r"""Does an engine keep the contract of `bltgen.automata.contract`, and does it read the right language?

`check_automaton` walks an engine breadth first over its distinct states, then along random texts,
and asks of each state what the contract promises. Breadth first, so that the first broken promise
has a shortest text; what random walks find is cut down to a minimal one.

Everything is tied to `accepts`: an allowed byte must lead to a completion that a `Reference`
accepts, and a masked byte must not.

>>> from bltgen.constraints.regex import regex
>>> from bltgen.testing.reference import RegexReference
>>> check_automaton(regex("(?:ab)+c?"), RegexReference("(?:ab)+c?"))
>>> check_automaton(regex("(?:ab)+c?"), RegexReference("(?:ab)*c?"))  # doctest: +ELLIPSIS
Traceback (most recent call last):
bltgen.testing.violation.Violation: accepting is what the reference says: the reference accepts b''...
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bltgen.automata.byteset import ALL, EMPTY, ByteSet
from bltgen.automata.contract import FORCED_LIMIT, Constraint, State
from bltgen.errors import BudgetTooSmall
from bltgen.testing.reference import Reference, all_texts
from bltgen.testing.violation import Violation, shown_bytes

__all__ = ["check_automaton", "explained"]


def explained(state: State, prefix: bytes, most: int = 4) -> tuple[str, ...]:
    """Why bytes are allowed: for up to `most` successors, a valid text that goes through it."""
    lines, seen = [], set()
    if state.accepting:
        lines.append("it may end here")
    for byte in state.allowed:
        following = state.advance(byte)
        if following is None or following.id in seen:
            continue
        seen.add(following.id)
        if len(seen) > most:
            break
        text = prefix + bytes((byte,)) + following.completion()
        lines.append(f"'{shown_bytes(bytes((byte,)))}' as in {shown_bytes(text)}")
    return tuple(lines)


@dataclass(frozen=True)
class _Walk:
    """A constraint under test, and how much of it is looked at."""

    constraint: Constraint
    reference: Reference | None
    exact: bool

    def state(self, prefix: bytes) -> State | None:
        state: State | None = self.constraint.start()
        for byte in prefix:
            if state is None:
                return None
            state = state.advance(byte)
        return state


def check_automaton(
    constraint: Constraint,
    reference: Reference | None = None,
    *,
    states: int = 40,
    samples: int = 12,
    max_bytes: int = 48,
    alphabet: bytes | None = None,
    horizon: int = 3,
    exact: bool = True,
    seed: int = 0,
) -> None:
    """Raise Violation where the constraint breaks a promise, with a minimal text.

    states: distinct states visited breadth first. samples, max_bytes: random texts walked besides,
    and how far they go beyond the shortest. alphabet, horizon: with a reference, every text of at
    most `horizon` bytes over the alphabet is asked of both (by default up to 5 bytes that the
    engine tells apart near its start). exact: `shortest` and `allowed_within` are the least and
    the most, not only safe. Errors of the engine itself pass through.
    """
    walk = _Walk(constraint, reference, exact)
    rng = random.Random(seed)
    visited, joined = _breadth_first(constraint, states)
    remembered: dict[bytes, tuple[State, tuple[object, ...]]] = {}
    for prefix, state in visited.items():
        _raise_first(walk, prefix, state)
        remembered[prefix] = (state, _observed(state))
    if reference is not None:
        letters = alphabet if alphabet is not None else _letters(visited)
        _check_short_texts(walk, letters, horizon)
        _check_joined(reference, visited, joined)
    _check_samples(walk, rng, samples, max_bytes)
    _check_values(walk, remembered)
    _check_identity(visited)
    _check_description(constraint)


def _breadth_first(constraint: Constraint, most: int) -> tuple[dict[bytes, State], dict[bytes, bytes]]:
    """A shortest prefix of each of the first distinct states, and other prefixes that lead to one of them.

    Of those, one from each state to each: {the longer prefix: the shortest of the same state}.
    """
    start = constraint.start()
    found: dict[bytes, State] = {b"": start}
    known = {start.id: b""}
    joined: dict[bytes, bytes] = {}
    queue = [b""]
    for prefix in queue:
        met: set[int] = set()
        for byte in _ordered(found[prefix].allowed):
            following = found[prefix].advance(byte)
            if following is None or following.id in met:
                continue
            met.add(following.id)
            longer = prefix + bytes((byte,))
            if following.id in known:
                joined[longer] = known[following.id]
            elif len(found) < most:
                known[following.id] = longer
                found[longer] = following
                queue.append(longer)
    return found, joined


def _ordered(members: ByteSet) -> Iterator[int]:
    """Letters and digits first: they make readable examples."""
    readable = [byte for byte in members if chr(byte).isalnum() and byte < 128]
    yield from readable
    yield from (byte for byte in members if byte not in readable)


def _raise_first(walk: _Walk, prefix: bytes, state: State) -> None:
    found = next(_violations(walk, prefix, state), None)
    if found is not None:
        raise found


def _violations(walk: _Walk, prefix: bytes, state: State) -> Iterator[Violation]:
    """What is wrong with one state, the most basic first."""
    allowed = state.allowed

    def wrong(claim: str, found: str, at: bytes = prefix, **context: Any) -> Violation:
        return Violation(claim, found, data=at, allowed=allowed, details=_why(state, prefix), **context)

    successors: dict[int, State] = {}
    for byte in range(256):
        following = state.advance(byte)
        if following is not None:
            successors[byte] = following
        if (following is not None) != (byte in allowed):
            kept = "is" if byte in allowed else "is not"
            claim = "a byte is allowed where advance goes on"
            yield wrong(claim, f"{bytes((byte,))!r} {kept} allowed, advance gives {following}")
    if not (allowed or state.accepting):
        yield wrong("there are no dead ends", "nothing is allowed and the text may not end")
        return
    if (state.shortest == 0) != state.accepting:
        yield wrong(
            "shortest is 0 where accepting", f"accepting={state.accepting}, shortest={state.shortest}"
        )
    yield from _shortest(walk, state, successors, wrong)
    yield from _forced(state, wrong)
    yield from _within(walk, state, successors, wrong)
    if walk.reference is not None:
        yield from _against_reference(walk.reference, prefix, state, successors, wrong)


def _why(state: State, prefix: bytes) -> tuple[str, ...]:
    try:
        return explained(state, prefix)
    except Exception as error:  # the engine is broken: the report is not to break with it
        return (f"(no example: completion raises {error!r})",)


Wrong = Callable[..., Violation]


def _shortest(walk: _Walk, state: State, successors: dict[int, State], wrong: Wrong) -> Iterator[Violation]:
    completion = state.completion()
    if len(completion) != state.shortest:
        yield wrong(
            "completion has `shortest` bytes", f"{len(completion)} of {state.shortest}: {completion!r}"
        )
    reached: State | None = state
    for byte in completion:
        reached = None if reached is None else reached.advance(byte)
    if reached is None or not reached.accepting:
        yield wrong("completion ends in a valid text", f"{completion!r} does not")
    least = min((one.shortest for one in successors.values()), default=0) + 1
    if walk.exact and not state.accepting and state.shortest != least:
        claim = "shortest is one more than that of the nearest successor"
        yield wrong(claim, f"{state.shortest} claimed, {least} by its successors")


def _forced(state: State, wrong: Wrong) -> Iterator[Violation]:
    forced, at = state.forced, state
    for index, byte in enumerate(forced):
        if at.accepting or list(at.allowed) != [byte]:
            yield wrong(
                "forced bytes leave no choice",
                f"{forced!r} claimed, but after {forced[:index]!r} there is one",
                accepting=at.accepting,
                allowed_after=bytes(at.allowed)[:16],
            )
            return
        following = at.advance(byte)
        assert following is not None
        at = following
    if len(forced) < FORCED_LIMIT and not at.accepting and len(at.allowed) == 1:
        missing = forced + bytes(at.allowed)
        yield wrong("forced goes as far as there is no choice", f"{forced!r} claimed, {missing!r} is forced")


def _within(walk: _Walk, state: State, successors: dict[int, State], wrong: Wrong) -> Iterator[Violation]:
    for left in sorted({0, 1, *(state.shortest + more for more in (-1, 0, 1, 2, 7))} - {-1}):
        given = state.allowed_within(left)
        fitting = ByteSet.of(byte for byte, one in successors.items() if one.shortest <= left - 1)
        claim = "allowed_within(n) is what leads to a valid text within n bytes"
        if given - fitting:
            yield wrong(claim, f"n={left}: {bytes(given - fitting)[:8]!r} should not be in it", n=left)
        elif walk.exact and given != fitting:
            yield wrong(claim, f"n={left}: {bytes(fitting - given)[:8]!r} should be in it", n=left)
        elif left >= state.shortest and not state.accepting and not given:
            yield wrong(claim, f"n={left} suffices, and nothing is in it", n=left)


def _against_reference(
    reference: Reference, prefix: bytes, state: State, successors: dict[int, State], wrong: Wrong
) -> Iterator[Violation]:
    if reference.accepts(prefix) != state.accepting:
        verdict = "refuses" if state.accepting else "accepts"
        yield wrong("accepting is what the reference says", f"the reference {verdict} {prefix!r}")
    endings: dict[int, bytes] = {}
    for byte in _ordered(state.allowed):
        one = successors.get(byte)
        if one is None or one.id in endings:
            continue
        endings[one.id] = one.completion()
        text = prefix + bytes((byte,)) + endings[one.id]
        if not reference.accepts(text):
            yield wrong("an allowed byte leads to a valid text", f"the reference refuses {text!r}", at=text)
    # A masked byte: no ending known from beside it may make a text that the reference accepts.
    completion = state.completion()
    tails = dict.fromkeys((completion, b"", completion[1:], b"n" + completion, *endings.values()))
    questions = itertools.product(tails, _masked_kinds(state.allowed))
    for tail, byte in itertools.islice(questions, MASKED_TRIES):
        text = prefix + bytes((byte,)) + tail
        if reference.accepts(text):
            yield wrong(
                "a byte is masked only where no valid text goes on so",
                f"{bytes((byte,))!r} is masked, and the reference accepts {text!r}",
                at=text,
            )


MASKED_TRIES = 200
"""The most texts through masked bytes that the reference is asked about after one prefix."""


def _masked_kinds(allowed: ByteSet) -> list[int]:
    """Masked bytes worth a try: neighbours of what is allowed, punctuation, a few letters and others."""
    masked = ALL - allowed
    near = ByteSet((allowed.bits << 1 | allowed.bits >> 1) & ALL.bits)
    others = (b"abcdexyzABZ019", b"\t\n\r\x00\x7f\x80\xc3\xff")
    printable = ByteSet.of(byte for byte in range(0x20, 0x7F) if not chr(byte).isalnum())
    tried = [*list(near & masked)[:12], *(printable & masked), *(ByteSet.of(others[0]) & masked)]
    return list(dict.fromkeys([*tried, *(ByteSet.of(others[1]) & masked)]))


def _check_samples(walk: _Walk, rng: random.Random, samples: int, max_bytes: int) -> None:
    """Random texts: valid, within budget, reproducible; every state on the way keeps the contract."""
    constraint, shortest = walk.constraint, walk.constraint.start().shortest
    if shortest:
        _expect_budget_error(constraint, shortest)
    for index in range(samples):
        budget = shortest + rng.choice((0, 1, 2, max_bytes // 2, max_bytes))
        number = rng.randrange(1 << 30)
        text = constraint.sample(random.Random(number), budget)
        if len(text) > budget:
            raise Violation("a sample is within its budget", f"{len(text)} bytes of {budget}", data=text)
        if text != constraint.sample(random.Random(number), budget):
            raise Violation("a sample depends on its generator alone", "two differ", data=text, seed=number)
        if not constraint.accepts(text) or (walk.reference is not None and not walk.reference.accepts(text)):
            judge = "its own engine" if not constraint.accepts(text) else "the reference"
            raise Violation("a sample is valid", f"{judge} refuses it", data=_refused_at(walk, text))
        state: State | None = constraint.start()
        for at in range(len(text) + 1):
            if state is None:
                raise Violation("accepts is what walking says", "the walk stops", data=text, position=at)
            if index < 6 and at % 3 == index % 3 and next(_violations(walk, text[:at], state), None):
                raise _minimised(walk, text[:at])
            state = state.advance(text[at]) if at < len(text) else state


def _expect_budget_error(constraint: Constraint, shortest: int) -> None:
    try:
        text = constraint.sample(random.Random(0), shortest - 1)
    except BudgetTooSmall:
        return
    raise Violation(
        "a budget below the shortest text is an error",
        f"sample(max_bytes={shortest - 1}) gave a text",
        data=text,
    )


def _refused_at(walk: _Walk, text: bytes) -> bytes:
    return text if walk.state(text) is not None else text[:1]


def _minimised(walk: _Walk, prefix: bytes) -> Violation:
    """The violation after a prefix from which no byte can be left out."""

    def violation(candidate: bytes) -> Violation | None:
        state = walk.state(candidate)
        return None if state is None else next(_violations(walk, candidate, state), None)

    found, best = violation(prefix), prefix
    width = max(1, len(best) // 2)
    while width:
        at = 0
        while at < len(best):
            shorter = best[:at] + best[at + width :]
            again = violation(shorter)
            if again is not None and found is not None and again.claim == found.claim:
                best, found = shorter, again
            else:
                at += width
        width //= 2
    return found or Violation("a state answers the same when asked again", "it does not", data=prefix)


def _letters(visited: dict[bytes, State]) -> bytes:
    """Up to five bytes that the engine tells apart, up to three others, and one that it does not know."""
    letters: list[int] = []
    for prefix in sorted(visited, key=len):
        for byte in prefix[-1:]:
            if byte not in letters and len(letters) < 5:
                letters.append(byte)
    used = EMPTY
    for state in visited.values():
        used |= state.allowed
    # Bytes that the engine does not tell apart are worth a look: it may be that it should.
    letters += [byte for byte in itertools.islice(_ordered(used), 3) if byte not in letters]
    unknown = next(_ordered(ALL - used), None)
    return bytes(letters if unknown is None else [*letters, unknown])


def _check_short_texts(walk: _Walk, letters: bytes, horizon: int) -> None:
    assert walk.reference is not None
    for text in all_texts(letters, horizon):
        valid = walk.reference.accepts(text)
        if walk.constraint.accepts(text) == valid:
            continue
        if valid:
            raise Violation(
                "every text of the language is accepted",
                f"the reference accepts {text!r} and the constraint does not",
                data=text,
                position=_leaves_at(walk, text),
            )
        raise Violation(
            "only texts of the language are accepted", f"the reference refuses {text!r}", data=text
        )


def _check_joined(reference: Reference, visited: dict[bytes, State], joined: dict[bytes, bytes]) -> None:
    """What leads to one state may be completed alike, and a loop may be taken again."""
    for longer, shorter in itertools.islice(joined.items(), JOINED):
        completion = visited[shorter].completion()
        loop = longer[len(shorter) :] if longer.startswith(shorter) else b""
        for text in (longer + loop * times + completion for times in range(4 if loop else 1)):
            if not reference.accepts(text):
                raise Violation(
                    "bytes that lead to one state are completed alike",
                    f"{shorter + completion!r} is valid, the reference refuses {text!r}",
                    data=text,
                    position=len(text) - len(completion),
                )


JOINED = 200
"""The most pairs of prefixes of one state whose completions are compared."""


def _leaves_at(walk: _Walk, text: bytes) -> int:
    return next((at for at in range(len(text)) if walk.state(text[: at + 1]) is None), len(text))


def _observed(state: State) -> tuple[object, ...]:
    return (state.allowed, state.accepting, state.shortest, state.forced, state.completion(), state.id)


def _check_values(walk: _Walk, remembered: dict[bytes, tuple[State, tuple[object, ...]]]) -> None:
    """States are values: they answer as before, and a second walk answers like the first."""
    names = ("allowed", "accepting", "shortest", "forced", "completion", "id")
    for prefix, (state, before) in remembered.items():
        again = walk.state(prefix)
        for name, old, new in zip(names, before, _observed(state), strict=True):
            if old != new:
                raise Violation(
                    "a state is an immutable value", f"{name} was {old!r} and is {new!r}", data=prefix
                )
        if again is None or _observed(again)[:-1] != before[:-1]:
            raise Violation("the same bytes lead to the same state", "a second walk differs", data=prefix)
        if walk.constraint.accepts(prefix) != state.accepting:
            found = f"accepts={walk.constraint.accepts(prefix)}, accepting={state.accepting}"
            raise Violation("accepts is what walking says", found, data=prefix)


def _check_identity(visited: dict[bytes, State]) -> None:
    """States of one id have the same rows."""
    rows: dict[int, tuple[bytes, tuple[object, ...]]] = {}
    for prefix, state in visited.items():
        for byte in list(state.allowed)[:64]:
            following = state.advance(byte)
            if following is None:
                continue
            longer = prefix + bytes((byte,))
            row = (following.allowed, following.accepting, following.shortest)
            first, known = rows.setdefault(following.id, (longer, row))
            if known != row:
                found = f"id {following.id} after {first!r} and {longer!r}"
                raise Violation("an id names one state", found, data=longer)


def _check_description(constraint: Constraint) -> None:
    """The report lists entries; the description, where there is one, is JSON."""
    for entry in constraint.report().entries:
        if entry.enforced not in ("exact", "annotation"):
            raise Violation("a report says exact or annotation", f"{entry}")
    try:
        described = constraint.describe()
    except ValueError:  # Unsupported: a constraint made in memory has none
        return
    try:
        json.dumps(described)
    except (TypeError, ValueError) as error:
        raise Violation("a description is JSON", str(error)) from None
