r"""Slow recognisers that are obviously right: what a text is, by definition or by an outside judge.

A `Reference` answers one question, `accepts(data)`; everything else follows from it. `Enumerated`
asks it of every short text and so knows `allowed`, `shortest` and `forced` by definition: a byte is
allowed where some accepted text goes on with it.

| reference | judge |
|---|---|
| `RegexReference` | the `re` or `regex` module on the decoded text |
| `GrammarReference` | every rule over every span of the text, to a fixpoint |
| `SchemaReference` | `json` and `jsonschema`, with numbers as exact decimals |
| `naive_regular` | derivatives of plain tuples |

Never for production. Needs the extra `testing` (`regex`, `jsonschema`).

>>> reference = RegexReference("(?:ab)+")
>>> known = Enumerated.of(reference.accepts, b"ab", 6)
>>> bytes(known.allowed(b"ab")), known.shortest(b"a"), known.forced(b"")
(b'a', 1, b'ab')
"""

from __future__ import annotations

import itertools
import json
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from typing import Any, Protocol

from bltgen.automata.byteset import ByteSet

__all__ = [
    "Enumerated",
    "GrammarReference",
    "Predicate",
    "Reference",
    "RegexReference",
    "Rules",
    "SchemaReference",
    "all_texts",
    "read_json",
]


class Reference(Protocol):
    """What is known about a language without an engine."""

    def accepts(self, data: bytes) -> bool:
        """Whether `data` is a whole valid text."""
        ...


@dataclass(frozen=True)
class Predicate:
    """A reference by a function.

    >>> Predicate(lambda data: len(data) % 2 == 0).accepts(b"ab")
    True
    """

    judge: Callable[[bytes], bool]

    def accepts(self, data: bytes) -> bool:
        """What the function says."""
        return self.judge(data)


def all_texts(alphabet: bytes, longest: int) -> Iterator[bytes]:
    """Every text over the alphabet of at most `longest` bytes, the shorter first, in the alphabet's order.

    >>> list(all_texts(b"ab", 1))
    [b'', b'a', b'b']
    """
    for length in range(longest + 1):
        for letters in itertools.product(alphabet, repeat=length):
            yield bytes(letters)


@dataclass(frozen=True)
class Enumerated:
    """All accepted texts of at most `horizon` bytes over an alphabet, and what follows by definition.

    What it says of a prefix holds as far as the horizon and the alphabet go: a byte that it allows
    is allowed; one that it does not may be allowed through a longer text.
    """

    texts: frozenset[bytes]
    horizon: int
    followers: Mapping[bytes, frozenset[int]] = field(repr=False)

    @classmethod
    def of(cls, accepts: Callable[[bytes], bool], alphabet: bytes, horizon: int) -> Enumerated:
        """Ask `accepts` of every text; len(alphabet) ** horizon questions."""
        return cls.of_texts((text for text in all_texts(alphabet, horizon) if accepts(text)), horizon)

    @classmethod
    def of_texts(cls, texts: Iterable[bytes], horizon: int) -> Enumerated:
        """From the accepted texts themselves."""
        found = frozenset(texts)
        followers: dict[bytes, set[int]] = {}
        for text in found:
            for at in range(len(text)):
                followers.setdefault(text[:at], set()).add(text[at])
        return cls(found, horizon, {prefix: frozenset(members) for prefix, members in followers.items()})

    def allowed(self, prefix: bytes) -> ByteSet:
        """The bytes with which some accepted text goes on."""
        return ByteSet.of(self.followers.get(prefix, ()))

    def accepting(self, prefix: bytes) -> bool:
        """Whether the prefix is itself an accepted text."""
        return prefix in self.texts

    def shortest(self, prefix: bytes) -> int | None:
        """Bytes to the nearest accepted text; None where there is none within the horizon."""
        return min((len(text) - len(prefix) for text in self.texts if text.startswith(prefix)), default=None)

    def forced(self, prefix: bytes) -> bytes:
        """The longest bytes with which every accepted continuation begins."""
        rests = [text[len(prefix) :] for text in self.texts if text.startswith(prefix)]
        if not rests:
            return b""
        least, most = min(rests), max(rests)
        length = next((at for at, byte in enumerate(least) if byte != most[at]), len(least))
        return least[:length]


