"""The form of a prompt: what of a schema is told, in which order, and what goes first where room is short."""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import re
from decimal import Decimal
from typing import Any, Literal

import hypothesis
import pydantic
import pytest
from hypothesis import strategies as st

import bltgen
from bltgen.model import schema_outline
from bltgen.model.config import BLTConfig
from bltgen.model.prompt_form import DETAILS, PromptForm

ADDRESS = {
    "type": "object",
    "properties": {"street": {"type": "string"}, "no": {"type": ["integer", "null"]}},
}
ORDER: dict[str, Any] = {
    "$defs": {"address": ADDRESS},
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "as printed\n at the top"},
        "state": {"enum": ["open", "paid", None]},
        "to": {"$ref": "#/$defs/address", "description": "who pays"},
        "lines": {
            "type": "array",
            "items": {"properties": {"item": {"type": "string"}, "price": {"type": "number"}}},
        },
        "rush": {"type": "boolean"},
    },
}
LINES = """\
"id": string # as printed at the top
"state": "open" | "paid" | null
"to": object # who pays
 "street": string
 "no": integer | null
"lines": array of object
 "item": string
 "price": number
"rush": boolean
"""


def lines(schema: Any, **form: Any) -> str:
    return PromptForm(**{"max_bytes": 60_000, **form}).lines(schema).decode()


def member(schema: Any) -> str:
    """What is told of a member "x"."""
    found = lines({"properties": {"x": schema}})
    assert found.startswith('"x": ')
    return found[5:-1]


def test_keys_types_enumerations_and_descriptions_in_the_order_of_the_schema():
    """A line a key, members below the key they are under."""
    assert lines(ORDER) == LINES
    assert PromptForm().formed(b"Order 7", ORDER) == LINES.encode() + b"\nOrder 7\n"
    assert PromptForm(place="after").formed(b"Order 7\n", ORDER) == b"Order 7\n\n" + LINES.encode()
    assert lines(ORDER, detail="types").splitlines()[1] == '"state": string | null'
    assert lines(ORDER, detail="keys").split() == [line.split(":")[0].strip() for line in LINES.splitlines()]


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        (True, "any"),
        ({"type": ["null", "string"]}, "null | string"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string | null"),
        ({"oneOf": [{"const": 1}, {"const": "a"}]}, '1 | "a"'),
        ({"allOf": [{"type": "string"}, {"minLength": 1}]}, "string"),
        ({"if": {"const": 1}, "then": {"type": "integer"}, "else": {"type": "string"}}, "integer | string"),
        ({"type": "array"}, "array"),
        ({"items": {"items": {"type": "integer"}}}, "array of array of integer"),
        ({"items": {"enum": ["a", 2]}}, 'array of ("a" | 2)'),
        (
            {"type": "array", "prefixItems": [{"type": "string"}, {"type": "null"}]},
            "array of (string | null)",
        ),
        ({"type": "array", "items": [{"type": "string"}], "$schema": "draft 7"}, "array of string"),
        ({"enum": [[1], {"a": 1}, 10**30, Decimal("1.50")]}, "array | object | integer | 1.50"),
        ({"$ref": "elsewhere.json"}, "any"),
        ({"$ref": "#anchor"}, "any"),
        ({"$ref": "#/properties/y"}, "any"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "object"),
        ({"type": "string", "format": "date", "pattern": "^2"}, "string"),
        ({"const": 'a"\n'}, r'"a\"\n"'),
    ],
)
def test_what_is_told_of_one_value(schema, told):
    """Alternatives together; what is not told by a type is "any"."""
    assert member(schema) == told


def test_a_schema_without_keys_is_told_by_its_type():
    """And its items by their keys."""
    assert lines({"type": "integer"}) == "integer\n"
    assert lines(True) == "any\n"
    assert lines({"items": ADDRESS}) == 'array of object\n "street": string\n "no": integer | null\n'
    assert lines({"enum": ["a"]}, detail="keys") == ""
    assert PromptForm(detail="keys").formed(b"text", {"enum": ["a"]}) == b"text\n"


class Kind(enum.Enum):
    CAT = "cat"
    DOG = "dog"


