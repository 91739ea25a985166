"""Regular languages of bytes, as immutable hash-consed terms.

A `Language` is a term over byte sets, concatenation, union, intersection, complement, counted repeats
and user-given automata. Equal terms are one object, and the constructors normalise (unions are sets,
nothing is nested that can be flat, neighbouring repeats are merged), so that a language has few distinct
derivatives. Nothing is ever determinised ahead of reading: a repeat `{1,10000}` is one term with two
counters, and an automaton grows by the bytes that are really read (see `lazy_dfa`).

Invariants:
- Terms are compared and hashed by identity; `a.equivalent(b)` compares languages. What a front end makes
  of a source is a facade of a term (`named.Named`), compared by its source; terms have only terms as parts.
- `nullable` is exact. `least` <= length of every text <= `most`; both are exact for `plain` terms, those
  without intersections and complements.
- No term but `EMPTY` is empty if it is plain.
- The table of terms holds them weakly: a term dies with its last user.

Costs: a constructor is linear in its arguments, never in the size of their terms. Memory: about 250
bytes a term.

>>> word = byte_set(ByteSet.range(97, 122)).plus()
>>> short = word & ANY_BYTE.repeat(0, 3)
>>> short.accepts(b"abc"), short.accepts(b"abcd"), short.start().shortest
(True, False, 1)
>>> (word - short).witness_against(EMPTY)
b'aaaa'

When not to use it: nested structure (balanced brackets) is not regular; see `context_free`.
"""

from __future__ import annotations

import random
import weakref
from collections.abc import Iterable
from itertools import count
from typing import TYPE_CHECKING, Any, Protocol, cast, overload

from bltgen.arguments import as_bytes, bounds, suggests_keywords
from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.contract import Report
from bltgen.automata.limits import bounded, charge, current_limits, grant
from bltgen.automata.operators import (
    AUTOMATON,
    BYTES,
    COMPLEMENT,
    CONCAT,
    EPS,
    INFINITE,
    INTERSECTION,
    LITERAL,
    REPEAT,
    UNION,
)
from bltgen.automata.prefix_codes import first_bytes, is_prefix_code, is_window_of
from bltgen.automata.summaries import SUMMARIES
from bltgen.errors import LimitExceeded

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint
    from bltgen.automata.lazy_dfa import LanguageState

__all__ = [
    "ANY_BYTE",
    "ANY_BYTES",
    "EMPTY",
    "EPSILON",
    "INFINITE",
    "Automaton",
    "Language",
    "byte_set",
    "concat",
    "from_automaton",
    "intersection",
    "literal",
    "union",
]

LITERAL_CHUNK = 1024
"""A literal term holds at most so many bytes, so that stepping through it stays cheap."""

FACTORING_DEPTH = 60
"""Deeper terms are not factored any more: the constructors' recursion ends here."""

SHORT_TEXT = 4
"""Terms of texts of so many bytes, as of an encoded character, are read to see whether others hold them."""

WITHIN_KEPT = 20_000
"""So many answers about terms within others are kept."""

_WITHIN: dict[tuple[int, int], bool] = {}


class Automaton(Protocol):
    """A state of a deterministic or alternating automaton that `from_automaton` makes a term of.

    Immutable and hashable; equal states must have equal languages.
    """

    @property
    def accepting(self) -> bool:
        """Whether the empty text is in the language of this state."""

    @property
    def shortest(self) -> int | None:
        """Exact bytes to the nearest accepting state, INFINITE where there is none; None: to be searched."""

    @property
    def longest(self) -> int:
        """No text of this state is longer; INFINITE where unknown or unbounded."""

    def transitions(self) -> Iterable[tuple[int, Language]]:
        """Disjoint non-empty sets of bytes (as bits) with the language after any of their bytes."""


class _Reference(weakref.ref["Language"]):
    """A weak reference that knows the key under which the table of terms holds it."""

    __slots__ = ("key",)
    key: tuple[Any, ...]


_TERMS: dict[tuple[Any, ...], _Reference] = {}
_next_id = count().__next__


