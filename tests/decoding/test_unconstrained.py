"""The only state of free text."""

from __future__ import annotations

from bltgen.decoding.unconstrained import ANYTHING


def test_it_promises_what_a_state_promises():
    """Valid at once, every byte leads back; what fits is all or nothing."""
    assert ANYTHING.accepting is True
    assert (ANYTHING.shortest, ANYTHING.forced, ANYTHING.id, ANYTHING.completion()) == (0, b"", 0, b"")
    assert list(ANYTHING.allowed) == list(range(256))
    assert all(ANYTHING.advance(byte) is ANYTHING for byte in range(256))
    assert [len(ANYTHING.allowed_within(n)) for n in (-1, 0, 1, 2)] == [0, 0, 256, 256]
