r"""Grammars as constraints: `grammar(text, format)` admits exactly the texts of its start rule.

>>> sums = grammar('''
... start: NUMBER ("+" start)?
... NUMBER: /[0-9]+/ | "(" /[0-9]+/ ")"
... ''')
>>> sums.accepts(b"1+(22)+3"), bytes(sums.start().advance(ord("1")).allowed)
(True, b'+0123456789')
>>> grammar('root ::= "a" x | "b"\nx ::= "c" x', format="gbnf").start().forced
b'b'
>>> print(grammar_file("json").accepts(b'{"a": [1, null]}'))
True
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

from bltgen.arguments import suggests_keywords
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, Report, ReportEntry
from bltgen.automata.limits import current_limits
from bltgen.automata.productions import Body, Repeat, atoms
from bltgen.automata.recipe import remembers
from bltgen.constraints.grammar import abnf, gbnf, lark
from bltgen.constraints.grammar.library import library_text, missing
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported

__all__ = ["grammar", "grammar_file"]

Format = Literal["lark", "gbnf", "abnf"]


@suggests_keywords()
@remembers()
def grammar(
    text: str,
    format: Format = "lark",
    start: str | None = None,
    constraints: Mapping[str, Constraint] | None = None,
    *,
    numbers: abnf.Numbers = "auto",
) -> Grammar:
    """The language of a grammar.

    `format`: "lark" (Lark's EBNF), "gbnf" (llama.cpp's) or "abnf" (RFC 5234 and 7405); see the modules of
    these names for what they read. `start`: the rule to start from; by default `start`, `root`, and the
    first rule. `constraints`: other constraints (regexes, JSON Schemas, grammars, ...) under names that the
    text uses without defining them. `numbers`: how ABNF's %x values are read.

    Raises ConstraintSyntaxError with line and column, Unsupported with the place, EmptyLanguage where
    nothing matches, LimitExceeded.
    """
    if len(text) > (limit := current_limits().pattern_length):
        raise LimitExceeded("the length of the grammar", limit)
    given = dict(constraints or {})
    rules: dict[str, Body]
    if format == "lark":
        rules, report = lark.parse(text, _lark_library, given, start or "start")
        first = "~start"
    elif format in ("gbnf", "abnf"):
        rules = gbnf.parse(text) if format == "gbnf" else abnf.parse(text, numbers)
        if format == "abnf":
            given = {name.lower(): constraint for name, constraint in given.items()}
            start = start.lower() if start else start
        named = [name for name in rules if "~" not in name]
        first = start or ("root" if format == "gbnf" else named[0])
        if first not in rules:
            raise ConstraintSyntaxError(
                f"there is no rule {first!r} to start from",
                text,
                0,
                expected="a rule of that name, or start=",
            )
        _bind(rules, given, text, format)
        core = abnf.core_names() if format == "abnf" else frozenset()
        report = [ReportEntry("", f"{format} grammar")]
        report += [ReportEntry(name, "rule") for name in named if name not in core]
    else:
        raise ValueError(f"format is 'lark', 'gbnf' or 'abnf', not {format!r}")
    report += [ReportEntry(name, "constraint", "exact", "given by the caller") for name in given]
    return Grammar(rules, first, Report(tuple(report)), _source(text, format, start, given, numbers))


def _bind(rules: dict[str, Body], given: dict[str, Constraint], text: str, format: str) -> None:
    """Put the given constraints in place of their names; complain of names that are not there."""
    for name in given:
        if name in rules:
            raise ConstraintSyntaxError(
                f"{name!r} is given as a constraint and defined too", text, _find(text, name)
            )
    for name, body in list(rules.items()):
        for atom in atoms(body):
            if isinstance(atom, str) and atom not in rules and atom not in given:
                raise ConstraintSyntaxError(
                    f"there is no rule {atom!r}, which {name.partition('~')[0]!r} uses",
                    text,
                    _find(text, atom, format == "abnf"),
                )
        if isinstance(body, Repeat):
            if isinstance(body.atom, str) and body.atom in given:
                rules[name] = Repeat(given[body.atom], body.low, body.high)
        else:
            rules[name] = tuple(
                tuple(given.get(atom, atom) if isinstance(atom, str) else atom for atom in row)
                for row in body
            )


def _find(text: str, name: str, any_case: bool = False) -> int:
    """Where the name stands first in the text, as a whole word."""
    import re

    match = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.I if any_case else 0)
    return match.start() if match else 0


def _source(
    text: str, format: str, start: str | None, given: Mapping[str, Constraint], numbers: str
) -> dict[str, Any] | None:
    try:
        described = {name: constraint.describe() for name, constraint in given.items()}
    except Unsupported:
        return None
    return {
        "kind": "grammar",
        "format": format,
        "text": text,
        "start": start,
        "constraints": described,
        "numbers": numbers,
    }


def _lark_library(name: str) -> str | None:
    found = library_text(name)
    return found[0] if found is not None and found[1] == "lark" else None


@suggests_keywords()
@lru_cache(maxsize=64)
def grammar_file(name: str, start: str | None = None) -> Grammar:
    """The ready grammar of this name ("json", "sqlite-select", ...), from `grammars/`.

    Compiled once a process. Raises ConstraintError, with the names there are, where there is no such one.
    """
    found = library_text(name)
    if found is None:
        raise missing(name)
    text, format = found
    return grammar(text, format, start)  # type: ignore[arg-type]
