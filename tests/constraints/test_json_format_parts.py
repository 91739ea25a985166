"""Formats part by part: the bounds of dates and times, of addresses and hosts, and what "
"each draft knows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest

from bltgen.automata.language import INFINITE, Language
from bltgen.constraints import json_format as formats_module
from bltgen.constraints.json_format import (
    DRAFTS,
    color,
    format_language,
    formats,
    json_pointer,
    relative_json_pointer,
    uuid,
)
from bltgen.constraints.json_format_host import email, hostname, idn_email
from bltgen.constraints.json_format_time import _LeapSecond, date, date_time, duration, local_time, time
from bltgen.constraints.json_format_uri import (
    ipv4,
    ipv6,
    iri,
    iri_reference,
    uri,
    uri_reference,
    uri_template,
)

L63, L64 = "a" * 63, "a" * 64
HOST_253, HOST_254 = ".".join([L63] * 3 + ["a" * 61]), ".".join([L63] * 3 + ["a" * 62])

VERDICTS: list[tuple[Callable[[], Language], str, str]] = [
    (
        date,
        "0001-01-01 9999-12-31 2024-02-29 2000-02-29 2023-02-28 2023-04-30 2023-01-31 2400-02-29 "
        "2010-10-10",
        "0000-01-01 2023-02-29 1900-02-29 2100-02-29 2023-04-31 2023-00-10 2023-13-10 2023-01-00 "
        "2023-01-32 "
        "2023-1-1 02023-01-01 2023-06-31 2023-09-31 2023-11-31 2023-02-30 2024-02-30",
    ),
    (
        time,
        "00:00:00Z 23:59:59z 12:30:45.123+23:59 12:30:45-00:00 23:59:60Z 23:59:60.5z 23:59:60+00:00 "
        "00:59:60+01:00 "
        "22:59:60-01:00 23:58:60-00:01 00:00:60+00:01 23:58:60+23:59 00:00:60-23:59 23:59:60-00:00",
        "24:00:00Z 23:60:00Z 23:59:61Z 12:30Z 12:30:45 12:30:45.Z 12:30:45+24:00 12:30:45+00:60 "
        "23:58:60Z 00:59:60Z "
        "22:59:60Z 23:59:60+00:01 23:59:60-24:00 00:00:60+00:00 00:59:60-01:00 1:00:00Z",
    ),
    (
        date_time,
        "2024-02-29T12:00:00Z 2024-12-31t23:59:60z 2024-06-30T23:59:60+00:00 2025-01-01T00:59:60+01:00 "
        "2024-02-29T23:59:60Z 2023-02-28T23:59:60Z 2024-06-30T22:59:60-01:00 2024-03-01T00:00:60+00:01 "
        "1900-02-28T23:59:60Z 2000-02-29T23:59:60Z 2024-04-30T23:59:60Z",
        "2024-02-29 2024-02-29T12:00:00 2024-06-29T23:59:60Z 2024-02-28T23:59:60Z "
        "2025-01-02T00:59:60+01:00 "
        "2024-12-31T00:59:60+01:00 2024-07-01T22:59:60-01:00 2023-02-29T12:00:00Z 2000-02-28T23:59:60Z "
        "2024-04-31T23:59:60Z",
    ),
    (local_time, "00:00:00 23:59:59 12:30:45", "24:00:00 23:59:60 12:30:45Z 12:30 1:00:00 12:60:00"),
    (
        duration,
        "P1D P1M P1Y P1Y1M P1M1D P1Y1M1D PT1H PT1M PT1S PT1H1M PT1M1S PT1H1M1S P1DT1H P10W P1YT1S P00D",
        "P PT P1DT P1Y1D PT1H1S 1D P1 P1W1D P1DT1D P1H p1d P-1D P1.5D",
    ),
    (
        uuid,
        "2eb8aa08-aa98-11ea-b4aa-73b441d16380 2EB8AA08-AA98-11EA-B4AA-73B441D16380",
        "2eb8aa08-aa98-11ea-b4aa-73b441d1638 2eb8aa08-aa98-11ea-b4aa73b441d16380 "
        "2eb8aa08aa9811eab4aa73b441d16380 "
        "2eb8aa08-aa98-11ea-b4aa-73b441d1638g",
    ),
    (json_pointer, " / /a /a/b /~0~1 //", "a /~ /~2 a/"),
    (relative_json_pointer, "0 1 10/a 0# 0/", "01 # -1 0#/ /a +1 0a"),
    (color, "red RED Fuchsia #fff #FFF000", "redd #ff #ffff #ggg rgb(0,0,0) #fffff"),
    (ipv4, "0.0.0.0 255.255.255.255 1.20.30.200", "256.0.0.0 1.2.3 1.2.3.4.5 01.2.3.4 1.2.3.04 1.2.3."),
    (
        ipv6,
        ":: ::1 1:: 1:2:3:4:5:6:7:8 1::8 ::ffff:1.2.3.4 1:2:3:4:5:6:1.2.3.4 1:2:3:4:5:6:7:: "
        "::2:3:4:5:6:7:8 1:2::4:5:6:7:8",
        "1 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 1::2::3 12345:: ::g 1:2:3:4:5:6:7:1.2.3.4 "
        "1:2:3:4::5:6:7:8:9 :1 1: ::1%eth0",
    ),
    (
        uri,
        "a: http://a http://a/b?c#d urn:a:b http://[::1]:80/ http://a@b:1/ http://999.9.9.9/ a:/b "
        "a:b%20 http://[v1.a]",
        "a /a //a http://[::g] http://a/é 1a:b a:%2 http://a:b http://[1] http://a\\b",
    ),
    (uri_reference, "  a /a //a ?q #f http://a ../b a:b", "é a\\b %2 :a"),
    (iri, "http://é/ä?ö#ü http://a urn:😀 a:?\ue000", "é /é a:#\ue000 a:\ufffe"),
    (iri_reference, "é /é #é a", "\ue000 <é>"),
    (
        uri_template,
        " a {a} {a,b} {+a} {#a} {.a} {/a} {;a} {?a} {&a} {a:3} {a*} {a.b} a{b}c{d} {a%20b} {a:9999} "
        "é {?a,b:2,c*}",
        "{ } {} {a {a:0} {a:10000} {=a} {,a} {a,} {a b} {a:} {-a} \" < {.}",
    ),
    (
        hostname,
        f"a a.b 1.2 a-b xn--bcher-kva {L63}.a {HOST_253}",
        f"-a a- a_b a..b .a a. {L64}.a {HOST_254} xn--X xn--a- é",
    ),
    (
        lambda: hostname(False),
        f"a a.b 1.2 a-b xn--X {L63} {HOST_253}",
        f"-a a- a_b a..b .a a. {L64} {HOST_254} é",
    ),
    (
        email,
        f'a@b a.b@c.d !#$%&\'*+-/=?^_`{{|}}~@a "a"@b "@"@b ""@b a@[1.2.3.4] a@[IPv6:::1] a@[ipv6:::1] '
        f'a@[tag:x] '
        f'{L64}@b a@{HOST_253} "\\""@b',
        f'a @b a@ a..b@c .a@b a.@b a@b@c {L64}a@b a@b_c "a@b a@[1.2.3] a@[IPv6:g] a@[IPv6:x] é@b a@é '
        f'a@[ipV6:x] a@-b "\t"@b',
    ),
    (idn_email, "é@b a@é δοκιμή@παράδειγμα.δοκιμή é.é@é.é", "é..é@b @é é@ é@-é"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "accepted", "refused"), VERDICTS)
def test_texts(make: Callable[[], Language], accepted: str, refused: str) -> None:
    language = make()
    assert [text for text in accepted.split(" ") if not language.accepts(text.encode())] == []
    assert [text for text in refused.split(" ") if language.accepts(text.encode())] == []
    assert make() is language, "made once"


def test_texts_with_blanks() -> None:
    assert email().accepts(b'"a b"@c')
    assert not email().accepts(b"a b@c")
    assert not uri().accepts(b"a: b")
    assert color().accepts(b"Red")
    assert not date_time().accepts(b"2024-01-01 12:00:00Z")


def test_every_leap_second_of_a_day() -> None:
    """For each local minute one offset of each sign that makes it 23:59 in UTC, and no other."""
    for hour, minute in product(range(24), (0, 1, 29, 30, 58, 59)):
        for sign, side in (("+", 1), ("-", -1)):
            offset = (hour * 60 + minute - (23 * 60 + 59)) * side % 1440
            right = f"{hour:02}:{minute:02}:60{sign}{offset // 60:02}:{offset % 60:02}"
            assert time().accepts(right.encode()), right
            other = (offset + 1) % 1440
            assert not time().accepts(f"{right[:8]}{sign}{other // 60:02}:{other % 60:02}".encode())


def test_within_a_leap_second() -> None:
    for sign in ("+", "-"):
        for text, following in (
            ("", "012"),
            ("0", "0123456789"),
            ("2", "0123"),
            ("23", ":"),
            ("23:", "012345"),
            ("23:4", "0123456789"),
            ("23:5", "012345678" if sign == "+" else "0123456789"),
            ("22:5", "0123456789"),
        ):
            state = _LeapSecond(sign, text)  # type: ignore[arg-type]
            assert state._following() == following
            assert state.shortest == 14 - len(text)
            assert [bits for bits, _ in state.transitions()] == [
                1 << ord(character) for character in following
            ]
            for _, rest in state.transitions():
                assert rest.least == 13 - len(text)
        assert (state.accepting, state.longest) == (False, INFINITE)


SINCE = {
    "3": "color date date-time email host-name ip-address ipv6 regex time uri",
    "4": "date-time email hostname ipv4 ipv6 regex uri",
    "6": "date-time email hostname ipv4 ipv6 json-pointer regex uri uri-reference uri-template",
    "7": "date date-time email hostname idn-email idn-hostname ipv4 ipv6 iri iri-reference "
    "json-pointer regex "
    "relative-json-pointer time uri uri-reference uri-template",
}
SINCE["2019-09"] = SINCE["2020-12"] = SINCE["7"] + " duration uuid"


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_a_draft_knows(draft: str) -> None:
    assert sorted(formats(draft)) == sorted(SINCE[draft].split())
    for name in {name for names in SINCE.values() for name in names.split()}:
        assert (format_language(name, draft) is not None) is (name in SINCE[draft].split())


def test_drafts_differ() -> None:
    assert formats() == formats("2020-12")
    assert format_language("time", "3") is local_time()
    assert format_language("time", "7") is time()
    assert format_language("hostname", "6") is hostname(False)
    assert format_language("hostname", "7") is hostname()
    assert format_language("host-name", "3") is hostname(False)
    for ask in (lambda: formats("8"), lambda: format_language("date", "8")):
        with pytest.raises(ValueError, match="unknown draft '8'; known: 3, 4, 6, 7, 2019-09, 2020-12"):
            ask()
    assert set(formats_module.__all__) == {"DRAFTS", "format_language", "formats"}
