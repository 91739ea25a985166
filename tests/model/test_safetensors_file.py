"""Files of tensors: what is written, what is mapped, which error says what is wrong."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from bltgen.errors import CheckpointError
from bltgen.model import safetensors_file
from bltgen.model.safetensors_file import (
    joined,
    read_json,
    read_sharded,
    read_tensors,
    write_atomically,
    write_tensors,
)


def refuses(message: str):
    """A CheckpointError that says so."""
    return pytest.raises(CheckpointError, match=re.escape(message))


def test_a_file_is_replaced_whole(tmp_path):
    """Its folder is made; with the permissions of any new file; nothing else is left."""
    file = tmp_path / "a" / "b" / "x"
    write_atomically(file, b"one")
    write_atomically(file, b"two")
    assert file.read_bytes() == b"two"
    assert [one.name for one in file.parent.iterdir()] == ["x"]
    (tmp_path / "other").touch()
    assert file.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    """And no temporary one, whatever stopped it; it is on the disk before it takes the old one's place."""
    file = tmp_path / "x"
    write_atomically(file, b"one")

    def fails(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, b"two")
    assert file.read_bytes() == b"one"
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    monkeypatch.undo()
    monkeypatch.setattr(Path, "touch", fails)  # before there is a temporary file
    with pytest.raises(KeyboardInterrupt):
        write_atomically(file, b"two")
    monkeypatch.undo()
    order = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda number: (order.append("fsync"), sync(number))[1])
    monkeypatch.setattr(os, "replace", lambda *names: (order.append("replace"), replace(*names))[1])
    write_atomically(file, b"two")
    assert order == ["fsync", "replace"]


def test_tensors_and_metadata_are_read_back(tmp_path):
    """All of one storage, each in its shape and dtype; metadata as JSON values, else as text."""
    tensors = {
        "a": torch.arange(6.0).view(2, 3),
        "b": torch.tensor([1, 2], dtype=torch.int8),
        "c": torch.randn(4, 2).bfloat16(),
        "turned": torch.arange(6.0).view(2, 3).T,
        "empty": torch.zeros(0, 3),
        "trained": torch.nn.Parameter(torch.ones(2)),
    }
    file = tmp_path / "x.safetensors"
    write_tensors(file, tensors, {"n": 1, "list": ["a"], "text": "b"})
    found, metadata = read_tensors(file)
    assert metadata == {"n": 1, "list": ["a"], "text": "b"}
    assert found.keys() == tensors.keys()
    for name, value in tensors.items():
        assert torch.equal(found[name], value)
        assert (found[name].dtype, found[name].requires_grad) == (value.dtype, False)
    aligned = [one for name, one in found.items() if name != "empty"]
    assert len({one.untyped_storage().data_ptr() for one in aligned}) <= 2
    write_tensors(file, {"a": torch.ones(1)})
    assert read_tensors(file)[1] == {}
    safetensors_file.save_file({"a": torch.ones(1)}, file, metadata={"odd": "{not json"})
    assert read_tensors(file)[1] == {"odd": "{not json"}


