"""Host names and e-mail addresses as languages.

- `hostname`: RFC 1123, section 2.1: labels of letters, digits and inner hyphens, at most 63 bytes each and
  253 in all. Where A-labels are understood (drafts 7 and later), `xn--` must begin a valid one.
- `email`: `Mailbox` of RFC 5321, section 4.1.2, address literals included; `idn_email`: the same with the
  characters of RFC 6531, section 3.3. The local part has at most 64 bytes, the domain 255.

>>> hostname().accepts(b"www.example.com"), hostname().accepts(b"-www.example.com")
(True, False)
>>> email().accepts(b'"joe bloggs"@[IPv6:::1]'), idn_email().accepts("δοκιμή@παράδειγμα.δοκιμή".encode())
(True, True)
"""

from __future__ import annotations

from functools import cache

from bltgen.automata.language import ANY_BYTE, Language, concat, intersection, literal, union
from bltgen.constraints.json_format_idna import dns_hostname
from bltgen.constraints.json_format_uri import IPV4, IPV6
from bltgen.constraints.regex import pattern_language

__all__ = ["email", "hostname", "idn_email"]

_LABEL = "[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"


@cache
def hostname(checks_a_labels: bool = True) -> Language:
    """Names of ASCII labels; `checks_a_labels`: whether those that begin with `xn--` must be A-labels."""
    if checks_a_labels:
        return dns_hostname()
    return intersection(pattern_language(rf"{_LABEL}(?:\.{_LABEL})*"), ANY_BYTE.repeat(1, 253))


@cache
def email() -> Language:
    """ASCII mail boxes."""
    return _mailbox("")


@cache
def idn_email() -> Language:
    """Mail boxes with any characters beyond ASCII in the local part and in domain labels."""
    return _mailbox(r"\u0080-\U0010FFFF")


def _mailbox(further: str) -> Language:
    text = rf"[A-Za-z0-9!#$%&'*+\-/=?^_`{{|}}~{further}]+"
    quoted = rf'"(?:[ !#-\[\]-~{further}]|\\[ -~])*"'
    local = pattern_language(rf"{text}(?:\.{text})*|{quoted}")
    edge, inner = f"[0-9A-Za-z{further}]", f"[0-9A-Za-z{further}-]"
    label = f"{edge}(?:{inner}{{0,61}}{edge})?"
    domain = pattern_language(rf"{label}(?:\.{label})*")
    tagged = r"(?!IPv6:)[0-9A-Za-z-]*[0-9A-Za-z]:[!-Z^-~]+"
    address = pattern_language(
        rf"\[(?:{IPV4}|[Ii][Pp][Vv]6:{IPV6}|{tagged.replace('IPv6', '[Ii][Pp][Vv]6')})\]"
    )
    return concat(
        intersection(local, ANY_BYTE.repeat(1, 64)),
        literal(b"@"),
        union(intersection(domain, ANY_BYTE.repeat(1, 255)), address),
    )
