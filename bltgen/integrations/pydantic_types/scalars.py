"""Core schemas of strings, dates, URLs, listed values and other values without parts, as JSON Schemas.

The texts are those that pydantic takes in strict mode (`validate_json(strict=True)`), so that the lax mode
takes them, too.
"""

from __future__ import annotations

import datetime as dt
import enum
import itertools
import json
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from bltgen.automata.language import ANY_BYTES, Language
from bltgen.constraints.regex import regex
from bltgen.errors import Unsupported
from bltgen.integrations.pydantic_types import (
    dates,
    durations,
    encoded,
    number_schemas,
    number_texts,
    text,
    urls,
)
from bltgen.integrations.pydantic_types.context import Collected, Context, JsonDict, NoJson, string
from bltgen.integrations.pydantic_types.rust_patterns import known_characters, rust_search, translated

__all__ = ["SCALARS", "Scalar"]

Core = Mapping[str, Any]
Scalar = Callable[[Core, Context, Collected], JsonDict]

_SIDES = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
_NAMES = {"ge": "at_least", "gt": "later", "le": "at_most", "lt": "earlier"}
_FLAGS_LIMIT = 8


def _str(core: Core, at: Context, to: Collected) -> JsonDict:
    low = at.setting(core, "min_length", "str_min_length") or None
    high = at.setting(core, "max_length", "str_max_length")
    pattern = core.get("pattern")
    blanks = at.setting(core, "strip_whitespace", "str_strip_whitespace")
    if not blanks and not core.get("ascii_only") and (pattern is None or isinstance(pattern, str)):
        found = string(low, high)
        if pattern is None:
            return found
        if at.setting(core, "regex_engine", "regex_engine") != "python-re":
            found["pattern"], is_unicode = _located(at, lambda: translated(pattern))
            return {**found, **to.string("known characters", known_characters())} if is_unicode else found
    language = text.length(low or 0, high)
    if pattern is not None:
        language &= _located(at, lambda: _pattern(pattern, at.setting(core, "regex_engine", "regex_engine")))
    if core.get("ascii_only"):
        language &= text.ascii_text()
    if not blanks:
        return to.string("string", language)
    if pattern is None and not core.get("ascii_only") and (low or 0) < 1 and high is None:
        return string()
    return to.string("string without the blanks around it", text.stripped(language))


def _pattern(pattern: Any, engine: str | None) -> Language:
    if isinstance(pattern, str):
        if engine != "python-re":
            return rust_search(pattern)
        return regex(pattern, mode="search")
    return regex(pattern.pattern, flags=pattern.flags, mode="search")


def _located(at: Context, make: Callable[[], Any]) -> Any:
    """What is made, or the error with its place in the schema."""
    try:
        return make()
    except Unsupported as error:
        raise Unsupported(f"{error.reason} ({error.where})", f"{at.pointer}/pattern") from error


def _bytes(core: Core, at: Context, to: Collected) -> JsonDict:
    low, high = core.get("min_length") or 0, core.get("max_length")
    mode = at.config.get("val_json_bytes") or "utf8"
    if mode == "utf8":
        if not low and high is None:
            return string()
        return to.string("bytes in UTF-8", text.in_bytes(low, high))
    content = text.bytes_of(low, high)
    if mode == "base64":
        # In either alphabet, not in both at once.
        safe = encoded.base64(content, True, True) & regex("[A-Za-z0-9_=-]*")
        return to.string("base64", encoded.base64(content, False, True) | safe)
    return to.string("hexadecimal", encoded.hexadecimal(content))


def _uuid(core: Core, at: Context, to: Collected) -> JsonDict:
    version = core.get("version")
    return to.string("uuid" if version is None else f"uuid{version}", text.uuid(version))


# -- time ------------------------------------------------------------------------------------------------


def _date(core: Core, at: Context, to: Collected) -> JsonDict:
    low, high = core.get("ge"), core.get("le")
    if core.get("gt") is not None:
        low = max(filter(None, (low, _next_day(core["gt"], 1))), default=None)
        if core["gt"] == dt.date.max:
            return {"not": {}}
    if core.get("lt") is not None:
        if core["lt"] == dt.date.min:
            return {"not": {}}
        high = min(filter(None, (high, _next_day(core["lt"], -1))), default=None)
    moment = _now(core, at, to)
    if moment is not None:
        if core["now_op"] == "future":
            low = max(filter(None, (low, _next_day(moment.date(), 1))))
        else:
            high = min(filter(None, (high, _next_day(moment.date(), -1))))
    return to.string("date", dates.date(low, high))


def _next_day(day: dt.date, step: int) -> dt.date | None:
    ordinal = day.toordinal() + step
    return dt.date.fromordinal(ordinal) if 1 <= ordinal <= dt.date.max.toordinal() else None


def _now(core: Core, at: Context, to: Collected) -> dt.datetime | None:
    """Now, where the core schema compares with it: by local time unless it says which offset."""
    if core.get("now_op") is None:
        return None
    offset = core.get("now_utc_offset")
    zone = None if offset is None else dt.timezone(dt.timedelta(seconds=offset))
    moment = dt.datetime.now(zone or dt.timezone.utc)
    moment = moment if zone else moment.astimezone()
    when = f"{moment:%Y-%m-%d}" if core["type"] == "date" else f"{moment:%Y-%m-%dT%H:%M:%S%z}"
    side = "after" if core["now_op"] == "future" else "before"
    to.unchecked(at, core["now_op"], f"texts are {side} {when}, when this was built; the clock moves on")
    return moment


def _zone(core: Core) -> tuple[Any, int, Language]:
    """Whether an offset must or must not be there, the most digits of a fraction (0: any), which offsets."""
    zone, digits = core.get("tz_constraint"), 6 if core.get("microseconds_precision") == "error" else 0
    return ("aware", digits, dates.with_offset(zone)) if isinstance(zone, int) else (zone, digits, ANY_BYTES)


