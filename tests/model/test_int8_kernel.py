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


def test_the_plain_product_is_trusted(monkeypatch) -> None:
    """What the check compares with would itself pass."""
    monkeypatch.setattr(torch, NAME, plain, raising=False)
    trusted.cache_clear()
    try:
        assert trusted()
    finally:
        trusted.cache_clear()


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
