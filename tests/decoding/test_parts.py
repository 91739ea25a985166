"""Parts in a row: their threads, their figures, their splits, their limits, against all splits by hand."""

from __future__ import annotations

import itertools
import pickle
import random
from typing import Any

import pytest

from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import FORCED_LIMIT
from bltgen.automata.language import byte_set, literal, union
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding import parts as parts_module
from bltgen.decoding.parts import Parts, parts, until
from bltgen.errors import BudgetTooSmall, EmptyLanguage, LimitExceeded, RejectedByte, Unsupported

A, B = literal(b"a"), literal(b"b")
AB = union(A, B)
TEXTS = [bytes(text) for n in range(6) for text in itertools.product(b"ab", repeat=n)]

MADE = {
    "one": {"x": A.star()},
    "two": {"x": A.repeat(0, 2), "y": AB.repeat(1, 2)},
    "three": {"x": A.optional(), "y": B.optional(), "z": AB.repeat(0, 2)},
    "overlapping": {"x": AB.star(), "y": A, "z": AB.star()},
    "words": {"x": union(literal(b"ab"), literal(b"abab")), "y": union(literal(b"ab"), literal(b"b"))},
}


def splits(constraints, data: bytes) -> list[tuple[bytes, ...]]:
    """All ways to split a text into one valid text of each part, by trying."""
    if not constraints:
        return [()] if not data else []
    return [
        (data[:at], *rest)
        for at in range(len(data) + 1)
        if constraints[0].accepts(data[:at])
        for rest in splits(constraints[1:], data[at:])
    ]


@pytest.mark.parametrize("name", MADE)
def test_texts_and_their_splits_are_those_found_by_trying(name):
    """Of several ways each part in turn takes the most; what has none is refused."""
    made, constraints = parts(**MADE[name]), list(MADE[name].values())
    for text in TEXTS:
        ways = splits(constraints, text)
        assert made.accepts(text) == bool(ways)
        if ways:
            best = max(ways, key=lambda way: [len(piece) for piece in way])
            assert tuple(made.split(text)) == best, text
            assert made.captures(text) == {
                key: one.decode() for key, one in zip(MADE[name], best, strict=True)
            }
        else:
            with pytest.raises(RejectedByte) as caught:
                made.split(text)
            assert (caught.value.incomplete, caught.value.position, caught.value.data) == (
                True,
                len(text),
                text,
            )


@pytest.mark.parametrize("name", MADE)
def test_figures_are_those_found_by_trying(name):
    """allowed, shortest, completion and what fits, by the texts that go on from each prefix."""
    made = parts(**MADE[name])
    valid = [text for text in TEXTS if made.accepts(text)]
    for prefix in TEXTS[:15]:
        state = made.start()
        for byte in prefix:
            state = state and state.advance(byte)
        going = [text[len(prefix) :] for text in valid if text.startswith(prefix)]
        if not going:
            continue
        assert state.accepting == (b"" in going)
        assert state.shortest == min(map(len, going))
        completion = state.completion()
        assert len(completion) == state.shortest
        assert made.accepts(prefix + completion)
        for n in range(4):
            fits = {text[0] for text in going if 0 < len(text) <= n}
            assert set(state.allowed_within(n)) == fits, (prefix, n)
        assert {text[0] for text in going if text} <= set(state.allowed)


def test_states_are_made_once():
    """The same threads are the same state, numbered as they are made; steps are remembered."""
    made = parts(x=A.star(), y=B)
    start = made.start()
    assert made.start() is start
    assert start.advance(ord("a")) is start.advance(ord("a"))
    assert start.advance(ord("a")).advance(ord("a")) is start.advance(ord("a")).advance(ord("a")).advance(
        ord("a")
    )
    assert start.advance(ord("c")) is None
    assert start.allowed is start.allowed
    assert set(start.allowed) == {ord("a"), ord("b")}
    ids = {start.id, start.advance(ord("a")).id, start.advance(ord("b")).id}
    assert len(ids) == len({id(start), id(start.advance(ord("a"))), id(start.advance(ord("b")))})
    assert start.id == 1
    assert [index for index, _ in start.threads] == [0, 1]


def test_threads_in_the_same_state_of_a_part_are_one():
    """However many ways lead there."""
    made = parts(x=A.star(), y=A.star(), z=B)
    state = made.start()
    for _ in range(5):
        state = state.advance(ord("a"))
        assert [index for index, _ in state.threads] == [0, 1, 2] or len(state.threads) <= 4


def test_a_forced_run_goes_over_parts_and_ends_at_a_choice():
    """Or where the text may end; it is cut at the limit of every state."""
    made = parts(x=literal(b"ab"), y=literal(b"cd"), z=AB)
    assert made.start().forced == b"abcd"
    assert made.start().advance(ord("a")).forced == b"bcd"
    assert parts(x=A, y=B.optional()).start().forced == b"a"
    assert parts(x=AB).start().forced == b""
    assert parts(x=literal(b"")).start().forced == b""
    long = parts(x=literal(b"a" * (FORCED_LIMIT + 9)))
    assert len(long.start().forced) == FORCED_LIMIT
    assert long.start().forced is long.start().forced


