"""Grammars as constraints: what is regular, reported, described, combined, renamed and refused."""

from __future__ import annotations

import random
from typing import Any

import pytest

from bltgen.automata import context_free
from bltgen.automata.byteset import ByteSet
from bltgen.automata.context_free import Grammar
from bltgen.automata.contract import Report, ReportEntry, State
from bltgen.automata.language import ANY_BYTE, ANY_BYTES, EMPTY, EPSILON, Language, literal
from bltgen.automata.named import Named
from bltgen.automata.product import Product
from bltgen.automata.productions import Body, Repeat
from bltgen.errors import BudgetTooSmall, EmptyLanguage, Unsupported

A, B, X = literal(b"a"), literal(b"b"), literal(b"x")
OPEN, CLOSE = literal(b"("), literal(b")")
NESTED: Body = ((OPEN, "n", CLOSE), (X,))


class Opaque:
    """A constraint of another kind, with a report and a description of its own or none."""

    def __init__(self, language: Language, described: bool = True) -> None:
        self.language_, self.described = language, described

    def start(self) -> State:
        return self.language_.start()

    def report(self) -> Report:
        return Report((ReportEntry("opaque", "of another kind"),))

    def describe(self) -> dict[str, Any]:
        if not self.described:
            raise Unsupported("no description")
        return {"kind": "opaque"}

    def accepts(self, data: bytes) -> bool:
        return self.language_.accepts(data)

    def sample(self, *arguments: Any, **options: Any) -> bytes:
        return self.language_.sample(*arguments, **options)

    def repeat(self, *arguments: Any) -> Any:
        return self.language_.repeat(*arguments)

    def optional(self) -> Any:
        return self.language_.optional()

    def __and__(self, other: Any) -> Any:
        return NotImplemented  # the grammar at its side knows how

    def __or__(self, other: Any) -> Any:
        return NotImplemented  # the grammar at its side knows how

    def __add__(self, other: Any) -> Any:
        return NotImplemented  # the grammar at its side knows how

    def __invert__(self) -> Any:
        return ~self.language_


def nested(**keywords: Any) -> Grammar:
    return Grammar({"n": NESTED}, "n", **keywords)


def described() -> Grammar:
    return nested(source={"kind": "grammar", "text": "..."}, report=Report((ReportEntry("n", "rule"),)))


def test_regular_grammars_are_terms() -> None:
    regular = Grammar({"s": ((A, "s"), (B,))}, "s")
    assert regular.language is A.star() + B
    assert regular.start() is (A.star() + B).start()
    assert nested().language is None
    assert (~regular).equivalent(~(A.star() + B))
    with pytest.raises(Unsupported, match="complement"):
        ~nested()


def test_texts() -> None:
    made = nested()
    assert [made.accepts(text) for text in (b"x", b"(x)", b"(x", b"y", b"", b"x)")] == [True, True] + [
        False
    ] * 4
    assert made.accepts(bytearray(b"x"))
    with pytest.raises(TypeError, match="data"):
        made.accepts("x")  # type: ignore[arg-type]
    assert made.sample(random.Random(1), 1) == b"x"
    with pytest.raises(BudgetTooSmall):
        made.sample(random.Random(1), max_bytes=0)
    with pytest.raises(TypeError, match="max_bytes"):
        made.sample(random.Random(1), max_tokens=3)  # type: ignore[call-arg]


def test_reports() -> None:
    """The entries given, then the notes on rules, but for those of helpers."""
    given = Report((ReportEntry("1:1", "given"),))
    rules: dict[str, Body] = {"n": NESTED, "unused": ((A,),), "help~er": ((A,),), "s": ((A, "s"),)}
    made = Grammar(rules, "n", given)
    assert made.report().entries[0] == given.entries[0]
    assert [(entry.place, entry.construct, entry.enforced) for entry in made.report().entries[1:]] == [
        ("s", "rule", "exact"),
        ("unused", "rule", "exact"),
    ]
    assert "without end" in made.report().entries[1].note
    assert Grammar({"n": NESTED}, "n").report() == Report()


