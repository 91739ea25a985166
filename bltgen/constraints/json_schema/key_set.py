"""Sets of property names: named ones, those that a pattern matches, and complements of these.

Names are UTF-8 bytes, as they are after decoding escapes.

>>> rest = KeySet(names=frozenset({b"a", b"b"}), negated=True)
>>> rest.contains(b"a"), rest.contains(b"c"), rest.is_finite
(False, True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bltgen.automata.byteset import bits_of
from bltgen.automata.derivative import step
from bltgen.automata.language import EMPTY, Language, intersection, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.automata.word_list import words

__all__ = ["ALL_KEYS", "KeySet", "KeySets"]

NODES = 4096
"""So many points within names are kept by `KeySets`; then they are made anew."""


@dataclass(frozen=True)
class KeySet:
    """The names in `names` and in any of `languages`; with `negated`, all other names."""

    names: frozenset[bytes] = frozenset()
    languages: tuple[Language, ...] = ()
    negated: bool = False
    _known: dict[bytes, bool] = field(default_factory=dict, compare=False, repr=False)

    def __hash__(self) -> int:
        return hash((self.names, self.languages, self.negated))

    @property
    def is_finite(self) -> bool:
        """Whether it is given by names alone."""
        return not self.negated and not self.languages

    @property
    def is_all(self) -> bool:
        """Whether it is all names by its form."""
        return self.negated and not self.names and not self.languages

    def contains(self, name: bytes) -> bool:
        """Whether `name` is in the set."""
        if name in self.names:
            return not self.negated
        if not self.languages:
            return self.negated
        found = self._known.get(name)
        if found is None:
            found = any(language.accepts(name) for language in self.languages) != self.negated
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[name] = found
        return found

    def order(self) -> tuple[Any, ...]:
        """A key to sort sets by."""
        return (self.negated, sorted(self.names), [language.id for language in self.languages])

    def complement(self) -> KeySet:
        """All other names."""
        return KeySet(self.names, self.languages, not self.negated)

    def language(self) -> Language:
        """The same set as a language of UTF-8 texts."""
        members = union(words(self.names), *self.languages)
        return intersection(UTF8_TEXT, ~members if self.negated else members)


ALL_KEYS = KeySet(negated=True)


class KeySets:
    """Several sets, asked all at once: their languages are read side by side, and those that fail drop out.

    >>> from bltgen.constraints.regex import regex
    >>> sets = KeySets([KeySet(languages=(regex("a+"),)), KeySet(names=frozenset({b"b"}), negated=True)])
    >>> sets.holding(b"aa"), sets.holding(b"b"), sets.holding(b"c")
    ([0, 1], [], [1])
    """

    __slots__ = ("_in_language", "_named", "_negated", "_nodes", "_root")

    def __init__(self, sets: Sequence[KeySet]) -> None:
        self._negated = sum([1 << i for i, keys in enumerate(sets) if keys.negated])
        self._named: dict[bytes, int] = {}
        self._in_language: dict[Language, int] = {}
        for i, keys in enumerate(sets):
            for name in keys.names:
                self._named[name] = self._named.get(name, 0) | 1 << i
            for language in keys.languages:
                bare = language.bare
                self._in_language[bare] = self._in_language.get(bare, 0) | 1 << i
        self._nodes: dict[Any, _Node] = {}
        self._root: _Node | None = None

    def holding(self, name: bytes) -> list[int]:
        """The numbers of the sets that a name is in."""
        found = self._named.get(name, 0)
        if self._in_language:
            found |= self._walked(name)
        return list(bits_of(found ^ self._negated))

    def _walked(self, name: bytes) -> int:
        if self._root is None or len(self._nodes) > NODES:
            self._nodes.clear()
            self._root = self._node(list(self._in_language.items()))
        node = self._root
        for byte in name:
            following = node.after.get(byte)
            if following is None:
                left = [(step(language, byte)[1], bits) for language, bits in node.parts]
                following = node.after[byte] = self._node([one for one in left if one[0] is not EMPTY])
            node = following
        return node.accepted

    def _node(self, parts: list[tuple[Language, int]]) -> _Node:
        key = tuple([(language.id, bits) for language, bits in parts])
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = _Node(parts)
        return found


class _Node:
    """What is left of the languages that may still hold a name; `accepted`: the sets of those that do."""

    __slots__ = ("accepted", "after", "parts")

    def __init__(self, parts: list[tuple[Language, int]]) -> None:
        self.parts = parts
        self.after: dict[int, _Node] = {}
        self.accepted = 0
        for language, bits in parts:
            if language.nullable:
                self.accepted |= bits
