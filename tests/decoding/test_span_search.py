"""The search for whole spans, read by read, against all of them; and what is done with what it finds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.decoding import span_search as span_search_module
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.sampling import SamplingParameters, base_distribution, log_softmax
from bltgen.decoding.search import Search
from bltgen.decoding.span_search import AHEAD, NEAR, Span, SpanSearch, told_by
from bltgen.decoding.spans import Spans, _drawn, _Places, _string
from bltgen.decoding.unconstrained import ANYTHING
from bltgen.errors import LimitExceeded
from bltgen.testing.models import FunctionModel
from tests.decoding.driving import Dice, drive

WORDS = (b'"', b'a"', b'ab"', b'abc"', b'b"', b'ba"', b'bcb"', b'bcc"', b'c\\"c"', b'ccaab"')
LOW = 5.0


class Told:
    """A state in the middle of a string that is one of the words, and its own constraint."""

    forced, id = b"", 0

    def __init__(self, words, at=b"", walls=()):
        self.words, self.at, self.walls = words, at, walls
        self.accepting = at in words
        self.told_by = None if self.accepting else "the text"
        self.allowed = self.allowed_within(99)
        self.shortest = min(len(word) - len(at) for word in words if word.startswith(at))

    def start(self):
        """Itself."""
        return self

    def allowed_within(self, n):
        """The next byte of each word that fits."""
        left = [word[len(self.at) :] for word in self.words if word.startswith(self.at)]
        return ByteSet(sum({1 << rest[0] for rest in left if 0 < len(rest) <= n}))

    def advance(self, byte):
        """A byte more, where the limits allow it."""
        at = self.at + bytes((byte,))
        if at in self.walls:
            raise LimitExceeded("states", 0)
        return Told(self.words, at, self.walls)

    def completion(self):
        """The rest of the shortest word."""
        return min((w for w in self.words if w.startswith(self.at)), key=len)[len(self.at) :]


def logits(output: bytes) -> np.ndarray:
    """Scores without a pattern; the letters that matter have most of the mass."""
    found = np.full(257, -LOW)
    found[[*b'abc"\\']] = np.random.default_rng([7, *output]).normal(0, 1.5, 5)
    return found


MODEL = FunctionModel(lambda prompt, output: logits(output), patch=3)


def spans_of(words=WORDS, parameters=None, *, count=99, least=-math.inf, most_read=10**6, at_once=1, **how):
    """The spans that `next` gives, up to `count`, their search, and the moves that were made."""
    search = Search(
        Told(words, walls=how.get("walls", ())), how.get("max_bytes"), parameters or SamplingParameters()
    )
    found = []

    def begin(rows):
        spans = SpanSearch(search, search.start, rows, most_read, at_once)
        while len(found) < count:
            one = yield from spans.next(least)
            if one is None:
                break
            found.append(one)
        return spans

    done = drive(how.get("model", MODEL), search, begin)
    return found, search, done


def expected(words=WORDS, parameters=None):
    """(score, model, base) of each word, byte by byte."""
    parameters, made = parameters or SamplingParameters(), {}
    bytewise = SamplingParameters(
        presence_penalty=parameters.presence_penalty,
        frequency_penalty=parameters.frequency_penalty,
        repetition_penalty=parameters.repetition_penalty,
        penalty_ngram=parameters.penalty_ngram,
        bias=parameters.bias,
    )
    for word in words:
        sums = np.zeros(3)
        for at, byte in enumerate(word):
            row, said = logits(word[:at])[None], [word[:at]]
            whole = base_distribution(row, parameters, said)
            score = base_distribution(row, bytewise, said).tempered
            sums += (score[0, byte], log_softmax(row)[0, byte], whole.truncated[0, byte])
        made[word] = tuple(sums)
    return made


@pytest.mark.parametrize("at_once", [1, 2, 3, 9])
@pytest.mark.parametrize(
    "how",
    [
        {},
        {"temperature": 0},
        {"temperature": 1.7},
        {"top_k": 4},
        {"temperature": 0, "presence_penalty": 0.4, "bias": {b"b": 1.0}},
        {
            "temperature": 0.5,
            "top_p": 0.9,
            "repetition_penalty": 1.3,
            "frequency_penalty": 0.2,
            "penalty_ngram": 2,
        },
    ],
    ids=str,
)
def test_all_spans_come_the_most_probable_first(how, at_once):
    """With the log-probabilities of their bytes: at temperature 1, of the model, of the base distribution."""
    parameters = SamplingParameters(**how)
    found, search, _ = spans_of(parameters=parameters, at_once=at_once)
    wanted = expected(parameters=parameters)
    assert [one.data for one in found] == sorted(WORDS, key=lambda word: -wanted[word][0])
    for one in found:
        assert np.allclose((one.score, one.model, one.base), wanted[one.data])
        assert one.before.at == one.data[:-1]
    assert search.tally.unexplored_bytes == 0


def test_what_the_model_never_says_is_no_span():
    """Nor what is less probable than is asked for; at the very bound it is one."""
    silent = FunctionModel(
        lambda prompt, output: np.where(np.arange(257) == ord("c"), -np.inf, logits(output))
    )
    assert {one.data for one in spans_of(model=silent)[0]} == {w for w in WORDS if b"c" not in w}
    scores = [one.score for one in spans_of()[0]]
    for count, score in enumerate(scores):
        assert len(spans_of(least=score)[0]) == count + 1
        assert len(spans_of(least=np.nextafter(score, 1))[0]) == count


def test_what_comes_after_a_bound_may_still_be_asked_for():
    """None is no end: the bound may fall."""
    search = Search(Told(WORDS), None)

    def begin(rows):
        spans, found = SpanSearch(search, search.start, rows, 10**6, 1), []
        for least in (0.0, -math.inf, 0.0, -math.inf):
            found.append((yield from spans.next(least)))
        return found

    none, first, again, second = drive(MODEL, search, begin).result
    assert none is again is None
    assert first.score > second.score


@pytest.mark.parametrize("most", range(12))
def test_nothing_is_read_once_enough_is(most):
    """What lies open already is still given."""
    found, _, done = spans_of(most_read=most, at_once=2)
    read = [sum(map(len, move.chunks)) for move in done.moves]
    assert all(sum(read[:at]) < most for at in range(len(read)))
    everything = [one.data for one in spans_of(at_once=2)[0]]
    assert [one.data for one in found] == everything[: len(found)]
    assert len(found) == len(everything) or sum(read) >= most
    assert (most > 0) == bool(read)


@pytest.mark.parametrize("at_once", [1, 3])
def test_beginnings_that_come_near_are_read_together(at_once, monkeypatch):
    """The best ones, up to so many, none of them 4 times less probable; whole spans are not read."""
    assert math.log(4) == NEAR
    batches, read = [], SpanSearch._read

    def noted(self, batch):
        batches.append(len(batch))
        scores = [one.score for one, _ in batch]
        assert scores == sorted(scores, reverse=True)
        assert min(scores) >= scores[0] - NEAR
        assert not any(one.data.endswith(b'"') and told_by(after) is None for one, after in batch)
        if len(batch) < at_once and self._queue:
            left = self._queue[0][2]
            assert left.score < scores[0] - NEAR or left.data in WORDS
        return read(self, batch)

    monkeypatch.setattr(SpanSearch, "_read", noted)
    _, _, done = spans_of(at_once=at_once)
    assert max(batches) == at_once
    assert [len(move.chunks) for move in done.moves] == batches
    assert all(move.keep_logits for move in done.moves)


def test_the_model_reads_on_while_the_way_is_clear():
    """But for the end and escapes; at most 12 bytes, not past a choice, a whole span or the budget."""
    assert AHEAD == 12
    long = b"abcabcabcabcabcabcabcabcabc"
    for words, read in (
        ((long + b'"',), [b"abcabcabcabca", b"bcabcabcabcab", b"c"]),
        ((b'abc"', b'ab"', b"ab\\x" + b'"'), [b"abc", b"\\x"]),
        ((b'aba"', b'abb"'), [b"ab", b"a", b"b"]),
        ((b'a"',), [b"a"]),
    ):
        found, _, done = spans_of(words)
        assert {one.data for one in found} == set(words)
        assert sorted(move.chunks[0] for move in done.moves) == sorted(read)
    _, _, done = spans_of((b'aba"', b'abaca"'), max_bytes=4)
    assert [move.chunks[0] for move in done.moves] == [b"aba"]


def test_rows_read_on_from_what_was_read(monkeypatch):
    """Of the row that has read most of a beginning but its last byte, the first of equals."""
    wanted, read = [], SpanSearch._read

    def common(one, other):
        return max(length for length in range(len(other) + 1) if one.startswith(other[:length]))

    def noted(self, batch):
        known = [max(common(said, one.data[:-1]) for said in self._said) for one, _ in batch]
        parents = [
            next(row for row, said in enumerate(self._said) if common(said, one.data[:-1]) == length)
            for (one, _), length in zip(batch, known, strict=True)
        ]
        wanted.append((parents, known, [one.data for one, _ in batch]))
        return read(self, batch)

    monkeypatch.setattr(SpanSearch, "_read", noted)
    _, _, done = spans_of(at_once=3)
    said = [b""]
    for move, (parents, known, beginnings) in zip(done.moves, wanted, strict=True):
        assert (list(move.rows), list(move.lengths)) == (parents, known)
        said = [
            said[parent][:length] + chunk
            for chunk, parent, length in zip(move.chunks, parents, known, strict=True)
        ]
        assert all(one.startswith(begun) for one, begun in zip(said, beginnings, strict=True))


def test_a_row_is_brought_to_a_span():
    """From the nearest of those that were read."""
    search = Search(Told(WORDS), None)

    def begin(rows):
        spans = SpanSearch(search, search.start, rows, 10**6, 3)
        while (yield from spans.next(-math.inf)) is not None:
            pass
        spans._said = [b"ab", b"bcb", b"bc", b""]
        nearest = [spans._nearest(data) for data in (b"abx", b"bc", b"bcb", b"b", b"x", b"", b"abab")]
        spans._said = spans._said[:1] * len(spans._rows.logits)
        return nearest

    done = drive(MODEL, search, begin)
    assert done.result == [(0, 2), (1, 2), (1, 3), (1, 1), (0, 0), (0, 0), (0, 2)]

    def bring(rows):
        spans = SpanSearch(search, search.start, rows, 10**6, 1)
        span = yield from spans.next(-math.inf)
        return span.data, (yield from spans.rows_after(span.data))

    data, rows = drive(MODEL, search, bring).result
    assert np.allclose(rows.logits[0], logits(data))
    assert list(rows.patch_starts(0)) == list(range(0, len(data), 3))


def test_what_is_too_much_for_the_constraint_is_left_out():
    """Counted, and all else is found."""
    found, search, _ = spans_of(walls=(b"bc", b"ccaa", b'a"'))
    assert {one.data for one in found} == {b'"', b'ab"', b'abc"', b'b"', b'ba"', b'c\\"c"'}
    assert search.tally.unexplored_bytes == 3


@pytest.mark.parametrize(
    ("how", "more"),
    [({}, False), ({"temperature": 0}, False), ({"temperature": 2}, True), ({"top_k": 3}, True)],
)
def test_one_distribution_is_enough_at_temperature_one(how, more, monkeypatch):
    """Where nothing is truncated; greedy too."""
    made = []
    monkeypatch.setattr(
        span_search_module, "base_distribution", lambda *given: made.append(1) or base_distribution(*given)
    )
    spans_of(parameters=SamplingParameters(**how), count=3)
    assert bool(made) == more


def test_a_text_is_told_of_a_state_that_has_one():
    """None of any other."""
    assert told_by(Told(WORDS)) == "the text"
    assert told_by(Told(WORDS, b'a"')) is None
    assert told_by(ANYTHING) is None


# What `Spans` does with what is found.


def test_settings_have_bounds():
    """At them, and not beyond."""
    made = Spans()
    assert (made.candidates, made.least, made.max_read, made.disjoint, made.at_once) == (
        64,
        0.001,
        4096,
        False,
        1,
    )
    assert (made.name, Spans(disjoint=True).name) == ("spans", "disjoint-spans")
    assert "over the 64 most probable ones that are at least 0.001 times as probable" in made.draws_from
    assert not made.draws_from.endswith("overlap no value before, if any")
    assert Spans(disjoint=True).draws_from.endswith(
        "; of candidates those that overlap no value before, if any"
    )
    for name in ("candidates", "max_read", "at_once"):
        assert getattr(Spans(**{name: 1}), name) == 1
        for wrong in (0, 1.5, True):
            with pytest.raises(ValueError, match=f"^{name}=.*: an integer >= 1 is needed"):
                Spans(**{name: wrong})
    assert [Spans(least=value).least for value in (0, 0.0, 1, 1.0)] == [0, 0.0, 1, 1.0]
    for wrong in (-1e-9, 1.0000001, 2):
        with pytest.raises(ValueError, match=r"^least=.*: must be in \[0, 1\]$"):
            Spans(least=wrong)
    for given in ({"least": "much"}, {"disjoint": 1}):
        with pytest.raises((TypeError, ValueError), match=f"^{next(iter(given))}="):
            Spans(**given)


def test_places_are_taken_once():
    """The first that is free; neighbours do not overlap; each text has its own."""
    places = _Places()
    assert places.of("ab", "ab ab") == (0, 2)
    assert places.of("x", "ab ab") is None
    taken = []
    for _ in range(3):
        taken.append(places.of("ab", "ab ab"))
        places.take("ab", "ab ab")
    assert taken == [(0, 2), (3, 5), None]
    assert places.of("b a", "ab ab") is None
    assert places.of(" ", "ab ab") == (2, 3)
    assert places.of("ab", "other ab") == (6, 8)
    places.take("aba", "ababa")
    assert places.of("aba", "ababa") is None
    assert places.of("ba", "ababa") == (3, 5)
    for at in range(4):
        assert places.of("a", "aaaa") == (at, at + 1)
        places.take("a", "aaaa")
    places.take("bc", "abcd")
    assert (places.of("a", "abcd"), places.of("d", "abcd"), places.of("cd", "abcd")) == ((0, 1), (3, 4), None)


@pytest.mark.parametrize(
    ("before", "data", "value"),
    [
        (b'"', b'"ab"', "ab"),
        (b'"', b'""', ""),
        (b'"', b'"ab', None),
        (b'"', b'"ab\\"', None),
        (b'["x","y', b'["x","yz","', "yz"),
        (b'"a\\"b', b'"a\\"b"', 'a"b'),
        (b'"a\\"\\"b', b'"a\\"\\"bc"]', 'a""bc'),
        (b'"\\\\', b'"\\\\"', "\\"),
        (b'["\\\\","a', b'["\\\\","a"]', "a"),
        (b'"\\\\\\"', b'"\\\\\\"x"', '\\"x'),
        (b'"\\u00', b'"\\u00e9"', "é"),
        (b'["\\\\\\"","', b'["\\\\\\"","q"', "q"),
    ],
)
def test_the_string_that_is_being_written(before, data, value):
    """From its opening quote, which no backslash escapes, to the closing one; None before that."""
    assert _string(Hypothesis(ANYTHING, before), data) == value


def spanned(*probabilities):
    return [Span(b"%d" % at, ANYTHING, math.log(p)) for at, p in enumerate(probabilities)]


@pytest.mark.parametrize(
    ("how", "number", "chosen", "probability"),
    [
        ({}, 0.49, 0, 0.5),
        ({}, 0.51, 1, 0.3),
        ({}, 0.81, 2, 0.2),
        ({"temperature": 0}, 0.99, 0, 1.0),
        ({"top_k": 1}, 0.99, 0, 1.0),
        ({"top_k": 2}, 0.63, 1, 0.375),
        ({"top_p": 0.5}, 0.99, 0, 1.0),
        ({"min_p": 0.5}, 0.99, 1, 0.375),
        ({"typical": 0.01}, 0.99, 1, 1.0),
        ({"temperature": 0.5}, 0.65, 0, 0.25 / 0.38),
        ({"presence_penalty": 5.0, "bias": {0: -9.0}}, 0.49, 0, 0.5),
    ],
)
def test_one_is_drawn_as_a_byte_would_be(how, number, chosen, probability):
    """With the log of its probability; penalties were those of its bytes."""
    spans = spanned(0.5, 0.3, 0.2)
    one, log_probability = _drawn(spans, SamplingParameters(**how), Dice(number))
    assert one is spans[chosen]
    assert math.isclose(log_probability, math.log(probability), abs_tol=1e-12)


class Given:
    """A search that gives these spans, and notes what it was asked for."""

    def __init__(self, spans):
        self.left, self.asked = list(spans), []

    def next(self, least):
        self.asked.append(least)
        yield from ()
        return self.left.pop(0) if self.left else None


def found_by(strategy, spans, greedy=False, free=lambda span: True):
    given = Given(spans)
    steps = strategy._found(given, greedy, free)
    with pytest.raises(StopIteration) as stop:
        next(steps)
    return stop.value.value, given.asked


def test_candidates_are_asked_for_until_there_are_enough():
    """None so much less probable than the first; greedily one is enough."""
    spans = spanned(0.5, 0.3, 0.2)
    bound = spans[0].score + math.log(0.25)
    assert found_by(Spans(candidates=2, least=0.25), spans) == (spans[:2], [-math.inf, bound])
    assert found_by(Spans(candidates=9, least=0.25), spans) == (spans, [-math.inf, bound, bound, bound])
    assert found_by(Spans(candidates=3, least=0.0), spans) == (spans, [-math.inf] * 3)
    assert found_by(Spans(candidates=3, least=1), spans)[1] == [-math.inf] + [spans[0].score] * 2
    assert found_by(Spans(), spans, greedy=True)[0] == spans[:1]
    assert found_by(Spans(), []) == ([], [-math.inf])


def test_free_candidates_come_before_others():
    """These are left where none is free; they count among the candidates."""
    spans = spanned(0.5, 0.3, 0.2)
    last = lambda span: span is spans[2]  # noqa: E731
    assert found_by(Spans(disjoint=True), spans, free=last)[0] == spans[2:]
    assert found_by(Spans(disjoint=True, candidates=2), spans, free=last)[0] == spans[:2]
    assert found_by(Spans(disjoint=True), spans, greedy=True, free=lambda span: False)[0] == spans
    middle = lambda span: span is not spans[0]  # noqa: E731
    found, asked = found_by(Spans(disjoint=True, least=0.5), spans, greedy=True, free=middle)
    assert (found, asked) == (spans[1:2], [-math.inf, spans[0].score + math.log(0.5)])


def test_a_span_is_free_where_its_value_has_a_place():
    """Of every span where values may share their places."""
    before = Hypothesis(Told((b'ab"',)), b'["')
    places = _Places()
    for disjoint in (False, True):
        assert Spans(disjoint=disjoint)._is_free(before, Span(b'text"', ANYTHING), places) is True
    places.take("text", "the text")
    assert Spans()._is_free(before, Span(b'text"', ANYTHING), places) is True
    assert Spans(disjoint=True)._is_free(before, Span(b'text"', ANYTHING), places) is False
    assert Spans(disjoint=True)._is_free(before, Span(b'the"', ANYTHING), places) is True
    assert Spans(disjoint=True)._is_free(before, Span(b"the", ANYTHING), places) is False
