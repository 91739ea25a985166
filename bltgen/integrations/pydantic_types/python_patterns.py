r"""Regular expressions that Python's `re` compiles: the common part of its syntax.

Literal characters, `.`, anchors, escapes, classes (`[^a-z0-9_\d]`, with the ranges a-z, A-Z and 0-9), groups
`(...)` and `(?:...)`, lookahead, alternatives, repeats greedy and lazy, and a flag at the beginning. Left
out: names and backreferences of groups, lookbehind, conditionals, other ranges, which are errors in the wrong
place.

>>> python_patterns().accepts(rb"^[a-z]+\d{2,10}(?:x|y)*?$"), python_patterns().accepts(b"a(b")
(True, False)
"""

from __future__ import annotations

from functools import cache

from bltgen.automata.language import Language
from bltgen.constraints.grammar import grammar
from bltgen.constraints.json_schema.embedding import embedded

__all__ = ["python_patterns"]

_GRAMMAR = r"""
root        ::= ("(?" [ims] ")")? either
either      ::= sequence ("|" sequence)*
sequence    ::= part*
part        ::= atom repeat? | anchor
atom        ::= [^\\^$.*+?()[{|] | "." | escape | class | "(" "?:"? either ")"
anchor      ::= "^" | "$" | "\\" [bBAZ] | "(?" [=!] either ")"
escape      ::= "\\" ([dDwWsSntrfv] | [\\^$.*+?()[\]{}|] | "/" | "-" | "x" hex hex | "u" hex hex hex hex)
hex         ::= [0-9A-Fa-f]
class       ::= "[" "^"? member+ "]"
member      ::= "a-z" | "A-Z" | "0-9" | [^\\\]\[^&~|-] | "\\" [dDwWsSntrfv\\^\]\[-]
repeat      ::= ([*+?] | "{" number "}" | "{" number ",}" | "{" range "}") "?"?
range       ::= [0-9] "," [1-9] [0-9] | ascending
number      ::= [0-9] [0-9]? [0-9]?
"""
_ASCENDING = "ascending ::= " + " | ".join(f'"{digit}," [{digit}-9]' for digit in range(10))


@cache
def python_patterns() -> Language:
    """The patterns."""
    return embedded(grammar(_GRAMMAR + _ASCENDING, format="gbnf"))
