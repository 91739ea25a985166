"""Wrong arguments to the public functions: which function, what is allowed, the near miss."""

from __future__ import annotations

import enum
import inspect
import pathlib
import re
from dataclasses import dataclass
from typing import Annotated, Literal

import pytest

import bltgen
from bltgen.decoding.task import Sampling
from bltgen.errors import RejectedByte, did_you_mean
from bltgen.testing.models import whimsical

GENERATOR = bltgen.Generator(whimsical(1))
WAYS = {
    "generate": GENERATOR.generate,
    "stream": GENERATOR.stream,
    "stream_values": GENERATOR.stream_values,
    "generate_many": lambda prompt, *a, **k: GENERATOR.generate_many([prompt], *a, **k),
    "outcomes": lambda prompt, *a, **k: list(GENERATOR.outcomes([prompt], *a, **k)),
}


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Point:
    x: Annotated[int, "the column"]


CONSTRAINTS = {
    "regex": bltgen.regex("a"),
    "schema": bltgen.json_schema(True),
    "grammar": bltgen.grammar('start: "a" start?'),
    "product": bltgen.json_schema(True) & bltgen.regex("."),
    "parts": bltgen.parts(a=bltgen.regex("a")),
}
RESULTS = ("Explanation", "Generation", "Patch", "Statistics")
"""Classes that users do not make."""


# -- keywords ------------------------------------------------------------------------------------------


def public_callables() -> dict[str, tuple[object, list[str]]]:
    """Every public function and class that takes keywords by name, and these."""
    found = {name: getattr(bltgen, name) for name in bltgen.__all__ if name not in ("errors", "parts")}
    methods = ("generate", "stream", "stream_values", "generate_many", "outcomes", "load")
    found |= {f"Generator.{name}": getattr(GENERATOR, name) for name in methods}
    callables = {}
    for kind, constraint in CONSTRAINTS.items():
        found |= {f"{kind}.sample": constraint.sample, f"{kind}.repeat": constraint.repeat}
    for name, value in found.items():
        if getattr(value, "_is_protocol", False) or name in RESULTS:
            continue
        parameters = inspect.signature(value).parameters.values()
        known = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        if any(p.kind == p.VAR_KEYWORD for p in parameters):
            known += list(Sampling.__annotations__) if "Generator." in name else ["whitespace", "draft"]
        callables[name] = (value, known)
    return callables


CALLABLES = public_callables()


@pytest.mark.parametrize("name", CALLABLES)
def test_a_misspelt_keyword_is_named_with_the_function_and_what_was_meant(name):
    """Each keyword of each public function, with a letter left out or doubled."""
    function, known = CALLABLES[name]
    for keyword in [k for k in known if len(k) > 3]:
        for wrong in (keyword[:2] + keyword[3:], keyword + keyword[-1], keyword.upper()):
            if wrong in known:
                continue
            with pytest.raises(TypeError) as caught:
                function(**{wrong: 1})
            message = str(caught.value)
            assert message.startswith(f"{name.rpartition('.')[2]}() has no argument '{wrong}'")
            assert message.endswith(f"did you mean {keyword!r}?")
    with pytest.raises(
        TypeError, match=rf"^{name.rpartition('.')[2]}\(\) has no argument 'qqq'; (there are|it)"
    ):
        function(qqq=1)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("wrong", "meant"), [("temprature", "temperature"), ("max_tokens", "max_bytes"), ("topk", "top_k")]
)
def test_no_internal_name_appears_in_the_error_of_a_generation(way, wrong, meant):
    """It says the function that was called."""
    with pytest.raises(TypeError) as caught:
        WAYS[way]("x", **{wrong: 1})
    assert str(caught.value) == f"{way}() has no argument {wrong!r}; did you mean {meant!r}?"


def test_only_near_words_are_suggested():
    """In any case, and never for what is no word."""
    assert did_you_mean("WHITESPCE", ["whitespace"]) == "; did you mean 'whitespace'?"
    for word in ("zebra", "", "w" * 1000, 7, None):
        assert did_you_mean(word, ["whitespace", None]) == ""


