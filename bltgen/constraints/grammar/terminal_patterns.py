r"""Terminals: put together as one regular expression, as Lark does, and read as a language.

**Putting together.** Lark makes one Python pattern of a terminal: the patterns of a sequence stand side by
side *as text*, so that `/a|b/ "c"` is `a|bc`; alternatives are sorted, the widest first. `joined`, `either`
and `repeated` do the same.

**What a terminal matches.** Lark's `dynamic_complete` takes a text for a terminal if it is what the pattern
matches of it, to its end; see `regex_preferred`. So `/a+?/` is "a" only, and `/".*?"/` ends at the first
quote.

**What stands around.** A lookaround, an anchor or a word boundary may see the text before and after the
terminal. `edge_assertion` tells, conservatively, whether it can; if so the terminal is no language by itself
and `surroundings` deals with it.

Bytes are no part of Lark, and a terminal that holds them matches all that its pattern does.

>>> edge_assertion(parse("[a-z]+(?![a-z])").root)
'a lookahead that can see past the end of the terminal'
>>> edge_assertion(parse('"(?:[^"]|(?<=x)")*"').root) is None
True
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    Language,
    byte_set,
    concat,
    intersection,
    literal,
    union,
)
from bltgen.automata.limits import current_limits, use_limits
from bltgen.automata.utf8 import UTF8_TEXT, code_points
from bltgen.constraints.grammar.lark_syntax import CharacterRange, Pattern, Text
from bltgen.constraints.regex_parser import PREFERENCES, Parsed, parse
from bltgen.constraints.regex_preference import without_conditionals
from bltgen.constraints.regex_preferred import (
    NO_END,
    holds_assertion,
    is_longest_first,
    preferred,
    regex_language,
    widths,
)
from bltgen.constraints.regex_syntax import (
    Alternation,
    Assertion,
    Atomic,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
)
from bltgen.errors import LimitExceeded, Unsupported

__all__ = [
    "Piece",
    "Plain",
    "Terminal",
    "both",
    "check_syntax",
    "complement",
    "edge_assertion",
    "either",
    "joined",
    "pattern_root",
    "piece_of",
    "repeated",
    "terminal_of",
]


@dataclass(frozen=True)
class Plain:
    """What a pattern without assertions matches, as far as it was put together of languages.

    `least` and `most`: in characters. `is_longest_first`: longer matches are tried before shorter ones, so
    that what is matched to its end is all of `language`. `is_open`: alternatives stand without brackets.
    """

    language: Language
    least: int
    most: int
    is_longest_first: bool
    is_open: bool = False

    @property
    def is_fixed(self) -> bool:
        return self.least == self.most


@dataclass(frozen=True)
class Piece:
    """A part of a terminal: a pattern, in parts that are put together when it is asked for, or a language.

    `length`: of the pattern; `own_length`: without its flags, which is among what Lark sorts by. `language`:
    of what has no pattern. `plain`: what was found out without the pattern. `is_bytes`: whether it holds
    bytes and not characters; None where that is the same.
    """

    parts: tuple[str | Piece, ...] = ()
    length: int = 0
    own_length: int = 0
    plain: Plain | None = None
    language: Language | None = None
    is_bytes: bool | None = None

    @property
    def pattern(self) -> str:
        """The pattern. Raises LimitExceeded where it is too long."""
        limit = min(current_limits().terminal_length, current_limits().pattern_length)
        if self.length > limit:
            raise LimitExceeded("the length of a terminal's pattern", limit)
        text: list[str] = []
        todo: list[str | Piece] = [self]
        while todo:
            part = todo.pop()
            if isinstance(part, str):
                text.append(part)
            else:
                todo += reversed(part.parts)
        return "".join(text)


@dataclass(frozen=True)
class Terminal:
    """What a terminal matches.

    `language`: the texts it can be, whatever stands around. `root`: its pattern, where what stands around
    decides which of them it may be; else None. `piece`: what it is made of.
    """

    language: Language
    piece: Piece
    root: Node | None = None

    @property
    def is_bytes(self) -> bool:
        return bool(self.piece.is_bytes)


def piece_of(item: Text | Pattern | CharacterRange) -> Piece:
    """The piece of one item. Raises what `regex` raises."""
    if isinstance(item, CharacterRange):
        is_bytes = "b" in item.first.flags or "b" in item.last.flags
        first, last = ord(item.first.value), ord(item.last.value)
        pattern = f"[{_escaped_code(first, is_bytes)}-{_escaped_code(last, is_bytes)}]"
        language = byte_set(ByteSet.range(first, last)) if is_bytes else code_points([(first, last)])
        return _written(pattern, len(pattern), Plain(language, 1, 1, True), is_bytes)
    is_bytes = "b" in item.flags
    source = re.escape(item.value) if isinstance(item, Text) else item.source
    pattern = source
    for flag in sorted(set(item.flags) & set("imsxu")):
        pattern = f"(?{flag}:{pattern})"
    if isinstance(item, Text):
        same = item.value.isascii() and not is_bytes
        length = len(item.value)
        if pattern == source:
            plain = literal(item.value.encode("latin-1" if is_bytes else "utf-8"))
        else:
            plain = regex_language(_parsed(pattern, is_bytes).root, is_bytes=is_bytes)
        return _written(pattern, length, Plain(plain, length, length, True), None if same else is_bytes)
    root = _parsed(pattern, is_bytes).root
    found: Plain | None = None
    if not holds_assertion(root):
        least, most = widths(root)[root]
        language = regex_language(root, is_bytes=is_bytes)
        is_open = pattern == source and isinstance(root, Alternation) and not is_bytes
        found = Plain(language, least, most, is_longest_first(root), is_open)
    return _written(pattern, len(source), found, is_bytes)


def check_syntax(item: Pattern) -> None:
    """Raises ConstraintSyntaxError where a pattern is malformed; Unsupported and LimitExceeded too."""
    _parsed(item.source, "b" in item.flags)


def _written(pattern: str, own_length: int, plain: Plain | None, is_bytes: bool | None) -> Piece:
    return Piece((pattern,), len(pattern), own_length, plain, None, is_bytes)


def _parsed(pattern: str, is_bytes: bool) -> Parsed:
    return parse(pattern.encode("latin-1") if is_bytes else pattern)


def _escaped_code(code: int, is_bytes: bool) -> str:
    return f"\\x{code:02x}" if is_bytes or code < 0x100 else f"\\U{code:08x}"


def joined(pieces: list[Piece]) -> Piece:
    """One piece after another."""
    if len(pieces) == 1:
        return pieces[0]
    if any(piece.language is not None for piece in pieces):
        return _of_language(concat(*map(_language, pieces)), pieces)
    plains = [piece.plain for piece in pieces if piece.plain is not None and not piece.plain.is_open]
    plain: Plain | None = None
    if len(plains) == len(pieces):
        varying = [one for one in plains if not one.is_fixed]
        plain = Plain(
            concat(*(one.language for one in plains)),
            sum(one.least for one in plains),
            sum(one.most for one in plains),
            len(varying) <= 1 and all(one.is_longest_first for one in plains),
        )
    length = sum(piece.length for piece in pieces)
    return Piece(tuple(pieces), length, length, plain, None, _bytes_of(pieces))


def either(pieces: list[Piece]) -> Piece:
    """Any of the pieces; those that can be longest are preferred."""
    if len(pieces) == 1:
        return pieces[0]
    if any(piece.language is not None for piece in pieces):
        return _of_language(union(*map(_language, pieces)), pieces)

    def order(piece: Piece) -> tuple[int, int, int]:
        least, most = _widths(piece)
        return -most, -least, -piece.own_length

    pieces = sorted(pieces, key=order)
    plains = [piece.plain for piece in pieces if piece.plain is not None]
    plain: Plain | None = None
    if len(plains) == len(pieces):
        sinking = all(one.least >= two.most for one, two in pairwise(plains))
        plain = Plain(
            union(*(one.language for one in plains)),
            min(one.least for one in plains),
            max(one.most for one in plains),
            sinking and all(one.is_longest_first for one in plains),
        )
    parts: list[str | Piece] = ["(?:"]
    for piece in pieces:
        parts += [piece, "|"]
    parts[-1] = ")"
    length = sum(piece.length + 1 for piece in pieces) + 3
    return Piece(tuple(parts), length, length, plain, None, _bytes_of(pieces))


def _widths(piece: Piece) -> tuple[int, int]:
    if piece.plain is not None:
        return piece.plain.least, piece.plain.most
    root = _parsed(piece.pattern, bool(piece.is_bytes)).root
    return widths(root)[root]


def repeated(piece: Piece, low: int, high: int | None) -> Piece:
    """The piece between `low` and `high` times."""
    if piece.language is not None:
        return Piece(language=piece.language.repeat(low, high), is_bytes=piece.is_bytes)
    operator = {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((low, high), f"{{{low},{high}}}")
    plain: Plain | None = None
    if (one := piece.plain) is not None:
        plain = Plain(
            one.language.repeat(low, high),
            one.least * low,
            min(NO_END, one.most * (NO_END if high is None else high)),
            one.is_longest_first and one.is_fixed and (low == high or one.least > 0),
        )
    length = piece.length + 4 + len(operator)
    return Piece(("(?:", piece, ")", operator), length, length, plain, None, piece.is_bytes)


def both(pieces: list[Piece]) -> Piece:
    """What all the pieces match."""
    return _of_language(intersection(*map(_language, pieces)), pieces)


def complement(piece: Piece) -> Piece:
    """What the piece does not match, among UTF-8 texts or, for bytes, among all byte strings."""
    whole = ANY_BYTES if piece.is_bytes else UTF8_TEXT
    return _of_language(whole - _language(piece), [piece])


def _of_language(language: Language, pieces: list[Piece]) -> Piece:
    return Piece(language=language, is_bytes=any(piece.is_bytes for piece in pieces))


def _language(piece: Piece) -> Language:
    """A piece beside what has no pattern: it must mean the same whatever stands beside it."""
    terminal = terminal_of(piece)
    if terminal.root is not None:
        raise Unsupported(
            f"{edge_assertion(terminal.root)}, beside '&', '~' or a constraint; give it a terminal of its own"
        )
    return terminal.language


def _bytes_of(pieces: list[Piece]) -> bool | None:
    kinds = {piece.is_bytes for piece in pieces} - {None}
    if len(kinds) > 1:
        raise Unsupported("bytes and characters in one terminal; give each a terminal of its own")
    return next(iter(kinds), None)


def terminal_of(piece: Piece) -> Terminal:
    """What the piece matches as a whole terminal. Raises what `regex` raises."""
    is_bytes = bool(piece.is_bytes)
    if piece.language is not None:
        return Terminal(piece.language, piece)
    if piece.plain is not None and (is_bytes or piece.plain.is_longest_first or _is_prefix_free(piece.plain)):
        return Terminal(piece.plain.language, piece)
    root = pattern_root(piece)
    if edge_assertion(root) is not None:
        return Terminal(ANY_BYTES if is_bytes else UTF8_TEXT, piece, root)
    return Terminal(preferred(root, is_bytes=is_bytes), piece)


def pattern_root(piece: Piece) -> Node:
    """The tree of a piece's pattern, without conditionals."""
    parsed = _parsed(piece.pattern, bool(piece.is_bytes))
    if any(construct in PREFERENCES for _, construct in parsed.constructs):
        return without_conditionals(parsed.root, piece.pattern)
    return parsed.root


