"""Each constructor of formulas: what it simplifies, that equal formulas are one object, what it costs."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from bltgen.constraints.json_schema.effort import Effort
from bltgen.constraints.json_schema.formula import (
    AND,
    ATOM,
    FALSE,
    NOT_ONE,
    ONE,
    OR,
    SCHEMA,
    TRUE,
    VALUES,
    Formula,
    Formulas,
    Summary,
    join,
    meet,
)
from bltgen.constraints.json_schema.json_values import (
    ANY_TYPE,
    ARRAY,
    BOOLEAN,
    INTEGER,
    NULL,
    NUMBER,
    STRING,
    canonical,
)
from bltgen.constraints.json_schema.references import Documents, Place

from .tables import Counted

NULL_, YES, NO, ONE_, HALF, TEXT = map(canonical, (None, True, False, 1, 0.5, "a"))


def place(schema: Any) -> Place:
    return Documents(schema).root


def two_places() -> tuple[Place, Place]:
    """Of one document, so that they are told apart."""
    root = Documents({"$defs": {"a": {"a": 1}, "b": {"b": 1}}}).root
    return root.child("$defs", "a"), root.child("$defs", "b")


def atom(formulas: Formulas, name: str) -> Formula:
    return formulas.atom((name,))


@pytest.fixture
def formulas() -> Formulas:
    """Formulas whose atoms ("a",) and ("not", "a") are the negations of each other."""

    def negate(value: tuple[Any, ...]) -> Formula:
        return made.atom(value[1:] if value[0] == "not" else ("not", *value))

    made = Formulas(lambda where: Summary(STRING), negate, Counted())
    return made


def spent(formulas: Formulas) -> list[int]:
    assert isinstance(formulas.effort, Counted)
    found = formulas.effort.spent[:]
    formulas.effort.spent.clear()
    return found


# -- leaves ------------------------------------------------------------------------------------------


def test_a_table_begins_with_true_and_false() -> None:
    formulas = Formulas()
    assert (formulas.true.op, formulas.false.op) == (TRUE, FALSE)
    assert (formulas.true.id, formulas.false.id) == (0, 1)
    assert len(formulas) == 0
    assert atom(formulas, "a").id == 2
    assert atom(formulas, "b").id == 3
    assert len(formulas) == 2
    assert isinstance(formulas.effort, Effort)
    assert formulas.mentions == {}
    assert formulas.repeated == set()
    assert formulas.negation(formulas.true) is formulas.false
    assert formulas.negation(formulas.false) is formulas.true
    assert formulas.summary(formulas.true) == Summary(ANY_TYPE, None, frozenset(), True)
    assert formulas.summary(formulas.false) == Summary(0, frozenset(), frozenset(), True)
    assert formulas.true.compiled is None


def test_an_effort_that_is_given_is_kept() -> None:
    effort = Effort()
    assert Formulas(effort=effort).effort is effort


def test_bools_and_empty_schemas_are_constants(formulas: Formulas) -> None:
    for schema, positive, op in (
        (True, True, TRUE),
        (True, False, FALSE),
        (False, True, FALSE),
        (False, False, TRUE),
        ({}, True, TRUE),
        ({}, False, FALSE),
    ):
        made = formulas.schema(place(schema), positive)
        assert made is (formulas.true if op == TRUE else formulas.false), (schema, positive)
    assert spent(formulas) == []


def test_a_schema_is_a_leaf_by_its_place(formulas: Formulas) -> None:
    documents = Documents({"$defs": {"a": {"type": "null"}}})
    root, below = documents.root, documents.root.child("$defs", "a")
    one, other = formulas.schema(root), formulas.schema(below)
    assert one.op == SCHEMA
    assert one.value == (root, True)
    assert one.parts == ()
    assert formulas.schema(root) is one is not other
    negative = formulas.schema(root, False)
    assert negative.value == (root, False)
    assert negative is not one
    assert formulas.negation(one) is negative
    assert formulas.negation(negative) is one
    assert spent(formulas) == [1, 1, 1]


def test_lists_of_values_are_leaves(formulas: Formulas) -> None:
    one = formulas.values([ONE_, TEXT, ONE_])
    assert one.op == VALUES
    assert one.value == (frozenset((ONE_, TEXT)), True)
    assert formulas.values([TEXT, ONE_]) is one
    assert formulas.values([TEXT]) is not one
    other = formulas.values([ONE_, TEXT], False)
    assert other.value == (frozenset((ONE_, TEXT)), False)
    assert other is not one
    assert formulas.values([]) is formulas.false
    assert formulas.values([], False) is formulas.true
    assert formulas.negation(one) is other
    assert formulas.negation(other) is one


def test_seen_values_are_told_from_listed_ones(formulas: Formulas) -> None:
    seen = formulas.seen([ONE_, TEXT])
    assert seen.op == VALUES
    assert seen.value == (frozenset((ONE_, TEXT)), True)
    assert seen is formulas.seen([TEXT, ONE_])
    assert seen is not formulas.values([ONE_, TEXT])
    assert formulas.repeated == {seen}
    assert formulas.seen([]) is formulas.false
    assert formulas.repeated == {seen}


def test_atoms_are_one_by_their_content(formulas: Formulas) -> None:
    made = formulas.atom(("size", 1, None))
    assert made.op == ATOM
    assert made.value == ("size", 1, None)
    assert formulas.atom(("size", 1, None)) is made
    assert formulas.atom(("size", 1, 2)) is not made


# -- conjunctions ------------------------------------------------------------------------------------


def test_both_of_the_neutral_and_the_same(formulas: Formulas) -> None:
    a, true, false = atom(formulas, "a"), formulas.true, formulas.false
    assert formulas.both(a, a) is a
    assert formulas.both(a, true) is a
    assert formulas.both(true, a) is a
    assert formulas.both(a, false) is false
    assert formulas.both(false, a) is false
    assert formulas.both(true, true) is true
    assert formulas.both(a, atom(formulas, "b")).op == AND
    # What is known to be spelled as before stays so.
    seen = formulas.seen([ONE_])
    assert formulas.both(seen, true) is formulas.both(true, seen) is formulas.both(seen, seen) is seen


def test_a_conjunction_is_flat_and_each_part_comes_once(formulas: Formulas) -> None:
    a, b, c = (atom(formulas, name) for name in "abc")
    ab = formulas.all_of([a, b])
    assert ab.op == AND
    assert ab.parts == (a, b)
    assert ab.value is None
    assert formulas.all_of([b, formulas.true, a, b]) is ab
    abc = formulas.all_of([ab, c, b])
    assert abc.parts == (a, b, c)
    assert formulas.all_of([c, b, a]) is abc
    assert formulas.all_of([a, formulas.false, b]) is formulas.false
    assert formulas.all_of([]) is formulas.true
    assert formulas.all_of([formulas.true]) is formulas.true
    assert formulas.all_of([b, b]) is b


def test_lists_of_a_conjunction_become_one(formulas: Formulas) -> None:
    a = atom(formulas, "a")
    some = formulas.values([ONE_, TEXT, YES])
    assert formulas.all_of([some, formulas.values([TEXT, NO, YES])]) is formulas.values([TEXT, YES])
    assert formulas.all_of([some, formulas.values([TEXT], False)]) is formulas.values([ONE_, YES])
    assert formulas.all_of([formulas.values([TEXT], False), some]) is formulas.values([ONE_, YES])
    excluded = [formulas.values([TEXT], False), formulas.values([ONE_], False)]
    assert formulas.all_of(excluded) is formulas.values([TEXT, ONE_], False)
    assert formulas.all_of([some, formulas.values([NO])]) is formulas.false
    assert formulas.all_of([formulas.values([NO]), formulas.values([NO], False)]) is formulas.false
    spent(formulas)
    assert formulas.all_of([a, some, formulas.values([NO])]) is formulas.false
    assert spent(formulas) == []
    # Listed values take the place of excluded ones, and no atom holds of a scalar alone.
    mixed = formulas.all_of([a, *excluded])
    assert mixed.parts == (a, formulas.values([TEXT, ONE_], False))
    listed = formulas.all_of([a, some, *excluded])
    assert listed.parts == (a, formulas.values([YES]))


def test_a_conjunction_with_a_negation_of_a_part_is_false(formulas: Formulas) -> None:
    a, b = atom(formulas, "a"), atom(formulas, "b")
    # Only a negation that was made before is known.
    unknown = formulas.all_of([atom(formulas, "c"), formulas.atom(("not", "c"))])
    assert unknown.op == AND
    negated = formulas.negation(a)
    assert formulas.all_of([a, b, negated]) is formulas.false
    assert formulas.all_of([negated, b, a]) is formulas.false
    where = place({"type": "null"})
    one, other = formulas.schema(where), formulas.schema(where, False)
    formulas.negation(one)
    assert formulas.all_of([other, one]) is formulas.false
    assert formulas.any_of([other, one]) is formulas.true


def test_a_conjunction_of_no_value_is_false_at_once() -> None:
    places = two_places()
    summaries = {places[0]: Summary(NULL), places[1]: Summary(ARRAY)}
    formulas = Formulas(summaries.__getitem__, None, Counted())
    null, array = map(formulas.schema, places)
    assert spent(formulas) == [1, 1]
    assert formulas.all_of([null, array]) is formulas.false
    size = len(formulas)
    assert formulas.all_of([array, null]) is formulas.false
    # What was found out is kept, and nothing more is made.
    assert len(formulas) == size
    assert spent(formulas) == [1]
    assert formulas.all_of([null, formulas.values([NULL_])]).op == AND
    assert formulas.all_of([null, formulas.values([TEXT])]) is formulas.false


def test_identities_go_on_after_conjunctions(formulas: Formulas) -> None:
    a, b = atom(formulas, "a"), atom(formulas, "b")
    both = formulas.all_of([a, b])
    either = formulas.any_of([a, b])
    assert [formula.id for formula in (a, b, both, either)] == [2, 3, 4, 5]


def test_a_formula_costs_a_step_and_one_more_for_sixteen_parts(formulas: Formulas) -> None:
    atoms = [atom(formulas, f"a{i}") for i in range(33)]
    spent(formulas)
    for make in (formulas.all_of, formulas.any_of, formulas.one_of):
        for count, steps in ((2, 1), (15, 1), (16, 2), (31, 2), (32, 3)):
            make(atoms[:count])
            assert spent(formulas) == [steps], (make, count)
            make(atoms[:count])
            assert spent(formulas) == []


def test_the_beginning_of_a_conjunction(formulas: Formulas) -> None:
    a, b, c, d = (atom(formulas, name) for name in "abcd")
    abc = formulas.all_of([a, b, c])
    assert formulas.beginning(abc) is None
    ab = formulas.all_of([b, a])
    assert formulas.beginning(abc) is ab
    assert formulas.beginning(ab) is None
    assert formulas.beginning(formulas.all_of([a, b, c, d])) is abc
    assert formulas.beginning(formulas.any_of([a, b, c])) is None
    assert formulas.beginning(a) is None


# -- disjunctions ------------------------------------------------------------------------------------


def test_a_disjunction_is_flat_and_each_part_comes_once(formulas: Formulas) -> None:
    a, b, c = (atom(formulas, name) for name in "abc")
    ab = formulas.any_of([a, b])
    assert ab.op == OR
    assert ab.parts == (a, b)
    assert formulas.any_of([b, formulas.false, a, b]) is ab
    abc = formulas.any_of([ab, c, b])
    assert abc.parts == (a, b, c)
    assert formulas.any_of([c, b, a]) is abc
    assert formulas.any_of([a, formulas.true, b]) is formulas.true
    assert formulas.any_of([]) is formulas.false
    assert formulas.any_of([formulas.false]) is formulas.false
    assert formulas.any_of([b, b]) is b
    assert ab is not formulas.all_of([a, b])


def test_lists_of_a_disjunction_become_one(formulas: Formulas) -> None:
    a = atom(formulas, "a")
    some = formulas.values([ONE_, TEXT])
    assert formulas.any_of([some, formulas.values([YES])]) is formulas.values([ONE_, TEXT, YES])
    excluded = [formulas.values([TEXT, NO], False), formulas.values([ONE_, TEXT], False)]
    assert formulas.any_of(excluded) is formulas.values([TEXT], False)
    assert formulas.any_of([*excluded, formulas.values([TEXT])]) is formulas.true
    assert formulas.any_of([some, formulas.values([TEXT, NO], False)]) is formulas.values([NO], False)
    assert formulas.any_of([formulas.values([ONE_], False), formulas.values([NO], False)]) is formulas.true
    assert formulas.any_of([a, some, formulas.values([YES])]).parts == (
        a,
        formulas.values([ONE_, TEXT, YES]),
    )
    assert formulas.any_of([a, *excluded]).parts == (a, formulas.values([TEXT], False))


def test_a_disjunction_with_a_negation_of_a_part_is_true(formulas: Formulas) -> None:
    a, b = atom(formulas, "a"), atom(formulas, "b")
    unknown = formulas.any_of([atom(formulas, "c"), formulas.atom(("not", "c"))])
    assert unknown.op == OR
    negated = formulas.negation(a)
    assert formulas.any_of([a, b, negated]) is formulas.true
    assert formulas.any_of([negated, b, a]) is formulas.true


def test_exactly_one(formulas: Formulas) -> None:
    a, b, true, false = atom(formulas, "a"), atom(formulas, "b"), formulas.true, formulas.false
    one = formulas.one_of([a, b])
    assert one.op == ONE
    assert one.parts == (a, b)
    assert formulas.one_of([b, a]) is one
    assert formulas.one_of([b, false, a]) is one
    # Two equal ones are never exactly one.
    assert formulas.one_of([a, a]).parts == (a, a)
    assert formulas.one_of([a, a]) is not a
    assert formulas.one_of([a, false]) is a
    assert formulas.one_of([]) is false
    assert formulas.one_of([false, false]) is false
    assert formulas.one_of([true]) is true
    assert formulas.one_of([true, true]) is false
    assert formulas.one_of([a, true, true]) is false
    assert formulas.one_of([true, a]) is formulas.negation(a)
    neither = formulas.all_of([formulas.negation(a), formulas.negation(b)])
    assert formulas.one_of([a, true, false, b]) is neither


def test_combinations_by_their_kind(formulas: Formulas) -> None:
    pair = [atom(formulas, "a"), atom(formulas, "b")]
    assert formulas.combined(AND, pair) is formulas.all_of(pair)
    assert formulas.combined(OR, pair) is formulas.any_of(pair)
    assert formulas.combined(ONE, pair) is formulas.one_of(pair)
    assert formulas.combined(NOT_ONE, pair) is formulas.negation(formulas.one_of(pair))
    assert formulas.combined(NOT_ONE, pair).op == NOT_ONE


# -- negations ---------------------------------------------------------------------------------------


def test_negations_by_de_morgan(formulas: Formulas) -> None:
    a, b = atom(formulas, "a"), atom(formulas, "b")
    not_a, not_b = formulas.negation(a), formulas.negation(b)
    assert not_a is formulas.atom(("not", "a"))
    assert formulas.negation(formulas.all_of([a, b])) is formulas.any_of([not_a, not_b])
    assert formulas.negation(formulas.any_of([a, b])) is formulas.all_of([not_a, not_b])
    one = formulas.one_of([a, b])
    other = formulas.negation(one)
    assert other.op == NOT_ONE
    assert other.parts == (a, b)
    assert formulas.negation(other) is one
    assert formulas.combined(NOT_ONE, [b, a]) is other


def test_a_negation_is_made_once_and_remembered_both_ways() -> None:
    asked = []

    def negate(value: tuple[Any, ...]) -> Formula:
        asked.append(value)
        return formulas.atom(("not", *value))

    formulas = Formulas(negate_atom=negate)
    a, b = atom(formulas, "a"), atom(formulas, "b")
    negated = formulas.negation(a)
    assert formulas.negation(a) is negated
    assert asked == [("a",)]
    # An atom's negation is among the values of its type, so that it is asked for by itself.
    formulas.negation(negated)
    assert asked == [("a",), ("not", "a")]
    both = formulas.all_of([a, b])
    assert formulas.negation(formulas.negation(both)) is both
    values = formulas.values([ONE_])
    assert formulas.negation(formulas.negation(values)) is values


def test_a_negation_that_has_another_one_keeps_it(formulas: Formulas) -> None:
    listed, seen = formulas.values([ONE_]), formulas.seen([ONE_])
    negated = formulas.negation(listed)
    assert formulas.negation(seen) is negated
    assert formulas.negation(negated) is listed


# -- summaries ---------------------------------------------------------------------------------------


def test_an_empty_summary() -> None:
    for summary, empty in (
        (Summary(0), True),
        (Summary(STRING), False),
        (Summary(STRING, frozenset()), True),
        (Summary(STRING, frozenset((TEXT,))), False),
        (Summary(STRING, frozenset((ONE_,))), True),
        (Summary(STRING, frozenset((TEXT,)), frozenset((TEXT,))), True),
        (Summary(STRING, frozenset((TEXT, canonical("b"))), frozenset((TEXT,))), False),
    ):
        assert summary.is_empty() is empty, summary
    assert Summary() == Summary(ANY_TYPE, None, frozenset(), False)


def test_the_meet_of_summaries() -> None:
    assert meet([]) == Summary(ANY_TYPE, None, frozenset(), True)
    one = Summary(STRING | NULL, frozenset((TEXT, NULL_)), frozenset((ONE_,)), True)
    assert meet([one]) == one
    other = Summary(STRING | BOOLEAN, frozenset((TEXT, YES)), frozenset((YES,)), True)
    assert meet([one, other]) == Summary(STRING, frozenset((TEXT,)), frozenset((ONE_, YES)), True)
    assert meet([one, Summary(STRING)]) == one._replace(types=STRING, exact=False)
    assert meet([Summary(STRING), one]) == one._replace(types=STRING, exact=False)


def test_the_join_of_summaries() -> None:
    assert join([], exact=True) == Summary(0, frozenset(), frozenset(), True)
    one = Summary(STRING | NULL, frozenset((TEXT, NULL_)), frozenset((ONE_, YES)), True)
    other = Summary(STRING | BOOLEAN, frozenset((TEXT, YES)), frozenset((YES,)), True)
    joined = join([one, other], exact=True)
    assert joined.types == STRING | NULL | BOOLEAN
    assert joined.values == frozenset((TEXT, NULL_, YES))
    assert joined.excluded == frozenset((YES,))
    assert not joined.exact
    for pair in ([one, Summary(ARRAY)], [Summary(ARRAY), one]):
        assert join(pair, exact=False) == Summary(STRING | NULL | ARRAY)


def test_summaries_of_leaves(formulas: Formulas) -> None:
    listed = formulas.values([ONE_, HALF, YES])
    assert formulas.summary(listed) == Summary(
        NUMBER | BOOLEAN, frozenset((ONE_, HALF, YES)), frozenset(), True
    )
    others = formulas.values([ONE_], False)
    assert formulas.summary(others) == Summary(excluded=frozenset((ONE_,)), exact=True)
    assert formulas.summary(formulas.schema(place({"a": 1}))) == Summary(STRING)
    assert formulas.summary(atom(formulas, "a")) == Summary()
    assert Formulas().summary(Formulas().schema(place({"a": 1}))) == Summary()


def test_a_summary_is_found_once() -> None:
    asked = []

    def summarise(where: Place) -> Summary:
        asked.append(where)
        return Summary(NULL, exact=True)

    formulas = Formulas(summarise)
    where = place({"a": 1})
    made = formulas.schema(where)
    assert formulas.summary(made) is formulas.summary(made)
    assert asked == [where]


@pytest.mark.parametrize(
    ("summary", "negated"),
    [
        (Summary(STRING), Summary()),
        (Summary(STRING, exact=True), Summary(ANY_TYPE & ~STRING, exact=True)),
        (Summary(ANY_TYPE, excluded=frozenset((ONE_,)), exact=True), Summary()),
        (
            Summary(NUMBER, frozenset((ONE_, HALF, TEXT)), frozenset((HALF,)), True),
            Summary(excluded=frozenset((ONE_,)), exact=True),
        ),
        (Summary(INTEGER, frozenset((ONE_,)), exact=False), Summary()),
    ],
)
def test_the_summary_of_a_negated_schema(summary: Summary, negated: Summary) -> None:
    formulas = Formulas(lambda where: summary)
    assert formulas.summary(formulas.schema(place({"a": 1}), False)) == negated


def test_summaries_of_combinations() -> None:
    places = two_places()
    summaries = {places[0]: Summary(NULL | STRING, exact=True), places[1]: Summary(STRING, exact=True)}
    formulas = Formulas(summaries.__getitem__)
    pair = [formulas.schema(where) for where in places]
    assert formulas.summary(formulas.all_of(pair)) == Summary(STRING, exact=True)
    assert formulas.summary(formulas.any_of(pair)) == Summary(NULL | STRING)
    one = formulas.one_of(pair)
    assert formulas.summary(one) == Summary(NULL | STRING)
    assert formulas.summary(formulas.negation(one)) == Summary()


# -- against truth tables ----------------------------------------------------------------------------


def holds(formula: Formula, true: frozenset[str], value: Any) -> bool:
    """What a formula says where these atoms hold and the value is `value`: the definition."""
    op, parts = formula.op, formula.parts
    if op in (TRUE, FALSE):
        return op == TRUE
    if op == VALUES:
        members, positive = formula.value
        return (value in members) is positive
    if op == ATOM:
        return (formula.value[-1] in true) is (formula.value[0] != "not")
    held = [holds(part, true, value) for part in parts]
    if op in (AND, OR):
        return all(held) if op == AND else any(held)
    return (sum(held) == 1) is (op == ONE)


def test_simplification_changes_no_meaning(formulas: Formulas) -> None:
    leaves = [
        formulas.true,
        formulas.false,
        atom(formulas, "a"),
        formulas.negation(atom(formulas, "a")),
        atom(formulas, "b"),
        formulas.values([ONE_, TEXT]),
        formulas.values([TEXT], False),
    ]
    pairs = [
        (op, pair, formulas.combined(op, pair))
        for op in (AND, OR, ONE, NOT_ONE)
        for pair in itertools.combinations_with_replacement(leaves, 2)
    ]
    worlds = [
        (frozenset(names), value)
        for names in ((), ("a",), ("b",), ("a", "b"))
        for value in (ONE_, TEXT, NULL_)
    ]
    outer = [(op, (made, leaf)) for _, _, made in pairs[::7] for leaf in leaves for op in (AND, OR, ONE)]
    nested = [(op, given, formulas.combined(op, given)) for op, given in outer]
    for op, given, made in [*pairs, *nested]:
        negated = formulas.negation(made)
        for true, value in worlds:
            held = [holds(each, true, value) for each in given]
            expected = {AND: all(held), OR: any(held), ONE: sum(held) == 1, NOT_ONE: sum(held) != 1}[op]
            assert holds(made, true, value) == expected, (op, given, json.dumps(str(value)))
            assert holds(negated, true, value) != expected
            if not true:
                assert value not in formulas.summary(made).excluded or not expected


def test_lists_of_values_merge_in_disjunctions(formulas: Formulas) -> None:
    """However many; of exactly one, what two lists have is none of."""
    lists = [formulas.values([canonical(i)]) for i in range(40)]
    everything = formulas.values([canonical(i) for i in range(40)])
    assert formulas.any_of(lists) is everything
    assert formulas.one_of(lists) is everything
    assert formulas.one_of([*lists, lists[7]]) is formulas.values([canonical(i) for i in range(40) if i != 7])
    assert formulas.one_of([lists[0], lists[0]]) is formulas.false
    other = formulas.atom(("size", 1, None))
    mixed = formulas.one_of([lists[0], lists[1], other, lists[1]])
    assert mixed is formulas.both(formulas.one_of([other, lists[0]]), formulas.values([canonical(1)], False))
