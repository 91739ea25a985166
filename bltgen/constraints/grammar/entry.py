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

import os
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from bltgen.arguments import of_type, one_of, shown, suggests_keywords
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Constraint, Report, ReportEntry
from bltgen.automata.limits import bounded_by, current_limits
from bltgen.automata.productions import Atom, Body, Repeat, atoms
from bltgen.automata.recipe import remembers, source_key
from bltgen.constraints.grammar import abnf, gbnf, lark
from bltgen.constraints.grammar.library import library_text, missing
from bltgen.errors import ConstraintSyntaxError, LimitExceeded, Unsupported, did_you_mean

__all__ = ["grammar", "grammar_file"]

Format = Literal["lark", "gbnf", "abnf"]


def _files_read(made: Grammar) -> dict[str, Any]:
    """Grammars with the same imports are equal, whatever folder they were read from."""
    try:
        files = made.describe()["folder"]
    except Unsupported:
        return {}
    return {"folder": files or None}


@suggests_keywords()
@remembers(_files_read)
@bounded_by(source_key)
def grammar(
    text: str,
    format: Format = "lark",
    start: str | None = None,
    constraints: Mapping[str, Constraint] | None = None,
    *,
    numbers: abnf.Numbers = "auto",
    folder: str | os.PathLike[str] | Mapping[str, str] | None = None,
) -> Grammar:
    """The language of a grammar.

    `format`: "lark" (Lark's EBNF), "gbnf" (llama.cpp's) or "abnf" (RFC 5234 and 7405); see the modules of
    these names for what they read, and for the short list of what they refuse. `start`: the rule to start
    from; by default `start`, `root`, and the first rule. `constraints`: other constraints (regexes, JSON
    Schemas, grammars, ...) under names that the text uses without defining them; each must be used.
    `numbers`: how ABNF's %x values are read. `folder`: where a Lark grammar may import files from
    (`%import file.rule`, `%import .file.rule`): a directory, or a mapping from names ("file.lark") to texts.
    Nothing outside of it is read, and nothing at all without it.

    Raises ConstraintSyntaxError or Unsupported with line, column and caret, EmptyLanguage where nothing
    matches, LimitExceeded.
    """
    if not isinstance(text, str):
        raise TypeError(f"a grammar is a str, not {type(text).__name__}")
    of_type("start", start, (str, type(None)), "a str")
    of_type("constraints", constraints, (Mapping, type(None)), "a dict of names to constraints")
    for name, constraint in (constraints or {}).items():
        of_type("a name in constraints", name, str, "a str")
        if not isinstance(constraint, Constraint) or isinstance(constraint, type):
            raise TypeError(
                f"constraints[{name!r}]={shown(constraint)}: a constraint is needed, such as "
                "bltgen.regex(...) or bltgen.json_schema(...)"
            )
    of_type("folder", folder, (str, os.PathLike, Mapping, type(None)), "a path or a dict of names to texts")
    if isinstance(folder, Mapping):
        for name, imported in folder.items():
            of_type(f"folder[{shown(name)}]", imported, str, "the text of a grammar, a str,")
    one_of("format", format, tuple(_HEADS))
    if folder is not None and format != "lark":
        raise ValueError(f"folder= is for imports, which {format} does not have")
    if len(text) > (limit := current_limits().pattern_length):
        raise LimitExceeded("the length of the grammar", limit)
    surrogate = re.search("[\ud800-\udfff]", text)
    if surrogate is not None:
        raise ConstraintSyntaxError("a lone surrogate is no character", text, surrogate.start())
    given = dict(constraints or {})
    try:
        if format == "lark":
            return _of_lark(text, start, given, lark.Grammars(folder), numbers)
        return _of_plain_rules(text, format, start, given, numbers)
    except ConstraintSyntaxError as error:
        likely = _likely_format(text)
        if error.text != text or likely in (None, format):
            raise
        hint = f"format={format!r}; for {_NAMES[likely]} give format={likely!r}"
        raise ConstraintSyntaxError(error.message, text, error.position, expected=hint) from error


_NAMES = {"lark": "Lark's EBNF", "gbnf": "llama.cpp's GBNF", "abnf": "an RFC's ABNF"}
_HEADS = {
    "lark": re.compile(
        r"^[?!]*[A-Za-z_]\w*(?:\{[\w, ]*\})?(?:\.-?\d+)?[ \t]*:(?!:)|^%(?:import|ignore)", re.M
    ),
    "gbnf": re.compile(r"^[ \t]*[A-Za-z0-9_-]+[ \t]*::=", re.M),
    "abnf": re.compile(r"^[ \t]*[A-Za-z][A-Za-z0-9-]*[ \t]*=/?(?![=:])", re.M),
}


def _likely_format(text: str) -> Format | None:
    """The one notation in which the text has heads of rules, if there is one."""
    found = [format for format, head in _HEADS.items() if head.search(text)]
    return found[0] if len(found) == 1 else None  # type: ignore[return-value]


