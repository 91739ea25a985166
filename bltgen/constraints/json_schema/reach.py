"""What a walk may meet, looked at before the walk: so that a limit is an error before the first byte.

The parts of a schema are compiled when a text reaches them. Where they hold enough alternatives
that their normal form could exceed its limit, all of them are compiled at once instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log2
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bltgen.constraints.json_schema.compiler import Compiler
    from bltgen.constraints.json_schema.formula import Formula

__all__ = ["compile_reachable", "may_exceed"]

GOALS_LIMIT = 1_000
"""So many goals are compiled beforehand; a schema with more is left to the walk."""


def may_exceed(schemas: Iterable[Mapping[str, Any]], limit: int) -> bool:
    """Whether the alternatives of all these subschemas, taken together in one value, could exceed `limit`."""
    bits = 0.0
    for schema in schemas:
        for keyword in ("anyOf", "oneOf"):
            branches = schema.get(keyword)
            if isinstance(branches, list) and branches:
                # Of each `oneOf` branch that is not chosen some part must fail: one more alternative.
                bits += log2(len(branches)) + (len(branches) if keyword == "oneOf" else 0)
        for keyword in ("dependentSchemas", "dependentRequired", "dependencies"):
            if isinstance(schema.get(keyword), Mapping):
                bits += len(schema[keyword])
        if "if" in schema:
            bits += 1
        if isinstance(schema.get("not"), Mapping):
            bits += log2(1 + len(schema["not"]) + len(schema["not"].get("properties", ())))
    return bits > log2(limit)


def compile_reachable(compiler: Compiler, start: Formula) -> None:
    """Compile every goal that a text may come to. Raises LimitExceeded where one is too large."""
    formulas = compiler.formulas
    seen = {start}
    todo = [start]

    def meet(goal: Formula) -> None:
        if goal not in seen and len(seen) < GOALS_LIMIT:
            seen.add(goal)
            todo.append(goal)

    while todo:
        goal = todo.pop()
        if not compiler.satisfiable(goal):
            continue
        for plan in compiler.live_objects(goal):
            members = [plan.goal(i) for i in range(len(plan.names))] + [each.goal for each in plan.classes]
            for member in members:
                meet(member)
                for _, demanded in plan.spec.exists:
                    meet(formulas.both(member, demanded))
        for items in compiler.live_arrays(goal):
            for index in range(min(items.last, items.spec.horizon) + 1):
                meet(items.spec.goal_at(index))
                for item, _ in items.forks(index, (0,) * len(items.counts)):
                    meet(item)