def _forget(reference: weakref.ref[Language]) -> None:
    key = cast("_Reference", reference).key
    if _TERMS.get(key) is reference:
        del _TERMS[key]


class Language:
    """A regular language of bytes. Built by this module's functions and operators, never directly.

    It is itself a `Constraint`.
    """

    __slots__ = (
        "__weakref__",
        "_bound",
        "_partial",
        "_prefix_code",
        "_refused",
        "_relaxed",
        "_shortest",
        "_spelled",
        "_spelled_ascii",
        "_state",
        "_transitions",
        "alphabet",
        "depth",
        "farthest",
        "first",
        "gap",
        "id",
        "least",
        "most",
        "nullable",
        "op",
        "parts",
        "plain",
        "value",
    )

    op: int
    parts: tuple[Language, ...]
    value: Any
    id: int
    nullable: bool
    least: int
    most: int
    plain: bool
    alphabet: int
    first: int
    gap: int
    farthest: int
    depth: int
    _shortest: int | None
    _bound: int
    _refused: int  # under so many `Limits.search_states` and fewer, no search for its shortest text ends
    _relaxed: Language | None
    _spelled: int  # scratch space of who measures texts otherwise than in bytes; -1: not yet
    _spelled_ascii: int
    _prefix_code: bool | None
    _transitions: tuple[tuple[int, Language], ...] | None
    _partial: list[tuple[int, Language]] | None
    _state: LanguageState | None

    # -- as a term ---------------------------------------------------------------------------------

    @property
    def bare(self) -> Language:
        """The term itself, without the name that a front end gave it (`named.Named`)."""
        return self

    def derivative(self, byte: int) -> Language:
        """The texts t such that `byte` followed by t is in this language."""
        from bltgen.automata.derivative import step

        return step(self.bare, byte)[1]

    @suggests_keywords()
    def repeat(self, low: int, high: int | None = None) -> Language:
        """Between `low` and `high` texts in a row, without end where `high` is None. One term, no copies."""
        low, high = bounds(low, high)
        return _repeat(self.bare, low, INFINITE if high is None else high)

    def star(self) -> Language:
        """Any number of texts in a row."""
        return _repeat(self.bare, 0, INFINITE)

    def plus(self) -> Language:
        """One or more texts in a row."""
        return _repeat(self.bare, 1, INFINITE)

    def optional(self) -> Language:
        """The texts and the empty one."""
        return _union((EPSILON, self.bare))

    @overload
    def __or__(self, other: Language) -> Language: ...
    @overload
    def __or__(self, other: Constraint) -> Constraint: ...
    def __or__(self, other: Any) -> Any:
        return _union((self.bare, other.bare)) if isinstance(other, Language) else NotImplemented

    @overload
    def __and__(self, other: Language) -> Language: ...
    @overload
    def __and__(self, other: Constraint) -> Constraint: ...
    def __and__(self, other: Any) -> Any:
        return _intersection((self.bare, other.bare)) if isinstance(other, Language) else NotImplemented

    @overload
    def __add__(self, other: Language) -> Language: ...
    @overload
    def __add__(self, other: Constraint) -> Constraint: ...
    def __add__(self, other: Any) -> Any:
        return _concat(self.bare, other.bare) if isinstance(other, Language) else NotImplemented

    def __sub__(self, other: Language) -> Language:
        if not isinstance(other, Language):
            return NotImplemented
        return _intersection((self.bare, _complement(other.bare)))

    def __invert__(self) -> Language:
        return _complement(self.bare)

    # -- as a constraint ---------------------------------------------------------------------------

    def start(self) -> LanguageState:
        """The state before the first byte."""
        from bltgen.automata.lazy_dfa import state_of

        return state_of(self.bare)

    @bounded
    def accepts(self, data: bytes) -> bool:
        """Whether `data` is in the language."""
        from bltgen.automata.derivative import step

        language = self.bare
        data = as_bytes("data", data)
        grant(len(data))
        for byte in data:
            language = step(language, byte)[1]
            if language is EMPTY:
                return False
        return language.nullable

    @suggests_keywords()
    def sample(self, rng: random.Random, max_bytes: int | None = None, *, length: int | None = None) -> bytes:
        """A random text of at most `max_bytes` bytes, or of exactly `length` bytes; no rejection.

        Raises BudgetTooSmall, or EmptyLanguage where no text has that length.
        """
        from bltgen.automata.sampling import draw

        if length is not None:
            return draw(_intersection((self.bare, ANY_BYTE.repeat(length, length))).start(), rng, length)
        return draw(self.start(), rng, max_bytes)

    def report(self) -> Report:
        """How each construct of the source is enforced; empty for a language built from terms."""
        return Report()

    def describe(self) -> dict[str, Any]:
        """The term as JSON values, or the source of what has one; `description.rebuild` reads it."""
        from bltgen.automata.description import describe

        return describe(self)

    # -- questions about the whole language ----------------------------------------------------------

    def is_empty(self) -> bool:
        """Whether no text is in the language. Raises LimitExceeded where the search is too long."""
        return (self.bare._shortest or self.start().shortest) >= INFINITE

    @bounded
    def includes(self, other: Language) -> bool:
        """Whether every text of `other` is in this language."""
        return _intersection((other.bare, _complement(self.bare))).is_empty()

    @bounded
    def equivalent(self, other: Language) -> bool:
        """Whether both contain the same texts."""
        return self.bare is other.bare or (self.includes(other) and other.includes(self))

    @bounded
    def witness_against(self, other: Language) -> bytes | None:
        """A shortest text that is in one of the two and not in the other; None where they are equivalent."""
        from bltgen.automata.liveness import completion, shortest

        difference = _union((self - other, other - self))
        return None if shortest(difference) >= INFINITE else completion(difference)

    # -- as a value --------------------------------------------------------------------------------

    def __copy__(self) -> Language:
        return self

    def __deepcopy__(self, memo: object) -> Language:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        from bltgen.automata.description import rebuild

        return (rebuild, (self.describe(),))

    def __repr__(self) -> str:
        from bltgen.automata.description import render

        return f"<Language {render(self, 80)}>"


