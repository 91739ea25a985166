"""URLs as pydantic reads them in strict mode (its parser is the Rust crate url, after the WHATWG's standard).

A URL of one of the web's schemes (http, https, ws, wss, ftp, file) has `//` and a host: a name that does not
end in a number, an IPv4 or a bracketed IPv6 address. Any other scheme may go without, and its host is any
text without delimiters. What the parser would mend with a complaint (blanks, backslashes, `%` without two
digits) is left out, and so are host names that it has to decode: percent-encoded ones, `xn--` labels, and
of other scripts all but letters that IDNA keeps or merely puts into lower case.

>>> web = url(schemes=("http", "https"), max_bytes=30)
>>> [web.accepts(text) for text in (b"https://a.org/x?y#z", b"HTTP://10.0.0.1:80", b"http://1.2.3.256", b"ftp://a")]
[True, True, False, False]
>>> multi_host_url(schemes=("postgres",), host_required=True).accepts(b"postgres://u:p@a:1,b:2/db")
True
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from bltgen.automata.language import ANY_BYTE, EMPTY, EPSILON, Language, concat, literal, union
from bltgen.constraints.json_format_uri import IPV4, IPV6
from bltgen.constraints.regex import regex

__all__ = ["complete", "multi_host_url", "of_length", "url", "with_host"]

_WEB = ("http", "https", "ws", "wss", "ftp")
_PERCENT = "%[0-9A-Fa-f]{2}"
# The URL standard's code points, less noncharacters (U+FDD0 to U+FDEF, the last two of each plane).
_BEYOND = r"\u00A0-\uD7FF\uE000-\uFDCF\uFDF0-\uFFFD" + "".join(
    f"\\U{plane:04X}0000-\\U{plane:04X}FFFD" for plane in range(1, 17)
)
_COMMON = rf"A-Za-z0-9!$&'()*+,\-.;=_~{_BEYOND}"
_SEGMENTS = f"(?:/(?:[{_COMMON}:@]|{_PERCENT})*)*"
_TAIL = rf"(?:\?(?:[{_COMMON}:@/?]|{_PERCENT})*)?(?:#(?:[{_COMMON}:@/?]|{_PERCENT})*)?"
_USER = f"(?:[{_COMMON}]|{_PERCENT})*(?::(?:[{_COMMON}]|{_PERCENT})*)?@"
_PORT = "(?::0{0,9}(?:[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
# Letters of other scripts that IDNA takes as they are or in lower case.
_LETTERS = r"À-ÖØ-öø-ÿĀ-ıĴ-ŀŁ-ňŊ-žΑ-ΡΣ-Ϋά-ώА-Яа-яぁ-ゖァ-ヺ一-鿋가-힣"
_NAME = rf"[A-Za-z0-9!$&'()*+,\-.;=_~{_LETTERS}]+"


@cache
def _web_host(delimiters: str) -> Language:
    """Names and addresses of the web's schemes; names without the characters of `delimiters`."""
    names = regex(_NAME) - regex(f".*[{delimiters}].*") if delimiters else regex(_NAME)
    refused = regex(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)\.?|(?:.*\.)?[xX][nN]--.*|\.+")
    return union(names - refused, regex(IPV4), regex(rf"\[{IPV6}\]"))


@cache
def _other_host(delimiters: str) -> Language:
    """Hosts of other schemes, which are not looked into."""
    names = regex(f"(?:[{_COMMON}]|{_PERCENT})+")
    if delimiters:
        names -= regex(f".*[{delimiters}].*")
    return union(names, regex(rf"\[{IPV6}\]"))


@cache
def _web() -> Language:
    """What follows the scheme of a URL with a host."""
    authority = concat(regex(f"//(?:{_USER})?"), _web_host(""), regex(_PORT))
    found: Language = authority + regex(_SEGMENTS + _TAIL)
    return found


@cache
def _file() -> Language:
    found: Language = literal(b"//") + union(_web_host(""), EPSILON) + regex(_SEGMENTS + _TAIL)
    return found


