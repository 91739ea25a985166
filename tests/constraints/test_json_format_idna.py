"""Internationalised names: code points against the `idna` package, each rule by its cases, every state."""

from __future__ import annotations

import unicodedata

import pytest

from bltgen.automata.language import INFINITE, Language, literal
from bltgen.constraints.json_format_idna import (
    _adapted,
    _alike,
    _combining,
    _digits_to_end,
    _InName,
    _Name,
    _nearest_completion,
    _unnormalized,
    dns_hostname,
    idn_hostname,
)
from bltgen.constraints.json_format_idna_rules import (
    LONGEST_LABEL,
    Label,
    _is_bidi,
    _is_stable,
    behaviour,
    decoded,
    is_hopeless,
    label_of,
    possible_characters,
    valid_characters,
)
from bltgen.constraints.regex_classes import contains

# -- code points -------------------------------------------------------------------------------------------


def test_code_points_are_those_of_the_idna_package() -> None:
    """PVALID of RFC 5892, but for characters that one of the two Unicode versions does not know."""
    idnadata = pytest.importorskip("idna.idnadata")
    theirs = {
        code
        for packed in idnadata.codepoint_classes["PVALID"]
        for code in range(packed >> 32, packed & 0xFFFFFFFF)
    }
    ours = {code for low, high in valid_characters() for code in range(low, high + 1)}
    different = {code for code in ours ^ theirs if unicodedata.category(chr(code)) != "Cn"}
    assert len([code for code in different if code < 0x10000]) <= 60, sorted(map(hex, different))
    assert ours & set(range(0x80)) == {0x2D, *range(0x30, 0x3A), *range(0x61, 0x7B)}


@pytest.mark.parametrize(
    ("characters", "valid", "possible"),
    [
        ("az09-", True, None),
        ("AZ_.@ ", False, None),
        ("ßς་〇éबж", True, True),
        ("\u0640\u07fa\u302e\u303b", False, False),
        ("\u00b7\u0375\u05f3\u30fb\u200c\u200d\u0660\u0669\u06f0\u06f9", False, True),
        ("ÉΣſﬁ²", False, False),
        ("\u1100\u11ff\u20d0\U0001d165", False, False),
        ("一龥가힣", True, True),
        ("\u0300\u0301", True, True),
        ("\u0340\u0344", False, False),
    ],
)
def test_characters(characters: str, valid: bool, possible: bool | None) -> None:
    for character in characters:
        assert contains(valid_characters(), ord(character)) is valid, ascii(character)
        assert contains(possible_characters(), ord(character)) is bool(possible), ascii(character)


def test_characters_that_folding_leaves_alone() -> None:
    assert all(map(_is_stable, "a0-éж一"))
    assert not any(map(_is_stable, "AZÉſ²\u0378"))


# -- labels ------------------------------------------------------------------------------------------------

PLAIN = Label(False, True, 1)

