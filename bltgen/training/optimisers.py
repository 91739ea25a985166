"""Which optimiser each parameter has, and their common state as tensors of a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from bltgen.training.low_rank import is_low_rank
from bltgen.training.muon import Muon
from bltgen.training.settings import TrainConfig

__all__ = ["Optimisers"]


class Optimisers:
    """Muon for hidden matrices, AdamW for embeddings, heads, norms and thin matrices; one state to save."""

    def __init__(self, named: Sequence[tuple[str, nn.Parameter]], config: TrainConfig) -> None:
        def is_hidden(name: str, parameter: nn.Parameter) -> bool:
            elsewhere = "embedding" in name or "head" in name or is_low_rank(name)
            return parameter.ndim == 2 and not elsewhere

        hidden = [parameter for name, parameter in named if is_hidden(name, parameter)]
        other = [parameter for name, parameter in named if not is_hidden(name, parameter)]
        self.parts: list[torch.optim.Optimizer] = []
        if hidden:
            self.parts.append(Muon(hidden, lr=config.learning_rate, weight_decay=config.weight_decay))
        if other:
            rate = config.embedding_learning_rate
            self.parts.append(torch.optim.AdamW(other, lr=rate, betas=(0.9, 0.98), weight_decay=0.0))
        self.base = [[group["lr"] for group in part.param_groups] for part in self.parts]

    def step(self, factor: float) -> None:
        """One step at `factor` of the learning rates; gradients are gone then."""
        for part, rates in zip(self.parts, self.base, strict=True):
            for group, rate in zip(part.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            part.step()
            part.zero_grad(set_to_none=True)

    def tensors(self) -> dict[str, Tensor]:
        """The state, as tensors with names that no parameter has."""
        return {
            f"optimiser.{number}.{index}.{name}": value if isinstance(value, Tensor) else torch.tensor(value)
            for number, part in enumerate(self.parts)
            for index, state in part.state_dict()["state"].items()
            for name, value in state.items()
        }

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `tensors`; other names are passed over."""
        for number, part in enumerate(self.parts):
            state: dict[int, dict[str, Tensor]] = {}
            for key, value in tensors.items():
                head, _, rest = key.partition(".")
                if head == "optimiser":
                    owner, index, name = rest.split(".", 2)
                    if int(owner) == number:
                        state.setdefault(int(index), {})[name] = value
            part.load_state_dict({"state": state, "param_groups": part.state_dict()["param_groups"]})
