"""A core schema of pydantic as a JSON Schema: the walk over what has parts.

The core schema is what pydantic validates by; its own JSON Schema leaves out much of it (bounds of dates,
keys that are numbers, blanks that are stripped). `translate(core)` gives the schema of the texts that
`validate_json(strict=True)` takes, with the languages of its strings, and rows for the report.

- A union takes what any of its choices takes. A choice that no JSON value satisfies (a callable) drops out.
- Keys of dicts are texts of the key's type: `"1"` for an int.
- The items of a set are unique as JSON values, and hashable.
- Defaults are validated where the type says so: then a field whose default fails is required.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bltgen.errors import Unsupported
from bltgen.integrations.pydantic_types.context import JSON_TEXT, Collected, Context, JsonDict, NoJson, string
from bltgen.integrations.pydantic_types.fields import Path, at_path, object_schema, paths_of
from bltgen.integrations.pydantic_types.functions import read_function
from bltgen.integrations.pydantic_types.scalars import SCALARS

__all__ = ["translate"]

Core = Mapping[str, Any]

_TEXTS_WITHIN = 2
_INJECTIVE = frozenset(("int", "str", "bool", "none", "enum", "literal"))
"""Types of which different JSON texts are different values."""


def translate(core: Core, to: Collected) -> JsonDict:
    """The JSON Schema of a core schema; languages and rows go to `to`.

    Raises Unsupported, with the place in the JSON Schema, where no schema is exact.
    """
    walk = _Walk(to)
    found = walk.read(core, Context())
    if walk.is_deep:
        to.unchecked(Context(), "nesting", "pydantic reads at most 200 arrays and objects within each other")
    return {**found, "$defs": walk.definitions} if walk.definitions else found


class _Walk:
    def __init__(self, to: Collected) -> None:
        self.to = to
        self.cores: dict[str, Core] = {}
        self.definitions: dict[str, JsonDict] = {}
        self.names: dict[tuple[str, bool, bool, int], str] = {}
        self.reading: dict[str, int] = {}
        """The definitions that are being read, and in how many texts they stand."""
        self.is_deep = False
        """Whether a text may be nested as deep as one likes."""

    def read(self, core: Core, at: Context) -> JsonDict:
        """The schema of one part."""
        kind = core["type"]
        self.is_deep = self.is_deep or (kind == "any" and not (at.key or at.hashable))
        if core.get("config") is not None:
            at = replace(at, config=core["config"])
        if kind.startswith("function"):
            return read_function(core, at, self.to, self.read)
        scalar = SCALARS.get(kind)
        if scalar is not None:
            return scalar(core, at, self.to)
        made = _PARTS.get(kind)
        if made is None:
            raise Unsupported(f"a core schema of type {kind!r}", at.pointer)
        return made(self, core, at)

    # -- what passes through -----------------------------------------------------------------------------

    def _through(self, core: Core, at: Context) -> JsonDict:
        inner = {"lax-or-strict": "strict_schema", "json-or-python": "json_schema"}.get(
            core["type"], "schema"
        )
        return self.read(core[inner], at)

    def _chain(self, core: Core, at: Context) -> JsonDict:
        first, *rest = core["steps"]
        for step in rest:
            if step["type"] == "is-instance" and step["cls"].__name__ == "Hashable":
                at = replace(at, hashable=True)
            elif step["type"].startswith("function"):
                read_function(step, at, self.to, self.read)  # for its row, if any
            elif step["type"] != first["type"]:
                self.to.unchecked(at, "chain", f"a later step, {step['type']}")
        return self.read(first, at)

    def _nullable(self, core: Core, at: Context) -> JsonDict:
        if at.key:
            return self.read(core["schema"], at)
        try:
            return {"anyOf": [self.read(core["schema"], at.below("anyOf", 0)), {"type": "null"}]}
        except NoJson:
            return {"type": "null"}

    def _union(self, core: Core, at: Context) -> JsonDict:
        choices = [choice[0] if isinstance(choice, tuple) else choice for choice in core["choices"]]
        return self._either([partial(self.read, choice) for choice in choices], at)

    def _either(self, makers: list[Callable[[Context], JsonDict]], at: Context) -> JsonDict:
        found: list[JsonDict] = []
        last: NoJson | None = None
        for make in makers:
            try:
                made = make(at.below("anyOf", len(found)))
            except NoJson as error:
                last = error
                self.to.narrowed(at, "left out", error.reason)
                continue
            if made not in found:
                found.append(made)
        if not found:
            raise last or NoJson("a union of nothing", at.pointer)
        return found[0] if len(found) == 1 else {"anyOf": found}

    def _tagged(self, core: Core, at: Context) -> JsonDict:
        discriminator = core["discriminator"]
        if callable(discriminator):
            self.to.unchecked(
                at, "Discriminator", getattr(discriminator, "__qualname__", repr(discriminator))
            )
            return self._either([partial(self.read, choice) for choice in core["choices"].values()], at)
        paths = paths_of(discriminator)
        makers: list[Callable[[Context], JsonDict]] = []
        for tag, choice in core["choices"].items():
            value = getattr(tag, "value", tag)
            makers.append(partial(self._branch, choice, paths, value))
        return self._either(makers, at)

    def _branch(self, choice: Core, paths: tuple[Path, ...], tag: Any, at: Context) -> JsonDict:
        tags = [at_path(path, {"const": tag}) for path in paths]
        either = tags[0] if len(tags) == 1 else {"anyOf": tags}
        return {"allOf": [self.read(choice, at.below("allOf", 0)), either]}

    def _definitions(self, core: Core, at: Context) -> JsonDict:
        for definition in core["definitions"]:
            self.cores[definition["ref"]] = definition
        return self.read(core["schema"], at)

    def _reference(self, core: Core, at: Context) -> JsonDict:
        reference = core["schema_ref"]
        if at.texts > _TEXTS_WITHIN and self.reading.get(reference, at.texts) < at.texts:
            raise NoJson(f"a type within more than {_TEXTS_WITHIN} JSON texts of its own", at.pointer)
        key = (reference, at.key, at.hashable, at.texts)
        name = self.names.get(key)
        self.is_deep = self.is_deep or reference in self.reading
        if name is None:
            name = self._new_name(reference, at)
            self.names[key] = name
            self.definitions[name] = {}
            inner = Context(f"#/$defs/{name}", {}, at.key, at.hashable, at.texts)
            outer = self.reading.get(reference)
            self.reading[reference] = at.texts
            try:
                self.definitions[name] = self.read(self.cores[reference], inner)
            except Unsupported:
                del self.names[key], self.definitions[name]
                raise
            finally:
                del self.reading[reference]
                if outer is not None:
                    self.reading[reference] = outer
        return {"$ref": "#/$defs/" + name.replace("~", "~0").replace("/", "~1").replace("%", "%25")}

    def _new_name(self, reference: str, at: Context) -> str:
        base = reference.split(":")[0].rsplit(".", 1)[-1].split("[")[0]
        base += " as a key" if at.key else " in a set" if at.hashable else ""
        base = base.replace(" ", "-")
        name, number = base, 1
        while name in self.definitions:
            number += 1
            name = f"{base}-{number}"
        return name

    def _json(self, core: Core, at: Context) -> JsonDict:
        inner = core.get("schema")
        self.to.narrowed(at, JSON_TEXT, "the string around the JSON text escapes only what it must")
        below = replace(at.below(JSON_TEXT), key=False, texts=at.texts + 1)
        return {"type": "string", JSON_TEXT: True if inner is None else self.read(inner, below)}

    # -- containers ------------------------------------------------------------------------------------------

    def _unhashable(self, core: Core, at: Context) -> None:
        if at.key:
            raise NoJson(f"a key is no {core['type']}", at.pointer)
        if at.hashable:
            raise NoJson(f"a {core['type']} has no place in a set", at.pointer)

    def _list(self, core: Core, at: Context) -> JsonDict:
        self._unhashable(core, at)
        return self._items(core, at)

    def _items(self, core: Core, at: Context) -> JsonDict:
        found: JsonDict = {"type": "array"}
        lengths = core["type"] != "generator"
        items = core.get("items_schema") or ({"type": "any"} if at.hashable else None)
        self.is_deep = self.is_deep or items is None or items["type"] == "any"
        if core.get("min_length") and lengths:
            found["minItems"] = core["min_length"]
        if core.get("max_length") is not None and lengths:
            found["maxItems"] = core["max_length"]
        if items is not None:
            try:
                found["items"] = self.read(items, at.below("items"))
            except NoJson as error:
                self.to.narrowed(at.below("items"), "left out", error.reason)
                found["items"] = False
        return found

    def _set(self, core: Core, at: Context) -> JsonDict:
        if at.key or (at.hashable and core["type"] == "set"):
            self._unhashable(core, at)
        found = {**self._items(core, replace(at, hashable=True)), "uniqueItems": True}
        if (core.get("min_length") or 0) > 1 and not self._injective(core.get("items_schema")):
            self.to.unchecked(at, "minItems", "items that differ as JSON may be equal in Python")
        return found

    def _injective(self, core: Core | None) -> bool:
        if core is None:
            return False
        if core["type"] == "definition-ref":
            core = self.cores[core["schema_ref"]]
        plain = not (core.get("strip_whitespace") or core.get("to_lower") or core.get("to_upper"))
        return core["type"] in _INJECTIVE and plain

    def _tuple(self, core: Core, at: Context) -> JsonDict:
        if at.key:
            self._unhashable(core, at)
        parts, variadic = core["items_schema"], core.get("variadic_item_index")
        found: JsonDict = {"type": "array"}
        low, high = core.get("min_length") or 0, core.get("max_length")
        if variadic is None:
            low, high = max(low, len(parts)), min(len(parts), high if high is not None else len(parts))
        else:
            low = max(low, len(parts) - 1)
        if variadic is not None and variadic < len(parts) - 1:
            raise Unsupported("a tuple with items after a part of any length", at.pointer)
        before = parts if variadic is None else parts[:variadic]
        if before:
            found["prefixItems"] = [
                self.read(part, at.below("prefixItems", i)) for i, part in enumerate(before)
            ]
        if variadic is not None:
            found["items"] = self.read(parts[variadic], at.below("items"))
        elif before:
            found["items"] = False
        if low:
            found["minItems"] = low
        if high is not None:
            found["maxItems"] = high
        return found

    def _dict(self, core: Core, at: Context) -> JsonDict:
        self._unhashable(core, at)
        keys, values = core.get("keys_schema"), core.get("values_schema")
        self.is_deep = self.is_deep or (values or {"type": "any"})["type"] == "any"
        found: JsonDict = {"type": "object"}
        if keys is not None and keys["type"] != "any":
            below = Context(at.pointer + "/propertyNames", at.config, key=True)
            try:
                names: JsonDict | bool = self.read(keys, below)
            except NoJson as error:
                self.to.narrowed(below, "left out", error.reason)
                names = False
            if names != string():
                found["propertyNames"] = names
            if (core.get("min_length") or 0) > 1 and not self._injective_key(keys):
                self.to.unchecked(at, "minProperties", "keys that differ as texts may be equal in Python")
        if core["type"] == "counter":
            values = values or {"type": "int"}
        if values is not None and values["type"] != "any":
            below = at.below("additionalProperties")
            try:
                found["additionalProperties"] = self.read(values, below)
            except NoJson as error:
                self.to.narrowed(below, "left out", error.reason)
                found["additionalProperties"] = False
        if core.get("min_length"):
            found["minProperties"] = core["min_length"]
        if core.get("max_length") is not None:
            found["maxProperties"] = core["max_length"]
        return found

    def _injective_key(self, keys: Core) -> bool:
        return keys["type"] in ("str", "literal", "enum") and self._injective(keys)

    # -- fields by name --------------------------------------------------------------------------------

    def _model(self, core: Core, at: Context) -> JsonDict:
        at = replace(at, config=core.get("config") or {})
        cls = core["cls"]
        self._hash_of(core, at)
        if core.get("custom_init"):
            self.to.unchecked(at, "__init__", cls.__name__)
        hook = core.get("post_init")
        if hook == "model_post_init" and not _is_pydantic(getattr(cls, hook, None)):
            self.to.unchecked(at, hook, cls.__name__)
        return self.read(core["schema"], at)

    def _dataclass(self, core: Core, at: Context) -> JsonDict:
        at = replace(at, config=core.get("config") or {})
        self._hash_of(core, at)
        if core.get("post_init"):
            self.to.unchecked(at, "__post_init__", core["cls"].__name__)
        return self.read(core["schema"], at)

    def _hash_of(self, core: Core, at: Context) -> None:
        if at.key or (at.hashable and getattr(core["cls"], "__hash__", None) is None):
            self._unhashable({"type": core["cls"].__name__}, at)

    def _fields(self, core: Core, at: Context) -> JsonDict:
        if core["type"] == "typed-dict":
            self._unhashable(core, at)
        at = replace(at, hashable=False, key=False)
        given = core["fields"]
        named = (
            list(given.items()) if isinstance(given, Mapping) else [(field["name"], field) for field in given]
        )
        extra = core.get("extra_behavior") or at.config.get("extra_fields_behavior") or "ignore"
        extras = (core.get("extras_keys_schema"), core.get("extras_schema"))
        total = core.get("total", True) is not False
        is_dict = core["type"] == "typed-dict"

        def required(field: Core) -> bool:
            if is_dict and field.get("required") is not None:
                return bool(field["required"])
            return self._required(field["schema"], at) and (total or not is_dict)

        return object_schema(named, extra, extras, at, self.to, self.read, required)

    def _required(self, core: Core, at: Context) -> bool:
        """Whether a field must be there: it has no default, or one that is validated and fails."""
        while core["type"].startswith("function") and "schema" in core:
            core = core["schema"]
        if core["type"] != "default":
            return True
        if (
            core.get("on_error") in ("omit", "default")
            and "default" not in core
            and "default_factory" not in core
        ):
            return core.get("on_error") != "omit"
        if core.get("default_factory") is None and "default" not in core:
            return True
        validated = core.get("validate_default")
        if validated is None:
            validated = at.config.get("validate_default")
        return bool(validated) and not self._default_is_valid(core, at)

    def _default_is_valid(self, core: Core, at: Context) -> bool:
        from pydantic_core import SchemaError, SchemaValidator, ValidationError, core_schema

        schema: Any = core_schema.definitions_schema(dict(core), list(self.cores.values()))
        try:
            SchemaValidator(schema, dict(at.config)).get_default_value()  # type: ignore[arg-type]
        except ValidationError:
            return False
        except (SchemaError, TypeError):
            self.to.unchecked(at, "validate_default", "the default")
        return True

    def _named_tuple(self, core: Core, at: Context) -> JsonDict:
        if at.key:
            self._unhashable(core, at)
        fields = core["fields"]
        required = [self._required(field["schema"], at) for field in fields]
        found: JsonDict = {
            "type": "array",
            "prefixItems": [
                self.read(f["schema"], at.below("anyOf", 0, "prefixItems", i)) for i, f in enumerate(fields)
            ],
            "items": False,
            "minItems": max([i + 1 for i, each in enumerate(required) if each], default=0),
        }
        by_name = self._fields(
            {**core, "type": "arguments", "extra_behavior": "forbid"}, at.below("anyOf", 1)
        )
        return {"anyOf": [found, by_name]}

    def _call(self, core: Core, at: Context) -> JsonDict:
        arguments = core["arguments_schema"]["arguments_schema"]
        fields = [{"name": a["name"], "schema": a["schema"], "alias": a.get("alias")} for a in arguments]
        return self._named_tuple({"type": "named-tuple", "fields": fields}, at)


def _is_pydantic(function: Any) -> bool:
    return (getattr(function, "__module__", None) or "").split(".")[0] == "pydantic"


_Part = Callable[[_Walk, Core, Context], JsonDict]

_PARTS: dict[str, _Part] = {
    "default": _Walk._through,
    "lax-or-strict": _Walk._through,
    "json-or-python": _Walk._through,
    "custom-error": _Walk._through,
    "nullable": _Walk._nullable,
    "union": _Walk._union,
    "tagged-union": _Walk._tagged,
    "chain": _Walk._chain,
    "definitions": _Walk._definitions,
    "definition-ref": _Walk._reference,
    "json": _Walk._json,
    "list": _Walk._list,
    "deque": _Walk._list,
    "generator": _Walk._list,
    "set": _Walk._set,
    "frozenset": _Walk._set,
    "tuple": _Walk._tuple,
    "dict": _Walk._dict,
    "frozendict": _Walk._dict,
    "ordered-dict": _Walk._dict,
    "counter": _Walk._dict,
    "model": _Walk._model,
    "model-fields": _Walk._fields,
    "dataclass": _Walk._dataclass,
    "dataclass-args": _Walk._fields,
    "typed-dict": _Walk._fields,
    "named-tuple": _Walk._named_tuple,
    "call": _Walk._call,
}
