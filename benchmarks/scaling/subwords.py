"""Byte-level BPE by Hugging Face `tokenizers` (the extra `scaling`), learnt on the training split.

Any UTF-8 text is its tokens' bytes, one after another, so that the probabilities of a text's tokens are the
probability of its bytes (in this tokenisation: a lower bound on that of the text).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.scaling.corpus import Pieces
from bltgen.model.safetensors_file import write_atomically

__all__ = ["Subwords", "learn"]


class Subwords:
    """A vocabulary. Ids: a token's own; then the start symbol and the end of a text."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.tokens: int = tokenizer.get_vocab_size()
        self.bos, self.eos = self.tokens, self.tokens + 1
        self.vocabulary = self.tokens + 2
        # In the byte-level alphabet a character stands for a byte.
        self.byte_lengths = np.array(
            [len(tokenizer.id_to_token(token)) for token in range(self.tokens)], np.int64
        )

    def encode(self, pieces: Sequence[bytes]) -> list[NDArray[np.int64]]:
        """The token ids of each piece of UTF-8; their byte lengths add up to the piece's."""
        texts = [piece.decode("utf-8") for piece in pieces]
        found = [np.array(one.ids, np.int64) for one in self._tokenizer.encode_batch(texts)]
        for piece, ids in zip(pieces, found, strict=True):
            assert int(self.byte_lengths[ids].sum()) == len(piece), "tokens are not the bytes of the text"
        return found


def learn(pieces: Pieces, vocabulary: int, byte_count: int, file: Path) -> Subwords:
    """The vocabulary in `file`; if it is not there, one is learnt of the first `byte_count` bytes.

    Raises ImportError without the package `tokenizers`.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    try:
        import tokenizers
        from tokenizers import decoders, models, pre_tokenizers, trainers
    except ImportError:
        raise ImportError(
            "subword models need Hugging Face's tokenizers: pip install 'bltgen[scaling]'"
        ) from None
    if not file.exists():
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary,
            show_progress=False,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        )
        tokenizer.train_from_iterator(_texts(pieces, byte_count), trainer)
        write_atomically(file, tokenizer.to_str().encode())
    return Subwords(tokenizers.Tokenizer.from_file(str(file)))


def _texts(pieces: Pieces, byte_count: int) -> Iterator[str]:
    read = 0
    for place in range(len(pieces)):
        if read >= byte_count:
            return
        read += len(pieces[place])
        yield pieces[place].decode("utf-8")
