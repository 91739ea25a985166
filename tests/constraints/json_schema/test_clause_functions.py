"""Each function over waiting disjunctions: what atoms mention, what is left, how values split it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from bltgen.automata.language import literal
from bltgen.automata.limits import Limits, current_limits, use_limits
from bltgen.constraints.json_schema.clauses import (
    CHECK_STATES,
    CROWDED,
    Reader,
    Split,
    atoms_of,
    choices,
    crowded,
    halves,
    holds_at_end,
    mentions_of,
    simplified,
)
from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import AND, NOT_ONE, ONE, OR, Formula, Formulas, Summary
from bltgen.constraints.json_schema.json_values import STRING, canonical
from bltgen.constraints.json_schema.key_set import ALL_KEYS, KeySet
from bltgen.constraints.json_schema.keywords import Keywords
from bltgen.constraints.json_schema.references import Documents
from bltgen.constraints.json_schema.specs import ArrayDraft, ObjectDraft
from bltgen.errors import LimitExceeded

from .tables import Counted

FORMULAS = Formulas(negate_atom=lambda value: KEYWORDS.negate_atom(value))
KEYWORDS = Keywords(FORMULAS)
TRUE, FALSE = FORMULAS.true, FORMULAS.false
X = KeySet(languages=(literal(b"x"),))


def names(*given: str) -> KeySet:
    return KeySet(frozenset(name.encode() for name in given))


def atom(*value: Any) -> Formula:
    return FORMULAS.atom(value)


def needs(name: str) -> Formula:
    return atom("some", names(name), TRUE)


def value(*members: Any) -> Formula:
    return FORMULAS.values(map(canonical, members))


A, B, C, D = map(needs, "abcd")


# -- what is mentioned -------------------------------------------------------------------------------


def test_atoms_come_once_and_in_order() -> None:
    formula = FORMULAS.any_of([FORMULAS.all_of([B, C]), A])
    assert atoms_of([formula, C, D]) == [B.value, C.value, A.value, D.value]
    assert atoms_of([value(1), TRUE]) == []
    assert atoms_of(iter([D, D])) == [D.value]


def test_mentions_are_names_sets_and_sizes() -> None:
    found = mentions_of([FORMULAS.any_of([A, atom("each", names("b", "c"), FALSE)])])
    assert (found.names, found.sets, found.sizes) == (frozenset((b"a", b"b", b"c")), frozenset(), False)
    found = mentions_of([atom("each", X, FALSE), atom("some", ALL_KEYS, TRUE), atom("size", 1, None)])
    assert (found.names, found.sets, found.sizes) == (frozenset(), frozenset((X, ALL_KEYS)), True)
    assert mentions_of([]).sizes is False


def test_a_name_is_mentioned_by_itself_or_in_a_set() -> None:
    found = mentions_of([A, atom("each", X, FALSE)])
    assert [found.contains(name) for name in (b"a", b"x", b"b")] == [True, True, False]
    assert not mentions_of([atom("size", 1, None)]).contains(b"a")


def test_names_with_many_conditions_are_crowded() -> None:
    def conditions(count: int, kind: str = "each", keys: Any = None) -> list[Formula]:
        keys = names("a") if keys is None else keys
        return [atom(kind, keys, value(i)) for i in range(count)]

    assert CROWDED == 8
    assert crowded(FORMULAS, conditions(8)) == []
    assert crowded(FORMULAS, conditions(9)) == [b"a"]
    assert crowded(FORMULAS, [FORMULAS.any_of(conditions(9))]) == [b"a"]
    # A condition and its negation are one; that a member is there at all is none.
    negated = [atom("some", names("a"), FORMULAS.negation(value(i))) for i in range(9)]
    assert crowded(FORMULAS, conditions(8) + negated[:8]) == []
    assert crowded(FORMULAS, conditions(8) + negated) == [b"a"]
    assert crowded(FORMULAS, [*conditions(8), A, atom("each", names("a"), FALSE)]) == []
    # Each name of a set of names, but none for the names of a pattern.
    two = [*conditions(5, keys=names("a", "b")), *[atom("some", names("b"), value(str(i))) for i in range(4)]]
    assert crowded(FORMULAS, two) == [b"b"]
    assert crowded(FORMULAS, conditions(9, keys=X)) == []
    # Conditions on items are told together.
    items = [atom("each item", i, i + 1, value(i)) for i in range(8)]
    assert crowded(FORMULAS, items) == []
    assert crowded(FORMULAS, [*items, atom("length", 1, 2), atom("unique", True)]) == []
    assert crowded(FORMULAS, [*items, atom("count", 0, value(8), 1, None)]) == [None]


# -- what is left beside a draft ---------------------------------------------------------------------


@pytest.fixture
def draft() -> ObjectDraft:
    """An object that has "a" and whose "b", if any, is 1; of at most 2 members."""
    made = ObjectDraft(FORMULAS)
    for part in (A.value, ("each", names("b"), value(1)), ("size", 0, 2)):
        assert made.add(part)
    return made


def test_atoms_are_decided_by_a_draft(draft: ObjectDraft) -> None:
    assert simplified(FORMULAS, A, draft) is TRUE
    assert simplified(FORMULAS, atom("some", names("b"), value(2)), draft) is FALSE
    assert simplified(FORMULAS, C, draft) is C
    assert simplified(FORMULAS, TRUE, draft) is TRUE
    assert simplified(FORMULAS, FALSE, draft) is FALSE


def test_parts_are_decided_by_a_draft(draft: ObjectDraft) -> None:
    never = atom("some", names("b"), value(2))
    assert simplified(FORMULAS, FORMULAS.any_of([C, A]), draft) is TRUE
    assert simplified(FORMULAS, FORMULAS.any_of([C, never]), draft) is C
    assert simplified(FORMULAS, FORMULAS.all_of([C, A]), draft) is C
    assert simplified(FORMULAS, FORMULAS.all_of([C, never]), draft) is FALSE
    kept = FORMULAS.any_of([C, D])
    assert simplified(FORMULAS, kept, draft) is kept
    one = FORMULAS.one_of([C, D, never])
    assert simplified(FORMULAS, one, draft) is FORMULAS.one_of([C, D])
    assert simplified(FORMULAS, FORMULAS.negation(one), draft) is FORMULAS.negation(FORMULAS.one_of([C, D]))
    assert simplified(FORMULAS, FORMULAS.one_of([A, C]), draft) is FORMULAS.negation(C)
    assert simplified(FORMULAS, FORMULAS.one_of([C, never]), draft) is C


def test_what_is_left_of_shared_parts_is_found_once(draft: ObjectDraft) -> None:
    shared = FORMULAS.any_of([C, D])
    known: dict[Formula, Formula] = {}
    outer = FORMULAS.one_of([shared, A])
    assert simplified(FORMULAS, outer, draft, known) is FORMULAS.negation(shared)
    assert known == {shared: shared, outer: FORMULAS.negation(shared)}
    # What comes after a part that decides is not looked at.
    known = {}
    decided = FORMULAS.all_of([atom("some", names("b"), value(2)), shared])
    assert simplified(FORMULAS, decided, draft, known) is FALSE
    assert known == {decided: FALSE}
    known = {}
    decided = FORMULAS.any_of([A, FORMULAS.all_of([C, D])])
    assert simplified(FORMULAS, decided, draft, known) is TRUE
    assert known == {decided: TRUE}
    known = {}
    assert simplified(FORMULAS, TRUE, draft, known) is TRUE
    assert simplified(FORMULAS, C, draft, known) is C
    assert known == {}
    # What is known is believed.
    assert simplified(FORMULAS, outer, draft, {outer: D}) is D
    assert simplified(FORMULAS, FORMULAS.all_of([outer, B]), draft, {outer: D}).parts == (D, B)


# -- choices -----------------------------------------------------------------------------------------


def held(formula: Formula, true: frozenset[Formula]) -> bool:
    """Whether a formula holds where these of the four atoms do: the definition."""
    if not formula.parts:
        if formula in (A, B, C, D):
            return formula in true
        if formula in (TRUE, FALSE):
            return formula is TRUE
        return FORMULAS.negation(formula) not in true
    count = sum(held(part, true) for part in formula.parts)
    return {AND: count == len(formula.parts), OR: count > 0, ONE: count == 1, NOT_ONE: count != 1}[formula.op]


WORLDS = [frozenset(some) for n in range(5) for some in itertools.combinations((A, B, C, D), n)]


@pytest.mark.parametrize("split", [choices, halves])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_clause_is_the_disjunction_of_its_choices(
    split: Callable[[Formulas, Formula], list[Formula]], count: int
) -> None:
    parts = (A, B, C, D)[:count]
    one = FORMULAS.one_of(parts)
    for clause in (FORMULAS.any_of(parts), one, FORMULAS.negation(one)):
        found = split(FORMULAS, clause)
        for world in WORLDS:
            assert any(held(choice, world) for choice in found) == held(clause, world), (clause, world)


def test_the_choices_of_each_kind() -> None:
    not_a, not_b, not_c = map(FORMULAS.negation, (A, B, C))
    three = FORMULAS.one_of([A, B, C])
    assert choices(FORMULAS, FORMULAS.any_of([A, B])) == [A, B]
    assert choices(FORMULAS, three) == [
        FORMULAS.all_of([A, not_b, not_c]),
        FORMULAS.all_of([B, not_a, not_c]),
        FORMULAS.all_of([C, not_a, not_b]),
    ]
    assert choices(FORMULAS, FORMULAS.negation(three)) == [
        FORMULAS.all_of([not_a, not_b, not_c]),
        FORMULAS.both(A, B),
        FORMULAS.both(A, C),
        FORMULAS.both(B, C),
    ]


def test_halves_take_out_the_first_part() -> None:
    not_a, not_b, not_c = map(FORMULAS.negation, (A, B, C))
    either = FORMULAS.any_of([A, B, C])
    assert halves(FORMULAS, either) == [A, B, C]
    two, three = FORMULAS.one_of([A, B]), FORMULAS.one_of([A, B, C])
    assert halves(FORMULAS, two) == choices(FORMULAS, two)
    assert halves(FORMULAS, three) == [
        FORMULAS.all_of([A, not_b, not_c]),
        FORMULAS.both(not_a, FORMULAS.one_of([B, C])),
    ]
    assert halves(FORMULAS, FORMULAS.negation(three)) == [
        FORMULAS.both(not_a, FORMULAS.negation(FORMULAS.one_of([B, C]))),
        FORMULAS.both(A, FORMULAS.any_of([B, C])),
    ]
    assert halves(FORMULAS, FORMULAS.negation(two)) == choices(FORMULAS, FORMULAS.negation(two))


def test_what_holds_where_a_container_ends() -> None:
    for kind in ("size", "length"):
        for low, high, fitting in ((0, None, (0, 1, 2, 3)), (2, None, (2, 3)), (1, 2, (1, 2)), (0, 0, (0,))):
            limit = atom(kind, low, high)
            assert tuple(n for n in range(4) if holds_at_end(limit, n)) == fitting
    # What is still open is about members that do not come.
    assert holds_at_end(atom("each", names("a"), FALSE), 0)
    assert holds_at_end(atom("each item", 0, None, FALSE), 0)
    assert not holds_at_end(A, 1)
    assert not holds_at_end(atom("count", 0, value(1), 1, None), 1)
    assert holds_at_end(atom("count", 0, value(1), 0, 3), 1)
    assert not holds_at_end(atom("unique", False), 1)
    assert holds_at_end(TRUE, 0)
    assert not holds_at_end(FALSE, 0)


def test_combinations_hold_at_the_end_as_their_parts_do() -> None:
    one, two = atom("size", 0, 1), atom("size", 1, 2)
    counts = {
        AND: [False, True, False, False],
        OR: [True, True, True, False],
        ONE: [True, False, True, False],
        NOT_ONE: [False, True, False, True],
    }
    for op, expected in counts.items():
        formula = FORMULAS.combined(op, [one, two])
        assert [holds_at_end(formula, n) for n in range(4)] == expected, op
    known: dict[Formula, bool] = {}
    either = FORMULAS.any_of([one, two])
    assert holds_at_end(either, 0, known)
    # A disjunction needs no more than one that holds.
    assert known == {either: True, one: True}
    assert not holds_at_end(FORMULAS.both(either, TRUE), 0, {either: False})


# -- splitting by a value ----------------------------------------------------------------------------

ASKED: list[Formula] = []


def reader(
    satisfiable: Callable[[Formula], bool] = lambda goal: True, effort: Effort | None = None
) -> Reader:
    """A reader of member "a": of an atom about it is left TRUE or FALSE by its value, of others all."""

    def of_atom(formula: Formula) -> Split:
        ASKED.append(formula)
        kind, keys, goal = formula.value
        if not keys.contains(b"a"):
            return {formula: TRUE}
        if goal in (TRUE, FALSE):
            return {TRUE if (goal is TRUE) is (kind == "some") else FALSE: TRUE}
        met, unmet = (TRUE, formula) if kind == "some" else (formula, FALSE)
        return {met: goal, unmet: FORMULAS.negation(goal)}

    ASKED.clear()
    return Reader(FORMULAS, satisfiable, of_atom, effort or Counted())


def some(*members: Any) -> Formula:
    return atom("some", names("a"), value(*members))


def test_atoms_and_constants_split() -> None:
    one = reader()
    assert one.split(TRUE) == {TRUE: TRUE}
    assert one.split(FALSE) == {FALSE: TRUE}
    assert one.split(B) == {B: TRUE}
    assert one.split(some(1)) == {TRUE: value(1), some(1): FORMULAS.negation(value(1))}
    assert [B, some(1)] == ASKED
    assert one.split(some(1)) is one.split(some(1))
    assert [B, some(1)] == ASKED


def test_disjunctions_split() -> None:
    clause = FORMULAS.any_of([some(1), B])
    assert reader().split(clause) == {TRUE: value(1), clause: FORMULAS.negation(value(1))}
    two = FORMULAS.any_of([some(1), some(2)])
    assert reader().split(two) == {TRUE: value(1, 2), two: FORMULAS.negation(value(1, 2))}


def test_conjunctions_split() -> None:
    clause = FORMULAS.all_of([some(1), B])
    assert reader().split(clause) == {B: value(1), clause: FORMULAS.negation(value(1))}
    # No value is both: that combination is left out.
    two = FORMULAS.all_of([some(1), some(2)])
    assert reader().split(two) == {
        some(2): value(1),
        some(1): value(2),
        two: FORMULAS.negation(value(1, 2)),
    }


def never(*members: Any) -> Formula:
    """The member's value is none of these."""
    return atom("each", names("a"), FORMULAS.negation(value(*members)))


