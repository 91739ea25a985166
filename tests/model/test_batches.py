"""Continuous batching over a Byte Latent Transformer: company changes the time a text takes, not the text."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import bltgen
from bltgen.decoding.generator import Generator
from bltgen.model.blt import ByteLatentTransformer
from tests.model.sessions import MODES, tiny_model, whole

KEYS = bltgen.regex('(\\{"(long_name_of_a_key|k)": [0-9]{1,6}, "another_long_name": "[a-z]{0,12}"\\} ?){1,3}')
NUMBERS = bltgen.regex("[0-9]{1,9}(, [0-9]{1,9}){0,5}")


def tied(generator: Generator, prompt: bytes, one: bytes, other: bytes) -> bool:
    """The texts part where rounding may choose: the byte, or a boundary before it."""
    same = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    assert isinstance(generator.model, ByteLatentTransformer)
    read = whole(generator.model, prompt + one[:same])
    first, second = (text[same] if same < len(text) else 256 for text in (one, other))
    return not read.decided or abs(float(read.logits[-1, first] - read.logits[-1, second])) < 2 * read.within


@pytest.mark.parametrize("mode", MODES)
@settings(deadline=None, max_examples=3)
@given(
    seed=st.integers(0, 10**6),
    batch_size=st.integers(2, 6),
    strategy=st.sampled_from(["mask", "speculative"]),
)
def test_greedy_bytes_in_a_batch_are_those_alone(mode, seed, batch_size, strategy) -> None:
    """Prompts of all lengths, free and constrained rows, forced runs beside single bytes."""
    generator = Generator(tiny_model(mode))
    rng = random.Random(seed)
    prompts = [rng.randbytes(rng.choice([0, 1, 5, 40, 90])) for _ in range(7)]
    constraints = [rng.choice([None, KEYS, NUMBERS]) for _ in prompts]
    settings = {"max_bytes": 50, "temperature": 0, "seed": 0, "strategy": strategy}
    many = generator.generate_many(prompts, constraints, batch_size=batch_size, **settings)
    for prompt, constraint, one in zip(prompts, constraints, many, strict=True):
        alone = generator.generate(prompt, constraint, **settings)
        if one.data != alone.data:
            assume(not tied(generator, prompt, one.data, alone.data))
        assert (one.data, one.finish) == (alone.data, alone.finish)
        read = whole(generator.model, prompt + one.data)
        assume(read.decided)
        # A logit and the sum of all, at each byte.
        within = 2 * read.within * (len(one.data) + 1)
        assert one.log_probability == pytest.approx(alone.log_probability, abs=within)


def test_the_embedded_model_writes_the_same_records_in_a_batch() -> None:
    """Trained weights, a schema with known keys: forced bytes of some rows beside drawn ones of others."""
    generator = bltgen.load()
    record = bltgen.json_schema(
        {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
            "required": ["name", "age"],
            "additionalProperties": False,
        }
    )
    prompts = [
        f"{name}, {age}, lives here.\n" for age, name in enumerate(["Ada", "Bo Li", "Cy", "Dee Ray"], 30)
    ]
    many = generator.generate_many(prompts, record, batch_size=3, temperature=0, max_bytes=60)
    alone = [generator.generate(prompt, record, temperature=0, max_bytes=60) for prompt in prompts]
    assert [one.data for one in many] == [one.data for one in alone]
