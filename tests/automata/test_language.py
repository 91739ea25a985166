"""The regular layer against an obvious slow twin: sets of all short strings, computed by definition."""

from __future__ import annotations

import gc
import itertools
import random
import re
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ALL_BITS, ByteSet
from bltgen.automata.description import describe, rebuild, render
from bltgen.automata.language import (
    ANY_BYTE,
    ANY_BYTES,
    EMPTY,
    EPSILON,
    INFINITE,
    Language,
    byte_set,
    concat,
    intersection,
    literal,
    union,
)
from bltgen.automata.lazy_dfa import drop_caches
from bltgen.automata.limits import Limits, use_limits
from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded

ALPHABET = b"ab"
LENGTH = 6
STRINGS = [bytes(t) for n in range(LENGTH + 1) for t in itertools.product(ALPHABET, repeat=n)]
UNIVERSE = frozenset(STRINGS)
SIGMA = byte_set(ByteSet.of(ALPHABET))

Pair = tuple[Language, frozenset[bytes]]


def _product(left: frozenset[bytes], right: frozenset[bytes]) -> frozenset[bytes]:
    return frozenset(x + y for x in left for y in right if len(x) + len(y) <= LENGTH)


def _power(base: frozenset[bytes], low: int, high: int) -> frozenset[bytes]:
    result: frozenset[bytes] = frozenset()
    power = frozenset({b""})
    for n in range(min(high, low + LENGTH + 1) + 1):
        if n >= low:
            result |= power
        power = _product(power, base)
    return result


def _combine(children: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    two = st.tuples(children, children)
    bounds = st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)))
    return st.one_of(
        two.map(lambda p: (p[0][0] + p[1][0], _product(p[0][1], p[1][1]))),
        two.map(lambda p: (p[0][0] | p[1][0], p[0][1] | p[1][1])),
        two.map(lambda p: (p[0][0] & p[1][0], p[0][1] & p[1][1])),
        children.map(lambda p: (SIGMA.star() - p[0], UNIVERSE - p[1])),
        st.tuples(children, bounds).map(
            lambda p: (
                p[0][0].repeat(p[1][0], None if p[1][1] is None else p[1][0] + p[1][1]),
                _power(p[0][1], p[1][0], 99 if p[1][1] is None else p[1][0] + p[1][1]),
            )
        ),
    )


LEAVES: list[Pair] = [
    (literal(b"a"), frozenset({b"a"})),
    (literal(b"b"), frozenset({b"b"})),
    (literal(b"ab"), frozenset({b"ab"})),
    (literal(b"aba"), frozenset({b"aba"})),
    (SIGMA, frozenset({b"a", b"b"})),
    (EPSILON, frozenset({b""})),
    (EMPTY, frozenset()),
]
languages = st.recursive(st.sampled_from(LEAVES), _combine, max_leaves=8)


@settings(deadline=None, max_examples=300)
@given(languages)
def test_a_term_contains_exactly_the_strings_of_its_definition(pair: Pair) -> None:
    """accepts, and the walk over states, agree with the set of strings."""
    language, strings = pair
    for text in STRINGS:
        assert language.accepts(text) == (text in strings)
        state = language.start()
        for byte in text:
            following = state.advance(byte)
            if following is None:
                assert text not in strings
                break
            state = following
        else:
            assert state.accepting == (text in strings)


def _pair(language: Language) -> Pair:
    """A plain body with its texts, by its definition."""
    return language, frozenset(text for text in STRINGS if language.accepts(text))


# Bodies of which one is a repeat of another, or shares an alternative with it.
BODIES: list[Pair] = [
    _pair(body)
    for body in (
        literal(b"ab"),
        SIGMA,
        SIGMA.repeat(2, 2),
        SIGMA.repeat(3, 3),
        literal(b"ab").repeat(2, 2),
        literal(b"ab") | literal(b"a"),
        (literal(b"ab") | literal(b"b")).repeat(2, 2),
    )
]


