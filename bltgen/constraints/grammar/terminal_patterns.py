r"""Terminals written with regular expressions: pieces put together as languages, or as one pattern.

Without assertions, a terminal of several pieces is the concatenation and union of their languages. A
lookaround, an anchor or an atomic group in a piece sees the pieces beside it, so then all are put into one
pattern, as Lark does.

A terminal is a language by itself. What could look out of it, at what stands before or after the terminal
in the text, cannot be had there and is refused: `edge_assertion` finds it, conservatively.

>>> edge_assertion("[a-z]+(?![a-z])")
'a lookahead that can see past the end of the terminal'
>>> edge_assertion('"(?:[^"]|(?<=x)")*"') is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import ANY_BYTES, Language, byte_set, concat, intersection, literal, union
from bltgen.automata.utf8 import UTF8_TEXT, code_points
from bltgen.constraints import regex_syntax
from bltgen.constraints.grammar.lark_syntax import CharacterRange, Pattern, Text
from bltgen.constraints.regex import pattern_language
from bltgen.constraints.regex_parser import Parsed, parse
from bltgen.constraints.regex_syntax import (
    Alternation,
    Assertion,
    Atomic,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    children,
)
from bltgen.errors import Unsupported

__all__ = [
    "Piece",
    "both",
    "complement",
    "edge_assertion",
    "either",
    "is_contextual",
    "joined",
    "language_of",
    "piece_of",
    "repeated",
]

_FLAGS = {"i": re.I, "m": re.M, "s": re.S, "x": re.X, "u": re.U}
_NO_END = 1 << 62


@dataclass(frozen=True)
class Piece:
    """A part of a terminal: its language, where it means the same everywhere; and its pattern.

    `pattern` is None where it was not asked for, or where the piece is a language without a pattern.
    `is_bytes`: whether it holds bytes and not characters; None where that is the same.
    """

    language: Language | None
    pattern: str | None
    is_bytes: bool | None = None


def is_contextual(item: Pattern) -> bool:
    """Whether a pattern holds something whose meaning depends on what stands beside it.

    Raises what `regex` raises.
    """
    todo = [_parsed(item).root]
    while todo:
        node = todo.pop()
        if isinstance(node, Look | Assertion | Atomic | Conditional):
            return True
        todo += children(node)
    return False


def _parsed(item: Pattern) -> Parsed:
    source = item.source.encode("latin-1") if "b" in item.flags else item.source
    return parse(source, flags=_flags(item.flags))


def _flags(letters: str) -> int:
    flags = 0
    for letter in letters:
        flags |= _FLAGS.get(letter, 0)
    return flags


def piece_of(item: Text | Pattern | CharacterRange, as_pattern: bool) -> Piece:
    """The piece of one item. Raises what `regex` raises."""
    if isinstance(item, CharacterRange):
        is_bytes = "b" in item.first.flags or "b" in item.last.flags
        first, last = ord(item.first.value), ord(item.last.value)
        if as_pattern:
            escaped = f"[{_escaped_code(first, is_bytes)}-{_escaped_code(last, is_bytes)}]"
            return Piece(None, escaped, is_bytes)
        if is_bytes:
            return Piece(byte_set(ByteSet.range(first, last)), None, True)
        return Piece(code_points([(first, last)]), None, False)
    is_bytes = "b" in item.flags
    source = re.escape(item.value) if isinstance(item, Text) else item.source
    scoped = "".join(sorted(set(item.flags) & set("imsx")))
    if as_pattern:
        both = isinstance(item, Text) and source.isascii() and not scoped
        opening = f"(?{scoped}:" if scoped else "(?:"
        # A comment in a verbose pattern must not swallow the bracket.
        closing = "\n)" if "x" in scoped else ")"
        return Piece(None, opening + source + closing, None if both else is_bytes)
    if isinstance(item, Text) and "i" not in item.flags:
        return Piece(literal(item.value.encode("latin-1" if is_bytes else "utf-8")), None, is_bytes)
    language = pattern_language(source.encode("latin-1") if is_bytes else source, flags=_flags(item.flags))
    return Piece(language, None, is_bytes)


def _escaped_code(code: int, is_bytes: bool) -> str:
    return f"\\x{code:02x}" if is_bytes or code < 0x100 else f"\\U{code:08x}"


def edge_assertion(source: str, is_bytes: bool = False) -> str | None:
    """What in the pattern can see past its ends, in words; None where nothing can.

    A lookaround is taken to see as far as its longest text; it must fit into what the pattern surely
    has on that side. So a pattern may be refused that is harmless, never the other way round.
    """
    todo: list[tuple[Node, int, int]] = [(parse(source.encode("latin-1") if is_bytes else source).root, 0, 0)]
    while todo:
        node, before, after = todo.pop()
        if isinstance(node, Sequence):
            widths = [_widths(part)[0] for part in node.parts]
            total = sum(widths)
            passed = 0
            for part, width in zip(node.parts, widths, strict=True):
                todo.append((part, before + passed, after + total - passed - width))
                passed += width
        elif isinstance(node, Alternation):
            todo += [(part, before, after) for part in node.parts]
        elif isinstance(node, Repetition | Group):
            todo.append((node.body, before, after))
        elif isinstance(node, Conditional):
            todo += [(node.yes, before, after), (node.no, before, after)]
        elif isinstance(node, Atomic):
            # The preferred match is the same in every context if what is chosen does not depend on it.
            todo.append((node.body, before, after))
        elif isinstance(node, Look):
            reach = _widths(node.body)[1]
            if reach > (after if node.ahead else before):
                side = "past the end" if node.ahead else "before the beginning"
                return f"a look{'ahead' if node.ahead else 'behind'} that can see {side} of the terminal"
            todo.append((node.body, 0, 0))
        elif isinstance(node, Assertion):
            sees_before = node.kind in ("start", "line start", "boundary", "no boundary")
            sees_after = node.kind in ("end", "line end", "last line end", "boundary", "no boundary")
            if (sees_before and before < 1) or (sees_after and after < (2 if "last" in node.kind else 1)):
                return f"an assertion ({node.kind}) that can see past the edges of the terminal"
    return None


def _widths(node: Node) -> tuple[int, int]:
    """The least and greatest number of characters that a node matches."""
    # Patterns are bounded in nesting by their parser's limits; this walk keeps its own stack.
    order: list[Node] = []
    todo = [node]
    while todo:
        at = todo.pop()
        order.append(at)
        if isinstance(at, Sequence | Alternation):
            todo += at.parts
        elif isinstance(at, Repetition | Group | Atomic):
            todo.append(at.body)
        elif isinstance(at, Conditional):
            todo += [at.yes, at.no]
    widths: dict[int, tuple[int, int]] = {}
    for at in reversed(order):
        if isinstance(at, Characters):
            width = (1, 1)
        elif isinstance(at, regex_syntax.Text):
            width = (len(at.text), len(at.text))
        elif isinstance(at, Sequence):
            parts = [widths[id(part)] for part in at.parts]
            width = (sum(low for low, _ in parts), min(_NO_END, sum(high for _, high in parts)))
        elif isinstance(at, Alternation):
            parts = [widths[id(part)] for part in at.parts]
            width = (min(low for low, _ in parts), max(high for _, high in parts))
        elif isinstance(at, Repetition):
            low, high = widths[id(at.body)]
            width = (
                low * at.low,
                0 if not high else min(_NO_END, high * (_NO_END if at.high is None else at.high)),
            )
        elif isinstance(at, Group | Atomic):
            width = widths[id(at.body)]
        elif isinstance(at, Conditional):
            yes, no = widths[id(at.yes)], widths[id(at.no)]
            width = (min(yes[0], no[0]), max(yes[1], no[1]))
        else:
            assert isinstance(at, Look | Assertion), at
            width = (0, 0)
        widths[id(at)] = width
    return widths[id(node)]


def joined(pieces: list[Piece]) -> Piece:
    """One piece after another."""
    if all(piece.language is not None for piece in pieces):
        languages = [piece.language for piece in pieces if piece.language is not None]
        return Piece(concat(*languages), None, any(piece.is_bytes for piece in pieces))
    return Piece(None, "".join(_pattern(piece) for piece in pieces), _bytes_of(pieces))


def either(pieces: list[Piece]) -> Piece:
    """Any of the pieces."""
    if all(piece.language is not None for piece in pieces):
        languages = [piece.language for piece in pieces if piece.language is not None]
        return Piece(union(*languages), None, any(piece.is_bytes for piece in pieces))
    return Piece(None, f"(?:{'|'.join(_pattern(piece) for piece in pieces)})", _bytes_of(pieces))


def both(pieces: list[Piece]) -> Piece:
    """What all the pieces match. They are languages."""
    languages = [piece.language for piece in pieces if piece.language is not None]
    assert len(languages) == len(pieces), "no patterns beside operators"
    return Piece(intersection(*languages), None, any(piece.is_bytes for piece in pieces))


def complement(piece: Piece) -> Piece:
    """What the piece does not match, among UTF-8 texts or, for bytes, among all byte strings."""
    assert piece.language is not None, "no patterns beside operators"
    whole = ANY_BYTES if piece.is_bytes else UTF8_TEXT
    return Piece(whole - piece.language, None, piece.is_bytes)


def repeated(piece: Piece, low: int, high: int | None) -> Piece:
    """The piece between `low` and `high` times."""
    if piece.language is not None:
        return Piece(piece.language.repeat(low, high), None, piece.is_bytes)
    bounds = f"{{{low},{'' if high is None else high}}}"
    return Piece(None, f"(?:{piece.pattern}){bounds}", piece.is_bytes)


def _pattern(piece: Piece) -> str:
    if piece.pattern is None:
        raise Unsupported("a constraint beside a lookaround, an anchor or an atomic group, in one terminal")
    return piece.pattern


def _bytes_of(pieces: list[Piece]) -> bool | None:
    kinds = {piece.is_bytes for piece in pieces} - {None}
    if len(kinds) > 1:
        raise Unsupported("bytes and characters beside a lookaround, in one terminal")
    return next(iter(kinds), None)


def language_of(piece: Piece) -> Language:
    """The language of a whole terminal. Raises Unsupported where it would see past its edges."""
    if piece.language is not None:
        return piece.language
    assert piece.pattern is not None
    is_bytes = bool(piece.is_bytes)
    reason = edge_assertion(piece.pattern, is_bytes)
    if reason is not None:
        raise Unsupported(f"{reason}: a terminal is a language by itself, whatever stands beside it")
    return pattern_language(piece.pattern.encode("latin-1") if is_bytes else piece.pattern)
