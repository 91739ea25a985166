"""Every layout is read, bltgen's and transformers' are written; what is wrong is named with its file."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from bltgen.errors import CheckpointError
from bltgen.model.blt import ByteLatentTransformer
from bltgen.model.checkpoint import _split, detect_layout, load_model, save_model
from bltgen.model.checkpoint_layouts import reference
from bltgen.model.config import (
    BLTConfig,
    CrossAttentionConfig,
    HashEmbeddingConfig,
    PatcherConfig,
    TransformerConfig,
)
from bltgen.model.prompt_form import PromptForm

CONFIG = BLTConfig(
    encoder=TransformerConfig(16, 1, 4, window=8, ffn_dim=24),
    latent=TransformerConfig(24, 2, 4, kv_heads=2, head_dim=6, ffn_dim=32),
    decoder=TransformerConfig(16, 2, 4, window=8, ffn_dim=24),
    entropy=TransformerConfig(12, 1, 2, rope_theta=10_000.0, window=512, ffn_dim=20),
    cross_attention=CrossAttentionConfig(heads=4, queries_per_patch=2),
    hash_embedding=HashEmbeddingConfig((3, 4), 1, 50),
    patcher=PatcherConfig(threshold=5.3),
)
TEXT = b"Checkpoints in four layouts."


def random_model(config: BLTConfig = CONFIG) -> ByteLatentTransformer:
    torch.manual_seed(0)
    model = ByteLatentTransformer(config).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model


def reference_args() -> dict[str, Any]:
    return {
        "vocab_size": 260,
        "dim_global": 24,
        "n_layers_global": 2,
        "n_heads_global": 4,
        "n_kv_heads_global": 2,
        "dim_local_encoder": 16,
        "n_layers_local_encoder": 1,
        "n_heads_local_encoder": 4,
        "dim_local_decoder": 16,
        "n_layers_local_decoder": 2,
        "n_heads_local_decoder": 4,
        "rope_theta": 500_000.0,
        "norm_eps": 1e-5,
        "local_attention_window_len": 8,
        "cross_attn_encoder": True,
        "cross_attn_decoder": True,
        "cross_attn_init_by_pooling": True,
        "cross_attn_k": 2,
        "cross_attn_nheads": 4,
        "cross_attn_all_layers_decoder": True,
        "downsampling_by_pooling": "max",
        "encoder_hash_byte_group_size": [3, 4],
        "encoder_hash_byte_group_nb_functions": 1,
        "encoder_hash_byte_group_vocab": 50,
        "patching_mode": "entropy",
        "patching_threshold": 5.3,
        "patch_size": 4.5,
        "use_rope": True,
    }


ENTROPY_ARGS = {"dim": 12, "n_layers": 1, "n_heads": 2, "vocab_size": 260, "ffn_dim_multiplier": 1.0}


def write_own(folder: Path) -> None:
    save_model(random_model(), folder)


def write_a(folder: Path) -> None:
    """`params.json` and `consolidated.pth`, the entropy model in a folder of its own."""
    state = random_model().state_dict()
    (folder / "entropy_model").mkdir(parents=True)
    patcher = {"threshold": 5.3, "patching_mode": "entropy"}
    params = {"model": reference_args(), "data": {"patcher_args": patcher}}
    (folder / "params.json").write_text(json.dumps(params))
    (folder / "entropy_model" / "params.json").write_text(json.dumps({"entropy_model": ENTROPY_ARGS}))
    main = {n: v.clone() for n, v in _split(state, reference.main_names(CONFIG), CONFIG).items()}
    entropy = {n: v.clone() for n, v in _split(state, reference.entropy_names(CONFIG), CONFIG).items()}
    torch.save({"model": main}, folder / "consolidated.pth")
    torch.save({"model": entropy}, folder / "entropy_model" / "consolidated.pth")


def write_b(folder: Path) -> None:
    """Safetensors and `config.json` with "args", twice."""
    state = random_model().state_dict()
    for place, args, names in (
        (folder, reference_args(), reference.main_names(CONFIG)),
        (folder / "entropy_model", ENTROPY_ARGS, reference.entropy_names(CONFIG)),
    ):
        place.mkdir(parents=True, exist_ok=True)
        (place / "config.json").write_text(json.dumps({"args": args}))
        tensors = {name: value.clone() for name, value in _split(state, names, CONFIG).items()}
        save_file(tensors, place / "model.safetensors")


C_CONFIG = dataclasses.replace(
    CONFIG,
    latent=TransformerConfig(24, 2, 4, kv_heads=2, ffn_dim=32),
)


def write_c(folder: Path) -> None:
    save_model(random_model(C_CONFIG), folder, layout="C")


def write_c_sharded(folder: Path) -> None:
    save_model(random_model(C_CONFIG), folder, layout="C", shard_bytes=10_000)


WRITERS: dict[str, Callable[[Path], None]] = {
    "bltgen": write_own,
    "A": write_a,
    "B": write_b,
    "C": write_c,
    "C, sharded": write_c_sharded,
}


@pytest.mark.parametrize("layout", WRITERS)
def test_every_layout_gives_the_model_that_was_written(layout: str, tmp_path: Path) -> None:
    """Config and every parameter, bit by bit; and it generates the same logits."""
    WRITERS[layout](tmp_path)
    assert detect_layout(tmp_path) == layout[:1].replace("b", "bltgen")
    model = load_model(tmp_path)
    written = random_model(C_CONFIG if layout.startswith("C") else CONFIG)
    state = written.state_dict()
    assert model.state_dict().keys() == state.keys()
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    written.config = dataclasses.replace(
        written.config,
        cross_attention=dataclasses.replace(
            written.config.cross_attention, decoder_heads=model.config.cross_attention.decoder_heads
        ),
    )
    assert model.config == written.config
    torch.testing.assert_close(model.session([TEXT]).logits, written.session([TEXT]).logits)
    assert not model.training


@pytest.mark.parametrize("layout", WRITERS)
def test_weights_come_in_the_dtype_asked_for_but_the_entropy_model_in_float32(
    layout: str, tmp_path: Path
) -> None:
    """Boundaries hang on the entropy model's last digits, so it is only lowered on request."""
    WRITERS[layout](tmp_path)
    model = load_model(tmp_path, dtype=torch.bfloat16)
    dtypes = {name: value.dtype for name, value in model.named_parameters()}
    assert {d for n, d in dtypes.items() if n.startswith("entropy_model.")} == {torch.float32}
    assert {d for n, d in dtypes.items() if not n.startswith("entropy_model.")} == {torch.bfloat16}
    lowered = load_model(tmp_path, dtype=torch.bfloat16, entropy_dtype=torch.bfloat16)
    assert {p.dtype for p in lowered.parameters()} == {torch.bfloat16}
    session = model.session([TEXT])
    whole = load_model(tmp_path).session([TEXT]).logits
    assert (session.logits.float() - whole).abs().max() < 0.25
    session.extend([b"more"])
    session.truncate([5])
    assert session.logits.isfinite().all()


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system does not list mappings")
@pytest.mark.parametrize("layout", ["B", "C"])
def test_hash_tables_stay_mapped_to_the_file(layout: str, tmp_path: Path) -> None:
    """They take no memory of their own, be they one tensor (C) or a tensor for each n-gram size (B)."""
    WRITERS[layout](tmp_path)
    table = load_model(tmp_path).embedding.ngrams
    assert table is not None
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    mapped = [line[0].split("-") for line in maps if line[-1] == str(tmp_path / "model.safetensors")]
    assert any(int(a, 16) <= table.weight.data_ptr() < int(b, 16) for a, b in mapped)