def test_descriptions() -> None:
    made = described()
    description = made.describe()
    assert description == {"kind": "grammar", "text": "..."}
    description["kind"] = "changed"
    assert made.describe()["kind"] == "grammar"
    with pytest.raises(Unsupported, match="memory"):
        nested().describe()
    union, row, twice = made | A, A + made, made.repeat(2, 3)
    assert union.describe() == {"kind": "union", "parts": [made.describe(), A.describe()]}
    assert row.describe() == {"kind": "concat", "parts": [A.describe(), made.describe()]}
    assert twice.describe() == {"kind": "repeat", "parts": [made.describe()], "low": 2, "high": 3}
    assert made.repeat(2).describe()["high"] is None
    both = made & ANY_BYTE.repeat(1, 3)
    assert both.describe() == {
        "kind": "intersection",
        "parts": [made.describe(), ANY_BYTE.repeat(1, 3).describe()],
    }
    for undescribed in (nested() | A, nested().repeat(1, 2)):
        with pytest.raises(Unsupported):
            undescribed.describe()


def test_caches_are_dropped() -> None:
    made = nested()
    state = made.start()
    assert made.start() is state
    made.drop_caches()
    assert made.start() is not state
    Grammar({"s": ((A,),)}, "s").drop_caches()


def test_operators() -> None:
    made = nested()
    opaque: Any = Opaque(literal(b"yy"))
    for either in (made | B, B | made):
        assert [either.accepts(text) for text in (b"x", b"b", b"xb")] == [True, True, False]
    for either in (made | opaque, opaque | made if hasattr(Opaque, "__or__") else made | opaque):
        assert either.accepts(b"yy")
        assert ReportEntry("opaque", "of another kind") in either.report().entries
    after, before = made + B, B + made
    assert [after.accepts(text) for text in (b"xb", b"bx")] == [True, False]
    assert [before.accepts(text) for text in (b"xb", b"bx")] == [False, True]
    assert made.__radd__(B) == before
    assert made.__ror__(B) == B | made
    assert [made.repeat(2, 3).accepts(b"x" * n) for n in range(5)] == [False, False, True, True, False]
    assert made.repeat(2).accepts(b"x" * 9)
    assert [made.optional().accepts(text) for text in (b"", b"x", b"xx")] == [True, True, False]
    with pytest.raises(ValueError, match="low <= high"):
        made.repeat(3, 2)
    with pytest.raises(TypeError, match="high"):
        made.repeat(1, hig=2)  # type: ignore[call-arg]
    for other in (3, "x", None):
        wrong: Any = other
        for result in (made.__or__(wrong), made.__ror__(wrong), made.__add__(wrong), made.__radd__(wrong)):
            assert result is NotImplemented
        assert made.__and__(wrong) is NotImplemented
        assert made.__rand__(wrong) is NotImplemented


def test_intersections() -> None:
    made = nested()
    window = ANY_BYTE.repeat(2, 4)
    both = made & window
    assert isinstance(both, Grammar)
    assert [both.accepts(text) for text in (b"x", b"(x)", b"((x))")] == [False, True, False]
    assert window & made == both
    assert made & B is EMPTY
    regular = Grammar({"s": ((A, "s"), (B,))}, "s")
    assert regular & window is (A.star() + B) & window
    assert window & regular is (A.star() + B) & window
    assert regular & regular is regular.language
    mixed = regular & made
    assert mixed is EMPTY or not mixed.accepts(b"b")
    assert (made & Grammar({"s": ((OPEN, "s"), (X, CLOSE.star()))}, "s")).accepts(b"(x)")
    with pytest.raises(Unsupported, match="undecidable"):
        made & nested()
    opaque: Any = Opaque(B)
    with pytest.raises(Unsupported):
        made & opaque
    strange = Product(opaque, ANY_BYTE.repeat(0, 5))
    embedded = Grammar({"n": ((OPEN, "n", CLOSE), (strange,))}, "n") & window
    assert isinstance(embedded, Product)
    assert [embedded.accepts(text) for text in (b"b", b"(b)", b"((b))")] == [False, True, False]
    reported = described() & window
    assert reported.report().entries == (ReportEntry("n", "rule"),)


