"""How a long list of texts is laid out: plain below a size, by shared beginnings, to a bound on depth."""

from __future__ import annotations

import pytest

from bltgen.automata import word_list
from bltgen.automata.language import EMPTY, EPSILON, concat, literal, union
from bltgen.automata.operators import CONCAT, UNION
from bltgen.automata.word_list import DEPTH, GROUP, _shared, _tree, words


def test_short_lists_are_plain_unions() -> None:
    """Fewer than GROUP texts are; GROUP texts are a tree."""
    assert words([]) is EMPTY
    assert words([b"a"]) is literal(b"a")
    texts = [b"no-%03d" % n for n in range(GROUP)]
    few = texts[: GROUP - 1]
    assert words(few) is union(*[literal(text) for text in few])
    assert words(iter(few)) is words(few)
    many = words(texts)
    assert many is not union(*[literal(text) for text in texts])
    assert many.parts[0] is literal(b"no-0")
    assert words(few).op == UNION
    assert words(reversed([*texts, texts[0]])) is many


def test_beginnings_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_list, "GROUP", 2)
    assert _shared(b"abcd", b"abxy") == b"ab"
    assert _shared(b"ab", b"abxy") == b"ab"
    assert _shared(b"abcd", b"abxd") == b"ab"
    assert _shared(b"abxy", b"ab") == b"ab"
    assert _shared(b"x", b"y") == b""
    assert _shared(b"", b"y") == b""
    left, right = literal(b"ax") | literal(b"ay"), literal(b"b")
    assert words([b"ax", b"ay", b"b"]) is union(concat(literal(b"a"), literal(b"x") | literal(b"y")), right)
    assert words([b"ax", b"ay", b"b"]).equivalent(left | right)
    shared = words([b"prefix-a", b"prefix-b", b"prefix-"])
    assert shared.op == CONCAT
    assert shared.parts[0] is literal(b"prefix-")
    assert EPSILON in shared.parts[1].parts
    assert words([b"", b"a", b"b"]).accepts(b"")
    assert not words([b"c", b"a", b"b"]).accepts(b"")


def test_the_tree_has_a_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below DEPTH steps what is left is a plain union, whatever it shares."""
    texts = sorted(b"a" * n for n in range(1, GROUP * 2))
    plain = union(*[literal(text) for text in texts])
    assert _tree(texts, DEPTH) is plain
    assert _tree(texts, DEPTH - 1) is not plain
    assert _tree(texts[: GROUP - 1], 0) is union(*[literal(text) for text in texts[: GROUP - 1]])
    monkeypatch.setattr(word_list, "GROUP", 1)
    monkeypatch.setattr(word_list, "DEPTH", 2)
    chain = [b"a", b"ab", b"abc", b"abcd"]
    depths: list[int] = []
    tree = word_list._tree
    monkeypatch.setattr(word_list, "_tree", lambda t, depth: depths.append(depth) or tree(t, depth))
    made = words(chain)
    assert max(depths) == 2
    assert depths[0] == 0
    assert [text for text in (b"", *chain, b"abcde") if made.accepts(text)] == chain
    assert union(literal(b"aa"), literal(b"bb")).op == UNION
