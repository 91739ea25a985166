"""The pytest plugin: fixtures for tests of decoders, and failures that show the byte.

Installed with the package (entry point `pytest11`), it costs nothing until a fixture is used:

- `tiny_blt`: a Byte Latent Transformer of a few thousand random weights, one for the session;
- `byte_model`: a random model without weights, quick enough for thousands of bytes;
- `constraint_of`: makes a constraint of a schema (dict or bool), a regex (str) or texts (list), once each.

>>> constraint = constraint_of_source({"type": "integer"})
>>> constraint.accepts(b"1")
True
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bltgen.automata.contract import Constraint
    from bltgen.model.blt import ByteLatentTransformer
    from bltgen.testing.models import FunctionModel

__all__ = ["constraint_of_source"]


def constraint_of_source(source: Any) -> Constraint:
    """The constraint of a schema (mapping or bool), a regex (str) or a list of texts."""
    from bltgen.automata.contract import Constraint
    from bltgen.constraints.json_schema import json_schema
    from bltgen.constraints.regex import regex
    from bltgen.constraints.texts import choice

    if isinstance(source, (Mapping, bool)):
        return json_schema(source)
    if isinstance(source, str):
        return regex(source)
    if isinstance(source, (list, tuple)):
        chosen: Constraint = choice(source)
        return chosen
    if isinstance(source, Constraint):
        return source
    raise TypeError(
        f"a constraint is made of a schema, a regex or a list of texts, not {type(source).__name__}"
    )


@pytest.fixture(scope="session")
def constraint_of() -> Callable[[Any], Constraint]:
    """Makes a constraint of a schema, a regex or a list of texts; equal sources give the same one."""
    made: dict[str, Constraint] = {}

    def constraint_of(source: Any) -> Constraint:
        try:
            key = json.dumps(source, sort_keys=True)
        except TypeError:  # bytes, or a constraint already
            return constraint_of_source(source)
        if key not in made:
            made[key] = constraint_of_source(source)
        return made[key]

    return constraint_of


@pytest.fixture(scope="session")
def tiny_blt() -> ByteLatentTransformer:
    """A Byte Latent Transformer of a few thousand random weights, patches of about three bytes."""
    from bltgen.testing.models import tiny_blt

    return tiny_blt()


@pytest.fixture
def byte_model() -> FunctionModel:
    """A random model without weights, fixed by nothing but its seed 0; patches of four bytes."""
    from bltgen.testing.models import whimsical

    return whimsical(0)


@pytest.hookimpl(tryfirst=True, wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Show a Violation, and where a text left a language, without the frames of the check."""
    report = yield
    error = None if call.excinfo is None else call.excinfo.value
    if error is not None and report.when == "call" and report.failed:
        shown = _shown(error)
        if shown is not None:
            where = f"{item.location[0]}:{(item.location[1] or 0) + 1}: {item.name}"
            report.longrepr = f"{where}\n\n{shown}"
    return report


def _shown(error: BaseException) -> str | None:
    from bltgen.errors import RejectedByte
    from bltgen.testing.violation import Violation, caret, shown_set

    notes = "\n".join(getattr(error, "__notes__", []))
    if isinstance(error, Violation):
        return f"{error}\n{notes}".rstrip()
    if isinstance(error, RejectedByte):
        from bltgen.automata.byteset import ByteSet

        allowed = shown_set(ByteSet.of(error.allowed))
        return f"{error}\n{caret(error.data, error.position)}\n    allowed there: {allowed}\n{notes}".rstrip()
    return None
