"""Draws from any state: what fits, how often each kind is drawn, and when a text without a bound ends."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import ANY_BYTE, EMPTY, EPSILON, byte_set, literal
from bltgen.automata.sampling import draw
from bltgen.errors import BudgetTooSmall, EmptyLanguage

A = literal(b"a")


def test_what_cannot_be_drawn_is_an_error() -> None:
    rng = random.Random(1)
    with pytest.raises(EmptyLanguage):
        draw(EMPTY.start(), rng)
    with pytest.raises(EmptyLanguage):
        draw(EMPTY.start(), rng, 5)
    with pytest.raises(BudgetTooSmall) as caught:
        draw(literal(b"abc").start(), rng, 2)
    assert (caught.value.max_bytes, caught.value.shortest) == (2, 3)
    wrong: Any = 7
    with pytest.raises(TypeError, match="rng"):
        draw(A.start(), wrong)
    for budget in (-1, 1.5, True):
        with pytest.raises(ValueError, match="max_bytes"):
            draw(A.start(), rng, budget)  # type: ignore[arg-type]
    with pytest.raises(BudgetTooSmall):
        draw(A.start(), rng, 0)


def test_every_text_that_fits_can_be_drawn_and_no_other() -> None:
    made = (A | literal(b"bb")).repeat(1, 3)
    for budget in range(1, 5):
        drawn = {draw(made.start(), random.Random(seed), budget) for seed in range(300)}
        texts = {b"a", b"bb", b"aa", b"abb", b"bba", b"aaa", b"bbbb", b"aabb", b"abba", b"bbaa"}
        assert drawn == {text for text in texts if len(text) <= budget}
    assert draw(EPSILON.start(), random.Random(1), 0) == b""
    assert draw(literal(b"abc").start(), random.Random(1), 3) == b"abc"


def test_texts_end_where_nothing_fits_any_more() -> None:
    lengths = {len(draw(A.star().start(), random.Random(seed), 3)) for seed in range(200)}
    assert lengths == {0, 1, 2, 3}


def test_a_text_without_a_bound_ends_soon() -> None:
    """Of texts that may go on about 15 in 100 stop at each byte; those that may not take the way out."""
    lengths = [len(draw(A.star().start(), random.Random(seed))) for seed in range(2000)]
    assert 0.12 < sum(length == 0 for length in lengths) / 2000 < 0.18
    assert max(lengths) <= 63
    endless = A.star() + literal(b"b")
    spans = [len(draw(endless.start(), random.Random(seed))) for seed in range(300)]
    assert min(spans) < 9
    assert max(spans) <= 64
    late = (byte_set(ByteSet.of(b"ab")).star() + literal(b"!!!")).start()
    assert all(len(draw(late, random.Random(seed))) <= 3 + 63 for seed in range(50))
    forever = A.repeat(1000)
    assert {len(draw(forever.start(), random.Random(seed))) for seed in range(40)} <= {*range(1000, 1064)}


class Extreme(random.Random):
    """The least or the greatest of what may be drawn, and never a reason to stop."""

    greatest = False

    def random(self) -> float:
        return 0.99

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        low, high = (0, start) if stop is None else (start, stop)
        return high - 1 if self.greatest else low


def test_the_soft_budget_is_of_8_to_63_bytes_more_than_the_shortest_text() -> None:
    rng = Extreme()
    assert len(draw(A.star().start(), rng)) == 8
    assert len(draw(A.repeat(5).start(), rng)) == 13
    rng.greatest = True
    assert len(draw(A.star().start(), rng)) == 63


def test_printable_bytes_are_preferred() -> None:
    """Nine in ten, and all alike among them; where there are none, any byte."""
    counts = Counter(draw(ANY_BYTE.start(), random.Random(seed))[0] for seed in range(4000))
    printable = sum(count for byte, count in counts.items() if 0x20 <= byte <= 0x7E)
    # 0.9, and 95 of 256 of the tenth that is drawn from all.
    assert 0.91 < printable / 4000 < 0.96
    assert len([byte for byte in counts if 0x20 <= byte <= 0x7E]) == 95
    assert min(counts[0x20], counts[0x7E]) > 10
    assert max(counts[0x1F], counts[0x7F]) < 10
    hidden = byte_set(ByteSet.of([1, 2, 200]))
    assert {draw(hidden.start(), random.Random(seed)) for seed in range(60)} == {b"\x01", b"\x02", b"\xc8"}


def test_draws_are_reproducible() -> None:
    state = (A | literal(b"bc")).star().start()
    assert draw(state, random.Random(5)) == draw(state, random.Random(5))
