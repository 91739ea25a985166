"""Names as a trie in every spelling: which bytes go on, where they lead, what is cheapest; against lists."""

from __future__ import annotations

import itertools
import json

import pytest

from bltgen import json_schema
from bltgen.automata.byteset import ByteSet
from bltgen.constraints.json_schema.name_trie import NameNode, NameTable, Spelling, spelled

ALL_SPELLINGS = [Spelling(ascii_only, plain) for ascii_only in (False, True) for plain in (False, True)]
LOOSE, PLAIN, ASCII, ASCII_PLAIN = ALL_SPELLINGS[0], ALL_SPELLINGS[1], ALL_SPELLINGS[2], ALL_SPELLINGS[3]
NAMES = ["a", "ab", "é", 'q"', "\\", "a/b", "\n", "\x01", "😀", "", "aé", "\b", "\f"]
ENCODED = [name.encode() for name in NAMES]


def byte_set(bits: int) -> bytes:
    return bytes(ByteSet(bits))


# -- spellings of a character ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("char", "loose", "plain"),
    [
        ("a", [b"\\u0061"], []),
        ("\x7f", [b"\\u007f"], []),
        ('"', [b'\\"', b"\\u0022"], [b'\\"']),
        ("\\", [b"\\\\", b"\\u005c"], [b"\\\\"]),
        ("\n", [b"\\n", b"\\u000a"], [b"\\n"]),
        ("\x01", [b"\\u0001"], [b"\\u0001"]),
        ("/", [b"\\/", b"\\u002f"], []),
        ("é", [b"\\u00e9"], []),
        ("\x80", [b"\\u0080"], []),
        ("\uffff", [b"\\uffff"], []),
        ("\U00010000", [b"\\ud800\\udc00"], []),
        ("😀", [b"\\ud83d\\ude00"], []),
    ],
)
def test_escapes_of_a_character(char: str, loose: list[bytes], plain: list[bytes]) -> None:
    """Spelled plainly, only what must be escaped is: of ASCII alone, whatever is beyond it."""
    assert LOOSE.escapes(char) == ASCII.escapes(char) == loose
    assert PLAIN.escapes(char) == plain
    assert ASCII_PLAIN.escapes(char) == (plain if char.isascii() else loose)
    for escape in loose:
        assert json.loads(b'"' + escape + b'"') == char


def test_hexadecimal_digits_in_either_case() -> None:
    for byte in b"0123456789abcdef":
        either = {byte, ord(chr(byte).upper())}
        assert set(byte_set(LOOSE.hexadecimal(byte))) == either
        assert set(byte_set(PLAIN.hexadecimal(byte))) == {byte}
    assert byte_set(LOOSE.hexadecimal(ord("g"))) == b"g"
    assert byte_set(LOOSE.hexadecimal(ord("`"))) == b"`"


def test_bytes_that_stand_for_themselves() -> None:
    for spelling in ALL_SPELLINGS:
        raw = set(byte_set(spelling.raw))
        expected = set(range(0x20, 0x80 if spelling.ascii_only else 0x100)) - {0x22, 0x5C}
        assert raw == expected
        for byte in range(256):
            first = set(byte_set(spelling.first[byte]))
            begins = not 0x80 <= byte < 0xC0
            escaped = begins and (not spelling.plain or byte not in raw)
            assert first == ({byte} & raw) | ({0x5C} if escaped else set()), (byte, spelling.plain)


def test_the_length_of_a_spelling() -> None:
    for name in NAMES:
        for ascii_only in (False, True):
            expected = json.dumps(name, ensure_ascii=ascii_only).encode()[1:-1]
            assert spelled(name.encode(), ascii_only) == expected
            for plain in (False, True):
                assert Spelling(ascii_only, plain).length(name.encode()) == len(expected)
    # Of a character that was begun, the rest comes as it is.
    assert spelled(b"\xa9a\n", False) == b"\xa9a\\n"
    assert spelled(b"\x80\xbf", True) == b"\x80\xbf"
    assert spelled(b"\xc0"[:0], False) == b""


# -- the trie ----------------------------------------------------------------------------------------