@cache
def _other(host: str) -> Language:
    """What follows another scheme; the host is "required", "optional", or "any": not even possible, too."""
    named = concat(regex(f"//(?:{_USER})?"), _other_host(""), regex(_PORT), regex(_SEGMENTS + _TAIL))
    if host == "required":
        return named
    empty = regex(f"//(?:/(?:[{_COMMON}:@]|{_PERCENT})*)*{_TAIL}")
    rooted = regex(f"/(?:(?:[{_COMMON}:@]|{_PERCENT})+{_SEGMENTS})?{_TAIL}")
    if host == "optional":
        return union(named, empty, rooted)
    opaque = regex(f"(?:(?:[{_COMMON}:@]|{_PERCENT})(?:[{_COMMON}:@/]|{_PERCENT})*)?{_TAIL}")
    return union(named, empty, opaque, rooted)


def _scheme(names: Sequence[str]) -> Language:
    return regex(f"(?i:{'|'.join(re.escape(name) for name in names)}):", flags=re.ASCII)


def _other_schemes(schemes: tuple[str, ...] | None) -> Language:
    """Those that are none of the web's."""
    if schemes is None:
        every: Language = regex("[A-Za-z][A-Za-z0-9+.-]*:") - _scheme([*_WEB, "file"])
        return every
    others = [name for name in schemes if name not in _WEB and name != "file"]
    return _scheme(others) if others else EMPTY


@lru_cache(256)
def url(
    schemes: tuple[str, ...] | None = None,
    max_bytes: int | None = None,
    host_required: bool = False,
    default_host: bool = False,
) -> Language:
    """The URLs of these schemes (None: any), of at most so many bytes.

    `default_host`: whether pydantic puts a host where there is none, which an opaque path has no place for.
    """
    web = [name for name in _WEB if schemes is None or name in schemes]
    ways = [_scheme(web) + _web()] if web else []
    if schemes is None or "file" in schemes:
        ways.append(_scheme(["file"]) + _file())
    host = "optional" if default_host else "required" if host_required else "any"
    others = _other_schemes(schemes)
    ways += [others + _other(host)] if others is not EMPTY else []
    return _limited(union(*ways), max_bytes)


@lru_cache(256)
def multi_host_url(
    schemes: tuple[str, ...] | None = None,
    max_bytes: int | None = None,
    host_required: bool = False,
    default_host: bool = False,
) -> Language:
    """URLs that may list several hosts, each with a user and a port, separated by commas."""
    rest = regex(_SEGMENTS + _TAIL)
    user = regex(f"(?:{_USER})?") - regex(".*,.*")
    ways = []
    web = [name for name in _WEB if schemes is None or name in schemes]
    if web:
        ways.append(_scheme(web) + literal(b"//") + _hosts(user, _web_host(",")) + rest)
    others = _other_schemes(schemes)
    if others is not EMPTY:
        hosts = _hosts(user, _other_host(","))
        ways.append(others + literal(b"//") + hosts + rest)
        if default_host:  # Where there is no host, a comma in the first step of the path parts hosts.
            ways.append(others + literal(b"//") + (rest - regex("(?s:/*[^/?#]*,.*)")))
    return _limited(union(*ways), max_bytes)


def _hosts(user: Language, host: Language) -> Language:
    one = concat(user, host, regex(_PORT))
    found: Language = one + (literal(b",") + one).star()
    return found


def _limited(found: Language, max_bytes: int | None) -> Language:
    return found if max_bytes is None else found & ANY_BYTE.repeat(0, max_bytes)


@lru_cache(64)
@cache
def with_host() -> Language:
    """Texts of URLs with a host."""
    return regex(r"[^/?#]*//[^/?#]*[^/?#:@].*")


@cache
def complete() -> Language:
    """Texts of URLs with a host, a port and a path."""
    return regex(r"[^/?#]*//[^/?#]*[^/?#:@]:[0-9]+/[^?#]+.*")


def of_length(low: int, high: int | None) -> Language:
    """Texts of URLs whose normal form surely has so many characters: they are written in ASCII as they stay.

    The normal form adds a slash where there is no path, writes some characters in three and IPv6 addresses
    in one way, and leaves out a port by default and steps like `/../`.
    """
    kept = regex(r"[!#$&(-;=?-Z_a-z~%]*")
    # In the name and password of a user the signs between the parts of a URL are written in three.
    kept -= regex(r"[^/?#]*//(?:[^/?#]*[;=@][^/?#]*@|[^/?#@]*:[^/?#@]*:[^/?#@]*@).*")
    if low:
        kept -= regex(r".*(?:/\.|/%2[eE]).*|[^/]*//[^/?#]*:[0-9]*(?:[/?#].*)?")
        kept &= ANY_BYTE.repeat(low)
    return kept if high is None else kept & ANY_BYTE.repeat(0, max(0, high - 1))