def test_parts_have_names_and_texts():
    """None is no constraint; a part without a text is named."""
    with pytest.raises(ValueError, match="parts needs at least one part"):
        parts()
    with pytest.raises(EmptyLanguage) as caught:
        parts(x=A, nothing=A & B)
    assert caught.value.conflicts == ("nothing",)
    with pytest.raises(TypeError, match="x=None: a constraint is needed; for any text"):
        parts(x=None)
    with pytest.raises(TypeError, match="y='a'"):
        parts(x=A, y="a")
    assert parts(x=literal(b"")).accepts(b"")
    made = parts(n={"type": "integer"}, b=bool)
    assert made.captures(b"12true") == {"n": 12, "b": True}


def test_what_is_no_text_is_captured_as_bytes():
    """Part by part."""
    raw = byte_set(ByteSet.range(0x80, 0xFF))
    assert parts(x=raw, y=A).captures(b"\xffa") == {"x": b"\xff", "y": "a"}


def test_threads_are_limited(set_limits: Any):
    """At the limit still, above it not."""
    named = {f"p{n}": AB.optional() for n in range(6)}
    set_limits(part_ways=6)
    assert len(parts(**named).start().threads) == 6
    set_limits(part_ways=5)
    with pytest.raises(LimitExceeded) as caught:
        parts(**named).start()
    assert caught.value.limit == 5


def test_remembered_states_are_limited(monkeypatch):
    """At the limit the table begins anew; numbers go on."""
    monkeypatch.setattr(parts_module, "MAX_STATES", 2)
    made = parts(x=literal(b"abc"))
    start = made.start()
    second = start.advance(ord("a"))
    assert made.start() is start
    third = second.advance(ord("b"))
    assert (start.id, second.id, third.id) == (1, 2, 3)
    assert list(made._states.values()) == [third]
    again = made.start()
    assert again is not start
    assert (again.id, again.threads) == (4, start.threads)


def test_the_algebra_is_refused_and_says_so():
    """Each operation by its name."""
    made = parts(x=A)
    for what, tried in {
        "an intersection": lambda: made & A,
        "a union": lambda: made | A,
        "a complement": lambda: ~made,
        "a concatenation": lambda: made + A,
        "a repetition": lambda: made.repeat(1, 2),
        "an option": lambda: made.optional(),
    }.items():
        with pytest.raises(Unsupported, match=f"^parts: {what} of a text in parts is not built"):
            tried()


def test_samples_are_valid_and_within_their_bound():
    """A bound below the shortest text is an error."""
    made = parts(x=AB.repeat(1, 3), y=B)
    for seed in range(20):
        text = made.sample(random.Random(seed), 3)
        assert made.accepts(text)
        assert len(text) <= 3
    with pytest.raises(BudgetTooSmall):
        made.sample(random.Random(0), 1)


def test_reports_and_descriptions_name_the_parts():
    """Places begin with the part's name, in order."""
    made = parts(n=json_schema({"type": "integer", "minimum": 1}), w=A)
    inner = json_schema({"type": "integer", "minimum": 1}).report().entries
    entries = made.report().entries
    assert [one.place for one in entries][: len(inner)] == [f"n{one.place}" for one in inner]
    assert [(one.construct, one.enforced, one.note) for one in entries][: len(inner)] == [
        (one.construct, one.enforced, one.note) for one in inner
    ]
    described = made.describe()
    assert described["kind"] == "parts"
    assert list(described["parts"]) == ["n", "w"]
    assert described["parts"]["w"] == A.describe()


def test_parts_are_equal_by_what_they_were_made_of():
    """And pickle."""
    assert parts(x=A, y=B) == parts(x=A, y=B)
    assert parts(x=A, y=B) != parts(y=A, x=B)
    assert pickle.loads(pickle.dumps(parts(x=A, y=B))).accepts(b"ab")
    assert isinstance(parts(x=A), Parts)


def test_texts_asked_about_are_bytes():
    """Bytearrays too; a str is told how."""
    made = parts(x=A, y=B)
    assert made.accepts(bytearray(b"ab"))
    assert made.split(memoryview(b"ab")) == [b"a", b"b"]
    for ask in (made.accepts, made.split, made.captures):
        with pytest.raises(TypeError, match=r"^data='ab': bytes are needed"):
            ask("ab")


@pytest.mark.parametrize("marker", [b"a", b"ab", b"aba", b"bb"])
def test_until_ends_at_the_first_marker(marker):
    """Over all short texts: it ends with the marker, which stands nowhere before."""
    found = until(marker)
    for text in TEXTS:
        assert found.accepts(text) == (
            text.find(marker) == len(text) - len(marker) and text.endswith(marker)
        ), text


def test_until_has_a_marker_and_texts_by_default():
    """Any bytes where asked for."""
    assert not until("b").accepts(b"\xffb")
    assert until("b", text=False).accepts(b"\xffb")
    with pytest.raises(ValueError, match="a marker of at least one byte"):
        until("")
    with pytest.raises(TypeError, match="text=1: a bool is needed"):
        until("a", text=1)
