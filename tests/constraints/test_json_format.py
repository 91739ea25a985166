"""Formats: samples satisfy the checkers of `jsonschema`, near misses are judged alike, states are exact."""

from __future__ import annotations

import datetime
import json
import random
import re
import shutil
import subprocess
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.language import INFINITE
from bltgen.constraints.json_format import DRAFTS, format_language, formats
from bltgen.constraints.json_format_idna_rules import label_of
from bltgen.constraints.json_format_regex import _Pattern
from bltgen.constraints.json_format_time import date, date_time, time

CHECKER = jsonschema.Draft202012Validator.FORMAT_CHECKER
LEAP_SECOND = re.compile(r"\d\d:\d\d:60")
PIECES = r"""
a b 1 0 , { } ( ) (?: (?= (?<= [ [^ ] - ^ \ d w | * + ? $ . \k<n> (?<n> (?<m> \k<m> \x4 \x41 \u00 \u0041
\u{41} \u{ \d é {1,2} {2} {3,2} [a-z] \n \/ \- \1 \2 \0 \cA \c \p{L} \p{Script=Greek} 😀 \B -z z-a \W- (?<
"""
# The checkers of these want numbers without a zero in them, and variables that begin with no `%`.
SAMPLED = [
    n for n in formats() if n not in ("idn-hostname", "regex", "relative-json-pointer", "uri-template")
]
# Those of others take more: any text with an @, hyphens anywhere in a UUID, numbers with a sign in durations.
ALIKE = "date time date-time ipv4 ipv6 uri uri-reference iri iri-reference json-pointer"


# `ucschar` of RFC 3987 beyond the basic plane: one of jsonschema's judges of IRIs refuses them all.
ASTRAL = re.compile(
    "["
    + "".join(f"{chr(p << 16 | (0x1000 if p == 14 else 0))}-{chr(p << 16 | 0xFFFD)}" for p in range(1, 15))
    + "]"
)


def checks(name: str, text: str) -> bool:
    """The verdict of jsonschema's checker; Python's `re` stands for no ECMA-262, so `regex` has none."""
    return CHECKER.conforms(ASTRAL.sub("é", text) if name.startswith("iri") else text, name)


@pytest.mark.parametrize("name", SAMPLED)
def test_samples_pass_the_checker(name: str) -> None:
    """What is drawn from a format's language is what jsonschema takes for it, but for leap seconds."""
    language = format_language(name)
    assert language is not None
    rng = random.Random(name)
    for _ in range(60):
        text = language.sample(rng, language.start().shortest + rng.randrange(30)).decode()
        assert checks(name, text) or LEAP_SECOND.search(text), text


@pytest.mark.parametrize("name", ALIKE.split())
def test_near_misses_are_judged_as_the_checker_does(name: str) -> None:
    """Samples with one character changed have the checker's verdict."""
    language = format_language(name)
    assert language is not None
    rng = random.Random(name)
    for _ in range(300):
        characters = list(language.sample(rng, language.start().shortest + rng.randrange(20)).decode())
        at = rng.randrange(len(characters) + 1)
        change = rng.choice(["", "0", "9", ":", "-", "/", "a", "%", ".", "Z", "T"])
        characters[at : at + rng.randrange(2)] = change
        text = "".join(characters)
        if not LEAP_SECOND.search(text):
            assert language.accepts(text.encode()) == checks(name, text), text


@given(st.dates())
@settings(max_examples=200, deadline=None)
def test_every_date_is_a_date(day: datetime.date) -> None:
    """Each day of the calendar is accepted, the day after the last of its month is not."""
    assert date().accepts(day.isoformat().encode())
    assert date_time().accepts(f"{day.isoformat()}T00:00:00Z".encode())
    last = (day.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)
    assert not date().accepts(f"{last.isoformat()[:-2]}{last.day + 1}".encode())


@given(
    st.integers(0, 1439),
    st.sampled_from("+-"),
    st.integers(0, 1439),
    st.dates(min_value=datetime.date(2, 1, 1)),
)
@settings(max_examples=300, deadline=None)
def test_leap_seconds_are_at_midnight_in_utc(minute: int, sign: str, offset: int, day: datetime.date) -> None:
    """Second 60 is accepted exactly at 23:59 in UTC; in a date-time only on the last day of a month."""
    local = f"{minute // 60:02}:{minute % 60:02}:60{sign}{offset // 60:02}:{offset % 60:02}"
    at = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(minutes=minute)
    utc = at - datetime.timedelta(minutes=offset if sign == "+" else -offset)
    is_leap = (utc.hour, utc.minute) == (23, 59)
    assert time().accepts(local.encode()) == is_leap
    month_end = (utc + datetime.timedelta(days=1)).month != utc.month
    assert date_time().accepts(f"{day.isoformat()}T{local}".encode()) == (is_leap and month_end)
    shifted = (23 * 60 + 59 + (offset if sign == "+" else -offset)) % 1440
    assert time().accepts(f"{shifted // 60:02}:{shifted % 60:02}{local[5:]}".encode())


