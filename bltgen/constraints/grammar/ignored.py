r"""Text that a Lark grammar ignores: which of it may stand before a terminal.

Lark's Earley parsers take, of each ignored terminal, the one text that its pattern matches there, which is
the longest of its texts (see `regex_preferred`): after `#[^\n]*` no other character than a line feed can
follow. It need not be all that could be ignored: after it stands another ignored text, or a terminal.

`Gaps` works this out once a grammar. Each ignored terminal X is split by what may not follow its texts:
X_F = {u in X : the rest must not be in F}, where F = (u^-1 X - {""}) ANY*, most often the same for all u.
With the rows that end in each F, a terminal T after ignored text is the union over F of rows(F) (T - F).

That is exact where the next token alone decides about F. Where a token can be the beginning of a word of F,
as "\r" is beside `/\r\n|\n/`, what comes after it decides: `open_end` tells, and `surroundings` deals with
it.

>>> from bltgen.automata.language import literal
>>> from bltgen.constraints.regex import regex
>>> gaps = Gaps([regex(r"[ \n]+"), regex(r"#[^\n]*")])
>>> after = gaps.before(literal(b"b"))
>>> after.accepts(b" #x\n #y\nb"), after.accepts(b"#xb"), after.accepts(b"b")
(True, False, True)
>>> gaps.at_end.accepts(b" #x")
True
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bltgen.automata.derivative import transitions
from bltgen.automata.language import (
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    _bytes,
    concat,
    from_automaton,
    union,
)
from bltgen.automata.limits import charge, current_limits
from bltgen.errors import LimitExceeded

__all__ = ["Gaps", "nonempty", "open_end"]


class Gaps:
    """What may stand between terminals, for ignored terminals given by the texts they match.

    Raises LimitExceeded where an ignored terminal is too large to be worked out.
    """

    def __init__(self, ignored: Iterable[Language]) -> None:
        self.ignored = [nonempty(language) for language in ignored]
        parts = [(follow, part) for language in self.ignored for follow, part in _by_follow(language)]
        follows = list(dict.fromkeys([EMPTY, *(follow for follow, _ in parts)]))
        # rows[i][j]: what leads from just after a token with follows[i] to after the next, with follows[j].
        rows = [
            [
                union(*(_without(part, before) for follow, part in parts if follow is after))
                for after in follows
            ]
            for before in follows
        ]
        self._ends = list(zip(follows, _closure(rows)[0], strict=True))
        self.at_end = union(*(language for _, language in self._ends))

    def before(self, terminal: Language) -> Language:
        """The texts of a terminal, which are not empty, each with ignored text before it or without."""
        return union(*(concat(gap, rest) for gap, rest in self.ways(terminal)))

    def ways(self, terminal: Language) -> list[tuple[Language, Language]]:
        """The same as pairs of ignored text, or none, and those texts of the terminal that it may precede."""
        grouped: dict[Language, list[Language]] = {}
        for follow, gap in self._ends:
            grouped.setdefault(_without(terminal, follow), []).append(gap)
        return [(union(*gaps), rest) for rest, gaps in grouped.items() if rest is not EMPTY]

    def is_open(self, terminal: Language) -> bool:
        """Whether a text of the terminal, after ignored text, could be the beginning of more of that."""
        return any(open_end(language, terminal) for language in self.ignored)


def nonempty(language: Language) -> Language:
    """The texts of a language but the empty one, as a plain term."""
    if not language.nullable:
        return language
    return union(*(concat(_bytes(bits), rest) for bits, rest in transitions(language)))


def _without(language: Language, follow: Language) -> Language:
    """The texts of `language` that do not begin with one of `follow`; plain where the first bytes tell."""
    if follow is EMPTY:
        return language
    parts = [EPSILON] if language.nullable else []
    parts += [concat(_bytes(bits), rest) for bits, rest in _parted(language, follow)]
    return union(*parts)


def _parted(language: Language, follow: Language) -> Iterator[tuple[int, Language]]:
    """First bytes and what may follow them. No complement is made: once the two part, one is left."""
    forbidden = transitions(follow)
    for bits, rest in transitions(language):
        free = bits
        for other, beyond in forbidden:
            if common := bits & other:
                free &= ~other
                if not beyond.nullable:
                    yield common, from_automaton(_Without(rest, beyond))
        if free:
            yield free, rest


class _Without:
    """The texts of one language that do not begin with a text of another. An `Automaton`."""

    __slots__ = ("accepting", "at", "forbidden", "longest", "shortest")

    def __init__(self, at: Language, forbidden: Language) -> None:
        self.at, self.forbidden = at, forbidden
        self.accepting = at.nullable
        self.longest = at.most
        self.shortest: int | None = 0 if at.nullable else None

    def transitions(self) -> Iterable[tuple[int, Language]]:
        return _parted(self.at, self.forbidden)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Without) and self.at is other.at and self.forbidden is other.forbidden

    def __hash__(self) -> int:
        return hash((self.at, self.forbidden))


def _closure(rows: list[list[Language]]) -> list[list[Language]]:
    """Paths of any number of steps between any two indices (Kleene)."""
    count = len(rows)
    paths = [list(row) for row in rows]
    for via in range(count):
        around = paths[via][via].star()
        paths = [
            [union(paths[i][j], concat(paths[i][via], around, paths[via][j])) for j in range(count)]
            for i in range(count)
        ]
    return [
        [union(paths[i][j], EPSILON) if i == j else paths[i][j] for j in range(count)] for i in range(count)
    ]


def _by_follow(language: Language) -> list[tuple[Language, Language]]:
    """(follow, the texts after which the rest must not be in it), for a language without the empty text."""
    follows: dict[Language, Language] = {}
    for state in _states(language):
        if state.nullable:
            follows[state] = concat(nonempty(state), ANY_BYTES)
    different = list(dict.fromkeys(follows.values()))
    if len(different) == 1:
        return [(different[0], language)]
    return [(follow, from_automaton(_Ending(language, follow, follows))) for follow in different]


def _states(language: Language) -> Iterator[Language]:
    """The language and what is left of it after any bytes."""
    seen = {language}
    todo = [language]
    while todo:
        charge()
        state = todo.pop()
        yield state
        for _, target in transitions(state):
            if target not in seen and not target.is_empty():
                if len(seen) >= (limit := current_limits().ignored_states):
                    raise LimitExceeded("the states of an ignored terminal", limit)
                seen.add(target)
                todo.append(target)


class _Ending:
    """Of a language's texts those after which one given text must not follow. An `Automaton`."""

    __slots__ = ("_follows", "accepting", "at", "follow", "longest", "shortest")

    def __init__(self, at: Language, follow: Language, follows: dict[Language, Language]) -> None:
        self.at, self.follow, self._follows = at, follow, follows
        self.accepting = follows.get(at) is follow
        self.longest = INFINITE
        self.shortest: int | None = None

    def transitions(self) -> Iterable[tuple[int, Language]]:
        for bits, target in transitions(self.at):
            if not target.is_empty():
                yield bits, from_automaton(_Ending(target, self.follow, self._follows))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Ending) and (self.at, self.follow) == (other.at, other.follow)

    def __hash__(self) -> int:
        return hash((self.at, self.follow))


def open_end(ignored: Language, following: Language) -> bool:
    """Whether a text of `following`, after one of `ignored`, ends before it is told if that one went on."""
    todo: list[tuple[Language, Language, bool]] = [
        (state, following, False) for state in _states(ignored) if state.nullable
    ]
    seen = set(todo)
    while todo:
        charge()
        more, text, has_read = todo.pop()
        if has_read and more.nullable:
            continue
        if has_read and text.nullable:
            return True
        for bits, longer in transitions(more):
            for other, rest in transitions(text):
                pair = (longer, rest, True)
                if bits & other and pair not in seen and not longer.is_empty() and not rest.is_empty():
                    if len(seen) >= (limit := current_limits().ignored_states):
                        raise LimitExceeded(
                            "the states of an ignored terminal beside another",
                            limit,
                        )
                    seen.add(pair)
                    todo.append(pair)
    return False
