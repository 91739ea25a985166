"""The ready grammars: the examples in their heads, and random texts of each read by an outside judge."""

from __future__ import annotations

import ast
import base64
import csv
import datetime
import email.headerregistry
import io
import ipaddress
import json
import random
import re
import sqlite3
import struct
import sys
import warnings
import wave
import xml.etree.ElementTree
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

import bltgen
from bltgen.constraints.grammar import grammar_file, grammar_names
from bltgen.constraints.grammar.library import library_text
from bltgen.errors import ConstraintError

LIBRARIES = {"common", "unicode"}
GRAMMARS = [name for name in grammar_names() if name not in LIBRARIES]
DRAWS = 60


def examples(name: str) -> tuple[list[bytes], list[bytes]]:
    """The `accepts:` and `rejects:` lines of a grammar's head, each a Python literal."""
    found = library_text(name)
    assert found is not None
    lines = re.findall(r"^(?://|;) (accepts|rejects): (.+)$", found[0], re.M)
    assert all(line[:2] in ("//", "; ") for line in found[0].splitlines()[: len(lines)])
    values = [(kind, ast.literal_eval(text)) for kind, text in lines]
    encoded = [(kind, value if isinstance(value, bytes) else value.encode()) for kind, value in values]
    return [v for kind, v in encoded if kind == "accepts"], [v for kind, v in encoded if kind == "rejects"]


@pytest.mark.parametrize("name", GRAMMARS)
def test_examples_in_the_head(name: str) -> None:
    """Each file opens with texts that it accepts and rejects, several of both."""
    accepted, rejected = examples(name)
    assert len(accepted) >= 1 and len(rejected) >= 2 and len(accepted) + len(rejected) >= 4  # noqa: PT018
    constraint = grammar_file(name)
    for text in accepted:
        assert constraint.accepts(text), text
    for text in rejected:
        assert not constraint.accepts(text), text


def test_the_list_is_complete() -> None:
    """All promised grammars are there, and have a judge or a reason to have none."""
    assert set(GRAMMARS) == set(JUDGES)
    assert bltgen.grammar_file("sqlite-select") is grammar_file("sqlite-select")


def test_an_unknown_name() -> None:
    """The error lists the names there are; a path is no name."""
    for name in ("nothing", "../pyproject", "json.lark", ""):
        with pytest.raises(ConstraintError, match="sqlite-select"):
            grammar_file(name)


# -- judges: each raises where its text is not what the grammar says it is -----------------------------


def judge_jsonl(data: bytes) -> None:
    for line in data.decode().removesuffix("\n").split("\n"):
        json.loads(line)


def judge_csv(data: bytes) -> None:
    rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    again = io.StringIO()
    csv.writer(again, quoting=csv.QUOTE_ALL).writerows(row or [""] for row in rows)
    assert grammar_file("csv").accepts(again.getvalue().encode())


def judge_uri(data: bytes) -> None:
    parts = urlsplit(data.decode("ascii"))
    assert parts.scheme.lower() == data.decode().partition(":")[0].lower()
    match = re.fullmatch(r"([^:/?#]+):(//([^/?#]*))?([^?#]*)(\?([^#]*))?(#(.*))?", data.decode())
    assert match is not None
    host = (match[3] or "").rpartition("@")[2]
    if host.startswith("[") and not host.lower().startswith("[v"):
        ipaddress.IPv6Address(host[1 : host.index("]")])


def judge_email(data: bytes) -> None:
    address = email.headerregistry.Address(addr_spec=data.decode("ascii"))
    assert address.domain


SEMVER = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)"
    r"(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?",
    re.ASCII,
)
"""The regular expression that semver.org suggests."""


def judge_semver(data: bytes) -> None:
    assert SEMVER.fullmatch(data.decode())


def judge_rfc3339(data: bytes) -> None:
    text = data.decode().upper()
    if text.startswith("0000"):
        text = "2000" + text[4:]
    datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))


def judge_iso8601(data: bytes) -> None:
    for part in data.decode().split("/"):
        if part.startswith("P"):
            assert re.fullmatch(
                r"P(?=.)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+([.,]\d+)?S)?)?)", part
            )
            continue
        date, _, time = part.partition("T") if not re.match(r"\d\d:", part) else ("", "", part)
        if re.fullmatch(r"\d{4}-?\d{3}", date):
            year, day = int(date[:4]) or 2000, int(date[-3:])
            assert (datetime.date(year, 1, 1) + datetime.timedelta(day - 1)).year == year
        elif date:
            datetime.date.fromisoformat(("2000" + date[4:]) if date.startswith("0000") else date)
        if time:
            clock = re.sub(r"^24", "00", re.sub(r"[.,]\d+", "", time))
            datetime.time.fromisoformat(
                re.sub(r"([+-]\d\d)$", r"\g<1>00" if ":" not in clock else r"\1:00", clock)
            )


