"""The strategy `spans`: whole spans of a text, against all of them enumerated."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.language import literal
from bltgen.constraints.json_schema import json_schema
from bltgen.decoding.generator import Generator
from bltgen.decoding.parts import parts
from bltgen.decoding.sampling import SamplingParameters
from bltgen.decoding.spans import Spans
from bltgen.decoding.strategy import Mask
from bltgen.testing import distributions, models

TEXT = "ab a ba, bb"
PLAIN = {"whitespace": "compact", "escapes": "plain"}
ONE = json_schema({"type": "string"}, strings_from=TEXT, **PLAIN)
TWO = json_schema(
    {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2, "maxItems": 2},
    strings_from=TEXT,
    **PLAIN,
)
EVERY = Spans(candidates=1000, least=0.0, at_once=4)
DRAWS = 300


def _logits(prompt: bytes, output: bytes) -> np.ndarray:
    scores = np.full(257, -8.0)
    columns = [*b'ab ,"', 256]
    scores[columns] = np.random.default_rng([5, *output]).normal(0, 1.5, len(columns))
    return scores


MODEL = models.FunctionModel(_logits, patch=3)


def mass_of_spans(model, constraint, parameters=None, **penalties):
    """The probability of each text's bytes, without its end, at temperature 1."""
    texts = distributions.finite_texts(constraint)
    table = distributions.base_table(model, b"", texts, parameters or SamplingParameters(**penalties))
    return {text: float(np.prod([table[text[:at]][byte] for at, byte in enumerate(text)])) for text in texts}


def shaped(masses, candidates=1000, least=0.0, temperature=1.0, top_k=0, top_p=1.0):
    """What is drawn from: the most probable ones, tempered, cut off, renormalised; sorted by probability."""
    ranked = sorted(masses.items(), key=lambda item: -item[1])
    kept = [(text, mass) for text, mass in ranked[:candidates] if mass >= least * ranked[0][1]]
    total = sum(mass ** (1 / temperature) for _, mass in kept)
    shares = [(text, mass ** (1 / temperature) / total) for text, mass in kept][: top_k or None]
    total = sum(share for _, share in shares)
    found, before = {}, 0.0
    for text, share in shares:
        if before >= top_p:
            break
        found[text] = share / total
        before += share / total
    total = sum(found.values())
    return {text: share / total for text, share in found.items()}


def drawn(strategy, constraint=ONE, count=DRAWS, **sampling):
    """The texts and log-weights of `count` draws."""
    many = Generator(MODEL).generate_many(
        [b""] * count, constraint, seed=3, batch_size=64, strategy=strategy, **sampling
    )
    return [(one.data, one.log_weight) for one in many]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"temperature": 0.6},
        {"temperature": 1.5, "top_p": 0.8},
        {"top_k": 3},
        {"candidates": 5, "least": 0.0},
        {"least": 0.2, "temperature": 2.0},
    ],
    ids=str,
)
def test_a_value_is_drawn_from_the_enumerated_spans(how):
    """Over all of them, or the most probable ones; temperature and truncation are those of whole spans."""
    settings = {name: how[name] for name in ("candidates", "least") if name in how}
    sampling = {name: how[name] for name in how if name not in settings}
    truth = shaped(mass_of_spans(MODEL, ONE), **how)
    draws = [text for text, _ in drawn(Spans(**{"candidates": 1000, "least": 0.0} | settings), **sampling)]
    assert set(draws) <= set(truth)
    assert distributions.chi_square(draws, truth) < 4


def test_penalties_and_bias_are_of_bytes():
    """They shape the probabilities of the bytes that a span is made of."""
    bent = {"presence_penalty": 0.7, "bias": {b"b": -1.0}}
    truth = shaped(mass_of_spans(MODEL, ONE, **bent), temperature=0.8)
    draws = [text for text, _ in drawn(EVERY, temperature=0.8, **bent)]
    assert distributions.chi_square(draws, truth) < 4


def test_the_check_can_fail():
    """Draws by the mask are no draws of whole spans."""
    draws = [text for text, _ in drawn(Mask())]
    assert distributions.chi_square(draws, shaped(mass_of_spans(MODEL, ONE))) > 6


@pytest.mark.parametrize("sampling", [{}, {"temperature": 1.3}], ids=str)
def test_weighted_draws_follow_the_conditioned_distribution(sampling):
    """Of two values, too, where the second depends on the first."""
    truth = distributions.conditioned(MODEL, b"", TWO, SamplingParameters(**sampling))
    assert distributions.largest_deviation(drawn(EVERY, TWO, 400, **sampling), truth) < 5


@settings(deadline=None, max_examples=60)
@given(
    st.text('aab ,é\\"ㄱ', min_size=1, max_size=12),
    st.integers(0, 10_000),
    st.sampled_from([{}, {"maxLength": 2}, {"pattern": "a"}, {"enum": ["a", "b", "ab"]}]),
    st.sampled_from(["plain", "any"]),
    st.integers(0, 30),
    st.integers(1, 3),
)
def test_at_temperature_0_the_most_probable_span_is_found(text, seed, keywords, escapes, slack, at_once):
    """Against all of them, whatever the text, the keywords, the spelling and the budget."""
    model = models.whimsical(seed, scale=3, order=3, patch=3)
    schema = {"type": "string", **keywords}
    how = {"strings_from": "a " + text, "whitespace": "compact"}
    constraint = json_schema(schema, escapes=escapes, **how)
    listed = json_schema(schema, escapes="plain", **how)
    budget = constraint.start().shortest + slack
    out = Generator(model).generate(
        b"", constraint, strategy=Spans(max_read=10**6, at_once=at_once), temperature=0, max_bytes=budget
    )
    assert out.statistics.fallbacks == 0
    masses = mass_of_spans(model, listed)
    best = max(mass for one, mass in masses.items() if len(one) <= budget)
    table = distributions.base_table(model, b"", [out.data])
    mass = np.prod([table[out.data[:at]][byte] for at, byte in enumerate(out.data)])
    assert mass == pytest.approx(best, rel=1e-9) if escapes == "plain" else mass >= best * (1 - 1e-9)