def _term(
    op: int,
    key: tuple[Any, ...],
    parts: tuple[Language, ...],
    value: Any,
    nullable: bool,
    least: int,
    most: int,
    plain: bool,
    depth: int,
) -> Language:
    """The term of this key: the living one, or a new one."""
    charge(1 + (len(parts) >> 4))
    made = Language()
    made.op = op
    made.parts = parts
    made.value = value
    made.id = _next_id()
    made.nullable = nullable
    made.least = min(least, INFINITE)
    made.most = min(most, INFINITE)
    made.plain = plain
    made.depth = depth
    SUMMARIES[op](made, parts, value)
    made._shortest = 0 if nullable else made.least if plain else None
    made._bound = made._refused = 0
    made._relaxed = None
    made._spelled = made._spelled_ascii = -1
    made._prefix_code = None
    made._transitions = None
    made._partial = None
    made._state = None
    reference = _Reference(made, _forget)
    reference.key = key
    _TERMS[key] = reference
    return made


def _known(key: tuple[Any, ...]) -> Language | None:
    reference = _TERMS.get(key)
    return None if reference is None else reference()


# -- constructors ------------------------------------------------------------------------------------


def _bytes(bits: int) -> Language:
    key = (BYTES, bits)
    return _known(key) or _term(
        BYTES, key, (), bits, False, 1 if bits else INFINITE, 1 if bits else 0, True, 0
    )


EMPTY: Language = _bytes(0)
ANY_BYTE: Language = _bytes(ALL_BITS)
EPSILON: Language = _term(EPS, (EPS,), (), None, True, 0, 0, True, 0)


def byte_set(members: ByteSet) -> Language:
    """The texts of one byte out of `members`."""
    return _bytes(members.bits)


