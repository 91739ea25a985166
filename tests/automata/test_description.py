"""Languages as JSON values and as text: every kind of node, all that can be wrong with one, all layouts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bltgen.automata import description
from bltgen.automata.byteset import ByteSet
from bltgen.automata.description import describe, rebuild, record, register, render
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    byte_set,
    concat,
    from_automaton,
    literal,
)
from bltgen.errors import ConstraintSyntaxError, Unsupported

A, B, AB, CD = literal(b"a"), literal(b"b"), literal(b"ab"), literal(b"cd")
SIGMA = byte_set(ByteSet.of(b"ab"))


class Letters:
    """An automaton of so many letters a."""

    def __init__(self, left: int) -> None:
        self.left = self.shortest = self.longest = left
        self.accepting = not left

    def transitions(self) -> list[tuple[int, Language]]:
        return [(1 << ord("a"), from_automaton(Letters(self.left - 1)))] if self.left else []

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Letters) and self.left == other.left

    def __hash__(self) -> int:
        return hash(("letters", self.left))


@pytest.mark.parametrize(
    ("made", "nodes"),
    [
        (EMPTY, [["bytes", "0"]]),
        (A, [["bytes", format(1 << 97, "x")]]),
        (EPSILON, [["epsilon"]]),
        (AB, [["literal", "6162"]]),
        (SIGMA + CD, [["bytes", format(3 << 97, "x")], ["literal", "6364"], ["concat", 0, 1]]),
        (AB.repeat(2, 5), [["literal", "6162"], ["repeat", 0, 2, 5]]),
        (AB.repeat(2), [["literal", "6162"], ["repeat", 0, 2, None]]),
        (~AB, [["literal", "6162"], ["complement", 0]]),
        (
            AB.repeat(2) + A,
            [["literal", "6162"], ["repeat", 0, 2, None], ["bytes", "2" + "0" * 24], ["concat", 1, 2]],
        ),
    ],
)
def test_terms_as_nodes(made: Language, nodes: list[list[Any]]) -> None:
    """Each names earlier ones by index; parts come before what they are parts of, in their order."""
    assert describe(made) == {"kind": "language", "nodes": nodes}
    assert rebuild(json.loads(json.dumps(describe(made)))) is made


def test_unions_and_intersections_name_all_their_parts() -> None:
    union = AB | CD | A
    nodes = describe(union)["nodes"]
    assert nodes[-1] == ["union", 0, 1, 2]
    assert len(nodes) == 4
    assert rebuild(describe(union)) is union
    both = AB.star() & (A | literal(b"ba")).star() & ~(AB + ANY_BYTES)
    assert describe(both)["nodes"][-1][0] == "intersection"
    assert len(describe(both)["nodes"][-1]) == 4
    assert rebuild(describe(both)) is both


def test_shared_parts_are_described_once() -> None:
    shared = CD | SIGMA
    made = (shared.star() + A + shared.star()).star() | ~shared.repeat(2, 2)
    nodes = describe(made)["nodes"]
    assert len(nodes) == len({json.dumps(node) for node in nodes})
    assert rebuild(describe(made)) is made
    deep: Language = AB | CD
    for _ in range(2000):
        deep = (deep + A).star()
    assert rebuild(describe(deep)) is deep


def test_sources_stand_for_automata_alone() -> None:
    """For the smallest term around one that has a source; what needs none is described as it is."""
    register("test letters", lambda source: from_automaton(Letters(source["left"])) + source_tail(source))
    inner = from_automaton(Letters(5))
    with pytest.raises(Unsupported, match="memory"):
        describe(inner)
    with pytest.raises(Unsupported):
        describe(inner | CD)
    around = inner + source_tail({"tail": "zz"})
    source = {"kind": "test letters", "left": 5, "tail": "zz"}
    assert record(around, source) is around
    assert describe(around) == {"kind": "language", "nodes": [["source", source]]}
    assert rebuild(describe(around)) is around
    larger = (around | CD).repeat(2, 3)
    assert describe(larger)["nodes"] == [
        *(
            [["literal", "6364"], ["source", source]]
            if CD.id < around.id
            else [["source", source], ["literal", "6364"]]
        ),
        ["union", 0, 1],
        ["repeat", 2, 2, 3],
    ]
    assert rebuild(describe(larger)) is larger
    record(larger, {"kind": "test letters", "left": 1, "tail": ""})
    assert ["source", source] in describe(larger)["nodes"]
    record(around, {"kind": "other"})
    assert describe(around)["nodes"] == [["source", source]]
    plain = record(literal(b"plain source"), {"kind": "test letters"})
    assert describe(plain)["nodes"] == [["literal", b"plain source".hex()]]


def source_tail(source: dict[str, Any]) -> Language:
    return literal(source["tail"].encode())


def test_which_terms_need_a_source() -> None:
    automaton = from_automaton(Letters(7))
    needs = description._needs_source
    assert needs(AB | CD) == set()
    assert needs(automaton) == {automaton}
    row = automaton + CD
    outer = (row | AB).star()
    assert needs(outer) == {automaton, row, row | AB, outer}
    record(row, {"kind": "test letters", "left": 7, "tail": "cd"})
    assert needs(outer) == {automaton, row}
    shared = concat(AB.star(), CD, AB.star())
    assert needs(shared) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"kind": "nothing of the kind"},
        {"kind": "language"},
        {"kind": "language", "nodes": []},
        {"kind": "language", "nodes": [["no such term"]]},
        {"kind": "language", "nodes": [["automaton"]]},
        {"kind": "language", "nodes": [["bytes", "xyz"]]},
        {"kind": "language", "nodes": [["bytes", "1" + "0" * 64]]},
        {"kind": "language", "nodes": [["literal", "zz"]]},
        {"kind": "language", "nodes": [["concat", 0, 1]]},
        {"kind": "language", "nodes": [["epsilon"], ["repeat", 0, 3, 2]]},
        {"kind": "language", "nodes": 7},
        [],
    ],
)
def test_what_is_no_description_is_an_error(wrong: Any) -> None:
    with pytest.raises(ConstraintSyntaxError):
        rebuild(wrong)


def test_errors_of_builders_are_kept() -> None:
    def refuses(source: dict[str, Any]) -> Language:
        raise Unsupported("the reason", "the place")

    register("test refuses", refuses)
    with pytest.raises(Unsupported) as caught:
        rebuild({"kind": "test refuses"})
    assert caught.value.where == "the place"
    with pytest.raises(ConstraintSyntaxError, match="'no such term'"):
        rebuild({"kind": "language", "nodes": [["no such term"]]})


def test_builders_are_loaded_on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[int] = []
    monkeypatch.setattr(description, "_load_builders", lambda: loaded.append(1))
    register("test known", lambda source: AB)
    assert rebuild({"kind": "test known"}) is AB
    assert loaded == []
    with pytest.raises(ConstraintSyntaxError):
        rebuild({"kind": "test unknown"})
    assert loaded == [1]
    monkeypatch.undo()
    assert rebuild({"kind": "substring_of", "text": "one", "bytes": False, "boundary": "any"}).accepts(b"on")


# -- as text -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (EMPTY, "[]"),
        (ANY_BYTE, "[any]"),
        (ANY_BYTES, "([any])*"),
        (EPSILON, "()"),
        (A, "a"),
        (literal(b"\x00"), r"\x00"),
        (literal(b"["), r"\x5b"),
        (literal(b"!"), "!"),
        (literal(b" "), r"\x20"),
        (literal(b"~"), r"\x7e"),
        (literal(b"\x7f"), r"\x7f"),
        (literal(b"}"), r"\x7d"),
        (literal(b"a'b"), "a'b"),
        (literal(b"a\xffb\n"), r"a\xffb\n"),
        (SIGMA, "[a-b]"),
        (byte_set(ByteSet.of(b"abcx")), "[a-cx]"),
        (byte_set(ByteSet.of(b"acx")), "[acx]"),
        (byte_set(ByteSet.of([0, 1, 2, 97, 255])), r"[\x00-\x02a\xff]"),
        (SIGMA + CD, "[a-b]cd"),
        (AB.star(), "(ab)*"),
        (AB.plus(), "(ab)+"),
        (AB.repeat(2, 2), "(ab){2}"),
        (AB.repeat(2, 5), "(ab){2,5}"),
        (AB.repeat(2), "(ab){2,}"),
        (AB.repeat(0, 5), "(ab){0,5}"),
        (AB.repeat(1, 5), "(ab){1,5}"),
        (~AB, "~(ab)"),
        (from_automaton(Letters(4)), "<Letters>"),
    ],
)
def test_texts_of_terms(made: Language, text: str) -> None:
    assert render(made) == text
    assert repr(made) == f"<Language {text}>"


def test_texts_of_sets_of_terms() -> None:
    union = AB | CD
    assert render(union) == "(ab|cd)"
    assert render(union | literal(b"xy")) in ("(ab|cd|xy)", "(xy|ab|cd)")
    both = AB.plus() & (A | literal(b"ba")).star()
    assert {*render(both)[1:-1].split("&")} == {render(part) for part in both.parts}


def test_texts_are_cut() -> None:
    """At most so many characters of it and dots; no dots where all of it is there."""
    long = literal(b"x" * 30) + SIGMA
    whole = "x" * 30 + "[a-b]"
    assert render(long, 35) == whole
    assert render(long, 34) == whole[:34] + "..."
    assert render(long, 30) == whole[:30] + "..."
    assert render(long, 31) == whole[:31] + "..."
    assert len(render(concat(*[literal(b"%d" % n) | A for n in range(300)]))) == 203
    assert render(literal(b"y" * 200)) == "y" * 200
    assert render(literal(b"y" * 201)) == "y" * 200 + "..."
    assert repr(literal(b"z" * 81)) == f"<Language {'z' * 80}...>"
    assert (AB.repeat(0, INFINITE), render(AB.repeat(3, INFINITE))) == (AB.star(), "(ab){3,}")
