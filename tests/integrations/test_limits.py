"""Bounds of addresses and UUIDs, multiples in strings, depth: beside Python and pydantic themselves."""

from __future__ import annotations

import ipaddress
import operator
import random
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

pydantic = pytest.importorskip("pydantic")

import bltgen  # noqa: E402
from bltgen.errors import Unsupported  # noqa: E402
from bltgen.integrations.pydantic_types import addresses  # noqa: E402
from bltgen.integrations.pydantic_types.address_bounds import (  # noqa: E402
    ipv4_beyond,
    ipv6_beyond,
    uuid_beyond,
)
from bltgen.integrations.pydantic_types.fixed_point import Range, in_all  # noqa: E402

SIDES = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
NEAR = st.sampled_from([-(1 << 16), -256, -1, 0, 0, 1, 256, 1 << 16, 1 << 64])


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1) | st.sampled_from([0, 2**32 - 1, 10 << 24]), NEAR, st.sampled_from([*SIDES]))
def test_ipv4_bounds(bound: int, by: int, side: str) -> None:
    """The address near the bound, and others."""
    language, limit = ipv4_beyond(ipaddress.IPv4Address(bound), side), ipaddress.IPv4Address(bound)
    for value in (bound + by, bound, by * 77, 0, 2**32 - 1):
        address = ipaddress.IPv4Address(value % 2**32)
        assert language.accepts(str(address).encode()) == SIDES[side](address, limit)


def spellings(address: ipaddress.IPv6Address, rng: random.Random) -> list[str]:
    """Some of the ways to write it: zeros, upper case, an IPv4 address at the end, groups left out, zones."""
    groups = address.exploded.split(":")
    tail = str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    found = [str(address), address.exploded, address.exploded.upper(), ":".join([*groups[:6], tail])]
    empty = [i for i, group in enumerate(groups) if group == "0000"]
    for start in empty:
        end = start + rng.choice([n for n in range(1, 9) if all(i in empty for i in range(start, start + n))])
        found.append(":".join(groups[:start]) + "::" + ":".join(groups[end:]))
        if end <= 6:
            found.append(":".join(groups[:start]) + "::" + ":".join([*groups[end:6], tail]))
    return [*found, f"{address}%a", f"{address}%b"]


@settings(deadline=None, max_examples=20)
@given(
    st.integers(0, 2**128 - 1)
    | st.sampled_from([0, 5, 0xFE80 << 112, 2**128 - 1, (1 << 112) + (2 << 64) + 3])
    | st.integers(0, 2**16).map(lambda n: n << 48),
    NEAR,
    st.sampled_from(["", "%a"]),
    st.sampled_from([*SIDES]),
    st.integers(0, 99),
)
def test_ipv6_bounds(bound: int, by: int, zone: str, side: str, seed: int) -> None:
    """Every way of writing an address near the bound; where it has a zone, too."""
    limit = ipaddress.IPv6Address(str(ipaddress.IPv6Address(bound)) + zone)
    language, rng = ipv6_beyond(limit, side), random.Random(seed)
    texts = [
        text
        for value in (bound + by, bound, 0)
        for text in spellings(ipaddress.IPv6Address(value % 2**128), rng)
    ]
    for text in [*texts, *(addresses.ipv6().sample(rng, 30).decode() for _ in range(3))]:
        assert language.accepts(text.encode()) == SIDES[side](ipaddress.IPv6Address(text), limit), text


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**128 - 1), NEAR, st.sampled_from([*SIDES]))
def test_uuid_bounds(bound: int, by: int, side: str) -> None:
    """In each of the four ways."""
    language, limit = uuid_beyond(uuid.UUID(int=bound), side), uuid.UUID(int=bound)
    for value in (bound + by, bound, by * 77):
        one = uuid.UUID(int=value % 2**128)
        for text in (str(one), one.hex.upper(), one.urn, f"{{{one}}}"):
            assert language.accepts(text.encode()) == SIDES[side](one, limit)


@settings(deadline=None, max_examples=30)
@given(
    st.sampled_from(["0.05", "3", "10", "2.5", "0.125", "1024", "0.7", "12.34"]),
    st.sampled_from([(None, None), (Decimal("-2.5"), 40), (0, None), (None, Decimal("9.99"))]),
    st.from_regex(r"[+-]?0{0,2}[0-9]{0,4}(\.[0-9]{0,4})?", fullmatch=True),
    st.integers(-400, 400),
)
@example("0.05", (None, None), ".", 1)
@example("3", (None, None), "", 0)
def test_multiples_in_strings(step: str, ends: tuple[Any, Any], text: str, times: int) -> None:
    """However spelled: what Python reads as a multiple within the bounds."""
    low, high = ends
    language = in_all([Range(low, high), Range(step=Decimal(step))])
    product = format(times * Decimal(step), "f")
    for spelled in (text, product, product + ".0" * ("." not in product), product.replace("0.", ".", 1)):
        try:
            value: Fraction | None = Fraction(Decimal(spelled))
        except ArithmeticError:
            value = None
        wanted = (
            value is not None
            and (value / Fraction(step)).denominator == 1
            and (low is None or value >= low)
            and (high is None or value <= high)
        )
        assert language.accepts(spelled.encode()) == wanted, spelled


@pytest.mark.parametrize(
    ("annotation", "limit", "text"),
    [
        (complex, {"allow_inf_nan": False}, "1"),
        (complex, {"lt": 1}, "1"),
        (uuid.UUID, {"max_length": 3}, '"12345678123456781234567812345678"'),
        (pydantic.Secret[int], {"ge": 1}, "1"),
        (ipaddress.IPv4Address, {"min_length": 1}, '"1.2.3.4"'),
        (bool, {"max_length": 3}, "true"),
        (Decimal, {"max_length": 3}, "1"),
    ],
)
def test_a_limit_that_cannot_be_applied_leaves_no_value(
    annotation: Any, limit: dict[str, Any], text: str
) -> None:
    """pydantic fails at every text: Unsupported, and a union goes without the type."""
    wrong = Annotated[annotation, pydantic.Field(**limit)]
    with pytest.raises(TypeError):
        pydantic.TypeAdapter(wrong).validate_json(text)
    with pytest.raises(Unsupported):
        bltgen.json_schema(wrong)
    either = bltgen.json_schema(list[wrong | None])
    assert either.accepts(b"[null]")
    assert not either.accepts(f"[{text}]".encode())


class Chain(pydantic.BaseModel):
    next: Chain | None = None


@pytest.mark.parametrize("annotation", [Any, list, dict[str, Any], Chain, pydantic.JsonValue])
def test_depth_is_pydantics_to_check(annotation: Any) -> None:
    """It reads some 200 levels; what may be deeper has a row of the report, other types have none."""
    rows = [e for e in bltgen.json_schema(annotation).report().entries if e.construct == "nesting"]
    assert [row.enforced for row in rows] == ["checked by pydantic only"]
    deep = b"[" * 250 + b"]" * 250
    with pytest.raises(pydantic.ValidationError, match="recursion limit"):
        pydantic.TypeAdapter(Any).validate_json(deep)
    plain = bltgen.json_schema(list[tuple[int, str]]).report()
    assert not [e for e in plain.entries if e.construct == "nesting"]
