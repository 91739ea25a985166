"""Validators that are functions: which of them are pydantic's own, and what those take.

pydantic's own are known by module and name and become languages; some only narrow what they are around (a
length of a secret). Any other was written by a user, or by another library: what pydantic passes to it is
enforced, and a row of the report says that pydantic alone checks the rest.
"""

from __future__ import annotations

import functools
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from bltgen.automata.language import ANY_BYTES, Language, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.errors import Unsupported
from bltgen.integrations.pydantic_types import (
    addresses,
    emails,
    encoded,
    number_schemas,
    number_texts,
    text,
    urls,
)
from bltgen.integrations.pydantic_types.context import (
    Collected,
    Context,
    JsonDict,
    NoJson,
    string,
)

__all__ = ["read_function"]

Core = Mapping[str, Any]
Read = Callable[[Core, Context], JsonDict]

_ADDRESSES: dict[str, Callable[[], Language]] = {
    "ip_v4_address_validator": addresses.ipv4,
    "ip_v6_address_validator": addresses.ipv6,
    "ip_v4_network_validator": addresses.ipv4_network,
    "ip_v6_network_validator": addresses.ipv6_network,
    "ip_v4_interface_validator": addresses.ipv4_interface,
    "ip_v6_interface_validator": addresses.ipv6_interface,
    "IPv4Address": addresses.ipv4,
    "IPv6Address": addresses.ipv6,
    "IPv4Network": addresses.ipv4_network,
    "IPv6Network": addresses.ipv6_network,
    "IPv4Interface": addresses.ipv4_interface,
    "IPv6Interface": addresses.ipv6_interface,
    "IPvAnyAddress._validate": lambda: union(addresses.ipv4(), addresses.ipv6()),
    "IPvAnyNetwork._validate": lambda: union(addresses.ipv4_network(), addresses.ipv6_network()),
    "IPvAnyInterface._validate": lambda: union(addresses.ipv4_interface(), addresses.ipv6_interface()),
}
_THROUGH = frozenset(
    {"sequence_validator", "defaultdict_validator", "_BaseUrl.__get_pydantic_core_schema__.<locals>.wrap_val",
     "_BaseMultiHostUrl.__get_pydantic_core_schema__.<locals>.wrap_val", "SecretStr", "SecretBytes",
     "Secret.__get_pydantic_core_schema__.<locals>.<lambda>",
     "Secret.__get_pydantic_core_schema__.<locals>.validate_secret_value",
     "GenerateSchema._path_schema.<locals>.path_validator", "identity"}
)  # fmt: skip
"""Of pydantic's own, those that take whatever is passed to them."""

_ON_DISK = {
    "PathType.validate_file": "a file",
    "PathType.validate_directory": "a directory",
    "PathType.validate_new": "not there, its folder is",
    "PathType.validate_socket": "a socket",
}
_KINDS = {"function-after": "AfterValidator", "function-before": "BeforeValidator",
          "function-wrap": "WrapValidator", "function-plain": "PlainValidator"}  # fmt: skip


def read_function(core: Core, at: Context, to: Collected, read: Read) -> JsonDict:
    """The schema of a core schema of a function; `read` is for those within it."""
    given = core["function"]
    function = given["function"] if isinstance(given, Mapping) else given
    name, _ = _own_name(function)
    if name in _ADDRESSES:
        return to.string(name, _ADDRESSES[name]())
    if name in _THROUGH:
        return read(core["schema"], at)
    if name in _ON_DISK:
        to.unchecked(at, "path", f"that it is {_ON_DISK[name]}")
        return read(core["schema"], at)
    own = _OWN.get(name)
    if own is not None:
        return own(core, function, at, to)
    limit = _limit_of(function)
    if limit is not None:
        return _limited(core, *limit, at, to, read)
    if name == "forbid_inf_nan_check":
        raise Unsupported(
            f"allow_inf_nan=False of {core['schema']['type']}, which pydantic fails at", at.pointer
        )
    return _foreign(core, function, at, to, read)