@st.composite
def _counted(draw: st.DrawFn) -> Pair:
    """A few counted repeats of few bodies, in a union or in a row: their counters meet."""
    bodies = draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=2))
    counts = st.tuples(st.integers(0, 4), st.sampled_from([0, 0, 1, 3, None]))
    made, strings = draw(st.sampled_from([LEAVES[5], LEAVES[6]]))
    in_a_row = draw(st.booleans())
    for body, (low, more) in draw(
        st.lists(st.tuples(st.sampled_from(bodies), counts), min_size=2, max_size=4)
    ):
        high = None if more is None else low + more
        part, texts = body[0].repeat(low, high), _power(body[1], low, 99 if high is None else high)
        if in_a_row and made is not EMPTY:
            made, strings = made + part, _product(strings, texts)
        else:
            made, strings = made | part, strings | texts
    return made, strings


@settings(deadline=None, max_examples=200)
@given(_counted())
def test_counters_that_meet_are_merged_and_no_count_is_added(pair: Pair) -> None:
    """X{1} | X{3} has no X{2}; the repeats of a body that is itself a repeat may be merged before its own."""
    language, strings = pair
    assert frozenset(text for text in STRINGS if language.accepts(text)) == strings


@pytest.mark.parametrize(
    "pattern", [r"(..)*(...)*", r"([ab]{2})*([ab]{3})*", r"(a{2}){0,3}(a{3}){0,2}|a{2}|a"]
)
def test_repeats_of_repeats_are_read_to_the_end(pattern: str) -> None:
    """Every text, and the same within a JSON string."""
    language, within = regex(pattern), json_schema({"pattern": f"^(?:{pattern})$"}, whitespace="compact")
    for text in STRINGS:
        matches = re.fullmatch(pattern, text.decode()) is not None
        assert language.accepts(text) == within.accepts(b'"%s"' % text) == matches, text


@settings(deadline=None, max_examples=300)
@given(languages)
def test_allowed_and_shortest_are_exact(pair: Pair) -> None:
    """Every short prefix: allowed, shortest, forced, completion and allowed_within by brute force."""
    language, strings = pair
    assert language.is_empty() == (language.start().shortest >= INFINITE)
    if strings:
        assert language.start().shortest == min(map(len, strings))
    for text in STRINGS:
        if len(text) > 3:
            break
        state = language.start()
        for byte in text:
            following = state.advance(byte)
            if following is None:
                assert not any(s.startswith(text) for s in strings)
                break
            state = following
        else:
            tails = {s[len(text) :] for s in strings if s.startswith(text)}
            assert {t[0] for t in tails if t} <= set(state.allowed)
            if state.shortest < INFINITE:
                completion = state.completion()
                assert len(completion) == state.shortest
                assert language.accepts(text + completion)
                if tails:
                    assert state.shortest == min(map(len, tails))
                    assert all(t.startswith(state.forced) for t in tails)
            for byte in range(256):
                after = state.advance(byte)
                assert (byte in state.allowed) == (after is not None)
                if after is not None:
                    assert language.accepts(text + bytes([byte]) + after.completion())
            for n in range(6):
                expected = {b for b in state.allowed if state.advance(b).shortest <= n - 1}
                assert set(state.allowed_within(n)) == expected


@settings(deadline=None, max_examples=150)
@given(languages, languages)
def test_whole_language_questions_agree_with_the_sets(first: Pair, second: Pair) -> None:
    """Equivalence, inclusion and the witness, as far as short strings can tell."""
    (a, in_a), (b, in_b) = first, second
    witness = a.witness_against(b)
    if witness is None:
        assert in_a == in_b
        assert a.equivalent(b)
    else:
        assert a.accepts(witness) != b.accepts(witness)
        assert not a.equivalent(b)
        different = in_a ^ in_b
        if different:
            assert len(witness) == min(map(len, different))
        else:
            assert len(witness) > LENGTH
    if a.includes(b):
        assert in_b <= in_a