def test_disjoint_values_take_other_places():
    """A span is given once for each time that it stands in the text; so are pieces of it."""
    text = "Rome, New Rome, Oslo, Oslo"
    three = json_schema(
        {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
        strings_from=text,
        **PLAIN,
    )

    def given_by(answer: bytes, **settings):
        model = models.scripted(answer, certainty=6.0)
        out = Generator(model).generate("", three, strategy=Spans(least=0.0, **settings), temperature=0)
        return out.value

    for wanted in (["New Rome"] * 3, ["New Rome", "Rome", "Rome"], ["Oslo"] * 3):
        answer = json.dumps(wanted, separators=(",", ":")).encode()
        assert given_by(answer) == wanted
        chosen = given_by(answer, disjoint=True)
        assert chosen != wanted
        left = text
        for one in chosen:
            assert one in left
            left = left.replace(one, "|", 1)
    for fine in (["Oslo", "Oslo", "Rome"], ["Rome", "New Rome", "Oslo"]):
        assert given_by(json.dumps(fine, separators=(",", ":")).encode(), disjoint=True) == fine


def test_a_value_is_used_again_where_nothing_else_comes_near():
    """Two members may share what is told once."""
    pair = json_schema(
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        strings_from="Rome or Oslo",
        **PLAIN,
    )
    certain = Generator(models.scripted(b'["Rome","Rome"]', certainty=30.0))
    assert certain.generate("", pair, strategy=Spans(disjoint=True), temperature=0).value == ["Rome", "Rome"]
    alone = json_schema(
        {"type": "array", "items": {"const": "Rome"}, "minItems": 2, "maxItems": 2},
        strings_from="Rome",
        **PLAIN,
    )
    assert certain.generate("", alone, strategy=Spans(disjoint=True), temperature=0).value == ["Rome", "Rome"]


def test_what_is_not_asked_of_a_text_is_as_by_the_mask():
    """No text, no strings, no JSON: the same bytes for the same seed."""
    for constraint in (
        json_schema({"type": "string", "maxLength": 4}),
        json_schema({"type": "array", "items": {"type": "integer"}}, strings_from=TEXT),
        json_schema({"enum": ["x", "y"]}, strings_from=TEXT, ungrounded="schema", numbers_from="1"),
        literal(b"abc").optional(),
        None,
    ):
        generator = Generator(models.whimsical(4))
        for seed in range(3):
            how = {"seed": seed, "max_bytes": 40}
            plain = generator.generate("", constraint, **how)
            assert generator.generate("", constraint, strategy="spans", **how).data == plain.data
            assert plain.statistics.whole_values == 0


def test_values_are_found_wherever_they_stand():
    """In objects, arrays whose items differ, alternatives, and after a free part; each counted."""
    text = "Ada Lovelace lives in London"
    schemas = {
        "object": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
            "required": ["a", "b"],
            "additionalProperties": False,
        },
        "items": {
            "type": "array",
            "items": {"type": "string"},
            "uniqueItems": True,
            "minItems": 3,
            "maxItems": 3,
        },
        "alternatives": {"anyOf": [{"type": "string", "maxLength": 6}, {"type": "string", "minLength": 3}]},
    }
    for name, schema in schemas.items():
        constraint = json_schema(schema, strings_from=text, whitespace="compact")
        for given_constraint in (constraint, parts(before=literal(b"so: ").optional(), json=constraint)):
            generator = Generator(models.whimsical(7, scale=2))
            for temperature in (0, 1):
                out = generator.generate(
                    "", given_constraint, strategy="spans", seed=1, temperature=temperature
                )
                value = json.loads(out.data.removeprefix(b"so: "))
                strings = [value] if isinstance(value, str) else value
                told = [one for one in (strings.values() if name == "object" else strings) if one is not None]
                assert all(one in text for one in told)
                assert out.statistics.whole_values == len(told), name


def test_a_value_that_takes_too_much_is_left_to_the_mask():
    """And says so; where all are, the text is the mask's."""
    left = 0
    for seed in range(20):
        generator = Generator(models.whimsical(seed, scale=2))
        out = generator.generate("", TWO, strategy=Spans(max_read=1), temperature=0)
        assert out.statistics.fallbacks + out.statistics.whole_values == 2
        if out.statistics.fallbacks == 2:
            left += 1
            by_mask = generator.generate("", TWO, temperature=0)
            assert (out.data, out.log_weight) == (by_mask.data, by_mask.log_weight)
        unhurried = generator.generate("", TWO, strategy="spans", temperature=0)
        assert (unhurried.statistics.fallbacks, unhurried.statistics.whole_values) == (0, 2)
    assert left


def test_a_value_in_a_stream_is_there_before_the_next_is_begun():
    """Patches of a value come once it is chosen."""
    stream = Generator(MODEL).stream("", TWO, strategy="spans", temperature=0)
    seen = [bytes(stream.data) for _ in stream]
    whole = stream.generation.data
    assert seen[-1] == whole
    assert len(seen) > 2
    assert any(data and data != whole and b'","' not in data for data in seen)
