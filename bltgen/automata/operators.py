"""The operators of `language.Language` terms, and the length that stands for none.

>>> BYTES < REPEAT < AUTOMATON
True
"""

from __future__ import annotations

__all__ = [
    "AUTOMATON",
    "BYTES",
    "COMPLEMENT",
    "CONCAT",
    "EPS",
    "INFINITE",
    "INTERSECTION",
    "LITERAL",
    "REPEAT",
    "UNION",
]

BYTES, EPS, LITERAL, CONCAT, UNION, INTERSECTION, COMPLEMENT, REPEAT, AUTOMATON = range(9)

INFINITE = 1 << 62
"""A length beyond all lengths: `shortest` of the empty language, `most` of an infinite one."""