def test_a_decided_part_decides_the_whole() -> None:
    """Of a conjunction what is FALSE, of a disjunction what is TRUE, is not split any further."""
    effort = Counted()
    both = reader(effort=effort).split(FORMULAS.all_of([never(1), some(2)]))
    assert both[FALSE] is value(1)
    assert both[never(1)] is value(2)
    assert both[FORMULAS.both(never(1), some(2))] is FORMULAS.negation(value(1, 2))
    assert len(both) == 3
    either = reader().split(FORMULAS.any_of([some(1), never(2)]))
    assert set(either) == {TRUE, FORMULAS.any_of([some(1), never(2)]), some(1)}
    assert either[TRUE] is value(1)
    assert either[some(1)] is value(2)
    assert effort.spent == [2, 4]


@pytest.mark.parametrize("op", [ONE, NOT_ONE])
def test_exactly_one_splits_by_what_holds(op: int) -> None:
    one = FORMULAS.one_of([some(1, 2), some(2, 3), B])
    clause = one if op == ONE else FORMULAS.negation(one)
    split = reader().split(clause)

    def left(formula: Formula) -> Formula:
        return formula if op == ONE else FORMULAS.negation(formula)

    not_b = FORMULAS.negation(B)
    assert split == {
        left(FORMULAS.all_of([FORMULAS.negation(some(2, 3)), not_b])): value(1),
        left(FALSE): value(2),
        left(FORMULAS.all_of([FORMULAS.negation(some(1, 2)), not_b])): value(3),
        clause: FORMULAS.negation(value(1, 2, 3)),
    }


