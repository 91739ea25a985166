"""Which way a product is computed, from how many rows on; int8 weights number by number."""

from __future__ import annotations

import pytest
import torch

from bltgen.model import products
from bltgen.model.int8 import Int8Linear, quantised
from bltgen.model.products import NATIVE, WIDENED, WIDENED_INT8, Int8Product, Product, product_of
from tests.model.tolerance import product_tolerance


def assert_product(found, x, weight, base=None):
    """What was found is x [n, in] times weight [out, in], with base [n, out] added, up to rounding."""
    exact = x.double() @ weight.double().t() + (0 if base is None else base.double())
    assert found.shape == exact.shape
    assert ((found.double() - exact).abs() <= product_tolerance(x, weight, base)).all()


@pytest.fixture
def widened(monkeypatch):
    """The numbers of rows that were multiplied in float32."""
    rows, inner = [], products._widened

    def counted(x, weight):
        rows.append(len(x))
        return inner(x, weight)

    monkeypatch.setattr(products, "_widened", counted)
    return rows


@pytest.mark.parametrize("native", [True, False])
def test_slow_dtypes_are_widened_from_a_few_rows_on(native, widened, monkeypatch):
    """From WIDENED rows; never where the CPU multiplies them itself."""
    monkeypatch.setattr(products, "_is_native", lambda dtype: native)
    product = Product(torch.randn(3, 4).bfloat16())
    for rows in (1, WIDENED - 1, WIDENED, 9):
        product(torch.randn(rows, 4).bfloat16())
        product.added(torch.zeros(rows, 3).bfloat16(), torch.randn(rows, 4).bfloat16())
    assert widened == ([] if native else [WIDENED, WIDENED, 9, 9])
    assert (WIDENED, products.PIECE) == (4, 1 << 20)
    assert Product(torch.empty(3, 4, device="meta", dtype=torch.bfloat16))._widened_from == float("inf")


def test_what_is_fast_on_this_cpu_is_known_by_its_instructions(monkeypatch):
    """Any of those that are enough; float32 always is; older versions of torch know AVX-512 alone."""
    found = {}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found, raising=False)
    assert products._is_native(torch.float32)
    for dtype, names in NATIVE.items():
        assert not products._is_native(dtype)
        for name in names:
            found[name] = False
            assert not products._is_native(dtype)
            found[name] = True
            assert products._is_native(dtype)
            found.clear()
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    for capability, native in (("AVX512", True), ("AVX2", False)):
        monkeypatch.setattr(
            torch.backends.cpu, "get_cpu_capability", lambda capability=capability: capability
        )
        assert products._is_native(torch.bfloat16) is native
        assert products._is_native(torch.float16) is False
        assert products._is_native(torch.float32)


@pytest.mark.parametrize("piece", [1, 4, 5, 8, 9, 11, 12, 13, 100])
def test_a_widened_product_is_made_piece_by_piece(piece, monkeypatch):
    """As many rows of the weight as numbers fit a piece, at least one."""
    monkeypatch.setattr(products, "PIECE", piece)
    x, weight = torch.randn(2, 4).bfloat16(), torch.randn(3, 4).bfloat16()
    made, multiply = [], torch.mm
    monkeypatch.setattr(torch, "mm", lambda a, b, out: (made.append(b.shape[1]), multiply(a, b, out=out))[1])
    found = products._widened(x, weight)
    assert_product(found, x, weight)
    rows = max(1, piece // 4)
    assert made == [min(rows, 3 - start) for start in range(0, 3, rows)]
    assert found.dtype == torch.float32


def test_a_product_is_that_of_the_weight_and_may_be_added(monkeypatch):
    """By either way, in the dtype of the rows; what is added is left alone."""
    monkeypatch.setattr(products, "_is_native", lambda dtype: False)
    for rows in (1, 6):
        x, base = torch.randn(rows, 4).bfloat16(), torch.randn(rows, 3).bfloat16()
        weight, kept = torch.randn(3, 4).bfloat16(), base.clone()
        found, added = Product(weight)(x), Product(weight).added(base, x)
        assert found.dtype == added.dtype == torch.bfloat16
        assert_product(found, x, weight)
        assert_product(added, x, weight, base)
        assert torch.equal(base, kept)


@pytest.mark.parametrize("kernel", [True, False])
def test_int8_weights_have_a_kernel_for_few_rows(kernel, widened, monkeypatch):
    """Below WIDENED_INT8, where there is one."""
    asked = []

    def multiply(x, weight, scale):
        asked.append(len(x))
        return x @ (weight.to(x.dtype) * scale[:, None]).T

    monkeypatch.setattr(products, "kernel_for", lambda weight, scale: multiply if kernel else None)
    linear = Int8Linear.of(torch.randn(3, 4))
    product = product_of(linear)
    assert isinstance(product, Int8Product)
    for rows in (1, WIDENED_INT8 - 1, WIDENED_INT8):
        x, base = torch.randn(rows, 4), torch.randn(rows, 3)
        weight, kept = linear.weight.double() * linear.scale.double()[:, None], base.clone()
        assert_product(product(x), x, weight)
        assert_product(product.added(base, x), x, weight, kept)
        assert torch.equal(base, kept)
    few = [1, 1, WIDENED_INT8 - 1, WIDENED_INT8 - 1]
    many = [WIDENED_INT8, WIDENED_INT8]
    assert (asked, widened) == ((few, many) if kernel else ([], few + many))
    assert WIDENED_INT8 == 12


def test_a_linear_layer_has_a_plain_product():
    """Of its weight."""
    linear = torch.nn.Linear(4, 3, bias=False)
    x = torch.randn(2, 4)
    made = product_of(linear)
    assert isinstance(made, Product)
    assert_product(made(x), x, linear.weight)


def test_rows_are_scaled_to_their_largest():
    """Which becomes 127; rounded to the nearest; a row of zeros stays zero."""
    kept, scale = quantised(torch.tensor([[2.0, -1.0, 0.008, 0.0078], [0.0] * 4, [-0.5, 0.25, 0.1, 0.0]]))
    assert kept.tolist() == [[127, -64, 1, 0], [0] * 4, [-127, 64, 25, 0]]
    assert (kept.dtype, scale.dtype) == (torch.int8, torch.float32)
    assert scale.tolist() == pytest.approx([2 / 127, 0.0, 0.5 / 127], rel=1e-6, abs=1e-30)
    assert scale[1] > 0
    tiny = quantised(torch.tensor([[1e-44, -1e-44]]))
    assert tiny[0].abs().max() <= 127
    half = quantised(torch.tensor([[3.0, 1.0]]).bfloat16())
    assert half[1].dtype == torch.bfloat16
    # The numbers are rounded to steps of the scale that is kept, and never beyond 127.
    assert half[0].tolist() == [[127, round(1.0 / half[1].float().item())]]
    # float16 has no scale as small as these ask for.
    assert quantised(torch.tensor([[1e-5, -1e-5]]).half())[0].tolist() == [[127, -127]]
    trained = torch.nn.Parameter(torch.ones(1, 2))
    assert not quantised(trained)[1].requires_grad


def test_an_int8_layer_multiplies_by_what_it_stands_for():
    """In the dtype of its scale; its weights are buffers, not parameters."""
    linear = Int8Linear.of(torch.tensor([[1.0, -0.5], [0.25, 0.1]]).bfloat16())
    assert list(dict(linear.named_buffers())) == ["weight", "scale"]
    assert not list(linear.parameters())
    x = torch.eye(2).bfloat16()
    expected = (linear.weight.bfloat16() * linear.scale[:, None]).T
    assert torch.equal(linear(x), expected)
