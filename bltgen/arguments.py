"""What the public functions say of wrong arguments: which one, what is allowed, and the near miss.

>>> @suggests_keywords()
... def generate(*, temperature=1.0): ...
>>> generate(temprature=0)
Traceback (most recent call last):
TypeError: generate() has no argument 'temprature'; did you mean 'temperature'?
>>> one_of("numbers", "plane", ("any", "plain"))
Traceback (most recent call last):
ValueError: numbers='plane': one of 'any', 'plain' is needed; did you mean 'plain'?
"""

from __future__ import annotations

import inspect
import math
import operator
import sys
import warnings
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from itertools import islice
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar

from bltgen.errors import did_you_mean

__all__ = [
    "as_bytes",
    "bounds",
    "encoded",
    "integer",
    "number",
    "of_type",
    "one_of",
    "shown",
    "suggests_keywords",
    "warn",
]

F = TypeVar("F", bound=Callable[..., Any])

_ELSEWHERE = {
    "max_tokens": "max_bytes",
    "max_new_tokens": "max_bytes",
    "max_length": "max_bytes",
    "stop_sequences": "stop",
    "num_beams": "strategy",
    "response_format": "constraint",
    "schema": "constraint",
    "text": "prompt",
}
"""What other libraries call an argument."""

_PACKAGE = str(Path(__file__).parent)


def suggests_keywords(also: Iterable[str] = ()) -> Callable[[F], F]:
    """Make a keyword that a function or class does not know an error with its public name and the near miss.

    also: keywords that it takes as `**`.
    """

    def decorate(target: F) -> F:
        if isinstance(target, type):
            target.__init__ = _checked(target.__init__, target.__name__, also)  # type: ignore[misc]
            return target
        return _checked(target, target.__name__, also)

    return decorate


def _checked(function: F, name: str, also: Iterable[str]) -> F:
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    known = {p.name: None for p in parameters if p.kind in named and p.name not in ("self", "cls")}
    known |= dict.fromkeys(also)

    @wraps(function)
    def checked(*arguments: Any, **keywords: Any) -> Any:
        if not keywords.keys() <= known.keys():
            raise TypeError(_unknown(name, next(key for key in keywords if key not in known), known))
        return function(*arguments, **keywords)

    return checked  # type: ignore[return-value]


def _unknown(name: str, keyword: str, known: Collection[str]) -> str:
    if _ELSEWHERE.get(keyword) in known:
        hint = f"; did you mean {_ELSEWHERE[keyword]!r}?"
    else:
        hint = did_you_mean(keyword, known)
    if not hint:
        hint = f"; there are {', '.join(known)}" if known else "; it takes none"
    return f"{name}() has no argument {keyword!r}{hint}"


def one_of(name: str, value: object, choices: Collection[Any]) -> None:
    """Raise ValueError, with the choices and the near miss, where the argument is none of them."""
    if isinstance(value, str | int | None) and value in choices:
        return
    listed = ", ".join(map(repr, choices))
    raise ValueError(f"{name}={shown(value)}: one of {listed} is needed{did_you_mean(value, choices)}")


def integer(name: str, value: object, low: int) -> int:
    """The value as an int. Raises ValueError where it is none, or less than `low`."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]  # what is none raises TypeError
        if number < low:
            raise TypeError
    except TypeError:
        raise ValueError(f"{name}={shown(value)}: an integer >= {low} is needed") from None
    return number


def of_type(name: str, value: object, types: type | tuple[type, ...], needed: str) -> None:
    """Raise TypeError where the argument is of another type. needed: what is, in words."""
    if not isinstance(value, types):
        raise TypeError(f"{name}={shown(value)}: {needed} is needed")


def number(name: str, value: object) -> float:
    """The value as a finite float. Raises ValueError where it is none."""
    try:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        found = float(value)
        if not math.isfinite(found):
            raise ValueError
    except (ValueError, OverflowError):
        raise ValueError(f"{name}={shown(value)}: a number is needed") from None
    return found


def as_bytes(name: str, value: object) -> bytes:
    """A text that is asked about. Raises TypeError where it is not bytes."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    hint = "; text.encode() gives those of a str" if isinstance(value, str) else ""
    raise TypeError(f"{name}={shown(value)}: bytes are needed{hint}")


def encoded(name: str, value: object) -> bytes:
    """The bytes of a str in UTF-8, or bytes as they are. Raises TypeError; ValueError for lone surrogates."""
    if not isinstance(value, str):
        of_type(name, value, (bytes, bytearray, memoryview), "str or bytes")
        return as_bytes(name, value)
    try:
        return value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} has a lone surrogate at index {error.start}, which UTF-8 cannot encode; give bytes"
        ) from None


def bounds(low: object, high: object) -> tuple[int, int | None]:
    """The bounds of a repetition. Raises ValueError where they are no integers, or the wrong way round."""
    least = integer("low", low, 0)
    most = None if high is None else integer("high", high, 0)
    if most is not None and most < least:
        raise ValueError(f"repeat needs 0 <= low <= high, not {least}..{most}")
    return least, most


def shown(value: object, limit: int = 60) -> str:
    """The value as a message quotes it: at most about `limit` characters, whatever its size.

    >>> shown("a" * 1000, 10), shown({"type": "object", "required": list("abcdef")}, 40)
    ("'aaaaaaaaa...", "{'type': 'object', 'required': ['a', ...")
    """
    text = repr(value[: limit + 4]) if isinstance(value, (str, bytes)) else _SHORT.repr(value)
    return text if len(text) <= limit + 3 else f"{text[:limit]}..."


class _Short(Repr):
    """Containers by their first members, in order."""

    def repr_dict(self, x: Mapping[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}"
        members = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, 6)]
        return "{" + ", ".join(members + ["..."] * (len(x) > 6)) + "}"


_SHORT = _Short()
_SHORT.maxstring = _SHORT.maxother = 80


def warn(message: str, category: type[Warning]) -> None:
    """A warning at the line outside of bltgen that led here."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
