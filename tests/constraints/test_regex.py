"""Regular expressions against `re`, `regex` and `interegular`: exhaustive, random, and by cases."""

from __future__ import annotations

import itertools
import json
import random
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import interegular
import pytest
import regex as regex_module

from bltgen.automata.description import describe, rebuild
from bltgen.constraints.regex import pattern_language, regex
from bltgen.errors import EmptyLanguage, Unsupported

CASES = json.loads((Path(__file__).parents[1] / "cases" / "regex.json").read_text(encoding="utf-8"))
STRINGS = ["".join(t) for n in range(5) for t in itertools.product("ab-", repeat=n)]

ATOMS = ["a", "b", "[^a]", ""]
PLAIN = ["(?:{})*", "(?:{})?", "(?:{}){{2}}", "(?:{}){{1,2}}"]
ASSERTIONS = ["^", "$", r"\b"]
LOOKS = ["(?={})", "(?!{})", "(?<={})", "(?<!{})"]


def _patterns(size: int, atoms: list[str], unary: list[str], known: dict[int, list[str]]) -> list[str]:
    """All patterns of `size` nodes."""
    if size not in known:
        if size == 1:
            known[1] = list(atoms)
        else:
            found = [form.format(p) for p in _patterns(size - 1, atoms, unary, known) for form in unary]
            for left in range(1, size - 1):
                pairs = itertools.product(
                    _patterns(left, atoms, unary, known), _patterns(size - 1 - left, atoms, unary, known)
                )
                for p, q in pairs:
                    found += [f"(?:{p})(?:{q})", f"(?:{p}|{q})"]
            known[size] = found
    return known[size]


def _all_up_to(size: int, atoms: list[str], unary: list[str]) -> Iterator[str]:
    known: dict[int, list[str]] = {}
    for n in range(1, size + 1):
        yield from _patterns(n, atoms, unary, known)


