r"""A broken promise, shown so that it can be acted on: which, where, what was expected, what came.

>>> print(Violation("shortest is the least", "3 claimed, 2 suffice", data=b'{"a\xff', position=3))
shortest is the least: 3 claimed, 2 suffice
  at offset 3 of 4 bytes:
    {"a\xff
       ^
"""

from __future__ import annotations

from typing import Any

from bltgen.automata.byteset import ByteSet

__all__ = ["Violation", "caret", "shown_bytes", "shown_set"]


def shown_bytes(data: bytes) -> str:
    r"""Printable ASCII as it is, other bytes as escapes, so that each byte has a known width.

    >>> shown_bytes("é\n".encode())
    '\\xc3\\xa9\\n'
    """
    return "".join(_shown(byte) for byte in data)


def _shown(byte: int) -> str:
    if 0x20 <= byte < 0x7F:
        return chr(byte)
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(byte, f"\\x{byte:02x}")


def caret(data: bytes, position: int, indent: str = "    ") -> str:
    """The bytes around `position` on one line, and a caret below it."""
    begin, end = max(0, position - 40), position + 30
    before = ("..." if begin else "") + shown_bytes(data[begin:position])
    after = shown_bytes(data[position:end]) + ("..." if end < len(data) else "")
    return f"{indent}{before}{after}\n{indent}{' ' * len(before)}^"


def shown_set(members: ByteSet) -> str:
    r"""A set of bytes by its runs.

    >>> shown_set(ByteSet.of(b"abcx") | ByteSet.range(0x80, 0xff))
    'a-c x \\x80-\\xff'
    """
    runs: list[list[int]] = []
    for byte in members:
        if runs and byte == runs[-1][1] + 1:
            runs[-1][1] = byte
        else:
            runs.append([byte, byte])
    parts = [
        _quoted(low) if low == high else f"{_quoted(low)}{'-' if high > low + 1 else ' '}{_quoted(high)}"
        for low, high in runs
    ]
    return " ".join(parts) if parts else "nothing"


def _quoted(byte: int) -> str:
    return "' '" if byte == 0x20 else _shown(byte)


class Violation(AssertionError):
    """A check found a promise broken.

    Attributes: `claim`, the promise; `found`, what was seen instead; `data`, a minimal text that
    shows it; `position`, the offset in it; `allowed`, the bytes that the engine allows there;
    `details`, more lines (which continuations make the bytes allowed, how to see it again).
    """

    def __init__(
        self,
        claim: str,
        found: str,
        *,
        data: bytes | None = None,
        position: int | None = None,
        allowed: ByteSet | None = None,
        details: tuple[str, ...] = (),
        **context: Any,
    ) -> None:
        self.claim, self.found, self.data, self.allowed, self.details = claim, found, data, allowed, details
        self.position = len(data) if position is None and data is not None else position
        self.context = context
        lines = [f"{claim}: {found}"]
        if data is not None and self.position is not None:
            lines += [f"  at offset {self.position} of {len(data)} bytes:", caret(data, self.position)]
        if allowed is not None:
            lines.append(f"  allowed there: {shown_set(allowed)}")
        lines += [f"  {name.replace('_', ' ')}: {value!r}" for name, value in context.items()]
        lines += [f"  {line}" for line in details]
        super().__init__("\n".join(lines))
