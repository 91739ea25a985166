r"""Classes of characters against `re` and the Unicode data of Python, character by character."""

from __future__ import annotations

import itertools
import re
import unicodedata

import pytest
import regex

from bltgen.constraints import regex_classes as classes
from bltgen.constraints.regex_classes import ANY, Ranges


def _members(ranges: Ranges, most: int = 0x3FF) -> set[int]:
    return {point for low, high in ranges for point in range(low, min(high, most) + 1)}


def _is_sorted(ranges: Ranges) -> bool:
    """Ascending, and neither overlapping nor touching."""
    ends = [(low, high) for low, high in ranges]
    return all(low <= high for low, high in ends) and all(
        before[1] + 1 < after[0] for before, after in itertools.pairwise(ends)
    )


RANGES: list[Ranges] = [(), ((0, 0),), ((3, 5),), ((0, 2), (4, 4), (6, 9)), ((1, 1), (9, 10)), ((0, 10),)]


@pytest.mark.parametrize("ranges", RANGES)
def test_what_ranges_hold(ranges: Ranges) -> None:
    members = _members(ranges)
    for point in range(13):
        assert classes.contains(ranges, point) is (point in members)


@pytest.mark.parametrize("ranges", RANGES)
@pytest.mark.parametrize("last", [10, 11, 12])
def test_what_ranges_leave_out(ranges: Ranges, last: int) -> None:
    left = classes.negated(ranges, last)
    assert _members(left) == set(range(last + 1)) - _members(ranges)
    assert _is_sorted(left)


def test_the_last_character() -> None:
    assert classes.negated(()) == ANY == ((0, 0x10FFFF),)
    assert classes.negated(((0, 0x10FFFE),)) == ((0x10FFFF, 0x10FFFF),)
    assert classes.negated(((0, 0x10FFFF),)) == ()
    assert classes.contains(((0x10FFFF, 0x10FFFF),), 0x10FFFF)


ASCII = {
    "d": classes.digits(ascii_only=True),
    "w": classes.word_characters(ascii_only=True),
    "s": classes.spaces("python", ascii_only=True),
}
EVERY = {
    "d": classes.digits(ascii_only=False),
    "w": classes.word_characters(ascii_only=False),
    "s": classes.spaces("python"),
}


@pytest.mark.parametrize("letter", "dws")
def test_escapes_are_those_of_re(letter: str) -> None:
    for found, flags in ((ASCII[letter], re.A), (EVERY[letter], re.U)):
        judge = re.compile(rf"\{letter}", flags)
        assert _is_sorted(found)
        for point in [*range(0x800), 0x2007, 0x2028, 0x3000, 0xFF10, 0x1D7CE, 0x10FFFF, 0xD800]:
            assert classes.contains(found, point) is (judge.match(chr(point)) is not None), hex(point)
    assert ASCII[letter] != EVERY[letter]


def test_spaces_of_ecmascript() -> None:
    """White space: tab, vertical tab, form feed, the byte order mark and all of Zs; and ends of lines."""
    expected = {0x09, 0x0B, 0x0C, 0xFEFF, 0x0A, 0x0D, 0x2028, 0x2029}
    expected |= {point for point in range(0x10000) if unicodedata.category(chr(point)) == "Zs"}
    found = classes.spaces("ecma262")
    assert _members(found, 0x10FFFF) == expected
    assert _is_sorted(found)
    assert classes.spaces("ecma262", ascii_only=True) is found
    assert _members(classes.ECMA_LINE_ENDS, 0x10FFFF) == {0x0A, 0x0D, 0x2028, 0x2029}


@pytest.mark.parametrize(
    "name", ["Lu", "L", "Script=Greek", "sc:Grek", "Zs", "Emoji", "^Lu", "Any", "IDS", "Nd"]
)
def test_properties_are_those_of_the_module_regex(name: str) -> None:
    found = classes.properties(name)
    judge = regex.compile(rf"\p{{{name}}}") if name != "Any" else regex.compile(r"[\s\S]")
    for point in [*range(0x400), 0x1F600, 0x10FFFF, 0x2028]:
        assert classes.contains(found, point) is (judge.match(chr(point)) is not None), hex(point)
    assert _is_sorted(found)
    assert classes.properties(name) is found


