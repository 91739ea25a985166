"""Which rules become one term, and what is left of the others."""

from __future__ import annotations

from typing import Any

import pytest

from bltgen.automata.language import EMPTY, EPSILON, Language, concat, literal
from bltgen.automata.productions import Body, Repeat, Rules
from bltgen.automata.regular_folding import folded
from bltgen.testing.reference import GrammarReference, all_texts

A, B, C = literal(b"a"), literal(b"b"), literal(b"c")
OPEN, CLOSE, X = literal(b"("), literal(b")"), literal(b"x")
NESTED: Body = ((OPEN, "n", CLOSE), (X,))
FOLDED: Body = ((X,), (OPEN, "n", CLOSE))
"""Regular alternatives come first."""


class Opaque:
    """A terminal that is not known to be regular."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __getattr__(self, name: str) -> Any:
        return getattr(self.language, name)


@pytest.mark.parametrize(
    ("rules", "language"),
    [
        ({"s": ((A, "t"),), "t": ((B,), (C,))}, A + (B | C)),
        ({"s": ((),)}, EPSILON),
        ({"s": ((A, EPSILON, B), ())}, literal(b"ab") | EPSILON),
        ({"s": (("s", A), (B,))}, B + A.star()),
        ({"s": ((A, "s"), (B,))}, A.star() + B),
        ({"s": ((A, "s"), ("s", C), (B,))}, concat(A.star(), B, C.star())),
        ({"s": (("s", C, "s"), (B,))}, B + (C + B).star()),
        ({"s": (("s", "s"), (B,))}, B + B.star()),
        ({"s": (("s", C, "s"), (A, "s"), (B,))}, (A.star() + B) + (C + (A.star() + B)).star()),
        ({"s": (("s", "t", "s"), ("s", C, "s"), (B,)), "t": ((A,),)}, B + ((A + B) | (C + B)).star()),
        ({"s": (("s",), (B,))}, B),
        ({"s": (("s", A), ("s", B), (C,))}, C + (A | B).star()),
        ({"s": Repeat("t", 2, 3), "t": ((A,), (B,))}, (A | B).repeat(2, 3)),
        ({"s": Repeat(A, 2, None)}, A.repeat(2)),
        ({"s": (("t", "t"),), "t": Repeat("u", 0, 2), "u": (("u", A), (B,))}, (B + A.star()).repeat(0, 4)),
    ],
)
def test_what_is_regular_is_one_term(rules: Rules, language: Language) -> None:
    assert folded(rules, "s") is language


def test_true_recursion_is_left() -> None:
    """Nothing is renamed; runs of terminals are joined, alternatives united, known rules put in place."""
    assert folded({"n": NESTED}, "n") == {"n": FOLDED}
    rules: dict[str, Body] = {
        "n": ((OPEN, A, "n", "t", EPSILON, CLOSE), (A,), ("t",), (EPSILON, "n", EPSILON, B), (A, B)),
        "t": ((B,), (C,)),
        "unused": ((A, "unused", B), ()),
    }
    left = folded(rules, "n")
    assert isinstance(left, dict)
    assert left.keys() == {"n", "n~item", "n~base"}
    assert left["n"] == (("n~item",),)
    assert left["n~item"] == (("n~base", B.star()),)
    tail = (B | C) + CLOSE
    assert left["n~base"] == ((A | B | C | literal(b"ab"),), (OPEN + A, "n", tail))


def test_only_what_is_reached_is_left() -> None:
    rules: dict[str, Body] = {"s": (("n", A), (B,)), "n": NESTED, "m": ((A, "m", A), ())}
    assert folded(rules, "s") == {"s": ((B,), ("n", A)), "n": FOLDED}
    assert folded(rules, "n") == {"n": FOLDED}


def test_rules_that_use_each_other_are_left() -> None:
    rules: dict[str, Body] = {"p": ((A, "q"), ("t", A)), "q": ((B, "p"), ("t",)), "t": ((C,),)}
    assert folded(rules, "p") == {"p": ((literal(b"ca"),), (A, "q")), "q": ((C,), (B, "p"))}


def test_alternatives_that_become_equal_are_one() -> None:
    rules: dict[str, Body] = {"n": ((OPEN, "n", CLOSE), ("t", "n", CLOSE), (X,)), "t": ((OPEN,),)}
    assert folded(rules, "n") == {"n": FOLDED}
    nothing: dict[str, Body] = {"n": ((OPEN, "n", CLOSE), ("n", "m")), "m": ((OPEN, "n", CLOSE), (X,))}
    assert folded(nothing, "n") == {"n": ((OPEN, "n", CLOSE), ("n", "m")), "m": ((X,), (OPEN, "n", CLOSE))}


def test_repeats_of_what_is_not_regular_are_left() -> None:
    rules: dict[str, Body] = {"s": Repeat("n", 2, 3), "n": NESTED}
    assert folded(rules, "s") == {"s": Repeat("n", 2, 3), "n": FOLDED}
    opaque: Any = Opaque(A)
    assert folded({"s": Repeat(opaque, 2, 3)}, "s") == {"s": Repeat(opaque, 2, 3)}
    assert folded({"s": ((A, opaque, A, B), (A,))}, "s") == {"s": ((A,), (A, opaque, literal(b"ab")))}


def test_recursion_at_an_end_becomes_a_repeat_of_helpers() -> None:
    """A -> A x | y A | A z A | base as B (z B)*, B -> y* base x*; what is regular of it is put in place."""
    left = folded({"s": (("s", "n"), (A,)), "n": NESTED}, "s")
    assert left == {
        "s": (("s~item",),),
        "s~item": ((A, "s~after*"),),
        "s~after*": Repeat("s~after", 0, None),
        "s~after": (("n",),),
        "n": FOLDED,
    }
    right = folded({"s": (("n", "s"), (B, "s"), ("n",)), "n": NESTED}, "s")
    assert right == {
        "s": (("s~item",),),
        "s~item": (("s~before*", "s~base"),),
        "s~before*": Repeat("s~before", 0, None),
        "s~before": (("n",), (B,)),
        "s~base": (("n",),),
        "n": FOLDED,
    }
    between = folded({"s": (("s", "n", "s"), (A,)), "n": NESTED}, "s")
    assert between == {
        "s": ((A, "s~next*"),),
        "s~next*": Repeat("s~next", 0, None),
        "s~next": (("n", A),),
        "n": FOLDED,
    }


@pytest.mark.parametrize(
    "rules",
    [
        {"s": (("s", "n"), (B, "s"), ("s", C, "s"), ("n", "s", "n"), (A,)), "n": NESTED},
        {"s": (("s", "s"), ("n", "s"), ("s",), ("n",)), "n": NESTED},
        {"s": (("s", "s", "s"), (A, "s", A), (B,)), "n": NESTED},
        {"s": (("n", "s"), ()), "n": NESTED},
        {"s": (("n", "t"), ("t", C)), "t": (("t", "n"), ("s", A), (B,)), "n": NESTED},
    ],
)
def test_folding_keeps_the_language(rules: Rules) -> None:
    """Before and after, by every rule over every span."""
    letters = b"abc(x)"
    after = folded(rules, "s")
    assert isinstance(after, dict)
    before_, after_ = (GrammarReference(_plain(some), "s") for some in (rules, after))
    for text in all_texts(letters, 3):
        assert before_.accepts(text) == after_.accepts(text), text


def _plain(rules: Rules) -> dict[str, list[list[str | bytes | frozenset[int]]]]:
    """As the slow recogniser reads them: terminals as the texts of at most three letters."""
    made: dict[str, list[list[str | bytes | frozenset[int]]]] = {}

    def name(language: Language) -> str:
        rule = f"term {language.id}"
        made[rule] = [[text] for text in all_texts(b"abc(x)", 3) if language.accepts(text)]
        return rule

    for rule, body in rules.items():
        if isinstance(body, Repeat):
            atom = body.atom if isinstance(body.atom, str) else name(body.atom)  # type: ignore[arg-type]
            assert (body.low, body.high) == (0, None)
            made[rule] = [[], [atom, rule]]
        else:
            made[rule] = [
                [atom if isinstance(atom, str) else name(atom) for atom in alternative]  # type: ignore[arg-type]
                for alternative in body
            ]
    return made


def test_empty_terms_disappear() -> None:
    assert folded({"s": ((EMPTY,), (A,))}, "s") is A
    assert folded({"n": ((OPEN, "n", CLOSE), (EMPTY,), ("n", CLOSE, "n"))}, "n") == folded(
        {"n": ((OPEN, "n", CLOSE), ("n", CLOSE, "n"))}, "n"
    )
