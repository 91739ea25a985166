"""What everything public looks like at a prompt: one short line, whatever it holds."""

from __future__ import annotations

from itertools import pairwise

import pytest

import bltgen
from bltgen.automata.byteset import ByteSet
from bltgen.testing.models import whimsical

BIG = {"type": "object", "properties": {f"member{i}": {"enum": list(range(50))} for i in range(50)}}
LONG = "some words and more of them " * 50


def nested(depth):
    """A union in a union in a union."""
    constraint = bltgen.json_schema(BIG)
    for _ in range(depth):
        constraint = constraint | bltgen.literal("x")
    return constraint


def outcome(strategy="mask"):
    generator = bltgen.Generator(whimsical(1))
    return generator.generate(LONG, bltgen.regex("[a-z ]{900}"), strategy=strategy, seed=1)


THINGS = {
    "schema": lambda: bltgen.json_schema(BIG, strings_from=LONG, custom_formats={"x": "a+"}),
    "regex": lambda: bltgen.regex("|".join(LONG.split()), mode="search"),
    "language": lambda: ~bltgen.regex("(?=b)[a-z]+") | bltgen.literal(LONG),
    "substring": lambda: bltgen.substring_of(LONG),
    "grammar": lambda: bltgen.grammar_file("json"),
    "grammar of constraints": lambda: bltgen.grammar("start: a", constraints={"a": bltgen.json_schema(BIG)}),
    "product": lambda: bltgen.json_schema(BIG) & bltgen.regex(".{0,900}"),
    "nested": lambda: nested(30),
    "choice": lambda: bltgen.choice([*LONG.split(), bltgen.json_schema(BIG)]),
    "parts": lambda: bltgen.parts(thought=bltgen.until("x"), value=bltgen.json_schema(BIG)),
    "byte set": lambda: ByteSet(0x5555 << 64 | 0xFFFF),
    "report": lambda: bltgen.json_schema(BIG).report(),
    "parameters": lambda: bltgen.SamplingParameters(bias=dict.fromkeys(range(200), -1.0)),
    "generator": lambda: bltgen.Generator(whimsical(1)),
    "embedded model": bltgen.load,
    "generation": outcome,
    "statistics": lambda: outcome().statistics,
    "candidates": lambda: outcome("best-of").candidates[0],
    "explanation": lambda: bltgen.Generator(whimsical(1)).explain(outcome()),
    "stream": lambda: bltgen.Generator(whimsical(1)).stream("x", max_bytes=5),
    **{
        f"state of {name}": lambda name=name: THINGS[name]().start()
        for name in ("schema", "regex", "grammar")
    },
    **{
        f"state of {name}": lambda name=name: THINGS[name]().start()
        for name in ("product", "nested", "parts")
    },
}


@pytest.mark.parametrize("name", THINGS)
def test_everything_is_shown_in_one_short_line(name):
    """Nothing is computed that could fail or take long."""
    shown = repr(THINGS[name]())
    assert "\n" not in shown
    assert len(shown) <= 320
    assert " object at 0x" not in shown or name == "generator"


def test_a_patch_is_short():
    """Even one of thousands of forced bytes."""
    patches = bltgen.Generator(whimsical(1)).generate("", bltgen.literal("x" * 4000), max_bytes=4000).patches
    assert all(len(repr(patch)) < 100 for patch in patches)


def test_a_repr_says_what_a_reader_would_write():
    """Source, and the options that are not the default."""
    assert repr(bltgen.regex("[a-z]+")) == "regex('[a-z]+')"
    assert repr(bltgen.regex(b"\xff", mode="search")) == r"regex(b'\xff', mode='search')"
    assert repr(bltgen.json_schema({"type": "integer"}, formats="annotate")) == (
        "json_schema({'type': 'integer'}, formats='annotate')"
    )
    assert repr(bltgen.json_schema(True) | bltgen.regex("a")) == "(json_schema(True) | regex('a'))"
    assert repr(bltgen.grammar('root ::= "a" root | "b"', format="gbnf")).endswith(", format='gbnf')")
    assert repr(bltgen.SamplingParameters(temperature=0, top_k=3)) == (
        "SamplingParameters(temperature=0, top_k=3)"
    )
    assert repr(bltgen.load()).startswith("<Generator ByteLatentTransformer: ")
    assert repr(bltgen.load()).endswith(", on cpu>")


def test_byte_sets_can_be_read_back():
    """As the expression that makes them."""
    for low, high in pairwise((0, 3, 30, 97, 255)):
        found = ByteSet.range(low, high)
        assert eval(repr(found)) == found
    assert eval(repr(ByteSet((1 << 256) - 1))) == ByteSet((1 << 256) - 1)


def test_the_empty_language_is_not_that_of_the_last_pattern():
    """A pattern that was refused leaves no trace."""
    with pytest.raises(bltgen.errors.EmptyLanguage):
        bltgen.regex(r"[^\s\S]")
    nothing = bltgen.regex("a") & bltgen.regex("b")
    assert r"[^\s\S]" not in repr(nothing)
