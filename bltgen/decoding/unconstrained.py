"""The constraint of free text: every byte string is valid. Used where a generation has no constraint."""

from __future__ import annotations

from bltgen.automata.byteset import ALL, EMPTY, ByteSet

__all__ = ["ANYTHING", "Anything"]


class Anything:
    """The only state of the language of all byte strings.

    >>> ANYTHING.accepting, len(ANYTHING.allowed), ANYTHING.advance(7) is ANYTHING
    (True, 256, True)
    """

    __slots__ = ()
    allowed = ALL
    accepting = True
    shortest = 0
    forced = b""
    id = 0

    def advance(self, byte: int) -> Anything:
        """Every byte leads back here."""
        return self

    def completion(self) -> bytes:
        """Nothing is missing."""
        return b""

    def allowed_within(self, n: int) -> ByteSet:
        """All bytes while there is room for one."""
        return ALL if n > 0 else EMPTY


ANYTHING = Anything()
