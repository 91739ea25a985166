"""A small byte language model whose uncertainty places patch boundaries (paper, section 2.3)."""

from __future__ import annotations

from torch import Tensor, nn

from bltgen.model.config import VOCABULARY, TransformerConfig
from bltgen.model.transformer import Transformer

__all__ = ["EntropyModel", "next_byte_entropy"]


def next_byte_entropy(logits: Tensor) -> Tensor:
    """Entropy in nats of the distributions logits [..., vocabulary] -> [...], in float32.

    >>> import torch
    >>> round(next_byte_entropy(torch.zeros(260)).item(), 4)
    5.5607
    """
    log_probabilities = logits.float().log_softmax(dim=-1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=-1)


class EntropyModel(nn.Module):
    """ids [batch, time] -> next-byte logits [batch, time, vocabulary]."""

    def __init__(self, config: TransformerConfig, vocabulary: int = VOCABULARY) -> None:
        super().__init__()
        self.config = config
        self.embedding = nn.Embedding(vocabulary, config.dim)
        self.transformer = Transformer(config)
        self.norm = nn.RMSNorm(config.dim, eps=config.norm_eps)
        self.head = nn.Linear(config.dim, vocabulary, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits of the id after each position."""
        logits: Tensor = self.head(self.norm(self.transformer(self.embedding(ids))))
        return logits
