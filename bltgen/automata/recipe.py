"""How a constraint was made, by which it is compared, hashed, copied and pickled.

A `Recipe` is a function, by its module and name, and the arguments it was called with. Constraints whose
class is `Made` are equal where their recipes are: where source and options are the same, in the same order.
Whether two sources mean the same language is another question (undecidable for grammars), and is not asked.

Pickling writes the recipe, never states or tables: the constraint is compiled anew where it is read, in a
spawned worker, say. States (`FixedState`) do not pickle: send the constraint and the bytes, and walk these.

>>> from copy import deepcopy
>>> from bltgen.automata.algebra import union
>>> from bltgen.automata.context_free import Grammar
>>> from bltgen.automata.language import literal
>>> def brackets():
...     return Grammar({"s": ((), (literal(b"("), "s", literal(b")")))}, "s")
>>> brackets() == brackets(), brackets() == union(brackets(), literal(b"x"))
(True, False)
>>> deepcopy(brackets()).start().shortest
0
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from functools import wraps
from importlib import import_module
from itertools import count
from typing import Any, TypeVar

from bltgen.arguments import shown

__all__ = ["FixedState", "Made", "Recipe", "remembers", "source_key"]

F = TypeVar("F", bound=Callable[..., Any])


_SIGNS = {"union": "|", "concatenation": "+", "intersection": "&", "Product": "&"}


def _short(part: Any, level: int) -> str:
    if not isinstance(part, Made):
        return shown(part)
    return part._recipe.short(level) if level > 0 and hasattr(part, "_recipe") else "..."


class Recipe:
    """A function, as "module:name", and its arguments. options: what some of them came to, which decides."""

    __slots__ = ("_key", "arguments", "keywords", "maker", "options")

    def __init__(
        self,
        maker: str,
        arguments: tuple[Any, ...] = (),
        keywords: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.maker, self.arguments = maker, arguments
        self.keywords, self.options = dict(keywords or {}), dict(options or {})
        self._key: Hashable = None

    def short(self, level: int = 3) -> str:
        """As a call or a formula, of a few lines at most; below `level` combinations only dots."""
        module, _, name = self.maker.partition(":")
        if name in _SIGNS:
            parts = [_short(part, level - 1) for part in self.arguments[:6]]
            more = ["..."] * (len(self.arguments) > 6)
            return f"({f' {_SIGNS[name]} '.join(parts + more)})"
        if name == "repetition":
            return f"{_short(self.arguments[0], level - 1)}.repeat{self.arguments[1:]}"
        defaults = inspect.signature(getattr(import_module(module), name)).parameters
        given = [shown(argument) for argument in self.arguments]
        for index, (keyword, value) in enumerate(self.keywords.items()):
            if keyword not in defaults:
                given.append(f"{keyword}={_short(value, level - 1)}")
            elif index == 0:
                given.append(shown(value))
            elif value != defaults[keyword].default:
                given.append(f"{keyword}={shown(value, 30)}")
        return f"{name}({', '.join(given)})"

    @property
    def key(self) -> Hashable:
        """Equal for equal recipes."""
        if self._key is None:
            self._key = _key([self.maker, self.arguments, {**self.keywords, **self.options}])
        return self._key


def _make(maker: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    module, _, name = maker.partition(":")
    return getattr(import_module(module), name)(*arguments, **keywords)


class Fixed:
    """A value that belongs to this process: a copy of it is itself, and it does not pickle."""

    __slots__ = ()

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, memo: object) -> Any:
        return self

    def __reduce__(self) -> Any:
        raise TypeError(
            f"a {type(self).__name__} does not pickle: pickle the constraint and the bytes read so far, and "
            "walk them again"
        )


class FixedState(Fixed):
    """A state, shown without asking it anything that costs."""

    __slots__ = ()
    id: int

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}{' accepting' if getattr(self, 'accepting', False) else ''}>"


class Made(Fixed):
    """A constraint that knows its recipe; until it is told one, it is equal to itself alone."""

    __slots__ = ("_recipe",)
    _recipe: Recipe

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or not hasattr(self, "_recipe"):
            return NotImplemented
        return hasattr(other, "_recipe") and self._recipe.key == other._recipe.key

    def __repr__(self) -> str:
        return self._recipe.short() if hasattr(self, "_recipe") else object.__repr__(self)

    def __hash__(self) -> int:
        return hash(self._recipe.key) if hasattr(self, "_recipe") else object.__hash__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        recipe = self._recipe
        return (_make, (recipe.maker, recipe.arguments, {**recipe.keywords, **recipe.options}))


def remembers(options: Callable[[Any], Mapping[str, Any]] = lambda made: {}) -> Callable[[F], F]:
    """Make a function give what it makes (`Made`) its recipe: this call, with every default filled in.

    options: of what was made, those that decide in place of the arguments of the same names.
    """

    def decorate(function: F) -> F:
        signature = inspect.signature(function)
        maker = f"{function.__module__}:{function.__name__}"

        @wraps(function)
        def remembering(*arguments: Any, **keywords: Any) -> Any:
            made = function(*arguments, **keywords)
            bound = signature.bind(*arguments, **keywords)
            bound.apply_defaults()
            made._recipe = Recipe(maker, (), bound.arguments, options(made))
            return made

        return remembering  # type: ignore[return-value]

    return decorate


def source_key(arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> int:
    """A number for calls with equal arguments, written alike; it keeps none of them alive."""
    return hash(_key([arguments, dict(keywords)], _Source))


def _key(value: Any, leaf: type[_Leaf] | None = None) -> Hashable:
    """Equal for equal JSON-like values, types told apart (1, 1.0, True), members in order.

    Linear in the objects: what is shared is read once, and nothing recurses.
    """
    leaf = leaf or _Leaf
    nodes: dict[Hashable, int] = {}
    known: dict[int, int] = {}
    begun: dict[int, list[Any]] = {}
    stack = [value]
    while stack:
        top = stack[-1]
        if id(top) in known:
            stack.pop()
            continue
        if id(top) not in begun:
            parts = begun[id(top)] = _parts(top)
            missing = [part for part in parts if id(part) not in begun]
            if missing:
                stack += reversed(missing)
                continue
        # A value inside of itself has no number yet.
        numbers = [known.get(id(part), -1) for part in begun[id(top)]]
        node: Hashable
        if isinstance(top, Mapping):
            node = ("map", tuple(zip(top, numbers, strict=True)))
        elif isinstance(top, (list, tuple)):
            node = ("list", tuple(numbers))
        else:
            node = (type(top), leaf(top))
        known[id(top)] = nodes.setdefault(node, len(nodes))
        stack.pop()
    return tuple(nodes)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, (list, tuple)) else []


class _Leaf:
    """A value compared by ==, whether or not it can be hashed."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Leaf) and (self.value is other.value or bool(self.value == other.value))

    def __hash__(self) -> int:
        try:
            return hash(self.value)
        except TypeError:
            return hash(type(self.value))


_unlike = count().__next__


class _Source(_Leaf):
    """A value by which a call is known again: terms by their number, what has no recipe by nothing."""

    __slots__ = ()

    def __hash__(self) -> int:
        serial = getattr(self.value, "id", None)
        if type(serial) is int:
            return hash((type(self.value), serial))
        if isinstance(self.value, Made) and not hasattr(self.value, "_recipe"):
            return hash((_Source, _unlike()))
        try:
            return hash(self.value)
        except TypeError:
            return id(self.value)
