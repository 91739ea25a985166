"""Validators that are functions: which of them are pydantic's own, and what those take.

pydantic's own are known by module and name and become languages; some only narrow what they are around (a
length of a secret). Any other was written by a user, or by another library: what pydantic passes to it is
enforced, and a row of the report says that pydantic alone checks the rest.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from bltgen.automata.language import ANY_BYTES, Language, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.integrations.pydantic_types import (
    addresses,
    emails,
    number_schemas,
    number_texts,
    text,
)
from bltgen.integrations.pydantic_types.context import (
    Collected,
    Context,
    JsonDict,
    NoJson,
    string,
)
from bltgen.integrations.pydantic_types.limits import encoded_text, limit_of, limited, own_name

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
    name, _ = own_name(function)
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
    limit = limit_of(function)
    if limit is not None:
        return limited(core, *limit, at, to, read)
    if name == "forbid_inf_nan_check":
        raise NoJson(f"allow_inf_nan=False of {core['schema']['type']}, which pydantic fails at", at.pointer)
    return _foreign(core, function, at, to, read)


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


# -- pydantic's own --------------------------------------------------------------------------------------


def _decoded_bytes(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    limits = core["schema"]
    if limits.get("min_length") or limits.get("max_length") is not None:
        found = encoded_text(function, ANY_BYTES, at, to)
        length = text.in_bytes(limits.get("min_length") or 0, limits.get("max_length"))
        return {"allOf": [found, to.string("bytes in UTF-8", length)]}
    return encoded_text(function, ANY_BYTES, at, to)


def _decoded_text(core: Core, function: Any, at: Context, to: Collected) -> JsonDict:
    found = encoded_text(function, UTF8_TEXT, at, to)
    limits = core["schema"]
    return {"allOf": [found, string(limits.get("min_length"), limits.get("max_length"))]}


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
