"""The productions of a context-free language, and what is found out about them before any byte is read.

`Rules` map a name to a body: alternatives of sequences, or a counted repeat. An atom of a body is the name
of another rule or a terminal, which is any `Constraint`: most often a regular `Language`, read byte by
byte without a lexer. Bodies are flat: a bracketed group is a rule of its own. So every pass below is a loop
over rules, whatever the depth of the source.

`trimmed` drops the alternatives that can never be completed and the rules that are never used, and says
which; what is left has no dead ends.

>>> from bltgen.automata.language import literal
>>> a, b, c = literal(b"a"), literal(b"b"), literal(b"c")
>>> rules = {"root": ((a, "x"), (b,)), "x": ((c, "x"),)}
>>> kept, notes = trimmed(rules, "root")
>>> kept == {"root": ((b,),)}, notes["x"]
(True, 'matches no text: every alternative needs a text without end')
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from bltgen.automata.contract import Constraint
from bltgen.automata.language import INFINITE
from bltgen.errors import EmptyLanguage

__all__ = [
    "Alternatives",
    "Atom",
    "Body",
    "Repeat",
    "Rules",
    "atoms",
    "components",
    "expanded_repeats",
    "nullable_rules",
    "trimmed",
]

Atom: TypeAlias = "str | Constraint"
Alternatives: TypeAlias = tuple[tuple[Atom, ...], ...]

LARGEST_COPIED_REPEAT = 8
"""A larger count of a non-regular atom is written as a few rules that double it, not as copies."""


@dataclass(frozen=True)
class Repeat:
    """Between `low` and `high` times the atom; without an upper bound where `high` is None."""

    atom: Atom
    low: int
    high: int | None


Body: TypeAlias = "Alternatives | Repeat"
Rules: TypeAlias = Mapping[str, Body]


def atoms(body: Body) -> Iterator[Atom]:
    """The atoms of a body, as often as they are written there."""
    if isinstance(body, Repeat):
        yield body.atom
    else:
        for alternative in body:
            yield from alternative


def _is_possible(terminal: Constraint) -> bool:
    """Whether a terminal has a text."""
    try:
        return terminal.start().shortest < INFINITE
    except EmptyLanguage:
        return False


def trimmed(rules: Rules, start: str) -> tuple[dict[str, Body], dict[str, str]]:
    """The rules that take part in some text, and a note for every rule that was dropped or shortened.

    Raises EmptyLanguage where `start` itself has no text. Linear in the size of the rules.
    """
    productive = _productive(rules)
    if start not in productive:
        empty = tuple(sorted(name for name in rules if name not in productive))
        raise EmptyLanguage(
            f"no text matches the rule {start!r}: every way through it goes on for ever", empty
        )
    notes: dict[str, str] = {}
    live: dict[str, Body] = {}
    for name, body in rules.items():
        if name not in productive:
            notes[name] = "matches no text: every alternative needs a text without end"
            continue
        if isinstance(body, Repeat):
            live[name] = body if _can(body.atom, productive) else ((),)
            continue
        kept = tuple(alt for alt in body if all(_can(atom, productive) for atom in alt))
        if len(kept) < len(body):
            notes[name] = f"{len(body) - len(kept)} of {len(body)} alternatives match no text and are dropped"
        live[name] = kept
    reachable = {start}
    todo = [start]
    while todo:
        for atom in atoms(live[todo.pop()]):
            if isinstance(atom, str) and atom not in reachable:
                reachable.add(atom)
                todo.append(atom)
    for name in live:
        if name not in reachable:
            notes[name] = f"is not used from {start!r}"
    return {name: body for name, body in live.items() if name in reachable}, notes


def _can(atom: Atom, productive: set[str]) -> bool:
    return atom in productive if isinstance(atom, str) else _is_possible(atom)


def _productive(rules: Rules) -> set[str]:
    """The rules from which some text can be derived."""
    return _closed_under(rules, _is_possible)


def nullable_rules(rules: Rules) -> set[str]:
    """The rules from which the empty text can be derived."""
    return _closed_under(rules, lambda terminal: terminal.start().accepting)


def _closed_under(rules: Rules, terminal_holds: Callable[[Constraint], bool]) -> set[str]:
    """The least set of rules that have an alternative all of whose atoms hold or are in the set."""
    holds: set[str] = set()
    waiting: dict[str, list[tuple[str, list[int]]]] = {}
    todo: list[str] = []
    verdicts: dict[int, bool] = {}

    def terminal(atom: Constraint) -> bool:
        key = id(atom)
        if key not in verdicts:
            verdicts[key] = terminal_holds(atom)
        return verdicts[key]

    for name, body in rules.items():
        if isinstance(body, Repeat):
            alternatives: Alternatives = ((),) if body.low == 0 else ((body.atom,),)
        else:
            alternatives = body
        for alternative in alternatives:
            names = []
            for atom in alternative:
                if isinstance(atom, str):
                    names.append(atom)
                elif not terminal(atom):
                    break
            else:
                if not names:
                    todo.append(name)
                missing = [len(names)]
                for other in names:
                    waiting.setdefault(other, []).append((name, missing))
    while todo:
        name = todo.pop()
        if name in holds:
            continue
        holds.add(name)
        for user, missing in waiting.get(name, ()):
            missing[0] -= 1
            if not missing[0]:
                todo.append(user)
    return holds


def components(rules: Rules) -> list[list[str]]:
    """The strongly connected components of "uses", each after those it uses (Tarjan, without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    on_path: set[str] = set()
    path: list[str] = []
    found: list[list[str]] = []
    for root in rules:
        if root in index:
            continue
        work: list[tuple[str, Iterator[Atom]]] = []

        def enter(name: str, work: list[tuple[str, Iterator[Atom]]] = work) -> None:
            index[name] = low[name] = len(index)
            path.append(name)
            on_path.add(name)
            work.append((name, atoms(rules[name])))

        enter(root)
        while work:
            name, rest = work[-1]
            for atom in rest:
                if not isinstance(atom, str):
                    continue
                if atom not in index:
                    enter(atom)
                    break
                if atom in on_path:
                    low[name] = min(low[name], index[atom])
            else:
                work.pop()
                if work:
                    user = work[-1][0]
                    low[user] = min(low[user], low[name])
                if low[name] == index[name]:
                    component = []
                    while True:
                        member = path.pop()
                        on_path.discard(member)
                        component.append(member)
                        if member == name:
                            break
                    found.append(component)
    return found


def expanded_repeats(rules: Rules) -> dict[str, Body]:
    """The same language with no large counted repeats: x{1000} becomes about ten rules that double x.

    The two alternatives of "up to k" take disjoint counts, so that no ambiguity is added.
    """
    made: dict[str, Body] = {}
    for name, body in rules.items():
        if not isinstance(body, Repeat) or max(body.low, body.high or 0) <= LARGEST_COPIED_REPEAT:
            made[name] = body
            continue
        low, high = body.low, body.high
        parts: list[Atom] = []
        if low:
            parts.append(_exactly(name, body.atom, low, made))
        if high is None:
            rest = f"{name}~*"
            made[rest] = Repeat(body.atom, 0, None)
            parts.append(rest)
        elif high > low:
            parts.append(_up_to(name, body.atom, high - low, made))
        made[name] = (tuple(parts),)
    return made


def _exactly(name: str, atom: Atom, count: int, made: dict[str, Body]) -> str:
    rule = f"{name}~{count}"
    todo = [count]
    while todo:
        n = todo.pop()
        if f"{name}~{n}" in made:
            continue
        half = f"{name}~{n // 2}"
        if n == 1:
            made[f"{name}~1"] = ((atom,),)
        else:
            made[f"{name}~{n}"] = ((half, half, atom),) if n % 2 else ((half, half),)
            todo.append(n // 2)
    return rule


def _up_to(name: str, atom: Atom, count: int, made: dict[str, Body]) -> str:
    todo = [count]
    while todo:
        n = todo.pop()
        rule = f"{name}~0..{n}"
        if rule in made:
            continue
        if n == 0:
            made[rule] = ((),)
        elif n == 1:
            made[rule] = ((), (atom,))
        else:
            half = n // 2
            rest = n - half - 1
            more = _exactly(name, atom, half + 1, made)
            made[rule] = ((f"{name}~0..{half}",), (more, f"{name}~0..{rest}"))
            todo += [half, rest]
    return f"{name}~0..{count}"
