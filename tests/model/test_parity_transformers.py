"""The same logits and the same patches as `BltForCausalLM` of transformers, on random weights.

Reference: `use_cache=False`, eager attention. Where transformers departs from the released code, a
test says so and holds bltgen to the released code.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from bltgen.model.blt import ids_of_bytes
from bltgen.model.checkpoint import detect_layout, load_model, save_model
from tests.model.tolerance import assert_close, entropy_tolerance, logits_tolerance

transformers = pytest.importorskip("transformers", reason="transformers is not installed")
if not hasattr(transformers, "BltForCausalLM"):
    pytest.skip("this version of transformers has no BltForCausalLM", allow_module_level=True)

SHAPES: dict[str, dict[str, Any]] = {
    "k = 2": {},
    "k = 1, other head counts": {"k": 1, "local_heads": 2, "global_heads": 6, "entropy_heads": 1},
    "k = 4, grouped keys": {"k": 4, "local_heads": 4, "local_kv": 2, "global_kv": 1, "entropy_kv": 1},
    "decoder heads of its own": {"decoder_heads": 8, "local_heads": 2},
    "no projection, one decoder cross-attention": {"global": 64, "decoder_all": False},
    "no windows": {"window": None, "entropy_window": None},
    "two hash functions": {"functions": 2, "sizes": [2, 5]},
    "deep encoder": {"encoder_layers": 3},
}

TEXTS = {
    "one byte": b"x",
    "text": b"Byte latent transformers cut text where the next byte is hard to guess. " * 2,
    "scripts": "Zażółć gęślą jaźń · Привет, мир · こんにちは世界 · مرحبا · नमस्ते · 🎈👩‍👩‍👧".encode(),
    "binary": random.Random(1).randbytes(100),
    "past every window": random.Random(2).randbytes(40) * 6,
}


def reference_config(**options: Any) -> Any:
    o = {"k": 2, "local_heads": 4, "global_heads": 4, "entropy_heads": 2, "global": 48, **options}
    local = {
        "hidden_size": 32,
        "num_attention_heads": o["local_heads"],
        "num_key_value_heads": o.get("local_kv"),
        "cross_attn_k": o["k"],
        "hidden_size_global": o["global"],
        "intermediate_size": 40,
    }
    decoder_heads = o.get("decoder_heads", o["local_heads"])
    return transformers.BltConfig(
        patching_threshold=o.get("threshold", 5.2),
        patching_mode=o.get("mode", "entropy"),
        max_patch_length=o.get("max_patch_length"),
        local_attention_window_len=o.get("window", 20),
        cross_attn_k=o["k"],
        encoder_hash_byte_group_size=o.get("sizes", [3, 4, 6]),
        encoder_hash_byte_group_vocab=97,
        encoder_hash_byte_group_nb_functions=o.get("functions", 1),
        encoder_config={
            **local,
            "num_hidden_layers": o.get("encoder_layers", 1),
            "cross_attn_all_layers": o.get("encoder_all", False),
        },
        decoder_config={
            **local,
            "num_attention_heads": decoder_heads,
            "num_hidden_layers": 2,
            "cross_attn_all_layers": o.get("decoder_all", True),
        },
        global_config={
            "hidden_size": o["global"],
            "num_attention_heads": o["global_heads"],
            "num_key_value_heads": o.get("global_kv"),
            "num_hidden_layers": 2,
            "intermediate_size": 56,
        },
        patcher_config={
            "hidden_size": 24,
            "num_attention_heads": o["entropy_heads"],
            "num_key_value_heads": o.get("entropy_kv"),
            "num_hidden_layers": 2,
            "intermediate_size": 40,
            "sliding_window": o.get("entropy_window", 16),
        },
        attn_implementation="eager",
    )


def random_reference(**options: Any) -> Any:
    torch.manual_seed(0)
    model = transformers.BltForCausalLM(reference_config(**options)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.3 * torch.randn_like(parameter))
        model.model.patcher.lm_head.weight.mul_(1.5)
        if "threshold" not in options:
            ids = [torch.tensor([ids_of_bytes(text)]) for text in TEXTS.values()]
            entropies = torch.cat([model.model.patcher(i)[0][0] for i in ids])
            model.config.patching_threshold, model.gap = between(entropies)
    return model


def between(entropies: torch.Tensor) -> tuple[float, float]:
    """A threshold that some entropies exceed, and how far it is from any: rounding decides no boundary."""
    ordered = entropies.flatten().sort().values
    ordered = ordered[int(0.6 * len(ordered)) : int(0.8 * len(ordered))]
    gap = int((ordered[1:] - ordered[:-1]).argmax())
    return float(ordered[gap] + ordered[gap + 1]) / 2, float(ordered[gap + 1] - ordered[gap]) / 2


def reference_forward(model: Any, data: bytes) -> tuple[torch.Tensor, list[int]]:
    """Logits [bytes + 1, 260] and positions where patches start, one past the end included."""
    ids = torch.tensor([ids_of_bytes(data)])
    config = model.config
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits[0]
        _, lengths, _ = model.model.patcher(
            ids,
            patch_size=config.patch_size,
            threshold=config.patching_threshold,
            max_patch_length=config.max_patch_length,
        )
    starts = [0, *lengths[0].cumsum(0).tolist()[:-1]]
    return logits, starts


def own_forward(model: Any, data: bytes) -> tuple[torch.Tensor, list[int]]:
    from bltgen.model.patcher import patch_starts

    ids = torch.tensor([ids_of_bytes(data)])
    with torch.no_grad():
        starts = patch_starts(model.config.patcher, ids, model.entropies(ids))[0]
        return model(model.patch(ids))[0], starts.nonzero().flatten().tolist()


@pytest.mark.parametrize("shape", SHAPES)
def test_logits_and_patches_are_those_of_transformers(shape: str, tmp_path: Path) -> None:
    """Whole sequences and, from the same checkpoint, incremental decoding."""
    reference = random_reference(**SHAPES[shape])
    reference.save_pretrained(tmp_path)
    assert detect_layout(tmp_path) == "C"
    model = load_model(tmp_path)
    several = 0
    for name, data in TEXTS.items():
        expected, starts = reference_forward(reference, data)
        logits, own_starts = own_forward(model, data)
        within = logits_tolerance(model, expected, length=len(data), other_angles=True)
        assert entropy_tolerance(model, length=len(data), other_angles=True) < reference.gap
        assert own_starts == starts, name
        assert_close(logits, expected, within)
        several += len(starts) > 10
        session = model.session([data])
        columns = torch.cat([expected[-1, 4:], expected[-1, 2:3]])
        assert_close(session.logits[0], columns, within)
    assert several >= 3


def test_converting_back_gives_the_same_transformers_model(tmp_path: Path) -> None:
    """Layout C out, in shards: transformers loads it and computes what it computed."""
    reference = random_reference(k=2)
    reference.save_pretrained(tmp_path / "from")
    model = load_model(tmp_path / "from")
    save_model(model, tmp_path / "to", layout="C", shard_bytes=20_000)
    assert len(list((tmp_path / "to").glob("model-*.safetensors"))) > 3
    again = transformers.BltForCausalLM.from_pretrained(tmp_path / "to", attn_implementation="eager").eval()
    for name, parameter in reference.state_dict().items():
        assert torch.equal(again.state_dict()[name], parameter), name
    data = TEXTS["scripts"]
    expected = reference_forward(reference, data)[0]
    within = logits_tolerance(model, expected, length=len(data))
    assert_close(reference_forward(again, data)[0], expected, within)


def test_an_open_patch_of_maximum_length_is_closed_as_in_the_released_code(tmp_path: Path) -> None:
    """transformers counts no byte to come, so it leaves an open patch that reached the maximum open."""
    random_reference(threshold=100.0, max_patch_length=4).save_pretrained(tmp_path)
    reference = transformers.BltForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").eval()
    model = load_model(tmp_path)
    assert reference_forward(reference, b"abcd")[1] == [0, 1]
    assert own_forward(model, b"abcd")[1] == [0, 1, 5]
    assert reference_forward(reference, b"abcde")[1] == own_forward(model, b"abcde")[1] == [0, 1, 5]
    longer = own_forward(model, b"abcde")[0]
    within = logits_tolerance(model, longer, length=5, other_angles=True)
    assert_close(longer, reference_forward(reference, b"abcde")[0], within)
    assert_close(own_forward(model, b"abcd")[0], longer[:5], within)


@pytest.mark.parametrize(("mode", "starts"), [("static", [0, 1, 5, 9]), ("space", [0, 1, 4, 8])])
def test_other_patching_modes_cut_as_they_say(mode: str, starts: list[int], tmp_path: Path) -> None:
    """transformers makes every byte a patch in every mode but "entropy"."""
    random_reference(mode=mode).save_pretrained(tmp_path)
    assert own_forward(load_model(tmp_path), b"ab, de, x")[1] == starts


def test_a_prefix_has_the_same_logits_in_any_longer_text(tmp_path: Path) -> None:
    """Causality, which an encoder that re-pools in transformers keeps too."""
    random_reference(encoder_layers=2, encoder_all=True).save_pretrained(tmp_path)
    model = load_model(tmp_path)
    whole, _ = own_forward(model, TEXTS["text"])
    part, _ = own_forward(model, TEXTS["text"][:50])
    assert_close(whole[:51], part, logits_tolerance(model, whole, length=len(TEXTS["text"])))
