"""Constraints by how they were made: keys, equality, pickles, short names, and decorated functions."""

from __future__ import annotations

import copy
import datetime
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from bltgen.automata import recipe
from bltgen.automata.algebra import concatenation, intersection, union
from bltgen.automata.context_free import Grammar
from bltgen.automata.language import ANY_BYTE, literal
from bltgen.automata.recipe import FixedState, Made, Recipe, remembers

A = literal(b"a")


class Thing(Made):
    """A constraint of no language, for its recipe."""

    __slots__ = ("seen",)

    def __init__(self, *seen: Any) -> None:
        self.seen = seen


def thing(first: Any, second: Any = 5, *, third: Any = None) -> Thing:
    return Thing(first, second, third)


def with_recipe(*arguments: Any, **keywords: Any) -> Thing:
    made = Thing()
    made._recipe = Recipe(f"{__name__}:thing", arguments, keywords)
    return made


@remembers()
def remembered(first: Any, second: Any = 5, *, third: Any = None) -> Thing:
    """What it does."""
    return Thing(first, second, third)


@remembers(lambda made: {"second": made.seen[1] * 2})
def decided(first: Any, second: Any = 5) -> Thing:
    return Thing(first, second)


def shared(depth: int) -> Any:
    value: Any = {"type": "integer"}
    for _ in range(depth):
        value = [value, value]
    return value


# -- keys --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        1,
        "a",
        None,
        [],
        {},
        [1, [2, {"a": None}]],
        {"b": 1, "a": [True]},
        (),
        datetime.date(2024, 1, 1),
        {1},
        shared(60),
    ],
)
def test_equal_values_have_equal_keys(value: Any) -> None:
    key = recipe._key(value)
    assert key == recipe._key(copy.deepcopy(value))
    assert hash(key) == hash(recipe._key(copy.deepcopy(value)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        (1, True),
        (1, 1.0),
        ("a", b"a"),
        ([1], [1, 1]),
        ([1], [[1]]),
        ([], {}),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ([[], [[]]], [[[]], []]),
        ({1}, {2}),
        ([{1}, {1}], [{1}, {2}]),
    ],
)
def test_other_values_have_other_keys(one: Any, other: Any) -> None:
    assert recipe._key(one) != recipe._key(other)


def test_keys_of_what_holds_itself_and_of_what_is_deep() -> None:
    one: list[Any] = [1]
    one.append(one)
    two: list[Any] = [1]
    two.append(two)
    assert recipe._key(one) == recipe._key(two)
    # A value inside of itself has no number yet; all else of it has.
    first: list[Any] = []
    first += [first, 1]
    assert recipe._key(first) == (*recipe._key(1), ("list", (-1, 0)))  # type: ignore[misc]
    deep: Any = []
    for _ in range(3000):
        deep = [deep]
    assert recipe._key(deep) != recipe._key([deep])
    assert len(recipe._key(shared(100))) == 102  # type: ignore[arg-type]


def test_leaves_are_compared_by_value() -> None:
    leaf = recipe._Leaf
    assert leaf(1) == leaf(1)
    assert leaf(1) != leaf(2)
    assert leaf(1) != 1
    assert hash(leaf("x")) == hash("x")
    assert hash(leaf({1})) == hash(leaf({2})) == hash(set)
    nan = float("nan")
    assert leaf(nan) == leaf(nan)
    assert leaf({1}) == leaf({1})


def test_calls_are_known_again_by_their_arguments() -> None:
    """By a number: of terms by theirs, of constraints by recipes, of what cannot be hashed by itself."""

    def number(*arguments: Any, **keywords: Any) -> int:
        return recipe.source_key(arguments, keywords)

    assert number(1, [2, "a"], k={"b": None}) == number(1, [2, "a"], k={"b": None})
    for other in (
        number(1, [2, "a"]),
        number(1, [2, "b"], k={"b": None}),
        number(True, [2, "a"], k={"b": None}),
    ):
        assert number(1, [2, "a"], k={"b": None}) != other
    terms = literal(b"a"), literal(b"b")
    assert number(terms[0]) == number(literal(b"a")) != number(terms[1])
    assert number(with_recipe(1)) == number(with_recipe(1)) != number(with_recipe(2))
    some = {1}
    assert number(some) == number(some) != number({1})


def test_what_has_no_recipe_is_never_known_again() -> None:
    """Another may come to lie in its place."""
    one = Thing()
    assert recipe.source_key((one,), {}) != recipe.source_key((one,), {})


class Numbered:
    """A value with a number, or something else of that name."""

    def __init__(self, number: Any) -> None:
        self.id = number


def test_numbers_are_those_of_a_class() -> None:
    class Other(Numbered):
        pass

    def number(value: Any) -> int:
        return recipe.source_key((value,), {})

    assert number(Numbered(5)) == number(Numbered(5)) != number(Numbered(6))
    assert number(Numbered(5)) != number(Other(5))
    for no_number in (None, True, "5"):
        assert number(Numbered(no_number)) != number(Numbered(no_number))