def _literal(data: bytes) -> Language:
    if len(data) == 1:
        return _bytes(1 << data[0])
    key = (LITERAL, data)
    return _known(key) or _term(LITERAL, key, (), data, False, len(data), len(data), True, 0)


def literal(data: bytes) -> Language:
    """The one text `data`."""
    if len(data) <= LITERAL_CHUNK:
        return _literal(bytes(data)) if data else EPSILON
    made = EPSILON
    for begin in range((len(data) - 1) // LITERAL_CHUNK * LITERAL_CHUNK, -1, -LITERAL_CHUNK):
        made = _concat(_literal(bytes(data[begin : begin + LITERAL_CHUNK])), made)
    return made


def _literal_bytes(language: Language) -> bytes | None:
    """The bytes of a term that is literal by its form."""
    if language.op == LITERAL:
        return cast(bytes, language.value)
    if language.op == BYTES and language.value.bit_count() == 1:
        return bytes((language.value.bit_length() - 1,))
    return None


def concat(*languages: Language) -> Language:
    """A text of each language, one after another."""
    made = EPSILON
    for language in reversed(languages):
        made = _concat(language.bare, made)
    return made


def _concat(head: Language, tail: Language) -> Language:
    if head is EPSILON:
        return tail
    if tail is EPSILON:
        return head
    if head is EMPTY or tail is EMPTY or head._shortest == INFINITE or tail._shortest == INFINITE:
        return EMPTY
    key = (CONCAT, head.id, tail.id)
    found = _known(key)
    if found is not None:
        return found
    if (head is ANY_BYTES and tail.nullable) or (tail is ANY_BYTES and head.nullable):
        return ANY_BYTES
    if head.nullable and _is_star(tail) and _is_within(head, tail):
        return tail
    first, rest = tail.parts if tail.op == CONCAT else (tail, EPSILON)
    text = _literal_bytes(head)
    if text is not None:
        following = _literal_bytes(first)
        if following is not None and len(text) + len(following) <= LITERAL_CHUNK:
            return _concat(_literal(text + following), rest)
    else:
        # X{a,b} X{c,d} is X{a+c,b+d}: sums of two intervals leave no gap.
        body, (a, b) = (head.parts[0], head.value) if head.op == REPEAT else (head, (1, 1))
        other, (c, d) = (first.parts[0], first.value) if first.op == REPEAT else (first, (1, 1))
        if body is other:
            return _concat(_repeat(body, a + c, b + d), rest)
    return _term(
        CONCAT,
        key,
        (head, tail),
        None,
        head.nullable and tail.nullable,
        head.least + tail.least,
        head.most + tail.most,
        head.plain and tail.plain,
        head.depth + 1,
    )


def _flat_union(language: Language) -> tuple[Language, ...]:
    return language.parts if language.op == UNION else (language,)


def _repeat(body: Language, low: int, high: int) -> Language:
    low, high = min(low, INFINITE), min(high, INFINITE)
    if high == 0 or body is EPSILON:
        return EPSILON
    if body is EMPTY or body._shortest == INFINITE:
        return EPSILON if low == 0 else EMPTY
    if body.nullable:
        low = 0
        if body.op == UNION and EPSILON in body.parts:
            body = _union([part for part in body.parts if part is not EPSILON])
    if low == 1 and high == 1:
        return body
    if body.op == REPEAT:
        # (X{a,b}){c,d} is X{ac,bd} if no count between is skipped: (k+1)a <= kb+1 for the least k, c.
        a, b = body.value
        if low == high or (low + 1) * a <= low * b + 1:
            return _repeat(body.parts[0], low * a, high * b)
    if low == 0 and high == INFINITE:
        # (X{0|1,n} | Y)* is (X | Y)*
        loose = [p.parts[0] if p.op == REPEAT and p.value[0] <= 1 else p for p in _flat_union(body)]
        if loose != list(_flat_union(body)):
            return _repeat(_union(loose), 0, INFINITE)
    if low == 0 and high == 1:
        return _union((EPSILON, body))
    key = (REPEAT, body.id, low, high)
    return _known(key) or _term(
        REPEAT,
        key,
        (body,),
        (low, high),
        low == 0 or body.nullable,
        low * body.least,
        high * body.most,
        body.plain,
        body.depth + 1,
    )


ANY_BYTES: Language = _repeat(ANY_BYTE, 0, INFINITE)


def union(*languages: Language) -> Language:
    """The texts of any of the languages; EMPTY where none is given."""
    return _union([language.bare for language in languages])


def _union(languages: Iterable[Language]) -> Language:
    parts: dict[Language, None] = {}
    bits = 0
    for language in languages:
        for part in language.parts if language.op == UNION else (language,):
            if part.op == BYTES:
                bits |= part.value
            elif part._shortest != INFINITE:
                parts[part] = None
    if bits:
        parts[_bytes(bits)] = None
    if len(parts) > 1:
        charge(len(parts) >> 4)
        _merge_alternatives(parts)
    if len(parts) < 2:
        return next(iter(parts), EMPTY)
    if len(parts) > (limit := current_limits().union_parts):
        raise LimitExceeded("alternatives at one position", limit, "simplify the constraint")
    ordered = sorted(parts, key=_by_id)
    key = (UNION, *[part.id for part in ordered])
    found = _known(key)
    if found is not None:
        return found
    return _term(
        UNION,
        key,
        tuple(ordered),
        None,
        any(part.nullable for part in ordered),
        min(part.least for part in ordered),
        max(part.most for part in ordered),
        all(part.plain for part in ordered),
        max(part.depth for part in ordered) + 1,
    )


def _by_id(language: Language) -> int:
    return language.id


def _merge_alternatives(parts: dict[Language, None]) -> None:
    """Absorb, factor and merge in place. Every step keeps the union's language."""
    if ANY_BYTES in parts:
        parts.clear()
        parts[ANY_BYTES] = None
        return
    complements = [part for part in parts if part.op == COMPLEMENT]
    if complements:
        for part in complements:
            del parts[part]
        body = _intersection([part.parts[0] for part in complements])
        if all(part in parts for part in _flat_union(body)) or body is EMPTY:
            parts.clear()
            parts[ANY_BYTES] = None
            return
        for part in _flat_union(_complement(body)):
            parts[part] = None
    # B* | X is B* where X is made of texts of B*: once a text was found, what else is found does not matter.
    for star in [part for part in parts if _is_star(part)]:
        for part in list(parts) if star in parts else ():
            if part is not star and _is_within(part, star):
                del parts[part]
    # h1 t | h2 t is (h1 | h2) t, and t | h t is (h | "") t: few alternatives, and counters meet.
    tails: dict[Language, list[Language]] = {}
    for part in parts:
        if part.op == CONCAT and part.depth < FACTORING_DEPTH:
            tails.setdefault(part.parts[1], []).append(part)
    for tail, sharing in tails.items():
        members = [member for member in sharing if member in parts]
        if len(members) > 1 or (members and tail in parts):
            heads = [member.parts[0] for member in members]
            for member in members:
                del parts[member]
            if tail in parts:
                del parts[tail]
                heads.append(EPSILON)
            merged = _concat(_union(heads), tail)
            for part in _flat_union(merged):
                parts[part] = None
    _merge_counters(parts)
    if EPSILON in parts and any(part.nullable for part in parts if part is not EPSILON):
        del parts[EPSILON]


def _is_star(term: Language) -> bool:
    """Whether a term is B* of a B that holds no other repetition without end."""
    return term.op == REPEAT and term.value == (0, INFINITE) and term.parts[0].most < INFINITE


def _is_within(part: Language, star: Language) -> bool:
    """Whether all texts of a term are texts of B*, as far as its form tells."""
    key = (part.id, star.id)
    found = _WITHIN.get(key)
    if found is None:
        charge(1)
        found = _find_within(part, star)
        if len(_WITHIN) >= WITHIN_KEPT:
            _WITHIN.clear()
        _WITHIN[key] = found
    return found


def _find_within(part: Language, star: Language) -> bool:
    body = star.parts[0]
    if part is EPSILON or part is star or part is body:
        return True
    if part.depth >= FACTORING_DEPTH:
        return False
    if part.op == REPEAT:
        return _is_within(part.parts[0], star)
    if part.op in (CONCAT, UNION) and all(_is_within(each, star) for each in part.parts):
        return True
    if part.op == INTERSECTION:
        return any(_is_within(each, star) for each in part.parts)
    if part.op == LITERAL:
        return _is_cut_by(part.value, body)
    return part.most <= SHORT_TEXT and _walks_within(part, body)


def _is_cut_by(text: bytes, body: Language) -> bool:
    """Whether a text is a row of texts of `body`, each as short as can be."""
    from bltgen.automata.derivative import step

    left = body
    for byte in text:
        left = step(left, byte)[1]
        if left.nullable:
            left = body
    return left is body


def _walks_within(part: Language, language: Language) -> bool:
    """Whether a term's short texts are all in a language."""
    from bltgen.automata.derivative import transitions

    if part.nullable and not language.nullable:
        return False
    for bits, target in transitions(part):
        for common, following in transitions(language):
            if bits & common:
                if not _walks_within(target, following):
                    return False
                bits &= ~common
        if bits:
            return False
    return True


def _merge_counters(parts: dict[Language, None]) -> None:
    """X{a,b} | X{c,d} is X{a,d} where the intervals touch; X and "" count as X{1,1} and X{0,0}."""
    bodies: dict[Language, list[Language]] = {}
    for part in parts:
        if part.op == REPEAT:
            bodies.setdefault(part.parts[0], []).append(part)
    for body, repeats in bodies.items():
        # One body may be a repeat of another, (..){1,2} of .{2}: what was merged before is no part any more.
        counted = [part for part in repeats if part in parts]
        intervals: list[tuple[int, int]] = [part.value for part in counted]
        alone = _flat_union(body)
        if all(part in parts for part in alone):
            intervals.append((1, 1))
        if EPSILON in parts and any(low == 1 for low, _ in intervals):
            intervals.append((0, 0))
        intervals.sort()
        merged = intervals[:1]
        for low, high in intervals[1:]:
            if low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(merged[-1][1], high))
            else:
                merged.append((low, high))
        if len(merged) < len(intervals):
            for part in counted:
                del parts[part]
            if (1, 1) in intervals:
                for part in alone:
                    parts.pop(part, None)
            for low, high in merged:
                for part in _flat_union(_repeat(body, low, high)):
                    parts[part] = None


