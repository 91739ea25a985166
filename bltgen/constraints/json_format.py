"""The formats of JSON Schema as languages of the decoded string, by draft.

`format_language(name, draft)` is the language of a format that the draft defines, None for any other,
which is an annotation. Judged by the official suite's `optional/format` and by the checkers that Python's
`jsonschema` uses; where those differ the suite counts (leap seconds, no dot at the end of a host name).

| format | since | source |
|---|---|---|
| date-time | 3 | RFC 3339, leap seconds at the end of a month |
| date, time | 7 (3) | RFC 3339, years 0001 to 9999; in draft 3 a time is hh:mm:ss |
| duration, uuid | 2019-09 | RFC 3339 Appendix A; RFC 4122, any version |
| email, idn-email | 3, 7 | RFC 5321 Mailbox, RFC 6531 |
| hostname, idn-hostname | 4 (host-name in 3), 7 | RFC 1123, A-labels since 7; RFC 5890 to 5893 |
| ipv4, ipv6 | 4 (ip-address in 3), 3 | RFC 2673, RFC 4291 |
| uri, uri-reference, iri, iri-reference | 3, 6, 7, 7 | RFC 3986, RFC 3987 |
| uri-template | 6 | RFC 6570 |
| json-pointer, relative-json-pointer | 6, 7 | RFC 6901; without index manipulation |
| regex | 3 | ECMA-262, see `json_format_regex` |
| color | 3 | CSS 2.1 names, #rgb, #rrggbb |

>>> date = format_language("date")
>>> date.accepts(b"2024-02-29"), date.accepts(b"2023-02-29"), format_language("date", "4") is None
(True, False, True)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from bltgen.automata.language import Language
from bltgen.constraints import json_format_host as host
from bltgen.constraints import json_format_time as times
from bltgen.constraints import json_format_uri as uris
from bltgen.constraints.json_format_idna import idn_hostname
from bltgen.constraints.json_format_regex import ecma_regex
from bltgen.constraints.regex import pattern_language

__all__ = ["DRAFTS", "format_language", "formats"]

DRAFTS = ("3", "4", "6", "7", "2019-09", "2020-12")
"""The drafts, oldest first."""

_POINTER = "(?:/(?:[^/~]|~[01])*)*"
_COLOURS = (
    "aqua|black|blue|fuchsia|gray|green|lime|maroon|navy|olive|orange|purple|red|silver|teal|white|yellow"
)


@cache
def uuid() -> Language:
    """Hexadecimal digits in groups of 8, 4, 4, 4 and 12, in either case, of any version."""
    return pattern_language("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@cache
def json_pointer() -> Language:
    """RFC 6901."""
    return pattern_language(_POINTER)


@cache
def relative_json_pointer() -> Language:
    """A number of levels up, then a pointer or `#`."""
    return pattern_language(f"(?:0|[1-9][0-9]*)(?:#|{_POINTER})")


@cache
def color() -> Language:
    """CSS 2.1, section 4.3.6, without `rgb()`."""
    return pattern_language(f"(?i:{_COLOURS})|#[0-9A-Fa-f]{{3}}|#[0-9A-Fa-f]{{6}}")


def _plain_hostname() -> Language:
    return host.hostname(False)


_Table = dict[str, Callable[[], Language]]

_DRAFT_3: _Table = {
    "color": color,
    "date": times.date,
    "date-time": times.date_time,
    "email": host.email,
    "host-name": _plain_hostname,
    "ip-address": uris.ipv4,
    "ipv6": uris.ipv6,
    "regex": ecma_regex,
    "time": times.local_time,
    "uri": uris.uri,
}
_DRAFT_4: _Table = {
    "date-time": times.date_time,
    "email": host.email,
    "hostname": _plain_hostname,
    "ipv4": uris.ipv4,
    "ipv6": uris.ipv6,
    "regex": ecma_regex,
    "uri": uris.uri,
}
_DRAFT_6: _Table = {
    **_DRAFT_4,
    "json-pointer": json_pointer,
    "uri-reference": uris.uri_reference,
    "uri-template": uris.uri_template,
}
_DRAFT_7: _Table = {
    **_DRAFT_6,
    "date": times.date,
    "hostname": host.hostname,
    "idn-email": host.idn_email,
    "idn-hostname": idn_hostname,
    "iri": uris.iri,
    "iri-reference": uris.iri_reference,
    "relative-json-pointer": relative_json_pointer,
    "time": times.time,
}
_DRAFT_2019: _Table = {**_DRAFT_7, "duration": times.duration, "uuid": uuid}
_TABLES: dict[str, _Table] = dict(
    zip(DRAFTS, (_DRAFT_3, _DRAFT_4, _DRAFT_6, _DRAFT_7, _DRAFT_2019, _DRAFT_2019), strict=True)
)


def formats(draft: str = "2020-12") -> tuple[str, ...]:
    """The names of the formats that `draft` defines. Raises ValueError for an unknown draft."""
    if draft not in _TABLES:
        raise ValueError(f"unknown draft {draft!r}; known: {', '.join(DRAFTS)}")
    return tuple(_TABLES[draft])


def format_language(name: str, draft: str = "2020-12") -> Language | None:
    """The decoded strings of a format, in UTF-8; None where `draft` does not define the format.

    Raises ValueError for an unknown draft.
    """
    if draft not in _TABLES:
        raise ValueError(f"unknown draft {draft!r}; known: {', '.join(DRAFTS)}")
    make = _TABLES[draft].get(name)
    return None if make is None else make()
