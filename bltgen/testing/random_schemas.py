"""Random JSON Schemas over few names and values, so that their keywords meet, and documents to try on them.

Of any draft and with every keyword that bltgen enforces: nested booleans and combinations, references
(recursive, by anchor, by `$id`, dynamic), formats, big and small numbers. All is drawn from a
`random.Random`, so that a seed names a case. For the same in Hypothesis see `schema_strategies`.

>>> rng = random.Random(3)
>>> schema = random_schema(rng, "7")
>>> schema["$schema"], len(documents_for(schema, rng, 5))
('http://json-schema.org/draft-07/schema#', 5)
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bltgen.testing.schema_strategies import DRAFTS, URIS

__all__ = ["changed", "documents_for", "in_python", "random_document", "random_schema", "spelled"]

NAMES = ("a", "b", "ab", "é", "")
WORDS = ("", "a", "b", "ab", "ba", "aab", "é", "12", "a/b", "\n", "😀")
PATTERNS = {
    "^a": "^a",
    "b$": r"b\Z",
    "^[ab]*$": r"^[ab]*\Z",
    "é": "é",
    "^.$": r"^[^\n\r\u2028\u2029]\Z",
    r"^\d+$": r"^[0-9]+\Z",
    "a|^$": r"a|^\Z",
    "^(?!a)": "^(?!a)",
    "(a|b){2}": "(a|b){2}",
    "[^a]": "[^a]",
}
"""Regular expressions as JSON Schema has them (ECMA-262), each as Python spells the same."""
NUMBERS = (0, 1, 2, 3, 4, -1, -2, 10, 0.5, 1.0, 2.5, -1.5, 0.1, 1e2, 12345678901234567890, 1e-3)
STEPS = (1, 2, 3, 0.5, 0.1, 1.5, 10, 0.01)
TYPES = ("string", "integer", "number", "boolean", "null", "array", "object")
FORMATS = {"ipv4": "4", "ipv6": "4", "date-time": "4", "json-pointer": "6", "date": "7", "uuid": "2019-09"}
"""Since which draft."""
FORMATTED = (
    *("2024-02-29", "2023-02-29", "1.2.3.4", "1.2.3.256", "::1", "1::2::3", "12:30:00Z", "/a~1b", "a~2"),
    *("2024-01-01T00:00:00Z", "2024-01-01T24:00:00Z", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
)

Maker = Callable[["_Author", int], Any]


def _number(author: _Author, _: int) -> Any:
    return author.rng.choice(NUMBERS)


def _count(author: _Author, _: int) -> int:
    return author.rng.choice((0, 1, 1, 2, 2, 3, 5))


def _flag(author: _Author, _: int) -> bool:
    return author.rng.random() < 0.6


def _of(choices: tuple[Any, ...]) -> Maker:
    return lambda author, _: author.rng.choice(choices)


def _schema(author: _Author, depth: int) -> Any:
    return author.schema(depth)


def _schemas(author: _Author, depth: int) -> list[Any]:
    return [author.schema(depth) for _ in range(author.rng.choice((1, 1, 2, 2, 3)))]


def _named(author: _Author, depth: int) -> dict[str, Any]:
    return {name: author.schema(depth) for name in author.rng.sample(NAMES, author.rng.randint(1, 3))}


def _by_pattern(author: _Author, depth: int) -> dict[str, Any]:
    return {name: author.schema(depth) for name in author.rng.sample([*PATTERNS], author.rng.randint(1, 2))}


def _names(author: _Author, _: int) -> list[str]:
    return author.rng.sample(NAMES, author.rng.randint(1, 2))


def _names_by_name(author: _Author, depth: int) -> dict[str, list[str]]:
    return {name: _names(author, depth) for name in author.rng.sample(NAMES, author.rng.randint(1, 2))}


def _dependencies(author: _Author, depth: int) -> dict[str, Any]:
    return {**_named(author, depth), **_names_by_name(author, depth)}


def _types(author: _Author, _: int) -> Any:
    some = author.rng.sample(TYPES, author.rng.randint(1, 3))
    return some[0] if len(some) == 1 else some


def _format(author: _Author, _: int) -> str:
    at = DRAFTS.index(author.draft)
    return author.rng.choice([name for name, since in FORMATS.items() if DRAFTS.index(since) <= at])


def _literals(author: _Author, _: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(author.rng.randint(1, 4)):
        value = random_document(author.rng)
        if not any(json.dumps(value, sort_keys=True) == json.dumps(one, sort_keys=True) for one in found):
            found.append(value)
    return found


def _literal(author: _Author, _: int) -> Any:
    return random_document(author.rng)


def _either(one: Maker, other: Maker) -> Maker:
    return lambda author, depth: (one if author.rng.random() < 0.5 else other)(author, depth)


KEYWORDS: dict[str, tuple[str, str, Maker]] = {
    # keyword: first draft, last draft, what makes its value
    "type": ("4", "2020-12", _types),
    "enum": ("4", "2020-12", _literals),
    "const": ("6", "2020-12", _literal),
    "minimum": ("4", "2020-12", _number),
    "maximum": ("4", "2020-12", _number),
    "exclusiveMinimum": ("6", "2020-12", _number),
    "exclusiveMaximum": ("6", "2020-12", _number),
    "multipleOf": ("4", "2020-12", _of(STEPS)),
    "minLength": ("4", "2020-12", _count),
    "maxLength": ("4", "2020-12", _count),
    "pattern": ("4", "2020-12", _of(tuple(PATTERNS))),
    "format": ("4", "2020-12", _format),
    "items": ("4", "2020-12", _schema),
    "prefixItems": ("2020-12", "2020-12", _schemas),
    "additionalItems": ("4", "2019-09", _schema),
    "contains": ("6", "2020-12", _schema),
    "minContains": ("2019-09", "2020-12", _count),
    "maxContains": ("2019-09", "2020-12", _count),
    "minItems": ("4", "2020-12", _count),
    "maxItems": ("4", "2020-12", _count),
    "uniqueItems": ("4", "2020-12", _flag),
    "properties": ("4", "2020-12", _named),
    "patternProperties": ("4", "2020-12", _by_pattern),
    "additionalProperties": ("4", "2020-12", _schema),
    "propertyNames": ("6", "2020-12", _schema),
    "required": ("4", "2020-12", _names),
    "minProperties": ("4", "2020-12", _count),
    "maxProperties": ("4", "2020-12", _count),
    "dependencies": ("4", "7", _dependencies),
    "dependentRequired": ("2019-09", "2020-12", _names_by_name),
    "dependentSchemas": ("2019-09", "2020-12", _named),
    "unevaluatedProperties": ("2019-09", "2020-12", _schema),
    "unevaluatedItems": ("2019-09", "2020-12", _schema),
    "allOf": ("4", "2020-12", _schemas),
    "anyOf": ("4", "2020-12", _schemas),
    "oneOf": ("4", "2020-12", _schemas),
    "not": ("4", "2020-12", _schema),
    "if": ("7", "2020-12", _schema),
    "then": ("7", "2020-12", _schema),
    "else": ("7", "2020-12", _schema),
}
COMPANY = {
    "if": ("then", "else"),
    "minContains": ("contains",),
    "maxContains": ("contains",),
    "additionalProperties": ("properties", "patternProperties"),
    "unevaluatedProperties": ("properties", "anyOf", "dependentSchemas", "if"),
    "unevaluatedItems": ("prefixItems", "contains", "anyOf", "items"),
    "additionalItems": ("items",),
}
"""Keywords that mean little alone: one of these comes along."""


class _Author:
    """Writes one schema of one draft."""

    def __init__(self, rng: random.Random, draft: str) -> None:
        self.rng, self.draft = rng, draft
        at = DRAFTS.index(draft)
        self.makers = {
            keyword: maker
            for keyword, (first, last, maker) in KEYWORDS.items()
            if DRAFTS.index(first) <= at <= DRAFTS.index(last)
        }
        if draft != "2020-12":
            self.makers["items"] = _either(_schema, _schemas)
        self.definitions = "$defs" if at >= DRAFTS.index("2019-09") else "definitions"
        self.references = ["#", f"#/{self.definitions}/x", f"#/{self.definitions}/y"]
        if draft in ("2019-09", "2020-12"):
            self.references += ["#anchored", "inner.json"]
        self.uses_references = rng.random() < 0.3

    def document(self) -> Any:
        rng = self.rng
        if rng.random() < 0.01 and self.draft not in ("4",):
            return rng.random() < 0.5
        schema: dict[str, Any] = {} if self.draft == "2020-12" else {"$schema": URIS[self.draft]}
        schema |= self.keywords(rng.choice((1, 2, 2, 3)))
        if self.uses_references:
            if "inner.json" in self.references:
                schema["$id"] = "http://example.com/outer.json"
            schema[self.definitions] = {"x": self.keywords(1), "y": self.keywords(1)}
            if self.draft in ("2019-09", "2020-12"):
                schema[self.definitions]["z"] = {"$anchor": "anchored", **self.keywords(1)}
                inner = {"$id": "inner.json", **self._in_another_resource(self.keywords(1))}
                schema[self.definitions]["inner"] = inner
                if rng.random() < 0.4:
                    self._dynamic(schema, inner)
        return schema

    def _in_another_resource(self, schema: Any) -> Any:
        """With references to the outer resource by its name."""
        if isinstance(schema, list):
            return [self._in_another_resource(one) for one in schema]
        if not isinstance(schema, dict):
            return schema
        made = {key: self._in_another_resource(one) for key, one in schema.items()}
        if isinstance(made.get("$ref"), str) and made["$ref"].startswith("#"):
            made["$ref"] = "outer.json" + made["$ref"]
        return made

    def _dynamic(self, outer: dict[str, Any], inner: dict[str, Any]) -> None:
        """Let the inner resource extend through the outer one."""
        keyword = self.rng.choice(("items", "additionalProperties"))
        if self.draft == "2020-12":
            outer["$dynamicAnchor"] = inner["$dynamicAnchor"] = "node"
            inner[keyword] = {"$dynamicRef": "#node"}
        else:
            outer["$recursiveAnchor"] = inner["$recursiveAnchor"] = True
            inner[keyword] = {"$recursiveRef": "#"}

    def schema(self, depth: int) -> Any:
        rng = self.rng
        if self.uses_references and rng.random() < 0.25:
            return {"$ref": rng.choice(self.references)}
        if depth <= 0 or rng.random() < 0.1:
            leaves: list[Any] = [
                {},
                {"type": rng.choice(TYPES)},
                {"enum": _literals(self, 0)},
                {"minimum": rng.choice(NUMBERS)},
                {"maxLength": rng.randint(0, 2)},
            ]
            if self.draft != "4":
                leaves += [True, False, {"const": random_document(rng)}]
            return rng.choice(leaves)
        return self.keywords(depth)

    def keywords(self, depth: int) -> dict[str, Any]:
        """A schema of one to four keywords."""
        rng = self.rng
        chosen = set(rng.sample(sorted(self.makers), rng.choice((1, 1, 2, 2, 3, 4))))
        for keyword in sorted(chosen & {*COMPANY}):
            chosen.add(rng.choice(COMPANY[keyword]))
        if rng.random() < 0.4:
            chosen.add("type")
        made = {
            keyword: self.makers[keyword](self, depth - 1)
            for keyword in sorted(chosen)
            if keyword in self.makers
        }
        for bound in ("minimum", "maximum"):
            if self.draft == "4" and bound in made and rng.random() < 0.4:
                made[f"exclusive{bound.title()}"] = rng.random() < 0.7
        if self.uses_references and rng.random() < 0.1:
            made["$ref"] = rng.choice(self.references)
        return made


def random_schema(rng: random.Random, draft: str = "2020-12") -> Any:
    """A schema of the draft, which `$schema` names where it is not the newest. It may be unsatisfiable."""
    return _Author(rng, draft).document()


def in_python(schema: Any) -> Any:
    """The schema with its `PATTERNS` as Python spells them, for a judge that uses `re`."""
    if isinstance(schema, list):
        return [in_python(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "pattern" and isinstance(value, str):
            made[key] = PATTERNS[value]
        elif key == "patternProperties":
            made[key] = {PATTERNS[name]: in_python(one) for name, one in value.items()}
        else:
            made[key] = value if key in ("enum", "const") else in_python(value)
    return made


def random_document(rng: random.Random, depth: int = 2) -> Any:
    """A JSON value over the names and words of the schemas."""
    kind = rng.randrange(8 if depth else 6)
    if kind == 0:
        return rng.choice((None, True, False))
    if kind <= 2:
        return rng.choice(NUMBERS)
    if kind <= 5:
        return rng.choice(FORMATTED if rng.random() < 0.1 else WORDS)
    inner = [random_document(rng, depth - 1) for _ in range(rng.randint(0, 3))]
    return inner if kind == 6 else dict(zip(rng.sample(NAMES, len(inner)), inner, strict=True))


def documents_for(schema: Any, rng: random.Random, count: int) -> list[Any]:
    """Documents of which some have to do with the schema: its literals, its names, its counts."""
    literals = list(_literals_of(schema)) or [None]
    made = []
    for _ in range(count):
        kind = rng.randrange(4)
        if kind == 0:
            value = rng.choice(literals)
        elif kind == 1:
            value = {
                name: rng.choice(literals) if rng.random() < 0.4 else random_document(rng, 1)
                for name in rng.sample(NAMES, rng.randint(0, 4))
            }
        elif kind == 2:
            value = [
                rng.choice(literals) if rng.random() < 0.4 else random_document(rng, 1)
                for _ in range(rng.randint(0, 5))
            ]
        else:
            value = random_document(rng)
        made.append(changed(value, rng) if rng.random() < 0.3 else value)
    return made


def _literals_of(schema: Any) -> Iterator[Any]:
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            yield from one.get("enum", ())
            if "const" in one:
                yield one["const"]
            for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"):
                if isinstance(one.get(keyword), (int, float)):
                    yield one[keyword]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def changed(value: Any, rng: random.Random) -> Any:
    """The value with something small changed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        made = dict(value)
        name = rng.choice(sorted(made))
        if rng.random() < 0.4:
            del made[name]
        else:
            made[name] = changed(made[name], rng)
        if rng.random() < 0.3:
            made[rng.choice(NAMES)] = random_document(rng, 0)
        return made
    if isinstance(value, list) and value and rng.random() < 0.8:
        at = rng.randrange(len(value))
        if rng.random() < 0.3:
            return value[:at] + value[at + 1 :]
        again = [value[at]] if rng.random() < 0.3 else []
        return [*value[:at], changed(value[at], rng), *value[at + 1 :], *again]
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.5:
        return value + rng.choice((-1, 1))
    if isinstance(value, str) and rng.random() < 0.5:
        return value + rng.choice(WORDS) if rng.random() < 0.7 else value[1:]
    return random_document(rng, 1)


