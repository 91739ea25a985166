"""What a term's form tells of its texts, computed when the term is made, from its parts' summaries.

- `alphabet`: no text has a byte outside of it (as bits).
- `first`: exactly the bytes with which texts begin, for plain terms; -1 where only a search can tell.
- `gap`: two lengths of texts that follow on each other differ by no more; 1 where all lengths between
  the least and the most occur.
- `farthest`: after any byte, a text is finished by no more bytes than this (an upper bound).

`SUMMARIES[op](made, parts, value)` sets all four on a new term: constant work for each part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bltgen.automata.byteset import ALL_BITS
from bltgen.automata.operators import INFINITE

if TYPE_CHECKING:
    from bltgen.automata.language import Language

__all__ = ["SUMMARIES"]


def _of_bytes(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    made.alphabet = made.first = value
    made.gap, made.farthest = 1, 0


def _of_epsilon(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    made.alphabet = made.first = 0
    made.gap, made.farthest = 1, 0


def _of_literal(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    bits = 0
    for byte in value:
        bits |= 1 << byte
    made.alphabet, made.first = bits, 1 << value[0]
    made.gap, made.farthest = 1, len(value) - 1


def _of_concat(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    head, tail = parts
    made.alphabet = head.alphabet | tail.alphabet
    made.first = head.first
    # `least` is exact for plain terms only; elsewhere it is a lower bound, and no help here.
    made.farthest = head.farthest + tail.least if tail.plain else INFINITE
    if head.nullable:
        made.first = head.first | tail.first  # -1 has all bits
        made.farthest = max(made.farthest, tail.farthest)
    gap = max(head.gap, tail.gap)
    # Copies of one set of lengths, shifted by the other's: they leave no gap where they overlap.
    if tail.gap <= head.most - head.least + head.gap:
        gap = min(gap, head.gap)
    if head.gap <= tail.most - tail.least + tail.gap:
        gap = min(gap, tail.gap)
    made.gap = gap


def _of_repeat(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    body, (low, high) = parts[0], value
    made.alphabet, made.first, made.gap = body.alphabet, body.first, body.gap
    made.farthest = body.farthest
    if low > 1:
        made.farthest = body.farthest + (low - 1) * body.least if body.plain else INFINITE
    if low < high:
        made.gap = max(body.gap, (low + 1) * body.least - low * body.most)


def _of_union(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    alphabet = first = farthest = 0
    gap = 1
    for part in parts:
        alphabet |= part.alphabet
        first |= part.first
        gap = max(gap, part.gap)
        farthest = max(farthest, part.farthest)
    ascending = sorted(parts, key=_least)
    reach = ascending[0].most
    for part in ascending:
        gap = max(gap, part.least - reach)
        reach = max(reach, part.most)
    made.alphabet, made.first, made.gap, made.farthest = alphabet, first, gap, farthest


def _least(term: Language) -> int:
    return term.least


def _of_intersection(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    alphabet = ALL_BITS
    for part in parts:
        alphabet &= part.alphabet
    made.alphabet, made.first, made.gap, made.farthest = alphabet, -1, INFINITE, INFINITE


def _of_others(made: Language, parts: tuple[Language, ...], value: Any) -> None:
    made.alphabet, made.first, made.gap, made.farthest = ALL_BITS, -1, INFINITE, INFINITE


# In the order of `operators`.
SUMMARIES = (
    _of_bytes,
    _of_epsilon,
    _of_literal,
    _of_concat,
    _of_union,
    _of_intersection,
    _of_others,
    _of_repeat,
    _of_others,
)
