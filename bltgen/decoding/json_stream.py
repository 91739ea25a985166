"""Values of a JSON text as soon as they are complete, while the text is still being written.

`JsonValues` is fed bytes in any pieces and gives (JSON pointer, value) pairs: a string at its closing
quote, a number at the byte after it, an object or array at its closing bracket, after its members.
Pointers are RFC 6901; the whole document is "". Nothing recurses, so depth costs memory only: the
open containers and the bytes of the scalar under way.

>>> values = JsonValues()
>>> list(values.feed(b'{"name": "Ada", "tags": [1'))
[('/name', 'Ada')]
>>> list(values.feed(b', 2]}')) + list(values.end())
[('/tags/0', 1), ('/tags/1', 2), ('/tags', [1, 2]), ('', {'name': 'Ada', 'tags': [1, 2]})]
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from bltgen.arguments import as_bytes, shown, suggests_keywords
from bltgen.errors import LimitExceeded, RejectedByte

__all__ = ["JsonValues", "stream_values"]

_SPACE = b" \t\n\r"
_SCALAR_END = b" \t\n\r,]}"


class _Container:
    """An open object or array: what is in it so far, and the key that waits for its value."""

    __slots__ = ("key", "pointer", "value")

    def __init__(self, pointer: str, value: dict[str, Any] | list[Any]) -> None:
        self.pointer, self.value = pointer, value
        self.key: str | None = None


class JsonValues:
    """A push parser. It trusts the text to be JSON (a constraint saw to it) and refuses what cannot be.

    Raises RejectedByte at the first byte that no JSON text has there. Numbers are what `number_value` says;
    `constraint`, a JSON Schema, tells where integers are wanted.
    """

    def __init__(self, constraint: Any = None) -> None:
        from bltgen.constraints.json_number_value import is_whole, number_value

        self._is_whole, self._number_value = is_whole, number_value
        watch = getattr(constraint, "watch_integers", None)
        self._watch = None if watch is None else watch()
        self._open: list[_Container] = []
        self._scalar = bytearray()
        self._in_string = self._escaped = False
        self._expects = "value"
        self._position = 0

    def feed(self, data: bytes) -> Iterator[tuple[str, Any]]:
        """The values that these bytes complete, in order."""
        found: list[tuple[str, Any]] = []
        for byte in data:
            self._byte(byte, found)
            self._position += 1
            if self._watch is not None:
                self._watch.feed(byte)
        return iter(found)

    def end(self) -> Iterator[tuple[str, Any]]:
        """The text is over: a number at the top is complete now. Raises RejectedByte if it is not whole."""
        found: list[tuple[str, Any]] = []
        if self._scalar and not self._in_string:
            self._finish_scalar(found)
        if self._expects != "nothing" or self._open:
            raise RejectedByte(b"", self._position, b"", incomplete=True)
        return iter(found)

    def _byte(self, byte: int, found: list[tuple[str, Any]]) -> None:
        if self._in_string:
            self._scalar.append(byte)
            if self._escaped:
                self._escaped = False
            elif byte == 0x5C:
                self._escaped = True
            elif byte == 0x22:
                self._in_string = False
                self._finish_scalar(found)
            return
        if self._scalar:
            if byte not in _SCALAR_END:
                self._scalar.append(byte)
                return
            self._finish_scalar(found)
        if byte not in _SPACE:
            self._structure(byte, found)

    def _structure(self, byte: int, found: list[tuple[str, Any]]) -> None:
        """A byte outside scalars.

        `_expects` is one of value, key, value-or-end, key-or-end, colon, next, nothing.
        """
        expects = self._expects
        if byte in b"]}" and expects in ("value-or-end", "key-or-end", "next"):
            container = self._open[-1]
            if isinstance(container.value, dict) == (byte == 0x7D):
                self._open.pop()
                self._complete(container.pointer, container.value, found, attach=False)
                return
        elif byte == 0x2C and expects == "next":
            self._expects = "key" if isinstance(self._open[-1].value, dict) else "value"
            return
        elif byte == 0x3A and expects == "colon":
            self._expects = "value"
            return
        elif expects in ("value", "value-or-end"):
            if byte in b"{[":
                value: dict[str, Any] | list[Any] = {} if byte == 0x7B else []
                pointer = self._pointer()
                self._attach(value)
                self._open.append(_Container(pointer, value))
                self._expects = "key-or-end" if byte == 0x7B else "value-or-end"
                return
            if byte in b'"-0123456789tfn':
                self._scalar.append(byte)
                self._in_string = byte == 0x22
                return
        elif expects in ("key", "key-or-end") and byte == 0x22:
            self._expects = "key"
            self._scalar.append(byte)
            self._in_string = True
            return
        raise RejectedByte(bytes((byte,)), self._position, b"")

    def _finish_scalar(self, found: list[tuple[str, Any]]) -> None:
        text = bytes(self._scalar)
        self._scalar.clear()
        try:
            value = json.loads(text, parse_float=self._number, parse_int=self._number_value)
        except LimitExceeded:
            raise
        except ValueError:
            raise RejectedByte(text, self._position, b"") from None
        if self._expects == "key":
            self._open[-1].key = value
            self._expects = "colon"
        else:
            self._complete(self._pointer(), value, found, attach=True)

    def _number(self, text: str) -> Any:
        wanted = self._watch is not None and self._is_whole(text) and self._watch.wants_integer(text)
        return self._number_value(text, integer=wanted)

    def _pointer(self) -> str:
        """Where the next value stands."""
        if not self._open:
            return ""
        container = self._open[-1]
        if isinstance(container.value, list):
            return f"{container.pointer}/{len(container.value)}"
        assert container.key is not None
        return f"{container.pointer}/{container.key.replace('~', '~0').replace('/', '~1')}"

    def _attach(self, value: Any) -> None:
        if not self._open:
            return
        container = self._open[-1]
        if isinstance(container.value, list):
            container.value.append(value)
        else:
            assert container.key is not None
            container.value[container.key] = value

    def _complete(self, pointer: str, value: Any, found: list[tuple[str, Any]], *, attach: bool) -> None:
        if attach:
            self._attach(value)
        found.append((pointer, value))
        self._expects = "next" if self._open else "nothing"


@suggests_keywords()
def stream_values(pieces: Iterable[bytes], constraint: Any = None) -> Iterator[tuple[str, Any]]:
    """(JSON pointer, value) as each value of the text in `pieces` is complete.

    Numbers are what `number_value` says; `constraint`, a JSON Schema, tells where integers are wanted.

    >>> list(stream_values([b'[tr', b'ue, nu', b'll]']))
    [('/0', True), ('/1', None), ('', [True, None])]
    """
    if isinstance(pieces, str | bytes | bytearray) or not isinstance(pieces, Iterable):
        raise TypeError(f"pieces={shown(pieces)}: the pieces of a text are needed, such as [b'[1, ', b'2]']")
    return _stream_values(pieces, JsonValues(constraint))


def _stream_values(pieces: Iterable[bytes], values: JsonValues) -> Iterator[tuple[str, Any]]:
    for piece in pieces:
        yield from values.feed(as_bytes("a piece", piece))
    yield from values.end()
