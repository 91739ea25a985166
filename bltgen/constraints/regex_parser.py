r"""Regular expressions, read into a syntax tree: the door to the readers of the dialects.

>>> parse("[a-c]+").root.body.ranges
((97, 99),)
>>> parse(r"\p{Lu}|(?<n>[^])", "ecma262").constructs
((0, '\\p{Lu}'),)
"""

from __future__ import annotations

from typing import Literal

from bltgen.arguments import one_of
from bltgen.constraints.regex_ecma import EcmaReader
from bltgen.constraints.regex_python import PythonReader
from bltgen.constraints.regex_reader import FLAGS, Parsed, Reader
from bltgen.errors import Unsupported

__all__ = ["PREFERENCES", "Dialect", "Parsed", "parse"]

Dialect = Literal["python", "ecma262"]

PREFERENCES = ("atomic group", "possessive quantifier", "conditional")
"""The constructs, as `Parsed.constructs` names them, that `regex_preference` rewrites."""

_LOCALE = 4
_ALLOWED = {"python": "ISMXAU", "ecma262": "ISMU"}


def parse(
    pattern: str | bytes, dialect: Dialect = "python", flags: int = 0, *, loose: bool = False
) -> Parsed:
    """The tree of a pattern. `flags` are those of `re`: I, S, M and U, of Python also X and A.

    `loose`: read ECMAScript's with the liberties that schemas rely on; see `regex_ecma`.

    Raises ConstraintSyntaxError, Unsupported or LimitExceeded.
    """
    one_of("dialect", dialect, tuple(_ALLOWED))
    flags = int(flags)
    if flags & _LOCALE:
        raise Unsupported("the LOCALE flag: what it matches depends on the machine")
    allowed = _ALLOWED[dialect]
    if unknown := flags & ~sum(FLAGS[letter.lower()] for letter in allowed):
        raise ValueError(f"flags {unknown:#x} are not among {', '.join(allowed)} of the dialect {dialect!r}")
    is_bytes = isinstance(pattern, bytes)
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    reader: Reader
    if dialect == "python":
        reader = PythonReader(text, flags, is_bytes=is_bytes)
    elif is_bytes:
        raise ValueError("a bytes pattern is read in the python dialect only")
    else:
        reader = EcmaReader(text, flags, loose=loose)
    return reader.parse()