class Owner(pydantic.BaseModel):
    name: str = pydantic.Field(description="in full")
    phone: str | None = None


class Visit(pydantic.BaseModel):
    owner: Owner = pydantic.Field(description="who pays")
    kind: Kind
    urgent: bool = pydantic.Field(alias="isUrgent")
    weights: list[float]
    others: list[Owner] | None = None
    outcome: Literal["well", "ill"] | None = None
    next: Visit | None = None


def test_a_type_is_told_alike_by_our_schema_and_by_pydantics_own():
    """Two schemas of one type, made apart: `json_schema` reads the validator, pydantic its annotations."""
    ours, theirs = lines(bltgen.json_schema(Visit).schema), lines(Visit.model_json_schema())
    assert ours == theirs
    assert '"owner": object # who pays\n "name": string # in full\n "phone": string | null\n' in ours


def test_a_member_that_cannot_be_there_is_not_told():
    """But one that only some branch rules out is."""
    assert lines({"properties": {"a": False, "b": True}}) == '"b": any\n'
    branches = [{"properties": {"a": False}}, {"properties": {"a": {"type": "null"}}}]
    assert lines({"anyOf": branches}) == '"a": null\n'


def test_references_lead_by_pointers_from_the_root_of_their_resource():
    """RFC 6901 in a fragment, escapes and percent signs decoded; `$id` begins a resource of its own."""
    schema = {
        "properties": {"a": {"$ref": "#/$defs/x~1y%25/allOf/0"}, "b": {"$ref": "#/$defs/inner"}},
        "$defs": {
            "x/y%": {"allOf": [{"type": "boolean"}]},
            "inner": {"$id": "https://example.org/i", "$ref": "#/$defs/z", "$defs": {"z": {"type": "null"}}},
        },
    }
    assert lines(schema) == '"a": boolean\n"b": null\n'


def test_a_recursive_schema_is_told_once():
    """By reference, through arrays, and as a Python value that holds itself."""
    node = {"properties": {"next": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}}}
    assert lines(node) == '"next": object\n"all": array of object\n'
    assert member({"$ref": "#"}) == "object"
    loop: dict[str, Any] = {"type": "array"}
    loop["items"] = loop
    loop["allOf"] = [loop]
    assert lines(loop) == "array of array\n"


def _levels(text: str) -> list[tuple[str, int]]:
    """Each key of the lines, and which of `DETAILS` is told of it."""
    found = []
    for line in text.splitlines():
        key, _, told = line.strip().partition(": ")
        level = "keys" if not told else "descriptions" if "#" in told else "types"
        found.append((key, DETAILS.index("enumerations" if told.startswith('"') else level)))
    return found


def test_descriptions_are_cut_first_then_types_keys_last():
    """At every limit: within it, and nothing is cut while there is something left that goes before it."""
    whole = [line.split(":")[0].strip() for line in LINES.splitlines()]
    sizes = set()
    for limit in range(len(LINES) + 2, 0, -1):
        found = lines(ORDER, max_bytes=limit)
        assert len(found.encode()) + 1 <= limit or not found
        levels = _levels(found)
        keys = [key for key, _ in levels]
        assert keys == whole[: len(keys)]
        least, most = (
            min((level for _, level in levels), default=0),
            max((level for _, level in levels), default=0),
        )
        if len(keys) < len(whole):
            assert most == 0
        if least == 0:
            assert most <= 1
        enumeration = dict(levels).get('"state"')
        if enumeration is not None and enumeration < 2:
            assert most <= 2
        sizes.add(len(found))
    assert max(sizes) == len(LINES)
    assert min(sizes) == 0
    assert len(sizes) > 12


def test_the_longest_description_goes_before_the_others():
    """One long one does not cost the short ones their place."""
    schema = {"properties": {"a": {"description": "x" * 500}, "b": {"description": "short"}}}
    assert lines(schema, max_bytes=60) == '"a": any\n"b": any # short\n'


def told(schema: Any, size: int) -> str:
    """The lines where there is room for so many bytes of them."""
    return lines(schema, max_bytes=size + 1)