LABELS: dict[str, Label | None] = {
    "a": PLAIN,
    "A": PLAIN,
    "9": Label(False, False, 1),
    "9a": Label(False, False, 2),
    "a-9": Label(False, True, 3),
    "-": None,
    "-a": None,
    "a-": None,
    "": None,
    "a_b": None,
    "ab--c": None,
    "a--b": Label(False, True, 4),
    "abc--d": Label(False, True, 6),
    "a" * 63: Label(False, True, 63),
    "a" * 64: None,
    "bücher": Label(False, True, 13),
    "xn--bcher-kva": Label(False, True, 13),
    "XN--BCHER-KVA": Label(False, True, 13),
    "xn--bcher-kv": None,
    "xn--": None,
    "xn--a": None,
    "xn--a-": None,
    "xn--x": None,
    "xn--\u00e9": None,
    "xn--99999999": None,
    "BÜCHER": None,
    "bü--a": None,
    "b-ü": Label(False, True, len("xn--b--hka")),
    "-ü": None,
    "ü-": None,
    "\u0301a": None,
    "e\u0301": None,
    "e\u0305": Label(False, True, 0),
    "q\u0301": Label(False, True, len("xn--q-wbb")),
    "אב": Label(True, True, len("xn--4dbc")),
    "א9": Label(True, True, len("xn--9-zhc")),
    "9א": Label(True, False, len("xn--9-0hc")),
    "אa": Label(True, False, len("xn--a-zhc")),
    "aא": Label(True, False, len("xn--a-0hc")),
    "l·l": Label(False, True, len("xn--ll-0ea")),
    "l·a": None,
    "a·l": None,
    "l·": None,
    "·l": None,
    "͵α": Label(False, False, len("xn--wva3j")),
    "͵a": None,
    "α͵": None,
    "א׳": Label(True, True, len("xn--4db6c")),
    "a׳": None,
    "׳א": None,
    "・ア": Label(False, False, len("xn--eckya")),
    "ア・": Label(False, False, len("xn--eckya")),
    "a・": None,
    "a・一": Label(False, True, 0),
    "\u0660\u0661": Label(True, False, 0),
    "ب\u0660": Label(True, True, 0),
    "ب\u06f0": Label(True, True, 0),
    "ب\u0660\u06f0": None,
    "ب\u06f0\u0660": None,
    "क\u094d\u200dक": Label(False, True, 0),
    "क\u200dक": None,
    "क\u094d\u200cक": Label(False, True, 0),
    "क\u200cक": None,
    "ب\u200cب": Label(True, True, 0),
    "ب\u200c": None,
    "\u200cب": None,
    "ا\u200cب": None,
    "ب\u200cا": Label(True, True, 0),
    "ب\u0650\u200c\u0650ب": Label(True, True, 0),
    "a\u200cb": None,
    "가": Label(False, True, len("xn--o39a")),
    "一" * 20: Label(False, True, 0),
    "一" * 60: None,
}  # fmt: skip


@pytest.mark.parametrize("text", LABELS)
def test_labels(text: str) -> None:
    found, expected = label_of(text), LABELS[text]
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert (found.right_to_left, found.bidi) == (expected.right_to_left, expected.bidi)
    size = len(text) if text.isascii() else 4 + len(text.encode("punycode"))
    assert found.size == size
    assert expected.size in (0, 1, size)
    if not text.isascii():
        encoded = "xn--" + text.encode("punycode").decode()
        assert decoded(encoded) == text
        assert label_of(encoded) == found


def test_the_table_is_what_the_idna_package_says() -> None:
    idna = pytest.importorskip("idna")
    for text, label in LABELS.items():
        if text.isascii():
            continue
        try:
            idna.encode(text)
            valid = True
        except idna.IDNAError:
            valid = False
        assert (label is not None and (label.bidi or not label.right_to_left)) == valid, ascii(text)


def test_hyphens_where_a_labels_have_theirs() -> None:
    assert label_of("ab--c", in_dns=True) == Label(False, True, 5)
    assert label_of("ab--c") is None


def test_what_is_no_encoding() -> None:
    assert decoded("xn--bcher-kva") == "bücher"
    for label in ("xn--", "xn--abc-", "xn--99999999", "xn--bcher-kva\u00e9", "xn--bcher--kva-"):
        assert decoded(label) is None, label


@pytest.mark.parametrize("text", LABELS)
def test_a_beginning_of_a_label_is_not_hopeless(text: str) -> None:
    """Never said of what begins a valid label; said of what the first characters rule out."""
    found = label_of(text)
    if found is not None and (found.bidi or not found.right_to_left) and text[:4].lower() != "xn--":
        for size in range(len(text) + 1):
            assert not is_hopeless(text[:size]), ascii(text[:size])


@pytest.mark.parametrize(
    ("text", "hopeless"),
    [
        ("", False),
        ("-", True),
        ("a-", False),
        ("ab--", True),
        ("a" * 63, False),
        ("a" * 64, True),
        ("\u0301", True),
        ("éA", True),
        ("A", False),
        ("9א", True),
        ("אa", True),
        ("אA", True),
        ("א9\u0660", True),
        ("ב9", False),
        ("aא", True),
        ("·", False),
        ("·é", True),
        ("é·", False),
        ("é·é", True),
        ("l·", False),
        ("l·é", True),
        ("ب\u200c", False),
        ("ب\u200c\u0650", False),
        ("ب\u200ca", True),
        ("a・b", False),
        ("a׳b", True),
        ("一" * 30, False),
        ("一" * 60, True),
    ],
)
def test_beginnings_without_hope(text: str, hopeless: bool) -> None:
    assert is_hopeless(text) is hopeless


