"""Random schemas and documents: our verdict is `jsonschema`'s, and every state keeps the contract."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import jsonschema
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from bltgen.constraints.json_schema import JsonSchema, json_schema
from bltgen.errors import EmptyLanguage, LimitExceeded
from bltgen.testing.random_schemas import spelled

from .random_schemas import documents, schemas

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
check = settings(deadline=None, max_examples=60, suppress_health_check=SLOW)


def compiled(schema: Any, **options: Any) -> JsonSchema | None:
    """The constraint; None where nothing satisfies the schema.

    Numbers are spelled plainly, so that Python's floats hold what is sampled.
    """
    try:
        return json_schema(schema, **{"numbers": "plain", **options})
    except EmptyLanguage:
        return None
    except LimitExceeded:
        assume(False)
        raise


@check
@given(schemas(), st.lists(documents, min_size=1, max_size=6), st.integers(0, 1000))
def test_verdicts_agree(schema: Any, values: list[Any], seed: int) -> None:
    """A document is accepted, however it is spelled, exactly if jsonschema calls it valid."""
    constraint = compiled(schema, whitespace="any", numbers="any")
    validator = jsonschema.Draft202012Validator(schema)
    rng = random.Random(seed)
    for value in values:
        text = spelled(value, rng)
        accepted = constraint is not None and constraint.accepts(text)
        assert accepted == validator.is_valid(value), text


@check
@given(schemas(), st.integers(0, 1000))
def test_samples_are_valid_and_near_misses_are_judged_alike(schema: Any, seed: int) -> None:
    """Samples validate; samples with one thing changed are accepted exactly if they validate."""
    constraint = compiled(schema)
    assume(constraint is not None)
    assert constraint is not None
    validator = jsonschema.Draft202012Validator(schema)
    rng = random.Random(seed)
    for budget in (0, 1, 3, 10, 30):
        try:
            text = constraint.sample(rng, constraint.start().shortest + budget)
        except LimitExceeded:
            assume(False)
            raise
        assert len(text) <= constraint.start().shortest + budget
        if not fits_float(text):
            continue
        value = json.loads(text)
        assert validator.is_valid(value), text
        near = changed(value, rng)
        assert constraint.accepts(json.dumps(near).encode()) == validator.is_valid(near), near


def fits_float(text: bytes) -> bool:
    """Whether Python's floats hold the numbers of a text exactly enough for jsonschema to judge them."""
    return re.search(rb"[0-9.]{15}", text) is None


def changed(value: Any, rng: random.Random) -> Any:
    """The value with something small changed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        made = dict(value)
        name = rng.choice(sorted(made))
        if rng.random() < 0.4:
            del made[name]
        else:
            made[name] = changed(made[name], rng)
        if rng.random() < 0.3:
            made[rng.choice(["a", "b", "q"])] = rng.choice([1, "a", None])
        return made
    if isinstance(value, list) and value and rng.random() < 0.8:
        i = rng.randrange(len(value))
        if rng.random() < 0.3:
            return value[:i] + value[i + 1 :]
        return [*value[:i], changed(value[i], rng), *value[i + 1 :]] + (
            [value[i]] if rng.random() < 0.3 else []
        )
    return rng.choice([None, True, 0, 1, 2.5, "", "a", "ab", [], {}, [1], {"a": 1}])


@check
@given(schemas(), st.integers(0, 1000), st.sampled_from(["bounded", "compact", 1]))
@example({"uniqueItems": True, "items": {"enum": [1, "a"]}, "minItems": 2, "type": "array"}, 0, "compact")
def test_states_keep_the_contract(schema: Any, seed: int, whitespace: Any) -> None:
    """Along a sample: the mask is the bytes with a live successor, `shortest` is one more than the least
    of the successors', a completion has that length and validates, `forced` is the only way."""
    constraint = compiled(schema, whitespace=whitespace)
    assume(constraint is not None)
    assert constraint is not None
    validator = jsonschema.Draft202012Validator(schema)
    rng = random.Random(seed)
    text = constraint.sample(rng, constraint.start().shortest + rng.randrange(30))
    state = constraint.start()
    for position in range(len(text) + 1):
        successors = {byte: after for byte in range(256) if (after := state.advance(byte)) is not None}
        assert set(state.allowed) == set(successors), text[:position]
        completion = state.completion()
        assert len(completion) == state.shortest, (text[:position], completion)
        if fits_float(text):
            assert validator.is_valid(json.loads(text[:position] + completion)), text[:position] + completion
        assert (state.shortest == 0) == state.accepting
        if not state.accepting:
            nearest = 1 + min(after.shortest for after in successors.values())
            assert state.shortest == nearest, (text[:position], state.shortest, nearest)
            assert len(state.forced) > 0 if len(successors) == 1 else state.forced == b""
        else:
            assert state.forced == b""
        farthest = max((after.shortest for after in successors.values()), default=0)
        for n in (*(state.shortest + more for more in (0, 1, 3)), *range(farthest, farthest + 12)):
            within = {byte for byte, after in successors.items() if after.shortest <= n - 1}
            assert set(state.allowed_within(n)) == within, (text[:position], n)
        if position < len(text):
            following = state.advance(text[position])
            assert following is not None
            state = following


@check
@given(schemas(), st.integers(0, 1000))
def test_walks_within_a_budget_end_valid(schema: Any, seed: int) -> None:
    """Random walks inside of allowed_within(n), for n = shortest .. shortest + 20, end valid within n."""
    constraint = compiled(schema)
    assume(constraint is not None)
    assert constraint is not None
    validator = jsonschema.Draft202012Validator(schema)
    rng = random.Random(seed)
    for extra in (0, 1, 2, 5, 20):
        state = constraint.start()
        left = state.shortest + extra
        text = bytearray()
        while not (state.accepting and rng.random() < 0.5):
            choices = sorted(state.allowed_within(left))
            if not choices:
                assert state.accepting, bytes(text)
                break
            byte = rng.choice(choices)
            following = state.advance(byte)
            assert following is not None
            text.append(byte)
            state, left = following, left - 1
        assert left >= 0
        assert not fits_float(bytes(text)) or validator.is_valid(json.loads(bytes(text))), bytes(text)