_LONG_NAMES = {
    "gt": "greater_than_validator",
    "ge": "greater_than_or_equal_validator",
    "lt": "less_than_validator",
    "le": "less_than_or_equal_validator",
}


def _own_name(function: Any) -> tuple[str, Mapping[str, Any]]:
    """The name within its module of what pydantic or the standard library defines, and its keywords."""
    keywords: Mapping[str, Any] = {}
    if isinstance(function, functools.partial):
        keywords, function = function.keywords, function.func
    function = getattr(function, "__func__", function)
    module = getattr(function, "__module__", None) or ""
    if module == "ipaddress" or module.split(".")[0] in ("pydantic", "pydantic_core"):
        return getattr(function, "__qualname__", ""), keywords
    return "", {}


def _foreign(core: Core, function: Any, at: Context, to: Collected, read: Read) -> JsonDict:
    """A function that somebody else wrote."""
    name = str(getattr(function, "__qualname__", repr(function)))
    to.unchecked(at, str(_KINDS.get(core["type"], core["type"])), name.replace("<locals>.", ""))
    given = core.get("json_schema_input_schema")
    if given is not None:
        return read(given, at)
    if core["type"] == "function-plain":
        return string() if at.key else {}
    return read(core["schema"], at)


# -- limits around another schema ------------------------------------------------------------------------


def _limited(core: Core, keyword: str, value: Any, at: Context, to: Collected, read: Read) -> JsonDict:
    """What pydantic checks of a value because its own type has no such limit."""
    found = read(core["schema"], at)
    base = core["schema"]
    while _is_limit(base):
        base = base["schema"]
    if keyword in ("min_length", "max_length"):
        limit = _length(base, keyword, value, at, to)
    elif _is(base, "ByteSize._validate"):
        to.narrowed(at, "ByteSize", "within bounds written as a whole number of bytes")
        whole = {"type": "int", "ge": 0, keyword: value}
        limit = number_schemas.int_schema(whole, replace(at, key=at.key), to)
        if not at.key:
            limit = {"anyOf": [limit, number_schemas.int_schema(whole, replace(at, key=True), to)]}
    elif base["type"] in ("any", "union", "nullable", "int", "float") and not at.key:
        limit = {"type": "number", **number_schemas.bounds_of({keyword: value})}
    else:
        raise Unsupported(f"{keyword} of what pydantic reads as {_kind(base)}", at.pointer)
    return {"allOf": [found, limit]}


def _length(base: Core, keyword: str, value: int, at: Context, to: Collected) -> JsonDict:
    """The schema of a limit to the length of what pydantic has read."""
    low, high = (value, None) if keyword == "min_length" else (0, value)
    if _is(base, "SecretBytes"):
        return to.string("bytes in UTF-8", text.in_bytes(low, high))
    if _is(base, "EncodedBytes.decode"):
        return _base64(_function(base), text.bytes_of(low, high), at, to)
    if _is(base, "EncodedStr.decode_str"):
        return _base64(_function(base), text.length(low, high), at, to)
    inner = _unwrapped(base)
    if inner["type"] in ("url", "multi-host-url"):
        if high is not None and any(inner.get(name) is not None for name in _DEFAULTS):
            raise Unsupported("the length of a URL to which pydantic adds a default", at.pointer)
        to.narrowed(at, "length", "of URLs that pydantic writes as they are, but for a slash at the end")
        return to.string("length of a URL", urls.of_length(low, high))
    if _is(base, "SecretStr") or base["type"] in _OWN_LENGTH or inner["type"] in ("list", "dict"):
        limits = {f"{keyword[:3]}{part}": value for part in ("Length", "Items", "Properties")}
        return {"type": ["string", "array", "object"], **limits}
    raise Unsupported(f"{keyword} of what pydantic reads as {_kind(base)}", at.pointer)


