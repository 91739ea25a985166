"""How the documents of each kind of file are read: bytes of a member to its paragraphs, in order.

What a reader gives is text, not yet prose: `prose.is_prose` decides.

>>> list(READERS["messages"](b'{"title": "Door", "text": {"open": "The <b>door</b> is open."}}'))
['Door', 'The door is open.']
>>> list(READERS["wordnet"](b"00001740 03 n 01 hot_dog 0 001 @ 00 n 0000 | a sausage\\n"))
['Hot dog: a sausage.']
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bltgen.training.data.corpora.markup import html_paragraphs, rst_paragraphs, text_paragraphs

__all__ = ["READERS", "Reader"]

Reader = Callable[[bytes], Iterable[str]]


_CHARSET = re.compile(rb"(?:charset|encoding)=[\"']?([A-Za-z0-9_-]{1,20})")


def _text(data: bytes) -> str:
    """UTF-8, else what the text says of itself at its head, else Latin-1, as old pages are."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = _CHARSET.search(data[:2_000])
    try:
        return data.decode(said[1].decode() if said else "latin-1", "replace")
    except LookupError:
        return data.decode("latin-1")


def _leaves(value: Any, names: frozenset[str] | None) -> Iterator[str]:
    """The strings in a JSON value, all or those that are members of these names; without recursion."""
    stack = [(value, names is None)]
    while stack:
        item, wanted = stack.pop()
        if isinstance(item, str):
            if wanted:
                yield item
        elif isinstance(item, dict):
            stack += [(inner, names is None or name in names) for name, inner in reversed(item.items())]
        elif isinstance(item, list):
            stack += [(inner, wanted) for inner in reversed(item)]


def _json(names: frozenset[str] | None) -> Reader:
    def read(data: bytes) -> Iterator[str]:
        for text in dict.fromkeys(_leaves(json.loads(_text(data)), names)):
            for line in html_paragraphs(text) if "<" in text or "&" in text else text.split("\n"):
                yield " ".join(line.replace("`", "").replace("**", "").split())

    return read


def _factbook(data: bytes) -> Iterator[str]:
    for line in _json(frozenset({"text"}))(data):
        yield from (part.strip() for part in line.split(" ++ "))


_NOTE = re.compile(r"<note\b.*?</note>", re.DOTALL)
_SWORD_BYTES = 64 << 20


def _sword(data: bytes) -> Iterator[str]:
    """The compressed blocks of a SWORD module (zText, zCom) as OSIS; between them may be slack."""
    place = total = 0
    while (place := data.find(b"\x78", place)) >= 0:
        block = zlib.decompressobj()
        try:
            text = block.decompress(data[place : place + (8 << 20)], _SWORD_BYTES - total)
        except zlib.error:
            place += 1
            continue
        if not block.eof:
            if total + len(text) >= _SWORD_BYTES:
                raise ValueError(f"more than {_SWORD_BYTES:,} bytes when unpacked")
            place += 1
            continue
        total += len(text)
        place = min(place + (8 << 20), len(data)) - len(block.unused_data)
        yield from html_paragraphs(_NOTE.sub("", text.decode("utf-8", "replace")))


_REFERENCE = re.compile(
    r"\s*(?:\[(?:1913 Webster|PJC|WordNet 1\.5|Webster 1913 Suppl\.|RH|Obs\.)\]|\\[^\\]*\\)"
)


def _dictionary(data: bytes) -> Iterator[str]:
    """The paragraphs of dictd's definitions, without the braces of references and the marks of editors."""
    for block in re.split(r"\n[ \t]*\n", _text(data)):
        line = _REFERENCE.sub("", " ".join(block.split()).replace("{", "").replace("}", ""))
        yield re.sub(r"^(?:\d+\.|\([a-z]\)) +", "", line)


def _wordnet(data: bytes) -> Iterator[str]:
    """`wndb(5)`: the words of a synset and its gloss, a definition and examples."""
    for line in _text(data).split("\n"):
        head, bar, gloss = line.partition(" | ")
        fields = head.split()
        if not bar or len(fields) < 6:
            continue
        count = int(fields[3], 16)
        words = [
            re.sub(r"\((?:a|p|ip)\)$", "", word).replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]
        ]
        text = f"{', '.join(words)}: {gloss.strip().rstrip(';')}"
        yield f"{text[0].upper()}{text[1:]}."


READERS: dict[str, Reader] = {
    "html": lambda data: html_paragraphs(_text(data)),
    "rst": lambda data: rst_paragraphs(_text(data)),
    "text": lambda data: text_paragraphs(_text(data)),
    "documentation": _json(frozenset({"documentation"})),
    "description": _json(frozenset({"description"})),
    "messages": _json(None),
    "factbook": _factbook,
    "wordnet": _wordnet,
    "dictionary": _dictionary,
    "sword": _sword,
}
"""By the name that a source gives."""
