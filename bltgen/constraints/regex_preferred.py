r"""The texts that a backtracking engine would match to their end: P = {u : `re.match(pattern, u)` is u}.

A pattern matches a set of texts, and an engine takes of a text the match that it tries first: `a|ab` takes
"a" of "ab", so "ab" is matched but never taken. `preferred` gives the language of the texts taken whole.
For patterns without lookarounds it decides everything about preference:

- of any text w, the engine takes the longest prefix of w that is in P;
- a prefix u of w is what the engine would take of w cut after u if, and only if, u is in P.

Most patterns try longer matches first, and P is all that they match: told from the tree where it is plain
(`is_longest_first`), else by comparing both languages. What is left is read by threads in the order in which
an engine tries them, cut off after the first that has matched (R. Pike's machine; R. Cox, "Regular expression
matching: the virtual machine approach", 2009), as an automaton that unfolds where it is read.

Empty rounds of a repeat end it, as in CPython's `re`.

>>> from bltgen.constraints.regex_parser import parse
>>> lazy = preferred(parse('".*?"').root, is_bytes=False)
>>> lazy.accepts(b'"ab"'), lazy.accepts(b'"a"b"')
(True, False)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count, pairwise

from bltgen.automata.byteset import ALL_BITS
from bltgen.automata.derivative import transitions
from bltgen.automata.language import EMPTY, EPSILON, INFINITE, Language, from_automaton, intersection
from bltgen.automata.limits import charge, current_limits, use_limits
from bltgen.automata.lookaround import Expression
from bltgen.automata.lookaround_automaton import language_of
from bltgen.constraints.regex_lowering import lowered
from bltgen.constraints.regex_preference import first_match, without_atomic_groups
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
    Text,
    children,
)
from bltgen.errors import LimitExceeded

__all__ = ["NO_END", "holds_assertion", "is_longest_first", "preferred", "regex_language", "widths"]

_COMPARING = 500
"""How many states a comparison of the two languages may visit before it is left undecided."""

NO_END = 1 << 62
"""The width of what may be of any length."""


def holds_assertion(root: Node) -> bool:
    """Whether the tree holds what looks at the text around it, or chooses by what comes after."""
    todo = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, Look | Assertion | Atomic | Conditional):
            return True
        todo += children(node)
    return False


def preferred(root: Node, *, is_bytes: bool) -> Language:
    """The texts of which an engine's first match is the whole text, with nothing before and after it.

    Conditionals must have been resolved. Raises Unsupported where engines differ in what is preferred.
    """
    plain = regex_language(root, is_bytes=is_bytes)
    if is_longest_first(root):
        return plain
    if holds_assertion(root):
        guarded = without_atomic_groups(first_match(without_atomic_groups(root), ()))
        return language_of(lowered(guarded, is_bytes=is_bytes))
    program = _Program(is_bytes)
    ordered = from_automaton(program.state(((program.cell(root, program.end), None),)))
    try:
        with use_limits(replace(current_limits(), search_states=_COMPARING)):
            if intersection(plain, ~ordered).is_empty():
                return plain
    except LimitExceeded:
        pass
    return ordered


def regex_language(root: Node, *, is_bytes: bool) -> Language:
    """All texts that the tree matches from end to end."""
    return language_of(lowered(without_atomic_groups(root), is_bytes=is_bytes))


# -- what can be told from the tree ----------------------------------------------------------------------


def is_longest_first(root: Node) -> bool:
    """Whether it is plain that at any position longer matches are tried before shorter ones.

    True only where it is so; most often it can be told. Atomic groups count as unknown.
    """
    known: dict[Node, bool] = {}
    measured = widths(root)
    for node in _leaves_first(root):
        known[node] = _longest_first(node, known, measured)
    return known[root]


def _longest_first(node: Node, known: dict[Node, bool], measured: dict[Node, tuple[int, int]]) -> bool:
    def is_fixed(part: Node) -> bool:
        return measured[part][0] == measured[part][1]

    if isinstance(node, Characters | Text | Look | Assertion):
        return True
    if isinstance(node, Group):
        return known[node.body]
    if isinstance(node, Sequence):
        varying = [part for part in node.parts if not is_fixed(part)]
        return len(varying) <= 1 and all(known[part] for part in node.parts)
    if isinstance(node, Alternation):
        return all(known[part] for part in node.parts) and all(
            measured[first][0] >= measured[second][1] for first, second in pairwise(node.parts)
        )
    if isinstance(node, Repetition):
        least, most = measured[node.body]
        if least != most or not known[node.body]:
            return False
        return node.low == node.high or (not node.lazy and least > 0)
    return False


def widths(root: Node) -> dict[Node, tuple[int, int]]:
    """The least and greatest number of characters that each node of the tree matches."""
    found: dict[Node, tuple[int, int]] = {}
    for at in _leaves_first(root):
        if isinstance(at, Characters):
            width = (1, 1)
        elif isinstance(at, Text):
            width = (len(at.text), len(at.text))
        elif isinstance(at, Sequence):
            parts = [found[part] for part in at.parts]
            width = (sum(low for low, _ in parts), min(NO_END, sum(high for _, high in parts)))
        elif isinstance(at, Alternation):
            parts = [found[part] for part in at.parts]
            width = (min(low for low, _ in parts), max(high for _, high in parts))
        elif isinstance(at, Repetition):
            low, high = found[at.body]
            most = NO_END if at.high is None else at.high
            width = (low * at.low, 0 if not high else min(NO_END, high * most))
        elif isinstance(at, Group | Atomic):
            width = found[at.body]
        elif isinstance(at, Conditional):
            yes, no = found[at.yes], found[at.no]
            width = (min(yes[0], no[0]), max(yes[1], no[1]))
        else:
            width = (0, 0)
        found[at] = width
    return found


def _leaves_first(root: Node) -> Iterable[Node]:
    """The nodes of the tree, each after those below it. No recursion."""
    order: list[Node] = []
    todo = [root]
    while todo:
        node = todo.pop()
        order.append(node)
        todo += children(node)
    return dict.fromkeys(reversed(order))


# -- threads in the order in which an engine tries them ----------------------------------------------------


class _Cell:
    """What is still to match: a node, or another round of a repeat, and the cell after it. Interned.

    `rounds`: of a repeat, how many were begun; -1 for the node itself. `is_fresh`: nothing has been read
    since the round began.
    """

    __slots__ = ("is_fresh", "node", "read", "rest", "rounds", "serial")

    def __init__(
        self, node: Node | None, rest: _Cell | None, rounds: int, is_fresh: bool, serial: int
    ) -> None:
        self.node, self.rest, self.rounds, self.is_fresh, self.serial = node, rest, rounds, is_fresh, serial
        self.read: _Cell | None = None


_Thread = tuple[_Cell, "Language | None"]
"""A cell, and what of a character's bytes is still to be read before it."""


