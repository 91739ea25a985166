"""Frames of objects by themselves: what may come, what must, and the bounds on what it costs."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.language import EMPTY, INFINITE
from bltgen.automata.utf8 import UTF8_TEXT
from bltgen.constraints.json_schema import object_frame
from bltgen.constraints.json_schema.object_frame import ObjectFrame
from bltgen.constraints.json_schema.object_plan import ObjectPlan
from bltgen.constraints.json_schema.positions import Root
from bltgen.constraints.json_schema.seen import NOTHING_SEEN, Seen
from bltgen.constraints.json_string import characters_to_differ

from .finite import compiled

ZERO, LONG, TEXT = {"const": 0}, {"const": 12345}, {"type": "string"}
TWO = {"properties": {"a": ZERO, "bb": LONG}}
SOME_ZERO = {"not": {"additionalProperties": {"not": ZERO}}}


def plan_of(schema: dict[str, Any], **options: Any) -> ObjectPlan:
    made = compiled({"anyOf": [{"type": "object", **schema}, {"type": "null"}]}, **options)
    made.start()
    (plan,) = made._compiler.live_objects(made._goal)
    return plan


def frame_of(
    plan: ObjectPlan, mask: int = 0, met: int = 0, seen: Seen = NOTHING_SEEN, last: int = -1
) -> ObjectFrame:
    return plan.frame(Root(plan.compiler), mask, met, seen, last)


def seen_of(*names: bytes) -> Seen:
    seen = NOTHING_SEEN
    for name in names:
        seen = seen.add(name)
    return seen


CLOSABLE: list[tuple[dict[str, Any], int, int, int, bool]] = [
    ({}, 0, 0, 0, True),
    ({**TWO, "required": ["a"]}, 0, 0, 0, False),
    ({**TWO, "required": ["a"]}, 0b01, 0, 0, True),
    ({**TWO, "required": ["a"]}, 0b10, 0, 0, False),
    ({**TWO, "minProperties": 2}, 0b01, 0, 0, False),
    ({**TWO, "minProperties": 2}, 0b11, 0, 0, True),
    ({**TWO, "minProperties": 2}, 0b01, 0, 1, True),
    ({**TWO, "minProperties": 2}, 0, 0, 2, True),
    (SOME_ZERO, 0, 0, 1, False),
    (SOME_ZERO, 0, 1, 1, True),
]


@pytest.mark.parametrize(("schema", "mask", "met", "others", "closable"), CLOSABLE)
def test_whether_the_object_may_end(
    schema: dict[str, Any], mask: int, met: int, others: int, closable: bool
) -> None:
    frame = frame_of(plan_of(schema), mask, met, seen_of(*(b"x%d" % i for i in range(others))))
    assert frame.closable is closable
    assert frame.count == mask.bit_count() + others
    assert (frame.after().to_close is not None) is closable  # type: ignore[attr-defined]


def test_whether_an_undecided_object_may_end() -> None:
    schema = {**TWO, "anyOf": [{"required": ["a"]}, {"minProperties": 2}]}
    plan = plan_of(schema, waiting=True)
    assert plan.spec.clauses
    assert frame_of(plan).closable is False
    assert frame_of(plan, 0b10, 0, seen_of(b"x")).closable is True
    assert frame_of(plan, 0b10).closable is False
    frame = frame_of(plan)
    leaf = frame.leaf()
    assert leaf is frame.leaf()
    assert leaf is not None
    assert not leaf.plan.spec.clauses
    assert leaf.progress == frame.progress


OTHERS: list[tuple[dict[str, Any], dict[str, Any], int, int, str]] = [
    ({}, {}, 0, 0, "any"),
    ({"properties": {"a": ZERO}, "required": ["a"]}, {}, 0, 0, "any"),
    ({"additionalProperties": False}, {}, 0, 0, "none"),
    ({**TWO, "maxProperties": 2}, {}, 0, 0, "any"),
    ({**TWO, "maxProperties": 2}, {}, 0b11, 0, "none"),
    ({**TWO, "maxProperties": 2}, {}, 0b01, 1, "none"),
    ({**TWO, "maxProperties": 2}, {}, 0b01, 0, "any"),
    ({**TWO, "maxProperties": 2, "required": ["a", "bb"]}, {}, 0, 0, "none"),
    ({**TWO, "maxProperties": 3, "required": ["a", "bb"]}, {}, 0, 0, "any"),
    ({**TWO, "maxProperties": 3, "required": ["a", "bb"]}, {}, 0, 1, "none"),
    ({**TWO, "maxProperties": 3, "required": ["a", "bb"]}, {}, 0b01, 1, "none"),
    ({**TWO, "maxProperties": 3, "required": ["a", "bb"]}, {}, 0b01, 0, "any"),
    ({**TWO, "required": ["a"]}, {"property_order": "schema"}, 0, 0, "none"),
    ({**TWO, "required": ["a"]}, {"property_order": "schema"}, 0b01, 0, "any"),
    ({**TWO, "maxProperties": 1}, {"property_order": "schema"}, 0b01, 0, "none"),
    (SOME_ZERO, {}, 0, 0, "any"),
    (TWO, {"undeclared": "omit"}, 0, 0, "none"),
]


@pytest.mark.parametrize(("schema", "options", "mask", "others", "names"), OTHERS)
def test_which_other_names_may_come(
    schema: dict[str, Any], options: dict[str, Any], mask: int, others: int, names: str
) -> None:
    plan = plan_of(schema, **options)
    frame = frame_of(plan, mask, 0, seen_of(*(b"x%d" % i for i in range(others))))
    language = frame.other_names()
    if names == "none":
        assert language is EMPTY
        assert frame.others() is None
        assert frame.has_more is bool(frame.live)
    else:
        assert language is UTF8_TEXT
        assert frame.has_more is True
        assert frame.others() is plan.compiler.any_text


LIVE: list[tuple[dict[str, Any], dict[str, Any], int, int, int]] = [
    (TWO, {}, 0, -1, 0b11),
    (TWO, {}, 0b01, -1, 0b10),
    ({**TWO, "maxProperties": 1}, {}, 0b01, -1, 0),
    ({**TWO, "maxProperties": 1, "required": ["bb"]}, {}, 0, -1, 0b10),
    ({**TWO, "maxProperties": 2, "required": ["bb"]}, {}, 0, -1, 0b11),
    (TWO, {"property_order": "schema"}, 0, -1, 0b11),
    (TWO, {"property_order": "schema"}, 0b01, 0, 0b10),
    (TWO, {"property_order": "schema"}, 0b10, 1, 0),
    ({**TWO, "required": ["a"]}, {"property_order": "schema"}, 0, -1, 0b01),
    ({"properties": {"a": ZERO, "bb": False}}, {}, 0, -1, 0b01),
]


@pytest.mark.parametrize(("schema", "options", "mask", "last", "live"), LIVE)
def test_which_declared_names_may_come(
    schema: dict[str, Any], options: dict[str, Any], mask: int, last: int, live: int
) -> None:
    assert frame_of(plan_of(schema, **options), mask, 0, NOTHING_SEEN, last).live == live


def test_a_member_that_may_meet_a_demand_makes_the_frame_fork() -> None:
    plan = plan_of({"properties": {"a": {"enum": [0, 1]}}, **SOME_ZERO})
    frame = frame_of(plan)
    for i, name in ((0, b"a"), (None, b"other")):
        forks = frame.forks(i, name)
        assert sorted(after.met for _, after in forks) == [0, 1]
        for goal, after in forks:
            cost = frame.value_cost(goal)
            assert cost == 1 or not after.met
            assert after.mask == (1 if i == 0 else 0)
            assert after.seen.size == (i is None)
            assert after.last == -1
            assert after.parent is frame.parent
    (_, met) = next(fork for fork in frame.forks(0, b"a") if fork[1].met)
    # Once it is met, no member forks for it.
    assert len(met.forks(None, b"other")) == 1


def test_the_last_name_is_known_in_order_alone() -> None:
    plan = plan_of(TWO, property_order="schema")
    frame = frame_of(plan)
    assert [after.last for _, after in frame.forks(1, b"bb")] == [1]
    assert [after.last for _, after in frame.forks(None, b"x")] == [2]
    assert [after.last for _, after in frame_of(plan_of(TWO)).forks(1, b"bb")] == [-1]


BOUNDS: list[tuple[dict[str, Any], int, int, int]] = [
    # Bytes from the value of an undeclared member to the end: at least, and at most where any is known.
    ({}, 0, 1 + 1, 1 + 1),
    ({**TWO, "required": ["a"]}, 0, 1 + len(',"a":0}'), 1 + len(',"a":0}')),
    ({**TWO, "required": ["a"]}, 0b01, 1 + 1, 1 + 1),
    ({"additionalProperties": LONG}, 0, 5 + 1, 5 + 1),
    ({"additionalProperties": LONG, "minProperties": 2}, 0, 15, len('12345,"":12345,"a":12345}')),
    ({"minProperties": 1}, 0, 1 + 1, len('0,"":0}')),
    ({**TWO, "maxProperties": 5, "required": ["bb"]}, 0, len('0,"bb":12345}'), len('0,"bb":12345}')),
    (SOME_ZERO, 0, 1 + 1, INFINITE),
]  # fmt: skip


@pytest.mark.parametrize("whitespace", ["compact", "spaced"])
@pytest.mark.parametrize(("schema", "mask", "least", "most"), BOUNDS)
def test_bounds_on_what_follows_an_undeclared_name(
    schema: dict[str, Any], mask: int, least: int, most: int, whitespace: str
) -> None:
    plan = plan_of(schema, whitespace=whitespace)
    frame = frame_of(plan, mask)
    found = [
        frame.value_cost(goal) + after.cost
        for name in (b"", b"x", b"yy", b"zzz")
        for goal, after in frame.forks(None, name)
    ]
    more = characters_to_differ(len(plan.names)) + frame.colon_length
    assert frame.least_after_other <= min(found)
    assert max(found) <= frame.most_after_other
    if whitespace == "compact":
        assert frame.colon_length == 1
        assert frame.least_after_other == least
        assert frame.most_after_other == (most + more if most < INFINITE else INFINITE)
    else:
        assert frame.colon_length == 2


def test_bounds_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = frame_of(plan_of({**TWO, "maxProperties": 9}))
    asked: list[str] = []
    for name in ("least_of_others", "most_of_others", "needed_cost", "rest_cost", "other_text"):
        find = getattr(ObjectPlan, name)

        def note(self: ObjectPlan, *args: Any, find: Any = find, name: str = name, **named: Any) -> Any:
            asked.append(name)
            return find(self, *args, **named)

        monkeypatch.setattr(ObjectPlan, name, note)

    def ask() -> tuple[Any, ...]:
        return (frame.least_after_other, frame.most_after_other, frame.cost, frame.live, frame.others())

    found = ask()
    assert set(asked) == {"least_of_others", "most_of_others", "needed_cost", "other_text", "rest_cost"}
    del asked[:]
    assert ask() == found
    assert asked == []


@pytest.mark.parametrize("many", [1, 2])
def test_what_more_than_many_members_cost_is_told(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a frame that was not asked itself only where more than so many names are required."""
    monkeypatch.setattr(object_frame, "MANY", many)
    plan = plan_of({**TWO, "required": ["a", "bb"]})
    frame = frame_of(plan)
    ((_, after),) = frame.forks(0, b"a")
    assert (after._cost >= 0) is (many < 2)
    assert after.cost == len(',"bb":12345}')
    ordered = frame_of(plan_of({**TWO, "required": ["a", "bb"]}, property_order="schema"))
    assert ordered.cost > 0
    ((_, after),) = ordered.forks(0, b"a")
    assert after._cost < 0, "in order it depends on what came"


ENDS: list[tuple[dict[str, Any], dict[str, Any], int, int, bool]] = [
    (TWO, {}, 0, -1, True),
    ({**TWO, "required": ["a"]}, {}, 0, -1, True),
    ({**TWO, "required": ["a"]}, {"property_order": "schema"}, 0b10, 1, False),
    ({**TWO, "required": ["bb"]}, {"property_order": "schema"}, 0b01, 0, True),
    ({**TWO, "maxProperties": 1, "required": ["a"]}, {}, 0b10, -1, False),
    ({**TWO, "maxProperties": 2, "required": ["a"]}, {}, 0b10, -1, True),
    ({**TWO, "additionalProperties": False, "minProperties": 2}, {}, 0b10, -1, True),
]


@pytest.mark.parametrize(("schema", "options", "mask", "last", "ends"), ENDS)
def test_whether_some_way_closes_the_object(
    schema: dict[str, Any], options: dict[str, Any], mask: int, last: int, ends: bool
) -> None:
    frame = frame_of(plan_of(schema, **options), mask, 0, NOTHING_SEEN, last)
    assert frame.can_end() is ends
    assert (frame.own_cost() < INFINITE) is ends
