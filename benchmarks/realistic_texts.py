"""Realistic texts and what a person would read out of them: the sets that the embedded model is judged by.

`realistic/dev` is for choosing between models, `realistic/test` for the model card alone. No text of
either is ever trained on, and no template may be made from one. A file holds one language:

    === en-invoice-1 invoice
    the text, as it would be sent
    ---
    {"customer": "the answer", "total": 12.5, "status": "paid"}
    --- enumerations
    {"status": ["paid", "open", "overdue"]}

The schema follows from the answer: types as it has them, every member required, objects closed; a member
that an enumeration names may be one of its values. A string without enumeration stands in the text as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

__all__ = ["LANGUAGES", "RealisticText", "read", "realistic_texts"]

FOLDER = Path(__file__).parent / "realistic"
LANGUAGES = ("en", "ko", "de", "fr", "es")


@dataclass(frozen=True)
class RealisticText:
    """One document; `domain` is its kind (invoice, chat, ...). As a document of `bltgen.training.data`."""

    name: str
    language: str
    domain: str
    text: str
    values: dict[str, Any]
    schema: dict[str, Any]

    @property
    def prompt(self) -> bytes:
        """The text and a line break."""
        return self.text.encode() + b"\n"

    @property
    def answer(self) -> bytes:
        """The values as `json.dumps` writes them, letters as they are."""
        return json.dumps(self.values, ensure_ascii=False).encode()


def realistic_texts(split: str, language: str | None = None) -> list[RealisticText]:
    """All documents of "dev" or "test", in one language or in all."""
    return [
        document
        for name in LANGUAGES
        if language in (None, name)
        for document in read(FOLDER / split / f"{name}.txt", name)
    ]


def read(file: Path, language: str) -> Iterator[RealisticText]:
    """The documents of a file. Raises ValueError that names the document where one is malformed."""
    for block in ("\n" + file.read_text("utf-8")).split("\n=== ")[1:]:
        head, _, body = block.partition("\n")
        try:
            name, domain = head.split()
            text, _, answer = body.partition("\n---\n")
            answer, _, listed = answer.partition("--- enumerations\n")
            values = json.loads(answer)
            enumerations = json.loads(listed) if listed.strip() else {}
            schema = _schema_of(values, enumerations, "")
        except ValueError as error:
            raise ValueError(f"{file}: {head}: {error}") from error
        if enumerations:
            raise ValueError(f"{file}: {head}: {', '.join(enumerations)} is in no member's place")
        yield RealisticText(name, language, domain, text.strip("\n"), values, schema)


def _schema_of(value: Any, enumerations: dict[str, list[Any]], path: str) -> dict[str, Any]:
    """`enumerations` by path ("status", "items.unit"): those met are taken out."""
    if path in enumerations:
        allowed = enumerations.pop(path)
        if value not in allowed:
            raise ValueError(f"{path}: {value!r} is not one of {allowed}")
        return {"enum": allowed}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, (int, float)):
        return {"type": "integer" if isinstance(value, int) else "number"}
    if isinstance(value, str):
        return {"type": "string"}
    if isinstance(value, list):
        kept = dict(enumerations)
        items = []
        for item in value:
            left = dict(kept)
            items.append(_schema_of(item, left, path))
            for met in kept.keys() - left.keys():
                enumerations.pop(met, None)
        return {"type": "array", "items": reduce(_covering, items)}
    if not isinstance(value, dict):
        raise ValueError(f"{path}: {value!r} has no type that is asked for")
    members = {
        key: _schema_of(item, enumerations, f"{path}.{key}" if path else key) for key, item in value.items()
    }
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _covering(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema of both: items of one shape, where one may have an integer and the other a decimal."""
    if one == other:
        return one
    if (
        one.get("type") == other.get("type") == "object"
        and one["properties"].keys() == other["properties"].keys()
    ):
        members = {key: _covering(item, other["properties"][key]) for key, item in one["properties"].items()}
        return {**one, "properties": members}
    if {one.get("type"), other.get("type")} == {"integer", "number"}:
        return {"type": "number"}
    raise ValueError(f"the items of an array have different shapes: {one} and {other}")
