"""What is found out about rules before any byte is read: exactly, with the notes, and once a terminal."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from bltgen.automata.language import EMPTY, EPSILON, Language, literal
from bltgen.automata.productions import (
    LARGEST_COPIED_REPEAT,
    Body,
    Repeat,
    Rules,
    atoms,
    components,
    expanded_repeats,
    nullable_rules,
    trimmed,
)
from bltgen.errors import EmptyLanguage

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
ENDLESS = "matches no text: every alternative needs a text without end"


class Asked:
    """A terminal that counts how often its start is asked for, or has none."""

    def __init__(self, language: Language, fails: bool = False) -> None:
        self.language, self.fails, self.times = language, fails, 0

    def start(self) -> Any:
        self.times += 1
        if self.fails:
            raise EmptyLanguage("nothing")
        return self.language.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.language, name)


def test_atoms_are_given_as_often_as_they_are_written() -> None:
    assert list(atoms(((A, "x", A), (), ("x",)))) == [A, "x", A, "x"]
    assert list(atoms(Repeat("x", 2, 3))) == ["x"]


# -- trimming ----------------------------------------------------------------------------------------


def test_rules_that_take_part_are_kept_as_they_are() -> None:
    rules: dict[str, Body] = {"root": ((A, "x"), ()), "x": Repeat("y", 1, None), "y": ((B,), ("root",))}
    kept, notes = trimmed(rules, "root")
    assert kept == rules
    assert list(kept) == ["root", "x", "y"]
    assert notes == {}


def test_alternatives_that_match_nothing_are_dropped_and_told_of() -> None:
    rules: dict[str, Body] = {
        "root": ((A, "x"), (B,), ("x", "x"), (EMPTY, A), (A,)),
        "x": ((C, "x"),),
        "unused": ((A,),),
    }
    kept, notes = trimmed(rules, "root")
    assert kept == {"root": ((B,), (A,))}
    assert notes == {
        "root": "3 of 5 alternatives match no text and are dropped",
        "x": ENDLESS,
        "unused": "is not used from 'root'",
    }


def test_a_rule_that_matches_twice_stands_for_no_other() -> None:
    """Two alternatives of x that match do not make up for a y that never does."""
    rules: dict[str, Body] = {"root": (("x", "y"), (A,)), "x": ((A,), (B,)), "y": ((EMPTY,),)}
    assert trimmed(rules, "root")[0] == {"root": ((A,),)}
    assert nullable_rules({"s": (("e", "t"),), "e": ((), (EPSILON,)), "t": ((A,),)}) == {"e"}


def test_what_only_dropped_alternatives_use_is_not_used() -> None:
    rules: dict[str, Body] = {"root": ((B,), ("x", "helper")), "x": ((EMPTY,),), "helper": ((A,),)}
    kept, notes = trimmed(rules, "root")
    assert list(kept) == ["root"]
    assert notes["helper"] == "is not used from 'root'"
    assert notes["x"] == ENDLESS


def test_repeats_of_nothing() -> None:
    """No times is possible; once is not."""
    kept, notes = trimmed({"root": Repeat(EMPTY, 0, 3)}, "root")
    assert (kept, notes) == ({"root": ((),)}, {})
    kept, _ = trimmed({"root": Repeat("x", 0, None), "x": ((EMPTY,),)}, "root")
    assert kept == {"root": ((),)}
    kept, notes = trimmed({"root": (("r",), (A,)), "r": Repeat(EMPTY, 1, 3)}, "root")
    assert kept == {"root": ((A,),)}
    assert notes["r"] == ENDLESS
    assert trimmed({"root": Repeat(A, 2, 3)}, "root")[0] == {"root": Repeat(A, 2, 3)}


def test_a_start_without_texts_is_an_error_with_the_rules() -> None:
    with pytest.raises(EmptyLanguage, match="'q'") as caught:
        trimmed({"q": ((A, "p"),), "p": ((B, "q"),), "a": ((A,),), "b": ((EMPTY,),)}, "q")
    assert caught.value.conflicts == ("b", "p", "q")


def test_terminals_are_asked_once_in_a_pass() -> None:
    """Each by itself, however often it is written."""
    often, never = Asked(A), Asked(A, fails=True)
    assert nullable_rules({"x": ((often, often), (often, "x")), "y": ((often,),)}) == set()
    assert often.times == 1
    kept, notes = trimmed({"root": ((never,), (often,))}, "root")
    assert kept == {"root": ((often,),)}
    assert notes == {"root": "1 of 2 alternatives match no text and are dropped"}


def test_nullable_rules() -> None:
    rules: dict[str, Body] = {
        "empty": ((),),
        "star": ((A.star(), EPSILON),),
        "letter": ((A,), (B, A.star())),
        "both": (("empty", "star"),),
        "twice": (("empty", "empty"), (A,)),
        "half": (("empty", "letter"),),
        "any": Repeat("letter", 0, 2),
        "some": Repeat("letter", 1, 2),
        "somes": Repeat("twice", 2, 2),
        "stars": Repeat(A.star(), 2, None),
        "letters": Repeat(A, 1, None),
        "self": (("self",),),
        "chain": (("somes", "both", "twice"),),
    }
    assert nullable_rules(rules) == {"empty", "star", "both", "twice", "any", "somes", "stars", "chain"}


# -- components --------------------------------------------------------------------------------------


def test_components_come_after_what_they_use() -> None:
    rules: dict[str, Body] = {
        "root": (("a", "z"),),
        "a": (("b",), (A,)),
        "b": (("c", A),),
        "c": (("a",), ("d",)),
        "d": ((A, "d"), ("leaf",)),
        "leaf": ((A,),),
        "z": Repeat("leaf", 0, 2),
        "other": (("root",),),
    }
    found = components(rules)
    assert [set(one) for one in found] == [{"leaf"}, {"d"}, {"a", "b", "c"}, {"z"}, {"root"}, {"other"}]
    assert found[2] == ["c", "b", "a"]


def test_components_of_crossing_cycles() -> None:
    """A way back to what is finished joins nothing; a way back into the path joins all between."""
    rules: dict[str, Body] = {
        "p": (("q",), ("r",)),
        "q": (("s",),),
        "s": (("q",),),
        "r": (("s",), ("t",)),
        "t": (("p",), ("u",)),
        "u": (("t",),),
    }
    assert [set(one) for one in components(rules)] == [{"q", "s"}, {"p", "r", "t", "u"}]
    eight: dict[str, Body] = {"a": (("b",),), "b": (("c",),), "c": (("b",), ("d",)), "d": (("a",),)}
    assert [set(one) for one in components(eight)] == [{"a", "b", "c", "d"}]
    assert components({"a": (("a",),)}) == [["a"]]


def test_components_do_not_recurse() -> None:
    rules: dict[str, Body] = {f"r{n}": ((f"r{n + 1}",),) for n in range(3000)}
    rules["r3000"] = ((A,),)
    assert components(rules)[0] == ["r3000"]
    assert len(components(rules)) == 3001


# -- counted repeats ---------------------------------------------------------------------------------


def _ways(rules: Rules, name: str, known: dict[str, Counter[int]]) -> Counter[int]:
    """How many derivations each count of the atom has. Repeats without end are left at zero times."""
    if name in known:
        return known[name]
    body = rules[name]
    total: Counter[int] = Counter()
    if isinstance(body, Repeat):
        assert (body.low, body.high) == (0, None)
        total[0] = 1
    else:
        for alternative in body:
            row = Counter({0: 1})
            for atom in alternative:
                step = _ways(rules, atom, known) if isinstance(atom, str) else Counter({1: 1})
                row = Counter() if not step else _sum(row, step)
            total += row
    known[name] = total
    return total


def _sum(left: Counter[int], right: Counter[int]) -> Counter[int]:
    made: Counter[int] = Counter()
    for one, ways in left.items():
        for other, more in right.items():
            made[one + other] += ways * more
    return made


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 9), (1, 9), (9, 9), (2, 13), (16, 16), (17, 17), (5, 31), (0, 32), (0, 33), (12, 13), (0, 100)],
)
def test_large_counts_are_doubled_without_ambiguity(low: int, high: int) -> None:
    """Each count is derived in exactly one way, by few rules, none of them long."""
    made = expanded_repeats({"x": Repeat(A, low, high)})
    assert _ways(made, "x", {}) == Counter(range(low, high + 1))
    assert len(made) <= 8 * high.bit_length()
    for name, body in made.items():
        assert name == "x" or name.startswith("x~")
        assert not isinstance(body, Repeat)
        assert all(len(alternative) <= 3 for alternative in body)


def test_large_counts_without_end() -> None:
    made = expanded_repeats({"x": Repeat("y", 12, None), "y": ((A,),)})
    assert made["x"] == (("x~12", "x~*"),)
    assert made["x~*"] == Repeat("y", 0, None)
    assert made["y"] == ((A,),)
    assert made["x~1"] == (("y",),)
    assert made["x~12"] == (("x~6", "x~6"),)
    assert made["x~3"] == (("x~1", "x~1", "y"),)
    names = {"x", "y", "x~*", "x~12", "x~6", "x~3", "x~1"}
    assert made.keys() == names


def test_the_rules_of_a_count_up_to() -> None:
    made = expanded_repeats({"x": Repeat(A, 0, 9)})
    assert made["x"] == (("x~0..9",),)
    assert made["x~0..9"] == (("x~0..4",), ("x~5", "x~0..4"))
    assert made["x~0..4"] == (("x~0..2",), ("x~3", "x~0..1"))
    assert made["x~0..2"] == (("x~0..1",), ("x~2", "x~0..0"))
    assert (made["x~0..1"], made["x~0..0"]) == (((), (A,)), ((),))


def test_small_counts_are_left_alone() -> None:
    """Up to LARGEST_COPIED_REPEAT, of which both bounds count; a large low without end is expanded."""
    most = LARGEST_COPIED_REPEAT
    assert most == 8
    for low, high in ((0, most), (most, most), (most, None), (0, None), (3, 5)):
        rules = {"x": Repeat(A, low, high), "y": ((A, "x"),)}
        assert expanded_repeats(rules) == rules
    for low, high in ((0, most + 1), (most + 1, most + 1), (most + 1, None)):
        assert expanded_repeats({"x": Repeat(A, low, high)})["x"] != Repeat(A, low, high)
    assert expanded_repeats({"x": Repeat(A, 9, 9)})["x"] == (("x~9",),)
    assert expanded_repeats({"x": Repeat(A, 9, 11)})["x"] == (("x~9", "x~0..2"),)
