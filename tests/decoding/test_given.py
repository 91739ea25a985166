"""What may be given where a constraint is asked for, and what is said of all else."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Literal, NewType, Optional

import pytest

from bltgen.automata.language import literal
from bltgen.decoding.given import as_constraint

WAYS = "bltgen.regex(...) makes a constraint of a pattern"


def test_constraints_and_nothing_stay_as_they_are():
    """Also what only has the method of one."""
    word = literal(b"a")
    assert as_constraint(word) is word
    assert as_constraint(None) is None

    class Own:
        def start(self):
            """A method is enough."""

    own = Own()
    assert as_constraint(own) is own


@pytest.mark.parametrize(
    ("given", "valid", "invalid"),
    [
        ({"type": "boolean"}, b"true", b"1"),
        ({}, b"1", b"x"),
        (int, b"1", b'"a"'),
        (list[int], b"[1]", b"1"),
        (Optional[int], b"null", b'"a"'),  # noqa: UP045  # the old spelling is a type too
        (int | None, b"null", b'"a"'),
        (Literal["a"], b'"a"', b'"b"'),
        (NewType("Name", str), b'"a"', b"1"),
        (Any, b"1", b"x"),
    ],
)
def test_schemas_and_types_are_read_as_json_schemas(given, valid, invalid):
    """Each of what Python calls a type, and any mapping."""
    made = as_constraint(given)
    assert made.accepts(valid)
    assert not made.accepts(invalid)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="the statement `type` is of Python 3.12")
def test_a_type_alias_is_a_type():
    """That of a `type` statement."""
    names: dict[str, Any] = {}
    exec("type Number = int", names)
    assert as_constraint(names["Number"]).accepts(b"1")


class State(dict):
    """What looks like a state, though it is a mapping."""

    allowed = ()

    def advance(self, byte):
        """None."""


class Half(dict):
    """A mapping with one member of a state."""

    allowed = ()


def test_a_mapping_is_a_schema_unless_it_is_a_state():
    """A state has both members."""
    assert as_constraint(Half()).accepts(b"1")
    with pytest.raises(TypeError, match="is a state: give the constraint that it belongs to"):
        as_constraint(State())
    with pytest.raises(TypeError, match="is a state"):
        as_constraint(literal(b"a").start())


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        (True, "is no constraint: None is free text, bltgen.json_schema(True) the JSON Schema True"),
        (False, "bltgen.json_schema(False) the JSON Schema False"),
        (re.compile("a"), "is a compiled pattern: write bltgen.regex(pattern)"),
        (Path("a.json"), "is a path: write bltgen.json_schema(path.read_text())"),
        (["a", "b"], "is no constraint: bltgen.choice([...]) makes one of several texts"),
        ({"a"}, "is no constraint: bltgen.choice"),
        ((), "is no constraint: bltgen.choice"),
        (5, f"is no constraint: give one ({WAYS}"),
        (object(), "a JSON Schema as a dict, a type, or None for free text"),
        ('{"type": "integer"}', "looks like a JSON Schema: write bltgen.json_schema(text)"),
        (b' {"type": "integer"}\n', "looks like a JSON Schema"),
        ("{}", WAYS),
        ('{"a"', WAYS),
        ('["a"]}', WAYS),
        ("{a}", WAYS),
        ('root ::= "a"', 'looks like a GBNF grammar: write bltgen.grammar(text, format="gbnf")'),
        ('start: "a"', "looks like a grammar: write bltgen.grammar(text)"),
        ('\n start : "a"', "looks like a grammar"),
        ('restart: "a"', WAYS),
        ("a.json", "looks like a path: write bltgen.json_schema(text) with the file's text"),
        ("b/a.lark", "write bltgen.grammar(text, format='lark') with the file's text"),
        ("a.gbnf", "write bltgen.grammar(text, format='gbnf')"),
        (b"a.abnf", "write bltgen.grammar(text, format='abnf')"),
        ("x\na.json", WAYS),
        ("a.txt", WAYS),
        ("json", "looks like a path"),
        ("[a-z]+", f"may be meant in several ways: {WAYS}"),
        ("", "may be meant in several ways"),
        (b"\xff", "may be meant in several ways"),
    ],
)
def test_what_is_none_is_told_what_to_write(given, advice):
    """With the name of the argument."""
    with pytest.raises(TypeError, match=re.escape(advice)) as caught:
        as_constraint(given)
    assert str(caught.value).startswith("constraint=")
    with pytest.raises(TypeError, match=r"^other="):
        as_constraint(given, "other")
