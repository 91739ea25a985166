"""A long list of texts is the union of its texts, whatever they share."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bltgen.automata.language import literal, union
from bltgen.automata.word_list import words

TEXTS = st.lists(st.text("ab\u00e9", max_size=12).map(str.encode), max_size=200)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 100))
def test_words_are_the_union_of_literals(texts: list[bytes], more: int) -> None:
    """Sharing beginnings changes nothing of the language."""
    texts += [b"a" * n for n in range(more)]
    assert words(texts).equivalent(union(*[literal(text) for text in texts]))


def test_a_byte_of_a_long_list_takes_few_derivatives() -> None:
    """After the first byte of ten thousand numbers, ten alternatives are left, not a thousand."""
    language = words([b"%d" % n for n in range(10_000)])
    assert len(language.derivative(ord("1")).parts) <= 12
