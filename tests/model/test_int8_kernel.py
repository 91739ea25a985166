"""Int8 products are right for every shape, and torch's own kernel reads no byte that is not the weight's."""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bltgen.model import int8_kernel
from bltgen.model.int8 import Int8Linear
from bltgen.model.int8_kernel import INNER, NAME, OUTER, aligned, kernel_for, trusted
from bltgen.model.products import WIDENED_INT8, Int8Product
from tests.model.tolerance import product_tolerance

pytestmark = pytest.mark.arithmetic
SIZES = [1, 2, 3, 4, 7, 8, 12, 15, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 80, 100, 128, 1000]


@settings(deadline=None, max_examples=80)
@given(
    inner=st.sampled_from(SIZES) | st.integers(1, 300),
    outer=st.sampled_from(SIZES) | st.integers(1, 70),
    rows=st.integers(1, WIDENED_INT8 + 2),
    dtype=st.sampled_from([torch.bfloat16, torch.float32, torch.float16]),
    offset=st.integers(0, 3),
    seed=st.integers(0, 999),
)
def test_every_shape_gives_the_product(inner, outer, rows, dtype, offset, seed) -> None:
    """Rows that lie anywhere in memory, some of them within a larger table."""
    torch.manual_seed(seed)
    linear = Int8Linear.of(torch.randn(outer, inner).to(dtype))
    flat = torch.randn(rows * inner + offset + 64).to(dtype)
    x = flat[offset : offset + rows * inner].view(rows, inner)
    weight = linear.weight.double() * linear.scale.double()[:, None]
    with torch.inference_mode():
        error = Int8Product(linear)(x).double() - x.double() @ weight.t()
    assert (error.abs() <= product_tolerance(x, weight)).all()


def test_the_kernel_is_for_weights_that_it_reads_right_alone() -> None:
    """Every size that is no multiple of its steps, every dtype and place in memory that it does not check."""
    if not trusted():
        pytest.skip("the kernel is not used here")
    for inner in range(1, 5 * INNER):
        for outer in (1, 2, 3, 4, 6, 8):
            linear = Int8Linear.of(torch.ones(outer, inner, dtype=torch.bfloat16))
            fits = inner % INNER == 0 and outer % OUTER == 0
            assert (kernel_for(linear.weight, linear.scale) is not None) == fits
    weight, scale = torch.ones(8, 32, dtype=torch.int8), torch.ones(8, dtype=torch.bfloat16)
    assert kernel_for(weight, scale) is not None
    shifted = torch.ones(8 * 32 + 1, dtype=torch.int8)[1:].view(8, 32)
    for other in (shifted, weight[:, :16], torch.ones(32, 8, dtype=torch.int8).t(), weight.to("meta")):
        assert kernel_for(other, scale) is None
    assert kernel_for(weight, scale.float()) is None
    assert kernel_for(weight.float(), scale) is None


class Weight:
    """What is asked of a weight, or of its scales, before the kernel gets it."""

    def __init__(self, rows: int = 8, inner: int = 32, dtype: torch.dtype = torch.int8, **other) -> None:
        self.shape, self.dtype = (rows, inner), dtype
        self.device = torch.device(other.get("device", "cpu"))
        self.contiguous, self.at = other.get("contiguous", True), other.get("at", 64)

    def is_contiguous(self) -> bool:
        return self.contiguous

    def numel(self) -> int:
        return self.shape[0] * self.shape[1]

    def data_ptr(self) -> int:
        return self.at


SCALE = Weight(dtype=torch.bfloat16)


@pytest.mark.parametrize(
    ("weight", "scale", "right"),
    [
        (Weight(), SCALE, True),
        (Weight(4, 16), SCALE, True),
        (Weight(6), SCALE, False),
        (Weight(5), SCALE, False),
        (Weight(inner=24), SCALE, False),
        (Weight(inner=17), SCALE, False),
        (Weight(0), SCALE, False),
        (Weight(4, 0), SCALE, False),
        (Weight(2**27 - 4, 16), SCALE, True),
        (Weight(2**27, 16), SCALE, False),
        (Weight(device="meta"), SCALE, False),
        (Weight(dtype=torch.uint8), SCALE, False),
        (Weight(), Weight(dtype=torch.float32), False),
        (Weight(contiguous=False), SCALE, False),
        (Weight(), Weight(dtype=torch.bfloat16, contiguous=False), False),
        (Weight(at=128), SCALE, True),
        (Weight(at=65), SCALE, False),
        (Weight(at=32), SCALE, False),
    ],
)
def test_what_the_kernel_reads_right(weight, scale, right: bool, monkeypatch) -> None:
    """Whole steps, at aligned memory, of numbers that 32 bits can count; and only where it is trusted."""
    monkeypatch.setattr(torch, NAME, plain, raising=False)
    for trust in (True, False):
        monkeypatch.setattr(int8_kernel, "trusted", lambda trust=trust: trust)
        assert kernel_for(weight, scale) is (plain if right and trust else None)


def test_rows_are_aligned_without_need_to_copy() -> None:
    """Those that lie right are the same memory."""
    x = torch.ones(65, 32, dtype=torch.bfloat16)
    assert aligned(x).data_ptr() == x.data_ptr()
    for other in (x.view(-1)[3:].view(-1)[:64].view(2, 32), x[:, 1:17], x.t()):
        assert aligned(other).data_ptr() % 64 == 0
        assert torch.equal(aligned(other), other)


