"""Answers are spelled in training as generation spells them, and prompts formed as generation forms them."""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any, Literal

import hypothesis
import pydantic
import pytest
from hypothesis import strategies as st

import bltgen
from bltgen.decoding.prompts import Prompt
from bltgen.model.prompt_form import PromptForm
from bltgen.testing.models import scripted
from bltgen.training.batches import KindWeights, Mixture, batches
from bltgen.training.data.document import (
    PROSE,
    SYNTAX,
    VALUE,
    Document,
    Formed,
    Json,
    Number,
    Style,
    formed,
    plain,
    schema_of,
    spelled,
    write,
)
from bltgen.training.identity import fingerprint

DEFAULTS = {"whitespace": "spaced", "property_order": "schema", "undeclared": "omit", "numbers": "plain"}
"""Those of `json_schema` for Python types; a test says so."""


def type_of(schema: dict[str, Any]) -> Any:
    """A Python type whose schema is one that `schema_of` makes."""
    if "enum" in schema:
        return Literal[tuple(schema["enum"])]
    if schema["type"] == "array":
        return list[type_of(schema["items"])]
    if schema["type"] == "object":
        fields: dict[str, Any] = {
            f"field{at}": (type_of(member), pydantic.Field(alias=key))
            for at, (key, member) in enumerate(schema["properties"].items())
        }
        return pydantic.create_model("Answer", **fields)
    return {"string": str, "integer": int, "number": float, "boolean": bool}[schema["type"]]


@functools.cache
def documents() -> list[Document]:
    """Some of every task."""
    pytest.importorskip("faker")
    pytest.importorskip("mimesis")
    from bltgen.training.data import copy_documents, extraction_documents, lookup_documents

    sources = (copy_documents(7), lookup_documents(7), extraction_documents(7))
    return [document for source in sources for document in itertools.islice(source, 40)]


def test_the_defaults_of_python_types_are_those_that_are_compared():
    """By the description of a type's constraint."""
    options = bltgen.json_schema(int).describe()
    assert DEFAULTS.items() <= options.items()


VALUES = st.recursive(
    st.one_of(
        st.text(st.characters(blacklist_categories=["Cs"]), max_size=6),
        st.booleans(),
        st.integers(-(10**14), 10**14).map(lambda n: Number(str(n))),
        st.decimals(-1000, 1000, places=2).map(lambda n: Number(str(n).replace("-0.00", "0.00"))),
    ),
    lambda inner: st.one_of(
        st.dictionaries(st.text(st.characters(blacklist_categories=["Cs"]), max_size=4), inner, max_size=3),
        inner.map(lambda one: [one, one]),
    ),
    max_leaves=6,
)


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(value=VALUES)
def test_any_answer_is_what_json_dumps_writes_and_what_the_defaults_accept(value: Json) -> None:
    """Numbers apart, which stay as they are spelled; the kinds are one a byte."""
    answer, kinds = spelled(value)
    read = json.loads(answer, parse_int=Number, parse_float=Number)
    assert read == value
    numberless = json.loads(answer, parse_int=lambda _: 7, parse_float=lambda _: 7)
    sevens, _ = spelled(_with(value, Number("7")))
    assert sevens.decode() == json.dumps(numberless, ensure_ascii=False)
    assert len(kinds) == len(answer)
    assert bltgen.json_schema(schema_of(value), **DEFAULTS).accepts(answer)


def _with(value: Json, number: Number) -> Json:
    """The value with all its numbers replaced."""
    if isinstance(value, dict):
        return {key: _with(item, number) for key, item in value.items()}
    if isinstance(value, list):
        return [_with(item, number) for item in value]
    return number if isinstance(value, Number) else value


NUMBERS = st.from_regex(r"-?[0-9]{0,4}(\.[0-9]{0,4})?(e[0-9])?", fullmatch=True) | st.sampled_from(
    (
        *("123456789012345", "1234567890123456", "0.123456789012345", "0.0001234567890123456", "1.50", "007"),
        *(
            "100000000000000.0",
            "-0",
            "-0.0",
            "-0.5",
            "0.0",
            "1.",
            ".5",
            "+1",
            "1e5",
            "",
            "-",
            "1_0",
            "１",
            "1 ",
        ),
    )
)