def test_a_written_model_may_be_read_by_whom_the_umask_allows(tmp_path: Path) -> None:
    """The weights have the permissions of any new file."""
    save_model(random_model(), tmp_path)
    (tmp_path / "other").touch()
    modes = {(tmp_path / name).stat().st_mode for name in ("model.safetensors", "config.json", "other")}
    assert len(modes) == 1


def test_converting_between_layouts_keeps_every_bit(tmp_path: Path) -> None:
    """A to bltgen's own layout and back in."""
    write_a(tmp_path / "a")
    save_model(load_model(tmp_path / "a"), tmp_path / "own")
    again = load_model(tmp_path / "own").state_dict()
    assert all(torch.equal(value, again[name]) for name, value in random_model().state_dict().items())


def test_what_transformers_cannot_express_is_not_written_as_layout_c(tmp_path: Path) -> None:
    """Refused with the reason, and nothing is left behind."""
    cross = dataclasses.replace(CONFIG.cross_attention, doubled_residual=False)
    model = random_model(dataclasses.replace(C_CONFIG, cross_attention=cross))
    with pytest.raises(CheckpointError, match="residual twice"):
        save_model(model, tmp_path / "c", layout="C")
    assert not (tmp_path / "c").exists()


def main_file(folder: Path, layout: str) -> Path:
    return folder / ("consolidated.pth" if layout == "A" else "model.safetensors")


