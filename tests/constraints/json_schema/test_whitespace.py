"""Whitespace: each layout against what `json.dumps` and pretty printers write, and a slow twin."""

from __future__ import annotations

import json
import random
import re
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen import json_schema
from bltgen.errors import BltgenError
from bltgen.testing.schema_strategies import json_schemas

NESTED = {
    "type": "object",
    "properties": {
        "a": {"type": "array", "items": {"$ref": "#"}},
        "b": {"$ref": "#"},
        "c": {"type": ["null", "integer"]},
    },
    "additionalProperties": False,
}
VALUES = st.recursive(
    st.fixed_dictionaries({}, optional={"c": st.none() | st.integers(-9, 9)}),
    lambda inner: st.fixed_dictionaries({}, optional={"a": st.lists(inner, max_size=3), "b": inner}),
    max_leaves=8,
)
DUMPS: dict[str | int, dict[str, Any]] = {
    "compact": {"separators": (",", ":")},
    "spaced": {},
    "indent=tab": {"indent": "\t"},
    **{n: {"indent": n} for n in (0, 1, 2, 3, 4, 8)},
}
PATTERNS = [r"\n? *", " ?", "", " ", "[ \t]*", "\n( {2})*", " {0,3}|\n", r"(?:\r\n|\n)\t{1,40}|"]
LAYOUTS = [*DUMPS, "bounded", "any", *[f"pattern={pattern}" for pattern in PATTERNS]]


@settings(deadline=None, max_examples=40)
@given(VALUES)
def test_what_everybody_writes_is_in_the_default(value: Any) -> None:
    """Every style of `json.dumps`, with either line break; and each exact layout admits its own alone."""
    texts = {option: json.dumps(value, **form).encode() for option, form in DUMPS.items()}
    default = json_schema(NESTED)
    for text in texts.values():
        assert default.accepts(text), text
        assert default.accepts(text.replace(b"\n", b"\r\n")), text
    for option, own in texts.items():
        constraint = json_schema(NESTED, whitespace=option)
        for text in texts.values():
            assert constraint.accepts(text) == (text == own), (option, text)


@pytest.mark.parametrize("option", DUMPS)
def test_samples_of_an_exact_layout_are_what_dumps_writes(option: str | int) -> None:
    """Byte for byte, and known separators are forced."""
    constraint = json_schema(NESTED, whitespace=option, escapes="plain", numbers="plain")
    for seed in range(25):
        text = constraint.sample(random.Random(seed), 200).decode()
        assert text == json.dumps(json.loads(text), **DUMPS[option])
    members = {"x": {"const": 1}, "y": {"const": [2, {}]}}
    closed = json_schema(
        {"type": "object", "properties": members, "required": ["x", "y"], "additionalProperties": False},
        whitespace=option,
        property_order="schema",
        escapes="plain",
        numbers="plain",
    )
    assert closed.start().forced.decode() == json.dumps({"x": 1, "y": [2, {}]}, **DUMPS[option])


def test_types_are_written_as_dumps_writes_them() -> None:
    """By default; every other layout is an option."""
    assert json_schema(dict[str, int]).accepts(b'{"a": 1, "b": 2}')
    assert not json_schema(dict[str, int]).accepts(b'{"a":1,"b":2}')
    for option in ("compact", "bounded", "any"):
        assert json_schema(dict[str, int], whitespace=option).accepts(b'{"a":1,"b":2}')


@pytest.mark.parametrize(
    "text",
    [
        '{ "a" : [ { }, { } ], "c" : 1 }',
        '{\n   "a" : [\n      {},\n      { "c": null }\n   ],\n   "c" : 1\n}',
        '{\n  "a": [{}, {}],\n  "c": 1\n}',
        '{"a":[{\n}\n]\n}',
        '{\r\n    "a": [\r\n        {}\r\n    ]\r\n}',
    ],
)
def test_pretty_printers(text: str) -> None:
    """Styles of other printers and languages, mixed too."""
    assert json_schema(NESTED).accepts(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        '{  "c":1}',
        '{"c":  1}',
        '{"c"  :1}',
        '{"c":1  }',
        '{"c":1 ,"b":{}}',
        '{"c":\n1}',
        '{\n\n"c":1}',
        '{\n         "c":1}',
        '{\n\t\t"c":1}',
        '{\n \t"c":1}',
        '{ \n"c":1}',
        '{\r"c":1}',
        '{"c":1\n }',
        '{"b":{\n   "c":1}}',
        ' {"c":1}',
        '{"c":1}\n',
    ],
)
def test_no_run_of_blanks_grows(text: str) -> None:
    """What no printer writes is out of the default, and in `any`."""
    assert not json_schema(NESTED).accepts(text.encode())
    assert json_schema(NESTED, whitespace="any").accepts(text.encode())


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def _gaps(text: str) -> list[str]:
    """What stands between the tokens of a JSON text."""
    tokens = list(_TOKEN.finditer(text))
    return [text[one.end() : other.start()] for one, other in pairwise(tokens)]


