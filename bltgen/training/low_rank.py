"""Low-rank adaptation (LoRA, arXiv:2106.09685): a product of two thin matrices trained beside a frozen one.

For models too large to train whole: gradients and optimiser state are those of the thin matrices alone,
and so are the checkpoints of the run. At its end the products are added to the weights (`merged`), so that
what is saved is a plain model.

>>> from bltgen.model.config import BLTConfig
>>> model = with_low_rank(ByteLatentTransformer(BLTConfig.tiny()), rank=2, scale=1.0)
>>> trained = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
>>> len(trained) > 0, all(is_low_rank(name) for name in trained)
(True, True)
>>> sorted(merged(model).state_dict()) == sorted(ByteLatentTransformer(BLTConfig.tiny()).state_dict())
True
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from bltgen.model.blt import ByteLatentTransformer

__all__ = ["LowRankLinear", "is_low_rank", "merged", "with_low_rank"]

ADAPTED = ("local_encoder.", "latent_transformer.", "local_decoder.")
"""Parts whose matrices are adapted; the entropy model places patches and stays as it is."""


class LowRankLinear(nn.Module):
    """x [..., in] -> x W^T + scale x A^T B^T; W [out, in] is frozen, A [rank, in], B [out, rank] are float32.

    B begins at zero, so at first nothing is changed.
    """

    def __init__(self, linear: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(linear.weight.detach(), requires_grad=False)
        self.scale = scale
        out, width = linear.weight.shape
        device = linear.weight.device
        self.low_rank_a = nn.Parameter(torch.randn(rank, width, device=device) * width**-0.5)
        self.low_rank_b = nn.Parameter(torch.zeros(out, rank, device=device))

    def forward(self, x: Tensor) -> Tensor:
        """x [..., in] -> [..., out]."""
        whole = F.linear(x, self.weight)
        low = F.linear(F.linear(x.to(self.low_rank_a.dtype), self.low_rank_a), self.low_rank_b)
        return whole + (self.scale * low).to(whole.dtype)

    @torch.no_grad()
    def merged_weight(self) -> Tensor:
        """The same map as one matrix [out, in], in the dtype of W."""
        return (self.weight.float() + self.scale * (self.low_rank_b @ self.low_rank_a)).to(self.weight.dtype)


def is_low_rank(name: str) -> bool:
    """The parameter of this name is one of the thin matrices."""
    return name.rpartition(".")[2] in ("low_rank_a", "low_rank_b")


def with_low_rank(model: ByteLatentTransformer, rank: int, scale: float) -> ByteLatentTransformer:
    """The model itself, frozen, with thin matrices beside those of its blocks.

    Raises ValueError where it has no matrix to adapt, or where `rank` is above the width of every one.
    """
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    found = [
        (name, module)
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.startswith(ADAPTED) and "head" not in name
    ]
    widest = max((min(module.weight.shape) for _, module in found), default=0)
    if rank > widest:
        raise ValueError(f"low_rank={rank}: the matrices of this model have at most rank {widest}")
    for name, module in found:
        owner, _, own = name.rpartition(".")
        setattr(
            model.get_submodule(owner), own, LowRankLinear(module, min(rank, min(module.weight.shape)), scale)
        )
    return model


def merged(model: ByteLatentTransformer) -> ByteLatentTransformer:
    """A plain model: the thin matrices added to the weights beside them, all other weights shared."""
    state = {name: value for name, value in model.state_dict().items() if not is_low_rank(name)}
    for name, module in model.named_modules():
        if isinstance(module, LowRankLinear):
            state[f"{name}.weight"] = module.merged_weight()
    with torch.device("meta"):
        plain = ByteLatentTransformer(model.config)
    plain.load_state_dict(state, assign=True)
    return plain.eval()
