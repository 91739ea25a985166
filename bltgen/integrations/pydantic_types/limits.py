"""Limits that pydantic checks around a type which has none of its own: bounds, lengths, multiples.

What a limit says of texts is known for strings, bytes, addresses, UUIDs, sizes, listed values (each is
tried), JSON in strings (it limits what is within) and lengths of containers. A limit that Python cannot
apply to the values (the length of a date) fails at every text, so that no JSON value is of such a type. Of
others (bounds of lists, of networks) a row of the report says that pydantic alone checks them.
"""

from __future__ import annotations

import datetime as dt
import functools
import ipaddress
import json
import pathlib
import re
import uuid
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bltgen.automata.byteset import ByteSet
from bltgen.automata.language import ANY_BYTES, EMPTY, Language, byte_set, concat, literal, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.integrations.pydantic_types import encoded, number_schemas, text, urls
from bltgen.integrations.pydantic_types.address_bounds import ipv4_beyond, ipv6_beyond, uuid_beyond
from bltgen.integrations.pydantic_types.context import Collected, Context, JsonDict, NoJson, string

__all__ = ["encoded_text", "limit_of", "limited", "own_name"]

Core = Mapping[str, Any]
Read = Callable[[Core, Context], JsonDict]

_SIGNS = {
    "gt": (">", "greater_than_validator"),
    "ge": (">=", "greater_than_or_equal_validator"),
    "lt": ("<", "less_than_validator"),
    "le": ("<=", "less_than_or_equal_validator"),
}
_OWN_LENGTH = frozenset(("any", "union", "nullable", "str", "list", "dict", "tuple", "deque", "counter",
                         "ordered-dict", "frozendict", "default"))  # fmt: skip
_DEFAULTS = ("default_host", "default_port", "default_path")
_CLASSES: dict[str, type] = {
    "bool": bool, "int": int, "float": float, "complex": complex, "decimal": Decimal, "fraction": Fraction,
    "none": type(None), "str": str, "bytes": bytes, "date": dt.date, "time": dt.time, "datetime": dt.datetime,
    "timedelta": dt.timedelta, "uuid": uuid.UUID,
}  # fmt: skip
"""What pydantic makes of a core schema, where a limit may not be applicable."""
_NAMED_CLASSES: dict[str, type] = {
    "ByteSize._validate": int,
    "validate_str_is_valid_iana_tz": zoneinfo.ZoneInfo,
    "pattern_either_validator": re.Pattern,
    "pattern_str_validator": re.Pattern,
    "GenerateSchema._path_schema.<locals>.path_validator": pathlib.PurePath,
    "NameEmail._validate": object,
    "EncodedStr.decode_str": str,
    "EncodedBytes.decode": bytes,
}
"""The same, by the name of pydantic's function."""


def limit_of(function: Any) -> tuple[str, Any] | None:
    """The keyword and value of one of pydantic's functions that limit a value."""
    name, keywords = own_name(function)
    for keyword, value in keywords.items():
        if name in (f"{keyword}_validator", _SIGNS.get(keyword, ("", None))[1]):
            return keyword, value
    return None


def limited(core: Core, keyword: str, value: Any, at: Context, to: Collected, read: Read) -> JsonDict:
    """The schema of a type within a limit that pydantic checks by a function around it."""
    base = core["schema"]
    if base["type"] == "json":
        within = {**core, "schema": base.get("schema") or {"type": "any"}}
        return read({**base, "schema": within}, at)
    found = read(base, at)
    if set(found) == {"enum"} or found in ({"type": "boolean"}, {"type": "null"}):
        return _tried(core, found, at)
    while base["type"] == "function-after" and limit_of(_function(base)) is not None:
        base = base["schema"]
    limit = _limit(base, keyword, value, at, to)
    return found if limit is None else {"allOf": [found, limit]}