def test_nodes_hold_the_names_that_go_on() -> None:
    root = NameNode.root([b"ab", b"a", b"b", b""])
    assert (root.depth, root.mask, root.end) == (0, 0b1111, 0b1000)
    a = root.child(ord("a"))
    assert a is not None
    assert (a.depth, a.mask, a.end) == (1, 0b11, 0b10)
    ab = a.child(ord("b"))
    assert ab is not None
    assert (ab.depth, ab.mask, ab.end) == (2, 0b1, 0b1)
    assert ab.child(ord("c")) is None
    assert a.child(ord("x")) is None
    assert root.child(ord("a")) is a
    assert a.child(ord("b")) is ab
    single = root.child(ord("b"))
    assert single is not None
    assert (single.mask, single.end, single.child(ord("b"))) == (0b100, 0b100, None)
    assert root.live_names(0b0101) == [(b"ab", 1), (b"b", 4)]
    assert root.live_names(0) == []
    assert root.bits(0, LOOSE) == single.bits(0, LOOSE) == ab.bits(0b1, LOOSE) == 0
    assert NameNode.root([b"b"]).bits(0, LOOSE) == 0
    assert byte_set(NameNode.root([b"b"]).bits(1, PLAIN)) == b"b"


def test_a_chain_of_one_name_is_walked_once() -> None:
    root = NameNode.root([b"abc"])
    first = root.child(ord("a"))
    assert first is not None
    assert root.child(ord("a")) is first
    assert root.child(ord("b")) is None
    assert first.child(ord("b")) is not None
    last = first.child(ord("b")).child(ord("c"))  # type: ignore[union-attr]
    assert last is not None
    assert (last.end, last.child(ord("c"))) == (1, None)


def test_names_that_are_no_text_have_no_spelling() -> None:
    root = NameNode.root([b"a", b"\xff", b"b"])
    assert root.mask == 0b101
    assert NameNode.root([b"\xff"]).bits(1, LOOSE) == 0


def test_live_children() -> None:
    root = NameNode.root([b"a", b"\n", "é".encode()])
    a = root.child(ord("a"))
    assert root.live_child(ord("a"), 0b001, LOOSE) is a
    assert root.live_child(ord("a"), 0b110, LOOSE) is None
    assert root.live_child(ord("x"), 0b111, LOOSE) is None
    # A byte that must be escaped does not stand for itself.
    assert root.live_child(0x0A, 0b010, LOOSE) is None
    assert root.live_child(0xC3, 0b100, LOOSE) is not None
    assert root.live_child(0xC3, 0b100, ASCII) is None


def readings(name: str, spelling: Spelling) -> set[bytes]:
    """All texts that spell a name: the definition."""
    chars = []
    for char in name:
        raw = char.encode()
        forms = {raw} if all(spelling.raw >> byte & 1 for byte in raw) else set()
        for escape in spelling.escapes(char):
            forms.add(escape)
            if not spelling.plain:
                digits = [
                    {chr(b), chr(b).upper()} if at % 6 > 1 and len(escape) > 2 else {chr(b)}
                    for at, b in enumerate(escape)
                ]
                forms |= {"".join(text).encode() for text in itertools.product(*digits)}
        chars.append(forms)
    return {b"".join(parts) for parts in itertools.product(*chars)}


class Walk:
    """Where the bytes of a text lead: a node and the part of an escape that was read."""

    def __init__(self, root: NameNode, live: int, spelling: Spelling) -> None:
        self.node: NameNode | None = root
        self.pending, self.live, self.spelling = b"", live, spelling

    def next(self) -> bytes:
        """The bytes that may come."""
        assert self.node is not None
        if self.pending:
            return byte_set(self.node.escape_bits(self.pending, self.live, self.spelling))
        return byte_set(self.node.bits(self.live, self.spelling))

    def step(self, byte: int) -> None:
        assert self.node is not None
        if self.pending or byte == 0x5C:
            pending = self.pending + bytes((byte,))
            node = self.node.after_escape(pending, self.live, self.spelling)
            self.pending = pending if node is self.node else b""
            self.node = node
        else:
            self.node = self.node.live_child(byte, self.live, self.spelling)


@pytest.mark.parametrize("spelling", ALL_SPELLINGS)
@pytest.mark.parametrize("live", [(1 << len(NAMES)) - 1, 0b10101010101, 0b01010101010, 0b1, 0b100000000])
def test_every_spelling_of_every_live_name_is_read_and_no_other(spelling: Spelling, live: int) -> None:
    root = NameNode.root(ENCODED)
    texts = {
        text: i
        for i, name in enumerate(NAMES)
        if live >> i & 1
        for text in sorted(readings(name, spelling))[:60]
    }
    beginnings: dict[bytes, set[int]] = {}
    full = {text for i, name in enumerate(NAMES) if live >> i & 1 for text in readings(name, spelling)}
    for text in full:
        for n in range(len(text) + 1):
            beginnings.setdefault(text[:n], set()).update(text[n : n + 1])
    for text, i in texts.items():
        walk = Walk(root, live, spelling)
        for n, byte in enumerate(text):
            assert set(walk.next()) == beginnings[text[:n]], text[:n]
            node = walk.node
            assert node is not None
            rest = node.rest(ENCODED[i], walk.pending, spelling)
            candidates = [
                full_text[n:] for full_text in readings(NAMES[i], spelling) if full_text.startswith(text[:n])
            ]
            assert rest is not None
            assert len(rest) == min(map(len, candidates)), (text, n)
            assert rest.lower() in {one.lower() for one in candidates}
            walk.step(byte)
            assert walk.node is not None, text[: n + 1]
        assert walk.pending == b""
        assert walk.node is not None
        assert walk.node.end == 1 << i
        assert set(walk.next()) == beginnings[text]