def test_hyphens_in_dns_leave_hope() -> None:
    assert not is_hopeless("ab--", in_dns=True)


@pytest.mark.parametrize(
    ("directions", "verdict"),
    [
        ("L", True), ("R", True), ("AL", True), ("EN", False), ("AN", False), ("ON", False), ("NSM", False),
        ("L EN", True), ("L ON", False), ("L NSM", True), ("L EN NSM", True), ("L ON L", True),
        ("L R", False),
        ("L AN L", False), ("R L", False), ("R EN", True), ("R AN", True), ("R ON", False), ("R NSM", True),
        ("R ON AL", True), ("R EN AN", False), ("R EN R", True), ("AL ES CS ET BN R", True),
        ("R B R", False),
        ("L ES CS ET BN L", True), ("L B L", False), ("R AN NSM", True),
    ],
)  # fmt: skip
def test_the_bidi_rule(directions: str, verdict: bool) -> None:
    assert _is_bidi(directions.split()) is verdict


def test_characters_that_behave_alike() -> None:
    assert behaviour("b") == behaviour("c") == (False, False)
    assert behaviour("B") == (False, True)
    assert behaviour("5") == behaviour("6") == (True, False)
    for character in "-lxXnN\u00b7\u200c\u0660":
        assert behaviour(character) == (character,)
    assert behaviour("é") == behaviour("ж") == ("L", False, False, "", "")
    assert behaviour("α") == ("L", False, False, "", "Greek")
    assert behaviour("一") == ("L", False, False, "", "Han")
    assert behaviour("\u0301") == ("NSM", True, False, "T", "")
    assert behaviour("\u094d") == ("NSM", True, True, "T", "")
    assert behaviour("ب") == ("AL", False, False, "D", "")
    assert behaviour("א") == ("R", False, False, "", "Hebrew")


# -- A-labels ----------------------------------------------------------------------------------------------


def test_digits_that_end_a_character() -> None:
    """Each makes a text that decodes, one character longer than what was encoded before."""
    for body in (b"", b"a-", b"bcher-", b"bcher-k", b"a-b", b"4dbc"):
        for size in (1, 2, 3):
            for rest in list(_digits_to_end(body, size))[:50]:
                assert len(rest) == size
                (body + rest).decode("punycode")
                plain, _, _ = body.rpartition(b"-")
                assert len((body + rest).decode("punycode")) > len(plain)
    assert list(_digits_to_end(b"a-", 0)) == []
    assert b"va" in list(_digits_to_end(b"bcher-k", 2))
    assert list(_digits_to_end(b"bcher-k", 1)) == []


def whole(body: bytes) -> str | None:
    """The text of a whole encoding."""
    try:
        return body.decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return None


@pytest.mark.parametrize("text", ["ä", "äü", "bücherä", "一丁", "אב", "a", "aé一", "😀ä"])
def test_digits_are_all_that_end_a_character(text: str) -> None:
    """Those after which a whole encoding ends, and not before, of characters that a label may have."""
    encoded = text.encode("punycode")
    digits = [bytes([byte]) for byte in b"abcdefghijklmnopqrstuvwxyz0123456789"]
    for cut in range(len(encoded.rpartition(b"-")[0]) + 1, len(encoded) + 1):
        body = encoded[:cut]
        for size, rests in ((1, digits), (2, [one + two for one in digits[::5] for two in digits])):
            found = set(_digits_to_end(body, size))
            for rest in rests:
                made = whole(body + rest)
                ends = made is not None and (size == 1 or whole(body + rest[:1]) is None)
                if ends and whole(body) is not None and any(c not in text for c in whole(body) or ""):
                    continue
                possible = all(c.isascii() or contains(possible_characters(), ord(c)) for c in made or "")
                assert (rest in found) == (ends and possible), (body, rest)


def test_nothing_follows_a_character_that_no_label_has() -> None:
    for size in (1, 2):
        assert list(_digits_to_end("É".encode("punycode"), size)) == []
        assert list(_digits_to_end("é".encode("punycode"), size)) != []


