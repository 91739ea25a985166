"""What may be given where a constraint is asked for: a schema or a type too, where it can mean one thing.

>>> as_constraint({"type": "boolean"}).accepts(b"true"), as_constraint(None)
(True, None)
>>> as_constraint("[a-z]+")
Traceback (most recent call last):
TypeError: constraint='[a-z]+' may be meant in several ways: bltgen.regex(...) makes a constraint of a \
pattern, bltgen.json_schema(...) of a JSON Schema, bltgen.grammar(...) of a grammar, bltgen.literal(...) of \
a text that is to come as it is
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar, get_origin

from bltgen.arguments import shown

if TYPE_CHECKING:
    from types import UnionType
    from typing import TypeAlias

    from bltgen.automata.contract import Constraint, Readable
    from bltgen.automata.language import Language

    V = TypeVar("V")
    Typed: TypeAlias = type[V] | Readable[V]
    Textual: TypeAlias = Language | None
    Plain: TypeAlias = Constraint | Mapping[str, Any] | UnionType
    Given: TypeAlias = Typed[Any] | Textual | Plain

__all__ = ["as_constraint"]

_WAYS = (
    "bltgen.regex(...) makes a constraint of a pattern, bltgen.json_schema(...) of a JSON Schema, "
    "bltgen.grammar(...) of a grammar, bltgen.literal(...) of a text that is to come as it is"
)


def as_constraint(given: Any, name: str = "constraint") -> Constraint | None:
    """The constraint that is given: as it is, or made of a JSON Schema (a mapping) or a type.

    None stays None. Raises TypeError, with what to write, for all else.
    """
    if given is None:
        return None
    if (isinstance(given, Mapping) and not _is_state(given)) or _is_type(given):
        # Imported on demand: decoding knows constraints by their contract alone.
        from bltgen.constraints.json_schema import json_schema

        return json_schema(given)
    if callable(getattr(given, "start", None)):
        constraint: Constraint = given
        return constraint
    raise TypeError(f"{name}={shown(given)} {_advice(given)}")


def _is_type(given: Any) -> bool:
    """A class or an annotation: `int`, `list[int]`, `A | B`, `Literal["a"]`, a NewType, a type alias."""
    return (
        isinstance(given, type)
        or get_origin(given) is not None
        or hasattr(given, "__supertype__")
        or type(given).__name__ == "TypeAliasType"
        or given is Any
    )


def _is_state(given: Any) -> bool:
    return hasattr(given, "advance") and hasattr(given, "allowed")


def _advice(given: Any) -> str:
    if isinstance(given, str | bytes):
        return _advice_on_text(given if isinstance(given, str) else given.decode("utf-8", "replace"))
    if isinstance(given, bool):
        return f"is no constraint: None is free text, bltgen.json_schema({given}) the JSON Schema {given}"
    if isinstance(given, re.Pattern):
        return "is a compiled pattern: write bltgen.regex(pattern), with the pattern or its text"
    if isinstance(given, PathLike):
        return "is a path: write bltgen.json_schema(path.read_text()) or bltgen.grammar(path.read_text())"
    if _is_state(given):
        return "is a state: give the constraint that it belongs to"
    if isinstance(given, Collection):
        return "is no constraint: bltgen.choice([...]) makes one of several texts or constraints"
    return f"is no constraint: give one ({_WAYS}), a JSON Schema as a dict, a type, or None for free text"


def _advice_on_text(text: str) -> str:
    start = text.lstrip()
    if start[:1] == "{" and start.rstrip()[-1:] == "}" and '"' in start:
        return "looks like a JSON Schema: write bltgen.json_schema(text)"
    if "::=" in text:
        return 'looks like a GBNF grammar: write bltgen.grammar(text, format="gbnf")'
    if re.match(r"start\s*:", start):
        return "looks like a grammar: write bltgen.grammar(text)"
    suffix = text.rpartition(".")[2]
    if suffix in ("json", "lark", "gbnf", "abnf") and "\n" not in text:
        wanted = "json_schema(text)" if suffix == "json" else f"grammar(text, format={suffix!r})"
        return f"looks like a path: write bltgen.{wanted} with the file's text"
    return f"may be meant in several ways: {_WAYS}"