def test_properties_that_ignore_case() -> None:
    every = classes.properties("Lu", ignore_case=True)
    assert classes.contains(every, ord("a"))
    assert not classes.contains(classes.properties("Lu"), ord("a"))
    assert classes.properties("Any", ignore_case=True) == ANY


@pytest.mark.parametrize(
    "name", ["", "Foo", "L}", "L|a", "sc=", "=Greek", "^", "^^L", "sc=Greek=a", "L\n", "é"]
)
def test_what_is_no_property(name: str) -> None:
    with pytest.raises(ValueError, match="property"):
        classes.properties(name)


def test_properties_of_ecmascript() -> None:
    assert classes.ecma_properties("Any") == ANY
    assert classes.ecma_properties("ASCII") == ((0, 0x7F),)
    for name in ("lu", "Foo", "", "Greek"):
        assert classes.ecma_properties(name) is None
    assigned = classes.ecma_properties("Assigned")
    assert assigned is not None
    assert assigned == classes.negated(classes.properties("Cn"))
    assert classes.contains(assigned, ord("a"))
    assert not classes.contains(assigned, 0x0378)
    assert classes.ecma_properties("Lu") == classes.properties("Lu")
    assert classes.ecma_properties("scx=Grek") == classes.properties("Script_Extensions=Greek")


def test_what_changes_when_folded_and_composed() -> None:
    """ECMA-262's Changes_When_NFKC_Casefolded, against Python's own NFKC and folding."""
    found = classes.ecma_properties("CWKCF")
    assert found is not None
    assert _is_sorted(found)
    for point in [*range(0x600), 0x2460, 0xFB01, 0x200B, 0xFE0F]:
        char = chr(point)
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
        ignored = regex.match(r"\p{Default_Ignorable_Code_Point}", char) is not None
        if unicodedata.category(char) not in ("Cn", "Mn"):
            assert classes.contains(found, point) is (folded != char or ignored), hex(point)


def test_characters_of_names() -> None:
    first, further = classes.identifier_characters()
    assert all(classes.contains(first, ord(char)) for char in "aZ$_é世")
    assert not any(classes.contains(first, ord(char)) for char in "1-\u200c\u200d\u0301 ")
    assert all(classes.contains(further, ord(char)) for char in "aZ$_é世1\u200c\u200d\u0301")
    assert not any(classes.contains(further, ord(char)) for char in "- \u200b\u200e.")
    assert _is_sorted(first)
    assert _is_sorted(further)


LETTERS = "aAkK\u212asSſiIıİßẞǅǆǄµμςσΣ1_é"


@pytest.mark.parametrize("letter", LETTERS)
def test_what_matches_when_case_is_ignored(letter: str) -> None:
    own: Ranges = ((ord(letter), ord(letter)),)
    found = classes.case_closed(own, "python")
    judge = re.compile(re.escape(letter), re.I)
    assert _is_sorted(found)
    for other in LETTERS:
        assert classes.contains(found, ord(other)) is (judge.fullmatch(other) is not None), other
    found = classes.case_closed(own, "ecma262")
    for other in LETTERS:
        same = other == letter or (
            not {letter, other} & set("ıİ")
            and regex.fullmatch(regex.escape(letter), other, regex.I) is not None
        )
        assert classes.contains(found, ord(other)) is same, other


def test_case_of_ascii_alone() -> None:
    def closed(*ranges: tuple[int, int]) -> Ranges:
        return classes.case_closed(ranges, "python", ascii_only=True)

    a, z, A, Z = map(ord, "azAZ")
    assert closed((a, a)) == ((A, A), (a, a))
    assert closed((Z, Z)) == ((Z, Z), (z, z))
    assert closed((z, z + 3)) == ((Z, Z), (z, z + 3))
    assert closed((A - 3, A)) == ((A - 3, A), (a, a))
    assert closed((0x30, 0x39)) == ((0x30, 0x39),)
    assert closed((A - 1, A - 1), (z + 1, z + 1)) == ((A - 1, A - 1), (z + 1, z + 1))
    assert closed((Z + 1, a - 1)) == ((Z + 1, a - 1),)
    assert closed((Z, a)) == ((A, A), (Z, a), (z, z))
    assert closed((0x212A, 0x212A), (0xE9, 0xE9)) == ((0xE9, 0xE9), (0x212A, 0x212A))
    assert classes.case_closed(((a, a + 2),), "ecma262") == ((A, A + 2), (a, a + 2))