def test_combinations_that_are_empty() -> None:
    """Are the empty language; where something is left, it is made."""
    made = nested()
    for none in (EMPTY + made, made + EMPTY, context_free._combined("union", (EMPTY, EMPTY))):
        assert none is EMPTY
    assert (EMPTY | made).accepts(b"x")
    with pytest.raises(EmptyLanguage):
        Grammar({"n": ((A, "n"),)}, "n")


def test_grammars_within_grammars_are_renamed_apart() -> None:
    """Once each; regular ones and named terms are terms; those without rules stay as they are."""
    inner, other = nested(), Grammar({"n": ((A, "n", B), ())}, "n")
    rules: dict[str, Any] = {
        "n": (("m", inner), (inner, other)),
        "m": Repeat(inner, 0, 2),
    }
    flat = context_free._flattened(rules)
    first, second = ("~0:", "~1:") if flat["m"] == Repeat("~0:n", 0, 2) else ("~1:", "~0:")
    assert flat.keys() == {"n", "m", "~0:n", "~1:n"}
    assert flat["m"] == Repeat(f"{first}n", 0, 2)
    assert flat["n"] == (("m", f"{first}n"), (f"{first}n", f"{second}n"))
    assert flat[f"{first}n"] == ((OPEN, f"{first}n", CLOSE), (X,))
    regular = Grammar({"s": ((A, "s"), (B,))}, "s")
    facade = Named(A.plus(), {"kind": "regex"}, Report())
    assert context_free._flattened({"n": ((regular, facade, "n"), ())}) == {
        "n": ((A.star() + B, A.plus(), "n"), ())
    }
    product = inner & ANY_BYTE.repeat(1, 5)
    assert isinstance(product, Grammar)
    assert context_free._flattened({"n": ((product,),)}) == {"n": ((product,),)}
    untouched: dict[str, Body] = {"n": NESTED}
    assert context_free._flattened(untouched) is untouched
    deep = Grammar({"s": ((A, inner, B, "s"), (other,))}, "s")
    assert deep.accepts(b"a(x)bab")
    assert not deep.accepts(b"a(x)ba")
    assert (product | B).accepts(b"(x)")
    facade_only = Grammar({"n": ((facade, "n", B), (facade,))}, "n")
    assert facade_only.accepts(b"aab")


def test_marked_rules() -> None:
    """A language of texts with marks; the grammar is of those without, and gets its recipe from elsewhere."""
    mark = literal(b"!")
    plain = ANY_BYTE & ~mark
    once = plain.star() + (mark + plain.star()).repeat(0, 1)
    rules: dict[str, Body] = {"n": ((mark, OPEN, "n", CLOSE), (X,)), "unused": ((A,),), "~h": ((A,),)}
    given = Report((ReportEntry("1:1", "given"),))
    made = Grammar.of_marked_rules(rules, "n", once.start(), ByteSet.of(b"!"), given, {"kind": "marked"})
    assert [made.accepts(text) for text in (b"x", b"(x)", b"((x))", b"!(x)")] == [True, True, False, False]
    assert [entry.place for entry in made.report().entries] == ["1:1", "unused"]
    assert made.report().entries[1].note == "is not used from 'n'"
    assert made.describe() == {"kind": "marked"}
    assert not hasattr(made, "_recipe")
    assert made.language is None
    with pytest.raises(EmptyLanguage):
        Grammar.of_marked_rules(rules, "n", A.start(), ByteSet.of(b"!"), given)


def test_recipes() -> None:
    one = nested()
    assert one == nested()
    assert one != described() or one == described()
    assert one | A == nested() | A
    assert one | A != A | one
    assert one + A != one | A
    assert one.repeat(1, 2) == nested().repeat(1, 2)
    assert one.repeat(1, 2) != one.repeat(1, 3)
    assert (one & ANY_BYTE.repeat(1, 3)) == (nested() & ANY_BYTE.repeat(1, 3))
    assert EPSILON != ANY_BYTES
