"""The substrings of a text, as a language: for values that may be copied and not invented.

`substring_of(text)` admits the pieces of a text that begin and end at word boundaries: at the edges of
runs of word characters and of single other characters, without white space at either end. In scripts that
part no words by spaces (Han, kana, Hangul, Thai, Lao, Khmer, Myanmar and others) every character is a word
of its own, in mixed texts too: `IBM` and `製` in `IBM製`. A character here is an extended grapheme cluster
(Unicode Standard Annex 29): what looks like one, with its marks. With `boundary="any"` a piece may begin and
end between any two code points. The empty text is not among them (add `.optional()` for that).

The automaton is that of the occurrences: a state is the set of places in the text where what was read so
far has been seen, a segment of one array that is sorted lazily, most significant byte first, segment by
segment as they are entered. Where one occurrence is left, a state is a position in the text.

Cost: building is linear in the text, about 15 bytes of memory a character; a cold step is linear in the
occurrences at hand; a warm step is that of any `LanguageState`.

>>> grounded = substring_of("Ada Lovelace, 36, lives in London.")
>>> [grounded.accepts(t) for t in (b"Ada Lovelace", b"36", b"London", b"Love", b"Paris")]
[True, True, True, False, False]
>>> substring_of("저는 김민수입니다.").accepts("김민수".encode())
True
>>> grounded.start().advance(ord("3")).forced
b'6'
"""

from __future__ import annotations

from itertools import pairwise
from threading import Lock
from typing import Any, Literal
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt
import regex

from bltgen.arguments import of_type, one_of, shown, suggests_keywords
from bltgen.automata.contract import Report, ReportEntry
from bltgen.automata.description import record, register
from bltgen.automata.language import EMPTY, Language, from_automaton
from bltgen.automata.named import Named
from bltgen.errors import ConstraintSyntaxError, EmptyLanguage

__all__ = ["Boundary", "substring_of"]

Boundary = Literal["word", "any"]

_UNSPACED = "".join(rf"\p{{{script}}}" for script in ("Thai", "Lao", "Khmer", "Myanmar", "lb=SA")) + "".join(
    rf"\p{{scx={script}}}" for script in ("Han", "Hiragana", "Katakana", "Hangul", "Bopomofo", "Yi")
)
"""Characters of scripts without spaces between words; line breaking calls most of the Asian ones SA."""

_IN_WORD = rf"[\w--[{_UNSPACED}]]"
_ASCII_PIECES = regex.compile(r"\w+|\S")
# Runs of clusters that begin with a word character, plain ones at once; or one cluster, white space too.
_PIECES = regex.compile(rf"(?V1)(?:[a-zA-Z0-9_]++(?![^\0-\x7f])|(?={_IN_WORD})\X)+|\X")
_LONGEST = 1 << 30
_LANGUAGES: WeakValueDictionary[tuple[bytes, str, bool], Language] = WeakValueDictionary()
"""The living ones: equal languages are one object, as all terms are."""
_FAR = np.iinfo(np.int32).max
"""Where no piece can end any more: farther than any text is long, from any position of it."""


@suggests_keywords()
def substring_of(text: str | bytes, boundary: Boundary = "word") -> Language:
    """The non-empty substrings of `text`, as bytes, between boundaries. See the module.

    `boundary`: "word", or "any" for every place between two characters. Bytes of a `bytes` text that are
    no UTF-8 count as one character each.

    Raises EmptyLanguage where the text holds no piece, being blank; ValueError for another boundary, a text
    of more than 2**30 bytes, or a str with a lone surrogate.
    """
    pieces = pieces_of(text, boundary)
    if pieces is EMPTY:
        raise EmptyLanguage(f"nothing can be copied from the text {shown(text)}: it is empty or blank")
    description = _description(text, boundary)
    entry = ReportEntry("", "substring_of", "exact", f"of {shown(text)}, {boundary} boundaries")
    return Named(pieces, description, Report((entry,)))


def pieces_of(text: str | bytes, boundary: Boundary = "word") -> Language:
    """As `substring_of`, but the bare term, empty where the text holds no piece."""
    one_of("boundary", boundary, ("word", "any"))
    of_type("text", text, (str, bytes, bytearray, memoryview), "str or bytes")
    if isinstance(text, str):
        try:
            data = text.encode()
        except UnicodeEncodeError as error:
            raise ConstraintSyntaxError(
                f"a lone surrogate at index {error.start} of the text is no character; give bytes where it "
                "is not Unicode"
            ) from None
        characters = text
    else:
        data = bytes(text)
        characters = data.decode("utf-8", "surrogateescape")
    if len(data) > _LONGEST:
        raise ValueError(f"the text has {len(data)} bytes, more than {_LONGEST}")
    key = (data, boundary, isinstance(text, str))
    known = _LANGUAGES.get(key)
    if known is not None:
        return known
    source = _Source(data, characters, boundary)
    language = source.language(0, len(source.order), 0)
    if language is EMPTY:
        return EMPTY
    _LANGUAGES[key] = language
    return record(language, _description(text, boundary))


def _description(text: str | bytes, boundary: Boundary) -> dict[str, Any]:
    spelled = text if isinstance(text, str) else bytes(text).decode("latin-1")
    return {"kind": "substring_of", "boundary": boundary, "bytes": not isinstance(text, str), "text": spelled}


