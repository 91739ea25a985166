"""Listed texts as one language: long lists share what their texts begin with.

A union of n literals takes n derivatives a byte. Where many texts are listed (an enumeration, the names of an
object) they are kept as a tree by their beginnings, down to groups of a few, so that a byte takes as many
derivatives as texts differ there.

>>> words([b"red", b"green"]).accepts(b"green"), words([b"%d" % n for n in range(5000)]).accepts(b"4999")
(True, True)
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from bltgen.automata.language import Language, concat, literal, union

__all__ = ["words"]

GROUP = 48
"""Fewer texts than this are a plain union."""

DEPTH = 24
"""The tree is no deeper, so that its terms stay shallow."""


def words(texts: Iterable[bytes]) -> Language:
    """The language of just these texts; EMPTY where there are none."""
    listed = list(texts)
    if len(listed) < GROUP:
        return union(*[literal(text) for text in listed])
    return _tree(sorted(set(listed)), 0)


def _tree(texts: list[bytes], depth: int) -> Language:
    if len(texts) < GROUP or depth >= DEPTH:
        return union(*[literal(text) for text in texts])
    shared = _shared(texts[0], texts[-1])
    if shared:
        return concat(literal(shared), _tree([text[len(shared) :] for text in texts], depth + 1))
    groups = groupby(texts, key=lambda text: text[:1])
    return union(*[_tree(list(group), depth + 1) for _, group in groups])


def _shared(first: bytes, last: bytes) -> bytes:
    """The beginning that two texts share, and so all that are sorted in between."""
    length = 0
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        length += 1
    return first[:length]
