"""A device that is not there is an error of bltgen's own, which names those that are."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
import torch

import bltgen
from bltgen.cli import main
from bltgen.errors import BltgenError, DeviceNotAvailable
from bltgen.model.checkpoint import save_model
from bltgen.model.devices import available_devices, device_of
from bltgen.training import Corpus, TrainConfig, train
from tests.model.sessions import tiny_model

NAMES = "cuda cuda:7 cuda:-1 mps xpu xpu:3 hip hpu xla vulkan mkldnn privateuseone meta banana gpu CUDA cpu:3"
MISSING = [name for name in [*NAMES.split(), ""] if not {name, f"{name}:0"} & {*available_devices()}]


@pytest.mark.parametrize("name", MISSING)
def test_what_is_not_there_is_said_with_what_is(name: str, tmp_path: Path, capsys) -> None:
    """By the loader and by the command line, whatever torch itself raises for it."""
    with pytest.raises(DeviceNotAvailable) as found:
        bltgen.load(device=name)
    assert isinstance(found.value, (BltgenError, ValueError))
    assert (found.value.device, found.value.available) == (name, available_devices())
    assert repr(name) in str(found.value)
    assert "devices here: cpu" in str(found.value)
    for command in ("generate --regex a --prompt x", f"train {__file__} --size tiny --run {tmp_path}"):
        assert main([*command.split(), "--device", name]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert str(found.value) in error


@pytest.mark.parametrize(
    ("name", "near"),
    [("gpu", "cuda"), ("CUDA", "cuda"), ("cud:0", "cuda"), ("cpuu", "cpu"), ("banana", None)],
)
def test_the_name_that_was_meant_is_said(name: str, near: str | None) -> None:
    """Also that of torch for what people call a GPU."""
    with pytest.raises(DeviceNotAvailable) as found:
        device_of(name)
    assert found.value.near == near
    assert ("did you mean" in str(found.value)) == (near is not None)


@pytest.mark.parametrize("name", available_devices())
def test_what_is_there_is_taken(name: str, tmp_path: Path) -> None:
    """By name and as torch's own type."""
    save_model(tiny_model("static"), tmp_path)
    for given in (name, torch.device(name)):
        generator = bltgen.load(tmp_path, device=given)
        assert next(generator.model.parameters()).device.type == torch.device(name).type
        assert generator.generate("", bltgen.regex("[ab]{5}"), seed=1).finish == "end"


@pytest.mark.parametrize("given", [True, 2.5, ["cpu"]])
def test_other_types_name_no_device(given) -> None:
    """A TypeError, as everywhere."""
    with pytest.raises(TypeError, match="a device is a name"):
        bltgen.load(device=given)


def test_training_asks_before_it_writes(tmp_path: Path) -> None:
    """The run's folder is not made."""
    config, shape = TrainConfig(entropy_bytes=10, blt_bytes=10), tiny_model("static").config
    with pytest.raises(DeviceNotAvailable):
        train(shape, config, Corpus.of([__file__]), tmp_path / "run", device="banana")
    assert not (tmp_path / "run").exists()


@pytest.fixture
def machine(monkeypatch):
    """A machine with these devices, as torch would say."""

    def of(cuda: int = 0, xpu: int | None = None, mps: bool = False) -> None:
        class Kind:
            def __init__(self, count: int) -> None:
                self.count = count

            def is_available(self) -> bool:
                warnings.warn("an old driver", stacklevel=2)
                return self.count > 0

            def device_count(self) -> int:
                return self.count

        monkeypatch.setattr(torch, "cuda", Kind(cuda))
        monkeypatch.setattr(torch, "xpu", None if xpu is None else Kind(xpu), raising=False)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return of


def test_the_devices_of_any_machine_are_listed(machine, recwarn) -> None:
    """The CPU first, each GPU by its number; without a word of what is missing."""
    machine()
    assert available_devices() == ("cpu",)
    machine(cuda=2)
    assert available_devices() == ("cpu", "cuda:0", "cuda:1")
    machine(cuda=1, xpu=1, mps=True)
    assert available_devices() == ("cpu", "cuda:0", "xpu:0", "mps")
    assert not [one for one in recwarn if "old driver" in str(one.message)]


def test_a_device_is_tried_without_a_word(monkeypatch, recwarn) -> None:
    """Of an old driver, say."""
    make = torch.ones

    def warned(*shape, device):
        warnings.warn("an old driver", stacklevel=2)
        return make(*shape, device=device)

    monkeypatch.setattr(torch, "ones", warned)
    assert device_of("cpu").type == "cpu"
    assert not [one for one in recwarn if "old driver" in str(one.message)]


def test_the_cpu_is_one_device() -> None:
    """Number 0 of it is there; others are not; numbers name no CPU."""
    assert device_of("cpu").type == device_of("cpu:0").type == "cpu"
    assert device_of(torch.device("cpu")) == torch.device("cpu")
    with pytest.raises(DeviceNotAvailable, match="all cores are one device") as found:
        device_of("cpu:1")
    assert (found.value.device, found.value.near) == ("cpu:1", None)


def test_a_device_that_cannot_add_is_none(monkeypatch) -> None:
    """Whatever it is called."""

    class Wrong:
        def add_(self, number):
            return self

        def item(self):
            return 3

    monkeypatch.setattr(torch, "ones", lambda *shape, device: Wrong())
    with pytest.raises(DeviceNotAvailable, match="it does not add 1 and 1 to 2"):
        device_of("cpu")


def test_reasons_are_told_where_they_are_short(monkeypatch) -> None:
    """Their first line, of at most 80 characters; known kinds have no near miss."""
    for length, told in ((80, True), (81, False)):

        def fails(*shape, device, length=length):
            raise RuntimeError("x" * length + "\nmore")

        monkeypatch.setattr(torch, "ones", fails)
        with pytest.raises(DeviceNotAvailable) as found:
            device_of("cpu")
        assert found.value.reason == ("x" * length if told else "")
        assert found.value.near is None
        assert "more" not in str(found.value)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("gpu", "cuda"),
        ("NVIDIA", "cuda"),
        ("rocm", "cuda"),
        ("metal", "mps"),
        ("processor", "cpu"),
        ("xpuu:1", "xpu"),
    ],
)
def test_what_people_call_a_device_is_understood(name: str, near: str) -> None:
    """Before names that are spelled alike."""
    with pytest.raises(DeviceNotAvailable) as found:
        device_of(name)
    assert found.value.near == near
