"""What of a grammar is regular becomes one regular term, so that the cheap layer does the work.

A rule that is not recursive and uses only regular atoms *is* a regular language. A rule that uses itself
only at the left or right end is one too: `x: x "a" | "b"` is `b a*`. Neighbouring regular atoms are
concatenated and regular alternatives united. A grammar that is regular as a whole (URIs, dates, CSV) ends
as one `Language`; in others (JSON, expressions) only the true recursion is left to the context-free layer.

The folded rules have the same language; there are no parse trees to keep.

>>> from bltgen.automata.language import literal
>>> a, b = literal(b"a"), literal(b"b")
>>> folded({"x": (("x", a), (b,))}, "x").accepts(b"baa")
True
"""

from __future__ import annotations

from bltgen.automata.language import EMPTY, EPSILON, Language, concat, union
from bltgen.automata.productions import Alternatives, Atom, Body, Repeat, Rules, atoms, components

__all__ = ["folded"]


def folded(rules: Rules, start: str) -> Language | dict[str, Body]:
    """The language of `start` where it is found to be regular; else equivalent rules with larger terminals.

    `rules` must be trimmed. Linear in their size, but for the constructors of the terms.
    """
    values: dict[str, Language] = {}
    left: dict[str, Body] = {}
    for component in components(rules):
        if len(component) > 1:
            for name in component:
                left[name] = _substituted(rules[name], values)
            continue
        name = component[0]
        body = _substituted(rules[name], values)
        helpers: dict[str, Body] = {}
        if not isinstance(body, Repeat) and any(name in (alt[:1] + alt[-1:]) for alt in body):
            body, helpers = _without_end_recursion(name, body)
        value = _value(body)
        if value is not None:
            values[name] = value
        else:
            left.update(helpers)
            left[name] = body
    if start in values:
        return values[start]
    reachable: dict[str, Body] = {start: left[start]}
    todo = [start]
    while todo:
        for atom in atoms(left[todo.pop()]):
            if isinstance(atom, str) and atom not in reachable:
                reachable[atom] = left[atom]
                todo.append(atom)
    return reachable


def _substituted(body: Body, values: dict[str, Language]) -> Body:
    """The body with known names replaced, neighbouring languages joined, regular alternatives united."""
    if isinstance(body, Repeat):
        atom = values.get(body.atom, body.atom) if isinstance(body.atom, str) else body.atom
        return Repeat(atom, body.low, body.high)
    regular: list[Language] = []
    others: dict[tuple[Atom, ...], None] = {}
    for alternative in body:
        joined: list[Atom] = []
        run: list[Language] = []
        for atom in alternative:
            value = values.get(atom) if isinstance(atom, str) else atom
            if isinstance(value, Language):
                run.append(value)
                continue
            _end_run(run, joined)
            joined.append(atom)
        if not joined:
            regular.append(concat(*run))
            continue
        _end_run(run, joined)
        others[tuple(joined)] = None
    together = union(*regular)
    if together is not EMPTY:
        return ((together,), *others)
    return tuple(others)


def _end_run(run: list[Language], joined: list[Atom]) -> None:
    value = concat(*run)
    if value is not EPSILON:
        joined.append(value)
    run.clear()


def _without_end_recursion(name: str, body: Alternatives) -> tuple[Alternatives, dict[str, Body]]:
    """A -> A x | y A | A z A | base as A -> B (z B)*, B -> y* base x*, with helper rules for the repeats.

    Each step of a derivation wraps what is there on the left or the right, or joins two of them; so the
    texts are rows of wrapped bases. Uses of A that are not at an end stay, as uses of any rule do.
    """
    parts: dict[str, list[tuple[Atom, ...]]] = {"before": [], "base": [], "after": [], "between": []}
    for alternative in body:
        if alternative == (name,):
            continue
        first, last = alternative[:1] == (name,), alternative[-1:] == (name,)
        if first and last:
            parts["between"].append(alternative[1:-1])
        elif first:
            parts["after"].append(alternative[1:])
        elif last:
            parts["before"].append(alternative[:-1])
        else:
            parts["base"].append(alternative)
    helpers: dict[str, Body] = {}

    def helper(label: str, made: Body) -> Atom:
        value = _value(made)
        if value is not None:
            return value
        helpers[f"{name}~{label}"] = made
        return f"{name}~{label}"

    def several(label: str) -> list[Atom]:
        if not parts[label]:
            return []
        return [helper(f"{label}*", Repeat(helper(label, tuple(parts[label])), 0, None))]

    item = helper("item", ((*several("before"), helper("base", tuple(parts["base"])), *several("after")),))
    if not parts["between"]:
        return ((item,),), helpers
    following = helper("next", tuple((*between, item) for between in parts["between"]))
    return ((item, helper("next*", Repeat(following, 0, None))),), helpers


def _value(body: Body) -> Language | None:
    """The language of a body whose atoms are all regular."""
    if isinstance(body, Repeat):
        return body.atom.repeat(body.low, body.high) if isinstance(body.atom, Language) else None
    languages = []
    for alternative in body:
        parts = []
        for atom in alternative:
            if not isinstance(atom, Language):
                return None
            parts.append(atom)
        languages.append(concat(*parts))
    return union(*languages)