def _limit(base: Core, keyword: str, value: Any, at: Context, to: Collected) -> JsonDict | None:
    """The schema of the limit alone; None: pydantic alone checks it, which has its row."""
    cls = _class_of(base)
    if cls is not None and not _is_applicable(cls, keyword):
        raise NoJson(f"{keyword} of {cls.__name__}, at which pydantic fails", at.pointer)
    if keyword in ("min_length", "max_length"):
        found = _length(base, keyword, value, at, to)
    elif keyword in _SIGNS and cls is not None and not at.key and base["type"] in ("int", "float"):
        found = {"type": "number", **number_schemas.bounds_of({keyword: value})}
    elif keyword in _SIGNS and (beyond := _beyond(base, cls, _SIGNS[keyword][0], value)) is not None:
        found = to.string(f"{keyword} {value}"[:60], beyond)
    elif _is(base, "ByteSize._validate"):
        to.narrowed(at, "ByteSize", "within bounds written as a whole number of bytes")
        whole = {"type": "int", "ge": 0, keyword: value}
        found = number_schemas.int_schema(whole, replace(at, key=at.key), to)
        if not at.key:
            found = {"anyOf": [found, number_schemas.int_schema(whole, replace(at, key=True), to)]}
    elif (
        base["type"] in ("any", "union", "nullable")
        and not at.key
        and isinstance(value, (int, float, Decimal))
    ):
        found = {"type": "number", **number_schemas.bounds_of({keyword: value})}
    else:
        found = None
    if found is None:
        to.unchecked(at, keyword, f"{keyword}={value!r}"[:100])
    return found


def _beyond(base: Core, cls: type | None, side: str, value: Any) -> Language | None:
    """The strings of the values on one side of a bound, where these are known."""
    if base["type"] in ("str", "bytes") and isinstance(value, (str, bytes)):
        changed = [base.get(name) for name in ("strip_whitespace", "to_lower", "to_upper")]
        return (
            None
            if any(changed)
            else _texts_beyond(value if isinstance(value, bytes) else value.encode(), side)
        )
    if isinstance(value, ipaddress.IPv4Address):
        return ipv4_beyond(value, side) if cls in (ipaddress.IPv4Address, ipaddress.IPv6Address) else None
    if isinstance(value, ipaddress.IPv6Address):
        return ipv6_beyond(value, side) if cls in (ipaddress.IPv4Address, ipaddress.IPv6Address) else None
    return uuid_beyond(value, side) if isinstance(value, uuid.UUID) and cls is uuid.UUID else None


def _texts_beyond(bound: bytes, side: str) -> Language:
    """Of texts in UTF-8, which sort as their characters do, those on one side of a bound."""
    found: Language = literal(bound) if side in (">=", "<=") else EMPTY
    if side[0] == ">":
        found |= literal(bound) + ANY_BYTES
        if side == ">":
            found -= literal(bound)
    for place, byte in enumerate(bound):
        others = ByteSet.range(byte + 1, 255) if side[0] == ">" else ByteSet.range(0, byte - 1)
        if others:
            found |= concat(literal(bound[:place]), byte_set(others), ANY_BYTES)
        if side[0] == "<":
            found |= literal(bound[:place])
    return found & UTF8_TEXT


def _tried(core: Core, found: JsonDict, at: Context) -> JsonDict:
    """Those of a few values that pydantic takes."""
    from pydantic_core import SchemaValidator, core_schema

    plain: Any = core_schema.dict_schema(core, core_schema.any_schema()) if at.key else core
    validator = SchemaValidator(plain)
    values = found.get("enum", [True, False] if found == {"type": "boolean"} else [None])
    kept = []
    for value in values:
        try:
            validator.validate_json(json.dumps({value: 0} if at.key else value), strict=True)
        except (TypeError, ValueError):  # a ValidationError is a ValueError
            continue
        kept.append(value)
    if not kept:
        raise NoJson("no listed value is within the limits", at.pointer)
    return {"enum": kept}


