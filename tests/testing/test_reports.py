"""What a check says of a broken thing: the promise, a text from which nothing can be left out, the place."""

from __future__ import annotations

import pytest

import bltgen
from bltgen.testing import conformance
from bltgen.testing.conformance import Violation
from bltgen.testing.models import whimsical
from bltgen.testing.reference import RegexReference

WORD = bltgen.regex("[ab]{3,6}")


def said(prompt, max_bytes, seed):
    return bltgen.Generator(whimsical(0)).generate(prompt, WORD, max_bytes=max_bytes, seed=seed)


def broken(check, *arguments, **options) -> Violation:
    with pytest.raises(Violation) as caught:
        check(*arguments, **options)
    return caught.value


def test_a_stream_that_loses_its_end():
    """Both texts, and a caret where they part."""

    def stream(prompt, max_bytes, seed):
        return [said(prompt, max_bytes, seed).data[:-1]]

    found = broken(conformance.check_decoder, said, WORD, stream=stream)
    assert "streamed" in found.found
    assert found.position == len(found.data) - 1
    assert found.context == {"prompt": b"", "max_bytes": 3, "seed": 0}


def test_a_batch_whose_rows_share_a_seed():
    """The row, the text alone, and all that is needed to see it again."""

    def batch(prompts, max_bytes, seed):
        return [said(prompt, max_bytes, seed).data for prompt in prompts]

    found = broken(conformance.check_decoder, said, WORD, batch=batch)
    together = batch([found.context["prompt"]], found.context["max_bytes"], found.context["seed"])[0]
    at = found.position
    assert together[:at] == found.data[:at]
    assert together[at : at + 1] != found.data[at : at + 1]


@pytest.mark.parametrize(
    ("pattern", "other", "text"),
    [
        ("(?:ab)*c?", "(?:ab){0,2}c?", b"ababab"),
        ("a*b", "a{0,3}b", b"aaaab"),
        ("(?:a|b)c", "ac", b"bc"),
        ("[ab]{2}", "(?!ab)[ab]{2}", b"ab"),
    ],
)
def test_an_engine_that_reads_too_much(pattern, other, text):
    """Loops are taken again and again, since a short text does not tell two languages apart."""
    found = broken(conformance.check_automaton, bltgen.regex(pattern), RegexReference(other))
    assert found.data == text


def test_a_session_that_forgets_to_roll_back():
    """The shortest history, each step with just what it was given."""

    class Forgetful:
        def __init__(self, session):
            self.inner = session

        def __getattr__(self, name):
            return getattr(self.inner, name)

        def truncate(self, lengths):
            pass

        def select(self, rows):
            return Forgetful(self.inner.select(rows))

        def concat(self, other):
            return Forgetful(self.inner.concat(other.inner))

    class Model:
        def session(self, prompts):
            return Forgetful(whimsical(0).session(prompts))

    text = str(broken(conformance.check_model, Model()))
    assert text.startswith("lengths are those of the bytes so far: [")
    history = text.partition("history: ")[2].split("; ")
    assert [step.partition("(")[0] for step in history] == ["session", "extend", "truncate"]
    assert len({step.count(",") for step in history}) == 1