def judge_arithmetic(data: bytes) -> None:
    ast.parse(data.decode().strip(), mode="eval")


def judge_python(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ast.parse(data.decode(), mode="eval")


def judge_markdown(data: bytes) -> None:
    lines = data.decode().split("\n")[:-1]
    bars = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in lines]
    assert len(lines) >= 2
    assert len(set(bars)) == 1


def judge_xml(data: bytes) -> None:
    xml.etree.ElementTree.fromstring(data)


DATABASE = sqlite3.connect(":memory:")


def judge_sqlite(data: bytes) -> None:
    """Names that no table has are no errors of syntax."""
    complaint = ""
    try:
        DATABASE.execute("EXPLAIN " + data.decode())
    except sqlite3.Error as error:
        complaint = str(error)
    unread = ("syntax error", "unrecognized token", "incomplete input", "malformed", "one statement")
    assert not any(word in complaint for word in unread), complaint


def judge_graphql(data: bytes) -> None:
    pytest.importorskip("graphql").parse(data.decode())


SAN = re.compile(r"([NBKRQ])?([a-h])?([1-8])?[\-x]?([a-h][1-8])(=?[nbrqkNBRQK])?[\+#]?")
"""python-chess's pattern of a move."""


def judge_chess(data: bytes) -> None:
    for word in data.decode().split(" "):
        castle = re.fullmatch(r"O-O(-O)?[+#]?", word)
        other = re.fullmatch(r"\d+\.|1-0|0-1|1/2-1/2|\*", word)
        assert castle or other or SAN.fullmatch(word), word


def judge_utf8(data: bytes) -> None:
    data.decode("utf-8")


def judge_msgpack(data: bytes) -> None:
    pytest.importorskip("msgpack").unpackb(data, strict_map_key=False, use_list=False, timestamp=0)


def judge_cbor(data: bytes) -> None:
    stream = io.BytesIO(data)
    cbor2 = pytest.importorskip("cbor2")
    cbor2.CBORDecoder(stream).decode()
    assert not stream.read()


def judge_protobuf(data: bytes) -> None:
    empty = pytest.importorskip("google.protobuf.empty_pb2").Empty()
    empty.ParseFromString(data)


def judge_png(data: bytes) -> None:
    at, names = 8, []
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        at += length + 12
        names.append(name)
    assert at == len(data)
    assert (names[0], names[-1]) == (b"IHDR", b"IEND")


def judge_wave(data: bytes) -> None:
    with wave.open(io.BytesIO(data)) as sound:
        frames = sound.readframes(sound.getnframes())
        assert len(frames) == sound.getnframes() * sound.getnchannels() * sound.getsampwidth()
    assert struct.unpack("<I", data[4:8])[0] == len(data) - 8