@pytest.mark.parametrize("layout", ["bltgen", "A", "B", "C"])
@pytest.mark.parametrize("damage", ["truncated", "garbage", "empty", "absent"])
def test_a_damaged_weights_file_is_named(layout: str, damage: str, tmp_path: Path) -> None:
    """Whatever happened to the bytes of the file."""
    WRITERS[layout](tmp_path)
    file = main_file(tmp_path, layout)
    if damage == "truncated":
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    elif damage == "garbage":
        file.write_bytes(b"\xff" * 5000)
    elif damage == "empty":
        file.write_bytes(b"")
    else:
        file.unlink()
    with pytest.raises(CheckpointError, match=file.name):
        load_model(tmp_path)


class _Attack:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.witness,))


@pytest.mark.parametrize("shape", ["plain pickle", "torch file with an object", "pickle named safetensors"])
def test_a_pickle_is_never_executed(shape: str, tmp_path: Path) -> None:
    """An error that names the file, and the code in it did not run."""
    witness = tmp_path / "executed"
    folder = tmp_path / "model"
    if shape == "pickle named safetensors":
        write_own(folder)
        file = folder / "model.safetensors"
        file.write_bytes(pickle.dumps(_Attack(witness)))
    else:
        write_a(folder)
        file = folder / "consolidated.pth"
        if shape == "plain pickle":
            file.write_bytes(pickle.dumps({"model": _Attack(witness)}))
        else:
            torch.save({"model": _Attack(witness)}, file)
    with pytest.raises(CheckpointError, match=file.name):
        load_model(folder)
    assert not witness.exists()


def change_tensors(file: Path, change: Callable[[dict[str, torch.Tensor]], None]) -> None:
    tensors = {name: value.clone() for name, value in load_file(file).items()}
    change(tensors)
    save_file(tensors, file)


def test_missing_extra_and_misshaped_tensors_are_named(tmp_path: Path) -> None:
    """With the spelling of the layout that is being read."""
    name = "model.local_decoder.layers.1.mlp.up_proj.weight"
    for change, message in (
        (lambda t: t.pop(name), f"missing tensors .*{name}"),
        (lambda t: t.update(surprise=torch.zeros(1)), "unknown tensors .*surprise"),
        (lambda t: t.update({name: torch.zeros(3, 4)}), rf"{name} \(3, 4\)"),
        (lambda t: t.update({name: torch.zeros(24, 16, dtype=torch.int64)}), f"{name} does not hold floats"),
    ):
        write_c(tmp_path)
        change_tensors(tmp_path / "model.safetensors", change)
        with pytest.raises(CheckpointError, match=message) as error:
            load_model(tmp_path)
        assert "model.safetensors" in str(error.value)


def test_shards_are_checked_against_their_index(tmp_path: Path) -> None:
    """A missing shard, a tensor that is not where the index says, a path out of the folder."""
    write_c_sharded(tmp_path)
    index = tmp_path / "model.safetensors.index.json"
    data = json.loads(index.read_text())
    name, file = next(iter(data["weight_map"].items()))
    other = next(f for f in data["weight_map"].values() if f != file)
    for weight_map, message in (
        ({**data["weight_map"], name: other}, name),
        ({**data["weight_map"], name: "model-9.safetensors"}, "model-9.safetensors"),
        ({**data["weight_map"], name: "../secret.safetensors"}, "not a file name"),
        ([], "weight_map"),
    ):
        index.write_text(json.dumps({"weight_map": weight_map}))
        with pytest.raises(CheckpointError, match=message):
            load_model(tmp_path)


HOSTILE: list[tuple[str, Any]] = [
    ("dim_local_encoder", 10**12),
    ("n_layers_global", 10**9),
    ("n_layers_global", -1),
    ("n_heads_global", 0),
    ("cross_attn_k", 10**15),
    ("cross_attn_nheads", 3),
    ("encoder_hash_byte_group_vocab", 10**14),
    ("encoder_hash_byte_group_nb_functions", 10**9),
    ("encoder_hash_byte_group_size", [10**9]),
    ("vocab_size", 10**18),
    ("vocab_size", "many"),
    ("dim_global", 24.5),
    ("dim_global", None),
    ("local_attention_window_len", 0),
    ("patching_mode", "bpe"),
    ("use_rope", False),
    ("downsampling_by_pooling", "mean"),
    ("cross_attn_window_encoder", 8),
]


