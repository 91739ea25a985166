"""Why nothing satisfies a schema: the pointers of subschemas that exclude each other.

Keywords are left out one by one as long as the rest stays unsatisfiable; what remains conflicts. A conflict
that lies wholly within one subschema is looked for there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bltgen.constraints.json_schema.formula import SCHEMA, Formula
from bltgen.constraints.json_schema.references import Place
from bltgen.constraints.json_schema.vocabulary import KEYWORDS
from bltgen.errors import ConstraintError

if TYPE_CHECKING:
    from bltgen.constraints.json_schema.compiler import Compiler

__all__ = ["find_conflicts"]

KEYWORDS_LIMIT = 200
DEPTH_LIMIT = 20


def find_conflicts(compiler: Compiler, formula: Formula, depth: int = 0) -> tuple[str, ...]:
    """Pointers of subschemas that exclude each other, where nothing satisfies the formula."""
    if formula.op != SCHEMA or not formula.value[1]:
        return ("#",)
    place: Place = formula.value[0]
    schema: dict[str, Any] = dict(place.schema)
    if depth > DEPTH_LIMIT or len(schema) > KEYWORDS_LIMIT:
        return (place.pointer,)
    if "properties" in schema and "required" in schema:
        # A member that is needed and impossible is to blame, whatever else is said.
        below = _within_one(compiler, place, ["properties", "required"], depth)
        if below:
            return below
    keywords = [keyword for keyword in schema if keyword in KEYWORDS]
    for keyword in keywords:
        rest = {name: value for name, value in schema.items() if name != keyword}
        if not _satisfiable(compiler, place, rest):
            schema = rest
    core = [keyword for keyword in keywords if keyword in schema]
    below = _within_one(compiler, place, core, depth)
    return below or tuple([f"{place.pointer}/{keyword}" for keyword in core]) or (place.pointer,)


def _satisfiable(compiler: Compiler, place: Place, schema: dict[str, Any]) -> bool:
    changed = Place(place.documents, schema, place.dialect, place.base, place.scope, place.pointer)
    # A place of its own, known to nothing else: its number must be new.
    place.documents.places[("conflict", id(schema), len(place.documents.places))] = changed
    try:
        return compiler.satisfiable(compiler.formulas.schema(changed))
    except ConstraintError:
        return True


def _within_one(compiler: Compiler, place: Place, core: list[str], depth: int) -> tuple[str, ...]:
    """The conflict within the one subschema that causes it; () where several are to blame."""
    children: list[Place] = []
    if core == ["$ref"]:
        children = [place.follow("$ref")]
    elif core == ["allOf"]:
        children = [place.child("allOf", i) for i in range(len(place.schema["allOf"]))]
    elif "properties" in core and "required" in core:
        declared, required = place.schema["properties"], place.schema["required"]
        if isinstance(required, (list, tuple)):  # draft 3 has a boolean, which draft 4 passes over
            children = [place.child("properties", name) for name in required if name in declared]
    for child in children:
        if child.schema is False:
            return (child.pointer,)
        goal = compiler.formulas.schema(child)
        if not compiler.satisfiable(goal):
            return find_conflicts(compiler, goal, depth + 1)
    return ()
