"""Which conjunctions are listed for a formula, in what order, which wait as clauses, what is refused."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.language import literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.json_schema import normal_form as module
from bltgen.constraints.json_schema.formula import ATOM, OR, SCHEMA, Formula
from bltgen.constraints.json_schema.json_values import ARRAY, OBJECT
from bltgen.constraints.json_schema.key_set import ALL_KEYS, KeySet
from bltgen.constraints.json_schema.normal_form import LISTED, Cases
from bltgen.constraints.json_schema.references import Documents
from bltgen.constraints.json_schema.specs import ArrayDraft, ObjectDraft
from bltgen.errors import LimitExceeded, Unsupported

from .tables import Table


class Made(Table):
    """A table and its cases."""

    def __init__(self) -> None:
        super().__init__()
        self.cases = Cases(self.keywords)

    def required(self, formula: Formula) -> list[list[bytes]]:
        return [sorted(spec.required) for spec in self.cases.objects(formula)]


@pytest.fixture
def made() -> Made:
    return Made()


# -- what is listed ----------------------------------------------------------------------------------


def test_constants_and_units(made: Made) -> None:
    (anything,) = made.cases.objects(made.true)
    assert (anything.goals, anything.rest, anything.required, anything.clauses) == ({}, (), frozenset(), ())
    assert made.cases.objects(made.false) == ()
    assert made.cases.arrays(made.false) == ()
    (spec,) = made.cases.objects(made.all(made.needs("a", 1), made.lacks("b")))
    assert spec.goals == {b"a": made.values(1), b"b": made.false}
    assert made.cases.objects(made.all(made.needs("a"), made.lacks("a"))) == ()


def test_disjuncts_are_listed_in_their_order(made: Made) -> None:
    either = made.any(made.needs("b"), made.needs("a"), made.needs("c"))
    assert made.required(either) == [[b"b"], [b"a"], [b"c"]]
    two = made.all(either, made.any(made.needs("d"), made.needs("e")))
    assert made.required(two) == [[x, y] for y in (b"d", b"e") for x in (b"b", b"a", b"c")]
    assert made.required(made.all(either, made.needs("d"))) == [[b"b", b"d"], [b"a", b"d"], [b"c", b"d"]]


def test_equal_disjuncts_come_once(made: Made) -> None:
    a, b, c, d = map(made.needs, "abcd")
    formula = made.all(made.any(made.all(a, b), made.all(b, c)), made.any(made.all(a, c), d))
    assert sorted(made.required(formula)) == [[b"a", b"b", b"c"], [b"a", b"b", b"d"], [b"b", b"c", b"d"]]


def test_a_disjunct_that_contradicts_is_left_out(made: Made) -> None:
    either = made.any(made.needs("a"), made.needs("b"))
    assert made.required(made.all(either, made.lacks("a"))) == [[b"b"]]
    assert made.required(made.all(either, made.lacks("a"), made.lacks("b"))) == []


def test_a_disjunction_that_holds_already_is_idle(made: Made) -> None:
    either = made.any(made.needs("a"), made.needs("b"))
    assert made.required(made.all(either, made.needs("a"))) == [[b"a"]]
    also = made.any(made.needs("c"), made.needs("d"))
    assert made.required(made.all(either, also, made.needs("a"))) == [[b"a", b"c"], [b"a", b"d"]]
    deep = made.any(made.all(made.needs("a"), made.needs("b")), made.needs("c"))
    assert made.required(made.all(deep, made.needs("a"), made.needs("b"))) == [[b"a", b"b"]]
    assert made.required(made.all(deep, made.needs("a"))) == [[b"a", b"b"], [b"a", b"c"]]


def test_disjunctions_with_fewest_choices_go_first(made: Made) -> None:
    """So that what has one choice left multiplies nothing."""
    wide = made.any(made.needs("a"), made.needs("b"), made.needs("c"))
    narrow = made.any(made.needs("a"), made.needs("d"))
    formula = made.all(wide, narrow, made.lacks("b"), made.lacks("c"))
    assert made.required(formula) == [[b"a"]]
    # The one with fewest comes first, wherever it stands.
    two, three = made.any(*map(made.needs, "de")), made.any(*map(made.needs, "abc"))
    for both in (made.all(two, three), made.all(three, two)):
        assert made.required(both) == [[x, y] for y in (b"d", b"e") for x in (b"a", b"b", b"c")]


def test_where_one_choice_is_left_no_other_is_tried(made: Made) -> None:
    single = made.any(made.needs("a"), made.needs("b"))
    others = made.any(*map(made.needs, "cdefg"))
    assert len(made.cases.objects(made.all(made.lacks("a"), single, others))) == 5
    # The two of the first; then the five of the other, with no choice beside them.
    assert made.cases._tries == 7
    later = Made()
    pair = later.any(*map(later.needs, "xy"))
    one_left = later.any(*map(later.needs, "abc"))
    formula = later.all(later.lacks("a"), later.lacks("b"), pair, one_left)
    assert len(later.cases.objects(formula)) == 2
    # The two of the pair, the three of the other, which goes first; then the two of the pair again.
    assert later.cases._tries == 7


def test_exactly_one_is_listed_with_the_others_negated(made: Made) -> None:
    one = made.formulas.one_of([made.needs("a"), made.needs("b")])
    specs = made.cases.objects(one)
    assert [(sorted(s.required), {n for n, g in s.goals.items() if g is made.false}) for s in specs] == [
        ([b"a"], {b"b"}),
        ([b"b"], {b"a"}),
    ]


def test_lists_of_values_for_objects_and_arrays(made: Made) -> None:
    listed = made.values(1, {"a": 1}, [2], {"b": 2}, "text")
    assert sorted(made.required(listed)) == [[b"a"], [b"b"]]
    (array,) = made.cases.arrays(listed)
    assert (array.prefix, array.low, array.high) == ({0: made.values(2)}, 1, 1)
    assert made.cases.objects(made.values(1, [2])) == ()
    (one,) = made.cases.objects(made.values({"a": 1}, 1))
    assert one.goals == {b"a": made.values(1)}
    # None of them: a disjunction of what differs.
    others = made.no(made.values([2], 1))
    lengths = [(s.low, s.high, s.prefix) for s in made.cases.arrays(others)]
    assert lengths == [
        (1, None, {0: made.no(made.values(2))}),
        (0, 0, {}),
        (2, None, {}),
    ]
    assert len(made.cases.objects(others)) == 1
    empty = made.no(made.values([], {}))
    assert [(s.low, s.high) for s in made.cases.arrays(empty)] == [(1, None)]
    contradiction = made.all(made.formulas.atom(("length", 0, 0)), empty)
    assert made.cases.arrays(contradiction) == ()


def test_schemas_are_read_for_the_kind_that_is_asked(made: Made) -> None:
    schema = made.schema({"type": ["object", "array"], "required": ["a"], "minItems": 2})
    assert made.required(schema) == [[b"a"]]
    assert [spec.low for spec in made.cases.arrays(schema)] == [2]
    assert made.cases.objects(made.schema({"type": "array"})) == ()
    negated = made.no(schema)
    (spec,) = made.cases.objects(negated)
    assert spec.goals == {b"a": made.false}
    (spec,) = made.cases.arrays(negated)
    assert (spec.low, spec.high) == (0, 1)
    assert len(made.cases.objects(made.no(made.schema({"type": "array"})))) == 1
    assert made.cases.objects(made.no(made.schema({"type": "object"}))) == ()


def test_negated_schemas_that_cannot_hold_are_idle(made: Made) -> None:
    """A discriminator costs nothing: where "kind" is one, no branch of another kind need be excluded."""

    def branch(kind: int) -> Formula:
        schema = {"properties": {"kind": {"const": kind}, "x": {"const": kind}}, "required": ["kind", "x"]}
        return made.schema(schema)

    first, second = branch(1), branch(2)
    only = made.all(made.needs("kind", 1), made.no(second))
    (spec,) = made.cases.objects(only)
    assert sorted(spec.goals) == [b"kind"]
    both = made.all(made.needs("kind", 1), made.no(first))
    goals = [spec.goals[b"x"] for spec in made.cases.objects(both)]
    assert [goal is made.false for goal in goals] == [False, True]
    assert made.required(both) == [[b"kind", b"x"], [b"kind"]]


def test_a_negated_negation_is_looked_into(made: Made) -> None:
    inner = made.schema({"allOf": [{"not": {"required": ["a", "b"]}}]})
    assert made.required(made.no(inner)) == [[b"a", b"b"]]
    outer = made.schema({"allOf": [{"allOf": [{"required": ["a"]}, {"required": ["b"]}]}]})
    found = made.cases.objects(made.no(outer))
    assert [sorted(spec.goals) for spec in found] == [[b"a"], [b"b"]]


def test_answers_and_specs_are_kept(made: Made) -> None:
    either = made.any(made.needs("b"), made.needs("a"))
    first = made.cases.objects(either)
    assert made.cases.objects(either) is first
    (again,) = made.cases.objects(made.needs("b"))
    assert again is first[0]
    assert made.cases.arrays(made.true) is not made.cases.objects(made.true)
    assert [spec.id for spec in first] == [0, 1]


def test_one_content_is_one_spec(made: Made) -> None:
    draft, other = ObjectDraft(made.formulas), ObjectDraft(made.formulas)
    for each in (draft, other):
        assert each.add(made.needs("a").value)
    clause = made.any(made.needs("b"), made.needs("c"))
    spec = made.cases.intern(draft)
    assert made.cases.intern(other) is spec
    assert spec.clauses == ()
    waiting = made.cases.intern(other, (clause,))
    assert waiting is not spec
    assert waiting.clauses == (clause,)
    assert made.cases.intern(ArrayDraft(made.formulas)) is not made.cases.intern(ObjectDraft(made.formulas))


# -- when they wait ----------------------------------------------------------------------------------


def wide(made: Made, count: int, prefix: str = "n") -> Formula:
    return made.any(*[made.needs(f"{prefix}{i}") for i in range(count)])


def test_no_more_disjuncts_are_listed_than_the_limit_or_the_widest(made: Made) -> None:
    assert LISTED == made.cases.limit == 64
    pair = made.all(wide(made, 8), wide(made, 8, "m"))
    assert len(made.cases.objects(pair)) == 64
    more = made.all(wide(made, 8), wide(made, 9, "m"))
    (spec,) = made.cases.objects(more)
    assert set(spec.clauses) == {wide(made, 8), wide(made, 9, "m")}
    assert len(made.cases.objects(wide(made, 100))) == 100
    assert len(made.cases.objects(made.all(wide(made, 100), made.needs("a")))) == 100
    (spec,) = made.cases.objects(made.all(wide(made, 100), wide(made, 2, "m")))
    assert len(spec.clauses) == 2


def test_a_disjunction_of_too_many_branches_waits(made: Made) -> None:
    with patch.object(module, "WIDEST", 70):
        assert len(made.cases.objects(wide(made, 70))) == 70
        (spec,) = made.cases.objects(wide(made, 71))
    assert spec.clauses == (wide(made, 71),)


def test_nothing_is_listed_where_the_limit_is_none(made: Made) -> None:
    made.cases.limit = 0
    (spec,) = made.cases.objects(made.any(made.needs("a"), made.needs("b")))
    assert spec.clauses == (made.any(made.needs("a"), made.needs("b")),)
    (spec,) = made.cases.objects(made.needs("a"))
    assert spec.clauses == ()
    assert made.cases.objects(made.false) == ()


def test_so_many_conjunctions_are_tried(made: Made) -> None:
    """A chain of pairs, most of which contradict each other, costs tries though few disjuncts are left."""
    pairs = [made.any(made.needs(f"n{i}", 1), made.needs(f"n{i}", 2)) for i in range(5)]
    assert len(made.cases.objects(made.all(*pairs))) == 32
    tries = made.cases._tries
    other = Made()
    pairs = [other.any(other.needs(f"n{i}", 1), other.needs(f"n{i}", 2)) for i in range(5)]
    with patch.object(module, "TRIES", tries // 2):
        (spec,) = other.cases.objects(other.all(*pairs))
    assert len(spec.clauses) == 5
    third = Made()
    pairs = [third.any(third.needs(f"n{i}", 1), third.needs(f"n{i}", 2)) for i in range(5)]
    with patch.object(module, "TRIES", tries - 2 * 2 * 2):
        assert len(third.cases.objects(third.all(*pairs))) == 32


def test_clauses_are_settled_when_they_wait(made: Made) -> None:
    made.cases.limit = 0
    a, b, c = made.needs("a"), made.needs("b"), made.needs("c")
    formula = made.all(made.lacks("a"), made.any(a, b), made.any(made.lacks("b"), c))
    (spec,) = made.cases.objects(formula)
    assert spec.clauses == ()
    assert spec.required == frozenset((b"b", b"c"))
    assert made.cases.objects(made.all(made.lacks("a"), made.any(a, b), made.lacks("b"))) == ()
    open_ = made.any(b, c)
    (spec,) = made.cases.objects(made.all(made.any(made.lacks("a"), c), a, open_))
    assert (spec.clauses, spec.required) == ((), frozenset((b"a", b"c")))


def test_settled_clauses_have_an_order_of_their_own(made: Made) -> None:
    one, other = made.any(made.needs("a"), made.needs("b")), made.any(made.needs("c"), made.needs("d"))
    draft = ObjectDraft(made.formulas)
    spec = made.cases.settled(draft.copy(), [other, one, other])
    assert spec is made.cases.settled(draft.copy(), [one, other])
    assert spec.clauses == (one, other)
    assert made.cases.settled(draft.copy(), [made.all(one, other), made.true]) is spec
    assert made.cases.settled(draft.copy(), [one, made.false]) is None
    assert made.cases.settled(draft.copy(), [made.needs("a"), made.lacks("a")]) is None
    assert made.cases.settled(draft.copy(), []).clauses == ()
    first = draft.copy()
    assert first.add(("size", 0, 0))
    assert made.cases.settled(first, [made.needs("a")]) is None


def test_waiting_clauses_tell_the_names_apart(made: Made) -> None:
    made.cases.limit = 0
    pattern = KeySet(frozenset((b"q", b"p")), (literal(b"x"),))
    units = [
        made.formulas.atom(("each", KeySet(frozenset((b"z",))), made.values(1))),
        made.needs("y"),
        made.needs("w"),
        made.formulas.atom(("each", pattern, made.values(2))),
        made.formulas.atom(("some", KeySet(frozenset((b"s", b"r"))), made.true)),
        made.formulas.atom(("size", 1, 9)),
    ]
    clause = made.any(made.needs("b"), made.needs("a"), made.formulas.atom(("size", 5, None)))
    (spec,) = made.cases.objects(made.all(*units, clause))
    assert spec.table.names == [b"z", b"w", b"y", b"p", b"q", b"r", b"s", b"b", b"a"]
    (plain,) = made.cases.objects(made.all(*units))
    assert plain.table is None


def test_waiting_clauses_of_arrays_have_a_horizon(made: Made) -> None:
    atom = made.formulas.atom
    made.cases.limit = 0

    def horizon(*atoms: tuple[Any, ...]) -> int:
        (spec,) = made.cases.arrays(made.any(*map(atom, atoms)))
        assert len(spec.clauses) == 1
        return spec.horizon

    one, two = made.values(1), made.values(2)
    assert horizon(("each item", 0, None, one), ("each item", 0, None, two)) == 0
    assert horizon(("length", 4, None), ("each item", 0, 1, one)) == 4
    assert horizon(("length", 4, 7), ("each item", 0, 1, one)) == 8
    assert horizon(("each item", 3, None, one), ("each item", 0, 1, two)) == 3
    assert horizon(("each item", 1, 6, one), ("each item", 0, 1, two)) == 6
    assert horizon(("count", 2, one, 3, None), ("each item", 0, 1, two)) == 5
    assert horizon(("count", 2, one, 3, 9), ("length", 1, 0)) == 5


def test_alternatives_of_unique_items_are_listed_or_refused(made: Made) -> None:
    atom = made.formulas.atom
    unique = atom(("unique", True))
    either = made.any(atom(("length", 0, 1)), atom(("each item", 0, 1, made.values(1))))
    made.cases.limit = 0
    assert len(made.cases.arrays(made.all(unique, either))) == 2
    assert len(made.cases.arrays(made.all(atom(("unique", False)), either))) == 1
    assert len(made.cases.arrays(made.any(unique, atom(("length", 0, 1))))) == 2
    (spec,) = made.cases.arrays(either)
    assert spec.clauses == (either,)
    # Longer pairs: as many as there are pairs, and no more than are told apart.
    pairs = [
        made.any(*[atom(("each item", i, i + 1, made.values(value))) for value in (1, 2)]) for i in range(3)
    ]
    with use_limits(Limits(item_alternatives=8)):
        assert len(made.cases.arrays(made.all(unique, *pairs))) == 8
    with use_limits(Limits(item_alternatives=6)), pytest.raises(LimitExceeded) as caught:
        made.cases.arrays(made.all(atom(("length", 3, 3)), unique, *pairs))
    assert caught.value.limit == 6
    with use_limits(Limits(item_tries=3)), pytest.raises(LimitExceeded):
        made.cases.arrays(made.all(atom(("length", 3, 4)), unique, *pairs))


def test_trying_spends_a_step_at_each_eighth_copy_and_more_by_its_size(made: Made) -> None:
    draft = ObjectDraft(made.formulas)
    for i in range(16):
        assert draft.add(made.needs(f"n{i}").value)
    made.effort.spent.clear()
    for _ in range(7):
        made.cases._copied(draft)
    assert made.effort.spent == []
    made.cases._copied(draft)
    assert made.effort.spent == [2]
    made.effort.spent.clear()
    for _ in range(16):
        assert made.cases._copied(draft).key() == draft.key()
    assert made.effort.spent == [2, 2]
    made.effort.spent.clear()
    for _ in range(8):
        made.cases._copied(ObjectDraft(made.formulas))
    assert made.effort.spent == [1]


# -- unfolding ---------------------------------------------------------------------------------------


def test_formulas_are_unfolded_into_atoms(made: Made) -> None:
    schema = made.schema({"required": ["a", "b"]})
    a, b = made.needs("a"), made.needs("b")
    assert made.cases.unfolded(schema, OBJECT) is made.all(a, b)
    assert made.cases.unfolded(schema, ARRAY) is made.true
    negated = made.no(schema)
    assert made.cases.unfolded(negated, OBJECT) is made.any(made.lacks("a"), made.lacks("b"))
    assert made.cases.unfolded(negated, ARRAY) is made.false
    one = made.formulas.one_of([schema, made.needs("c")])
    assert made.cases.unfolded(one, OBJECT) is made.formulas.one_of([made.all(a, b), made.needs("c")])
    assert made.cases.unfolded(made.no(one), OBJECT) is made.no(
        made.formulas.one_of([made.all(a, b), made.needs("c")])
    )
    for leaf in (a, made.true, made.false):
        assert made.cases.unfolded(leaf, OBJECT) is leaf
    nested = made.schema({"anyOf": [{"required": ["a"]}, {"anyOf": [{"required": ["b"]}, {"minItems": 1}]}]})
    assert made.cases.unfolded(nested, OBJECT) is made.true
    assert made.cases.unfolded(nested, ARRAY) is made.true


def test_values_are_unfolded_into_those_of_the_kind(made: Made) -> None:
    listed = made.values({"a": 1}, {"b": 1}, [1], 5)
    closed = [
        made.all(
            made.needs(name, 1),
            made.formulas.atom(("each", KeySet(frozenset((name.encode(),)), negated=True), made.false)),
        )
        for name in "ab"
    ]
    assert set(made.cases.unfolded(listed, OBJECT).parts) == set(closed)
    array = made.all(
        made.formulas.atom(("each item", 0, 1, made.values(1))), made.formulas.atom(("length", 1, 1))
    )
    assert made.cases.unfolded(listed, ARRAY) is array
    negated = made.no(listed)
    assert made.cases.unfolded(negated, ARRAY) is made.no(array)
    assert made.cases.unfolded(made.values(5), OBJECT) is made.false
    assert made.cases.unfolded(made.no(made.values(5)), OBJECT) is made.true


def test_what_was_unfolded_is_kept(made: Made) -> None:
    schema = made.schema({"required": ["a", "b"]})
    made.cases.unfolded(schema, OBJECT)
    with patch.object(made.keywords, "container", side_effect=AssertionError):
        assert made.cases.unfolded(schema, OBJECT).op != ATOM


@pytest.mark.parametrize("limit", [0, LISTED])
@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#"}]},
        {"not": {"$ref": "#"}},
        {"anyOf": [{"$ref": "#"}, {"required": ["a"]}]},
        {"anyOf": [{"required": ["b"]}, {"required": ["a"]}], "allOf": [{"not": {"$ref": "#"}}]},
    ],
)
def test_a_schema_that_applies_itself_is_refused(schema: Any, limit: int, made: Made) -> None:
    made.cases.limit = limit
    whole = made.formulas.schema(Documents(schema).root)
    for formula in (whole, made.no(whole)):
        with pytest.raises(Unsupported) as caught:
            made.cases.objects(formula)
        assert caught.value.reason == "a reference that reaches itself within the same value"
        assert caught.value.where.startswith("#")


def test_deep_nesting_is_a_limit(made: Made) -> None:
    schema: Any = {"required": ["a"]}
    for _ in range(2000):
        schema = {"allOf": [schema, {}]}
    with pytest.raises(LimitExceeded) as caught:
        made.cases.objects(made.schema(schema))
    assert caught.value.limit == 200


def test_disjunctions_of_schemas_wait_folded(made: Made) -> None:
    """A negated schema with several ways to fail waits as itself until it is chosen."""
    schema = made.schema({"required": ["a", "b"]})
    start = made.cases._start(made.no(schema), OBJECT)
    assert start is not None
    assert start[1] == [made.no(schema)]
    assert start[1][0].op == SCHEMA
    start = made.cases._start(made.no(made.schema({"required": ["a"]})), OBJECT)
    assert start is not None
    assert start[1] == []
    assert made.cases._start(made.all(made.needs("a"), made.lacks("a")), OBJECT) is None
    start = made.cases._start(made.any(made.needs("a"), made.needs("b")), OBJECT)
    assert start is not None
    assert start[1][0].op == OR
    everything = made.formulas.atom(("each", ALL_KEYS, made.values(1)))
    start = made.cases._start(everything, OBJECT)
    assert start is not None
    assert start[0].rest == {ALL_KEYS: made.values(1)}


def test_what_contradicts_a_draft_is_found_while_it_is_added(made: Made) -> None:
    def flattened(formula: Formula) -> Any:
        draft = ObjectDraft(made.formulas)
        assert draft.add(made.needs("a", 1).value)
        assert draft.add(("size", 0, 1))
        pending: list[Formula] = []
        found = made.cases._flatten(formula, OBJECT, draft, pending, ())
        return pending if found is True else found

    either = made.any(made.needs("x"), made.needs("y"))
    assert flattened(made.true) == []
    assert flattened(made.false) is False
    assert flattened(made.lacks("a")) is False
    assert flattened(either) == [either]
    assert flattened(made.all(either, made.needs("b"))) is False
    assert flattened(made.no(made.schema({"maxProperties": 1}))) is False
    assert flattened(made.no(made.schema({"maxProperties": 0}))) == []
    assert flattened(made.values(3)) is False
    assert flattened(made.values({"a": 2})) is False
    assert flattened(made.values({"a": 1})) == []
    two = made.values({"a": 1}, {})
    assert flattened(two) == [two]
    # An object that is not this one is another one: a disjunction, and nothing where one way is left.
    assert len(flattened(made.no(made.values({"a": 1})))) == 1
    empty = ArrayDraft(made.formulas)
    assert empty.add(("length", 0, 0))
    assert made.cases._flatten(made.no(made.values([])), ARRAY, empty, [], ()) is False