JUDGES: dict[str, Callable[[bytes], object]] = {
    "arithmetic": judge_arithmetic,
    "cbor": judge_cbor,
    "chess": judge_chess,
    "csv": judge_csv,
    "email": judge_email,
    "graphql-query": judge_graphql,
    "iso8601": judge_iso8601,
    "json": json.loads,
    "jsonl": judge_jsonl,
    "markdown-table": judge_markdown,
    "msgpack": judge_msgpack,
    "png-chunks": judge_png,
    "protobuf": judge_protobuf,
    "python-expression": judge_python,
    "rfc3339": judge_rfc3339,
    "riff-wave": judge_wave,
    "semver": judge_semver,
    "sqlite-select": judge_sqlite,
    "uri": judge_uri,
    "utf8": judge_utf8,
    "xml-element": judge_xml,
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_samples_satisfy_an_outside_judge(name: str) -> None:
    """Random texts, short and longer ones, each within its budget and valid to a reader of the format."""
    if name in ("iso8601", "rfc3339") and sys.version_info < (3, 11):
        pytest.skip("datetime.fromisoformat reads most of ISO 8601 since Python 3.11")
    constraint, judge, rng = grammar_file(name), JUDGES[name], random.Random(7)
    shortest = constraint.start().shortest
    for draw in range(DRAWS):
        budget = shortest + rng.randrange(0, 120)
        text = constraint.sample(rng, budget)
        assert len(text) <= budget
        assert constraint.accepts(text)
        try:
            judge(text)
        except Exception as error:
            pytest.fail(f"draw {draw}: {text!r}: {error!r}")


# -- completeness: what the readers' own writers produce is accepted -------------------------------------


def values(rng: random.Random, depth: int = 3) -> object:
    """A random JSON value."""
    kind = rng.randrange(7 if depth else 5)
    if kind < 5:
        text = "".join(rng.choice('aé"\\\n😀\x1f ') for _ in range(rng.randrange(6)))
        return (None, True, rng.randrange(-(10**6), 10**6), rng.uniform(-1e9, 1e9), text)[kind]
    if kind == 5:
        return [values(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {f"k{i}": values(rng, depth - 1) for i in range(rng.randrange(4))}


def test_what_encoders_write_is_accepted() -> None:
    """json, msgpack, cbor2, csv and ast write texts that the grammars accept."""
    rng = random.Random(3)
    msgpack, cbor2 = pytest.importorskip("msgpack"), pytest.importorskip("cbor2")
    for _ in range(100):
        value = values(rng)
        for indent in (None, 2):
            assert grammar_file("json").accepts(json.dumps(value, indent=indent).encode())
            assert grammar_file("json").accepts(json.dumps(value, ensure_ascii=False).encode())
        assert grammar_file("jsonl").accepts(json.dumps(value).encode() + b"\n")
        assert grammar_file("msgpack").accepts(msgpack.packb(value))
        assert grammar_file("cbor").accepts(cbor2.dumps(value))
        table = io.StringIO()
        csv.writer(table).writerows([[json.dumps(value), rng.random(), "a,b", 'x"y\r\n'] for _ in range(3)])
        assert grammar_file("csv").accepts(table.getvalue().encode())


IPV6_PIECES = ["0", "1", "ab", "ffff", ":", ":", ":", "::", "1.2.3.4", "::1", "12345", "g"]


def test_ipv6_addresses_as_the_standard_library_reads_them() -> None:
    """RFC 3986's IPv6address against `ipaddress`, on texts near to being addresses."""
    constraint = bltgen.grammar_file("uri", start="IPv6address")
    rng = random.Random(5)
    verdicts = set()
    for _ in range(3000):
        text = "".join(rng.choice(IPV6_PIECES) for _ in range(rng.randrange(1, 16)))
        try:
            ipaddress.IPv6Address(text)
            valid = True
        except ValueError:
            valid = False
        assert constraint.accepts(text.encode()) == valid, text
        verdicts.add(valid)
    assert verdicts == {True, False}


def test_every_date_of_four_centuries() -> None:
    """Calendar, ordinal and week dates of all days from 1900 to 2300, and the days after the last."""
    iso, rfc = grammar_file("iso8601"), grammar_file("rfc3339")
    day, end = datetime.date(1900, 1, 1), datetime.date(2300, 1, 1)
    step = datetime.timedelta(1)
    while day < end:
        last_of_year = (day + step).year != day.year
        if day.day == 1 or (day + step).day == 1 or last_of_year:
            text = day.isoformat()
            assert iso.accepts(text.encode()) and rfc.accepts(f"{text}T00:00:00Z".encode())  # noqa: PT018
            following = f"{text[:8]}{day.day + 1:02}"
            assert iso.accepts(following.encode()) == (day.month == (day + step).month)
            assert rfc.accepts(f"{following}T00:00:00Z".encode()) == (day.month == (day + step).month)
        if last_of_year:
            number = day.timetuple().tm_yday
            assert iso.accepts(f"{day.year}-{number}".encode())
            assert not iso.accepts(f"{day.year}-{number + 1}".encode())
            weeks = datetime.date(day.year, 12, 28).isocalendar()[1]
            assert iso.accepts(f"{day.year}-W{weeks}-7".encode())
            assert not iso.accepts(f"{day.year}-W{weeks + 1}-1".encode())
        day += step


def test_python_names_and_numbers() -> None:
    """Names are those that are no keywords; arithmetic and Python agree on what is a number."""
    import keyword

    constraint = grammar_file("python-expression")
    for word in keyword.kwlist:
        assert constraint.accepts(word.encode()) == (word in ("None", "True", "False"))
        assert constraint.accepts(word.encode() + b"_")
    for text in ("0", "00", "1_000", "1__0", "1.", ".5", "1e5", "0x1f", "0b2", "1.5.2", "1e"):
        try:
            ast.parse(text, mode="eval")
            valid = True
        except SyntaxError:
            valid = False
        if text != "00":  # zeros before zeros are left out of the subset
            assert constraint.accepts(text.encode()) == valid, text


def test_deep_nesting() -> None:
    """The recursive formats, 10,000 deep."""
    depth = 10_000
    assert grammar_file("json").accepts(b"[" * depth + b"]" * depth)
    assert grammar_file("arithmetic").accepts(b"(" * depth + b"1" + b")" * depth)
    assert grammar_file("msgpack").accepts(b"\x91" * depth + b"\xc0")
    assert grammar_file("xml-element").accepts(b"<b>" * depth + b"</b>" * depth)
    assert not grammar_file("xml-element").accepts(b"<b>" * depth + b"</b>" * (depth - 1) + b"</i>")


def test_a_real_png() -> None:
    """A one-pixel image written by another program."""
    image = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )
    assert grammar_file("png-chunks").accepts(image)
