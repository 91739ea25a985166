"""The tolerances hold for float64, are not much wider than what is seen, and do not hide a wrong weight."""

from __future__ import annotations

import copy

import pytest
import torch

from bltgen.model.blt import ByteLatentTransformer, PatchedBytes, ids_of_bytes
from tests.model.sessions import SHAPES, tiny_model
from tests.model.tolerance import entropy_tolerance, logits_tolerance, product_tolerance

TEXT = bytes(range(40, 90)) + b"the same words, " * 4


def whole(model: ByteLatentTransformer, patched: PatchedBytes) -> torch.Tensor:
    with torch.no_grad():
        return model(patched)[0].double()


@pytest.mark.arithmetic
@pytest.mark.parametrize("shape", SHAPES)
def test_float32_is_as_near_to_float64_as_is_said(shape: str) -> None:
    """Logits and entropies; with room for another CPU, but for no more than that."""
    model = tiny_model("entropy, at most 5", shape)
    ids = torch.tensor([ids_of_bytes(TEXT)])
    patched, exact = model.patch(ids), copy.deepcopy(model).double()
    expected = whole(exact, patched)
    error = (whole(model, patched) - expected).abs().max().item()
    within = logits_tolerance(model, expected, length=len(TEXT))
    assert within / 200 < error < within / 2
    with torch.no_grad():
        logs = exact.entropy_model(ids).log_softmax(-1)
        error = (model.entropies(ids).double() + (logs.exp() * logs).sum(-1)).abs().max().item()
    assert error < entropy_tolerance(model, length=len(TEXT)) / 2


@pytest.mark.parametrize("name", ["embedding.bytes", "encoder", "latent", "decoder", "norm", "head"])
def test_a_weight_that_is_off_by_a_hundredth_is_seen(name: str) -> None:
    """In every part of a model, half a tensor at a time."""
    model = tiny_model("static")
    patched = model.patch(torch.tensor([ids_of_bytes(TEXT)]))
    expected = whole(model, patched)
    for parameter_name, _ in model.named_parameters():
        if name not in parameter_name or "entropy_model" in parameter_name:
            continue
        other = copy.deepcopy(model)
        with torch.no_grad():
            other.get_parameter(parameter_name).view(-1)[::2].mul_(1.01)  # not what a norm would undo
        error = (whole(other, patched) - expected).abs().max().item()
        assert error > 2 * logits_tolerance(model, expected, length=len(TEXT)), parameter_name


@pytest.mark.arithmetic
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("inner", [1, 16, 1000])
def test_a_product_is_as_near_as_is_said(dtype: torch.dtype, inner: int) -> None:
    """And one without its last term, or with a scale of 1.05, is not."""
    torch.manual_seed(inner)
    x, weight = torch.randn(40, inner).to(dtype), torch.randn(30, inner).to(dtype)
    exact, within = x.double() @ weight.double().t(), product_tolerance(x, weight)
    assert (((x @ weight.t()).double() - exact).abs() <= within).all()
    short = x[:, :-1].double() @ weight[:, :-1].double().t()
    assert ((short - exact).abs() > within).any()
    assert ((exact * 1.05 - exact).abs() > within).any()
