"""Constrained generation with byte latent transformers: every output validates, always.

>>> import bltgen
>>> digits = bltgen.regex(r"[0-9]{3}-[0-9]{4}")
>>> from bltgen.testing.models import whimsical          # a model without weights
>>> out = bltgen.Generator(whimsical(1)).generate("Call me: ", digits, seed=0)
>>> digits.accepts(out.data), len(out.text)
(True, 8)

`bltgen.load()` gives the small model that ships in the package, `bltgen.load(path)` any other.

The map, each package one arrow in the way of the data: `automata` (languages of bytes),
`constraints` (regex, grammar, JSON Schema -> languages), `model` (bytes -> next-byte logits),
`decoding` (logits + constraint -> bytes), `training`; on top `testing`, `integrations`, `cli`.

Importing bltgen is cheap: each name is imported when it is first used, and torch only by what
needs a model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bltgen.arguments import suggests_keywords
from bltgen.errors import did_you_mean

if TYPE_CHECKING:
    import os

    import torch

    from bltgen import errors
    from bltgen.automata.contract import Constraint, State
    from bltgen.automata.suffix_automaton import substring_of
    from bltgen.constraints.grammar import grammar, grammar_file
    from bltgen.constraints.json_schema import json_schema, json_value
    from bltgen.constraints.regex import regex
    from bltgen.constraints.texts import choice, literal, utf8
    from bltgen.decoding.beam import Beam, BestOf
    from bltgen.decoding.exact import Exact
    from bltgen.decoding.explain import Explanation
    from bltgen.decoding.generation import Generation, Patch, Statistics
    from bltgen.decoding.generator import Generator
    from bltgen.decoding.json_stream import stream_values
    from bltgen.decoding.parts import parts, until
    from bltgen.decoding.redecode import Backtrack, Redecode
    from bltgen.decoding.sampling import SamplingParameters
    from bltgen.decoding.smc import SMC
    from bltgen.decoding.spans import Spans
    from bltgen.decoding.speculative import Speculative
    from bltgen.decoding.strategy import Mask, Strategy
    from bltgen.interruption import CancelToken

_HOMES = {
    "Backtrack": "bltgen.decoding.redecode",
    "Beam": "bltgen.decoding.beam",
    "BestOf": "bltgen.decoding.beam",
    "CancelToken": "bltgen.interruption",
    "Constraint": "bltgen.automata.contract",
    "Exact": "bltgen.decoding.exact",
    "Explanation": "bltgen.decoding.explain",
    "Generation": "bltgen.decoding.generation",
    "Generator": "bltgen.decoding.generator",
    "Mask": "bltgen.decoding.strategy",
    "Patch": "bltgen.decoding.generation",
    "Redecode": "bltgen.decoding.redecode",
    "SMC": "bltgen.decoding.smc",
    "SamplingParameters": "bltgen.decoding.sampling",
    "Spans": "bltgen.decoding.spans",
    "Speculative": "bltgen.decoding.speculative",
    "State": "bltgen.automata.contract",
    "Statistics": "bltgen.decoding.generation",
    "Strategy": "bltgen.decoding.strategy",
    "choice": "bltgen.constraints.texts",
    "grammar": "bltgen.constraints.grammar",
    "grammar_file": "bltgen.constraints.grammar",
    "json_schema": "bltgen.constraints.json_schema",
    "json_value": "bltgen.constraints.json_schema",
    "literal": "bltgen.constraints.texts",
    "parts": "bltgen.decoding.parts",
    "regex": "bltgen.constraints.regex",
    "stream_values": "bltgen.decoding.json_stream",
    "substring_of": "bltgen.automata.suffix_automaton",
    "until": "bltgen.decoding.parts",
    "utf8": "bltgen.constraints.texts",
}
"""Where each public name lives."""

__version__ = "0.1.0"

__all__ = [
    "SMC",
    "Backtrack",
    "Beam",
    "BestOf",
    "CancelToken",
    "Constraint",
    "Exact",
    "Explanation",
    "Generation",
    "Generator",
    "Mask",
    "Patch",
    "Redecode",
    "SamplingParameters",
    "Spans",
    "Speculative",
    "State",
    "Statistics",
    "Strategy",
    "choice",
    "errors",
    "grammar",
    "grammar_file",
    "json_schema",
    "json_value",
    "literal",
    "load",
    "parts",
    "regex",
    "stream_values",
    "substring_of",
    "until",
    "utf8",
]


@suggests_keywords()
def load(
    path: str | os.PathLike[str] | None = None,
    *,
    dtype: torch.dtype | str | None = None,
    entropy_dtype: torch.dtype | str | None = None,
    latent_dtype: torch.dtype | str | None = None,
    device: torch.device | str | None = None,
    entropy_path: str | os.PathLike[str] | None = None,
) -> Generator:
    """A generator over the checkpoint at `path`; with no path, over the model that ships in the package.

    See `Generator.load`. Raises CheckpointError, DeviceNotAvailable.
    """
    from bltgen.decoding.generator import Generator

    return Generator.load(
        path,
        dtype=dtype,
        entropy_dtype=entropy_dtype,
        latent_dtype=latent_dtype,
        device=device,
        entropy_path=entropy_path,
    )


if not TYPE_CHECKING:  # checkers see the imports above, and what is not among them as an error

    def __getattr__(name: str) -> Any:
        if name == "errors":
            return import_module("bltgen.errors")
        if name not in _HOMES:
            raise AttributeError(f"module 'bltgen' has no attribute {name!r}{did_you_mean(name, __all__)}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
