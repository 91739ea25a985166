"""Context-free languages of bytes as constraints.

A `Grammar` is made of rules (see `productions`) by the front ends in `constraints.grammar`, or by
combining grammars and other constraints with `|`, `+`, `repeat` and `optional`. What is regular in it is
read by the regular layer, wholly where all of it is; the rest by Earley's algorithm, in the same contract.

- A grammar & a regular language is exact (`grammar_product`), bounded by limits.
- The intersection of two grammars that are not regular, and the complement of one, cannot be had: whether
  they are empty is undecidable. They raise Unsupported.
- A grammar in which nothing matches raises EmptyLanguage when it is made. An operator whose result is empty
  gives the empty language, which all operators take.

>>> from bltgen.automata.language import literal
>>> brackets = Grammar({"s": ((), (literal(b"("), "s", literal(b")"), "s"))}, "s")
>>> brackets.accepts(b"(())()"), brackets.accepts(b"(()"), bytes(brackets.start().allowed)
(True, False, b'(')
>>> four = brackets & (literal(b"(") | literal(b")")).repeat(4, 4)
>>> sorted({four.sample(random.Random(seed)) for seed in range(20)})
[b'(())', b'()()']
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from bltgen.arguments import as_bytes, bounds, suggests_keywords
from bltgen.automata.byteset import ByteSet
from bltgen.automata.contract import Constraint, Report, ReportEntry, State
from bltgen.automata.earley import EarleyAutomaton
from bltgen.automata.language import EMPTY, Language
from bltgen.automata.limits import bounded, bounded_by, grant
from bltgen.automata.named import Named
from bltgen.automata.productions import Atom, Body, Repeat, Rules, trimmed
from bltgen.automata.recipe import Made, Recipe, source_key
from bltgen.automata.regular_folding import folded
from bltgen.automata.sampling import draw
from bltgen.automata.transition_network import network_of_rules
from bltgen.errors import EmptyLanguage, Unsupported

if TYPE_CHECKING:
    from bltgen.automata.grammar_product import Reader

__all__ = ["Grammar"]


class Grammar(Made):
    """A context-free language. An immutable `Constraint`.

    `rules` map names to bodies, `start` is one of them; every name used must be a rule. Names with "~" are
    helpers, and are not reported. `report` and `source` are what `report()` and `describe()` give.

    Raises EmptyLanguage where no text matches, LimitExceeded beyond `Limits.grammar_nodes`.
    """

    __slots__ = ("__weakref__", "_engine", "_report", "_rules", "_source", "_start")

    @bounded
    def __init__(
        self,
        rules: Rules,
        start: str,
        report: Report | None = None,
        source: dict[str, Any] | None = None,
        recipe: Recipe | None = None,
    ) -> None:
        flat = _flattened(rules)
        live, notes = trimmed(flat, start)
        value = folded(live, start)
        self._rules: dict[str, Body] | None = live
        self._start = start
        self._engine: Language | EarleyAutomaton = (
            value if isinstance(value, Language) else EarleyAutomaton(network_of_rules(value, start))
        )
        noted = tuple(
            ReportEntry(name, "rule", "exact", note) for name, note in notes.items() if "~" not in name
        )
        self._report = Report((report.entries if report else ()) + noted)
        self._source = source
        self._recipe = recipe or Recipe("bltgen.automata.context_free:Grammar", (rules, start))

    @classmethod
    @bounded
    def of_marked_rules(
        cls,
        rules: Rules,
        start: str,
        first: Reader,
        marks: ByteSet,
        report: Report,
        source: dict[str, Any] | None = None,
    ) -> Grammar:
        """The texts of rules that are in a regular language of texts with marks, without the marks.

        `first`: the state before any byte of an automaton of that language. Each byte of `marks` stands in
        the rules as a terminal by itself, and what lies between two marks is not empty. It has no recipe: the
        front end gives it one. Raises what `&` does.
        """
        from bltgen.automata.grammar_product import product

        live, notes = trimmed(_flattened(rules), start)
        engine = EarleyAutomaton(product(network_of_rules(live, start), first, marks))
        noted = [ReportEntry(name, "rule", "exact", note) for name, note in notes.items() if "~" not in name]
        return cls._of_engine(engine, Report((*report.entries, *noted)), source, None)

    @classmethod
    def _of_engine(
        cls, engine: EarleyAutomaton, report: Report, source: dict[str, Any] | None, recipe: Recipe | None
    ) -> Grammar:
        made = object.__new__(cls)
        made._engine, made._report, made._source = engine, report, source
        if recipe is not None:
            made._recipe = recipe
        made._rules, made._start = None, ""
        return made

    @property
    def language(self) -> Language | None:
        """The same language as a term of the regular layer where it was found to be regular, else None."""
        return self._engine if isinstance(self._engine, Language) else None

    # -- as a constraint ---------------------------------------------------------------------------

    def start(self) -> State:
        """The state before the first byte."""
        return self._engine.start()

    @bounded
    def accepts(self, data: bytes) -> bool:
        """Whether `data` is in the language."""
        data = as_bytes("data", data)
        grant(len(data))
        state: State | None = self._engine.start()
        for byte in data:
            state = state.advance(byte)  # type: ignore[union-attr]
            if state is None:
                return False
        return state.accepting  # type: ignore[union-attr]

    @suggests_keywords()
    def sample(self, rng: random.Random, max_bytes: int | None = None) -> bytes:
        """A random text of at most `max_bytes` bytes, without rejection. Raises BudgetTooSmall."""
        return draw(self.start(), rng, max_bytes)

    def report(self) -> Report:
        """How each construct of the source is enforced; rules that match nothing or are not used."""
        return self._report

    def describe(self) -> dict[str, Any]:
        """The source and options. Raises Unsupported for a grammar made of rules in memory."""
        if self._source is None:
            raise Unsupported("this grammar is made of rules in memory and has no description")
        return dict(self._source)

    def drop_caches(self) -> None:
        """Forget the states made so far. Those in use stay valid."""
        if isinstance(self._engine, EarleyAutomaton):
            self._engine.drop()

    # -- algebra -------------------------------------------------------------------------------------

    def __or__(self, other: Any) -> Constraint:
        return _combined("union", (self, other)) if _is_constraint(other) else NotImplemented

    def __ror__(self, other: Any) -> Constraint:
        return _combined("union", (other, self)) if _is_constraint(other) else NotImplemented

    def __add__(self, other: Any) -> Constraint:
        return _combined("concat", (self, other)) if _is_constraint(other) else NotImplemented

    def __radd__(self, other: Any) -> Constraint:
        return _combined("concat", (other, self)) if _is_constraint(other) else NotImplemented

    @bounded_by(source_key)
    def __and__(self, other: Any) -> Constraint:
        if not _is_constraint(other):
            return NotImplemented
        mine, theirs = self.language, other.language if isinstance(other, Grammar) else other
        if mine is not None and isinstance(theirs, Language):
            return mine & theirs
        if mine is not None:
            both: Constraint = mine & other
            return both
        if not isinstance(theirs, Language):
            raise Unsupported(
                "the intersection of two languages that are not regular: whether it is empty is undecidable"
            )
        from bltgen.automata.grammar_product import product
        from bltgen.automata.product import product_of

        assert isinstance(self._engine, EarleyAutomaton)
        try:
            engine = EarleyAutomaton(product(self._engine.network, theirs.start()))
        except EmptyLanguage:
            return EMPTY
        except Unsupported:
            # A constraint of another kind within the grammar has no transition network.
            return product_of(self, theirs)
        entries = self._report.entries + theirs.report().entries
        source = _source("intersection", (self, theirs))
        return Grammar._of_engine(engine, Report(entries), source, _combination("intersection", self, theirs))

    def __rand__(self, other: Any) -> Constraint:
        return self & other if isinstance(other, Language) else NotImplemented

    def __invert__(self) -> Constraint:
        if self.language is None:
            raise Unsupported(
                "the complement of a grammar that is not regular: it need not be context-free, and whether "
                "it is empty is undecidable"
            )
        return ~self.language

    @suggests_keywords()
    def repeat(self, low: int, high: int | None = None) -> Grammar:
        """Between `low` and `high` texts in a row; without an upper bound where `high` is None."""
        low, high = bounds(low, high)
        source = _source("repeat", (self,))
        if source is not None:
            source.update(low=low, high=high)
        recipe = _combination("repetition", self, low, high)
        return Grammar({"~": Repeat(self, low, high)}, "~", self._report, source, recipe)

    def optional(self) -> Grammar:
        """The texts and the empty one."""
        return self.repeat(0, 1)


def _is_constraint(value: object) -> bool:
    return isinstance(value, Language | Grammar | Constraint)


def _combined(kind: str, parts: tuple[Constraint, ...]) -> Grammar | Language:
    """The union or the concatenation as a grammar; EMPTY where no text is in it."""
    alternatives: tuple[tuple[Atom, ...], ...] = tuple((p,) for p in parts) if kind == "union" else (parts,)
    entries = tuple(entry for part in parts for entry in part.report().entries)
    recipe = _combination("union" if kind == "union" else "concatenation", *parts)
    try:
        return Grammar({"~": alternatives}, "~", Report(entries), _source(kind, parts), recipe)
    except EmptyLanguage:
        return EMPTY


def _combination(name: str, *arguments: Any) -> Recipe:
    return Recipe(f"bltgen.automata.algebra:{name}", arguments)


def _source(kind: str, parts: tuple[Constraint, ...]) -> dict[str, Any] | None:
    try:
        return {"kind": kind, "parts": [part.describe() for part in parts]}
    except Unsupported:
        return None


def _flattened(rules: Rules) -> Rules:
    """The rules with terms as terminals, and those of the grammars used in them in place of the grammars."""
    if not any(isinstance(atom, Grammar | Named) for body in rules.values() for atom in _atoms_of(body)):
        return rules
    made: dict[str, Body] = {}
    prefixes: dict[Grammar, str] = {}
    todo: list[tuple[str, Rules]] = [("", rules)]

    def renamed(atom: Atom, prefix: str) -> Atom:
        if isinstance(atom, str):
            return prefix + atom
        if isinstance(atom, Named):
            return atom.bare
        if not isinstance(atom, Grammar):
            return atom
        if atom.language is not None:
            return atom.language
        if atom._rules is None:
            return atom
        if atom not in prefixes:
            prefixes[atom] = f"~{len(prefixes)}:"
            todo.append((prefixes[atom], atom._rules))
        return prefixes[atom] + atom._start

    while todo:
        prefix, inner = todo.pop()
        for name, body in inner.items():
            if isinstance(body, Repeat):
                made[prefix + name] = Repeat(renamed(body.atom, prefix), body.low, body.high)
            else:
                made[prefix + name] = tuple(tuple(renamed(a, prefix) for a in alt) for alt in body)
    return made


def _atoms_of(body: Body) -> Any:
    return (
        (body.atom,) if isinstance(body, Repeat) else (atom for alternative in body for atom in alternative)
    )