def test_ways_to_the_same_end_are_joined() -> None:
    """Each two of these hold for one value."""
    split = reader().split(FORMULAS.one_of([some(1, 2), some(2, 3), some(1, 3)]))
    assert split[FALSE] is value(1, 2, 3)
    assert len(split) == 2


def test_exactly_one_forgets_what_is_false_and_what_is_too_many() -> None:
    effort = Counted()
    clause = FORMULAS.one_of([never(1), never(2), B])
    split = reader(effort=effort).split(clause)
    assert split == {
        FORMULAS.one_of([never(2), B]): value(1),
        FORMULAS.one_of([never(1), B]): value(2),
        clause: FORMULAS.negation(value(1, 2)),
    }
    assert effort.spent == [2, 4, 3]
    effort = Counted()
    # Two hold already: the others are not looked at, and no more is left than before.
    three = FORMULAS.one_of([some(1), some(1, 2), some(1, 3), B])
    split = reader(effort=effort).split(three)
    assert split[FALSE] is value(1)
    assert effort.spent == [2, 4, 6, 4]


def test_clauses_split_together_beside_the_goal_of_the_value() -> None:
    either = FORMULAS.any_of([some(1), B])
    found = reader().clauses([either, FORMULAS.any_of([some(2), C])], value(1, 2, 3))
    assert found == [
        (value(1), FORMULAS.any_of([some(2), C])),
        (value(2), either),
        (value(3), FORMULAS.both(either, FORMULAS.any_of([some(2), C]))),
    ]
    assert reader().clauses([], value(1)) == [(value(1), TRUE)]
    # What is contradicted is no way to go on.
    assert reader().clauses([never(1)], value(1)) == []
    assert reader().clauses([never(1)], value(1, 2)) == [(value(2), never(1))]
    assert reader().clauses([FALSE], value(1)) == []