def spelled(value: Any, rng: random.Random) -> bytes:
    """A JSON text of the value with random order, whitespace, escapes and number spellings."""
    if isinstance(value, dict):
        members = list(value.items())
        rng.shuffle(members)
        inner = [spelled(k, rng) + _space(rng) + b":" + _space(rng) + spelled(v, rng) for k, v in members]
        return b"{" + _space(rng) + (_space(rng) + b"," + _space(rng)).join(inner) + _space(rng) + b"}"
    if isinstance(value, list):
        inner = [spelled(item, rng) for item in value]
        return b"[" + _space(rng) + (_space(rng) + b"," + _space(rng)).join(inner) + _space(rng) + b"]"
    if isinstance(value, str):
        return b'"' + b"".join(_character(letter, rng) for letter in value) + b'"'
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.2:
        return f"{value}{rng.choice(['.0', 'e0', '.00', '0e-1' if value else 'E+5'])}".encode()
    return json.dumps(value).encode()


def _character(letter: str, rng: random.Random) -> bytes:
    if rng.random() < 0.2:
        units = letter.encode("utf-16-be")
        return b"".join(b"\\u" + units[at : at + 2].hex().encode() for at in range(0, len(units), 2))
    return json.dumps(letter, ensure_ascii=False)[1:-1].encode()


def _space(rng: random.Random) -> bytes:
    return rng.choice((b"", b"", b"", b" ", b"\n\t"))