def test_nothing_is_cut_that_fits():
    """The limit holds the lines, their line breaks and the empty line."""
    assert told(ORDER, len(LINES)) == LINES
    assert told(ORDER, len(LINES) - 1) == LINES.replace(" # as printed at the top", "")
    assert told({"type": "null"}, 5) == "null\n"
    assert told({"type": "null"}, 4) == ""


def test_each_step_cuts_one_line_at_a_time():
    """Of equal ones the later first; an enumeration shorter than its type stays until types go."""
    schema = {
        "properties": {
            "a": {"enum": ["abcde"], "description": "xx"},
            "b": {"enum": ["y"], "description": "zz"},
            "c": {"enum": ["longer", "longest"]},
        }
    }
    cut = [
        '"a": "abcde" # xx\n"b": "y" # zz\n"c": "longer" | "longest"\n',
        '"a": "abcde" # xx\n"b": "y"\n"c": "longer" | "longest"\n',
        '"a": "abcde"\n"b": "y"\n"c": "longer" | "longest"\n',
        '"a": "abcde"\n"b": "y"\n"c": string\n',
        '"a": string\n"b": "y"\n"c": string\n',
        '"a": string\n"b": "y"\n"c"\n',
        '"a"\n"b": "y"\n"c"\n',
        '"a"\n"b"\n"c"\n',
        '"a"\n"b"\n',
        '"a"\n',
        "",
    ]
    for shorter, longer in zip(cut[1:], cut, strict=False):
        for size in range(len(shorter), len(longer)):
            assert told(schema, size) == shorter
    assert told(schema, len(cut[0])) == cut[0]


def test_room_is_for_the_bytes_of_text():
    """As UTF-8 writes them."""
    schema = {"properties": {"é": {"type": "null"}}}
    assert told(schema, len('"é": null\n'.encode())) == '"é": null\n'
    assert told(schema, len('"é": null\n')) == '"é"\n'


def test_a_form_has_bounds_and_defaults():
    """And says which of its fields is wrong, of a long value the beginning."""
    form = PromptForm()
    assert (form.max_bytes, form.detail, form.place) == (512, "descriptions", "before")
    assert DETAILS == ("keys", "types", "enumerations", "descriptions")
    assert [PromptForm(size).max_bytes for size in (1, 65_536)] == [1, 65_536]
    for size in (0, -1, 65_537, 5.0, True, "9"):
        with pytest.raises(ValueError, match=f"^prompt form: max_bytes must be 1 to 65536, got {size}$"):
            PromptForm(size)
    with pytest.raises(ValueError, match=r"^prompt form: detail must be one of .*, got x{60}$"):
        PromptForm(detail="x" * 99)
    assert PromptForm(1).formed(b"a", {"type": "null"}) == b"a\n"


KEYS = st.text(max_size=6)
SCHEMAS = st.recursive(
    st.one_of(
        st.booleans(),
        st.fixed_dictionaries({"type": st.sampled_from(["string", "integer", "null", ["array", "object"]])}),
        st.fixed_dictionaries({"enum": st.lists(st.one_of(st.none(), KEYS, st.integers()), max_size=4)}),
        st.fixed_dictionaries(
            {"description": KEYS, "$ref": st.sampled_from(["#", "#/properties/a", "#/items"])}
        ),
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {"properties": st.dictionaries(st.one_of(st.just("a"), KEYS), inner, max_size=4)}
        ),
        st.fixed_dictionaries({"items": inner, "description": KEYS}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, max_size=3)}),
    ),
    max_leaves=12,
)


@hypothesis.settings(max_examples=50, deadline=None)
@hypothesis.given(schema=SCHEMAS, limit=st.integers(1, 200), detail=st.sampled_from(DETAILS))
def test_any_schema_is_told_in_lines_within_the_limit(schema, limit, detail):
    """Each line is a key as JSON spells it, or a type; the text stands whole behind the empty line."""
    form = PromptForm(max_bytes=limit, detail=detail)
    found = form.lines(schema)
    assert len(found) + 1 <= limit or not found
    for line in found.decode().split("\n")[:-1]:
        key = re.match(r' *("(?:[^"\\\n]|\\.)*")(: .+)?$', line)
        assert key or re.fullmatch(r"(any|object|array|string|integer|null|-?\d|\"|# ?).*", line)
        if key:
            json.loads(key[1])
    prompt = form.formed(b"text\xff", schema)
    assert prompt == (found + b"\n" if found else b"") + b"text\xff\n"


