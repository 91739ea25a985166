"""Grammars in three notations, and the ready ones.

In reading order: `entry` (the front door), `lark` (with `lark_syntax`, `terminal_patterns`), `gbnf`,
`abnf`, `bodies` (flat bodies, without recursion), `library` (the files of `grammars/`).
"""

from bltgen.constraints.grammar.entry import grammar, grammar_file
from bltgen.constraints.grammar.library import grammar_names

__all__ = ["grammar", "grammar_file", "grammar_names"]
