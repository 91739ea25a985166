"""Which backreferences may match text: by the places at which they are refused."""

from __future__ import annotations

import pytest

from bltgen.constraints.regex_references import _Settled, without_references
from bltgen.constraints.regex_syntax import (
    Alternation,
    Atomic,
    Backreference,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
)
from tests.constraints.regex_trees import shown

A = Characters(((97, 97),))
G, H = Group(A, 1), Group(A, 2)


def _refused(node: Node, names: dict[str, list[int]] | None = None) -> list[int]:
    refused: list[int] = []
    without_references(node, names or {}, refused.append)
    return refused


def _one(position: int = 7) -> Backreference:
    return Backreference(1, position)


SET = {
    "after it": Sequence((G, _one())),
    "after a group around it": Sequence((Group(G, 2), _one())),
    "after a repeat of it": Sequence((Repetition(G, 0, None), _one())),
    "after an optional one": Sequence((Repetition(G, 0, 1), _one())),
    "after alternatives of which one has it": Sequence((Alternation((G, A)), _one())),
    "after alternatives of which the last has it": Sequence((Alternation((A, G)), _one())),
    "in a later repeat": Sequence((G, Repetition(_one(), 0, None))),
    "in an alternative after it": Sequence((G, Alternation((A, _one())))),
    "later in its alternative": Alternation((A, Sequence((G, _one())))),
    "after a lookahead": Sequence((Look(G, True, False, 0), _one())),
    "after a lookbehind": Sequence((Look(G, False, False, 0), _one())),
    "before it, backwards": Look(Sequence((_one(), G)), False, False, 0),
    "before it, negative and backwards": Look(Sequence((_one(), G)), False, True, 0),
    "after it within a negative lookahead": Look(Sequence((G, _one())), True, True, 0),
    "after it, forwards within backwards": Look(Look(Sequence((G, _one())), True, False, 0), False, False, 0),
    "within a group after it": Sequence((G, Group(_one(), 2))),
    "within an atomic group": Atomic(Sequence((G, _one())), 0),
    "within a conditional": Sequence((G, Conditional(1, _one(), A, 0))),
}

NOT_SET = {
    "before it": Sequence((_one(), G)),
    "within it": Group(_one(), 1),
    "within a part of it": Group(Sequence((A, _one())), 1),
    "in the other alternative": Alternation((G, _one())),
    "in the other alternative before it": Alternation((_one(), G)),
    "in the next round": Repetition(Alternation((G, _one())), 0, None),
    "after a negative lookahead": Sequence((Look(G, True, True, 0), _one())),
    "after a negative lookbehind": Sequence((Look(G, False, True, 0), _one())),
    "after it, backwards": Look(Sequence((G, _one())), False, False, 0),
    "after another group": Sequence((H, _one())),
    "after a repeat of no times": Sequence((Repetition(G, 0, 0), _one())),
    "in a repeat of no times": Sequence((G, Repetition(_one(), 0, 0))),
    "before it, forwards within backwards": Look(
        Look(Sequence((_one(), G)), True, False, 0), False, False, 0
    ),
}


@pytest.mark.parametrize("where", SET)
def test_a_group_may_be_set(where: str) -> None:
    assert _refused(SET[where]) == [7]


@pytest.mark.parametrize("where", NOT_SET)
def test_a_group_is_not_set(where: str) -> None:
    assert _refused(NOT_SET[where]) == []


def test_names_stand_for_all_their_groups() -> None:
    either = Alternation((G, H))
    tree = Sequence((either, Backreference("n", 3), Backreference("m", 4), Backreference(2, 5)))
    assert _refused(tree, {"n": [2], "m": [9, 1]}) == [3, 4, 5]
    assert _refused(tree, {"n": [8], "m": [9]}) == [5]


def test_references_are_refused_in_the_order_of_matching() -> None:
    parts = (Backreference(1, 1), G, Backreference(1, 2), Backreference(1, 3))
    assert _refused(Sequence(parts)) == [2, 3]
    assert _refused(Look(Sequence((Backreference(1, 2), Backreference(1, 1), G)), False, False, 0)) == [1, 2]


def test_all_groups_of_earlier_alternatives_count_after_the_last() -> None:
    tree = Sequence(
        (Alternation((Sequence((G, H)), A, Group(A, 3))), *(Backreference(n, n) for n in range(1, 5)))
    )
    assert _refused(tree) == [1, 2, 3]
    nested = Alternation((Alternation((G, H)), Sequence((_one(), Backreference(2, 8)))))
    assert _refused(nested) == []


def test_the_tree_has_no_references_left() -> None:
    tree = Sequence((_one(), G, Repetition(Sequence((A, Backreference(2, 1))), 0, None)))
    assert shown(without_references(tree, {}, lambda position: None)) == "(() <1: [a]> ([a] ()){0,inf}@0)"
    whole = Sequence((G, H))
    assert without_references(whole, {}, lambda position: None) is whole


def test_what_is_settled_is_a_stack_of_scopes() -> None:
    settled = _Settled()
    settled.add(1)
    settled.open()
    settled.add(2)
    settled.put_aside()
    assert (settled.order, settled.groups) == ([1], {1})
    settled.add(3)
    settled.put_aside()
    settled.close()
    assert (settled.order, settled.groups, settled.scopes) == ([1, 2, 3], {1, 2, 3}, [])
    settled.open()
    settled.add(4)
    settled.forget()
    assert (settled.order, settled.groups, settled.scopes) == ([1, 2, 3], {1, 2, 3}, [])
