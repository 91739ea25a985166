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


def _pieces(text: str) -> list[str]:
    return text.split()


_SAME_ESCAPES = _pieces(r"""
    \d \D \w \W \s \S \d \w \b \B \n \r \t \f \v \0 \. \* \+ \? \^ \$ \( \) \{ \} \[ \] \| \\ \/ \x41
    \x6b \u0061 \u212A \u017f \u03b0 \u1fd3
""")
_ESCAPES = {
    "python": _pieces(r"""
    \A \Z \- \_ \101 \07 \U0001F600 \a \1 \é \! \p{Lu} \P{L} (?(1)b|k) (?(1)a) (?(n)a|b)
"""),
    "ecma262": _pieces(r"""
    \u{61} \u{1F600} \u{00000010428} \ud83d\ude00 \ud83d \ude00 \cJ \ck \p{Lu} \P{Lu} \p{Ll}
    \P{Script=Greek} \p{scx=Grek} \p{IDS} \p{AHex} \p{gc=Nd} \p{ASCII} \p{Any} \P{Any}
    \p{Uppercase_Letter} \p{White_Space} \1 \1 \2 \k<n> \k<é>
"""),
}
_ESCAPES = {dialect: [*_SAME_ESCAPES, *own] for dialect, own in _ESCAPES.items()}
_ESCAPES["python"] += ["\\ ", r"\N{DIGIT ONE}"]
_BAD = {
    "python": _pieces(r"""
    \y \9 \8 \777 \x4 \u12 \q \k<n> (?<n>a) (?P<1>a) \400 (?P=n) (?P=q) (?P>n) (?P<n> (?i (?z) (?i)
    (?-i) (?a-i:b) (?L) (?(1) a** x*++ [b-a] [\d-z] [a-\w] [] [^] {2} a{2,1} (?# \Q (?-i:a (?au:b)
    (?i-i:b) (?i-:b) (?(2)a|b) (?(n)a) (a\1) (?s-i: \N{NO} (?m-s:
"""),
    "ecma262": _pieces(r"""
    \- \_ \a \e \é \8 \9 \00 \01 \0٣ \x4 \u12 \u{110000} \u{} \c \c1 \k \k<q> \p \pL \p{ \p{Lx} \p{lu}
    \p{^Lu} \p{Script} \p{Greek} \p{sc=greek} \p{gc=Grek} \p{IDSU} \p{InGreek} \p{General_Category}
    \p{L&} \p{Lu=} \p{=Lu} \P \p{Block=Greek} \p{Script:Greek} { } ] {2} {,2} x{,2} x{2 x{2, x{2,1}
    (?=a)* (?!a)? (?<=a)+ (?<!a){2} ^* $? \b+ \B{2} a** a+++ a*+ a?? a??? (?>a) (?#a) (?P<n>a) (?P=n)
    (?<n> (?<>a) (?<1>a) (?<\u0061>b) (?<\u{62}c>b) (?<\x61>b) (?<😀>a) (?<𝒜>a) (?<\ud835\udc9c>a)
    (?<\ud835>a) (?<$>a) (?<_>a) (?<٣>a) (?<a٣>b) (?i (?i) (?^a) (?(1)a) [b-a] [\d-a] [a-\d] [\d-\w]
    [\B] [\k] [\1] [\cé] [\c] [\00] [\u{}] [\p{x}] [\p{Lu}-z] [ [a [^ [z-\ \99 (? [\ude00-\ud83d] [😀-a]
    [\ud83d\ude00-\ud83d\ude05] [\ud83d-\ude00] \A \Z \G
"""),
}
_BAD["ecma262"] += [r"\p{ Lu}", "(?<n n>a)", "(?<_\u200d>a)"]
_SAME_ITEMS = _pieces(r"a b A-Z a-c k ſ é 0-9 - ^ [ ﬅ \b \- \] ΐ")
_CLASS_ITEMS = {
    "python": _SAME_ITEMS,
    "ecma262": [
        *_SAME_ITEMS,
        *_pieces(r"( $ \ud83d\ude00 😀-😂 \u{10400}-\u{10427} \ud83d \cJ \0 } { | . ı-ſ"),
    ],
}
_QUANTIFIERS = _pieces("* + ? *? +? ?? {2} {0,2} {1,3}? {2,} {0} {1} {0,1}?")
_GROUPS = {
    "python": _pieces("( (?: (?P<n> (?P<m> (?= (?! (?<= (?<! (?> (?i: (?s-i: (?a: (?x:"),
    "ecma262": _pieces("( ( (?: (?<n> (?<é> (?<m> (?= (?! (?<= (?<!"),
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
