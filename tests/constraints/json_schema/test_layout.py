"""Layouts and their gaps: what stands in each, at each depth, and what is shared."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from bltgen.constraints.json_schema.layout import WHITESPACE, Gap, Gaps, Layout


def _texts(gap: Gap, most: int) -> set[bytes]:
    """The whitespace of at most so many bytes that a gap admits; its answers agree on the way."""
    found, reached = set(), {b"": gap}
    after: dict[Gap, dict[int, Gap]] = {}
    for _ in range(most + 1):
        further: dict[bytes, Gap] = {}
        for text, here in reached.items():
            if here not in after:
                after[here] = _steps(here)
            if here.ends:
                found.add(text)
            further |= {text + bytes((byte,)): one for byte, one in after[here].items()}
        reached = further
    return found


def _steps(gap: Gap) -> dict[int, Gap]:
    """The gaps after one byte; what a gap tells of itself follows from them."""
    after = {byte: one for byte in range(256) if (one := gap.after(byte)) is not None}
    assert set(after) == {byte for byte in range(256) if gap.bits >> byte & 1}
    assert gap.ends == (gap.shortest == 0)
    assert gap.ends or gap.shortest == 1 + min(one.shortest for one in after.values())
    assert len(gap.rest) == gap.shortest
    last = gap
    for byte in gap.rest:
        last = last.after(byte)  # type: ignore[assignment]
    assert last.ends
    for n in (-1, 0, 1, 2, 3, gap.shortest, gap.shortest + 1, 99):
        assert gap.within(n) == sum(1 << byte for byte, one in after.items() if one.shortest < n)
    return after


_GAPS = ("empty", "open", "close", "before_comma", "after_comma", "before_colon", "after_colon")


def _line(depth: int) -> set[bytes]:
    """A line break of either kind and what stands before what is inside of so many containers."""
    indents = {b"\t" * depth, *(b" " * depth * columns for columns in range(9))}
    return {end + indent for end in (b"\n", b"\r\n") for indent in indents}


def _expected(option: str, depth: int) -> dict[str, set[bytes]]:
    """What each gap holds, by the words of the module."""
    nothing, blank = {b""}, {b" "}
    if option == "spaced":
        return dict.fromkeys(_GAPS, nothing) | {"after_comma": blank, "after_colon": blank}
    if option.startswith("indent="):
        unit = b"\t" if option == "indent=tab" else b" " * int(option[7:])
        inner, outer = {b"\n" + unit * depth}, {b"\n" + unit * (depth - 1)}
        broken = {"open": inner, "close": outer, "after_comma": inner, "after_colon": blank}
        return dict.fromkeys(_GAPS, nothing) | broken
    if option == "bounded":
        either = nothing | blank
        inner, outer = either | _line(depth), either | _line(depth - 1)
        return {
            "empty": outer,
            "open": inner,
            "close": outer,
            "before_comma": nothing,
            "after_comma": inner,
            "before_colon": either,
            "after_colon": either,
        }
    return dict.fromkeys(_GAPS, blank if option == "pattern= " else nothing)


@pytest.mark.parametrize(
    "option", ["compact", "spaced", "bounded", "indent=0", "indent=1", "indent=3", "indent=tab", "pattern= "]
)
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_what_stands_in_each_gap(option: str, depth: int) -> None:
    gaps, expected = Layout.of(option).inside(depth), _expected(option, depth)
    assert gaps._fields[:7] == _GAPS
    shortest = {}
    for name, gap in zip(_GAPS, gaps[:7], strict=True):
        assert isinstance(gap, Gap)
        assert _texts(gap, 27) == expected[name], name
        shortest[name] = min(map(len, expected[name]))
    assert gaps.comma == shortest["before_comma"] + shortest["after_comma"]
    assert gaps.colon == shortest["before_colon"] + shortest["after_colon"]


def test_any_whitespace() -> None:
    gaps = Layout.of("any").inside(2)
    assert gaps == Gaps(*[Layout.of("any").around] * 7, 0, 0)
    assert _texts(gaps.open, 2) == {
        bytes(run) for size in range(3) for run in product(b" \n\r\t", repeat=size)
    }
    assert gaps.open.after(0x20) is gaps.open
    assert WHITESPACE == gaps.open.bits == sum(1 << byte for byte in b" \n\r\t")
    assert Layout.of("pattern=\t{2,3}").inside(1).comma == 4


def test_costs_of_two_sides_are_added() -> None:
    """Beside a comma and beside a colon."""
    gaps = Layout.of("pattern=  |   ").inside(1)
    assert (gaps.comma, gaps.colon, gaps.open.shortest) == (4, 4, 2)


def test_gaps_are_one_object_where_they_are_equal() -> None:
    """Of one layout, at any depth, however they were come by; so that states are shared."""
    layout = Layout.of("bounded")
    one, two, three = (layout.inside(depth) for depth in (1, 2, 3))
    assert layout.inside(2) is two
    assert two.close is one.open is not two.open
    assert three.close is two.open
    assert two.open.after(0x0D) is not two.open.after(0x0A)
    assert two.before_comma is layout.nothing
    assert two.before_colon.after(0x20) is layout.nothing
    line = two.open.after(0x0A)
    assert line is not None
    assert line is two.open.after(0x0D).after(0x0A)  # type: ignore[union-attr]
    assert two.open.after(0x21) is None
    assert two.open.after(0x09) is None
    assert Layout.of("bounded") is layout
    assert Layout.of("compact").nothing is not layout.nothing


def test_a_step_of_a_gap_is_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gap = Layout.of("pattern=\n?\t").inside(1).open
    steps = []

    class Stepped:
        def advance(self, byte: int) -> None:
            steps.append(byte)

    monkeypatch.setattr(gap, "_state", Stepped())
    monkeypatch.setattr(gap, "_next", {})
    for _ in range(2):
        assert gap.after(0x20) is None
    assert steps == [0x20]


@pytest.mark.parametrize(
    ("whitespace", "option", "is_level", "is_even"),
    [
        ("compact", "compact", True, True),
        ("spaced", "spaced", True, True),
        ("any", "any", True, True),
        ("pattern= ?", "pattern= ?", True, True),
        (re.compile(" ?"), "pattern= ?", True, True),
        (re.compile("[ ]?", re.VERBOSE | re.IGNORECASE), "pattern=(?ix)[ ]?", True, True),
        (re.compile(" ?", re.DOTALL | re.MULTILINE | re.ASCII), "pattern=(?msa) ?", True, True),
        ("bounded", "bounded", False, True),
        ("indent=2", "indent=2", False, False),
        ("indent=02", "indent=2", False, False),
        (2, "indent=2", False, False),
        (0, "indent=0", False, False),
        (64, "indent=64", False, False),
        ("indent=tab", "indent=tab", False, False),
        ("indent=\t", "indent=tab", False, False),
    ],
)
def test_options_and_what_depends_on_the_depth(
    whitespace: Any, option: str, is_level: bool, is_even: bool
) -> None:
    layout = Layout.of(whitespace)
    assert (layout.option, layout.is_level, layout.is_even) == (option, is_level, is_even)
    assert (layout.inside(1) is layout.inside(4)) is is_level
    costs = {layout.inside(depth)[-2:] for depth in (1, 2, 4)}
    assert len(costs) == 1 or not is_even
    assert bool(layout.note) is (option != "any")
    nothing, around = layout.nothing, layout.around
    assert (nothing.bits, nothing.ends, nothing.rest, nothing.within(9)) == (0, True, b"", 0)
    assert around.ends
    assert around.bits == (WHITESPACE if option == "any" else 0)


@pytest.mark.parametrize("wrong", ["indent=65", "indent=-1", "indent=", "indent=x", "indents=2", "", 65, -1])
def test_no_such_layout(wrong: Any) -> None:
    with pytest.raises(ValueError, match="whitespace="):
        Layout.of(wrong)