def test_characters_that_may_follow() -> None:
    """Those that normalization would compose are left out, one by one."""
    following = _Name(False, 0, False, True, "e")._next_characters()
    for code, allowed in ((0x301, False), (0x304, False), (0x305, True), (0x306, False), (0x33F, True)):
        assert contains(following, code) is allowed, hex(code)
    asked = _unnormalized.cache_info()
    for name in (_Name(True, 0, False, True, "e"), _Name(False, 0, False, True, "xn--a")):
        assert contains(name._next_characters(), ord("a"))
    assert _unnormalized.cache_info() == asked, "nothing is composed in ASCII"


def test_adapting_the_bias() -> None:
    """RFC 3492, section 6.1, by the encodings of its examples."""
    assert _adapted(0, 1, True) == 0
    assert _adapted(700, 1, True) == 1
    assert _adapted(1000, 2, False) == 36 + 36 * 21 // (21 + 38)
    assert _adapted(455 * 2, 10**9, False) == 36 * 455 // (455 + 38)
    assert _adapted(456 * 2, 10**9, False) == 36 + 36 * 13 // (13 + 38)


@pytest.mark.parametrize(
    ("label", "directions", "rest"),
    [
        (b"xn--bcher-kva", "any", b""),
        (b"xn--bcher-kva", "one", b""),
        (b"xn--4dbc", "one", None),
        (b"xn--4dbc", "bidi", b""),
        (b"xn--" + b"a" * 59, "any", None),
    ],
)
def test_nearest_completions(label: bytes, directions: str, rest: bytes | None) -> None:
    found = _nearest_completion(label, directions)
    if rest is None:
        assert found is None or found != b""
    else:
        assert found == rest


@pytest.mark.parametrize("label", [b"xn--", b"xn--a", b"xn--bcher-k", b"xn--bcher-kv", b"xn--b"])
def test_completions_make_labels(label: bytes) -> None:
    rest = _nearest_completion(label, "any")
    assert rest is not None
    assert 0 < len(rest) <= 4
    assert label_of((label + rest).decode()) is not None


# -- names ---------------------------------------------------------------------------------------------------

NAMES = {
    "a": "di",
    "a.b.c": "di",
    "9.9": "di",
    "a.": "",
    ".a": "",
    "a..b": "",
    "": "",
    "A.B": "di",
    "ab--c.d": "d",
    "bücher.example": "i",
    "bücher。example": "i",
    "bücher．example｡com": "i",
    "a。b": "i",
    "xn--bcher-kva.xn--bcher-kva": "di",
    "xn--4dbc.a": "di",
    "xn--4dbc.9": "d",
    "9.xn--4dbc": "d",
    "אב.9": "",
    "e\u0305": "i",
    "ae\u0305x.o\u030d": "i",
    "אב.a": "i",
    "9.אב": "",
    "9א.אב": "",
    "a.9": "di",
    "l·l.é": "i",
    "a" * 63 + ".a": "di",
    "a" * 64 + ".a": "",
    "e\u0301": "",
    "ß": "i",
    "É": "",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str) -> None:
    assert dns_hostname().accepts(name.encode()) is ("d" in NAMES[name])
    assert idn_hostname().accepts(name.encode()) is ("i" in NAMES[name])


