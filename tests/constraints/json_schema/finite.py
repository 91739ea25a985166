"""Schemas of few texts, all of which are known: what a state says is compared with a search through these.

With one spelling for each value (`PLAIN`) a schema over few values has as many texts as values, but for the
order of members. Which values they are, `jsonschema` says.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any
from unittest.mock import patch

import jsonschema

from bltgen.automata.contract import State
from bltgen.constraints.json_schema import JsonSchema, json_schema, normal_form

PLAIN: dict[str, Any] = {"whitespace": "compact", "numbers": "plain", "escapes": "plain"}
BYTES = sorted(b' \t\n\r"\\,:[]{}-+.01259eEabunxyz')


def arrays(items: Iterable[Any], most: int) -> list[Any]:
    """All arrays of up to `most` of these items."""
    items = list(items)
    return [list(array) for n in range(most + 1) for array in itertools.product(items, repeat=n)]


def objects(members: dict[str, Sequence[Any]], most: int | None = None) -> list[Any]:
    """All objects of up to `most` of these members, in any order."""
    found: list[Any] = []
    for n in range((len(members) if most is None else most) + 1):
        for names in itertools.permutations(members, n):
            for values in itertools.product(*(members[name] for name in names)):
                found.append(dict(zip(names, values, strict=True)))
    return found


def valid(schema: Any, values: Iterable[Any]) -> list[Any]:
    """Those of the values that satisfy the schema."""
    validator = jsonschema.Draft202012Validator(schema)
    return [value for value in values if validator.is_valid(value)]


def written(values: Iterable[Any], whitespace: str | int = "compact") -> set[bytes]:
    """Their texts."""
    form: dict[str, Any] = {"separators": (",", ":")} if whitespace == "compact" else {}
    if isinstance(whitespace, int):
        form = {"indent": whitespace}
    return {json.dumps(value, ensure_ascii=False, **form).encode() for value in values}


def check_schema(schema: Any, values: Iterable[Any], *, waiting: bool = False, **options: Any) -> None:
    """A schema whose texts are those of some of the values. `waiting`: its disjunctions stay undecided."""
    options = {**PLAIN, **options}
    texts = written(valid(schema, values), options["whitespace"])
    check(compiled(schema, waiting=waiting, **options).start(), texts)


def compiled(schema: Any, *, waiting: bool = False, **options: Any) -> JsonSchema[Any]:
    """The constraint with one spelling for each value."""
    with patch.object(normal_form, "LISTED", 0 if waiting else normal_form.LISTED):
        return json_schema(schema, **{**PLAIN, **options})


def check(state: State, texts: set[bytes], known: set[Any] | None = None) -> None:
    """All that a state says, and those after it, where `texts` are all that may come."""
    known = set() if known is None else known
    key = (state, frozenset(texts))
    if key in known:
        return
    known.add(key)
    assert texts, "the language is empty"
    least = min(map(len, texts))
    assert state.accepting == (b"" in texts)
    assert state.shortest == least
    completion = state.completion()
    assert completion in texts
    assert len(completion) == least
    by_byte: dict[int, set[bytes]] = {}
    for text in texts:
        if text:
            by_byte.setdefault(text[0], set()).add(text[1:])
    assert set(state.allowed) == set(by_byte)
    needed = {byte: 1 + min(map(len, rests)) for byte, rests in by_byte.items()}
    for n in {0, 1, least - 1, least, *needed.values(), max(map(len, texts))}:
        assert set(state.allowed_within(n)) == {byte for byte, most in needed.items() if most <= n}, n
    assert state.forced == _forced(texts)
    for byte in BYTES:
        if byte not in by_byte:
            assert state.advance(byte) is None
    for byte, rests in by_byte.items():
        following = state.advance(byte)
        assert following is not None
        check(following, rests, known)


def _forced(texts: set[bytes]) -> bytes:
    """What all of the texts begin with, up to the first of them that ends."""
    least, most = min(texts), max(texts)
    same = 0
    while same < len(least) and least[same] == most[same]:
        same += 1
    return least[:same]


def spaced(value: Any, gaps: Sequence[str]) -> set[bytes]:
    """The texts of a value with any of the gaps between any two of its tokens."""
    tokens = _tokens(value)
    found = set()
    for chosen in itertools.product(gaps, repeat=len(tokens) - 1):
        text = tokens[0] + "".join(gap + token for gap, token in zip(chosen, tokens[1:], strict=True))
        found.add(text.encode())
    return found


def _tokens(value: Any) -> list[str]:
    parts: list[list[str]]
    if isinstance(value, list):
        opening, parts, closing = "[", [_tokens(item) for item in value], "]"
    elif isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [[json.dumps(name), ":", *_tokens(member)] for name, member in value.items()]
    else:
        return [json.dumps(value)]
    return [
        opening,
        *(token for i, part in enumerate(parts) for token in ([","] if i else []) + part),
        closing,
    ]


def spellings(text: str) -> set[str]:
    r"""All ways to spell a string between quotes.

    >>> sorted(spellings("/"))
    ['/', '\\/', '\\u002F', '\\u002f']
    """
    short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\n": "\\n", "\t": "\\t"}
    found = {""}
    for char in text:
        ways = set() if char < " " or char in '"\\' else {char}
        if char in short:
            ways.add(short[char])
        units = char.encode("utf-16-be").hex()
        letters = [{digit, digit.upper()} for digit in units]
        for chosen in itertools.product(*letters):
            digits = "".join(chosen)
            ways.add("".join(f"\\u{digits[i : i + 4]}" for i in range(0, len(digits), 4)))
        found = {before + way for before in found for way in ways}
    return found
