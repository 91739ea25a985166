"""Names of members: every spelling of a few of them, declared or not, against all texts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.json_schema.member_positions import _is_whole

from .finite import PLAIN, check, spellings

ANY = {**PLAIN, "escapes": "any"}
NAMES = ["/", "a", "\n", '"', "é", "a/", "\\u"]


def _objects(names: list[str], most: int) -> set[bytes]:
    found = set()
    for n in range(most + 1):
        for chosen in itertools.permutations(names, n):
            for spelled in itertools.product(*(spellings(name) for name in chosen)):
                found.add(("{" + ",".join(f'"{name}":null' for name in spelled) + "}").encode())
    return found


def _declared(names: list[str], **more: Any) -> dict[str, Any]:
    members = {name: {"type": "null"} for name in names}
    return {"type": "object", "properties": members, "additionalProperties": False, **more}


def _by_enumeration(names: list[str], **more: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "propertyNames": {"enum": names},
        "additionalProperties": {"type": "null"},
        **more,
    }


def _by_pattern(pattern: str, **more: Any) -> dict[str, Any]:
    members = {pattern: {"type": "null"}}
    return {"type": "object", "patternProperties": members, "additionalProperties": False, **more}


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_every_spelling_of_one_name(name: str) -> None:
    for make in (_declared, _by_enumeration):
        check(json_schema(make([name], required=[name]), **ANY).start(), _objects([name], 1) - {b"{}"})
        check(json_schema(make([name]), **ANY).start(), _objects([name], 1))


def test_every_spelling_of_names_that_begin_alike() -> None:
    names = ["a", "a/", "é"]
    for make in (_declared, _by_enumeration):
        check(json_schema(make(names, maxProperties=1), **ANY).start(), _objects(names, 1))
    check(json_schema(_by_pattern("^(a|a/|é)$", maxProperties=1), **ANY).start(), _objects(names, 1))


def test_a_name_that_was_seen_is_refused_however_it_is_spelled() -> None:
    names = ["/", "a"]
    for schema in (_declared(names), _by_enumeration(names), _by_pattern("^[a/]$")):
        check(json_schema(schema, **ANY).start(), _objects(names, 2))
    # One declared, the other not.
    mixed = {**_by_pattern("^/$"), "properties": {"a": {"type": "null"}}}
    check(json_schema(mixed, **ANY).start(), _objects(names, 2))


def test_characters_beyond_the_basic_plane() -> None:
    for name in ("😀", "\U0010ffff"):
        texts = _objects([name], 1) - {b"{}"}
        assert len(texts) > 2
        for make in (_declared, _by_enumeration):
            check(json_schema(make([name], required=[name]), **ANY).start(), texts)


@pytest.mark.parametrize("ascii_only", [False, True])
def test_plain_spellings(ascii_only: bool) -> None:
    names = ["é", "\n", "/", "😀"]
    spelled = {"é": "\\u00e9", "\n": "\\n", "/": "/", "😀": "\\ud83d\\ude00"}
    for make in (_declared, _by_enumeration):
        constraint = json_schema(make(names, maxProperties=1), **PLAIN, ascii_only=ascii_only)
        for name in names:
            text = spelled[name] if ascii_only or name == "\n" else name
            assert constraint.accepts(f'{{"{text}":null}}'.encode()), text
        assert constraint.accepts('{"é":null}'.encode()) is not ascii_only
        assert not constraint.accepts(b'{"\\/":null}')


def test_undeclared_names_of_all_texts() -> None:
    """Neither declared nor seen ones come again; the nearest end avoids them."""
    schema = {
        "type": "object",
        "properties": {"": {"type": "null"}, "a": {"type": "null"}},
        "minProperties": 4,
    }
    schema["additionalProperties"] = {"const": 0}
    state = json_schema(schema, **PLAIN).start()
    text = state.completion()
    assert len(text) == state.shortest == len(b'{"b":0,"c":0,"d":0,"e":0}')
    for byte in b'{"b":0,"':
        state = state.advance(byte)
    assert set(b'"a}') & set(state.allowed) == set(b'"a}')
    after = state.advance(ord("b"))
    assert ord('"') not in after.allowed
    assert after.advance(ord('"')) is None
    assert ord('"') in after.advance(ord("b")).allowed
    seen = after.advance(ord("b")).advance(ord('"')).advance(ord(":"))
    assert set(seen.allowed) == set(b"0")
    named = state.advance(ord("a")).advance(ord('"')).advance(ord(":"))
    assert set(named.allowed) == set(b"n")


def test_budgets_of_undeclared_names_are_exact() -> None:
    schemas: list[dict[str, Any]] = [
        {"additionalProperties": {"enum": [0, 12]}, "minProperties": 1},
        {"properties": {"ab": {"const": 0}}, "required": ["ab"], "additionalProperties": {"const": "xyz"}},
        {
            "patternProperties": {"^a": {"const": "long"}},
            "additionalProperties": {"const": 0},
            "minProperties": 2,
        },
        {"properties": {"a": {"const": 0}}, "additionalProperties": {"const": 1}, "maxProperties": 2},
        {"not": {"additionalProperties": {"const": 0}}, "additionalProperties": {"enum": [0, 10]}},
    ]
    for schema in schemas:
        for path in (b"", b"{", b'{"', b'{"a', b'{"ab', b'{"ab"', b'{"ab":', b'{"\\', b'{"\\u', b'{"\\u0'):
            state: Any = json_schema({"type": "object", **schema}, **ANY).start()
            for byte in path:
                state = state and state.advance(byte)
            if state is None:
                continue
            needed = {byte: 1 + state.advance(byte).shortest for byte in state.allowed}
            assert min(needed.values(), default=0) == state.shortest
            assert len(state.completion()) == state.shortest
            for n in range(state.shortest - 1, state.shortest + 9):
                expected = {byte for byte, least in needed.items() if least <= n}
                assert set(state.allowed_within(n)) == expected, (schema, path, n)


WHOLE = {
    b"\\": False,
    b"\\n": True,
    b'\\"': True,
    b"\\u": False,
    b"\\u00e": False,
    b"\\u00e9": True,
    b"\\ud83": False,
    b"\\ud83d": False,
    b"\\uD83D\\ude0": False,
    b"\\uD83D\\ude00": True,
    b"\\uDBFF\\udfff": True,
    b"\\ud7ff": True,
    b"\\ue000": True,
    b"\\udc00": True,
}


@pytest.mark.parametrize("escape", WHOLE, ids=ascii)
def test_whether_an_escape_is_a_whole_character(escape: bytes) -> None:
    assert _is_whole(escape) is WHOLE[escape]