@dataclass(frozen=True)
class RegexReference:
    """What a regular expression matches, by the module `engine` ("re" or "regex").

    A str pattern reads the text as UTF-8: bytes that are none match nothing. `mode`: "fullmatch" or
    "search". `possible` says whether any text that begins with a prefix can match, by the partial
    matches of the `regex` module.
    """

    pattern: str | bytes
    flags: int = 0
    mode: str = "fullmatch"
    engine: str = "re"

    def __post_init__(self) -> None:
        module: Any = import_module(self.engine)
        object.__setattr__(self, "_compiled", module.compile(self.pattern, self.flags))

    def _readable(self, data: bytes) -> str | bytes | None:
        if isinstance(self.pattern, bytes):
            return data
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def accepts(self, data: bytes) -> bool:
        """Whether the module matches the text."""
        text = self._readable(data)
        compiled: Any = self._compiled  # type: ignore[attr-defined]
        return text is not None and getattr(compiled, self.mode)(text) is not None

    def possible(self, prefix: bytes) -> bool:
        """Whether some text may still match, as far as partial matching can tell (engine "regex")."""
        text = self._readable(prefix)
        if text is None:
            return False
        compiled: Any = self._compiled  # type: ignore[attr-defined]
        return compiled.fullmatch(text, partial=True) is not None


Rules = Mapping[str, Sequence[Sequence["str | bytes | frozenset[int]"]]]
"""A grammar: each rule's alternatives, each a sequence of rule names, literal bytes and byte sets."""


@dataclass(frozen=True)
class GrammarReference:
    """A context-free language by brute force: which rule derives which span of the text, to a fixpoint.

    Left recursion, ambiguity and rules that derive the empty text need no special care. Cost: about
    rules x length**3 a text.

    >>> GrammarReference({"s": [["s", "s"], [b"(", "s", b")"], []]}, "s").accepts(b"(())()")
    True
    """

    rules: Rules
    start: str

    def accepts(self, data: bytes) -> bool:
        """Whether the start rule derives the whole text."""
        ends: dict[tuple[str, int], set[int]] = {
            (rule, at): set() for rule in self.rules for at in range(len(data) + 1)
        }
        changed = True
        while changed:
            changed = False
            for (rule, at), known in ends.items():
                for alternative in self.rules[rule]:
                    reached = self._reached(data, at, alternative, ends)
                    if not reached <= known:
                        known |= reached
                        changed = True
        return len(data) in ends[self.start, 0]

    def _reached(
        self,
        data: bytes,
        at: int,
        alternative: Sequence[str | bytes | frozenset[int]],
        ends: Mapping[tuple[str, int], set[int]],
    ) -> set[int]:
        places = {at}
        for symbol in alternative:
            if isinstance(symbol, str):
                places = {end for place in places for end in ends[symbol, place]}
            elif isinstance(symbol, bytes):
                places = {p + len(symbol) for p in places if data.startswith(symbol, p)}
            else:
                places = {p + 1 for p in places if p < len(data) and data[p] in symbol}
        return places


def read_json(data: bytes) -> Any:
    """The value of a JSON text (RFC 8259), numbers as int or exact Decimal. Raises ValueError.

    Strict where the `json` module is lenient: UTF-8 only, no repeated key, no NaN or Infinity, no
    escape of a lone surrogate.

    >>> read_json(b'[1, 2.50, 1e400]')
    [1, Decimal('2.50'), Decimal('1E+400')]
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise ValueError("an object repeats a key")
        return members

    def refused(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")

    if data.startswith(b"\xef\xbb\xbf"):
        raise ValueError("a JSON text begins with no byte order mark")
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=once, parse_float=Decimal, parse_constant=refused
        )
        json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("a lone surrogate is no character") from None
    return value


def _exact(value: Any) -> Any:
    """A schema or value with every float as the decimal it is written as."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _exact(one) for key, one in value.items()}
    return [_exact(one) for one in value] if isinstance(value, list) else value


