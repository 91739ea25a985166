"""The mask of allowed bytes as an input of the decoder: silent while untrained, the same in every runtime."""

from __future__ import annotations

import dataclasses
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer, ids_of_bytes
from bltgen.model.checkpoint import load_model, save_model
from bltgen.model.config import BLTConfig
from tests.model.sessions import tiny_model
from tests.model.tolerance import assert_close, logits_tolerance

Masks = dict[int, np.ndarray]
"""By number of bytes read: what may follow them."""


def conditioned(mode: str = "entropy", shape: str = "windows everywhere") -> ByteLatentTransformer:
    """A tiny model whose mask input has weights."""
    model = tiny_model(mode, shape).with_mask_conditioning().eval()
    torch.manual_seed(1)
    torch.nn.init.normal_(model.local_decoder.mask_embedding.weight, std=2.0)
    return model


def random_mask(rng: random.Random) -> np.ndarray:
    mask = np.zeros(257, dtype=bool)
    mask[rng.sample(range(257), rng.choice([1, 2, 30, 256]))] = True
    return mask


def whole(model: ByteLatentTransformer, data: bytes, masks: Masks) -> torch.Tensor:
    """The slow twin: [bytes + 1, 257] of the whole text at once."""
    ids = torch.tensor([ids_of_bytes(data)])
    allowed = torch.ones(1, len(data) + 1, 257, dtype=torch.bool)
    for at, mask in masks.items():
        if at <= len(data):
            allowed[0, at] = torch.from_numpy(mask)
    with torch.no_grad():
        logits = model(model.patch(ids), allowed)[0]
    return torch.cat([logits[:, 4:260], logits[:, 2:3]], dim=1)


def check(session, model: ByteLatentTransformer, texts: list[bytes], masks: list[Masks]) -> None:
    for row, (text, seen) in enumerate(zip(texts, masks, strict=True)):
        expected = whole(model, text, seen)[-1]
        assert_close(session.logits[row], expected, logits_tolerance(model, expected, length=len(text)))


def given(masks: Masks, begin: int, count: int) -> np.ndarray | None:
    """What a chunk of `count` bytes from `begin` on brings with it."""
    rows = [masks.get(at) for at in range(begin + 1, begin + count + 1)]
    if all(row is None for row in rows):
        return None
    return np.stack([np.ones(257, bool) if row is None else row for row in rows])


@pytest.mark.parametrize("mode", ["entropy", "static"])
def test_a_new_mask_input_changes_nothing(mode: str) -> None:
    """Weights of zero: the logits of an old checkpoint are bit for bit the same, whatever the masks."""
    old = tiny_model(mode)
    new = old.with_mask_conditioning()
    mask = random_mask(random.Random(1))
    before, after = old.session([b"some text"]), new.session([b"some text"], masks=[mask])
    assert torch.equal(before.logits, after.logits)
    before.extend([b" and more"], keep_logits=True)
    after.extend([b" and more"], keep_logits=True, masks=[np.stack([mask] * 9)])
    assert torch.equal(before.logits, after.logits)
    assert torch.equal(before.chunk_logits[0], after.chunk_logits[0])
    assert not ByteLatentTransformer(
        dataclasses.replace(BLTConfig.tiny(), mask_conditioning=True)
    ).local_decoder.mask_embedding.weight.any()


def test_everything_allowed_is_no_mask_and_anything_less_is_heard() -> None:
    """With trained weights too."""
    model = conditioned()
    everything, less = np.ones(257, bool), np.ones(257, bool)
    less[7] = False
    none, all_ones, one = (model.session([b"abc"], masks=[m]).logits for m in (None, everything, less))
    assert torch.equal(none, all_ones)
    assert not torch.allclose(none, one)


