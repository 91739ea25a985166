"""Models without weights: next-byte logits by a function of the bytes so far.

They keep the `ByteModel` contract, so that everything about decoding can be tested with known
distributions and known patches, in microseconds a byte.

>>> session = scripted(b"hi").session([b"prompt"])
>>> int(session.logits[0].argmax()) == ord("h")
True
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from bltgen.model.contract import END, VOCABULARY, Session

if TYPE_CHECKING:
    from bltgen.model.blt import ByteLatentTransformer

__all__ = [
    "FunctionModel",
    "FunctionSession",
    "constant",
    "hates_stopping",
    "infinite",
    "likes",
    "not_a_number",
    "scripted",
    "table",
    "tiny_blt",
    "whimsical",
]

LogitsOf = Callable[[bytes, bytes], NDArray[np.float64]]
"""(prompt, what was said after it) -> float64 [257]."""


class FunctionModel:
    """A model whose logits are `logits(prompt, output)`.

    A patch starts where `boundary(output)` says so (by default every `patch` bytes of prompt and
    output together). Results are remembered while they are fewer than `remember`.
    """

    def __init__(
        self,
        logits: LogitsOf,
        *,
        patch: int = 4,
        boundary: Callable[[bytes], bool] | None = None,
        remember: int = 100_000,
    ) -> None:
        self.patch, self.boundary = patch, boundary
        self._function, self._remember = logits, remember
        self._known: dict[tuple[bytes, bytes], NDArray[np.float64]] = {}

    def logits(self, prompt: bytes, output: bytes) -> NDArray[np.float64]:
        """[257], the same object for the same bytes while it is remembered."""
        found = self._known.get((prompt, output))
        if found is None:
            found = self._function(prompt, output)
            if len(self._known) < self._remember:
                self._known[prompt, output] = found
        return found

    def starts_patch(self, prompt: bytes, output: bytes) -> bool:
        """Whether the byte after `output` starts a patch."""
        if not prompt and not output:
            return True
        if self.boundary is not None:
            return self.boundary(output)
        return (len(prompt) + len(output)) % self.patch == 0

    def session(self, prompts: Sequence[bytes]) -> FunctionSession:
        """One row a prompt."""
        return FunctionSession(self, [(prompt, b"") for prompt in prompts])


class FunctionSession:
    """Rows of (prompt, output); there is nothing to cache."""

    def __init__(self, model: FunctionModel, rows: list[tuple[bytes, bytes]]) -> None:
        self._model, self._rows = model, rows
        self._chunk_logits: list[torch.Tensor] = []

    @property
    def lengths(self) -> list[int]:
        """Bytes of prompt and output, per row."""
        return [len(prompt) + len(output) for prompt, output in self._rows]

    @property
    def logits(self) -> torch.Tensor:
        """[rows, 257] float64."""
        return torch.from_numpy(self._array([(prompt, output) for prompt, output in self._rows]))

    @property
    def chunk_logits(self) -> list[torch.Tensor]:
        """Per row [bytes, 257]."""
        return self._chunk_logits

    @property
    def at_boundary(self) -> list[bool]:
        """Per row: the next byte starts a patch."""
        return [self._model.starts_patch(prompt, output) for prompt, output in self._rows]

    @property
    def entropies(self) -> list[float]:
        """Per row: nats, of the model's own prediction."""
        logits = self.logits
        log_probabilities = logits - logits.logsumexp(-1, keepdim=True)
        return [float(value) for value in torch.special.entr(log_probabilities.exp()).sum(-1)]

    @property
    def patch_starts(self) -> list[list[int]]:
        """Per row: offsets where patches start (within the prompt only 0 is known of a custom boundary)."""
        found = []
        for prompt, output in self._rows:
            starts = [0] if prompt else []
            if self._model.boundary is None:
                starts = [at for at in range(len(prompt)) if at % self._model.patch == 0]
            starts += [
                len(prompt) + at for at in range(len(output)) if self._model.starts_patch(prompt, output[:at])
            ]
            found.append(starts)
        return found

    def _array(self, rows: list[tuple[bytes, bytes]]) -> NDArray[np.float64]:
        if not rows:
            return np.zeros((0, VOCABULARY))
        return np.stack([self._model.logits(prompt, output) for prompt, output in rows])

    def extend(self, chunks: Sequence[bytes], *, keep_logits: bool = False) -> None:
        """Append one chunk to each row."""
        if len(chunks) != len(self._rows):
            raise ValueError(f"{len(chunks)} chunks for {len(self._rows)} rows")
        if keep_logits:
            self._chunk_logits = [
                torch.from_numpy(self._array([(prompt, output + chunk[:at]) for at in range(len(chunk))]))
                for (prompt, output), chunk in zip(self._rows, chunks, strict=True)
            ]
        self._rows = [
            (prompt, output + chunk) for (prompt, output), chunk in zip(self._rows, chunks, strict=True)
        ]

    def truncate(self, lengths: Sequence[int]) -> None:
        """Cut each row back, not into its prompt."""
        cut = []
        for (prompt, output), length in zip(self._rows, lengths, strict=True):
            if not len(prompt) <= length <= len(prompt) + len(output):
                raise ValueError(f"cannot cut a row of {len(prompt)}+{len(output)} bytes to {length}")
            cut.append((prompt, output[: length - len(prompt)]))
        self._rows = cut

    def select(self, rows: Sequence[int]) -> FunctionSession:
        """Copies of these rows."""
        return FunctionSession(self._model, [self._rows[row] for row in rows])

    def concat(self, other: Session) -> FunctionSession:
        """The rows of both sessions of one model."""
        if not isinstance(other, FunctionSession) or other._model is not self._model:
            raise ValueError("sessions of different models cannot be joined")
        return FunctionSession(self._model, self._rows + other._rows)


