"""A regular expression's tree as a language of bytes.

Each node becomes a `Language` where it holds no assertion, else a lookaround `Expression`; see
`automata.lookaround_automaton` for how those become exact. The walk is a loop, so a tree may be as deep
as it likes.

>>> from bltgen.constraints.regex_parser import parse
>>> lowered(parse("(?:ab|c){2}").root, is_bytes=False).accepts(b"cab")
True
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    Language,
    byte_set,
    concat,
    literal,
    union,
)
from bltgen.automata.limits import charge
from bltgen.automata.lookaround import (
    Before,
    Expression,
    Rest,
    ahead,
    behind,
    chain,
    choice,
    loop,
)
from bltgen.automata.utf8 import code_points
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_syntax import (
    Alternation,
    Assertion,
    Atomic,
    Backreference,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
    children,
)

__all__ = ["Edges", "lowered"]


LINE_FEED = literal(b"\n")


@dataclass(frozen=True)
class Edges:
    """Where a tree is matched inside of a text that holds marks besides its characters.

    `skipped`: what may stand before a character, and is passed over; it has the empty text. `before` and
    `after`: what stands before the beginning, and after the end, of the text that assertions see.
    `line_feed`: how a line feed is spelt.
    """

    skipped: Language = EPSILON
    before: Language = EPSILON
    after: Language = EPSILON
    line_feed: Language = LINE_FEED


def lowered(root: Node, *, is_bytes: bool, edges: Edges = Edges()) -> Expression:
    """The expression that matches what the tree does. The tree has no atomic groups and conditionals."""
    done: dict[Node, Expression] = {}
    sets: dict[int, Language] = {}  # by the identity of the ranges, which the tree keeps alive

    def characters(ranges: Ranges) -> Language:
        found = sets.get(id(ranges))
        if found is None:
            found = sets[id(ranges)] = _characters(ranges, is_bytes)
        return found

    def made(node: Node, parts: list[Expression]) -> Expression:
        charge(1 + (len(parts) >> 4))
        if isinstance(node, Assertion):
            return _assertion(node, characters, edges)
        if isinstance(node, Characters):
            return concat(edges.skipped, characters(node.ranges))
        return _lower(node, parts, is_bytes, edges)

    stack = [root]
    while stack:
        node = stack[-1]
        if node not in done:
            below = children(node)
            missing = [child for child in below if child not in done]
            if missing:
                for child in missing:
                    if isinstance(child, (Characters, Text)):
                        done[child] = made(child, [])
                    else:
                        stack.append(child)
                continue
            done[node] = made(node, [done[child] for child in below])
        stack.pop()
    return done[root]


def _lower(node: Node, parts: list[Expression], is_bytes: bool, edges: Edges) -> Expression:
    if isinstance(node, Text):
        if edges.skipped is EPSILON:
            return _text(node.text, is_bytes)
        return concat(*(concat(edges.skipped, _text(char, is_bytes)) for char in node.text))
    if isinstance(node, Sequence):
        return chain(parts)
    if isinstance(node, Alternation):
        return choice(parts)
    if isinstance(node, Repetition):
        return loop(parts[0], node.low, node.high)
    if isinstance(node, Group):
        return parts[0]
    if isinstance(node, Look):
        if node.ahead:
            return ahead(parts[0], negative=node.negative)
        return behind(chain([parts[0], edges.skipped]), negative=node.negative)
    assert not isinstance(node, Atomic | Conditional | Backreference), "rewritten before"
    raise AssertionError(node)


def _characters(ranges: Ranges, is_bytes: bool) -> Language:
    if not is_bytes:
        return code_points(ranges)
    return byte_set(ByteSet.of(byte for low, high in ranges for byte in range(low, high + 1)))


def _text(text: str, is_bytes: bool) -> Language:
    try:
        return literal(text.encode("latin-1" if is_bytes else "utf-8"))
    except UnicodeEncodeError:
        # A lone surrogate is no character: no text holds it.
        return EMPTY


def _assertion(node: Assertion, characters: Callable[[Ranges], Language], edges: Edges) -> Expression:
    skipped = edges.skipped
    at_start, at_end = concat(edges.before, skipped), concat(skipped, edges.after)
    if node.kind == "start":
        return Before(at_start)
    if node.kind == "end":
        return Rest(at_end)
    if node.kind == "last line end":
        return Rest(union(at_end, concat(skipped, edges.line_feed, at_end)))
    line_end = characters(node.line_ends)
    if node.kind == "line start":
        return Before(union(at_start, concat(ANY_BYTES, line_end, skipped)))
    if node.kind == "line end":
        return Rest(union(at_end, concat(skipped, line_end, ANY_BYTES)))
    word = characters(node.word)
    word_before, word_after = concat(ANY_BYTES, word, skipped), concat(skipped, word, ANY_BYTES)
    if node.kind == "boundary":
        return choice(
            [
                chain([Before(word_before), Rest(~word_after)]),
                chain([Before(~word_before), Rest(word_after)]),
            ]
        )
    return choice(
        [
            chain([Before(word_before), Rest(word_after)]),
            chain([Before(~word_before), Rest(~word_after)]),
        ]
    )