class SchemaReference:
    """Whether `json` reads a text and `jsonschema` validates its value.

    Numbers are compared as exact decimals, where `jsonschema` by itself would round them to floats
    (0.3 is a multiple of 0.1; 1e400 is a number). `compact`: no whitespace outside of strings.
    `draft`: "4" to "2020-12", where `$schema` does not say; `formats`: whether `format` is asserted.
    """

    def __init__(
        self,
        schema: Mapping[str, Any] | bool,
        *,
        draft: str = "2020-12",
        registry: Any = None,
        formats: bool = True,
        compact: bool = False,
    ) -> None:
        import jsonschema
        from jsonschema import validators

        by_name = {
            "3": jsonschema.Draft3Validator,
            "4": jsonschema.Draft4Validator,
            "6": jsonschema.Draft6Validator,
            "7": jsonschema.Draft7Validator,
            "2019-09": jsonschema.Draft201909Validator,
            "2020-12": jsonschema.Draft202012Validator,
        }
        plain = validators.validator_for(schema, default=by_name[draft])
        # Up to draft 4 an integer has no fraction or exponent.
        whole = plain not in (jsonschema.Draft3Validator, jsonschema.Draft4Validator)
        checker = plain.TYPE_CHECKER.redefine("integer", lambda _, value: _is_integer(value, whole))
        kind = validators.extend(plain, {"multipleOf": _multiple_of}, type_checker=checker)
        extra = {} if registry is None else {"registry": registry}
        self.compact = compact
        self._validator = kind(
            _exact(schema), format_checker=_formats(plain.FORMAT_CHECKER) if formats else None, **extra
        )

    def accepts(self, data: bytes) -> bool:
        """Whether `data` is a JSON text of a valid value."""
        return self.reason(data) is None

    def reason(self, data: bytes) -> str | None:
        """Why it is not, in the words of the judge that refuses it; None where it is accepted."""
        try:
            value = read_json(data)
        except (ValueError, RecursionError) as error:
            return f"no JSON: {error}"
        if self.compact and re.sub(rb'"(?:[^"\\]|\\.)*"', b"", data) != re.sub(
            rb'"(?:[^"\\]|\\.)*"|[ \t\r\n]', b"", data
        ):
            return "there is whitespace between tokens"
        return self.why_not(value)

    def why_not(self, value: Any) -> str | None:
        """Why the value is not valid; None where it is."""
        error = next(iter(self._validator.iter_errors(_exact(value))), None)
        return None if error is None else f"{error.json_path}: {error.message}"


def _is_integer(value: Any, whole_decimals: bool) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    return whole_decimals and isinstance(value, Decimal) and value == value.to_integral_value()


_LEAP_SECOND = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\dT)?(?P<hour>\d\d):(?P<minute>\d\d):60(?P<rest>(?:\.\d+)?"
    r"(?:Z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d)))",
    re.ASCII | re.IGNORECASE,
)


def _formats(checker: Any) -> Any:
    """The checker, with leap seconds (RFC 3339, section 5.7) and without line feeds at the end."""
    import jsonschema

    def timely(instance: Any, name: str) -> bool:
        if not isinstance(instance, str):
            return True
        leap = _LEAP_SECOND.fullmatch(instance)
        if leap is None:
            return not instance.endswith("\n") and bool(checker.conforms(instance, name))
        # One second earlier it is 23:59:59 in UTC; with a date, that of the last day of a month.
        date = leap["date"] or "2000-01-31T"
        before = f"{date}{leap['hour']}:{leap['minute']}:59"
        offset = f"{leap['sign']}{leap['hours']}:{leap['minutes']}" if leap["sign"] else "+00:00"
        if not checker.conforms(before + offset, "date-time"):
            return False
        # In the years that datetime knows on both sides; every 400 years are alike.
        before = f"{int(date[:4]) % 400 + 2000}{before[4:]}"
        utc = datetime.fromisoformat((before + offset).upper()).astimezone(timezone.utc)
        month_ends = leap["date"] is None or utc.day == monthrange(utc.year, utc.month)[1]
        return month_ends and (utc.hour, utc.minute) == (23, 59)

    made = jsonschema.FormatChecker(formats=())
    made.checkers = dict(checker.checkers)
    for name in {"date-time", "time"} & {*made.checkers}:
        made.checks(name)(lambda instance, name=name: timely(instance, name))
    return made


def _multiple_of(_: Any, divisor: Any, value: Any, __: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and not _divides(divisor, value):
        yield ValidationError(f"{value} is not a multiple of {divisor}")


def _divides(divisor: int | Decimal, value: int | Decimal) -> bool:
    """Exactly, and without writing out a power of ten that only its exponent makes large.

    >>> [_divides(Decimal("0.2"), Decimal(one)) for one in ("1", "0.3", "1e-999999999", "1e999999999")]
    [True, False, False, True]
    """
    _, digits, exponent = Decimal(value).as_tuple()
    assert isinstance(exponent, int), "JSON has no infinity"
    coefficient = int("".join(map(str, digits)))
    if coefficient == 0:
        return True
    while coefficient % 10 == 0:
        coefficient, exponent = coefficient // 10, exponent + 1
    if exponent < -10_000:  # more decimals than the divisor has, and so than its multiples
        return False
    least = Fraction(divisor)
    if exponent < 10_000:
        return (coefficient * Fraction(10) ** exponent / least).denominator == 1
    numerator = least.numerator
    for factor in (2, 5):
        while numerator % factor == 0:
            numerator //= factor
    return coefficient * least.denominator % numerator == 0
