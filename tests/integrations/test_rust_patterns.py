"""Patterns of Rust's crate regex, beside the crate itself within pydantic."""

from __future__ import annotations

import itertools
import random

import pytest

pydantic_core = pytest.importorskip("pydantic_core")

from bltgen.integrations.pydantic_types.rust_patterns import rust_search  # noqa: E402

PATTERNS = [
    r"^[a-z&&[^b]]+$", r"^[\w--\d]$", r"^[a-c[x]]$", r"^[^a-c&&b-d]$", r"^[a-f--[bd]~~c-z]$", r"^[a^]$",
    r"^[[:alpha:]&&[^c]]$", r"^[[:^alpha:]]$", r"^[^[:^digit:]]$", r"^[]a]$", r"^[^]a]$",
    r"^[a-]$", r"^[-a]$",
    r"^[a-d&&b-e--c]$", r"(?i)^[a-c--b]$", r"(?i)^[^a&&b]$", r"^[\D&&\S]$", r"^[^\D]$", r"^[^[a]]$",
    r"^[^\d\D]?$", r"^[[a][b]c]$", r"^[a\-z]$", r"\b{start}a", r"\<a", r"a\>", r"a\b{end}",
    r"\b{start-half}a", r"a\b{end-half}", r"\ba", r"a\B", r"(?x) a b # c",
    "(?x)[ a b # ]\n ]+$", r"(?x: a )b",
    r"(?R)^.$", r"(?Rm)^a$", r"(?m)^a$", r"(?mR)$", r"(?s)^.$", r"(?i)^é$", r"^(?i:a)b$", r"(?U)^a+$",
]  # fmt: skip
CHARACTERS = [*"abcdxABC-]^1éÉ &#", "", "\n", "\r"]
THREES = ["".join(three) for three in itertools.product(CHARACTERS, repeat=3)]
TEXTS = sorted({*CHARACTERS, "ab", "Ab", "\na\n", "b\r\na\r\n", *random.Random(3).sample(THREES, 300)})


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_texts_in_which_rust_finds_a_pattern(pattern: str) -> None:
    """Sets of characters and operations on them, word boundaries, flags."""
    judge = pydantic_core.SchemaValidator(pydantic_core.core_schema.str_schema(pattern=pattern))
    language = rust_search(pattern)
    verdicts = set()
    for text in TEXTS:
        try:
            judge.validate_python(text)
            found = True
        except pydantic_core.ValidationError:
            found = False
        verdicts.add(found)
        assert language.accepts(text.encode()) == found, text
    assert verdicts == {True, False} or pattern in (r"(?mR)$", r"(?s)^.$")
