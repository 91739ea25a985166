"""A training document: a prompt, the JSON that answers it, and what each byte is for.

`kinds` lets the loss weigh bytes apart: prose teaches little, a value byte is the task itself.

An answer is spelled (`spelled`) as a Python type's texts are by default: the separators of `json.dumps`,
members in declared order, plain numbers, only the escapes that JSON needs. So what is learnt is what may be
said. A document may be given the form that a model's prompts have (`formed`), as generation gives it.

>>> document = write("Ada is 36.", {"name": "Ada", "age": Number("36")}, domain="people", template="t")
>>> document.prompt, document.answer
(b'Ada is 36.\\n', b'{"name": "Ada", "age": 36}')
>>> "".join(map(str, document.kinds))
'0000000000011111111112222111111111222'
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Union

from bltgen.model.prompt_form import PromptForm

__all__ = [
    "PROSE",
    "SYNTAX",
    "VALUE",
    "Document",
    "Formed",
    "Json",
    "Number",
    "Style",
    "formed",
    "plain",
    "schema_of",
    "spelled",
    "write",
]

PROSE, SYNTAX, VALUE = 0, 1, 2


@dataclass(frozen=True)
class Document:
    """`prompt` ends in a newline; `answer` is one JSON text, or empty in plain prose or JSON documents.

    `kinds` has one code per byte of prompt + answer: 0 prose (all of the prompt), 1 JSON syntax and
    keys, 2 bytes of values: the inside of strings and their closing quote (which says where the span
    ends), numbers and the byte after them, booleans, null. `text`: where the prompt was `formed`, what it was
    before: the text that values are spans of, as the keys beside it are not.
    """

    prompt: bytes
    answer: bytes
    kinds: bytes
    schema: dict[str, Any] | None
    values: dict[str, Any] | None
    domain: str
    template: str
    text: bytes | None = None


class Number(str):
    """A number as it is spelled in the prompt; written without quotes.

    It must be plain: no exponent, no `-0`, no needless zeros before it, at most 15 significant digits.
    """

    __slots__ = ()


_PLAIN_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
DIGITS = 15
"""Significant digits of a plain number, those a double always keeps; zeros at the end count."""


def _is_plain(number: str) -> bool:
    """Whether `json_schema(..., numbers="plain")` admits the spelling."""
    significant = number.lstrip("-0.").replace(".", "")
    zero = number.startswith("-") and not significant
    return bool(_PLAIN_NUMBER.fullmatch(number)) and not zero and len(significant) <= DIGITS


Json = Union[str, bool, None, "Mapping[str, Json]", "list[Json]"]


@dataclass(frozen=True)
class Style:
    """How JSON is spelled: its separators, by default those of `json.dumps`, or an indent."""

    item: str = ", "
    key: str = ": "
    indent: int | None = None


def _escape(text: str) -> str:
    """The inside of a JSON string, with the escapes that JSON needs and no others."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def spelled(value: Json, style: Style | None = None) -> tuple[bytes, bytes]:
    """The JSON text that answers with a value, and the kind of each of its bytes.

    style: another than that of a Python type's texts. Raises ValueError for a number that is not plain.

    >>> spelled({"name": "Ada", "ages": [Number("36"), Number("1.50")]})[0]
    b'{"name": "Ada", "ages": [36, 1.50]}'
    >>> spelled(Number("1e5"))
    Traceback (most recent call last):
    ValueError: 1e5 is not a plain number: no exponent, no -0, at most 15 significant digits
    """
    writer = _Writer(style or Style())
    writer.value(value, 0)
    return b"".join(writer.texts), b"".join(writer.kinds)


