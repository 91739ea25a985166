"""Frozen hyperparameters of every part of a Byte Latent Transformer.

A config is plain data: it round-trips through JSON and is validated when made, so that a
wrong value is an error with the field's name and never a shape mismatch later.

>>> config = BLTConfig.tiny()
>>> BLTConfig.from_dict(config.to_dict()) == config
True
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from bltgen.model.prompt_form import PromptForm

__all__ = [
    "BOE_ID",
    "BOS_ID",
    "BYTE_OFFSET",
    "EOS_ID",
    "PARTS",
    "VOCABULARY",
    "BLTConfig",
    "CrossAttentionConfig",
    "HashEmbeddingConfig",
    "PatcherConfig",
    "PatchingMode",
    "TransformerConfig",
]

BOE_ID, BOS_ID, EOS_ID = 0, 1, 2
BYTE_OFFSET = 4  # byte b is id b + 4; id 3 is padding in the released vocabulary
VOCABULARY = 260

PatchingMode = Literal["entropy", "monotonic", "static", "space"]
PATCHING_MODES = ("entropy", "monotonic", "static", "space")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)


@dataclass(frozen=True)
class TransformerConfig:
    """One stack of pre-norm blocks: RMSNorm, rotary self-attention, SwiGLU.

    `window`: a position attends to itself and the `window - 1` before it; None attends to all.
    """

    dim: int
    layers: int
    heads: int
    kv_heads: int | None = None
    head_dim: int | None = None
    ffn_dim: int | None = None
    rope_theta: float = 500_000.0
    norm_eps: float = 1e-5
    window: int | None = None

    def __post_init__(self) -> None:
        for name in ("dim", "heads"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, got {getattr(self, name)}")
        _require(self.layers >= 0, f"layers must be at least 0, got {self.layers}")
        if self.kv_heads is None:
            object.__setattr__(self, "kv_heads", self.heads)
        if self.head_dim is None:
            _require(self.dim % self.heads == 0, f"dim {self.dim} is not divisible by heads {self.heads}")
            object.__setattr__(self, "head_dim", self.dim // self.heads)
        if self.ffn_dim is None:
            object.__setattr__(self, "ffn_dim", -(-8 * self.dim // (3 * 32)) * 32)
        _require(
            self.heads % self.n_kv_heads == 0, f"heads {self.heads} not divisible by kv_heads {self.kv_heads}"
        )
        _require(
            self.dim_per_head % 2 == 0, f"head_dim must be even for rotary positions, got {self.head_dim}"
        )
        _require(self.window is None or self.window >= 1, f"window must be at least 1, got {self.window}")

    @property
    def n_kv_heads(self) -> int:
        """Key/value heads, resolved."""
        assert self.kv_heads is not None
        return self.kv_heads

    @property
    def dim_per_head(self) -> int:
        """Width of one head, resolved."""
        assert self.head_dim is not None
        return self.head_dim

    @property
    def feed_forward_dim(self) -> int:
        """Hidden width of the SwiGLU, resolved."""
        assert self.ffn_dim is not None
        return self.ffn_dim


@dataclass(frozen=True)
class CrossAttentionConfig:
    """Attention between bytes and patches. `queries_per_patch` is `k` in the paper's section 3.2.

    `heads`: in the encoder, and in the decoder unless `decoder_heads` says otherwise.
    `all_layers_*`: cross-attend after (encoder) or before (decoder) every block, not only one.
    `doubled_residual`: the released models add a cross-attention's input to its output twice.
    """

    heads: int
    queries_per_patch: int = 1
    all_layers_encoder: bool = False
    all_layers_decoder: bool = True
    doubled_residual: bool = True
    norm_eps: float = 1e-5
    decoder_heads: int | None = None

    def __post_init__(self) -> None:
        for name in ("heads", "queries_per_patch"):
            _require(getattr(self, name) >= 1, f"{name} must be at least 1, got {getattr(self, name)}")
        _require(
            self.decoder_heads is None or self.decoder_heads >= 1,
            f"decoder_heads must be at least 1, got {self.decoder_heads}",
        )

    @property
    def n_decoder_heads(self) -> int:
        """Heads of the decoder's cross-attention, resolved."""
        return self.heads if self.decoder_heads is None else self.decoder_heads

    @property
    def residual(self) -> int:
        """How many times the input of a cross-attention is added to its output."""
        return 2 if self.doubled_residual else 1


@dataclass(frozen=True)
class HashEmbeddingConfig:
    """Hash n-gram embeddings (paper, section 3.2.1): `functions` x `group_sizes` tables of `buckets` rows."""

    group_sizes: tuple[int, ...] = (3, 4, 5, 6, 7, 8)
    functions: int = 1
    buckets: int = 500_002

    def __post_init__(self) -> None:
        object.__setattr__(self, "group_sizes", tuple(self.group_sizes))
        _require(self.functions == 0 or self.buckets >= 1, "hash buckets must be at least 1")
        _require(0 <= self.functions <= 64, f"hash functions must be 0 to 64, got {self.functions}")
        _require(len(self.group_sizes) <= 64, f"at most 64 hash group sizes, got {len(self.group_sizes)}")
        _require(
            all(1 <= size <= 64 for size in self.group_sizes),
            f"hash group sizes must be 1 to 64, got {self.group_sizes}",
        )

    @property
    def tables(self) -> int:
        """Number of tables: one for each hash function and group size."""
        return self.functions * len(self.group_sizes)


