"""Muon: momentum whose update is orthogonalised, for the hidden matrices of a transformer.

Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); the update is
scaled to the size that AdamW's would have (arXiv:2502.16982), so one learning rate serves both.
`torch.optim.Muon` iterates in bfloat16, which a CPU without bfloat16 units runs some 40 times
slower than float32; this one iterates in the parameter's own dtype on a CPU.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

__all__ = ["Muon", "orthogonalise"]

# Coefficients of the quintic Newton-Schulz iteration, chosen for slope at zero.
_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)


def orthogonalise(matrix: Tensor, steps: int = 5) -> Tensor:
    """The nearest semi-orthogonal matrix to `matrix` [rows, columns], roughly: singular values 0.7 to 1.2.

    >>> values = torch.linalg.svdvals(orthogonalise(torch.eye(4) + 0.1 * torch.ones(4, 4)))
    >>> bool(values.min() > 0.5 and values.max() < 1.5)
    True
    """
    a, b, c = _NEWTON_SCHULZ
    x = matrix if matrix.device.type == "cpu" else matrix.bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised; decoupled weight decay. Every parameter must be a matrix."""

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum_buffer"] = torch.zeros_like(parameter)
                momentum = state["momentum_buffer"].lerp_(parameter.grad, 1 - group["momentum"])
                update = orthogonalise(torch.lerp(parameter.grad, momentum, group["momentum"]))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(update, alpha=-group["lr"] * 0.2 * max(parameter.shape) ** 0.5)
