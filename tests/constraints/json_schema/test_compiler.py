"""What a compiler finds out of a formula: scalars, plans, first bytes and costs; what it keeps and spends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from bltgen.automata.language import EMPTY, INFINITE, Language, literal
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema import compiler as module
from bltgen.constraints.json_schema.compiler import ALL_LITERALS, Compiler, Options
from bltgen.constraints.json_schema.formula import NOT_ONE, ONE, Formula
from bltgen.constraints.json_schema.glance import SharedGoals
from bltgen.constraints.json_schema.grounding import Grounding
from bltgen.constraints.json_schema.json_values import canonical
from bltgen.constraints.json_schema.key_set import KeySet
from bltgen.constraints.json_schema.layout import Layout
from bltgen.constraints.json_schema.number_rules import NumberRules
from bltgen.constraints.json_schema.references import Documents
from bltgen.constraints.json_schema.written_numbers import EVERY_NUMBER, NO_NUMBER, WrittenNumbers
from bltgen.constraints.number_set import NumberSet
from bltgen.errors import LimitExceeded, Unsupported

BRACE, BRACKET, QUOTE = 1 << 0x7B, 1 << 0x5B, 1 << 0x22


class Made(Compiler):
    """A compiler whose schemas stand in one document; `spent` are the steps of its effort."""

    def __init__(self, whitespace: Any = "compact", draft: str = "2020-12", **options: Any) -> None:
        keywords = {name: options.pop(name, {}) for name in ("custom_formats", "constraints")}
        formats = options.pop("formats", "assert")
        super().__init__(Layout.of(whitespace), options=Options(**options), formats=formats, **keywords)
        self.root = Documents(True, draft=draft).root

    def schema(self, schema: Any) -> Formula:
        root = self.root
        where = f"#/{len(root.documents.places)}"
        return self.formulas.schema(root.documents.place(schema, root.dialect, root.base, root.scope, where))

    def whole(self, schema: Any) -> Formula:
        """A schema that refers to itself."""
        return self.formulas.schema(Documents(schema).root)

    def values(self, *given: Any) -> Formula:
        return self.formulas.values(map(canonical, given))

    def no(self, formula: Formula) -> Formula:
        return self.formulas.negation(formula)

    def one(self, *parts: Formula) -> Formula:
        return self.formulas.one_of(parts)

    def all(self, *parts: Formula) -> Formula:
        return self.formulas.all_of(parts)

    def any(self, *parts: Formula) -> Formula:
        return self.formulas.any_of(parts)

    def atom(self, *value: Any) -> Formula:
        return self.formulas.atom(value)

    @contextmanager
    def counted(self) -> Iterator[list[int]]:
        """The steps that are spent within the block."""
        spent: list[int] = []
        effort = type(self.table.effort)
        with patch.object(effort, "spend", lambda _, steps=1: spent.append(steps)):
            yield spent


def takes(state: Any, text: bytes) -> bool:
    """Whether a state accepts after these bytes."""
    for byte in text:
        state = state and state.advance(byte)
    return state is not None and state.accepting


@pytest.fixture
def made() -> Made:
    return Made()


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """What schemas share is dropped."""
    with patch.object(module, "_SCALARS", SharedGoals(4096)):
        yield


def test_a_goal_is_kept_by_its_formula(made: Made) -> None:
    formula = made.values(1)
    goal = made.goal(formula)
    assert made.goal(formula) is goal is formula.compiled
    for part in ("arrays", "cost", "first", "literals", "numbers", "objects", "strings"):
        assert getattr(goal, part) is None


def test_the_state_of_any_text_is_made_once(made: Made) -> None:
    state = made.any_text
    assert made.any_text is state
    assert takes(state, b'a"')
    with patch.object(Made, "string_state", side_effect=AssertionError):
        assert made.any_text is state


def test_options_by_default() -> None:
    options = Options()
    assert (options.numbers, options.digits, options.escapes, options.ascii_only) == ("any", 15, "any", False)
    assert (options.ordered, options.closed, options.grounding) == (False, False, None)


def test_options_reach_the_parts_that_read_them() -> None:
    assert not Made().keywords.mentions_all
    assert Made(ordered=True).keywords.mentions_all
    assert Made(closed=True).keywords.mentions_all
    for escapes, ascii_only in (("any", False), ("plain", True), ("plain", False), ("any", True)):
        spelling = Made(escapes=escapes, ascii_only=ascii_only).name_spelling
        assert (spelling.plain, spelling.ascii_only) == (escapes == "plain", ascii_only)
    assert Made(formats="annotate").keywords.formats == "annotate"


# -- literals ----------------------------------------------------------------------------------------

NULL, TRUE, FALSE = 1, 2, 4


def test_literals_of_leaves(made: Made) -> None:
    assert made.literals(made.formulas.true) == ALL_LITERALS == 7
    assert made.literals(made.formulas.false) == 0
    assert made.literals(made.values(None, 1)) == NULL
    assert made.literals(made.values(True)) == TRUE
    assert made.literals(made.values(False, True)) == TRUE | FALSE
    assert made.literals(made.no(made.values(None, 1))) == TRUE | FALSE
    for schema, bits in (
        ({"type": "null"}, NULL),
        ({"type": "boolean"}, TRUE | FALSE),
        ({"type": "string"}, 0),
        ({"minimum": 1}, 7),
        ({"enum": [None, True]}, NULL | TRUE),
        ({"type": "boolean", "enum": [None, True]}, TRUE),
    ):
        assert made.literals(made.schema(schema)) == bits, schema
        assert made.literals(made.no(made.schema(schema))) == 7 ^ bits, schema


def test_literals_of_combinations(made: Made) -> None:
    one, other, third = (
        made.schema({"enum": [None, True]}),
        made.schema({"enum": [True, False]}),
        made.schema({"type": "boolean"}),
    )
    assert made.literals(made.all(one, other)) == TRUE
    assert made.literals(made.any(one, made.schema({"const": False}))) == 7
    assert made.literals(made.one(one, other)) == NULL | FALSE
    assert made.literals(made.no(made.one(one, other))) == TRUE
    assert made.literals(made.one(one, other, third)) == NULL
    assert made.literals(made.formulas.combined(NOT_ONE, [one, other, third])) == TRUE | FALSE


def test_literals_are_found_once(made: Made) -> None:
    formula = made.schema({"enum": [None, True]})
    made.literals(formula)
    with patch.object(Made, "_find_literals", side_effect=AssertionError):
        assert made.literals(formula) == NULL | TRUE


# -- a schema within itself --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["literals", "numbers", "strings", "objects", "arrays"])
def test_a_schema_that_applies_itself_is_refused(made: Made, method: str) -> None:
    formula = made.whole({"allOf": [{"$ref": "#"}]})
    for _ in range(2):
        with pytest.raises(Unsupported) as caught:
            getattr(made, method)(formula)
        assert caught.value.where.startswith("#")
    assert made._entered == set()


def test_kinds_do_not_stand_in_each_others_way(made: Made) -> None:
    """Only the same question of the same place is one within itself."""
    place = made.schema({"type": "null"}).value[0]
    other = made.schema({"type": "string"}).value[0]
    inner = lambda: made._within(place, "number", lambda: made._within(other, "literal", lambda: 5))  # noqa: E731
    assert made._within(place, "literal", inner) == 5
    with pytest.raises(Unsupported) as caught:
        made._within(place, "literal", lambda: made._within(place, "literal", lambda: 5))
    assert caught.value.where == place.pointer
    assert made._within(place, "literal", lambda: 7) == 7


def test_deep_nesting_is_a_limit(made: Made) -> None:
    place = made.schema({"type": "null"}).value[0]

    def deep() -> Any:
        raise RecursionError

    with pytest.raises(LimitExceeded) as caught:
        made._within(place, "literal", deep)
    assert caught.value.limit == 200
    assert made._entered == set()


# -- numbers -----------------------------------------------------------------------------------------


def however(numbers: NumberSet) -> WrittenNumbers:
    return WrittenNumbers.however(numbers)


def test_numbers_of_leaves(made: Made) -> None:
    assert made.written_numbers(made.formulas.true) is EVERY_NUMBER
    assert made.written_numbers(made.formulas.false) is NO_NUMBER
    assert made.written_numbers(made.values(1, "a", 2.5)) == however(NumberSet.values([1, "2.5"]))
    assert made.written_numbers(made.no(made.values(1))) == however(~NumberSet.value(1))
    positive = NumberSet.interval(0, None)
    for schema, numbers in (
        ({"type": "number"}, NumberSet.all()),
        ({"type": "string"}, NumberSet.empty()),
        ({"minimum": 0}, positive),
        ({"type": "integer", "minimum": 0}, positive & NumberSet.integers()),
        ({"minimum": 0, "allOf": [{"type": "integer"}]}, positive & NumberSet.integers()),
        ({"minimum": 0, "type": ["string", "null"]}, NumberSet.empty()),
    ):
        assert made.written_numbers(made.schema(schema)) == however(numbers), schema
        assert made.written_numbers(made.no(made.schema(schema))) == however(~numbers), schema


def test_integers_of_draft_4_have_a_spelling() -> None:
    made = Made(draft="4")
    found = made.written_numbers(made.schema({"type": "integer", "minimum": 0}))
    assert found.as_integer == NumberSet.integers() & NumberSet.interval(0, None)
    assert found.otherwise.is_empty()


def test_numbers_of_combinations(made: Made) -> None:
    low, high = NumberSet.interval(None, 5), NumberSet.interval(3, None)
    one, other, third = (
        made.schema({"maximum": 5}),
        made.schema({"minimum": 3}),
        made.schema({"multipleOf": 2}),
    )
    assert made.written_numbers(made.all(one, other)) == however(low & high)
    assert made.written_numbers(made.any(one, other)) == however(low | high)
    exclusive = (low - high) | (high - low)
    assert made.written_numbers(made.one(one, other)) == however(exclusive)
    assert made.written_numbers(made.no(made.one(one, other))) == however(~exclusive)
    three = made.written_numbers(made.one(one, other, third)).numbers
    assert [n for n in range(9) if n in three] == [1, 7]
    assert [n for n in range(9) if n in made.written_numbers(made.all(one, other, third)).numbers] == [4]
    none = made.written_numbers(made.any(one, made.schema({"minimum": 7}), third)).numbers
    assert [n for n in range(12) if n not in none] == []
    assert "6.5" not in none


def test_states_before_numbers(made: Made) -> None:
    formula = made.schema({"minimum": 10})
    state = made.numbers(formula)
    assert state is not None
    assert state is made.numbers(formula)
    assert state.shortest == 2
    assert made.numbers(made.schema({"type": "string"})) is None
    assert made.numbers(made.values(1.5)) is not None


def test_numbers_are_found_once(made: Made) -> None:
    formula = made.schema({"minimum": 10})
    rules, written = made.number_rules(formula), made.written_numbers(formula)
    with (
        patch.object(Made, "_find_number_rules", side_effect=AssertionError),
        patch.object(Made, "_find_numbers", side_effect=AssertionError),
    ):
        assert made.number_rules(formula) is rules
        assert made.written_numbers(formula) is written


def test_conjunctions_that_grow_are_met_with_what_is_known(made: Made) -> None:
    """A conjunction of all parts but the last that was met before needs not be met again."""
    parts = [made.schema({"multipleOf": n}) for n in (1, 2, 3, 5)]
    whole = made.all(*parts)
    beginning = made.all(*parts[:3])
    made.written_numbers(beginning)
    with made.counted() as spent:
        made.written_numbers(whole)
    assert spent == []
    assert [n for n in range(90) if n in made.written_numbers(whole).numbers] == [0, 30, 60]
    other = Made()
    parts = [other.schema({"multipleOf": n}) for n in (1, 2, 3, 5, 7)]
    whole = other.all(*parts)
    other.all(*parts[:4])
    with other.counted() as spent:
        other.written_numbers(whole)
    assert spent == [2]


def test_listed_numbers_are_written_as_they_must() -> None:
    made = Made(numbers="plain", digits=3)
    listed = made.values(12345, 1)
    plain = NumberRules.of("plain", 3, EVERY_NUMBER)
    assert made.number_rules(made.schema({"type": "number"})) == plain
    # Beside other conditions the listed ones change nothing but for themselves.
    beside = made.all(made.no(made.values(7)), made.schema({"type": "number"}))
    assert made.number_rules(beside) == plain
    both = made.all(made.schema({"type": "number"}), listed)
    assert made.number_rules(both).listed == NumberSet.value(12345)
    assert made.number_rules(both)._replace(listed=NumberSet.empty()) == plain
    alone = made.number_rules(listed)
    assert alone == NumberRules.of("plain", 3, made.written_numbers(listed), None)
    # Values that were read before are written as the others of their place.
    seen = made.formulas.seen(map(canonical, (12345, 1)))
    assert made.number_rules(seen) == plain.listing(NumberSet.values([12345, 1]))
    excluded = made.no(listed)
    assert made.number_rules(excluded) == plain


def test_formats_of_numbers_reach_their_rules() -> None:
    made = Made(numbers="interoperable")
    wide = made.number_rules(made.schema({"type": "integer", "format": "int64"}))
    assert wide == NumberRules.of("interoperable", 15, however(NumberSet.integers()), "int64")
    assert wide.reaches_further
    assert not made.number_rules(made.schema({"type": "integer"})).reaches_further


def test_grounded_numbers() -> None:
    grounding = Grounding.of(None, "7 and 8.50 and 12345678901234567890", "error")
    made = Made(numbers="plain", grounding=grounding)
    formula = made.schema({"type": "number", "minimum": 8})
    assert made.number_goal(formula).numbers == NumberSet.values(["8.5", 12345678901234567890])
    assert made.number_rules(formula).listed == NumberSet.value(12345678901234567890)
    plain = Made(numbers="plain")
    formula = plain.schema({"type": "number", "minimum": 8})
    assert plain.number_goal(formula) is plain.written_numbers(formula)
    spans = Made(numbers="plain", grounding=Grounding.of("a", None, "error"))
    formula = spans.schema({"type": "number", "minimum": 8})
    assert spans.number_goal(formula) is spans.written_numbers(formula)
    assert spans.number_rules(formula) == plain.number_rules(plain.schema({"type": "number", "minimum": 8}))


# -- strings -----------------------------------------------------------------------------------------


def test_strings_of_leaves(made: Made) -> None:
    assert made.string_language(made.formulas.true) is UTF8_TEXT
    assert made.string_language(made.formulas.false) is EMPTY
    listed = made.string_language(made.values("a", "b", 1, "\ud800"))
    assert [text for text in (b"a", b"b", b"", b"1") if listed.accepts(text)] == [b"a", b"b"]
    others = made.string_language(made.no(made.values("a", 1)))
    assert [text for text in (b"a", b"b", b"", b"1", b"\xff") if others.accepts(text)] == [b"b", b"", b"1"]
    for schema, members in (
        ({"type": "string"}, (b"", b"a", b"ab")),
        ({"type": "integer"}, ()),
        ({"maxLength": 1}, (b"", b"a")),
        ({"maxLength": 1, "enum": ["a", "ab"]}, (b"a",)),
        ({"allOf": [{"minLength": 1}]}, (b"a", b"ab")),
    ):
        for formula, inside in ((made.schema(schema), True), (made.no(made.schema(schema)), False)):
            language = made.string_language(formula)
            found = tuple(text for text in (b"", b"a", b"ab") if language.accepts(text) is inside)
            assert found == members, (schema, inside)
            assert not language.accepts(b"\xff")


def test_strings_of_combinations(made: Made) -> None:
    texts = [bytes(text, "ascii") for text in ("", "a", "b", "aa", "ab", "aab", "aaa")]

    def members(formula: Formula) -> list[bytes]:
        language = made.string_language(formula)
        return [text for text in texts if language.accepts(text)]

    short, has_b, has_a = (
        made.schema({"maxLength": 2}),
        made.schema({"pattern": "b"}),
        made.schema({"pattern": "a"}),
    )
    assert members(made.all(short, has_b)) == [b"b", b"ab"]
    assert members(made.any(short, has_b)) == [b"", b"a", b"b", b"aa", b"ab", b"aab"]
    assert members(made.one(short, has_b)) == [b"", b"a", b"aa", b"aab"]
    assert members(made.no(made.one(short, has_b))) == [b"b", b"ab", b"aaa"]
    assert members(made.one(short, has_b, has_a)) == [b"", b"aaa"]
    assert members(made.all(short, has_b, has_a)) == [b"ab"]
    assert not made.string_language(made.no(made.one(short, has_b))).accepts(b"\xff")


def test_neutral_languages_are_not_intersected(made: Made) -> None:
    language = made.string_language(made.schema({"pattern": "^a"}))
    own = made.keywords.pattern(made.root, "pattern", "^a")
    assert language is own
    both = made.all(made.schema({"minimum": 1}), made.schema({"pattern": "^a"}))
    assert made.string_language(both) is own
    both = made.all(made.schema({"pattern": "^a"}), made.schema({"minimum": 1}))
    assert made.string_language(both) is own
    assert made.string_language(made.schema({"minimum": 2})) is UTF8_TEXT


def test_strings_that_grow_are_met_with_what_is_known(made: Made) -> None:
    parts = [made.schema({"pattern": letter}) for letter in "abcd"]
    whole = made.all(*parts)
    made.string_language(made.all(*parts[:3]))
    made.string_language(parts[3])
    with made.counted() as spent:
        language = made.string_language(whole)
    assert spent == []
    assert language.accepts(b"dcba")
    assert not language.accepts(b"abc")
    other = Made()
    parts = [other.schema({"pattern": letter}) for letter in "abcde"]
    whole = other.all(*parts)
    other.all(*parts[:4])
    for part in parts:
        other.string_language(part)
    with other.counted() as spent:
        other.string_language(whole)
    assert spent == [2]


def test_states_after_the_opening_quote(made: Made) -> None:
    formula = made.schema({"minLength": 2})
    state = made.strings(formula)
    assert state is not None
    assert made.strings(formula) is state
    assert state.shortest == 3
    assert made.strings(made.schema({"type": "null"})) is None
    language = made.string_language(formula)
    with patch.object(Made, "_find_strings", side_effect=AssertionError):
        assert made.string_language(formula) is language


@pytest.mark.parametrize("escapes", ["any", "plain"])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_spellings_of_strings(escapes: str, ascii_only: bool) -> None:
    made = Made(escapes=escapes, ascii_only=ascii_only)
    state = made.string_state(literal("é".encode()))
    accepted = {text for text in (b'\xc3\xa9"', b'\\u00e9"') if takes(state, text)}
    expected = set() if ascii_only else {b'\xc3\xa9"'}
    if escapes == "any" or ascii_only:
        expected.add(b'\\u00e9"')
    assert accepted == expected
    assert made.strings(made.schema({"const": "é"})) is not None


def test_grounded_strings() -> None:
    made = Made(grounding=Grounding.of("red green", None, "error"))
    formula = made.schema({"pattern": "^r"})
    assert made.content(formula).accepts(b"red")
    assert not made.content(formula).accepts(b"rod")
    assert made.string_language(formula).accepts(b"rod")
    plain = Made()
    formula = plain.schema({"pattern": "^r"})
    assert plain.content(formula) is plain.string_language(formula)
    assert made.strings(made.schema({"pattern": "^x"})) is None


# -- containers --------------------------------------------------------------------------------------


def test_plans_are_made_once(made: Made) -> None:
    formula = made.schema({"anyOf": [{"required": ["a"], "minItems": 1}, {"required": ["b"], "minItems": 1}]})
    objects, arrays = made.objects(formula), made.arrays(formula)
    assert [sorted(plan.spec.required) for plan in objects] == [[b"a"], [b"b"]]
    assert [plan.spec.low for plan in arrays] == [1]
    assert made.objects(formula) is objects
    assert made.arrays(formula) is arrays
    assert made.object_plan(objects[0].spec) is objects[0] is objects[0].spec.compiled
    assert made.array_plan(arrays[0].spec) is arrays[0] is arrays[0].spec.compiled
    assert made.objects(made.schema({"type": "array"})) == ()


def test_a_plan_omits_where_that_was_asked_for() -> None:
    def omits(schema: Any, closed: bool = True) -> bool:
        made = Made(closed=closed)
        formula = schema(made) if callable(schema) else made.schema(schema)
        (plan,) = made.objects(formula)
        return plan.omits

    assert not omits({"type": "object"}, closed=False)
    for about_objects in (
        {"type": "object"},
        {"type": ["object", "null"]},
        {"properties": {"a": True}},
        {"maxProperties": 3},
        {"allOf": [{"type": "object"}]},
        {"allOf": [{"allOf": [{"required": ["a"]}]}]},
        {"not": {"required": ["a"]}},
        lambda made: made.atom("size", 0, 3),
        lambda made: made.values({}),
        lambda made: made.all(made.schema({"minimum": 1}), made.schema({"type": "object"})),
        lambda made: made.no(made.schema({"type": "string"})),
    ):
        assert omits(about_objects), about_objects
    for about_all in (
        {"minimum": 1},
        {"title": "x"},
        {"allOf": [{"minLength": 1}, True]},
        lambda made: made.formulas.true,
        lambda made: made.all(made.schema({"minimum": 1}), made.schema({"minLength": 1})),
        lambda made: made.whole({"allOf": [{"minLength": 1}, {"$ref": "#/allOf/0"}]}),
    ):
        assert not omits(about_all), about_all


def test_what_is_said_of_objects(made: Made) -> None:
    for schema, about in (
        ({"minimum": 1}, False),
        ({"type": "null"}, True),
        ({"allOf": [{"not": {}}]}, False),
    ):
        assert made._is_about_objects(made.schema(schema)) is about


def test_readers_are_made_once(made: Made) -> None:
    first = made.reader(0)
    assert made.reader(0) is first
    assert made.reader(1) is not first
    named = made.reader(b"a")
    assert named is made.reader(b"a") is not first
    none = made.reader(frozenset())
    assert none is made.reader(frozenset()) is not named
    goal = made.values(1)
    # The item at index 0 is what the one reads, the member "a" the other.
    assert first.split(made.atom("each item", 0, 1, goal)) == {
        made.formulas.true: goal,
        made.formulas.false: made.no(goal),
    }
    member = made.atom("each", KeySet(frozenset((b"a",))), goal)
    assert named.split(member) == {made.formulas.true: goal, made.formulas.false: made.no(goal)}


def test_plans_that_nothing_can_finish_are_not_alive(made: Made) -> None:
    never = {
        "properties": {"a": {"type": "integer", "enum": [0.5]}},
        "required": ["a"],
        "minItems": 1,
        "items": {"type": "integer", "enum": [0.5]},
    }
    formula = made.schema({"anyOf": [never, {"required": ["b"], "minItems": 2}]})
    objects = made.objects(formula)
    assert [sorted(plan.spec.required) for plan in made.live_objects(formula)] == [[b"b"]]
    assert [plan.live for plan in objects] == [False, True]
    assert [plan.spec.low for plan in made.live_arrays(formula)] == [2]
    alive = made.schema({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]})
    assert made.live_objects(alive) is made.objects(alive)
    assert made.live_objects(made.schema({"anyOf": [never, {"type": "null"}]})) == ()
    # What was found out is not asked again.
    for plan in objects:
        plan.live = not plan.live
    assert [sorted(plan.spec.required) for plan in made.live_objects(formula)] == [[b"a"]]
    assert made.live_objects(made.schema({"type": "null"})) == ()


def test_what_is_seen_at_a_glance_is_not_computed(made: Made) -> None:
    deep = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    formula = made.schema(deep)
    with patch.object(Made, "_solve", side_effect=AssertionError):
        assert made.first_bytes(formula) == BRACE
        assert made.satisfiable(formula)
        (plan,) = made.live_objects(formula)
        assert plan.live is True
        made.foresee(formula)
        items = made.schema({"type": "array", "items": {"type": "null"}})
        assert made.first_bytes(items) == BRACKET
        assert made.satisfiable(items)
        assert made.cost(items) == 2


def test_first_bytes(made: Made) -> None:
    digits = sum(1 << byte for byte in b"0123456789")
    for schema, bits in (
        ({"type": "object"}, BRACE),
        ({"type": "array"}, BRACKET),
        ({"type": "string"}, QUOTE),
        ({"type": "null"}, 1 << ord("n")),
        ({"type": "boolean"}, 1 << ord("t") | 1 << ord("f")),
        ({"const": True}, 1 << ord("t")),
        ({"type": ["object", "array"]}, BRACE | BRACKET),
        ({"type": "integer", "minimum": 0}, digits | 1 << ord("-")),
        (
            {"type": "integer", "minimum": 1, "maximum": 9, "x-bltgen-written": "integer"},
            digits & ~(1 << ord("0")),
        ),
        ({"type": "object", "properties": {"a": False}, "required": ["a"]}, 0),
        ({"type": "array", "items": False, "minItems": 1}, 0),
        ({"type": ["object", "null"], "properties": {"a": False}, "required": ["a"]}, 1 << ord("n")),
        ({"type": ["array", "object"], "minItems": 1, "items": False}, BRACE),
    ):
        formula = made.schema(schema)
        assert made.first_bytes(formula) == bits, schema
        with patch.object(Made, "_first_at_a_glance", side_effect=AssertionError):
            assert made.first_bytes(formula) == bits


def test_nothing_is_taken_for_granted_where_values_are_grounded() -> None:
    made = Made(grounding=Grounding.of("text", None, "error"))
    formula = made.schema(
        {"type": "object", "properties": {"a": {"type": "string", "pattern": "x{9}"}}, "required": ["a"]}
    )
    assert made._first_at_a_glance(formula) == 0
    assert not made.satisfiable(formula)
    assert made.first_bytes(formula) == 0
    assert Made()._first_at_a_glance(Made().formulas.true) == 0


def test_foresight_reaches_the_outermost_containers(made: Made) -> None:
    formula = made.schema({"anyOf": [{"required": ["a"], "minItems": 1}]})
    seen: list[Any] = []
    (plan,), (array,) = made.objects(formula), made.arrays(formula)
    with (
        patch.object(type(plan), "foresee", lambda self: seen.append(self)),
        patch.object(type(array), "foresee", lambda self: seen.append(self)),
    ):
        made.foresee(formula)
        assert seen == [plan, array]
        assert made.goal(formula).first is not None
        seen.clear()
        glanced = made.schema({"type": "object", "properties": {"a": {"type": "null"}}})
        made.foresee(glanced)
        assert seen == []
        assert made.goal(glanced).first == BRACE


# -- costs -------------------------------------------------------------------------------------------

TREE = {
    "type": "object",
    "properties": {"left": {"$ref": "#"}, "leaf": {"type": "null"}},
    "anyOf": [{"required": ["left"]}, {"required": ["leaf"]}],
}
# A schema and its shortest value; several, where the layout decides between them.
COSTS: list[tuple[Any, Any]] = [
    (True, 0),
    ({"type": "integer"}, 0),
    ({"type": "integer", "minimum": 100}, 100),
    ({"type": "string"}, ""),
    ({"type": "string", "minLength": 2}, "ab"),
    ({"type": "null"}, None),
    ({"type": "boolean"}, True),
    ({"const": False}, False),
    ({"type": "array"}, []),
    ({"type": "array", "minItems": 2}, [0, 0]),
    ({"type": "object"}, {}),
    ({"type": "object", "required": ["a", "b"]}, {"a": 0, "b": 0}),
    ({"type": ["string", "null"], "minLength": 9}, None),
    ({"type": ["boolean", "number"], "minimum": 10}, 10),
    ({"enum": [True, 123456]}, True),
    ({"type": ["array", "boolean"], "minItems": 1}, ([0], True)),
    ({"type": ["array", "boolean"], "minItems": 3}, True),
    ({"type": ["object", "array"], "minItems": 1, "required": ["a"]}, [0]),
    ({"type": ["object", "array"], "minItems": 4, "required": ["a"]}, {"a": 0}),
    ({"type": ["object", "array"], "minItems": 4}, {}),
    ({"enum": [{"a": [1, 2, 3]}, "abcdefgh"]}, "abcdefgh"),
    ({"enum": [{"a": 1}, "abcdefgh"]}, ({"a": 1}, "abcdefgh")),
    ({"enum": [100, []]}, []),
    ({"enum": ["a", {}]}, {}),
    ({"type": ["object", "array"], "minItems": 1}, {}),
    (TREE, {"leaf": None}),
    (
        {
            "type": "object",
            "properties": {"a": {"$ref": "#/$defs/b"}},
            "required": ["a"],
            "$defs": {"b": {"type": "array", "items": {"$ref": "#"}, "minItems": 0}},
        },
        {"a": []},
    ),
]


@pytest.mark.parametrize("whitespace", ["compact", "spaced", "any", "bounded", "indent=2", "indent=tab"])
@pytest.mark.parametrize("number", range(len(COSTS)))
def test_the_cost_is_the_length_of_the_shortest_text(whitespace: str, number: int) -> None:
    schema, shortest = COSTS[number]
    made = Made(whitespace)
    formula = made.whole(schema)
    layouts: dict[str, dict[str, Any]] = {
        "spaced": {},
        "indent=2": {"indent": 2},
        "indent=tab": {"indent": "\t"},
    }
    form = layouts.get(whitespace, {"separators": (",", ":")})
    width = {"indent=2": 2, "indent=tab": 1}.get(whitespace, 0)

    def length(depth: int) -> int:
        """Deeper inside lines begin further to the right."""
        texts = [json.dumps(one, **form) for one in (shortest if isinstance(shortest, tuple) else [shortest])]
        return min(len(text) + depth * width * text.count("\n") for text in texts)

    assert made.cost(formula) == length(0)
    assert made.cost(formula, 3) == length(3)
    assert made.satisfiable(formula) is True
    # What a conjunction hides from a glance costs the same.
    hidden = made.all(formula, made.no(made.values("no such text")))
    assert made.cost(hidden) == length(0)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "integer", "enum": [0.5]},
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
        {"type": "object", "properties": {"a": {"anyOf": [{"$ref": "#"}, False]}}, "required": ["a"]},
    ],
)
@pytest.mark.parametrize("whitespace", ["compact", "indent=2"])
def test_what_nothing_satisfies_costs_without_end(schema: Any, whitespace: str) -> None:
    made = Made(whitespace)
    formula = made.whole(schema)
    assert not made.satisfiable(formula)
    assert made.cost(formula) == INFINITE
    assert made.cost(formula, 5) == INFINITE
    assert made.conflicts(formula) != ()


def test_deeper_goals_are_solved_by_a_work_list() -> None:
    """As deep as one likes, without recursion; and in both orders of a cycle."""
    schema: Any = {"type": "string"}
    for _ in range(70):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "minProperties": 1}
    made = Made()
    assert made.cost(made.schema(schema)) == 70 * len('{"a":}') + 2
    for depth in (0, 1, 2, 3, 50):
        with patch.object(module, "SOLVE_DEPTH", depth):
            other = Made()
            assert other.cost(other.schema(schema)) == 70 * 6 + 2
            cycle = {
                "$ref": "#/$defs/a",
                "$defs": {
                    "a": {"type": "object", "properties": {"x": {"$ref": "#/$defs/b"}}, "required": ["x"]},
                    "b": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/c"}]},
                    "c": {
                        "type": "array",
                        "items": {"$ref": "#/$defs/b"},
                        "minItems": 1,
                        "contains": {"type": "string"},
                    },
                },
            }
            third = Made()
            # {"x":[""]} needs the least of b, which is itself an a, or an array of b that holds a string.
            assert third.cost(third.whole(cycle)) == INFINITE
            cycle["$defs"]["c"]["items"] = {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "string"}]}
            fourth = Made()
            assert fourth.cost(fourth.whole(cycle)) == len('{"x":[""]}')


def test_each_goal_is_evaluated_once_where_none_asks_for_itself() -> None:
    """By recursion so deep; below by a work list, which evaluates again what depends on what was found."""
    evaluated: list[Formula] = []
    original = Made._evaluate

    def evaluate(self: Made, formula: Formula, *rest: Any) -> int:
        evaluated.append(formula)
        return original(self, formula, *rest)

    schema: Any = {"type": "string"}
    for _ in range(30):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"], "minProperties": 1}
    made = Made()
    formula = made.schema(schema)
    place = formula.value[0]
    for _ in range(10):
        place = place.child("properties", "a")
    inner = made.formulas.schema(place)
    with patch.object(Made, "_evaluate", evaluate):
        # 20 objects below; the string's cost is seen at a glance, by the one of all such strings.
        made.cost(inner)
        assert len([one for one in evaluated if one.value[0].schema["type"] == "object"]) == 20
        evaluated.clear()
        made.cost(formula)
        assert len(evaluated) == 10
        evaluated.clear()
        other = Made()
        other.cost(other.schema(schema))
        assert len(evaluated) > 31


def test_costs_of_all_that_was_asked_are_kept(made: Made) -> None:
    formula = made.schema(
        {"minProperties": 1, "type": "object", "properties": {"a": {"const": 1}}, "required": ["a"]}
    )
    assert made.cost(formula) == 7
    with patch.object(Made, "_evaluate", side_effect=AssertionError):
        assert made.cost(formula) == 7
        assert made.satisfiable(formula)
        inner = made.formulas.schema(formula.value[0].child("properties", "a"))
        assert made.cost(inner) == 1
    indented = Made("indent=2")
    formula = indented.schema({"type": "array", "minItems": 1})
    assert indented.cost(formula, 1) == len("[\n    0\n  ]")
    # A goal's own cost is without indentation.
    assert indented.goal(formula).cost == len("[0]")
    with patch.object(Made, "_indented_cost", side_effect=AssertionError):
        assert indented.cost(formula, 1) == len("[\n    0\n  ]")


def test_indented_costs_look_as_deep_as_need_be() -> None:
    """Nesting that is needed is found, however deep, and none deeper than the best."""
    made = Made("indent=1")
    schema: Any = {"type": "null"}
    for _ in range(11):
        schema = {"type": "array", "items": schema, "minItems": 1}
    value: Any = None
    for _ in range(11):
        value = [value]
    assert made.cost(made.schema(schema)) == len(json.dumps(value, indent=1))
    horizons = []
    original = Made._cut_cost

    def cut(self: Made, formula: Formula, depth: int, horizon: int) -> int:
        horizons.append(horizon)
        return original(self, formula, depth, horizon)

    with patch.object(Made, "_cut_cost", cut):
        made.cost(made.schema({"type": "array", "items": schema, "minItems": 1}))
        assert horizons == [4, 8, 16]
        horizons.clear()
        made.cost(made.schema({"type": "array", "items": {"type": "null"}, "minItems": 1}))
        assert horizons == [4]


# -- at a glance -------------------------------------------------------------------------------------


def test_scalars_are_shared_between_schemas() -> None:
    schema = {"type": "string", "minLength": 3, "title": "one"}
    first, second = Made(), Made()
    one, other = first.schema(schema), second.schema({**schema, "title": "other"})
    assert first.cost(one) == 5
    with patch.object(Made, "_evaluate", side_effect=AssertionError):
        assert second.cost(other) == 5
        assert second.satisfiable(second.schema(schema))
    assert one.compiled is other.compiled
    assert one._summary is other._summary
    assert (one.compiled.objects, one.compiled.arrays) == ((), ())
    assert second.strings(other) is first.strings(one)


@pytest.mark.parametrize(
    "options",
    [
        {"numbers": "plain"},
        {"digits": 3},
        {"escapes": "plain"},
        {"ascii_only": True},
        {"formats": "annotate"},
        {"custom_formats": {"x": EMPTY}},
        {"grounding": Grounding.of("text", None, "error")},
    ],
)
def test_scalars_of_other_options_are_not_shared(options: dict[str, Any]) -> None:
    schema = {"type": "string", "maxLength": 3}
    first, second = Made(), Made(**options)
    one, other = first.schema(schema), second.schema(schema)
    first.cost(one)
    second.cost(other)
    assert one.compiled is not other.compiled
    third = Made(**options)
    alike = third.schema(schema)
    third.cost(alike)
    shares = not {"custom_formats", "grounding"} & set(options)
    assert (alike.compiled is other.compiled) is shares


def test_what_is_known_at_a_glance(made: Made) -> None:
    for schema, cost in (
        ({"type": "object", "properties": {"a": {"type": "null"}}}, 2),
        ({"type": "array", "items": {"type": "null"}}, 2),
        ({"type": "string", "minLength": 2}, 4),
        ({"type": "integer", "enum": [0.5]}, INFINITE),
    ):
        formula = made.schema(schema)
        assert made._at_a_glance(formula) is True
        assert made.goal(formula).cost == cost
    assert made._at_a_glance(made.formulas.true) is False
    assert made._at_a_glance(made.no(made.schema({"type": "string"}))) is False
    assert made._at_a_glance(made.schema({"minLength": 2})) is False
    assert made._at_a_glance(made.values(1)) is False
    assert not made.satisfiable(made.schema({"type": "integer", "enum": [0.5]}))
    # A pattern's blanks count, also between the brackets of an empty object.
    padded = Made("pattern= ")
    assert padded.cost(padded.schema({"type": "object"})) == len("{ }")
    made = Made()
    referring = made.whole({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "minLength": 5}}})
    assert made._at_a_glance(referring)
    assert made.cost(referring) == 7


def test_a_reference_shares_the_goal_of_its_target(made: Made) -> None:
    root = Documents({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string", "minLength": 6}}}).root
    formula, target = made.formulas.schema(root), made.formulas.schema(root.child("$defs", "a"))
    assert made.cost(formula) == 8
    assert made.cost(target) == 8
    assert formula.compiled is target.compiled


def test_asserted_places(made: Made) -> None:
    root = Documents({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}, "b": True}}).root
    formula = made.formulas.schema(root)
    assert module._asserted(formula) is root.child("$defs", "a")
    assert module._asserted(made.no(formula)) is None
    assert module._asserted(made.values(1)) is None
    always = Documents({"$ref": "#/$defs/b", "$defs": {"b": True}}).root
    assert module._asserted(Made().formulas.schema(always)) is None


def test_meeting_languages_of_texts() -> None:
    a = literal(b"a")
    language: Language = module._meet(UTF8_TEXT, a)
    assert language is a
    assert module._meet(a, UTF8_TEXT) is a
    assert module._meet(a, literal(b"b")).is_empty()


def test_exactly_one_of_one_is_that_one(made: Made) -> None:
    part = made.schema({"minLength": 2})
    assert made.one(part) is part
    assert made.one(part, made.schema({"minLength": 3})).op == ONE