@pytest.mark.parametrize(("key", "value"), HOSTILE)
def test_a_hostile_config_allocates_nothing(key: str, value: Any, tmp_path: Path) -> None:
    """Sizes that the tensors do not confirm, and switches that bltgen does not implement."""
    write_b(tmp_path)
    config = tmp_path / "config.json"
    args = json.loads(config.read_text())["args"]
    config.write_text(json.dumps({"args": {**args, key: value}}))
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        load_model(tmp_path)


@pytest.mark.parametrize("key", ["dim_global", "n_heads_local_decoder", "cross_attn_k", "vocab_size"])
def test_a_missing_hyperparameter_is_named(key: str, tmp_path: Path) -> None:
    """Nothing is guessed that the layout always has."""
    write_b(tmp_path)
    config = tmp_path / "config.json"
    args = json.loads(config.read_text())["args"]
    del args[key]
    config.write_text(json.dumps({"args": args}))
    with pytest.raises(CheckpointError, match=f"config.json.*{key}"):
        load_model(tmp_path)


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"args": 3}', "[" * 100_000, '{"model_type": "llama"}'])
def test_a_broken_config_is_named(text: str, tmp_path: Path) -> None:
    """Not JSON, not an object, nested beyond reason, of another model."""
    write_b(tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_model(tmp_path)


def test_a_path_that_holds_no_model_says_what_it_holds(tmp_path: Path) -> None:
    """No folder, a file, an empty folder, pickles alone, no entropy model, a version to come."""
    with pytest.raises(CheckpointError, match="no such folder"):
        load_model(tmp_path / "nowhere")
    file = tmp_path / "weights.pth"
    file.write_bytes(b"")
    with pytest.raises(CheckpointError, match="is a file"):
        load_model(file)
    with pytest.raises(CheckpointError, match=r"weights\.pth alone"):
        load_model(tmp_path)
    write_b(tmp_path / "b")
    (tmp_path / "b" / "entropy_model").rename(tmp_path / "elsewhere")
    with pytest.raises(CheckpointError, match="entropy_path="):
        load_model(tmp_path / "b")
    assert load_model(tmp_path / "b", entropy_path=tmp_path / "elsewhere").config == CONFIG


def test_a_config_of_version_2_says_how_prompts_are_formed(tmp_path: Path) -> None:
    """It is written and read again; transformers has no place for it."""
    form = PromptForm(max_bytes=99, detail="types")
    model = ByteLatentTransformer(dataclasses.replace(CONFIG, prompt_form=form))
    save_model(model, tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["version"] == 2
    assert load_model(tmp_path).prompt_form == form
    with pytest.raises(CheckpointError, match="prompt_form"):
        save_model(model, tmp_path / "c", layout="C")


@pytest.mark.parametrize("version", [1, None])
def test_a_config_of_version_1_loads_unchanged(version: int | None, tmp_path: Path) -> None:
    """Also one from before there were versions: the same model, prompts without a form."""
    write_own(tmp_path)
    file = tmp_path / "config.json"
    whole = json.loads(file.read_text())
    del whole["version"], whole["config"]["prompt_form"]
    file.write_text(json.dumps(whole if version is None else {**whole, "version": version}))
    model = load_model(tmp_path)
    assert model.config == CONFIG
    assert model.prompt_form is None


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (3, "version 3 was written by a newer bltgen; this bltgen reads versions 1 to 2: `pip install"),
        (10**30, "was written by a newer bltgen"),
        (0, "version '0' is not known; this bltgen reads versions 1 to 2"),
        ("2", "version '2' is not known"),
        (True, "version 'True' is not known"),
        (None, "version 'None' is not known"),
    ],
)
def test_a_config_of_another_version_is_refused_in_words(
    version: object, message: str, tmp_path: Path
) -> None:
    """What was found, what is read, what to do."""
    write_own(tmp_path)
    file = tmp_path / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "version": version}))
    with pytest.raises(CheckpointError, match=message):
        load_model(tmp_path)


def test_writing_replaces_a_model_whole_and_leaves_no_temporary_files(tmp_path: Path) -> None:
    """Also over an older model of another shape of files."""
    write_c_sharded(tmp_path)
    for shard in tmp_path.glob("model-*.safetensors"):
        assert shard.stat().st_size
    write_c(tmp_path)
    assert load_model(tmp_path).config.latent == C_CONFIG.latent
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]
