"""Each step of reading and writing a checkpoint: dtypes, shapes, shards, and what is said of wrong files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from bltgen.errors import CheckpointError
from bltgen.model import checkpoint
from bltgen.model.checkpoint import (
    VERSION,
    _Dtypes,
    _Source,
    detect_layout,
    load_model,
    model_from_huggingface,
    save_model,
)
from bltgen.model.checkpoint_layouts.parts import Part
from bltgen.model.config import BLTConfig
from bltgen.model.int8 import Int8Linear
from tests.model.sessions import tiny_model
from tests.model.test_checkpoint import C_CONFIG, random_model, write_a, write_b

CPU = torch.device("cpu")
CONFIG = BLTConfig.tiny()
FILE = Path("x")
PLAIN = _Dtypes(None, None, None)
LAYOUT_C = random_model(C_CONFIG)


def refuses(message: str):
    """A CheckpointError that says so."""
    return pytest.raises(CheckpointError, match=re.escape(message))


def test_every_parameter_has_a_dtype():
    """The entropy model's is float32, the latent's its own, the others' the one asked for or the file's."""
    assert [
        PLAIN.of(name) for name in ("embedding.bytes.weight", "latent_transformer.x", "entropy_model.x")
    ] == [
        None,
        None,
        torch.float32,
    ]
    some = _Dtypes(torch.float16, torch.float64, torch.bfloat16)
    assert some.of("embedding.bytes.weight") == torch.float16
    assert some.of("local_decoder.head.weight") == torch.float16
    assert some.of("local_decoder.patch_latents.weight") == torch.bfloat16
    assert some.of("latent_transformer.project_in.weight") == torch.bfloat16
    assert some.of("entropy_model.head.weight") == torch.float64
    assert _Dtypes(torch.float16, None, None).of("latent_transformer.x") == torch.float16
    assert not some.in_int8("latent_transformer.transformer.blocks.0.attention.qkv.weight")


def test_int8_is_for_the_matrices_of_the_latent_s_blocks():
    """Not for norms, not for what lies around; all else of the latent is in bfloat16."""
    low = _Dtypes(torch.float32, None, torch.int8)
    block = "latent_transformer.transformer.blocks.0."
    assert low.in_int8(block + "attention.qkv.weight")
    assert not low.in_int8(block + "attention_norm.weight")
    assert not low.in_int8(block + "attention.qkv.bias")
    assert not low.in_int8("latent_transformer.project_in.weight")
    assert low.of("latent_transformer.project_in.weight") == torch.bfloat16
    for name, wrong in (("dtype", (torch.int8, None, None)), ("entropy_dtype", (None, torch.int8, None))):
        with pytest.raises(ValueError, match=f"^{name}=torch.int8: a floating-point dtype is needed"):
            _Dtypes(*wrong)
    with pytest.raises(
        ValueError, match=r"latent_dtype=torch.int32: a floating-point dtype or torch.int8 is needed"
    ):
        _Dtypes(None, None, torch.int32)


def test_float32_matrices_lie_transposed_on_a_cpu():
    """All else lies as ever."""
    assert checkpoint._empty(torch.Size((2, 3)), torch.float32, CPU).stride() == (1, 2)
    assert checkpoint._empty(torch.Size((2, 3)), torch.bfloat16, CPU).stride() == (3, 1)
    assert checkpoint._empty(torch.Size((2,)), torch.float32, CPU).stride() == (1,)
    assert checkpoint._empty(torch.Size((2, 3)), torch.float32, torch.device("meta")).stride() == (3, 1)


def source(tensors, names, ignored=()):
    """A source of these tensors."""
    return _Source(CONFIG, tensors, names, FILE, ignored)


def test_parameters_are_put_together_from_their_parts():
    """One part as it is, neighbours without a copy, others one after the other, heads repeated."""
    whole = torch.arange(12.0).view(6, 2)
    tensors = {"a": whole[:2], "b": whole[2:4], "c": torch.ones(2, 2), "v": torch.arange(4.0).view(4, 1)}
    names = {
        "embedding.one": (Part("a"),),
        "embedding.near": (Part("a"), Part("b")),
        "embedding.far": (Part("a"), Part("c")),
        "heads": (Part("v", 2, 2),),
    }
    shapes = {
        "embedding.one": torch.Size((2, 2)),
        "embedding.near": torch.Size((4, 2)),
        "embedding.far": torch.Size((4, 2)),
        "heads": torch.Size((8, 1)),
    }
    made = source(tensors, names).assemble(shapes, PLAIN, CPU)
    assert made["embedding.one"].data_ptr() == whole.data_ptr()
    turned = source({"t": whole.t()}, {"embedding.turned": (Part("t"),)})
    kept = turned.assemble({"embedding.turned": torch.Size((2, 6))}, PLAIN, CPU)["embedding.turned"]
    assert (kept.data_ptr(), kept.stride()) == (whole.data_ptr(), (1, 2))
    assert made["embedding.near"].data_ptr() == whole.data_ptr()
    assert torch.equal(made["embedding.near"], whole[:4])
    assert torch.equal(made["embedding.far"], torch.cat([whole[:2], torch.ones(2, 2)]))
    assert made["heads"].flatten().tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    lower = source(tensors, names).assemble(shapes, _Dtypes(torch.bfloat16, None, None), CPU)
    assert {value.dtype for value in lower.values()} == {torch.bfloat16}


def test_matrices_are_laid_out_anew_for_float32_alone():
    """On a CPU, and not embeddings; vectors and other dtypes stay mapped."""
    tensors = {"m": torch.randn(3, 2), "v": torch.randn(3)}
    names = {"layer.weight": (Part("m"),), "norm.weight": (Part("v"),), "embedding.weight": (Part("m"),)}
    shapes = {
        "layer.weight": torch.Size((3, 2)),
        "norm.weight": torch.Size((3,)),
        "embedding.weight": torch.Size((3, 2)),
    }
    made = source(tensors, names).assemble(shapes, PLAIN, CPU)
    assert made["layer.weight"].stride() == (1, 3)
    assert torch.equal(made["layer.weight"], tensors["m"])
    assert made["norm.weight"].data_ptr() == tensors["v"].data_ptr()
    assert made["embedding.weight"].data_ptr() == tensors["m"].data_ptr()
    half = {name: value.bfloat16() for name, value in tensors.items()}
    kept = source(half, names).assemble(shapes, PLAIN, CPU)
    assert kept["layer.weight"].data_ptr() == half["m"].data_ptr()


def test_what_a_file_lacks_or_has_beside_is_named():
    """At most eight of each; some endings are left alone."""
    with refuses("x: missing tensors ['b'], unknown tensors ['c']"):
        source({"a": torch.ones(1), "c": torch.ones(1)}, {"one": (Part("a"),), "two": (Part("b"),)})
    with refuses("missing tensors ['b'], unknown tensors []"):
        source({}, {"two": (Part("b"),)})
    with refuses("missing tensors [], unknown tensors ['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']"):
        source({f"c{n}": torch.ones(1) for n in range(9)}, {})
    assert source({"a.freqs": torch.ones(1)}, {}, (".freqs",)) is not None
    with refuses("unknown tensors ['a.other']"):
        source({"a.freqs": torch.ones(1), "a.other": torch.ones(1)}, {}, (".freqs",))


@pytest.mark.parametrize(
    ("tensors", "parts", "shape", "message"),
    [
        ([torch.ones(3, 2)], [Part("0")], (4, 2), "x: 0 (3, 2): the config asks for (4, 2)"),
        ([torch.ones(4, 3)], [Part("0")], (4, 2), "x: 0 (4, 3): the config asks for (4, 2)"),
        ([torch.tensor(1.0)], [Part("0")], (1,), "x: 0 (): the config asks for (1,)"),
        (
            [torch.ones(2, 2)] * 2,
            [Part("0"), Part("1")],
            (5, 2),
            "x: 0 (2, 2), 1 (2, 2): the config asks for (5, 2) in all",
        ),
        (
            [torch.ones(2, 2), torch.ones(2, 3)],
            [Part("0"), Part("1")],
            (4, 2),
            "x: 0 (2, 2), 1 (2, 3): the config asks for (4, 2) in all",
        ),
        ([torch.ones(2, 2).int()], [Part("0")], (2, 2), "x: tensor 0 does not hold floats"),
        ([torch.ones(3, 2)], [Part("0", 2, 2)], (6, 2), "x: tensor 0 does not divide into heads"),
    ],
)
def test_shapes_are_those_that_the_config_asks_for(tensors, parts, shape, message):
    """Before anything is made of them."""
    made = source({str(n): value for n, value in enumerate(tensors)}, {"own": tuple(parts)})
    with refuses(message):
        made.assemble({"own": torch.Size(shape)}, PLAIN, CPU)
    one = source({"0": torch.ones(2, 2)}, {"own": (Part("0"),)})
    assert one.assemble({"own": torch.Size((2, 2))}, PLAIN, CPU)["own"].shape == (2, 2)


def test_a_config_has_no_more_layers_than_the_file_has_tensors():
    """As many as there are still."""
    layers = 1 + 2 + 2 + 1
    tensors = {str(n): torch.ones(1) for n in range(layers)}
    assert checkpoint._bounded(CONFIG, tensors, FILE) is CONFIG
    del tensors["0"]
    with refuses("x: the config has more layers than there are tensors"):
        checkpoint._bounded(CONFIG, tensors, FILE)


def test_a_config_that_cannot_be_read_is_named():
    """Whatever was raised on the way."""

    def fails(error):
        def read():
            raise error

        return read

    with refuses("x: mine"):
        checkpoint._config_from(FILE, fails(CheckpointError("mine")))
    with refuses("x: 'dim' is missing"):
        checkpoint._config_from(FILE, fails(KeyError("dim")))
    for error in (ValueError, TypeError, AttributeError, OverflowError, ZeroDivisionError):
        with refuses("x: not the config of a BLT (why)"):
            checkpoint._config_from(FILE, fails(error("why")))
    assert checkpoint._config_from(FILE, lambda: CONFIG) is CONFIG


@pytest.mark.parametrize("version", [1, 2])
def test_known_versions_are_read(version):
    """Those up to the present one."""
    assert VERSION == 2
    checkpoint._check_version(version, FILE)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (0, "x: version '0' is not known; this bltgen reads versions 1 to 2"),
        (True, "version 'True' is not known"),
        ("1", "version '1' is not known"),
        (1.0, "version '1.0' is not known"),
        (3, "x: version 3 was written by a newer bltgen; this bltgen reads versions 1 to 2: `pip install"),
    ],
)
def test_other_versions_are_refused(version, message):
    """A newer one with what to do."""
    with refuses(message):
        checkpoint._check_version(version, FILE)


def test_shards_are_filled_up_to_their_limit(tmp_path):
    """A tensor larger than it has a file of its own; the index has the size of all."""
    tensors = {name: torch.ones(size) for name, size in (("a", 2), ("b", 2), ("c", 1), ("d", 9), ("e", 1))}
    checkpoint._write_shards(tmp_path, tensors, 16)
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["metadata"] == {"total_size": 60}
    files = [f"model-{n:05}-of-00004.safetensors" for n in (1, 2, 3, 4)]
    assert index["weight_map"] == {"a": files[0], "b": files[0], "c": files[1], "d": files[2], "e": files[3]}
    assert sorted(load_file(tmp_path / files[0])) == ["a", "b"]
    (tmp_path / "model.safetensors").touch()
    checkpoint._write_shards(tmp_path, tensors, 16)
    assert not (tmp_path / "model.safetensors").exists()
    checkpoint._write_shards(tmp_path, tensors, 60)
    assert not (tmp_path / "model.safetensors.index.json").exists()
    assert sorted(load_file(tmp_path / "model.safetensors")) == list(tensors)


def test_layouts_are_told_apart_by_what_a_folder_holds(tmp_path):
    """And what holds none is described."""
    with refuses(f"{tmp_path / 'none'}: no model here (no such folder). A model on a hub"):
        detect_layout(tmp_path / "none")
    (tmp_path / "file").touch()
    with refuses("is a file; a model is a folder"):
        detect_layout(tmp_path / "file")
    with refuses("no model here (config.json or params.json is missing)"):
        detect_layout(tmp_path)
    for name in ("z.pt", "b.bin", "other.txt"):
        (tmp_path / name).touch()
    with refuses("is missing; b.bin alone is not enough, and is not unpickled)"):
        detect_layout(tmp_path)
    (tmp_path / "params.json").touch()
    assert detect_layout(str(tmp_path)) == "A"
    for data, layout in (
        ({"args": 1}, "B"),
        ({"model_type": "blt"}, "C"),
        ({"format": "bltgen", "config": {}}, "bltgen"),
        ({"config": {}}, "bltgen"),
        ({"format": "other", "config": {}}, None),
        ({"format": "bltgen"}, None),
        ({"model_type": "llama"}, None),
    ):
        (tmp_path / "config.json").write_text(json.dumps(data))
        if layout is None:
            with refuses("not the config of a BLT"):
                detect_layout(tmp_path)
        else:
            assert detect_layout(tmp_path) == layout


def test_a_model_is_written_in_any_dtype_and_read_in_its_own(tmp_path):
    """bltgen's own layout is read in float32 unless asked otherwise; weights first, config last."""
    model = tiny_model("static")
    save_model(model, tmp_path, torch.bfloat16)
    assert load_file(tmp_path / "model.safetensors")["embedding.bytes.weight"].dtype == torch.bfloat16
    config = json.loads((tmp_path / "config.json").read_text())
    assert (config["format"], config["version"]) == ("bltgen", 2)
    assert BLTConfig.from_dict(config["config"]) == model.config
    assert (tmp_path / "config.json").read_text().endswith("}\n")
    read = load_model(tmp_path)
    assert {value.dtype for value in read.parameters()} == {torch.float32}
    assert not read.training
    low = load_model(str(tmp_path), latent_dtype=torch.int8)
    block = low.latent_transformer.transformer.blocks[0]
    assert isinstance(block.attention.qkv, Int8Linear)
    assert isinstance(block.feed_forward.down, Int8Linear)
    assert block.attention_norm.weight.dtype == torch.bfloat16
    assert not isinstance(low.local_decoder.patch_latents, Int8Linear)
    with refuses("weights in int8 are not written; load them in another dtype"):
        save_model(low, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("dtype", [None, torch.float16])
@pytest.mark.parametrize("layout", ["bltgen", "C"])
def test_configs_are_written_to_be_read_by_people(layout, dtype, tmp_path):
    """Two spaces a level, a line break at the end; layout C says the dtype that was written."""
    save_model(random_model(C_CONFIG).bfloat16(), tmp_path, dtype, layout=layout)
    written = (tmp_path / "config.json").read_text()
    assert written.startswith('{\n  "')
    assert written.endswith("\n}\n")
    kept = load_file(tmp_path / "model.safetensors")
    assert {value.dtype for value in kept.values()} == {dtype or torch.bfloat16}
    if layout == "C":
        assert json.loads(written)["dtype"] == ("bfloat16" if dtype is None else "float16")


def test_the_index_of_shards_is_written_to_be_read_by_people(tmp_path):
    """And shards are of 5 GB unless asked otherwise."""
    assert checkpoint.SHARD_BYTES == 5_000_000_000
    tensors = {name: torch.ones(size) for name, size in (("a", 4), ("b", 2), ("c", 2), ("d", 1))}
    checkpoint._write_shards(tmp_path, tensors, 16)
    written = (tmp_path / "model.safetensors.index.json").read_text()
    assert written.startswith('{\n  "metadata": {\n    "')
    assert written.endswith("\n}\n")
    # The second is filled to the last byte.
    assert [file[6:11] for file in json.loads(written)["weight_map"].values()] == [
        "00001",
        *["00002"] * 2,
        "00003",
    ]


def test_all_parameters_are_checked(tmp_path):
    """Those after the first too."""
    made = source({"a": torch.ones(2, 2), "b": torch.ones(3, 2)}, {"x": (Part("a"),), "y": (Part("b"),)})
    with refuses("x: b (3, 2): the config asks for (2, 2)"):
        made.assemble({"x": torch.Size((2, 2)), "y": torch.Size((2, 2))}, PLAIN, CPU)


def change_config(folder, change):
    """A folder's config.json, changed in place."""
    data = json.loads((folder / "config.json").read_text())
    change(data)
    (folder / "config.json").write_text(json.dumps(data))


@pytest.mark.parametrize("layout", ["bltgen", "C"])
def test_more_layers_than_tensors_are_never_built(layout, tmp_path, monkeypatch):
    """Of either layout: the config is refused as soon as it is read."""
    save_model(LAYOUT_C, tmp_path, layout=layout)
    monkeypatch.setattr(checkpoint, "_shapes", None)

    def change(data):
        if layout == "C":
            data["global_config"]["num_hidden_layers"] = 10**9
        else:
            data["config"]["latent"]["layers"] = 10**9

    change_config(tmp_path, change)
    with refuses("model.safetensors: the config has more layers than there are tensors"):
        load_model(tmp_path)


@pytest.mark.parametrize("tied", [True, False, None])
@pytest.mark.parametrize("present", [True, False])
def test_a_head_is_tied_where_the_config_says_so_and_there_is_none(tied, present, tmp_path):
    """One of its own is always taken."""
    save_model(LAYOUT_C, tmp_path, layout="C")

    def change(data):
        del data["tie_word_embeddings"]
        if tied is not None:
            data["tie_word_embeddings"] = tied

    change_config(tmp_path, change)
    tensors = load_file(tmp_path / "model.safetensors")
    if not present:
        del tensors["lm_head.weight"]
    save_file({name: value.clone() for name, value in tensors.items()}, tmp_path / "model.safetensors")
    if not present and not tied:
        with refuses("missing tensors ['lm_head.weight'], unknown tensors []"):
            load_model(tmp_path)
        return
    model = load_model(tmp_path)
    expected = tensors["lm_head.weight" if present else "model.local_encoder.embed_tokens.weight"]
    assert torch.equal(model.local_decoder.head.weight, expected.to(model.local_decoder.head.weight.dtype))


def test_a_model_of_transformers_in_memory_is_read_as_from_its_files(tmp_path):
    """In any dtype; what is wrong is said of its class."""
    save_model(LAYOUT_C, tmp_path, layout="C")
    config, tensors = (
        json.loads((tmp_path / "config.json").read_text()),
        load_file(tmp_path / "model.safetensors"),
    )
    model, read = model_from_huggingface(config, tensors), load_model(tmp_path)
    assert model.config == read.config
    assert not model.training
    for name, value in read.state_dict().items():
        assert torch.equal(model.state_dict()[name], value)
    low = model_from_huggingface(config, tensors, torch.float16, entropy_dtype=torch.float64)
    assert low.local_decoder.head.weight.dtype == torch.float16
    assert low.entropy_model.head.weight.dtype == torch.float64
    del tensors["lm_head.weight"]
    with refuses("BltForCausalLM: missing tensors ['lm_head.weight'], unknown tensors []"):
        model_from_huggingface(config, tensors)


def test_without_hyperparameters_there_is_no_model_of_the_released_code(tmp_path):
    """The file or the folder that lacks them is named."""
    write_b(tmp_path / "b")
    (tmp_path / "b" / "config.json").write_text('{"args": 3}')
    with refuses(f"{tmp_path / 'b' / 'config.json'}: the hyperparameters of the model are missing"):
        load_model(tmp_path / "b")
    write_b(tmp_path / "b")
    (tmp_path / "b" / "entropy_model" / "config.json").write_text('{"args": null}')
    with refuses(f"{tmp_path / 'b' / 'entropy_model'}: the hyperparameters of the model are missing"):
        load_model(tmp_path / "b")
    write_a(tmp_path / "a")
    (tmp_path / "a" / "params.json").write_text("{}")
    with refuses(f"{tmp_path / 'a' / 'params.json'}: the hyperparameters of the model are missing"):
        load_model(tmp_path / "a")
    write_a(tmp_path / "c")
    (tmp_path / "c" / "entropy_model" / "params.json").write_text("{}")
    with refuses(f"{tmp_path / 'c' / 'entropy_model'}: the hyperparameters of the model are missing"):
        load_model(tmp_path / "c")


@pytest.mark.parametrize(
    ("data", "threshold"),
    [
        (None, 5.3),
        (3, 5.3),
        ({}, 5.3),
        ({"patcher_args": 3}, 5.3),
        ({"patcher_args": {"threshold": 2.5}}, 2.5),
    ],
)
def test_the_patcher_of_layout_a_is_told_beside_the_model(data, threshold, tmp_path):
    """Where nothing is said of it, the model's own arguments hold."""
    write_a(tmp_path)
    params = json.loads((tmp_path / "params.json").read_text())
    (tmp_path / "params.json").write_text(json.dumps({**params, "data": data}))
    assert load_model(tmp_path).config.patcher.threshold == threshold


@pytest.mark.parametrize("layout", ["A", "B"])
def test_a_model_that_cannot_be_is_named_by_its_config(layout, tmp_path):
    """Layout A has it in params.json."""
    (write_a if layout == "A" else write_b)(tmp_path)
    file = tmp_path / ("params.json" if layout == "A" else "config.json")
    data = json.loads(file.read_text())
    (data["model"] if layout == "A" else data["args"])["vocab_size"] = 10**18
    file.write_text(json.dumps(data))
    with refuses(f"{file}: describes no possible model"):
        load_model(tmp_path)


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="this system does not list mappings")
def test_embeddings_of_a_torch_checkpoint_stay_mapped(tmp_path):
    """They take no memory of their own."""
    write_a(tmp_path)
    weight = load_model(tmp_path).embedding.bytes.weight
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    mapped = [line[0].split("-") for line in maps if line[-1] == str(tmp_path / "consolidated.pth")]
    assert any(int(low, 16) <= weight.data_ptr() < int(high, 16) for low, high in mapped)


def test_a_torch_checkpoint_holds_tensors_by_name(tmp_path):
    """Alone or under "model"; anything else is named."""
    file = tmp_path / "x.pth"
    with refuses(f"{file}: no such file"):
        checkpoint._read_pth(file)
    file.write_bytes(b"\x80\x04")
    with refuses(f"{file}: not a torch checkpoint (corrupt, truncated, or a plain pickle)"):
        checkpoint._read_pth(file)
    for data in ({"a": torch.ones(2)}, {"model": {"a": torch.ones(2)}, "step": 5}):
        torch.save(data, file)
        found, blamed = checkpoint._read_pth(file)
        assert (found["a"].tolist(), list(found), blamed) == ([1.0, 1.0], ["a"], file)
    for data, message in (
        ([torch.ones(1)], "must hold a dictionary of tensors"),
        ({"a": 5}, "'a' is not a tensor"),
        ({1: torch.ones(1)}, "1 is not a tensor"),
        ({"model": torch.ones(1), "b": 3}, "'b' is not a tensor"),
    ):
        torch.save(data, file)
        with refuses(f"{file}: {message}"):
            checkpoint._read_pth(file)
