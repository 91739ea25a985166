"""What a model writes while it is trained: bytes drawn from its own distribution.

The whole text is read anew for each byte, by the same forward pass that training uses: slow, and nothing that
is arranged for decoding has to follow the weights.
"""

from __future__ import annotations

import torch

from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.config import BYTE_OFFSET, EOS_ID
from bltgen.training.settings import TrainConfig
from bltgen.training.step import autocast

__all__ = ["sample"]


@torch.no_grad()
def sample(model: ByteLatentTransformer, prompt: bytes, config: TrainConfig, seed: int) -> bytes:
    """At most `config.sample_bytes` bytes that follow a prompt; fewer where the text ends.

    Of a text longer than `config.longest` the model sees the end. The draw depends on the weights, the prompt
    and the seed alone.
    """
    device = next(model.parameters()).device
    random = torch.Generator().manual_seed(seed)
    said = bytearray()
    while len(said) < config.sample_bytes:
        ids = torch.tensor([ids_of_bytes((prompt + said)[-config.longest :])], device=device)
        with autocast(device, config.precision):
            logits = model(model.patch(ids))[0, -1].float().cpu()
        # What is no byte and no end is never meant, nor the end of a text that has not begun.
        ends = logits[EOS_ID].item() if said or prompt else float("-inf")
        logits[:BYTE_OFFSET] = float("-inf")
        logits[EOS_ID] = ends
        chosen = int(torch.multinomial(logits.softmax(0), 1, generator=random))
        if chosen == EOS_ID:
            break
        said.append(chosen - BYTE_OFFSET)
    return bytes(said)