class _Writer:
    def __init__(self, style: Style) -> None:
        self.style = style
        self.texts: list[bytes] = []
        self.kinds: list[bytes] = []
        self.after_number = False

    def put(self, text: str, kind: int) -> None:
        data = text.encode()
        kinds = bytes([kind]) * len(data)
        if self.after_number and data:
            kinds = b"\x02" + kinds[1:]
            self.after_number = False
        self.texts.append(data)
        self.kinds.append(kinds)

    def newline(self, depth: int) -> str:
        return "" if self.style.indent is None else "\n" + " " * (self.style.indent * depth)

    def value(self, value: Json, depth: int) -> None:
        if isinstance(value, Number):
            if not _is_plain(value):
                raise ValueError(
                    f"{value} is not a plain number: no exponent, no -0, at most {DIGITS} significant digits"
                )
            self.put(value, VALUE)
            self.after_number = True
        elif isinstance(value, str):
            self.put('"', SYNTAX)
            self.put(_escape(value) + '"', VALUE)
        elif value is None or isinstance(value, bool):
            self.put("null" if value is None else "true" if value else "false", VALUE)
        elif isinstance(value, list):
            self.put("[", SYNTAX)
            for n, item in enumerate(value):
                self.put((self.item() if n else "") + self.newline(depth + 1), SYNTAX)
                self.value(item, depth + 1)
            self.put(self.newline(depth) + "]", SYNTAX)
        else:
            self.put("{", SYNTAX)
            for n, (key, item) in enumerate(value.items()):
                start = (self.item() if n else "") + self.newline(depth + 1)
                self.put(f'{start}"{_escape(key)}"{self.style.key}', SYNTAX)
                self.value(item, depth + 1)
            self.put(self.newline(depth) + "}", SYNTAX)

    def item(self) -> str:
        return "," if self.style.indent is not None else self.style.item


def schema_of(value: Json, enumerations: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """A JSON Schema of which `value` is an instance: types, properties, all of them required.

    enumerations: the values that a member may have, by its name.
    """
    if isinstance(value, Number):
        return {"type": "integer" if value.lstrip("-").isdigit() else "number"}
    if value is None or isinstance(value, bool):
        return {"type": "null" if value is None else "boolean"}
    if isinstance(value, str):
        return {"type": "string"}
    if isinstance(value, list):
        return {"type": "array", "items": reduce(_covering, map(schema_of, value)) if value else {}}
    return {
        "type": "object",
        "properties": {
            key: {"enum": list(enumerations[key])}
            if enumerations and key in enumerations
            else schema_of(item, enumerations)
            for key, item in value.items()
        },
        "required": list(value),
        "additionalProperties": False,
    }


def _covering(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema of two items of one shape, where one may have an integer and the other a decimal."""
    if one["type"] == "object":
        members = {key: _covering(item, other["properties"][key]) for key, item in one["properties"].items()}
        return {**one, "properties": members}
    return one if one == other else {"type": "number"}


def _plain_value(value: Json) -> Any:
    if isinstance(value, Number):
        return int(value) if value.lstrip("-").isdigit() else float(value)
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, list):
        return [_plain_value(item) for item in value]
    return {key: _plain_value(item) for key, item in value.items()}


def write(
    prompt: str,
    values: Mapping[str, Json],
    *,
    domain: str,
    template: str,
    style: Style | None = None,
    enumerations: Mapping[str, tuple[str, ...]] | None = None,
) -> Document:
    """The document of a prompt (without its newline) and the values that it states.

    style: see `spelled`. enumerations: the values that a member may have, by its name; they stand in the
    schema.
    """
    answer, kinds = spelled(values, style)
    head = prompt.encode() + b"\n"
    return Document(
        prompt=head,
        answer=answer,
        kinds=bytes(len(head)) + kinds,
        schema=schema_of(values, enumerations),
        values=_plain_value(values),
        domain=domain,
        template=template,
    )


def plain(text: bytes, *, domain: str, kind: int = PROSE) -> Document:
    """A document without an answer."""
    text = text.rstrip(b"\n") + b"\n"
    return Document(text, b"", bytes([kind]) * len(text), None, None, domain, domain)


def formed(document: Document, form: PromptForm | None) -> Document:
    """The document with the prompt that a model of this form reads; without a schema, as it is.

    >>> document = write("Ada is 36.", {"age": Number("36")}, domain="people", template="t")
    >>> formed(document, PromptForm()).prompt
    b'"age": integer\\n\\nAda is 36.\\n'
    """
    if form is None or document.schema is None:
        return document
    prompt = form.formed(document.prompt, document.schema)
    kinds = bytes([PROSE]) * len(prompt) + document.kinds[len(document.prompt) :]
    return replace(document, prompt=prompt, kinds=kinds, text=document.prompt)


@dataclass(frozen=True)
class Formed:
    """The documents of a source, formed as a model with this form reads prompts; a source for `Mixture`."""

    source: Callable[[int], Iterator[Document]]
    form: PromptForm | None

    def __call__(self, seed: int) -> Iterator[Document]:
        """An endless stream that depends on the seed alone."""
        return (formed(document, self.form) for document in self.source(seed))