# -- constraints ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"const": 5}, 5),
        ({}, None),
        (Literal["yes"], "yes"),
        (Annotated[Literal[3], "three"], 3),
        (type(None), None),
        (Colour, None),
        (Point, None),
        (list[int], None),
        (int | str, None),
    ],
)
def test_a_schema_or_a_type_is_a_constraint(way, given, value):
    """As json_schema reads it; the value is an instance of the type."""
    found = WAYS[way]("x", given, seed=1, max_bytes=60)
    if way in ("generate", "generate_many"):
        out = found if way == "generate" else found[0]
        assert bltgen.json_schema(given).accepts(out.data)
        assert value is None or out.value == value
        assert given is not Colour or isinstance(out.value, Colour)
        assert given is not Point or isinstance(out.value, Point)
    else:
        assert list(found)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("[a-z]+", "bltgen.regex("),
        (b"[a-z]+", "bltgen.regex("),
        ('{"type": "object"}', "write bltgen.json_schema(text)"),
        ("person.json", "write bltgen.json_schema(text) with the file's text"),
        ("folder/sql.gbnf", "write bltgen.grammar(text, format='gbnf')"),
        ('root ::= "a"', 'write bltgen.grammar(text, format="gbnf")'),
        ('start: "a"', "write bltgen.grammar(text)"),
        ("", "bltgen.literal("),
        (re.compile("a"), "write bltgen.regex("),
        (True, "bltgen.json_schema(True)"),
        (5, "a JSON Schema as a dict"),
        (pathlib.Path("person.json"), "path.read_text()"),
        ({"a", "b"}, "bltgen.choice("),
        (bltgen.regex("a").start(), "give the constraint"),
        (bltgen.json_schema(True).start(), "give the constraint"),
        (len, "is no constraint"),
    ],
)
def test_what_may_mean_several_things_says_what_to_write(way, given, advice):
    """A TypeError that begins with what was given."""
    with pytest.raises(TypeError, match=r"^constraint=") as caught:
        WAYS[way]("x", given)
    assert advice in str(caught.value)
    with pytest.raises(TypeError, match=r"^constraint\[1\]="):
        GENERATOR.generate_many(["x", "y"], [None, given])


def test_a_list_is_a_constraint_for_each_prompt_only():
    """Where there is one prompt, it says how to choose among texts."""
    with pytest.raises(TypeError, match=r"bltgen\.choice"):
        GENERATOR.generate("x", ["a", "b"])
    one, two = GENERATOR.generate_many(["x", "y"], [{"const": 1}, Literal["b"]])
    assert (one.value, two.value) == (1, "b")


# -- everything else -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"stop": re.compile("a")}, TypeError, "stop=re.compile('a'): a str, bytes, or a list of them"),
        ({"stop": 5}, TypeError, "stop=5: a str, bytes"),
        ({"stop": [5]}, TypeError, "stop=[5]: a str"),
        ({"stop": None}, TypeError, "stop=None: a str"),
        ({"stop": ""}, ValueError, "non-empty"),
        ({"stop": "\ud83d"}, ValueError, "surrogate"),
        ({"max_bytes": -1}, ValueError, "max_bytes=-1: an integer >= 0"),
        ({"max_bytes": 2.5}, ValueError, "max_bytes=2.5: an integer >= 0"),
        ({"max_bytes": "9"}, ValueError, "max_bytes='9': an integer >= 0"),
        ({"max_bytes": True}, ValueError, "max_bytes=True: an integer >= 0"),
        ({"seed": -1}, ValueError, "seed=-1: an integer >= 0"),
        ({"seed": "one"}, ValueError, "seed='one': an integer >= 0"),
        ({"seed": 1.5}, ValueError, "seed=1.5: an integer >= 0"),
        ({"strategy": "msk"}, ValueError, "did you mean 'mask'?"),
        ({"strategy": "best of"}, ValueError, "did you mean 'best-of'?"),
        ({"strategy": 5}, TypeError, "strategy=5: a name (mask, speculative"),
        ({"strategy": bltgen.Beam}, TypeError, "bltgen.Beam("),
        ({"temperature": "hot"}, ValueError, "temperature='hot': a number is needed"),
        ({"bias": {"ab": 1}}, ValueError, "bias has the key 'ab'"),
        ({"bias": 5}, ValueError, "bias=5"),
    ],
)
def test_wrong_values_are_told_in_words(way, arguments, error, message):
    """The argument, what was given and what is allowed."""
    with pytest.raises(error) as caught:
        WAYS[way]("x", **arguments)
    assert message in str(caught.value)


