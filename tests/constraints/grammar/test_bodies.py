"""Bodies of rules: what is written for groups, repeats and lists, and under which names."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.productions import Repeat
from bltgen.constraints.grammar.bodies import BodyBuilder


def builder() -> tuple[BodyBuilder, dict[str, Any]]:
    made: dict[str, Any] = {}
    return BodyBuilder("r", made), made


def test_alternatives_of_atoms() -> None:
    build, made = builder()
    assert (build.depth, build.opened_at, build.is_sequence_empty) == (0, -1, True)
    build.append("a")
    assert not build.is_sequence_empty
    build.append("b")
    build.next_alternative()
    assert build.is_sequence_empty
    build.append("c")
    build.next_alternative()
    assert made == {}
    build.finish()
    assert made == {"r": (("a", "b"), ("c",), ())}


def test_a_rule_of_nothing() -> None:
    build, made = builder()
    build.finish()
    assert made == {"r": ((),)}


def test_groups_are_helpers_but_for_one_atom() -> None:
    build, made = builder()
    build.append("z")
    build.open(7)
    assert (build.depth, build.opened_at, build.is_sequence_empty) == (1, 7, True)
    build.open(9)
    assert (build.depth, build.opened_at) == (2, 9)
    build.append("a")
    build.close()
    assert (build.depth, build.opened_at, build.is_sequence_empty) == (1, 7, False)
    build.append("b")
    build.close()
    build.open(11)
    build.append("c")
    build.next_alternative()
    build.append("d")
    build.close()
    build.open(13)
    build.close()
    build.finish()
    assert made == {
        "r": (("z", "r~1", "r~2", "r~3"),),
        "r~1": (("a", "b"),),
        "r~2": (("c",), ("d",)),
        "r~3": ((),),
    }


def test_a_repeat_takes_the_last_atom() -> None:
    build, made = builder()
    build.append("a")
    build.append("b")
    build.repeat_last(2, 5)
    build.repeat_last(0, None)
    build.finish()
    assert made == {
        "r": (("a", "r~2"),),
        "r~1": Repeat("b", 2, 5),
        "r~2": Repeat("r~1", 0, None),
    }


@pytest.mark.parametrize(
    ("low", "high", "again"),
    [(0, None, (0, None)), (1, None, (0, None)), (3, None, (2, None)), (0, 1, (0, 0)), (2, 4, (1, 3))],
)
def test_a_list_has_separators_between(low: int, high: int | None, again: tuple[int, int | None]) -> None:
    build, made = builder()
    build.append("z")
    build.append("a")
    build.list_last(low, high, ",")
    build.finish()
    expected = {"r~1": ((",", "a"),), "r~2": Repeat("r~1", *again), "r~3": (("a", "r~2"),)}
    if low:
        assert made == {"r": (("z", "r~3"),), **expected}
    else:
        assert made == {"r": (("z", "r~4"),), **expected, "r~4": Repeat("r~3", 0, 1)}


def test_a_list_of_none_is_nothing() -> None:
    build, made = builder()
    build.append("z")
    build.append("a")
    build.list_last(0, 0, ",")
    build.finish()
    assert made == {"r": (("z",),)}
