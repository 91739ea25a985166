"""A dtype for every component, int8 for the latent transformer: what changes and what must not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import bltgen
from bltgen.errors import CheckpointError
from bltgen.model import products
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model, save_model
from bltgen.model.int8 import Int8Linear, quantised
from bltgen.model.products import WIDENED_INT8, Int8Product, Product
from tests.model.sessions import tiny_model
from tests.model.tolerance import assert_close, logits_tolerance, product_tolerance

pytestmark = pytest.mark.arithmetic
TEXT = b"Every level has a dtype of its own, and boundaries stand where they stood."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    save_model(tiny_model("entropy"), path)
    return path


@settings(deadline=None, max_examples=50)
@given(arrays("float32", (5, 7), elements=st.floats(-100, 100, width=32)))
def test_every_number_is_off_by_at_most_half_a_step(array) -> None:
    """Also for rows of zeros and for tiny numbers."""
    weight = torch.from_numpy(array)
    kept, scale = quantised(weight)
    assert kept.dtype == torch.int8
    error = (kept.float() * scale[:, None] - weight).abs()
    assert (error <= weight.abs().amax(dim=1, keepdim=True) / 254 * 1.001 + 1e-37).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [1, 3, WIDENED_INT8 - 1, WIDENED_INT8, 40])
def test_the_product_is_that_of_the_weight_it_stands_for(dtype: torch.dtype, rows: int) -> None:
    """By torch's kernel and by putting the weight back together."""
    torch.manual_seed(rows)
    linear = Int8Linear.of(torch.randn(48, 64).to(dtype))
    x, base = torch.randn(rows, 64).to(dtype), torch.randn(rows, 48).to(dtype)
    with torch.inference_mode():
        stood_for = linear.weight.double() * linear.scale.double()[:, None]
        exact = x.double() @ stood_for.t()
        for found in (Int8Product(linear)(x), linear(x)):
            assert found.dtype == dtype
            assert ((found.double() - exact).abs() <= product_tolerance(x, stood_for)).all()
        added = Int8Product(linear).added(base, x).double() - (exact + base.double())
        assert (added.abs() <= product_tolerance(x, stood_for, base)).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("rows", [1, 3, 4, 70])
def test_a_plain_product_is_that_of_any_dtype(dtype: torch.dtype, rows: int, monkeypatch) -> None:
    """In pieces or at once: weights of many pieces, rows below and above the change."""
    monkeypatch.setattr(products, "PIECE", 1000)
    torch.manual_seed(rows)
    weight, x, base = (torch.randn(*shape).to(dtype) for shape in ((70, 48), (rows, 48), (rows, 70)))
    exact = x.double() @ weight.double().t()
    with torch.inference_mode():
        product = Product(weight)
        assert product(x).dtype == product.added(base, x).dtype == dtype
        assert ((product(x).double() - exact).abs() <= product_tolerance(x, weight)).all()
        added = product.added(base, x).double() - (exact + base.double())
        assert (added.abs() <= product_tolerance(x, weight, base)).all()


@pytest.mark.parametrize("latent", [torch.bfloat16, torch.int8])
def test_the_latent_alone_in_another_dtype(folder: Path, latent: torch.dtype) -> None:
    """Patches stay; logits move a little; the whole-sequence model and the session agree."""
    model, lowered = load_model(folder), load_model(folder, latent_dtype=latent)
    blocks = lowered.latent_transformer.transformer.blocks
    kinds = {type(module) for block in blocks for module in block.modules()}
    assert (Int8Linear in kinds) == (latent == torch.int8)
    assert lowered.embedding.bytes.weight.dtype == torch.float32
    session = lowered.session([b""])
    for at in range(len(TEXT)):
        session.extend([TEXT[at : at + 1]])
    assert session.patch_starts == model.session([TEXT]).patch_starts
    reference = model.session([TEXT]).logits
    assert 0 < (session.logits - reference).abs().max() < 0.1 * reference.abs().max()
    with torch.no_grad():
        ids = torch.tensor([ids_of_bytes(TEXT)])
        forward = lowered(lowered.patch(ids))[0, -1]
    within = logits_tolerance(lowered, forward, length=len(TEXT))
    assert_close(session.logits[0, :256], forward[4:260], within)
    rolled = lowered.session([TEXT + b" and more"])
    rolled.truncate([len(TEXT)])
    assert_close(rolled.logits, lowered.session([TEXT]).logits, within)


def test_int8_weights_are_not_written(folder: Path, tmp_path: Path) -> None:
    """A checkpoint of them could not be read back."""
    with pytest.raises(CheckpointError, match="int8"):
        save_model(load_model(folder, latent_dtype=torch.int8), tmp_path)


def test_wrong_dtypes_are_refused_by_name(folder: Path) -> None:
    """int8 is for the latent transformer alone."""
    with pytest.raises(ValueError, match="entropy_dtype"):
        load_model(folder, entropy_dtype=torch.int8)
    with pytest.raises(ValueError, match=r"dtype=torch\.int32: a floating-point dtype"):
        load_model(folder, torch.int32)
    with pytest.raises(ValueError, match="latent_dtype='no'"):
        bltgen.load(folder, latent_dtype="no")


def test_a_generator_takes_them_by_name(folder: Path) -> None:
    """As the command line gives them."""
    generator = bltgen.load(folder, latent_dtype="int8", entropy_dtype="bfloat16")
    assert isinstance(generator.model, ByteLatentTransformer)
    assert generator.model.entropy_model.embedding.weight.dtype == torch.bfloat16
    digits = bltgen.regex("[0-9]{8}")
    assert digits.accepts(generator.generate("n: ", digits, seed=0).data)
