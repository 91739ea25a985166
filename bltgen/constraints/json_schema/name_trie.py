"""The declared names of an object as a trie over bytes, read in any spelling that JSON allows.

A `NameNode` holds the names that begin with the bytes read so far, as a bit set; children are made when
first walked to, so a schema with thousands of names costs what is read of them. Which names are still
possible (`live`) is not the trie's business but an argument.

Escapes are followed by comparing spellings: `pending` is the part of an escape that was read, from its
backslash on, and is empty elsewhere.

>>> from bltgen.automata.byteset import ByteSet
>>> root = NameNode.root([b"name", b"note"])
>>> spelling = Spelling(ascii_only=False, plain=False)
>>> [bytes(ByteSet(node.bits(0b10, spelling))) for node in (root, root.child(ord("n")))]
[b'\\\\n', b'\\\\o']
"""

from __future__ import annotations

import json
from functools import lru_cache

__all__ = ["NameNode", "NameTable", "Spelling", "spelled"]

BACKSLASH, QUOTE = 0x5C, 0x22
_SHORT = {0x22: b'\\"', 0x5C: b"\\\\", 0x08: b"\\b", 0x0C: b"\\f", 0x0A: b"\\n", 0x0D: b"\\r", 0x09: b"\\t"}
_CONTINUATION = sum(1 << byte for byte in range(0x80, 0xC0))
_ASCII = (1 << 128) - 1
_RAW = ((1 << 256) - 1) & ~((1 << 0x20) - 1) & ~(1 << BACKSLASH) & ~(1 << QUOTE)
"""The bytes that may stand for themselves in a JSON string."""


@lru_cache
def _first_bytes(ascii_only: bool, plain: bool) -> list[int]:
    """By each byte of a name, the bytes by which it may be written: itself, or a backslash; as bits."""
    raw = _RAW & _ASCII if ascii_only else _RAW
    everything = ((1 << 256) - 1) & ~_CONTINUATION
    escaped = everything & ~raw if plain else everything
    return [(1 << byte & raw) | (escaped >> byte & 1) << BACKSLASH for byte in range(256)]


class Spelling:
    """How names are spelled. `plain`: only what must be escaped is; `ascii_only`: so must all but ASCII."""

    __slots__ = ("ascii_only", "first", "plain", "raw")

    def __init__(self, ascii_only: bool, plain: bool) -> None:
        self.ascii_only = ascii_only
        self.plain = plain
        self.raw = _RAW & _ASCII if ascii_only else _RAW
        self.first = _first_bytes(ascii_only, plain)

    def escapes(self, char: str) -> list[bytes]:
        """The escapes of a character, hexadecimal digits in lower case, the shortest first."""
        code = ord(char)
        found = []
        if code in _SHORT:
            found.append(_SHORT[code])
        elif self.plain and self.raw >> min(code, 0x80) & 1:
            return found
        if code == 0x2F:
            found.append(b"\\/")
        if not (self.plain and found):
            if code < 0x10000:
                found.append(b"\\u%04x" % code)
            else:
                high, low = divmod(code - 0x10000, 0x400)
                found.append(b"\\u%04x\\u%04x" % (0xD800 + high, 0xDC00 + low))
        return found

    def hexadecimal(self, byte: int) -> int:
        """The ways to write the byte of an escape, as bits: digits may be in upper case."""
        return 1 << byte | (1 << (byte - 32) if not self.plain and 0x61 <= byte <= 0x66 else 0)

    def length(self, name: bytes) -> int:
        """Bytes of the shortest spelling of a name between quotes, without the quotes."""
        return len(spelled(name, self.ascii_only))


def spelled(name: bytes, ascii_only: bool) -> bytes:
    """The shortest spelling of a name, or of the rest of one whose last character was begun."""
    head = b""
    while name and 0x80 <= name[0] < 0xC0:
        head, name = head + name[:1], name[1:]
    return head + json.dumps(name.decode("utf-8", "surrogatepass"), ensure_ascii=ascii_only)[1:-1].encode(
        "utf-8", "surrogatepass"
    )


