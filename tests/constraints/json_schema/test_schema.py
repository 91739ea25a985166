"""The constraint that `json_schema` makes and the arguments that it takes: defaults, choices and refusals."""

from __future__ import annotations

import copy
import gc
import inspect
import operator
import pickle
import random
import re
import warnings
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import pytest
from pydantic import BaseModel, Field

from bltgen import choice, json_schema, json_value, regex
from bltgen.automata.contract import Constraint
from bltgen.automata.language import literal
from bltgen.constraints.json_schema import JsonSchema
from bltgen.constraints.json_schema.compiler import Compiler
from bltgen.constraints.json_schema.schema import SchemaOptions
from bltgen.constraints.json_schema.state import StateTable
from bltgen.errors import (
    BudgetTooSmall,
    ConstraintSyntaxError,
    ConstraintWarning,
    EmptyLanguage,
    Unsupported,
)


class Point(BaseModel):
    y: int
    x: float = 0.0


@dataclass
class Pair:
    a: int


def takes(constraint: Any, *texts: str) -> list[str]:
    return [text for text in texts if constraint.accepts(text.encode())]


# -- the constraint ----------------------------------------------------------------------------------


def test_the_start_is_one_state() -> None:
    schema = json_schema({"type": "null"})
    assert schema.start() is schema.start()
    assert schema.start().completion() == b"null"
    assert isinstance(schema, Constraint)


def test_acceptance_of_beginnings_and_more() -> None:
    schema = json_schema({"type": "null"})
    assert [schema.accepts(text) for text in (b"null", b"nul", b"", b"nulll", b"x")] == [True] + [False] * 4
    assert schema.accepts(bytearray(b"null")) is True
    with pytest.raises(TypeError, match="data"):
        schema.accepts("null")  # type: ignore[arg-type]


def test_samples_are_drawn_within_a_budget() -> None:
    schema = json_schema({"enum": ["a", "bbbb"]}, escapes="plain")
    found = {schema.sample(random.Random(seed), 3) for seed in range(20)}
    assert found == {b'"a"'}
    assert {schema.sample(random.Random(seed)) for seed in range(40)} == {b'"a"', b'"bbbb"'}
    with pytest.raises(BudgetTooSmall):
        schema.sample(random.Random(0), 2)


def test_what_nothing_satisfies_is_refused_with_the_reason() -> None:
    with pytest.raises(EmptyLanguage) as caught:
        json_schema({"const": 1, "enum": [2]})
    assert caught.value.conflicts == ("#/const", "#/enum")
    assert str(caught.value).startswith("no JSON value satisfies the schema")
    assert "surrogate" not in str(caught.value)
    with pytest.raises(EmptyLanguage, match="a lone surrogate is no character"):
        json_schema({"const": "\ud800"})
    with pytest.raises(EmptyLanguage, match="the text of strings_from or numbers_from tells no value"):
        json_schema({"type": "string", "pattern": "^x"}, strings_from="a")
    # Where the schema alone is to blame, the text is not.
    with pytest.raises(EmptyLanguage, match=r"^no JSON value"):
        json_schema({"const": 1, "enum": [2]}, strings_from="a")


def test_values_are_parsed_exactly() -> None:
    schema = json_schema({"items": {"type": "integer"}, "prefixItems": [{"type": "number"}]})
    found = schema.parse(b"[1.50, 2.0, 1e2, 3]")
    assert found == [1.5, 2, 100, 3]
    assert [type(one) for one in found] == [float, int, int, int]
    exact = json_schema(True).parse(b"[0.1, 0.10000000000000000001, 12345678901234567890123, true]")
    assert exact == [0.1, Decimal("0.10000000000000000001"), 12345678901234567890123, True]
    assert type(exact[1]) is Decimal
    point = json_schema(Point).parse(b'{"y": 1, "x": 2.5}')
    assert point == Point(y=1, x=2.5)
    assert json_schema(True).parse(bytearray(b"[]")) == []
    with pytest.raises(TypeError, match="data"):
        schema.parse("[]")  # type: ignore[arg-type]


def test_integers_are_watched_in_any_spelling() -> None:
    schema = json_schema({"items": {"type": "integer"}}, whitespace="compact")
    watch = schema.watch_integers()
    for byte in b" [1.0":
        watch.feed(byte)
    assert watch.wants_integer("1.0") is True
    assert schema.parse(b"[ 1.0 ,2e0]") == [1, 2]
    # The wide one is made once, for all.
    widest = schema._widest
    assert isinstance(widest, JsonSchema)
    assert schema._in_any_spelling() is widest
    assert widest._in_any_spelling() is widest


