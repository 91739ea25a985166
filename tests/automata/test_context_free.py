"""Random small grammars against a recogniser that is obviously right, and against each other's twins."""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bltgen.automata.byteset import ByteSet
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, State
from bltgen.automata.language import ANY_BYTES, EMPTY, EPSILON, Language, byte_set, literal
from bltgen.automata.limits import Limits, use_limits
from bltgen.automata.productions import Body, Repeat, Rules
from bltgen.errors import EmptyLanguage, LimitExceeded, Unsupported

LONGEST = 4
WORDS = [bytes(word) for n in range(LONGEST + 1) for word in product(b"ab", repeat=n)]


class Opaque:
    """A language that the engine does not know to be regular: only its states are used."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def start(self) -> State:
        return self.language.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.language, name)


def words_of(rules: Rules, start: str, longest: int, letters: bytes = b"ab") -> set[bytes]:
    """The words of `start` of at most `longest` bytes: the least fixpoint of the rules as equations."""
    every = [bytes(word) for n in range(longest + 1) for word in product(letters, repeat=n)]
    terminals: dict[int, set[bytes]] = {}
    known: dict[str, set[bytes]] = {name: set() for name in rules}

    def value(atom: Any) -> set[bytes]:
        if isinstance(atom, str):
            return known[atom]
        if id(atom) not in terminals:
            terminals[id(atom)] = {word for word in every if atom.accepts(word)}
        return terminals[id(atom)]

    def joined(left: set[bytes], right: set[bytes]) -> set[bytes]:
        return {a + b for a in left for b in right if len(a) + len(b) <= longest}

    while True:
        before = sum(map(len, known.values()))
        for name, body in rules.items():
            if isinstance(body, Repeat):
                power = {b""}
                for count in range(body.low + longest + 1 if body.high is None else body.high + 1):
                    if count >= body.low:
                        known[name] |= power
                    power = joined(power, value(body.atom))
                continue
            for alternative in body:
                row = {b""}
                for atom in alternative:
                    row = joined(row, value(atom))
                known[name] |= row
        if sum(map(len, known.values())) == before:
            return known[start]


TERMINALS: list[Language] = [
    literal(b"a"),
    literal(b"b"),
    literal(b"ab"),
    byte_set(ByteSet.of(b"ab")),
    literal(b"a").star(),
    literal(b"b").plus(),
    literal(b"ba") | literal(b"a"),
    EPSILON,
    EMPTY,
]

NAMES = ["p", "q", "r", "s"]
names = st.sampled_from(NAMES)
terminals = st.one_of(
    st.sampled_from(TERMINALS), st.sampled_from([t for t in TERMINALS if t is not EMPTY]).map(Opaque)
)
atoms = st.one_of(names, names, terminals)
alternatives = st.lists(st.lists(atoms, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)
repeats = st.builds(
    lambda atom, low, more: Repeat(atom, low, None if more is None else low + more),
    atoms,
    st.integers(0, 2),
    st.none() | st.integers(0, 2),
)
bodies = st.one_of(alternatives, alternatives, alternatives, repeats)
grammars = st.fixed_dictionaries(dict.fromkeys(NAMES, bodies))


def compiled(rules: Rules) -> Grammar | None:
    try:
        return Grammar(rules, "p")
    except EmptyLanguage:
        return None


def walk(constraint: Constraint, word: bytes) -> State | None:
    state: State | None = constraint.start()
    for byte in word:
        if state is None:
            return None
        state = state.advance(byte)
    return state


def check_states(grammar: Constraint, accepted: set[bytes], rules: Rules | None) -> None:
    """All that the contract promises, at every word, given the accepted words up to LONGEST bytes."""
    longer: set[bytes] = set()
    for word in WORDS:
        state = walk(grammar, word)
        completions = [len(w) - len(word) for w in accepted if w.startswith(word)]
        if state is None:
            assert not completions
            continue
        assert state.accepting == (word in accepted)
        assert bool(state.allowed) or state.accepting
        if completions:
            assert state.shortest == min(completions)
        else:
            assert state.shortest > LONGEST - len(word)
        completion = state.completion()
        assert len(completion) == state.shortest
        assert grammar.accepts(word + completion)
        if rules is not None and LONGEST < len(word + completion) <= LONGEST + 2:
            longer = longer or words_of(rules, "p", LONGEST + 2)
            assert word + completion in longer
        allowed = set(state.allowed)
        assert allowed <= set(b"ab")
        for byte in b"ab":
            following = state.advance(byte)
            assert (following is not None) == (byte in allowed)
        for n in range(LONGEST + 2):
            within = {b for b in allowed if state.advance(b).shortest <= n - 1}  # type: ignore[union-attr]
            assert set(state.allowed_within(n)) == within
        if state.accepting or len(allowed) > 1:
            assert state.forced == b""
        else:
            assert state.forced[0] in allowed
            after = walk(grammar, word + state.forced)
            assert after is not None
            assert after.accepting or len(after.allowed) > 1 or len(state.forced) == 4096


@settings(deadline=None, max_examples=60)
@given(grammars)
def test_states_agree_with_a_fixpoint_over_spans(rules: Rules) -> None:
    """Verdict, allowed, shortest, completion, allowed_within and forced, on all short words."""
    grammar = compiled(rules)
    accepted = words_of(rules, "p", LONGEST)
    if grammar is None:
        assert not accepted
        return
    check_states(grammar, accepted, rules)


@settings(deadline=None, max_examples=25)
@given(grammars, grammars)
def test_union_and_concatenation_of_grammars(left: Rules, right: Rules) -> None:
    """The combined grammars hold the words that the definitions of union and concatenation say."""
    one, two = compiled(left), compiled(right)
    assume(one is not None and two is not None)
    assert one is not None
    assert two is not None
    first = {word for word in WORDS if one.accepts(word)}
    second = {word for word in WORDS if two.accepts(word)}
    check_states(one | two, first | second, None)
    check_states(one + two, {a + b for a in first for b in second if len(a + b) <= LONGEST}, None)
    check_states(one.optional(), first | {b""}, None)
    thrice = {a + b + c for a in first for b in first for c in first}
    twice = {a + b for a in first for b in first}
    check_states(one.repeat(2, 3), {w for w in twice | thrice if len(w) <= LONGEST}, None)


REGULAR = [
    literal(b"a").star() + literal(b"b").star(),
    byte_set(ByteSet.of(b"ab")).repeat(2, 4),
    ~(ANY_BYTES + literal(b"ab") + ANY_BYTES),
    (byte_set(ByteSet.of(b"ab")) + byte_set(ByteSet.of(b"ab"))).star(),
    literal(b"a") + ANY_BYTES + literal(b"b"),
    ANY_BYTES,
]


@settings(deadline=None, max_examples=60)
@given(grammars, st.sampled_from(REGULAR))
def test_intersection_with_a_regular_language(rules: Rules, language: Language) -> None:
    """The product accepts what both accept, and its states keep every promise."""
    grammar = compiled(rules)
    assume(grammar is not None)
    assert grammar is not None
    accepted = {word for word in WORDS if grammar.accepts(word) and language.accepts(word)}
    try:
        both = grammar & language
    except EmptyLanguage:
        assert not accepted
        return
    except Unsupported:
        return
    if isinstance(both, Language) and both.is_empty():
        assert not accepted
        return
    check_states(both, accepted, None)


@settings(deadline=None, max_examples=60)
@given(grammars, st.randoms(use_true_random=False))
def test_samples_are_accepted_and_fit(rules: Rules, rng: random.Random) -> None:
    """Every sample is derived by the rules, and a budget of the shortest text is enough."""
    grammar = compiled(rules)
    assume(grammar is not None)
    assert grammar is not None
    for budget in (grammar.start().shortest, grammar.start().shortest + 3, None):
        text = grammar.sample(rng, budget)
        assert budget is None or len(text) <= budget
        assert grammar.accepts(text)
        if len(text) <= LONGEST + 1:
            assert text in words_of(rules, "p", LONGEST + 1)


@settings(deadline=None, max_examples=30)
@given(grammars)
def test_a_small_cache_changes_nothing(rules: Rules) -> None:
    """States survive dropping the tables, and verdicts do not depend on it."""
    grammar, twin = compiled(rules), compiled(rules)
    assume(grammar is not None)
    assert grammar is not None
    assert twin is not None
    for word in WORDS:
        with use_limits(Limits(cached_states=1)):
            state = walk(grammar, word)
        other = walk(twin, word)
        assert (state is None) == (other is None)
        if state is not None and other is not None:
            grammar.drop_caches()
            assert (state.allowed, state.accepting, state.shortest) == (
                other.allowed,
                other.accepting,
                other.shortest,
            )


A, B, X = literal(b"a"), literal(b"b"), literal(b"x")
OPEN, CLOSE = literal(b"("), literal(b")")
NESTED: Body = ((OPEN, "n", CLOSE), (X,))

RECURSIONS: dict[str, Rules] = {
    "left": {"p": (("p", "n"), ("n",)), "n": NESTED},
    "right": {"p": (("n", "p"), ("n",)), "n": NESTED},
    "mutual left": {"p": (("q", "n"), ("n",)), "q": (("p", "n"), ("n", "n")), "n": NESTED},
    "mutual right": {"p": (("n", "q"), ("n",)), "q": (("n", "p"), ("n", "n")), "n": NESTED},
    "hidden left": {"p": (("e", "p", "n"), ("n",)), "e": ((), ("e", "e")), "n": NESTED},
    "right under a nullable": {"p": (("n", "p", "e"), ("n",)), "e": ((), ("e", "e")), "n": NESTED},
    "cycle": {"p": (("p",), ("q",)), "q": (("p",), ("n", "p"), ("n",)), "n": NESTED},
}


@pytest.mark.parametrize("name", RECURSIONS)
def test_recursion_needs_few_states(name: str) -> None:
    """10 KB of a row of items visit a constant number of states, whichever way the row recurs."""
    grammar = Grammar(RECURSIONS[name], "p")
    states = set()
    state: State | None = grammar.start()
    for byte in b"(x)x" * 2500 + b"x":
        assert state is not None
        state = state.advance(byte)
        assert state is not None
        states.add(state.id)
    assert state is not None
    assert state.accepting
    assert len(states) < 20


def test_deep_nesting_does_not_recurse() -> None:
    """10,000 open brackets: shortest, completion, forced and closing them, without a stack overflow."""
    depth = 10_000
    grammar = Grammar({"p": NESTED, "n": NESTED}, "p")
    state = walk(grammar, b"(" * depth)
    assert state is not None
    assert state.shortest == depth + 1
    assert state.completion() == b"x" + b")" * depth
    closed = walk(grammar, b"(" * depth + b"x")
    assert closed is not None
    assert closed.forced == b")" * 4096
    assert grammar.accepts(b"(" * depth + b"x" + b")" * depth)
    assert not grammar.accepts(b"(" * depth + b"x" + b")" * (depth + 1))


def test_deeply_nested_rules_do_not_recurse() -> None:
    """A chain of 5,000 rules, regular or not."""
    count = 5000
    chain: dict[str, Body] = {f"r{i}": ((A, f"r{i + 1}"),) for i in range(count)}
    assert Grammar({**chain, f"r{count}": ((B,),)}, "r0").accepts(b"a" * count + b"b")
    around: dict[str, Body] = {f"r{i}": ((A, f"r{i + 1}", B),) for i in range(count)}
    last: Body = ((OPEN, "r0", CLOSE), (X,))
    grammar = Grammar({**around, f"r{count}": last}, "r0")
    assert grammar.accepts(b"a" * count + b"x" + b"b" * count)
    assert grammar.start().shortest == 2 * count + 1


def test_large_counts_of_nested_things() -> None:
    """x{2,3000} of a recursive rule is exact at both ends, and the grammar stays small."""
    grammar = Grammar({"p": Repeat("n", 2, 3000), "n": NESTED}, "p")
    for count, verdict in ((1, False), (2, True), (2999, True), (3000, True), (3001, False)):
        assert grammar.accepts(b"(x)" * count) is verdict
    assert Grammar({"p": Repeat("n", 40, None), "n": NESTED}, "p").start().shortest == 40


def test_exponentially_long_shortest_text() -> None:
    """Sixty doublings have a shortest text of 2**60 bytes: it is measured, not written out."""
    rules: dict[str, Body] = {
        f"r{i}": ((f"r{i + 1}", f"r{i + 1}"), (OPEN, f"r{i}", CLOSE)) for i in range(60)
    }
    grammar = Grammar({**rules, "r60": ((OPEN, "r60", CLOSE), (X,))}, "r0")
    assert grammar.start().shortest == 2**60
    with pytest.raises(LimitExceeded, match="shortest text"):
        grammar.start().completion()


def test_ambiguity_is_bounded() -> None:
    """A grammar whose items grow with the text meets the limit instead of eating the memory."""
    rules: Rules = {"p": ((), (OPEN, "p", "q"), (X, "p", "q")), "q": ((), (B, "q2", B)), "q2": ((), ("p",))}
    grammar = Grammar(rules, "p")
    with use_limits(Limits(grammar_items=50)), pytest.raises(LimitExceeded, match="ways to read"):
        grammar.accepts(b"(" * 500)


def test_nothing_matches() -> None:
    """A grammar without texts is refused, with the rules that go on for ever."""
    with pytest.raises(EmptyLanguage) as caught:
        Grammar({"p": ((A, "q"),), "q": ((B, "p"),)}, "p")
    assert caught.value.conflicts == ("p", "q")


def test_unproductive_and_unused_rules_are_reported() -> None:
    """`root ::= "a" x | "b"` with `x ::= "c" x` allows only `b`, and says why."""
    grammar = Grammar({"root": ((A, "x"), (B,)), "x": ((literal(b"c"), "x"),), "y": ((A,),)}, "root")
    assert bytes(grammar.start().allowed) == b"b"
    notes = {entry.place: entry.note for entry in grammar.report().entries}
    assert "no text" in notes["x"]
    assert "not used" in notes["y"]
    assert "1 of 2" in notes["root"]


def test_undecidable_operations_are_refused() -> None:
    """The complement of a grammar and the intersection of two need not be computable."""
    one = Grammar({"p": NESTED, "n": NESTED}, "p")
    with pytest.raises(Unsupported, match="complement"):
        _ = ~one
    with pytest.raises(Unsupported, match="undecidable"):
        _ = one & Grammar({"p": ((A, "p", B), ())}, "p")
    regular = Grammar({"p": ((A, "p"), (B,))}, "p")
    assert (~regular).accepts(b"a")
    assert not (~regular).accepts(b"ab")
