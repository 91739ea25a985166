"""First curriculum: copy what is there, whatever it is, into JSON strings."""

from __future__ import annotations

import random
from collections.abc import Iterator

from bltgen.training.data import things as t
from bltgen.training.data import values as v
from bltgen.training.data.document import Document, Json, Number, write
from bltgen.training.data.pools import load_pools
from bltgen.training.data.values import Draw, Sampler

__all__ = ["copy_documents"]

_ASCII = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .-_:;,/+*#@!?()&%$=<>'"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WIDE = "äöüßéèêçñåøæłśžčřğışáíóúâôîαβγδεжзийлмнпяשלוםनमस東京中文日本한글"

_NAMES = (
    ("first", "second", "third", "fourth", "fifth"),
    ("a", "b", "c", "d", "e"),
    ("line1", "line2", "line3", "line4", "line5"),
    ("one", "two", "three", "four", "five"),
)


def _ascii(d: Draw) -> str:
    n = 1 + d.below(24)
    text = "".join(d.pick(_ASCII) for _ in range(n)).strip(" ,;")
    return (
        text
        if text and text[0].isalnum() and text[-1].isalnum()
        else d.pick(_LETTERS) + text + d.pick(_LETTERS)
    )


def _long(d: Draw) -> str:
    return " ".join("".join(d.pick(_LETTERS) for _ in range(1 + d.below(9))) for _ in range(3 + d.below(12)))


def _letters(d: Draw) -> str:
    return "".join(d.pick(_LETTERS) for _ in range(2 + d.below(14)))


def _digits(d: Draw) -> str:
    return d.digits(1 + d.below(12))


def _wide(d: Draw) -> str:
    return "".join(d.pick(_WIDE if d.chance(0.3) else _LETTERS) for _ in range(2 + d.below(10)))


def _invented(d: Draw) -> str:
    return " ".join(d.word() for _ in range(1 + d.below(3)))


def _words(d: Draw) -> str:
    return " ".join(v.word(d) for _ in range(1 + d.below(5)))


# fmt: off
_SAMPLERS: tuple[Sampler, ...] = (
    *(_ascii, _ascii, _ascii, _long, _long, _long, _letters, _letters, _letters, _digits, _digits, _wide),
    *(_invented, _invented, _invented, _invented, _words, _words, _words),
    *(v.person, v.person, v.city, t.company, v.email, v.phone, v.code, v.date),
    *(v.street_address, t.title, t.product),
)
# fmt: on


def copy_documents(seed: int) -> Iterator[Document]:
    """Without end: one string, then several strings of a line or of lines, copied by position."""
    d = Draw(random.Random(f"copy {seed}"), load_pools("train"))
    while True:
        if d.chance(0.4):
            text = _SAMPLERS[d.below(len(_SAMPLERS))](d)
            key = "text" if d.chance(0.7) else d.pick(("value", "string", "content", "data", "line"))
            yield write(text, {key: text}, domain="copy", template="one")
            continue
        count = 2 + d.below(3)
        same = _SAMPLERS[d.below(len(_SAMPLERS))]
        texts = [(same if d.chance(0.5) else _SAMPLERS[d.below(len(_SAMPLERS))])(d) for _ in range(count)]
        between = d.pick(("\n", "\n", "; ", " | ", "\t", " / ", " - "))
        if any(between.strip(" ") in text for text in texts):
            between = "\n"
        prompt = between.join(texts)
        if d.chance(0.2):
            yield write(
                prompt,
                {d.pick(("items", "lines", "list")): list(texts)},
                domain="copy",
                template="list",
            )
            continue
        keys = _NAMES[d.below(len(_NAMES))]
        pairs = list(zip(keys[:count], texts, strict=True))
        if d.chance(0.3):
            d.rng.shuffle(pairs)
        if d.chance(0.3):
            pairs = pairs[: 1 + d.below(count)]
        answer: dict[str, Json] = {
            k: Number(t) if t.isdigit() and (len(t) == 1 or t[0] != "0") and d.chance(0.5) else t
            for k, t in pairs
        }
        yield write(prompt, answer, domain="copy", template="several")