def _bounds(core: Core) -> dict[str, Any]:
    return {_NAMES[name]: core[name] for name in _NAMES if core.get(name) is not None}


def _datetime(core: Core, at: Context, to: Collected) -> JsonDict:
    zone, digits, offsets = _zone(core)
    bounds = {
        name: bound if isinstance(bound, dt.datetime) else dt.datetime.combine(bound, dt.time())
        for name, bound in _bounds(core).items()
    }
    found = dates.date_time(zone, digits, **bounds) & offsets
    moment = _now(core, at, to)
    if moment is not None:
        side = "later" if core["now_op"] == "future" else "earlier"
        found &= dates.date_time(zone, digits, **{side: moment.replace(microsecond=0)})
    return to.string("date-time", found)


def _time(core: Core, at: Context, to: Collected) -> JsonDict:
    zone, digits, offsets = _zone(core)
    return to.string("time", dates.time(zone, digits, **_bounds(core)) & offsets)


def _timedelta(core: Core, at: Context, to: Collected) -> JsonDict:
    sides = [(side, core[name]) for name, side in _SIDES.items() if core.get(name) is not None]
    if core.get("multiple_of") is not None:
        to.narrowed(at, "duration", "where it is a multiple, written in seconds: PT90S")
        return to.string("duration", durations.multiples(core["multiple_of"], tuple(sides)))
    if not sides:
        return to.string("duration", durations.duration())
    to.narrowed(at, "duration", "within bounds written in days and a time of day, or in one unit")
    return to.string("duration", reduce(operator.and_, [durations.bounded(*side) for side in sides]))


# -- what is listed -----------------------------------------------------------------------------------------


def _literal(core: Core, at: Context, to: Collected) -> JsonDict:
    return _listed(core, [getattr(value, "value", value) for value in core["expected"]], at, to)


def _enum(core: Core, at: Context, to: Collected) -> JsonDict:
    members = list(core["members"])
    candidates = [member.value for member in members]
    if issubclass(core["cls"], enum.Flag) and len(members) <= _FLAGS_LIMIT:
        for number in range(len(members) + 1):
            candidates += [
                sum(set(some)) for some in itertools.combinations(candidates[: len(members)], number)
            ]
    if core.get("missing") is not None:
        to.narrowed(at, "enum", "only the members; what `_missing_` takes besides is left out")
    return _listed(core, candidates, at, to)


def _listed(core: Core, candidates: list[Any], at: Context, to: Collected) -> JsonDict:
    """Those of the values that pydantic reads from their JSON text."""
    from pydantic_core import SchemaValidator, ValidationError, core_schema

    plain: Any = dict(core)
    plain.pop("ref", None)
    if at.key:
        plain = core_schema.dict_schema(plain, core_schema.any_schema())
        candidates = [c if isinstance(c, str) else json.dumps(c, default=str) for c in candidates]
    validator = SchemaValidator(plain)
    found: list[Any] = []
    for value in candidates:
        try:
            written = json.dumps({value: 0} if at.key else value, allow_nan=False)
            validator.validate_json(written, strict=True)
        except (TypeError, ValueError, ValidationError):
            continue
        if not any(value == other and type(value) is type(other) for other in found):
            found.append(value if not isinstance(value, (str, int, float)) else _bare(value))
    if not found:
        raise NoJson(f"no JSON value is one of {candidates!r}"[:200], at.pointer)
    return {"enum": found}


def _bare(value: Any) -> Any:
    """Without a subclass of its own."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


# -- others ------------------------------------------------------------------------------------------------


def _any(core: Core, at: Context, to: Collected) -> JsonDict:
    if at.key:
        return string()
    return {"type": ["null", "boolean", "number", "string"]} if at.hashable else {}


def _none(core: Core, at: Context, to: Collected) -> JsonDict:
    if at.key:
        raise NoJson("a key is never null", at.pointer)
    return {"type": "null"}


def _bool(core: Core, at: Context, to: Collected) -> JsonDict:
    return to.string("boolean", number_texts.boolean_text()) if at.key else {"type": "boolean"}


def _url(core: Core, at: Context, to: Collected) -> JsonDict:
    schemes = core.get("allowed_schemes")
    default_host = core.get("default_host") is not None
    made = urls.url if core["type"] == "url" else urls.multi_host_url
    # A port by default needs a host, too.
    required = bool(core.get("host_required")) or (core.get("default_port") is not None and not default_host)
    language = made(
        None if schemes is None else tuple(schemes), core.get("max_length"), required, default_host
    )
    return to.string("url", language)


def _never(core: Core, at: Context, to: Collected) -> JsonDict:
    what = core.get("cls") or core["type"]
    raise NoJson(f"no JSON value is read as {getattr(what, '__name__', what)}", at.pointer)


SCALARS: dict[str, Scalar] = {
    "any": _any,
    "none": _none,
    "bool": _bool,
    "int": number_schemas.int_schema,
    "float": number_schemas.float_schema,
    "decimal": number_schemas.decimal_schema,
    "fraction": number_schemas.fraction_schema,
    "complex": number_schemas.complex_schema,
    "str": _str,
    "bytes": _bytes,
    "date": _date,
    "time": _time,
    "datetime": _datetime,
    "timedelta": _timedelta,
    "uuid": _uuid,
    "url": _url,
    "multi-host-url": _url,
    "literal": _literal,
    "enum": _enum,
    "callable": _never,
    "is-instance": _never,
    "is-subclass": _never,
    "missing-sentinel": _never,
    "ellipsis": _never,
    "invalid": _never,
}
"""How each type of core schema without parts is read."""
