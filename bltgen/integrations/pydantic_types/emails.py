"""E-mail addresses as pydantic reads them (its judge is the package email-validator, without looking at DNS).

A local part of up to 64 bytes in words with dots between, and a domain of labels whose last is none of the
names that are reserved; or a name, and the address in angle brackets. Beyond ASCII there are the small
letters of Western Europe. Left out: quoted local parts, `xn--` labels, other scripts, domains of more than
120 bytes.

>>> [email().accepts(text) for text in (b"ada@example.org", b"a..b@c.de", b"ada@localhost")]
[True, False, False]
>>> email().accepts(b"Ada Lovelace <ada@example.org>")
True
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

from bltgen.automata.language import ANY_BYTE, Language, concat, literal
from bltgen.constraints.regex import regex

__all__ = ["email"]

_LETTERS = "à-öø-ÿ"
_WORD = rf"[A-Za-z0-9!#$%&'*+\-/=?^_`{{|}}~{_LETTERS}]+"
_END = f"[A-Za-z0-9{_LETTERS}]"
_LABEL = f"{_END}(?:[A-Za-z0-9{_LETTERS}-]{{0,40}}{_END})?"


def _reserved() -> list[str]:
    """The names, and ends of names, that email-validator refuses; without it, the best known."""
    try:
        return list(import_module("email_validator").SPECIAL_USE_DOMAIN_NAMES)
    except ImportError:
        return ["arpa", "invalid", "local", "localhost", "onion", "test"]


@cache
def email() -> Language:
    """An address, alone or in angle brackets after a name."""
    address = _address()
    name = regex(r" *[A-Za-z0-9À-ÖØ-öø-ÿ](?:[A-Za-z0-9À-ÖØ-öø-ÿ'_-]| (?! ))* ")
    found: Language = address | concat(name, literal(b"<"), address, literal(b">"))
    return found


def _address() -> Language:
    local = regex(rf"{_WORD}(?:\.{_WORD})*") & ANY_BYTE.repeat(1, 64)
    labels = regex(rf"(?:{_LABEL}\.)+(?:[A-Za-z0-9][A-Za-z0-9-]{{0,40}})?[A-Za-z]")
    # The third and fourth character are hyphens in names that are encoded.
    encoded = regex(r"(?:.*\.)?..--.*")
    reserved = "|".join(re.escape(name) for name in _reserved())
    domain = (labels - encoded - regex(f"(?i:.*\\.(?:{reserved}))", flags=re.ASCII)) & ANY_BYTE.repeat(0, 120)
    found: Language = concat(local, literal(b"@"), domain)
    return found
