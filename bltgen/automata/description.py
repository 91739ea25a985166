"""Languages as JSON values, and as readable text.

`describe` gives a term as a list of nodes, each naming earlier ones by index. An automaton has no such
description: there the source of which `record` knows (the text of a regex, say) stands for the smallest term
around it that has one. `rebuild` makes the language of a description. `render` is for people and shortens
what is long.

>>> from bltgen.automata.language import literal
>>> language = literal(b"ab").repeat(1, 3) | literal(b"c")
>>> rebuild(describe(language)) is language
True
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from bltgen.automata.byteset import ByteSet, bits_of
from bltgen.automata.language import (
    EPSILON,
    INFINITE,
    Language,
    _bytes,
    _complement,
    _concat,
    _intersection,
    _literal,
    _union,
)
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)
from bltgen.errors import ConstraintSyntaxError, Unsupported

__all__ = ["describe", "rebuild", "record", "register", "render"]

_NAMES = {
    BYTES: "bytes",
    EPS: "epsilon",
    LITERAL: "literal",
    CONCAT: "concat",
    UNION: "union",
    INTERSECTION: "intersection",
    COMPLEMENT: "complement",
    REPEAT: "repeat",
    AUTOMATON: "automaton",
}
_OPS = {name: op for op, name in _NAMES.items()}

_SOURCES: weakref.WeakKeyDictionary[Language, dict[str, Any]] = weakref.WeakKeyDictionary()
_BUILDERS: dict[str, Callable[[dict[str, Any]], Language]] = {}


def register(kind: str, build: Callable[[dict[str, Any]], Language]) -> None:
    """Make `rebuild` use `build` for descriptions whose "kind" is `kind`."""
    _BUILDERS[kind] = build


def record(language: Language, source: dict[str, Any]) -> Language:
    """Remember what `language` was made of first; returns it. `source["kind"]` must be registered."""
    _SOURCES.setdefault(language, source)
    return language


def describe(language: Language) -> dict[str, Any]:
    """The term as JSON values. Raises Unsupported for an automaton that has no source."""
    language = language.bare
    needs = _needs_source(language)
    nodes: list[Any] = []
    index: dict[Language, int] = {}
    stack = [language]
    while stack:
        term = stack[-1]
        if term in index:
            stack.pop()
            continue
        source = _SOURCES.get(term) if term in needs else None
        missing = [part for part in term.parts if part not in index]
        if missing and source is None:
            stack += reversed(missing)
            continue
        index[term] = len(nodes)
        nodes.append(["source", source] if source is not None else _node(term, index))
        stack.pop()
    return {"kind": "language", "nodes": nodes}


def _needs_source(language: Language) -> set[Language]:
    """The terms that hold an automaton for which no smaller term has a source."""
    needs: set[Language] = set()
    seen: set[Language] = set()
    stack = [language]
    while stack:
        term = stack[-1]
        missing = [part for part in term.parts if part not in seen]
        if missing and term not in seen:
            stack += missing
            continue
        seen.add(stack.pop())
        if term.op == AUTOMATON or any(part in needs and part not in _SOURCES for part in term.parts):
            needs.add(term)
    return needs


def _node(term: Language, index: dict[Language, int]) -> list[Any]:
    name = _NAMES[term.op]
    if term.op == BYTES:
        return [name, format(term.value, "x")]
    if term.op == LITERAL:
        return [name, term.value.hex()]
    if term.op == AUTOMATON:
        raise Unsupported("this language is made by an automaton in memory and has no description")
    parts = [index[part] for part in term.parts]
    if term.op == REPEAT:
        low, high = term.value
        return [name, *parts, low, None if high >= INFINITE else high]
    return [name, *parts]


def rebuild(description: dict[str, Any]) -> Language:
    """The language of a description, as its maker would give it. Raises ConstraintSyntaxError for none."""
    try:
        kind = description["kind"]
        if kind != "language":
            if kind not in _BUILDERS:
                _load_builders()
            return _BUILDERS[kind](description)
        built: list[Language] = []
        for node in description["nodes"]:
            built.append(_built(node, built))
        return built[-1]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, ConstraintSyntaxError | Unsupported):
            raise
        raise ConstraintSyntaxError(f"not the description of a language: {error!r}") from error


def _load_builders() -> None:
    """Import the modules that register builders."""
    import bltgen.automata.suffix_automaton
    import bltgen.constraints.regex  # noqa: F401


def _built(node: list[Any], built: list[Language]) -> Language:
    name, *rest = node
    if name == "source":
        return rebuild(rest[0]).bare
    op = _OPS[name]
    if op == BYTES:
        return _bytes(ByteSet(int(rest[0], 16)).bits)
    if op == LITERAL:
        return _literal(bytes.fromhex(rest[0]))
    if op == EPS:
        return EPSILON
    if op == REPEAT:
        body: Language = built[rest[0]]
        return body.repeat(rest[1], rest[2])
    parts = [built[position] for position in rest]
    if op == CONCAT:
        return _concat(parts[0], parts[1])
    if op == UNION:
        return _union(parts)
    if op == INTERSECTION:
        return _intersection(parts)
    if op == COMPLEMENT:
        return _complement(parts[0])
    raise ConstraintSyntaxError(f"not a term: {name!r}")


def render(language: Language, limit: int = 200) -> str:
    """The term in a regex-like notation, at most `limit` characters of it and dots."""
    pieces: list[str] = []
    length = 0
    todo: list[Language | str] = [language]
    while todo and length < limit:
        item = todo.pop()
        if isinstance(item, str):
            pieces.append(item)
            length += len(item)
            continue
        todo += reversed(_layout(item))
    text = "".join(pieces)
    return text[:limit] + ("..." if todo or len(text) > limit else "")


def _layout(term: Language) -> list[Language | str]:
    if term.op == BYTES:
        return [_render_bytes(term.value)]
    if term.op == EPS:
        return ["()"]
    if term.op == LITERAL:
        return [ascii(term.value.decode("latin-1"))[1:-1]]
    if term.op == CONCAT:
        return [term.parts[0], term.parts[1]]
    if term.op == REPEAT:
        low, high = term.value
        bounds = {(0, INFINITE): "*", (1, INFINITE): "+"}.get((low, high))
        if bounds is None:
            bounds = f"{{{low}}}" if low == high else f"{{{low},{'' if high >= INFINITE else high}}}"
        return ["(", term.parts[0], ")", bounds]
    if term.op == COMPLEMENT:
        return ["~(", term.parts[0], ")"]
    if term.op == AUTOMATON:
        return [f"<{type(term.value).__name__}>"]
    separator = "|" if term.op == UNION else "&"
    laid: list[Language | str] = []
    for part in term.parts:
        laid += [separator, part] if laid else [part]
    return ["(", *laid, ")"]


def _render_bytes(bits: int) -> str:
    members = list(bits_of(bits))
    if len(members) == 256:
        return "[any]"
    runs: list[list[int]] = []
    for byte in members:
        if runs and runs[-1][1] == byte - 1:
            runs[-1][1] = byte
        else:
            runs.append([byte, byte])
    shown = "".join(_byte(a) if a == b else f"{_byte(a)}-{_byte(b)}" for a, b in runs)
    return shown if len(members) == 1 else f"[{shown}]"


def _byte(byte: int) -> str:
    char = chr(byte)
    return char if 0x21 <= byte < 0x7F and char not in "[]()|&~*+{}-\\" else f"\\x{byte:02x}"
