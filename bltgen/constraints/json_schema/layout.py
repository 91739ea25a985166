"""Where whitespace may stand between JSON tokens, and how much.

- `compact`: none at all.
- `bounded`: up to 16 bytes plus 8 for each container around, in any mixture of space, tab, line feed and
  carriage return, at each place where RFC 8259 allows whitespace inside of the outermost value. So every
  indentation of up to 8 columns a level fits, and a model cannot loop in whitespace.
- `any`: any amount, also before and after the value, as RFC 8259 section 2 says.
- `indent=n`: exactly the layout of `json.dumps(value, indent=n)`.

>>> Layout.of("bounded").gap(2), Layout.of("indent=2").newline(1)
(32, b'\\n  ')
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["UNLIMITED", "WHITESPACE", "Layout"]

UNLIMITED = -1
"""A gap that may hold any amount of whitespace."""

WHITESPACE = 1 << 0x20 | 1 << 0x09 | 1 << 0x0A | 1 << 0x0D
"""The whitespace bytes of JSON, as bits."""


@dataclass(frozen=True)
class Layout:
    """A choice of whitespace. `indent` is None but for `indent=n`."""

    mode: str
    indent: int | None = None

    @staticmethod
    def of(whitespace: str | int) -> Layout:
        """The layout of the option's value: "compact", "any", "bounded", "indent=n" or n."""
        if isinstance(whitespace, int) and not isinstance(whitespace, bool):
            whitespace = f"indent={whitespace}"
        if whitespace in ("compact", "any", "bounded"):
            return Layout(whitespace)
        if isinstance(whitespace, str) and whitespace.startswith("indent="):
            number = whitespace.removeprefix("indent=")
            if number.isdecimal() and int(number) <= 64:
                return Layout(f"indent={int(number)}", int(number))
        raise ValueError(
            f'whitespace is "compact", "any", "bounded" or "indent=n" (n <= 64), not {whitespace!r}'
        )

    @property
    def note(self) -> str:
        """What the layout leaves out of RFC 8259's whitespace, in words."""
        if self.mode == "any":
            return ""
        if self.indent is not None:
            return f"exactly as json.dumps(value, indent={self.indent}) writes it"
        return "none" if self.mode == "compact" else "16 bytes and 8 for each container around, at most"

    def gap(self, depth: int) -> int:
        """How many whitespace bytes may stand at one place inside of `depth` containers."""
        if self.mode == "any":
            return UNLIMITED
        return 16 + 8 * depth if self.mode == "bounded" else 0

    @property
    def colon(self) -> bytes:
        """What stands between a name and its value."""
        return b":" if self.indent is None else b": "

    def newline(self, depth: int) -> bytes:
        """The line break and indentation before a token inside of `depth` containers."""
        return b"" if self.indent is None else b"\n" + b" " * (self.indent * depth)
