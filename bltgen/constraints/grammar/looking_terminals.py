r"""One terminal that looks around: the places at which it may stand, as a small automaton.

What a terminal may be at a place is what Lark's Earley parser with `dynamic_complete` takes (`xearley.py`):
the text s that its pattern matches there, seeing all before and after; and of each shorter beginning of s
that which the pattern matches of it *alone*. So `/[a-z]+(?![a-z])/` may be "ab" of "abc", where the lookahead
sees an end. An ignored terminal may be s only.

`right_places` gives {A BEGIN u END B : in the text A u B the terminal may be u, after A}. It comes from the
pattern, lowered so that marks are passed over; a mark CUT is the end of the beginning of s that is looked at
alone. Letters are not bytes but the few classes of characters that the pattern tells apart
(`character_classes`), so that the automaton is small, whatever Unicode has of words.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bltgen.automata.byteset import ALL_BITS, ByteSet, bits_of
from bltgen.automata.derivative import step, transitions
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    INFINITE,
    Language,
    byte_set,
    concat,
    from_automaton,
    intersection,
    literal,
    union,
)
from bltgen.automata.limits import current_limits
from bltgen.automata.lookaround import Expression, chain
from bltgen.automata.lookaround_automaton import language_of
from bltgen.constraints.grammar.letter_automata import LetterAutomaton, explored, minimised
from bltgen.constraints.grammar.terminal_patterns import Terminal
from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_lowering import Edges, lowered
from bltgen.constraints.regex_preference import first_match, rewritten, without_atomic_groups
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Assertion,
    Atomic,
    Characters,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
    children,
)
from bltgen.errors import LimitExceeded

__all__ = ["BEGIN", "END", "character_classes", "empty_text", "holds", "relaxed", "right_places"]

_CUT, BEGIN, END = 0xFD, 0xFE, 0xFF
"""Marks, as letters; smaller numbers are classes of characters."""


def right_places(root: Node, classes: list[Ranges], *, ignored: bool) -> LetterAutomaton:
    """The automaton of A BEGIN u END B, over the numbers of the classes. Raises what `regex` raises."""
    if len(classes) > (limit := current_limits().lookaround_classes):
        raise LimitExceeded("the classes of characters of a terminal that looks around", limit)
    feed = next(number for number, ranges in enumerate(classes) if holds(ranges, 10))
    letters = byte_set(ByteSet.range(0, len(classes) - 1))
    language = _right(_over_classes(root, classes), letters, literal(bytes([feed])), ignored)
    known = (1 << len(classes)) - 1 | 1 << BEGIN | 1 << END

    def following(state: Language) -> dict[Any, Language]:
        return {
            letter: target
            for bits, target in transitions(state)
            if target is not EMPTY
            for letter in bits_of(bits & known)
        }

    return minimised(
        explored(language, lambda state: state.nullable, following, current_limits().lookaround_states)
    )


def _byte(mark: int) -> Language:
    return literal(bytes([mark]))


def _right(root: Node, letters: Language, line_feed: Language, ignored: bool) -> Language:
    """K, over the letters of a tree whose characters are classes already."""
    first = without_atomic_groups(first_match(without_atomic_groups(root), ()))
    text = letters.star()

    def matched(edges: Edges, *after: Expression) -> Language:
        return language_of(chain([text, _byte(BEGIN), lowered(first, is_bytes=True, edges=edges), *after]))

    around = Edges(skipped=byte_set(ByteSet.of({BEGIN, END, _CUT})).star(), line_feed=line_feed)
    whole = matched(around, _byte(END), text)
    if ignored:
        return whole
    alone = Edges(
        skipped=_byte(END).optional(),
        before=concat(text, _byte(BEGIN)),
        after=concat(_byte(_CUT), ANY_BYTES),
        line_feed=line_feed,
    )
    of_beginning = matched(alone, _byte(END), text, _byte(_CUT), text)
    goes_on = matched(around, byte_set(~ByteSet.of({_CUT})).star())
    shorter = from_automaton(_Erased(intersection(of_beginning, goes_on)))
    return union(whole, shorter)


def _joint(parts: Iterable[Language], bits: int = ALL_BITS) -> list[tuple[int, tuple[Language, ...]]]:
    """The sets of bytes that lead each of the languages somewhere of its own, EMPTY included."""
    blocks: list[tuple[int, tuple[Language, ...]]] = [(bits, ())]
    for part in parts:
        split = []
        for block, targets in blocks:
            left = block
            for other, target in transitions(part):
                if common := block & other:
                    left &= ~other
                    split.append((common, (*targets, target)))
            if left:
                split.append((left, (*targets, EMPTY)))
        blocks = split
    return blocks


class _Erased:
    """The texts of a language with its one CUT left out. An `Automaton`."""

    __slots__ = ("_cut", "accepting", "at", "longest", "shortest")

    def __init__(self, at: Language) -> None:
        self.at = at
        self._cut = step(at, _CUT)[1]
        self.accepting = self._cut.nullable
        self.longest = INFINITE
        self.shortest: int | None = None

    def transitions(self) -> Iterable[tuple[int, Language]]:
        for bits, (before, after) in _joint((self.at, self._cut), ALL_BITS & ~(1 << _CUT)):
            target = after if before is EMPTY else union(from_automaton(_Erased(before)), after)
            if target is not EMPTY:
                yield bits, target

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Erased) and self.at is other.at

    def __hash__(self) -> int:
        return hash(("erased", self.at))


# -- patterns -----------------------------------------------------------------------------------------------


def relaxed(terminal: Terminal) -> Language:
    """The texts of a terminal, those among them that it may be only where the text around is right too."""
    if terminal.root is None:
        return terminal.language
    return language_of(lowered(_without_assertions(terminal.root), is_bytes=terminal.is_bytes))


def _without_assertions(root: Node) -> Node:
    def rewrite(node: Node) -> Node:
        if isinstance(node, Look | Assertion):
            return EMPTY_SEQUENCE
        return node.body if isinstance(node, Atomic) else node

    return rewritten(root, rewrite)


def empty_text(root: Node) -> tuple[bool, bool]:
    """Whether the pattern matches the empty text everywhere, and whether it can anywhere."""
    found: dict[Node, tuple[bool, bool]] = {}

    def note(node: Node) -> Node:
        below = [found[child] for child in children(node)]
        if isinstance(node, Look | Assertion):
            found[node] = (False, True)
        elif isinstance(node, Sequence):
            found[node] = (all(one for one, _ in below), all(two for _, two in below))
        elif isinstance(node, Alternation):
            found[node] = (any(one for one, _ in below), any(two for _, two in below))
        elif isinstance(node, Repetition):
            found[node] = (node.low == 0 or below[0][0], node.low == 0 or below[0][1])
        elif isinstance(node, Group | Atomic):
            found[node] = below[0]
        else:
            found[node] = (False, False)
        return node

    rewritten(root, note)
    return found[root]


def character_classes(roots: list[Node]) -> list[Ranges]:
    """All characters, in classes that no set of the trees divides; line feed is alone.

    >>> from bltgen.constraints.regex_parser import parse
    >>> [len(ranges) for ranges in character_classes([parse("[a-c]b").root])]
    [3, 1, 2, 1]
    """
    sets: list[Ranges] = [((10, 10),)]
    todo = list(roots)
    while todo:
        node = todo.pop()
        if isinstance(node, Characters):
            sets.append(node.ranges)
        elif isinstance(node, Text):
            sets += [((ord(char), ord(char)),) for char in dict.fromkeys(node.text)]
        elif isinstance(node, Assertion):
            sets += [node.line_ends, node.word]
        todo += children(node)
    distinct = list(dict.fromkeys(tuple(ranges) for ranges in sets))
    changes: dict[int, int] = {0: 0}
    for number, ranges in enumerate(distinct):
        for low, high in ranges:
            changes[low] = changes.get(low, 0) ^ 1 << number
            changes[high + 1] = changes.get(high + 1, 0) ^ 1 << number
    borders = sorted(border for border in changes if border <= 0x10FFFF)
    members = 0
    classes: dict[int, list[tuple[int, int]]] = {}
    for border, following in zip(borders, [*borders[1:], 0x110000], strict=True):
        members ^= changes[border]
        classes.setdefault(members, []).append((border, following - 1))
    return [tuple(ranges) for ranges in classes.values()]


def holds(ranges: Ranges, code: int) -> bool:
    return any(low <= code <= high for low, high in ranges)


def _over_classes(root: Node, classes: list[Ranges]) -> Node:
    """The tree with numbers of classes in place of characters."""

    def numbers(ranges: Ranges) -> Ranges:
        return tuple((at, at) for at, members in enumerate(classes) if holds(ranges, members[0][0]))

    def rewrite(node: Node) -> Node:
        if isinstance(node, Characters):
            return Characters(numbers(node.ranges))
        if isinstance(node, Text):
            return Sequence(tuple(Characters(numbers(((ord(char), ord(char)),))) for char in node.text))
        if isinstance(node, Assertion):
            return Assertion(node.kind, numbers(node.line_ends), numbers(node.word))
        return node

    return rewritten(root, rewrite)
