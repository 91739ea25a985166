"""Which strings a schema speaks of, and where: names of members, and what strings are or may be.

Where any string may stand, one of these is worth a try as often as not: a property that need not be
there would never be, and an enumerated string beside others never met. Places are told apart by the
name of the member that a value stands in (local references followed), which is cheap and near
enough: what does not fit is not drawn.

>>> words = words_of({"properties": {"a": {"enum": ["b", 1]}, "c": {"properties": {"d": {}}}}})
>>> words.words(None, name=True), words.words("c", name=True), words.words("a", name=False)
((b'a"', b'c"'), (b'd"',), (b'b"',))
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

__all__ = ["JsonReader", "Words", "words_of"]

LONGEST, MOST = 48, 64
"""Bytes of a word, and words of a place, that are kept: the shorter ones."""
VISITS = 20_000
"""Subschemas that are looked at, in how many places each."""
ANYWHERE = ""
"""The place of members that no name is declared for."""
_SAME = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SAME_ONE = ("not", "if", "then", "else", "items", "additionalItems", "contains", "unevaluatedItems")
_SAME_BY_NAME = ("dependentSchemas", "dependencies")

Places = dict["str | None", set[str]]


@dataclass(frozen=True)
class Words:
    """Contents of JSON strings with the closing quote, by the member that they stand in (None: the root)."""

    _names: Mapping[str | None, tuple[bytes, ...]] = field(default_factory=dict)
    _strings: Mapping[str | None, tuple[bytes, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self._names or self._strings)

    def words(self, member: str | None, *, name: bool) -> tuple[bytes, ...]:
        """Names of members of an object, or strings, that are the value of `member`."""
        places = self._names if name else self._strings
        return places.get(member) or places.get(ANYWHERE, ())


def words_of(schema: Any) -> Words:
    """The names in `properties`, `required` and their like, the strings in `enum`, `const` and `examples`."""
    names: Places = {}
    strings: Places = {}
    waiting: list[tuple[Any, str | None]] = [(schema, None)]
    seen: set[tuple[int, str | None]] = set()
    while waiting and len(seen) < VISITS:
        one, member = waiting.pop()
        if not isinstance(one, Mapping) or (id(one), member) in seen:
            continue
        seen.add((id(one), member))
        _literals(one, member, names, strings)
        waiting += _below(one, member, schema)
    return Words(_encoded(names), _encoded(strings))


def _literals(schema: Mapping[str, Any], member: str | None, names: Places, strings: Places) -> None:
    own = names.setdefault(member, set())
    for keyword in ("properties", "dependentRequired", "dependentSchemas", "dependencies"):
        if isinstance(schema.get(keyword), Mapping):
            own.update(schema[keyword])
            own.update(w for value in schema[keyword].values() if isinstance(value, list) for w in value)
    if isinstance(schema.get("required"), list):
        own.update(word for word in schema["required"] if isinstance(word, str))
    about_names = schema.get("propertyNames")
    if isinstance(about_names, Mapping):
        _literals(about_names, member, {}, names)
    values = [schema[keyword] for keyword in ("const", "default") if keyword in schema]
    for keyword in ("enum", "examples"):
        values += schema[keyword] if isinstance(schema.get(keyword), list) else []
    todo = [(value, member) for value in values]
    while todo:
        value, at = todo.pop()
        if isinstance(value, str):
            strings.setdefault(at, set()).add(value)
        elif isinstance(value, list):
            todo += [(item, at) for item in value]
        elif isinstance(value, Mapping):
            names.setdefault(at, set()).update(value)
            todo += [(item, name) for name, item in value.items()]


def _below(schema: Mapping[str, Any], member: str | None, root: Any) -> Iterator[tuple[Any, str | None]]:
    for keyword in _SAME:
        if isinstance(schema.get(keyword), list):
            yield from ((one, member) for one in schema[keyword])
    for keyword in _SAME_ONE:
        yield schema.get(keyword), member
    for keyword in _SAME_BY_NAME:
        if isinstance(schema.get(keyword), Mapping):
            yield from ((one, member) for one in schema[keyword].values())
    if isinstance(schema.get("properties"), Mapping):
        yield from ((one, name) for name, one in schema["properties"].items())
    for keyword in ("additionalProperties", "unevaluatedProperties"):
        yield schema.get(keyword), ANYWHERE
    if isinstance(schema.get("patternProperties"), Mapping):
        yield from ((one, ANYWHERE) for one in schema["patternProperties"].values())
    for keyword in ("$ref", "$dynamicRef", "$recursiveRef"):
        if isinstance(schema.get(keyword), str) and schema[keyword].startswith("#"):
            yield _pointed(root, schema[keyword][1:]), member


def _pointed(root: Any, pointer: str) -> Any:
    """What a local JSON pointer leads to; None where it leads nowhere or is an anchor."""
    here = root
    for step in unquote(pointer).split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        try:
            here = here[int(step)] if isinstance(here, list) else here[step]
        except (LookupError, ValueError, TypeError):
            return None
    return here if not pointer or pointer.startswith("/") else None


def _encoded(places: Places) -> dict[str | None, tuple[bytes, ...]]:
    made = {}
    for place, words in places.items():
        spelled = [json.dumps(word, ensure_ascii=False)[1:].encode("utf-8", "ignore") for word in words]
        kept = sorted((word for word in spelled if len(word) <= LONGEST), key=lambda one: (len(one), one))
        if kept:
            made[place] = tuple(kept[:MOST])
    return made


class JsonReader:
    """Where in a JSON text its end is: the member, the string, the digits of a number."""

    __slots__ = ("_in_object", "_member", "_members", "_string", "digits", "escaped", "in_string", "naming")

    def __init__(self) -> None:
        self.digits = 0
        """Of the number that is being read; 0 outside of numbers."""
        self.in_string = False
        self.naming = False
        """Whether the string that is being read, or would begin here, is the name of a member."""
        self.escaped = False
        self._string = bytearray()
        self._member: str | None = None
        self._members: list[tuple[str | None, bool]] = []
        self._in_object = False

    @property
    def opening(self) -> bool:
        """Whether a string has just begun."""
        return self.in_string and not self._string and not self.escaped

    @property
    def member(self) -> str | None:
        """The name of the member in whose value the end is; of the object's own, where `naming`."""
        if self.naming and self._members:
            return self._members[-1][0]
        return self._member

    def read(self, data: bytes) -> None:
        """Go on by some bytes of a text of which every prefix can become JSON."""
        for byte in data:
            if self.in_string:
                if byte == 0x22 and not self.escaped:
                    self.in_string = False
                    if self.naming:
                        self._member = _decoded(bytes(self._string))
                else:
                    self.escaped = byte == 0x5C and not self.escaped
                    self._string.append(byte)
            elif byte == 0x22:
                self.in_string, self.digits = True, 0
                self._string.clear()
            elif 0x30 <= byte <= 0x39:
                self.digits += 1
            elif byte not in b"+-.eE":
                self.digits = 0
                self._structure(byte)

    def _structure(self, byte: int) -> None:
        if byte == 0x7B or byte == 0x5B:
            self._members.append((self._member, self._in_object))
            self._in_object = self.naming = byte == 0x7B
        elif byte == 0x7D or byte == 0x5D:
            if self._members:
                self._member, self._in_object = self._members.pop()
            self.naming = False
        elif byte == 0x2C:
            self.naming = self._in_object
        elif byte == 0x3A:
            self.naming = False


def _decoded(string: bytes) -> str:
    text = string.decode("utf-8", "replace")
    if "\\" in text:
        try:
            return str(json.loads(f'"{text}"'))
        except ValueError:
            pass
    return text
