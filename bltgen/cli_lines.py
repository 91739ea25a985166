"""Files of prompts, one JSON value a line: what each line asks for, and its line of the output.

A line is a JSON string, or an object with "prompt"; what else the object holds is kept as it is spelled.
A line that is wrong has its error in its place of the output, and the others are decoded all the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bltgen.arguments import shown
from bltgen.errors import BltgenError, InvalidLine

if TYPE_CHECKING:
    from bltgen.decoding.generation import Generation

__all__ = ["Line", "lines_of"]

_BLANK = re.compile(r"[ \t\n\r]*")


class _Number(str):
    """A number as it is spelled."""


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is none")


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_no_constant)


@dataclass(frozen=True)
class Line:
    """A line of the input. prompt: or why there is none. others: the other members, as they are spelled."""

    number: int
    prompt: str | InvalidLine
    others: dict[str, str] = field(default_factory=dict)

    def answer(self, outcome: Generation | BltgenError, statistics: bool) -> str:
        """The line of the output: the other members, then `text` (`hex` where it is no UTF-8) or `error`.

        `value` is spelled as it was generated: numbers beyond a float and any nesting stay as they are.
        """
        found = {name: _written(value) for name, value in _record(outcome, statistics)}
        if not isinstance(outcome, BltgenError) and hasattr(outcome.constraint, "parse"):
            # Line breaks in a JSON text are whitespace: those in strings are escaped.
            found["value"] = outcome.text.replace("\n", " ").replace("\r", " ")
        kept = {}
        for name, value in self.others.items():
            while name in found or name in kept:
                name = f"input_{name}"
            kept[name] = value
        members = {**kept, **found}.items()
        return "{" + ", ".join(f"{_written(name)}: {value}" for name, value in members) + "}"


def lines_of(data: bytes) -> Iterator[Line]:
    """Each line that is not blank."""
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if raw.strip():
            yield _line(number, raw)


def _line(number: int, raw: bytes) -> Line:
    try:
        text = raw.decode("utf-8")
        given = _DECODER.decode(text)
        members = _members(text) if isinstance(given, dict) else {}
    except UnicodeDecodeError as error:
        return Line(number, InvalidLine(number, f"not UTF-8 at byte {error.start}"))
    except RecursionError:
        return Line(number, InvalidLine(number, "nested too deeply"))
    except json.JSONDecodeError as error:
        return Line(number, InvalidLine(number, f"not JSON ({error.msg} at column {error.colno})"))
    except ValueError as error:
        return Line(number, InvalidLine(number, f"not JSON ({error})"))
    prompt = given
    if isinstance(given, dict):
        prompt = given.get("prompt")
        members.pop("prompt", None)
    if type(prompt) is not str:
        has = (
            f"; it has {', '.join(map(shown, list(given)[:5]))}" if isinstance(given, dict) and given else ""
        )
        return Line(
            number,
            InvalidLine(number, f'a JSON string, or an object with a string as "prompt", is needed{has}'),
            members,
        )
    return Line(number, prompt, members)


def _members(text: str) -> dict[str, str]:
    """The members of the object that a JSON text is, each value as it is spelled."""
    found: dict[str, str] = {}
    at = _after_blanks(text, _after_blanks(text, 0) + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        at = _after_blanks(text, _after_blanks(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        found[name] = text[at:end]
        at = _after_blanks(text, end)
        if text[at] == ",":
            at = _after_blanks(text, at + 1)
    return found


def _after_blanks(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match is not None else at


def _written(value: Any) -> str:
    """As JSON, without escapes where UTF-8 can hold it."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text) else json.dumps(value)


def _record(outcome: Generation | BltgenError, statistics: bool) -> Iterator[tuple[str, Any]]:
    if isinstance(outcome, BltgenError):
        yield "error", str(outcome)
        yield "kind", type(outcome).__name__
        return
    try:
        yield "text", outcome.data.decode("utf-8")
    except UnicodeDecodeError:
        yield "hex", outcome.data.hex()
    yield "finish", outcome.finish
    yield "seed", outcome.seed
    if statistics:
        yield "log_probability", outcome.log_probability
        # JSON has no infinity: null where the base distribution gives the text no mass at all.
        yield "log_weight", outcome.log_weight if outcome.log_weight > -float("inf") else None
        yield "statistics", outcome.statistics.as_dict()