@dataclass(frozen=True)
class PatcherConfig:
    """How bytes are cut into patches.

    `threshold` (nats): global entropy threshold ("entropy"), or the rise over the previous
    byte's entropy ("monotonic"). `patch_size`: bytes per patch ("static").
    `max_patch_length`: a patch that reaches it is closed in every mode.
    """

    mode: PatchingMode = "entropy"
    threshold: float = 1.335442066192627
    patch_size: int = 4
    max_patch_length: int | None = None

    def __post_init__(self) -> None:
        _require(self.mode in PATCHING_MODES, f"patching mode {self.mode!r} is not one of {PATCHING_MODES}")
        _require(self.patch_size >= 1, f"patch_size must be at least 1, got {self.patch_size}")
        _require(
            self.max_patch_length is None or self.max_patch_length >= 1,
            f"max_patch_length must be at least 1, got {self.max_patch_length}",
        )


@dataclass(frozen=True)
class BLTConfig:
    """A whole Byte Latent Transformer: the entropy model that patches and the three stacks that predict.

    `mask_conditioning`: the local decoder may be told which bytes are allowed next (`LocalDecoder`).
    `prompt_form`: how prompts are formed of a text and the schema of its answer; None: the text alone.
    """

    encoder: TransformerConfig
    latent: TransformerConfig
    decoder: TransformerConfig
    entropy: TransformerConfig
    cross_attention: CrossAttentionConfig
    hash_embedding: HashEmbeddingConfig = field(default_factory=HashEmbeddingConfig)
    patcher: PatcherConfig = field(default_factory=PatcherConfig)
    vocabulary: int = VOCABULARY
    mask_conditioning: bool = False
    prompt_form: PromptForm | None = None

    def __post_init__(self) -> None:
        _require(
            isinstance(self.mask_conditioning, bool),
            f"mask_conditioning must be true or false, got {self.mask_conditioning!r}",
        )
        _require(
            self.prompt_form is None or isinstance(self.prompt_form, PromptForm),
            f"prompt_form must be an object with max_bytes, detail and place, or null, "
            f"got {str(self.prompt_form)[:60]}",
        )
        _require(
            self.encoder.dim == self.decoder.dim,
            f"encoder and decoder must have one width, got {self.encoder.dim} and {self.decoder.dim}",
        )
        for part, heads in (
            ("encoder", self.cross_attention.heads),
            ("decoder", self.cross_attention.n_decoder_heads),
        ):
            _require(
                self.encoder.dim % heads == 0,
                f"local width {self.encoder.dim} is not divisible by {heads} {part} cross-attention heads",
            )

    @property
    def local_dim(self) -> int:
        """Width of the byte streams (local encoder and local decoder)."""
        return self.encoder.dim

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BLTConfig:
        """The inverse of `to_dict`. Raises TypeError or ValueError naming the unknown or wrong field."""
        parts: dict[str, Any] = dict(data)
        for name, part in PARTS.items():
            if isinstance(parts.get(name), dict):
                parts[name] = part(**parts[name])
        return cls(**parts)

    @classmethod
    def tiny(cls, **patcher: Any) -> BLTConfig:
        """A few thousand parameters, all parts on, every window small: for tests and examples."""
        return cls(
            encoder=TransformerConfig(16, 1, 2, window=16, ffn_dim=32),
            latent=TransformerConfig(24, 2, 2, ffn_dim=32),
            decoder=TransformerConfig(16, 2, 2, window=16, ffn_dim=32),
            entropy=TransformerConfig(16, 1, 2, rope_theta=10_000.0, window=12, ffn_dim=32),
            cross_attention=CrossAttentionConfig(heads=2, queries_per_patch=2),
            hash_embedding=HashEmbeddingConfig((3, 4), 1, 64),
            patcher=PatcherConfig(**{"threshold": 5.4, **patcher}),
        )

    @classmethod
    def small(cls) -> BLTConfig:
        """The shape of the embedded model: about 5.8M parameters, 1.5M of them active at a byte."""
        return cls(
            encoder=TransformerConfig(128, 1, 2, window=1024, ffn_dim=256),
            latent=TransformerConfig(256, 4, 4, window=1024),
            decoder=TransformerConfig(128, 2, 2, window=1024, ffn_dim=256),
            entropy=TransformerConfig(96, 2, 2, rope_theta=10_000.0, window=512),
            cross_attention=CrossAttentionConfig(
                heads=4, queries_per_patch=2, all_layers_decoder=False, doubled_residual=False
            ),
            hash_embedding=HashEmbeddingConfig((3, 4, 5, 6, 7, 8), 1, 2048),
            patcher=PatcherConfig(threshold=2.7, max_patch_length=16),
        )


PARTS: dict[str, Any] = {
    "encoder": TransformerConfig,
    "latent": TransformerConfig,
    "decoder": TransformerConfig,
    "entropy": TransformerConfig,
    "cross_attention": CrossAttentionConfig,
    "hash_embedding": HashEmbeddingConfig,
    "patcher": PatcherConfig,
    "prompt_form": PromptForm,
}
"""The fields of a `BLTConfig` that are configs themselves."""
