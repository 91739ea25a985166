"""The device that a model is put on: tried before anything is read.

>>> device_of("cpu")
device(type='cpu')
>>> device_of("gpu")  # doctest: +ELLIPSIS
Traceback (most recent call last):
bltgen.errors.DeviceNotAvailable: device 'gpu' is not there; devices here: cpu...; did you mean 'cuda'?
"""

from __future__ import annotations

import difflib
import warnings

import torch

from bltgen.errors import DeviceNotAvailable

__all__ = ["available_devices", "device_of"]

KINDS = ("cpu", "cuda", "mps", "xpu")  # those of torch itself; a plug-in's are found by trying them
MEANT = {"gpu": "cuda", "nvidia": "cuda", "hip": "cuda", "rocm": "cuda", "metal": "mps", "processor": "cpu"}


def available_devices() -> tuple[str, ...]:
    """Names of the devices that this build of torch can use here, "cpu" first."""
    found = ["cpu"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a driver that is missing or too old: no device, then
        for kind in ("cuda", "xpu"):
            module = getattr(torch, kind, None)
            if module is not None and module.is_available():
                found.extend(f"{kind}:{number}" for number in range(module.device_count()))
        if torch.backends.mps.is_available():
            found.append("mps")
    return tuple(found)


def device_of(given: torch.device | str | int) -> torch.device:
    """A device that can hold numbers and add them.

    Raises DeviceNotAvailable, which names the devices that are there; TypeError for what names none.
    """
    if isinstance(given, bool) or not isinstance(given, (torch.device, str, int)):
        raise TypeError(f'a device is a name such as "cpu" or "cuda:0", or a torch.device, not {given!r}')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            device = torch.device(given)
            if device.type == "cpu" and device.index:
                raise RuntimeError("all cores are one device")
            works = torch.ones(1, device=device).add_(1).item() == 2
    except Exception as error:  # AssertionError, RuntimeError, ImportError, ...: each kind has its own
        raise _not_there(given, str(error).split("\n")[0]) from error
    if not works:
        raise _not_there(given, "it does not add 1 and 1 to 2")
    return device


def _not_there(given: torch.device | str | int, reason: str) -> DeviceNotAvailable:
    name, here = str(given), available_devices()
    kind = name.partition(":")[0]
    near = None
    if kind not in KINDS:
        close = difflib.get_close_matches(kind.lower(), KINDS)
        near = MEANT.get(kind.lower()) or (close[0] if close else None)
    return DeviceNotAvailable(name, here, reason if len(reason) <= 80 else "", near)
