"""Sets of property names: named ones, those that a pattern matches, and complements of these.

Names are UTF-8 bytes, as they are after decoding escapes.

>>> rest = KeySet(names=frozenset({b"a", b"b"}), negated=True)
>>> rest.contains(b"a"), rest.contains(b"c"), rest.is_finite
(False, True, False)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bltgen.automata.language import Language, intersection, union
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.automata.word_list import words

__all__ = ["ALL_KEYS", "KeySet"]


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