class _Program:
    """The cells of one pattern."""

    def __init__(self, is_bytes: bool) -> None:
        self._is_bytes = is_bytes
        self._serial = count().__next__
        self._cells: dict[tuple[int, int, int, bool], _Cell] = {}
        self._letters: dict[Node, Language] = {}
        self.end = _Cell(None, None, -1, False, self._serial())

    def cell(self, node: Node, rest: _Cell, rounds: int = -1, is_fresh: bool = False) -> _Cell:
        key = (id(node), rest.serial, rounds, is_fresh)
        found = self._cells.get(key)
        if found is None:
            found = self._cells[key] = _Cell(node, rest, rounds, is_fresh, self._serial())
        return found

    def letter(self, node: Node) -> Language:
        found = self._letters.get(node)
        if found is None:
            made: Expression = lowered(node, is_bytes=self._is_bytes)
            assert isinstance(made, Language)
            found = self._letters[node] = made
        return found

    def after_reading(self, cell: _Cell) -> _Cell:
        """The same cell where something has been read: no round is fresh any more."""
        if cell.read is None:
            path = []
            at: _Cell | None = cell
            while at is not None and at.read is None:
                path.append(at)
                at = at.rest
            for one in reversed(path):
                if one.node is None or one.rest is None:
                    one.read = one
                else:
                    assert one.rest.read is not None
                    one.read = self.cell(one.node, one.rest.read, one.rounds, False)
        assert cell.read is not None
        return cell.read

    def state(self, threads: Iterable[_Thread]) -> _Ordered:
        """The threads, each followed to where it reads, in order; nothing after one that has matched."""
        found: dict[tuple[int, int], tuple[Language, _Cell]] = {}
        seen: set[int] = set()
        matched = False
        most = current_limits().union_parts
        for cell, language in threads:
            if language is not None:
                found.setdefault((language.id, cell.serial), (language, cell))
                continue
            todo = [cell]
            while todo:
                at = todo.pop()
                if at.serial in seen:
                    continue
                seen.add(at.serial)
                if at.node is None:
                    matched = True
                    break
                charge()
                self._follow(at, todo, found)
                if len(found) > most:
                    raise LimitExceeded("the ways to match a pattern", most)
            if matched:
                break
        return _Ordered(self, tuple(found.values()), matched)

    def _follow(
        self, at: _Cell, todo: list[_Cell], found: dict[tuple[int, int], tuple[Language, _Cell]]
    ) -> None:
        """Take one step from a cell; `todo` is a stack, so what is preferred is put there last."""
        node, rest = at.node, at.rest
        assert node is not None
        assert rest is not None
        if isinstance(node, Characters | Text):
            letter = self.letter(node)
            if letter is EPSILON:
                todo.append(rest)
            elif letter is not EMPTY:
                found.setdefault((letter.id, rest.serial), (letter, rest))
        elif isinstance(node, Sequence):
            for part in reversed(node.parts):
                rest = self.cell(part, rest)
            todo.append(rest)
        elif isinstance(node, Alternation):
            todo += [self.cell(part, rest) for part in reversed(node.parts)]
        elif isinstance(node, Group):
            todo.append(self.cell(node.body, rest))
        else:
            assert isinstance(node, Repetition), node
            self._follow_repeat(node, at, rest, todo)

    def _follow_repeat(self, node: Repetition, at: _Cell, rest: _Cell, todo: list[_Cell]) -> None:
        rounds = max(0, at.rounds)
        following = rounds + 1
        if node.high is None:
            # Beyond the least number of rounds, one more changes nothing.
            following = min(following, max(node.low, 1))
        again = self.cell(node.body, self.cell(node, rest, following, True))
        if rounds < node.low:
            todo.append(again)
            return
        may_go_on = (node.high is None or rounds < node.high) and not (at.rounds >= 0 and at.is_fresh)
        if not may_go_on:
            todo.append(rest)
        elif node.lazy:
            todo += [again, rest]
        else:
            todo += [rest, again]


