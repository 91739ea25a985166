"""Every type that pydantic documents: drawn texts parse, forms that strict mode takes are in the language."""

from __future__ import annotations

import random
import warnings
from typing import Any, Optional, Union

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pydantic = pytest.importorskip("pydantic")
from pydantic import TypeAdapter, create_model  # noqa: E402

import bltgen  # noqa: E402
from benchmarks.documented_types import documented_types  # noqa: E402
from benchmarks.python_types import WIDEST, forms_of, is_unchecked, walk  # noqa: E402

TYPES = documented_types()
REFUSED = {
    *("Callable", "type", "subclass", "pattern bytes"),
    *("complex finite", "complex ge", "path length"),  # limits at which pydantic fails
}

MIXED = {
    f'"{text}"'
    for text in ("P1DT", "P1.5D", "01:30", "1:00:00", "P1Y2M3DT4H5M6S", "100:00:00", "-1 day, 23:00")
} | {'"2 days, 01:30:00"'}
LEFT_OUT = {
    "ge_any": {"true"},
    "places": {"1e400"},
    "with_nan": {"1e400"},
    "bounded Fraction": {'"1/3"', '"1e5"', '"1E-5"'},
    "big": {'"1.5 KB"', '"2mib"', '" 3 kbit "', '".5k"', '"10GB"'},
    "at_most": MIXED,
    "more": MIXED,
    "long url": {'"http://a/%20"'},
    "omitted": {"[1.0]"},
    "Iterable": {"[1.0]"},
    "plain typed": {"1.0"},
    "keys Decimal": {'{"1_0": 1}'},
    "keys quarter": {'{"1_0": 1}', '{"1e5": 1}', '{"NaN": 1}'},
    "keys half": {'{"1_0": 1}'},
    "half Fraction": {'"1e5"'},
    "third Fraction": {'"1e5"'},
    "redis length": {'"redis://[::1]:8080/x"', '"redis://ä.de/ö"'},
    "minutes": MIXED | {'"-P1D"'},
    "keys PositiveInt": {'{"1_0": 1}'},
    "keys conint": {'{"1_0": 1}'},
    "keys datetime": {f'{{"{key}": 1}}' for key in ("1", "-1", "+1", "01", "1.0", "1.5", "0.1", " 1 ")},
    "keys ByteSize": {f'{{"{key}": 1}}' for key in ("+1", "1_0", "2024-02-29", "10:00", "2024-02-29T10:00",
        "1.2.3.4", "123e4567-e89b-42d3-a456-426614174000")},
}  # fmt: skip
"""Listed forms that the documentation leaves out."""


def few(name: str) -> set[str]:
    """The forms left out of a type; of URLs of a certain least length those that pydantic rewrites."""
    return LEFT_OUT.get(name, set())


@pytest.mark.parametrize(("name", "annotation", "forms"), TYPES, ids=[name for name, _, _ in TYPES])
def test_the_language_is_what_pydantic_takes(name: str, annotation: Any, forms: list[str]) -> None:
    """No drawn text is refused where the report says exact; no listed form is missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = walk(annotation, forms, 4, 0, random.Random(name))
    assert (result.kind == "refused") == (name in REFUSED), result.reason
    assert not result.lies, result.refused
    if name != "at least":
        assert set(result.outside) <= few(name)


UNITS = [(name, annotation, forms) for name, annotation, forms in TYPES if name not in REFUSED]


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_compositions(data: st.DataObject) -> None:
    """Lists, unions and models of these types: what is drawn parses, what strict mode takes is accepted."""
    plain = [unit for unit in UNITS if unit[0] not in LEFT_OUT and unit[0] != "at least"]
    parts = data.draw(st.lists(st.sampled_from(plain), min_size=1, max_size=3))
    shape = data.draw(st.sampled_from(["list", "union", "optional", "model"]))
    annotations = [annotation for _, annotation, _ in parts]
    forms = [
        form
        for _, _, given_forms in parts
        for form in data.draw(st.lists(st.sampled_from(given_forms), max_size=3))
    ]
    annotation: Any
    if shape == "model":
        fields: dict[str, Any] = {f"f{i}": (one, ...) for i, one in enumerate(annotations)}
        annotation = create_model("Composed", **fields)
        first = annotations[0]
        forms = []
        if len(parts) == 1:
            forms = ['{"f0":' + form + "}" for form in forms_of(TypeAdapter(first), parts[0][2])]
    else:
        union: Any = Union[tuple(annotations)]  # noqa: UP007
        annotation = {"list": list[union], "union": union, "optional": Optional[union]}[shape]  # noqa: UP045
        if shape == "list":
            forms = ["[" + ", ".join(forms) + "]"]
    adapter = TypeAdapter(annotation)
    constraint = bltgen.json_schema(annotation)
    rng = random.Random(data.draw(st.integers(0, 2**32)))
    text = constraint.sample(rng, constraint.start().shortest + rng.randrange(30))
    if not is_unchecked(constraint):
        adapter.validate_json(text)
    widest = bltgen.json_schema(annotation, **WIDEST)
    for form in forms_of(adapter, forms):
        assert widest.accepts(form.encode()), (parts, form)
