"""Pools of names, places, firms and words, drawn once from Faker and mimesis and kept in memory.

Every word is in one split alone, by a hash of its lower-case letters: what a held-out document names
never occurs as a name in training. A quarter of the names are invented (`invented_word`), so that
a model must copy what it reads and cannot remember it.
"""

from __future__ import annotations

import random
import unicodedata
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from bltgen.training.data.lexicon import WORDS

__all__ = ["Pools", "ascii_of", "invented_word", "load_pools", "split_of"]

_LOCALES = WORDS["locales"]
_NAME_LOCALES = WORDS["name_locales"]

_ONSETS = WORDS["onsets"]
_VOWELS = WORDS["vowels"]
_CODAS = WORDS["codas"] + ("",) * 12


def split_of(text: str) -> str:
    """The split that a word or a title belongs to.

    >>> {split_of(word) for word in "one two three four five six seven eight nine ten".split()} == {
    ...     "train", "held_out"}
    True
    """
    return "held_out" if zlib.crc32(ascii_of(text).lower().encode()) % 7 == 0 else "train"


def ascii_of(text: str) -> str:
    """The text without accents.

    >>> ascii_of("Łódź, Müller, Ærø")
    'Lodz, Muller, AEro'
    """
    text = text.translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "đ": "d", "Đ": "D", "ð": "d"}
    | {"þ": "th", "Þ": "Th", "ı": "i", "ə": "e", "Ə": "E", "œ": "oe", "’": "'"}
)


def invented_word(rng: random.Random, split: str, syllables: int | None = None) -> str:
    """A pronounceable word that no list holds, capitalised, of the split."""
    uniform = rng.random
    while True:
        n = syllables or 1 + int(uniform() * 3)
        word = "".join(
            _ONSETS[int(uniform() * len(_ONSETS))]
            + _VOWELS[int(uniform() * len(_VOWELS))]
            + (_CODAS[int(uniform() * len(_CODAS))] if uniform() < 0.6 else "")
            for _ in range(n)
        )
        if len(word) > 2 and split_of(word) == split:
            return word.capitalize()


@dataclass(frozen=True)
class Pools:
    """The words of one split; every list is sorted, so that a seed means the same draw everywhere."""

    split: str
    first_names: list[str]
    last_names: list[str]
    cities: list[str]
    countries: list[str]
    streets: list[str]
    companies: list[str]
    jobs: list[str]
    dishes: list[str]
    drinks: list[str]
    words: list[str]


def _usable(text: str) -> bool:
    return (
        2 < len(text) <= 26
        and all(ord(c) < 0x250 and (c.isalpha() or c in " -'.&") for c in text)
        and text[0].isalpha()
        and text[-1].isalpha()
    )


def _pool(split: str, texts: Iterable[str], *, by_word: bool = False) -> list[str]:
    found = {text.strip() for text in texts}
    return sorted(
        text
        for text in found
        if _usable(text)
        and (all(split_of(w) == split for w in text.split()) if by_word else split_of(text) == split)
    )


def _draws(source: Callable[[], str], n: int) -> set[str]:
    return {source() for _ in range(n)}


@lru_cache(maxsize=1)
def _raw() -> dict[str, set[str]]:
    """All texts of both splits. Takes a few seconds, once a process."""
    from faker import Faker
    from mimesis import Address, Finance, Food, Person, Text
    from mimesis.locales import Locale

    raw: dict[str, set[str]] = {name: set() for name in Pools.__annotations__ if name != "split"}
    for code in _LOCALES:
        locale = Locale(code)
        person, address = Person(locale, seed=1), Address(locale, seed=1)
        raw["first_names"] |= _draws(person.first_name, 1500)
        raw["last_names"] |= _draws(person.surname, 1500)
        raw["cities"] |= _draws(address.city, 1500)
        raw["streets"] |= _draws(address.street_name, 800)
    for code in _NAME_LOCALES:
        fake = Faker(code)
        fake.seed_instance(1)
        raw["first_names"] |= _draws(fake.first_name, 300)
        raw["last_names"] |= _draws(fake.last_name, 300)
    english = Locale.EN
    raw["countries"] = _draws(Address(english, seed=1).country, 3000)
    raw["companies"] = _draws(Finance(english, seed=1).company, 6000)
    raw["jobs"] = {job.lower() for job in _draws(Person(english, seed=1).occupation, 6000)}
    food = Food(english, seed=1)
    for source in (food.dish, food.fruit, food.vegetable, food.spices):
        raw["dishes"] |= _draws(source, 2000)
    raw["drinks"] = _draws(food.drink, 2000)
    raw["words"] = {w for w in _draws(Text(english, seed=1).word, 30000) if w.isalpha() and 3 < len(w) < 11}
    return raw


@lru_cache(maxsize=2)
def load_pools(split: str) -> Pools:
    """Pools of `"train"` or `"held_out"`; needs the extra `train` (Faker, mimesis)."""
    if split not in ("train", "held_out"):
        raise ValueError(f"split is {split!r}; it must be 'train' or 'held_out'")
    raw = _raw()
    by_word = ("first_names", "last_names", "words")
    return Pools(split, **{k: _pool(split, v, by_word=k in by_word) for k, v in raw.items()})
