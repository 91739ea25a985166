"""What constrained decoders get wrong, each with a minimal text: `python -m bltgen.testing.compare`.

Small schemas and regular expressions, each about one thing; texts drawn from the language and from
just outside of it; the verdict by `jsonschema` or `re`, never by an engine. For each engine and
source the shortest text on which it differs is shown: one that it accepts and should not, or refuses
and should not. A source that an engine refuses to compile is counted apart: that is honest. Some
engines narrow a language by design (one key order, no escapes, no exponents); the table shows it
and does not judge.

    python -m bltgen.testing.compare --engines llguidance xgrammar --texts 60
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bltgen.automata.byteset import ALL, ByteSet
from bltgen.automata.contract import State
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.testing.adapters import ENGINES, Engine, Opened, Refused, accepts, installed
from bltgen.testing.free_text import RandomDraws
from bltgen.testing.json_spelling import respelled
from bltgen.testing.reference import Reference, RegexReference, SchemaReference
from bltgen.testing.schema_words import words_of
from bltgen.testing.violation import shown_bytes
from bltgen.testing.walking import Walker

__all__ = ["REGEXES", "SCHEMAS", "Finding", "Source", "compare", "main", "sources"]

_STRING = {"type": "string"}
_INTEGER = {"type": "integer"}

SCHEMAS: dict[str, Any] = {
    "integer": _INTEGER,
    "string": _STRING,
    "any value": True,
    "minimum": {"type": "integer", "minimum": 7, "maximum": 12},
    "exclusive bounds": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "multipleOf": {"type": "integer", "multipleOf": 3},
    "lengths": {"type": "string", "minLength": 2, "maxLength": 3},
    "pattern, not anchored": {"type": "string", "pattern": "a"},
    "pattern and length": {"type": "string", "pattern": "^a+$", "maxLength": 2},
    "date": {"type": "string", "format": "date"},
    "ipv4": {"type": "string", "format": "ipv4"},
    "enum": {"enum": [1, "a", None, [1], {"a": 1}]},
    "const object": {"const": {"a": 1, "b": 2}},
    "items": {"type": "array", "items": _INTEGER, "minItems": 1, "maxItems": 2},
    "prefixItems": {"type": "array", "prefixItems": [_INTEGER, _STRING], "items": False},
    "contains": {"type": "array", "contains": {"const": 1}, "maxItems": 2},
    "uniqueItems": {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True},
    "two properties": {
        "type": "object",
        "properties": {"a": _INTEGER, "b": _INTEGER},
        "required": ["a", "b"],
        "additionalProperties": False,
    },
    "optional properties": {
        "type": "object",
        "properties": {"a": _INTEGER, "b": _INTEGER},
        "additionalProperties": False,
    },
    "additional properties": {"type": "object", "properties": {"a": {"const": 1}}},
    "patternProperties": {
        "type": "object",
        "patternProperties": {"^a": _INTEGER},
        "additionalProperties": False,
    },
    "propertyNames": {"type": "object", "propertyNames": {"enum": ["a", "b"]}},
    "maxProperties": {"type": "object", "additionalProperties": {"const": 1}, "maxProperties": 1},
    "dependentRequired": {
        "type": "object",
        "properties": {"a": {"const": 1}, "b": {"const": 1}},
        "additionalProperties": False,
        "dependentRequired": {"a": ["b"]},
    },
    "anyOf": {"anyOf": [{"type": "boolean"}, {"type": "integer", "minimum": 5}]},
    "oneOf that overlaps": {"oneOf": [{"enum": [1, 2]}, {"enum": [2, 3]}]},
    "allOf": {"allOf": [{"type": "integer", "minimum": 3}, {"maximum": 5}]},
    "not": {"type": "integer", "not": {"enum": [1, 2]}},
    "if, then, else": {
        "type": "object",
        "properties": {"a": {"type": "boolean"}, "b": {"const": 1}},
        "required": ["a"],
        "additionalProperties": False,
        "if": {"properties": {"a": {"const": True}}},
        "then": {"required": ["b"]},
    },
    "recursion": {"type": "array", "items": {"$ref": "#"}, "maxItems": 2},
    "unevaluatedProperties": {
        "type": "object",
        "allOf": [{"properties": {"a": {"const": 1}}}],
        "unevaluatedProperties": False,
    },
    "minProperties": {"type": "object", "properties": {"a": {"const": 1}}, "minProperties": 1},
}
"""A schema about one thing each."""

REGEXES: tuple[str, ...] = (
    *("ab*c?", "[a-c]{2,3}", "a|bc|", r"\d{2}", r"\w+", r"\s?x", "é{1,2}", "[^a]", ".", "(?i:ab)"),
    *("^ab$", "(?=a)[ab]{2}", "(?!ab)[ab]{2}", r"a\b ?b?", "a{0}b", "(?:a|ab)(?:c|bcd)", r"[\d-]{1,2}"),
)
"""Regular expressions about one thing each."""


@dataclass(frozen=True)
class Source:
    """A schema or pattern: what each engine makes of it, the truth, and texts to ask about."""

    name: str
    text: str
    open_in: Callable[[Engine], Opened]
    reference: Reference
    texts: tuple[bytes, ...]


@dataclass(frozen=True)
class Finding:
    """One engine on one source: what it refused to compile, or the shortest texts on which it is wrong."""

    engine: str
    source: Source
    refused: str | None = None
    accepts_invalid: bytes | None = None
    refuses_valid: bytes | None = None

    @property
    def wrong(self) -> bool:
        """It compiled the source, and differs from the truth."""
        return self.accepts_invalid is not None or self.refuses_valid is not None


def sources(texts: int = 60, seed: int = 0) -> Iterable[Source]:
    """All schemas and patterns, with about this many texts each."""
    for name, schema in SCHEMAS.items():
        yield _schema_source(name, schema, texts, random.Random(seed))
    for pattern in REGEXES:
        reference = RegexReference(pattern)
        drawn = _drawn(Walker(regex(pattern).start()), texts, random.Random(seed))

        def open_regex(engine: Engine, pattern: str = pattern) -> Opened:
            return engine.regex(pattern)

        yield Source(f"regex {pattern}", pattern, open_regex, reference, drawn)


def _schema_source(name: str, schema: Any, texts: int, rng: random.Random) -> Source:
    plain = json_schema(schema, whitespace="compact", numbers="plain", escapes="plain")
    walker = Walker(plain.start(), words=words_of(schema), numbers=True)
    drawn = _drawn(walker, texts // 2, rng)
    valid = [text for text in drawn if plain.accepts(text)]
    # Not around the value: whether a text may begin with whitespace is a choice of the decoder.
    spelled = [respelled(text, lambda most: rng.randint(0, most)).strip(b" \t\r\n") for text in valid]
    # A key order that is not the schema's, and other plain values: just outside of many a schema.
    values = [b"0", b"1", b"12", b"-1", b'"a"', b'"ab"', b"null", b"true", b"[]", b"[1]", b"[1,1]", b"{}"]
    objects = [b'{"a":1}', b'{"b":1}', b'{"a":1,"b":1}', b'{"b":1,"a":1}', b'{"c":1}', b"1.0", b"1e1"]

    def open_schema(engine: Engine) -> Opened:
        return engine.schema(schema)

    every = tuple(sorted({*drawn, *spelled, *values, *objects}, key=lambda text: (len(text), text)))
    return Source(name, json.dumps(schema), open_schema, SchemaReference(schema), every)


def _drawn(walker: Walker, texts: int, rng: random.Random) -> tuple[bytes, ...]:
    """Half of them in the language, half with one byte outside of it; the shorter first."""
    found: set[bytes] = set()
    for _ in range(texts // 2):
        text = walker.text(RandomDraws(rng), walker.start.shortest + 40)
        found |= {text, _spoilt(walker.start, text, rng)}
    return tuple(sorted(found, key=lambda text: (len(text), text)))


def _spoilt(start: State, text: bytes, rng: random.Random) -> bytes:
    at = rng.randint(0, len(text))
    state: State | None = start
    for byte in text[:at]:
        state = None if state is None else state.advance(byte)
    if state is None:
        return text
    masked = list((ALL - state.allowed) & ByteSet.range(0x20, 0x7E))
    return text[:at] + bytes(rng.sample(masked, 1)) + text[at:] if masked else text[:at]


def compare(engine: Engine, source: Source) -> Finding:
    """Ask the engine about every text of the source."""
    try:
        opened = source.open_in(engine)
    except Refused as refusal:
        return Finding(engine.name, source, refused=str(refusal).strip().split("\n")[0])
    accepts_invalid = refuses_valid = None
    for text in source.texts:
        valid = source.reference.accepts(text)
        if (refuses_valid if valid else accepts_invalid) is not None or accepts(opened, text) == valid:
            continue
        if valid:
            refuses_valid = _shortened(opened, source.reference, text, valid)
        else:
            accepts_invalid = _shortened(opened, source.reference, text, valid)
    return Finding(engine.name, source, None, accepts_invalid, refuses_valid)


TRIES = 400
"""The most texts that are asked about to shorten one."""


def _verdict(reference: Reference, text: bytes) -> str:
    """Valid, invalid, or no JSON at all (which a duplicate key makes of a text)."""
    if isinstance(reference, SchemaReference):
        reason = reference.reason(text)
        return "valid" if reason is None else "no JSON" if reason.startswith("no JSON") else "invalid"
    return "valid" if reference.accepts(text) else "invalid"


def _shortened(opened: Opened, reference: Reference, text: bytes, valid: bool) -> bytes:
    """A text from which nothing can be left out without the engine and the truth agreeing about it."""
    verdict = _verdict(reference, text)
    tries, width = 0, len(text)
    while width:
        at, before = 0, text
        while at + width <= len(text) and tries < TRIES:
            shorter = text[:at] + text[at + width :]
            tries += 1
            if _verdict(reference, shorter) == verdict and accepts(opened, shorter) != valid:
                text = shorter
            else:
                at += 1
        if width > 1 or text == before:  # once more along single bytes, after one was left out
            width //= 2
    return text


def table(findings: Sequence[Finding]) -> str:
    """One line a disagreement, then a line of totals an engine."""
    lines = [f"{'engine':14}{'source':24}{'accepts, invalid':32}{'refuses, valid':32}"]
    for one in findings:
        if one.wrong:
            accepted, refused = (
                "" if text is None else shown_bytes(text)[:30]
                for text in (one.accepts_invalid, one.refuses_valid)
            )
            lines.append(f"{one.engine:14}{one.source.name:24}{accepted:32}{refused:32}".rstrip())
    lines.append("")
    for engine in dict.fromkeys(one.engine for one in findings):
        own = [one for one in findings if one.engine == engine]
        refused_count, wrong = sum(one.refused is not None for one in own), sum(one.wrong for one in own)
        right = len(own) - refused_count - wrong
        taken = sum(one.accepts_invalid is not None for one in own)
        missed = sum(one.refuses_valid is not None for one in own)
        lines.append(
            f"{engine}: {right} right, {wrong} wrong, {refused_count} refused, of {len(own)} sources; "
            f"takes an invalid text on {taken}, refuses a valid one on {missed}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line. 0 whatever is found: a comparison does not fail."""
    parser = argparse.ArgumentParser(
        prog="python -m bltgen.testing.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--engines",
        nargs="+",
        default=installed(),
        help=f"of {', '.join(ENGINES)} (default: those installed)",
    )
    parser.add_argument("--texts", type=int, default=60, help="texts a source (default: 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="all findings as JSON")
    given = parser.parse_args(arguments)
    names = [name for word in given.engines for name in word.split(",") if name]
    unknown = [name for name in names if name not in ENGINES]
    if unknown or given.texts < 1:
        parser.error(f"unknown engines {unknown}; of {', '.join(ENGINES)}" if unknown else "--texts is >= 1")
    missing = [name for name in names if name not in installed()]
    if missing:
        parser.error(f"not installed: {', '.join(missing)} (pip install 'bltgen[peers]')")
    engines = [ENGINES[name][1]() for name in names]
    findings = [compare(engine, source) for source in sources(given.texts, given.seed) for engine in engines]
    findings.sort(key=lambda one: names.index(one.engine))
    if given.json:
        rows = [
            {
                "engine": one.engine,
                "source": one.source.text,
                "refused": one.refused,
                "accepts_invalid": one.accepts_invalid and one.accepts_invalid.decode("latin-1"),
                "refuses_valid": one.refuses_valid and one.refuses_valid.decode("latin-1"),
            }
            for one in findings
        ]
        json.dump(rows, sys.stdout, indent=1)
        print()
    else:
        print(table(findings))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