def test_escapes_that_lead_nowhere() -> None:
    root = NameNode.root([b"a", b"b"])
    assert root.after_escape(b"\\n", 0b11, LOOSE) is None
    assert root.after_escape(b"\\u0061", 0b10, LOOSE) is None
    assert root.after_escape(b"\\u00", 0b00, LOOSE) is None
    assert root.after_escape(b"\\u0061", 0b11, PLAIN) is None
    assert root.after_escape(b"\\U0061", 0b11, LOOSE) is None
    found = root.after_escape(b"\\u0061", 0b01, LOOSE)
    assert found is not None
    assert found is root.child(ord("a"))
    assert root.escape_bits(b"\\n", 0b11, LOOSE) == 0
    assert byte_set(root.escape_bits(b"\\", 0b11, LOOSE)) == b"u"
    assert byte_set(root.escape_bits(b"\\u006", 0b11, LOOSE)) == b"12"
    assert byte_set(root.escape_bits(b"\\u006", 0b10, LOOSE)) == b"2"


def test_the_rest_of_a_name_after_part_of_an_escape() -> None:
    root = NameNode.root([b"a\n", b"ab"])
    node = root.child(ord("a"))
    assert node is not None
    assert node.rest(b"a\n", b"", LOOSE) == b"\\n"
    assert node.rest(b"a\n", b"\\", LOOSE) == b"n"
    assert node.rest(b"a\n", b"\\u0", LOOSE) == b"00a"
    assert node.rest(b"a\n", b"\\u000A"[:5], LOOSE) == b"a"
    assert node.rest(b"a\n", b"\\u1", LOOSE) is None
    assert node.rest(b"ab", b"\\u00", LOOSE) == b"62"
    assert node.rest(b"ab", b"\\", PLAIN) is None
    assert node.rest(b"a", b"\\", LOOSE) is None
    assert node.rest(b"a", b"", LOOSE) == b""
    assert root.rest("é!".encode(), b"\\u00", ASCII) == b"e9!"
    assert root.rest("!é".encode(), b"", ASCII) == b"!\\u00e9"
    assert root.rest("é".encode(), b"", LOOSE) == "é".encode()


# -- tables ------------------------------------------------------------------------------------------


def test_tables_of_names() -> None:
    table = NameTable([b"b", "é".encode(), b"\n"])
    assert table.names == [b"b", "é".encode(), b"\n"]
    assert table.index == {b"b": 0, "é".encode(): 1, b"\n": 2}
    assert table.root is table.root
    assert table.root.mask == 0b111
    # With quotes, colon and a comma.
    assert [table.length(i, LOOSE) for i in range(3)] == [5, 6, 6]
    ascii_table = NameTable([b"b", "é".encode()])
    assert [ascii_table.length(i, ASCII) for i in range(2)] == [5, 10]
    assert NameTable([b"a"]) != NameTable([b"a"])


def test_lengths_are_found_once() -> None:
    table = NameTable([b"abc"])
    assert table.length(0, LOOSE) == 7
    table.names[0] = b"changed"
    assert table.length(0, LOOSE) == 7


def test_names_are_spelled_plainly_beside_names_that_need_an_escape() -> None:
    """A backslash may come for the one and does not for the other."""
    names = {"properties": {"é": {}, "\n": {}, "a": {}}, "additionalProperties": False}
    schema = json_schema(names, escapes="plain")
    texts = ['{"é":1}', '{"\\u00e9":1}', '{"\\n":1}', '{"\\u000a":1}', '{"\\u0061":1}', '{"a":1}']
    assert [text for text in texts if schema.accepts(text.encode())] == [texts[0], texts[2], texts[5]]
    ascii_only = json_schema(names, escapes="plain", ascii_only=True)
    assert [text for text in texts if ascii_only.accepts(text.encode())] == [texts[1], texts[2], texts[5]]