def intersection(*languages: Language) -> Language:
    """The texts that all the languages contain; ANY_BYTES where none is given."""
    return _intersection([language.bare for language in languages])


def _intersection(languages: Iterable[Language]) -> Language:
    parts: dict[Language, None] = {}
    excluded: list[Language] = []
    bits = -1
    for language in languages:
        if language._shortest == INFINITE:
            return EMPTY
        for part in language.parts if language.op == INTERSECTION else (language,):
            if part.op == BYTES:
                bits = part.value if bits < 0 else bits & part.value
            elif part.op == COMPLEMENT:
                excluded.append(part.parts[0])
            elif part._shortest == INFINITE:
                return EMPTY
            elif part is not ANY_BYTES:
                parts[part] = None
    if bits >= 0:
        parts[_bytes(bits)] = None
    if len(parts) > 1:
        alphabet = ALL_BITS
        for part in parts:
            alphabet &= part.alphabet
        if alphabet != ALL_BITS:
            _narrow_windows(parts, alphabet)
        _merge_windows(parts)
    if excluded:
        body = excluded[0] if len(excluded) == 1 else _union(excluded)
        if body is ANY_BYTES or _covers_any(_flat_union(body), parts):
            return EMPTY
        if body is not EMPTY:
            parts[_complement(body)] = None
    if len(parts) < 2:
        return next(iter(parts), ANY_BYTES)
    nullable, least, most, depth = True, 0, INFINITE, 0
    for part in parts:
        if not part.nullable:
            nullable = False
        least = max(least, part.least, part._bound)
        most = min(most, part.most)
        depth = max(depth, part.depth)
    if least > most:
        return EMPTY
    if most == 0:
        return EPSILON if nullable else EMPTY
    ordered = sorted(parts, key=_by_id)
    key = (INTERSECTION, *[part.id for part in ordered])
    found = _known(key)
    if found is None:
        found = _term(INTERSECTION, key, tuple(ordered), None, nullable, least, most, False, depth + 1)
        if len(ordered) == 2 and is_window_of(ordered[0], ordered[1]):
            found._shortest = least
    return found


