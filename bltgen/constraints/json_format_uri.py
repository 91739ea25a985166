"""URIs, IRIs, IP addresses and URI templates as languages, rule by rule after their RFCs.

RFC 3986 (URI), RFC 3987 (IRI), RFC 6570 (URI template), RFC 2673 and 4291 (addresses). A host may be any
`reg-name`, so `http://999.999.999.999/` is a URI; an IPv6 literal must be a real address. Operators that
RFC 6570 only reserves are not in the templates.

>>> uri().accepts(b"https://example.org/a%20b?q=1#top"), uri().accepts(b"https://example.org/a b")
(True, False)
>>> ipv6().accepts(b"1::d6:192.168.0.1"), uri_template().accepts(b"/find{?q,lang:2}")
(True, True)
"""

from __future__ import annotations

from functools import cache

from bltgen.automata.language import Language
from bltgen.constraints.regex import pattern_language

__all__ = ["ipv4", "ipv6", "iri", "iri_reference", "uri", "uri_reference", "uri_template"]

_OCTET = "(?:[0-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5])"
IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"

_GROUP = "[0-9A-Fa-f]{1,4}"
_LAST_32 = f"(?:{_GROUP}:{_GROUP}|{IPV4})"
IPV6 = "(?:" + "|".join(
    [f"(?:{_GROUP}:){{6}}{_LAST_32}", f"::(?:{_GROUP}:){{5}}{_LAST_32}"]
    + [f"(?:(?:{_GROUP}:){{0,{n}}}{_GROUP})?::(?:{_GROUP}:){{{4 - n}}}{_LAST_32}" for n in range(5)]
    + [f"(?:(?:{_GROUP}:){{0,5}}{_GROUP})?::{_GROUP}", f"(?:(?:{_GROUP}:){{0,6}}{_GROUP})?::"]
) + ")"  # fmt: skip

_PERCENT = "%[0-9A-Fa-f]{2}"
_UNRESERVED = r"A-Za-z0-9\-._~"
_DELIMITERS = r"!$&'()*+,;="
# RFC 3987, section 2.2: the last two code points of each plane are no characters.
_UCS = r"\u00A0-\uD7FF\uF900-\uFDCF\uFDF0-\uFFEF" + "".join(
    f"\\U000{plane:X}{'1000' if plane == 0xE else '0000'}-\\U000{plane:X}FFFD" for plane in range(1, 0xF)
)
_PRIVATE = r"\uE000-\uF8FF\U000F0000-\U000FFFFD\U00100000-\U0010FFFD"


def _reference(further: str, private: str) -> tuple[str, str]:
    """Patterns of an absolute identifier and of a relative reference; `further` characters are unreserved."""
    plain = _UNRESERVED + further + _DELIMITERS
    segment = f"(?:[{plain}:@]|{_PERCENT})"
    segments = f"(?:/{segment}*)*"
    host = rf"(?:\[(?:{IPV6}|[vV][0-9A-Fa-f]+\.[{_UNRESERVED}{_DELIMITERS}:]+)\]|(?:[{plain}]|{_PERCENT})*)"
    authority = f"(?:(?:[{plain}:]|{_PERCENT})*@)?{host}(?::[0-9]*)?"
    rooted = f"//{authority}{segments}|/(?:{segment}+{segments})?"
    tail = rf"(?:\?(?:[{plain}:@/?{private}]|{_PERCENT})*)?(?:#(?:[{plain}:@/?]|{_PERCENT})*)?"
    absolute = rf"[A-Za-z][A-Za-z0-9+\-.]*:(?:{rooted}|{segment}+{segments})?{tail}"
    relative = f"(?:{rooted}|(?:[{plain}@]|{_PERCENT})+{segments})?{tail}"
    return absolute, relative


@cache
def ipv4() -> Language:
    """Four decimal octets without leading zeros."""
    return pattern_language(IPV4)


@cache
def ipv6() -> Language:
    """An IPv6 address, `::` and a dotted last part included; no zone."""
    return pattern_language(IPV6)


@cache
def uri() -> Language:
    """`URI` of RFC 3986."""
    return pattern_language(_reference("", "")[0])


@cache
def uri_reference() -> Language:
    """`URI-reference` of RFC 3986."""
    return pattern_language("|".join(_reference("", "")))


@cache
def iri() -> Language:
    """`IRI` of RFC 3987."""
    return pattern_language(_reference(_UCS, _PRIVATE)[0])


@cache
def iri_reference() -> Language:
    """`IRI-reference` of RFC 3987."""
    return pattern_language("|".join(_reference(_UCS, _PRIVATE)))


@cache
def uri_template() -> Language:
    """`URI-Template` of RFC 6570, without the operators that it reserves for later."""
    literal = rf"(?:[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~{_UCS}{_PRIVATE}]|{_PERCENT})"
    character = f"(?:[A-Za-z0-9_]|{_PERCENT})"
    variable = rf"{character}(?:\.?{character})*(?::[1-9][0-9]{{0,3}}|\*)?"
    return pattern_language(rf"(?:{literal}|\{{[+#./;?&]?{variable}(?:,{variable})*\}})*")
