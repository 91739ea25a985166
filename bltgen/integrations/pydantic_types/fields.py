"""Fields by name: models, dataclasses, typed dicts, as schemas of objects.

A field is found under its alias, by its name (`validate_by_name`), or at the first of several places: names,
or paths (`AliasPath("a", 0)`) into the value. A simple field is a property. Another is a choice: it is at the
first place, or that place is empty and it is at the second, and so on; where it is not required all may be
empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from bltgen.integrations.pydantic_types.context import Collected, Context, JsonDict, NoJson

__all__ = ["Path", "at_path", "object_schema", "paths_of"]

Core = Mapping[str, Any]
Read = Callable[[Core, Context], JsonDict]
Path = tuple["str | int", ...]


class _Field(NamedTuple):
    name: str
    paths: tuple[Path, ...]
    core: Core
    required: bool
    description: str

    def described(self, schema: JsonDict) -> JsonDict:
        """The schema of the field, with what the type says of it in words."""
        return {**schema, "description": self.description} if self.description else schema


def object_schema(
    fields: Iterable[tuple[str, Core]],
    extra: str,
    extras: tuple[Core | None, Core | None],
    at: Context,
    to: Collected,
    read: Read,
    required_by_default: Callable[[Core], bool],
) -> JsonDict:
    """The objects with these fields.

    `extra`: "ignore", "allow" or "forbid"; `extras`: the core schemas of other names and of their values.
    """
    properties: JsonDict = {}
    required: list[str] = []
    choices: list[JsonDict] = []
    complex_fields: list[_Field] = []
    for name, field in fields:
        if field.get("init") is False:
            continue
        places, required_here = _places(name, field, at), required_by_default(field)
        made = _Field(name, places, field["schema"], required_here, _description(field))
        if len(made.paths) == 1 and len(made.paths[0]) == 1:
            key = str(made.paths[0][0])
            try:
                properties[key] = made.described(read(made.core, at.below("properties", key)))
            except NoJson as error:
                if made.required:
                    raise
                properties[key] = False
                to.narrowed(at.below("properties", key), "left out", error.reason)
            if made.required:
                required.append(key)
        else:
            complex_fields.append(made)
    firsts = {str(path[0]) for one in complex_fields for path in one.paths}
    closed = extra == "forbid" or (extra == "allow" and extras[1] is not None)
    for number, one in enumerate(complex_fields):
        if any(isinstance(step, int) and step < 0 for path in one.paths for step in path):
            to.narrowed(at, "AliasPath", "an array has just so many items as one counts from its end")
        schema = one.described(read(one.core, at.below("allOf", number)))
        others = firsts - {str(path[0]) for path in one.paths} | set(properties)
        choices.append(_choice(one, schema, others if closed else None))
    found: JsonDict = {"type": "object"}
    if properties or closed:
        found["properties"] = {**dict.fromkeys(sorted(firsts), True), **properties} if closed else properties
    if required:
        found["required"] = required
    if extra == "forbid":
        found["additionalProperties"] = False
    elif extra == "allow" and extras[1] is not None:
        found["additionalProperties"] = read(extras[1], at.below("additionalProperties"))
    if extra == "allow" and extras[0] is not None:
        names = read(extras[0], Context(at.pointer + "/propertyNames", at.config, key=True))
        known = sorted({*properties, *firsts})
        found["propertyNames"] = {"anyOf": [{"enum": known}, names]} if known else names
    if choices:
        found["allOf"] = choices
    return found


def paths_of(alias: Any) -> tuple[Path, ...]:
    """The places that an alias of a core schema names: one name, one path, or several paths."""
    if isinstance(alias, str):
        return ((alias,),)
    if alias and isinstance(alias[0], (list, tuple)):
        return tuple(tuple(path) for path in alias)
    return (tuple(alias),)


def _description(field: Core) -> str:
    """`Field(description=...)`, which the core schema tells since pydantic 2.10."""
    metadata = field.get("metadata") or {}
    text = (metadata.get("pydantic_js_updates") or {}).get("description")
    return text if isinstance(text, str) else ""


def _places(name: str, field: Core, at: Context) -> tuple[Path, ...]:
    alias = field.get("validation_alias")
    if alias is None:
        return ((name,),)
    config = at.config
    by_name = config.get("validate_by_name") or config.get("populate_by_name")
    by_alias = config.get("validate_by_alias") is not False
    found = paths_of(alias) if by_alias else ()
    return tuple(dict.fromkeys((*found, (name,)))) if by_name else found


def at_path(path: Path, schema: JsonDict | bool) -> JsonDict:
    """The values that have something at a path, and what is there satisfies the schema."""
    found: JsonDict | bool = schema
    for step in reversed(path):
        if isinstance(step, str):
            found = {"type": "object", "properties": {step: found}, "required": [step]}
        elif step >= 0:
            found = {"type": "array", "prefixItems": [True] * step + [found], "minItems": step + 1}
        else:
            # One that counts from the end is found where the array has just so many items.
            found = {"type": "array", "prefixItems": [found], "minItems": -step, "maxItems": -step}
    assert isinstance(found, dict)
    return found


def _choice(field: _Field, schema: JsonDict, others: set[str] | None) -> JsonDict:
    """The field at one of its places, those before it empty. `others`: names of other fields, where no name
    may be there in vain."""
    ways: list[JsonDict] = []
    for index in range(len(field.paths) + (not field.required)):
        parts: list[JsonDict] = [_empty(path) for path in field.paths[:index]]
        if index < len(field.paths):
            parts.append(at_path(field.paths[index], schema))
        if others is not None:
            used = {field.paths[index][0]} if index < len(field.paths) else set()
            unused = {str(path[0]) for path in field.paths} - used - others
            if unused:
                parts.append({"properties": dict.fromkeys(sorted(unused), False)})
        ways.append(parts[0] if len(parts) == 1 else {"allOf": parts})
    return ways[0] if len(ways) == 1 else {"anyOf": ways}


def _empty(path: Path) -> JsonDict:
    if len(path) == 1:
        return {"properties": {str(path[0]): False}}
    for place, step in enumerate(path):
        if isinstance(step, int) and step < 0:  # nothing is said of what is further in
            return {"not": at_path(path[:place], {"type": "array", "minItems": -step})}
    return {"not": at_path(path, True)}
