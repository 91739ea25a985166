r"""Regular expressions as constraints: `regex(pattern)` admits exactly what the pattern matches.

>>> phone = regex(r"(?:\+\d{1,3} )?\(\d{3}\) \d{3}-\d{4}", flags=re.ASCII)
>>> phone.accepts(b"+1 (555) 010-9999"), phone.start().shortest
(True, 14)
>>> regex(r"^(?=.*\d)(?!.*(.)(.)?!).{4,8}$").accepts(b"passw0rd")
True

What is read, in both dialects: all of literals, `.`, classes with ranges and escapes, groups (named
ones too), alternation, quantifiers greedy and lazy, `^ $ \b \B`, lookahead and lookbehind of any length
and anywhere, `\d \w \s` and `\p{...}`, the flags i, m, s inline and scoped. In the `python` dialect also
`\A \Z \z`, atomic groups, possessive quantifiers, conditionals, the flags a, u, x, `\N{...}`, and bytes
patterns (`rb"\xFF..."`), whose `.` and classes are bytes. A str pattern describes UTF-8 text: characters
are Unicode scalar values, and a lone surrogate matches nothing.

What is refused, each with its position:

| construct | error | why |
|---|---|---|
| a backreference that may match text: `(a)\1 (?P=name) \k<name>` | Unsupported | not regular |
| a conditional in the repeat or lookaround of its group, or before it | Unsupported | state between rounds |
| an atomic or possessive repeat of what may be empty | Unsupported | engines differ |
| an atomic or possessive repeat inside a lookbehind | Unsupported | engines differ |
| the LOCALE flag | Unsupported | depends on the machine |
| a pattern, nesting or count beyond `Limits` | LimitExceeded | |
| anything malformed | ConstraintSyntaxError | |
| a pattern that nothing matches | EmptyLanguage | (no position) |

Where dialects and engines differ: `python` is the `re` module's meaning as of 3.14, in which `\B`
matches in an empty text; `$` matches before a last line feed, case is ignored as `re` does it (simple
folding), and lookbehinds may be of any length, as in the `regex` module. `ecma262` is ECMAScript's in
Unicode mode (the flag `u`), taken and refused as the standard of 2025 says: `\d` and `\w` are ASCII's, `$`
matches at the very end only, `.` excludes four line ends, a backreference to a group that is not set
matches the empty text. Engines before 2025 lack modifiers `(?i:...)` and groups of one name in different
alternatives. Characters and properties are those of the Unicode version of the installed `regex` module
(`python`: of Python itself, but for `\p{...}`); another engine may have another.

Cost: reading a pattern is linear in it; nothing is determinised before it is read. Whether anything matches
is known at once for patterns without lookarounds and `\b`, else searched for.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from bltgen.arguments import of_type, one_of, shown, suggests_keywords
from bltgen.automata.contract import Report, ReportEntry
from bltgen.automata.description import record, register
from bltgen.automata.language import ANY_BYTES, Language
from bltgen.automata.limits import bounded_by
from bltgen.automata.lookaround import chain
from bltgen.automata.lookaround_automaton import language_of
from bltgen.automata.named import Named
from bltgen.automata.recipe import source_key
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.regex_lowering import lowered
from bltgen.constraints.regex_parser import PREFERENCES, Dialect, Parsed, parse
from bltgen.constraints.regex_preference import without_atomic_groups, without_conditionals
from bltgen.errors import EmptyLanguage, LimitExceeded

__all__ = ["pattern_language", "regex"]

Mode = Literal["fullmatch", "search"]


@suggests_keywords()
def regex(
    pattern: str | bytes | re.Pattern[Any],
    dialect: Dialect = "python",
    flags: int = 0,
    mode: Mode = "fullmatch",
) -> Language:
    """The language of a regular expression, or of one that `re.compile` made, with its flags.

    `mode`: the whole text matches ("fullmatch"), or some part of it does ("search", the meaning of JSON
    Schema's `pattern`). `flags`: of the `re` module, among I, S, M, X, A, U.

    Raises ConstraintSyntaxError, Unsupported or LimitExceeded, with the position in the pattern; and
    EmptyLanguage where nothing matches (`pattern_language` gives the empty language then).
    """
    of_type("flags", flags, int, "an int, such as re.I | re.S,")
    source: str | bytes
    if isinstance(pattern, re.Pattern):
        source, flags = pattern.pattern, flags | pattern.flags & ~re.U
    else:
        of_type("pattern", pattern, (str, bytes), "str or bytes")
        source = pattern
    one_of("mode", mode, ("fullmatch", "search"))
    one_of("dialect", dialect, ("python", "ecma262"))
    language, description, parsed = _read(source, dialect, flags, mode)
    if _is_known_empty(language):
        raise EmptyLanguage(f"nothing matches the regular expression {shown(source)}")
    return Named(language, description, _report(parsed))


def pattern_language(
    pattern: str | bytes,
    dialect: Dialect = "python",
    flags: int = 0,
    mode: Mode = "fullmatch",
    *,
    loose: bool = False,
) -> Language:
    """As `regex`, but the bare term, empty where nothing matches: a part of what another front end reads.

    `loose`: ECMAScript's syntax with the liberties that schemas rely on; see `regex_ecma`.
    """
    return _read(pattern, dialect, flags, mode, loose)[0]


@bounded_by(source_key)
def _read(
    pattern: str | bytes, dialect: Dialect, flags: int, mode: Mode, loose: bool = False
) -> tuple[Language, dict[str, Any], Parsed]:
    parsed = parse(pattern, dialect, flags, loose=loose)
    source = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    root = parsed.root
    if any(construct in PREFERENCES for _, construct in parsed.constructs):
        root = without_atomic_groups(without_conditionals(root, source))
    expression = lowered(root, is_bytes=parsed.is_bytes)
    if mode == "search":
        text = ANY_BYTES if parsed.is_bytes else UTF8_TEXT
        expression = chain([text, expression, text])
    description = {
        "kind": "regex",
        "pattern": source,
        "bytes": parsed.is_bytes,
        "dialect": dialect,
        "flags": int(flags),
        "mode": mode,
        "loose": loose,
    }
    return record(language_of(expression), description), description, parsed


def _is_known_empty(language: Language) -> bool:
    """Whether nothing matches: a question of its own. Beyond the limits it is left to whoever asks next."""
    try:
        return language.is_empty()
    except LimitExceeded:
        return False


def _report(parsed: Parsed) -> Report:
    entries = [ReportEntry(f"offset {offset}", construct) for offset, construct in parsed.constructs]
    return Report((ReportEntry("", "regex"), *entries))


def _rebuild(source: dict[str, Any]) -> Language:
    pattern = source["pattern"].encode("latin-1") if source["bytes"] else source["pattern"]
    options = source["dialect"], source["flags"], source["mode"], source.get("loose", False)
    language, description, parsed = _read(pattern, *options)
    return Named(language, description, _report(parsed))


register("regex", _rebuild)
