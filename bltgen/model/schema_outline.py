r"""What a JSON Schema tells a reader at a glance: its keys, with types, enumerations and descriptions.

A model is told this before it answers (`prompt_form`); what is valid is never decided here. So what an
outline leaves out changes no constraint: bounds, patterns, formats, `not`, which members are required, names
that no `properties` lists. Alternatives (`anyOf`, `oneOf`, `then`, `else`) and what is asked beside (`allOf`,
`$ref`) are told together, each key once. References are followed by pointer within the document; another is
told as "any", and a schema within itself by its type alone.

>>> tags = {"type": "array", "items": {"enum": ["new", "used"]}, "description": "second-hand too"}
>>> schema = {"properties": {"name": {"type": "string", "description": "in full"}, "tags": tags}}
>>> for entry in outline(schema, 100):
...     print(entry.depth, entry.key, entry.types, entry.choices, entry.description, sep="; ")
0; "name"; string; string; in full
0; "tags"; array of string; array of ("new" | "used"); second-hand too

Cost: at most `STEPS` subschemas and enumerated values are visited, whatever the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeGuard
from urllib.parse import unquote

__all__ = ["DEEPEST", "STEPS", "Entry", "outline"]

STEPS = 50_000
"""Subschemas and enumerated values that are visited for one outline; what lies beyond is left out."""

DEEPEST = 32
"""How deep members in members, and arrays in arrays, are told."""

_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("then", "else")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")

_Rooted = tuple[Any, Any]
"""A subschema, and the schema resource against whose root its pointers are read."""


@dataclass(frozen=True)
class Entry:
    """A key and what is told of its value. `depth`: how many keys it stands under.

    `key`: spelled as an answer spells it; None for the value as a whole, where that is no object with keys.
    `types`: "string | null"; `choices`: the same with enumerated values in place of their types.
    `description`: one line, or empty.
    """

    depth: int
    key: str | None
    types: str
    choices: str
    description: str


def outline(schema: Any, room: int) -> Iterator[Entry]:
    """The entries of a schema (JSON values) in its order, parents before their members.

    Ends with the first key by which the keys alone, a line each, take more than `room` bytes.
    """
    reader = _Reader(room)
    whole = reader.value([(schema, schema)])
    if not whole.members:
        yield reader.entry(0, None, whole)
    yield from reader.members(reader.innermost(whole), int(not whole.members), frozenset())


@dataclass
class _Value:
    """What the subschemas that are about one value say of it together."""

    types: dict[str, None] = field(default_factory=dict)
    choices: dict[str, None] = field(default_factory=dict)
    members: dict[str, list[_Rooted]] = field(default_factory=dict)
    items: list[_Rooted] = field(default_factory=list)
    description: str = ""
    containers: set[int] = field(default_factory=set)
    """The subschemas with members or items, by identity: a recursive schema meets them again."""
    item: _Value | None = None


class _Reader:
    def __init__(self, room: int) -> None:
        self.room = self.whole_room = room
        self.steps = STEPS
        self.listed: dict[int, tuple[dict[str, None], dict[str, None]]] = {}

    def value(self, given: Sequence[_Rooted]) -> _Value:
        """The value that all of these subschemas are about, and those that they lead to."""
        found = _Value()
        seen: set[int] = set()
        todo = list(reversed(given))
        while todo:
            schema, root = todo.pop()
            if not isinstance(schema, Mapping) or id(schema) in seen:
                continue
            seen.add(id(schema))
            if isinstance(schema.get("$id"), str) and not schema["$id"].startswith("#"):
                root = schema
            self._add(found, schema, root)
            beside = list(_beside(schema, root))[: self.steps]
            self.steps -= len(beside)
            todo += reversed(beside)
        return found

    def _add(self, found: _Value, schema: Mapping[str, Any], root: Any) -> None:
        types, choices = self._types(schema)
        found.types |= types
        found.choices |= choices
        text = schema.get("description")
        if isinstance(text, str) and not found.description:
            found.description = " ".join(text[: self.whole_room + 1].split())
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            found.containers.add(id(schema))
            for key, member in properties.items():
                if isinstance(key, str) and member is not False:
                    found.members.setdefault(key, []).append((member, root))
        for keyword in ("prefixItems", "items"):
            items = schema.get(keyword, False)
            if items is not False:
                found.containers.add(id(schema))
                found.items += [(item, root) for item in (items if _is_list(items) else [items])]

    def _types(self, schema: Mapping[str, Any]) -> tuple[dict[str, None], dict[str, None]]:
        """What a subschema says itself: the types, and the types with enumerated values in their place."""
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if not _is_list(values):
            named = schema.get("type")
            words = dict.fromkeys(w for w in (named if _is_list(named) else [named]) if w in _TYPES)
            return words, words
        if id(schema) not in self.listed:
            kept = values[: self.steps]
            self.steps -= len(kept)
            types = dict.fromkeys(map(_type_of, kept))
            choices = dict.fromkeys(map(_spelled, kept))
            # An enumeration that the keys leave no room for is not told: its types are.
            short = sum(map(len, choices)) <= self.whole_room and len(kept) == len(values)
            self.listed[id(schema)] = (types, choices if short else types)
        return self.listed[id(schema)]

    def innermost(self, value: _Value) -> _Value:
        """The value itself, or the items of an array, or of arrays in it, whose members are told."""
        for _ in range(DEEPEST):
            item = None if value.members else self._item(value)
            if item is None:
                return value
            value = item
        return value

    def _item(self, value: _Value) -> _Value | None:
        if value.items and value.item is None:
            value.item = self.value(value.items)
        return value.item

    def entry(self, depth: int, key: str | None, value: _Value) -> Entry:
        types, choices = (" | ".join(self._words(value, listed, frozenset())) for listed in (False, True))
        return Entry(depth, key, types, choices, value.description)

    def _words(self, value: _Value, listed: bool, above: frozenset[int]) -> list[str]:
        words = list(value.choices if listed else value.types)
        if not words:
            words = ["object" if value.members else "array" if value.items else "any"]
        item = None if len(above) >= DEEPEST or above & value.containers else self._item(value)
        if item is None or "array" not in words:
            return words
        within = self._words(item, listed, above | value.containers)
        if within == ["any"]:
            return words
        told = within[0] if len(within) == 1 else f"({' | '.join(within)})"
        return [f"array of {told}" if word == "array" else word for word in words]

    def members(self, value: _Value, depth: int, above: frozenset[int]) -> Iterator[Entry]:
        """An entry for each member, and after it those of its own members."""
        if depth > DEEPEST or above & value.containers:
            return
        for name, given in value.members.items():
            if self.room < 0 or self.steps <= 0:
                return
            key = json.dumps(name, ensure_ascii=False)
            self.room -= depth + len(key) + 1
            one = self.value(given)
            yield self.entry(depth, key, one)
            yield from self.members(self.innermost(one), depth + 1, above | value.containers)


def _beside(schema: Mapping[str, Any], root: Any) -> Iterator[_Rooted]:
    """The subschemas that are about the same value."""
    for keyword, given in schema.items():
        if keyword in _LISTS and _is_list(given):
            yield from ((one, root) for one in given)
        elif keyword in _SINGLE:
            yield given, root
        elif keyword in _REFERENCES and isinstance(given, str):
            yield _pointed(root, given), root


def _pointed(root: Any, reference: str) -> Any:
    """What a reference within a document leads to; None where that is not told by a pointer (RFC 6901)."""
    anchor, *steps = unquote(reference).split("/")
    if anchor != "#":
        return None
    found = root
    for step in steps:
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(found, Mapping):
            found = found.get(step)
        elif _is_list(found) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))


def _type_of(value: Any) -> str:
    """The type of a JSON value, numbers also as Decimal."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float, Decimal)):
        return "integer" if isinstance(value, int) else "number"
    return "object" if isinstance(value, Mapping) else "array"


def _spelled(value: Any) -> str:
    """An enumerated value as JSON; what is long or has parts, by its type."""
    if isinstance(value, int) and value.bit_length() > 64:
        return "integer"
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    return _type_of(value)
