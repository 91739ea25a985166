"""The promise, as one property: any strategy, any constraint from the generators, any model, any seed."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from bltgen.constraints.json_schema import json_schema
from bltgen.constraints.regex import regex
from bltgen.decoding.beam import Beam, BestOf
from bltgen.decoding.exact import Exact
from bltgen.decoding.generator import Generator
from bltgen.decoding.redecode import Backtrack, Redecode
from bltgen.decoding.sampling import log_softmax
from bltgen.decoding.smc import SMC
from bltgen.decoding.spans import Spans
from bltgen.decoding.speculative import Speculative
from bltgen.decoding.strategies import STRATEGIES
from bltgen.decoding.strategy import Mask
from bltgen.errors import ConstraintError
from bltgen.testing.models import scripted
from bltgen.testing.reference import RegexReference, SchemaReference
from bltgen.testing.schema_strategies import json_schemas
from bltgen.testing.strategies import byte_models, grammars, regexes, sampling_parameters
from tests.model.tolerance import score_tolerance

SMALL = [
    Mask(),
    Speculative(k=3, confidence=0.0),
    Spans(candidates=3, least=0.0, max_read=40, at_once=3),
    Spans(disjoint=True),
    Redecode(max_tries=5, candidates=2),
    Backtrack(max_tries=3, candidates=2, depth=2, max_backtracks=4),
    SMC(particles=3, ess_threshold=0.9),
    Exact(max_tries=6, at_once=3),
    Beam(width=2, length_penalty=0.5),
    BestOf(n=2),
]


@st.composite
def judged(draw):
    """(constraint, judge that is not ours, what it is made from)."""
    kind = draw(st.sampled_from(["regex", "grammar", "schema", "grounded schema"]))
    if kind == "grammar":
        grammar = draw(grammars())
        return grammar.constraint(), grammar.reference(), grammar.lark()
    source = draw(regexes() if kind == "regex" else json_schemas())
    try:
        told = (
            {"strings_from": draw(st.text("aab0 ,é")), "ungrounded": "schema"} if "grounded" in kind else {}
        )
        constraint = regex(source) if kind == "regex" else json_schema(source, **told)
    except ConstraintError:
        assume(False)
    assume(constraint.start().accepting or constraint.start().allowed)
    if "schema" in kind:
        return constraint, SchemaReference(source), source
    return constraint, _Python(source), source


class _Python:
    """`re`; but `\\B` matches the empty text, as the module `regex` and Python from 3.14 on have it."""

    def __init__(self, pattern: str) -> None:
        self.accepts_text = RegexReference(pattern).accepts
        self.accepts_nothing = RegexReference(pattern, engine="regex").accepts

    def accepts(self, data: bytes) -> bool:
        return self.accepts_text(data) if data else self.accepts_nothing(data)


def read_anew(model, prompt: bytes, data: bytes, ended: bool) -> tuple[float, float]:
    """The log-probability in a session that has seen nothing else, and by how much it may be off."""
    session = model.session([prompt])
    session.extend([data], keep_logits=True)
    rows = [*session.chunk_logits[0].double().numpy(), *session.logits.double().numpy()]
    columns = [*data, *([256] if ended else [])]
    scores = log_softmax(np.array(rows[: len(columns)]).reshape(-1, 257))
    sizes = torch.as_tensor(np.array(rows))
    within = score_tolerance(model, sizes, length=len(prompt) + len(columns), scored=len(columns))
    return float(scores[np.arange(len(columns)), columns].sum()), within


@settings(deadline=None, max_examples=80, suppress_health_check=list(HealthCheck))
@given(
    judged(),
    st.sampled_from(SMALL),
    byte_models(),
    sampling_parameters(),
    st.integers(0, 20),
    st.integers(0, 99),
    st.binary(max_size=4),
)
def test_any_strategy_any_constraint_any_model(case, strategy, model, parameters, slack, seed, prompt):
    """Valid for an outside judge, within budget, the same in a stream, scored as if read anew."""
    constraint, judge, _ = case
    budget = constraint.start().shortest + slack
    sampling = {one.name: getattr(parameters, one.name) for one in fields(parameters)}
    how = {"max_bytes": budget, "strategy": strategy, "seed": seed, **sampling}
    generator = Generator(model)
    out = generator.generate(prompt, constraint, **how)
    assert constraint.accepts(out.data)
    assert judge.accepts(out.data), out.data
    assert len(out.data) <= budget
    stream = generator.stream(prompt, constraint, **how)
    assert tuple(stream) == out.patches
    assert (stream.data, stream.generation.log_weight) == (out.data, out.log_weight)
    assert not math.isnan(out.log_weight)
    expected, within = read_anew(model, prompt, out.data, ended=True)
    assert out.log_probability == pytest.approx(expected, rel=0, abs=within)
    for one in out.candidates:
        assert judge.accepts(one.data)
        assert len(one.data) <= budget
    explained = generator.explain(out)
    assert bytes(one.byte for one in explained.bytes[:-1]) == out.data


def test_the_property_is_about_every_strategy():
    """None is left out; and the judges can say no."""
    assert {strategy.name for strategy in SMALL} == set(STRATEGIES)
    assert not RegexReference("a+").accepts(b"b")
    assert not SchemaReference({"type": "integer"}).accepts(b'"a"')
    assert read_anew(scripted(b"a", certainty=math.inf), b"", b"a", ended=True)[0] == 0.0
    assert read_anew(scripted(b"a"), b"", b"b", ended=True)[0] < -10
