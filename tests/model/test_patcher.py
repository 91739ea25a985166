"""Patch boundaries by the rules as they are written, for whole texts and one position at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from bltgen.model.config import BOS_ID, BYTE_OFFSET, PatcherConfig
from bltgen.model.patcher import SPACE_LIKE, PatchRule, patch_starts

ENTROPIES = [0.0, 1.0, 2.0, 3.5]
CONFIGS = [
    PatcherConfig("entropy", 1.5),
    PatcherConfig("entropy", 2.0),
    PatcherConfig("entropy", 1.5, max_patch_length=2),
    PatcherConfig("monotonic", 0.5),
    PatcherConfig("monotonic", 1.0, max_patch_length=3),
    PatcherConfig("static", patch_size=1),
    PatcherConfig("static", patch_size=3),
    PatcherConfig("static", patch_size=3, max_patch_length=2),
    PatcherConfig("static", patch_size=2, max_patch_length=9),
    PatcherConfig("space"),
    PatcherConfig("space", max_patch_length=2),
]


def by_the_rules(config: PatcherConfig, data: bytes, entropies: list[float]) -> list[bool]:
    """Whether a patch starts at each position up to that of the byte to come."""
    starts = [True]
    for at in range(1, len(data) + 2):
        t = at - 1  # the prediction of position `at` is made here
        length = 0
        while not starts[t - length]:
            length += 1
        length += 1  # bytes in the open patch
        said = False
        if config.mode == "entropy":
            said = entropies[t] > config.threshold
        elif config.mode == "monotonic":
            said = t == 1 or (t > 1 and entropies[t] - entropies[t - 1] > config.threshold)
        elif config.mode == "static":
            said = length == config.patch_size
        elif t >= 2:
            said = SPACE_LIKE[data[t - 1] + BYTE_OFFSET] and not SPACE_LIKE[data[t - 2] + BYTE_OFFSET]
        closed = config.max_patch_length is not None and length == config.max_patch_length
        starts.append(at == 1 or said or closed)
    return starts


def cases(config: PatcherConfig):
    """(bytes, entropies): all of a few letters in mode space, of a few entropies elsewhere."""
    if config.mode == "space":
        for length in range(6):
            for data in itertools.product(b"a .", repeat=length):
                yield bytes(data), [0.0] * (length + 1)
    else:
        for length in range(4):
            for found in itertools.product(ENTROPIES, repeat=length + 1):
                yield b"abcde"[:length], list(found)
        yield b"x" * 9, [0.0] * 10


@pytest.mark.parametrize("config", CONFIGS, ids=repr)
def test_both_twins_keep_the_rules(config):
    """Over all short texts and entropies."""
    rule = PatchRule(config)
    by_length: dict[int, list] = {}
    for data, entropies in cases(config):
        by_length.setdefault(len(data), []).append((data, entropies))
        expected = by_the_rules(config, data, entropies)
        start, found = 0, [True]
        for position in range(len(data) + 1):
            found.append(rule.starts_after(position, data, entropies, start))
            if found[-1]:
                start = position + 1
        assert found == expected, (data, entropies)
    for several in by_length.values():
        ids = torch.tensor([[BOS_ID, *(byte + BYTE_OFFSET for byte in data)] for data, _ in several])
        starts = patch_starts(config, ids, torch.tensor([entropies for _, entropies in several]))
        assert starts.tolist() == [by_the_rules(config, *one) for one in several]


def test_what_is_like_a_space():
    """All but Latin letters, digits and the bytes that continue a character."""
    assert len(SPACE_LIKE) == 256 + BYTE_OFFSET
    like = [byte for byte in range(256) if SPACE_LIKE[byte + BYTE_OFFSET]]
    letters = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert like == [byte for byte in range(256) if byte not in letters and not 0x80 <= byte <= 0xBF]
    assert SPACE_LIKE[:BYTE_OFFSET] == (True,) * BYTE_OFFSET


def test_entropies_are_compared_in_single_precision():
    """As torch compares them: a threshold that rounds up to the entropy is not exceeded."""
    entropy = float(np.float32(1.1))
    for threshold in (1.1, entropy):
        rule = PatchRule(PatcherConfig("entropy", threshold))
        whole = patch_starts(
            PatcherConfig("entropy", threshold),
            torch.tensor([[BOS_ID, 5, 6]]),
            torch.tensor([[0.0, entropy, 0.0]]),
        )
        assert rule.starts_after(1, b"ab", [0.0, entropy, 0.0], 1) == bool(whole[0, 2]) is False