class _Ordered:
    """A state: threads in order, and whether the text so far is matched after all of them."""

    __slots__ = ("_hash", "_key", "accepting", "longest", "program", "shortest", "threads")

    def __init__(
        self, program: _Program, threads: tuple[tuple[Language, _Cell], ...], accepting: bool
    ) -> None:
        self.program, self.threads, self.accepting = program, threads, accepting
        self.longest = INFINITE
        self.shortest: int | None = None
        self._key = (tuple([(language.id, cell.serial) for language, cell in threads]), accepting)
        self._hash = hash((id(program), self._key))

    def transitions(self) -> Iterable[tuple[int, Language]]:
        blocks: list[tuple[int, tuple[_Thread, ...]]] = [(ALL_BITS, ())]
        for language, cell in self.threads:
            split: list[tuple[int, tuple[_Thread, ...]]] = []
            steps = transitions(language)
            for bits, threads in blocks:
                left = bits
                for other, after in steps:
                    common = bits & other
                    if common:
                        left &= ~other
                        split.append((common, (*threads, (cell, after))))
                if left:
                    split.append((left, threads))
            blocks = split
        for bits, threads in blocks:
            if threads:
                made = self.program.state(
                    (self.program.after_reading(cell), None if after is EPSILON else after)
                    for cell, after in threads
                )
                yield bits, from_automaton(made) if made.threads or made.accepting else EMPTY

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ordered) and self.program is other.program and self._key == other._key

    def __hash__(self) -> int:
        return self._hash
