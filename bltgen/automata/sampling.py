"""Random valid texts, drawn from any state of the contract without rejection.

A walk from the state to an accepting one: at each step a kind of successor is drawn, then a byte of that
kind (printable ones preferred, so that samples can be read). Where there is a budget, only bytes of
`allowed_within` are drawn; where there is none, a soft one is, after which the walk goes the shortest way.

>>> import random
>>> from bltgen.automata.language import literal
>>> draw(literal(b"ab").repeat(2, 5).start(), random.Random(1), 6) in (b"abab", b"ababab")
True
"""

from __future__ import annotations

import random

from bltgen.arguments import integer, of_type
from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import State
from bltgen.automata.language import INFINITE
from bltgen.automata.limits import bounded, charge
from bltgen.errors import BudgetTooSmall, EmptyLanguage

__all__ = ["draw"]

_PRINTABLE = ByteSet.range(0x20, 0x7E).bits
_STOP = 0.15


@bounded
def draw(state: State, rng: random.Random, max_bytes: int | None = None) -> bytes:
    """A random text that leads from `state` to an accepting state, of at most `max_bytes` bytes.

    Raises EmptyLanguage where there is none, BudgetTooSmall where none fits.
    """
    of_type("rng", rng, random.Random, "a random.Random, such as random.Random(1),")
    if max_bytes is not None:
        max_bytes = integer("max_bytes", max_bytes, 0)
    if state.shortest >= INFINITE:
        raise EmptyLanguage("no text satisfies the constraint")
    if max_bytes is not None and state.shortest > max_bytes:
        raise BudgetTooSmall(max_bytes, state.shortest)
    left = max_bytes if max_bytes is not None else state.shortest + rng.randrange(8, 64)
    text = bytearray()
    while True:
        bits = state.allowed_within(left).bits
        if state.accepting and (not bits or rng.random() < _STOP):
            return bytes(text)
        assert bits, "a state that is not accepting allows a byte within its shortest completion"
        readable = bits & _PRINTABLE
        if readable and rng.random() < 0.9:
            bits = readable
        members = bytes(ByteSet(bits))
        byte = members[rng.randrange(len(members))]
        following = state.advance(byte)
        assert following is not None, "an allowed byte has a successor"
        text.append(byte)
        charge()
        state = following
        left -= 1
