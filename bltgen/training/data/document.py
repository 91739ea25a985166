"""A training document: a prompt, the JSON that answers it, and what each byte is for.

`kinds` lets the loss weigh bytes apart: prose teaches little, a value byte is the task itself.

>>> document = write("Ada is 36.", {"name": "Ada", "age": Number("36")}, domain="people", template="t")
>>> document.prompt, document.answer
(b'Ada is 36.\\n', b'{"name": "Ada", "age": 36}')
>>> "".join(map(str, document.kinds))
'0000000000011111111112222111111111222'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Union

__all__ = ["PROSE", "SYNTAX", "VALUE", "Document", "Json", "Number", "Style", "plain", "schema_of", "write"]

PROSE, SYNTAX, VALUE = 0, 1, 2


@dataclass(frozen=True)
class Document:
    """`prompt` ends in a newline; `answer` is one JSON text, or empty in plain prose or JSON documents.

    `kinds` has one code per byte of prompt + answer: 0 prose (all of the prompt), 1 JSON syntax and
    keys, 2 bytes of values: the inside of strings and their closing quote (which says where the span
    ends), numbers and the byte after them, booleans, null.
    """

    prompt: bytes
    answer: bytes
    kinds: bytes
    schema: dict[str, Any] | None
    values: dict[str, Any] | None
    domain: str
    template: str


class Number(str):
    """A number as it is spelled in the prompt; written without quotes."""

    __slots__ = ()


Json = Union[str, bool, "Mapping[str, Json]", "list[Json]"]


@dataclass(frozen=True)
class Style:
    """How JSON is spelled: the separators of `json.dumps`, or an indent."""

    item: str = ", "
    key: str = ": "
    indent: int | None = None


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


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
            self.put(value, VALUE)
            self.after_number = True
        elif isinstance(value, str):
            self.put('"', SYNTAX)
            self.put(_escape(value) + '"', VALUE)
        elif isinstance(value, bool):
            self.put("true" if value else "false", VALUE)
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
    if isinstance(value, bool):
        return {"type": "boolean"}
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
    if isinstance(value, (str, bool)):
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

    enumerations: the values that a member may have, by its name; they stand in the schema.
    """
    writer = _Writer(style or Style())
    writer.value(values, 0)
    head = prompt.encode() + b"\n"
    return Document(
        prompt=head,
        answer=b"".join(writer.texts),
        kinds=bytes(len(head)) + b"".join(writer.kinds),
        schema=schema_of(values, enumerations),
        values=_plain_value(values),
        domain=domain,
        template=template,
    )


def plain(text: bytes, *, domain: str, kind: int = PROSE) -> Document:
    """A document without an answer."""
    text = text.rstrip(b"\n") + b"\n"
    return Document(text, b"", bytes([kind]) * len(text), None, None, domain, domain)
