r"""Terminals that look at the text around them, exactly: marks in the text, and a language of marked texts.

Such a terminal (`/[a-z]+(?![a-z])/`, `/^#.*$/m`, `/\bif\b/`) is no language by itself. In the grammar it
becomes OPEN any text CLOSE, where OPEN and CLOSE are bytes that no UTF-8 text has. Which marked texts are
right is regular: at each OPEN, what is read up to its CLOSE must be a text that the terminal may be there,
with the unmarked text before and after it. `Surroundings.language` says so; the grammar is intersected with
it and the marks are erased (`grammar_product`), which gives a grammar again.

What a terminal may be at a place is what Lark's Earley parser with `dynamic_complete` takes (`xearley.py`):
the text s that its pattern matches there, seeing all before and after; and of each shorter beginning of s
that which the pattern matches of it *alone*. So `/[a-z]+(?![a-z])/` may be "ab" of "abc", where the lookahead
sees an end. An ignored terminal may be s only.

The languages here are over bytes and three more marks: BEGIN and END of a terminal's text, and CUT, the end
of the beginning of s that is looked at alone. K = {A BEGIN u END B} for one terminal comes from
its pattern, lowered so that marks are passed over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.derivative import step, transitions
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    byte_set,
    concat,
    from_automaton,
    intersection,
    literal,
    union,
)
from bltgen.automata.lookaround import Expression, chain
from bltgen.automata.lookaround_automaton import language_of
from bltgen.constraints.grammar.ignored import by_follow
from bltgen.constraints.grammar.terminal_patterns import Terminal
from bltgen.constraints.regex_lowering import Edges, lowered
from bltgen.constraints.regex_preference import first_match, rewritten, without_atomic_groups
from bltgen.constraints.regex_syntax import (
    EMPTY_SEQUENCE,
    Alternation,
    Assertion,
    Atomic,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    children,
)
from bltgen.errors import LimitExceeded, Unsupported

__all__ = ["Marked", "Surroundings"]

_OPENINGS = (0xC0, 0xC1, 0xF5, 0xF6, 0xF7, 0xF8, 0xF9, 0xFA, 0xFB, 0xFC)
"""Bytes that no UTF-8 text has; one for each terminal that looks around."""

_CUT, _BEGIN, _END = 0xFD, 0xFE, 0xFF
_MARKS = ByteSet.of({*_OPENINGS, _CUT, _BEGIN, _END})
_UNMARKED = byte_set(~_MARKS).star()


@dataclass(frozen=True)
class Marked:
    """What stands for a terminal in the rules: `opening` `inside` `closing`, or nothing if `may_be_empty`."""

    opening: Language
    inside: Language
    closing: Language
    may_be_empty: bool


class Surroundings:
    """The terminals of one grammar that look around."""

    marks = ByteSet.of({*_OPENINGS, _END})
    """The bytes to erase."""

    def __init__(self) -> None:
        self._rights: list[Language] = []

    @property
    def language(self) -> Language:
        """The marked texts in which every marked terminal may be what it is."""
        return from_automaton(_Monitor(tuple(self._rights), ANY_BYTES))

    def mark(self, terminal: Terminal, *, ignored: bool) -> Marked:
        """Give a terminal its marks. Raises Unsupported where its emptiness depends on what is around."""
        if len(self._rights) == len(_OPENINGS):
            raise LimitExceeded("terminals that look around, in one grammar,", len(_OPENINGS))
        opening = literal(bytes([_OPENINGS[len(self._rights)]]))
        if terminal.root is None:
            language = terminal.language - EPSILON if terminal.language.nullable else terminal.language
            self._rights.append(_right_of_language(language))
            return Marked(opening, language, literal(bytes([_END])), terminal.language.nullable)
        inside = language_of(lowered(_without_assertions(terminal.root), is_bytes=terminal.is_bytes))
        surely, possibly = _empty_text(terminal.root)
        if possibly and not surely:
            raise Unsupported("what stands around this terminal decides whether it may be empty")
        self._rights.append(_right(terminal.root, terminal.is_bytes, ignored))
        return Marked(opening, inside - EPSILON, literal(bytes([_END])), surely)


def _without_assertions(root: Node) -> Node:
    def rewrite(node: Node) -> Node:
        if isinstance(node, Look | Assertion):
            return EMPTY_SEQUENCE
        return node.body if isinstance(node, Atomic) else node

    return rewritten(root, rewrite)


def _empty_text(root: Node) -> tuple[bool, bool]:
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


# -- one terminal: the right texts A BEGIN u END B -------------------------------------------------------


def _byte(mark: int) -> Language:
    return literal(bytes([mark]))


def _right_of_language(language: Language) -> Language:
    """For an ignored terminal that does not look around: the longest of its texts that can be had."""
    ways = [concat(part, _byte(_END), ANY_BYTES - follow) for follow, part in by_follow(language)]
    return concat(_UNMARKED, _byte(_BEGIN), union(*ways))


def _right(root: Node, is_bytes: bool, ignored: bool) -> Language:
    first = without_atomic_groups(first_match(without_atomic_groups(root), ()))

    def matched(edges: Edges, *after: Expression) -> Language:
        return language_of(
            chain([_UNMARKED, _byte(_BEGIN), lowered(first, is_bytes=is_bytes, edges=edges), *after])
        )

    around = Edges(skipped=byte_set(ByteSet.of({_BEGIN, _END, _CUT})).star())
    whole = matched(around, _byte(_END), ANY_BYTES)
    if ignored:
        return whole
    alone = Edges(_byte(_END).optional(), concat(_UNMARKED, _byte(_BEGIN)), concat(_byte(_CUT), ANY_BYTES))
    of_beginning = matched(alone, _byte(_END), _UNMARKED, _byte(_CUT), ANY_BYTES)
    not_cut = byte_set(~ByteSet.of({_CUT})).star()
    goes_on = matched(around, not_cut)
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


# -- all terminals, over a text with many marks ------------------------------------------------------------


class _Owed:
    """What is left to read of u END B, in a text that goes on with marks of other terminals. An
    `Automaton`."""

    __slots__ = ("_is_closed", "accepting", "at", "longest", "shortest")

    def __init__(self, at: Language, is_closed: bool) -> None:
        self.at, self._is_closed = at, is_closed
        self.accepting = is_closed and at.nullable
        self.longest = INFINITE
        self.shortest: int | None = None

    def transitions(self) -> Iterable[tuple[int, Language]]:
        for bits, target in transitions(self.at):
            if self._is_closed:
                bits &= ~_MARKS.bits
            elif bits >> _END & 1:
                yield 1 << _END, _owed(target, True)
                bits &= ~(1 << _END)
            if bits:
                yield bits, _owed(target, self._is_closed)
        if self._is_closed:
            yield _MARKS.bits, from_automaton(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Owed) and self.at is other.at and self._is_closed is other._is_closed

    def __hash__(self) -> int:
        return hash((self.at, self._is_closed))


def _owed(at: Language, is_closed: bool) -> Language:
    if at is EMPTY or (is_closed and at is ANY_BYTES):
        return at
    return from_automaton(_Owed(at, is_closed))


class _Monitor:
    """A state of reading a marked text: `rights` after the unmarked text so far, and all that is owed.

    An `Automaton`.
    """

    __slots__ = ("accepting", "longest", "owed", "rights", "shortest")

    def __init__(self, rights: tuple[Language, ...], owed: Language) -> None:
        self.rights, self.owed = rights, owed
        self.accepting = owed.nullable
        self.longest = INFINITE
        self.shortest: int | None = None

    def transitions(self) -> Iterable[tuple[int, Language]]:
        for bits, (owed, *rights) in _joint((self.owed, *self.rights), ALL_BITS & ~_MARKS.bits):
            if owed is not EMPTY:
                yield bits, from_automaton(_Monitor(tuple(rights), owed))
        for opening, right in zip(_OPENINGS, self.rights, strict=False):
            begun = _owed(step(right, _BEGIN)[1], False)
            owed = intersection(step(self.owed, opening)[1], begun)
            if owed is not EMPTY:
                yield 1 << opening, from_automaton(_Monitor(self.rights, owed))
        owed = step(self.owed, _END)[1]
        if owed is not EMPTY:
            yield 1 << _END, from_automaton(_Monitor(self.rights, owed))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Monitor) and self.rights == other.rights and self.owed is other.owed

    def __hash__(self) -> int:
        return hash((self.rights, self.owed))
