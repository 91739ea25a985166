"""Sets of names: membership, complement, language, order; equal by content, whatever they remember."""

from __future__ import annotations

import itertools
from unittest.mock import patch

import pytest

from bltgen.automata.language import Language, literal
from bltgen.constraints.json_schema import key_set
from bltgen.constraints.json_schema.key_set import ALL_KEYS, KeySet, KeySets

X = literal(b"x").star()
TEXTS = [bytes(text) for n in range(3) for text in itertools.product(b"abx", repeat=n)]
SETS = [
    KeySet(),
    ALL_KEYS,
    KeySet(frozenset((b"a", b"b"))),
    KeySet(frozenset((b"a",)), negated=True),
    KeySet(languages=(X,)),
    KeySet(frozenset((b"a",)), (X, literal(b"bb"))),
    KeySet(frozenset((b"a",)), (X,), True),
    KeySet(frozenset((b"x",)), (X,), True),
]


def slow(keys: KeySet, name: bytes) -> bool:
    """The definition."""
    return (name in keys.names or any(one.accepts(name) for one in keys.languages)) is not keys.negated


@pytest.mark.parametrize("keys", SETS)
def test_membership_complement_and_language_agree(keys: KeySet) -> None:
    language, complement = keys.language(), keys.complement()
    assert complement.complement() == keys
    assert (complement.names, complement.languages) == (keys.names, keys.languages)
    for name in TEXTS:
        expected = slow(keys, name)
        assert keys.contains(name) is expected, name
        assert keys.contains(name) is expected, name
        assert complement.contains(name) is not expected
        assert language.accepts(name) is expected
    assert not language.accepts(b"\xff")
    # What names alone tell is not remembered.
    assert bool(keys._known) is bool(keys.languages)


def test_forms() -> None:
    assert [keys.is_finite for keys in SETS] == [True, False, True, False, False, False, False, False]
    assert [keys.is_all for keys in SETS] == [False, True, False, False, False, False, False, False]
    assert KeySet(languages=(X,), negated=True).is_all is False


def test_equal_by_content() -> None:
    one, other = KeySet(frozenset((b"a",)), (X,)), KeySet(frozenset((b"a",)), (X,))
    one.contains(b"b")
    assert one == other
    assert hash(one) == hash(other)
    assert one != one.complement()
    assert hash(one) != hash(one.complement())
    assert hash(one) != hash(KeySet(frozenset((b"b",)), (X,)))
    assert hash(one) != hash(KeySet(frozenset((b"a",))))
    assert "_known" not in repr(one)


def test_the_order_is_by_content() -> None:
    keys = KeySet(frozenset((b"b", b"a")), (X,), True)
    assert keys.order() == (True, [b"a", b"b"], [X.id])
    assert KeySet().order() == (False, [], [])
    assert sorted(SETS, key=KeySet.order)[0] == KeySet()


def test_what_a_language_said_is_remembered_up_to_a_limit() -> None:
    keys = KeySet(languages=(literal(b"a").star(),))
    asked = []
    original = Language.accepts

    def accepts(self: Language, data: bytes) -> bool:
        asked.append(data)
        return original(self, data)

    with patch.object(Language, "accepts", accepts):
        assert keys.contains(b"a") is keys.contains(b"a") is True
        assert keys.contains(b"b") is keys.contains(b"b") is False
        assert asked == [b"a", b"b"]
        # A name that is listed is no question.
        listed = KeySet(frozenset((b"c",)), keys.languages)
        assert listed.contains(b"c") is True
        assert asked == [b"a", b"b"]
        keys._known.update(dict.fromkeys([b"%d" % n for n in range(9_998)], False))
        keys.contains(b"c")
        assert len(keys._known) == 10_001
        keys.contains(b"d")
        assert set(keys._known) == {b"d"}


@pytest.mark.parametrize("nodes", [1, 4096])
def test_many_sets_at_once_hold_what_each_does(nodes: int) -> None:
    """However few of the points within names are kept."""
    for count in range(len(SETS) + 1):
        sets = KeySets(SETS[:count])
        with patch.object(key_set, "NODES", nodes):
            for name in [*TEXTS, *TEXTS[::-1]]:
                assert sets.holding(name) == [i for i, keys in enumerate(SETS[:count]) if slow(keys, name)]


def test_sets_that_hold_no_name_from_here_are_read_no_further() -> None:
    sets = KeySets([KeySet(languages=(literal(b"%d" % i) + X,)) for i in range(10)])
    assert sets.holding(b"7xxxx") == [7]
    # The root, what is left of one language, and of none.
    assert len(sets._nodes) == 2
    assert sets.holding(b"77") == []
    assert len(sets._nodes) == 3