def plain(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    return (x.float() @ weight.float().t() * scale.float()).bfloat16()


def one_number_on(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    return plain(torch.as_strided(x, x.shape, x.stride(), x.storage_offset() + 1), weight, scale)


def summed_in_short(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    terms = (x[:, None] * (weight * scale[:, None])).unbind(2)
    return functools.reduce(torch.add, terms)


def unwilling(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    raise NotImplementedError("no kernel for this CPU")


WRONG: dict[str, Callable[..., Tensor] | None] = {
    "missing": None,
    "another signature": lambda x: x,
    "no kernel": unwilling,
    "the last number of each row forgotten": lambda x, w, s: plain(x[:, :-1], w[:, :-1], s),
    "scales forgotten": lambda x, w, s: plain(x, w, torch.ones_like(s)),
    "one number on": one_number_on,
    "sums in bfloat16": summed_in_short,
    "nothing": lambda x, w, s: torch.full((len(x), len(w)), float("nan"), dtype=torch.bfloat16),
}


@pytest.fixture
def kernel(monkeypatch):
    """Puts a kernel in the place of torch's, which nobody has asked about."""
    trusted.cache_clear()
    yield lambda other: monkeypatch.setattr(torch, NAME, other, raising=False)
    trusted.cache_clear()


def behind(values: Tensor) -> Tensor:
    """The rest of the memory that they lie in."""
    size = values.untyped_storage().nbytes() // values.element_size()
    return torch.as_strided(values, (size - values.numel(),), (1,), values.numel())


def test_the_plain_product_is_trusted(kernel) -> None:
    """On these sizes, once a process, with memory behind each part that would spoil the product."""
    asked = []

    def noted(x: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
        asked.append((len(x), *reversed(weight.shape)))
        assert x.is_contiguous()
        assert weight.is_contiguous()
        assert len(behind(x)) == len(behind(weight)) == len(behind(scale)) == 256
        assert behind(x).isnan().all()
        assert behind(scale).isnan().all()
        assert (behind(weight) == 127).all()
        assert min(x.min(), weight.min() / 127, scale.min()) < 0 < max(x.max(), scale.max())
        return plain(x, weight, scale)

    kernel(noted)
    assert trusted() is True
    sizes = [(16, 4), (48, 12), (64, 8), (80, 20)]
    assert asked == [(rows, *size) for rows in (1, 2, 3, 4, 5, 11) for size in sizes]
    assert trusted()
    assert len(asked) == 24


@pytest.mark.parametrize("part", ["x", "weight", "scale"])
def test_one_number_that_is_read_wrong_is_seen(part: str, kernel) -> None:
    """Wherever it is, in any of the sizes: it is taken for another."""
    for at in range(0, 16, 5):

        def wrong(x: Tensor, weight: Tensor, scale: Tensor, at: int = at) -> Tensor:
            parts = {"x": x.clone(), "weight": weight.clone(), "scale": scale.clone()}
            flat = parts[part].view(-1)
            flat[at % len(flat)] = -flat[at % len(flat)]
            return plain(*parts.values())

        kernel(wrong)
        trusted.cache_clear()
        assert trusted() is False


@pytest.mark.parametrize(("factor", "trust"), [(1.0, True), (1.003, True), (1.03, False), (-1.0, False)])
def test_rounding_is_allowed_and_no_more(factor: float, trust: bool, kernel) -> None:
    """Of the result, to the eight bits of bfloat16."""
    kernel(lambda x, weight, scale: (x.float() @ weight.float().t() * scale.float() * factor).bfloat16())
    assert trusted() is trust


@pytest.mark.parametrize("what", WRONG)
def test_a_kernel_that_is_wrong_is_not_trusted(what: str, monkeypatch) -> None:
    """Then weights are turned to float32, and the product is right all the same."""
    if WRONG[what] is None:
        monkeypatch.delattr(torch, NAME, raising=False)
    else:
        monkeypatch.setattr(torch, NAME, WRONG[what], raising=False)
    trusted.cache_clear()
    try:
        assert not trusted()
        linear = Int8Linear.of(torch.eye(16, dtype=torch.bfloat16))
        assert kernel_for(linear.weight, linear.scale) is None
        found = Int8Product(linear)(torch.eye(16, dtype=torch.bfloat16))
        assert torch.equal(found, (127 * linear.scale.float()).bfloat16().diag())
    finally:
        trusted.cache_clear()


@pytest.mark.skipif(sys.platform == "win32", reason="mprotect")
def test_nothing_past_the_end_is_read() -> None:
    """In a process of its own, which a read beyond the wall would end."""
    if not trusted():
        pytest.skip("the kernel is not used here")
    sizes = [
        (inner, outer, rows)
        for inner in range(64, 6 * 64, 64)  # so that what ends at a wall begins aligned
        for outer in (4, 8, 12, 20)
        for rows in range(1, WIDENED_INT8)
    ]
    program = (
        "from tests.model.walls import read_before_walls\n"
        f"for sizes in {sizes}:\n    print(sizes, flush=True)\n    read_before_walls(*sizes)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout.splitlines()[-1:]}: {done.stderr[-500:]}"
