"""The closed formula counts what torch counts."""

from __future__ import annotations

import re

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from bltgen.model import runtime
from bltgen.model.flops import count_flops
from tests.model.sessions import SHAPES, tiny_model
from tests.model.test_session import random_text


@pytest.mark.parametrize(
    ("mode", "shape"),
    [
        ("static", "windows everywhere"),
        ("space", "windows everywhere"),
        ("static, at most 2", "windows everywhere"),
    ]
    + [("static", shape) for shape in list(SHAPES)[1:]],
)
def test_the_count_is_that_of_torch(mode: str, shape: str, monkeypatch) -> None:
    """Byte by byte past every window; attention as plain products, which the counter knows."""
    monkeypatch.setattr(runtime, "HOST_POSITIONS", 0)  # torch counts what torch does
    model = tiny_model(mode, shape)
    text = random_text(7, 40)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        session = model.session([b""])
        for byte in text:
            session.extend([bytes([byte])])
    count = count_flops(model.config, len(text), session.patch_starts[0], at_boundary=session.at_boundary[0])
    assert count.total == counter.get_total_flops()
    assert count.per_byte == count.total / 40
    assert count.patches == len(session.patch_starts[0]) - (not session.at_boundary[0])


def test_longer_patches_cost_less() -> None:
    """The promise of a BLT: the latent transformer's share falls with the patch length."""
    config = tiny_model("static").config
    costs = [count_flops(config, 240, range(0, 240, size)).latent_transformer for size in (1, 2, 4, 8)]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > 6 * costs[-1]


@pytest.mark.parametrize(
    ("length", "starts", "message"),
    [
        (-1, [], "patch starts must ascend below the length -1, got []"),
        (3, [0, 3], "patch starts must ascend below the length 3, got [0, 3]"),
        (3, [0, 2, 1], "patch starts must ascend below the length 3, got [0, 2, 1]"),
        (9, [0, 2, 2], "patch starts must ascend below the length 9, got [0, 2, 2]"),
        (0, [0], "patch starts must ascend below the length 0, got [0]"),
        (5, list(range(9)), "patch starts must ascend below the length 5, got [0, 1, 2, 3, 4, 5, 6, 7]"),
        (3, [], "a patch starts at the first byte, got []"),
        (3, [1], "a patch starts at the first byte, got [1]"),
        (20, list(range(1, 11)), "a patch starts at the first byte, got [1, 2, 3, 4, 5, 6, 7, 8]"),
    ],
)
def test_patches_that_cannot_be_are_refused(length: int, starts: list[int], message: str) -> None:
    """Offsets ascend, begin at 0 and lie in the text; of many the first are shown."""
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        count_flops(tiny_model("static").config, length, starts)


def test_an_empty_text_costs_its_start_symbol() -> None:
    """Which counts for one byte."""
    config = tiny_model("static").config
    count = count_flops(config, 0, [])
    assert (count.bytes, count.patches) == (0, 0)
    assert count.per_byte == count.total == sum(count.by_component().values())
    assert set(count.by_component()) == {
        "entropy_model",
        "local_encoder",
        "pooling",
        "latent_transformer",
        "local_decoder",
    }
    assert count_flops(config, 0, [], at_boundary=True) == count


def test_an_open_patch_is_not_counted_before_it_closes() -> None:
    """Its bytes are."""
    config = tiny_model("static").config
    open_one, closed = (count_flops(config, 6, [0, 3], at_boundary=at) for at in (False, True))
    assert (open_one.patches, closed.patches) == (1, 2)
    assert open_one.entropy_model == closed.entropy_model
    assert open_one.latent_transformer < closed.latent_transformer
    assert open_one.pooling < closed.pooling
