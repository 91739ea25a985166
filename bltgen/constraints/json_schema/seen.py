"""Growing sets that remember their past: the names and the items that were read.

A `Seen` is a version of a shared table, so that adding costs O(1) and old versions stay valid. Adding to
the newest version extends the table; adding to an older one (after going back) copies what it needs.

>>> one = NOTHING_SEEN.add("a"); two = one.add("b"); other = one.add("c")
>>> sorted(two), sorted(other), "b" in one, one.add("b") is two
(['a', 'b'], ['a', 'c'], False, True)
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

__all__ = ["NOTHING_SEEN", "Seen"]


class Seen:
    """An immutable set with O(1) `add` and `in`. Compared by identity; equal additions give one object."""

    __slots__ = ("_next", "_table", "size")

    def __init__(self, table: dict[Hashable, int] | None = None, size: int = 0) -> None:
        self._table: dict[Hashable, int] = {} if table is None else table
        self.size = size
        self._next: dict[Hashable, Seen] = {}

    def __contains__(self, member: Hashable) -> bool:
        return self._table.get(member, self.size) < self.size

    def __iter__(self) -> Iterator[Hashable]:
        return iter([member for member, at in self._table.items() if at < self.size])

    def add(self, member: Hashable) -> Seen:
        """This set and `member`, which is not in it."""
        found = self._next.get(member)
        if found is None:
            # The empty set is shared by all; it keeps no table alive.
            table = self._table if self.size else {}
            if len(table) > self.size:
                table = {known: at for known, at in table.items() if at < self.size}
            table[member] = self.size
            found = Seen(table, self.size + 1)
            if self.size:
                self._next[member] = found
        return found


NOTHING_SEEN = Seen()
