"""The loss: next-byte cross-entropy, weighted by what a byte is for, reported in bits per byte.

Two terms. The first is the cross-entropy over the whole vocabulary. The second, for bytes of
string values that were copied from the prompt, is the cross-entropy over the bytes that a
grounded decoder would allow there (`grounded_choices`): the same masked distribution that
generation draws from, so the gradient goes to *which* span is copied rather than to spelling.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from bltgen.automata.contract import State
from bltgen.automata.suffix_automaton import pieces_of

__all__ = ["bits_per_byte", "grounded_choices", "grounded_loss", "weighted_cross_entropy"]


def bits_per_byte(nats: float, count: int) -> float:
    """Mean bits of `count` bytes whose negative log-probabilities add up to `nats`.

    >>> bits_per_byte(math.log(256), 1)
    8.0
    """
    return nats / (count * math.log(2)) if count else 0.0


def weighted_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Weighted sum of the losses in nats, and each position's own loss [batch, time].

    logits [batch, time, vocabulary], targets int64 [batch, time], weights [batch, time] (0 = padding).
    """
    batch, time, vocabulary = logits.shape
    losses = torch.nn.functional.cross_entropy(
        logits.reshape(-1, vocabulary).float(), targets.reshape(-1), reduction="none"
    ).view(batch, time)
    return (losses * weights).sum(), losses.detach()


def grounded_loss(logits: Tensor, positions: Tensor, choices: Tensor, targets: Tensor) -> Tensor:
    """Sum of the losses in nats over the allowed ids alone, at positions with a real choice.

    positions int64 [n] index the flattened [batch * time]; choices bool [n, vocabulary]; targets int64 [n].
    """
    if not positions.numel():
        return logits.new_zeros(())
    picked = logits.reshape(-1, logits.shape[-1])[positions].float().masked_fill(~choices, float("-inf"))
    return torch.nn.functional.cross_entropy(picked, targets, reduction="sum")


def grounded_choices(prompt: bytes, value: bytes) -> list[bytes] | None:
    r"""The bytes allowed before each byte of `value` and its closing quote, or None if it is not grounded.

    `value` is grounded where it is a span of `prompt` as `substring_of` cuts them, which is what a grounded
    decoder admits.

    >>> grounded_choices(b"Ann met Al", b"Al")
    [b'Am', b'ln', b'"']
    """
    state: State | None = pieces_of(prompt).start()
    out = []
    for byte in value:
        if state is None:
            return None
        out.append(_with_quote(state))
        state = state.advance(byte)
    if state is None or not state.accepting:
        return None
    # Bytes that JSON must escape cannot stand in a value as they are.
    out.append(bytes(byte for byte in _with_quote(state) if byte >= 0x20))
    return out


def _with_quote(state: State) -> bytes:
    """What may come next, the closing quote among it where the span may end."""
    allowed = set(state.allowed) | ({0x22} if state.accepting else set())
    return bytes(sorted(allowed))
