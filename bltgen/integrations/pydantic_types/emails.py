"""E-mail addresses as pydantic reads them (its judge is the package email-validator, without looking at DNS).

In ASCII: a local part of up to 64 characters in words with dots between, and a domain of labels whose last is
no number and none of the names that are reserved. Addresses beyond ASCII are left out.

>>> [email().accepts(text) for text in (b"ada@example.org", b"a..b@c.de", b"ada@localhost")]
[True, False, False]
>>> name_email().accepts(b"Ada Lovelace <ada@example.org>")
True
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

from bltgen.automata.language import ANY_BYTE, Language, concat, literal
from bltgen.constraints.regex import regex

__all__ = ["email", "name_email"]

_WORD = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _reserved() -> list[str]:
    """The names, and ends of names, that email-validator refuses; without it, the best known."""
    try:
        return list(import_module("email_validator").SPECIAL_USE_DOMAIN_NAMES)
    except ImportError:
        return ["arpa", "invalid", "local", "localhost", "onion", "test"]


@cache
def email() -> Language:
    """An address alone."""
    local = regex(rf"{_WORD}(?:\.{_WORD})*") & ANY_BYTE.repeat(1, 64)
    labels = regex(rf"(?:{_LABEL}\.)+[A-Za-z](?:[A-Za-z0-9-]{{0,61}}[A-Za-z0-9])?")
    # The third and fourth character are hyphens in names that are encoded.
    encoded = regex(r"(?:.*\.)?..--.*")
    reserved = "|".join(re.escape(name) for name in _reserved())
    domain = (labels - encoded - regex(f"(?i:.*\\.(?:{reserved}))", flags=re.ASCII)) & ANY_BYTE.repeat(0, 253)
    found: Language = concat(local, literal(b"@"), domain) & ANY_BYTE.repeat(0, 254)
    return found


@cache
def name_email() -> Language:
    """An address, alone or in angle brackets after a name."""
    name = regex(r" *[A-Za-z0-9À-ÖØ-öø-ÿ](?:[A-Za-z0-9À-ÖØ-öø-ÿ.'_-]| (?! ))* ")
    found: Language = email() | concat(name, literal(b"<"), email(), literal(b">"))
    return found
