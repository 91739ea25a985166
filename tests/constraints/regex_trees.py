"""Regular expressions' trees as short texts, so that a test can show all that is in one."""

from __future__ import annotations

import re

from bltgen.constraints.regex_classes import Ranges
from bltgen.constraints.regex_syntax import (
    Alternation,
    Assertion,
    Atomic,
    Backreference,
    Characters,
    Conditional,
    Group,
    Look,
    Node,
    Repetition,
    Sequence,
    Text,
)

FLAGS = {"i": re.I, "s": re.S, "m": re.M, "x": re.X, "a": re.A, "u": re.U}


def flags_of(letters: str) -> int:
    """The flags of `re` that the letters stand for."""
    return sum(int(FLAGS[letter]) for letter in letters)


def shown(node: Node) -> str:
    r"""All fields of all nodes.

    >>> from bltgen.constraints.regex_parser import parse
    >>> shown(parse(r"ab(?:[c\n]|x*?)(?=y)").root)
    "('ab' ([x0A c] | [x]{0,inf}?@12) (?=[y])@15)"
    """
    if isinstance(node, Characters):
        return f"[{ranges(node.ranges)}]"
    if isinstance(node, Text):
        return ascii(node.text)
    if isinstance(node, Sequence):
        return f"({' '.join(map(shown, node.parts))})"
    if isinstance(node, Alternation):
        return f"({' | '.join(map(shown, node.parts))})"
    if isinstance(node, Repetition):
        most = "inf" if node.high is None else node.high
        return f"{shown(node.body)}{{{node.low},{most}}}{'?' * node.lazy}@{node.position}"
    if isinstance(node, Group):
        return f"<{node.number}: {shown(node.body)}>"
    if isinstance(node, Atomic):
        return f"(?>{shown(node.body)})@{node.position}"
    if isinstance(node, Look):
        kind = ("" if node.ahead else "<") + ("!" if node.negative else "=")
        return f"(?{kind}{shown(node.body)})@{node.position}"
    if isinstance(node, Assertion):
        return f"<{' '.join(filter(None, [node.kind, ranges(node.line_ends), ranges(node.word)]))}>"
    if isinstance(node, Conditional):
        return f"(?({node.number}){shown(node.yes)} : {shown(node.no)})@{node.position}"
    assert isinstance(node, Backreference)
    return f"\\{node.group}@{node.position}"


def ranges(pairs: Ranges) -> str:
    """The ranges of a set: ASCII letters and digits as they are, others by their code points."""
    return " ".join(_code(low) if low == high else f"{_code(low)}-{_code(high)}" for low, high in pairs)


def _code(point: int) -> str:
    char = chr(point)
    return char if char.isascii() and char.isalnum() else f"x{point:02X}"


def short(value: object) -> str:
    """The name of a parametrized test."""
    return ascii(value)[:40]