@pytest.mark.parametrize("make", [dns_hostname, idn_hostname])
@pytest.mark.parametrize(
    "name", ["ab-9.a", "xn--bcher-kva.a", "bü.é", "אב1.ב", "a" * 60 + "bcd", "l·l", "ア・"]
)
def test_states_on_the_way_lead_on(make: object, name: str) -> None:
    """Each allowed byte leads to a state from which its completion ends a name, of the length it says."""
    language: Language = make()  # type: ignore[operator]
    state = language.start()
    for byte in name.encode():
        following = {b: s for b in state.allowed if (s := state.advance(b)) is not None}
        assert len(following) == len(state.allowed)
        for after in [following[b] for b in list(following)[:: max(1, len(following) // 3)]]:
            assert after.shortest < INFINITE
        done = state.completion()
        assert len(done) == state.shortest
        if byte not in following:
            return
        state = following[byte]
    assert state.accepting


@pytest.mark.parametrize(
    ("label", "same"),
    [
        ("", ""),
        ("a", "a"),
        ("ab", "ab"),
        ("abc", "aac"),
        ("a-c", "aac"),
        ("ab--c", "aa--c"),
        ("xabc", "aaac"),
        ("xn-a", "aa-a"),
        ("xn--abc", "xn--abc"),
        ("XN--abc", "XN--abc"),
        ("xn", "xn"),
        ("xn-", "xn-"),
        ("9bc", "0ac"),
        ("aBc", "AAc"),
        ("9B-", "AA-"),
        ("bü", "bü"),
        ("abcd-ef", "aaaaaaf"),
    ],
)
def test_labels_with_the_same_future(label: str, same: str) -> None:
    assert _alike(label) == same
    if len(label) == 5:
        assert label_of(label, True) == label_of(same, True)


def test_what_normalization_forbids() -> None:
    assert ord("\u0301") in _unnormalized("e")
    assert ord("\u0301") not in _unnormalized("q")
    assert ord("\u0323") in _unnormalized("q\u0301")
    assert "\u0301" in _combining()
    assert "a" not in _combining()
    assert list(_combining()) == sorted(set(_combining()))
    # What is moved though nothing is composed of it, and what is composed though it is never moved.
    assert ord("\u0316") in _unnormalized("a\u0305")
    assert ord("\u09be") in _unnormalized("\u09c7")


@pytest.mark.parametrize("in_dns", [True, False])
def test_a_dot_follows_a_label_alone(in_dns: bool) -> None:
    for label in ("", "-", "a-", "-a", "xn--", "a" * 64):
        name = _Name(in_dns, 0, False, True, label)
        assert name.accepting is False
        assert name.after(".") is None
    after = _Name(in_dns, 3, False, True, "ab").after(".")
    assert after == _Name(in_dns, 6, False, True, "")
    assert _Name(in_dns, 3, False, True, "ab").accepting is True
    assert _Name(in_dns, 0, False, True, "9").after(".") == _Name(in_dns, 2, False, in_dns, "")


def test_a_right_to_left_label_makes_a_name_bidi_throughout() -> None:
    hebrew = _Name(False, 0, False, True, "א").after(".")
    assert hebrew == _Name(False, len("xn--4db") + 1, True, True, "")
    for label, fits in (("a", True), ("א", True), ("9", False), ("אa", False)):
        assert _Name(False, 8, True, True, label).accepting is fits, label
    assert _Name(False, 8, False, False, "א").accepting is False
    assert _Name(False, 8, False, False, "9").accepting is True


def test_prefixes_are_compared_by_what_they_are() -> None:
    one, two = _Name(False, 3, False, True, "a"), _Name(False, 3, False, True, "a")
    assert one == two
    assert hash(one) == hash(two)
    for other in (
        _Name(True, 3, False, True, "a"), _Name(False, 4, False, True, "a"), _Name(False, 3, True, True, "a"),
        _Name(False, 3, False, False, "a"), _Name(False, 3, False, True, "b"), "a",
    ):  # fmt: skip
        assert one != other
    inside = _InName(one, b"\xc3", literal(b"\xa9"))
    assert inside == _InName(two, b"\xc3", literal(b"\xa9"))
    assert hash(inside) == hash(_InName(two, b"\xc3", literal(b"\xa9")))
    assert inside != _InName(two, b"\xc3", literal(b"\xa8"))
    assert inside != _InName(two, b"\xc4", literal(b"\xa9"))
    assert inside != one
    assert (inside.accepting, inside.longest, one.longest) == (False, INFINITE, INFINITE)
    assert inside.shortest == 1
    assert _Name(False, 250, False, True, "a").accepting
    assert _Name(False, 252, False, True, "a").accepting
    assert not _Name(False, 253, False, True, "a").accepting
    assert _Name(False, 253, False, True, "").shortest == INFINITE
    for in_dns in (True, False):
        assert contains(_Name(in_dns, 250, False, True, "a")._next_characters(), ord("."))
        assert not contains(_Name(in_dns, 251, False, True, "a")._next_characters(), ord(".")), "no room"
    assert LONGEST_LABEL == 63


# -- what may follow, by its definition ------------------------------------------------------------------

CODES = [
    *range(0x20, 0x180),
    *(*range(0x300, 0x345), 0x34F, *range(0x370, 0x390), 0x3B1, 0x3C2, *range(0x5D0, 0x5D6), 0x5F3),
    *(0x627, 0x628, 0x650, 0x660, 0x669, 0x6F0, 0x6F9, 0x915, 0x94D, 0x1100, 0x1820, 0x200C, 0x200D),
    *(0x3041, 0x3099, 0x30A2, 0x30FB, 0x3400, 0x4DBF, 0x4E00, 0x6000, 0x7000, 0x8000, 0x9FA5, 0xAC00),
    *(0xB000, 0xD7A3, 0x10000, 0x10330, 0x1F600, 0x20000, 0x22000, 0x2A6DF, 0x30000, 0x10FFFF),
]
BESIDE = [
    (False, 0, False, True, ""),
    (False, 0, False, True, "e"),
    (False, 0, False, True, "か"),
    (False, 0, False, True, "l·"),
    (False, 0, False, True, "א"),
    (False, 0, True, True, ""),
    (False, 0, False, False, "a"),
    (False, 245, False, True, "éa"),
    (False, 251, False, True, "a"),
    (False, 0, False, True, "xn--b"),
    (False, 0, False, True, "xn--" + "b" * 57 + "-"),
    *((False, 0, False, True, "aé一が" * 4 + "一" * more) for more in (2, 12, 20)),
    *((False, 0, False, True, "é" * n) for n in (45, 52, 53, 54, 57)),
    (True, 0, False, True, ""),
    (True, 0, False, True, "ab"),
    *((True, 0, False, True, "a" * n) for n in (42, 43, 44, 61, 62, 63)),
    (True, 245, False, True, "abc"),
]


@pytest.mark.parametrize("prefix", BESIDE, ids=ascii)
def test_what_may_follow_is_what_can_be_completed(prefix: tuple[bool, int, bool, bool, str]) -> None:
    """Of all kinds of characters, near the longest label too; and what normalization leaves as it is."""
    name = _Name(*prefix)
    following = name._next_characters()
    for code in CODES:
        character = chr(code)
        after = name.after(character)
        possible = after is not None and after.shortest < INFINITE
        if name.in_dns:
            possible = possible and character.isascii()
        elif not name.label.startswith("xn--") and character != ".":
            both = name.label + character
            possible = possible and unicodedata.normalize("NFC", both) == both
        elif character == ".":
            possible = possible and name.accepting
        assert contains(following, code) is possible, hex(code)
    dots = [contains(following, ord(dot)) for dot in ".。．｡"]
    assert len(set(dots[1:])) == 1
    assert dots[1] is (dots[0] and not name.in_dns)


def test_completions_of_a_labels_are_the_nearest_within_four_bytes() -> None:
    """Against all endings of one and two bytes; up to the longest label, and no further."""
    letters = [bytes([byte]) for byte in b"-0123456789abcdefghijklmnopqrstuvwxyz"]
    for label in ("xn--", "xn--b", "xn--bcher-kv", "xn--4db", "xn--a-", "xn--l8", "xn--99"):
        endings = [b"", *letters, *(one + two for one in letters for two in letters)]
        made = [rest for rest in endings if label_of(label + rest.decode()) is not None]
        found = _nearest_completion(label.encode(), "any")
        if found is not None and len(found) <= 2:
            assert found in made
        assert not made or (found is not None and len(found) == len(made[0])), label
    whole = ("xn--" + ("é" * 53).encode("punycode").decode()).encode()
    for cut in (1, 2, 3):
        label = whole[:-cut]
        found = _nearest_completion(label, "any")
        assert found is None or len(label + found) <= LONGEST_LABEL
    longest = next(
        text
        for n in range(60)
        if len(text := "xn--" + ("é" * n).encode("punycode").decode()) == LONGEST_LABEL
    )
    assert _nearest_completion(longest.encode(), "any") == b""
    assert _nearest_completion(longest[:-1].encode(), "any") is not None
    assert _nearest_completion(longest.encode() + b"a", "any") is None


def test_directions_of_a_completion() -> None:
    """`one`: left to right; `bidi`: by the Bidi rule; `any`: either, but not right to left against it."""
    for label, one, bidi, either in (
        (b"xn--bcher-kva", True, True, True),
        (b"xn--4dbc", False, True, True),
        (b"xn--a-zhc", False, False, False),
        (b"xn--" + "͵α".encode("punycode"), True, False, True),
    ):
        assert label_of(label.decode()) is not None
        found = {how: _nearest_completion(label, how) == b"" for how in ("one", "bidi", "any")}
        assert found == {"one": one, "bidi": bidi, "any": either}, label