def test_states_are_dropped_with_the_constraint() -> None:
    dropped: list[StateTable] = []
    with patch.object(StateTable, "drop", lambda self: dropped.append(self)):
        schema = json_schema({"const": "some text of its own"})
        table = schema._compiler.table
        wide = schema._in_any_spelling()._compiler.table
        gc.collect()
        assert table not in dropped
        del schema
        gc.collect()
    assert dropped.count(table) == 1
    # What was never started has made none.
    assert wide not in dropped


def test_what_costs_too_much_is_found_out_before_the_first_byte() -> None:
    foreseen = []
    with patch.object(Compiler, "foresee", lambda self, goal: foreseen.append(goal)):
        schema = json_schema({"const": 1})
        schema.start()
    assert foreseen == [schema._goal]


def test_descriptions_rebuild_the_constraint() -> None:
    schema = json_schema({"type": "string"}, strings_from=b"red green", ungrounded="schema", whitespace=2)
    description = schema.describe()
    assert description == {
        "kind": "json_schema",
        "schema": {"type": "string"},
        "draft": None,
        "formats": "assert",
        "whitespace": "indent=2",
        "property_order": "any",
        "undeclared": "allow",
        "numbers": "interoperable",
        "digits": None,
        "escapes": "any",
        "ascii_only": False,
        "strings_from": "red green",
        "numbers_from": None,
        "ungrounded": "schema",
    }
    again = json_schema(**description)
    assert again.describe() == description
    assert takes(again, '"red"', '"blue"') == ['"red"']
    types = json_schema(Point).describe()
    assert (types["whitespace"], types["property_order"], types["undeclared"], types["numbers"]) == (
        "spaced",
        "schema",
        "omit",
        "plain",
    )
    assert json_schema(b'{"type": "null"}').describe()["schema"] == '{"type": "null"}'
    assert json_schema('{"type": "null"}').describe()["schema"] == '{"type": "null"}'
    with pytest.raises(ValueError, match="not the description of a JSON Schema: 'regex'"):
        json_schema(True, kind="regex")


def test_the_algebra_of_texts() -> None:
    one, other = json_schema({"const": 1}), json_schema({"const": 22})
    assert takes(one | other, "1", "22", "122") == ["1", "22"]
    assert takes(one | regex("x"), "1", "x") == ["1", "x"]
    assert takes(literal(b"x") | one, "1", "x", "1x") == ["1", "x"]
    assert takes(one + other, "122", "221", "1") == ["122"]
    assert takes(literal(b"x") + one, "x1", "1x") == ["x1"]
    assert takes(one + literal(b"x"), "x1", "1x") == ["1x"]
    assert takes(json_schema({"enum": [1, 22]}) & regex("2*"), "1", "22") == ["22"]
    assert takes(regex("2*") & json_schema({"enum": [1, 22]}), "1", "22") == ["22"]
    assert takes(one.repeat(1, 2), "", "1", "11", "111") == ["1", "11"]
    assert takes(one.repeat(2), "1", "11", "111") == ["11", "111"]
    assert takes(one.optional(), "", "1", "11") == ["", "1"]
    with pytest.raises(Unsupported, match="an intersection of two schemas is one schema") as caught:
        one & other
    assert caught.value.where == "json_schema"
    with pytest.raises(Unsupported, match="the complement within JSON is a schema"):
        operator.invert(one)


def test_constraints_pickle_and_copy() -> None:
    schema = json_schema({"const": 1}, whitespace="compact")
    again = pickle.loads(pickle.dumps(schema))
    assert again == schema
    assert takes(again, "1", "2") == ["1"]
    assert copy.deepcopy(schema) is schema


# -- arguments ---------------------------------------------------------------------------------------


def test_defaults_for_schemas_and_types() -> None:
    whole = {"properties": {"y": {}, "x": {}}, "type": "object"}
    for text in ('{"x":1,"y":1e2,"z":0}', '{\n  "x": 1\n}', '{"x": 1}'):
        assert takes(json_schema(whole), text) == [text]
    point = json_schema(Point)
    assert takes(
        point, '{"y": 1, "x": 1.5}', '{"x": 1.5, "y": 1}', '{"y": 1, "z": 1}', '{"y":1}', '{"y": 1, "x": 1e2}'
    ) == ['{"y": 1, "x": 1.5}']
    wide = json_schema(
        Point, property_order="any", undeclared="allow", numbers="interoperable", whitespace="compact"
    )
    assert takes(wide, '{"x":1.5,"y":1}', '{"y":1,"z":1}', '{"y":1,"x":1e2}', '{"y": 1}') == [
        '{"x":1.5,"y":1}',
        '{"y":1,"z":1}',
        '{"y":1,"x":1e2}',
    ]


