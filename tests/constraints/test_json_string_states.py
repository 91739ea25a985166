"""JSON strings, state by state: what is allowed, how far the end is, what is shared; for each spelling."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, from_automaton, literal, union
from bltgen.automata.utf8 import UTF8_CHAR, UTF8_TEXT, code_points
from bltgen.constraints import json_string
from bltgen.constraints.json_string import (
    BODY,
    END,
    HIGH,
    LOW_U,
    PLAIN_CHARACTERS,
    UNIT,
    JsonString,
    StringState,
    _clip,
    _Spelling,
    characters_to_differ,
)

CONTENTS = [
    "",
    "a",
    '"',
    "\\",
    "/",
    "\n",
    "\x01",
    "\x7f",
    "é",
    "€",
    "😀",
    "\U0010ffff",
    "a\nb",
    "aé",
    "😀a",
    "\b\f\r\t",
]
LANGUAGES: dict[str, Language] = {
    "any text": UTF8_TEXT,
    "one character": UTF8_CHAR,
    "a or an escape": union(literal(b"a"), literal(b"\n")),
    "controls": code_points([(0, 0x1F)]).repeat(1, 2),
    "beyond ASCII": code_points([(0x80, 0x10FFFF)]),
    "astral": code_points([(0x1F600, 0x1F64F)]),
    "around the surrogates": code_points([(0xD7FF, 0xD7FF), (0xE000, 0xE000), (0xFFFF, 0x10000)]),
    "a slash": literal(b"/"),
    "several": union(*[literal(text.encode()) for text in CONTENTS]),
    "a long one": literal(("x" * 30).encode()),
    "nothing": EPSILON,
}
HOW: list[dict[str, Any]] = [
    {"ascii_only": ascii_only, "spelling": spelling}
    for ascii_only in (False, True)
    for spelling in ("any", "plain")
]


def read(state: StringState | None, data: bytes) -> StringState | None:
    for byte in data:
        state = state.advance(byte) if state is not None else None
    return state


def spellings(text: str) -> set[bytes]:
    """Every spelling of a short text, closing quote included."""
    ways = []
    for character in text:
        units = character.encode("utf-16-be").hex()
        escapes = ["".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))]
        escapes.append(escapes[0].upper().replace("\\U", "\\u"))
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        ways.append({*escapes, plain, *(["\\/"] if character == "/" else [])})
    return {("".join(parts) + '"').encode() for parts in product(*ways)}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("name", LANGUAGES)
def test_each_state_is_exact(name: str, how: dict[str, Any]) -> None:
    """Along every spelling of every content: what is allowed, the distances, and all that is said of them."""
    language = LANGUAGES[name]
    start = JsonString(language, **how).start()
    states: dict[int, StringState] = {start.id: start}
    for text in CONTENTS:
        for data in spellings(text):
            state: StringState | None = start
            for byte in data:
                state = state.advance(byte) if state is not None else None
                if state is None:
                    break
                states[state.id] = state
            accepted = state is not None and state.accepting
            if how["spelling"] == "any":
                escaped = not how["ascii_only"] or data.isascii()
                assert accepted == (language.accepts(text.encode()) and escaped), data
            else:
                dumped = json.dumps(text, ensure_ascii=how["ascii_only"])[1:].encode()
                dumped = dumped.replace(b"\\u007f", b"\x7f")
                assert accepted == (language.accepts(text.encode()) and data == dumped), data
    for state in states.values():
        following = {b: after for b in range(256) if (after := state.advance(b)) is not None}
        assert set(state.allowed) == set(following)
        assert state.accepting == (state.shortest == 0) == (state.phase == END)
        if not state.accepting:
            assert state.shortest == 1 + min(after.shortest for after in following.values())
        assert len(state.completion()) == state.shortest
        assert state.farthest >= max([after.shortest for after in following.values()], default=0)
        if state.phase != BODY:
            assert state.farthest == max([after.shortest for after in following.values()], default=0)
        for n in {1, 2, 3, 7, state.shortest, state.farthest, state.farthest + 1}:
            within = {b for b, after in following.items() if after.shortest < n}
            assert set(state.allowed_within(n)) == within, n
        classes = state.successors()
        assert len({id(target) for _, target in classes}) == len(classes)
        assert {b: target for bits, target in classes for b in ByteSet(bits)} == following
        assert [bits for bits, _ in state.transitions()] == [bits for bits, _ in classes]
        for (_, term), (_, target) in zip(state.transitions(), classes, strict=True):
            assert term is (EPSILON if target.phase == END else from_automaton(target))


def test_states_are_made_once() -> None:
    start = JsonString(UTF8_TEXT).start()
    assert start is JsonString(UTF8_TEXT).start()
    assert start is not JsonString(UTF8_TEXT, True).start()
    assert start is not JsonString(UTF8_TEXT, spelling="plain").start()
    assert JsonString(UTF8_TEXT, True).start().spelling is JsonString(EPSILON, True).start().spelling
    assert read(start, b"a") is read(start, b"\\u0041") is read(start, b"\\n") is start
    assert read(start, b"\\u004") is read(start, b"\\u004")
    assert read(start, b"\\u004") is not read(start, b"\\u005")
    high = read(start, b"\\ud83d")
    assert high is not None
    assert (high.phase, high.high, high.unit, high.digits) == (HIGH, 0xD83D, 0, 0)
    low = high.advance(ord("\\"))
    assert low is not None
    assert (low.phase, low.high) == (LOW_U, 0xD83D)
    half = read(start, b"\\u1f")
    assert half is not None
    assert (half.phase, half.unit, half.digits) == (UNIT, 0x1F, 2)
    assert start != half
    assert start == start
    assert not start == half  # noqa: SIM201
    assert len({start, half}) == 2
    assert bool(half)
    assert start.longest == INFINITE


def test_what_is_asked_is_kept() -> None:
    spelling = _Spelling(False, False)
    state = spelling.state(BODY, literal(b"ab"))
    assert (state.id, spelling.state(BODY, literal(b"a")).id) == (0, 1)
    asked = []
    for name in ("successor", "allowed", "shortest", "farthest"):
        method = getattr(spelling, name)
        setattr(spelling, name, lambda *those, n=name, m=method: asked.append(n) or m(*those))
    for _ in range(2):
        state.advance(ord("a"))
        state.advance(ord("x"))
        assert bytes(state.allowed) == b"\\a"
        assert state.shortest == 3
        assert state.farthest >= 7
        state.allowed_within(state.farthest + 1)
    assert sorted(asked) == ["allowed", "farthest", "shortest", "successor", "successor"]
    end = spelling.state(END, EPSILON)
    assert (end.shortest, end.accepting, end.farthest) == (0, True, 0)
    assert "shortest" not in asked[5:]


def test_full_tables_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_string, "STATES", 3)
    spelling = _Spelling(False, False)
    kept = spelling.state(BODY, literal(b"abc"))
    sizes = []
    state: StringState | None = kept
    for byte in b'\\u0061bc"':
        assert state is not None
        state = state.advance(byte)
        sizes.append(len(spelling._states))
    assert state is not None
    assert state.accepting
    assert sizes == [2, 3, 1, 2, 3, 1, 2, 3, 1]
    assert read(kept, b"ab") is not None


@pytest.mark.parametrize(
    ("content", "how", "forced"),
    [
        ("ab", {}, b""),
        ("ab", {"spelling": "plain"}, b'ab"'),
        ('"\\\n\x01é', {"spelling": "plain"}, '\\"\\\\\\n\\u0001é"'.encode()),
        ("é😀", {"spelling": "plain", "ascii_only": True}, b'\\u00e9\\ud83d\\ude00"'),
        ("\x7f/", {"spelling": "plain", "ascii_only": True}, b'\x7f/"'),
        ("", {}, b'"'),
    ],
)
def test_forced_text(content: str, how: dict[str, Any], forced: bytes) -> None:
    assert JsonString(literal(content.encode()), **how).start().forced == forced


def test_forced_text_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_string, "FORCED_LIMIT", 3)
    assert JsonString(literal(b"abcdef"), spelling="plain").start().forced == b"abc"


@pytest.mark.parametrize(
    ("language", "how", "completion"),
    [
        (literal(b"ab"), {}, b'ab"'),
        (union(literal(b"b"), literal(b"a")), {}, b'a"'),
        (union(literal(b"\n"), literal(b"ab")), {}, b'ab"'),
        (union(literal(b"\n"), literal(b"b")), {}, b'b"'),
        (union(literal(b"\x01"), literal(b"abcdefg")), {}, b'\\u0001"'),
        (union(literal(b"\x01"), literal(b"abcdef")), {}, b'abcdef"'),
        (literal("é".encode()), {"ascii_only": True}, b'\\u00E9"'),
        (literal("😀".encode()), {"ascii_only": True}, b'\\uD83D\\uDE00"'),
        (union(literal("😀".encode()), literal("€€".encode())), {"ascii_only": True}, b'\\u20AC\\u20AC"'),
        (UTF8_TEXT, {}, b'"'),
    ],
)
def test_completions(language: Language, how: dict[str, Any], completion: bytes) -> None:
    """Raw characters before escapes, and then the least bytes."""
    assert JsonString(language, **how).start().completion() == completion


def test_an_empty_language_has_no_completion() -> None:
    start = JsonString(EMPTY).start()
    assert (start.shortest, bytes(start.allowed), start.forced) == (INFINITE, b"", b"")
    with pytest.raises(ValueError, match="no completion"):
        start.completion()
    assert JsonString(EMPTY).language().is_empty()


def test_content_is_followed() -> None:
    language = literal(b"ab")
    assert JsonString(language).start().content is language.start()
    state = read(JsonString(language).start(), b"\\u00")
    assert state is not None
    assert state.content is language.start(), "of whole characters"
    whole = JsonString(language).language()
    assert whole.accepts(b'"\\u0061b"')
    assert not whole.accepts(b"ab")


@pytest.mark.parametrize("spelling", ["short", "", None])
def test_a_spelling_that_is_none(spelling: Any) -> None:
    with pytest.raises(ValueError, match="spelling is 'any' or 'plain', not"):
        JsonString(EPSILON, spelling=spelling)


def test_characters_to_differ() -> None:
    """There are so many plain characters of one byte that each more tells that many strings apart."""
    assert len(PLAIN_CHARACTERS) == 0x5F - 2
    assert PLAIN_CHARACTERS.decode() == "".join(
        character for code in range(0x20, 0x7F) if len(json.dumps(character := chr(code))) == 3
    )
    n = len(PLAIN_CHARACTERS)
    assert [characters_to_differ(taken) for taken in (0, 1, n - 1, n, 2 * n - 1, 2 * n)] == [1, 1, 1, 2, 2, 3]


def test_ranges_without_surrogates() -> None:
    assert _clip(((0, 0xFFFF),), 0, 0xFFFF) == ((0, 0xD7FF), (0xE000, 0xFFFF))
    assert _clip(((0, 7), (0xB, 0xB)), 5, 0xB) == ((5, 7), (0xB, 0xB))
    assert _clip(((0, 7), (0xB, 0xB)), 8, 0xA) == ()
    assert _clip(((0, 0xFFFF),), 0xD7FF, 0xE000) == ((0xD7FF, 0xD7FF), (0xE000, 0xE000))
    assert _clip(((0, 0xFFFF),), 0xD800, 0xDFFF) == ()


EDGES = [0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x103FF, 0x10400, 0x10FC00, 0x10FFFF]


@pytest.mark.parametrize("how", HOW)
def test_every_way_to_write_each_character(how: dict[str, Any]) -> None:
    """Raw, by a short escape, by four digits in either case: those that JSON reads, or the one of `dumps`."""
    start = JsonString(UTF8_CHAR, **how).start()
    short = [f"\\{chr(byte)}" for byte in range(0x20, 0x7F) if chr(byte) != "u"]
    for code in [*range(0x100), *EDGES]:
        units = [chr(code).encode("utf-16-be")[i : i + 2].hex() for i in range(0, 2 + 2 * (code > 0xFFFF), 2)]
        low, high = ("".join(f"\\u{unit}" for unit in way) for way in (units, [u.upper() for u in units]))
        plain = json.dumps(chr(code), ensure_ascii=how["ascii_only"] and code != 0x7F)[1:-1]
        for text in {chr(code), low, high, "\\" + chr(code), *(short if code < 0x80 else [])}:
            try:
                says = json.loads(f'"{text}"') == chr(code) and (text.isascii() or not how["ascii_only"])
            except json.JSONDecodeError:
                says = False
            if text in short and says is False:
                continue  # it is another character, whose turn comes
            if how["spelling"] == "plain":
                says = text == plain
            state = read(start, text.encode() + b'"')
            assert (state is not None and state.accepting) is says, text


def test_half_a_pair_is_no_character() -> None:
    for ascii_only in (False, True):
        start = JsonString(UTF8_TEXT, ascii_only).start()
        for unit in ("d800", "dbff", "DBFF"):
            assert read(start, f"\\u{unit}".encode()) is not None
            for after in ('"', "a", "\\n", "\\ud800", "\\udbff", "\\ue000", "\\u0041"):
                assert read(start, f"\\u{unit}{after}".encode()) is None, after
            for after in ("\\udc00", "\\udfff", "\\uDfFf"):
                assert read(start, f"\\u{unit}{after}".encode()) is start
        for unit in ("dc00", "dfff"):
            assert read(start, f"\\u{unit[:2]}".encode()) is None
        for unit in ("d7ff", "e000"):
            assert read(start, f"\\u{unit}".encode()) is start


def test_a_raw_character_is_not_interrupted() -> None:
    """Between its bytes there is no escape and no quote."""
    for raw in ("é", "ࠀ", "€", "\U00010000"):
        data = raw.encode()
        for size in range(1, len(data)):
            state = read(JsonString(UTF8_TEXT).start(), data[:size])
            assert state is not None
            assert all(0x80 <= byte <= 0xBF for byte in state.allowed)
            assert (state.unit, state.digits, state.high) == (0, 0, 0)
            assert state.advance(0x22) is state.advance(0x5C) is None


def test_the_nearest_of_escapes() -> None:
    """Four digits may be fewer bytes than a short escape and what must follow it."""
    for more in range(8):
        language = union(literal(b"\x01"), literal(b"\n" + b"a" * more))
        state = read(JsonString(language).start(), b"\\")
        assert state is not None
        assert state.shortest == min(6, 2 + more)
        start = JsonString(language).start()
        assert (start.shortest, len(start.completion())) == (min(7, 3 + more),) * 2