def _length(base: Core, keyword: str, value: int, at: Context, to: Collected) -> JsonDict | None:
    """The schema of a limit to the length of what pydantic has read."""
    low, high = (value, None) if keyword == "min_length" else (0, value)
    if _is(base, "SecretBytes"):
        return to.string("bytes in UTF-8", text.in_bytes(low, high))
    if _is(base, "EncodedBytes.decode"):
        return encoded_text(_function(base), text.bytes_of(low, high), at, to)
    if _is(base, "EncodedStr.decode_str"):
        return encoded_text(_function(base), text.length(low, high), at, to)
    inner = _unwrapped(base)
    if inner["type"] in ("url", "multi-host-url"):
        to.narrowed(at, "length", "of URLs that pydantic writes as they are, but for a slash at the end")
        host, port, path = (len(str(inner[n])) if inner.get(n) is not None else 0 for n in _DEFAULTS)
        found = urls.of_length(low, high)
        if high is not None and (host or port or path):
            to.narrowed(at, "length", "less where a host, a port or a path may be added by default")
            here = high - (port + 1) - path
            found = union(
                found & urls.complete(),
                urls.of_length(low, max(0, here)) & urls.with_host(),
                urls.of_length(low, max(0, here - host - 2)),
            )
        return to.string("length of a URL", found)
    if inner["type"] == "named-tuple":
        has = len(inner["fields"])
        if not low <= has <= (has if high is None else high):
            raise NoJson(f"{keyword}={value} of a tuple of {has} fields", at.pointer)
        return {}
    if _is(base, "SecretStr") or base["type"] in _OWN_LENGTH or inner["type"] in _OWN_LENGTH:
        limits = {f"{keyword[:3]}{part}": value for part in ("Length", "Items", "Properties")}
        return {"type": ["string", "array", "object"], **limits}
    return None


def encoded_text(function: Any, content: Language, at: Context, to: Collected) -> JsonDict:
    """The strings of encoded content. Only pydantic's own two encodings are known."""
    encoder = getattr(getattr(function, "__self__", None), "encoder", None)
    name = getattr(encoder, "__qualname__", str(encoder))
    if getattr(encoder, "__module__", "") == "pydantic.types":
        if name == "Base64Encoder":
            return to.string("base64", encoded.base64(content))
        if name == "Base64UrlEncoder":
            return to.string("base64 for URLs", encoded.base64(content, True))
    to.unchecked(at, "EncoderProtocol", name)
    return string()


# -- what a core schema makes -----------------------------------------------------------------------------


def _class_of(base: Core) -> type | None:
    """The class of the values, as far as limits go; None: unknown, or it varies."""
    function = _function(base)
    name = own_name(function)[0] if function is not None else ""
    if name in _NAMED_CLASSES:
        return _NAMED_CLASSES[name]
    for part in ("Address", "Network", "Interface"):
        if part in name and ("IP" in name or "ip_v" in name):
            found: type = getattr(ipaddress, f"IPv{6 if '6' in name else 4}{part}")
            return found
    if name.startswith("PathType."):
        return pathlib.PurePath
    if name.startswith("Secret"):
        import pydantic

        return pydantic.Secret if name.startswith("Secret.") else getattr(pydantic, name, None)
    if base["type"] == "enum":
        return type(next(iter(base["members"])))
    return _CLASSES.get(base["type"])


def _is_applicable(cls: type, keyword: str) -> bool:
    """Whether Python can apply a limit to the instances of a class."""
    if keyword in ("min_length", "max_length"):
        return hasattr(cls, "__len__")
    if keyword == "multiple_of":
        return hasattr(cls, "__mod__") and not issubclass(cls, (str, bytes))
    unordered = (object, complex, re.Pattern)  # the latter two compare for being the same alone
    return any("__lt__" in vars(base) for base in cls.__mro__ if base not in unordered)


def own_name(function: Any) -> tuple[str, Mapping[str, Any]]:
    """The name within its module of what pydantic or the standard library defines, and its keywords."""
    keywords: Mapping[str, Any] = {}
    if isinstance(function, functools.partial):
        keywords, function = function.keywords, function.func
    function = getattr(function, "__func__", function)
    module = getattr(function, "__module__", None) or ""
    if module == "ipaddress" or module.split(".")[0] in ("pydantic", "pydantic_core"):
        return getattr(function, "__qualname__", ""), keywords
    return "", {}


def _unwrapped(core: Core) -> Core:
    """What is within functions and choices between modes."""
    while True:
        if core["type"].startswith("function") and "schema" in core:
            core = core["schema"]
        elif core["type"] == "lax-or-strict":
            core = core["strict_schema"]
        elif core["type"] == "json-or-python":
            core = core["json_schema"]
        elif core["type"] == "chain":
            core = core["steps"][0]
        else:
            return core


def _function(core: Core) -> Any:
    """The function that is applied last; None: there is none."""
    while core["type"] in ("lax-or-strict", "json-or-python"):
        core = core["strict_schema"] if core["type"] == "lax-or-strict" else core["json_schema"]
    given = core.get("function")
    return given["function"] if isinstance(given, Mapping) else given


def _is(core: Core, name: str) -> bool:
    function = _function(core)
    return function is not None and own_name(function)[0] == name
