"""Windows of ids before each byte, and the rows of the tables that they hash to."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bltgen.model.byte_embedding import HASH_PRIMES, HashNGramEmbedding, hash_ngrams
from bltgen.model.config import BOS_ID, BYTE_OFFSET, HashEmbeddingConfig
from bltgen.model.ngram_window import NGramWindow

CONFIGS = [
    HashEmbeddingConfig((3,), 1, 50),
    HashEmbeddingConfig((2, 5), 1, 97),
    HashEmbeddingConfig((1, 3), 2, 7),
    HashEmbeddingConfig((8,), 12, 500_002),
]
TEXT = bytes(range(250, 256)) + b"abcabc"


def test_each_hash_function_has_a_prime():
    """Fermat's test, to several bases."""
    assert len(HASH_PRIMES) == len(set(HASH_PRIMES)) == 11
    for prime in HASH_PRIMES:
        assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5, 7, 11))


def by_hand(config: HashEmbeddingConfig, ids: list[int], position: int) -> list[int]:
    """Sum of id * prime ** age, wrapped to 64 bits, for each function and size; 0 before the text."""
    rows = []
    for function in range(config.functions):
        prime = HASH_PRIMES[function % 11]
        for size in config.group_sizes:
            total = 0
            for back in range(size):
                known = ids[position - back] if position - back >= 0 else 0
                total += known * prime ** (size - 1 - back)
            wrapped = (total + 2**63) % 2**64 - 2**63
            rows.append(wrapped % config.buckets + len(rows) * config.buckets)
    return rows


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
def test_rows_are_those_of_the_rolling_polynomial(config):
    """At every position of a text, all at once or by windows, with and without a history."""
    ids = [BOS_ID, *(byte + BYTE_OFFSET for byte in TEXT)]
    expected = [by_hand(config, ids, position) for position in range(len(ids))]
    assert hash_ngrams(torch.tensor([ids]), config)[0].tolist() == expected
    window = NGramWindow(config)
    assert window.rows(window.windows(TEXT, 0, len(ids))).tolist() == expected
    longest = max(config.group_sizes)
    history = [0] * longest + ids[:5]
    for kept in (longest - 1, longest + 2):
        before = torch.tensor([history[len(history) - kept :]])
        assert hash_ngrams(torch.tensor([ids[5:]]), config, before)[0].tolist() == expected[5:]


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_windows_hold_the_newest_ids(length):
    """0 before BOS; any start and count; one alone as several."""
    window = NGramWindow(HashEmbeddingConfig((length,), 1, 9))
    assert window.length == length
    ids = [0] * length + [BOS_ID, *(byte + BYTE_OFFSET for byte in TEXT)]
    for start in range(len(TEXT) + 1):
        for count in range(1, len(TEXT) + 2 - start):
            found = window.windows(TEXT, start, count)
            assert found.tolist() == [ids[at + 1 : at + length + 1] for at in range(start, start + count)]
            assert found.dtype == np.int64


@pytest.mark.parametrize("length", [1, 2, 4])
def test_the_latest_windows_of_several_texts(length):
    """As one by one, at positions near the beginning and far from it."""
    window = NGramWindow(HashEmbeddingConfig((length,), 1, 9))
    texts = [bytearray(TEXT), TEXT[::-1]]
    for one in range(len(TEXT) + 1):
        for other in range(len(TEXT) + 1):
            found = window.latest(texts, [one, other])
            expected = [
                window.windows(text, at, 1)[0].tolist() for text, at in zip(texts, (one, other), strict=True)
            ]
            assert found.tolist() == expected
            assert found.dtype == np.int64


@pytest.mark.parametrize("length", [1, 3])
def test_past_the_beginning_windows_are_read_from_the_bytes(length, monkeypatch):
    """At the first position whose window holds no BOS already."""
    window = NGramWindow(HashEmbeddingConfig((length,), 1, 9))
    expected = window.windows(TEXT, length, 1)
    monkeypatch.setattr(NGramWindow, "windows", None)
    assert window.latest([TEXT], [length]).tolist() == expected.tolist()
    with pytest.raises(TypeError):
        window.latest([TEXT, TEXT], [length, length - 1])


@pytest.mark.parametrize("config", [HashEmbeddingConfig((3, 4), 0, 5), HashEmbeddingConfig((), 2, 5)])
def test_without_tables_a_window_is_one_id(config):
    """And has no rows."""
    window = NGramWindow(config)
    assert window.length == 1
    assert window.rows(window.windows(b"ab", 0, 3)).shape == (3, 0)


def test_an_embedding_adds_the_rows_to_the_byte_s_own():
    """In one table, in blocks; without tables the byte's own alone."""
    config = HashEmbeddingConfig((2, 3), 1, 5)
    embedding = HashNGramEmbedding(260, 4, config)
    assert embedding.ngrams.weight.shape == (10, 4)
    ids = torch.tensor([[BOS_ID, 70, 71, 70]])
    rows = hash_ngrams(ids, config)
    expected = embedding.bytes.weight[ids] + embedding.ngrams.weight[rows].sum(2)
    assert torch.allclose(embedding(ids), expected)
    history = torch.tensor([[70, 71]])
    assert torch.allclose(
        embedding(ids, history),
        embedding.bytes.weight[ids] + embedding.ngrams.weight[hash_ngrams(ids, config, history)].sum(2),
    )
    plain = HashNGramEmbedding(260, 4, HashEmbeddingConfig((2,), 0, 5))
    assert plain.ngrams is None
    assert torch.equal(plain(ids), plain.bytes.weight[ids])
