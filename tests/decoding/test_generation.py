"""A result as a value: its patches as text, what is read in it, what its statistics are."""

from __future__ import annotations

import json
import math

import pytest

from bltgen.automata.language import literal
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.generation import Candidate, Generation, Patch, Statistics, candidate_of, patches_of
from bltgen.decoding.hypothesis import Hypothesis
from bltgen.decoding.parts import parts
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.unconstrained import ANYTHING


def statistics(seconds: float = 2.0) -> Statistics:
    """Those of six bytes."""
    return Statistics(
        prompt_bytes=1,
        bytes=6,
        patches=2,
        forced_bytes=3,
        model_calls=4,
        local_steps=5,
        latent_steps=2,
        seconds=seconds,
        constraint_share=0.5,
    )


def made(data: bytes, constraint=None) -> Generation:
    """A generation of these bytes."""
    return Generation(
        data=data,
        patches=tuple(patches_of(data, (0,))),
        log_probability=-1.0,
        log_weight=0.0,
        finish="end",
        prompt=b"p",
        constraint=constraint,
        max_bytes=9,
        parameters=SamplingParameters(),
        seed=1,
        strategy="mask",
        draws_from="",
        statistics=statistics(),
    )


def test_statistics_begin_with_one_try_and_know_their_speed():
    """What a strategy does not count is 0, or None."""
    found = statistics()
    assert (found.redecoded_patches, found.fallbacks, found.resamplings, found.tries) == (0, 0, 0, 1)
    assert (found.effective_particles, found.valid_mass_bound) == (None, None)
    assert (found.drafted_bytes, found.accepted_bytes, found.unexplored_bytes, found.form_bytes) == (0,) * 4
    assert found.bytes_per_second == 3.0
    as_dict = found.as_dict()
    assert as_dict["bytes_per_second"] == 3.0
    assert as_dict["local_steps"] == 5
    assert json.loads(json.dumps(as_dict)) == as_dict
    assert set(as_dict) == {*Statistics.__dataclass_fields__, "bytes_per_second"}
    assert statistics(0.0).bytes_per_second == 0.0
    assert statistics(0.5).bytes_per_second == 12.0


def test_patches_lie_between_their_starts():
    """Starts at or after the end are none; their datas and texts concatenate."""
    assert patches_of(b"", (0,)) == []
    assert patches_of(b"ab", (0, 1, 2)) == [Patch(b"a", 0, "a"), Patch(b"b", 1, "b")]
    assert patches_of(b"abc", (0, 2, 9)) == [Patch(b"ab", 0, "ab"), Patch(b"c", 2, "c")]


def test_a_character_belongs_to_the_patch_of_its_last_byte():
    """What is no UTF-8 is U+FFFD; an unfinished character at the end waits unless the text is final."""
    data = "a\u20acb".encode()
    assert [patch.text for patch in patches_of(data, (0, 2, 3))] == ["a", "", "\u20acb"]
    assert [patch.text for patch in patches_of(data[:3], (0, 2))] == ["a", "\ufffd"]
    assert [patch.text for patch in patches_of(data[:3], (0, 2), final=False)] == ["a", ""]
    assert [patch.text for patch in patches_of(b"\xff\xff", (0, 1))] == ["\ufffd", "\ufffd"]
    for text in (data, data[:3], b"\xe2\x82", b"\xffa\xc3"):
        for first in range(1, len(text)):
            pieces = patches_of(text, (0, first))
            assert "".join(piece.text for piece in pieces) == text.decode("utf-8", "replace")
            assert b"".join(piece.data for piece in pieces) == text
            assert [piece.start for piece in pieces] == [0, first]


def test_a_value_is_what_the_constraint_reads():
    """Else the text, or the bytes where they are no UTF-8."""
    assert made(b'{"a":1}', json_schema({})).value == {"a": 1}
    assert made(b"12", json_schema(int)).value == 12
    assert made("é".encode()).value == "é"
    assert made(b"\xff", literal(b"\xff")).value == b"\xff"
    assert made(b"\xff").text == "\ufffd"
    assert str(made(b"ab")) == "ab"


def test_a_value_nested_deep_needs_no_stack():
    """Where the parser of the constraint has not enough."""

    class Shallow:
        def parse(self, data):
            raise RecursionError

    assert made(b"[[1]]", Shallow()).value == [[1]]


def test_parts_are_captured_where_there_are_some():
    """Else there are none."""
    named = parts(a=literal(b"x"), b=literal(b"y"))
    assert made(b"xy", named).parts == {"a": "x", "b": "y"}
    assert made(b"xy", literal(b"xy")).parts == {}
    assert made(b"xy").parts == {}


def test_a_candidate_is_a_finished_hypothesis():
    """Its bytes, scores and end."""
    one = Hypothesis(ANYTHING, b"ab", (0, 1), -2.0, -0.5, 1, "stop")
    assert candidate_of(one) == Candidate(b"ab", -2.0, -0.5, "stop")
    with pytest.raises(AssertionError):
        candidate_of(Hypothesis(ANYTHING, b"ab"))


def test_a_generation_has_no_candidates_unless_given():
    """And is what it was made of."""
    one = made(b"ab")
    assert one.candidates == ()
    assert math.isclose(one.log_probability, -1.0)
    assert one.patches == (Patch(b"ab", 0, "ab"),)