def _of_lark(
    text: str, start: str | None, given: dict[str, Constraint], grammars: lark.Grammars, numbers: str
) -> Grammar:
    rules, entries, within = lark.parse(text, grammars, given, start or "start")
    report = Report((*entries, *_given_entries(given)))
    source = _source(text, "lark", start, given, numbers)
    if source is not None:
        source["folder"] = grammars.texts
    if within is not None:
        return Grammar.of_marked_rules(rules, "~start", within.start(), within.marks, report, source)
    return Grammar(rules, "~start", report, source)


def _of_plain_rules(
    text: str, format: Format, start: str | None, given: dict[str, Constraint], numbers: abnf.Numbers
) -> Grammar:
    """A grammar in a notation without terminals."""
    if format == "abnf":
        given = {name.lower(): constraint for name, constraint in given.items()}
        start = start.lower() if start else start
        parsed = abnf.parse(text, numbers, frozenset(given))
    else:
        parsed = gbnf.parse(text)
    rules, places = parsed
    named = [name for name in rules if "~" not in name]
    first = start or ("root" if format == "gbnf" else named[0])
    if first not in rules:
        raise ConstraintSyntaxError(
            f"there is no rule {first!r} to start from{did_you_mean(first, named)}",
            text,
            0,
            expected="a rule of that name, or start=",
        )
    core = abnf.core_names() if format == "abnf" else frozenset[str]()
    _bind(rules, given, text, places, core)
    for name in core - _reached(rules, [first, *(rules.keys() - core)]):
        rules.pop(name, None)
    report = [ReportEntry("", f"{format} grammar")]
    report += [ReportEntry(name, "rule") for name in named if name not in core]
    report += _given_entries(given)
    return Grammar(rules, first, Report(tuple(report)), _source(text, format, start, given, numbers))


def _bind(
    rules: dict[str, Body],
    given: dict[str, Constraint],
    text: str,
    places: Mapping[str, int],
    core: Collection[str],
) -> None:
    """Put the given constraints in place of their names; complain of names that are not there.

    `places`: where each name stands first in the text. `core`: rules that the notation defines, which a
    constraint may replace.
    """
    known = [name for name in rules if "~" not in name]
    used = {atom for body in rules.values() for atom in atoms(body) if isinstance(atom, str)}
    for name in given:
        is_in_prose = name + abnf.GIVEN in used
        if name not in used and not is_in_prose:
            if name in rules and name not in core:
                break
            raise ConstraintSyntaxError(
                f"constraints= has {name!r}, which the grammar does not use{did_you_mean(name, known)}",
                text,
                0,
            )
        if name in rules and name in core:
            del rules[name]
        elif name in rules and not is_in_prose:
            break
    else:
        name = ""
    if name:
        raise ConstraintSyntaxError(
            f"{name!r} is given as a constraint and defined too", text, places.get(name, 0)
        )

    def bound(atom: Atom, user: str) -> Atom:
        if not isinstance(atom, str):
            return atom
        if atom in rules:
            return atom
        if (wanted := atom.removesuffix(abnf.GIVEN)) in given:
            return given[wanted]
        raise ConstraintSyntaxError(
            f"there is no rule {atom!r}, which {user.partition('~')[0]!r} uses"
            f"{did_you_mean(atom, [*known, *given])}",
            text,
            places.get(atom, 0),
            expected="a rule of that name, or a constraint in constraints=",
        )

    for name, body in list(rules.items()):
        if isinstance(body, Repeat):
            rules[name] = Repeat(bound(body.atom, name), body.low, body.high)
        else:
            rules[name] = tuple(tuple(bound(atom, name) for atom in row) for row in body)


def _reached(rules: Mapping[str, Body], names: Iterable[str]) -> set[str]:
    """The rules of these names and all that they use."""
    reached = set(names)
    todo = list(reached)
    while todo:
        for atom in atoms(rules[todo.pop()]):
            if isinstance(atom, str) and atom not in reached:
                reached.add(atom)
                todo.append(atom)
    return reached


def _given_entries(given: Mapping[str, Constraint]) -> list[ReportEntry]:
    return [ReportEntry(name, "constraint", "exact", "given by the caller") for name in given]


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
        "folder": None,
    }


@suggests_keywords()
def grammar_file(name: str, start: str | None = None) -> Grammar:
    """The ready grammar of this name ("json", "sqlite-select", ...), from `grammars/`.

    Compiled once a process. Raises ConstraintError, with the names there are, where there is no such one.
    """
    of_type("name", name, str, "a str")
    of_type("start", start, (str, type(None)), "a str")
    return _grammar_file(name, start)


@lru_cache(maxsize=64)
def _grammar_file(name: str, start: str | None) -> Grammar:
    found = library_text(name)
    if found is None:
        raise missing(name)
    text, format = found
    return grammar(text, format, start)  # type: ignore[arg-type]
