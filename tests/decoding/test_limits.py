"""A limit that is met in the middle of a text ends no text: it goes on by what can still be asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import Language, byte_set, literal
from bltgen.decoding.generator import Generator
from bltgen.errors import LimitExceeded
from bltgen.testing import models
from tests.decoding.driving import STRATEGIES

LETTERS = byte_set(ByteSet.range(97, 102))
LANGUAGE: Language = LETTERS.repeat(2, 12) + literal(b"END") | literal(b"stop here")


class Limited:
    """A constraint of LANGUAGE whose questions exceed a limit after some texts: those that `hard` picks."""

    def __init__(self, hard: Callable[[str, bytes], bool]) -> None:
        self.hard = hard

    def start(self) -> LimitedState:
        return LimitedState(self, LANGUAGE.start(), b"")

    def accepts(self, data: bytes) -> bool:
        return LANGUAGE.accepts(data)


class LimitedState:
    """A state of it. Its shortest completion can always be told."""

    def __init__(self, constraint: Limited, state: Any, text: bytes) -> None:
        self.constraint, self.state, self.text = constraint, state, text
        self.accepting, self.shortest = state.accepting, state.shortest
        self.known: dict[int, Any] = {}

    def _asked(self, question: str, text: bytes) -> None:
        if self.constraint.hard(question, text):
            raise LimitExceeded(question, 1)

    @property
    def allowed(self) -> ByteSet:
        self._asked("allowed", self.text)
        found: ByteSet = self.state.allowed
        return found

    @property
    def forced(self) -> bytes:
        self._asked("allowed", self.text)
        return bytes(self.state.forced)

    def allowed_within(self, n: int) -> ByteSet:
        self._asked("allowed", self.text)
        found: ByteSet = self.state.allowed_within(n)
        return found

    def completion(self) -> bytes:
        return bytes(self.state.completion())

    def advance(self, byte: int) -> LimitedState | None:
        if byte not in self.known:
            on_the_way = self.completion()[:1] == bytes((byte,))
            if not on_the_way:
                self._asked("advance", self.text + bytes((byte,)))
            following = self.state.advance(byte)
            text = self.text + bytes((byte,))
            self.known[byte] = None if following is None else LimitedState(self.constraint, following, text)
        found: LimitedState | None = self.known[byte]
        return found


MODELS = [models.whimsical(3, scale=3, patch=3), models.tiny_blt(1), models.likes(b"abcdef")]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
@settings(deadline=None, max_examples=30)
@given(
    model=st.sampled_from(MODELS),
    question=st.sampled_from(["advance", "allowed", "both"]),
    letters=st.sets(st.sampled_from(b"abcdef"), min_size=1),
    length=st.integers(1, 6),
    seed=st.integers(0, 1000),
    budget=st.integers(5, 15),
    temperature=st.sampled_from([0.0, 1.0]),
)
def test_every_text_validates(
    strategy: Any,
    model: Any,
    question: str,
    letters: set[int],
    length: int,
    seed: int,
    budget: int,
    temperature: float,
) -> None:
    def hard(asked: str, text: bytes) -> bool:
        return question in (asked, "both") and len(text) >= length and text[-1] in letters

    constraint: Any = Limited(hard)
    out = Generator(model).generate(
        "", constraint, strategy=strategy, seed=seed, max_bytes=budget, temperature=temperature
    )
    assert LANGUAGE.accepts(out.data)
    assert len(out.data) <= budget
    again = Generator(model).generate(
        "", constraint, strategy=strategy, seed=seed, max_bytes=budget, temperature=temperature
    )
    assert again.data == out.data


def test_what_was_left_out_is_counted() -> None:
    model = models.likes(b"abcdef")
    constraint: Any = Limited(lambda asked, text: asked == "advance" and len(text) == 3)
    outs = [Generator(model).generate("", constraint, seed=seed, max_bytes=15) for seed in range(20)]
    assert any(out.statistics.unexplored_bytes for out in outs)
    assert all(LANGUAGE.accepts(out.data) for out in outs)
    free = Generator(model).generate("", LANGUAGE, seed=1, max_bytes=15)
    assert free.statistics.unexplored_bytes == 0


def test_where_nothing_can_be_asked_the_error_is_raised() -> None:
    class Hopeless(LimitedState):
        def completion(self) -> bytes:
            raise LimitExceeded("completion", 1)

    constraint: Any = Limited(lambda asked, text: asked == "allowed")
    state = Hopeless(constraint, LANGUAGE.start(), b"")
    constraint.start = lambda: state
    with pytest.raises(LimitExceeded):
        Generator(models.likes(b"abc")).generate("", constraint, seed=1)