def _is_prefix_free(plain: Plain) -> bool:
    """Whether no text begins with another one, so that there is nothing to prefer. False where undecided."""
    language = plain.language
    if language.least == language.most:
        return True
    try:
        with use_limits(replace(current_limits(), search_states=200)):
            return intersection(language, concat(language, ANY_BYTES, ANY_BYTE)).is_empty()
    except LimitExceeded:
        return False


def edge_assertion(root: Node) -> str | None:
    """What in the pattern can see past its ends, in words; None where nothing can.

    A lookaround is taken to see as far as its longest text; it must fit into what the pattern surely
    has on that side. So a pattern may be taken to see what it cannot, never the other way round.
    """
    measured = widths(root)
    todo: list[tuple[Node, int, int]] = [(root, 0, 0)]
    while todo:
        node, before, after = todo.pop()
        if isinstance(node, Sequence):
            least = [measured[part][0] for part in node.parts]
            total = sum(least)
            passed = 0
            for part, width in zip(node.parts, least, strict=True):
                todo.append((part, before + passed, after + total - passed - width))
                passed += width
        elif isinstance(node, Alternation):
            todo += [(part, before, after) for part in node.parts]
        elif isinstance(node, Repetition | Group):
            todo.append((node.body, before, after))
        elif isinstance(node, Conditional):
            todo += [(node.yes, before, after), (node.no, before, after)]
        elif isinstance(node, Atomic):
            # What is chosen may depend on all that its body can read, and a choice too long fails later.
            least_width, most_width = measured[node.body]
            if least_width != most_width:
                return "an atomic group or possessive quantifier whose choice can depend on what follows"
            todo.append((node.body, before, after))
        elif isinstance(node, Look):
            reach = measured[node.body][1]
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