def _covers_any(alternatives: Iterable[Language], parts: dict[Language, None]) -> bool:
    """Whether some alternative holds all of some part, as far as their form tells.

    Of windows B{a,b} over the same prefix code, what an alternative holds is cut off the part, in place.
    """
    for alternative in alternatives:
        if alternative in parts:
            return True
        if alternative.op != REPEAT:
            continue
        charge(len(parts) >> 4)
        body, (low, high) = alternative.parts[0], alternative.value
        for part in list(parts):
            if part.op != REPEAT or part.parts[0] is not body:
                if part is body and low <= 1:
                    return True
                continue
            first, last = part.value
            if low <= first and last <= high:
                return True
            if (low <= first <= high or low <= last <= high) and is_prefix_code(body):
                del parts[part]
                window = (high + 1, last) if low <= first else (first, low - 1)
                parts[_repeat(body, *window)] = None
    return False


def _narrow_windows(parts: dict[Language, None], alphabet: int) -> None:
    """(B | C D)* & X is B* & X where X has no byte of C: over ASCII, characters are bytes."""
    for part in list(parts):
        if part.op == REPEAT and part.parts[0].op == UNION and part.alphabet & ~alphabet:
            kept = []
            for alternative in part.parts[0].parts:
                first = first_bytes(alternative)
                if first == 0:
                    break
                if alternative.op == BYTES:
                    kept.append(_bytes(alternative.value & alphabet))
                elif first & alphabet:
                    kept.append(alternative)
            else:
                if len(kept) < len(part.parts[0].parts):
                    del parts[part]
                    parts[_repeat(_union(kept), *part.value)] = None