@pytest.mark.parametrize(
    ("option", "value", "taken", "refused"),
    [
        ("numbers", "any", "1e999", None),
        ("numbers", "interoperable", "1e2", "1e999"),
        ("numbers", "plain", "12.50", "1e2"),
        ("escapes", "any", '"\\u0061"', None),
        ("escapes", "plain", '"a"', '"\\u0061"'),
        ("ascii_only", True, '"\\u00e9"', '"é"'),
        ("ascii_only", False, '"é"', None),
        ("undeclared", "omit", '{"x":1}', None),
        ("whitespace", "compact", "[1,2]", "[1, 2]"),
        ("whitespace", "spaced", "[1, 2]", "[1,2]"),
        ("whitespace", "any", " [ 1\n,\t2] ", None),
        ("whitespace", 1, "[\n 1,\n 2\n]", "[1,2]"),
        ("whitespace", re.compile(" ?"), "[ 1 ,2 ]", "[  1,2]"),
        ("whitespace", None, "[1, 2]", "[1,  2]"),
    ],
)
def test_options_reach_the_texts(option: str, value: Any, taken: str, refused: str | None) -> None:
    schema = json_schema(True, **{option: value})
    assert takes(schema, taken) == [taken]
    assert refused is None or takes(schema, refused) == []


def test_options_about_objects() -> None:
    ordered = {"properties": {"b": {}, "a": {}}, "type": "object"}
    assert takes(json_schema(ordered, property_order="schema"), '{"b":1,"a":1}', '{"a":1,"b":1}') == [
        '{"b":1,"a":1}'
    ]
    assert takes(json_schema(ordered, property_order="any"), '{"a":1,"b":1}') == ['{"a":1,"b":1}']
    assert takes(json_schema(ordered, undeclared="omit"), '{"a":1}', '{"c":1}') == ['{"a":1}']


def test_digits_are_about_plain_numbers() -> None:
    assert takes(json_schema(True, numbers="plain", digits=3), "1.23", "1.234") == ["1.23"]
    assert takes(json_schema(True, numbers="plain", digits=1), "1", "12") == ["1"]
    assert json_schema(True, numbers="plain", digits=3).describe()["digits"] == 3
    for numbers in ("any", "interoperable", None):
        with pytest.raises(ValueError, match="digits=3: it is about numbers='plain'"):
            json_schema(True, numbers=numbers, digits=3)
    assert takes(json_schema(Point, digits=3), '{"y": 123}', '{"y": 1234}') == ['{"y": 123}']
    with pytest.raises(ValueError, match="digits"):
        json_schema(True, numbers="plain", digits=0)


@pytest.mark.parametrize("option", ["formats", "property_order", "undeclared", "numbers", "escapes"])
def test_choices_are_refused_with_those_there_are(option: str) -> None:
    with pytest.raises(ValueError, match=f"{option}='nonsense'"):
        json_schema(True, **{option: "nonsense"})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("registry", {}),
        ("custom_formats", []),
        ("constraints", "a"),
        ("whitespace", 1.5),
        ("property_order", 1),
        ("undeclared", True),
        ("numbers", 1),
        ("ascii_only", "yes"),
        ("ascii_only", None),
        ("strings_from", 3),
        ("numbers_from", [1]),
    ],
)
def test_arguments_of_wrong_types_are_refused(option: str, value: Any) -> None:
    with pytest.raises(TypeError, match=option):
        json_schema(True, **{option: value})


def test_what_is_no_schema_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a path; give its text: path\.read_text"):
        json_schema(Path("person.json"))
    for instance in (Point(y=1), Pair(1)):
        with pytest.raises(TypeError, match=f"an instance; give its class, {type(instance).__name__}"):
            json_schema(instance)
    assert json_schema(Pair).parse(b'{"a": 1}') == Pair(1)
    with pytest.raises(ValueError, match="draft="):
        json_schema(True, draft="5")


