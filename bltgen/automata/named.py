"""A regular language that knows the source it was made of: what the front ends hand out.

Equal languages are one term, whoever made them, so a term cannot hold the name of its maker: `regex("a")` and
`regex("[a]")` are two `Named` facades of one term. A facade is equal to another of the same source and
options, and pickles as these. Operators see the term behind it and give terms, whose equality is that of
their normal forms.

>>> from bltgen import regex
>>> one, other = regex("a"), regex("[a]")
>>> one.bare is other.bare, one == other, one == regex("a")
(True, False, True)
>>> one, other, one | other
(regex('a'), regex('[a]'), <Language a>)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bltgen.arguments import shown
from bltgen.automata.contract import Report
from bltgen.automata.language import Language

__all__ = ["Named"]

_USUAL: dict[str, dict[str, Any]] = {
    "regex": {"dialect": "python", "flags": 0, "mode": "fullmatch"},
    "substring_of": {"boundary": "word"},
}


class Named(Language):
    """A term and its source. `source["kind"]` is registered (`description.register`), its values JSON's."""

    __slots__ = ("_bare", "_report", "_source")

    def __init__(self, bare: Language, source: Mapping[str, Any], report: Report) -> None:
        self._bare = bare.bare
        self._source = dict(source)
        self._report = report

    @property
    def bare(self) -> Language:
        """The term."""
        return self._bare

    def __getattr__(self, name: str) -> Any:
        """What the term knows: the slots of a facade that it shares with terms are never filled."""
        if name.startswith("__") or name in Named.__slots__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self._bare, name)

    def report(self) -> Report:
        """How each construct of the source is enforced."""
        return self._report

    def describe(self) -> dict[str, Any]:
        """The source and options, as JSON values."""
        return dict(self._source)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Language):
            return NotImplemented
        return isinstance(other, Named) and self._source == other._source

    def __hash__(self) -> int:
        return hash(tuple(self._source.items()))

    def __repr__(self) -> str:
        """The call, of a line at most."""
        source = self._source
        text = source["pattern" if source["kind"] == "regex" else "text"]
        given = [shown(text.encode("latin-1") if source["bytes"] else text)]
        for name, usual in _USUAL[source["kind"]].items():
            if source[name] != usual:
                given.append(f"{name}={source[name]!r}")
        return f"{source['kind']}({', '.join(given)})"