def test_clauses_about_other_members_are_not_multiplied() -> None:
    effort = Counted()
    others = [FORMULAS.any_of([B, C]), FORMULAS.any_of([C, D])]
    assert reader(effort=effort).clauses(others, value(1)) == [(value(1), FORMULAS.all_of(others))]
    assert effort.spent == []
    reader(effort=effort).clauses([some(1), some(2)], TRUE)
    assert effort.spent == [2, 4]


def test_impossible_sets_of_values_go_where_there_are_many() -> None:
    asked: list[Formula] = []
    limits = []

    def satisfiable(goal: Formula) -> bool:
        asked.append(goal)
        limits.append(current_limits().search_states)
        return False

    def conjunction(count: int) -> list[Formula]:
        """Each value's summary is not exact, so that it must be asked for."""
        places = Documents({"$defs": {str(i): {"minLength": i + 1} for i in range(count)}}).root
        return [FORMULAS.schema(places.child("$defs", str(i))) for i in range(count)]

    goals = conjunction(4)
    atoms = [atom("some", names("a"), goal) for goal in goals]
    outside = current_limits().search_states
    found = reader(satisfiable).clauses(atoms[:3], TRUE)
    assert len(found) == 8
    assert asked == []
    found = reader(satisfiable).clauses(atoms, TRUE)
    assert found == []
    assert len(asked) == 16
    assert set(limits) == {CHECK_STATES}
    assert current_limits().search_states == outside
    # Each is asked once; what is not found out may be.
    again = reader(satisfiable)
    again.clauses(atoms, TRUE)
    asked.clear()
    again.clauses(atoms, TRUE)
    assert asked == []

    def unknown(goal: Formula) -> bool:
        raise LimitExceeded("states", 1)

    assert len(reader(unknown).clauses(atoms, TRUE)) == 16


