"""How far two ways of one computation may part by rounding: from its arithmetic, not from one machine.

A sum of n terms, each rounded to a relative error of at most u (half of the dtype's `eps`), made in any
order and with or without fused operations, is off by about sqrt(n) * u of the size of its terms; n * u only
if all errors lean one way (Higham & Mary, SIAM J. Sci. Comput. 41(5), 2019). Errors of independent sums add
as their squares do. So along the way of a byte through a model the squares of u are added up, one for each
term of each sum (one for each sum, where sums of a short dtype are made in float32), and

    tolerance = ROOM * sqrt(sum of n * u^2) * size of the result.

ROOM holds what the sum does not see: norms, products and exponentials stretch an error on its way, and two
ways that are compared have one error each. `test_tolerance.py` holds the formula to float64, on whatever CPU
and with whatever settings it runs, and shows that a wrong weight is seen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.config import TransformerConfig

__all__ = [
    "assert_close",
    "attention_tolerance",
    "draft_tolerance",
    "entropy_tolerance",
    "logits_tolerance",
    "product_tolerance",
    "score_tolerance",
]

ROOM = 8.0  # the largest seen was 0.6 on an AMD EPYC and 1.5 on an Intel Xeon
PRODUCT_ROOM = 4.0  # no norm or exponential in the way


def product_tolerance(x: Tensor, weight: Tensor, base: Tensor | None = None) -> Tensor:
    """Of each element of x [n, in] times weight [out, in], and of base [n, out] added: [n, out], float64."""
    sizes = x.double().abs() @ weight.double().abs().t()
    exact = x.double() @ weight.double().t()
    if base is not None:
        sizes, exact = sizes + base.double().abs(), exact + base.double()
    # Terms are added up in float32 at least. The product is rounded before the base is added, and the weight
    # of a low precision may be rounded once more where it is put together from parts.
    added, kept = _unit(torch.float32), _unit(x.dtype)
    rounded = math.sqrt(3) * kept * (exact.abs() + (0 if base is None else base.double().abs()))
    once_more = kept * sizes / math.sqrt(x.shape[1]) if kept > added else 0
    return PRODUCT_ROOM * (added * math.sqrt(x.shape[1]) * sizes + once_more) + 2 * rounded


def attention_tolerance(expected: Tensor, *, width: int, time: int, gradient: bool = False) -> float:
    """Of attention in float32 over at most `time` keys of `width` numbers, or of a gradient through it."""
    forward = [width, time, time]  # scores, the total of the softmax, what is read
    backward = [width, time, time]  # of the weights, of the softmax, of a query, a key or a value
    squares = _squares(torch.float32, [*forward, *(backward if gradient else [])])
    return ROOM * math.sqrt(squares) * _largest(expected)


def logits_tolerance(
    model: ByteLatentTransformer, logits: Tensor, *, length: int, other_angles: bool = False
) -> float:
    """Of logits that the model gives after `length` bytes.

    `other_angles`: the two ways work out rotary frequencies by themselves; angles grow with the position.
    """
    config = model.config
    local = model.embedding.bytes.weight.dtype
    latent = model.local_decoder.patch_latents.weight.dtype
    dim, k = config.local_dim, config.cross_attention.queries_per_patch
    heads = config.cross_attention.heads
    cross = [dim, dim, dim // heads, dim, 2]  # norm and product of query and key, score, out, residual
    bytes_seen, patches_seen = length + 1, length + 1
    squares = _squares(local, [config.hash_embedding.tables + 1])
    squares += _stack(config.encoder, local, bytes_seen)
    pools = max(1, config.encoder.layers if config.cross_attention.all_layers_encoder else 1)
    squares += pools * _squares(local, [*cross, length + 1]) + _squares(local, [dim])
    squares += _squares(latent, [k * dim, config.latent.dim]) + _stack(config.latent, latent, patches_seen)
    readers = config.decoder.layers if config.cross_attention.all_layers_decoder else 1
    squares += readers * _squares(local, [*cross, k]) + _stack(config.decoder, local, bytes_seen)
    squares += _squares(local, [dim, dim]) + (_squares(local, [257]) if config.mask_conditioning else 0)
    if other_angles:
        squares += (length * _unit(torch.float32)) ** 2
    return ROOM * math.sqrt(squares) * max(1.0, _largest(logits))


def score_tolerance(model: object, logits: Tensor, *, length: int, scored: int) -> float:
    """Of the log-probability of `scored` bytes in a row, in a text of `length` bytes in all.

    Each byte's is its logit less the logarithm of a sum of exponentials, which is off by no more than the
    logits are. `logits` are some of the model's; where it is no BLT, they are rounded to float32 once.
    """
    finite = logits[torch.isfinite(logits)]
    if isinstance(model, ByteLatentTransformer):
        one = logits_tolerance(model, finite, length=length)
    else:
        one = ROOM * _unit(torch.float32) * max(1.0, _largest(finite))
    return 2 * one * math.sqrt(scored)


def draft_tolerance(model: ByteLatentTransformer, log_probabilities: Tensor, length: int) -> float:
    """Of log-probabilities of the entropy model after `length` bytes."""
    return entropy_tolerance(model, length=length) * max(1.0, _largest(log_probabilities))


def entropy_tolerance(model: ByteLatentTransformer, *, length: int, other_angles: bool = False) -> float:
    """Of an entropy (nats) after `length` bytes; its terms are p * log p with log p of the logits' size."""
    stack = model.config.entropy
    dtype = model.entropy_model.embedding.weight.dtype
    squares = _stack(stack, dtype, length + 1) + _squares(dtype, [stack.dim, stack.dim])
    squares += _squares(torch.float32, [model.config.vocabulary])
    if other_angles:
        squares += (length * _unit(torch.float32)) ** 2
    return ROOM * math.sqrt(squares) * max(1.0, math.log(model.config.vocabulary))


def assert_close(found: Tensor | Sequence[float], expected: Tensor | Sequence[float], within: float) -> None:
    """No element is off by more."""
    found, expected = torch.as_tensor(found), torch.as_tensor(expected)
    torch.testing.assert_close(found.double(), expected.double(), atol=within, rtol=0)


def _stack(config: TransformerConfig, dtype: torch.dtype, length: int) -> float:
    reach = length if config.window is None else min(length, config.window)
    inner = config.heads * config.dim_per_head
    attention = [config.dim, config.dim, 2, config.dim_per_head, reach, reach, inner, 1]
    feed_forward = [config.dim, config.dim, 4, config.feed_forward_dim, 1]
    return config.layers * _squares(dtype, [*attention, *feed_forward])


def _squares(dtype: torch.dtype, terms: Iterable[int]) -> float:
    """Of the errors of sums of so many terms each."""
    added = sum(terms) * _unit(torch.float32) ** 2
    short = _unit(dtype) > _unit(torch.float32)
    return added + (len(list(terms)) * _unit(dtype) ** 2 if short else 0.0)


def _unit(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps / 2


def _largest(values: Tensor) -> float:
    return float(values.detach().double().abs().max())