@hypothesis.settings(max_examples=150, deadline=None)
@hypothesis.given(text=NUMBERS)
def test_a_number_is_written_or_refused_as_plain_numbers_are(text: str) -> None:
    """`json_schema(..., numbers="plain")` is the judge."""
    if bltgen.json_schema({"type": "number"}, numbers="plain", whitespace="compact").accepts(text.encode()):
        assert spelled(Number(text))[0] == text.encode()
    else:
        with pytest.raises(ValueError, match="not a plain number: no exponent"):
            write("prompt", {"n": Number(text)}, domain="d", template="t")


def test_every_training_answer_is_a_text_of_its_type():
    """The type's own parser takes it, so does its constraint, and no byte of its syntax was a choice."""
    for document in documents():
        assert document.schema is not None
        constraint = bltgen.json_schema(type_of(document.schema))
        assert constraint.accepts(document.answer), document.answer
        assert constraint.parse(document.answer).model_dump(by_alias=True) == document.values
        assert bltgen.json_schema(document.schema, **DEFAULTS).accepts(document.answer)
    for document in documents()[::4]:
        state = bltgen.json_schema(document.schema, **DEFAULTS, escapes="plain").start()
        for byte, kind in zip(document.answer, document.kinds[len(document.prompt) :], strict=True):
            if kind == SYNTAX and b"[" not in document.answer:
                assert bytes(state.allowed) == bytes((byte,))
            state = state.advance(byte)
        assert state.accepting


def test_another_style_is_asked_for():
    """Compact, or indented."""
    value: Json = {"a": ["x", True], "b": Number("1")}
    for style, options in ((Style(",", ":"), {"separators": (",", ":")}), (Style(indent=2), {"indent": 2})):
        answer, _ = spelled(value, style)
        assert answer.decode() == json.dumps({"a": ["x", True], "b": 1}, **options)


def test_strings_have_the_escapes_that_json_needs_and_no_others():
    """Control characters too; the closing quote and the escapes are bytes of the value."""
    answer, kinds = spelled({"a\tb": 'é"\\\n\x00/'})
    assert answer.decode() == '{"a\\tb": "é\\"\\\\\\n\\u0000/"}'
    inside = bytes(byte for byte, kind in zip(answer, kinds, strict=True) if kind == VALUE)
    assert inside.decode() == 'é\\"\\\\\\n\\u0000/"'


FORMS = [PromptForm(), PromptForm(max_bytes=40), PromptForm(detail="keys", place="after"), None]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_a_document_is_formed_as_generation_forms_its_prompt(form):
    """The same bytes before the same answer, all of them prose; without a schema nothing is formed."""
    for document in documents()[::3]:
        made = formed(document, form)
        assert made.prompt == Prompt.of(document.prompt, bltgen.json_schema(document.schema), form).data
        assert (made.answer, made.schema, made.values) == (document.answer, document.schema, document.values)
        assert made.text == (None if form is None else document.prompt)
        assert made.kinds == bytes([PROSE]) * len(made.prompt) + document.kinds[len(document.prompt) :]
        assert (made == document) == (form is None)
    model = scripted(b"")
    model.prompt_form = form
    out = bltgen.Generator(model).generate(document.prompt, document.schema)
    assert out.prompt == made.prompt
    prose = plain(b"Some prose.", domain="prose")
    assert formed(prose, form) == prose


def test_a_source_is_formed_for_training():
    """Batches hold the formed prompts, whose bytes are prose; a run with another form is another run."""

    def drawn(seed: int):
        return itertools.islice(itertools.cycle(documents()), seed % 50, None)

    made = Formed(drawn, FORMS[0])
    assert list(itertools.islice(made(3), 5)) == [formed(one, FORMS[0]) for one in documents()[3:8]]
    (batch, *_) = batches(Mixture(((made, 1.0),)), 1, 0, 2_000, KindWeights(), 2_000, 4)
    texts = [bytes(int(n) - 4 for n in row[1:] if n > 3) for row in batch.ids]
    known = {one.prompt + one.answer for one in map(formed, documents(), itertools.repeat(FORMS[0]))}
    assert all(text in known for text in texts)
    assert fingerprint(made) != fingerprint(Formed(drawn, FORMS[1]))
