r"""Random regular expressions, well-formed and not, and texts for them.

Patterns are drawn from a grammar over the whole syntax of a dialect, then half of them are damaged (a
character or a piece is removed, doubled, replaced, put in), and some are pieces thrown together. Texts are
of the characters that patterns use and of those that case, words, spaces and line ends turn on.

>>> rng = random.Random(1)
>>> random_pattern(rng, "ecma262") != random_pattern(rng, "ecma262")
True
"""

from __future__ import annotations

import random
from typing import Literal

__all__ = ["LETTERS", "random_pattern", "random_text"]

Dialect = Literal["python", "ecma262"]

LETTERS = "aabbAB-_09 kKsSiIsſ\u212aßẞıİσςΣµμéÉǆǅ\u0390\u1fd3\u03b0\u1fe3ﬅﬆ語😀𐐀𐐨\n\r\u2028\u00a0\ufeff\u200d"
_COMMON_ESCAPES = (
    *(rf"\{letter}" for letter in "dDwWsSdwbBnrtfv0"),
    *(rf"\{letter}" for letter in ".*+?^$(){}[]|\\/"),
    *(r"\x41", r"\x6b", r"\u0061", r"\u212A", r"\u017f", r"\u03b0", r"\u1fd3"),
)
_ESCAPES = {
    "python": (
        *_COMMON_ESCAPES,
        *(r"\A", r"\Z", r"\-", r"\_", r"\101", r"\07", r"\U0001F600", r"\N{DIGIT ONE}", r"\a", r"\1"),
        *(r"\ ", r"\é", r"\!", r"\p{Lu}", r"\P{L}", "(?(1)b|k)", "(?(1)a)", "(?(n)a|b)"),
    ),
    "ecma262": (
        *_COMMON_ESCAPES,
        *(r"\u{61}", r"\u{1F600}", r"\u{00000010428}", r"\ud83d\ude00", r"\ud83d", r"\ude00", r"\cJ", r"\ck"),
        *(r"\p{Lu}", r"\P{Lu}", r"\p{Ll}", r"\P{Script=Greek}", r"\p{scx=Grek}", r"\p{IDS}", r"\p{AHex}"),
        *(r"\p{gc=Nd}", r"\p{ASCII}", r"\p{Any}", r"\P{Any}", r"\p{Uppercase_Letter}", r"\p{White_Space}"),
        *(r"\1", r"\1", r"\2", r"\k<n>", r"\k<é>"),
    ),
}
_BAD = {
    "python": (
        *(r"\y", r"\9", r"\8", r"\777", r"\x4", r"\u12", r"\q", r"\k<n>", "(?<n>a)", "(?P<1>a)", r"\400"),
        *(
            "(?P=n)",
            "(?P=q)",
            "(?P>n)",
            "(?P<n>",
            "(?i",
            "(?z)",
            "(?i)",
            "(?-i)",
            "(?a-i:b)",
            "(?L)",
            "(?(1)",
        ),
        *("a**", "x*++", "[b-a]", r"[\d-z]", r"[a-\w]", "[]", "[^]", "{2}", "a{2,1}", "(?#", r"\Q", "(?-i:a"),
        *("(?au:b)", "(?i-i:b)", "(?i-:b)", "(?(2)a|b)", "(?(n)a)", r"(a\1)", "(?s-i:", r"\N{NO}", "(?m-s:"),
    ),
    "ecma262": (
        *(
            r"\-",
            r"\_",
            r"\a",
            r"\e",
            r"\é",
            r"\8",
            r"\9",
            r"\00",
            r"\01",
            r"\0٣",
            r"\x4",
            r"\u12",
            r"\u{110000}",
        ),
        *(r"\u{}", r"\c", r"\c1", r"\k", r"\k<q>", r"\p", r"\pL", r"\p{", r"\p{Lx}", r"\p{lu}", r"\p{^Lu}"),
        *(
            r"\p{Script}",
            r"\p{Greek}",
            r"\p{sc=greek}",
            r"\p{gc=Grek}",
            r"\p{IDSU}",
            r"\p{InGreek}",
            r"\p{ Lu}",
        ),
        *(
            r"\p{General_Category}",
            r"\p{L&}",
            r"\p{Lu=}",
            r"\p{=Lu}",
            r"\P",
            r"\p{Block=Greek}",
            r"\p{Script:Greek}",
        ),
        *(
            "{",
            "}",
            "]",
            "{2}",
            "{,2}",
            "x{,2}",
            "x{2",
            "x{2,",
            "x{2,1}",
            "(?=a)*",
            "(?!a)?",
            "(?<=a)+",
            "(?<!a){2}",
        ),
        *(
            "^*",
            "$?",
            r"\b+",
            r"\B{2}",
            "a**",
            "a+++",
            "a*+",
            "a??",
            "a???",
            "(?>a)",
            "(?#a)",
            "(?P<n>a)",
            "(?P=n)",
        ),
        *(
            "(?<n>",
            "(?<>a)",
            "(?<1>a)",
            r"(?<\u0061>b)",
            r"(?<\u{62}c>b)",
            r"(?<\x61>b)",
            "(?<n n>a)",
            "(?<😀>a)",
        ),
        *(
            "(?<𝒜>a)",
            r"(?<\ud835\udc9c>a)",
            r"(?<\ud835>a)",
            "(?<$>a)",
            "(?<_\u200d>a)",
            "(?<٣>a)",
            "(?<a٣>b)",
        ),
        *(
            "(?i",
            "(?i)",
            "(?^a)",
            "(?(1)a)",
            "[b-a]",
            r"[\d-a]",
            r"[a-\d]",
            r"[\d-\w]",
            r"[\B]",
            r"[\k]",
            r"[\1]",
        ),
        *(
            r"[\cé]",
            r"[\c]",
            r"[\00]",
            r"[\u{}]",
            r"[\p{x}]",
            r"[\p{Lu}-z]",
            "[",
            "[a",
            "[^",
            "[z-\\",
            r"\99",
            "(?",
        ),
        *(
            r"[\ude00-\ud83d]",
            r"[😀-a]",
            r"[\ud83d\ude00-\ud83d\ude05]",
            r"[\ud83d-\ude00]",
            r"\A",
            r"\Z",
            r"\G",
        ),
    ),
}
_CLASS_ITEMS = {
    "python": (
        "a",
        "b",
        "A-Z",
        "a-c",
        "k",
        "ſ",
        "é",
        "0-9",
        "-",
        "^",
        "[",
        "ﬅ",
        r"\b",
        r"\-",
        r"\]",
        "\u0390",
    ),
    "ecma262": (
        *(
            "a",
            "b",
            "A-Z",
            "a-c",
            "k",
            "ſ",
            "é",
            "0-9",
            "-",
            "^",
            "[",
            "ﬅ",
            r"\b",
            r"\-",
            r"\]",
            "\u0390",
            "(",
            "$",
        ),
        *(
            r"\ud83d\ude00",
            "😀-😂",
            r"\u{10400}-\u{10427}",
            r"\ud83d",
            r"\cJ",
            r"\0",
            "}",
            "{",
            "|",
            ".",
            "ı-ſ",
        ),
    ),
}
_QUANTIFIERS = ("*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,3}?", "{2,}", "{0}", "{1}", "{0,1}?")
_GROUPS = {
    "python": (
        "(",
        "(?:",
        "(?P<n>",
        "(?P<m>",
        "(?=",
        "(?!",
        "(?<=",
        "(?<!",
        "(?>",
        "(?i:",
        "(?s-i:",
        "(?a:",
        "(?x:",
    ),
    "ecma262": ("(", "(", "(?:", "(?<n>", "(?<é>", "(?<m>", "(?=", "(?!", "(?<=", "(?<!"),
}