def test_texts_are_parsed_or_refused() -> None:
    assert takes(json_schema('{"const": 1}'), "1", "2") == ["1"]
    assert takes(json_schema(b'{"const": 2}'), "1", "2") == ["2"]
    with pytest.raises(ConstraintSyntaxError, match="the schema is no JSON text: ") as caught:
        json_schema('{"a": }')
    assert "path" not in str(caught.value)
    for path in ("person.json", "a/b.yaml", "x.yml", "s.schema"):
        with pytest.raises(ConstraintSyntaxError, match=r"this looks like a path, so write path.read_text"):
            json_schema(path)
    for no_path in ("person.txt", "{\n.json", b"person.json"):
        with pytest.raises(ConstraintSyntaxError) as caught:
            json_schema(no_path)
        assert "path" not in str(caught.value)
    with pytest.raises(ConstraintSyntaxError, match="the schema is no UTF-8 text"):
        json_schema(b'"\xff"')
    with pytest.raises(ConstraintSyntaxError, match="the schema is nested too deeply"):
        json_schema("[" * 100_000)


@pytest.mark.parametrize(
    "given", ["[ab]x", regex("[ab]x"), literal(b"ax") | literal(b"bx"), choice(["ax", "bx"])]
)
def test_formats_and_constraints_are_languages(given: Any) -> None:
    schema = json_schema({"type": "string", "format": "own"}, custom_formats={"own": given})
    assert takes(schema, '"ax"', '"bx"', '"cx"') == ['"ax"', '"bx"']
    schema = json_schema({"type": "string", "x-bltgen-constraint": "own"}, constraints={"own": given})
    assert takes(schema, '"ax"', '"bx"', '"cx"', "1") == ['"ax"', '"bx"']
    with pytest.raises(ValueError, match="a format or constraint is a regular expression or a constraint"):
        json_schema(True, custom_formats={"own": 3})


def test_bytes_that_are_no_text_are_not_in_a_format() -> None:
    schema = json_schema({"type": "string", "format": "own"}, custom_formats={"own": regex(rb"a|[\xff]")})
    assert schema.start().advance(0x22).allowed.bits & 1 << 0xFF == 0  # type: ignore[union-attr]


def test_strings_that_hold_json() -> None:
    schema = json_schema({"type": "string", "x-bltgen-json": {"const": [1]}}, whitespace="compact")
    assert takes(schema, '"[1]"', '"[2]"', "[1]", '"[ 1]"') == ['"[1]"']
    with pytest.raises(EmptyLanguage):
        json_schema({"type": "string", "x-bltgen-json": False})


def test_a_schema_that_applies_itself_is_refused_at_once() -> None:
    with pytest.raises(Unsupported) as caught:
        json_schema(
            {"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"allOf": [{"$ref": "#/$defs/b"}]}}}
        )
    assert caught.value.where == "#/$defs/b"
    assert "reaches itself" in caught.value.reason


def test_any_json_value() -> None:
    assert takes(json_value(), "1", "[{}]", "x", "") == ["1", "[{}]"]
    assert takes(json_value(whitespace="compact"), "[1]", "[ 1]") == ["[1]"]
    assert json_value(numbers="any").describe()["numbers"] == "any"


def test_rows_of_types_come_last_in_a_report() -> None:
    class Checked(BaseModel):
        a: int

        from pydantic import field_validator

        @field_validator("a")
        @classmethod
        def check(cls, value: int) -> int:
            return value

    rows = json_schema(Checked).report().entries
    assert "pydantic" in str(rows[-1])
    assert json_schema({"type": "null"}).report().entries[-1].place == "#/type"


def test_the_schema_is_kept() -> None:
    """As it was given; of a type the one that its texts satisfy, of a text what it says."""
    given = {"type": "object", "properties": {"y": {}}}
    assert json_schema(given).schema is given
    assert json_schema(True).schema is True
    assert json_schema('{"const": [1.5]}').schema == {"const": [Decimal("1.5")]}
    schema = json_schema(Point).schema
    assert isinstance(schema, dict)
    assert set(schema["properties"]) == {"y", "x"}


def test_misspelt_keywords_are_told_of_schemas_alone() -> None:
    """What stands in the schema of a type is not its user's writing."""

    class Misspelt(BaseModel):
        y: Annotated[str, Field(json_schema_extra={"maxLenght": 2})]

    with pytest.warns(ConstraintWarning, match="maxLenght"):
        json_schema({"properties": {"y": {"maxLenght": 2}}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert json_schema(Misspelt).accepts(b'{"y": "long"}')


def test_each_option_may_be_left_out() -> None:
    """Those of the type of options are the arguments of the function."""
    options = SchemaOptions.__annotations__
    arguments = inspect.signature(json_schema).parameters
    assert set(options) == set(arguments) - {"schema", "kind"}
    assert SchemaOptions.__required_keys__ == frozenset()
