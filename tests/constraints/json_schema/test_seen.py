"""Sets that remember their past: old versions stay what they were, whatever is added to them later."""

from __future__ import annotations

from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen


def test_members_and_sizes() -> None:
    assert NOTHING_SEEN.size == 0
    assert list(NOTHING_SEEN) == []
    assert "a" not in NOTHING_SEEN
    two = NOTHING_SEEN.add("a").add("b")
    assert two.size == 2
    assert list(two) == ["a", "b"]
    assert "a" in two
    assert "b" in two
    assert "c" not in two


def test_older_versions_do_not_see_what_came_later() -> None:
    one = NOTHING_SEEN.add("a")
    two = one.add("b")
    three = two.add("c")
    assert [list(seen) for seen in (one, two, three)] == [["a"], ["a", "b"], ["a", "b", "c"]]
    assert "b" not in one
    assert "c" not in two
    other = one.add("c")
    assert list(other) == ["a", "c"]
    assert "b" not in other
    assert list(three) == ["a", "b", "c"]
    further = other.add("b")
    assert list(further) == ["a", "c", "b"]
    assert list(two) == ["a", "b"]


def test_equal_additions_give_one_object_but_to_the_empty_set() -> None:
    """The empty one is shared by all and keeps nothing alive."""
    one = NOTHING_SEEN.add("a")
    assert one.add("b") is one.add("b")
    assert one.add("c") is one.add("c")
    assert NOTHING_SEEN.add("a") is not NOTHING_SEEN.add("a")
    assert not NOTHING_SEEN._next
    assert not NOTHING_SEEN._table
    assert NOTHING_SEEN.add("a").add("b") is not NOTHING_SEEN.add("a").add("b")


def test_the_newest_version_shares_its_table_and_an_older_one_copies_its_own_part() -> None:
    one = NOTHING_SEEN.add("a")
    two = one.add("b")
    assert two._table is one._table
    other = one.add("c")
    assert other._table is not one._table
    assert other._table == {"a": 0, "c": 1}
    assert two.add("d")._table is two._table


def test_a_set_begins_empty() -> None:
    assert list(Seen()) == []
    assert Seen().size == 0
    assert Seen()._table is not Seen()._table
    table = {"a": 0, "b": 1}
    assert Seen(table, 1)._table is table
    assert list(Seen(table, 1)) == ["a"]