def random_pattern(rng: random.Random, dialect: Dialect) -> str:
    """A pattern of the dialect, or nearly so."""
    kind = rng.random()
    if kind < 0.1:
        pieces = [*_BAD[dialect], *_ESCAPES[dialect], *_GROUPS[dialect], *_QUANTIFIERS, *")))|ab]"]
        return "".join(rng.choices(pieces, k=rng.randint(1, 5)))
    pattern = _drawn(rng, dialect, rng.randint(0, 4))
    if dialect == "python" and rng.random() < 0.1:
        pattern = (
            rng.choice(("(?i)", "(?m)", "(?s)", "(?x)", "(?a)", "(?im)", "(?#c)", "(?x) (?i)")) + pattern
        )
    if kind < 0.55:
        return pattern
    for _ in range(rng.choice((1, 1, 2))):
        pattern = _damaged(rng, dialect, pattern)
    return pattern


def _drawn(rng: random.Random, dialect: Dialect, depth: int) -> str:
    kind = rng.randrange(12) if depth else rng.randrange(5)
    if kind <= 1:
        return rng.choice(LETTERS if rng.random() < 0.5 else "ab.AkS") if rng.random() < 0.95 else ""
    if kind == 2:
        return rng.choice(_ESCAPES[dialect])
    if kind == 3:
        return _class(rng, dialect)
    if kind == 4:
        return rng.choice(("^", "$", r"\b", r"\B", ".", "a", "b"))
    if kind <= 7:
        return _drawn(rng, dialect, depth - 1) + _drawn(rng, dialect, depth - 1)
    if kind == 8:
        return f"{_drawn(rng, dialect, depth - 1)}|{_drawn(rng, dialect, depth - 1)}"
    body = _drawn(rng, dialect, depth - 1)
    if kind <= 10:
        return f"{rng.choice(_GROUPS[dialect])}{body})"
    opening = rng.choice(("(?:", "(?:", "("))
    quantifier = rng.choice(_QUANTIFIERS)
    if dialect == "python" and rng.random() < 0.15:
        quantifier = quantifier.rstrip("?") + "+" if len(quantifier) > 1 else quantifier + "+"
    return f"{opening}{body}){quantifier}" if len(body) > 1 else body + quantifier


def _class(rng: random.Random, dialect: Dialect) -> str:
    items = rng.choices((*_CLASS_ITEMS[dialect], *_ESCAPES[dialect], *LETTERS), k=rng.randint(1, 3))
    return f"[{rng.choice(('', '', '^'))}{''.join(items)}]"


def _damaged(rng: random.Random, dialect: Dialect, pattern: str) -> str:
    at = rng.randrange(len(pattern) + 1)
    kind = rng.randrange(4)
    if kind == 0:
        return pattern[:at] + pattern[at + 1 :]
    if kind == 1:
        return pattern[:at] + rng.choice("()[]{}|?*+\\^$-,:=!<>0123Padkp#im ") + pattern[at:]
    piece = rng.choice((*_BAD[dialect], *_QUANTIFIERS, *_ESCAPES[dialect]))
    return pattern[:at] + piece + pattern[at + (kind == 2) :]


def random_text(rng: random.Random, pattern: str) -> str:
    """A short text, often of characters of the pattern."""
    letters = [char for char in pattern if char not in "()[]{}|?*+\\^$" and not "\ud800" <= char <= "\udfff"]
    return "".join(
        rng.choice(letters) if letters and rng.random() < 0.5 else rng.choice(LETTERS)
        for _ in range(rng.choice((0, 1, 1, 2, 2, 3, 4, 6)))
    )