@pytest.mark.parametrize(
    ("mode", "shape"),
    [("entropy", "windows everywhere"), ("static", "latent window alone"), ("space", "windows everywhere")],
)
def test_incremental_equals_whole_for_any_history(mode: str, shape: str) -> None:
    """Chunks, rollbacks near and beyond what the caches hold, forks and joins, each row with its masks."""
    model, rng = conditioned(mode, shape), random.Random(5)
    texts = [b"", b"abc", bytes(rng.randrange(256) for _ in range(60))]
    masks: list[Masks] = [{len(text): random_mask(rng)} for text in texts]
    masks[1] = {}
    session = model.session(
        texts, rollback=4, masks=[m.get(len(t)) for t, m in zip(texts, masks, strict=True)]
    )
    check(session, model, texts, masks)
    for step in range(24):
        if step % 4 == 3:
            lengths = [max(0, len(text) - rng.choice([0, 1, 3, 30])) for text in texts]
            session.truncate(lengths)
            texts = [text[:length] for text, length in zip(texts, lengths, strict=True)]
            masks = [
                {at: m for at, m in seen.items() if at <= length}
                for seen, length in zip(masks, lengths, strict=True)
            ]
        elif step % 7 == 5:
            order = [rng.randrange(len(texts)) for _ in range(3)]
            session = session.select(order[:1]).concat(session.select(order[1:]))
            texts, masks = [texts[row] for row in order], [dict(masks[row]) for row in order]
        else:
            chunks = [bytes(rng.randrange(256) for _ in range(rng.choice([0, 1, 1, 2, 40]))) for _ in texts]
            for text, chunk, seen in zip(texts, chunks, masks, strict=True):
                for at in range(len(text) + 1, len(text) + len(chunk) + 1):
                    if rng.random() < 0.7:
                        seen[at] = random_mask(rng)
            session.extend(
                chunks,
                masks=[given(m, len(t), len(c)) for t, c, m in zip(texts, chunks, masks, strict=True)],
            )
            texts = [text + chunk for text, chunk in zip(texts, chunks, strict=True)]
        check(session, model, texts, masks)


def test_kept_logits_know_the_masks_before_each_byte() -> None:
    """The prediction of a byte has seen the mask given after the byte before it."""
    model, rng = conditioned(), random.Random(2)
    masks = {at: random_mask(rng) for at in (2, 3, 5)}
    session = model.session([b"ab"], masks=[masks[2]])
    session.extend([b"cdef"], keep_logits=True, masks=[given(masks, 2, 4)])
    expected = whole(model, b"abcdef", masks)[2:6]
    assert_close(session.chunk_logits[0], expected, logits_tolerance(model, expected, length=6))


def test_checkpoints_keep_the_mask_input_and_old_ones_do_without(tmp_path: Path) -> None:
    """The own layout has it; a config from before the option loads; transformers has no place for it."""
    model = conditioned()
    save_model(model, tmp_path / "new")
    loaded = load_model(tmp_path / "new")
    assert loaded.mask_conditioning
    mask = random_mask(random.Random(3))
    first, second = (one.session([b"abc"], masks=[mask]).logits for one in (model, loaded))
    assert_close(first, second, logits_tolerance(model, second, length=3))
    save_model(tiny_model("entropy"), tmp_path / "old")
    file = tmp_path / "old" / "config.json"
    data = json.loads(file.read_text())
    del data["config"]["mask_conditioning"]
    file.write_text(json.dumps(data))
    assert not load_model(tmp_path / "old").mask_conditioning
    with pytest.raises(CheckpointError, match="mask input"):
        save_model(model, tmp_path / "foreign", layout="C")


def test_masks_of_the_wrong_shape_or_model_are_refused() -> None:
    """Before anything changes."""
    mask = np.ones(257, bool)
    with pytest.raises(ValueError, match="no mask input"):
        tiny_model("entropy").session([b"a"], masks=[mask])
    session = conditioned().session([b"a"])
    with pytest.raises(ValueError, match=r"\(2, 257\) is needed"):
        session.extend([b"bc"], masks=[mask[None]])
    with pytest.raises(ValueError, match="1 rows need 1 masks"):
        session.extend([b"bc"], masks=[None, None])
    assert session.lengths == [1]
    with pytest.raises(ValueError, match="mask_conditioning"):
        dataclasses.replace(BLTConfig.tiny(), mask_conditioning="yes")