def test_recipes_are_keyed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the function, the arguments, and the keywords with what some of them came to."""
    made = Recipe("m:f", (1, 2), {"a": 3}, {"a": 4})
    assert (made.maker, made.arguments, made.keywords, made.options) == ("m:f", (1, 2), {"a": 3}, {"a": 4})
    assert made.key == Recipe("m:f", (1, 2), {"a": 4}).key
    assert made.key == Recipe("m:f", (1, 2), {"a": 9}, {"a": 4}).key
    for other in (Recipe("m:g", (1, 2), {"a": 4}), Recipe("m:f", (1,), {"a": 4}), Recipe("m:f", (1, 2))):
        assert made.key != other.key
    key = made.key
    monkeypatch.setattr(recipe, "_key", None)
    assert made.key is key


# -- constraints and states --------------------------------------------------------------------------


def test_constraints_are_equal_by_their_recipes() -> None:
    one = with_recipe(1, 2)
    assert one == one
    assert one == with_recipe(1, 2)
    assert hash(one) == hash(with_recipe(1, 2))
    assert one != with_recipe(1, 3)
    assert one != 3
    assert one != Grammar({"s": ((A,),)}, "s")


def test_a_constraint_without_a_recipe_is_equal_to_itself_alone() -> None:
    one, other = Thing(), Thing()
    assert one == one
    assert one != other
    assert one != with_recipe(1)
    assert with_recipe(1) != one
    assert hash(one) == object.__hash__(one)
    assert "Thing object at" in repr(one)
    assert {one, other, one} == {one, other}


def test_constraints_pickle_as_their_recipes() -> None:
    made = remembered(1, third=[2])
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert again is not made
    assert again.seen == (1, 5, [2])
    assert copy.copy(made) is copy.deepcopy([made])[0] is made
    changed = decided("x", 3)
    assert changed._recipe.keywords == {"first": "x", "second": 3}
    assert pickle.loads(pickle.dumps(changed)).seen == ("x", 6)
    positional = with_recipe(1, third=7)
    assert pickle.loads(pickle.dumps(positional)) is not None
    assert recipe._make(f"{__name__}:thing", (1, 2), {"third": 3}).seen == (1, 2, 3)


def test_functions_remember_every_default() -> None:
    made = remembered(1)
    assert made._recipe.maker == f"{__name__}:remembered"
    assert made._recipe.arguments == ()
    assert made._recipe.keywords == {"first": 1, "second": 5, "third": None}
    assert made._recipe.options == {}
    assert remembered(1, 5) == remembered(first=1, third=None) == made
    assert remembered(1, 6) != made
    assert (remembered.__name__, remembered.__doc__) == ("remembered", "What it does.")


def test_states_do_not_pickle() -> None:
    class Position(FixedState):
        __slots__ = ("accepting", "id")

    state = Position()
    state.id = 7
    assert repr(state) == "<Position 7>"
    state.accepting = False
    assert repr(state) == "<Position 7>"
    state.accepting = True
    assert repr(state) == "<Position 7 accepting>"
    assert copy.copy(state) is copy.deepcopy(state) is state
    with pytest.raises(TypeError, match="Position does not pickle"):
        pickle.dumps(state)


# -- short names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "keywords", "text"),
    [
        ((1, "x"), {}, "thing(1, 'x')"),
        ((), {"first": 1}, "thing(1)"),
        ((), {"first": 1, "second": 5, "third": None}, "thing(1)"),
        ((), {"first": 1, "second": 6, "third": None}, "thing(1, second=6)"),
        ((), {"first": 1, "third": 2}, "thing(1, third=2)"),
        ((), {"first": "y" * 99}, f"thing('{'y' * 59}...)"),
        ((), {"first": 1, "third": "y" * 99}, f"thing(1, third='{'y' * 29}...)"),
        ((), {"other": 4}, "thing(other=4)"),
    ],
)
def test_calls_are_shown_without_their_defaults(
    arguments: tuple[Any, ...], keywords: Mapping[str, Any], text: str
) -> None:
    assert repr(with_recipe(*arguments, **keywords)) == text


def test_combinations_are_shown_as_formulas() -> None:
    brackets = Grammar({"s": ((), (literal(b"("), "s", literal(b")")))}, "s")
    name = repr(brackets)
    assert name.startswith("Grammar({")
    assert repr(brackets | A) == f"({name} | {A!r})"
    assert repr(union(brackets, A, brackets)) == f"({name} | {A!r} | {name})"
    assert repr(concatenation(A, brackets)) == f"({A!r} + {name})"
    assert repr(intersection(brackets, ANY_BYTE.repeat(2, 4))) == f"({name} & {ANY_BYTE.repeat(2, 4)!r})"
    assert repr(brackets.repeat(2, 3)) == f"{name}.repeat(2, 3)"
    six = union(brackets, *[A] * 5)
    assert repr(six) == f"({name}{f' | {A!r}' * 5})"
    assert repr(union(brackets, *[A] * 6)) == f"({name}{f' | {A!r}' * 5} | ...)"


def test_deep_combinations_are_shown_by_dots() -> None:
    """Three levels of them."""
    x: Any = Grammar({"s": ((A, "s", A), ())}, "s")
    name = repr(x)
    one = x | A
    two = one + A
    three = two | A
    four = three + A
    assert repr(two) == f"(({name} | {A!r}) + {A!r})"
    assert repr(three) == f"((({name} | {A!r}) + {A!r}) | {A!r})".replace(name, "...")
    assert repr(four) == f"(((... + {A!r}) | {A!r}) + {A!r})"
    assert Recipe("bltgen.automata.algebra:union", (x, A)).short(0) == f"(... | {A!r})"
    assert Recipe("bltgen.automata.algebra:union", (x, A)).short(1) == f"(... | {A!r})"
    assert Recipe("bltgen.automata.algebra:union", (x, A)).short(2) == f"({name} | {A!r})"
    assert Recipe("bltgen.automata.algebra:repetition", (x, 1, None)).short(2) == f"{name}.repeat(1, None)"
    assert Recipe("bltgen.automata.algebra:repetition", (x, 1, None)).short(1) == "....repeat(1, None)"
    unknown = Thing()
    assert Recipe("m:union", (unknown, A)).short() == f"(... | {A!r})"