@settings(deadline=None, max_examples=100)
@given(languages, st.integers(0, 2**32))
def test_samples_are_valid_and_fit(pair: Pair, seed: int) -> None:
    """A draw needs no rejection, at any budget from the shortest up, and of any length that exists."""
    language, strings = pair
    rng = random.Random(seed)
    if language.is_empty():
        with pytest.raises(EmptyLanguage):
            language.sample(rng)
        return
    assert language.accepts(language.sample(rng))
    least = language.start().shortest
    for budget in range(least, least + 5):
        text = language.sample(rng, budget)
        assert language.accepts(text)
        assert len(text) <= budget
    if least:
        with pytest.raises(BudgetTooSmall):
            language.sample(rng, least - 1)
    for length in {len(s) for s in strings}:
        assert len(text := language.sample(rng, length=length)) == length
        assert language.accepts(text)


@settings(deadline=None, max_examples=100)
@given(languages)
def test_description_rebuilds_the_same_term(pair: Pair) -> None:
    """describe() is JSON from which an equivalent language comes back."""
    language, strings = pair
    again = rebuild(describe(language))
    assert [t for t in STRINGS if again.accepts(t)] == [t for t in STRINGS if t in strings]
    assert isinstance(render(language), str)


@settings(deadline=None, max_examples=50)
@given(languages)
def test_states_survive_dropped_caches(pair: Pair) -> None:
    """A state kept over drop_caches() answers as before."""
    language, strings = pair
    state = language.start()
    allowed, before = state.allowed, [state.advance(b) for b in ALPHABET]
    drop_caches()
    after = [state.advance(b) for b in ALPHABET]
    assert language.start().allowed == allowed
    for old, new in zip(before, after, strict=True):
        assert (old is None) == (new is None)
        assert old is None or new is None or old.language.equivalent(new.language)
    assert [t for t in STRINGS if language.accepts(t)] == [t for t in STRINGS if t in strings]


def test_equal_terms_are_one_object() -> None:
    """Hash-consing and the normal forms."""
    a, b, c = literal(b"a"), literal(b"b"), literal(b"cc")
    assert union(a, b, c) is union(c, b, a) is union(union(c, a), b)
    assert literal(b"ab") + c is literal(b"abcc") is concat(a, b, c)
    x = union(a, c)
    assert x + x is x.repeat(2, 2)
    assert x.repeat(2, 3) + x.repeat(1) is x.repeat(3)
    assert x.star().star() is x.star() is x.optional().star()
    assert (x.star() | b).star() is (x | b).star()
    assert (x.repeat(1, 5)).repeat(1, 7) is x.repeat(1, 35)
    assert x.repeat(2, 3).repeat(2, 3) is x.repeat(4, 9)
    assert x.repeat(3, 3).repeat(0, 2) is not x.repeat(0, 6)
    assert x | x.repeat(2, 4) | EPSILON is x.repeat(0, 4)
    assert ~~x is x
    assert a & ~a is EMPTY
    assert x | ~x is ANY_BYTES
    assert ANY_BYTE.repeat(2, 9) & ANY_BYTE.repeat(4) is ANY_BYTE.repeat(4, 9)
    assert ANY_BYTE.repeat(2, 3) & ANY_BYTE.repeat(4) is EMPTY


def test_dropping_a_language_frees_its_terms() -> None:
    """The table of terms holds them weakly."""
    language = literal(b"some unusual text \x01").repeat(3, 77) & ~literal(b"\x02\x03")
    language.sample(random.Random(1))
    reference = weakref.ref(language)
    del language
    gc.collect()
    assert reference() is None


def test_caches_are_dropped_when_they_grow() -> None:
    """More states than Limits.cached_states: the caches are dropped, the answers stay."""
    from bltgen.automata import lazy_dfa

    language = ANY_BYTE.repeat(500, 500) & ~literal(b"x" * 500)
    with use_limits(Limits(cached_states=50)):
        state = language.start()
        for _ in range(499):
            state = state.advance(ord("x"))
            assert lazy_dfa._made_since_drop <= 51
        assert set(state.allowed) == set(range(256)) - {ord("x")}