def _compiled(pattern: str) -> list[Any]:
    """The pattern as `re` and as `regex` see it; `re` has no lookbehinds of varying length."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracles = [regex_module.compile(pattern)]
        try:
            oracles.append(re.compile(pattern))
        except re.error:
            if "(?<" not in pattern:
                raise
    return oracles


def _check(pattern: str, mode: str) -> None:
    oracles = _compiled(pattern)
    language = pattern_language(pattern, mode=mode)  # type: ignore[arg-type]
    accepted = set()
    for text in STRINGS:
        expected = {bool(getattr(oracle, mode)(text)) for oracle in oracles}
        assert expected == {language.accepts(text.encode())}, (pattern, mode, text)
        if True in expected:
            accepted.add(text)
    for length in range(2):
        for prefix in itertools.product("ab-", repeat=length):
            _check_state(language, oracles, mode, "".join(prefix), accepted)


def _check_state(language: Any, oracles: list[Any], mode: str, prefix: str, accepted: set[str]) -> None:
    """`allowed`, `shortest` and `completion` after a prefix, by brute force over all short strings."""
    state = language.start()
    for byte in prefix.encode():
        state = state.advance(byte)
        if state is None:
            assert not any(text.startswith(prefix) for text in accepted)
            return
    tails = [text[len(prefix) :] for text in accepted if text.startswith(prefix)]
    assert {tail[0] for tail in tails if tail} <= {chr(b) for b in state.allowed}
    if tails:
        assert state.shortest == min(map(len, tails)), (language, prefix)
    for byte in b"ab-":
        after = state.advance(byte)
        assert (after is not None) == (byte in state.allowed)
        if after is not None:
            whole = (prefix.encode() + bytes([byte]) + after.completion()).decode()
            assert all(getattr(oracle, mode)(whole) for oracle in oracles), (prefix, byte, whole)


def test_every_small_plain_regex_agrees_on_every_short_string() -> None:
    """All patterns of up to four nodes without assertions: `re`, `regex` and interegular agree with us."""
    for number, pattern in enumerate(_all_up_to(4, ATOMS, PLAIN)):
        _check(pattern, "fullmatch")
        if number % 7 == 0 and "|)" not in pattern and "(?:)" not in pattern:
            machine = interegular.parse_pattern(pattern).to_fsm()
            language = regex(pattern)
            assert all(machine.accepts(t) == language.accepts(t.encode()) for t in STRINGS), pattern


def test_every_small_regex_with_assertions_agrees_on_every_short_string() -> None:
    """All patterns of up to three nodes with anchors and lookarounds anywhere, in both modes."""
    atoms = ["a", "[^a]", *ASSERTIONS]
    for pattern in _all_up_to(3, atoms, [PLAIN[0], PLAIN[2], *LOOKS]):
        _check(pattern, "fullmatch")
        _check(pattern, "search")


def _random_pattern(rng: random.Random, depth: int) -> str:
    def sub() -> str:
        return _random_pattern(rng, depth - 1)

    kind = rng.randrange(11) if depth else 0
    if kind <= 1:
        return rng.choice(["a", "b", "-", ".", "[ab]", "[^a]", r"\w", r"\W"])
    if kind <= 3:
        return sub() + sub()
    if kind == 4:
        return f"(?:{sub()}|{sub()})"
    if kind == 5:
        return f"(?:{sub()})" + rng.choice(["*", "+", "?", "{2}", "{0,2}", "{1,3}", "*?", "+?", "??", "{2,}"])
    if kind == 6:
        return f"(?:{sub()})" + rng.choice(["*+", "++", "?+", "{1,2}+"])
    if kind == 7:
        return f"(?>{sub()})"
    if kind == 8:
        return rng.choice(["(?=", "(?!"]) + sub() + ")"
    if kind == 9:
        return rng.choice(["(?<=", "(?<!"]) + sub() + ")"
    return rng.choice([r"\b", r"\B", "^", "$", r"\A", r"\Z"])


@pytest.mark.parametrize("seed", range(4))
def test_random_regexes_agree(seed: int) -> None:
    """Deeper patterns with everything in them, atomic groups and possessive quantifiers too."""
    rng = random.Random(seed)
    checked = 0
    for _ in range(500):
        pattern = _random_pattern(rng, rng.randrange(1, 5))
        try:
            oracles = [regex_module.compile(pattern)]
        except regex_module.error:
            continue
        try:
            language = pattern_language(pattern)
        except Unsupported:
            assert "+)" in pattern or "?>" in pattern or re.search(r"[*+?}]\+", pattern)
            continue
        if re_compiled := _try_re(pattern):
            oracles = [re_compiled]
        for text in [*STRINGS[:60], "ab\n", "\n", "a\nb"]:
            if text == "" and r"\B" in pattern:
                continue
            expected = bool(oracles[0].fullmatch(text))
            assert language.accepts(text.encode()) == expected, (pattern, text)
        checked += 1
    assert checked > 300


def _try_re(pattern: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(pattern)
    except re.error:
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii(case["pattern"])[:50])
def test_cases(case: dict[str, Any]) -> None:
    """Each case says what a pattern accepts and rejects; in the python dialect `re` must agree."""
    flags = 0
    for letter in case.get("flags", ""):
        flags |= getattr(re, letter.upper())
    dialect, mode = case.get("dialect", "python"), case.get("mode", "fullmatch")
    language = pattern_language(case["pattern"], dialect, flags, mode)
    for text in case["accepts"]:
        assert language.accepts(text.encode()), text
    for text in case["rejects"]:
        assert not language.accepts(text.encode()), text
    again = rebuild(json.loads(json.dumps(describe(language))))
    for text in [*case["accepts"], *case["rejects"]]:
        assert again.accepts(text.encode()) == language.accepts(text.encode())
    if (
        dialect == "python"
        and r"\p" not in case["pattern"].lower()
        and (compiled := _try_re(case["pattern"]))
    ):
        compiled = re.compile(case["pattern"], flags)
        for text in case["accepts"] + case["rejects"]:
            assert bool(getattr(compiled, mode)(text)) == language.accepts(text.encode()), text


def test_ignoring_case_is_that_of_re() -> None:
    """Every cased letter, alone and in a class, matches what `re` says it does."""
    letters = [chr(c) for c in range(0x250) if chr(c).lower() != chr(c).upper()]
    letters += list("ſKÅςσΣΐΐᾀᾈﬅﬆıİiIµμẞß\u0345ιι")
    everything = "".join(letters)
    for letter in letters:
        language = regex(letter, flags=re.I)
        matched = set(re.findall(re.escape(letter), everything, re.I))
        assert {other for other in letters if language.accepts(other.encode())} == matched


@pytest.mark.parametrize(
    "name", ["Lu", "Ll", "Lt", "L", "Lowercase", "Script=Greek", "Cased", "Nd", "IsUpper"]
)
def test_properties_ignoring_case_are_those_of_the_module_regex(name: str) -> None:
    letters = "aAéÉßẞǅǆ\u1fd3\u0390ıİ1٣ªʰωΩ\u2126🄰_ "
    for form in (r"\p{%s}", r"\P{%s}", r"[\p{%s}]", r"[^\p{%s}]"):
        language, judge = regex(form % name, flags=re.I), regex_module.compile(form % name, re.I)
        for letter in letters:
            assert language.accepts(letter.encode()) == bool(judge.fullmatch(letter)), (form, letter)


def test_bytes_patterns() -> None:
    """A bytes pattern speaks of bytes: any value, ASCII classes, no UTF-8."""
    language = regex(rb"\x89PNG\r\n.[\x80-\xff]{2}\w")
    assert language.accepts(b"\x89PNG\r\n\x00\xff\x80a")
    assert not language.accepts(b"\x89PNG\r\n\x00\xff\x80\xe9")
    for pattern in (rb"[^\x00-\x7f]+", rb".", rb"\W\S", rb"(?i)k", rb"\xff*?x", rb"\bab\b|\D"):
        compiled, ours = re.compile(pattern), regex(pattern)
        for text in [bytes([b]) for b in range(256)] + [b"ab", b"\xff\xfex", b" \xe9", b"\n"]:
            assert ours.accepts(text) == bool(compiled.fullmatch(text)), (pattern, text)


PATTERNS = [
    r"[a-z]+(-[a-z]+)*",
    r"\d{3}-\d{4}",
    r"(?:\+\d{1,3} )?\(\d{3}\) \d{3}-\d{4}",
    r"[\w.+-]+@[\w-]+\.[a-z]{2,}",
    r"(?=.*\d)(?=.*[a-z])\S{6,10}",
    r"(?!.*--)[a-z-]{3,}",
    r"(\b\w+\b[ ,]?)+",
    r"(?>a|ab)(c|bcd)*",
    r"[^\W\d_]{2,5}(?<!xx)",
    r"(?i)select\s+\w+\s+from\s+\w+;?",
    r"(a)?b+(?(1)c|d)",
    r"\p{Lu}\p{Ll}+( \p{Lu}\p{Ll}+)*",
    r"(?:a(?=b)|b(?<=ab)|c)*",
    r"(x+x+)+y",
    r"[^ab]{0,3}.?",
    r"(?m)^a$\n^b$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_samples_match(pattern: str) -> None:
    """10,000 draws in all, each valid to an independent engine; and of chosen length."""
    language = regex(pattern)
    oracle = _try_re(pattern) or regex_module.compile(pattern)
    rng = random.Random(7)
    lengths = set()
    for _ in range(10_000 // len(PATTERNS)):
        text = language.sample(rng)
        lengths.add(len(text))
        assert oracle.fullmatch(text.decode()), text
        budget = language.start().shortest + rng.randrange(10)
        text = language.sample(rng, budget)
        assert len(text) <= budget
        assert oracle.fullmatch(text.decode()), text
    for length in sorted(lengths)[:5]:
        text = language.sample(rng, length=length)
        assert len(text) == length
        assert oracle.fullmatch(text.decode())


def test_the_report_names_every_construct() -> None:
    """What is not plain syntax is listed with its place."""
    report = regex(r"^(?=.*\d)(?<!x)\w*+(?>:)\b\p{Lu}$", flags=re.A).report()
    constructs = [entry.construct for entry in report.entries]
    assert constructs == [
        "regex",
        "^",
        "lookahead",
        "negative lookbehind",
        "possessive quantifier",
        "atomic group",
        r"\b",
        r"\p{Lu}",
        "$",
    ]
    assert all(entry.enforced == "exact" for entry in report.entries)


def test_what_a_search_for_a_bound_finds_empty_is_empty() -> None:
    """A way that turned out dead while it waited in a search is not taken for a way to the end."""
    with pytest.raises(EmptyLanguage):
        pattern_language(r"b?\W\b-").sample(random.Random(0))
    assert pattern_language(r"b?\W\b-").is_empty()


def test_a_first_byte_that_nothing_can_follow_is_not_allowed() -> None:
    state = regex(r" \b\W|").start()
    assert state.accepting
    assert not state.allowed
    assert state.advance(ord(" ")) is None


@pytest.mark.parametrize("pattern", [r"(?>.*?;b)(?!b)", r"(?>.*?;(?<!a)b)", r"(?>[^a]*?;b)(?!b).*?;b"])
def test_a_lazy_repeat_within_an_atomic_group_has_a_shortest_text(pattern: str) -> None:
    """Looking for one must not ask for itself."""
    assert regex(pattern).start().shortest == len(regex(pattern).start().completion())