def test_a_view_is_written_without_what_lies_around_it(tmp_path):
    """Two views of one storage are two tensors; no copy is made of what is contiguous."""
    whole = torch.arange(12.0)
    file = tmp_path / "x.safetensors"
    write_tensors(file, {"low": whole[:4], "high": whole[4:10].view(2, 3)})
    found = load_file(file)
    assert found["low"].tolist() == [0.0, 1.0, 2.0, 3.0]
    assert found["high"].tolist() == [[4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    own = safetensors_file._own_storage(whole[4:10])
    assert own.data_ptr() == whole[4:].data_ptr()
    assert own.untyped_storage().nbytes() == 24
    assert safetensors_file._own_storage(whole.view(3, 4).T).is_contiguous()


def test_tensors_that_are_not_aligned_are_read_all_the_same(tmp_path):
    """As old writers left them."""
    header = json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    header += b" " * (3 - len(header) % 4)
    data = torch.tensor([1.0, 2.0])
    file = tmp_path / "x.safetensors"
    file.write_bytes(len(header).to_bytes(8, "little") + header + data.numpy().tobytes())
    assert (8 + len(header)) % 4
    assert read_tensors(file)[0]["a"].tolist() == [1.0, 2.0]
    header = header.rstrip()[:-1] + b', "b": {"dtype": "I8", "shape": [2], "data_offsets": [8, 10]}}'
    header += b" " * (3 - len(header) % 4)
    file.write_bytes(len(header).to_bytes(8, "little") + header + data.numpy().tobytes() + b"\x05\xff")
    found = read_tensors(file)[0]
    assert {name: value.tolist() for name, value in found.items()} == {"a": [1.0, 2.0], "b": [5, -1]}


def test_what_is_read_may_be_changed_without_changing_the_file(tmp_path):
    """The mapping is private."""
    file = tmp_path / "x.safetensors"
    write_tensors(file, {"a": torch.ones(4)})
    read_tensors(file)[0]["a"].mul_(7)
    assert read_tensors(file)[0]["a"].tolist() == [1.0] * 4


def test_what_is_no_file_of_tensors_is_named(tmp_path):
    """Missing, empty, cut, or something else."""
    with refuses(f"{tmp_path / 'x'}: no such file"):
        read_tensors(tmp_path / "x")
    for wrong in (b"", b"{}", b"\xff" * 100):
        (tmp_path / "x").write_bytes(wrong)
        with refuses(f"{tmp_path / 'x'}: not a readable safetensors file"):
            read_tensors(tmp_path / "x")
    with refuses("not a readable safetensors file"):
        read_tensors(tmp_path)


def test_neighbours_are_joined_without_a_copy():
    """One storage, one dtype, one width, each contiguous, one right after the other."""
    whole = torch.arange(24.0).view(6, 4)
    found = joined([whole[:1], whole[1:3], whole[3:]])
    assert torch.equal(found, whole)
    assert found.data_ptr() == whole.data_ptr()
    assert torch.equal(joined([whole[2:4], whole[4:]]), whole[2:])
    assert torch.equal(joined([whole[:2]]), whole[:2])
    assert joined([whole[:2], whole[3:]]) is None
    assert joined([whole[2:], whole[:2]]) is None
    assert joined([whole[:2], whole[2:].clone()]) is None
    assert joined([whole[:, :2], whole[:, 2:]]) is None
    assert joined([whole[:2], whole.view(3, 8)[1:]]) is None
    assert joined([whole[:2], whole.view(torch.int32)[2:]]) is None


def shards(folder: Path, index: object, **files: dict) -> None:
    """A folder of these shards and this index."""
    for name, tensors in files.items():
        write_tensors(folder / f"{name}.safetensors", tensors)
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def test_shards_are_read_by_their_index(tmp_path):
    """The index is to blame; a whole file is taken first; without either the whole file is missing."""
    one, two = torch.ones(1), torch.zeros(2)
    shards(tmp_path, {"weight_map": {"a": "x.safetensors", "b": "y.safetensors"}}, x={"a": one}, y={"b": two})
    found, blamed = read_sharded(tmp_path)
    assert (sorted(found), blamed) == (["a", "b"], tmp_path / "model.safetensors.index.json")
    write_tensors(tmp_path / "model.safetensors", {"c": one})
    found, blamed = read_sharded(tmp_path)
    assert (sorted(found), blamed) == (["c"], tmp_path / "model.safetensors")
    with refuses(f"{tmp_path / 'none' / 'model.safetensors'}: no such file"):
        read_sharded(tmp_path / "none")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ({}, "weight_map must map tensor names to file names"),
        ({"weight_map": ["a"]}, "weight_map must map tensor names to file names"),
        ({"weight_map": {"a": 1}}, "weight_map must map tensor names to file names"),
        ({"weight_map": {"a": "x.safetensors", "b": 1}}, "weight_map must map tensor names to file names"),
        (
            {"weight_map": {"a": "../x.safetensors"}},
            "'../x.safetensors' is not a file name in the same folder",
        ),
        (
            {"weight_map": {"a": "x.safetensors", "b": "x.safetensors"}},
            "tensor b is missing (model.safetensors.index.json",
        ),
        ({"weight_map": {"a": "y.safetensors"}}, "y.safetensors: no such file"),
    ],
)
def test_a_wrong_index_is_named(index, message, tmp_path):
    """With what it should say."""
    shards(tmp_path, index, x={"a": torch.ones(1)})
    with refuses(message):
        read_sharded(tmp_path)


def test_json_files_hold_an_object_of_reasonable_size(tmp_path, monkeypatch):
    """At the limit still; what is none is named."""
    file = tmp_path / "x.json"
    file.write_text('{"a": 1}')
    assert read_json(file) == {"a": 1}
    monkeypatch.setattr(safetensors_file, "LARGEST_JSON", 8)
    assert read_json(file) == {"a": 1}
    monkeypatch.setattr(safetensors_file, "LARGEST_JSON", 7)
    with refuses(f"{file}: larger than 7 bytes"):
        read_json(file)
    monkeypatch.undo()
    assert safetensors_file.LARGEST_JSON == 64 * 2**20
    for text, message in (
        ("[1]", "must hold a JSON object"),
        ("{", "not readable as JSON"),
        ("[" * 10**5, ""),
    ):
        file.write_text(text)
        with refuses(f"{file}: {message}"):
            read_json(file)
    file.write_bytes(b"\xff")
    with refuses("not readable as JSON"):
        read_json(file)
    for missing in (tmp_path / "y.json", file / "y.json"):
        with refuses(f"{missing}: no such file"):
            read_json(missing)
    with refuses(f"{tmp_path}: not readable as JSON"):
        read_json(tmp_path)