def test_keys_and_descriptions_forge_no_line():
    """Line breaks of every kind are escaped in keys and blanks in descriptions; surrogates stay escapes."""
    schema = {"properties": {'a": null\n"b': {"description": 'x\r\n"c": y\u2028z\x0b"d": w'}, "\ud800": True}}
    found = lines(schema)
    assert found.splitlines() == ['"a\\": null\\n\\"b": any # x "c": y z "d": w', '"\\ud800": any']
    assert [json.loads(line[: line.rindex(": any")]) for line in found.splitlines()] == list(
        schema["properties"]
    )


@functools.cache
def hostile() -> dict[str, Any]:
    tower: dict[str, Any] = {f"d{n}": {"anyOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(40)}
    wide: dict[str, Any] = {
        f"w{n}": {"properties": {key: {"$ref": f"#/$defs/w{n + 1}"} for key in "abcdefgh"}} for n in range(40)
    }
    deep: Any = {"type": "null"}
    for _ in range(5_000):
        deep = {"items": deep}
    members: Any = {"type": "null"}
    for _ in range(5_000):
        members = {"properties": {"a": members}}
    shared = {"anyOf": [{"type": "string"}] * 100_000}
    listed = {"enum": [str(n) for n in range(300_000)]}
    return {
        "a tower of alternatives": {"$defs": tower, "$ref": "#/$defs/d0"},
        "members that double at each depth": {"$defs": wide, "$ref": "#/$defs/w0"},
        "arrays in arrays": deep,
        "members in members": members,
        "one long schema behind many keys": {
            "$defs": {"s": shared},
            "properties": {f"k{n}": {"$ref": "#/$defs/s"} for n in range(9_000)},
        },
        "one long enumeration behind many keys": {
            "properties": dict.fromkeys(map(str, range(9_000)), listed)
        },
        "a reference to itself": {"$ref": "#"},
        "a long description": {"properties": {"a": {"description": "x " * 2_000_000}}},
        "nothing that a schema is": {
            "properties": [1],
            "items": 3,
            "enum": "x",
            "type": {},
            "anyOf": {"a": 1},
        },
    }


@pytest.mark.parametrize("name", hostile())
def test_hostile_schemas_take_bounded_work(name, monkeypatch):
    """Subschemas visited are counted, and the lines are within the limit."""
    schema = hostile()[name]
    visited = 0
    add = schema_outline._Reader._add

    def counted(self, *rest):
        nonlocal visited
        visited += 1
        add(self, *rest)

    monkeypatch.setattr(schema_outline._Reader, "_add", counted)
    found = PromptForm(max_bytes=4_096).lines(schema)
    assert len(found) < 4_096
    assert visited <= schema_outline.STEPS + 9_001


def test_a_config_with_a_form_round_trips_and_a_wrong_one_is_named():
    """Through JSON, as a checkpoint keeps it; without one there is none."""
    assert BLTConfig.from_dict(BLTConfig.tiny().to_dict()).prompt_form is None
    form = PromptForm(max_bytes=77, detail="types", place="after")
    config = dataclasses.replace(BLTConfig.tiny(), prompt_form=form)
    data = json.loads(json.dumps(config.to_dict()))
    assert BLTConfig.from_dict(data) == config
    for wrong, message in (
        ({"max_bytes": 0}, "max_bytes must be 1 to 65536, got 0"),
        ({"max_bytes": 1 << 20}, "max_bytes must be 1 to 65536"),
        ({"max_bytes": True}, "max_bytes must be"),
        ({"detail": "all"}, "detail must be one of keys, types, enumerations, descriptions, got all"),
        ({"detail": ["keys"]}, "detail must be one of"),
        ({"place": "beside"}, "place must be one of before, after, got beside"),
        ({"colour": 1}, "colour"),
        ("keys", "prompt_form must be an object with max_bytes, detail and place, or null, got keys"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            BLTConfig.from_dict({**data, "prompt_form": wrong})
