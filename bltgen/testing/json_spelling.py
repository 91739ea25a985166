"""Other spellings of a JSON text: the same value in other whitespace, escapes, key order and digits.

>>> respelled(b'{"a":[1,"b"]}', lambda most: 0)
b'{"a":[1,"b"]}'
>>> respelled(b'{"a":[1,"b"]}', lambda most: min(most, 1))
b' { "\\\\u0061" : [ 1.0 , "\\\\u0062" ] } '
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

__all__ = ["respelled"]

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+', re.DOTALL)
GAPS = (b"", b" ", b"\n", b"\t", b"\r\n  ")
SHORT = {
    '"': '\\"',
    "\\": "\\\\",
    "/": "\\/",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}

DrawInteger = Callable[[int], int]


def respelled(text: bytes, draw: DrawInteger, *, numbers: bool = True) -> bytes:
    """A text of the same value. `draw(n)`: an integer from 0 to n; 0 throughout leaves the text as it is.

    numbers: whether numbers may be spelled with a fraction or an exponent (in JSON Schema's draft 4,
    1.0 is no integer). Works without recursion, at any depth.
    """
    if not draw(3):
        return text
    top: list[list[bytes]] = [[]]
    stack = [(b"", top)]
    for token in TOKEN.findall(text):
        opener, parts = stack[-1]
        if token in (b"[", b"{"):
            stack.append((token, [[]]))
            continue
        if token in (b"]", b"}"):
            stack.pop()
            if opener == b"{" and len(parts) > 1:
                parts = _permuted(parts, draw)
            inside = b",".join(b"".join(part) for part in parts)
            token = opener + inside + GAPS[draw(4)] + token
            stack[-1][1][-1].append(GAPS[draw(4)] + token)
        elif token == b",":
            parts[-1].append(GAPS[draw(4)])
            parts.append([])
        elif token.startswith(b'"'):
            parts[-1].append(GAPS[draw(4)] + _string(token, draw))
        elif token[:1] in b"-0123456789" and numbers:
            parts[-1].append(GAPS[draw(4)] + _number(token, draw))
        else:
            parts[-1].append(GAPS[draw(4)] + token)
    return b"".join(top[0]) + GAPS[draw(4)]


def _permuted(parts: list[list[bytes]], draw: DrawInteger) -> list[list[bytes]]:
    rest, order = list(parts), []
    while rest:
        order.append(rest.pop(draw(len(rest) - 1) if len(rest) > 1 else 0))
    return order


def _string(token: bytes, draw: DrawInteger) -> bytes:
    """Nothing changed, all characters as \\u escapes, or one of them escaped in another way."""
    how = draw(5)
    if how == 0 or token == b'""':
        return token
    text = json.loads(token)
    if how == 1:
        return b'"' + "".join(map(_unicode_escape, text)).encode() + b'"'
    at = draw(len(text) - 1) if len(text) > 1 else 0
    spelled = [json.dumps(letter, ensure_ascii=False)[1:-1] for letter in text]
    spelled[at] = SHORT.get(text[at]) or _unicode_escape(text[at], upper=how == 3)
    return b'"' + "".join(spelled).encode() + b'"'


def _unicode_escape(letter: str, upper: bool = False) -> str:
    units = letter.encode("utf-16-be")
    pairs = [units[at : at + 2].hex() for at in range(0, len(units), 2)]
    return "".join("\\u" + (pair.upper() if upper else pair) for pair in pairs)


def _number(token: bytes, draw: DrawInteger) -> bytes:
    """The same decimal, with a longer fraction or an exponent."""
    how = draw(4)
    if how == 0 or b"e" in token.lower():
        return token
    if how == 1:
        return token + (b"0" if b"." in token else b".0")
    if how == 2:
        return token + b"E+0"
    if how == 3 and b"." not in token and token.lstrip(b"-") != b"0":
        return token + b"0e-1"
    whole, _, fraction = token.partition(b".")
    sign, digits = (b"-", whole[1:]) if whole.startswith(b"-") else (b"", whole)
    joined = (digits + fraction).lstrip(b"0") or b"0"
    return sign + joined + b"e-%d" % len(fraction)
