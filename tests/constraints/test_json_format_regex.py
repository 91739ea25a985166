"""Patterns of ECMA-262 as texts: which are some with the flag u and without, and every state on the way."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from bltgen.automata.language import INFINITE, Language, from_automaton
from bltgen.constraints.json_format_regex import _InCharacter, _Pattern, ecma_regex

# Patterns, and whether they are some with the flag u, and without (in the standard's main part: no Annex B).
PATTERNS: dict[str, tuple[bool, bool]] = {
    pattern: (verdict[0] == "u", verdict[1] == "p")
    for pattern, verdict in (
        line.rsplit(" ", 1)
        for line in r"""
 up
a up
é😀 up
. up
^a$|b up
\b\B up
a* up
a+? up
a?? up
a** --
* --
+a --
a|*b --
^* --
\b+ --
a{2} up
a{2,} up
a{2,3}? up
a{2,2} up
a{10,9} --
a{2,1} --
a{,2} --
a{ --
a} --
{ --
a{2 --
a{2, --
a{12,111} up
a{12,13} up
a{99,100} up
a{} --
() up
(a)(b) up
(?:a) up
(?=a) up
(?!a) up
(?<=a) up
(?<!a) up
(?=a)* --
(?<=a)+ --
(?:a)* up
(a)+ up
((a)|(?:b))* up
(a --
a) --
(?a) --
(?i) --
(?<n>a) up
(?<n>a)* up
(?<n>a)(?<m>b) up
(?<n>a)(?<n>b) --
(?<n>a)\k<n> up
\k<n>(?<n>a) up
\k<m>(?<n>a) --
\k<n>\k<n>(?<n>a) up
\k<n>\k<m>(?<m>)(?<n>) up
\k<n> --
\k --
(?<>a) --
(?<1>a) --
(?<a1>a) up
(?<$_>a) up
(?<é>a) up
(?<n>a)\1 up
\1(a) up
\1 --
\2(a) --
\2(a)(?:b) --
\2(a)(b) up
\10(a) --
\10()()()()()()()()()() up
\01 --
\0 up
\0* up
\0a up
\00 --
(a)\1* up
(a)\1a up
\1{2}(a) up
\d\D\s\S\w\W up
\f\n\r\t\v up
\cA\cz up
\c --
\c1 --
\x41 up
\x4 --
\xg1 --
\u0041 up
\u004 --
\ud800 up
\ud83d\ude00 up
\u{41} u-
\u{0} u-
\u{000041} u-
\u{10FFFF} u-
\u{110000} --
\u{} --
\u{g} --
\^\$\\\.\*\+\?\(\)\[\]\{\}\| up
\/ up
\- -p
\a --
\_ --
\  -p
\é --
\" -p
\p{L} u-
\P{Lu} u-
\p{gc=Lu} u-
\p{General_Category=Letter} u-
\p{Script=Greek} u-
\p{scx=Grek} u-
\p{Alphabetic} u-
\p{Nothing} --
\p{Script=Nothing} --
\p{} --
\p --
[] up
[^] up
[a] up
[^a] up
[a-z] up
[a-] up
[-a] up
[-] up
[a-b-c] up
[--a] up
[a-a] up
[b-a] --
[z-é] up
[é-z] --
[😀] up
[a-😀] up
[😀-a] --
[\d] up
[\d-a] --
[\d-] up
[-\d] up
[a-\d] --
[\w\W] up
[\b] up
[\b-a] up
[a-\b] --
[\B] --
[\-] up
[\--a] up
[a\-z] up
[+-\-] up
[.-\-] --
[\]] up
[\[-\]] up
[\]-\[] --
[\cA-\cB] up
[\cB-\cA] --
[\cA-a] up
[a-\cA] --
[\x41-\x42] up
[\x42-\x41] --
[B-\x41] --
[A-\x41] up
[\x4-a] --
[\u0041-\u0042] up
[\u0042-\u0041] --
[\u{41}-\u{42}] u-
[\u{42}-\u{41}] --
[\u{110000}] --
[\u{41}-\u{110000}] --
[a-\u{}] --
[\u{10FFFE}-\u{10FFFF}] u-
[\uffff-\u{10000}] u-
[\u{100000}-\u{10FFFF}] u-
[\u{FFFFF}-\u{100000}] u-
[\u{100000}-\u{FFFFF}] --
[\u{100001}-\u{100000}] --
[}-\}] up
[~-\~] -p
[~-\xff] up
[ÿ-\xff] up
[ÿ-\xfe] --
[Ā-\xff] --
[߿-\u0800] up
[ࠀ-\u07ff] --
[￿-\uffff] up
[\0] up
[\0-a] up
[a-\0] --
[\0-\0] up
[\00] --
[\01] --
[\0-] up
[^\0] up
[\n-\r] up
[\r-\n] --
[\p{L}] u-
[\p{L}-] u-
[\P{L}-a] --
[\p{X}] --
[\/] up
[\a] --
[\_] --
[\!] -p
[\1] --
[ --
[a --
[^ --
[[] up
[a]] --
] --
\ --
| up
a||b up
(|) up
(?:|a)? up
(a)|b) --
a(?=b)c up
x{0} up
x{00,01} up
[a-z0-9_-]+ up
^(?:[a-f\d]{2}:){5}[a-f\d]{2}$ up
(?<y>\d{4})-(?<m>\d\d)\k<y> up
""".strip("\n").split("\n")
    )
}  # fmt: skip


def language(unicode: bool) -> Language:
    return from_automaton(_Pattern(unicode))


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns(pattern: str) -> None:
    with_u, without = PATTERNS[pattern]
    data = pattern.encode()
    assert language(True).accepts(data) is with_u
    assert language(False).accepts(data) is without
    assert ecma_regex().accepts(data) is (with_u or without)


@pytest.mark.skipif(shutil.which("node") is None, reason="node, the judge of ECMA-262, is not installed")
def test_the_table_is_what_an_engine_says() -> None:
    """With the flag u exactly; without it engines have Annex B, and take more."""
    judge = (
        "const patterns = JSON.parse(require('fs').readFileSync(0));"
        "const valid = (p, f) => { try { new RegExp(p, f); return true } catch { return false } };"
        "console.log(JSON.stringify(patterns.map(p => [valid(p, 'u'), valid(p, '')])))"
    )
    command = [shutil.which("node") or "node", "-e", judge]
    answer = subprocess.run(
        command, input=json.dumps(list(PATTERNS)), capture_output=True, text=True, check=True
    )
    for pattern, (with_u, without) in zip(PATTERNS, json.loads(answer.stdout), strict=True):
        assert PATTERNS[pattern][0] is with_u, pattern
        assert without or not PATTERNS[pattern][1], pattern


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("group", range(8))
def test_states_on_the_way_are_exact(unicode: bool, group: int) -> None:
    """In each, the end is one byte farther than in the nearest one after it."""
    seen = set()
    for pattern in list(PATTERNS)[group::8]:
        state = language(unicode).start()
        for byte in pattern.encode():
            if state.id not in seen:
                seen.add(state.id)
                after = [s for b in state.allowed if (s := state.advance(b)) is not None]
                assert len(after) == len(state.allowed)
                assert all(s.shortest < INFINITE for s in after)
                assert state.accepting == (state.shortest == 0)
                if not state.accepting:
                    assert state.shortest == 1 + min(s.shortest for s in after), pattern
            following = state.advance(byte)
            if following is None:
                break
            state = following


@pytest.mark.parametrize(
    ("prefix", "shortest"),
    [
        ("", 0),
        ("(", 1),
        ("((?:(?=", 3),
        ("\\2", 4),
        ("\\12", 24),
        ("\\2(", 3),
        ("\\k<ab", 1 + 7),
        ("\\k<ab>", 7),
        ("\\k<ab>\\1", 7),
        ("\\k<ab>\\2", 7 + 2),
        ("\\k<ab>(?<", 4),
        ("\\k<é>", 7),
        ("(?<", 2),
        ("(?<a", 2),
        ("(?<a>)(?<a", 3),
        ("\\k<", 8),
        ("(?<abc>)\\k<", 4),
        ("(?<abc>)\\k<a", 3),
        ("(?<abc>)\\k<abc", 1),
        ("a{", 2),
        ("a{3", 1),
        ("a{3,", 1),
        ("a{30,3", 2),
        ("a{30,2", 3),
        ("a{30,31", 1),
        ("[", 1),
        ("[b-", 1),
        ("[b-\\x", 3),
        ("[\\", 2),
        ("[\\c", 2),
        ("[\\u00", 3),
        ("[\\u{", 3),
        ("[\\u{1", 2),
        ("[\\u{1F600}-\\u{", 7),
        ("[\\u{1F600}-\\u{2", 6),
        ("[\\u{1F600}-\\u{1F6", 4),
        ("[\\0", 1),
        ("[}-\\", 2),
        ("[~-\\", 4),
        ("[ÿ-\\", 4),
        ("[Ā-\\", 6),
        ("[\uffff-\\", 6),
        ("[\U00010000-\\", 9),
        ("[\U000fffff-\\", 9),
        ("[\U00100000-\\", 10),
        ("[\U0010ffff-\\u{1", 7),
    ],
)
def test_distances(prefix: str, shortest: int) -> None:
    state = language(True).start()
    for byte in prefix.encode():
        state = state.advance(byte)  # type: ignore[assignment]
        assert state is not None
    assert state.shortest == shortest
    assert len(state.completion()) == shortest


def test_what_does_not_matter_is_forgotten() -> None:
    """Patterns with the same future are one state."""

    def reached(pattern: str) -> object:
        state = language(True).start()
        for byte in pattern.encode():
            state = state.advance(byte)  # type: ignore[assignment]
        return state.language

    assert reached("abc") is reached("x") is reached("[a-z]") is reached("\\x41")
    assert reached("a|") is reached("b^") is reached("")
    assert reached("(a)") is not reached("a")
    assert reached("a{12}") is reached("a*")
    assert _InCharacter(_Pattern(True), b"", language(True)).longest == INFINITE
    assert not _InCharacter(_Pattern(True), b"", language(True)).accepting


MEANT = {
    "\\b": 8,
    "\\t": 9,
    "\\n": 10,
    "\\v": 11,
    "\\f": 12,
    "\\r": 13,
    "\\x1f": 0x1F,
    "\\u001F": 0x1F,
    "\\cA": 1,
    "\\ca": 1,
    "\\cB": 2,
    "\\cM": 13,
    "\\cZ": 26,
    "\\cz": 26,
    "\\x7e": 0x7E,
    "a": 0x61,
    "\\^": 0x5E,
    "\\/": 0x2F,
    "\\}": 0x7D,
    "\\[": 0x5B,
    "\\\\": 0x5C,
    ".": 0x2E,
    "é": 0xE9,
    "ࠀ": 0x800,
    "\uffff": 0xFFFF,
    "\\u07ff": 0x7FF,
    "\\ufffe": 0xFFFE,
    "\\ud83d": 0xD83D,
}


@pytest.mark.parametrize("unicode", [True, False])
@pytest.mark.parametrize("written", MEANT)
def test_ends_of_ranges_are_the_characters_that_are_meant(written: str, unicode: bool) -> None:
    """A range from a character to it, or from it to one, is in order or none."""
    code = MEANT[written]
    for other in (code - 1, code, code + 1, 0, 0x20, 0x7F, 0x80, 0xFFFF):
        if other > 0xFFFF:
            continue
        escaped = f"\\u{other:04x}"
        assert language(unicode).accepts(f"[{escaped}-{written}]".encode()) is (other <= code), hex(other)
        assert language(unicode).accepts(f"[{written}-{escaped}]".encode()) is (code <= other), hex(other)
    assert language(unicode).accepts(f"[{written}-{written}]".encode())


def test_ends_of_ranges_beyond_the_basic_plane() -> None:
    """With the flag they are characters, without it two code units, of which the nearer is the end."""
    for begin, end, with_u, without in (
        ("\\ud83d", "😀", True, True),
        ("\\ud83c", "😀", True, True),
        ("\\ud83e", "😀", True, False),
        ("😀", "\\ude00", False, True),
        ("😀", "\\uddff", False, False),
        ("😀", "\\ude01", False, True),
        ("\uffff", "😀", True, False),
        ("😀", "😁", True, False),
        ("😁", "😀", False, False),
        ("\U00010000", "\U0010ffff", True, False),
        ("\U00010000", "\\udc00", False, True),
        ("\\udbff", "\U0010ffff", True, True),
    ):
        text = f"[{begin}-{end}]".encode()
        assert language(True).accepts(text) is with_u, text
        assert language(False).accepts(text) is without, text


LOWS = [0, 0x0F, 0x10, 0xFF, 0x100, 0xFFFF, 0x10000, 0x1F600, 0xFFFFF, 0x100000, 0x10FFFF]


@pytest.mark.parametrize("low", LOWS)
def test_code_points_in_braces_are_at_least_the_beginning(low: int) -> None:
    """With any number of zeros before; what can no more be reached is refused at once, the rest never."""
    for code in {0, low - 1, low, low + 1, 0x41, 0x10000, 0x10FFFF}:
        for zeros in ("", "0", "000"):
            text = f"[\\u{{{low:x}}}-\\u{{{zeros}{code:X}}}]".encode()
            if 0 <= code <= 0x10FFFF:
                assert language(True).accepts(text) is (low <= code), text
    state = language(True).start()
    for byte in f"[\\u{{{low:x}}}-\\u{{".encode():
        state = state.advance(byte)  # type: ignore[assignment]
    assert state.shortest == max(1, len(f"{low:x}")) + 2
    assert len(state.completion()) == state.shortest
    assert state.advance(ord("}")) is None
    digits = f"{low:x}"
    for cut in range(1, len(digits) + 1):
        here = state
        for byte in digits[:cut].encode():
            here = here.advance(byte)  # type: ignore[assignment]
        assert (here.advance(ord("}")) is not None) is (int(digits[:cut], 16) >= low)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("a{0}", True),
        ("a{00}", True),
        ("a{5,5}", True),
        ("a{5,6}", True),
        ("a{5,4}", False),
        ("a{5,04}", False),
        ("a{5,05}", True),
        ("a{10,9}", False),
        ("a{10,10}", True),
        ("a{0,0}", True),
        ("a{1,0}", False),
        ("a{,1}", False),
        ("a{1,}?", True),
        ("a{1}{2}", False),
        ("a{1}?", True),
        ("a{1}??", False),
        ("a{1}+", False),
    ],
)
def test_numbers_of_repeats(text: str, taken: bool) -> None:
    assert language(True).accepts(text.encode()) is taken
    assert language(False).accepts(text.encode()) is taken


@pytest.mark.parametrize("unicode", [True, False])
def test_names_of_groups(unicode: bool) -> None:
    """Each is given once; what is referred to is given somewhere; letters, digits, `_` and `$`."""
    for text, taken in (
        ("(?<ab>)", True),
        ("(?<ab>)(?<a>)", True),
        ("(?<a>)(?<a>)", False),
        ("(?<aé_$9>)", True),
        ("(?<9a>)", False),
        ("(?<a-b>)", False),
        ("(?<é>)\\k<é>", True),
        ("\\k<é>(?<é>)", True),
        ("\\k<a>\\k<b>(?<b>)(?<a>)", True),
        ("\\k<a>\\k<b>(?<b>)", False),
        ("(?<a>)\\k<ab>", False),
        ("(?<ab>)\\k<a>", False),
        ("((?<a>)\\k<a>)", True),
        ("(?<a>)*\\2()", True),
        ("(?<a>)\\2", False),
        ("(?<a>\\k<a>)", True),
    ):
        assert language(unicode).accepts(text.encode()) is taken, text


def test_what_a_missing_group_costs() -> None:
    """Two bytes; where a name is missing that group is one of them."""
    for text, shortest in (
        ("\\1", 2),
        ("\\3", 6),
        ("\\3()", 4),
        ("\\1()", 0),
        ("\\k<abc>", 8),
        ("\\1\\k<abc>", 8),
        ("\\2\\k<abc>", 10),
        ("\\k<a>\\k<b>\\2", 12),
        ("\\k<a>\\k<b>\\3", 14),
        ("(?:\\1", 3),
        ("(\\1", 1),
        ("((\\3", 4),
        ("[a", 1),
    ):
        state = language(True).start()
        for byte in text.encode():
            state = state.advance(byte)  # type: ignore[assignment]
        assert state.shortest == len(state.completion()) == shortest, text