def test_a_search_that_is_too_long_says_so() -> None:
    """Three cycles of coprime lengths meet after 95 * 96 * 97 bytes: LimitExceeded before."""
    a = literal(b"a")
    cycles = [a.repeat(n, n).plus() for n in (95, 96, 97)]
    with use_limits(Limits(search_states=1000)), pytest.raises(LimitExceeded, match="1000"):
        intersection(*cycles).is_empty()
    assert intersection(*[a.repeat(n, n).plus() for n in (5, 6, 7)]).start().shortest == 210


def test_equivalence_needs_no_subset_construction() -> None:
    """Two forms of a language whose minimal automaton has 2**41 states: told equal, and told apart."""
    a, b, sigma = literal(b"a"), literal(b"b"), byte_set(ByteSet.of(b"ab"))
    left = sigma.star() + a + sigma.repeat(40, 40)
    right = union(*[sigma.star() + a + x + sigma.repeat(39, 39) for x in (a, b)])
    wrong = union(*[sigma.star() + a + x + sigma.repeat(39, 39) for x in (a, a + b)])
    with use_limits(Limits(search_states=2000)):
        assert left.equivalent(right)
        witness = left.witness_against(wrong)
        assert witness is not None
        assert left.accepts(witness) != wrong.accepts(witness)


def test_contradictions_under_counters_are_seen() -> None:
    """A long length window over two counters, minus a pattern: no step visits many states."""
    counted = (literal(b"a").repeat(1, 100) + literal(b"b")).repeat(1, 50)
    any_byte = byte_set(ByteSet.range(0, 127))
    without = counted & ANY_BYTE.repeat(700, 900) & ~(any_byte.star() + literal(b"abab") + any_byte.star())
    with use_limits(Limits(search_states=1500)):
        state = without.start()
        for byte in b"a" * 20 + b"b" + b"a" * 20 + b"ba":
            assert byte in state.allowed
            state = state.advance(byte)
        assert set(state.allowed) == {ord("a")}


@pytest.mark.parametrize("data", [b"x" * 5000, bytes(range(256)) * 20])
def test_long_literals(data: bytes) -> None:
    """A literal longer than one chunk is read, forced and completed whole."""
    language = literal(data)
    assert language.accepts(data)
    assert not language.accepts(data[:-1])
    assert language.start().shortest == len(data)
    assert language.start().completion() == data
    assert data.startswith(language.start().forced)
    assert len(language.start().forced) == 4096


def test_deep_terms_do_not_recurse() -> None:
    """10,000 levels of star over concatenation: built, read, and asked, with Python's own stack limit."""
    b = literal(b"b")
    language = literal(b"a")
    for _ in range(10_000):
        language = (language + b).star()
    assert language.start().accepting
    state = language.start().advance(ord("a"))
    assert state is not None
    assert ord("b") in state.allowed
    assert isinstance(render(language), str)


def test_byte_sets() -> None:
    """The algebra of byte sets is that of sets of integers."""
    rng = random.Random(5)
    for _ in range(200):
        x = {rng.randrange(256) for _ in range(rng.randrange(300))}
        y = {rng.randrange(256) for _ in range(rng.randrange(300))}
        a, b = ByteSet.of(x), ByteSet.of(y)
        assert set(a) == x
        assert list(a) == sorted(x)
        assert len(a) == len(x)
        assert set(a | b) == x | y
        assert set(a & b) == x & y
        assert set(a - b) == x - y
        assert set(a ^ b) == x ^ y
        assert set(~a) == set(range(256)) - x
        assert set(a.mask().nonzero()[0]) == x
        assert a == ByteSet(a.bits)
        assert hash(a) == hash(ByteSet(a.bits))
    assert ByteSet.range(0, 255).bits == ALL_BITS
    with pytest.raises(ValueError, match="bits"):
        ByteSet(1 << 256)
    with pytest.raises(ValueError, match="byte"):
        ByteSet.of([256])
    with pytest.raises(ValueError, match="read-only"):
        ByteSet.of(b"a").mask()[0] = True
    assert intersection() is ANY_BYTES
    assert union() is EMPTY