def _rebuild(description: dict[str, Any]) -> Language:
    text = description["text"]
    return substring_of(text.encode("latin-1") if description["bytes"] else text, description["boundary"])


register("substring_of", _rebuild)


class _Source:
    """A text, where its pieces may begin (sorted so far as was needed), and how far an end is."""

    def __init__(self, data: bytes, characters: str, boundary: Boundary) -> None:
        self.data = data
        self.bytes = np.frombuffer(data + b"\0", dtype=np.uint8)
        offsets = _byte_offsets(characters)
        spans = _spans(characters, boundary)
        edges = np.array(spans, dtype=np.int64).reshape(-1, 2)
        self.order: npt.NDArray[np.int32] = offsets[edges[:, 0]].astype(np.int32)
        # next_end[p]: the nearest p' >= p where a piece may end.
        ends = np.full(len(data) + 2, _FAR, dtype=np.int32)
        stops = offsets[edges[:, 1]]
        ends[stops] = stops
        self.next_end: npt.NDArray[np.int32] = np.minimum.accumulate(ends[::-1])[::-1]
        self.lock = Lock()

    def language(self, low: int, high: int, depth: int) -> Language:
        """What may follow after `depth` bytes that occur at order[low:high] (all of them, at the start)."""
        if high - low == 1:
            return self.language_at(int(self.order[low]) + depth, depth == 0)
        positions = self.order[low:high] + depth
        nearest = self.next_end[positions + (depth == 0)] - positions
        distance = int(nearest.min()) if high > low else _FAR
        return (
            from_automaton(_Occurrences(self, low, high, depth, distance)) if distance < _FAR // 2 else EMPTY
        )

    def language_at(self, position: int, is_start: bool = False) -> Language:
        """What may follow at the one position that is left."""
        end = int(self.next_end[position + is_start])
        return EMPTY if end == _FAR else from_automaton(_Place(self, position, end - position))

    def split(self, low: int, high: int, depth: int) -> list[tuple[int, Language]]:
        """Sort a segment by the byte at `depth`, in place, and give the language after each byte."""
        with self.lock:
            segment = self.order[low:high]
            segment = segment[segment.astype(np.int64) + depth < len(self.data)]
            following = self.bytes[segment + depth]
            ranks = np.argsort(following, kind="stable")
            # Occurrences that end with the text go last, where no segment of a successor reaches.
            ended = self.order[low:high][self.order[low:high].astype(np.int64) + depth >= len(self.data)]
            self.order[low : low + len(segment)] = segment[ranks]
            self.order[low + len(segment) : high] = ended
            following = following[ranks]
        cuts = [0, *(np.flatnonzero(np.diff(following)) + 1).tolist(), len(following)]
        return [
            (1 << int(following[begin]), self.language(low + begin, low + end, depth + 1))
            for begin, end in pairwise(cuts)
        ]


def _spans(characters: str, boundary: Boundary) -> list[tuple[int, int]]:
    """Where the smallest pieces begin and end."""
    if boundary == "any":
        return [(i, i + 1) for i in range(len(characters))]
    pieces = _ASCII_PIECES if characters.isascii() else _PIECES
    return [match.span() for match in pieces.finditer(characters) if not characters[match.start()].isspace()]


def _byte_offsets(characters: str) -> npt.NDArray[np.int64]:
    """The byte offset at which each character begins, and at last that of the end."""
    codes = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    sizes = 1 + (codes > 0x7F) + (codes > 0x7FF).astype(np.int64) + (codes > 0xFFFF)
    # Stand-ins for single bytes that are no UTF-8.
    sizes[(codes >= 0xDC80) & (codes <= 0xDCFF)] = 1
    return np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(sizes)))


class _Occurrences:
    """Several places in a text where what was read has been seen."""

    __slots__ = ("depth", "high", "low", "shortest", "source")

    def __init__(self, source: _Source, low: int, high: int, depth: int, distance: int) -> None:
        self.source, self.low, self.high, self.depth = source, low, high, depth
        self.shortest: int | None = distance

    @property
    def accepting(self) -> bool:
        return self.shortest == 0

    @property
    def longest(self) -> int:
        return len(self.source.data)

    def transitions(self) -> list[tuple[int, Language]]:
        return self.source.split(self.low, self.high, self.depth)

    def __hash__(self) -> int:
        return hash((id(self.source), self.low, self.high, self.depth))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Occurrences)
            and self.source is other.source
            and (self.low, self.high, self.depth) == (other.low, other.high, other.depth)
        )


class _Place:
    """The one place in a text where what was read has been seen."""

    __slots__ = ("position", "shortest", "source")

    def __init__(self, source: _Source, position: int, distance: int) -> None:
        self.source, self.position = source, position
        self.shortest: int | None = distance

    @property
    def accepting(self) -> bool:
        return self.shortest == 0

    @property
    def longest(self) -> int:
        return len(self.source.data) - self.position

    def transitions(self) -> list[tuple[int, Language]]:
        if self.position >= len(self.source.data):
            return []
        following = self.source.language_at(self.position + 1)
        return [(1 << self.source.data[self.position], following)]

    def __hash__(self) -> int:
        return hash((id(self.source), self.position, self.shortest))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Place)
            and self.source is other.source
            and (self.position, self.shortest) == (other.position, other.shortest)
        )