def test_sets_that_are_known_exactly_are_not_asked_for() -> None:
    asked: list[Formula] = []

    def satisfiable(goal: Formula) -> bool:
        asked.append(goal)
        return False

    atoms = [some(i) for i in range(9)]
    found = reader(satisfiable).clauses(atoms, value(*range(9)))
    assert len(found) == 9
    assert asked == []


def test_too_many_sets_of_values_are_an_error() -> None:
    atoms = [some(i) for i in range(9)]
    goal = value(*range(9))
    with use_limits(Limits(verdicts=9)):
        assert len(reader().clauses(atoms, goal)) == 9
    with use_limits(Limits(verdicts=8)), pytest.raises(LimitExceeded) as caught:
        reader().clauses(atoms, goal)
    assert caught.value.limit == 8
    assert "the ways in which one member's value decides" in str(caught.value)
    one = FORMULAS.one_of(atoms)
    with use_limits(Limits(verdicts=8)), pytest.raises(LimitExceeded):
        reader().split(one)


def test_summaries_and_drafts_of_arrays_take_part() -> None:
    formulas = Formulas(lambda place: Summary(STRING))
    draft = ArrayDraft(formulas)
    assert draft.add(("length", 2, 3))
    assert simplified(formulas, formulas.atom(("length", 1, None)), draft) is formulas.true
    assert simplified(formulas, formulas.atom(("length", 4, None)), draft) is formulas.false