@pytest.mark.parametrize("name", formats())
def test_states_of_a_walk_are_exact(name: str) -> None:
    """Along a sample: `allowed` has the bytes with a live successor, `shortest` is one more than theirs."""
    language = format_language(name)
    assert language is not None
    rng = random.Random(name)
    state: Any = language.start()
    for byte in language.sample(rng, language.start().shortest + 12):
        following = [s for b in range(256) if (s := state.advance(b)) is not None]
        assert len(state.allowed) == len(following)
        assert all(s.shortest < INFINITE for s in following)
        if not state.accepting:
            assert state.shortest == 1 + min(s.shortest for s in following), state
        state = state.advance(byte)
    assert state.accepting


def test_labels_agree_with_the_idna_package() -> None:
    """Random labels of contextual, combining and right-to-left characters have the verdict of `idna`."""
    idna = pytest.importorskip("idna")
    rng = random.Random(5)
    alphabet = "alz0-é\u0301\u0300ß\u00b7\u0375\u03b1\u05d0\u05f3\u0628\u0640\u0660\u06f0\u06f9"
    alphabet += "\u094d\u0915\u200c\u200d\u30fb\u3042\u4e00"
    language = format_language("idn-hostname")
    assert language is not None
    for _ in range(300):
        label = "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 4)))
        try:
            idna.encode(label)
            valid = True
        except idna.IDNAError:
            valid = False
        found = label_of(label)
        assert (found is not None and (found.bidi or not found.right_to_left)) == valid, ascii(label)
        assert language.accepts(label.encode()) == valid, ascii(label)


def test_a_label_round_trip() -> None:
    """The A-label of every valid label is accepted as a host name, in either case."""
    idna = pytest.importorskip("idna")
    language = format_language("hostname")
    assert language is not None
    for label in ("bücher", "例え", "실례", "παράδειγμα", "اختبار", "l·l", "faß"):
        encoded = idna.encode(label)
        assert language.accepts(encoded)
        assert language.accepts(encoded.upper().replace(b"XN--", b"xn--"))
        assert not language.accepts(encoded + b"-")


@pytest.mark.skipif(shutil.which("node") is None, reason="node, the judge of ECMA-262, is not installed")
def test_patterns_agree_with_a_javascript_engine() -> None:
    """Random patterns, and samples, are in the language (with the flag u) exactly if an engine takes them."""
    from bltgen.automata.language import from_automaton

    language = from_automaton(_Pattern(True))
    rng = random.Random(3)
    pieces = PIECES.split()
    patterns = ["".join(rng.choices(pieces, k=rng.randint(1, 6))) for _ in range(2000)]
    patterns += [language.sample(rng, rng.randint(3, 25)).decode() for _ in range(200)]
    judge = (
        "const patterns = JSON.parse(require('fs').readFileSync(0));"
        "const valid = p => { try { new RegExp(p, 'u'); return true } catch { return false } };"
        "console.log(JSON.stringify(patterns.map(valid)))"
    )
    command = [shutil.which("node") or "node", "-e", judge]
    answer = subprocess.run(command, input=json.dumps(patterns), capture_output=True, text=True, check=True)
    for pattern, valid in zip(patterns, json.loads(answer.stdout), strict=True):
        assert language.accepts(pattern.encode()) == valid, pattern


def test_formats_by_draft() -> None:
    """A draft knows its own formats; others are annotations. An unknown draft is an error."""
    assert format_language("date", "4") is None
    assert format_language("host-name", "4") is None
    assert format_language("no such format") is None
    assert "uuid" not in formats("7")
    assert set(formats("2019-09")) == set(formats("2020-12"))
    assert all(format_language("ipv6", draft) is not None for draft in DRAFTS)
    for ask in (lambda: format_language("date", "5"), lambda: formats("5")):
        with pytest.raises(ValueError, match="unknown draft"):
            ask()