def _merge_windows(parts: dict[Language, None]) -> None:
    """B{a,b} & B{c,d} is B{max,min} where a text of B* is cut into texts of B in one way only."""
    windows: dict[Language, tuple[int, int]] = {}
    for part in list(parts):
        if part.op == REPEAT and is_prefix_code(part.parts[0]):
            body, (low, high) = part.parts[0], part.value
            if body in windows:
                seen_low, seen_high = windows[body]
                del parts[part]
                parts.pop(_repeat(body, seen_low, seen_high), None)
                low, high = max(low, seen_low), min(high, seen_high)
                parts[_repeat(body, low, high) if low <= high else EMPTY] = None
            windows[body] = (low, high)


def _complement(body: Language) -> Language:
    if body is EMPTY or body._shortest == INFINITE:
        return ANY_BYTES
    if body is ANY_BYTES:
        return EMPTY
    if body.op == COMPLEMENT:
        return body.parts[0]
    key = (COMPLEMENT, body.id)
    return _known(key) or _term(
        COMPLEMENT,
        key,
        (body,),
        None,
        not body.nullable,
        1 if body.nullable else 0,
        INFINITE,
        False,
        body.depth + 1,
    )


def from_automaton(state: Automaton) -> Language:
    """The language of a state of any automaton: the extension point of the regular layer.

    The term's derivatives are whatever `state.transitions()` gives, so an automaton of any size is
    unfolded only where it is read, and composes like any other term.
    """
    key = (AUTOMATON, state)
    found = _known(key)
    if found is not None:
        return found
    distance = state.shortest
    if distance is not None and distance >= INFINITE:
        return EMPTY
    least = 0 if state.accepting else distance if distance is not None else 1
    return _term(AUTOMATON, key, (), state, state.accepting, least, state.longest, distance is not None, 0)