_OWN_LENGTH = frozenset(("any", "union", "nullable", "str", "list", "dict", "tuple", "deque", "counter",
                         "ordered-dict", "frozendict", "default"))  # fmt: skip
_DEFAULTS = ("default_host", "default_port", "default_path")


def _is_limit(core: Core) -> bool:
    function = _function(core)
    return core["type"] == "function-after" and _limit_of(function) is not None


def _limit_of(function: Any) -> tuple[str, Any] | None:
    """The keyword and value of one of pydantic's functions that limit a value."""
    name, keywords = _own_name(function)
    for keyword, value in keywords.items():
        if name in (f"{keyword}_validator", _LONG_NAMES.get(keyword)):
            return keyword, value
    return None


def _kind(core: Core) -> str:
    function = _function(core)
    return (_own_name(function)[0] if function is not None else "") or str(core["type"])


def _unwrapped(core: Core) -> Core:
    """What is within functions and choices between modes."""
    while True:
        if core["type"].startswith("function") and "schema" in core:
            core = core["schema"]
        elif core["type"] == "lax-or-strict":
            core = core["strict_schema"]
        elif core["type"] == "json-or-python":
            core = core["json_schema"]
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
    return function is not None and _own_name(function)[0] == name


# -- pydantic's own --------------------------------------------------------------------------------------


def _decoded_bytes(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    limits = core["schema"]
    if limits.get("min_length") or limits.get("max_length") is not None:
        found = _base64(function, ANY_BYTES, at, to)
        length = text.in_bytes(limits.get("min_length") or 0, limits.get("max_length"))
        return {"allOf": [found, to.string("bytes in UTF-8", length)]}
    return _base64(function, ANY_BYTES, at, to)


def _decoded_text(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    found = _base64(function, UTF8_TEXT, at, to)
    limits = core["schema"]
    return {"allOf": [found, string(limits.get("min_length"), limits.get("max_length"))]}


def _base64(function: Any, content: Language, at: Context, to: Collected) -> JsonDict:
    """Only pydantic's own two encodings are known."""
    encoder = getattr(getattr(function, "__self__", None), "encoder", None)
    name = getattr(encoder, "__qualname__", str(encoder))
    if getattr(encoder, "__module__", "") == "pydantic.types":
        if name == "Base64Encoder":
            return to.string("base64", encoded.base64(content))
        if name == "Base64UrlEncoder":
            return to.string("base64 for URLs", encoded.base64(content, True))
    to.unchecked(at, "EncoderProtocol", name)
    return string()


def _byte_size(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    units = function.__self__.byte_sizes
    texts = to.string("size in bytes", number_texts.byte_size_text(tuple(units)))
    whole = number_schemas.int_schema({"type": "int", "ge": 0}, at, to)
    return texts if at.key else {"anyOf": [whole, texts]}


def _zone(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    return {"enum": _zones()}


@cache
def _zones() -> list[str]:
    return sorted(zoneinfo.available_timezones())


def _pattern(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    from bltgen.integrations.pydantic_types.python_patterns import python_patterns

    return to.string("regex", python_patterns())


def _no_pattern(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    raise NoJson("no JSON value is read as a pattern of bytes", at.pointer)


def _import(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    to.unchecked(at, "ImportString", "that the object can be imported here")
    return {"type": "string", "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?$"}


def _email(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    return to.string("email", emails.email())


_OWN: dict[str, Callable[[Core, Any, Context, Collected], JsonDict]] = {
    "EncodedBytes.decode": _decoded_bytes,
    "EncodedStr.decode_str": _decoded_text,
    "ByteSize._validate": _byte_size,
    "validate_str_is_valid_iana_tz": _zone,
    "pattern_either_validator": _pattern,
    "pattern_str_validator": _pattern,
    "pattern_bytes_validator": _no_pattern,
    "import_string": _import,
    "EmailStr._validate": _email,
    "NameEmail._validate": _email,
}