@settings(deadline=None, max_examples=80)
@given(VALUES, st.sampled_from(PATTERNS), st.integers(0, 10**6))
def test_a_pattern_is_what_stands_in_every_gap(value: Any, pattern: str, seed: int) -> None:
    """Texts with whitespace out of a few runs, judged by `re` gap by gap; and samples."""
    rng = random.Random(seed)
    constraint = json_schema(NESTED, whitespace=re.compile(pattern))
    tokens = _TOKEN.findall(json.dumps(value))
    liked = [run for run in ("", " ", "\n", "\n  ", "\t", "   ", "\r\n\t") if re.fullmatch(pattern, run)]
    for runs in (liked, ["", " ", "\n "]):
        text = tokens[0] + "".join(rng.choice(runs or [""]) + token for token in tokens[1:])
        fits = all(re.fullmatch(pattern, gap) for gap in _gaps(text))
        assert constraint.accepts(text.encode()) == fits, text
    text = constraint.sample(rng, constraint.start().shortest + 60).decode()
    assert all(re.fullmatch(pattern, gap) for gap in _gaps(text)), text
    assert json_schema(NESTED, whitespace="any").accepts(text.encode())


def _check_walk(constraint: Any, rng: random.Random, steps: int) -> None:
    """Along a walk, `shortest` is one more than that of the best byte, and budgets say what steps say."""
    state = constraint.start()
    for _ in range(steps):
        following = {byte: state.advance(byte) for byte in state.allowed}
        assert None not in following.values()
        assert all(state.advance(byte) is None for byte in b' \n\t\r,:}]"' if byte not in following)
        least = state.shortest
        if state.accepting:
            assert least == 0
        else:
            assert least == 1 + min(after.shortest for after in following.values())
            assert len(state.completion()) == least
        for n in (least - 1, least, least + 1, least + rng.randrange(2, 30)):
            fitting = {byte for byte, after in following.items() if after.shortest < n}
            assert set(state.allowed_within(n)) == fitting, (state, n)
        if len(following) == 1 and not state.accepting:
            assert state.forced[:1] == bytes(following)
        if not following:
            return
        blanks = [byte for byte in following if byte in b" \t\r\n"]
        state = following[rng.choice(blanks if blanks and rng.random() < 0.5 else list(following))]


@pytest.mark.parametrize("option", LAYOUTS)
@settings(deadline=None, max_examples=3)
@given(schema=json_schemas(), seed=st.integers(0, 10**6))
def test_budgets_are_exact_in_every_layout(option: str | int, schema: Any, seed: int) -> None:
    """`allowed`, `shortest`, `completion`, `allowed_within` and `forced` agree, for any schema."""
    try:
        constraint = json_schema(schema, whitespace=option)
    except BltgenError:
        return
    _check_walk(constraint, random.Random(seed), 12)


NEEDING: list[Any] = [
    {"type": "array", "minItems": 3, "items": {"type": "array", "minItems": 1, "items": {"const": 1}}},
    {
        "type": "array",
        "uniqueItems": True,
        "minItems": 3,
        "items": {"type": "array", "minItems": 1, "maxItems": 2},
    },
    {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "object", "required": ["c"]}}},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "array", "minItems": 1}},
    {"type": "array", "contains": {"type": "object", "required": ["q"]}, "minContains": 2},
    {"anyOf": [{"type": "object", "required": ["a"]}, {"type": "array", "minItems": 2}]},
]


@pytest.mark.parametrize("option", ["bounded", "spaced", "indent=tab", 2, "pattern= ", "pattern=\n( {2})*"])
@pytest.mark.parametrize("schema", NEEDING)
def test_budgets_of_what_is_needed(option: str | int, schema: Any) -> None:
    """The same where items and members are needed, nested, so that the layout counts."""
    nested = {"type": "array", "items": {"type": "array", "items": schema}}
    for seed, whole in enumerate((schema, nested)):
        _check_walk(json_schema(whole, whitespace=option, escapes="plain"), random.Random(seed), 25)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        (re.compile(r"\s*"), r"for \\s"),
        ("pattern=a|b", "'a'"),
        ("pattern=\u00a0", "only"),
        ("pattern=(", "unbalanced"),
        (re.compile(rb" *"), "bytes"),
        ("pattern=(?!)", "nothing"),
        ("indent=65", "indent=n"),
        ("wide", "compact"),
        ("space", "did you mean 'spaced'"),
        (True, "compact"),
    ],
)
def test_what_is_no_whitespace_is_refused(wrong: Any, word: str) -> None:
    """With what it admits, and what to write."""
    with pytest.raises(ValueError, match=word):
        json_schema(NESTED, whitespace=wrong)


@pytest.mark.parametrize("option", [*LAYOUTS, re.compile("[ ]?  # one", re.VERBOSE)])
def test_the_description_rebuilds_it(option: Any) -> None:
    """As JSON values; and the report tells the layout unless it is `any`."""
    constraint = json_schema(NESTED, whitespace=option)
    again = json_schema(**json.loads(json.dumps(constraint.describe())))
    for seed in range(3):
        text = constraint.sample(random.Random(seed), constraint.start().shortest + 40)
        assert again.accepts(text)
    assert ("whitespace" in str(constraint.report())) == (option != "any")
