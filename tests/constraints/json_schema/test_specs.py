"""What a draft of an object or an array takes up of each atom, what contradicts it and what it implies."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.language import literal
from bltgen.constraints.json_schema.formula import Formula, Formulas
from bltgen.constraints.json_schema.json_values import canonical
from bltgen.constraints.json_schema.key_set import ALL_KEYS, KeySet
from bltgen.constraints.json_schema.name_trie import NameTable
from bltgen.constraints.json_schema.specs import ArrayDraft, ArraySpec, ObjectDraft, ObjectSpec

FORMULAS = Formulas()
TRUE, FALSE = FORMULAS.true, FORMULAS.false
A, B = KeySet(frozenset((b"a",))), KeySet(frozenset((b"b",)))
AB = KeySet(frozenset((b"a", b"b")))
NOT_A = KeySet(frozenset((b"a",)), negated=True)
X = KeySet(languages=(literal(b"x"),))


def values(*members: Any) -> Formula:
    """The goal of a value to be one of these; two are contradictory if they have none in common."""
    return FORMULAS.values(map(canonical, members))


ODD, LOW, EVEN = values(1, 3), values(1, 2), values(2, 4)
ONE = values(1)


def size(low: int, high: int | None) -> tuple[Any, ...]:
    return ("size", low, high)


def members(*atoms: tuple[Any, ...]) -> ObjectDraft:
    """A draft of these atoms, which agree."""
    made = ObjectDraft(FORMULAS)
    for atom in atoms:
        assert made.add(atom), atom
    return made


def items(*atoms: tuple[Any, ...]) -> ArrayDraft:
    made = ArrayDraft(FORMULAS)
    for atom in atoms:
        assert made.add(atom), atom
    return made


# -- objects: adding ---------------------------------------------------------------------------------


def test_an_empty_draft_of_an_object() -> None:
    draft = ObjectDraft(FORMULAS)
    assert (draft.goals, draft.rest, draft.required, draft.exists) == ({}, {}, set(), {})
    assert (draft.low, draft.high, draft.table, draft.size) == (0, None, None, 0)
    assert draft.key() == (None, frozenset(), frozenset(), frozenset(), frozenset(), 0, None)


def test_sizes_meet() -> None:
    draft = members(size(1, None))
    assert (draft.low, draft.high) == (1, None)
    assert draft.add(size(0, 5))
    assert (draft.low, draft.high) == (1, 5)
    assert draft.add(size(2, 7))
    assert (draft.low, draft.high) == (2, 5)
    assert draft.add(size(0, 2))
    assert (draft.low, draft.high) == (2, 2)
    assert draft.add(size(3, None)) is False
    assert members(size(2, None)).add(size(0, 1)) is False
    assert ObjectDraft(FORMULAS).add(size(1, 0)) is False
    assert ObjectDraft(FORMULAS).add(size(0, 0))


def test_required_names_count_as_members() -> None:
    draft = members(("some", A, TRUE), ("some", B, TRUE))
    assert draft.add(size(0, 2))
    assert draft.add(size(0, 1)) is False
    full = members(size(0, 1), ("some", A, TRUE))
    assert full.add(("some", A, ODD))
    assert full.add(("some", B, TRUE)) is False


def test_goals_of_one_name_meet() -> None:
    draft = members(("each", A, ODD))
    assert draft.goals == {b"a": ODD}
    assert draft.add(("each", A, LOW))
    assert draft.goals == {b"a": ONE}
    # Nothing contradicts itself while the member may be missing.
    assert draft.add(("each", A, EVEN))
    assert draft.goals == {b"a": FALSE}
    assert draft.add(("some", A, TRUE)) is False
    assert members(("each", AB, ODD)).goals == {b"a": ODD, b"b": ODD}
    assert members(("each", A, TRUE)).goals == {b"a": TRUE}


def test_a_required_name_without_value_is_a_contradiction() -> None:
    assert members(("some", A, TRUE), ("each", A, ODD)).add(("each", A, EVEN)) is False
    assert members(("some", A, TRUE), ("each", B, ODD)).add(("each", B, EVEN))
    assert members(("some", B, TRUE)).add(("each", AB, FALSE)) is False
    assert members(("some", A, TRUE)).add(("each", ALL_KEYS, FALSE)) is False
    assert members(("some", A, TRUE)).add(("each", NOT_A, FALSE))
    assert members(("some", B, TRUE)).add(("each", NOT_A, FALSE)) is False
    assert members(("each", X, FALSE)).add(("some", KeySet(frozenset((b"x",))), TRUE)) is False
    # The goals of a name and of a set that it is in meet.
    assert members(("some", A, ODD)).add(("each", ALL_KEYS, EVEN)) is False
    assert members(("each", ALL_KEYS, EVEN)).add(("some", A, ODD)) is False


def test_goals_of_one_set_meet() -> None:
    draft = members(("each", X, ODD), ("each", ALL_KEYS, EVEN))
    assert draft.rest == {X: ODD, ALL_KEYS: EVEN}
    assert draft.add(("each", X, LOW))
    assert draft.rest == {X: ONE, ALL_KEYS: EVEN}
    assert list(draft.rest) == [X, ALL_KEYS]


def test_some_member_of_one_name_is_a_required_one() -> None:
    draft = members(("some", A, TRUE))
    assert (draft.required, draft.goals, draft.exists) == ({b"a"}, {}, {})
    assert draft.add(("some", A, ODD))
    assert (draft.required, draft.goals) == ({b"a"}, {b"a": ODD})
    assert draft.add(("some", A, LOW))
    assert draft.goals == {b"a": ONE}
    assert draft.add(("some", A, EVEN)) is False
    for keys in (A, AB, X, ALL_KEYS):
        assert ObjectDraft(FORMULAS).add(("some", keys, FALSE)) is False


def test_some_member_of_many_names_is_a_demand() -> None:
    draft = members(("some", AB, ODD), ("some", X, TRUE), ("some", AB, ODD), ("some", ALL_KEYS, TRUE))
    assert list(draft.exists) == [(AB, ODD), (X, TRUE), (ALL_KEYS, TRUE)]
    assert draft.required == set()
    # A single name of a set that has languages besides is one of many.
    more = KeySet(frozenset((b"a",)), (literal(b"x"),))
    assert list(members(("some", more, TRUE)).exists) == [(more, TRUE)]


def test_the_size_of_a_draft_is_all_that_is_copied() -> None:
    assert members(("each", A, ODD), ("each", B, ODD)).size == 2
    assert members(("each", X, ODD), ("some", A, TRUE), ("some", AB, TRUE)).size == 3
    assert members(("some", A, ODD)).size == 2


def test_the_goal_of_a_name_has_all_sets_that_it_is_in() -> None:
    draft = members(("each", A, ODD), ("each", ALL_KEYS, values(1, 2, 5)), ("each", X, values(5, 6)))
    assert draft.goal_of(b"a") is ONE
    assert draft.goal_of(b"b") is values(1, 2, 5)
    assert draft.goal_of(b"x") is values(5)
    assert members(("each", A, ODD)).goal_of(b"b") is TRUE
    assert members(("each", A, ODD)).goal_of(b"a") is ODD
    assert members(("each", X, ODD)).goal_of(b"x") is ODD
    seen = FORMULAS.seen([canonical(1)])
    assert members(("each", A, seen)).goal_of(b"a") is seen


# -- objects: what is seen at once -------------------------------------------------------------------


def test_implied_sizes() -> None:
    draft = members(size(2, 4))
    for low, high, implied in ((2, 4, True), (0, None, True), (3, None, False), (0, 5, True), (0, 3, False)):
        assert draft.implies(size(low, high)) is implied, (low, high)
    assert ObjectDraft(FORMULAS).implies(size(0, 9)) is False
    assert ObjectDraft(FORMULAS).implies(size(0, None))
    needed = members(("some", A, TRUE), ("some", B, TRUE))
    assert needed.implies(size(2, None))
    assert needed.implies(size(3, None)) is False


def test_implied_goals_of_names() -> None:
    draft = members(("each", A, ODD), ("some", B, TRUE))
    assert draft.implies(("each", A, ODD))
    assert draft.implies(("each", A, TRUE))
    assert draft.implies(("each", A, LOW)) is False
    assert draft.implies(("some", A, ODD)) is False
    assert draft.implies(("some", B, TRUE))
    assert draft.implies(("some", B, ODD)) is False
    # A name that is needed, of which nothing else is said.
    assert draft.implies(("each", B, TRUE)) is False
    assert draft.implies(("each", KeySet(frozenset((b"c",))), TRUE)) is False
    both = members(("some", A, ODD))
    assert both.implies(("some", A, ODD))
    assert both.implies(("each", A, ODD))
    assert members(("each", A, FALSE)).implies(("each", A, ODD))


def test_parts_of_a_goal_are_implied() -> None:
    formulas = Formulas()
    one, two, three = (formulas.atom(("unique", i)) for i in range(3))
    draft = ObjectDraft(formulas)
    assert draft.add(("each", A, formulas.all_of([one, two])))
    assert draft.implies(("each", A, one))
    assert draft.implies(("each", A, formulas.all_of([two, one])))
    assert draft.implies(("each", A, three)) is False
    assert draft.implies(("each", A, formulas.all_of([one, three]))) is False
    assert draft.implies(("each", A, formulas.any_of([one, two]))) is False
    more = ObjectDraft(formulas)
    assert more.add(("each", A, formulas.all_of([one, two, three])))
    assert more.implies(("each", A, formulas.all_of([three, one])))
    single = ObjectDraft(formulas)
    assert single.add(("each", A, one))
    assert single.implies(("each", A, formulas.all_of([one, two]))) is False
    either = ObjectDraft(formulas)
    assert either.add(("each", A, formulas.any_of([one, two])))
    assert either.implies(("each", A, one)) is False


def test_implied_goals_of_sets() -> None:
    draft = members(("each", X, ODD), ("some", X, ODD))
    assert draft.implies(("each", X, ODD))
    assert draft.implies(("each", X, LOW)) is False
    assert draft.implies(("each", ALL_KEYS, ODD)) is False
    # Demands are not compared.
    assert draft.implies(("some", X, ODD)) is False
    assert members(("each", AB, ODD)).implies(("each", AB, ODD)) is False


def test_excluded_sizes() -> None:
    draft = members(size(2, 4))
    for low, high, excluded in ((4, None, False), (5, None, True), (0, 2, False), (0, 1, True)):
        assert draft.excludes(size(low, high)) is excluded, (low, high)
    assert ObjectDraft(FORMULAS).excludes(size(9, None)) is False
    assert ObjectDraft(FORMULAS).excludes(size(0, 0)) is False
    needed = members(("some", A, TRUE))
    assert needed.excludes(size(0, 0))
    assert needed.excludes(size(0, 1)) is False


def test_excluded_goals() -> None:
    draft = members(("some", A, ODD), ("each", B, ODD))
    assert draft.excludes(("each", A, EVEN))
    assert draft.excludes(("each", A, LOW)) is False
    assert draft.excludes(("each", B, EVEN)) is False
    assert draft.excludes(("each", AB, EVEN))
    assert draft.excludes(("each", ALL_KEYS, EVEN))
    assert draft.excludes(("each", NOT_A, EVEN)) is False
    assert draft.excludes(("each", X, EVEN)) is False
    assert draft.excludes(("each", ALL_KEYS, LOW)) is False
    assert draft.excludes(("some", A, EVEN))
    assert draft.excludes(("some", B, EVEN))
    assert draft.excludes(("some", B, LOW)) is False
    assert draft.excludes(("some", AB, EVEN))
    assert draft.excludes(("some", KeySet(frozenset((b"a", b"c"))), EVEN)) is False
    assert draft.excludes(("some", X, FALSE))
    assert draft.excludes(("some", X, EVEN)) is False


def test_a_member_is_excluded_where_there_is_no_room() -> None:
    draft = members(("some", A, TRUE), size(0, 1))
    assert draft.excludes(("some", B, TRUE))
    assert draft.excludes(("some", A, TRUE)) is False
    assert draft.excludes(("some", AB, TRUE)) is False
    assert members(("some", A, TRUE), size(0, 2)).excludes(("some", B, TRUE)) is False
    assert members(("some", A, TRUE)).excludes(("some", B, TRUE)) is False
    assert members(size(0, 0)).excludes(("some", B, TRUE))


# -- objects: copies, keys and specs -----------------------------------------------------------------


def test_a_copy_is_equal_and_its_own() -> None:
    draft = members(("each", A, ODD), ("each", X, ODD), ("some", B, TRUE), ("some", AB, TRUE), size(1, 5))
    draft.table = NameTable([b"a"])
    spec = draft.finish(7, ())
    for other in (draft.copy(), ObjectDraft.of(spec)):
        assert other.key() == draft.key()
        assert (other.goals, other.rest) == (draft.goals, draft.rest)
        assert (other.required, other.exists) == (draft.required, draft.exists)
        assert (other.high, other.table) == (5, draft.table)
        assert other.low == 1
        for atom in (("each", B, LOW), ("each", ALL_KEYS, LOW), ("some", A, TRUE), ("some", X, TRUE)):
            assert other.add(atom)
        assert other.add(size(3, 4))
    assert (draft.goals, draft.rest) == ({b"a": ODD}, {X: ODD})
    assert (draft.required, list(draft.exists)) == ({b"b"}, [(AB, TRUE)])
    assert (draft.low, draft.high) == (1, 5)
    assert spec.goals == {b"a": ODD}


def test_keys_tell_contents_apart_and_not_their_order() -> None:
    atoms = [("each", A, ODD), ("each", B, LOW), ("each", X, ODD), ("some", AB, TRUE), ("some", X, ODD)]
    one, other = members(*atoms, size(0, 3)), members(size(0, 3), *atoms[::-1])
    assert one.key() == other.key()
    assert hash(one.key()) == hash(other.key())
    for more in (("each", A, LOW), ("each", ALL_KEYS, ODD), ("some", A, TRUE), ("some", X, TRUE), size(1, 3)):
        changed = one.copy()
        assert changed.add(more)
        assert changed.key() != one.key(), more
    assert one.copy().key() == one.key()
    # Where names are told apart by a table, demands keep their order.
    one.table = other.table = NameTable([b"a"])
    assert one.key() != other.key()
    assert one.key()[4] == ((AB, TRUE.id), (X, ODD.id))
    assert one.key()[0] is one.table


def test_the_least_size_of_a_key_and_a_spec_counts_what_is_required() -> None:
    draft = members(("some", A, TRUE), ("some", B, TRUE))
    assert draft.key() == members(("some", A, TRUE), ("some", B, TRUE), size(2, None)).key()
    assert draft.key() != members(("some", A, TRUE), ("some", B, TRUE), size(3, None)).key()
    assert draft.finish(0, ()).low == 2
    assert members(("some", A, TRUE), size(3, None)).finish(0, ()).low == 3


def test_a_finished_spec_holds_what_the_draft_held() -> None:
    draft = members(("each", A, ODD), ("each", X, LOW), ("some", B, TRUE), ("some", AB, ODD), size(0, 4))
    draft.table = NameTable([b"a", b"b"])
    clause = FORMULAS.any_of([FORMULAS.atom(size(0, 1)), FORMULAS.atom(("each", A, ONE))])
    spec = draft.finish(12, (clause,))
    assert isinstance(spec, ObjectSpec)
    assert (spec.id, spec.clauses, spec.table, spec.compiled) == (12, (clause,), draft.table, None)
    assert spec.formulas is FORMULAS
    assert spec.goals == {b"a": ODD}
    assert spec.rest == ((X, LOW),)
    assert spec.required == frozenset((b"b",))
    assert spec.exists == ((AB, ODD),)
    assert (spec.low, spec.high) == (1, 4)


def test_the_goals_of_a_spec_are_made_once() -> None:
    formulas = Formulas()
    one, two, three = (formulas.atom(("unique", i)) for i in range(3))
    draft = ObjectDraft(formulas)
    for atom in (("each", A, one), ("each", ALL_KEYS, two), ("each", X, three)):
        assert draft.add(atom)
    spec = draft.finish(0, ())
    assert spec.goal_of(b"a") is formulas.all_of([one, two])
    assert spec.goal_of(b"b") is two
    assert spec.goal_of(b"x") is formulas.all_of([two, three])
    calls = []
    formulas.all_of = lambda parts: calls.append(parts)  # type: ignore[method-assign]
    assert spec.goal_of(b"a").parts == (one, two)
    assert spec.goal_of(b"c") is two
    assert calls == []
    closed = ObjectDraft(FORMULAS).finish(0, ())
    assert closed.goal_of(b"a") is TRUE
    only = members(("each", A, ODD), ("each", X, LOW)).finish(0, ())
    assert (only.goal_of(b"a"), only.goal_of(b"b"), only.goal_of(b"x")) == (ODD, TRUE, LOW)
    seen = FORMULAS.seen([canonical(1)])
    assert members(("each", A, seen), ("each", X, LOW)).finish(0, ()).goal_of(b"a") is seen


# -- arrays: adding ----------------------------------------------------------------------------------


def each(low: int, high: int | None, goal: Formula) -> tuple[Any, ...]:
    return ("each item", low, high, goal)


def length(low: int, high: int | None) -> tuple[Any, ...]:
    return ("length", low, high)


def test_an_empty_draft_of_an_array() -> None:
    draft = ArrayDraft(FORMULAS)
    assert (draft.prefix, draft.rest, draft.counts) == ({}, {}, {})
    assert (draft.low, draft.high, draft.unique, draft.repeated) == (0, None, False, False)
    assert (draft.horizon, draft.size, draft.steady) == (0, 0, 0)
    assert draft.key() == (0, frozenset(), frozenset(), (), 0, None, False, False)


def test_lengths_meet() -> None:
    draft = items(length(1, None))
    assert (draft.low, draft.high) == (1, None)
    assert draft.add(length(0, 5))
    assert (draft.low, draft.high) == (1, 5)
    assert draft.add(length(2, 7))
    assert (draft.low, draft.high) == (2, 5)
    assert draft.add(length(0, 2))
    assert draft.add(length(3, None)) is False
    assert ArrayDraft(FORMULAS).add(length(1, 0)) is False
    assert ArrayDraft(FORMULAS).add(length(0, 0))


def test_goals_of_one_index_meet() -> None:
    draft = items(each(0, 2, ODD), each(1, 3, LOW))
    assert draft.prefix == {0: ODD, 1: ONE, 2: LOW}
    assert draft.high is None
    # An index without value ends the array there.
    assert draft.add(each(2, 3, FALSE))
    assert (draft.prefix[2], draft.high) == (FALSE, 2)
    assert draft.add(each(1, 2, EVEN))
    assert (draft.prefix[1], draft.high) == (FALSE, 1)
    assert items(length(2, None)).add(each(1, 2, FALSE)) is False
    assert items(length(2, None)).add(each(2, 3, FALSE))


def test_goals_from_an_index_on_meet() -> None:
    draft = items(each(1, None, ODD), each(0, None, LOW), each(1, None, LOW))
    assert draft.rest == {1: ONE, 0: LOW}
    assert draft.high is None
    assert draft.add(each(3, None, FALSE))
    assert draft.high == 3
    assert draft.add(each(1, None, EVEN))
    assert (draft.rest[1], draft.high) == (FALSE, 1)
    assert items(length(3, None)).add(each(2, None, FALSE)) is False
    assert items(length(2, None)).add(each(2, None, FALSE))


def test_an_index_that_must_be_there_and_has_no_value_is_a_contradiction() -> None:
    assert items(length(2, None), each(0, None, ODD)).add(each(1, 2, EVEN)) is False
    assert items(length(1, None), each(0, None, ODD)).add(each(1, 2, EVEN))
    assert items(each(0, None, ODD), each(1, 2, EVEN)).add(length(2, None)) is False
    assert items(each(0, None, ODD), each(1, 2, EVEN)).add(length(1, None))


def test_counts_of_one_goal_meet() -> None:
    draft = items(("count", 1, ODD, 1, None))
    assert (draft.counts, draft.low) == ({(1, ODD): (1, None)}, 2)
    assert draft.add(("count", 1, ODD, 3, 5))
    assert (draft.counts, draft.low) == ({(1, ODD): (3, 5)}, 4)
    assert draft.add(("count", 1, ODD, 0, 4))
    assert draft.counts == {(1, ODD): (3, 4)}
    assert draft.add(("count", 1, ODD, 2, None))
    assert draft.counts == {(1, ODD): (3, 4)}
    assert draft.low == 4
    assert draft.copy().add(("count", 1, ODD, 0, 2)) is False
    assert draft.copy().add(("count", 1, ODD, 5, None)) is False
    assert draft.add(("count", 1, ODD, 4, 4))
    assert draft.counts == {(1, ODD): (4, 4)}
    # Of another index or goal it is another count; one that asks for no item asks for no length.
    assert draft.add(("count", 9, ODD, 0, 2))
    assert draft.low == 5
    assert list(draft.counts) == [(1, ODD), (9, ODD)]
    assert draft.add(length(0, 5))
    assert draft.add(("count", 0, LOW, 6, None)) is False


def test_unique_and_repeated() -> None:
    draft = items(("unique", True))
    assert (draft.unique, draft.repeated, draft.low) == (True, False, 0)
    assert draft.add(("unique", True))
    assert draft.add(("unique", False)) is False
    other = items(("unique", False))
    assert (other.unique, other.repeated, other.low) == (False, True, 2)
    assert other.add(("unique", True)) is False
    assert items(length(0, 1)).add(("unique", False)) is False
    assert items(length(3, None), ("unique", False)).low == 3


def test_sizes_goals_and_the_steady_part_of_an_array() -> None:
    draft = items(each(0, 2, ODD), each(1, None, LOW), ("count", 0, ODD, 1, None))
    assert draft.size == 4
    assert draft.goal_at(0) is ODD
    assert draft.goal_at(1) is ONE
    assert draft.goal_at(2) is LOW
    assert draft.steady == 2
    assert items(each(5, None, LOW)).steady == 5
    assert items(each(5, 6, LOW)).steady == 6
    assert items(each(0, None, LOW)).steady == 0


# -- arrays: what is seen at once --------------------------------------------------------------------


def test_implied_lengths() -> None:
    draft = items(length(2, 4))
    for low, high, implied in ((2, 4, True), (0, None, True), (3, None, False), (0, 5, True), (0, 3, False)):
        assert draft.implies(length(low, high)) is implied, (low, high)
    assert ArrayDraft(FORMULAS).implies(length(0, 9)) is False


def test_implied_and_excluded_uniqueness() -> None:
    for wanted in (True, False):
        draft = items(("unique", wanted))
        for asked in (True, False):
            assert draft.implies(("unique", asked)) is (asked is wanted)
            assert draft.excludes(("unique", asked)) is (asked is not wanted)
        assert ArrayDraft(FORMULAS).implies(("unique", wanted)) is False
        assert ArrayDraft(FORMULAS).excludes(("unique", wanted)) is False


def test_implied_goals_of_items() -> None:
    draft = items(each(0, 2, ODD), each(3, None, LOW))
    assert draft.implies(each(0, 2, ODD))
    assert draft.implies(each(1, 2, ODD))
    assert draft.implies(each(1, 3, ODD)) is False
    assert draft.implies(each(0, 2, LOW)) is False
    assert draft.implies(each(3, None, LOW))
    assert draft.implies(each(4, 6, LOW))
    assert draft.implies(each(3, None, ODD)) is False
    assert draft.implies(each(4, None, LOW)) is False
    assert draft.implies(each(0, None, ODD)) is False
    # Counts are not compared.
    counted = ("count", 0, ODD, 1, None)
    assert items(counted).implies(counted) is False


def test_excluded_lengths() -> None:
    draft = items(length(2, 4))
    for low, high, excluded in ((4, None, False), (5, None, True), (0, 2, False), (0, 1, True)):
        assert draft.excludes(length(low, high)) is excluded, (low, high)
    assert ArrayDraft(FORMULAS).excludes(length(9, None)) is False
    assert ArrayDraft(FORMULAS).excludes(length(0, 0)) is False


def test_excluded_goals_of_items() -> None:
    draft = items(each(0, None, ODD), length(2, None))
    assert draft.excludes(each(0, 1, EVEN))
    assert draft.excludes(each(1, 5, EVEN))
    assert draft.excludes(each(2, 5, EVEN)) is False
    assert draft.excludes(each(0, 1, LOW)) is False
    assert draft.excludes(each(1, None, EVEN))
    assert draft.excludes(each(2, None, EVEN)) is False
    # Only the first indices are looked at.
    long = items(length(99, None), each(20, 21, EVEN), each(19, 20, LOW))
    assert long.excludes(each(0, None, ODD)) is False
    assert long.excludes(each(0, 50, ODD)) is False
    assert long.excludes(each(1, None, ODD))
    near = items(length(99, None), each(19, 20, EVEN))
    assert near.excludes(each(0, None, ODD))
    assert near.excludes(each(0, 20, ODD))
    assert near.excludes(each(0, 19, ODD)) is False


def test_excluded_counts() -> None:
    draft = items(length(0, 4))
    assert draft.excludes(("count", 0, ODD, 5, None))
    assert draft.excludes(("count", 0, ODD, 4, None)) is False
    assert draft.excludes(("count", 2, ODD, 3, None))
    assert draft.excludes(("count", 2, ODD, 2, None)) is False
    assert ArrayDraft(FORMULAS).excludes(("count", 2, ODD, 99, None)) is False


# -- arrays: copies, keys and specs ------------------------------------------------------------------

CONTENT = [each(0, 2, ODD), each(1, None, LOW), ("count", 0, ODD, 1, 9), length(2, 12), ("unique", True)]


def test_a_copy_of_an_array_is_equal_and_its_own() -> None:
    draft = items(*CONTENT)
    draft.horizon = 6
    spec = draft.finish(3, ())
    for other in (draft.copy(), ArrayDraft.of(spec, (0,))):
        assert other.key() == draft.key()
        assert other.add(each(0, 1, LOW))
        assert other.add(each(5, None, LOW))
        assert other.add(("count", 0, LOW, 3, None))
        assert other.key() != draft.key()
    assert draft.key() == (6, *items(*CONTENT).key()[1:])
    assert spec.prefix == {0: ODD, 1: ODD}
    repeated = items(("unique", False))
    assert repeated.copy().repeated
    assert ArrayDraft.of(repeated.finish(0, ()), ()).repeated


def test_what_was_met_is_taken_off_the_counts() -> None:
    spec = items(("count", 0, ODD, 2, None), ("count", 0, LOW, 1, 3)).finish(0, ())
    for met, counts in (
        ((0, 0), {(0, ODD): (2, None), (0, LOW): (1, 3)}),
        ((1, 1), {(0, ODD): (1, None), (0, LOW): (0, 2)}),
        ((2, 3), {(0, LOW): (0, 0)}),
        ((3, 2), {(0, LOW): (0, 1)}),
    ):
        assert ArrayDraft.of(spec, met).counts == counts, met
    with pytest.raises(ValueError, match="zip"):
        ArrayDraft.of(spec, (0,))


@pytest.mark.parametrize(
    "more",
    [
        each(0, 1, LOW),
        each(7, None, LOW),
        ("count", 0, ODD, 2, 9),
        ("count", 0, ODD, 1, 8),
        ("count", 1, ODD, 0, 9),
        length(3, 12),
        length(2, 11),
    ],
)
def test_keys_of_arrays_tell_contents_apart(more: tuple[Any, ...]) -> None:
    one, other = items(*CONTENT), items(*CONTENT)
    assert one.key() == other.key()
    assert hash(one.key()) == hash(other.key())
    assert other.add(more)
    assert one.key() != other.key()


def test_keys_of_arrays_know_order_and_flags() -> None:
    counts = [("count", 0, ODD, 0, 3), ("count", 0, LOW, 0, 3)]
    assert items(*counts).key() != items(*counts[::-1]).key()
    goals = [each(0, 1, ODD), each(1, 2, LOW)]
    assert items(*goals).key() == items(*goals[::-1]).key()
    plain, unique = items(length(2, None)), items(length(2, None), ("unique", True))
    repeated = items(("unique", False))
    assert len({plain.key(), unique.key(), repeated.key()}) == 3
    plain.horizon = 1
    assert plain.key() != items(length(2, None)).key()


def test_a_finished_array_spec_holds_what_the_draft_held() -> None:
    clause = FORMULAS.any_of([FORMULAS.atom(length(0, 1)), FORMULAS.atom(each(0, 1, ONE))])
    spec = items(*CONTENT).finish(4, (clause,))
    assert isinstance(spec, ArraySpec)
    assert (spec.id, spec.clauses, spec.compiled) == (4, (clause,), None)
    assert spec.formulas is FORMULAS
    assert spec.prefix == {0: ODD, 1: ODD}
    assert spec.rest == ((1, LOW),)
    assert spec.counts == ((0, ODD, 1, 9),)
    assert (spec.low, spec.high, spec.unique, spec.repeated) == (2, 12, True, False)
    assert items(("unique", False)).finish(0, ()).repeated


def test_the_horizon_is_the_last_index_that_anything_is_about() -> None:
    def horizon(*atoms: tuple[Any, ...], least: int = 0) -> int:
        draft = items(*atoms)
        draft.horizon = least
        return draft.finish(0, ()).horizon

    assert horizon() == 0
    assert horizon(least=3) == 3
    assert horizon(each(0, 2, ODD)) == 2
    assert horizon(each(4, None, ODD)) == 4
    assert horizon(("count", 5, ODD, 1, None)) == 5
    assert horizon(each(0, 2, ODD), least=1) == 2


def test_the_goals_of_an_array_spec_are_made_once() -> None:
    formulas = Formulas()
    one, two = (formulas.atom(("unique", i)) for i in range(2))
    draft = ArrayDraft(formulas)
    for atom in (each(0, 2, one), each(1, None, two)):
        assert draft.add(atom)
    spec = draft.finish(0, ())
    assert spec.goal_at(0) is one
    assert spec.goal_at(1) is formulas.all_of([one, two])
    assert spec.goal_at(2) is two
    calls = []
    formulas.all_of = lambda parts: calls.append(parts)  # type: ignore[method-assign]
    assert spec.goal_at(1).parts == (one, two)
    # From the horizon on all are alike.
    assert spec.goal_at(99) is two
    assert calls == []