@pytest.mark.parametrize("prompt", [5, None, ["a"], {"prompt": "a"}])
def test_a_prompt_is_text_or_bytes(prompt):
    """Alone and, by its index, in a list, before anything is generated."""
    with pytest.raises(TypeError, match=r"^prompt=.*: str or bytes is needed"):
        GENERATOR.generate(prompt)
    with pytest.raises(TypeError, match=r"^prompts\[1\]=.*: str or bytes is needed"):
        GENERATOR.generate_many(["x", prompt])
    if not isinstance(prompt, (list, dict)):
        with pytest.raises(TypeError, match=r"^prompts="):
            GENERATOR.generate_many(prompt)


def test_an_error_in_place_of_a_prompt_is_its_outcome():
    """The others keep their seeds."""
    failed = RejectedByte(b"x", 0, b"a")
    alone = [GENERATOR.generate("x", bltgen.regex("[a-z]{9}"), seed=seed).text for seed in (4, 6)]
    outcomes = dict(GENERATOR.outcomes(["x", failed, "x"], bltgen.regex("[a-z]{9}"), seed=4))
    assert outcomes[1] is failed
    assert [outcomes[0].text, outcomes[2].text] == alone


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bltgen.json_schema({}, numbers="plane"), "did you mean 'plain'?"),
        (lambda: bltgen.json_schema({}, formats="asert"), "did you mean 'assert'?"),
        (lambda: bltgen.json_schema({}, property_order="shema"), "did you mean 'schema'?"),
        (lambda: bltgen.regex("a", mode="serch"), "did you mean 'search'?"),
        (lambda: bltgen.substring_of("a", boundary="words"), "did you mean 'word'?"),
        (lambda: bltgen.Beam(width="4"), "width='4': an integer >= 1 is needed"),
        (lambda: bltgen.BestOf(n=0), "n=0: an integer >= 1 is needed"),
    ],
)
def test_a_wrong_option_lists_the_right_ones(make, message):
    """And the near miss."""
    with pytest.raises(ValueError, match=r".") as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: bltgen.choice("yes"), "choice takes a list of options, not one text"),
        (lambda: bltgen.choice({"a": 1}), "not a mapping"),
        (lambda: bltgen.choice([1, 2, 3]), "option 0 of choice is the int 1"),
        (lambda: bltgen.choice(["a", None]), "option 1 of choice is None"),
        (lambda: bltgen.parts(a="yes"), "bltgen.literal("),
        (lambda: bltgen.parts(a=None), "a=None: a constraint is needed; for any text bltgen.utf8()"),
        (lambda: bltgen.json_schema(pathlib.Path("a.json")), "path.read_text()"),
        (lambda: bltgen.json_schema(Point(1)), "an instance; give its class, Point"),
        (
            lambda: bltgen.regex("a").accepts("a"),
            "data='a': bytes are needed; text.encode() gives",
        ),
        (lambda: bltgen.json_schema(True).accepts("1"), "text.encode()"),
        (lambda: bltgen.json_schema(True).parse("1"), "text.encode()"),
        (lambda: bltgen.regex("a").sample(1), "rng=1: a random.Random, such as random.Random(1), is needed"),
        (lambda: bltgen.Generator("model"), "bltgen.load(path)"),
        (lambda: GENERATOR.explain("text"), "a Generation or a Stream is needed"),
        (lambda: bltgen.load(5), "path=5: the path of a checkpoint is needed"),
        (lambda: list(bltgen.stream_values("[1]")), "pieces='[1]'"),
    ],
)
def test_what_is_of_the_wrong_type_says_what_is_needed(make, message):
    """And what to write."""
    with pytest.raises(TypeError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["person.json", "./schemas/person.json", "C:\\person.json"])
def test_the_path_of_a_schema_is_told_from_its_text(text):
    """What looks like one, since a str is JSON text."""
    with pytest.raises(ValueError, match=r"looks like a path, so write path.read_text\(\)"):
        bltgen.json_schema(text)


def test_a_compiled_pattern_is_a_regex_with_its_flags():
    """Of str or bytes."""
    assert bltgen.regex(re.compile("a+")) == bltgen.regex("a+")
    assert bltgen.regex(re.compile("a.", re.I | re.S)) == bltgen.regex("a.", flags=re.I | re.S)
    assert bltgen.regex(re.compile("a."), flags=re.I).accepts(b"AB")
    assert bltgen.regex(re.compile(b"\xff")).accepts(b"\xff")


def test_a_part_may_be_a_schema_or_a_type():
    """As in generate."""
    text = bltgen.parts(head=bltgen.until(":"), value={"type": "integer"}, colour=Colour)
    assert text.captures(b'n:7"red"') == {"head": "n:", "value": 7, "colour": Colour.RED}