class NameNode:
    """The names with a common beginning of `depth` bytes. `mask`: their bits; `end`: the bit of the name
    that ends here, or 0."""

    __slots__ = ("_below", "_by_length", "_entries", "depth", "end", "mask")

    def __init__(self, entries: list[tuple[bytes, int]], depth: int) -> None:
        self._entries = entries
        self._by_length: list[tuple[bytes, int]] | None = None
        self.depth = depth
        mask = end = 0
        for name, bit in entries:
            mask |= bit
            if len(name) == depth:
                end = bit
        self.mask = mask
        self.end = end
        self._below: dict[int, NameNode] | NameNode | None = None
        """The nodes by next byte, once walked to; of one name, which most nodes are of, the next node."""

    @staticmethod
    def root(names: list[bytes]) -> NameNode:
        """The trie of the names; the name at index i has bit 1 << i."""
        return NameNode([(name, 1 << i) for i, name in enumerate(names) if _is_utf8(name)], 0)

    def _children(self) -> dict[int, NameNode]:
        """The nodes by next byte, of several names."""
        below = self._below
        if below is None:
            depth = self.depth
            groups: dict[int, list[tuple[bytes, int]]] = {}
            for entry in self._entries:
                if len(entry[0]) > depth:
                    groups.setdefault(entry[0][depth], []).append(entry)
            below = self._below = {byte: NameNode(inside, depth + 1) for byte, inside in groups.items()}
        assert isinstance(below, dict)
        return below

    def child(self, byte: int) -> NameNode | None:
        """The names that go on with `byte`."""
        entries = self._entries
        if len(entries) != 1:
            return self._children().get(byte)
        name, depth = entries[0][0], self.depth
        if len(name) <= depth or name[depth] != byte:
            return None
        below = self._below
        if below is None:
            below = self._below = NameNode(entries, depth + 1)
        assert isinstance(below, NameNode)
        return below

    def live_child(self, byte: int, live: int, spelling: Spelling) -> NameNode | None:
        """The names that go on with `byte`, written as it is, if one of them is live."""
        child = self.child(byte)
        return child if child is not None and child.mask & live and spelling.raw >> byte & 1 else None

    def bits(self, live: int, spelling: Spelling) -> int:
        """The bytes that lead on to a live name: its own next bytes, and the backslash of an escape."""
        bits = 0
        if len(self._entries) == 1:
            # Most bytes of most names are read where one name is left: no need for the node after them.
            ((name, bit),) = self._entries
            if bit & live and len(name) > self.depth:
                return spelling.first[name[self.depth]]
        else:
            for byte, child in self._children().items():
                if child.mask & live:
                    bits |= spelling.first[byte]
        return bits

    def by_length(self) -> list[tuple[bytes, int]]:
        """The names from here with their bits, the shortest first."""
        found = self._by_length
        if found is None:
            found = self._by_length = sorted(self._entries, key=lambda entry: len(entry[0]))
        return found

    def live_names(self, live: int) -> list[tuple[bytes, int]]:
        """The live names from here, with their bits."""
        return [entry for entry in self._entries if entry[1] & live]

    def escape_bits(self, pending: bytes, live: int, spelling: Spelling) -> int:
        """The bytes that go on from a partial escape to a character of a live name."""
        bits = 0
        known = _lowered(pending)
        for char in self._next_characters(live):
            for escape in spelling.escapes(char):
                if len(escape) > len(known) and escape.startswith(known):
                    byte = escape[len(known)]
                    bits |= spelling.hexadecimal(byte) if len(known) > 1 else 1 << byte
        return bits

    def after_escape(self, pending: bytes, live: int, spelling: Spelling) -> NameNode | None:
        """The node after `pending`: itself within an escape that leads to a live name, the node after the
        character where the escape is whole; None where no live name goes on so."""
        known = _lowered(pending)
        partial = False
        for char in self._next_characters(live):
            for escape in spelling.escapes(char):
                if escape == known:
                    return self._walk(char.encode())
                partial = partial or escape.startswith(known)
        return self if partial else None

    def rest(self, name: bytes, pending: bytes, spelling: Spelling) -> bytes | None:
        """The shortest spelling of the rest of a name; None where a partial escape does not lead to it."""
        rest = name[self.depth :]
        if not pending:
            return spelled(rest, spelling.ascii_only)
        known = _lowered(pending)
        char = rest.decode()[:1]
        for escape in spelling.escapes(char) if char else ():
            if escape.startswith(known):
                return escape[len(known) :] + spelled(rest[len(char.encode()) :], spelling.ascii_only)
        return None

    def _next_characters(self, live: int) -> set[str]:
        depth = self.depth
        return {name[depth:].decode()[0] for name, _ in self.live_names(live) if len(name) > depth}

    def _walk(self, data: bytes) -> NameNode | None:
        node: NameNode | None = self
        for byte in data:
            node = None if node is None else node.child(byte)
        return node


class NameTable:
    """Declared names in their order: the name at index i has bit 1 << i. Compared by identity."""

    __slots__ = ("_lengths", "_root", "index", "names")

    def __init__(self, names: list[bytes]) -> None:
        self.names = names
        self.index = {name: i for i, name in enumerate(names)}
        self._root: NameNode | None = None
        self._lengths: list[int] | None = None

    @property
    def root(self) -> NameNode:
        """The trie of the names."""
        if self._root is None:
            self._root = NameNode.root(self.names)
        return self._root

    def length(self, i: int, spelling: Spelling) -> int:
        """Bytes of the name `i` with quotes, colon and the comma before it."""
        lengths = self._lengths
        if lengths is None:
            lengths = self._lengths = [4 + spelling.length(name) for name in self.names]
        return lengths[i]


def _lowered(escape: bytes) -> bytes:
    return escape[:2] + escape[2:].lower()


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True