def scripted(text: bytes, *, certainty: float = 20.0, patch: int = 4) -> FunctionModel:
    """Says `text` and then ends; after anything else, goes on with the text at the same offset."""

    def logits(prompt: bytes, output: bytes) -> NDArray[np.float64]:
        scores = np.zeros(VOCABULARY)
        scores[text[len(output)] if len(output) < len(text) else END] = certainty
        return scores

    return FunctionModel(logits, patch=patch)


def whimsical(
    seed: int, *, scale: float = 2.0, order: int = 2, patch: int = 4, end: float = 0.0
) -> FunctionModel:
    """Normal logits of this scale, fixed by the seed, the prompt and the last `order` bytes."""

    def logits(prompt: bytes, output: bytes) -> NDArray[np.float64]:
        context = (prompt + output)[-order:] if order else b""
        generator = np.random.default_rng([seed, zlib.crc32(context), len(context)])
        scores = generator.normal(0, scale, VOCABULARY)
        scores[END] += end
        return scores

    return FunctionModel(logits, patch=patch)


def table(
    rows: Mapping[bytes, Mapping[int | bytes, float]], *, patch: int = 4, otherwise: float = -math.inf
) -> FunctionModel:
    """Probabilities by output so far: {b"": {b"a": .5, 256: .5}}; logits of the rest are `otherwise`."""

    def logits(prompt: bytes, output: bytes) -> NDArray[np.float64]:
        scores = np.full(VOCABULARY, otherwise)
        for key, probability in rows.get(output, {END: 1.0}).items():
            scores[key[0] if isinstance(key, bytes) else key] = math.log(probability)
        return scores

    return FunctionModel(logits, patch=patch)


def constant(*, patch: int = 4) -> FunctionModel:
    """All bytes and the end are equally likely."""
    return FunctionModel(lambda prompt, output: np.zeros(VOCABULARY), patch=patch)


def likes(preferred: bytes, *, by: float = 30.0, patch: int = 4) -> FunctionModel:
    """Always wants these bytes: `likes(b" \\n")` is lost in whitespace."""
    scores = np.zeros(VOCABULARY)
    scores[list(preferred)] = by
    return FunctionModel(lambda prompt, output: scores, patch=patch)


def hates_stopping(*, by: float = 1e4, seed: int = 0, patch: int = 4) -> FunctionModel:
    """Random, but would rather say anything than end, close a string or close a bracket."""

    def logits(prompt: bytes, output: bytes) -> NDArray[np.float64]:
        scores = np.random.default_rng([seed, len(output) % 64]).normal(0, 1, VOCABULARY)
        scores[[*b'"]}', END]] -= by
        return scores

    return FunctionModel(logits, patch=patch)


def infinite(positive: bytes = b"", negative: bytes = b"", *, patch: int = 4) -> FunctionModel:
    """Logits of +inf for some bytes and -inf for others."""
    scores = np.zeros(VOCABULARY)
    scores[list(positive)] = np.inf
    scores[list(negative)] = -np.inf
    return FunctionModel(lambda prompt, output: scores, patch=patch)


def not_a_number(after: int, *, patch: int = 4) -> FunctionModel:
    """Equally likely bytes, but NaN once `after` bytes were said."""

    def logits(prompt: bytes, output: bytes) -> NDArray[np.float64]:
        scores = np.zeros(VOCABULARY)
        if len(output) >= after:
            scores[7] = np.nan
        return scores

    return FunctionModel(logits, patch=patch)


def tiny_blt(seed: int = 0, *, mode: str = "entropy") -> ByteLatentTransformer:
    """A Byte Latent Transformer of a few thousand random weights, fixed by the seed; all parts are on.

    Its threshold is such that the entropies of random bytes cut them into patches of about three.
    """
    import dataclasses

    from bltgen.model.blt import ByteLatentTransformer
    from bltgen.model.config import BLTConfig

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = ByteLatentTransformer(BLTConfig.tiny(mode=mode)).eval()
        probe = [model.session([bytes((byte, 97))]).entropies[0] for byte in range(0, 256, 16)]
    threshold = sorted(probe)[len(probe) * 2 // 3]
    if mode == "monotonic":
        threshold = 0.0
    model.config = dataclasses.replace(
        model.config, patcher=dataclasses.replace(model.config.patcher, threshold=threshold)
    )
    return model
